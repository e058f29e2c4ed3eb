// Package export turns articles into rows for other programs, and into citations.
//
// A format is one file and one line in formats. What a row holds is one line in columns, from which the rows, their
// types, the codebook ([WriteCodebook]) and the schema of a data package ([Fields]) are all made. A row is an article, or
// each of its tags, pieces of evidence or facts ([Rows]).
//
// Encoders stream: none keeps a row after writing it. Full text is left out unless asked for, because most sources allow a
// link and a quotation, not a copy.
package export

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"blotter"
)

// Encoder writes articles in one format.
type Encoder interface {
	// Encode writes one article, as as many rows as it has. An error is one of the writer underneath, or says what the
	// format cannot hold, and ends the export.
	Encode(a blotter.Article) error
	// Close completes what was written; it does not close the writer underneath.
	Close() error
}

// Options say what goes into the rows. The zero value is one row an article, with all columns but the text.
type Options struct {
	Rows     Rows
	Columns  []string // of those that the rows have; none for all
	FullText bool     // the body too

	// Feed is the head of an atom; the zero value is that of an export.
	Feed Feed

	// Source tells a citation what the source with an id is called; nil for ids only.
	Source func(id string) blotter.Source
}

// Feed says of a feed what its entries do not.
type Feed struct {
	Title string
	ID    string // for ever the same
	Self  string // where it is
}

// Rows says what a row is.
type Rows string

// What a row can be.
const (
	ByArticle  Rows = ""         // an article
	ByTag      Rows = "tag"      // a tag of one; articles without a tag have none
	ByEvidence Rows = "evidence" // a sentence that earned a tag
	ByFact     Rows = "fact"     // a figure or named value in one
)

// RowKinds are the kinds of row as users write them.
var RowKinds = []string{"article", string(ByTag), string(ByEvidence), string(ByFact)}

// ParseRows reads a kind of row as users write it.
func ParseRows(s string) (Rows, error) {
	switch {
	case s == RowKinds[0]:
		return ByArticle, nil
	case slices.Contains(RowKinds, s):
		return Rows(s), nil
	}
	return "", fmt.Errorf("there are no rows by %q; there are %s", s, strings.Join(RowKinds, ", "))
}

// format is how articles are written.
type format struct {
	name   string
	ending string // of the names of files
	media  string // type over HTTP
	binary bool   // nothing for a terminal
	doc    string
	open   func(io.Writer, Options) (Encoder, error)
}

var formats = []format{
	{"csv", ".csv", "text/csv; charset=utf-8", false, "comma-separated values (RFC 4180), safe to open in a spreadsheet", newCSV},
	{"jsonl", ".jsonl", "application/jsonl", false, "a JSON object a line; of an article its tags, evidence and facts as they are", newJSONL},
	{"xlsx", ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", true, "a spreadsheet with typed cells and the codebook on a second sheet", newXLSX},
	{"parquet", ".parquet", "application/vnd.apache.parquet", true, "typed columns, compressed with zstd", newParquet},
	{"bibtex", ".bib", "application/x-bibtex; charset=utf-8", false, "citations for LaTeX (biblatex)", newBibTeX},
	{"ris", ".ris", "application/x-research-info-systems", false, "citations for Zotero, EndNote, Mendeley", newRIS},
	{"csl-json", ".json", "application/vnd.citationstyles.csl+json", false, "citations for pandoc and others that read CSL", newCSL},
	{"markdown", ".md", "text/markdown; charset=utf-8", false, "a list to read, with tags and evidence", newMarkdown},
	{"atom", ".atom", "application/atom+xml", false, "a feed (RFC 4287)", newAtom},
}

// New returns the encoder of a format.
func New(name string, w io.Writer, o Options) (Encoder, error) {
	f, err := byName(name)
	if err != nil {
		return nil, err
	}
	return f.open(w, o)
}

func byName(name string) (format, error) {
	for _, f := range formats {
		if f.name == name {
			return f, nil
		}
	}
	return format{}, fmt.Errorf("export format %q is unknown; there are %s", name, strings.Join(Names(), ", "))
}

// Names lists the formats.
func Names() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// IsBinary says that a format is nothing for a terminal.
func IsBinary(name string) bool {
	f, _ := byName(name)
	return f.binary
}

// MediaType is the type of a format as HTTP names it, and the ending of its files; "" for a format that is unknown.
func MediaType(name string) (media, ending string) {
	f, _ := byName(name)
	return f.media, f.ending
}

// Guess names the format that a file is in by its ending, or "".
func Guess(path string) string {
	for _, f := range formats {
		if strings.HasSuffix(strings.ToLower(path), f.ending) {
			return f.name
		}
	}
	return ""
}

// Describe lists the formats with what each is.
func Describe() string {
	var b strings.Builder
	for _, f := range formats {
		fmt.Fprintf(&b, "  %-9s %s\n", f.name, f.doc)
	}
	return b.String()
}

// refuse is the error of a format that has no rows but articles, and no columns.
func (o Options) refuse(name string) error {
	if o.Rows != ByArticle || len(o.Columns) > 0 {
		return fmt.Errorf("%s has one entry an article, and no rows or columns to choose", name)
	}
	return nil
}
