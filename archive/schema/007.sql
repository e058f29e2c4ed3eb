-- What a later step has still to do is found by the number of an article's last change: what lies before it was done.

DROP INDEX articles_rules;
CREATE INDEX articles_rules ON articles (seq, rules);
