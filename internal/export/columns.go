package export

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"blotter"
)

// Type is what the values of a column are, by the names of a Frictionless Table Schema.
type Type string

// The types.
const (
	String   Type = "string"
	Integer  Type = "integer"
	Number   Type = "number"
	Date     Type = "date"     // a calendar day
	DateTime Type = "datetime" // a moment, in UTC
)

// row is what one line says: an article, and of it the tag, the piece of evidence or the fact that the line is about.
type row struct {
	article  *blotter.Article
	tag      *blotter.Tag
	evidence *blotter.Evidence
	fact     *blotter.Fact
	number   int // of the tag, evidence or fact in the article, from 1
}

// column is one value of a row.
type column struct {
	Field
	rows  []Rows // that have it; none for all
	full  bool   // only with Options.FullText
	value func(r row) any
}

// Field describes a column.
type Field struct {
	Name string
	Type Type
	Doc  string // what it means, with its unit where it has one
}

// columns are what rows hold, in order. A value is a string, an int, a float64 or a time.Time as its type has it, or nil
// for none.
var columns = []column{
	{Field: Field{"id", String, "the article's name in this archive: 16 hexadecimal digits of the SHA-256 of its URL"},
		value: func(r row) any { return r.article.ID }},
	{Field: Field{"published", String, "as the source gives it, with as much precision as it gives; empty when it gives none"},
		value: func(r row) any { return some(r.article.Published.String()) }},
	{Field: Field{"published_date", Date, "the calendar day of publication in the source's own zone; of a month or year its first day: see published_precision"},
		value: func(r row) any { return day(r.article.Published) }},
	{Field: Field{"published_precision", String, "minute, day, month or year"},
		value: func(r row) any { return some(string(r.article.Published.Precision)) }},
	{Field: Field{"published_method", String, "where the date stood: feed, json-ld, meta, time, visible, url, selector, sitemap, record"},
		value: func(r row) any { return some(r.article.Published.Method) }},
	{Field: Field{"published_raw", String, "the date as printed; where it names no zone, the source's own is assumed, and UTC for an imported record"},
		value: func(r row) any { return some(r.article.Published.Raw) }},
	{Field: Field{"modified", String, "when the source says that it changed the article, as published"},
		value: func(r row) any { return some(r.article.Modified.String()) }},
	{Field: Field{"first_seen", DateTime, "when this archive first fetched the article, UTC; says nothing of publication"},
		value: func(r row) any { return moment(r.article.FirstSeen) }},
	{Field: Field{"gone", DateTime, "when its page was found gone (404 or 410), and was so again a day or more later, UTC; empty while it is there"},
		value: func(r row) any { return moment(r.article.Gone) }},
	{Field: Field{"source", String, "id of the source"}, value: func(r row) any { return r.article.Source }},
	{Field: Field{"title", String, "headline"}, value: func(r row) any { return some(r.article.Title) }},
	{Field: Field{"authors", String, "as printed, parted by semicolons"},
		value: func(r row) any { return some(strings.Join(r.article.Authors, "; ")) }},
	{Field: Field{"lang", String, "language of the text, ISO 639-1"}, value: func(r row) any { return some(r.article.Lang) }},
	{Field: Field{"url", String, "canonical URL"}, value: func(r row) any { return r.article.URL }},
	{Field: Field{"revision", Integer, "1 for the first text, higher with each changed one"},
		value: func(r row) any { return r.article.Revision }},
	{Field: Field{"words", Integer, "words of the text, parted by white space"},
		value: func(r row) any { return len(strings.Fields(r.article.Body)) }},

	{Field: Field{"tags", String, "tags with their status, such as seizure:reported, parted by semicolons"},
		rows: []Rows{ByArticle}, value: func(r row) any { return some(tagText(r.article)) }},
	{Field: Field{"facts", String, "facts, such as seizure.firearm=3, parted by semicolons"},
		rows: []Rows{ByArticle}, value: func(r row) any { return some(factText(r.article)) }},
	{Field: Field{"evidence", String, "the sentences that earned the tags, each behind its tag, parted by ' | '"},
		rows: []Rows{ByArticle}, value: func(r row) any { return some(evidenceText(r.article)) }},

	{Field: Field{"tag", String, "the tag"}, rows: []Rows{ByTag, ByEvidence, ByFact}, value: func(r row) any { return r.tag.Tag }},
	{Field: Field{"tag_status", String, "what the article does with the thing: reported, aggregate, background or hedged; that of its strongest evidence"},
		rows: []Rows{ByTag, ByEvidence, ByFact}, value: func(r row) any { return string(r.tag.Status) }},
	{Field: Field{"rule", String, "id of the rule that gave the tag"},
		rows: []Rows{ByTag, ByEvidence, ByFact}, value: func(r row) any { return some(r.tag.Rule) }},
	{Field: Field{"pieces", Integer, "pieces of evidence for the tag"},
		rows: []Rows{ByTag}, value: func(r row) any { return len(r.tag.Evidence) }},
	{Field: Field{"quotes", String, "its evidence, parted by ' | '"},
		rows: []Rows{ByTag}, value: func(r row) any { return some(quotes(r.tag)) }},
	{Field: Field{"tag_facts", String, "its facts, such as firearm=3, parted by semicolons"},
		rows: []Rows{ByTag}, value: func(r row) any { return some(factsOf(r.tag, "")) }},
	{Field: Field{"number", Integer, "1 for the article's first tag, piece of evidence or fact, and so on"},
		rows: []Rows{ByTag, ByEvidence, ByFact}, value: func(r row) any { return r.number }},

	{Field: Field{"evidence_status", String, "what the sentence does with the thing: reported, aggregate, background, hedged, hypothetical or negated"},
		rows: []Rows{ByEvidence}, value: func(r row) any { return evidenceStatus(r) }},
	{Field: Field{"evidence_field", String, "where the sentence stands: title or body"},
		rows: []Rows{ByEvidence}, value: func(r row) any { return r.evidence.Field }},
	{Field: Field{"evidence_start", Integer, "its first byte in that text (UTF-8), from 0"},
		rows: []Rows{ByEvidence}, value: func(r row) any { return r.evidence.Start }},
	{Field: Field{"evidence_end", Integer, "the byte behind its last"},
		rows: []Rows{ByEvidence}, value: func(r row) any { return r.evidence.End }},
	{Field: Field{"quote", String, "the exact words; of a long sentence the 300 characters around what matched"},
		rows: []Rows{ByEvidence}, value: func(r row) any { return r.evidence.Quote }},

	{Field: Field{"fact", String, "what is counted or named: firearm, cash, arrests, level, direction, …"},
		rows: []Rows{ByFact}, value: func(r row) any { return r.fact.Name }},
	{Field: Field{"value", String, "the value as read; empty when the text gives no amount"},
		rows: []Rows{ByFact}, value: func(r row) any { return some(r.fact.Value) }},
	{Field: Field{"amount", Number, "the value as a number, in the unit of fact_unit; empty for a name"},
		rows: []Rows{ByFact}, value: func(r row) any { return amount(r.fact.Value) }},
	{Field: Field{"amount_high", Number, "the end of a range"},
		rows: []Rows{ByFact}, value: func(r row) any { return amount(r.fact.High) }},
	{Field: Field{"bound", String, ">, >=, <, <= or ~ (about); empty for the value itself"},
		rows: []Rows{ByFact}, value: func(r row) any { return some(r.fact.Bound) }},
	{Field: Field{"fact_unit", String, "a currency (ISO 4217), kg, l, %, or what is counted; empty when the name of the fact says it"},
		rows: []Rows{ByFact}, value: func(r row) any { return some(r.fact.Unit) }},
	{Field: Field{"period", String, "that the figure is for: 2021/22, 2024, 2024-03, 2024Q1, 2017.."},
		rows: []Rows{ByFact}, value: func(r row) any { return some(r.fact.Period) }},
	{Field: Field{"compared", Number, "the earlier figure that it is compared with"},
		rows: []Rows{ByFact}, value: func(r row) any { return amount(r.fact.Compared) }},
	{Field: Field{"fact_quote", String, "the exact words that it was read from"},
		rows: []Rows{ByFact}, value: func(r row) any { return some(r.fact.Quote) }},

	{Field: Field{"rules", String, "the hash of the rule pack that gave the tags; 'blotter rules list' names the present one"},
		value: func(r row) any { return some(r.article.Rules) }},
	{Field: Field{"body", String, "the text"}, full: true, value: func(r row) any { return some(r.article.Body) }},
}

