-- What a daemon does by the clock beside its polls: the work and when it was begun and ended, so that a run that was missed while
-- the program was not there is caught up with, once.

CREATE TABLE runs (
	id      INTEGER PRIMARY KEY,
	job     TEXT NOT NULL,
	started TEXT NOT NULL,
	ended   TEXT,                     -- NULL: still running, or killed
	error   TEXT NOT NULL DEFAULT ''  -- '': it went well
) STRICT;
CREATE INDEX runs_job ON runs (job, id);
