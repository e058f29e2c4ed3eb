package blotter

import (
	"strings"
	"time"
)

// Precision says how much of a date the source gave.
type Precision string

// The precisions of a Date.
const (
	Minute Precision = "minute" // a time of day too
	Day    Precision = "day"
	Month  Precision = "month"
	Year   Precision = "year"
)

// Date is a date as a source gave it. The zero Date means that none was given; a date is never invented.
type Date struct {
	Time      time.Time // in the zone the source named, else in the source's own; midnight when only a day is known
	Raw       string    // as printed
	Method    string    // where it stood: feed, json-ld, meta, time, visible, url, selector, sitemap, record
	Precision Precision
}

// IsZero says that no date was given.
func (d Date) IsZero() bool { return d.Time.IsZero() }

// String gives the date as far as its precision goes: 2015, 2015-06, 2015-06-24 or 2015-06-24T09:30:00+01:00.
func (d Date) String() string {
	switch {
	case d.IsZero():
		return ""
	case d.Precision == Year:
		return d.Time.Format("2006")
	case d.Precision == Month:
		return d.Time.Format("2006-01")
	case d.Precision == Day:
		return d.Time.Format(time.DateOnly)
	default:
		return d.Time.Format(time.RFC3339)
	}
}

// DayOrder says which way round a date such as 03/04/2024 is written.
type DayOrder int

// The orders of day and month.
const (
	AnyOrder   DayOrder = iota // not known: a date that could be either way round is refused
	DayFirst                   // 3 April
	MonthFirst                 // 4 March
)

// DayOrderIn gives the order in use in a country, by the code that Source.Country holds. Only the United States
// and a few places in their orbit write the month first.
func DayOrderIn(country string) DayOrder {
	switch strings.ToLower(country) {
	case "us", "pr", "gu", "vi", "as", "fm", "pw", "mh":
		return MonthFirst
	}
	return DayFirst
}

// DateReader reads the dates of one source. The zero value reads dates that are the same everywhere, in UTC.
type DateReader struct {
	Layout string         // a layout of package time that is tried first; empty for none
	Zone   *time.Location // the zone of dates that name none; nil for UTC
	Order  DayOrder       // of day and month in numeric dates
}

// ParseDate reads a date as feeds and pages print it. A date without a zone is one of loc; layout, when not empty,
// is tried first. It returns false rather than guess: for no date at all, for a day and month that could be
// either way round, and for one outside 1900 to 2200. Raw, Time and Precision are set, Method is the caller's.
func ParseDate(raw, layout string, loc *time.Location) (Date, bool) {
	return DateReader{Layout: layout, Zone: loc}.Parse(raw)
}

// maxDateText bounds what is looked at: no date is longer, labels included.
const maxDateText = 200

// Parse reads a text that is a date and nothing else, save labels such as "Published:". It refuses as [ParseDate]
// does.
func (r DateReader) Parse(raw string) (Date, bool) {
	if len(raw) > 4*maxDateText {
		return Date{}, false
	}
	raw = CleanLine(raw)
	if raw == "" || len(raw) > maxDateText {
		return Date{}, false
	}
	if d, ok := r.byLayout(raw); ok {
		return d, true
	}
	s := dateScan{tokens: dateTokens(raw), reader: r, whole: true}
	s.labels()
	if !s.moment() || !s.rest() {
		return Date{}, false
	}
	d, ok := s.date()
	d.Raw = raw
	return d, ok
}

// Find finds the first date in running text, as precise as a day or a minute, and says at which bytes of the text
// it stands.
func (r DateReader) Find(text string) (d Date, start, end int, ok bool) {
	if !strings.ContainsAny(text, "0123456789") {
		return Date{}, 0, 0, false
	}
	tokens := dateTokens(text)
	for i := range tokens {
		if !startsDate(tokens, i) {
			continue
		}
		s := dateScan{tokens: tokens, i: i, reader: r}
		if !s.moment() || !s.bounded() {
			continue
		}
		if d, ok := s.date(); ok {
			start, end := tokens[i].start, tokens[s.i-1].end
			d.Raw = text[start:end]
			return d, start, end, true
		}
	}
	return Date{}, 0, 0, false
}

func (r DateReader) byLayout(raw string) (Date, bool) {
	if r.Layout == "" {
		return Date{}, false
	}
	t, err := time.ParseInLocation(r.Layout, raw, r.zone())
	if err != nil || !plausible(t.Year()) {
		return Date{}, false
	}
	// package time makes up a zone of offset 0 for a name it does not know
	if name, offset := t.Zone(); offset == 0 && name != "" && name != "UTC" && name != "GMT" {
		wall := func(l *time.Location) time.Time {
			return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), l)
		}
		if l := zoneNamed(strings.ToLower(name), r.zone(), wall); l != nil {
			t = wall(l)
		}
	}
	return Date{Time: t, Raw: raw, Precision: layoutPrecision(r.Layout)}, true
}

// layoutPrecision asks the layout itself: what it does not hold cannot tell two moments apart.
func layoutPrecision(layout string) Precision {
	base := time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC)
	differs := func(t time.Time) bool { return t.Format(layout) != base.Format(layout) }
	switch {
	case differs(base.Add(13 * time.Hour)):
		return Minute
	case differs(base.AddDate(0, 0, 1)):
		return Day
	case differs(base.AddDate(0, 1, 0)):
		return Month
	}
	return Year
}

func (r DateReader) zone() *time.Location {
	if r.Zone == nil {
		return time.UTC
	}
	return r.Zone
}

// plausible keeps out the years that programs print when they have no date: 1, 9999.
func plausible(year int) bool { return year >= 1900 && year <= 2200 }
