// Package index finds articles.
//
// An [Index] follows the archive: [Index.Update] takes the articles that changed and the archive's number of the
// last change, and stores both in one batch, so that after a crash [Index.Seq] says exactly where to go on.
// [Index.Search] answers a query of package query. What a query means is what query.Match says of each article:
// an index returns those articles, no more and no less, and counts them all.
//
// [OpenBleve] opens the index on disk, the one that a program uses. It holds words and their places, not texts:
// what the places cannot decide is put to query.Match with texts that the caller loads from the archive
// ([Request.Load]). An index holds nothing that the archive does not: it is built anew when its folder is deleted, and
// when it is found damaged, out of date or that of another archive. [NewMemory] keeps the articles themselves and
// asks query.Match about every one: the same answers, for tests and for small sets.
//
// The package does no highlighting (query.Match gives spans) and no facets.
package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"blotter"
	"blotter/query"
)

// Index finds articles. All methods may be called at once from several goroutines; a search sees all of a batch or
// nothing of it.
type Index interface {
	// Seq returns the number of the last change of the archive that the index has absorbed: 0 for an empty one.
	Seq() (int64, error)

	// Update puts articles in or in the place of those with the same ID, takes out those whose IDs are gone, and
	// sets Seq, all or nothing. An ID that is gone and unknown is no error. The caller sends at most a thousand
	// articles at once; a batch is held in memory. When ctx ends before the batch is begun nothing happens; a
	// batch that is begun is ended. After an error the index is as it was before, and may be used, unless ErrDamaged
	// is in its chain.
	Update(ctx context.Context, put []blotter.Article, gone []string, seq int64) error

	// Search returns the articles that the query matches. No match is no error.
	Search(ctx context.Context, r Request) (Result, error)

	// Count returns the number of articles.
	Count() (int, error)

	// Close ends the use of the index. What Update has returned from is kept.
	Close() error
}

// Order is the order of hits.
type Order string

// The orders. Hits that are equal stand newest first, and then by ID.
const (
	ByRelevance Order = ""      // the best first
	ByDate      Order = "date"  // the oldest first, those without a date last
	ByDateDown  Order = "-date" // the newest first, those without a date last
)

// ParseOrder reads an Order as users write it: relevance, date or -date.
func ParseOrder(s string) (Order, error) {
	switch o := Order(s); o {
	case "relevance":
		return ByRelevance, nil
	case ByDate, ByDateDown:
		return o, nil
	}
	return "", fmt.Errorf("order %q is unknown; there are relevance, date and -date", s)
}

// Request is a search.
type Request struct {
	Query  *query.Query // nil for every article
	Offset int          // hits passed over
	Limit  int          // most hits returned; 0 for none, when only the total is of interest
	Sort   Order

	// Load returns the articles with these IDs, in any order, with their texts and tags; those that are not there
	// any more are left out. It is called with at most confirmBatch IDs at once, and only for hits that an
	// index cannot decide alone. Without it such a search fails.
	Load func(ctx context.Context, ids []string) ([]blotter.Article, error)

	// Source says in which country a source is, and in which zone its days begin; an article knows neither. Without
	// it country: finds nothing, and fetched: goes by days in UTC.
	Source func(id string) (country string, zone *time.Location)
}

func (r Request) source(id string) (country string, zone *time.Location) {
	if r.Source == nil {
		return "", nil
	}
	return r.Source(id)
}

// matches asks the matcher, which defines what a query means.
func (r Request) matches(a *blotter.Article) ([]query.Span, bool) {
	if r.Query == nil {
		return nil, true
	}
	country, zone := r.source(a.Source)
	d := query.NewDocument(a.Title, a.Lead, a.Body)
	defer d.Close()
	return r.Query.Match(d, query.MetaOf(a, country, zone))
}

// Result is what a search found.
type Result struct {
	Total int // all articles that match, whatever Offset and Limit say
	Hits  []Hit
}

// Hit is one article of a result.
type Hit struct {
	ID    string
	Score float64 // for ByRelevance; comparable within one result only
}

// InUseError says that another process has the index open.
type InUseError struct {
	Dir string
	PID int // of the other process, or 0 when it is not known
}

// Error names the folder, who has it open and what to do.
func (e *InUseError) Error() string {
	who := "another process"
	if e.PID != 0 {
		who = fmt.Sprintf("another process (pid %d)", e.PID)
	}
	return fmt.Sprintf("index %s is in use by %s: try again when it has ended", e.Dir, who)
}

// ErrDamaged is in the chain of a Search's or Update's error when a file of the index cannot be read as what it
// should be. The next OpenBleve builds the index anew.
var ErrDamaged = errors.New("the index is damaged and will be built anew from the archive when it is next opened")

// ErrUnusable is in the chain of an OpenBleveReadOnly's error when there is no index, or one of another archive, of an
// older version, or with damaged files.
var ErrUnusable = errors.New("there is no index that can be used; the next update builds it from the archive")

// ErrClosed is the error of every method after Close.
var ErrClosed = errors.New("index is closed")

// maxWindow is the furthest hit that a request may ask for. Whoever wants everything reads the archive.
const maxWindow = 10_000_000

func (r Request) check() error {
	switch {
	case r.Offset < 0:
		return fmt.Errorf("search: offset %d is negative", r.Offset)
	case r.Limit < 0:
		return fmt.Errorf("search: limit %d is negative", r.Limit)
	case r.Offset > maxWindow || r.Limit > maxWindow:
		return fmt.Errorf("search: hits %d to %d are past the %d that can be asked for", r.Offset, r.Offset+r.Limit, maxWindow)
	case r.Sort != ByRelevance && r.Sort != ByDate && r.Sort != ByDateDown:
		return fmt.Errorf("search: unknown order %q (known: date, -date, or empty for relevance)", r.Sort)
	}
	return nil
}

// row is an article that may be or is a hit.
type row struct {
	doc   uint32 // its number in the snapshot
	order string // see orderKey
	score float64
}

// result orders the rows and cuts the page out that r asks for.
func (r Request) result(rows []row) Result {
	res := Result{Total: len(rows)}
	if r.Offset >= len(rows) || r.Limit == 0 {
		return res
	}
	slices.SortFunc(rows, r.Sort.compare)
	for _, row := range rows[r.Offset:min(len(rows), r.Offset+r.Limit)] {
		res.Hits = append(res.Hits, Hit{ID: idOfOrderKey(row.order), Score: row.score})
	}
	return res
}

func (o Order) compare(a, b row) int {
	if o == ByRelevance {
		// Scores that differ by a rounding error are equal.
		if math.Abs(a.score-b.score) > 1e-9 {
			return cmp.Compare(b.score, a.score)
		}
	}
	undatedA, undatedB := strings.HasPrefix(a.order, undated), strings.HasPrefix(b.order, undated)
	switch {
	case undatedA != undatedB && undatedA:
		return 1
	case undatedA != undatedB:
		return -1
	case undatedA || o == ByDate:
		return strings.Compare(a.order, b.order)
	}
	return compareNewestFirst(a.order, b.order)
}
