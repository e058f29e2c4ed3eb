-- How often a source is asked beyond what its schedule allows, how it does, and how its pages are read: one that leaves the
-- configuration is read on as it was.

ALTER TABLE sources ADD COLUMN selectors TEXT NOT NULL DEFAULT '{}';  -- JSON
ALTER TABLE sources ADD COLUMN date_format TEXT NOT NULL DEFAULT '';

ALTER TABLE sources ADD COLUMN pause_s INTEGER NOT NULL DEFAULT 0; -- at least so long between two polls; 0: as often as its schedule says
ALTER TABLE sources ADD COLUMN ttl_s INTEGER NOT NULL DEFAULT 0;   -- how long its last whole answer asked to be left alone
ALTER TABLE sources ADD COLUMN penalty REAL NOT NULL DEFAULT 0;    -- failures since the last success, each by how much it says
ALTER TABLE sources ADD COLUMN missed INTEGER NOT NULL DEFAULT 0;  -- estimate of the items that came and went between two polls

CREATE TABLE alarms (
	id        INTEGER PRIMARY KEY,
	source    TEXT NOT NULL REFERENCES sources,
	kind      TEXT NOT NULL,  -- failing, silent, unread, undated
	since     TEXT NOT NULL,  -- when what is wrong began, as far as is known
	detail    TEXT NOT NULL,
	raised    TEXT NOT NULL,
	recovered TEXT            -- NULL: still so
) STRICT;
CREATE UNIQUE INDEX alarms_open ON alarms (source, kind) WHERE recovered IS NULL;

CREATE INDEX captures_source ON captures (source, id) WHERE purpose = 'page';
CREATE INDEX revisions_source ON revisions (source, id);
