package index

import (
	"context"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	bleveindex "github.com/blevesearch/bleve_index_api"

	"blotter/query"
)

// snapshot is the index at one moment, as a set of numbered documents. A search works on one snapshot from its
// beginning to its end, whatever is written meanwhile. Sets that it returns may be shared: they are not changed.
type snapshot struct {
	reader bleveindex.IndexReader
	kept   *kept
	keys   bleveindex.DocValueReader // see orderKey
}

// kept is what all searches of one snapshot share.
type kept struct {
	of      bleveindex.IndexReader // the snapshot, by which it is known again
	mu      sync.Mutex             // over what follows, each nil until it is first wanted
	all     *roaring.Bitmap
	columns *columns
}

// snapshot returns that of a reader, with what searches before have kept of it.
func (b *Bleve) snapshot(reader bleveindex.IndexReader) *snapshot {
	k := b.kept.Load()
	if k == nil || k.of != reader {
		k = &kept{of: reader}
		b.kept.Store(k)
	}
	return &snapshot{reader: reader, kept: k}
}

// documents returns the set of all documents.
func (s *snapshot) documents() (*roaring.Bitmap, error) {
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	if s.kept.all == nil {
		all, err := s.readDocuments()
		if err != nil {
			return nil, err
		}
		s.kept.all = all
	}
	return s.kept.all, nil
}

// columns returns the columns of all documents.
func (s *snapshot) columns() (*columns, error) {
	all, err := s.documents()
	if err != nil {
		return nil, err
	}
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	if s.kept.columns == nil {
		if s.kept.columns, err = s.readColumns(all); err != nil {
			return nil, err
		}
	}
	return s.kept.columns, nil
}

func (s *snapshot) readDocuments() (*roaring.Bitmap, error) {
	ids, err := s.reader.DocIDReaderAll()
	if err != nil {
		return nil, err
	}
	defer ids.Close()
	all := roaring.New()
	for {
		id, err := ids.Next()
		if err != nil || id == nil {
			return all, err
		}
		all.Add(uint32(id.Value()))
	}
}

// term names a term of a field.
type term struct{ field, text string }

// with returns the documents that have any of the terms.
func (s *snapshot) with(ctx context.Context, terms []term) (*roaring.Bitmap, error) {
	found := roaring.New()
	var posting bleveindex.TermFieldDoc
	var batch []uint32
	for _, t := range terms {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := s.reader.TermFieldReader(ctx, []byte(t.text), t.field, false, false, false)
		if err != nil {
			return nil, err
		}
		batch = batch[:0]
		for {
			p, err := r.Next(&posting)
			if err != nil {
				_ = r.Close()
				return nil, err
			}
			if p == nil {
				break
			}
			batch = append(batch, uint32(p.ID.Value()))
		}
		found.AddMany(batch)
		if err := r.Close(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// beginning returns the terms of the field that begin with prefix and that keep accepts.
func (s *snapshot) beginning(ctx context.Context, field, prefix string, keep func(string) bool) ([]term, error) {
	dict, err := s.reader.FieldDictPrefix(field, []byte(prefix))
	if err != nil {
		return nil, err
	}
	return s.collect(ctx, field, dict, keep)
}

// between returns the terms of the field from low to high, both included. An empty bound is none.
func (s *snapshot) between(ctx context.Context, field, low, high string) ([]term, error) {
	if low > high && high != "" {
		return nil, nil // Bleve would run to the end of the dictionary
	}
	var from, to []byte
	if low != "" {
		from = []byte(low)
	}
	if high != "" {
		to = []byte(high)
	}
	dict, err := s.reader.FieldDictRange(field, from, to)
	if err != nil {
		return nil, err
	}
	return s.collect(ctx, field, dict, func(string) bool { return true })
}

func (s *snapshot) collect(ctx context.Context, field string, dict bleveindex.FieldDict, keep func(string) bool) ([]term, error) {
	defer dict.Close()
	var terms []term
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		entry, err := dict.Next()
		if err != nil {
			return nil, err
		}
		if entry == nil {
			return terms, nil
		}
		if keep(entry.Term) {
			terms = append(terms, term{field, entry.Term})
		}
	}
}

// forms returns the terms of the text field that have the stem.
func (s *snapshot) forms(ctx context.Context, field, stem string) ([]term, error) {
	terms, err := s.beginning(ctx, field, stemPrefix(stem), func(t string) bool { return query.Stem(t) == stem })
	return append(terms, term{field + stemSuffix, stem}), err
}

// cursor walks through the documents of one term, in their order.
type cursor struct {
	reader  bleveindex.TermFieldReader
	posting bleveindex.TermFieldDoc
	current *bleveindex.TermFieldDoc
	started bool
	id      bleveindex.IndexInternalID
}

// to moves on to the document and says whether the term is in it. Documents must be asked for in their order.
func (c *cursor) to(doc uint32) (bool, error) {
	if c.started && (c.current == nil || c.current.ID.Value() >= uint64(doc)) {
		return c.current != nil && c.current.ID.Value() == uint64(doc), nil
	}
	c.started = true
	c.id = bleveindex.NewIndexInternalID(c.id, uint64(doc))
	var err error
	c.current, err = c.reader.Advance(c.id, &c.posting)
	return err == nil && c.current != nil && c.current.ID.Value() == uint64(doc), err
}

// places appends the places of the term in the current document, counted from 1: see frequencies.
func (c *cursor) places(to []int) []int {
	for _, at := range c.current.Vectors {
		to = appendPlaces(to, int(at.Pos), at.ArrayPositions)
	}
	return to
}

// cursors is a cursor for each of several terms that count as one, such as the forms of a word.
type cursors []*cursor

// open returns cursors for the terms: with their places, or with their frequency and weight only.
func (s *snapshot) open(ctx context.Context, terms []term, places bool) (cursors, error) {
	var cs cursors
	for _, t := range terms {
		r, err := s.reader.TermFieldReader(ctx, []byte(t.text), t.field, true, true, places)
		if err != nil {
			cs.close()
			return nil, err
		}
		cs = append(cs, &cursor{reader: r})
	}
	return cs, nil
}

func (cs cursors) close() {
	for _, c := range cs {
		_ = c.reader.Close() // it only goes back to a pool
	}
}

// places returns the places of all the terms in the document, in order.
func (cs cursors) places(doc uint32, to []int) ([]int, error) {
	to = to[:0]
	for _, c := range cs {
		ok, err := c.to(doc)
		if err != nil {
			return nil, err
		}
		if ok {
			to = c.places(to)
		}
	}
	slices.Sort(to)
	return to, nil
}
