package archive

import (
	"context"
	"fmt"
	"strings"
	"time"

	"blotter"
)

// readArticles reads the articles a that the condition selects, in its order, with their tags.
func readArticles(ctx context.Context, q querier, condition string, args ...any) ([]blotter.Article, error) {
	var articles []blotter.Article
	err := scan(ctx, q, `SELECT a.id, a.url, a.source, a.first_seen, a.revision, a.capture, a.seq, coalesce(a.rules, ''), t.body,
			(SELECT gone FROM items WHERE id = (SELECT item FROM captures WHERE id = a.capture) AND gone_looks >= 2), `+articleFields+`
		FROM articles a JOIN revisions r ON r.id = a.reading JOIN texts t ON t.id = r.text WHERE `+condition, args,
		func(scan func(...any) error) error {
			var a blotter.Article
			var s articleScan
			var firstSeen, gone nullTime
			err := scan(append([]any{&a.ID, &a.URL, &a.Source, &firstSeen, &a.Revision, &a.Capture, &a.Seq, &a.Rules, &a.Body, &gone}, s.fields(&a)...)...)
			a.FirstSeen, a.Gone = firstSeen.Time, gone.Time
			s.finish(&a)
			articles = append(articles, a)
			return err
		})
	if err != nil {
		return nil, err
	}
	return articles, readTags(ctx, q, articles)
}

// articleFields are the columns of revisions r that say what was read, in the order of articleScan.
const articleFields = `r.title, r.lead, r.authors, r.summary, r.lang,
	r.published_local, r.published_precision, r.published_raw, r.published_method,
	r.modified_local, r.modified_precision, r.modified_raw, r.modified_method`

type articleScan struct {
	authors             string
	published, modified dateScan
}

func (s *articleScan) fields(a *blotter.Article) []any {
	f := append([]any{&a.Title, &a.Lead, &s.authors, &a.Summary, &a.Lang}, s.published.fields()...)
	return append(f, s.modified.fields()...)
}

func (s *articleScan) finish(a *blotter.Article) {
	a.Authors, a.Published, a.Modified = stringList(s.authors), s.published.date(), s.modified.date()
}

// readTags fills in the tags of the articles, in the order in which they were put.
func readTags(ctx context.Context, q querier, articles []blotter.Article) error {
	ids := make([]string, len(articles))
	place := make(map[string]*blotter.Article, len(articles))
	for i := range articles {
		ids[i] = articles[i].ID
		place[ids[i]] = &articles[i]
	}
	type position struct {
		article *blotter.Article
		tag     int
	}
	at := map[int64]position{}
	var tags []int64
	err := scan(ctx, q, `SELECT id, article, tag, status, rule FROM tags WHERE article IN (SELECT value FROM json_each(?)) ORDER BY id`,
		[]any{jsonList(ids)}, func(scan func(...any) error) error {
			var id int64
			var article string
			var t blotter.Tag
			if err := scan(&id, &article, &t.Tag, &t.Status, &t.Rule); err != nil {
				return err
			}
			a := place[article]
			at[id] = position{a, len(a.Tags)}
			a.Tags = append(a.Tags, t)
			tags = append(tags, id)
			return nil
		})
	if err != nil || len(tags) == 0 {
		return err
	}
	list := []any{jsonList(tags)}
	err = scan(ctx, q, `SELECT tag, field, "start", "end", quote, status FROM evidence
		WHERE tag IN (SELECT value FROM json_each(?)) ORDER BY id`, list,
		func(scan func(...any) error) error {
			var id int64
			var e blotter.Evidence
			err := scan(&id, &e.Field, &e.Start, &e.End, &e.Quote, &e.Status)
			p := at[id]
			p.article.Tags[p.tag].Evidence = append(p.article.Tags[p.tag].Evidence, e)
			return err
		})
	if err != nil {
		return err
	}
	return scan(ctx, q, `SELECT tag, name, value, high, bound, unit, period, compared, quote FROM facts
		WHERE tag IN (SELECT value FROM json_each(?)) ORDER BY id`, list,
		func(scan func(...any) error) error {
			var id int64
			var f blotter.Fact
			err := scan(&id, &f.Name, &f.Value, &f.High, &f.Bound, &f.Unit, &f.Period, &f.Compared, &f.Quote)
			p := at[id]
			p.article.Tags[p.tag].Facts = append(p.article.Tags[p.tag].Facts, f)
			return err
		})
}

