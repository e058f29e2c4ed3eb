package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"blotter/classify"
)

func rulesLintCommand(a *app) *cobra.Command {
	var strictly bool
	cmd := &cobra.Command{
		Use:   "lint [DIR]",
		Short: "Say what is probably not meant in the rules",
		Long: `Say what is not wrong in the rules and probably not meant, each as file: rule: what.

  - a word list that no query uses, a word that another covers (seized beside seize), a wildcard after few letters
  - a rule without a description, without examples, or with fewer than three of either kind; two rules with one tag
  - a query that no example shows at work: one that finds no example under match, an unless that spoils none under
    no_match, a status that no example gets
  - a query without a word to find, such as NOT x alone; "or" in small letters, which is a word
  - a status that is ignored and given

Faults end it with exit code 1, as in 'blotter rules test'; remarks do so with --strict.`,
		Example: "  blotter rules lint\n  blotter rules lint --strict my-rules",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.rulePack(argument(args, 0))
			if err != nil {
				return err
			}
			return a.lint(p, strictly)
		},
	}
	cmd.Flags().BoolVar(&strictly, "strict", false, "exit code 1 when there is a remark")
	return cmd
}

func (a *app) lint(p *rulePack, strictly bool) error {
	remarks := []classify.Remark{}
	for _, r := range p.Lint() {
		if p.has(r.File) {
			r.File = p.place(r.File)
			remarks = append(remarks, r)
		}
	}
	if err := a.printRemarks(remarks); err != nil {
		return err
	}
	if strictly && len(remarks) > 0 {
		return errSaid
	}
	return nil
}

func (a *app) printRemarks(remarks []classify.Remark) error {
	if asked, err := rowsForMachines(a, remarks); asked || err != nil {
		return err
	}
	for _, r := range remarks {
		about := r.Rule
		if r.List != "" {
			about = "@" + r.List
		}
		fmt.Fprintf(a.stdout, "%s: %s: %s\n", r.File, about, plain(r.Message))
	}
	a.tell("%s\n", plural(len(remarks), "remark"))
	return nil
}
