package classify

import (
	"math"
	"strconv"
	"strings"
)

// amount is a number of a sentence, with what it is a number of when a measure or a currency says so.
type amount struct {
	from        int // the first word, with those that qualify it: "more than"
	first, last int // the words of the number and its unit
	low, high   float64
	ranged      bool
	bound       string // as in blotter.Fact
	unit        string // GBP, kg, l, %; "" of a plain number
	indefinite  bool   // read from "a" and "an"
	money       bool
	pounds      bool // "pounds" without a sign: what follows tells mass from money
}

// value and end give the two numbers as facts have them.
func (a *amount) value() string { return decimal(a.low, a.unit) }

func (a *amount) end() string {
	if !a.ranged {
		return ""
	}
	return decimal(a.high, a.unit)
}

// decimal is n in digits. A mass has the precision of a gram: what a pound is in kilogrammes was never weighed.
func decimal(n float64, unit string) string {
	factor := 1e6
	if massOrVolume(unit) && n >= 0.01 {
		factor = 1e3
	}
	return strconv.FormatFloat(math.Round(n*factor)/factor, 'f', -1, 64)
}

// amountAt reads the amount that begins at word i: "between 10 and 15", "£1.2m to £1.5m", "25kg", "two dozen", "a".
func (c *clause) amountAt(i int) (amount, bool) {
	if i < 0 || i >= len(c.words) || c.words[i].kind&(numeral|article|fraction) == 0 && !digits(c.words[i].Text) {
		return amount{}, false
	}
	a, ok := c.single(i)
	if !ok {
		return a, false
	}
	if b, ok := c.rangeEnd(&a); ok {
		a.high, a.ranged, a.last = b.high, true, b.last
		a.unit, a.money, a.pounds, a.low = b.unit, b.money, b.pounds, b.low
	}
	c.qualify(&a)
	return a, true
}

// single reads one number with its unit.
func (c *clause) single(i int) (amount, bool) {
	n, next, ok := c.number(i)
	if !ok {
		if c.isArticle(i) {
			a := amount{from: i, first: i, last: i, low: 1, indefinite: true}
			if c.is(i+1, measure) && !c.is(i+1, currency) && c.before(i+1) == space { // a kilo of
				a.low, a.unit, a.last, a.indefinite = c.words[i+1].num, c.words[i+1].unit, i+1, false
			}
			return a, true
		}
		return amount{}, false
	}
	a := amount{from: i, first: i, last: next - 1, low: n}
	a.unit = c.sign(i)
	a.money = a.unit != ""
	if !c.suffix(&a) {
		return a, false
	}
	if a.money || a.unit == "" {
		for c.is(a.last+1, scale) && c.before(a.last+1) <= hyphen && (a.money || len(c.at(a.last+1)) > 1) { // "5 m" is metres
			a.last++
			a.low *= c.words[a.last].num
		}
	}
	c.unitAfter(&a)
	if next := c.at(a.last + 1); c.before(a.last+1) == hyphen && !digits(next) && next != "plus" && next != "worth" {
		return a, false // 12-gauge, 34-year-old
	}
	return a, a.low < 1e15
}

// suffix reads what stands in one word with the digits: "25kg", "2.5m". It is false of what is no amount: "4th", "9mm".
func (c *clause) suffix(a *amount) bool {
	text := c.words[a.first].Text
	digits := len(text) - len(strings.TrimLeft(text, "0123456789."))
	if digits == 0 || digits == len(text) || a.first != a.last {
		return true
	}
	m := lexicon[text[digits:]]
	switch {
	case m.kind&scale != 0 && (a.money || text[digits:] != "m" && text[digits:] != "k" || c.lone(a.last+1)):
		a.low *= m.num
		return true
	case a.money:
		return false
	case m.kind&measure != 0:
		a.unit, a.low = m.unit, a.low*m.num
		return true
	case m.kind&currency != 0 && m.unit != "":
		a.unit, a.money = m.unit, true
		return true
	}
	return false
}

// lone says that a word may be counted: "2m cigarettes", "2m euros", but not "2m high" and "2m from".
func (c *clause) lone(i int) bool {
	return i < len(c.words) && c.before(i) == space && (c.is(i, counter|currency) || c.words[i].thing > 0)
}

