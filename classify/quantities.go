package classify

import (
	"cmp"
	"strings"

	"blotter"
)

// moneyClass is the class whose amount is a sum of money: £500 of cash is 500 of it, £500 of cocaine is its value.
const moneyClass = "cash"

// maxModifiers is the number of words that may stand between an amount and what it is of: "12 loaded semi-automatic
// military pistols".
const maxModifiers = 5

// quantities reads how much of which class of thing a sentence speaks of, in the order of the text. A class whose
// amount is not stated is a fact without a value; what things are worth is the fact "value" behind them.
func quantities(c *clause, _ string, facts []blotter.Fact) []blotter.Fact {
	c.findPeriods()
	r := quantityReader{clause: c, facts: facts, last: -1}
	for i := 0; i < len(c.words); {
		i = max(i+1, r.next(i))
	}
	return r.facts
}

// quantityReader goes through a sentence once.
type quantityReader struct {
	*clause
	facts []blotter.Fact
	last  int    // the fact of the thing read last, or -1
	begin int    // the first word it was read from
	end   int    // the last one
	open  bool   // no amount of it is known yet
	sum   int    // the last word of the sum of money read last
	boxes amount // "60,000 vials", of whatever they turn out to contain
	unit  string // vial; "": no such amount
}

// next reads what begins at word i and returns where to go on.
func (r *quantityReader) next(i int) int {
	if r.words[i].thing > 0 {
		return r.bare(i)
	}
	if last, ok := r.inPeriod(i); ok {
		return last + 1
	}
	a, ok := r.amountAt(i)
	if !ok {
		return i + 1
	}
	h, ok := r.counted(&a)
	switch {
	case a.unit == "%":
		return a.last + 1
	case a.money:
		return r.worth(&a, h, ok)
	case ok:
		return r.amountOf(&a, h)
	case a.indefinite:
		return i + 1
	case h.unit != "":
		r.boxes, r.unit = a, h.unit
	case r.follows(&a):
		r.complete(&a, a.unit)
	}
	return a.last + 1
}

// head is what an amount is of.
type head struct {
	class string
	unit  string // plant, round; "" when the thing itself is counted
	last  int    // word
	heap  bool   // "a cannabis farm": no number of it
}

// counted finds the thing behind an amount.
func (c *clause) counted(a *amount) (head, bool) {
	var h head
	steps := 0
	for j := a.last + 1; j < len(c.words) && j < a.last+20; j++ {
		w := &c.words[j]
		switch {
		case w.mark == paren && steps == 0 && a.unit != "" && w.Text != "of": // 25kg (55lb) of
			if b, ok := c.single(j); ok && b.unit != "" {
				j = b.last
				continue
			}
			return h, false
		case w.mark >= comma:
			if w.mark == paren && c.before(j-1) == paren || w.mark == paren && c.at(j) == "of" {
				break
			}
			return h, false
		}
		if w.thing > 0 {
			return c.compound(j, h)
		}
		if a.indefinite {
			if _, ok := c.single(j); ok { // an estimated 40
				return h, false
			}
		}
		ofUnit := steps == 0 && (a.unit != "" || h.unit != "") || h.heap && c.is(j-1, heap|counter|determiner|article)
		switch {
		case ofUnit && (w.Text == "of" || w.Text == "containing" || w.Text == "worth" || w.Text == "in" && a.money):
			continue
		case ofUnit && w.kind&determiner != 0, w.Text == "of" && c.at(j-1) == "worth":
			continue
		case w.kind&counter != 0 && !a.indefinite || w.kind&counter != 0 && w.unit == w.Text:
			h.unit, h.last, steps = w.unit, j, 0
			continue
		case w.kind&heap != 0 && c.at(j+1) == "of":
			h.heap, h.last = true, j
			continue
		case a.indefinite && (w.kind&person != 0 || w.kind&period != 0 && w.mark == hyphen): // an 18-inch machete
		case w.kind&(stop|person|persons|period) != 0, w.kind&verb != 0 && steps > 0, steps == maxModifiers:
			return h, false
		}
		steps++
	}
	return h, false
}

