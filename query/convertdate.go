package query

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// comparisons are the ways in which services compare dates and numbers, as this language writes them.
var comparisons = map[string]string{
	"=": "", "is": "", ">": ">", "aft": ">", "after": ">", "<": "<", "bef": "<", "before": "<",
	">=": ">=", "geq": ">=", "<=": "<=", "leq": "<=",
}

// dateHint is for a date that cannot be read.
const dateHint = "write 2015, 2015-06 or 2015-06-24"

// dateLayouts are the dates that can be read for sure, and what is known of them.
var dateLayouts = []struct{ in, out string }{
	{"2006", "2006"},
	{"2006-01", "2006-01"}, {"2006-1", "2006-01"}, {"1/2006", "2006-01"},
	{"January 2006", "2006-01"}, {"Jan 2006", "2006-01"},
	{"2006-1-2", time.DateOnly}, {"2006/1/2", time.DateOnly}, {"20060102", time.DateOnly},
	{"January 2 2006", time.DateOnly}, {"Jan 2 2006", time.DateOnly},
	{"2 January 2006", time.DateOnly}, {"2 Jan 2006", time.DateOnly},
}

// calendarDate reads a date of a service as 2006, 2006-01 or 2006-01-02. A date such as 2/1/2015 is the first of
// February or the second of January by the settings of the user's account there, so it is an error.
func calendarDate(s string) (string, *fault) {
	s = strings.Join(strings.Fields(strings.ReplaceAll(s, ",", " ")), " ")
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout.in, s); err == nil && t.Year() >= 1000 {
			return t.Format(layout.out), nil
		}
	}
	parts := strings.Split(strings.ReplaceAll(s, "-", "/"), "/")
	if len(parts) != 3 || len(parts[2]) != 4 {
		return "", &fault{0, fmt.Sprintf("%q is not a date that can be read for sure", excerpt(s)), dateHint}
	}
	first, err1 := strconv.Atoi(parts[0])
	second, err2 := strconv.Atoi(parts[1])
	if err1 == nil && err2 == nil && first <= 12 && second <= 12 && first != second {
		return "", &fault{0, fmt.Sprintf("%s may be month and day, or day and month", excerpt(s)), dateHint}
	}
	if first > 12 {
		parts[0], parts[1] = parts[1], parts[0]
	}
	t, err := time.Parse("1/2/2006", strings.Join(parts, "/"))
	if err != nil {
		return "", &fault{0, fmt.Sprintf("%q is not a calendar date", excerpt(s)), dateHint}
	}
	return t.Format(time.DateOnly), nil
}

// published makes a condition on the date of publication.
func (r *reader) published(comparison, date string, at int) (Node, *fault) {
	day, f := calendarDate(date)
	if f != nil {
		f.at = at
		return nil, f
	}
	return r.condition("published:"+comparison+day, at)
}

// publishedBetween makes a range, with both its ends in it.
func (r *reader) publishedBetween(from, to string, at int) (Node, *fault) {
	a, f := calendarDate(from)
	if f == nil {
		var b string
		if b, f = calendarDate(to); f == nil {
			return r.condition("published:"+a+".."+b, at)
		}
	}
	f.at = at
	return nil, f
}
