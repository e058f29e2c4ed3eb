package answer

import (
	"context"
	"time"

	"blotter"
	"blotter/index"
	"blotter/internal/export"
)

// Found is what a search found, and what it takes to show it.
type Found struct {
	index.Result
	Reader   *Reader
	Request  index.Request
	Articles []blotter.Article
	Polls    map[string]int // of the pieces of the timeline
}

// Find searches, and loads the articles of the hits and the polls of the timeline, those until now.
func (r *Reader) Find(ctx context.Context, request index.Request, now time.Time) (Found, error) {
	result, err := r.Search(ctx, request)
	if err != nil {
		return Found{}, err
	}
	f := Found{Result: result, Reader: r, Request: request}
	if f.Articles, err = r.Articles(ctx, result.Hits); err != nil {
		return Found{}, err
	}
	if request.Timeline != "" {
		f.Polls, err = r.Polls(ctx, request.Timeline, now)
	}
	return f, err
}

// Hits is the answer to a search as JSON.
type Hits struct {
	Query    string       `json:"query"`
	Total    int          `json:"total"`
	Articles []Hit        `json:"articles"`
	Next     string       `json:"next,omitempty"` // for --after
	Facets   []Facet      `json:"facets,omitempty"`
	Timeline []Bucket     `json:"timeline,omitempty"`
	Undated  *int         `json:"undated,omitempty"` // hits that the timeline cannot place
	Plan     []index.Step `json:"plan,omitempty"`
}

// Hit is an article with the places that matched.
type Hit struct {
	export.Object
	Score   float64 `json:"score,omitempty"`
	Matches []Match `json:"matches"`
}

// Match is a place that matched.
type Match struct {
	Field string `json:"field"` // title, body, or lead for one that is not a piece of the body
	Start int    `json:"start"` // bytes into it
	End   int    `json:"end"`
	Text  string `json:"text"`
}

// Facet is all hits counted by one kind of value.
type Facet struct {
	Name    string  `json:"name"`
	Values  []Count `json:"values"`
	Missing int     `json:"missing"` // hits without a value
}

// NewFacet is a facet as JSON has it.
func NewFacet(f index.Facet) Facet {
	o := Facet{f.Name, []Count{}, f.Missing}
	for _, c := range f.Values {
		o.Values = append(o.Values, Count(c))
	}
	return o
}

// Count is how many hits have a value.
type Count struct {
	Value string `json:"value"`
	N     int    `json:"n"`
}

// Bucket is a piece of the timeline.
type Bucket struct {
	Start string `json:"start"`
	N     int    `json:"n"`
	All   int    `json:"all"`   // articles of the time, matching or not
	Polls int    `json:"polls"` // times that a source was asked for its list then, with success
}

// Hits is everything as JSON has it.
func (f Found) Hits() Hits {
	out := Hits{Query: f.Request.Query.String(), Total: f.Total, Articles: []Hit{}, Next: f.Next, Plan: f.Plan}
	for i := range f.Articles {
		out.Articles = append(out.Articles, f.Hit(i))
	}
	for _, facet := range f.Facets {
		out.Facets = append(out.Facets, NewFacet(facet))
	}
	if f.Request.Timeline != "" {
		out.Undated = &f.Undated
		for _, b := range f.Timeline {
			out.Timeline = append(out.Timeline, Bucket{b.Start, b.N, b.All, f.Polls[b.Start]})
		}
	}
	return out
}

// Hit is one of the articles with the places that matched.
func (f Found) Hit(i int) Hit {
	article := f.Articles[i]
	o := Hit{Object: export.NewObject(article, false), Matches: []Match{}}
	for _, h := range f.Result.Hits {
		if h.ID == article.ID {
			o.Score = h.Score
		}
	}
	_, spans := f.Reader.Matched(f.Request.Query, article)
	for _, span := range spans {
		o.Matches = append(o.Matches, Match{span.Field, span.Start, span.End, TextOf(&article, span.Field)[span.Start:span.End]})
	}
	return o
}
