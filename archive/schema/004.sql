-- Reading a source backwards: what a backfill has still to do, so that it goes on wherever it was ended.

CREATE TABLE backfills (
	id     INTEGER PRIMARY KEY,
	source TEXT NOT NULL REFERENCES sources,
	way    TEXT NOT NULL CHECK (way IN ('sitemaps', 'pages', 'wayback')),
	"from" TEXT NOT NULL, -- the first day; what was published before it is left out
	"to"   TEXT NOT NULL, -- the last day; '': no end
	under  TEXT NOT NULL, -- what the addresses that are taken begin with; '': anything
	begun  TEXT NOT NULL,
	ended  TEXT,          -- when nothing was left to do; NULL: not yet
	UNIQUE (source, way, "from", "to", under)
) STRICT;

-- The lists of a backfill: sitemaps, pages of listings, pages of an index. Read in the order of their ids.
CREATE TABLE frontier (
	id       INTEGER PRIMARY KEY,
	backfill INTEGER NOT NULL REFERENCES backfills,
	url      TEXT NOT NULL,
	step     TEXT NOT NULL,              -- what led to it: root, next, number, year, …
	tries    INTEGER NOT NULL DEFAULT 0,
	reason   TEXT NOT NULL DEFAULT '',   -- why the last try failed
	next_try TEXT,                       -- after a failure that may pass: not before
	listed   INTEGER NOT NULL DEFAULT 0, -- entries in it
	fresh    INTEGER NOT NULL DEFAULT 0, -- entries that no list before it had
	done     TEXT,                       -- when it was read, or given up for its reason; NULL: still to be read
	UNIQUE (backfill, url)
) STRICT;
CREATE INDEX frontier_open ON frontier (backfill, id) WHERE done IS NULL;

-- What the lists of a backfill hold, each address once.
CREATE TABLE found (
	backfill INTEGER NOT NULL REFERENCES backfills,
	key      TEXT NOT NULL,                                    -- the canonical form of its address
	item     INTEGER REFERENCES items,                         -- NULL: not wanted (outside the dates, another source's, forgotten)
	added    INTEGER NOT NULL DEFAULT 0 CHECK (added IN (0, 1)), -- 1: the item was not known before; only the backfill fetches it
	memento  TEXT NOT NULL DEFAULT '',                         -- the address at which a web archive shows it; '': the site itself does
	captured TEXT,                                             -- when that archive captured it
	tries    INTEGER NOT NULL DEFAULT 0,                       -- in vain
	reason   TEXT NOT NULL DEFAULT '',                         -- why the last one failed
	next_try TEXT,                                             -- after a failure that may pass: not before; NULL: never
	PRIMARY KEY (backfill, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX found_order ON found (backfill, item);
CREATE INDEX found_item ON found (item, added);

-- Of a page that a web archive showed, url and fetched are its own address and the time of the archive's capture.
ALTER TABLE captures ADD COLUMN via   TEXT NOT NULL DEFAULT ''; -- the archive's address that answered; '': the site itself did
ALTER TABLE captures ADD COLUMN asked TEXT;                     -- when it was asked, as the record says; NULL: as fetched

DROP VIEW coverage;

-- One row a source and day: how often it was asked, what went wrong, what it listed. Backfills are left out.
CREATE VIEW coverage AS
WITH days AS (
	SELECT source, substr(started, 1, 10) AS day,
	       count(*) FILTER (WHERE purpose IN ('list', 'status')) AS polls,
	       count(*) FILTER (WHERE outcome = 'failed') AS failed,
	       coalesce(sum(listed), 0) AS items,
	       coalesce(sum(new_items), 0) AS new
	FROM ledger WHERE coalesce(pass, 0) NOT IN (SELECT id FROM passes WHERE command = 'backfill') GROUP BY 1, 2
), reasons AS (
	SELECT source, day, group_concat(reason || ' ' || n, ', ') AS reasons
	FROM (SELECT source, substr(started, 1, 10) AS day, reason, count(*) AS n
	      FROM ledger WHERE outcome = 'failed' AND coalesce(pass, 0) NOT IN (SELECT id FROM passes WHERE command = 'backfill')
	      GROUP BY 1, 2, 3 ORDER BY 1, 2, 4 DESC, 3)
	GROUP BY 1, 2
)
SELECT d.source, d.day, d.polls, d.failed, coalesce(r.reasons, '') AS reasons, d.items, d.new
FROM days d LEFT JOIN reasons r USING (source, day);
