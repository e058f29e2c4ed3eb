-- What a later step has still to do is found by the number of an article's last change: what lies before it was done. The last poll
-- of a source is found without the polls before it, and when it published what without its items.

DROP INDEX articles_rules;
CREATE INDEX articles_rules ON articles (seq, rules);

CREATE INDEX ledger_polls ON ledger (source, id) WHERE purpose IN ('list', 'status');

DROP INDEX items_source;
CREATE INDEX items_source ON items (source, first_seen, published);
