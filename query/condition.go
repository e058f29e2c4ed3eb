package query

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"blotter"
)

// Condition is a condition on the metadata of an article.
//
//	source:met           the source's id; so country:, lang: and tag:, and a * at the end is any ending
//	status:seizure=reported   the article has the tag with that status
//	fact:weapons>=100    a fact of one of its tags: = for any value, and > >= < <= for numbers
//	level:severe         fact:level=severe
//	author:"jane smith"  these words in a row in the name of one author
//	url:met.police.uk/news    somewhere in the URL
//	published:2015-01..2015-06, fetched:>=2026-11-01
//	words:>300           words of the body; 100..300 too
type Condition struct {
	Field       string
	Name        string // status, fact: the tag or the fact
	Op          string // = > >= < <= or .. for a range
	Value       string // in small letters; of a range both its ends, as written
	First, Last string // published, fetched: the calendar days of the range, both in it, as 2006-01-02; "" is open
	low, high   float64
	numeric     bool
}

// metadataFields are the fields a Condition has.
var metadataFields = []string{
	"source", "tag", "status", "fact", "level", "country", "lang", "author", "url", "published", "fetched", "words",
}

// fieldNames are all names that stand before a colon, for the hint of an error.
var fieldNames = append([]string{FieldTitle, FieldLead, FieldBody, "case", "intitle"}, metadataFields...)

func isMetadata(name string) bool { return slices.Contains(metadataFields, name) }

// metadata reads the value of a field, or a group of them.
func (p *parser) metadata(l lexeme, field string) (Node, *fault) {
	if p.options.Fields != nil && !slices.Contains(p.options.Fields, field) {
		return nil, &fault{l.at, field + ": has no meaning here", meant(field, p.options.Fields, func(s string) string { return s + ":" })}
	}
	if p.field != "" {
		return nil, &fault{l.at, field + ": stands inside " + p.field + ":", "close that group before it"}
	}
	next := p.in[0]
	if next.kind == atEnd || next.kind == shut || !next.glued {
		return nil, &fault{l.at, field + ": has nothing after it", "write it without a space: " + example[field]}
	}
	if next.kind == open {
		return p.metadataGroup(field)
	}
	return p.condition(field)
}

// example shows how a field is asked.
var example = map[string]string{
	"source": "source:met", "tag": "tag:seizure", "status": "status:seizure=reported", "fact": "fact:weapons>=100",
	"level": "level:severe", "country": "country:gb", "lang": "lang:en", "author": `author:"Jane Smith"`,
	"url": "url:met.police.uk/news", "published": "published:2015, published:2015-06-24 or published:2015-01..2015-06",
	"fetched": "fetched:>=2026-11-01", "words": "words:>300",
}

// metadataGroup reads field:(a OR b).
func (p *parser) metadataGroup(field string) (Node, *fault) {
	l := p.shift()
	var nodes []Node
	for {
		if p.in[0].kind == atEnd {
			return nil, &fault{l.at, "this parenthesis is never closed", ""}
		}
		if p.in[0].kind == shut && nodes == nil {
			return nil, &fault{l.at, "the group is empty", ""}
		}
		at := p.in[0].at
		if p.in[0].kind == open || p.in[0].kind == shut {
			return nil, &fault{at, "a value of " + field + ": is missing here", ""}
		}
		n, f := p.condition(field)
		if f != nil {
			return nil, f
		}
		nodes = append(nodes, p.note(n, at))
		next := p.shift()
		if next.kind == shut {
			return disjoin(nodes), nil
		}
		if next.kind == atEnd {
			return nil, &fault{l.at, "this parenthesis is never closed", ""}
		}
		if next.kind != bare || next.text != "OR" {
			return nil, &fault{next.at, "the values of " + field + ": are joined with OR", "write (" + field + ":a AND " + field + ":b) for both"}
		}
	}
}

