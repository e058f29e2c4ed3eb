// Package export turns articles into rows for other programs.
//
// A format is one file and one line in Formats; what a row holds is one line in Columns, which is also where its
// documentation stands. Encoders stream: none keeps a row after writing it. Full text is left out unless asked for,
// because most sources allow a link and a quotation, not a copy.
package export

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"blotter"
)

// Encoder writes articles in one format.
type Encoder interface {
	// Encode writes one article. An error is one of the writer underneath and ends the export.
	Encode(a blotter.Article) error
	// Close completes what was written; it does not close the writer underneath.
	Close() error
}

// Options say what goes into the rows.
type Options struct {
	FullText bool // the body too
}

// Formats are the formats by name.
var Formats = map[string]func(io.Writer, Options) (Encoder, error){
	"csv":   newCSV,
	"jsonl": newJSONL,
}

// New returns the encoder of a format.
func New(format string, w io.Writer, o Options) (Encoder, error) {
	open, ok := Formats[format]
	if !ok {
		return nil, fmt.Errorf("export format %q is unknown; there are %s", format, strings.Join(Names(), ", "))
	}
	return open(w, o)
}

// Names lists the formats.
func Names() []string {
	names := make([]string, 0, len(Formats))
	for name := range Formats {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Column is one value of a row.
type Column struct {
	Name string
	Doc  string
	Full bool // only with Options.FullText
	Text func(a *blotter.Article) string
}

// Columns are what a row holds, in order.
var Columns = []Column{
	{Name: "id", Doc: "the article's name in this archive", Text: func(a *blotter.Article) string { return a.ID }},
	{Name: "published", Doc: "as the source gives it, with as much precision as it gives; empty when it gives none",
		Text: func(a *blotter.Article) string { return a.Published.String() }},
	{Name: "published_raw", Doc: "the date as printed", Text: func(a *blotter.Article) string { return a.Published.Raw }},
	{Name: "published_method", Doc: "where the date stood: feed, json-ld, meta, time, visible, url, selector, sitemap, record",
		Text: func(a *blotter.Article) string { return a.Published.Method }},
	{Name: "published_precision", Doc: "minute, day, month or year",
		Text: func(a *blotter.Article) string { return string(a.Published.Precision) }},
	{Name: "modified", Doc: "as published", Text: func(a *blotter.Article) string { return a.Modified.String() }},
	{Name: "first_seen", Doc: "when this archive first fetched the article, UTC; says nothing of publication",
		Text: func(a *blotter.Article) string { return instant(a.FirstSeen) }},
	{Name: "source", Doc: "id of the source", Text: func(a *blotter.Article) string { return a.Source }},
	{Name: "title", Doc: "headline", Text: func(a *blotter.Article) string { return a.Title }},
	{Name: "authors", Doc: "as printed, parted by semicolons",
		Text: func(a *blotter.Article) string { return strings.Join(a.Authors, "; ") }},
	{Name: "lang", Doc: "language of the text, ISO 639-1", Text: func(a *blotter.Article) string { return a.Lang }},
	{Name: "url", Doc: "canonical URL", Text: func(a *blotter.Article) string { return a.URL }},
	{Name: "revision", Doc: "1 for the first text, higher with each changed one",
		Text: func(a *blotter.Article) string { return fmt.Sprint(a.Revision) }},
	{Name: "tags", Doc: "tags with their status, such as seizure:reported, parted by semicolons", Text: tagText},
	{Name: "facts", Doc: "facts, such as seizure.quantity=3 firearm, parted by semicolons", Text: factText},
	{Name: "evidence", Doc: "the sentences that earned the tags, each behind its tag, parted by ' | '", Text: evidenceText},
	{Name: "rules", Doc: "the hash of the rule pack that gave the tags; 'blotter rules list' names the present one",
		Text: func(a *blotter.Article) string { return a.Rules }},
	{Name: "body", Doc: "the text", Full: true, Text: func(a *blotter.Article) string { return a.Body }},
}

// columns are those of Columns that the options ask for.
func columns(o Options) []Column {
	return slices.DeleteFunc(slices.Clone(Columns), func(c Column) bool { return c.Full && !o.FullText })
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func tagText(a *blotter.Article) string {
	var parts []string
	for _, t := range a.Tags {
		parts = append(parts, t.Tag+":"+string(t.Status))
	}
	return strings.Join(parts, "; ")
}

func factText(a *blotter.Article) string {
	var parts []string
	for _, t := range a.Tags {
		for _, f := range t.Facts {
			parts = append(parts, t.Tag+"."+f.String())
		}
	}
	return strings.Join(parts, "; ")
}

func evidenceText(a *blotter.Article) string {
	var parts []string
	for _, t := range a.Tags {
		for _, e := range t.Evidence {
			parts = append(parts, t.Tag+": "+blotter.CleanLine(e.Quote))
		}
	}
	return strings.Join(parts, " | ")
}
