package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
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
	"blotter/index"
	"blotter/internal/answer"
)

func coverageCommand(a *app) *cobra.Command {
	var x answer.Covering
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
			x.By, x.Now = index.Interval(by), time.Now()
			if err := x.Check(); err != nil {
				return usageError{err}
			}
			return a.read(cmd.Context(), false, func(r *reader) error { return a.coverage(cmd.Context(), r, x) })
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&x.Sources, "source", nil, "only this source (may be repeated)")
	f.StringVar(&by, "by", "month", "day, week or month")
	f.StringVar(&x.From, "from", "", "first day: 2026-06-01, 2026-06 or 2026")
	f.StringVar(&x.To, "to", "", "last day (default: today)")
	_ = cmd.RegisterFlagCompletionFunc("by", cobra.FixedCompletions([]string{"day", "week", "month"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("source", a.completeSources)
	return cmd
}

func (a *app) coverage(ctx context.Context, r *reader, x answer.Covering) error {
	rows, err := r.Coverage(ctx, x)
	if wrong := (*answer.RequestError)(nil); errors.As(err, &wrong) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	if rows == nil {
		a.tell("No source was asked yet; 'blotter run' asks them.\n")
	}
	return a.printCoverage(x, rows)
}

// reasons names the reasons of failures, the most frequent first.
func reasons(r answer.Period) string {
	names := slices.SortedFunc(maps.Keys(r.Reasons), func(a, b blotter.Reason) int {
		return cmp.Or(cmp.Compare(r.Reasons[b], r.Reasons[a]), cmp.Compare(a, b))
	})
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = fmt.Sprintf("%s %d", name, r.Reasons[name])
	}
	return strings.Join(words, ", ")
}

func (a *app) printCoverage(x answer.Covering, rows []answer.Period) error {
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
	if x.By != index.Day {
		head += "DAYS WITH NEWS\tSILENT\tBLOCKED\tLAYOUT\tFAILED\tNOT POLLED\t"
	}
	fmt.Fprintln(w, head+"REASONS")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t", r.Source, periodName(r, x.By), r.State, r.Polls, r.Failed, r.Items, r.New)
		if x.By != index.Day {
			for _, s := range answer.DayStates {
				fmt.Fprintf(w, "%d\t", r.Days[s])
			}
		}
		fmt.Fprintln(w, reasons(r))
	}
	return w.Flush()
}

// periodName is what people call it: 2026-06 for a month.
func periodName(r answer.Period, by index.Interval) string {
	if by == index.Month {
		return r.Period[:len("2006-01")]
	}
	return r.Period
}

func writeCoverageCSV(out io.Writer, rows []answer.Period) error {
	w := csv.NewWriter(out)
	head := []string{"source", "period", "state", "polls", "failed", "items", "new"}
	for _, s := range answer.DayStates {
		head = append(head, "days_"+strings.ReplaceAll(string(s), " ", "_"))
	}
	_ = w.Write(append(head, "reasons")) // Flush keeps the error
	for _, r := range rows {
		line := []string{r.Source, r.Period, string(r.State)}
		for _, n := range []int{r.Polls, r.Failed, r.Items, r.New} {
			line = append(line, strconv.Itoa(n))
		}
		for _, s := range answer.DayStates {
			line = append(line, strconv.Itoa(r.Days[s]))
		}
		_ = w.Write(append(line, reasons(r)))
	}
	w.Flush()
	return w.Error()
}
