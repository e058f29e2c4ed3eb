package classify

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"blotter"
)

// dated is a stretch of time that a sentence names, as blotter.Fact.Period writes it.
type dated struct {
	first, last int // words
	value       string
	day         bool // a day, or since a day: of an event, and no period that is counted over
	since       bool
}

// calendar is a year, a month or a day.
type calendar struct{ year, month, day int }

func (d calendar) String() string {
	switch {
	case d.day > 0:
		return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day)
	case d.month > 0:
		return fmt.Sprintf("%04d-%02d", d.year, d.month)
	}
	return strconv.Itoa(d.year)
}

// back is the month n months before.
func (d calendar) back(n int) calendar {
	m := d.year*12 + d.month - 1 - n
	return calendar{m / 12, m%12 + 1, 0}
}

// findPeriods reads the periods of the sentence.
func (c *clause) findPeriods() {
	if !strings.ContainsAny(c.text, "0123456789") {
		return
	}
	for i := 0; i < len(c.words); i++ {
		if p, ok := c.periodAt(i); ok {
			c.periods = append(c.periods, p)
			i = p.last
		}
	}
}

// periodAt reads a period that begins at word i, with the preposition before it.
func (c *clause) periodAt(i int) (dated, bool) {
	p := dated{first: i}
	switch c.at(i) {
	case "since":
		d, last, ok := c.date(i + 1)
		if !ok {
			return p, false
		}
		p.value, p.last, p.day, p.since = d.String()+"..", last, d.day > 0, true
		return p, true
	case "between", "from":
		return c.fromTo(i)
	case "year", "months", "quarter":
		return c.ending(i)
	case "first", "second", "third", "fourth", "last", "q1", "q2", "q3", "q4":
		return c.share(i)
	}
	if !digits(c.at(i)) && !c.is(i, month|preposition) {
		return p, false
	}
	d, at := i, c.at(i)
	switch at {
	case "in", "during", "for", "of", "by", "throughout", "on", "over", "to", "than":
		d++
		if c.at(d) == "the" || c.at(d) == "early" || c.at(d) == "late" || c.at(d) == "mid" {
			d++
		}
	default:
		if c.is(i, preposition) {
			return p, false
		}
	}
	if v, last, ok := c.years(d); ok {
		p.value, p.last = v, last
		return p, true
	}
	day, last, ok := c.date(d)
	if !ok || day.month == 0 && d == i && c.before(i) != paren && i > 0 {
		return p, false // a bare number is not taken for a year
	}
	p.value, p.last, p.day = day.String(), last, day.day > 0
	if q := c.at(last + 1); day.month == 0 && len(q) == 2 && q[0] == 'q' && q[1] >= '1' && q[1] <= '4' {
		p.value, p.last = p.value+"Q"+q[1:], last+1
	}
	return p, true
}

// year reads a year of four digits.
func (c *clause) year(i int) (int, bool) {
	s := c.at(i)
	if len(s) != 4 || !digits(s) || i < len(c.words) && c.words[i].End-c.words[i].Start != 4 {
		return 0, false
	}
	n := 0
	for _, r := range s {
		if r < '0' || r > '9' {
			return 0, false
		}
		n = 10*n + int(r-'0')
	}
	return n, n >= 1900 && n < 2100 && c.sign(i) == ""
}

// years reads 2021/22, 2021-22, 2021/2022 and 2017-2019.
func (c *clause) years(i int) (string, int, bool) {
	y, ok := c.year(i)
	m := c.before(i + 1)
	if !ok || m != slash && m != hyphen && m != dash || !digits(c.at(i+1)) {
		return "", i, false
	}
	n, err := strconv.Atoi(c.at(i + 1))
	switch {
	case err != nil:
	case len(c.at(i+1)) == 2 && n == (y+1)%100, m == slash && n == y+1:
		return fmt.Sprintf("%d/%02d", y, (y+1)%100), i + 1, true
	case len(c.at(i+1)) == 4 && n > y && n < 2100:
		return fmt.Sprintf("%d..%d", y, n), i + 1, true
	}
	return "", i, false
}

// date reads a year, a month with its year, or a day with both.
func (c *clause) date(i int) (calendar, int, bool) {
	if y, ok := c.year(i); ok {
		if c.is(i+1, period) || c.is(i+1, month) && c.before(i+1) == space {
			return calendar{}, i, false
		}
		return calendar{year: y}, i, true
	}
	day, dayFirst := c.day(i)
	if dayFirst {
		i++
		if c.at(i) == "of" {
			i++
		}
	}
	if !c.is(i, month) || !c.capitalised(i) {
		return calendar{}, i, false
	}
	d := calendar{month: int(c.words[i].num), day: day}
	i++
	if !dayFirst {
		if day, ok := c.day(i); ok {
			d.day = day
			i++
		}
	}
	y, ok := c.year(i)
	if !ok || c.before(i) > comma {
		return calendar{}, i, false
	}
	d.year = y
	return d, i, true
}

// day reads a day of a month: 4, 4th.
func (c *clause) day(i int) (int, bool) {
	s := c.at(i)
	n, end := 0, 0
	for end < len(s) && end < 2 && s[end] >= '0' && s[end] <= '9' {
		n = 10*n + int(s[end]-'0')
		end++
	}
	switch s[end:] {
	case "", "st", "nd", "rd", "th":
		return n, n >= 1 && n <= 31
	}
	return 0, false
}

