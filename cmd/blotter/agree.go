package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"blotter/internal/coding"
)

func agreeCommand(a *app) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "agree CODED.jsonl CODED.jsonl...",
		Short: "Measure how well people agree who labelled the same articles",
		Long: `Compare the files of two coders or more ('blotter code') label by label: the share of articles on which they agree, Cohen's
kappa (of more than two coders the mean over their pairs) and Krippendorff's alpha, each with its 95 % interval, and the
articles on which they differ. A label that a coder was uncertain of counts neither way.

How well the rules do against a coder is for 'blotter rules eval' to say: it reads the same files.`,
		Example: "  blotter agree sample.anna.jsonl sample.ben.jsonl\n  blotter rules eval sample.anna.jsonl",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if limit < 0 {
				return usagef("--limit goes from 0")
			}
			r, titles, err := a.agree(args)
			if err != nil {
				return err
			}
			if asked, err := forMachines(a, r, r.Labels); asked || err != nil {
				return err
			}
			return printAgreement(a.stdout, styleFor(a.stdout), r, titles, limit)
		},
	}
	cmd.Flags().IntVarP(&limit, "limit", "n", 20, "how many of the differences to show; 0 for all, as json has")
	return cmd
}

// agree reads the files of coders and compares them. The titles are those of the articles by id.
func (a *app) agree(names []string) (coding.Report, map[string]string, error) {
	titles := map[string]string{}
	coders := make([][]coding.Coded, len(names))
	files := map[string]string{} // by coder
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return coding.Report{}, nil, usagef("%s is named twice", name)
		}
		lines, err := a.readCoding(name)
		if err != nil {
			return coding.Report{}, nil, err
		}
		for _, l := range lines {
			if l.Tags == nil {
				continue // not coded yet
			}
			if other := files[l.Coder]; l.Coder != "" && other != "" && other != name {
				return coding.Report{}, nil, fmt.Errorf("%s and %s are both the work of %s", other, name, l.Coder)
			}
			files[l.Coder] = name
			titles[l.ID] = l.Title
			coders[i] = append(coders[i], coding.Coded{ID: l.ID, Tags: *l.Tags, Uncertain: l.Uncertain, Labels: l.Labels})
		}
	}
	r, err := coding.Agree(coders)
	return r, titles, err
}

func printAgreement(w io.Writer, s style, r coding.Report, titles map[string]string, limit int) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LABEL\tARTICLES\tGIVEN\tAGREED\tKAPPA\tALPHA")
	for _, l := range r.Labels {
		given := strings.Trim(strings.ReplaceAll(fmt.Sprint(l.Yes), " ", "/"), "[]")
		fmt.Fprintf(table, "%s\t%d\t%s\t%.1f %%\t%s\t%s\n", plain(l.Label), l.Units, given, 100*l.Agreed, measured(l.Kappa), measured(l.Alpha))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "%s coded by two or more; intervals of 95 %%\n", plural(r.Articles, "article"))
	if n := len(r.Incomplete); n > 0 {
		fmt.Fprintf(w, "%s not coded by all yet\n", plural(n, "article"))
	}
	if len(r.Disputes) > 0 {
		fmt.Fprintln(w)
	}
	for i, d := range r.Disputes {
		if limit > 0 && i == limit {
			fmt.Fprintf(w, "%d more; --limit 0 shows all\n", len(r.Disputes)-i)
			break
		}
		said := strings.Join(d.Said, "/")
		fmt.Fprintf(w, "%s %s  %s  %s\n", s.tag(plain(d.Label)), s.bad(said), s.faint(plain(d.ID)), plain(titles[d.ID]))
	}
	return nil
}

func measured(i *coding.Interval) string {
	if i == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f %.2f–%.2f", i.Value, i.Low, i.High)
}