// unitAfter reads the unit behind a number.
func (c *clause) unitAfter(a *amount) {
	i := a.last + 1
	if strings.HasPrefix(c.text[c.words[a.last].End:], "%") {
		a.unit = "%"
		return
	}
	if a.unit != "" || c.before(i) > hyphen {
		return
	}
	if c.at(i) == "percent" || c.at(i) == "per" && c.at(i+1) == "cent" {
		a.unit, a.last = "%", i
		if c.at(i) == "per" {
			a.last++
		}
		return
	}
	if country := countries[c.at(i)]; country != "" && c.is(i+1, currency) {
		a.unit, a.money, a.last = country, true, i+1
		return
	}
	w := i
	if w >= len(c.words) {
		return
	}
	m := c.words[w].meaning
	switch {
	case c.at(w) == "pounds" || c.at(w) == "pound":
		a.last = w
		if a.pounds = !c.isMass(w, a.low); a.pounds {
			a.unit, a.money = "GBP", true
			return
		}
		a.unit, a.low = "kg", a.low*m.num
	case m.kind&currency != 0 && m.unit != "" && m.kind&measure == 0:
		a.unit, a.money, a.last = m.unit, true, w
	case m.kind&measure != 0:
		a.unit, a.low, a.last = m.unit, a.low*m.num, w
	}
}

// isMass tells pounds of something from pounds sterling. Millions are money, and so is what is "in" something.
func (c *clause) isMass(i int, n float64) bool {
	if n >= 1e6 {
		return false
	}
	if c.before(i) == hyphen || c.weighed(i) {
		return true
	}
	if c.at(i+1) != "of" {
		return false
	}
	for j := i + 2; j < len(c.words) && j < i+6; j++ {
		if t := c.words[j].thing; t > 0 {
			return c.things[t-1].class != moneyClass
		}
	}
	return true
}

// weighed says that the words just before i speak of a weight.
func (c *clause) weighed(i int) bool {
	for j := i - 1; j >= 0 && j > i-6; j-- {
		if strings.HasPrefix(c.at(j), "weigh") {
			return true
		}
	}
	return false
}

var countries = map[string]string{
	"australian": "AUD", "zealand": "NZD", "canadian": "CAD", "us": "USD", "u.s": "USD", "american": "USD",
	"british": "GBP", "swiss": "CHF", "swedish": "SEK",
}

// sign reads the sign of a currency before a word: £5, US$5, A$ 5.
func (c *clause) sign(i int) string {
	before := strings.TrimSuffix(strings.TrimSuffix(c.text[:c.words[i].Start], " "), "\u00a0")
	switch {
	case strings.HasSuffix(before, "£"):
		return "GBP"
	case strings.HasSuffix(before, "€"):
		return "EUR"
	case strings.HasSuffix(before, "¥"):
		return "JPY"
	case strings.HasSuffix(before, "$"):
		before = before[:len(before)-1]
		for _, d := range dollars {
			if strings.HasSuffix(before, d[0]) {
				return d[1]
			}
		}
		return "USD"
	}
	if before != c.text[:c.words[i].Start] && c.is(i-1, currency) && len(c.at(i-1)) == 3 && c.before(i) == space {
		return c.words[i-1].unit // EUR 500
	}
	return ""
}

// dollars are what may stand before the sign, the longer ones first.
var dollars = [][2]string{
	{"NZ", "NZD"}, {"AU", "AUD"}, {"HK", "HKD"}, {"US", "USD"}, {"CA", "CAD"}, {"A", "AUD"}, {"C", "CAD"}, {"S", "SGD"},
}

// isArticle says that word i is "a" before one thing, and no letter: "Class A", "Plan A", A$5.
func (c *clause) isArticle(i int) bool {
	if !c.is(i, article) || i+1 >= len(c.words) || c.before(i+1) > quotation {
		return false
	}
	if c.before(i+1) != space && c.before(i+1) != quotation || strings.HasSuffix(c.text[:c.words[i+1].Start], "$") {
		return false
	}
	return !c.capitalised(i) || c.capital || c.before(i) >= quotation
}

