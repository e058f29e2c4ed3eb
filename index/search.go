package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"sort"

	"github.com/RoaringBitmap/roaring/v2"
	bleveindex "github.com/blevesearch/bleve_index_api"
)

// Search implements Index.
func (b *Bleve) Search(ctx context.Context, r Request) (Result, error) {
	if err := r.Check(); err != nil {
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

	e := &evaluation{snapshot: b.snapshot(reader), request: r}
	found, err := e.answer(ctx)
	if err != nil {
		return Result{}, err
	}
	hits, err := e.confirm(ctx, found)
	if err != nil {
		return Result{}, err
	}
	res.Total, res.Plan = int(hits.GetCardinality()), e.plan
	if r.Limit == 0 && len(r.Facets) == 0 && r.Timeline == "" {
		return res, nil
	}
	c, err := e.columns()
	if err != nil {
		return Result{}, err
	}
	for _, name := range r.Facets {
		res.Facets = append(res.Facets, c.facet(name, hits, r.country))
	}
	if r.Timeline != "" {
		t := c.timeline(r.Timeline, hits)
		res.Timeline, res.Undated = t.buckets(), t.undated
	}
	if r.Sort == ByRelevance {
		return res, e.bestPage(ctx, c, hits, &res)
	}
	return res, e.orderedPage(c, hits, &res)
}

// orderedPage fills in the hits that the request asks for in any order but that of scores. The places of all hits are put
// into a set of bits, which takes as long for the last page as for the first.
func (e *evaluation) orderedPage(c *columns, hits *roaring.Bitmap, res *Result) error {
	r, o := e.request, c.ranking(e.request.Sort)
	set := make([]uint64, len(o.docs)/64+1)
	for it := hits.Iterator(); it.HasNext(); {
		place := o.place[it.Next()]
		set[place/64] |= 1 << (place % 64)
	}
	from, err := e.placeAfter(c, o)
	if err != nil {
		return err
	}
	var page []uint32
	skip := r.Offset
	for i := from / 64; i < len(set) && len(page) <= r.Limit; i++ {
		word := set[i]
		if i == from/64 {
			word &= math.MaxUint64 << (from % 64)
		}
		if n := bits.OnesCount64(word); n <= skip {
			skip -= n
			continue
		}
		for ; word != 0; word &= word - 1 {
			if skip > 0 {
				skip--
				continue
			}
			page = append(page, o.docs[64*i+bits.TrailingZeros64(word)])
		}
	}
	rows := make([]scored, len(page))
	for i, doc := range page {
		rows[i].doc = doc
	}
	return e.fill(c, rows, res)
}

// placeAfter is the first place behind the one that the request goes on from.
func (e *evaluation) placeAfter(c *columns, o ranking) (int, error) {
	if e.request.After == "" {
		return 0, nil
	}
	after, err := e.request.parseCursor(e.request.After)
	if err != nil {
		return 0, err
	}
	if int(after.doc) < len(o.place) && e.kept.all.Contains(after.doc) { // most likely the snapshot is still the same
		if key, err := e.orderKey(after.doc); err != nil || key == after.key {
			return int(o.place[after.doc]) + 1, err
		}
	}
	place := sort.Search(len(o.docs), func(i int) bool {
		x, errRow := e.row(c, scored{doc: o.docs[i]})
		err = errors.Join(err, errRow)
		return errRow == nil && e.request.Sort.compare(x, after) > 0
	})
	return place, err
}

// scored is a hit with its score.
type scored struct {
	doc   uint32
	score float64
}

// bestPage fills in the best hits.
func (e *evaluation) bestPage(ctx context.Context, c *columns, hits *roaring.Bitmap, res *Result) error {
	r := e.request
	rows := make([]scored, 0, hits.GetCardinality())
	for it := hits.Iterator(); it.HasNext(); {
		rows = append(rows, scored{doc: it.Next()})
	}
	if err := e.weigh(ctx, rows); err != nil {
		return err
	}
	if r.After != "" {
		after, err := r.parseCursor(r.After)
		if err != nil {
			return err
		}
		behind := rows[:0]
		for _, x := range rows {
			if sameScore(x.score, after.score) {
				at, err := e.row(c, x)
				if err != nil {
					return err
				}
				if r.Sort.compare(at, after) > 0 {
					behind = append(behind, x)
				}
			} else if x.score < after.score {
				behind = append(behind, x)
			}
		}
		rows = behind
	}
	newest := c.downDate.place
	rows = best(rows, r.Offset+r.Limit+1, func(a, b scored) int {
		if !sameScore(a.score, b.score) {
			return cmp.Compare(b.score, a.score)
		}
		return cmp.Compare(newest[a.doc], newest[b.doc])
	})
	return e.fill(c, rows[min(r.Offset, len(rows)):], res)
}

// fill turns rows into hits. There may be more rows than the request asks for: then there is a next page.
func (e *evaluation) fill(c *columns, rows []scored, res *Result) error {
	r := e.request
	for i, x := range rows[:min(r.Limit, len(rows))] {
		at, err := e.row(c, x)
		if err != nil {
			return err
		}
		res.Hits = append(res.Hits, Hit{ID: idOfOrderKey(at.key), Score: at.score})
		if i+1 == r.Limit && len(rows) > r.Limit {
			res.Next = r.cursor(at)
		}
	}
	return nil
}

// row is what a hit is ordered by.
func (e *evaluation) row(c *columns, x scored) (row, error) {
	key, err := e.orderKey(x.doc)
	return row{key: key, source: c.sourceOf(x.doc), score: x.score, doc: x.doc}, err
}

// orderKey reads the order key of a document.
func (s *snapshot) orderKey(doc uint32) (key string, err error) {
	if s.keys == nil {
		if s.keys, err = s.reader.DocValueReader([]string{fieldOrder}); err != nil {
			return "", err
		}
	}
	err = s.keys.VisitDocValues(bleveindex.NewIndexInternalID(nil, uint64(doc)), func(_ string, value []byte) { key = string(value) })
	if err == nil && key == "" {
		err = fmt.Errorf("%w (document %d has no order key)", ErrDamaged, doc)
	}
	return key, err
}

// weighed is a word of the query that speaks for an article.
type weighed struct {
	terms []term
	docs  *roaring.Bitmap // that have it
}

// weigh gives the rows, which are in the order of their documents, their scores: over the words of the query that
// are not denied, the sum of how rare the word is, how often it stands in the article, and how short the text is
// that it stands in, the three of them damped. A word in a title so counts for more than one in a body.
func (e *evaluation) weigh(ctx context.Context, rows []scored) error {
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