// chosen are the columns that the options ask for, in the order in which they name them.
func (o Options) chosen() ([]column, error) {
	var have []column
	for _, c := range columns {
		if (len(c.rows) == 0 || slices.Contains(c.rows, o.Rows)) && (!c.full || o.FullText) {
			have = append(have, c)
		}
	}
	if len(o.Columns) == 0 {
		return have, nil
	}
	var chosen []column
	for _, name := range o.Columns {
		at := slices.IndexFunc(have, func(c column) bool { return c.Name == name })
		switch {
		case name == "body" && !o.FullText:
			return nil, fmt.Errorf("the column body is the text of the articles, which --full-text asks for")
		case at < 0:
			var names []string
			for _, c := range have {
				names = append(names, c.Name)
			}
			return nil, fmt.Errorf("these rows have no column %q; they have %s", name, strings.Join(names, ", "))
		case slices.ContainsFunc(chosen, func(c column) bool { return c.Name == name }):
			return nil, fmt.Errorf("the column %q is asked for twice", name)
		}
		chosen = append(chosen, have[at])
	}
	return chosen, nil
}

// Fields describes the columns that the options ask for.
func Fields(o Options) ([]Field, error) {
	chosen, err := o.chosen()
	if err != nil {
		return nil, err
	}
	fields := make([]Field, len(chosen))
	for i, c := range chosen {
		fields[i] = c.Field
	}
	return fields, nil
}

