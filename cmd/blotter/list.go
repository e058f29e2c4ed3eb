package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/crawler"
)

// listedItem is one line of list.
type listedItem struct {
	URL       string `json:"url"`
	Title     string `json:"title"`
	Published string `json:"published,omitempty"`
	Summary   string `json:"summary,omitempty"`
}

func listCommand(a *app) *cobra.Command {
	var url, source, kind string
	kinds := []string{"auto", "feed", "listing", "sitemap", "status"}
	cmd := &cobra.Command{
		Use:   "list FILE",
		Short: "List the items of a saved feed, listing page or sitemap",
		Long: `List the items of a saved feed, listing page, sitemap or status feed, one JSON line each: url, title, published,
summary. What had to be repaired is said on standard error. The file may be gzipped; - is standard input.`,
		Example:     "  blotter list feed.xml\n  blotter list --kind listing --url https://police.example/news news.html",
		Args:        cobra.ExactArgs(1),
		Annotations: machinesOnly,
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(kinds, kind) {
				return usagef("--kind %q is unknown; there are %v", kind, kinds)
			}
			src, err := a.hintSource(source)
			if err != nil {
				return err
			}
			if kind != "auto" {
				src.Kind = blotter.Kind(kind)
			}
			if url == "" {
				url = src.URL
			}
			page, err := a.readPage(args[0], url, "", time.Now())
			if err != nil {
				return err
			}
			listing, err := crawler.List(page, src)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			for _, fault := range listing.Faults {
				a.tell("%s: %s\n", args[0], fault)
			}
			for _, item := range listing.Items {
				if err := a.writeJSON(listedItem{item.URL, item.Title, item.Published.String(), item.Summary}); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&url, "url", "", "where the file came from; relative links are resolved against it")
	cmd.Flags().StringVar(&kind, "kind", "auto", "auto, feed, listing, sitemap or status")
	cmd.Flags().StringVar(&source, "source", "", "read it by the selectors and the zone of this configured source")
	_ = cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(kinds, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("source", a.completeSources)
	return cmd
}
