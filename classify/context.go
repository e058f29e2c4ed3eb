package classify

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"blotter"
	"blotter/query"
)

// The context of a match decides its status, by the method of ConText (Chapman, Chu and Dowling, "ConText: an algorithm
// for identifying contextual features from clinical text", BioNLP 2007): a trigger in the same sentence governs the words
// behind it, before it, or all of them, up to a word that ends its scope. The triggers are data of the pack.

// contextFile mirrors the context of a pack.
type contextFile struct {
	Stops    []string      `yaml:"stops"`    // words that end a scope
	Years    []string      `yaml:"years"`    // queries whose match ends in a year
	Triggers []triggerFile `yaml:"triggers"` // in any order: see precedence
}

// triggerFile mirrors the triggers of one kind.
type triggerFile struct {
	Status string   `yaml:"status"`
	Before []string `yaml:"before"` // stand before what they govern
	After  []string `yaml:"after"`  // stand behind it
	Around []string `yaml:"around"` // govern their whole sentence
	Within int      `yaml:"within"` // words that the scope is long; 0 for all of the sentence
	Counts int      `yaml:"counts"` // only in a sentence that counts this many of something or more; 0 for any
	Except []string `yaml:"except"` // look like triggers and are none
}

func (f contextFile) empty() bool { return len(f.Stops)+len(f.Years)+len(f.Triggers) == 0 }

// context is what a pack knows of triggers.
type context struct {
	triggers []triggers
	stops    *query.Query
	years    *query.Query

	stopsAt, yearsAt int // numbers in the pack's set
}

// triggers are those of one kind, compiled.
type triggers struct {
	status blotter.Status
	side   side
	within int // 0: all of the sentence
	counts int // 0: any sentence
	query  *query.Query
	except *query.Query

	queryAt, exceptAt int // numbers in the pack's set
}

// side says which words a trigger governs.
type side uint8

const (
	onward   side = iota // those behind it
	backward             // those before it
	around               // all of its sentence
)

// context compiles the context of one file into that of the pack.
func (c *compiler) context(into *context, f contextFile) {
	for _, part := range []struct {
		name    string
		queries []string
		into    **query.Query
	}{{"context.stops", f.Stops, &into.stops}, {"context.years", f.Years, &into.years}} {
		if len(part.queries) > 0 && *part.into != nil {
			c.fault(part.name, "%s are given in another file; they are the whole pack's", part.name)
			continue
		}
		if q := c.oneOf(part.name, part.queries); q != nil {
			*part.into = q
		}
	}
	for i, t := range f.Triggers {
		at := fmt.Sprintf("context.triggers[%d]", i)
		status := blotter.Status(t.Status)
		if status == blotter.Reported || !slices.Contains(statuses, status) {
			c.fault(at+".status", "%q is no status that a context gives; there are %s", t.Status, statusNames())
		}
		if t.Within < 0 {
			c.fault(at+".within", "within is a number of words, and %d is less than none", t.Within)
		}
		if t.Counts < 0 {
			c.fault(at+".counts", "counts is the least number to be counted, and %d is less than none", t.Counts)
		}
		except := c.oneOf(at+".except", t.Except)
		before := len(into.triggers)
		for _, kind := range []struct {
			name    string
			queries []string
			side    side
		}{{"before", t.Before, onward}, {"after", t.After, backward}, {"around", t.Around, around}} {
			if q := c.oneOf(at+"."+kind.name, kind.queries); q != nil {
				into.triggers = append(into.triggers, triggers{
					status: status, side: kind.side, within: t.Within, counts: t.Counts, query: q, except: except,
				})
			}
		}
		if len(into.triggers) == before && len(t.Before)+len(t.After)+len(t.Around) == 0 {
			c.fault(at, "a trigger has before, after or around")
		}
	}
	// The first trigger found decides.
	slices.SortStableFunc(into.triggers, func(a, b triggers) int {
		return slices.Index(precedence, a.status) - slices.Index(precedence, b.status)
	})
}

// precedence is the order in which the statuses are looked for: what is denied is not also hedged, and a total is of
// the past by its nature.
var precedence = []blotter.Status{
	blotter.Negated, blotter.Hypothetical, blotter.Hedged, blotter.Aggregate, blotter.Background,
}

// rank is 0 for the strongest status.
func rank(s blotter.Status) int { return slices.Index(statuses, s) }