// condition reads one value.
func (p *parser) condition(field string) (Node, *fault) {
	l := p.shift()
	at, text := l.at, strings.TrimSpace(l.text)
	if l.kind == bare && p.in[0].kind == quoted && p.in[0].glued && (field == "status" || field == "fact") {
		return nil, &fault{p.in[0].at, "the value of " + field + ": takes no quotation marks", "write " + example[field]}
	}
	if p.terms++; p.terms > maxTerms {
		return nil, &fault{at, fmt.Sprintf("the query has more than %d terms", maxTerms), ""}
	}
	c := &Condition{Field: field, Op: "=", Value: fold(text)}
	if c.Value == "" || c.Value == "*" {
		return nil, &fault{at, field + ": has nothing after it", "write " + example[field]}
	}
	var f *fault
	switch field {
	case "published", "fetched":
		f = c.readDates(at)
	case "words":
		f = c.readNumbers(at, c.Value)
	case "status":
		f = c.readStatus(at)
	case "fact":
		f = c.readFact(at)
	case "author":
		if c.Value = normalised(text); c.Value == "" {
			f = &fault{at, "author: holds no word", "write " + example[field]}
		}
	default:
		f = c.readText(at)
	}
	if f != nil {
		return nil, f
	}
	return c, nil
}

func (c *Condition) readText(at int) *fault {
	if i := strings.IndexAny(strings.TrimSuffix(c.Value, "*"), "*?"); i >= 0 && c.Field != "url" {
		return &fault{at + i, "the value of " + c.Field + ": takes a * at its end only", "write " + example[c.Field]}
	}
	if strings.ContainsAny(c.Value, "<>=") && c.Field != "url" {
		return &fault{at, c.Field + ": takes a value and no comparison", "write " + example[c.Field]}
	}
	if c.Field == "country" {
		c.Value = country(c.Value)
	}
	return nil
}

func (c *Condition) readStatus(at int) *fault {
	name, value, ok := strings.Cut(c.Value, "=")
	if !ok || name == "" || value == "" {
		return &fault{at, "status: needs a tag and a status", "write " + example["status"]}
	}
	known := []string{
		string(blotter.Reported), string(blotter.Aggregate), string(blotter.Background), string(blotter.Hedged),
		string(blotter.Hypothetical), string(blotter.Negated),
	}
	if !slices.Contains(known, value) {
		return &fault{at + len(name) + 1, "unknown status " + value, meant(value, known, func(s string) string { return s })}
	}
	c.Name, c.Value = name, value
	return nil
}

func (c *Condition) readFact(at int) *fault {
	i := strings.IndexAny(c.Value, "<>=")
	if i < 1 {
		return &fault{at, "fact: needs a name and a comparison", "write " + example["fact"]}
	}
	c.Name = c.Value[:i]
	rest := c.Value[i:]
	if strings.HasPrefix(rest, "=") && rest != "=" && !strings.ContainsAny(rest[1:], "<>=") {
		c.Value = rest[1:]
		if n, ok := number(c.Value); ok {
			c.low, c.high, c.numeric = n, n, true
		}
		return nil
	}
	return c.readNumbers(at+i, rest)
}

// readNumbers reads >300, >=300, <300, <=300, 300 or 100..300.
func (c *Condition) readNumbers(at int, s string) *fault {
	wrong := &fault{at, fmt.Sprintf("%s: needs a number instead of %q", c.Field, s), "write " + example[c.Field]}
	if a, b, ok := strings.Cut(s, ".."); ok {
		low, ok1 := number(a)
		high, ok2 := number(b)
		if !ok1 && a != "" || !ok2 && b != "" || a == "" && b == "" {
			return wrong
		}
		if a == "" {
			low = math.Inf(-1)
		}
		if b == "" {
			high = math.Inf(1)
		}
		if low > high {
			return &fault{at, "the range " + s + " ends before it begins", "write the smaller number first"}
		}
		c.Op, c.Value, c.low, c.high, c.numeric = "..", s, low, high, true
		return nil
	}
	op, rest := comparison(s)
	n, ok := number(rest)
	if !ok {
		return wrong
	}
	c.Op, c.Value, c.low, c.high, c.numeric = op, rest, n, n, true
	switch op[0] {
	case '>':
		c.high = math.Inf(1)
	case '<':
		c.low = math.Inf(-1)
	}
	return nil
}

