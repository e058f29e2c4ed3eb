package classify

import (
	"cmp"
	"strings"

	"blotter"
)

// group is a noun phrase of persons: "two women and nine men", "a 34-year-old", "the driver", "Mr Smith".
type group struct {
	first, last int // words
	low, high   float64
	ranged      bool
	bound       string
	counted     bool // how many is said; "the suspects" are some
	name        bool
}

// personsFact reads how many people a sentence says were arrested, charged or whatever else its match is.
func personsFact(c *clause, name string, facts []blotter.Fact) []blotter.Fact {
	k := c.triggerOf()
	if k < 0 {
		return facts
	}
	g, ok := c.arrested(k)
	if !ok || !g.counted || g.low < 1 {
		return facts
	}
	f := blotter.Fact{Name: name, Value: decimal(g.low, ""), Bound: g.bound, Quote: c.quote(g.first, g.last)}
	if g.ranged {
		f.High = decimal(g.high, "")
	}
	return append(facts, f)
}

// triggerOf gives the word that says what was done to the persons: the first in the match or else in the sentence; -1.
func (c *clause) triggerOf() int {
	first := -1
	for i := range c.words {
		w := &c.words[i]
		if w.kind&trigger == 0 || w.kind&nominal == 0 && c.attribute(i) {
			continue
		}
		if w.Start < c.match.end && w.End > c.match.start {
			return i
		}
		if first < 0 {
			first = i
		}
	}
	return first
}

// attribute says that a participle stands before its noun, as in "accused man", or is no deed: "held talks".
func (c *clause) attribute(i int) bool {
	switch c.at(i) {
	case "accused":
		return c.at(i+1) != "of" && !c.is(i-1, auxOne|auxMany|auxAny)
	case "held", "holding":
		switch c.at(i + 1) {
		case "talks", "meetings", "meeting", "up", "hostage", "accountable", "responsible", "back", "off":
			return true
		}
	case "custody": // of a child
		return c.at(i-1) != "in" && c.at(i-1) != "into" && c.at(i-2) != "in" && c.at(i-2) != "into"
	case "caught":
		return c.at(i+1) == "up" || c.at(i+1) == "fire"
	}
	return false
}

// arrested finds the persons whom the trigger at word k is said of.
func (c *clause) arrested(k int) (group, bool) {
	if c.is(k, nominal) && !c.isVerb(k) {
		return c.arrests(k)
	}
	aux := c.auxiliary(k)
	if !aux.passive {
		if g, ok := c.object(k); ok {
			return g, true
		}
	}
	return c.subject(k, aux)
}

// isVerb says that a word such as "arrest", which may be a noun, is an infinitive: "to arrest", "will arrest".
func (c *clause) isVerb(k int) bool {
	switch c.at(k - 1) {
	case "to", "will", "would", "could", "can", "may", "did", "not", "and":
		return !c.is(k+1, stop) || c.is(k+1, article|numeral)
	}
	return false
}

// arrests reads the persons of a noun: "38 arrests", "the arrest of two men", "his arrest", "an arrest".
func (c *clause) arrests(k int) (group, bool) {
	if c.at(k+1) == "of" {
		if g, ok := c.groups(k + 2); ok {
			return g, true
		}
	}
	for i := k - 1; i >= 0 && i >= k-5 && c.before(i+1) <= hyphen; i-- {
		switch c.at(i) {
		case "his", "her", "my":
			return group{first: i, last: k, low: 1, counted: true}, true
		}
		if a, ok := c.amountAt(i); ok && a.unit == "" && !yearLike(&a) {
			return group{a.from, k, a.low, a.high, a.ranged, a.bound, true, false}, true
		}
		if possessive(c.text[c.words[i].End:c.words[i+1].Start]) && c.capitalised(i) {
			return group{first: i, last: k, low: 1, counted: true}, true
		}
		if c.is(i, stop) {
			break
		}
	}
	return group{}, false
}

func possessive(gap string) bool {
	return len(gap) > 2 && gap != "s' " && (gap[0] == '\'' || gap[:3] == "’")
}

// auxiliary is the verb before a trigger: "has already been", "were".
type auxiliary struct {
	first   int // its first word, or the trigger
	passive bool
	number  kind // auxOne, auxMany, or 0
	denied  bool // "has not been"
}

