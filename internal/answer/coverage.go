package answer

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/index"
)

// Covering is what coverage is asked for.
type Covering struct {
	Sources  []string // these; else those that are enabled or were ever asked
	By       index.Interval
	From, To string    // days, months or years, both included; "" for as much as fits on a screen or two, until today
	Now      time.Time // what today is
}

// coverageBy are the periods, with how many days back they begin by themselves: as much as fits on a screen or two.
var coverageBy = map[index.Interval]int{index.Day: 30, index.Week: 26 * 7, index.Month: 365}

// Check says what is wrong with what is asked for, as far as that is clear without the archive.
func (x Covering) Check() error {
	_, _, err := x.days()
	return err
}

// days are the first and the last day; zero where none is named.
func (x Covering) days() (from, to time.Time, err error) {
	if coverageBy[x.By] == 0 {
		return from, to, wrongf("--by %q is unknown; there are day, week, month", x.By)
	}
	if from, _, err = day(x.From); err != nil {
		return from, to, wrongf("--from: %v", err)
	}
	if _, to, err = day(x.To); err != nil {
		return from, to, wrongf("--to: %v", err)
	}
	if !from.IsZero() && !to.IsZero() && to.Before(from) {
		return from, to, wrongf("--to %s lies before --from %s", x.To, x.From)
	}
	return from, to, nil
}

// day reads a day, month or year and gives its first and its last day; both are zero for "".
func day(s string) (first, last time.Time, err error) {
	if s == "" {
		return first, last, nil
	}
	for _, f := range []struct {
		layout              string
		years, months, days int
	}{{time.DateOnly, 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}} {
		if first, err = time.Parse(f.layout, s); err == nil {
			return first, first.AddDate(f.years, f.months, f.days).AddDate(0, 0, -1), nil
		}
	}
	return first, last, fmt.Errorf("%q is no day such as 2026-06-01, no month and no year", s)
}

// maxCoverage bounds the days that are told of: 20 years.
const maxCoverage = 20 * 366

// Coverage says of each source and period when it was asked, and what came of it. It is nil when no source was ever asked.
func (r *Reader) Coverage(ctx context.Context, x Covering) ([]Period, error) {
	from, to, err := x.days()
	if err != nil {
		return nil, err
	}
	for _, id := range x.Sources {
		if _, known := r.Sources[id]; !known {
			return nil, wrongf("the archive knows no source %q; 'blotter sources list' shows the configured ones", id)
		}
	}
	first, err := r.Archive.FirstPoll(ctx)
	if err != nil || first.IsZero() {
		return nil, err
	}
	if to.IsZero() {
		to = x.Now.UTC().Truncate(24 * time.Hour)
	}
	if from.IsZero() {
		from = to.AddDate(0, 0, -coverageBy[x.By])
		if first = first.UTC().Truncate(24 * time.Hour); first.After(from) && !first.After(to) {
			from = first
		}
	}
	if to.Sub(from) > maxCoverage*24*time.Hour {
		return nil, wrongf("from %s to %s are more than 20 years", from.Format(time.DateOnly), to.Format(time.DateOnly))
	}
	days, err := r.Archive.Days(ctx, from, to)
	if err != nil {
		return nil, err
	}
	return periods(days, coveredSources(r.Sources, days, x.Sources), x.By, from, to), nil
}

// coveredSources are the ids to tell of: those named, or else those that are enabled or were asked.
func coveredSources(known map[string]blotter.Source, days []archive.Day, named []string) []string {
	if len(named) > 0 {
		return named
	}
	ids := map[string]bool{}
	for id, src := range known {
		if src.Enabled {
			ids[id] = true
		}
	}
	for _, d := range days {
		ids[d.Source] = true
	}
	return slices.Sorted(maps.Keys(ids))
}

// DayState is what became of asking a source on a day.
type DayState string

// The states of a day, as the help of coverage explains them.
const (
	DayNews      DayState = "news"
	DaySilent    DayState = "silent"
	DayBlocked   DayState = "blocked"
	DayLayout    DayState = "layout"
	DayFailed    DayState = "failed"
	DayNotPolled DayState = "not polled"
)

// DayStates are the states of a day in the order of columns.
var DayStates = []DayState{DayNews, DaySilent, DayBlocked, DayLayout, DayFailed, DayNotPolled}

// stateOf is the state of a day. One success is enough to have read the list; of failures the most frequent kind counts.
func stateOf(d archive.Day) DayState {
	failed := 0
	kinds := map[DayState]int{}
	for reason, n := range d.Failed {
		failed += n
		kinds[failureState(reason)] += n
	}
	switch {
	case d.Asked == 0:
		return DayNotPolled
	case d.New > 0:
		return DayNews
	case d.Asked > failed:
		return DaySilent
	}
	return mostOf(kinds)
}

func failureState(r blotter.Reason) DayState {
	switch r {
	case blotter.ReasonRobots, blotter.ReasonDenied, blotter.ReasonChallenge:
		return DayBlocked
	case blotter.ReasonLayout, blotter.ReasonFormat:
		return DayLayout
	}
	return DayFailed
}

// mostOf is the most frequent state; among equals the first.
func mostOf(counts map[DayState]int) DayState {
	return slices.MaxFunc(DayStates, func(a, b DayState) int { return cmp.Compare(counts[a], counts[b]) })
}

// Period is a source in a period.
type Period struct {
	Source  string                 `json:"source"`
	Period  string                 `json:"period"` // its first day
	State   DayState               `json:"state"`  // of most of its days
	Polls   int                    `json:"polls"`
	Failed  int                    `json:"failed"`
	Reasons map[blotter.Reason]int `json:"reasons,omitempty"`
	Items   int                    `json:"items"`
	New     int                    `json:"new"`
	Days    map[DayState]int       `json:"days"`
}

// periods puts the days of each source into periods, those on which it was not asked included.
func periods(days []archive.Day, sources []string, by index.Interval, from, to time.Time) []Period {
	type key struct {
		source string
		day    time.Time
	}
	asked := make(map[key]archive.Day, len(days))
	for _, d := range days {
		asked[key{d.Source, d.Day}] = d
	}
	rows := []Period{}
	for _, id := range sources {
		for at := from; !at.After(to); at = at.AddDate(0, 0, 1) {
			period := by.Start(at)
			if n := len(rows); n == 0 || rows[n-1].Source != id || rows[n-1].Period != period {
				rows = append(rows, Period{Source: id, Period: period, Reasons: map[blotter.Reason]int{}, Days: map[DayState]int{}})
			}
			rows[len(rows)-1].add(asked[key{id, at}])
		}
	}
	for i := range rows {
		rows[i].State = mostOf(rows[i].Days)
	}
	return rows
}

func (r *Period) add(d archive.Day) {
	r.Polls, r.Items, r.New = r.Polls+d.Asked, r.Items+d.Items, r.New+d.New
	for reason, n := range d.Failed {
		r.Failed += n
		r.Reasons[reason] += n
	}
	r.Days[stateOf(d)]++
}
