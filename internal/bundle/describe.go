package bundle

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"blotter/archive"
	"blotter/internal/export"
)

// writeCodebook describes the columns of each table.
func writeCodebook(w io.Writer, o export.Options) error {
	if _, err := io.WriteString(w, "# Codebook\n\nAn empty cell is a value that is not there.\n"); err != nil {
		return err
	}
	for _, t := range tables {
		if t.format != "csv" {
			continue
		}
		if _, err := fmt.Fprintf(w, "\n## %s\n\n", t.name); err != nil {
			return err
		}
		if err := export.WriteCodebook(w, t.options(o)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n## %s\n\n", coverageFile)
	if err != nil {
		return err
	}
	return export.WriteFields(w, coverageFields)
}

// coverageFields are the columns of coverage.csv.
var coverageFields = []export.Field{
	{Name: "source", Type: export.String, Doc: "id of the source"},
	{Name: "month", Type: export.String, Doc: "month, UTC, as 2026-04"},
	{Name: "days", Type: export.Integer, Doc: "days of the month on which the source was asked for its list; months without any are left out"},
	{Name: "polls", Type: export.Integer, Doc: "how often it was asked"},
	{Name: "failed", Type: export.Integer, Doc: "how often that failed"},
}

// writeCoverage says month by month how often each source was asked: no article is news only where that was done.
func writeCoverage(w io.Writer, all []archive.Day) error {
	c := csv.NewWriter(w)
	line := make([]string, len(coverageFields))
	for i, f := range coverageFields {
		line[i] = f.Name
	}
	if err := c.Write(line); err != nil {
		return err
	}
	const month = "2006-01"
	for i := 0; i < len(all); {
		d := all[i]
		days, asked, failed := 0, 0, 0
		for ; i < len(all) && all[i].Source == d.Source && all[i].Day.Format(month) == d.Day.Format(month); i++ {
			days, asked, failed = days+1, asked+all[i].Asked, failed+all[i].Failures()
		}
		if err := c.Write([]string{d.Source, d.Day.Format(month), strconv.Itoa(days), strconv.Itoa(asked), strconv.Itoa(failed)}); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func writeReadme(w io.Writer, m Manifest) error {
	_, err := fmt.Fprintf(w, `# %d articles for a query

The query, as it was typed:

    %s

and written out, with the words of its lists:

    %s

It was put to the archive %s at its change %d, by %s, under the rules %s (folder rules).

- articles.csv, articles.parquet: a row an article. evidence.csv, facts.csv: a row a sentence that earned a tag, a fact.
  coverage.csv: how often each source was asked, month by month: where it was not, no article does not mean no news.
  codebook.md says what the columns mean, datapackage.json says it to programs (Frictionless Data Package).
- citations.ris, citations.bib: the articles for Zotero, EndNote, LaTeX.
- provenance.jsonl: of each article the SHA-256 of its text and its tags, and the WARC record that it was read from.
- manifest.json: all that it takes to put the query again, how often each source was asked, and the SHA-256 of every file here.

Put the query again, and see what has changed since:

    blotter replay BUNDLE.zip

Texts are those of their publishers; what may be done with them is for each source to say (manifest.json, licence).
`, m.Articles, m.Query.Typed, m.Query.Expanded, m.Archive.ID, m.Archive.Seq, m.Program, m.Rules)
	return err
}

// The parts of a Frictionless Data Package (specs.frictionlessdata.io) that are used.
type (
	dataPackage struct {
		Profile   string         `json:"profile"`
		Name      string         `json:"name"`
		Title     string         `json:"title"`
		Created   string         `json:"created,omitempty"`
		Resources []dataResource `json:"resources"`
	}
	dataResource struct {
		Profile   string      `json:"profile,omitempty"`
		Name      string      `json:"name"`
		Path      string      `json:"path"`
		Format    string      `json:"format"`
		MediaType string      `json:"mediatype"`
		Encoding  string      `json:"encoding,omitempty"`
		Bytes     int64       `json:"bytes,omitempty"`
		Hash      string      `json:"hash,omitempty"`
		Schema    *dataSchema `json:"schema,omitempty"`
	}
	dataSchema struct {
		Fields []dataField `json:"fields"`
	}
	dataField struct {
		Name        string `json:"name"`
		Type        string `json:"type"`
		Description string `json:"description"`
	}
)

var mediaTypes = map[string]string{
	".csv": "text/csv", ".parquet": "application/vnd.apache.parquet", ".ris": "application/x-research-info-systems",
	".bib": "application/x-bibtex", ".jsonl": "application/jsonl", ".md": "text/markdown", ".yaml": "application/yaml",
}

func writePackage(w io.Writer, in Input, m Manifest, files []File) error {
	p := dataPackage{Profile: "data-package", Name: fmt.Sprintf("blotter-%.8s-%d", strings.ToLower(m.Archive.ID), m.Archive.Seq),
		Title: fmt.Sprintf("%d articles for %s", m.Articles, m.Query.Typed)}
	for _, f := range files {
		ending := path.Ext(f.Name)
		r := dataResource{
			Name: strings.NewReplacer("/", "-", ".", "-", "_", "-").Replace(strings.ToLower(f.Name)), Path: f.Name, Format: strings.TrimPrefix(ending, "."),
			MediaType: mediaTypes[ending],
		}
		if ending != ".parquet" { // frictionless 5 does not count the bytes of these and calls every number wrong; the manifest has it
			r.Bytes, r.Hash = f.Bytes, "sha256:"+f.SHA256
		}
		if ending == ".csv" {
			r.Profile, r.Encoding = "tabular-data-resource", "utf-8"
			fields, err := fieldsOf(f.Name, in.Options)
			if err != nil {
				return err
			}
			r.Schema = &dataSchema{}
			for _, c := range fields {
				r.Schema.Fields = append(r.Schema.Fields, dataField{c.Name, string(c.Type), c.Doc})
			}
		}
		p.Resources = append(p.Resources, r)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(p)
}

// fieldsOf are the columns of one of the tables in csv.
func fieldsOf(name string, o export.Options) ([]export.Field, error) {
	for _, t := range tables {
		if t.name == name {
			return export.Fields(t.options(o))
		}
	}
	return coverageFields, nil
}