// status reads what the context of a match makes of it, and the words that say so. ignore are statuses that mean
// nothing here.
func (t *text) status(m match, ignore []blotter.Status) (blotter.Status, query.Span) {
	c := &t.pack.context
	stops := t.within(t.find(c.stops, c.stopsAt), m)
	for i := range c.triggers {
		g := &c.triggers[i]
		if slices.Contains(ignore, g.status) {
			continue
		}
		spans := t.within(t.find(g.query, g.queryAt), m)
		if len(spans) == 0 || g.counts > 0 && counted(t.field(m.span.Field)[m.start:m.end]) < g.counts {
			continue
		}
		except := t.within(t.find(g.except, g.exceptAt), m)
		for _, s := range spans {
			if t.governs(g, s, m.span, stops) && !slices.ContainsFunc(except, func(e query.Span) bool { return overlap(e, s) }) {
				return g.status, s
			}
		}
	}
	if !slices.Contains(ignore, blotter.Background) {
		for _, s := range t.within(t.find(c.years, c.yearsAt), m) {
			if t.past(s) {
				return blotter.Background, s
			}
		}
	}
	return blotter.Reported, query.Span{}
}

// within gives those of the spans, which are in the order of the text, that lie in the sentence of a match.
func (t *text) within(spans []query.Span, m match) []query.Span {
	lo, _ := slices.BinarySearchFunc(spans, m.start, func(s query.Span, at int) int {
		return cmp.Or(cmp.Compare(fieldRank(s.Field), fieldRank(m.span.Field)), cmp.Compare(s.Start, at))
	})
	hi := lo
	for hi < len(spans) && spans[hi].Field == m.span.Field && spans[hi].End <= m.end {
		hi++
	}
	return spans[lo:hi]
}

// fieldRank orders the fields as Match does.
func fieldRank(field string) int {
	switch field {
	case query.FieldTitle:
		return 0
	case query.FieldBody:
		return 1
	}
	return 2
}

// governs says that a trigger at s has the match m in its scope. A trigger among the words of the match governs it, one
// with which the match begins is the thing itself: "planned an attack".
func (t *text) governs(g *triggers, s, m query.Span, stops []query.Span) bool {
	from, to := s.End, m.Start // the words between
	switch {
	case g.side == around:
		return true
	case overlap(s, m):
		if s.Start == m.Start || s.End == m.End {
			return false
		}
		to = m.End
	case g.side == onward && s.Start >= m.End, g.side == backward && s.End <= m.Start:
		return false
	case g.side == backward:
		from, to = m.End, s.Start
	}
	first, _ := slices.BinarySearchFunc(stops, from, func(s query.Span, at int) int { return cmp.Compare(s.Start, at) })
	for _, stop := range stops[first:] {
		if stop.Start > to {
			break
		}
		if stop.End <= to {
			return false
		}
	}
	return g.within == 0 || t.doc.WordsBetween(s.Field, from, to) < g.within
}

func overlap(a, b query.Span) bool { return a.Start < b.End && b.Start < a.End }

// past says that the year at the end of a span lies more than a year before the article. Of an article without a date
// nobody knows.
func (t *text) past(s query.Span) bool {
	published := t.article.Published.Time
	if published.IsZero() {
		return false
	}
	words := t.field(s.Field)[s.Start:s.End]
	year, err := strconv.Atoi(words[max(0, len(words)-4):])
	return err == nil && year < published.Year()-1
}

// counted gives the largest whole number in figures that a sentence counts something with: one that is no year, age,
// date, time, sum of money or number of a house.
func counted(sentence string) int {
	most := 0
	tokens := query.Tokenize(sentence)
	for i, word := range tokens {
		n, err := strconv.Atoi(word.Text)
		if err != nil || n <= most {
			continue
		}
		next, last := "", ""
		if i+1 < len(tokens) {
			next = tokens[i+1].Text
		}
		if i > 0 {
			last = tokens[i-1].Text
		}
		year := len(word.Text) == 4 && n >= 1900 && n < 2100 && word.End-word.Start == 4
		money := strings.HasSuffix(sentence[:word.Start], "£") || strings.HasSuffix(sentence[:word.Start], "$") ||
			strings.HasSuffix(sentence[:word.Start], "€")
		if year || money || slices.Contains(spans, next) || next == "am" || next == "pm" || next == "per" || n <= 31 && (slices.Contains(months, next) || slices.Contains(months, last)) ||
			last == "aged" || last == "no" {
			continue
		}
		most = n
	}
	return most
}

var months = []string{
	"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
}

// spans are what ages, terms and distances in time are counted in.
var spans = []string{"year", "years", "month", "months", "week", "weeks", "day", "days", "hour", "hours", "minute", "minutes"}

// quoteOf gives the words of a span on one line.
func (t *text) quoteOf(s query.Span) string {
	return strings.Join(strings.Fields(t.field(s.Field)[s.Start:s.End]), " ")
}