// auxiliary reads back from the trigger over "was", "have already been", "taken into", "arrested and".
func (c *clause) auxiliary(k int) auxiliary {
	aux := auxiliary{first: k}
	for i := k - 1; i >= 0 && c.before(i+1) <= quotation; i-- {
		w := &c.words[i]
		aux.denied = aux.denied || w.Text == "not" || w.Text == "never" || strings.HasSuffix(w.Text, "n't")
		switch {
		case w.kind&(auxOne|auxMany|auxAny) != 0:
			aux.first = i
			aux.number = w.kind & (auxOne | auxMany)
			aux.passive = aux.passive || !strings.HasPrefix(w.Text, "ha") // has, have, had
		case w.kind&trigger != 0 && w.kind&nominal == 0 && (c.at(i+1) == "and" || c.at(i+1) == "in" || c.at(k) == "custody"):
			aux.first = i
		case w.kind&adverb != 0, w.Text == "and" && c.is(i-1, trigger):
		case w.Text == "taken", strings.HasPrefix(w.Text, "remain"):
		case (w.Text == "in" || w.Text == "into" || w.Text == "police") && c.at(k) == "custody":
			aux.passive = true
			aux.first = min(aux.first, i)
		default:
			return aux
		}
	}
	return aux
}

// object reads the persons right behind a trigger in the active: "arrested two men", "arrested and charged Mr Smith".
func (c *clause) object(k int) (group, bool) {
	i := k + 1
	for i < len(c.words) && c.before(i) == space {
		switch {
		case c.at(i) == "and" && strings.HasSuffix(c.at(i+1), "ed"): // another deed
			i += 2
			continue
		case c.at(i) == "up" || c.is(i, adverb):
			i++
			continue
		}
		break
	}
	if c.at(i) == "a" && c.at(i+1) == "total" && c.at(i+2) == "of" {
		i += 3
	}
	if c.before(i) > quotation || c.before(i) == hyphen {
		return group{}, false
	}
	if c.at(i) == "her" && (c.before(i+1) > quotation || c.is(i+1, stop)) {
		return group{first: i, last: i, low: 1, counted: true}, true
	}
	g, ok := c.groups(i)
	if ok && g.name && !c.capital && c.capitalised(k) && k > 0 && c.before(k) < hard {
		return g, false // a headline with a capital on every word
	}
	if !ok && c.deed(k) {
		return c.strangers(i)
	}
	return g, ok
}

// deed says that only persons are what is done here.
func (c *clause) deed(k int) bool {
	switch c.at(k) {
	case "arrested", "arresting", "arrest", "arrests", "detained", "detaining", "detain", "apprehended", "indicted":
		return true
	}
	return false
}

// strangers reads a number with a noun that the lexicon does not know: whoever is arrested is a person.
func (c *clause) strangers(i int) (group, bool) {
	i = c.qualified(i)
	a, ok := c.amountAt(i)
	if !ok || a.indefinite || a.unit != "" || yearLike(&a) {
		return group{}, false
	}
	g := group{a.from, a.last, a.low, a.high, a.ranged, a.bound, true, false}
	for j := a.last + 1; j <= a.last+5 && c.before(j) <= quotation; j++ {
		if c.is(j, stop|trigger|period|counter|verb) {
			break
		}
		g.last = j
		if plural(c.at(j)) {
			return g, true
		}
	}
	return g, false
}

// subject reads the persons before a trigger in the passive: the nearest that no preposition governs and that agree
// with the verb. "Was" without any is one all the same: names of persons are not known.
func (c *clause) subject(k int, aux auxiliary) (group, bool) {
	if aux.denied || c.nobody(aux.first) {
		return group{}, false
	}
	var best group
	found := false
	for i := 0; i < aux.first; {
		g, ok := c.groups(i)
		if !ok || g.first < i || g.last >= aux.first {
			i++
			continue
		}
		start := i
		i = c.aside(g.last + 1)
		if start > 0 && c.before(g.first) <= quotation && c.governed(g.first) {
			continue
		}
		one := g.counted && g.low == 1 && !g.ranged
		if aux.number == auxOne && !one && g.counted && !c.is(g.first, article) || aux.number == auxMany && one {
			continue
		}
		if found && g.name && best.counted && !best.name && aux.number != auxOne {
			continue // the club that two members belong to
		}
		best, found = g, true
	}
	if !found && aux.number == auxOne && aux.passive {
		return group{first: aux.first, last: k, low: 1, counted: true}, true
	}
	return best, found
}

// governed says that a preposition stands before word i: not one such as "after", which a clause follows as well.
func (c *clause) governed(i int) bool {
	switch c.at(i - 1) {
	case "after", "before", "since", "until", "following", "despite":
		return false
	}
	return c.is(i-1, preposition)
}

// nobody says that the subject before word i is nobody.
func (c *clause) nobody(i int) bool {
	for j := i - 1; j >= 0 && j >= i-3; j-- {
		switch c.at(j) {
		case "no", "nobody", "none", "neither", "nothing", "noone":
			return true
		}
	}
	return false
}

