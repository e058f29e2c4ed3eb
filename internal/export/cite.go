package export

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"blotter"
)

// citation is what the formats for citations say of an article.
type citation struct {
	key       string // stable: source, year, first word of the title, beginning of the id
	title     string
	authors   []author
	container string // the name of the source
	date      dateParts
	accessed  dateParts // when the archive first fetched it
	url       string
	lang      string
	note      string
}

// author is a name as printed. Only where it is plainly one given and one family name are they told apart: a wrong split
// is worse than none, and many bylines are of desks and agencies.
type author struct{ literal, given, family string }

// dateParts is a date as far as it is known.
type dateParts struct{ year, month, day int }

func newCitation(a *blotter.Article, o Options) citation {
	c := citation{
		key: citationKey(a), title: blotter.CleanLine(a.Title), container: sourceName(a, o), url: a.URL, lang: a.Lang,
		date: datePartsOf(a.Published), note: "Blotter archive id " + a.ID + ", revision " + strconv.Itoa(a.Revision),
	}
	if !a.FirstSeen.IsZero() {
		year, month, day := a.FirstSeen.UTC().Date()
		c.accessed = dateParts{year, int(month), day}
	}
	for _, name := range a.Authors {
		if name = blotter.CleanLine(name); name != "" {
			c.authors = append(c.authors, splitName(name))
		}
	}
	return c
}

// Citation is an article cited in one line of text: authors, headline, source, date, address, and when it was fetched.
func Citation(a blotter.Article, o Options) string {
	c := newCitation(&a, o)
	var names []string
	for _, n := range c.authors {
		names = append(names, n.literal)
	}
	var b strings.Builder
	if len(names) > 0 {
		b.WriteString(strings.Join(names, ", ") + ": ")
	}
	b.WriteString("“" + c.title + "”, " + c.container)
	if date := c.date.iso(); date != "" {
		b.WriteString(", " + date)
	} else {
		b.WriteString(", undated")
	}
	b.WriteString(", " + c.url)
	if date := c.accessed.iso(); date != "" {
		b.WriteString(" (fetched " + date + ")")
	}
	return b.String()
}

func sourceName(a *blotter.Article, o Options) string {
	if o.Source != nil {
		if name := o.Source(a.Source).Name; name != "" {
			return name
		}
	}
	return a.Source
}

func datePartsOf(d blotter.Date) dateParts {
	if d.IsZero() {
		return dateParts{}
	}
	year, month, day := d.Time.Date()
	switch d.Precision {
	case blotter.Year:
		return dateParts{year: year}
	case blotter.Month:
		return dateParts{year: year, month: int(month)}
	}
	return dateParts{year, int(month), day}
}

// iso is the date as ISO 8601 writes it: 2024, 2024-03 or 2024-03-01.
func (d dateParts) iso() string {
	t := time.Date(d.year, time.Month(max(d.month, 1)), max(d.day, 1), 0, 0, 0, 0, time.UTC)
	switch {
	case d.year == 0:
		return ""
	case d.month == 0:
		return t.Format("2006")
	case d.day == 0:
		return t.Format("2006-01")
	}
	return t.Format(time.DateOnly)
}

// splitName tells given and family name apart where a name is two words that each begin with a capital and are no
// word of an organisation. The first may be an initial.
func splitName(name string) author {
	words := strings.Fields(name)
	if len(words) != 2 || !isNameWord(words[1]) || !isNameWord(words[0]) && !isInitial(words[0]) {
		return author{literal: name}
	}
	return author{literal: name, given: words[0], family: words[1]}
}

func isInitial(w string) bool { return len(w) == 2 && w[0] >= 'A' && w[0] <= 'Z' && w[1] == '.' }

func isNameWord(w string) bool {
	lower := false
	for i, r := range w {
		switch {
		case i == 0 && !unicode.IsUpper(r):
			return false
		case unicode.IsLower(r):
			lower = true
		case r != '-' && r != '\'' && r != '’' && !unicode.IsUpper(r):
			return false
		}
	}
	return lower && !organisationWords[strings.ToLower(w)]
}

// organisationWords are words of bylines that are no person's.
var organisationWords = func() map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(`agency agencies associated association bbc bureau business center centre communications
		constabulary correspondent crime daily department desk digital editor editorial force government home media metropolitan
		ministry monitoring national news newsdesk newsroom office online police post press reporter reporters reuters service
		staff team times transport website world`) {
		words[w] = true
	}
	return words
}()

// citationKey names an article in a bibliography. It does not change while source, date, title and URL do not.
func citationKey(a *blotter.Article) string {
	parts := []string{a.Source}
	if d := datePartsOf(a.Published); d.year > 0 {
		parts = append(parts, strconv.Itoa(d.year))
	}
	for _, w := range strings.Fields(a.Title) {
		if w = letters(w); len(w) > 3 {
			parts = append(parts, w)
			break
		}
	}
	return strings.Join(append(parts, a.ID[:min(8, len(a.ID))]), "-")
}

// letters are the ASCII letters and figures of a word, without accents.
func letters(w string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToLower(r); r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, norm.NFD.String(w))
}
