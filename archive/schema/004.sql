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
