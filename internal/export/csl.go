package export

import (
	"bytes"
	"encoding/json"
	"io"

	"blotter"
)

// cslEncoder writes an array of CSL-JSON 1.0 items.
type cslEncoder struct {
	w     io.Writer
	o     Options
	begun bool
}

func newCSL(w io.Writer, o Options) (Encoder, error) {
	return &cslEncoder{w: w, o: o}, o.refuse("csl-json")
}

type cslItem struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Title     string    `json:"title,omitempty"`
	Author    []cslName `json:"author,omitempty"`
	Container string    `json:"container-title,omitempty"`
	Issued    *cslDate  `json:"issued,omitempty"`
	Accessed  *cslDate  `json:"accessed,omitempty"`
	URL       string    `json:"URL,omitempty"`
	Language  string    `json:"language,omitempty"`
	Note      string    `json:"note,omitempty"`
}

type cslName struct {
	Family  string `json:"family,omitempty"`
	Given   string `json:"given,omitempty"`
	Literal string `json:"literal,omitempty"`
}

type cslDate struct {
	DateParts [][]int `json:"date-parts"`
}

func (e *cslEncoder) Encode(a blotter.Article) error {
	c := newCitation(&a, e.o)
	item := cslItem{
		ID: c.key, Type: "article-newspaper", Title: c.title, Container: c.container, Issued: newCSLDate(c.date),
		Accessed: newCSLDate(c.accessed), URL: c.url, Language: c.lang, Note: c.note,
	}
	for _, a := range c.authors {
		if a.family != "" {
			item.Author = append(item.Author, cslName{Family: a.family, Given: a.given})
		} else {
			item.Author = append(item.Author, cslName{Literal: a.literal})
		}
	}
	var b bytes.Buffer
	b.WriteString("[\n")
	if e.begun {
		b.Reset()
		b.WriteString(",\n")
	}
	e.begun = true
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(item); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1)
	_, err := e.w.Write(b.Bytes())
	return err
}

func (e *cslEncoder) Close() error {
	end := "\n]\n"
	if !e.begun {
		end = "[]\n"
	}
	_, err := io.WriteString(e.w, end)
	return err
}

func newCSLDate(d dateParts) *cslDate {
	var parts []int
	for _, n := range []int{d.year, d.month, d.day} {
		if n > 0 {
			parts = append(parts, n)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return &cslDate{[][]int{parts}}
}