// Article returns an article by its id, by the beginning of its id (four digits or more) when only one begins so, or by a
// URL: the article's own, or one under which it was listed or fetched. ErrNotFound when there is none.
func (a *Archive) Article(ctx context.Context, id string) (blotter.Article, error) {
	var found []blotter.Article
	err := a.view(ctx, func(q querier) error {
		full, err := resolve(ctx, q, id)
		if err != nil {
			return err
		}
		found, err = readArticles(ctx, q, `a.id = ?`, full)
		if err == nil && len(found) == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return blotter.Article{}, fmt.Errorf("article %s: %w", id, err)
	}
	return found[0], nil
}

// AmbiguousError says that the ids of several articles begin as the one that was asked for.
type AmbiguousError struct{ One, Other string }

// Error names two of them.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("several articles begin so, among them %s and %s: give more digits", e.One, e.Other)
}

// resolve finds the id of the article that a person means.
func resolve(ctx context.Context, q querier, name string) (string, error) {
	query, args := `SELECT id FROM articles WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 2`, []any{strings.ToLower(name)}
	switch {
	case strings.Contains(name, ":"): // imported records may have a scheme of their own, and no slashes
		// The article's own URL first, then one that led to it; a status item keeps its fragment.
		query = `SELECT * FROM (SELECT id FROM articles WHERE id = ?1 OR id = ?2
			UNION ALL SELECT * FROM (SELECT r.article FROM captures c JOIN revisions r ON r.capture = c.id
				WHERE c.key = ?3 AND c.purpose IN ('page', 'record') ORDER BY c.id DESC)) LIMIT 1`
		key := itemKey(name, false)
		args = []any{blotter.ArticleID(itemKey(name, true)), blotter.ArticleID(key), key}
	case len(name) < 4 || strings.Trim(strings.ToLower(name), "0123456789abcdef") != "":
		return "", ErrNotFound
	}
	var ids []string
	err := scan(ctx, q, query, args, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	switch {
	case err != nil:
		return "", err
	case len(ids) == 0:
		return "", ErrNotFound
	case len(ids) > 1:
		return "", &AmbiguousError{ids[0], ids[1]}
	}
	return ids[0], nil
}

// Articles returns the articles with these ids in the order given; ones that are not there are left out.
func (a *Archive) Articles(ctx context.Context, ids []string) ([]blotter.Article, error) {
	var found []blotter.Article
	err := a.view(ctx, func(q querier) (err error) {
		found, err = readArticles(ctx, q, `a.id IN (SELECT value FROM json_each(?))`, jsonList(ids))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("archive %s: articles: %w", a.dir, err)
	}
	place := make(map[string]*blotter.Article, len(found))
	for i := range found {
		place[found[i].ID] = &found[i]
	}
	ordered := make([]blotter.Article, 0, len(found))
	for _, id := range ids {
		if article := place[id]; article != nil {
			ordered = append(ordered, *article)
		}
	}
	return ordered, nil
}

// Revision is one text of an article.
type Revision struct {
	Number   int
	SHA256   string          // of title, a zero byte and body
	Captures int             // that showed this text, one after the other
	First    time.Time       // when the first of them was fetched
	Last     time.Time       // when the last of them was
	Article  blotter.Article // as first read, without tags; Article.Capture says from what
}

// Revisions returns the texts of an article, the first one first.
func (a *Archive) Revisions(ctx context.Context, id string) ([]Revision, error) {
	var revisions []Revision
	err := a.read(ctx, `SELECT r.revision, r.sha256, r.seen, r.capture, r.source, a.id, a.url, a.first_seen, t.body, `+articleFields+`
		FROM revisions r JOIN articles a ON a.id = r.article JOIN texts t ON t.id = r.text
		WHERE r.article = ? ORDER BY r.seen, r.capture`, []any{id},
		func(scan func(...any) error) error {
			var r Revision
			var s articleScan
			var firstSeen, seen nullTime
			x := &r.Article
			err := scan(append([]any{&r.Number, &r.SHA256, &seen, &x.Capture, &x.Source, &x.ID, &x.URL, &firstSeen, &x.Body}, s.fields(x)...)...)
			if err != nil {
				return err
			}
			s.finish(x)
			x.FirstSeen, x.Revision = firstSeen.Time, r.Number
			if n := len(revisions); n == 0 || revisions[n-1].Number != r.Number {
				r.First = seen.Time
				revisions = append(revisions, r)
			}
			last := &revisions[len(revisions)-1]
			last.Captures++
			last.Last = seen.Time
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("archive %s: revisions of %s: %w", a.dir, id, err)
	}
	return revisions, nil
}
