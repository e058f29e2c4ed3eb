package archive

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// forgetBatch is how many articles or pages ForgetBefore forgets in one transaction.
const forgetBatch = 200

// Old is what ForgetBefore would forget.
type Old struct {
	Articles int
	Pages    int // that gave no article
	Captures int
	Bytes    int64     // of the records of these captures
	Oldest   time.Time // the oldest article, by what it goes by; zero: none
	BySource map[string]int
}

// oldArticles selects the articles that were published before a time, or first seen when nobody says when they were published;
// of some sources, or of all.
const oldArticles = ` FROM articles a WHERE coalesce(a.published, a.first_seen) < ?1
	AND (?2 = '[]' OR a.source IN (SELECT value FROM json_each(?2)))`

// oldPages selects the pages fetched before a time that never gave an article.
const oldPages = ` FROM captures c WHERE c.purpose IN ('page', 'record') AND c.gave = 0 AND c.forgotten IS NULL AND c.stamp IS NOT NULL AND c.fetched < ?1
	AND (?2 = '[]' OR c.source IN (SELECT value FROM json_each(?2)))
	AND NOT EXISTS (SELECT 1 FROM captures o WHERE o.key = c.key AND (o.gave > 0 OR o.fetched >= ?1 OR o.purpose IN ('list', 'status')))`

// Before counts what ForgetBefore with the same arguments would forget.
func (a *Archive) Before(ctx context.Context, before time.Time, sources []string) (Old, error) {
	o := Old{BySource: map[string]int{}}
	args := []any{timeText(before), jsonList(sources)}
	err := a.view(ctx, func(q querier) error {
		err := scan(ctx, q, `SELECT a.source, count(*), min(coalesce(a.published, a.first_seen))`+oldArticles+` GROUP BY a.source`, args,
			func(scan func(...any) error) error {
				var source string
				var n int
				var oldest nullTime
				err := scan(&source, &n, &oldest)
				o.BySource[source] = n
				o.Articles += n
				if o.Oldest.IsZero() || oldest.Before(o.Oldest) {
					o.Oldest = oldest.Time
				}
				return err
			})
		if err != nil {
			return err
		}
		var captures int
		var bytes int64
		err = scan(ctx, q, `SELECT count(DISTINCT c.key), count(*), coalesce(sum(c.length), 0)`+oldPages, args, func(scan func(...any) error) error {
			return scan(&o.Pages, &captures, &bytes)
		})
		if err != nil {
			return err
		}
		return scan(ctx, q, `SELECT count(*) + ?3, coalesce(sum(length), 0) + ?4 FROM captures WHERE forgotten IS NULL AND gave <= 1 AND id IN
			(SELECT capture FROM revisions WHERE article IN (SELECT a.id`+oldArticles+`))`, append(args, captures, bytes),
			func(scan func(...any) error) error { return scan(&o.Captures, &o.Bytes) })
	})
	if err != nil {
		return Old{}, fmt.Errorf("archive %s: what is older: %w", a.dir, err)
	}
	return o, nil
}

// ForgetBefore forgets, as Forget does, the articles of some sources (none named: of all) that were published before a time, or
// first seen before it when nobody says when they were published, and the pages fetched before it that never gave an article. It does so
// in small transactions: ended, it has forgotten some, and the next call goes on. doing is told how many are done, and may be nil.
//
// The database keeps its size, with room for what comes: see Compact.
func (a *Archive) ForgetBefore(ctx context.Context, before time.Time, sources []string, doing func(done int)) (Old, error) {
	o := Old{BySource: map[string]int{}}
	err := a.forgetBefore(ctx, []any{timeText(before), jsonList(sources)}, &o, doing)
	if err != nil {
		return o, fmt.Errorf("archive %s: forget what is older: %w", a.dir, err)
	}
	return o, nil
}

func (a *Archive) forgetBefore(ctx context.Context, args []any, o *Old, doing func(done int)) error {
	for _, batch := range []struct {
		query string
		count *int
	}{
		{`SELECT a.id` + oldArticles + ` ORDER BY a.id LIMIT ?3`, &o.Articles},
		{`SELECT DISTINCT c.key` + oldPages + ` ORDER BY c.key LIMIT ?3`, &o.Pages},
	} {
		for {
			n, err := a.forgetSome(ctx, batch.query, args, o)
			if err != nil {
				return err
			}
			*batch.count += n
			if doing != nil {
				doing(o.Articles + o.Pages)
			}
			if n < forgetBatch {
				break
			}
		}
	}
	if o.Articles+o.Pages == 0 {
		return nil
	}
	return a.locked(ctx, func(ctx context.Context) error {
		_, err := a.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
		return errors.Join(err, removeBeside(filepath.Join(a.dir, databaseName), ".", ""))
	})
}

// forgetSome forgets a batch and overwrites its records.
func (a *Archive) forgetSome(ctx context.Context, query string, args []any, o *Old) (n int, err error) {
	var all []Forgotten
	var sources []string
	err = a.update(ctx, func(t *tx) error {
		var names []string
		err := scan(t.ctx, t, query, append(args, forgetBatch), func(scan func(...any) error) error {
			names = append(names, "")
			return scan(&names[len(names)-1])
		})
		if err != nil {
			return err
		}
		err = scan(t.ctx, t, `SELECT source FROM articles WHERE id IN (SELECT value FROM json_each(?))`, []any{jsonList(names)}, func(scan func(...any) error) error {
			sources = append(sources, "")
			return scan(&sources[len(sources)-1])
		})
		if err != nil {
			return err
		}
		all, err = t.forgetAll(names)
		return err
	})
	if err == nil {
		err = a.locked(ctx, a.eraseRecords)
	}
	if err != nil {
		return 0, err
	}
	for _, f := range all {
		o.Captures += f.Captures
		o.Bytes += f.Bytes
	}
	for _, source := range sources {
		o.BySource[source]++
	}
	return len(all), nil
}

// Compact writes the database anew without the room that deleted rows have left, and returns its size before and after. While it
// does, others wait; it takes twice the room of the database meanwhile, and returns a *NoRoomError when that is not there.
func (a *Archive) Compact(ctx context.Context) (before, after int64, err error) {
	path := filepath.Join(a.dir, databaseName)
	err = a.locked(ctx, func(ctx context.Context) error {
		if before, err = databaseSize(path); err != nil {
			return err
		}
		if err := roomFor(a.dir, 2*before); err != nil {
			return err
		}
		for _, statement := range []string{`VACUUM`, `PRAGMA wal_checkpoint(TRUNCATE)`, `PRAGMA optimize`} {
			if _, err := a.writer.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		after, err = databaseSize(path)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("archive %s: compact: %w", a.dir, err)
	}
	return before, after, nil
}
