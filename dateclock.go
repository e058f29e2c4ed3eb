package blotter

import (
	"strings"
	"time"
)

// clock reads a time of day: 14:05, 14:05:30.250, 2.05pm, 2 p.m., 14h05, 1405hrs, 12 noon, T140500.
func (s *dateScan) clock() bool {
	return s.try(s.colons, s.halfOfDay) || s.try(s.dotted) || s.try(s.hourOnly) || s.try(s.run)
}

func (s *dateScan) colons() bool {
	hour, minute := s.at(0), s.at(2)
	sep := s.at(1).text
	if sep != ":" && sep != "h" || hour.num < 0 || hour.num > 23 || len(hour.text) > 2 || len(minute.text) != 2 || minute.num < 0 || minute.num > 59 {
		return false
	}
	s.hour, s.min, s.hasTime = hour.num, minute.num, true
	s.i += 3
	if sec := s.at(1); s.at(0).text == ":" && len(sec.text) == 2 && sec.num >= 0 && sec.num <= 60 {
		s.sec = min(sec.num, 59) // a leap second
		s.i += 2
		s.fraction()
	}
	return true
}

func (s *dateScan) fraction() {
	t := s.at(1)
	if sep := s.at(0).text; sep != "." && sep != "," || t.spaced || t.text == "" || runeKind(rune(t.text[0])) != digitRune {
		return
	}
	digits := (t.text + "000000000")[:9]
	for _, d := range digits {
		s.nano = s.nano*10 + int(d-'0')
	}
	s.i += 2
}

// halfOfDay reads an optional a.m. or p.m. It is false only for a time that contradicts it.
func (s *dateScan) halfOfDay() bool {
	before := s.i
	half := s.at(0).text
	switch {
	case half == "am" || half == "pm":
		s.i++
	case (half == "a" || half == "p") && s.at(1).text == "." && s.at(2).text == "m":
		s.i += 3
	default:
		s.skip("uhr", "hrs", "hours")
		return true
	}
	if s.at(0).text == "." && !s.at(0).spaced {
		s.i++
	}
	switch {
	case half[0] == 'p' && s.hour < 12:
		s.hour += 12
	case half[0] == 'a' && s.hour == 12:
		s.hour = 0
	case half[0] == 'a' && s.hour > 12:
		s.i = before
		return false
	}
	return true
}

// dotted reads 2.05pm and, behind a date, 14.05.
func (s *dateScan) dotted() bool {
	hour, minute := s.at(0), s.at(2)
	if s.at(1).text != "." || minute.spaced || hour.num < 0 || hour.num > 23 || len(hour.text) > 2 || len(minute.text) != 2 || minute.num < 0 || minute.num > 59 {
		return false
	}
	if s.at(3).text == "." && s.at(4).num >= 0 { // 03.06.2024
		return false
	}
	s.hour, s.min, s.hasTime = hour.num, minute.num, true
	s.i += 3
	at := s.i
	return s.halfOfDay() && (s.i > at || s.day > 0 || s.first > 0)
}

// hourOnly reads 2pm, 2 p.m., 14 Uhr and 12 noon.
func (s *dateScan) hourOnly() bool {
	hour := s.at(0)
	if hour.num < 0 || hour.num > 23 || len(hour.text) > 2 {
		return false
	}
	s.hour, s.hasTime = hour.num, true
	s.i++
	at := s.i
	if hour.num == 12 && s.skip("noon", "midday") {
		return true
	}
	return s.halfOfDay() && s.i > at
}

// run reads 140500 and 1405 behind a T, and 1405hrs.
func (s *dateScan) run() bool {
	t := s.at(0)
	behindT := s.i > 0 && s.tokens[s.i-1].text == "t" && !t.spaced
	hrs := s.at(1).text == "hrs" || s.at(1).text == "hours"
	if t.num < 0 || !behindT && !hrs || len(t.text) != 4 && (len(t.text) != 6 || hrs) {
		return false
	}
	n := t.num
	if len(t.text) == 6 {
		s.sec, n = n%100, n/100
	}
	s.hour, s.min, s.hasTime = n/100, n%100, true
	s.i++
	if hrs {
		s.i++
	}
	return s.hour < 24 && s.min < 60 && s.sec < 60
}

// zoneOf reads a zone: Z, +01:00, GMT, GMT+1, BST, (CET).
func (s *dateScan) zoneOf() bool {
	return s.try(s.offset) || s.try(s.namedZone) || s.try(func() bool { return s.skip("(") }, s.namedZone, func() bool { return s.skip(")") })
}

func (s *dateScan) offset() bool {
	sign := 1
	switch {
	case s.skip("+"):
	case s.skip("-", "−"):
		sign = -1
	default:
		return false
	}
	t := s.at(0)
	if t.num < 0 || t.spaced {
		return false
	}
	var hours, minutes int
	s.i++
	switch len(t.text) {
	case 1, 2:
		hours = t.num
		if m := s.at(1); s.at(0).text == ":" && len(m.text) == 2 && m.num >= 0 {
			minutes = m.num
			s.i += 2
		}
	case 4:
		hours, minutes = t.num/100, t.num%100
	default:
		return false
	}
	if hours > 14 || minutes > 59 {
		return false
	}
	s.zone, s.zoneName = fixedZone("", sign*(hours*60+minutes)), ""
	return true
}

