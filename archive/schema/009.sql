-- A page that is gone is noted.

ALTER TABLE items ADD COLUMN gone TEXT;                              -- when a page that was fetched before was first found gone; NULL: it is there
ALTER TABLE items ADD COLUMN gone_looks INTEGER NOT NULL DEFAULT 0;  -- how often in a row; twice, and its article is marked
