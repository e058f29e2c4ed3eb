package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/internal/pipeline"
)

// extracted is one line of extract.
type extracted struct {
	File               string   `json:"file"`
	URL                string   `json:"url,omitempty"`
	Title              string   `json:"title,omitempty"`
	Lead               string   `json:"lead,omitempty"`
	Body               string   `json:"body,omitempty"`
	Authors            []string `json:"authors,omitempty"`
	Published          string   `json:"published,omitempty"`
	PublishedMethod    string   `json:"published_method,omitempty"`
	PublishedPrecision string   `json:"published_precision,omitempty"`
	Modified           string   `json:"modified,omitempty"`
	Lang               string   `json:"lang,omitempty"`
	Error              string   `json:"error,omitempty"`
}

func extractCommand(a *app) *cobra.Command {
	var url, source, contentType, fetched string
	var why bool
	cmd := &cobra.Command{
		Use:   "extract FILE…",
		Short: "Read the article of a saved page",
		Long: `Read the article of each saved HTML page and print it as one JSON line: file, url, title, lead, body, authors,
published with method and precision, modified, lang. A page that holds no article has an error that says why, and
does not stop the others. Files may be gzipped; - is standard input.

With --explain it shows for people (for machines with --output json or jsonl) what each reader gave for title, dates and text,
which of them the article has, and why; and what was dropped from the text. Of a source that was redesigned (earlier: in its
configuration) it says which of its selectors were used: those of the day that --fetched names, or today's.`,
		Example: "  blotter extract --url https://news.example/story story.html\n  blotter extract pages/*.html.gz > articles.jsonl\n" +
			"  blotter extract --explain --source met-current story.html",
		Args:        cobra.MinimumNArgs(1),
		Annotations: machinesOnly,
		RunE: func(cmd *cobra.Command, args []string) error {
			src, err := a.hintSource(source)
			if err != nil {
				return err
			}
			at, err := dayFetched(fetched, src)
			if err != nil {
				return err
			}
			var failed error
			for _, name := range args {
				page, err := a.readPage(name, url, contentType, at)
				if err != nil {
					failed = errors.Join(failed, err)
					continue
				}
				if why {
					err = a.explainPage(name, page, src, !cmd.Flags().Changed("output"))
				} else {
					err = a.writeJSON(extractOne(name, page, src))
				}
				if err != nil {
					return err
				}
			}
			return failed
		},
	}
	cmd.Flags().BoolVar(&why, "explain", false, "say what each reader gave, and why the article has what it has")
	cmd.Flags().StringVar(&url, "url", "", "where the page came from")
	cmd.Flags().StringVar(&contentType, "content-type", "", "the Content-Type it came with")
	cmd.Flags().StringVar(&source, "source", "", "read it by the selectors and the zone of this configured source")
	cmd.Flags().StringVar(&fetched, "fetched", "", "read it by the selectors that the source had on this `day`, such as 2024-02-29")
	_ = cmd.RegisterFlagCompletionFunc("source", a.completeSources)
	return cmd
}

func extractOne(name string, page blotter.Page, src blotter.Source) extracted {
	out := extracted{File: name, URL: page.URL}
	article, err := pipeline.ReadPage(page, src, blotter.Item{URL: page.URL})
	if err != nil {
		out.Error = err.Error()
		return out
	}
	out.URL, out.Title, out.Lead, out.Body = article.URL, article.Title, article.Lead, article.Body
	out.Authors, out.Lang, out.Modified = article.Authors, article.Lang, article.Modified.String()
	out.Published, out.PublishedMethod = article.Published.String(), article.Published.Method
	out.PublishedPrecision = string(article.Published.Precision)
	return out
}

// readPage reads a saved page.
func (a *app) readPage(name, url, contentType string, fetched time.Time) (blotter.Page, error) {
	body, err := a.readFile(name)
	if err != nil {
		return blotter.Page{}, err
	}
	return blotter.Page{URL: url, ContentType: contentType, Body: body, Fetched: fetched}, nil
}

// dayFetched is the end of a day where the source is; without one it is now.
func dayFetched(day string, src blotter.Source) (time.Time, error) {
	if day == "" {
		return time.Now(), nil
	}
	zone, err := time.LoadLocation(src.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return time.Time{}, usagef("--fetched %q is not a day such as 2024-02-29", day)
	}
	return t.AddDate(0, 0, 1).Add(-time.Second), nil
}

// hintSource is the configured source of an id, or one that knows nothing.
func (a *app) hintSource(id string) (blotter.Source, error) {
	if id == "" {
		return blotter.Source{}, nil
	}
	c, err := a.config()
	if err != nil {
		return blotter.Source{}, fmt.Errorf("source %s: %w", id, err)
	}
	return findSource(c, id)
}
