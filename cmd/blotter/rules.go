package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"blotter/classify"
)

const rulesHelp = `List, test, check, explain, compare and measure the rules that give articles their tags.

A rule is YAML: queries, and examples that must and must not match. docs/rules.md leads from nothing to a tested rule;
'blotter help query-language' explains the queries. DIR is a folder of rules or a configuration folder (which has them
in rules/); the rules of the configuration at hand are meant where none is named.`

func rulesCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "rules",
		Short:   "List, test, check, explain, compare and measure the rules",
		Long:    rulesHelp,
		Example: "  blotter rules test\n  blotter rules explain 3f2a91c0 --rule seizure\n  blotter rules diff my-rules",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(rulesListCommand(a), rulesTestCommand(a), rulesLintCommand(a), rulesExplainCommand(a),
		rulesDiffCommand(a), rulesEvalCommand(a))
	return cmd
}

func rulesListCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list [DIR]",
		Short: "List the rules and the hash of their pack",
		Long: `List the rules: id, tag, title, how many queries earn the tag, how many examples must and must
not match, and the file. The hash names what the pack means: articles that were tagged under another one are
tagged again by the next run.`,
		Example: "  blotter rules list\n  blotter rules list --output json my-rules | jq '.rules[].queries'",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.rulePack(argument(args, 0))
			if err != nil {
				return err
			}
			return a.printRules(p)
		},
	}
}

// argument is the argument at a place, or "".
func argument(args []string, i int) string {
	if i < len(args) {
		return args[i]
	}
	return ""
}

// listedRule is one line of rules list as JSON lines.
type listedRule struct {
	classify.Rule
	Pack string `json:"pack"`
}

func (a *app) printRules(p *rulePack) error {
	rules := []classify.Rule{}
	for _, r := range p.Rules() {
		if p.has(r.File) {
			r.File = p.place(r.File)
			rules = append(rules, r)
		}
	}
	switch a.output {
	case "json":
		return a.writeJSON(struct {
			Hash  string          `json:"hash"`
			Rules []classify.Rule `json:"rules"`
		}{p.Hash(), rules})
	case "jsonl":
		for _, r := range rules {
			if err := a.writeJSON(listedRule{r, p.Hash()}); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tTAG\tQUERIES\tEXAMPLES\tFILE\tTITLE")
	for _, r := range rules {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d + %d\t%s\t%s\n",
			r.ID, r.Tag, len(r.Queries), r.Match, r.NoMatch, r.File, plain(r.Title))
	}
	fmt.Fprintf(w, "\n%s, pack %s\n", plural(len(rules), "rule"), p.Hash())
	return w.Flush()
}
