package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/index"
	"blotter/internal/export"
	"blotter/query"
)

// maxLimit bounds one page of results; an export has no such bound.
const maxLimit = 1000

func searchCommand(a *app) *cobra.Command {
	var limit, offset int
	var sort string
	cmd := &cobra.Command{
		Use:   "search QUERY",
		Short: "Search the articles with a Boolean query",
		Long: `Search the articles. The language is that of the rules: words (inflections included), "exact phrases", AND, OR, NOT,
NEAR/5, SAME/S (one sentence), ATLEAST/3, wild*cards, title:, source:, tag:, published:2015-01..2015-06.`,
		Example: `  blotter search 'tag:seizure AND published:2024'
  blotter search '(firearm* OR rifle) NEAR/8 seized NOT toy'
  blotter search --output jsonl 'tag:plot_foiled' | jq .title`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 1 || limit > maxLimit || offset < 0 {
				return usagef("--limit goes from 1 to %d and --offset from 0", maxLimit)
			}
			order, err := index.ParseOrder(sort)
			if err != nil {
				return usageError{err}
			}
			return a.search(cmd.Context(), strings.Join(args, " "), index.Request{Limit: limit, Offset: offset, Sort: order})
		},
	}
	cmd.Flags().IntVarP(&limit, "limit", "n", 20, "how many articles to show")
	cmd.Flags().IntVar(&offset, "offset", 0, "how many to pass over")
	cmd.Flags().StringVar(&sort, "sort", "relevance", "relevance, date or -date (newest first)")
	_ = cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions([]string{"relevance", "date", "-date"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) search(ctx context.Context, text string, request index.Request) error {
	q, err := a.parseQuery(text)
	if err != nil {
		return err
	}
	request.Query = q
	return a.read(ctx, true, func(r *reader) error {
		result, err := r.search(ctx, request)
		if err != nil {
			return err
		}
		articles, err := r.articles(ctx, result.Hits)
		if err != nil {
			return err
		}
		return a.printHits(r, q, result.Total, articles)
	})
}

// warnBehind says when the archive holds changes that the index has not taken in.
func (a *app) warnBehind(ctx context.Context, r *reader) error {
	indexed, err := r.index.Seq()
	if err != nil {
		return err
	}
	seq, err := r.archive.Seq(ctx)
	if err != nil {
		return err
	}
	if indexed < seq {
		a.tell("The index is behind the archive; 'blotter update' brings it up to date.\n")
	}
	return nil
}

// articles are the articles of some hits, in their order.
func (r *reader) articles(ctx context.Context, hits []index.Hit) ([]blotter.Article, error) {
	ids := make([]string, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	return r.archive.Articles(ctx, ids)
}

// hits is what a search prints as JSON.
type hits struct {
	Query    string          `json:"query"`
	Total    int             `json:"total"`
	Articles []export.Object `json:"articles"`
}

func (a *app) printHits(r *reader, q *query.Query, total int, articles []blotter.Article) error {
	switch a.output {
	case "json":
		out := hits{Query: q.String(), Total: total, Articles: []export.Object{}}
		for _, article := range articles {
			out.Articles = append(out.Articles, export.NewObject(article, false))
		}
		return a.writeJSON(out)
	case "jsonl":
		for _, article := range articles {
			if err := a.writeJSON(export.NewObject(article, false)); err != nil {
				return err
			}
		}
		return nil
	}
	s := styleFor(a.stdout)
	for _, article := range articles {
		printHit(a.stdout, s, r, q, article)
	}
	shown := ""
	if len(articles) < total {
		shown = fmt.Sprintf(", %d shown", len(articles))
	}
	a.tell("%s%s\n", plural(total, "article"), shown)
	return nil
}

// printHit prints an article with the sentences that earned its tags, or, without tags, that matched the query.
func printHit(w io.Writer, s style, r *reader, q *query.Query, article blotter.Article) {
	date := article.Published.String()
	if len(date) > len("2006-01-02") {
		date = date[:len("2006-01-02")]
	}
	if date == "" {
		date = "no date   "
	}
	fmt.Fprintf(w, "%s  %s  %s\n", date, s.bold(plain(article.Title)), s.faint(article.Source+" "+article.ID))
	for _, tag := range article.Tags {
		printTag(w, s, tag)
	}
	if len(article.Tags) == 0 {
		if sentence := r.matchedSentence(q, article); sentence != "" {
			fmt.Fprintf(w, "            %q\n", shorten(plain(sentence), 200))
		}
	}
	fmt.Fprintf(w, "            %s\n\n", s.faint(plain(article.URL)))
}

func printTag(w io.Writer, s style, tag blotter.Tag) {
	var facts []string
	for _, f := range tag.Facts {
		facts = append(facts, plain(f.String()))
	}
	line := s.tag(tag.Tag) + " " + string(tag.Status)
	if len(facts) > 0 {
		line += " " + s.mark("["+strings.Join(facts, ", ")+"]")
	}
	fmt.Fprintf(w, "            %s\n", line)
	for i, e := range tag.Evidence {
		if i == 2 {
			fmt.Fprintf(w, "              %s\n", s.faint(fmt.Sprintf("and %d more", len(tag.Evidence)-i)))
			break
		}
		fmt.Fprintf(w, "              “%s”\n", shorten(plain(e.Quote), 220))
	}
}

// matchedSentence is the sentence around the first place that a query matched in the body.
func (r *reader) matchedSentence(q *query.Query, article blotter.Article) string {
	d := query.NewDocument(article.Title, article.Lead, article.Body)
	country, zone := r.source(article.Source)
	spans, _ := q.Match(d, query.MetaOf(&article, country, zone))
	for _, span := range spans {
		if span.Field == "body" {
			start, end := query.Sentence(d, span.Field, span.Start, span.End)
			return article.Body[start:end]
		}
	}
	return ""
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
