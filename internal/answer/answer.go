// Package answer is what the program answers when it is asked: searches, articles, coverage, sources and saved queries, as
// values whose JSON is the same wherever they are asked for. The command line prints them, for people or as they are; the
// daemon sends them over HTTP.
//
// A [Reader] joins an archive with an index of it. The index says which articles a query finds and the archive what they
// are; what the archive alone can answer needs no index.
package answer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/index"
	"blotter/query"
)

// Page is how many articles are taken from the index at a time where all are wanted: memory does not grow with the result.
const Page = 500

// RequestError says what is wrong with what was asked for, in the words of the command line: --from is the parameter from
// elsewhere. Every other error is ours, or one of a query's text. archive.ErrNotFound is in its chain when that is it.
type RequestError struct {
	text  string
	cause error
}

func (e *RequestError) Error() string { return e.text }
func (e *RequestError) Unwrap() error { return e.cause }

func wrongf(format string, args ...any) error {
	return &RequestError{text: fmt.Sprintf(format, args...)}
}

// Reader answers from a data folder.
type Reader struct {
	Archive *archive.Archive
	Index   index.Index               // nil where nothing is searched
	Sources map[string]blotter.Source // as the archive knows them, whatever configuration is at hand
}

// NewReader returns a reader with the sources that the archive knows now.
func NewReader(ctx context.Context, arc *archive.Archive, idx index.Index) (*Reader, error) {
	known, err := arc.Sources(ctx)
	if err != nil {
		return nil, err
	}
	r := &Reader{Archive: arc, Index: idx, Sources: make(map[string]blotter.Source, len(known))}
	for _, src := range known {
		r.Sources[src.ID] = src
	}
	return r, nil
}

// Close closes the index and the archive.
func (r *Reader) Close() error {
	if r.Index == nil {
		return r.Archive.Close()
	}
	return errors.Join(r.Index.Close(), r.Archive.Close())
}

// Where says what a query may ask of an article's source: its country and its zone.
func (r *Reader) Where(id string) (country string, zone *time.Location) {
	src := r.Sources[id]
	return src.Country, src.Zone()
}

// Search asks the index, with what it needs to know of articles and sources.
func (r *Reader) Search(ctx context.Context, request index.Request) (index.Result, error) {
	request.Load, request.Source = r.Archive.Articles, r.Where
	return r.Index.Search(ctx, request)
}

// Articles are the articles of some hits, in their order.
func (r *Reader) Articles(ctx context.Context, hits []index.Hit) ([]blotter.Article, error) {
	return r.Archive.Articles(ctx, IDs(hits))
}

// IDs are those of the articles of some hits.
func IDs(hits []index.Hit) []string {
	ids := make([]string, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	return ids
}

// Each hands every article that a query finds over, oldest first, and counts them. A nil query finds all.
func (r *Reader) Each(ctx context.Context, q *query.Query, do func(blotter.Article) error) (n int, err error) {
	err = r.Pages(ctx, q, func(hits []index.Hit) error {
		articles, err := r.Articles(ctx, hits)
		if err != nil {
			return err
		}
		for _, article := range articles {
			if err := do(article); err != nil {
				return err
			}
		}
		n += len(articles)
		return nil
	})
	return n, err
}

// Pages hands every hit of a query over, oldest first, a page at a time.
func (r *Reader) Pages(ctx context.Context, q *query.Query, do func([]index.Hit) error) error {
	request := index.Request{Query: q, Limit: Page, Sort: index.ByDate}
	for {
		result, err := r.Search(ctx, request)
		if err != nil {
			return err
		}
		if err := do(result.Hits); err != nil || result.Next == "" {
			return err
		}
		request.After = result.Next
	}
}

// Polls counts how often sources were asked for their lists until now, by the pieces of a timeline.
func (r *Reader) Polls(ctx context.Context, i index.Interval, now time.Time) (map[string]int, error) {
	days, err := r.Archive.Days(ctx, time.Time{}, now)
	polls := map[string]int{}
	for _, d := range days {
		polls[i.Start(d.Day)] += d.Asked - d.Failures()
	}
	return polls, err
}

// Matched cuts an article into words and returns the places that a query matched.
func (r *Reader) Matched(q *query.Query, article blotter.Article) (*query.Document, []query.Span) {
	d := query.NewDocument(article.Title, article.Lead, article.Body)
	country, zone := r.Where(article.Source)
	spans, _ := q.Match(d, query.MetaOf(&article, country, zone))
	return d, spans
}

// TextOf is a field of an article by the name that matches have for it.
func TextOf(a *blotter.Article, field string) string {
	switch field {
	case query.FieldTitle:
		return a.Title
	case query.FieldLead:
		return a.Lead
	}
	return a.Body
}
