-- What a fact says beside its value, and what each sentence of evidence does with what it names.

ALTER TABLE evidence ADD COLUMN status TEXT NOT NULL DEFAULT ''; -- '': as the tag's

ALTER TABLE facts ADD COLUMN high     TEXT NOT NULL DEFAULT ''; -- the end of a range
ALTER TABLE facts ADD COLUMN bound    TEXT NOT NULL DEFAULT ''; -- >, >=, <, <=, ~ (about); '': the value itself
ALTER TABLE facts ADD COLUMN period   TEXT NOT NULL DEFAULT ''; -- that the figure is for: 2021/22, 2024, 2024-03, 2024Q1, 2017..
ALTER TABLE facts ADD COLUMN compared TEXT NOT NULL DEFAULT ''; -- the earlier figure it is compared with