// groups reads persons joined by commas and "and" from word i: "a man, 34, and two women".
func (c *clause) groups(i int) (group, bool) {
	sum, ok := c.group(i)
	if !ok {
		return sum, false
	}
	total, j := sum, c.aside(sum.last+1)
	for range 20 {
		and := c.at(j) == "and" || c.at(j) == "&"
		listed := !and && c.before(j) == comma
		if !and && !listed {
			break
		}
		if and {
			j++
		}
		g, ok := c.group(j)
		if !ok || !g.counted || !sum.counted {
			break
		}
		if number := c.is(j, numeral|article) || digits(c.at(j)); listed && (g.name != total.name || !g.name && !number) {
			break // what he is, and no other
		}
		total.low, total.high = total.low+g.low, max(total.high, total.low)+max(g.high, g.low)
		total.ranged = total.ranged || g.ranged
		total.bound = cmp.Or(total.bound, g.bound)
		total.last, total.name = g.last, total.name && g.name
		j = c.aside(g.last + 1)
		if and {
			sum = total
		}
	}
	return sum, true // what commas alone part says who the first one is
}

// aside steps from word i over what is said of a person in passing: an age, where from.
func (c *clause) aside(i int) int {
	start := i
	for i < len(c.words) {
		switch {
		case digits(c.at(i)) && (c.before(i) == comma || c.before(i) == paren) && len(c.at(i)) <= 2:
			i++
		case c.at(i) == "aged" || c.at(i) == "both" || c.at(i) == "age":
			i++
			for digits(c.at(i)) || (c.at(i) == "and" || c.at(i) == "to") && digits(c.at(i+1)) || c.at(i) == "aged" {
				i++
			}
		case (c.at(i) == "from" || c.at(i) == "of" || c.at(i) == "in") && i == start && c.before(i) == space:
			j := i + 1
			for j < len(c.words) && j < i+5 && c.before(j) <= space && !c.is(j, stop|trigger) {
				j++
			}
			if c.at(j) != "and" || c.before(j) > space {
				return start
			}
			i = j
		default:
			return i
		}
	}
	return i
}

// group reads one noun phrase of persons at word i.
func (c *clause) group(i int) (group, bool) {
	if i < 0 || i >= len(c.words) {
		return group{}, false
	}
	w := &c.words[i]
	if w.kind&pronoun != 0 {
		return group{first: i, last: i, low: 1, counted: true}, true
	}
	if q := c.qualified(i); q > i { // "more than 20 people": the qualifier is read with the number
		if g, ok := c.group(q); ok && g.first == i {
			return g, true
		}
		return group{}, false
	}
	if a, ok := c.amountAt(i); ok && !a.indefinite {
		return c.numbered(&a)
	}
	if g, ok := c.oldOne(i); ok {
		return g, true
	}
	if w.kind&(article|determiner) != 0 || w.kind&(person|persons) != 0 {
		return c.described(i)
	}
	return c.named(i)
}

// qualified gives the number that the qualifier at word i belongs to, or i.
func (c *clause) qualified(i int) int {
	if !c.is(i, hedge) {
		return i
	}
	for j := i + 1; j < len(c.words) && j <= i+4; j++ {
		if a, ok := c.amountAt(j); ok && !a.indefinite {
			if a.from == i {
				return j
			}
			return i
		}
	}
	return i
}

// numbered reads the persons behind a number.
func (c *clause) numbered(a *amount) (group, bool) {
	g := group{a.from, a.last, a.low, a.high, a.ranged, a.bound, true, false}
	if a.unit != "" || a.low != float64(int(a.low)) || yearLike(a) && !c.is(a.last+1, persons) {
		return g, false
	}
	if c.is(a.first-1, month) && c.capitalised(a.first-1) || c.is(a.last+1, month) && c.capitalised(a.last+1) {
		return g, false
	}
	steps := 0
	for j := a.last + 1; j < len(c.words) && steps <= 6; j++ {
		w := &c.words[j]
		if w.mark > quotation {
			break
		}
		switch {
		case w.kind&(persons|person) != 0 && (w.kind&persons != 0 || a.low == 1):
			g.last = j
			for c.is(j+1, persons) && c.before(j+1) <= space { // "gang members"
				j++
				g.last = j
			}
			return g, true
		case w.Text == "of" && steps == 0 && c.at(j+1) == "the" || w.Text == "of" && c.at(j+1) == "them":
			return g, a.low > 1 || c.at(j+1) == "them"
		case digits(w.Text) && c.before(j+1) == hyphen: // two 16-year-olds
			continue
		case (w.Text == "year" || w.Text == "old") && (w.mark == hyphen || c.before(j+1) == hyphen):
			continue
		case (w.kind&(trigger|auxOne|auxMany|auxAny) != 0) && w.kind&nominal == 0:
			// "12 were arrested", "nine alleged thugs were held": whatever they are, they were
			if steps > 0 && !plural(c.at(j-1)) && c.at(j-1) != "more" && c.at(j-1) != "other" {
				return g, false
			}
			g.last = j - 1
			return g, a.last > a.first || !c.is(a.first-1, month|preposition) || steps > 0
		case w.kind&(stop|period|counter) != 0 || w.thing > 0:
			return g, steps == 0 && !c.is(a.from-1, preposition) && w.kind&(period|counter) == 0 && w.thing == 0 && c.bare(j) ||
				steps > 0 && (c.at(j-1) == "more" || c.at(j-1) == "others")
		}
		steps++
		if w.Text == "others" || w.Text == "more" {
			g.last = j
		}
	}
	return g, steps == 0 && c.is(a.from-1, trigger) || c.at(g.last) == "others" || c.at(g.last) == "more"
}

