package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"blotter/index"
	"blotter/internal/answer"
	"blotter/internal/bundle"
	"blotter/query"
)

func replayCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "replay BUNDLE.zip|manifest.json",
		Short: "Put the query of a bundle again, and name what is different now, and why",
		Long: `Put the query of a bundle ('blotter export --bundle') again. Every file of the bundle is compared with its digest first.
Then each article is named that was gained, lost or changed since, with the reason: fetched since, text changed, other
rules, other extractor, forgotten. Exit code 4 says that something is different.`,
		Example: "  blotter replay seizures.zip\n  blotter replay paper/manifest.json --output json",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.replay(cmd.Context(), args[0]) },
	}
}

// replayed is what replay prints as JSON.
type replayed struct {
	Same        bool                `json:"same"`
	Query       string              `json:"query"`
	Then        moment              `json:"then"`
	Now         moment              `json:"now"`
	Differences []bundle.Difference `json:"differences"`
	Missing     []string            `json:"missing,omitempty"` // files that do not lie beside the manifest
}

// moment is an answer and what it was given by.
type moment struct {
	Articles  int    `json:"articles"`
	Archive   string `json:"archive"`
	Seq       int64  `json:"seq"`
	Rules     string `json:"rules"`
	Extractor int    `json:"extractor"`
	Program   string `json:"program"`
}

func momentOf(m bundle.Manifest) moment {
	return moment{m.Articles, m.Archive.ID, m.Archive.Seq, m.Rules, m.Extractor, m.Program}
}

func (a *app) replay(ctx context.Context, name string) error {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		name = filepath.Join(name, "manifest.json")
	}
	b, err := bundle.Open(name)
	if err != nil {
		return err
	}
	c, rules, err := a.ownRules()
	if err != nil {
		return err
	}
	q, err := replayedQuery(b.Manifest.Query)
	if err != nil {
		return fmt.Errorf("the query of %s: %w", name, err)
	}
	var out replayed
	err = a.read(ctx, true, func(r *reader) error {
		again, err := r.again(ctx, q, b)
		again.Archive = r.Archive.ID()
		if err != nil {
			return err
		}
		now, err := r.bundleInput(ctx, c, rules)
		if err != nil {
			return err
		}
		now.Manifest.Articles = len(again.Found)
		out = replayed{
			Query: b.Manifest.Query.Typed, Then: momentOf(b.Manifest), Now: momentOf(now.Manifest),
			Differences: bundle.Compare(b, again), Missing: b.Missing,
		}
		return nil
	})
	if err != nil {
		return err
	}
	out.Same = len(out.Differences) == 0
	if out.Then.Archive != out.Now.Archive {
		a.tell("This is another archive (%s) than that of the bundle (%s).\n", out.Now.Archive, out.Then.Archive)
	}
	if len(out.Missing) > 0 {
		a.tell("Not beside the manifest, and not compared: %s\n", strings.Join(out.Missing, ", "))
	}
	if err := a.printReplayed(out); err != nil {
		return err
	}
	if !out.Same {
		return errDifferent
	}
	return nil
}

// again is what a query finds now, and what has become of the articles of a bundle.
func (r *reader) again(ctx context.Context, q *query.Query, b *bundle.Bundle) (bundle.Answer, error) {
	var now bundle.Answer
	err := r.Pages(ctx, q, func(hits []index.Hit) error {
		found, err := r.Archive.Provenance(ctx, answer.IDs(hits))
		now.Found = append(now.Found, found...)
		return err
	})
	if err != nil {
		return now, err
	}
	for part := range slices.Chunk(b.Articles, answer.Page) {
		ids := make([]string, len(part))
		for i, d := range part {
			ids[i] = d.ID
		}
		there, err := r.Archive.Provenance(ctx, ids)
		if err != nil {
			return now, err
		}
		removed, err := r.Archive.Removals(ctx, ids)
		if err != nil {
			return now, err
		}
		now.There, now.Removed = append(now.There, there...), append(now.Removed, removed...)
	}
	return now, nil
}

// maxExpanded bounds a query that is written out: lists make it long.
const maxExpanded = 16 << 20

// replayedQuery is the query that a replay asks; nil for everything.
func replayedQuery(q bundle.Query) (*query.Query, error) {
	if q.Expanded == "" {
		return nil, nil
	}
	return query.ParseWith(q.Expanded, query.Options{MaxBytes: maxExpanded})
}

func (a *app) printReplayed(out replayed) error {
	if asked, err := forMachines(a, out, out.Differences); asked || err != nil {
		return err
	}
	return printDifferences(a.stdout, styleFor(a.stdout), out)
}

func printDifferences(w io.Writer, s style, out replayed) error {
	if out.Same {
		_, err := fmt.Fprintf(w, "the same: %s\n", plural(out.Now.Articles, "article"))
		return err
	}
	n := map[string]int{}
	for _, d := range out.Differences {
		n[d.Kind]++
		fmt.Fprintf(w, "%-8s %s  %s\n", s.bold(d.Kind), d.ID, plain(d.URL))
		for _, reason := range d.Reasons {
			fmt.Fprintf(w, "         %s\n", s.faint(plain(reason)))
		}
	}
	_, err := fmt.Fprintf(w, "%s then, %d now: %d gained, %d lost, %d changed\n",
		plural(out.Then.Articles, "article"), out.Now.Articles, n[bundle.Gained], n[bundle.Lost], n[bundle.Changed])
	return err
}