// WriteCodebook describes the columns that the options ask for as a table in Markdown.
func WriteCodebook(w io.Writer, o Options) error {
	fields, err := Fields(o)
	if err != nil {
		return err
	}
	return WriteFields(w, fields)
}

// WriteFields describes fields as a table in Markdown.
func WriteFields(w io.Writer, fields []Field) error {
	var b strings.Builder
	b.WriteString("| column | type | meaning |\n|---|---|---|\n")
	for _, f := range fields {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Name, f.Type, strings.ReplaceAll(f.Doc, "|", "\\|"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// some is a text, or nil for none.
func some(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// day is the calendar day of a date.
func day(d blotter.Date) any {
	if d.IsZero() {
		return nil
	}
	year, month, day := d.Time.Date()
	switch d.Precision {
	case blotter.Year:
		month, day = time.January, 1
	case blotter.Month:
		day = 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC()
}

func amount(s string) any {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil
	}
	return n
}

func evidenceStatus(r row) string {
	if r.evidence.Status != "" {
		return string(r.evidence.Status)
	}
	return string(r.tag.Status)
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
	for i := range a.Tags {
		if facts := factsOf(&a.Tags[i], a.Tags[i].Tag+"."); facts != "" {
			parts = append(parts, facts)
		}
	}
	return strings.Join(parts, "; ")
}

func factsOf(t *blotter.Tag, prefix string) string {
	var parts []string
	for _, f := range t.Facts {
		parts = append(parts, prefix+f.String())
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

func quotes(t *blotter.Tag) string {
	var parts []string
	for _, e := range t.Evidence {
		parts = append(parts, blotter.CleanLine(e.Quote))
	}
	return strings.Join(parts, " | ")
}
