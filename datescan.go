package blotter

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// dateToken is a number, a word in lower case, or one other character; space parts tokens and is remembered.
type dateToken struct {
	text       string
	num        int  // the value of a number of at most 14 digits, else -1
	spaced     bool // space stands before it
	start, end int
}

func dateTokens(text string) []dateToken {
	var out []dateToken
	spaced := false
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if unicode.IsSpace(r) {
			spaced = true
			i += n
			continue
		}
		end := i + n
		kind := runeKind(r)
		for end < len(text) && kind != otherRune {
			r, n := utf8.DecodeRuneInString(text[end:])
			if runeKind(r) != kind {
				break
			}
			end += n
		}
		t := dateToken{text: text[i:end], num: -1, spaced: spaced, start: i, end: end}
		if kind == digitRune && end-i <= 14 {
			t.num, _ = strconv.Atoi(t.text)
		} else {
			t.text = strings.ToLower(t.text)
		}
		out = append(out, t)
		i, spaced = end, false
	}
	return out
}

const (
	otherRune = iota
	digitRune
	letterRune
)

func runeKind(r rune) int {
	switch {
	case r >= '0' && r <= '9':
		return digitRune
	case unicode.IsLetter(r):
		return letterRune
	}
	return otherRune
}

// startsDate says whether a date in running text may begin at token i: at the beginning of a word, and not in the
// middle of a longer number, a path or a price.
func startsDate(tokens []dateToken, i int) bool {
	t := tokens[i]
	if t.num < 0 && months[t.text] == 0 && !weekdays[t.text] {
		return false
	}
	if i == 0 || t.spaced {
		return true
	}
	switch tokens[i-1].text {
	case "(", "[", ",", ";", ":", "|", "–", "—", "·", "•", "\"", "“", "‘", "'", ">", "»", ")", "]":
		return true
	}
	return false
}

// dateScan reads one date from tokens. Its methods take what they recognise and report whether they did; one
// that did not has moved nothing.
type dateScan struct {
	tokens []dateToken
	i      int
	reader DateReader
	whole  bool // the text is a date and nothing else: shapes that running text has too are allowed

	year, month, day int
	weekday          string
	first, second    int // day and month of a numeric date, as written
	hour, min, sec   int
	nano             int
	hasTime          bool
	zone             *time.Location
	zoneName         string
	zoneUnknown      bool
}

func (s *dateScan) at(n int) dateToken {
	if s.i+n < len(s.tokens) {
		return s.tokens[s.i+n]
	}
	return dateToken{num: -1}
}

// skip passes over one token if it is one of the given.
func (s *dateScan) skip(texts ...string) bool {
	t := s.at(0)
	for _, text := range texts {
		if t.text == text && text != "" {
			s.i++
			return true
		}
	}
	return false
}

// try runs the steps in order and goes back to where it was, fields included, when one of them fails.
func (s *dateScan) try(steps ...func() bool) bool {
	before := *s
	for _, step := range steps {
		if !step() {
			*s = before
			return false
		}
	}
	return true
}

// maybe makes a step optional.
func maybe(step func() bool) func() bool {
	return func() bool { step(); return true }
}

// labels passes over what stands before a date on a page: "Published:", "Last updated on".
func (s *dateScan) labels() {
	for s.i < len(s.tokens) {
		t := s.at(0)
		isWeekday := t.num < 0 && s.at(1).text == "," && s.at(2).num >= 0 && utf8.RuneCountInString(t.text) <= 12 &&
			months[t.text] == 0 && runeKind([]rune(t.text)[0]) == letterRune
		switch {
		case weekdays[t.text]:
			return
		case dateLabels[t.text]:
		case isWeekday: // in a language we do not know
			s.i++
		default:
			return
		}
		s.i++
	}
}

