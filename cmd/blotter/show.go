package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/classify"
	"blotter/internal/answer"
)

func showCommand(a *app) *cobra.Command {
	var diff bool
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show one article with its tags, its text, its revisions and its captures",
		Long: `Show one article: tags with their evidence and facts, the text with the evidence marked, revisions, captures, and how to
cite it. ID is the article's id, the beginning of one, or the article's URL. --diff shows what each revision changed,
word by word, and which facts are others now.`,
		Example: "  blotter show 3f2a91c0\n  blotter show 3f2a91c0 --diff\n  blotter show https://news.example/story --output json",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.show(cmd.Context(), args[0], diff) },
	}
	cmd.Flags().BoolVar(&diff, "diff", false, "what each revision of the text changed, word by word")
	return cmd
}

// shown is what show prints as JSON.
type shown struct {
	answer.Article
	Diffs []revisionDiff `json:"diffs,omitempty"` // with --diff
}

func (a *app) show(ctx context.Context, id string, diff bool) error {
	var rules *classify.Pack // wanted for a diff only
	if diff {
		var err error
		if _, rules, err = a.ownRules(); err != nil {
			return err
		}
	}
	return a.read(ctx, false, func(r *reader) error {
		found, article, revisions, err := r.Article(ctx, id)
		if err != nil {
			return err
		}
		out := shown{Article: found}
		if rules != nil {
			out.Diffs = diffs(revisions, rules)
		}
		if a.output != "table" {
			return a.writeJSON(out)
		}
		s := styleFor(a.stdout)
		if diff {
			for _, d := range out.Diffs {
				printDiff(a.stdout, s, d)
			}
			if len(out.Diffs) == 0 {
				a.tell("The article has one revision only.\n")
			}
			return nil
		}
		printArticle(a.stdout, s, article)
		for _, rev := range out.Revisions {
			fmt.Fprintf(a.stdout, "revision %d  %s  last seen %s  sha256 %s\n", rev.Number, plural(rev.Captures, "capture"), rev.Last, rev.SHA256[:16])
		}
		for _, c := range out.Captures {
			fmt.Fprintf(a.stdout, "capture %d  %s  %d  %s\n", c.ID, c.Fetched, c.Status, plain(c.URL))
			if c.Via != "" {
				fmt.Fprintf(a.stdout, "  captured by a web archive, which showed it at %s\n", plain(c.Via))
			}
		}
		fmt.Fprintf(a.stdout, "cite as     %s\n", plain(out.Citation))
		return nil
	})
}

func printArticle(w io.Writer, s style, a blotter.Article) {
	fmt.Fprintf(w, "%s\n%s\n\n", s.bold(plain(a.Title)), plain(a.URL))
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-11s %s\n", name, plain(value))
		}
	}
	line("id", a.ID)
	line("source", a.Source)
	line("published", strings.TrimSpace(a.Published.String()+" "+dateNote(a.Published)))
	line("modified", a.Modified.String())
	line("first seen", a.FirstSeen.UTC().Format(time.RFC3339))
	if !a.Gone.IsZero() {
		line("gone", a.Gone.UTC().Format(time.RFC3339)+" (its page was no longer there, and not the next time either)")
	}
	line("authors", strings.Join(a.Authors, "; "))
	line("language", a.Lang)
	line("tagged by", a.Rules)
	fmt.Fprintln(w)
	for _, tag := range a.Tags {
		printTag(w, s, tag)
	}
	fmt.Fprintf(w, "\n%s\n\n", marked(s, a))
}

// dateNote says where a date came from.
func dateNote(d blotter.Date) string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("(%s; printed as %q)", d.Method, d.Raw)
}

// marked is the text of an article with the evidence of its tags in colour. Overlapping evidence is marked once.
func marked(s style, a blotter.Article) string {
	var b strings.Builder
	at := 0
	for _, e := range evidenceInOrder(a) {
		if e.Start < at || e.End > len(a.Body) {
			continue
		}
		b.WriteString(visible(a.Body[at:e.Start]))
		b.WriteString(s.mark(visible(a.Body[e.Start:e.End])))
		at = e.End
	}
	b.WriteString(visible(a.Body[at:]))
	return b.String()
}

// evidenceInOrder is the evidence that lies in the body, from its beginning to its end.
func evidenceInOrder(a blotter.Article) []blotter.Evidence {
	var all []blotter.Evidence
	for _, tag := range a.Tags {
		for _, e := range tag.Evidence {
			if e.Field == "body" {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b blotter.Evidence) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	return all
}
