package index

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/RoaringBitmap/roaring/v2"
)

// Search implements Index.
func (b *Bleve) Search(ctx context.Context, r Request) (Result, error) {
	if err := r.check(); err != nil {
		return Result{}, err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.store == nil {
		return Result{}, b.unusable
	}
	res, err := b.search(ctx, r)
	if errors.Is(err, ErrDamaged) {
		return Result{}, b.mark(fmt.Errorf("search %s: %w", b.dir, err))
	}
	return res, err
}

func (b *Bleve) search(ctx context.Context, r Request) (res Result, err error) {
	defer recoverDamage(&err)()
	reader, err := b.store.Reader()
	if err != nil {
		return Result{}, fmt.Errorf("search %s: %w", b.dir, err)
	}
	defer reader.Close()

	e := &evaluation{snapshot: snapshot{reader: reader}, request: r}
	found, err := e.answer(ctx)
	if err != nil {
		return Result{}, err
	}
	if r.Limit == 0 && found.exact() {
		return Result{Total: int(found.maybe.GetCardinality())}, nil
	}
	rows := make([]row, 0, found.maybe.GetCardinality())
	err = e.orderKeys(found.maybe, func(doc uint32, key string) { rows = append(rows, row{doc: doc, order: key}) })
	if err != nil {
		return Result{}, err
	}
	if rows, err = confirm(ctx, r, rows, found.sure); err != nil {
		return Result{}, err
	}
	if r.Sort == ByRelevance {
		if err := e.weigh(ctx, rows); err != nil {
			return Result{}, err
		}
	}
	return r.result(rows), nil
}

// weighed is a word of the query that speaks for an article.
type weighed struct {
	terms []term
	docs  *roaring.Bitmap // that have it
}

// weigh gives the rows, which are in the order of their documents, their scores: over the words of the query that
// are not denied, the sum of how rare the word is, how often it stands in the article, and how short the text is
// that it stands in, the three of them damped. A word in a title so counts for more than one in a body.
func (e *evaluation) weigh(ctx context.Context, rows []row) error {
	all, err := e.documents()
	if err != nil {
		return err
	}
	for _, w := range e.spoken {
		rarity := math.Log(1 + float64(all.GetCardinality())/float64(1+w.docs.GetCardinality()))
		cs, err := e.open(ctx, w.terms, false)
		if err != nil {
			return err
		}
		for i := range rows {
			if !w.docs.Contains(rows[i].doc) {
				continue
			}
			frequency, norm, err := cs.weight(rows[i].doc)
			if err != nil {
				cs.close()
				return err
			}
			rows[i].score += rarity * (1 + math.Log(frequency)) * norm
		}
		cs.close()
	}
	return ctx.Err()
}

// weight returns how often the terms stand in the document together, and what Bleve makes of the length of the
// text: with lengthByte, its number of words to the power of -¼.
func (cs cursors) weight(doc uint32) (frequency, norm float64, err error) {
	for _, c := range cs {
		ok, err := c.to(doc)
		if err != nil {
			return 0, 0, err
		}
		if ok {
			frequency += float64(c.current.Freq)
			norm = c.current.Norm
		}
	}
	return max(frequency, 1), norm, nil
}
