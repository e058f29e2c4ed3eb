package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"blotter/index"
	"blotter/internal/answer"
	"blotter/internal/export"
)

// maxLimit bounds one page of results; an export has no such bound.
const maxLimit = 1000

// searching is what a search was asked for.
type searching struct {
	index.Request
	fields  []string // the columns of csv
	noPager bool
	isNew   bool // show what a saved query finds that was not seen before
}

func searchCommand(a *app) *cobra.Command {
	var x searching
	var sort, timeline string
	cmd := &cobra.Command{
		Use:   "search QUERY",
		Short: "Search the articles with a Boolean query",
		Long: `Search the articles. The language is that of the rules: words (inflections included), "exact phrases", AND, OR, NOT,
NEAR/5, SAME/S (one sentence), ATLEAST/3, wild*cards, title:, source:, tag:, published:2015-01..2015-06.

--facets counts all hits by ` + strings.Join(index.FacetNames, ", ") + `.
--timeline counts them by day, week, month or year, with their share of all articles of that time. A time without any
article is "no news" when a source was asked then, and "no data" when none was.

@NAME is a saved query ('blotter query save'), or a word list of the rules.`,
		Example: `  blotter search 'tag:seizure AND published:2024'
  blotter search '(firearm* OR rifle) NEAR/8 seized NOT toy' --sort -date
  blotter search 'tag:arrest' --facets source,month --timeline month --limit 0
  blotter search 'tag:seizure' --output csv --fields published_date,source,title,url
  blotter search --output jsonl 'tag:plot_foiled' | jq .title
  blotter search @raids --new`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			numbersOnly := len(x.Facets) > 0 || timeline != ""
			if x.Limit < 0 || x.Limit == 0 && !numbersOnly || x.Limit > maxLimit || x.Offset < 0 {
				return usagef("--limit goes from 1 to %d (0 with --facets or --timeline) and --offset from 0", maxLimit)
			}
			if x.Sort, err = index.ParseOrder(sort); err != nil {
				return usageError{err}
			}
			if timeline != "" {
				if x.Timeline, err = index.ParseInterval(timeline); err != nil {
					return usageError{err}
				}
			}
			if err := x.check(a.output); err != nil {
				return usageError{err}
			}
			text := strings.Join(args, " ")
			if x.isNew && (!strings.HasPrefix(text, "@") || strings.ContainsAny(text, " ()")) {
				return usagef("--new goes with one saved query, as in 'blotter search @NAME --new'; 'blotter query save' saves one")
			}
			return a.search(cmd.Context(), text, x)
		},
	}
	f := cmd.Flags()
	f.IntVarP(&x.Limit, "limit", "n", 20, "how many articles to show")
	f.IntVar(&x.Offset, "offset", 0, "how many to pass over")
	f.StringVar(&x.After, "after", "", "go on behind the last article of a page: what it gave as next")
	f.StringVar(&sort, "sort", "relevance", "relevance, date, -date (newest first) or source")
	f.StringSliceVar(&x.Facets, "facets", nil, "count all hits by these, parted by commas")
	f.StringVar(&timeline, "timeline", "", "count all hits by day, week, month or year")
	f.StringSliceVar(&x.fields, "fields", nil, "the columns of --output csv; 'blotter export --codebook' has them")
	f.BoolVar(&x.isNew, "new", false, "of a saved query only what came since the last look")
	f.BoolVar(&x.Explain, "explain", false, "say how the query was understood and answered")
	f.BoolVar(&x.noPager, "no-pager", false, "do not show long output of a terminal in $PAGER")
	for name, values := range map[string][]string{"sort": index.Orders, "facets": index.FacetNames, "timeline": index.Intervals} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	cmd.Annotations = map[string]string{"csv": "yes"}
	return cmd
}

// check finds what does not go together.
func (x *searching) check(output string) error {
	switch {
	case len(x.fields) > 0 && output != "csv":
		return errors.New("--fields are the columns of --output csv")
	case x.isNew && (len(x.Facets) > 0 || x.Timeline != "" || x.Explain || x.After != "" || x.Offset > 0):
		return errors.New("--new shows articles only, and goes on by itself: no --facets, --timeline, --explain, --after or --offset")
	case output == "csv" && (len(x.Facets) > 0 || x.Timeline != "" || x.Explain):
		return errors.New("csv holds the articles only; --facets, --timeline and --explain need --output table or json")
	}
	_, err := export.New("csv", io.Discard, export.Options{Columns: x.fields})
	return err
}

func (a *app) search(ctx context.Context, text string, x searching) error {
	q, err := a.parseQuery(text)
	if err != nil {
		return err
	}
	x.Query = q // a place to go on from is one in the answer to a query
	if err := x.Check(); err != nil {
		return usageError{err}
	}
	if x.isNew {
		return a.searchNew(ctx, text, x)
	}
	return a.read(ctx, true, func(r *reader) error {
		found, err := r.Find(ctx, x.Request, time.Now())
		if err != nil {
			return err
		}
		if found.Total == 0 {
			if err := a.advise(ctx, r, q); err != nil {
				return err
			}
		}
		return a.paged(x.noPager, func(w io.Writer) error { return a.printFound(w, x, found) })
	})
}

// searchNew shows what a saved query finds that was not shown before, and takes that for seen.
func (a *app) searchNew(ctx context.Context, text string, x searching) error {
	name := strings.TrimPrefix(strings.TrimSpace(text), "@")
	c, err := a.savedQuery(name)
	if err != nil {
		return err
	}
	return a.read(ctx, true, func(r *reader) error {
		l, err := readLook(c, name)
		if err != nil {
			return err
		}
		result, err := r.unseen(ctx, l, x.Request)
		if err != nil {
			return err
		}
		found := answer.Found{Result: result, Reader: r.Reader, Request: x.Request}
		if found.Articles, err = r.Articles(ctx, result.Hits); err != nil {
			return err
		}
		if err := a.paged(x.noPager, func(w io.Writer) error { return a.printFound(w, x, found) }); err != nil {
			return err
		}
		if more := result.Total - len(result.Hits); more > 0 {
			a.tell("Look again for the other %d, or take them for seen with 'blotter query seen %s'.\n", more, name)
		}
		l.see(result.Hits)
		return l.write()
	})
}

// warnBehind says when the archive holds changes that the index has not taken in.
func (a *app) warnBehind(ctx context.Context, r *reader) error {
	indexed, err := r.Index.Seq()
	if err != nil {
		return err
	}
	seq, err := r.Archive.Seq(ctx)
	if err != nil {
		return err
	}
	if indexed < seq {
		a.tell("The index is behind the archive; 'blotter update' brings it up to date.\n")
	}
	return nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