// compound reads the run of things and units that begins at word i, of which the last one says what it is: "shotgun
// cartridges" are ammunition, "drugs cash" is cash. It is false when it is no thing at all: "firearms officers".
func (c *clause) compound(i int, h head) (head, bool) {
	unit := h.unit
	if m := c.words[i].meaning; m.kind&counter != 0 && unit == "" {
		h.unit = m.unit
	}
	for {
		t := c.things[c.words[i].thing-1]
		h.class, h.last = t.class, t.last
		i = t.last + 1
		if c.before(i) > hyphen && c.before(i) != quotation {
			break
		}
		w := &c.words[i]
		if w.thing > 0 && w.kind&counter == 0 {
			continue
		}
		switch {
		case w.kind&agent != 0:
			return h, false
		case w.kind&heap != 0:
			h.heap, h.last = true, i
		case w.kind&counter != 0 && unit == "":
			h.unit, h.last = w.unit, i
		}
		break
	}
	return h, true
}

// bare reads a thing that no amount stands before.
func (r *quantityReader) bare(i int) int {
	h, ok := r.compound(i, head{})
	if !ok || r.where(i) {
		return h.last + 1
	}
	r.add(blotter.Fact{Name: h.class}, i, h.last)
	r.open = true
	if r.contained(i) {
		f := &r.facts[r.last]
		f.Value, f.High, f.Bound, f.Unit = r.boxes.value(), r.boxes.end(), r.boxes.bound, r.unit
		r.open, r.unit = false, ""
	}
	return h.last + 1
}

// contained says that the thing at word i is what the boxes read before contain.
func (r *quantityReader) contained(i int) bool {
	if r.unit == "" || i-r.boxes.last > 8 {
		return false
	}
	for j := r.boxes.last + 1; j < i; j++ {
		if strings.HasPrefix(r.at(j), "contain") {
			return true
		}
	}
	return false
}

// where says that the noun phrase at word i tells where something was: "in the boot of a stolen car", "for a gun".
func (c *clause) where(i int) bool {
	for j := i - 1; j >= 0 && j > i-5 && c.before(j+1) <= quotation; j-- {
		switch w := &c.words[j]; {
		case w.kind&place != 0, w.Text == "no", w.Text == "without":
			return true
		case w.Text == "of":
			switch c.at(j - 1) {
			case "boot", "back", "rear", "side", "front", "seat", "use", "search", "supply", "import", "importation", "inside":
				return true
			}
			return false
		case w.kind&(stop|verb) != 0:
			return false
		}
	}
	return false
}

// amountOf adds a number or mass of a thing.
func (r *quantityReader) amountOf(a *amount, h head) int {
	next := h.last + 1
	if a.unit == "" && r.where(a.from) || h.class == moneyClass && h.unit == "" && !a.indefinite && a.unit == "" {
		return h.last + 1
	}
	f := blotter.Fact{Name: h.class}
	if !(a.unit == "" && h.heap || a.indefinite && h.class == moneyClass) {
		f.Value, f.High, f.Bound, f.Unit = a.value(), a.end(), a.bound, a.unit
		if f.Unit == "" {
			f.Unit = h.unit
		}
		if !a.indefinite {
			if b, ok := r.comparison(h.last); ok && b.unit == a.unit {
				f.Compared = b.value()
				r.dropPeriod(b.last)
				next = b.last + 1
			}
		}
	}
	r.add(f, a.from, h.last)
	r.open = f.Value == ""
	return next
}

