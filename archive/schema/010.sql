-- Words are compared one by one: of a list of more than two SQLite builds a table, with every row that is written.
--
-- The same words are allowed as before and no row changes, so that the texts of the tables are replaced and not the tables; see
-- "Making Other Kinds Of Table Schema Changes" on https://www.sqlite.org/lang_altertable.html.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema SET sql = replace(sql, 'outcome IN (''new'', ''changed'', ''unchanged'', ''failed'')',
	'outcome = ''new'' OR outcome = ''changed'' OR outcome = ''unchanged'' OR outcome = ''failed''')
WHERE name = 'ledger';

UPDATE sqlite_schema SET sql = replace(sql, 'purpose IN (''list'', ''page'', ''status'', ''record'')',
	'purpose = ''list'' OR purpose = ''page'' OR purpose = ''status'' OR purpose = ''record''')
WHERE name = 'captures' AND type = 'table';

PRAGMA writable_schema = RESET;
