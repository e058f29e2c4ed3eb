package index

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"blotter"
)

// FacetNames are what hits can be counted by. An article without a value is counted as Missing; one with several tags
// counts for each of them.
var FacetNames = []string{
	"tag",
	"status", // of a tag: "seizure:reported"
	"source",
	"country", // of the source
	"lang",    // without a region: "en"
	"month",   // of publication in the source's own zone: "2024-03"
	"year",
}

// Facet is the hits of a search counted by their values of one kind.
type Facet struct {
	Name    string
	Values  []Count // the most frequent first, and then by value
	Missing int     // hits without a value
}

// Count is how many hits have a value.
type Count struct {
	Value string
	N     int
}

// newFacet orders the counts of a facet, of which those of "" are of hits without a value.
func newFacet(name string, counts map[string]int) Facet {
	f := Facet{Name: name, Missing: counts[""]}
	for value, n := range counts {
		if value != "" {
			f.Values = append(f.Values, Count{value, n})
		}
	}
	slices.SortFunc(f.Values, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Value, b.Value))
	})
	return f
}

// Interval is the length of the pieces of a timeline.
type Interval string

// The intervals.
const (
	Day   Interval = "day"
	Week  Interval = "week" // from Monday, as ISO 8601 has it
	Month Interval = "month"
	Year  Interval = "year"
)

// Intervals are the intervals as users write them.
var Intervals = []string{string(Day), string(Week), string(Month), string(Year)}

// ParseInterval reads an Interval as users write it.
func ParseInterval(s string) (Interval, error) {
	if !slices.Contains(Intervals, s) {
		return "", fmt.Errorf("a timeline goes by %s, and not by %q", strings.Join(Intervals, ", "), s)
	}
	return Interval(s), nil
}

// Bucket is a piece of a timeline. Days are those of the sources' own zones.
type Bucket struct {
	Start string // its first day: "2024-03-01"
	N     int    // hits published in it
	All   int    // all articles of the index published in it
}

// maxBuckets bounds a timeline: one article that claims to be of the year 1 makes no million of empty days.
const maxBuckets = 5000

// calendar is a date as facets and timelines need it: the first day it may mean, counted from 1970, and how fine it is.
type calendar struct {
	day   int32
	grain grain
}

type grain uint8

const (
	noDate grain = iota
	wholeYear
	wholeMonth
	wholeDay
)

// calendarOf reads a date as its published term has it; see daysTerm.
func calendarOf(term string) calendar {
	first, last, isRange := strings.Cut(term, daysSeparator)
	t, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return calendar{}
	}
	c := calendar{int32(t.Unix() / secondsPerDay), wholeDay}
	if isRange {
		c.grain = wholeMonth
		if first[:len("2006-01")] != last[:len("2006-01")] {
			c.grain = wholeYear
		}
	}
	return c
}

const secondsPerDay = 24 * 60 * 60

func (c calendar) time() time.Time { return time.Unix(int64(c.day)*secondsPerDay, 0).UTC() }

// month and year name those of a date, or "" when it names none.
func (c calendar) month() string {
	if c.grain < wholeMonth {
		return ""
	}
	return c.time().Format("2006-01")
}

func (c calendar) year() string {
	if c.grain < wholeYear {
		return ""
	}
	return c.time().Format("2006")
}

// Start names the piece of a timeline that a day lies in, as Bucket.Start does.
func (i Interval) Start(day time.Time) string {
	start, _ := i.start(calendar{int32(day.Unix() / secondsPerDay), wholeDay})
	return calendar{start, wholeDay}.time().Format(time.DateOnly)
}

// start is the first day of the piece of a timeline in which a date lies, if it says in which.
func (i Interval) start(c calendar) (day int32, ok bool) {
	t := c.time()
	switch i {
	case Day:
		return c.day, c.grain >= wholeDay
	case Week:
		return c.day - int32(t.Weekday()+6)%7, c.grain >= wholeDay
	case Month:
		return c.day - int32(t.Day()) + 1, c.grain >= wholeMonth
	}
	return c.day - int32(t.YearDay()) + 1, c.grain >= wholeYear
}

// after is the first day of the next piece.
func (i Interval) after(day int32) int32 {
	t := calendar{day, wholeDay}.time()
	switch i {
	case Day:
		return day + 1
	case Week:
		return day + 7
	case Month:
		t = t.AddDate(0, 1, 0)
	default:
		t = t.AddDate(1, 0, 0)
	}
	return int32(t.Unix() / secondsPerDay)
}

// timeline counts articles by the pieces of time they were published in.
type timeline struct {
	interval Interval
	hits     map[int32]int
	all      map[int32]int
	undated  int
}

func newTimeline(i Interval) *timeline { return &timeline{i, map[int32]int{}, map[int32]int{}, 0} }

// count adds n hits of one date, of all the articles that have it.
func (t *timeline) count(c calendar, n, all int) {
	day, ok := t.interval.start(c)
	if !ok {
		t.undated += n
		return
	}
	t.all[day] += all
	if n > 0 {
		t.hits[day] += n
	}
}

// buckets are the pieces from the first with a hit to the last. Where they are too many, those without an article are
// left out.
func (t *timeline) buckets() []Bucket {
	if len(t.hits) == 0 {
		return nil
	}
	var days []int32
	for day := range t.hits {
		days = append(days, day)
	}
	first, last := slices.Min(days), slices.Max(days)
	days = days[:0]
	for day := first; day <= last && len(days) <= maxBuckets; day = t.interval.after(day) {
		days = append(days, day)
	}
	if len(days) > maxBuckets {
		days = days[:0]
		for day := range t.all {
			if day >= first && day <= last {
				days = append(days, day)
			}
		}
		slices.Sort(days)
	}
	buckets := make([]Bucket, len(days))
	for i, day := range days {
		buckets[i] = Bucket{calendar{day, wholeDay}.time().Format(time.DateOnly), t.hits[day], t.all[day]}
	}
	return buckets
}

// facetValues are the values that an article is counted by; "" for none.
func facetValues(name string, a *blotter.Article, country func(source string) string) []string {
	switch name {
	case "source":
		return []string{fold(a.Source)}
	case "country":
		return []string{country(a.Source)}
	case "lang":
		return []string{baseLang(a.Lang)}
	case "month":
		return []string{calendarOf(daysTerm(a.Published)).month()}
	case "year":
		return []string{calendarOf(daysTerm(a.Published)).year()}
	}
	if len(a.Tags) == 0 {
		return []string{""}
	}
	var values []string
	for _, t := range a.Tags {
		value := fold(t.Tag)
		if name == "status" {
			value += ":" + fold(string(t.Status))
		}
		values = append(values, value)
	}
	return values
}