// rangeEnd reads the second number of a range.
func (c *clause) rangeEnd(a *amount) (amount, bool) {
	i := a.last + 1
	if c.at(a.first-1) == "from" && c.change(a.first-1) { // "rose from 480 to 512"
		return amount{}, false
	}
	m := c.before(i)
	joined := (m == hyphen || m == dash) && digits(c.at(i)) && digits(c.at(a.last))
	if !joined {
		word := c.at(i)
		if word != "to" && word != "or" && !(word == "and" && c.at(a.first-1) == "between") || m > hyphen {
			return amount{}, false
		}
		i++
		if c.before(i) > hyphen {
			return amount{}, false
		}
	}
	b, ok := c.single(i)
	if !ok || b.indefinite || a.indefinite || a.unit != "" && b.unit != "" && b.unit != a.unit {
		return b, false
	}
	if b.unit == "" {
		if a.unit != "" && !a.money {
			return b, false
		}
		b.unit, b.money = a.unit, a.money
	}
	b.high = b.low
	b.low = a.low
	if a.unit == "" || a.money { // the measure or the million is said once: 10-15kg, £1-2m
		b.low = a.low * c.said(&b, a)
	}
	return b, b.low < b.high
}

// said gives what the second number of a range was multiplied by and the first one was not.
func (c *clause) said(b, a *amount) float64 {
	second, _, _ := c.number(b.first)
	first, _, _ := c.number(a.first)
	if second == 0 || first != a.low || !massOrVolume(b.unit) && a.low >= second {
		return 1
	}
	return b.high / second
}

func massOrVolume(unit string) bool { return unit == "kg" || unit == "l" }

