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
// The order of hits, facets and timelines come from columns in memory (see columns), which are read once for each state
// of the index. The package does no highlighting: query.Match gives spans.
package index

import (
	"context"
	"errors"
	"fmt"
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
	ByRelevance Order = ""       // the best first
	ByDate      Order = "date"   // the oldest first, those without a date last
	ByDateDown  Order = "-date"  // the newest first, those without a date last
	BySource    Order = "source" // by the source's id
)

// Orders are the orders as users write them.
var Orders = []string{"relevance", "date", "-date", "source"}

// ParseOrder reads an Order as users write it.
func ParseOrder(s string) (Order, error) {
	switch {
	case s == "relevance":
		return ByRelevance, nil
	case slices.Contains(Orders, s):
		return Order(s), nil
	}
	return "", fmt.Errorf("order %q is unknown; there are %s", s, strings.Join(Orders, ", "))
}

// Request is a search.
type Request struct {
	Query  *query.Query // nil for every article
	Offset int          // hits passed over
	Limit  int          // most hits returned; 0 for none, when only the numbers are of interest
	Sort   Order

	// After is the Next of an earlier Result in the same order: the hits behind it are returned, at no more cost than
	// the first ones. What was added or taken away meanwhile moves no hit from one page to another; only a ByRelevance
	// page may then repeat or miss some, because the scores of all articles move. Not together with Offset.
	After string

	Explain  bool     // say in Result.Plan how the query was answered
	Facets   []string // of FacetNames: what to count the hits by
	Timeline Interval // of which length; "" for no timeline

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

// country is the country of a source, as package query compares it.
func (r Request) country(source string) string {
	country, _ := r.source(source)
	if country = fold(country); country == "uk" {
		return "gb"
	}
	return country
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
	Next  string // for Request.After; "" behind the last hit

	Plan     []Step   // of the query's expressions, each before its operands; of a Bleve only
	Facets   []Facet  // as the Request names them
	Timeline []Bucket // in the order of time; those without an article of the index at the beginning and the end left out
	Undated  int      // hits that no Bucket counts: without a date, or with one that names no day, week or month
}

// Step is how an expression was answered.
type Step struct {
	Depth int    `json:"depth"`           // how many expressions it is an operand of
	Query string `json:"query"`           // the expression
	Field string `json:"field,omitempty"` // where it was looked for, "" for title and body
	Sure  int    `json:"sure"`            // articles of which the index alone knows that they match
	Open  int    `json:"open"`            // those whose texts the matcher has to decide about, if the other parts of the query leave them
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

// Check says what is wrong with a request, before it is put to an index.
func (r Request) Check() error {
	switch {
	case r.Offset < 0:
		return fmt.Errorf("search: offset %d is negative", r.Offset)
	case r.Limit < 0:
		return fmt.Errorf("search: limit %d is negative", r.Limit)
	case r.Offset > maxWindow || r.Limit > maxWindow:
		return fmt.Errorf("search: hits %d to %d are past the %d that can be asked for", r.Offset, r.Offset+r.Limit, maxWindow)
	case r.Offset > 0 && r.After != "":
		return errors.New("search: a page begins at an offset or after a hit, not both")
	case r.Sort != ByRelevance && !slices.Contains(Orders, string(r.Sort)):
		return fmt.Errorf("search: unknown order %q (known: date, -date, source, or empty for relevance)", r.Sort)
	}
	for _, name := range r.Facets {
		if !slices.Contains(FacetNames, name) {
			return fmt.Errorf("search: there is no facet %q; there are %s", name, strings.Join(FacetNames, ", "))
		}
	}
	if r.Timeline != "" {
		if _, err := ParseInterval(string(r.Timeline)); err != nil {
			return err
		}
	}
	if r.After != "" {
		if _, err := r.parseCursor(r.After); err != nil {
			return err
		}
	}
	return nil
}
