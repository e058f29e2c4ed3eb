package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/internal/pipeline"
)

func backfillCommand(a *app) *cobra.Command {
	var from, to string
	var b pipeline.Backfill
	cmd := &cobra.Command{
		Use:   "backfill SOURCE",
		Short: "Read a source backwards: what it published in the past",
		Long: `Find what a configured source published between two days, fetch it, and take it to the index. There are three ways:

  sitemaps  its sitemaps: its own, those that robots.txt names, /sitemap.xml
  pages     the further pages of its listing, and its lists of years and months
  wayback   the Wayback Machine (crawl.wayback in blotter.yaml): also for a site that is gone

auto goes them in this order until one has found something. Items that the lists date before --from or after --to are
not fetched; those without a date are. For the Wayback Machine the days are those of its captures.

Stop it at any time with Ctrl-C: what was asked for is finished and kept. The same command goes on there; no page is
fetched twice. Pages go out at the pace of any crawl, one at a time and 5 seconds apart, so 5,000 articles take seven
hours. Exit code 3 means that the site could not be read; the summary says why.`,
		Example: `  blotter backfill met-current --from 2015-01-01
  blotter backfill met-current --from 2015-01-01 --to 2019-12-31 --by pages
  blotter backfill nca-rss --from 2013-10-07 --under https://www.nationalcrimeagency.gov.uk/news/`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSources,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if b.From, b.To, err = days(from, to); err != nil {
				return err
			}
			if err := checkBackfill(b); err != nil {
				return err
			}
			return a.backfill(cmd.Context(), args[0], b)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&from, "from", "", "the first day, as 2015-01-01 (required)")
	flags.StringVar(&to, "to", "", "the last day (default: no end)")
	flags.StringVar(&b.By, "by", pipeline.ByAuto, "the way: "+strings.Join(pipeline.Ways, ", "))
	flags.StringVar(&b.Under, "under", "", "take only addresses that begin so, such as https://site.example/news/")
	flags.BoolVar(&b.Again, "again", false, "read the lists anew when this backfill was done before; what was fetched is not fetched again")
	_ = cmd.RegisterFlagCompletionFunc("by", cobra.FixedCompletions(pipeline.Ways, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// days reads the two days of a backfill.
func days(from, to string) (first, last time.Time, err error) {
	if from == "" {
		return first, last, usagef("--from is missing: name the first day, such as --from 2015-01-01")
	}
	if first, err = time.Parse(time.DateOnly, from); err != nil {
		return first, last, usagef("--from %q is no day such as 2015-01-01", from)
	}
	if to == "" {
		return first, last, nil
	}
	if last, err = time.Parse(time.DateOnly, to); err != nil {
		return first, last, usagef("--to %q is no day such as 2019-12-31", to)
	}
	if last.Before(first) {
		return first, last, usagef("--to %s is before --from %s", to, from)
	}
	return first, last, nil
}

func checkBackfill(b pipeline.Backfill) error {
	if !slices.Contains(pipeline.Ways, b.By) {
		return usagef("--by %q is unknown; there are %s", b.By, strings.Join(pipeline.Ways, ", "))
	}
	if b.Under == "" {
		return nil
	}
	if u, err := url.Parse(b.Under); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path == "" {
		return usagef("--under %q is no beginning of addresses such as https://site.example/news/", b.Under)
	}
	return nil
}

func (a *app) backfill(ctx context.Context, id string, b pipeline.Backfill) error {
	c, err := a.ownConfig()
	if err != nil {
		return err
	}
	if b.Source, err = findSource(c, id); err != nil {
		return err
	}
	if b.Source.Kind == blotter.KindStatus {
		return usagef("%s is a status feed, whose items have no pages of their own: there is nothing to read backwards", id)
	}
	if err := hasContact(c); err != nil {
		return err
	}
	return a.pass(ctx, c, func(ctx context.Context, p *pipeline.Pipeline) (pipeline.Summary, error) {
		return p.Backfill(ctx, b)
	})
}

// backfillLine says how far a backfill is. The time left is known when the lists are read.
func backfillLine(p *pipeline.Progress, now time.Time, since time.Duration) string {
	lists, wanted, done := p.Lists.Load(), p.Wanted.Load(), p.Fetched.Load()
	line := fmt.Sprintf("%s read, %s found", plural(int(lists), "list"), plural(int(wanted), "article"))
	if begun := p.Since.Load(); begun > 0 {
		spent := now.Sub(time.Unix(0, begun))
		line = fmt.Sprintf("%d of %d articles, %.1f/s", done, wanted, float64(done)/max(spent.Seconds(), 0.001))
		if done > 0 && done < wanted {
			left := time.Duration(float64(spent) / float64(done) * float64(wanted-done))
			line += fmt.Sprintf(", about %s left", left.Round(time.Second))
		}
	}
	return fmt.Sprintf("%s; %d indexed, %s", line, p.Indexed.Load(), since.Round(time.Second))
}

// writeBackfills says how far each way of a backfill has come, in all its passes.
func writeBackfills(w io.Writer, all []pipeline.BackfillSummary) {
	for _, b := range all {
		fmt.Fprintf(w, "%-9s %s read%s%s; %s found = %d fetched%s%s%s\n", b.Way, plural(b.Lists, "list"),
			counted(", %d failed", b.ListsFailed), counted(", %d to read", b.ListsLeft), plural(b.Found, "article"), b.Fetched,
			counted(" + %d failed", b.Failed), counted(" + %d waiting", b.Waiting), counted(" + %d left", b.Left))
		switch {
		case b.Before:
			fmt.Fprintln(w, "          done before; --again reads the lists anew")
		case b.Ended:
			fmt.Fprintln(w, "          done")
		case b.Halted != "":
			fmt.Fprintf(w, "          left alone for now: %s; the same command goes on\n", b.Halted)
		case b.Waiting+b.ListsLeft > 0:
			fmt.Fprintln(w, "          what failed for a reason that may pass is tried again by the same command, later")
		}
	}
}
