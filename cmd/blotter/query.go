package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"blotter/classify"
	"blotter/internal/answer"
	"blotter/query"
)

func queryCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "query",
		Short: "See how a query is understood, convert one from another service, save one",
		Long: `See how a query is understood, convert one from another service, or save one under a name.
'blotter help query-language' has the language.`,
		Example: "  blotter query explain 'seize NEAR/5 (firearm* OR rifle) NOT toy'\n" +
			"  blotter query convert --from nexis 'seiz! w/5 firearm! or rifle and not toy'",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(explainCommand(a), convertCommand(a), saveQueryCommand(a), listQueriesCommand(a), renameQueryCommand(a),
		deleteQueryCommand(a), seenQueryCommand(a))
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
		Long: `Print a query in its canonical form, and the tree as it was understood, with what each part stands for. The
canonical form has every alias written out and means the same. QUERY may be -, for standard input. A query that is wrong
is an error with the column, and exit code 2.`,
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
			q, err := a.parseQuery(text)
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

// converted is what query convert prints as JSON.
type converted struct {
	Query     string       `json:"query"`
	From      string       `json:"from"`
	Canonical string       `json:"canonical"`
	Notes     []query.Note `json:"notes"`
}

func convertCommand(a *app) *cobra.Command {
	var from string
	var force bool
	cmd := &cobra.Command{
		Use:   "convert --from SERVICE QUERY…",
		Short: "Convert a query of another service into this language",
		Long: `Read a query as another service does, with its order of operators and its way of counting, and print it in
this language, in the canonical form. What means something else here, such as a number that is shifted, is a note with
its column on standard error. What cannot be said here is an error that names it, and exit code 1: then nothing is
printed, unless --force asks for the rest. A query that is not understood is an error with exit code 2. QUERY may be -,
for standard input. docs/query-convert.md has what becomes of each operator and field.`,
		Example: "  blotter query convert --from nexis 'seiz! w/5 firearm! or rifle and not toy'\n" +
			"  blotter query convert --from factiva 'hd=(merger or takeover) and rst=ftft' --force\n" +
			"  blotter query convert --from meltwater -o json - < query.txt",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			if from == "" {
				return usagef("--from is missing; there are %s", strings.Join(query.Dialects(), ", "))
			}
			if !slices.Contains(query.Dialects(), from) {
				return usagef("--from %q is unknown; there are %s", from, strings.Join(query.Dialects(), ", "))
			}
			text, err := a.readQuery(args)
			if err != nil {
				return err
			}
			return a.convert(from, text, force)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the service: "+strings.Join(query.Dialects(), ", "))
	cmd.Flags().BoolVar(&force, "force", false, "leave out what cannot be kept, or take the nearest, with a note")
	services := cobra.FixedCompletions(query.Dialects(), cobra.ShellCompDirectiveNoFileComp)
	_ = cmd.RegisterFlagCompletionFunc("from", services)
	return cmd
}

func (a *app) convert(from, text string, force bool) error {
	c, err := query.Convert(from, text, force)
	if loss := (*query.LossError)(nil); errors.As(err, &loss) && !force {
		return fmt.Errorf("%w\n--force converts without it", err)
	}
	if err != nil {
		return err
	}
	if a.output != "table" {
		return a.writeJSON(converted{text, from, c.Query.String(), c.Notes})
	}
	for _, n := range c.Notes { // they change what is found, and so are said with --quiet too
		fmt.Fprintf(a.stderr, "column %d: %s\n", n.Column, n.Message)
	}
	_, err = fmt.Fprintln(a.stdout, c.Query)
	return err
}

// parseQuery reads a query of the command line. It may name the word lists of the configured rule pack, and saved queries;
// they are read only for a query that seems to, so that a rule being written does not keep anyone from searching.
func (a *app) parseQuery(text string) (*query.Query, error) {
	if !strings.Contains(text, "@") {
		return query.Parse(text)
	}
	o, err := a.queryOptions()
	if err != nil {
		return nil, err
	}
	return query.ParseWith(text, o)
}

// queryOptions are what a query of the command line may name.
func (a *app) queryOptions() (query.Options, error) {
	c, err := a.config()
	if err != nil {
		return query.Options{}, err
	}
	rules, err := classify.Parse(c.Rules)
	if err != nil {
		return query.Options{}, err
	}
	return answer.Names(c, rules.Words()), nil
}

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
