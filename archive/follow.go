package archive

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"blotter"
)

// Change is the last change of an article.
type Change struct {
	Seq     int64
	ID      string
	Article *blotter.Article // nil: the article is gone
}

// Since returns up to n changes behind seq, in order. An article that changed several times stands there once, at its
// last change. One that is still to be tagged is left out: tagging gives it the next seq.
func (a *Archive) Since(ctx context.Context, seq int64, n int) ([]Change, error) {
	var changes []Change
	err := a.view(ctx, func(q querier) error {
		articles, err := readArticles(ctx, q, `a.seq > ? AND a.rules IS NOT NULL ORDER BY a.seq LIMIT +?`, seq, n)
		if err != nil {
			return err
		}
		for i := range articles {
			changes = append(changes, Change{Seq: articles[i].Seq, ID: articles[i].ID, Article: &articles[i]})
		}
		return scan(ctx, q, `SELECT seq, id FROM removed WHERE seq > ? ORDER BY seq LIMIT +?`, []any{seq, n},
			func(scan func(...any) error) error {
				var c Change
				err := scan(&c.Seq, &c.ID)
				changes = append(changes, c)
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("archive %s: since %d: %w", a.dir, seq, err)
	}
	slices.SortFunc(changes, func(x, y Change) int { return cmp.Compare(x.Seq, y.Seq) })
	return changes[:min(max(n, 0), len(changes))], nil
}

// IDs hands over the ids of all articles that Since has or had, in order, and returns the number of the last change:
// what an index that has followed that far holds.
func (a *Archive) IDs(ctx context.Context, do func(id string) error) (seq int64, err error) {
	err = a.view(ctx, func(q querier) error {
		err := scan(ctx, q, `SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seq'`, nil, func(scan func(...any) error) error {
			return scan(&seq)
		})
		if err != nil {
			return err
		}
		return scan(ctx, q, `SELECT id FROM articles WHERE rules IS NOT NULL ORDER BY id`, nil, func(scan func(...any) error) error {
			var id string
			if err := scan(&id); err != nil {
				return err
			}
			return do(id)
		})
	})
	if err != nil {
		return 0, fmt.Errorf("archive %s: ids: %w", a.dir, err)
	}
	return seq, nil
}

// knownSeq is the number of the last change when so many transactions had counted changes.
type knownSeq struct{ changes, seq int64 }

// Seq returns the number of the last change.
func (a *Archive) Seq(ctx context.Context) (int64, error) {
	now := knownSeq{changes: a.changes.Load()}
	if last := a.seq.Load(); last != nil && last.changes == now.changes && !a.readOnly {
		return last.seq, nil
	}
	err := a.read(ctx, `SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seq'`, nil, func(scan func(...any) error) error {
		return scan(&now.seq)
	})
	if err != nil {
		return 0, fmt.Errorf("archive %s: seq: %w", a.dir, err)
	}
	a.seq.Store(&now)
	return now.seq, nil
}
