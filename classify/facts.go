package classify

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"blotter"
	"blotter/query"
)

// maxFacts is the number of facts kept for a tag.
const maxFacts = 16

// factRule tells how a fact is read from the evidence of a rule.
type factRule struct {
	name   string
	values []factValue // the fact is the value whose query matches in the sentence
	reader string      // or what this reader finds there
	of     []factClass // the classes of things that the reader looks for
}

type factValue struct {
	value string
	query *query.Query
	at    int // its number in the pack's set
}

// factClass is a word list whose name is that of the fact.
type factClass struct {
	name  string
	query *query.Query
	at    int // its number in the pack's set
}

// factReader reads facts from one sentence, and appends them to those it is given.
type factReader struct {
	read func(c *clause, name string, facts []blotter.Fact) []blotter.Fact
	name string // of its facts, when the rule gives none; "": the rule must
	of   bool   // whether the rule may say classes of things
}

// factReaders are the readers that a rule can name.
var factReaders = map[string]factReader{
	"quantities": {quantities, "value", true},
	"figures":    {figures, "figure", true},
	"persons":    {personsFact, "", false},
	"offence":    {offences, "offence", false},
	"since":      {since, "since", false},
}

// readFacts reads the facts of a rule from its evidence, each value once.
func (r *rule) readFacts(t *text, evidence []finding) []blotter.Fact {
	var facts []blotter.Fact
	for _, f := range r.facts {
		if f.reader != "" {
			facts = f.read(t, evidence, facts)
			continue
		}
		for _, v := range f.values {
			for _, span := range t.find(v.query, v.at) {
				if anyHolds(evidence, span) {
					facts = append(facts, blotter.Fact{Name: f.name, Value: v.value, Quote: t.field(span.Field)[span.Start:span.End]})
				}
			}
		}
	}
	return distinct(facts)
}

// read asks the rule's reader of each sentence of the evidence.
func (f *factRule) read(t *text, evidence []finding, facts []blotter.Fact) []blotter.Fact {
	spans := make([][]query.Span, len(f.of))
	for i, class := range f.of {
		spans[i] = t.find(class.query, class.at)
	}
	for _, s := range evidence {
		c := newClause(t.field(s.span.Field)[s.start:s.end])
		c.match = extent{s.span.Start - s.start, s.span.End - s.start}
		var things []named
		for i, class := range f.of {
			for _, span := range spans[i] {
				if s.holds(span) && span.End <= s.end {
					things = append(things, named{class.name, extent{span.Start - s.start, span.End - s.start}})
				}
			}
		}
		c.name(things)
		facts = factReaders[f.reader].read(c, f.name, facts)
	}
	return facts
}

// distinct keeps each fact once, the first of those that differ in their words only, and of a thing whose amount is
// stated somewhere not also that it was there.
func distinct(facts []blotter.Fact) []blotter.Fact {
	seen := map[blotter.Fact]bool{}
	stated := map[string]bool{}
	for _, f := range facts {
		stated[f.Name] = stated[f.Name] || f.Value != ""
	}
	facts = slices.DeleteFunc(facts, func(f blotter.Fact) bool {
		f.Quote = ""
		drop := seen[f] || f.Value == "" && stated[f.Name]
		seen[f] = true
		return drop
	})
	return slices.Clip(facts[:min(len(facts), maxFacts)])
}

func anyHolds(evidence []finding, span query.Span) bool {
	return slices.ContainsFunc(evidence, func(f finding) bool { return f.holds(span) })
}

// fact compiles what a rule says of a fact.
func (c *compiler) fact(at string, f factFile) factRule {
	reader, known := factReaders[f.Read]
	r := factRule{name: cmp.Or(f.Name, reader.name), reader: f.Read}
	switch {
	case f.Read != "" && len(f.Values) > 0:
		c.fault(at, "a fact has either values or read")
	case f.Read != "" && !known:
		c.fault(at+".read", "reader %q is none of %s", f.Read, readerNames())
	case f.Read != "" && r.name == "":
		c.fault(at, "read: %s needs the name of the fact", f.Read)
	case f.Read == "" && (f.Name == "" || len(f.Values) == 0):
		c.fault(at, "a fact has a name and values, or read")
	case len(f.Of) > 0 && !reader.of:
		c.fault(at+".of", "of is for %s only", "quantities and figures")
	}
	for i, name := range f.Of {
		if q := c.query(at+".of["+strconv.Itoa(i)+"]", "@"+name); q != nil {
			r.of = append(r.of, factClass{name: name, query: q})
		}
	}
	for _, value := range slices.Sorted(maps.Keys(f.Values)) {
		r.values = append(r.values, factValue{value: value, query: c.query(at+".values."+value, f.Values[value])})
	}
	return r
}

func readerNames() string { return strings.Join(slices.Sorted(maps.Keys(factReaders)), ", ") }
