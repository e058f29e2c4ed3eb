package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/internal/coding"
	"blotter/query"
)

// sampling is what a sample was asked for.
type sampling struct {
	n        int
	seed     uint64
	by       []string
	allocate string
	out      string
}

func sampleCommand(a *app) *cobra.Command {
	var x sampling
	cmd := &cobra.Command{
		Use:   "sample QUERY",
		Short: "Draw articles at random for people to label",
		Long: `Draw articles that QUERY finds at random, for coding by hand with 'blotter code'. With --by they are drawn by strata, in
proportion to their sizes or the same number from each (--allocate). The same archive, query and seed give the same sample.

A line of the file is an article with its text, its stratum and its weight: how many articles it stands for. Nothing in it
says how the rules have tagged it.`,
		Example: "  blotter sample 'tag:seizure' -n 200 --seed 7 --by year,source --out sample.jsonl\n  blotter code sample.jsonl --coder anna",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if x.n < 1 {
				return usagef("-n goes from 1")
			}
			if !slices.Contains(coding.Allocations, x.allocate) {
				return usagef("--allocate %q is unknown; there are %s", x.allocate, strings.Join(coding.Allocations, ", "))
			}
			for _, name := range x.by {
				if strata[name] == nil {
					return usagef("there are no strata by %q; there are %s", name, strings.Join(strataNames, ", "))
				}
			}
			text := strings.Join(args, " ")
			q, err := a.parseQuery(text)
			if err != nil {
				return err
			}
			if x.out == "-" {
				return a.sample(cmd.Context(), a.stdout, text, q, x)
			}
			return replaceFile(x.out, func(f *os.File) error { return a.sample(cmd.Context(), f, text, q, x) })
		},
	}
	f := cmd.Flags()
	f.IntVarP(&x.n, "number", "n", 200, "how many articles to draw")
	f.Uint64Var(&x.seed, "seed", 1, "another number draws another sample")
	f.StringSliceVar(&x.by, "by", nil, "strata, parted by commas: "+strings.Join(strataNames, ", "))
	f.StringVar(&x.allocate, "allocate", string(coding.Proportional), strings.Join(coding.Allocations, " or ")+": how many each stratum gives")
	f.StringVar(&x.out, "out", "-", "file to write; - is standard output")
	_ = cmd.RegisterFlagCompletionFunc("by", cobra.FixedCompletions(strataNames, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("allocate", cobra.FixedCompletions(coding.Allocations, cobra.ShellCompDirectiveNoFileComp))
	cmd.Annotations = machinesOnly
	return cmd
}

// strataNames are what strata can be made by, in the order of the help.
var strataNames = []string{"source", "country", "lang", "month", "year"}

var strata = map[string]func(r *reader, a *blotter.Article) string{
	"source":  func(_ *reader, a *blotter.Article) string { return a.Source },
	"country": func(r *reader, a *blotter.Article) string { return r.Sources[a.Source].Country },
	"lang":    func(_ *reader, a *blotter.Article) string { lang, _, _ := strings.Cut(a.Lang, "-"); return lang },
	"month":   func(_ *reader, a *blotter.Article) string { return dated(a, len("2006-01")) },
	"year":    func(_ *reader, a *blotter.Article) string { return dated(a, len("2006")) },
}

// dated is the date of an article as far as n characters, "" when it has none so fine.
func dated(a *blotter.Article, n int) string {
	text := a.Published.String()
	if len(text) < n {
		return ""
	}
	return text[:n]
}

// stratum is that of an article; what it has no value of is called none.
func (r *reader) stratum(a *blotter.Article, by []string) string {
	values := make([]string, len(by))
	for i, name := range by {
		if values[i] = strata[name](r, a); values[i] == "" {
			values[i] = "none"
		}
	}
	return strings.Join(values, " ")
}

// codingLine is an article to be labelled, or one that is: then it has tags, maybe none. 'rules eval' reads it too.
type codingLine struct {
	ID        string    `json:"id"`
	URL       string    `json:"url,omitempty"`
	Source    string    `json:"source,omitempty"`
	Date      string    `json:"date,omitempty"`
	Title     string    `json:"title"`
	Text      string    `json:"text"`
	Sample    string    `json:"sample,omitempty"` // what was drawn: query, number, seed, strata
	Stratum   string    `json:"stratum,omitempty"`
	Weight    float64   `json:"weight,omitempty"` // how many articles it stands for
	Tags      *[]string `json:"tags,omitempty"`
	Uncertain []string  `json:"uncertain,omitempty"`
	Labels    []string  `json:"labels,omitempty"` // that the coder was asked for
	Coder     string    `json:"coder,omitempty"`
}

func (a *app) sample(ctx context.Context, w io.Writer, text string, q *query.Query, x sampling) error {
	return a.read(ctx, true, func(r *reader) error {
		var candidates []coding.Candidate
		_, err := r.Each(ctx, q, func(a blotter.Article) error {
			candidates = append(candidates, coding.Candidate{ID: a.ID, Stratum: r.stratum(&a, x.by)})
			return nil
		})
		if err != nil {
			return err
		}
		if len(candidates) == 0 {
			return errors.New("the query finds nothing to draw from; 'blotter search' says why")
		}
		drawn, err := coding.Draw(candidates, x.n, x.seed, coding.Allocation(x.allocate))
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%s --number %d --seed %d", text, x.n, x.seed)
		if len(x.by) > 0 {
			name += fmt.Sprintf(" --by %s --allocate %s", strings.Join(x.by, ","), x.allocate)
		}
		buffered := bufio.NewWriter(w)
		for _, d := range drawn {
			found, err := r.Archive.Articles(ctx, []string{d.ID})
			if err != nil {
				return err
			}
			for _, f := range found {
				line := codingLine{ID: f.ID, URL: f.URL, Source: f.Source, Date: f.Published.String(), Title: f.Title, Text: f.Body,
					Sample: name, Stratum: d.Stratum, Weight: d.Weight()}
				if err := writeJSONTo(buffered, false, line); err != nil {
					return err
				}
			}
		}
		if err := buffered.Flush(); err != nil {
			return err
		}
		all := ""
		if len(drawn) == len(candidates) {
			all = ": there are no more"
		}
		a.tell("%d of %s drawn from %s%s\n", len(drawn), plural(len(candidates), "article"), pluralStrata(drawn), all)
		return nil
	})
}

func pluralStrata(drawn []coding.Drawn) string {
	strata := map[string]bool{}
	for _, d := range drawn {
		strata[d.Stratum] = true
	}
	if len(strata) == 1 {
		return "one stratum"
	}
	return fmt.Sprintf("%d strata", len(strata))
}

// readCoding reads a file of articles to be labelled, or labelled.
func (a *app) readCoding(name string) ([]codingLine, error) {
	in, err := a.openFile(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var all []codingLine
	seen := map[string]int{}
	for line, err := range readLines(name, in) {
		if err != nil {
			return nil, err
		}
		err = line.Err
		var c codingLine
		if err == nil {
			err = json.Unmarshal(line.Text, &c)
		}
		if err == nil && c.ID == "" {
			err = errors.New("no id")
		}
		if err == nil && seen[c.ID] > 0 {
			err = fmt.Errorf("the id %s stands in line %d already", c.ID, seen[c.ID])
		}
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, line.Number, err)
		}
		seen[c.ID] = line.Number
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no article", name)
	}
	return all, nil
}
