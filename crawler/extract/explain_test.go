package extract_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"blotter"
	"blotter/crawler/extract"
	"blotter/internal/race"
)

// explained checks that an explanation is of the article that Read gives: the same article, and one winner for each part of it.
func explained(t *testing.T, name string, page blotter.Page, hints extract.Hints) extract.Explanation {
	t.Helper()
	a, wantErr := extract.Read(page, hints)
	x, err := extract.Explain(page, hints)
	if fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Errorf("%s: Explain says %v, Read %v", name, err, wantErr)
	}
	if !reflect.DeepEqual(datesAsText(a), datesAsText(x.Article)) {
		t.Errorf("%s: Explain gives another article", name)
	}
	winner := func(part string, all []extract.Finding) (won extract.Finding) {
		n := 0
		for _, f := range all {
			if (f.Why != "") != f.Won && err == nil {
				t.Errorf("%s: %s by %s: won %v, why %q", name, part, f.Reader, f.Won, f.Why)
			}
			if f.Won {
				won = f
				n++
			}
		}
		if n > 1 {
			t.Errorf("%s: %s has %d winners", name, part, n)
		}
		return won
	}
	if title := winner("title", x.Title).Text; title != a.Title {
		t.Errorf("%s: title %q won, the article has %q of %+v", name, title, a.Title, x.Title)
	}
	if date := winner("published", x.Published).Date; date.String() != a.Published.String() || date.Method != a.Published.Method {
		t.Errorf("%s: date %s won, the article has %s", name, date, a.Published)
	}
	if date := winner("modified", x.Modified).Date; date.String() != a.Modified.String() {
		t.Errorf("%s: change on %s won, the article has %s", name, date, a.Modified)
	}
	if text := winner("body", x.Body).Text; blotter.CleanText(text) != a.Body {
		t.Errorf("%s: another body won", name)
	}
	return x
}

// datesAsText is an article whose dates can be compared: the same instant may have two values of its zone.
func datesAsText(a blotter.Article) [3]any {
	p, m := a.Published, a.Modified
	a.Published, a.Modified = blotter.Date{}, blotter.Date{}
	return [3]any{a, p.String() + p.Raw + p.Method, m.String() + m.Raw + m.Method}
}

func TestExplainGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != pages {
		t.Fatalf("%d golden pages, want %d (%v)", len(files), pages, err)
	}
	for _, file := range files {
		g := readGolden(t, file)
		explained(t, filepath.Base(file), page(t, file, g), hints(t, g))
	}
}

func TestExplainCorpus(t *testing.T) {
	race.Skip(t)
	dropped, n := 0, 0
	for _, j := range corpus(t) {
		x := explained(t, j.page.URL, j.page, extract.Hints{})
		dropped += len(x.Dropped)
		n++
	}
	t.Logf("%d pages, %d lines dropped", n, dropped)
}

const explainedPage = `<!doctype html><html lang="en-GB"><head><title>Pistol found in search of flat | Press</title>
<meta property="og:title" content="Pistol found in search of flat"><meta property="og:site_name" content="Press">
<meta property="article:published_time" content="2024-06-04T09:00:00+01:00">
<script type="application/ld+json">{"@type":"NewsArticle","headline":"Gun found","datePublished":"2024-06-03T14:05:00+01:00","dateModified":"2024-06-05"}</script>
</head><body><h1>Press</h1><article><h1 class="t">Pistol found in search of flat</h1><time datetime="2024-06-02">2 June 2024</time>
<p>Officers found a loaded pistol and a bag of ammunition when they searched a flat in the centre of Harrowby early on Monday morning, the force said.</p>
<p>Read more: what to do when you see something</p>
<p>A man of 34 was led away in handcuffs while the street was closed for an hour, and neighbours were asked to stay indoors until the search had ended.</p>
<p>The force thanked residents for their patience, and said that patrols in the area would go on for the rest of the week as a precaution.</p></article></body></html>`

