package classify

import (
	"strings"

	"blotter"
)

// figures reads every number of a sentence with what it counts, its period and the figure it is compared with.
func figures(c *clause, name string, facts []blotter.Fact) []blotter.Fact {
	c.findPeriods()
	for i := 0; i < len(c.words); {
		if last, ok := c.inPeriod(i); ok {
			i = last + 1
			continue
		}
		a, ok := c.amountAt(i)
		if !ok || a.indefinite || c.label(&a) {
			i++
			continue
		}
		i = a.last + 1
		if b, ok := c.changedTo(&a); ok { // "from 480 to 512"
			f := c.counting(name, &b)
			f.Compared = a.value()
			if f.Unit == "" {
				f.Unit = c.counting(name, &a).Unit
			}
			facts = append(facts, f)
			i = b.last + 1
			continue
		}
		f := c.counting(name, &a)
		if f.Value == "" {
			continue
		}
		if b, ok := c.comparison(a.last); ok {
			f.Compared = b.value()
			c.dropPeriod(b.last)
			f.Period = c.periodNear(a.from, a.last)
			i = b.last + 1
		}
		if f.Unit != "" || f.Compared != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

// counting makes the fact of an amount.
func (c *clause) counting(name string, a *amount) blotter.Fact {
	f := c.fact(name, a, a.last)
	f.Period = c.periodNear(a.from, a.last)
	if h, ok := c.counted(a); ok && !a.money {
		f.Name, f.Quote = h.class, c.quote(a.from, h.last)
		if f.Unit == "" {
			f.Unit = h.unit
		}
		return f
	}
	last := c.noun(a)
	if last > a.last {
		f.Quote = c.quote(a.from, last)
	}
	if f.Unit == "" && last > a.last {
		f.Unit = c.singular(a.last+1, last)
	}
	if f.Unit == "" && yearLike(a) {
		f.Value = ""
	}
	return f
}

// label says that a number names or dates something and counts nothing: an age, a time, a telephone, a paragraph.
func (c *clause) label(a *amount) bool {
	if a.unit != "" {
		return false
	}
	if c.before(a.first) == space {
		switch c.at(a.first - 1) {
		case "aged", "ages", "age", "section", "sections", "schedule", "article", "no", "number", "call", "phase", "chapter",
			"page", "level", "route", "channel", "class", "type", "room", "flat", "tier", "grade", "act", "every", "per":
			return true
		}
		if c.is(a.first-1, month) && c.capitalised(a.first-1) {
			return true
		}
	}
	next := a.last + 1
	if c.is(next, month) && c.capitalised(next) {
		return true
	}
	switch c.at(next) {
	case "am", "pm", "a.m", "p.m", "years", "year", "o'clock", "hrs", "hours", "minutes", "days", "weeks", "months":
		return true
	}
	alone := c.before(next) >= comma && c.before(a.first) >= comma // ", 34,"
	return alone && digits(c.at(a.first)) && a.low < 120 && a.first > 0
}

// noun gives the last word of the noun phrase behind an amount, or the amount's last word. Of a share it goes on behind
// "in" and "of": "12% rise in burglary".
func (c *clause) noun(a *amount) int {
	last := a.last
	for j := a.last + 1; j < len(c.words) && j <= a.last+4; j++ {
		w := &c.words[j]
		if c.before(j) > hyphen && c.before(j) != quotation {
			break
		}
		if a.unit == "%" && (w.Text == "in" || w.Text == "of") && c.before(j+1) == space && !c.is(j+1, stop) {
			continue
		}
		if _, dated := c.inPeriod(j); dated {
			break
		}
		if w.kind&(stop|adverb|trigger) != 0 || digits(w.Text) {
			break
		}
		if a.unit != "%" && last > a.last && plural(c.at(last)) && !plural(w.Text) {
			break // "offences recorded"
		}
		last = j
	}
	return last
}

// plural says that a word looks like one: good enough to see where "knife offences recorded" has its noun.
func plural(s string) bool {
	return len(s) > 3 && strings.HasSuffix(s, "s") && !strings.HasSuffix(s, "ss") && !strings.HasSuffix(s, "us") &&
		!strings.HasSuffix(s, "is")
}

// singular gives the words of a noun phrase, its head in the singular.
func (c *clause) singular(first, last int) string {
	words := make([]string, 0, 4)
	for j := first; j <= last; j++ {
		words = append(words, c.at(j))
	}
	head := words[len(words)-1]
	switch {
	case head == "people":
		head = "person"
	case head == "men" || head == "women":
		head = head[:len(head)-2] + "an"
	case head == "children":
		head = "child"
	case head == "knives" || head == "lives" || head == "wives":
		head = head[:len(head)-3] + "fe"
	case len(head) > 4 && strings.HasSuffix(head, "ies"):
		head = head[:len(head)-3] + "y"
	case strings.HasSuffix(head, "sses"), strings.HasSuffix(head, "ches"), strings.HasSuffix(head, "shes"),
		strings.HasSuffix(head, "xes"):
		head = head[:len(head)-2]
	case plural(head):
		head = head[:len(head)-1]
	}
	words[len(words)-1] = head
	return strings.Join(words, " ")
}

// comparison reads the figure that the one before word last is compared with: "compared with 480", "up from 480".
func (c *clause) comparison(last int) (amount, bool) {
	for j := last + 1; j < len(c.words) && j <= last+9 && c.before(j) < hard; j++ {
		switch c.at(j) {
		case "from":
			if !c.change(j) {
				continue
			}
		case "with", "to":
			if c.at(j-1) != "compared" {
				continue
			}
		case "against":
		default:
			if digits(c.at(j)) {
				if _, dated := c.inPeriod(j); !dated {
					return amount{}, false
				}
			}
			continue
		}
		for k := j + 1; k < len(c.words) && k <= j+2; k++ { // "with just 480", "with the 480"
			if a, ok := c.amountAt(k); ok && !a.indefinite && !(yearLike(&a) && c.before(a.last+1) != space) {
				return a, true
			}
		}
	}
	return amount{}, false
}

// change says that "from" at word i follows a word of change.
func (c *clause) change(i int) bool {
	for j := i - 1; j >= 0 && j >= i-4; j-- {
		switch c.at(j) {
		case "up", "down", "rose", "rise", "risen", "rising", "fell", "fall", "fallen", "falling", "increase", "increased",
			"increasing", "decrease", "decreased", "drop", "dropped", "dropping", "climbed", "grew", "grown", "jumped", "went",
			"gone", "jump", "reduction", "surge", "surged", "soared", "doubled", "tripled", "halved", "declined", "decline":
			return true
		}
	}
	return false
}

// changedTo reads the second figure of "rose from 480 to 512", given the first.
func (c *clause) changedTo(a *amount) (amount, bool) {
	if c.at(a.from-1) != "from" || !c.change(a.from-1) {
		return amount{}, false
	}
	for j := a.last + 1; j < len(c.words) && j <= a.last+7 && c.before(j) < hard; j++ {
		if c.at(j) != "to" {
			continue
		}
		if b, ok := c.amountAt(j + 1); ok && !b.indefinite {
			c.dropPeriodBetween(a.last, j)
			return b, true
		}
	}
	return amount{}, false
}

// dropPeriod takes out the period right behind word last: it is that of the earlier figure.
func (c *clause) dropPeriod(last int) { c.dropPeriodBetween(last, last+3) }

func (c *clause) dropPeriodBetween(first, last int) {
	for i := range c.periods {
		if p := &c.periods[i]; p.first > first && p.first <= last {
			p.value = ""
		}
	}
}