// fromTo reads "between April 2021 and March 2022" and "from 2010 to 2015".
func (c *clause) fromTo(i int) (dated, bool) {
	from, last, ok := c.date(i + 1)
	p := dated{first: i}
	if !ok {
		return p, false
	}
	to, end, ok := calendar{}, 0, false
	if w := c.at(last + 1); w == "and" || w == "to" || w == "until" {
		to, end, ok = c.date(last + 2)
	}
	if !ok {
		if c.at(i) == "between" || from.month == 0 {
			return p, false
		}
		p.value, p.last, p.day, p.since = from.String()+"..", last, from.day > 0, true
		return p, true
	}
	p.value, p.last, p.day = stretch(from, to), end, false
	return p, true
}

// stretch writes a run of months or years; one from April to March is a financial year.
func stretch(from, to calendar) string {
	if from.month == 4 && to.month == 3 && to.year == from.year+1 && from.day <= 1 {
		return fmt.Sprintf("%d/%02d", from.year, to.year%100)
	}
	if from.month > 0 && to.month == from.month+2 && to.year == from.year && to.month%3 == 0 && from.day+to.day == 0 {
		return fmt.Sprintf("%dQ%d", to.year, to.month/3)
	}
	return from.String() + ".." + to.String()
}

// ending reads "year to March 2022", "12 months ending June 2022", "three months to March 2020".
func (c *clause) ending(i int) (dated, bool) {
	p := dated{first: i}
	n, j := 12, i+1
	if c.at(i) == "quarter" {
		n = 3
	}
	if c.at(i) == "months" {
		f, _, ok := c.number(i - 1)
		if !ok || f < 1 || f > 60 {
			return p, false
		}
		n = int(f)
		p.first--
	}
	switch c.at(j) {
	case "to", "ending", "ended", "until", "end", "up":
		for c.at(j+1) == "to" || c.at(j+1) == "the" || c.at(j+1) == "end" || c.at(j+1) == "of" {
			j++
		}
	default:
		return p, false
	}
	to, last, ok := c.date(j + 1)
	if !ok || to.month == 0 {
		return p, false
	}
	p.last = last
	to.day = 0
	p.value = stretch(to.back(n-1), to)
	return p, true
}

// share reads "first quarter of 2020", "first half of 2020", "first three months of 2020", "Q1 2020".
func (c *clause) share(i int) (dated, bool) {
	p := dated{first: i}
	if s := c.at(i); s[0] == 'q' {
		y, ok := c.year(i + 1)
		if c.at(i+1) == "of" {
			i++
			y, ok = c.year(i + 1)
		}
		if ok {
			p.value, p.last = fmt.Sprintf("%dQ%s", y, s[1:]), i+1
		}
		return p, ok
	}
	n := 0
	switch c.at(i) {
	case "first":
		n = 1
	case "second":
		n = 2
	case "third":
		n = 3
	case "fourth":
		n = 4
	}
	j := i + 2
	months := 0
	switch {
	case c.at(i+1) == "quarter":
		months = 3
	case c.at(i+1) == "half":
		months = 6
	case c.at(i+2) == "months" && n == 1:
		f, _, _ := c.number(i + 1)
		months = int(min(f, 12))
		j++
	}
	if c.at(j) == "of" || c.at(j) == "in" {
		j++
	}
	y, ok := c.year(j)
	if !ok || n == 0 && c.at(i) != "last" || months == 0 || n*months > 12 {
		return p, false
	}
	if n == 0 {
		n = 12 / months
	}
	first := calendar{y, (n-1)*months + 1, 0}
	p.value, p.last = stretch(first, calendar{y, n * months, 0}), j
	return p, true
}

// periodNear gives the period that a figure in the words from first to last is for: the nearest, and of two as near the
// one behind. Days are left out: a thing happens on them.
func (c *clause) periodNear(first, last int) string {
	best, found := 0, ""
	for _, p := range c.periods {
		if p.day || p.value == "" {
			continue
		}
		far := 2 * (p.first - last)
		if p.first < first {
			far = 2*(first-p.last) + 1
		}
		if found == "" || far < best {
			best, found = far, p.value
		}
	}
	return found
}

// inPeriod gives the last word of the period that word i belongs to.
func (c *clause) inPeriod(i int) (int, bool) {
	for _, p := range c.periods {
		if p.first <= i && i <= p.last {
			return p.last, true
		}
	}
	return i, false
}

// since reads the day or month from which what the sentence says holds.
func since(c *clause, name string, facts []blotter.Fact) []blotter.Fact {
	for pass := range 2 { // "since" says it; "in", "on" and "from" do when nothing better does
		for i := range c.words {
			p, ok := c.periodAt(i)
			value, _, _ := strings.Cut(p.value, "..")
			prep := c.at(i)
			if !ok || strings.ContainsAny(value, "/Q") {
				continue
			}
			if prep == "since" || pass == 1 && len(value) > len("2006") && (prep == "on" || prep == "in" || prep == "from") {
				return append(facts, blotter.Fact{Name: cmp.Or(name, "since"), Value: value, Quote: c.quote(i, p.last)})
			}
		}
	}
	return facts
}
