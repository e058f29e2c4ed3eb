package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"blotter/configs"
	"blotter/index"
	"blotter/internal/answer"
	"blotter/query"
)

func saveQueryCommand(a *app) *cobra.Command {
	var about string
	var replace bool
	var n notifying
	cmd := &cobra.Command{
		Use:   "save NAME QUERY…",
		Short: "Save a query under a name, for @NAME in others",
		Long: `Save a query as queries/NAME.yaml of the configuration folder. @NAME stands for it in searches, exports and other saved
queries, as if it stood there in parentheses. 'blotter search @NAME --new' shows what came since the last look.

With --notify a daemon tells channels of blotter.yaml of what it finds from now on: at once, or with --digest daily once a day.
What --replace replaces keeps how it notifies, unless that is said anew; --notify '' and --digest '' end it.`,
		Example: "  blotter query save raids 'tag:arrest AND title:raid*' --about 'for the weekly note'\n  blotter search '@raids AND published:2026'\n" +
			"  blotter query save --replace raids 'title:raid*' --notify desk,phone",
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			text, err := a.readQuery(args[1:])
			if err != nil {
				return err
			}
			name := strings.TrimPrefix(args[0], "@")
			if !configs.IsQueryName(name) {
				return usagef("%q is no name for a query: small letters, digits, - and _", name)
			}
			if err := a.checkSaved(name, text); err != nil {
				return err
			}
			q := c.Queries[name] // none: at once, to nobody
			q.Query, q.About = text, about
			n.change(cmd, &q)
			if err := c.SaveQuery(name, q, replace); err != nil {
				return err
			}
			a.tell("Saved as @%s\n", name)
			return nil
		},
	}
	cmd.Flags().StringVar(&about, "about", "", "what it is for")
	cmd.Flags().BoolVar(&replace, "replace", false, "replace the query that has this name")
	n.flags(a, cmd)
	return cmd
}

// notifying is what the command line says of how a query notifies.
type notifying struct {
	channels []string
	digest   string
	maxAge   time.Duration
}

func (n *notifying) flags(a *app, cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&n.channels, "notify", nil, "tell these channels of what it finds (may be repeated)")
	cmd.Flags().StringVar(&n.digest, "digest", "", "daily: once a day, at the hour that blotter.yaml says, instead of at once")
	cmd.Flags().DurationVar(&n.maxAge, "max-age", 0, "do not tell of what was published longer ago than this (default 168h0m0s)")
	_ = cmd.RegisterFlagCompletionFunc("notify", a.completeChannels)
	_ = cmd.RegisterFlagCompletionFunc("digest", cobra.FixedCompletions([]string{"daily"}, cobra.ShellCompDirectiveNoFileComp))
}

// change puts what was said into a query, and leaves the rest as it was.
func (n *notifying) change(cmd *cobra.Command, q *configs.SavedQuery) {
	said := cmd.Flags().Changed
	if said("notify") {
		q.Notify = slices.DeleteFunc(n.channels, func(name string) bool { return name == "" })
	}
	if said("digest") || len(q.Notify) == 0 {
		q.Digest = n.digest
	}
	if said("max-age") {
		q.MaxAge = n.maxAge
	}
}

// free refuses the name of a word list.
func free(o query.Options, name string) error {
	if _, taken := o.Lists(name); taken {
		return fmt.Errorf("the rules have a word list @%s; choose another name", name)
	}
	return nil
}

// checkSaved refuses a query that could not be used under a name.
func (a *app) checkSaved(name, text string) error {
	o, err := a.queryOptions()
	if err != nil {
		return err
	}
	if err := free(o, name); err != nil {
		return err
	}
	if _, err := query.ParseWith(text, o); err != nil {
		return err
	}
	others := o.Saved
	o.Saved = func(other string) (string, bool) { // as it is going to be
		if other == name {
			return text, true
		}
		return others(other)
	}
	_, err = query.ParseWith("@"+name, o)
	return err
}

func listQueriesCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the saved queries",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			all := answer.SavedQueries(c)
			if asked, err := rowsForMachines(a, all); asked || err != nil {
				return err
			}
			table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			for _, q := range all {
				about := plain(q.About)
				if len(q.Notify) > 0 {
					about = strings.TrimSpace(about + " → " + strings.TrimSpace(strings.Join(q.Notify, ", ")+" "+q.Digest))
				}
				fmt.Fprintf(table, "@%s\t%s\t%s\n", q.Name, plain(q.Query), about)
			}
			if len(all) == 0 {
				a.tell("No query is saved; 'blotter query save NAME QUERY' saves one.\n")
			}
			return table.Flush()
		},
	}
}

func renameQueryCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "rename NAME NEW-NAME",
		Short:             "Give a saved query another name",
		Long:              "Give a saved query another name. Queries that use the old one are not changed.",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: a.completeQueries,
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			from, to := strings.TrimPrefix(args[0], "@"), strings.TrimPrefix(args[1], "@")
			if o, err := a.queryOptions(); err != nil {
				return err
			} else if err := free(o, to); err != nil {
				return err
			}
			if err := c.RenameQuery(from, to); err != nil {
				return err
			}
			err = os.Rename(lookFile(c, from), lookFile(c, to))
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		},
	}
}

func deleteQueryCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "delete NAME",
		Short:             "Delete a saved query",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeQueries,
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			name := strings.TrimPrefix(args[0], "@")
			if err := c.DeleteQuery(name); err != nil {
				return err
			}
			err = os.Remove(lookFile(c, name))
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		},
	}
}

func seenQueryCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "seen NAME",
		Short:             "Take all that a saved query finds now for seen",
		Long:              "Take all that a saved query finds now for seen: 'blotter search @NAME --new' shows what comes from now on.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeQueries,
		RunE: func(cmd *cobra.Command, args []string) error {
			name := strings.TrimPrefix(args[0], "@")
			c, err := a.savedQuery(name)
			if err != nil {
				return err
			}
			q, err := a.parseQuery("@" + name)
			if err != nil {
				return err
			}
			return a.read(cmd.Context(), true, func(r *reader) error {
				l, err := readLook(c, name)
				if err != nil {
					return err
				}
				err = r.Pages(cmd.Context(), q, func(hits []index.Hit) error { l.see(hits); return nil })
				if err != nil {
					return err
				}
				a.tell("%s seen\n", plural(len(l.seen), "article"))
				return l.write()
			})
		},
	}
}

// savedQuery makes sure that a query of this name is saved.
func (a *app) savedQuery(name string) (*configs.Config, error) {
	c, err := a.ownConfig()
	if err != nil {
		return nil, err
	}
	if _, there := c.Queries[name]; !there {
		return nil, fmt.Errorf("no query is saved as @%s; 'blotter query list' shows those that are", name)
	}
	return c, nil
}

func (a *app) completeQueries(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	c, err := a.config()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return c.QueryNames(), cobra.ShellCompDirectiveNoFileComp
}

// look is what was seen of the answers to a saved query: the ids of the articles, a line each in a file.
type look struct {
	file string
	seen map[string]bool
	ids  []string // of seen, in order
}

func lookFile(c *configs.Config, name string) string { return filepath.Join(c.DataDir, "looks", name) }

func readLook(c *configs.Config, name string) (*look, error) {
	l := &look{file: lookFile(c, name), seen: map[string]bool{}}
	f, err := os.Open(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		l.add(lines.Text())
	}
	return l, lines.Err()
}

func (l *look) add(id string) {
	if !l.seen[id] {
		l.seen[id] = true
		l.ids = append(l.ids, id)
	}
}

func (l *look) see(hits []index.Hit) {
	for _, h := range hits {
		l.add(h.ID)
	}
}

func (l *look) write() error {
	if err := os.MkdirAll(filepath.Dir(l.file), 0o700); err != nil {
		return err
	}
	return replaceFile(l.file, func(f *os.File) error {
		w := bufio.NewWriter(f)
		for _, id := range l.ids {
			if _, err := w.WriteString(id + "\n"); err != nil {
				return err
			}
		}
		return w.Flush()
	})
}

// unseen asks for the hits that were not seen, and gives as many of them as the request has room for, and their number.
func (r *reader) unseen(ctx context.Context, l *look, request index.Request) (index.Result, error) {
	limit := request.Limit
	request.Limit = answer.Page
	var unseen index.Result
	for {
		page, err := r.Search(ctx, request)
		if err != nil {
			return index.Result{}, err
		}
		for _, h := range page.Hits {
			if l.seen[h.ID] {
				continue
			}
			unseen.Total++
			if len(unseen.Hits) < limit {
				unseen.Hits = append(unseen.Hits, h)
			}
		}
		if page.Next == "" {
			return unseen, nil
		}
		request.After = page.Next
	}
}
