package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/configs"
	"blotter/crawler"
)

// verdict is what trying a source gave.
type verdict struct {
	ID           string `json:"id"`
	OK           bool   `json:"ok"`
	URL          string `json:"url"`
	MovedTo      string `json:"moved_to,omitempty"`
	Robots       string `json:"robots,omitempty"`
	CrawlDelay   int    `json:"crawl_delay_s,omitempty"`
	Status       int    `json:"status,omitempty"`
	Items        int    `json:"items"`
	Newest       string `json:"newest,omitempty"`
	Article      string `json:"article,omitempty"` // the title of the one that was read
	ArticleURL   string `json:"article_url,omitempty"`
	ArticleDate  string `json:"article_date,omitempty"`
	ArticleWords int    `json:"article_words,omitempty"`
	Selectors    string `json:"selectors,omitempty"` // of a source that was redesigned: which of its read the article
	Failure      string `json:"failure,omitempty"`
	Reason       string `json:"reason,omitempty"`
	Next         string `json:"next,omitempty"` // what to do about the failure
}

func sourcesCheckCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check [ID…]",
		Short: "Ask sources now, and say what would come of it",
		Long: `Ask each named source (every enabled one, if none is named) and read one of its articles, keeping nothing: what robots.txt
says, how many items are listed and how new they are, the title, date and length of the article. For a source that fails
it says what to do next. Exit code 3 means that some failed.`,
		Example:           "  blotter sources check met-current\n  blotter sources check --output json",
		ValidArgsFunction: a.completeSources,
		RunE: func(cmd *cobra.Command, ids []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			if err := hasContact(c); err != nil {
				return err
			}
			sources, err := namedSources(c, ids)
			if err != nil {
				return err
			}
			return a.checkSources(cmd.Context(), c, sources)
		},
	}
}

// namedSources are the sources of some ids, or every enabled one.
func namedSources(c *configs.Config, ids []string) ([]blotter.Source, error) {
	var sources []blotter.Source
	for _, id := range ids {
		src, err := findSource(c, id)
		if err != nil {
			return nil, err
		}
		sources = append(sources, src)
	}
	if len(ids) > 0 {
		return sources, nil
	}
	return enabledSources(c), nil
}

func enabledSources(c *configs.Config) []blotter.Source {
	var enabled []blotter.Source
	for _, src := range c.Sources {
		if src.Enabled {
			enabled = append(enabled, src)
		}
	}
	return enabled
}

func (a *app) checkSources(ctx context.Context, c *configs.Config, sources []blotter.Source) error {
	fetcher := a.fetcher(c)
	failed := 0
	for _, src := range sources {
		v, err := check(ctx, fetcher, src)
		if err != nil {
			return err
		}
		if !v.OK {
			failed++
		}
		if a.output != "table" {
			if err := a.writeJSON(v); err != nil {
				return err
			}
			continue
		}
		printVerdict(a, v)
	}
	if failed > 0 {
		return errSomeFailed
	}
	return nil
}

func printVerdict(a *app, v verdict) {
	s := styleFor(a.stdout)
	asked := "robots " + v.Robots
	if v.CrawlDelay > 0 {
		asked += fmt.Sprintf(", Crawl-delay %d s", v.CrawlDelay)
	}
	if v.Status != 0 {
		asked += fmt.Sprintf(", status %d", v.Status)
	}
	if !v.OK {
		fmt.Fprintf(a.stdout, "%-30s %s  %s\n%30s %s; next: %s\n", v.ID, s.bad("failed"), plain(v.Failure), "", asked, plain(v.Next))
		return
	}
	newest := ""
	if v.Newest != "" {
		newest = ", newest " + v.Newest
	}
	fmt.Fprintf(a.stdout, "%-30s ok  %s%s, %s\n", v.ID, plural(v.Items, "item"), newest, asked)
	if v.Article != "" {
		date := v.ArticleDate
		if date == "" {
			date = "no date"
		}
		fmt.Fprintf(a.stdout, "%30s article: %s (%s, %s)\n", "", plain(v.Article), date, plural(v.ArticleWords, "word"))
		if v.Selectors != "" {
			fmt.Fprintf(a.stdout, "%30s read by its selectors: %s\n", "", v.Selectors)
		}
	}
	if v.MovedTo != "" {
		fmt.Fprintf(a.stdout, "%30s it has moved for good: write %s into the configuration\n", "", plain(v.MovedTo))
	}
}

// check asks one source for its items and for the page of one of them.
func check(ctx context.Context, f *crawler.Fetcher, src blotter.Source) (verdict, error) {
	t, err := tryList(ctx, f, src)
	if err == nil && t.Failure == nil && src.Kind != blotter.KindStatus {
		err = t.tryArticle(ctx, f, src)
	}
	if err != nil {
		return verdict{}, err
	}
	v := verdict{
		ID: src.ID, OK: t.Failure == nil, URL: src.URL, Robots: t.Robots, CrawlDelay: int(t.CrawlDelay.Seconds()), Status: t.Status,
		Items: len(t.Listing.Items), Newest: t.Newest.String(),
	}
	if t.URL != src.URL {
		v.MovedTo = t.URL
	}
	if t.Failure != nil {
		v.Failure, v.Reason, v.Next = t.failureText(), string(t.Failure.Reason), t.nextStep(src)
		return v, nil
	}
	v.Article, v.ArticleURL, v.ArticleDate, v.ArticleWords = t.Article.Title, t.Item.URL, t.Article.Published.String(), t.words()
	v.Selectors = designOf(src, t.ArticlePage.Fetched)
	return v, nil
}
