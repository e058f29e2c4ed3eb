package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"blotter/index"
	"blotter/internal/answer"
	"blotter/query"
)

// What a request to the index may take. A query whose lists are written out is long.
const (
	maxBody  = 32 << 20
	maxQuery = 16 << 20
)

// asked is a search as a command beside the daemon sends it.
type asked struct {
	Query    *string             `json:"query"`           // in its canonical form; null for every article
	Lists    map[string][]string `json:"lists,omitempty"` // the entries of the word lists that it names
	Offset   int                 `json:"offset,omitempty"`
	Limit    int                 `json:"limit"`
	After    string              `json:"after,omitempty"`
	Sort     index.Order         `json:"sort,omitempty"`
	Explain  bool                `json:"explain,omitempty"`
	Facets   []string            `json:"facets,omitempty"`
	Timeline index.Interval      `json:"timeline,omitempty"`
}

// askedFor writes a request out. The query travels in the form that it is printed in, and not with its lists in the places of
// their names: cursors and the plan of an answer hold that form.
func askedFor(r index.Request) asked {
	a := asked{Offset: r.Offset, Limit: r.Limit, After: r.After, Sort: r.Sort, Explain: r.Explain, Facets: r.Facets, Timeline: r.Timeline}
	if r.Query != nil {
		text := r.Query.String()
		a.Query, a.Lists = &text, map[string][]string{}
		a.lists(r.Query.Root())
	}
	return a
}

// lists notes the entries of the word lists in an expression.
func (a *asked) lists(n query.Node) {
	if list, ok := n.(*query.List); ok {
		entries := make([]string, len(list.Entries))
		for i, entry := range list.Entries {
			entries[i] = query.Part(entry).String()
		}
		a.Lists[list.Name] = entries
		return
	}
	for _, x := range query.Operands(n) {
		a.lists(x)
	}
}

// request is the way back.
func (a *asked) request() (index.Request, error) {
	r := index.Request{
		Offset: a.Offset, Limit: a.Limit, After: a.After, Sort: a.Sort, Explain: a.Explain, Facets: a.Facets, Timeline: a.Timeline,
	}
	if a.Query != nil {
		lists := func(name string) ([]string, bool) { entries, ok := a.Lists[name]; return entries, ok }
		q, err := query.ParseWith(*a.Query, query.Options{Lists: lists, MaxBytes: maxQuery})
		if err != nil {
			return r, err
		}
		r.Query = q
	}
	if err := r.Check(); err != nil {
		return r, problemf(http.StatusBadRequest, kindBody, "%v", err)
	}
	if r.Limit > maxLimit {
		return r, problemf(http.StatusBadRequest, kindBody, "limit %d is more than %d", r.Limit, maxLimit)
	}
	return r, nil
}

// found is what the index found.
type found struct {
	Total    int            `json:"total"`
	Hits     []hit          `json:"hits"`
	Next     string         `json:"next,omitempty"`
	Plan     []index.Step   `json:"plan,omitempty"`
	Facets   []answer.Facet `json:"facets,omitempty"`
	Timeline []bucket       `json:"timeline,omitempty"`
	Undated  int            `json:"undated"`
}

type hit struct {
	ID    string  `json:"id"`
	Score float64 `json:"score"`
}

type bucket struct {
	Start string `json:"start"`
	N     int    `json:"n"`
	All   int    `json:"all"`
}

func foundBy(result index.Result) found {
	f := found{Total: result.Total, Hits: []hit{}, Next: result.Next, Plan: result.Plan, Undated: result.Undated}
	for _, h := range result.Hits {
		f.Hits = append(f.Hits, hit(h))
	}
	for _, facet := range result.Facets {
		f.Facets = append(f.Facets, answer.NewFacet(facet))
	}
	for _, b := range result.Timeline {
		f.Timeline = append(f.Timeline, bucket(b))
	}
	return f
}

// result is the way back.
func (f found) result() index.Result {
	r := index.Result{Total: f.Total, Next: f.Next, Plan: f.Plan, Undated: f.Undated}
	for _, h := range f.Hits {
		r.Hits = append(r.Hits, index.Hit(h))
	}
	for _, facet := range f.Facets {
		back := index.Facet{Name: facet.Name, Missing: facet.Missing}
		for _, c := range facet.Values {
			back.Values = append(back.Values, index.Count(c))
		}
		r.Facets = append(r.Facets, back)
	}
	for _, b := range f.Timeline {
		r.Timeline = append(r.Timeline, index.Bucket(b))
	}
	return r
}

func indexSearch(_ *handler, r *request) (any, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, problemf(http.StatusUnsupportedMediaType, kindBody, "the body is to be application/json")
	}
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	var a asked
	err := decoder.Decode(&a)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something stands behind it")
		}
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, problemf(http.StatusRequestEntityTooLarge, kindBody, "the body is larger than %d MiB", maxBody>>20)
	}
	if err != nil {
		return nil, problemf(http.StatusBadRequest, kindBody, "the body is no such search: %v", err)
	}
	request, err := a.request()
	if err != nil {
		return nil, err
	}
	result, err := r.house.Reader.Search(r.Context(), request)
	if err != nil {
		return nil, err
	}
	return foundBy(result), nil
}

// followed says which archive the index follows, and how far.
type followed struct {
	Archive string `json:"archive"`
	Seq     int64  `json:"seq"`
	Count   int    `json:"count"` // articles
}

func indexSeq(_ *handler, r *request) (any, error) {
	seq, err := r.house.Reader.Index.Seq()
	if err != nil {
		return nil, err
	}
	n, err := r.house.Reader.Index.Count()
	return followed{r.house.Reader.Archive.ID(), seq, n}, err
}