// comparison takes the operator off a value.
func comparison(s string) (op, rest string) {
	for _, op := range []string{">=", "<=", ">", "<", "="} {
		if rest, ok := strings.CutPrefix(s, op); ok {
			return op, rest
		}
	}
	return "=", s
}

// number reads a plain decimal number; commas that part thousands are left out.
func number(s string) (float64, bool) {
	s = strings.ReplaceAll(s, ",", "")
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

func (c *Condition) readDates(at int) *fault {
	if a, b, ok := strings.Cut(c.Value, ".."); ok {
		if a == "" && b == "" {
			return &fault{at, "the range has no end", "write " + example["published"]}
		}
		var f *fault
		if a != "" {
			if c.First, _, f = calendar(at, a); f != nil {
				return f
			}
		}
		if b != "" {
			if _, c.Last, f = calendar(at+len(a)+2, b); f != nil {
				return f
			}
		}
		if c.Last != "" && c.Last < c.First {
			return &fault{at, "the range " + c.Value + " ends before it begins", "write " + b + ".." + a}
		}
		c.Op = ".."
		return nil
	}
	op, value := comparison(c.Value)
	first, last, f := calendar(at+len(c.Value)-len(value), value)
	if f != nil {
		return f
	}
	c.Op, c.Value = op, value
	switch op {
	case ">=":
		c.First = first
	case "<=":
		c.Last = last
	case ">":
		c.First = shiftDay(last, 1)
	case "<":
		c.Last = shiftDay(first, -1)
	default:
		c.First, c.Last = first, last
	}
	return nil
}

// calendar gives the first and the last day of a year, a month or a day.
func calendar(at int, s string) (first, last string, f *fault) {
	for _, layout := range []string{"2006", "2006-01", time.DateOnly} {
		t, err := time.Parse(layout, s)
		if err != nil || len(s) != len(layout) || t.Year() < 1000 {
			continue
		}
		end := t
		switch layout {
		case "2006":
			end = t.AddDate(1, 0, -1)
		case "2006-01":
			end = t.AddDate(0, 1, -1)
		}
		return t.Format(time.DateOnly), end.Format(time.DateOnly), nil
	}
	return "", "", &fault{at, fmt.Sprintf("%q is not a calendar date", s), "write 2015, 2015-06 or 2015-06-24"}
}

func shiftDay(day string, by int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, by).Format(time.DateOnly)
}

// text prints the condition.
func (c *Condition) text() string {
	value := c.Value
	if c.Field == "author" || strings.ContainsFunc(value, func(r rune) bool {
		return r == '(' || r == ')' || r >= utf8.RuneSelf || r == ' '
	}) {
		value = `"` + value + `"`
	}
	op := c.Op
	if op == ".." || op == "=" && c.Name == "" {
		op = ""
	}
	return c.Field + ":" + c.Name + op + value
}

// meaning explains the condition.
func (c *Condition) meaning() string {
	switch {
	case c.First != "" && c.Last != "" && c.First != c.Last:
		return "from " + c.First + " to " + c.Last
	case c.First != "" && c.Last == "":
		return "on " + c.First + " or later"
	case c.Last != "" && c.First == "":
		return "on " + c.Last + " or earlier"
	case c.First != "":
		return "on " + c.First
	}
	return meanings[c.Field]
}

// meanings explain the fields whose values say little of themselves.
var meanings = map[string]string{
	"source": "the id of the source", "tag": "a tag of the article", "status": "a tag with this status", "fact": "a fact of a tag",
	"level": "the level that a tag states", "country": "the country of the source", "lang": "the language of the text",
	"author": "these words in the name of an author", "url": "somewhere in the URL", "words": "words of the body",
}