func (s *dateScan) namedZone() bool {
	t := s.at(0)
	_, known := zoneMinutes[t.text]
	switch {
	case known || t.text == "z" || usZones[t.text] != 0 || s.zoneHere(t.text):
		s.zoneName = t.text
	case s.whole && s.hasTime && s.sec >= 0 && len(t.text) >= 2 && len(t.text) <= 5 && t.num < 0 && isASCIIWord(t.text) &&
		!dateLabels[t.text] && months[t.text] == 0 && !weekdays[t.text]:
		s.zoneUnknown = true
	default:
		return false
	}
	s.i++
	if base := t.text; base == "gmt" || base == "utc" || base == "z" {
		s.try(s.offset)
	}
	return true
}

// zoneHere says whether the source's own zone has that abbreviation, in summer or in winter.
func (s *dateScan) zoneHere(name string) bool {
	for _, month := range []time.Month{time.January, time.July} {
		if abbr, _ := time.Date(2024, month, 1, 0, 0, 0, 0, s.reader.zone()).Zone(); strings.EqualFold(abbr, name) {
			return len(name) > 1
		}
	}
	return false
}

// zoneNamed gives the location for an abbreviation: the source's own if it goes by that name at that moment, since
// many names are shared (EST, IST, CST), else one of a fixed offset. It gives nil for a name it does not know.
func zoneNamed(name string, own *time.Location, wall func(*time.Location) time.Time) *time.Location {
	if abbr, _ := wall(own).Zone(); strings.EqualFold(abbr, name) {
		return own
	}
	if name == "z" || name == "utc" || name == "ut" {
		return time.UTC
	}
	if standard, ok := usZones[name]; ok {
		if abbr, _ := wall(own).Zone(); len(abbr) == 3 && strings.EqualFold(abbr[:1]+abbr[2:], name) {
			return own
		}
		if usSummer(wall(time.UTC)) {
			standard += 60
		}
		return fixedZone(strings.ToUpper(name), standard)
	}
	for _, month := range []time.Month{time.January, time.July} { // the right name in the wrong half of the year
		abbr, seconds := time.Date(wall(own).Year(), month, 1, 0, 0, 0, 0, own).Zone()
		if strings.EqualFold(abbr, name) {
			return fixedZone(abbr, seconds/60)
		}
	}
	if minutes, ok := zoneMinutes[name]; ok {
		return fixedZone(strings.ToUpper(name), minutes)
	}
	return nil
}

func fixedZone(name string, minutes int) *time.Location {
	if minutes == 0 && name == "" {
		return time.UTC
	}
	return time.FixedZone(name, minutes*60)
}

// usSummer says whether the United States have daylight saving time at a local moment: from 2 o'clock on the second
// Sunday of March to 2 o'clock on the first Sunday of November.
func usSummer(local time.Time) bool {
	march := time.Date(local.Year(), time.March, 8, 2, 0, 0, 0, time.UTC)
	november := time.Date(local.Year(), time.November, 1, 2, 0, 0, 0, time.UTC)
	begin := march.AddDate(0, 0, (7-int(march.Weekday()))%7)
	end := november.AddDate(0, 0, (7-int(november.Weekday()))%7)
	return !local.Before(begin) && local.Before(end)
}

// date puts together what was read. It is false for a day that does not exist and for one that could be two.
func (s *dateScan) date() (Date, bool) {
	if s.first > 0 || s.second > 0 {
		if !s.settleOrder() {
			return Date{}, false
		}
	}
	d := Date{Precision: Minute}
	switch {
	case s.month == 0:
		d.Precision, s.month, s.day = Year, 1, 1
	case s.day == 0:
		d.Precision, s.day = Month, 1
	case !s.hasTime || s.zoneUnknown: // a time of day in an unknown zone is none
		d.Precision = Day
	}
	if !plausible(s.year) || !exists(s.year, s.month, s.day) {
		return Date{}, false
	}
	wall := func(l *time.Location) time.Time {
		if d.Precision != Minute {
			return time.Date(s.year, time.Month(s.month), s.day, 0, 0, 0, 0, l)
		}
		return time.Date(s.year, time.Month(s.month), s.day, s.hour, s.min, s.sec, s.nano, l)
	}
	zone := s.zone
	if zone == nil && s.zoneName != "" {
		zone = zoneNamed(s.zoneName, s.reader.zone(), wall)
	}
	if zone == nil {
		zone = s.reader.zone()
	}
	d.Time = wall(zone)
	return d, true
}

// settleOrder decides which number of a numeric date is the day: by the numbers, by the weekday if one stands
// there, by the order of the source.
func (s *dateScan) settleOrder() bool {
	dayFirst := exists(s.year, s.second, s.first)
	monthFirst := exists(s.year, s.first, s.second)
	if dayFirst && monthFirst && s.first != s.second {
		dayFits := weekdayIs(s.weekday, s.year, s.second, s.first)
		monthFits := weekdayIs(s.weekday, s.year, s.first, s.second)
		switch {
		case dayFits != monthFits:
			dayFirst = dayFits
		case s.reader.Order == AnyOrder:
			return false
		default:
			dayFirst = s.reader.Order == DayFirst
		}
	}
	if dayFirst {
		s.day, s.month = s.first, s.second
	} else {
		s.month, s.day = s.first, s.second
	}
	return true
}

func exists(year, month, day int) bool {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return month >= 1 && month <= 12 && day >= 1 && t.Day() == day && int(t.Month()) == month
}

// weekdayIs compares an English weekday, as printed, with that of a day.
func weekdayIs(name string, year, month, day int) bool {
	if len(name) < 3 || !exists(year, month, day) {
		return false
	}
	full := strings.ToLower(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Weekday().String())
	return strings.HasPrefix(full, name[:3])
}

func isASCIIWord(s string) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return s != ""
}