// bare says that the word at i may follow a number that stands for persons by itself: "arrested two in a raid".
func (c *clause) bare(i int) bool {
	return c.is(i, preposition|trigger) || c.at(i) == "who" || c.at(i) == "and" && c.is(i+1, trigger)
}

// oldOne reads "34-year-old" and "16-year-olds" without an article.
func (c *clause) oldOne(i int) (group, bool) {
	j := i
	if c.is(j, article) {
		j++
	}
	for !c.is(j, stop) && j < i+3 && j < len(c.words) && !digits(c.at(j)) && !c.is(j, numeral) {
		j++
	}
	if j+2 >= len(c.words) || c.at(j+1) != "year" || c.at(j+2) != "old" {
		return group{}, false
	}
	g := group{first: i, last: j + 2, low: 1, counted: true}
	for k := j + 3; k < len(c.words) && k < j+7 && c.before(k) <= quotation && !c.is(k, stop|trigger); k++ {
		if c.is(k, person) {
			g.last = k
			break
		}
	}
	return g, j == i || c.is(i, article|determiner)
}

// described reads "a fourth suspect", "the driver", "another man", "both brothers", "Man" of a headline; "the men" and
// "suspects" are some.
func (c *clause) described(i int) (group, bool) {
	g := group{first: i, last: i}
	for j := i; j < len(c.words) && j <= i+7; j++ {
		w := &c.words[j]
		if j > i && w.mark > quotation {
			return g, false
		}
		switch {
		case j > i && (w.kind&numeral != 0 || digits(w.Text) && c.before(j+1) != hyphen): // "the four men"
			a, ok := c.amountAt(j)
			if !ok {
				return g, false
			}
			inner, ok := c.numbered(&a)
			inner.first = i
			return inner, ok
		case w.kind&(person|persons) != 0:
			for c.is(j+1, person|persons) && c.before(j+1) <= space && !c.is(j+1, stop) {
				j++
			}
			return c.people(g, i, j)
		case w.Text == "of" && c.at(j+1) != "": // "a group of five men"
			a, ok := c.amountAt(j + 1)
			if !ok || a.indefinite {
				return g, false
			}
			inner, ok := c.numbered(&a)
			inner.first = i
			return inner, ok
		case j > i && w.kind&(stop|trigger|counter) != 0 || w.thing > 0:
			return g, false
		}
	}
	return g, false
}

// people counts the noun at word j of the phrase that begins at i.
func (c *clause) people(g group, i, j int) (group, bool) {
	g.last = j
	w := &c.words[j]
	switch {
	case w.kind&persons != 0 && w.num > 0:
		g.low, g.counted = w.num, true
	case w.kind&persons != 0:
		if c.at(i) == "both" {
			g.low, g.counted = 2, true
		}
	default:
		g.low, g.counted = 1, c.at(i) != "no" && c.at(i) != "every" && c.at(i) != "any"
	}
	return g, true
}

// named reads a name: words with a capital that the lexicon does not know. In a text of capitals it is any such words
// in a row.
func (c *clause) named(i int) (group, bool) {
	g := group{first: i, last: i, low: 1, counted: true, name: true}
	if !c.nameWord(i) || c.nameWord(i-1) && c.before(i) <= hyphen {
		return g, false
	}
	for j := i + 1; j < len(c.words) && j < i+8 && c.before(j) <= hyphen; j++ {
		switch c.at(j) {
		case "al", "bin", "ibn", "de", "la", "van", "der", "von", "da", "dos", "el", "ben":
			continue
		}
		if !c.nameWord(j) {
			break
		}
		g.last = j
	}
	if first := c.before(i) >= quotation; first && g.last == i && !c.capital { // any word has a capital there
		next := i + 1
		return g, c.is(next, auxOne|auxMany|auxAny|trigger) || c.at(next) == "and" || c.at(next) == "who" ||
			c.before(next) == comma && (digits(c.at(next)) || c.nameWord(next))
	}
	return g, true
}

func (c *clause) nameWord(i int) bool {
	if i < 0 || i >= len(c.words) || digits(c.at(i)) || !c.capitalised(i) {
		return false
	}
	return c.words[i].kind&^(adverb|period|heap|agent) == 0 || c.words[i].kind == numeral|common
}