func TestExplain(t *testing.T) {
	show := func(all []extract.Finding) string {
		var lines []string
		for _, f := range all {
			line := f.Reader + ": " + f.Text
			if !f.Date.IsZero() {
				line = f.Reader + ": " + f.Date.String()
			}
			if f.Words > 0 {
				line = fmt.Sprintf("%s: %d words", f.Reader, f.Words)
			}
			if f.Won {
				line += " * " + f.Why
			}
			lines = append(lines, line)
		}
		return strings.Join(lines, "\n")
	}
	p := blotter.Page{URL: "https://press.example/2024/06/01/pistol", Body: []byte(explainedPage)}
	x := explained(t, "page", p, extract.Hints{Item: blotter.Item{Title: "Listed"}})
	for _, part := range []struct{ have, want string }{
		{show(x.Title), `h1: Press
h1: Pistol found in search of flat * a headline that the page's other titles confirm
meta og:title: Pistol found in search of flat
title element: Pistol found in search of flat
json-ld: Gun found
list: Listed`},
		{show(x.Published), `json-ld: 2024-06-03T14:05:00+01:00 * what the page tells machines goes before what it shows
meta article:published_time: 2024-06-04T09:00:00+01:00
time: 2024-06-02
visible: 2024-06-02
url: 2024-06-01`},
		{show(x.Modified), `json-ld: 2024-06-05 * the first of these that is a date`},
	} {
		if part.have != part.want {
			t.Errorf("have\n%s\nwant\n%s", part.have, part.want)
		}
	}
	if len(x.Body) != 3 || x.Body[0].Reader != "trafilatura" || x.Body[1].Reader != "readability" || !x.Body[2].Won {
		t.Errorf("body:\n%s", show(x.Body))
	}
	if len(x.Dropped) != 1 || !strings.HasPrefix(x.Dropped[0], "Read more") {
		t.Errorf("dropped %q", x.Dropped)
	}

	chosen := explained(t, "selectors", p, extract.Hints{Selectors: blotter.Selectors{Title: "h1", Body: "article p", Date: "time"}})
	if show(chosen.Title[:1]) != "selector: Press * a selector of the source goes before everything else" || !chosen.Published[0].Won || chosen.Published[0].Date.String() != "2024-06-02" ||
		len(chosen.Body) != 1 || chosen.Body[0].Reader != "selector" || len(chosen.Dropped) > 0 {
		t.Errorf("by selectors: %s\n%s\n%s", show(chosen.Title), show(chosen.Published), show(chosen.Body))
	}
	odd := p
	odd.Body = []byte(strings.NewReplacer(`property="article:published_time"`, `name="my-publish-datetime"`, `"datePublished":"2024-06-03T14:05:00+01:00",`, "").Replace(explainedPage))
	if x := explained(t, "odd meta", odd, extract.Hints{}); show(x.Published[len(x.Published)-1:]) != "meta: 2024-06-04T09:00:00+01:00 * what the page tells machines goes before what it shows" {
		t.Errorf("a meta element of another name:\n%s", show(x.Published))
	}
}

// A page without an article is explained as far as it was read, and nothing has won.
func TestExplainRefused(t *testing.T) {
	short := blotter.Page{URL: "https://press.example/x", Body: []byte(`<!doctype html><html><head><title>Short</title></head><body><h1>Short news</h1><p>Soon.</p></body></html>`)}
	x := explained(t, "short", short, extract.Hints{})
	_, err := extract.Explain(short, extract.Hints{})
	if f := blotter.AsFailure(err); f == nil || f.Reason != blotter.ReasonShell || len(x.Title) == 0 {
		t.Errorf("%+v, %v", x, err)
	}
	feed := blotter.Page{Body: []byte("<rss></rss>")}
	if x, err := extract.Explain(feed, extract.Hints{}); blotter.AsFailure(err) == nil || len(x.Title) > 0 {
		t.Errorf("%+v, %v", x, err)
	}
	if _, err := extract.Explain(short, extract.Hints{Selectors: blotter.Selectors{Body: "p["}}); err == nil || blotter.AsFailure(err) != nil {
		t.Errorf("a selector that is none: %v", err)
	}
}