// worth adds a sum of money: the amount of cash, or the value of another thing.
func (r *quantityReader) worth(a *amount, h head, ok bool) int {
	switch {
	case r.sum > 0 && a.first == r.sum+1 && r.before(a.first) == paren: // the same in another currency
		r.sum = 0
		return a.last + 1
	case ok && h.class == moneyClass:
		r.add(r.fact(h.class, a, h.last), a.from, h.last)
		r.open = false
		r.sum = a.last
		return h.last + 1
	case ok:
		r.add(blotter.Fact{Name: h.class}, a.from, h.last)
		r.open = true
	case r.follows(a) && r.facts[r.last].Name == moneyClass:
		r.complete(a, a.unit)
		return a.last + 1
	case !r.valued(a):
		return a.last + 1
	default:
		h.last = a.last
	}
	r.facts = append(r.facts, r.fact("value", a, a.last))
	r.sum = a.last
	return max(h.last, a.last) + 1
}

func (c *clause) fact(name string, a *amount, last int) blotter.Fact {
	return blotter.Fact{Name: name, Value: a.value(), High: a.end(), Bound: a.bound, Unit: a.unit,
		Quote: c.quote(a.from, last)}
}

// valued says that the words around a sum of money make it what something is worth.
func (c *clause) valued(a *amount) bool {
	if c.at(a.last+1) == "worth" && c.before(a.last+1) <= hyphen {
		return true
	}
	for j := a.from - 1; j >= 0 && j > a.from-7 && c.before(j+1) < hard; j-- {
		switch c.at(j) {
		case "estimated":
			a.bound = cmp.Or(a.bound, "~")
			return true
		case "worth", "value", "valued", "totalling", "totaling", "haul":
			if e := c.at(j-1) + c.at(j-2); strings.HasPrefix(e, "estimated") || strings.HasSuffix(e, "estimated") {
				a.bound = cmp.Or(a.bound, "~")
			}
			return true
		case "fined", "fine", "bail", "reward", "pay", "paid", "costs", "compensation":
			return false
		}
	}
	return false
}

// follows says that an amount belongs to the thing before it: "cocaine weighing 25kg", "handguns (12)".
func (r *quantityReader) follows(a *amount) bool {
	if r.last < 0 || !r.open || a.indefinite || a.from <= r.end {
		return false
	}
	if a.unit == "" { // a year or an age may stand anywhere
		closed := r.before(a.last+1) == paren || r.before(a.last+1) == hard || r.before(a.last+1) == comma
		return a.from == r.end+1 && (r.before(a.from) == paren || r.before(a.from) == hard) && closed && !yearLike(a)
	}
	if a.unit == "%" || a.from-r.end > 8 {
		return false
	}
	if a.from == r.end+1 {
		return r.before(a.from) == paren || r.before(a.from) == hard
	}
	for j := r.end + 1; j < a.from; j++ {
		switch r.at(j) {
		case "weighing", "weighed", "weigh", "totalling", "totaling", "totalled", "totaled", "amounting", "amounted",
			"containing":
			return true
		}
	}
	return false
}

// complete gives the thing read last its amount.
func (r *quantityReader) complete(a *amount, unit string) {
	f := &r.facts[r.last]
	f.Value, f.High, f.Bound, f.Quote = a.value(), a.end(), a.bound, r.quote(r.begin, a.last)
	if unit != "" {
		f.Unit = unit
	}
	f.Period = r.periodNear(r.begin, a.last)
	r.open = false
}

func (r *quantityReader) add(f blotter.Fact, begin, end int) {
	f.Quote = r.quote(begin, end)
	if f.Value != "" {
		f.Period = r.periodNear(begin, end)
	}
	r.facts = append(r.facts, f)
	r.last, r.begin, r.end = len(r.facts)-1, begin, end
}

// yearLike says that an amount may be a year: nothing parts its thousands.
func yearLike(a *amount) bool {
	return a.unit == "" && a.bound == "" && a.first == a.last &&
		a.low >= 1900 && a.low < 2100 && a.low == float64(int(a.low))
}
