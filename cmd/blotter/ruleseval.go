package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/classify"
	"blotter/internal/pipeline"
)

type evalOptions struct {
	rules string
	wrong string   // the one tag whose mistakes are shown
	tags  []string // that are scored
	limit int
}

func rulesEvalCommand(a *app) *cobra.Command {
	var o evalOptions
	cmd := &cobra.Command{
		Use:   "eval GOLD.jsonl",
		Short: "Measure the rules on articles that people have labelled",
		Long: `Measure the rules on labelled articles: one JSON object a line with id, title, text, tags (the
names of the tags it should have, maybe none), uncertain (those of which the labeller was not sure; they
count neither way), labels (those that the labeller was asked for; without it, all) and weight (how many
articles it stands for, as 'blotter sample' has it). Per tag it prints precision (how many of the given tags are right), recall (how many of
the wanted ones are given) and F1 with their 95 % intervals, then their mean over the tags (macro) and over
all cells (micro), which tags were given instead of others, and the mistakes with the sentence that earned the
wrong tag.

Scored are the tags that the labels use, or those of --tags. A tag of the rules that the labels never use is
left out: nobody has said where it should be.`,
		Example: `  blotter rules eval gold.jsonl
  blotter rules eval gold.jsonl --rules my-rules --wrong arson --limit 0
  blotter rules eval gold.jsonl --output json | jq '.tags[] | {tag, f1}'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.limit < 0 {
				return usagef("--limit goes from 0")
			}
			p, err := a.rulePack(o.rules)
			if err != nil {
				return err
			}
			in, err := a.openFile(args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			e, err := a.evaluate(cmd.Context(), p.Pack, gold(readLines(args[0], in), args[0]))
			if err != nil {
				return err
			}
			return a.reportEval(p, e, o)
		},
	}
	cmd.Flags().StringVar(&o.rules, "rules", "", "folder of the rules (default: those of the configuration)")
	cmd.Flags().StringVar(&o.wrong, "wrong", "", "show the mistakes of this tag only")
	cmd.Flags().StringSliceVar(&o.tags, "tags", nil, "tags to score (default: those that the labels use)")
	cmd.Flags().IntVarP(&o.limit, "limit", "n", 5, "how many mistakes to show of each tag; 0 for all, as json has")
	_ = cmd.RegisterFlagCompletionFunc("wrong", a.completeTags(&o.rules))
	_ = cmd.RegisterFlagCompletionFunc("tags", a.completeTags(&o.rules))
	return cmd
}

// labelled is an article and what it should be tagged with.
type labelled struct {
	article blotter.Article
	judged  classify.Judged
}

// gold reads labelled articles. A line that is none ends it: a score over the rest would be the score of something
// else.
func gold(lines iter.Seq2[pipeline.Line, error], name string) iter.Seq2[labelled, error] {
	return func(yield func(labelled, error) bool) {
		read := 0
		for line, err := range lines {
			if err != nil {
				yield(labelled{}, err)
				return
			}
			l, err := readLabelled(line)
			if err != nil {
				yield(labelled{}, fmt.Errorf("%s: line %d: %w", name, line.Number, err))
				return
			}
			read++
			if !yield(l, nil) {
				return
			}
		}
		if read == 0 {
			yield(labelled{}, fmt.Errorf("%s: no labelled article", name))
		}
	}
}

func readLabelled(line pipeline.Line) (labelled, error) {
	id, article, err := readLineArticle(line)
	if err != nil {
		return labelled{}, err
	}
	var labels struct {
		Tags      *[]string `json:"tags"`
		Uncertain []string  `json:"uncertain"`
		Labels    []string  `json:"labels"`
		Weight    float64   `json:"weight"`
	}
	if err := json.Unmarshal(line.Text, &labels); err != nil {
		return labelled{}, fmt.Errorf("tags, uncertain and labels are lists of names, weight is a number: %w", err)
	}
	if labels.Weight < 0 {
		return labelled{}, fmt.Errorf("the weight is %g", labels.Weight)
	}
	if labels.Tags == nil {
		return labelled{}, errors.New("no tags; an article that should have none has an empty list")
	}
	judged := classify.Judged{ID: id, Title: article.Title, Tags: *labels.Tags, Uncertain: labels.Uncertain, Labels: labels.Labels, Weight: labels.Weight}
	return labelled{article, judged}, nil
}

func (a *app) evaluate(
	ctx context.Context, p *classify.Pack, gold iter.Seq2[labelled, error],
) (*classify.Evaluation, error) {
	count, stop := a.countProgress("articles scored", 0)
	defer stop()
	type scored struct {
		judged classify.Judged
		given  []blotter.Tag
	}
	e := &classify.Evaluation{}
	err := inOrder(ctx, gold, func(l labelled) scored {
		return scored{l.judged, p.Tags(&l.article)}
	}, func(s scored) error {
		count.Add(1)
		e.Add(s.judged, s.given)
		return nil
	})
	return e, err
}

// evalResult is what rules eval prints as JSON.
type evalResult struct {
	Pack string `json:"pack"`
	classify.Report
}

func (a *app) reportEval(p *rulePack, e *classify.Evaluation, o evalOptions) error {
	tags := o.tags
	if len(tags) == 0 {
		tags = e.Labels()
	}
	if o.wrong != "" && !slices.Contains(tags, o.wrong) {
		return usagef("--wrong %q is none of the tags scored: %s", o.wrong, strings.Join(tags, ", "))
	}
	given := map[string]bool{}
	var unused []string
	for _, r := range p.Rules() {
		if !given[r.Tag] && !slices.Contains(tags, r.Tag) {
			unused = append(unused, r.Tag)
		}
		given[r.Tag] = true
	}
	for _, tag := range tags {
		if !given[tag] && !slices.Contains(e.Labels(), tag) {
			return usagef("neither the labels nor the rules have the tag %q", tag)
		}
	}
	if len(unused) > 0 {
		a.tell("Not scored, because the labels never use them: %s. --tags scores them all the same.\n", strings.Join(unused, ", "))
	}
	report := e.Report(tags)
	if o.wrong != "" {
		report.Mistakes = slices.DeleteFunc(report.Mistakes, func(m classify.Mistake) bool { return m.Tag != o.wrong })
	}
	if asked, err := forMachines(a, evalResult{p.Hash(), report}, append(report.Tags, report.Macro, report.Micro)); asked || err != nil {
		return err
	}
	if err := printScores(a.stdout, report, given); err != nil {
		return err
	}
	if err := printConfusions(a.stdout, report.Confusions, o.limit); err != nil {
		return err
	}
	// That a tag without a rule is missed goes without saying.
	shown := slices.DeleteFunc(report.Mistakes, func(m classify.Mistake) bool { return !given[m.Tag] && m.Tag != o.wrong })
	printMistakes(a.stdout, styleFor(a.stdout), shown, o.limit)
	return nil
}

func printScores(w io.Writer, r classify.Report, given map[string]bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TAG\tWANTED\tRIGHT\tWRONG\tMISSED\tPRECISION\tRECALL\tF1")
	for _, s := range append(r.Tags, r.Macro, r.Micro) {
		note := ""
		if len(given) > 0 && !given[s.Tag] && s.Tag != r.Macro.Tag && s.Tag != r.Micro.Tag {
			note = "  no rule gives it"
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%s\t%s\t%s%s\n", s.Tag, s.Support, s.Right, s.Wrong, s.Missed,
			estimate(s.Precision), estimate(s.Recall), estimate(s.F1), note)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	unasked, weighted := "", ""
	if r.Unasked > 0 {
		unasked = fmt.Sprintf(", %d that nobody was asked for", r.Unasked)
	}
	if r.Weighted {
		weighted = "; the shares are weighted, as the articles stand for different numbers of others"
	}
	_, err := fmt.Fprintf(w, "%s, %d uncertain cells left out%s; intervals of 95 %%%s\n",
		plural(r.Texts, "article"), r.Uncertain, unasked, weighted)
	return err
}

func estimate(e classify.Estimate) string {
	return fmt.Sprintf("%.3f %.2f–%.2f", e.Value, e.Low, e.High)
}

func printConfusions(w io.Writer, all []classify.Confusion, limit int) error {
	var pairs []classify.Confusion
	for _, c := range all {
		if c.Wanted != "" && c.Given != "" { // what was only missed or only given is in the table above
			pairs = append(pairs, c)
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WANTED\tGIVEN INSTEAD\tARTICLES")
	for i, c := range pairs {
		if limit > 0 && i == 2*limit {
			fmt.Fprintf(table, "…\t%d more pairs\t\n", len(pairs)-i)
			break
		}
		fmt.Fprintf(table, "%s\t%s\t%d\n", c.Wanted, c.Given, c.Texts)
	}
	return table.Flush()
}

func printMistakes(w io.Writer, s style, mistakes []classify.Mistake, limit int) {
	if len(mistakes) > 0 {
		fmt.Fprintln(w)
	}
	shown := map[string]int{}
	for _, m := range mistakes {
		if shown[m.Tag]++; limit > 0 && shown[m.Tag] > limit {
			continue
		}
		what := "missed"
		if !m.Missed {
			what = "wrongly"
		}
		id, title := cmp.Or(m.ID, "no id"), cmp.Or(plain(m.Title), "(no title)")
		fmt.Fprintf(w, "%s %s  %s  %s\n", s.tag(m.Tag), s.bad(what), s.faint(id), title)
		if m.Given != nil && len(m.Given.Evidence) > 0 {
			fmt.Fprintf(w, "  %s “%s”\n", m.Given.Status, shorten(plain(m.Given.Evidence[0].Quote), 220))
		}
	}
	for _, tag := range slices.Sorted(keysOver(shown, limit)) {
		fmt.Fprintf(w, "%s: %d more; --wrong %s --limit 0 shows all\n", tag, shown[tag]-limit, tag)
	}
}

// keysOver are the keys of what is more than a limit that is one.
func keysOver(counts map[string]int, limit int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for key, n := range counts {
			if limit > 0 && n > limit && !yield(key) {
				return
			}
		}
	}
}

// completeTags completes the tags that the rules give.
func (a *app) completeTags(place *string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		p, err := a.rulePack(*place)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var tags []string
		for _, r := range p.Rules() {
			tags = append(tags, r.Tag+"\t"+r.Title)
		}
		return tags, cobra.ShellCompDirectiveNoFileComp
	}
}
