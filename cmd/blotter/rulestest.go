package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/classify"
	"blotter/internal/strict"
)

func rulesTestCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "test [FILE|DIR]",
		Short: "Run the examples of the rules",
		Long: `Run the examples of every rule: those under match must earn the rule's tag, those under
no_match must not. For each that comes out wrong it prints what was found: the query that matched and its
status, what spoiled the match, or how near the rule came. A FILE is read with the lists and the context of
its folder, and only its own rules are run.

Faults in the files are printed all at once, each as file:line:column. Exit code 1 when an example is wrong or
a file has a fault.`,
		Example: "  blotter rules test\n  blotter rules test rules/arson.yaml\n  blotter rules test --output json my-rules",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.rulePack(argument(args, 0))
			var faults strict.Faults
			if errors.As(err, &faults) && a.output != "table" {
				return errors.Join(a.writeJSON(examplesRun{Faults: faultsOf(faults), Failures: []failedExample{}}), errSaid)
			}
			if err != nil {
				return err
			}
			return a.testRules(p)
		},
	}
}

// examplesRun is what rules test prints as JSON.
type examplesRun struct {
	Pack     string          `json:"pack,omitempty"`
	Rules    int             `json:"rules"`
	Examples int             `json:"examples"`
	Wrong    int             `json:"wrong"`
	Failures []failedExample `json:"failures"`
	Faults   []fault         `json:"faults,omitempty"`
}

// failedExample is an example that came out wrong, with what was found in it.
type failedExample struct {
	classify.ExampleFailure
	File  string             `json:"file"`
	Found []classify.Finding `json:"found"`
	Near  []classify.Miss    `json:"near,omitempty"` // why a text that must match does not, where Found does not say it
}

// fault is a fault of a file for machines.
type fault struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
	Shown   string `json:"shown,omitempty"`
}

func faultsOf(faults strict.Faults) []fault {
	var all []fault
	for _, f := range faults {
		all = append(all, fault{f.File, f.Line, f.Column, f.Msg, f.Shown})
	}
	return all
}

func (a *app) testRules(p *rulePack) error {
	run := examplesRun{Pack: p.Hash(), Failures: []failedExample{}}
	files := map[string]string{}
	for _, r := range p.Rules() {
		if p.has(r.File) {
			files[r.ID] = p.place(r.File)
			run.Rules++
			run.Examples += r.Match + r.NoMatch
		}
	}
	for _, f := range p.Test() {
		if file, ok := files[f.Rule]; ok {
			run.Failures = append(run.Failures, failedExampleOf(p.Pack, f, file))
		}
	}
	run.Wrong = len(run.Failures)
	if err := a.printExamples(run); err != nil {
		return err
	}
	if run.Wrong > 0 {
		return errSaid
	}
	return nil
}

// failedExampleOf explains a failure: every match of its rule, and how near the rule came without one.
func failedExampleOf(p *classify.Pack, f classify.ExampleFailure, file string) failedExample {
	out := failedExample{ExampleFailure: f, File: file, Found: []classify.Finding{}}
	article := blotter.Article{Body: f.Text}
	for _, found := range p.Explain(&article) {
		if found.Rule == f.Rule {
			out.Found = append(out.Found, found)
		}
	}
	if f.Want {
		out.Near = p.Nearest(f.Rule, &article)
	}
	return out
}

func (a *app) printExamples(run examplesRun) error {
	if asked, err := forMachines(a, run, run.Failures); asked || err != nil {
		return err
	}
	s := styleFor(a.stdout)
	for _, f := range run.Failures {
		printFailedExample(a.stdout, s, f)
	}
	_, err := fmt.Fprintf(a.stdout, "%s, %s, %d wrong\n",
		plural(run.Rules, "rule"), plural(run.Examples, "example"), run.Wrong)
	return err
}

func printFailedExample(w io.Writer, s style, f failedExample) {
	should := "must not match, and does"
	if f.Want {
		should = "must match, and does not"
	}
	fmt.Fprintf(w, "%s: %s: %s\n  %s\n", f.File, s.bold(f.Rule), s.bad(should), plain(f.Text))
	for _, group := range bySentence(f.Found) {
		fmt.Fprintf(w, "    %s\n", s.mark(verdictOn(group[0])))
		for _, found := range group {
			fmt.Fprintf(w, "      by %s\n", shorten(found.Query, 200))
		}
	}
	for _, miss := range f.Near {
		printMiss(w, s, "    ", miss)
	}
	fmt.Fprintln(w)
}

// verdictOn says what became of a match.
func verdictOn(f classify.Finding) string {
	switch {
	case f.Spoiled != "":
		return fmt.Sprintf("spoiled by “%s” [%s]", plain(f.Because), shorten(f.Spoiled, 120))
	case f.Because != "":
		return fmt.Sprintf("%s, because of “%s”", f.Status, plain(f.Because))
	}
	return string(f.Status)
}

func printMiss(w io.Writer, s style, indent string, miss classify.Miss) {
	line := miss.Why
	if miss.Quote != "" {
		line += ": “" + plain(miss.Quote) + "”"
	}
	fmt.Fprintf(w, "%s%s\n", indent, s.mark(line))
	if miss.Query != "" {
		fmt.Fprintf(w, "%s  in %s\n", indent, shorten(miss.Query, 200))
	}
}
