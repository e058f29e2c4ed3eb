-- What a later step has still to do is found by the number of an article's last change: what lies before it was done. And the last
-- poll of a source is found without the polls before it.

DROP INDEX articles_rules;
CREATE INDEX articles_rules ON articles (seq, rules);

CREATE INDEX ledger_polls ON ledger (source, id) WHERE purpose IN ('list', 'status');
