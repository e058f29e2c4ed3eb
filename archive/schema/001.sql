-- The record of a blotter archive. Times are UTC, as 2026-04-30T06:09:00.000Z, so that they sort as text;
-- what is not known is NULL where a time or a number would stand, and '' where text would.

CREATE TABLE meta (
	key   TEXT PRIMARY KEY, -- id: random, the archive's own; created; seq: the number of the last change of an article
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE warc_files (
	id      INTEGER PRIMARY KEY, -- the number in the name
	name    TEXT NOT NULL UNIQUE, -- in the folder warc
	created TEXT NOT NULL,
	length  INTEGER NOT NULL,    -- bytes that rows of this database speak of; what lies behind them is cut at the next opening
	closed  TEXT                 -- when it was full; NULL: records are still added
) STRICT;

CREATE TABLE passes (
	id      INTEGER PRIMARY KEY,
	started TEXT NOT NULL,
	ended   TEXT,          -- NULL: still running, or killed
	command TEXT NOT NULL,
	counts  TEXT           -- JSON: the summary
) STRICT;

CREATE TABLE sources (
	id            TEXT PRIMARY KEY,
	name          TEXT NOT NULL DEFAULT '',
	kind          TEXT NOT NULL DEFAULT '', -- feed, listing, sitemap, status; '': never configured, such as an import
	url           TEXT NOT NULL DEFAULT '',
	schedule      TEXT NOT NULL DEFAULT '',
	time_zone     TEXT NOT NULL DEFAULT '',
	country       TEXT NOT NULL DEFAULT '',
	publisher     TEXT NOT NULL DEFAULT '',
	language      TEXT NOT NULL DEFAULT '',
	licence       TEXT NOT NULL DEFAULT '',
	enabled       INTEGER NOT NULL DEFAULT 0 CHECK (enabled IN (0, 1)),
	why           TEXT NOT NULL DEFAULT '', -- why it is disabled
	gone          TEXT,                     -- when it left the configuration
	last_try      TEXT,
	last_success  TEXT,
	failures      INTEGER NOT NULL DEFAULT 0, -- in a row
	reason        TEXT NOT NULL DEFAULT '',   -- of the last failure
	next_try      TEXT,                       -- not before
	etag          TEXT NOT NULL DEFAULT '',
	last_modified TEXT NOT NULL DEFAULT '',
	digest        TEXT NOT NULL DEFAULT '',   -- of what it listed last
	items         INTEGER NOT NULL DEFAULT 0, -- how many it listed last
	recheck       TEXT NOT NULL DEFAULT '[]'  -- JSON: seconds after the first fetch at which its pages are looked at again
) STRICT, WITHOUT ROWID;

CREATE TABLE items (
	id                  INTEGER PRIMARY KEY,
	key                 TEXT NOT NULL UNIQUE, -- the canonical form of url
	url                 TEXT NOT NULL,        -- as listed
	source              TEXT NOT NULL REFERENCES sources,
	title               TEXT NOT NULL,        -- as the source said, like the next six
	summary             TEXT NOT NULL,
	authors             TEXT NOT NULL,        -- JSON
	published           TEXT,
	published_local     TEXT,                 -- in the zone the source named, or in its own
	published_precision TEXT NOT NULL,
	published_raw       TEXT NOT NULL,
	published_method    TEXT NOT NULL,
	first_seen          TEXT NOT NULL,
	last_seen           TEXT NOT NULL,
	tries               INTEGER NOT NULL DEFAULT 0,
	failures            INTEGER NOT NULL DEFAULT 0, -- in a row
	reason              TEXT NOT NULL DEFAULT '',   -- of the last failure, when it was the last try
	next_try            TEXT,                       -- after a failure: not before
	fetched             TEXT,                       -- the first success
	looked              TEXT,                       -- the last success
	next_look           TEXT,                       -- when the page is looked at again
	etag                TEXT NOT NULL DEFAULT '',
	last_modified       TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX items_source ON items (source, first_seen);
CREATE INDEX items_look ON items (source, next_look) WHERE next_look IS NOT NULL;
CREATE INDEX items_unfetched ON items (source, next_try) WHERE fetched IS NULL;

CREATE TABLE captures (
	id             INTEGER PRIMARY KEY,
	item           INTEGER REFERENCES items,         -- NULL: a list, or a status feed as a whole
	source         TEXT NOT NULL REFERENCES sources,
	purpose        TEXT NOT NULL CHECK (purpose IN ('list', 'page', 'status', 'record')),
	key            TEXT NOT NULL,                    -- canonical form of what was asked
	url            TEXT NOT NULL,                    -- what answered in the end
	fetched        TEXT NOT NULL,
	status         INTEGER NOT NULL,                 -- of HTTP; 0: not fetched, an imported record
	content_type   TEXT NOT NULL,
	bytes          INTEGER NOT NULL,                 -- of the payload as received
	sha256         TEXT NOT NULL,                    -- of the payload as received
	warc           INTEGER NOT NULL REFERENCES warc_files,
	offset         INTEGER NOT NULL,                 -- where the gzip member of its response or resource record begins
	length         INTEGER NOT NULL,                 -- of that member
	record         TEXT NOT NULL,                    -- WARC-Record-ID
	stamp          TEXT,                             -- what read it last; NULL: not read yet
	gave           INTEGER NOT NULL DEFAULT 0,       -- how many articles it gave
	reason         TEXT NOT NULL DEFAULT '',         -- why it gave none
	detail         TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX captures_key ON captures (key, purpose, id);
CREATE INDEX captures_stamp ON captures (id, stamp) WHERE purpose <> 'list';

CREATE TABLE ledger (
	id         INTEGER PRIMARY KEY,
	pass       INTEGER REFERENCES passes,
	source     TEXT NOT NULL REFERENCES sources,
	purpose    TEXT NOT NULL,
	url        TEXT NOT NULL,     -- what was asked
	started    TEXT NOT NULL,
	elapsed_ms INTEGER NOT NULL,
	robots     TEXT NOT NULL,     -- what robots.txt said
	hops       INTEGER NOT NULL,  -- requests made; 0: refused before any, or an import
	status     INTEGER NOT NULL,  -- of the last answer; 0: none
	bytes      INTEGER NOT NULL,  -- of the last answer's body as received
	outcome    TEXT NOT NULL CHECK (outcome IN ('new', 'changed', 'unchanged', 'failed')),
	reason     TEXT NOT NULL,     -- of the failure
	detail     TEXT NOT NULL,
	wait_s     INTEGER NOT NULL,  -- how long the host asked us to stay away
	capture    INTEGER REFERENCES captures, -- the one made, or the one it was found the same as
	warc       INTEGER REFERENCES warc_files, -- where the evidence of all hops lies; NULL: nothing went over the wire
	offset     INTEGER,
	length     INTEGER,
	listed     INTEGER,           -- of a list: items in it
	new_items  INTEGER            -- of a list: items never seen before
) STRICT;
CREATE INDEX ledger_source ON ledger (source, started);

CREATE TABLE texts (
	id   INTEGER PRIMARY KEY,
	body TEXT NOT NULL -- an article's text, kept once however many captures show it
) STRICT;

CREATE TABLE revisions (
	id                  INTEGER PRIMARY KEY,
	article             TEXT NOT NULL,                         -- the article's id
	capture             INTEGER NOT NULL REFERENCES captures,  -- the capture that was read
	revision            INTEGER NOT NULL,                      -- captures in a row that show the same text share the number
	seen                TEXT NOT NULL,                         -- when it was fetched
	source              TEXT NOT NULL,
	title               TEXT NOT NULL,
	lead                TEXT NOT NULL,
	authors             TEXT NOT NULL,                         -- JSON
	summary             TEXT NOT NULL,
	published           TEXT,
	published_local     TEXT,                                  -- in the zone the page named, or in the source's own
	published_precision TEXT NOT NULL,                         -- minute, day, month, year
	published_raw       TEXT NOT NULL,                         -- as printed
	published_method    TEXT NOT NULL,                         -- where it stood
	modified            TEXT,
	modified_local      TEXT,
	modified_precision  TEXT NOT NULL,
	modified_raw        TEXT NOT NULL,
	modified_method     TEXT NOT NULL,
	lang                TEXT NOT NULL,
	sha256              TEXT NOT NULL,                         -- of title, a zero byte and body
	text                INTEGER NOT NULL REFERENCES texts,
	UNIQUE (capture, article)
) STRICT;
CREATE INDEX revisions_article ON revisions (article, seen, capture);
CREATE INDEX revisions_text ON revisions (text);

CREATE TABLE articles (
	id          TEXT PRIMARY KEY,                       -- 16 hexadecimal digits of the SHA-256 of url
	url         TEXT NOT NULL UNIQUE,                   -- canonical
	source      TEXT NOT NULL,                          -- that showed it first
	title       TEXT NOT NULL,
	published   TEXT,
	lang        TEXT NOT NULL,
	first_seen  TEXT NOT NULL,                          -- when it was first fetched; never stands in for published
	revision    INTEGER NOT NULL,                       -- the newest
	reading     INTEGER NOT NULL REFERENCES revisions DEFERRABLE INITIALLY DEFERRED, -- the row that shows the newest revision first
	capture     INTEGER NOT NULL REFERENCES captures,   -- that it was read from
	seq         INTEGER NOT NULL UNIQUE,                -- the number of its last change
	rules       TEXT,                                   -- the hash of the rules it was tagged under; NULL: not tagged yet
	tags_sha256 TEXT NOT NULL DEFAULT ''                -- of the tags with all evidence, to see whether tagging again changed any
) STRICT;
CREATE INDEX articles_rules ON articles (id, rules);
CREATE INDEX articles_reading ON articles (reading);

CREATE TABLE removed (
	id      TEXT PRIMARY KEY, -- of an article that no capture gives any more
	url     TEXT NOT NULL,
	removed TEXT NOT NULL,
	seq     INTEGER NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

CREATE TABLE tags (
	id      INTEGER PRIMARY KEY,
	article TEXT NOT NULL REFERENCES articles ON DELETE CASCADE,
	tag     TEXT NOT NULL,
	status  TEXT NOT NULL, -- reported, aggregate, background, hedged, hypothetical, negated
	rule    TEXT NOT NULL
) STRICT;
CREATE INDEX tags_article ON tags (article);
CREATE INDEX tags_tag ON tags (tag, article);

CREATE TABLE evidence (
	id      INTEGER PRIMARY KEY,
	tag     INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE,
	field   TEXT NOT NULL,     -- title or body
	"start" INTEGER NOT NULL,  -- bytes into the field
	"end"   INTEGER NOT NULL,
	quote   TEXT NOT NULL      -- the field's text from start to end
) STRICT;
CREATE INDEX evidence_tag ON evidence (tag);

CREATE TABLE facts (
	id    INTEGER PRIMARY KEY,
	tag   INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE,
	name  TEXT NOT NULL, -- level, direction, quantity, …
	value TEXT NOT NULL, -- normalised
	unit  TEXT NOT NULL,
	quote TEXT NOT NULL  -- the words it was read from
) STRICT;
CREATE INDEX facts_tag ON facts (tag);

-- One row an article and tag, with the first sentence that earned it.
CREATE VIEW articles_tagged AS
SELECT t.tag, t.status, a.published, a.source, a.title, a.url,
       (SELECT quote FROM evidence e WHERE e.tag = t.id ORDER BY e.id LIMIT 1) AS quote,
       t.rule, a.id AS article
FROM tags t JOIN articles a ON a.id = t.article;

-- One row a source and day: how often it was asked, what went wrong, what it listed.
CREATE VIEW coverage AS
WITH days AS (
	SELECT source, substr(started, 1, 10) AS day,
	       count(*) FILTER (WHERE purpose IN ('list', 'status')) AS polls,
	       count(*) FILTER (WHERE outcome = 'failed') AS failed,
	       coalesce(sum(listed), 0) AS items,
	       coalesce(sum(new_items), 0) AS new
	FROM ledger GROUP BY 1, 2
), reasons AS (
	SELECT source, day, group_concat(reason || ' ' || n, ', ') AS reasons
	FROM (SELECT source, substr(started, 1, 10) AS day, reason, count(*) AS n
	      FROM ledger WHERE outcome = 'failed' GROUP BY 1, 2, 3 ORDER BY 1, 2, 4 DESC, 3)
	GROUP BY 1, 2
)
SELECT d.source, d.day, d.polls, d.failed, coalesce(r.reasons, '') AS reasons, d.items, d.new
FROM days d LEFT JOIN reasons r USING (source, day);

-- The articles with their text, as they stand now.
CREATE VIEW articles_text AS
SELECT a.id, a.url, a.source, a.published, r.title, r.lead, t.body, r.authors, r.summary, a.lang, a.first_seen, a.revision
FROM articles a JOIN revisions r ON r.id = a.reading JOIN texts t ON t.id = r.text;
