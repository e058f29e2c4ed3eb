package classify

import (
	"regexp"
	"strconv"
	"strings"

	"blotter"
	"blotter/query"
)

// maxFacts is the number of facts kept for a tag.
const maxFacts = 10

// factRule tells how a fact is read from the evidence of a rule.
type factRule struct {
	name   string
	values []factValue // the fact is the value whose query matches in the sentence
	reader string      // or what this reader finds there
	read   factReader
}

type factValue struct {
	value string
	query *query.Query
	at    int // its number in the pack's set
}

// factReader finds facts in one sentence.
type factReader func(sentence string) []blotter.Fact

// factReaders are the readers that a rule can name.
var factReaders = map[string]factReader{
	"quantities": quantities,
}

// readFacts reads the facts of a rule from its evidence, each value once.
func (r *rule) readFacts(t *text, evidence []finding) []blotter.Fact {
	var facts []blotter.Fact
	seen := map[blotter.Fact]bool{}
	add := func(f blotter.Fact) {
		key := f
		key.Quote = ""
		if !seen[key] && len(facts) < maxFacts {
			seen[key] = true
			facts = append(facts, f)
		}
	}
	for _, f := range r.facts {
		if f.read != nil {
			for _, s := range evidence {
				for _, fact := range f.read(t.field(s.span.Field)[s.start:s.end]) {
					add(fact)
				}
			}
			continue
		}
		for _, v := range f.values {
			for _, span := range t.find(v.query, v.at) {
				if anyHolds(evidence, span) {
					add(blotter.Fact{Name: f.name, Value: v.value, Quote: t.field(span.Field)[span.Start:span.End]})
				}
			}
		}
	}
	return facts
}

func anyHolds(evidence []finding, span query.Span) bool {
	for _, s := range evidence {
		if s.span.Field == span.Field && s.start <= span.Start && span.Start < s.end {
			return true
		}
	}
	return false
}

const (
	figure  = `(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)`
	measure = `kilogram(?:me)?s?|kilos?|kgs?|gram(?:me)?s?|g|tonnes?|tons?|pounds?|lbs?|ounces?|oz|litres?|liters?`
	things  = `firearms?|guns?|handguns?|rifles?|shotguns?|pistols?|revolvers?|weapons?|kni(?:fe|ves)|machetes?|grenades?|` +
		`detonators?|bullets?|cartridges|rounds|plants?|pills?|tablets?|wraps?|packages?|packets?|parcels?|cigarettes?|` +
		`vehicles?|cars?|motorcycles?|phones?|computers?|laptops?|devices?`
)

var (
	moneyPattern   = regexp.MustCompile(`(?i)([£$€])\s?` + figure + `\s?(thousand|million|billion|bn|m|k)?\b`)
	measurePattern = regexp.MustCompile(`(?i)\b` + figure + `\s?(` + measure + `)\b`)
	countPattern   = regexp.MustCompile(`(?i)\b` + figure + `\s(?:\pL[\pL-]*\s){0,2}(` + things + `)\b`)

	currencies = map[string]string{"£": "GBP", "$": "USD", "€": "EUR"}
	scales     = map[string]float64{"": 1, "k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}

	// units gives the one name of a measure for each of its spellings without a plural s.
	units = map[string]string{
		"kilogram": "kg", "kilogramme": "kg", "kilo": "kg", "kg": "kg", "gram": "g", "gramme": "g", "g": "g",
		"tonne": "t", "ton": "t", "pound": "lb", "lb": "lb", "ounce": "oz", "oz": "oz", "litre": "l", "liter": "l",
		"knive": "knife",
	}
)

// quantities reads sums of money (fact value), weights and counts of things (fact quantity), figures in digits only.
func quantities(sentence string) []blotter.Fact {
	var facts []blotter.Fact
	for _, m := range moneyPattern.FindAllStringSubmatch(sentence, -1) {
		if n, ok := number(m[2]); ok {
			value := plain(n * scales[strings.ToLower(m[3])])
			facts = append(facts, blotter.Fact{Name: "value", Value: value, Unit: currencies[m[1]], Quote: m[0]})
		}
	}
	for _, pattern := range []*regexp.Regexp{measurePattern, countPattern} {
		for _, m := range pattern.FindAllStringSubmatch(sentence, -1) {
			if n, ok := number(m[1]); ok {
				facts = append(facts, blotter.Fact{Name: "quantity", Value: plain(n), Unit: unit(m[2]), Quote: m[0]})
			}
		}
	}
	return facts
}

// unit gives the singular, and of a measure the short name.
func unit(word string) string {
	word = strings.ToLower(word)
	if word != "oz" {
		word = strings.TrimSuffix(word, "s")
	}
	if short, ok := units[word]; ok {
		return short
	}
	return word
}

func number(digits string) (float64, bool) {
	n, err := strconv.ParseFloat(strings.ReplaceAll(digits, ",", ""), 64)
	return n, err == nil
}

func plain(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
