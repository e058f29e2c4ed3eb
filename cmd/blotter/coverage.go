package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/archive"
	"blotter/index"
)

// covering is what coverage was asked for.
type covering struct {
	sources  []string
	by       index.Interval
	from, to string
}

// coverageBy are the periods, with how many days back they begin without --from: as much as fits on a screen or two.
var coverageBy = map[index.Interval]int{index.Day: 30, index.Week: 26 * 7, index.Month: 365}

func coverageCommand(a *app) *cobra.Command {
	var x covering
	var by string
	cmd := &cobra.Command{
		Use:   "coverage",
		Short: "Say when sources were asked, and what came of it",
		Long: `Say of each source and period how often it was asked for its list, how often that failed and why, how many items it listed and
how many of those were new. Where a source was not asked or could not be read, no article does not mean no news. Each day
(UTC) has one of six states, of which a period counts the days and shows the most frequent:

  news         it was asked, and something was new
  silent       it was asked, and nothing was new
  blocked      each time it was turned away: robots, denied, challenge
  layout       each time there was a page, and no list in it: layout, format
  failed       each time it failed in another way: timeout, gone, busy, …
  not polled   it was not asked

Without --source it tells of every source that is enabled or was ever asked. It begins at the first poll of the archive, but
not more than 30 days back by day, 26 weeks by week, a year by month, unless --from says so.`,
		Example: `  blotter coverage
  blotter coverage --by day --from 2026-06-01 --source met-current
  blotter coverage --from 2026 -o csv > coverage.csv`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{"csv": "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			x.by = index.Interval(by)
			if coverageBy[x.by] == 0 {
				return usagef("--by %q is unknown; there are day, week, month", by)
			}
			from, _, err := day(x.from)
			if err != nil {
				return usagef("--from: %v", err)
			}
			_, to, err := day(x.to)
			if err != nil {
				return usagef("--to: %v", err)
			}
			if !from.IsZero() && !to.IsZero() && to.Before(from) {
				return usagef("--to %s lies before --from %s", x.to, x.from)
			}
			return a.read(cmd.Context(), false, func(r *reader) error { return a.coverage(cmd.Context(), r, x, from, to) })
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&x.sources, "source", nil, "only this source (may be repeated)")
	f.StringVar(&by, "by", "month", "day, week or month")
	f.StringVar(&x.from, "from", "", "first day: 2026-06-01, 2026-06 or 2026")
	f.StringVar(&x.to, "to", "", "last day (default: today)")
	_ = cmd.RegisterFlagCompletionFunc("by", cobra.FixedCompletions([]string{"day", "week", "month"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("source", a.completeSources)
	return cmd
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

func (a *app) coverage(ctx context.Context, r *reader, x covering, from, to time.Time) error {
	for _, id := range x.sources {
		if _, known := r.sources[id]; !known {
			return usagef("the archive knows no source %q; 'blotter sources list' shows the configured ones", id)
		}
	}
	first, err := r.archive.FirstPoll(ctx)
	if err != nil {
		return err
	}
	if first.IsZero() {
		a.tell("No source was asked yet; 'blotter run' asks them.\n")
		return a.printCoverage(x, nil)
	}
	today := time.Now().UTC().Truncate(24 * time.Hour)
	if to.IsZero() {
		to = today
	}
	if from.IsZero() {
		from = to.AddDate(0, 0, -coverageBy[x.by])
		if first = first.UTC().Truncate(24 * time.Hour); first.After(from) && !first.After(to) {
			from = first
		}
	}
	if to.Sub(from) > maxCoverage*24*time.Hour {
		return usagef("from %s to %s are more than 20 years", from.Format(time.DateOnly), to.Format(time.DateOnly))
	}
	days, err := r.archive.Days(ctx, from, to)
	if err != nil {
		return err
	}
	return a.printCoverage(x, coverageRows(days, coveredSources(r.sources, days, x.sources), x.by, from, to))
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

// dayState is what became of asking a source on a day.
type dayState string

// The states of a day, as the help of coverage explains them.
const (
	dayNews      dayState = "news"
	daySilent    dayState = "silent"
	dayBlocked   dayState = "blocked"
	dayLayout    dayState = "layout"
	dayFailed    dayState = "failed"
	dayNotPolled dayState = "not polled"
)

// dayStates are the states in the order of columns.
var dayStates = []dayState{dayNews, daySilent, dayBlocked, dayLayout, dayFailed, dayNotPolled}

// stateOf is the state of a day. One success is enough to have read the list; of failures the most frequent kind counts.
func stateOf(d archive.Day) dayState {
	failed := 0
	kinds := map[dayState]int{}
	for reason, n := range d.Failed {
		failed += n
		kinds[failureState(reason)] += n
	}
	switch {
	case d.Asked == 0:
		return dayNotPolled
	case d.New > 0:
		return dayNews
	case d.Asked > failed:
		return daySilent
	}
	return mostOf(kinds)
}

func failureState(r blotter.Reason) dayState {
	switch r {
	case blotter.ReasonRobots, blotter.ReasonDenied, blotter.ReasonChallenge:
		return dayBlocked
	case blotter.ReasonLayout, blotter.ReasonFormat:
		return dayLayout
	}
	return dayFailed
}

// mostOf is the most frequent state; among equals the first.
func mostOf(counts map[dayState]int) dayState {
	return slices.MaxFunc(dayStates, func(a, b dayState) int { return cmp.Compare(counts[a], counts[b]) })
}

// coverageRow is a source in a period.
type coverageRow struct {
	Source  string                 `json:"source"`
	Period  string                 `json:"period"` // its first day
	State   dayState               `json:"state"`  // of most of its days
	Polls   int                    `json:"polls"`
	Failed  int                    `json:"failed"`
	Reasons map[blotter.Reason]int `json:"reasons,omitempty"`
	Items   int                    `json:"items"`
	New     int                    `json:"new"`
	Days    map[dayState]int       `json:"days"`
}

// coverageRows puts the days of each source into periods, those on which it was not asked included.
func coverageRows(days []archive.Day, sources []string, by index.Interval, from, to time.Time) []coverageRow {
	type key struct {
		source string
		day    time.Time
	}
	asked := make(map[key]archive.Day, len(days))
	for _, d := range days {
		asked[key{d.Source, d.Day}] = d
	}
	rows := []coverageRow{}
	for _, id := range sources {
		for at := from; !at.After(to); at = at.AddDate(0, 0, 1) {
			period := by.Start(at)
			if n := len(rows); n == 0 || rows[n-1].Source != id || rows[n-1].Period != period {
				rows = append(rows, coverageRow{Source: id, Period: period, Reasons: map[blotter.Reason]int{}, Days: map[dayState]int{}})
			}
			rows[len(rows)-1].add(asked[key{id, at}])
		}
	}
	for i := range rows {
		rows[i].State = mostOf(rows[i].Days)
	}
	return rows
}

func (r *coverageRow) add(d archive.Day) {
	r.Polls, r.Items, r.New = r.Polls+d.Asked, r.Items+d.Items, r.New+d.New
	for reason, n := range d.Failed {
		r.Failed += n
		r.Reasons[reason] += n
	}
	r.Days[stateOf(d)]++
}

// reasons names the reasons of failures, the most frequent first.
func (r *coverageRow) reasons() string {
	names := slices.SortedFunc(maps.Keys(r.Reasons), func(a, b blotter.Reason) int {
		return cmp.Or(cmp.Compare(r.Reasons[b], r.Reasons[a]), cmp.Compare(a, b))
	})
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = fmt.Sprintf("%s %d", name, r.Reasons[name])
	}
	return strings.Join(words, ", ")
}

func (a *app) printCoverage(x covering, rows []coverageRow) error {
	if asked, err := rowsForMachines(a, rows); asked || err != nil {
		return err
	}
	if a.output == "csv" {
		return writeCoverageCSV(a.stdout, rows)
	}
	if len(rows) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	head := "SOURCE\tPERIOD\tSTATE\tPOLLS\tFAILED\tITEMS\tNEW\t"
	if x.by != index.Day {
		head += "DAYS WITH NEWS\tSILENT\tBLOCKED\tLAYOUT\tFAILED\tNOT POLLED\t"
	}
	fmt.Fprintln(w, head+"REASONS")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t", r.Source, r.period(x.by), r.State, r.Polls, r.Failed, r.Items, r.New)
		if x.by != index.Day {
			for _, s := range dayStates {
				fmt.Fprintf(w, "%d\t", r.Days[s])
			}
		}
		fmt.Fprintln(w, r.reasons())
	}
	return w.Flush()
}

// period is what people call it: 2026-06 for a month.
func (r *coverageRow) period(by index.Interval) string {
	if by == index.Month {
		return r.Period[:len("2006-01")]
	}
	return r.Period
}

func writeCoverageCSV(out io.Writer, rows []coverageRow) error {
	w := csv.NewWriter(out)
	head := []string{"source", "period", "state", "polls", "failed", "items", "new"}
	for _, s := range dayStates {
		head = append(head, "days_"+strings.ReplaceAll(string(s), " ", "_"))
	}
	_ = w.Write(append(head, "reasons")) // Flush keeps the error
	for _, r := range rows {
		line := []string{r.Source, r.Period, string(r.State)}
		for _, n := range []int{r.Polls, r.Failed, r.Items, r.New} {
			line = append(line, strconv.Itoa(n))
		}
		for _, s := range dayStates {
			line = append(line, strconv.Itoa(r.Days[s]))
		}
		_ = w.Write(append(line, r.reasons()))
	}
	w.Flush()
	return w.Error()
}
