package index

import (
	"fmt"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
	bleveindex "github.com/blevesearch/bleve_index_api"
)

// columns are what hits are ordered and counted by, in arrays from the number of a document to its value. They are read
// from Bleve's doc values once for each snapshot that is asked for them, and take some 40 bytes an article. Bleve's own
// facets and sorting read the doc values of every hit in every search: a hundred times as long.
type columns struct {
	published codes
	dates     []calendar // what each code of published means
	all       []int      // how many documents have it
	source    codes
	lang      codes
	status    manyCodes

	byDate   ranking
	downDate ranking
	bySource ranking
}

// ranking is all documents in an order.
type ranking struct {
	docs  []uint32 // in that order
	place []uint32 // of each document
}

// codes are values as numbers.
type codes struct {
	of     []uint32 // each document's value: names[of[doc]]; 0 for none
	names  []string
	number map[string]uint32
}

// manyCodes are several values a document: those of doc are of[from[doc]:from[doc+1]].
type manyCodes struct {
	codes
	from []uint32
}

func newCodes(documents int) codes {
	return codes{of: make([]uint32, documents), names: []string{""}, number: map[string]uint32{"": 0}}
}

// code is the number of a value.
func (c *codes) code(value []byte) uint32 {
	n, ok := c.number[string(value)]
	if !ok {
		n = uint32(len(c.names))
		c.names = append(c.names, string(value))
		c.number[string(value)] = n
	}
	return n
}

// valueFields are the fields that have doc values.
var valueFields = []string{fieldOrder, fieldPublished, fieldSource, fieldLang, fieldStatus}

// readColumns reads the columns of a snapshot, whose documents are numbered from 0, with gaps where some were deleted.
func (s *snapshot) readColumns(docs *roaring.Bitmap) (*columns, error) {
	values, err := s.reader.DocValueReader(valueFields)
	if err != nil {
		return nil, err
	}
	n := 0
	if !docs.IsEmpty() {
		n = int(docs.Maximum()) + 1
	}
	c := &columns{published: newCodes(n), source: newCodes(n), lang: newCodes(n)}
	c.status = manyCodes{newCodes(0), make([]uint32, n+1)}
	rows := make([]keyed, 0, docs.GetCardinality())
	next := uint32(0)
	var row keyed
	visit := func(field string, value []byte) {
		switch field {
		case fieldOrder:
			row.key = string(value)
		case fieldPublished:
			c.published.of[row.doc] = c.published.code(value)
		case fieldSource:
			c.source.of[row.doc] = c.source.code(value)
		case fieldLang:
			c.lang.of[row.doc] = c.lang.code([]byte(baseLang(string(value))))
		case fieldStatus:
			c.status.of = append(c.status.of, c.status.code(value))
		}
	}
	var id bleveindex.IndexInternalID
	for it := docs.Iterator(); it.HasNext(); {
		row = keyed{doc: it.Next()}
		for ; next <= row.doc; next++ {
			c.status.from[next] = uint32(len(c.status.of))
		}
		id = bleveindex.NewIndexInternalID(id, uint64(row.doc))
		if err := values.VisitDocValues(id, visit); err != nil {
			return nil, err
		}
		if row.key == "" {
			return nil, fmt.Errorf("%w (document %d has no order key)", ErrDamaged, row.doc)
		}
		rows = append(rows, row)
	}
	for ; int(next) < len(c.status.from); next++ {
		c.status.from[next] = uint32(len(c.status.of))
	}
	for _, term := range c.published.names {
		c.dates = append(c.dates, calendarOf(term))
	}
	c.all = c.published.count(docs)
	c.arrange(rows, n)
	return c, nil
}

// keyed is a document with its order key.
type keyed struct {
	key string
	doc uint32
}

// arrange makes the orders.
func (c *columns) arrange(rows []keyed, n int) {
	slices.SortFunc(rows, func(a, b keyed) int { return ByDate.compare(row{key: a.key}, row{key: b.key}) })
	c.byDate = newRanking(rows, n)
	slices.SortFunc(rows, func(a, b keyed) int { return ByDateDown.compare(row{key: a.key}, row{key: b.key}) })
	c.downDate = newRanking(rows, n)
	slices.SortStableFunc(rows, func(a, b keyed) int { return strings.Compare(c.sourceOf(a.doc), c.sourceOf(b.doc)) })
	c.bySource = newRanking(rows, n)
}

func newRanking(rows []keyed, n int) ranking {
	o := ranking{docs: make([]uint32, len(rows)), place: make([]uint32, n)}
	for i, r := range rows {
		o.docs[i], o.place[r.doc] = r.doc, uint32(i)
	}
	return o
}

func (c *columns) sourceOf(doc uint32) string { return c.source.names[c.source.of[doc]] }

// ranking returns the documents in any order but ByRelevance.
func (c *columns) ranking(o Order) ranking {
	switch o {
	case ByDate:
		return c.byDate
	case BySource:
		return c.bySource
	}
	return c.downDate
}

// count says how many of the documents have each code.
func (c *codes) count(docs *roaring.Bitmap) []int {
	counts := make([]int, len(c.names))
	for it := docs.Iterator(); it.HasNext(); {
		counts[c.of[it.Next()]]++
	}
	return counts
}

func (c *manyCodes) count(docs *roaring.Bitmap) []int {
	counts := make([]int, len(c.names))
	for it := docs.Iterator(); it.HasNext(); {
		doc := it.Next()
		values := c.of[c.from[doc]:c.from[doc+1]]
		if len(values) == 0 {
			counts[0]++
		}
		for _, v := range values {
			counts[v]++
		}
	}
	return counts
}

// facet counts the documents by their values of one kind.
func (c *columns) facet(name string, docs *roaring.Bitmap, country func(source string) string) Facet {
	var counts []int
	var value func(code int) string
	switch name {
	case "tag":
		counts, value = c.status.count(docs), func(code int) string {
			tag, _, _ := strings.Cut(c.status.names[code], "=")
			return tag
		}
	case "status":
		counts, value = c.status.count(docs), func(code int) string { return strings.Replace(c.status.names[code], "=", ":", 1) }
	case "source":
		counts, value = c.source.count(docs), func(code int) string { return c.source.names[code] }
	case "country":
		counts, value = c.source.count(docs), func(code int) string { return country(c.source.names[code]) }
	case "lang":
		counts, value = c.lang.count(docs), func(code int) string { return c.lang.names[code] }
	case "month":
		counts, value = c.published.count(docs), func(code int) string { return c.dates[code].month() }
	case "year":
		counts, value = c.published.count(docs), func(code int) string { return c.dates[code].year() }
	}
	byValue := map[string]int{}
	for code, n := range counts {
		if n > 0 {
			byValue[value(code)] += n
		}
	}
	return newFacet(name, byValue)
}

// timeline counts the documents by pieces of time.
func (c *columns) timeline(i Interval, docs *roaring.Bitmap) *timeline {
	t := newTimeline(i)
	hits := c.published.count(docs)
	for code, date := range c.dates {
		t.count(date, hits[code], c.all[code])
	}
	return t
}
