-- What was forgotten: no longer kept, and not fetched, imported or read again.

CREATE TABLE forgotten (
	key       TEXT PRIMARY KEY, -- an article's URL or an item's key, in canonical form
	forgotten TEXT NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE captures ADD COLUMN forgotten TEXT; -- when its record was erased; NULL: it is there

-- Bytes of WARC files that are still to be overwritten: a crash may come between the commit and that.
CREATE TABLE erasures (
	warc   INTEGER NOT NULL REFERENCES warc_files,
	offset INTEGER NOT NULL, -- where the first gzip member begins
	length INTEGER NOT NULL  -- of this member and those behind it
) STRICT;