// moment reads a date with its time of day before it, behind it or not given.
func (s *dateScan) moment() bool {
	timeFirst := func() bool {
		return s.try(s.clock, maybe(s.zoneOf), maybe(func() bool { return s.skip(",", "-", "–", "|", "·", "•") }),
			maybe(func() bool { return s.skip("on") }), s.calendar)
	}
	return s.try(timeFirst) || s.try(s.asctime) || s.try(s.calendar, maybe(s.clockBehind))
}

// clockBehind reads the time of day that follows a date, or the zone of a bare XML Schema date.
func (s *dateScan) clockBehind() bool {
	if s.skip("z") {
		s.zone = time.UTC
		return true
	}
	if t := s.at(0).text; (t == "+" || t == "-") && !s.at(0).spaced && !s.at(1).spaced && s.try(s.offset) {
		return true
	}
	joint := func() bool {
		for s.skip(",", "-", "–", "—", "|", "·", "•", ":", "@", "t", "at", "um", "à", "/", "(", ";") {
		}
		return true
	}
	return s.try(joint, s.clock, maybe(s.zoneOf), maybe(func() bool { return s.skip(")") }))
}

// asctime reads "Mon Jan 2 15:04:05 MST 2006", with the year at the end.
func (s *dateScan) asctime() bool {
	return s.try(s.monthName, s.dayNumber, s.clock, maybe(s.zoneOf), s.fullYear) ||
		s.try(s.dayOfWeek, s.monthName, s.dayNumber, s.clock, maybe(s.zoneOf), s.fullYear)
}

func (s *dateScan) calendar() bool {
	dash := maybe(func() bool { return s.skip("-", "/", ".", ",") })
	of := maybe(func() bool { return s.skip("of", "de") })
	year := func() bool { return s.try(dash, maybe(func() bool { return s.skip("'", "’") }), s.anyYear) }
	return s.try(s.iso) ||
		s.try(maybe(s.dayOfWeek), s.dayNumber, dash, of, s.monthName, year) ||
		s.try(s.monthName, dash, s.dayNumber, dash, s.yearBehindDay) || // "Mar" is a month before it is a mardi
		s.try(s.dayOfWeek, s.monthName, dash, s.dayNumber, dash, s.yearBehindDay) ||
		s.try(maybe(s.dayOfWeek), s.numeric) ||
		s.try(s.fullYear, dash, s.monthName, dash, s.dayNumber) ||
		s.whole && (s.try(s.packed) || s.try(s.yearMonth) ||
			s.try(s.monthName, dash, s.fullYear) || s.try(s.fullYear, s.ended))
}

func (s *dateScan) ended() bool { return s.i == len(s.tokens) }

// iso reads 2024-06-03, also with slashes or dots.
func (s *dateScan) iso() bool {
	sep := s.at(1).text
	if len(s.at(0).text) != 4 || sep != "-" && sep != "/" && sep != "." || s.at(3).text != sep || len(s.at(2).text) > 2 ||
		len(s.at(4).text) > 2 || s.at(4).num < 0 || s.at(2).num < 0 {
		return false
	}
	s.year, s.month, s.day = s.at(0).num, s.at(2).num, s.at(4).num
	s.i += 5
	return s.month > 0 && s.day > 0
}

// yearMonth reads 2024-06.
func (s *dateScan) yearMonth() bool {
	if len(s.at(0).text) != 4 || s.at(1).text != "-" || len(s.at(2).text) != 2 || s.i+3 != len(s.tokens) {
		return false
	}
	s.year, s.month = s.at(0).num, s.at(2).num
	s.i += 3
	return s.month >= 1 && s.month <= 12
}

// packed reads 20240603, 202406031405 and 20240603140500.
func (s *dateScan) packed() bool {
	t := s.at(0)
	if t.num < 0 {
		return false
	}
	n := t.num
	switch len(t.text) {
	case 8:
	case 12, 14:
		if len(t.text) == 14 {
			s.sec, n = n%100, n/100
		}
		s.hour, s.min, n = n/100%100, n%100, n/10000
		s.hasTime = true
	default:
		return false
	}
	s.year, s.month, s.day = n/10000, n/100%100, n%100
	s.i++
	return s.month > 0 && s.day > 0 && s.hour < 24 && s.min < 60 && s.sec < 60
}

