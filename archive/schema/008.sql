-- Telling people: how far each saved query that notifies has been followed, what it told of, and the messages that go out.

-- One row a saved query that notifies.
CREATE TABLE watches (
	query   TEXT PRIMARY KEY, -- its name
	meaning TEXT NOT NULL,    -- a hash of what it means; one that means something else begins anew
	since   TEXT NOT NULL,    -- when it began: an article that was first seen before is not told of
	seq     INTEGER NOT NULL  -- of the last change that was looked at
) STRICT, WITHOUT ROWID;

-- What each query told of, so that a revision of it, or a copy, is not told of again.
CREATE TABLE alerted (
	query   TEXT NOT NULL REFERENCES watches ON DELETE CASCADE,
	article TEXT NOT NULL,            -- the article's id; the article may be gone
	at      TEXT NOT NULL,
	copy_of TEXT NOT NULL DEFAULT '', -- the article that it is a copy of; '': it was told of itself
	sketch  BLOB,                     -- of its text, to know copies by; NULL: too short, or too long ago
	PRIMARY KEY (query, article)
) STRICT, WITHOUT ROWID;
CREATE INDEX alerted_at ON alerted (at) WHERE sketch IS NOT NULL;

-- The messages, one a channel. One that is neither delivered nor dead is still to go out.
CREATE TABLE outbox (
	id        TEXT PRIMARY KEY,           -- random; goes out with every try
	channel   TEXT NOT NULL,
	kind      TEXT NOT NULL,              -- articles, digest, alarms
	query     TEXT NOT NULL DEFAULT '',   -- the saved query; '': of alarms
	total     INTEGER NOT NULL DEFAULT 0, -- how many entries it has, also those that are not kept
	created   TEXT NOT NULL,
	due       TEXT NOT NULL,              -- not before; a digest gathers entries until then
	attempts  INTEGER NOT NULL DEFAULT 0,
	tried     TEXT,                       -- the first attempt; NULL: none yet
	error     TEXT NOT NULL DEFAULT '',   -- of the last attempt
	delivered TEXT,                       -- when the receiver said that it has it
	dead      TEXT                        -- when it was given up
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (due) WHERE delivered IS NULL AND dead IS NULL;
CREATE INDEX outbox_delivered ON outbox (delivered) WHERE delivered IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (dead) WHERE dead IS NOT NULL;

-- What a message is about: the first ones of it.
CREATE TABLE outbox_entries (
	message TEXT NOT NULL REFERENCES outbox ON DELETE CASCADE,
	n       INTEGER NOT NULL,
	article TEXT NOT NULL,    -- its id; '': an alarm
	entry   TEXT NOT NULL,    -- JSON
	PRIMARY KEY (message, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_article ON outbox_entries (article) WHERE article <> '';

-- Channels that failed, and are left alone for a while with all that waits for them.
CREATE TABLE channels (
	name     TEXT PRIMARY KEY,
	failures INTEGER NOT NULL, -- in a row
	since    TEXT NOT NULL,    -- the first of them
	next_try TEXT NOT NULL     -- not before
) STRICT, WITHOUT ROWID;

-- An alarm may be about the machine, and each is told of when it is raised and when it is over.
CREATE TABLE alarms_new (
	id             INTEGER PRIMARY KEY,
	source         TEXT REFERENCES sources, -- NULL: this machine
	kind           TEXT NOT NULL,           -- of a source: failing, silent, unread, undated
	since          TEXT NOT NULL,           -- when what is wrong began, as far as is known
	detail         TEXT NOT NULL,
	raised         TEXT NOT NULL,
	recovered      TEXT,                    -- NULL: still so
	told_raised    INTEGER NOT NULL DEFAULT 0 CHECK (told_raised IN (0, 1)),
	told_recovered INTEGER NOT NULL DEFAULT 0 CHECK (told_recovered IN (0, 1))
) STRICT;
INSERT INTO alarms_new SELECT id, source, kind, since, detail, raised, recovered, 1, recovered IS NOT NULL FROM alarms;
DROP TABLE alarms;
ALTER TABLE alarms_new RENAME TO alarms;
CREATE UNIQUE INDEX alarms_open ON alarms (coalesce(source, ''), kind) WHERE recovered IS NULL;
CREATE INDEX alarms_untold ON alarms (id) WHERE NOT told_raised OR recovered IS NOT NULL AND NOT told_recovered;

-- What brought a capture: news of a crawl is told of, what a backfill or an import brings is not.
ALTER TABLE captures ADD COLUMN pass INTEGER REFERENCES passes; -- NULL: none, or before this column was there
