package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

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
	Gone               string        `json:"gone,omitempty"`
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
		FirstSeen: momentText(a.FirstSeen), Gone: momentText(a.Gone), Lang: a.Lang, Revision: a.Revision, Tags: a.Tags,
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

// momentText is a time in UTC, "" for none.
func momentText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// newJSONL writes articles as they are, or rows of some columns.
func newJSONL(w io.Writer, o Options) (Encoder, error) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if o.Rows == ByArticle && len(o.Columns) == 0 {
		return &jsonlEncoder{enc: enc, fullText: o.FullText}, nil
	}
	return newTable(w, o, func(w io.Writer, columns []column) (sheet, error) { return &jsonSheet{w: w, columns: columns}, nil })
}

type jsonlEncoder struct {
	enc      *json.Encoder
	fullText bool
}

func (e *jsonlEncoder) Encode(a blotter.Article) error { return e.enc.Encode(NewObject(a, e.fullText)) }

func (e *jsonlEncoder) Close() error { return nil }

// jsonSheet writes rows as objects whose keys stand in the order of the columns. A value that is not there is null.
type jsonSheet struct {
	w       io.Writer
	columns []column
	line    bytes.Buffer
}

func (s *jsonSheet) write(values []any) error {
	s.line.Reset()
	enc := json.NewEncoder(&s.line)
	enc.SetEscapeHTML(false)
	for i, v := range values {
		s.line.WriteByte("{,"[min(i, 1)])
		fmt.Fprintf(&s.line, "%q:", s.columns[i].Name)
		if t, ok := v.(time.Time); ok {
			v = text(s.columns[i].Type, t)
		}
		if err := enc.Encode(v); err != nil {
			return err
		}
		s.line.Truncate(s.line.Len() - 1) // the end of the line that Encode has added
	}
	s.line.WriteString("}\n")
	_, err := s.w.Write(s.line.Bytes())
	return err
}

func (s *jsonSheet) close() error { return nil }