func digits(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// number reads a number in digits or words at i and gives where the next word is. A scale behind digits is left.
func (c *clause) number(i int) (n float64, next int, ok bool) {
	if i < 0 || i >= len(c.words) {
		return 0, i, false
	}
	w := &c.words[i]
	if digits(w.Text) {
		return c.figure(i)
	}
	switch {
	case w.kind&fraction != 0:
		return c.part(i)
	case w.kind&article != 0 && c.isArticle(i):
		switch next := c.at(i + 1); {
		case next == "couple" || next == "pair":
			return 2, i + 2, c.at(i+2) == "of"
		case c.is(i+1, fraction):
			return c.part(i + 1)
		case !c.is(i+1, scale) || len(next) < 3:
			return 0, i, false
		}
		return c.spelled(i+1, 1)
	case w.kind&numeral != 0:
		return c.spelled(i, 0)
	}
	return 0, i, false
}

// figure reads digits. Times, dates, ordinals and what is joined to a word ("12-gauge") are no amounts.
func (c *clause) figure(i int) (float64, int, bool) {
	text := c.words[i].Text
	end := len(text) - len(strings.TrimLeft(text, "0123456789."))
	if end > 18 || strings.HasSuffix(text[:end], ".") {
		return 0, i, false
	}
	n, err := strconv.ParseFloat(text[:end], 64)
	if err != nil {
		return 0, i, false
	}
	switch {
	case strings.HasSuffix(c.text[:c.words[i].Start], "."): // the calibre .22
		return 0, i, false
	case i > 0 && c.words[i-1].Start == c.words[i].Start, // of ½
		c.before(i) == hyphen && !digits(c.at(i-1)),                       // AK-47
		c.before(i) == slash, c.before(i+1) == slash && digits(c.at(i+1)): // 2021/22
		return 0, i, false
	}
	return n, i + 1, true
}

// part reads "half a tonne", "half a million", "a quarter of a tonne".
func (c *clause) part(i int) (float64, int, bool) {
	n := 0.5
	if c.at(i) == "quarter" {
		n = 0.25
	}
	j := i + 1
	if c.at(j) == "of" {
		j++
	}
	if c.is(j, article) {
		j++
	}
	switch {
	case c.is(j, scale) && len(c.at(j)) > 2:
		return c.spelled(j, n)
	case c.is(j, measure):
		return n, j, true
	}
	return 0, i, false
}

// spelled reads number words from i; n is what stands before them.
func (c *clause) spelled(i int, n float64) (float64, int, bool) {
	total, last := 0.0, kind(0)
	for j := i; j < len(c.words); j++ {
		w := &c.words[j]
		if j > i && c.before(j) > hyphen {
			return total + n, j, true
		}
		switch {
		case w.kind&scale != 0 && len(w.Text) > 2:
			if n == 0 {
				n = 1
			}
			n *= w.num
			if w.num >= 1e3 {
				total, n = total+n, 0
			}
			last = scale
		case w.kind&numeral != 0:
			if last == numeral && !(n >= 20 && math.Mod(n, 10) == 0 && math.Mod(n, 100) != 0 && w.num < 10) {
				return total + n, j, true
			}
			n += w.num
			last = numeral
		case w.Text == "and" && last == scale && c.is(j+1, numeral):
		case w.Text == "and" && c.at(j+1) == "a" && c.at(j+2) == "half":
			n += 0.5
			j += 2
		default:
			return total + n, j, j > i
		}
	}
	return total + n, len(c.words), true
}

// qualify reads the words before an amount that say how exact it is, and those right behind it.
func (c *clause) qualify(a *amount) {
	for i := a.first - 1; i >= 0 && c.before(i+1) <= hyphen; i = a.from - 1 {
		if c.at(i) == "a" || c.at(i) == "an" || c.at(i) == "between" || c.at(i) == "from" && a.ranged {
			if c.at(i+1) != "estimated" && c.at(i+1) != "approximate" && !a.ranged {
				break
			}
			a.from = i
			continue
		}
		n, bound := c.qualifier(i)
		if n == 0 {
			break
		}
		a.from = i - n + 1
		if a.bound == "" || a.bound == "~" {
			a.bound = bound
		}
	}
	if i := a.last + 1; strings.HasPrefix(c.text[c.words[a.last].End:], "+") {
		a.bound = ">="
	} else if c.before(i) <= hyphen {
		switch c.at(i) + " " + c.at(i+1) {
		case "or more":
			a.bound, a.last = ">=", i+1
		case "or so":
			a.bound, a.last = "~", i+1
		case "or fewer", "or less":
			a.bound, a.last = "<=", i+1
		}
		if c.at(i) == "plus" {
			a.bound, a.last = ">=", i
		}
	}
	if a.indefinite && a.from != a.first {
		a.from, a.bound = a.first, "" // "about a gun" tells how a gun came up
	}
}

// active says that a participle behind the word is in the active: "have arrested over 20" counts, "man arrested over 20
// burglaries" does not.
func active(before string) bool {
	switch before {
	case "have", "has", "had", "police", "officers", "they", "already":
		return true
	}
	return false
}

// qualifier reads the qualifier that ends at word i: how many words, and the bound.
func (c *clause) qualifier(i int) (int, string) {
	two, three := c.at(i-1), c.at(i-2)
	switch c.at(i) {
	case "than":
		switch two {
		case "more", "greater":
			if three == "no" || three == "not" {
				return 3, "<="
			}
			return 2, ">"
		case "fewer", "less":
			if three == "no" || three == "not" {
				return 3, ">="
			}
			return 2, "<"
		}
	case "over", "above":
		if c.is(i-1, trigger) && !active(three) || two == "row" || two == "fined" || two == "all" || two == "sentenced" {
			return 0, ""
		}
		return 1, ">"
	case "exceeding":
		return 1, ">"
	case "of":
		switch {
		case two == "excess" && three == "in":
			return 3, ">"
		case two == "minimum":
			return 2, ">="
		case two == "maximum":
			return 2, "<="
		case two == "upwards":
			return 2, ">="
		}
	case "least":
		if two == "at" {
			return 2, ">="
		}
	case "most":
		if two == "at" {
			return 2, "<="
		}
	case "to":
		switch {
		case two == "up":
			return 2, "<="
		case two == "close":
			return 2, "~"
		}
	case "as":
		if (two == "many" || two == "much") && three == "as" {
			return 3, "<="
		}
	case "under", "below":
		if c.is(i-1, verb|place|trigger) {
			return 0, ""
		}
		return 1, "<"
	case "about":
		switch two {
		case "told", "asked", "questioned", "worried", "concerned", "spoke":
			return 0, ""
		}
		return 1, "~"
	case "around", "some", "approximately", "approx", "roughly", "nearly", "almost", "estimated", "approximate", "circa",
		"reportedly":
		return 1, "~"
	case "just", "well", "only", "exactly", "possibly":
		return 1, ""
	}
	return 0, ""
}
