package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/configs"
	"blotter/crawler"
	"blotter/internal/pipeline"
)

func sourcesCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "sources",
		Short:   "List the configured sources, or try them",
		Example: "  blotter sources list\n  blotter sources check met-current",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(sourcesListCommand(a), sourcesCheckCommand(a))
	return cmd
}

// sourceRow is one line of sources list.
type sourceRow struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Kind      blotter.Kind `json:"kind"`
	Country   string       `json:"country"`
	Publisher string       `json:"publisher"`
	Schedule  string       `json:"schedule"`
	URL       string       `json:"url"`
	Enabled   bool         `json:"enabled"`
	Why       string       `json:"why,omitempty"`
}

func sourcesListCommand(a *app) *cobra.Command {
	var enabledOnly bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the configured sources, and why some are disabled",
		Example: "  blotter sources list --enabled\n  blotter sources list --output json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			rows := []sourceRow{}
			for _, s := range c.Sources {
				if s.Enabled || !enabledOnly {
					rows = append(rows, sourceRow{s.ID, s.Name, s.Kind, s.Country, s.Publisher, s.Schedule, s.URL, s.Enabled, s.Why})
				}
			}
			return a.printSources(rows)
		},
	}
	cmd.Flags().BoolVar(&enabledOnly, "enabled", false, "only the enabled ones")
	return cmd
}

func (a *app) printSources(rows []sourceRow) error {
	switch a.output {
	case "json":
		return a.writeJSON(rows)
	case "jsonl":
		for _, r := range rows {
			if err := a.writeJSON(r); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tKIND\tCOUNTRY\tSCHEDULE\tSTATE\tNAME")
	for _, r := range rows {
		state := "enabled"
		if !r.Enabled {
			state = "disabled: " + shorten(plain(r.Why), 50)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Kind, r.Country, r.Schedule, state, plain(r.Name))
	}
	return w.Flush()
}

// verdict is what trying a source gave.
type verdict struct {
	ID      string `json:"id"`
	OK      bool   `json:"ok"`
	Robots  string `json:"robots,omitempty"`
	Status  int    `json:"status,omitempty"`
	Items   int    `json:"items"`
	Newest  string `json:"newest,omitempty"`
	Article string `json:"article,omitempty"` // the title read from the first item's page
	Failure string `json:"failure,omitempty"`
}

func sourcesCheckCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check [ID…]",
		Short: "Ask sources now, and say what would come of it",
		Long: `Ask each named source (every enabled one, if none is named) and read one of its articles, keeping nothing. Exit code 3
means that some failed.`,
		Example:           "  blotter sources check met-current\n  blotter sources check --output json",
		ValidArgsFunction: a.completeSources,
		RunE: func(cmd *cobra.Command, ids []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			if c.Contact == "" {
				return errors.New("the configuration names no contact; sites want to know who asks: set 'contact' in blotter.yaml")
			}
			sources, err := namedSources(c, ids)
			if err != nil {
				return err
			}
			return a.checkSources(cmd.Context(), c, sources)
		},
	}
}

// namedSources are the sources of some ids, or every enabled one.
func namedSources(c *configs.Config, ids []string) ([]blotter.Source, error) {
	var sources []blotter.Source
	for _, id := range ids {
		src, err := findSource(c, id)
		if err != nil {
			return nil, err
		}
		sources = append(sources, src)
	}
	if len(ids) > 0 {
		return sources, nil
	}
	return enabledSources(c), nil
}

func enabledSources(c *configs.Config) []blotter.Source {
	var enabled []blotter.Source
	for _, src := range c.Sources {
		if src.Enabled {
			enabled = append(enabled, src)
		}
	}
	return enabled
}

func (a *app) checkSources(ctx context.Context, c *configs.Config, sources []blotter.Source) error {
	fetcher := a.fetcher(c)
	failed := 0
	for _, src := range sources {
		v, err := check(ctx, fetcher, src)
		if err != nil {
			return err
		}
		if !v.OK {
			failed++
		}
		if a.output != "table" {
			if err := a.writeJSON(v); err != nil {
				return err
			}
			continue
		}
		printVerdict(a, v)
	}
	if failed > 0 {
		return errSomeFailed
	}
	return nil
}

func printVerdict(a *app, v verdict) {
	s := styleFor(a.stdout)
	if !v.OK {
		fmt.Fprintf(a.stdout, "%-30s %s  %s\n", v.ID, s.bad("failed"), plain(v.Failure))
		return
	}
	fmt.Fprintf(a.stdout, "%-30s ok  %s, newest %s, robots %s; article: %s\n", v.ID, plural(v.Items, "item"), v.Newest, v.Robots, plain(v.Article))
}

// check asks one source for its items and for the page of the first.
func check(ctx context.Context, f *crawler.Fetcher, src blotter.Source) (verdict, error) {
	v := verdict{ID: src.ID}
	answer, err := f.Fetch(ctx, crawler.Request{URL: src.URL, Feed: src.Kind != blotter.KindListing})
	v.Robots = answer.Robots
	if n := len(answer.Exchanges); n > 0 {
		v.Status = answer.Exchanges[n-1].Status
	}
	if err != nil {
		return v.fail(err)
	}
	listing, err := crawler.List(answer.Page, src)
	if err != nil {
		return v.fail(err)
	}
	v.Items = len(listing.Items)
	var newest blotter.Date
	for _, item := range listing.Items {
		if item.Published.Time.After(newest.Time) {
			newest = item.Published
		}
	}
	v.Newest = newest.String()
	if v.Items == 0 || src.Kind == blotter.KindStatus {
		v.OK = true
		return v, nil
	}
	page, err := f.Fetch(ctx, crawler.Request{URL: listing.Items[0].URL})
	if err != nil {
		return v.fail(fmt.Errorf("%s: %w", listing.Items[0].URL, err))
	}
	article, err := pipeline.ReadPage(page.Page, src, listing.Items[0])
	if err != nil {
		return v.fail(fmt.Errorf("%s: %w", listing.Items[0].URL, err))
	}
	v.OK, v.Article = true, article.Title
	return v, nil
}

// fail notes the world's failure in the verdict; an error of our own it hands on.
func (v verdict) fail(err error) (verdict, error) {
	if blotter.AsFailure(err) == nil {
		return v, err
	}
	v.Failure = err.Error()
	return v, nil
}