// numeric reads 03/06/2024, 3.6.2024, 3-6-24. Which number is the day is for date to say.
func (s *dateScan) numeric() bool {
	sep := s.at(1).text
	year := s.at(4)
	switch {
	case sep != "/" && sep != "." && sep != "-" || s.at(3).text != sep || s.at(0).num < 0 || s.at(2).num < 0 || year.num < 0:
		return false
	case len(s.at(0).text) > 2 || len(s.at(2).text) > 2:
		return false
	case len(year.text) == 4:
	case len(year.text) == 2 && s.reader.Order != AnyOrder && (s.whole || sep == "/"):
	default:
		return false
	}
	s.first, s.second, s.year = s.at(0).num, s.at(2).num, fullYear(year)
	s.i += 5
	return true
}

func (s *dateScan) dayOfWeek() bool {
	t := s.at(0)
	if !weekdays[t.text] {
		return false
	}
	s.weekday = t.text
	s.i++
	s.skip(".")
	s.skip(",")
	s.skip("the", "le", "den", "der")
	return true
}

func (s *dateScan) dayNumber() bool {
	t := s.at(0)
	if t.num < 1 || t.num > 31 || len(t.text) > 2 {
		return false
	}
	s.day = t.num
	s.i++
	if !s.at(0).spaced {
		s.skip("st", "nd", "rd", "th", "er")
	}
	return true
}

func (s *dateScan) monthName() bool {
	m := months[s.at(0).text]
	if m == 0 {
		return false
	}
	s.month = m
	s.i++
	if s.at(0).text == "." && s.at(1).num >= 0 {
		s.i++
	}
	return true
}

func (s *dateScan) fullYear() bool {
	t := s.at(0)
	if t.num < 0 || len(t.text) != 4 {
		return false
	}
	s.year = t.num
	s.i++
	return true
}

// yearBehindDay is the year of "June 3, 2024". "June 3, 24" is no date, and in "June 20:15" the 20 is no day.
func (s *dateScan) yearBehindDay() bool {
	return s.at(1).text != ":" && s.fullYear()
}

func (s *dateScan) anyYear() bool {
	t := s.at(0)
	if len(t.text) != 2 || t.num < 0 {
		return s.fullYear()
	}
	if !s.whole || s.at(1).text == ":" { // in running text "3 June 20" may go on in any way
		return false
	}
	s.year = fullYear(t)
	s.i++
	return true
}

// fullYear gives a year of two digits its century as RFC 2822 readers do.
func fullYear(t dateToken) int {
	switch {
	case len(t.text) == 4:
		return t.num
	case t.num < 69:
		return 2000 + t.num
	}
	return 1900 + t.num
}

// bounded says whether a date found in running text ends where a word ends.
func (s *dateScan) bounded() bool {
	t := s.at(0)
	if t.text == "" || t.spaced {
		return true
	}
	if k := runeKind([]rune(t.text)[0]); k != otherRune {
		return false
	}
	// 3.6.2024.5 and 1/2/2024/x are something else
	return !((t.text == "/" || t.text == "." || t.text == "-") && s.at(1).num >= 0 && !s.at(1).spaced)
}

// rest passes over what may stand behind a date and says whether that was all.
func (s *dateScan) rest() bool {
	for s.i < len(s.tokens) {
		switch {
		case s.skip(".", ",", ")", "]", "|", "-", "–", ";", "uhr", "hrs", "hours", "local", "time"):
		case s.at(0).text == "(" || s.at(0).text == "[": // a comment, as in "+0100 (British Summer Time)"
			for s.i < len(s.tokens) && s.at(0).num < 0 && !s.skip(")", "]") {
				s.i++
			}
			if s.at(0).num >= 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}
