package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"blotter"
	"blotter/crawler/extract"
	"blotter/internal/pipeline"
)

// explainedPage is one line of extract --explain.
type explainedPage struct {
	File      string    `json:"file"`
	URL       string    `json:"url,omitempty"`
	Error     string    `json:"error,omitempty"`
	Selectors string    `json:"selectors,omitempty"` // of a source that was redesigned: which of its
	Title     []finding `json:"title"`
	Published []finding `json:"published"`
	Modified  []finding `json:"modified"`
	Body      []finding `json:"body"`
	Dropped   []string  `json:"dropped,omitempty"`
}

// finding is what one reader gave.
type finding struct {
	Reader string `json:"reader"`
	Text   string `json:"text"`
	Date   string `json:"date,omitempty"`
	Words  int    `json:"words,omitempty"`
	Won    bool   `json:"won"`
	Why    string `json:"why,omitempty"`
}

// explainPage prints how a page was read. A page without an article is explained as far as it goes.
func (a *app) explainPage(name string, page blotter.Page, src blotter.Source, forPeople bool) error {
	x, err := pipeline.ExplainPage(page, src, blotter.Item{URL: page.URL})
	out := explainedPage{
		File: name, URL: x.Article.URL, Selectors: designOf(src, page.Fetched), Title: findings(x.Title), Published: findings(x.Published), Modified: findings(x.Modified),
		Body: findings(x.Body), Dropped: x.Dropped,
	}
	if err != nil {
		out.Error = err.Error()
	}
	if forPeople {
		return a.printExplainedPage(out)
	}
	return a.writeJSON(out)
}

// designOf says which of the selectors of a source that was redesigned are those of a time; "" of one that was not.
func designOf(src blotter.Source, at time.Time) string {
	if len(src.Earlier) == 0 {
		return ""
	}
	zone, err := time.LoadLocation(src.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	since := ""
	for _, was := range src.Earlier {
		day := was.Until.In(zone).Format(time.DateOnly)
		if at.Before(was.Until) {
			return "those until " + day
		}
		since = day
	}
	return "those since " + since
}

func findings(all []extract.Finding) []finding {
	out := make([]finding, len(all))
	for i, f := range all {
		out[i] = finding{Reader: f.Reader, Text: f.Text, Date: f.Date.String(), Words: f.Words, Won: f.Won, Why: f.Why}
	}
	return out
}

func (a *app) printExplainedPage(x explainedPage) error {
	s := styleFor(a.stdout)
	fmt.Fprint(a.stdout, s.bold(plain(x.File)))
	if x.Error != "" {
		fmt.Fprintf(a.stdout, ": %s %s", s.bad("no article:"), plain(x.Error))
	}
	fmt.Fprintln(a.stdout)
	if x.Selectors != "" {
		fmt.Fprintf(a.stdout, "selectors: %s\n", x.Selectors)
	}
	for _, part := range []struct {
		name string
		all  []finding
	}{{"title", x.Title}, {"published", x.Published}, {"modified", x.Modified}, {"body", x.Body}} {
		fmt.Fprintf(a.stdout, "\n%s\n", part.name)
		if len(part.all) == 0 {
			fmt.Fprintln(a.stdout, "  no reader found any")
			continue
		}
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		for _, f := range part.all {
			mark := " "
			if f.Won {
				mark = "*"
			}
			fmt.Fprintf(w, "%s %s\t%s\n", mark, plain(f.Reader), f.shown())
			if f.Why != "" {
				fmt.Fprintf(w, "  \t  because: %s\n", f.Why)
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	for i, line := range x.Dropped {
		if i == 0 {
			fmt.Fprintln(a.stdout, "\ndropped from the body")
		}
		fmt.Fprintf(a.stdout, "  %s\n", shorten(plain(line), 100))
	}
	fmt.Fprintln(a.stdout)
	return nil
}

// shown is what was found, on one line.
func (f finding) shown() string {
	switch {
	case f.Date != "":
		return fmt.Sprintf("%s  (%s)", f.Date, shorten(plain(f.Text), 60))
	case f.Words > 0:
		return fmt.Sprintf("%s: %s", plural(f.Words, "word"), shorten(plain(f.Text), 80))
	}
	return shorten(plain(f.Text), 100)
}
