package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"blotter/query"
)

func queryCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "query",
		Short: "See how a query is understood, or convert one from another service",
		Long: `See how a query is understood, or convert one from another service.
'blotter help query-language' has the language.`,
		Example: "  blotter query explain 'seize NEAR/5 (firearm* OR rifle) NOT toy'\n" +
			"  blotter query convert --from nexis 'seiz! w/5 firearm! or rifle and not toy'",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(explainCommand(a))
	return cmd
}

// explained is what query explain prints as JSON.
type explained struct {
	Query     string       `json:"query"`
	Canonical string       `json:"canonical"`
	Tree      query.Branch `json:"tree"`
}

func explainCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "explain QUERY…",
		Short: "Print a query in its canonical form, and the tree as it was understood",
		Long: `Print a query in its canonical form, and the tree as it was understood, with what each part stands for. The canonical
form has every alias written out and parentheses where operators mix; it means the same. QUERY may be -, for standard
input. A query that is wrong is an error with the column, and exit code 2.`,
		Example: "  blotter query explain 'seized W/5 firearm* NOT toy'\n" +
			"  blotter query explain -o json 'title:(raid OR arrest)'\n" +
			"  blotter query explain - < query.txt",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := a.readQuery(args)
			if err != nil {
				return err
			}
			q, err := query.ParseWith(text, a.queryOptions())
			if err != nil {
				return err
			}
			if a.output != "table" {
				return a.writeJSON(explained{text, q.String(), q.Tree()})
			}
			_, err = fmt.Fprintf(a.stdout, "%s\n\n%s", q, q.Explain())
			return err
		},
	}
}

// queryOptions says what a query on the command line may name. It is the one place to give the word lists of the
// configured rule pack to; none are pack-wide yet, so that @name is an error which says so.
func (a *app) queryOptions() query.Options { return query.Options{} }

// readQuery is the query of the arguments: they are joined, as those of search are, and - alone is standard input.
func (a *app) readQuery(args []string) (string, error) {
	if len(args) != 1 || args[0] != "-" {
		return strings.Join(args, " "), nil
	}
	data, err := a.readFile("-")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(data)), nil
}
