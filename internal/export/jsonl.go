package export

import (
	"encoding/json"
	"io"

	"blotter"
)

// Object is an article as JSON, one a line in the jsonl format and wherever else the program prints an article for
// machines.
type Object struct {
	ID                 string        `json:"id"`
	URL                string        `json:"url"`
	Source             string        `json:"source"`
	Title              string        `json:"title"`
	Lead               string        `json:"lead,omitempty"`
	Body               string        `json:"body,omitempty"`
	Authors            []string      `json:"authors,omitempty"`
	Published          string        `json:"published,omitempty"`
	PublishedRaw       string        `json:"published_raw,omitempty"`
	PublishedMethod    string        `json:"published_method,omitempty"`
	PublishedPrecision string        `json:"published_precision,omitempty"`
	Modified           string        `json:"modified,omitempty"`
	FirstSeen          string        `json:"first_seen,omitempty"`
	Lang               string        `json:"lang,omitempty"`
	Revision           int           `json:"revision,omitempty"`
	Tags               []blotter.Tag `json:"tags"`
	Rules              string        `json:"rules,omitempty"` // the hash of the pack that gave them
}

// NewObject gives the article as JSON has it, with its text only if fullText.
func NewObject(a blotter.Article, fullText bool) Object {
	o := Object{
		ID: a.ID, URL: a.URL, Source: a.Source, Title: a.Title, Authors: a.Authors,
		Published: a.Published.String(), PublishedRaw: a.Published.Raw, PublishedMethod: a.Published.Method,
		PublishedPrecision: string(a.Published.Precision), Modified: a.Modified.String(),
		FirstSeen: instant(a.FirstSeen), Lang: a.Lang, Revision: a.Revision, Tags: a.Tags,
		Rules: a.Rules,
	}
	if o.Tags == nil {
		o.Tags = []blotter.Tag{}
	}
	if fullText {
		o.Lead, o.Body = a.Lead, a.Body
	}
	return o
}

type jsonlEncoder struct {
	enc      *json.Encoder
	fullText bool
}

func newJSONL(w io.Writer, o Options) (Encoder, error) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &jsonlEncoder{enc: enc, fullText: o.FullText}, nil
}

func (e *jsonlEncoder) Encode(a blotter.Article) error { return e.enc.Encode(NewObject(a, e.fullText)) }

func (e *jsonlEncoder) Close() error { return nil }
