package query

import (
	"strings"
	"time"

	"blotter"
)

// Meta is what the conditions of a query ask of an article besides its text. The zero Meta meets none of them.
type Meta struct {
	Source    string // the id
	Country   string // ISO 3166-1 alpha-2; "uk" and "gb" are one
	Lang      string // ISO 639-1 or BCP 47
	Authors   []string
	URL       string
	Published blotter.Date
	Fetched   time.Time // in the zone of the source
	Tags      []blotter.Tag
}

// MetaOf gathers what an article says of itself. The country is its source's, which the caller knows; loc is the
// source's zone, in which Fetched is a calendar date; nil is UTC.
func MetaOf(a *blotter.Article, country string, loc *time.Location) Meta {
	if loc == nil {
		loc = time.UTC
	}
	m := Meta{
		Source: a.Source, Country: country, Lang: a.Lang, Authors: a.Authors, URL: a.URL,
		Published: a.Published, Tags: a.Tags,
	}
	if !a.FirstSeen.IsZero() {
		m.Fetched = a.FirstSeen.In(loc)
	}
	return m
}

// holds says whether an article meets a condition.
func (c *Condition) holds(d *Document, m Meta) bool {
	switch c.Field {
	case "source":
		return c.equal(m.Source)
	case "country":
		return c.equal(country(fold(m.Country)))
	case "lang":
		lang := fold(m.Lang)
		base, _, _ := strings.Cut(lang, "-")
		return c.equal(lang) || c.equal(base)
	case "url":
		return strings.Contains(fold(m.URL), c.Value)
	case "author":
		return c.author(m.Authors)
	case "tag", "status":
		for _, t := range m.Tags {
			if c.Field == "tag" && c.equal(t.Tag) || c.Name == fold(t.Tag) && c.Value == fold(string(t.Status)) {
				return true
			}
		}
		return false
	case "fact", "level":
		return c.facts(m.Tags)
	case "published":
		first, last := days(m.Published)
		return first != "" && c.within(first, last)
	case "fetched":
		if m.Fetched.IsZero() {
			return false
		}
		day := m.Fetched.Format(time.DateOnly)
		return c.within(day, day)
	case "words":
		return c.compare(float64(d.Len()))
	}
	return false
}

// equal compares a text. A * at the end of the value stands for any ending.
func (c *Condition) equal(s string) bool {
	s = fold(s)
	if begin, ok := strings.CutSuffix(c.Value, "*"); ok {
		return strings.HasPrefix(s, begin)
	}
	return s != "" && s == c.Value
}

// author looks for the words of the value in a row in one of the names.
func (c *Condition) author(names []string) bool {
	want := " " + normalised(c.Value) + " "
	for _, name := range names {
		if strings.Contains(" "+normalised(name)+" ", want) {
			return true
		}
	}
	return false
}

// normalised is the words of a text with a space between.
func normalised(s string) string {
	tokens := Tokenize(s)
	texts := make([]string, len(tokens))
	for i, t := range tokens {
		texts[i] = t.Text
	}
	return strings.Join(texts, " ")
}

func (c *Condition) facts(tags []blotter.Tag) bool {
	want := c.Name
	if c.Field == "level" {
		want = "level"
	}
	for _, t := range tags {
		for _, f := range t.Facts {
			if fold(f.Name) != want {
				continue
			}
			if c.Op == "=" && c.equal(f.Value) {
				return true
			}
			if n, ok := number(f.Value); ok && c.Field == "fact" && c.compare(n) {
				return true
			}
		}
	}
	return false
}

// days gives the first and the last calendar day that a date may mean, in its own zone.
func days(d blotter.Date) (first, last string) {
	t := d.Time
	switch {
	case d.IsZero():
		return "", ""
	case d.Precision == blotter.Year:
		return t.Format("2006") + "-01-01", t.Format("2006") + "-12-31"
	case d.Precision == blotter.Month:
		end := time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC)
		return t.Format("2006-01") + "-01", end.Format(time.DateOnly)
	}
	return t.Format(time.DateOnly), t.Format(time.DateOnly)
}

// within says that all of the days lie in the range: what is only known to be of 2015 is not known to be of June.
func (c *Condition) within(first, last string) bool {
	return (c.First == "" || first >= c.First) && (c.Last == "" || last <= c.Last)
}

func (c *Condition) compare(n float64) bool {
	return c.numeric && n >= c.low && n <= c.high && !(c.Op == ">" && n == c.low) && !(c.Op == "<" && n == c.high)
}

// fold is for comparing ids and values: small letters, no space around.
func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func country(s string) string {
	if s == "uk" {
		return "gb"
	}
	return s
}
