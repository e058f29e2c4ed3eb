package archive

import (
	"context"
	"encoding/json"
	"fmt"

	"blotter"
)

// Untagged returns up to n articles that were not tagged under rules, of those that have changed behind seq, in the order of
// their last changes.
func (a *Archive) Untagged(ctx context.Context, rules string, seq int64, n int) ([]blotter.Article, error) {
	var articles []blotter.Article
	err := a.view(ctx, func(q querier) (err error) {
		articles, err = readArticles(ctx, q, `a.seq IN (SELECT seq FROM articles INDEXED BY articles_rules
			WHERE seq > ? AND rules IS NOT ? ORDER BY seq LIMIT +?) ORDER BY a.seq`, seq, rules, n)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("archive %s: untagged: %w", a.dir, err)
	}
	return articles, nil
}

// Tagged is what the rules found in an article.
type Tagged struct {
	ID       string
	Revision int   // that was looked at
	Seq      int64 // the article's when it was looked at; 0: not compared
	Tags     []blotter.Tag
}

// PutTags replaces the tags of articles by those found under rules, in one transaction. An article takes the next seq
// when it is tagged for the first time since it was read, and else only when its tags, with all their evidence, have
// changed. One that has another revision by now, or another seq, is passed over: it comes up again.
func (a *Archive) PutTags(ctx context.Context, rules string, tagged []Tagged) error {
	err := a.update(ctx, func(t *tx) error {
		p := tagger{tx: t, rules: rules}
		return p.put(tagged)
	})
	if err != nil {
		return fmt.Errorf("archive %s: tag: %w", a.dir, err)
	}
	return nil
}

// tagger puts tags, within one transaction.
type tagger struct {
	*tx
	rules string
	seq   sequence
}

// tagState is what an article row says of its tags.
type tagState struct {
	revision int
	seq      int64
	digest   string
	tagged   bool // since it was last read
}

func (p *tagger) put(tagged []Tagged) error {
	ids := make([]string, len(tagged))
	for i := range tagged {
		ids[i] = tagged[i].ID
	}
	states := map[string]tagState{}
	err := scan(p.ctx, p, `SELECT id, revision, seq, tags_sha256, rules IS NOT NULL FROM articles
		WHERE id IN (SELECT value FROM json_each(?))`,
		[]any{jsonList(ids)}, func(scan func(...any) error) error {
			var id string
			var s tagState
			err := scan(&id, &s.revision, &s.seq, &s.digest, &s.tagged)
			states[id] = s
			return err
		})
	if err != nil {
		return err
	}
	if err := p.seq.begin(p.tx); err != nil {
		return err
	}
	var same []string
	for i := range tagged {
		t := &tagged[i]
		s, ok := states[t.ID]
		if !ok || s.revision != t.Revision || t.Seq != 0 && t.Seq != s.seq {
			continue
		}
		digest := tagsDigest(t.Tags)
		if s.tagged && digest == s.digest {
			same = append(same, t.ID)
			continue
		}
		if err := p.replace(t, s.digest != "", digest); err != nil {
			return fmt.Errorf("article %s: %w", t.ID, err)
		}
	}
	_, err = p.exec(`UPDATE articles SET rules = ? WHERE id IN (SELECT value FROM json_each(?))`, p.rules, jsonList(same))
	if err != nil {
		return err
	}
	return p.seq.end(p.tx)
}

// tagsDigest is "" for no tags.
func tagsDigest(tags []blotter.Tag) string {
	if len(tags) == 0 {
		return ""
	}
	b, err := json.Marshal(tags)
	if err != nil {
		panic(fmt.Sprintf("archive: marshal of tags: %v", err)) // strings and numbers only
	}
	return digest(b)
}

// replace puts the tags of one article in the place of those it had.
func (p *tagger) replace(t *Tagged, had bool, digest string) error {
	if had {
		if _, err := p.exec(`DELETE FROM tags WHERE article = ?`, t.ID); err != nil {
			return err
		}
	}
	for i := range t.Tags {
		if err := p.add(t.ID, &t.Tags[i]); err != nil {
			return err
		}
	}
	_, err := p.exec(`UPDATE articles SET rules = ?, tags_sha256 = ?, seq = ? WHERE id = ?`, p.rules, digest, p.seq.next(), t.ID)
	return err
}

func (p *tagger) add(article string, t *blotter.Tag) error {
	id, err := p.insert(`INSERT INTO tags (article, tag, status, rule) VALUES (?, ?, ?, ?)`, article, t.Tag, t.Status, t.Rule)
	if err != nil {
		return err
	}
	for _, e := range t.Evidence {
		_, err := p.exec(`INSERT INTO evidence (tag, field, "start", "end", quote, status) VALUES (?, ?, ?, ?, ?, ?)`,
			id, e.Field, e.Start, e.End, e.Quote, e.Status)
		if err != nil {
			return err
		}
	}
	for _, f := range t.Facts {
		_, err := p.exec(`INSERT INTO facts (tag, name, value, high, bound, unit, period, compared, quote)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, id, f.Name, f.Value, f.High, f.Bound, f.Unit, f.Period, f.Compared, f.Quote)
		if err != nil {
			return err
		}
	}
	return nil
}
