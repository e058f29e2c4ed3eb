package extract_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"blotter"
	"blotter/crawler/extract"
	"blotter/internal/race"
)

// paragraphs is text enough to be an article.
const paragraphs = `<p>Officers who searched a house in Weir Street on Tuesday morning found two pistols and a bag of ammunition.</p>
<p>A man of 41 was arrested at the scene and remains in custody, the force said in a statement on Wednesday.</p>`

func read(t *testing.T, body string) (blotter.Article, error) {
	t.Helper()
	return extract.Read(blotter.Page{URL: "https://force.example/news/pistols?id=7&utm_source=x", Body: []byte(body)}, extract.Hints{})
}

// TestCanonical has rows of a link element and the URL of the article.
func TestCanonical(t *testing.T) {
	const own = "https://force.example/news/pistols?id=7"
	for _, row := range []struct{ link, want string }{
		{``, own},
		{`<link rel="canonical" href="https://force.example/news/7/pistols">`, "https://force.example/news/7/pistols"},
		{`<link rel="canonical" href="/news/7/pistols?fbclid=abc#top">`, "https://force.example/news/7/pistols"},
		{`<link rel="alternate canonical" href="//FORCE.example/a">`, "https://force.example/a"},
		{`<link rel="canonical" href="https://elsewhere.example/copy">`, own}, // a syndicated text has its own page here
		{`<link rel="canonical" href="http://force.example:80/a">`, "http://force.example/a"},
		{`<link rel="canonical" href="https://force.example:8443/a">`, own}, // another port is another site
		{`<link rel="canonical" href="https://force.example/">`, own},       // the front page, on every page of the site
		{`<link rel="canonical" href="javascript:alert(1)">`, own},
		{`<link rel="canonical" href="http://[::1">`, own},
		{`<link rel="canonical" href="">`, own},
	} {
		a, err := read(t, "<html><head>"+row.link+"</head><body><h1>Pistols found</h1>"+paragraphs)
		if err != nil || a.URL != row.want {
			t.Errorf("%s: %q (%v), want %q", row.link, a.URL, err, row.want)
		}
	}
}

// TestRefused has rows of a page that is no article.
func TestRefused(t *testing.T) {
	for _, row := range []struct {
		name, contentType, body string
		want                    blotter.Reason
	}{
		{"empty", "text/html", "", blotter.ReasonShell},
		{"PDF by its type", "application/pdf", "x", blotter.ReasonFormat},
		{"PDF by its bytes", "text/html", "%PDF-1.7\n...", blotter.ReasonFormat},
		{"image", "", "\x89PNG\r\n\x1a\n", blotter.ReasonFormat},
		{"JSON", "", `{"error": "not found"}`, blotter.ReasonFormat},
		{"bytes that are no text", "", strings.Repeat("police \x01\x02\x1b found \x7f arms ", 500), blotter.ReasonFormat},
		{"sitemap", "text/xml", `<?xml version="1.0"?><urlset></urlset>`, blotter.ReasonFormat},
		{"as long as nothing is read", "", strings.Repeat(" ", 8<<20+1), blotter.ReasonSize},
		{"scripts longer than a page may be", "", paragraphs + "<script>" + strings.Repeat(" ", 8<<20) + "</script>", blotter.ReasonSize},
		{"markup", "", "<p>" + strings.Repeat("word and word ", 100_000), blotter.ReasonSize},
		{"elements", "", strings.Repeat("<i>a</i>", 30_000), blotter.ReasonSize},
		{"deep and wide", "", strings.Repeat("<div>", 190) + strings.Repeat(paragraphs, 1000), blotter.ReasonSize},
		{"deep", "", strings.Repeat("<div>", 300) + paragraphs, blotter.ReasonDeep},
		{"200,000 deep", "", strings.Repeat("<div>", 200_000) + paragraphs, blotter.ReasonDeep},
		{"a million deep", "", strings.Repeat("<div>", 1_000_000) + paragraphs, blotter.ReasonSize},
		{"a hundred thousand links", "", strings.Repeat(`<a href="/">x</a>`, 100_000), blotter.ReasonSize},
	} {
		start := time.Now()
		a, err := extract.Read(blotter.Page{URL: "https://force.example/x", ContentType: row.contentType, Body: []byte(row.body)}, extract.Hints{})
		if f := blotter.AsFailure(err); f == nil || f.Reason != row.want {
			t.Errorf("%s: %v (%d bytes of text), want %s", row.name, err, len(a.Body), row.want)
		}
		checkTime(t, row.name, start)
	}
}

// TestBounded reads pages just within the bounds, of the kinds that cost the libraries most.
func TestBounded(t *testing.T) {
	race.Skip(t)
	full := func(piece string) string {
		return "<h1>Pistols found</h1>" + paragraphs + strings.Repeat(piece, min(900_000/len(piece), 9000))
	}
	for name, body := range map[string]string{
		"paragraphs": full(paragraphs),
		"articles":   full("<article>" + paragraphs + "</article>"),
		"breaks":     full("a word or two<br><br>"),
		"quotes":     full("<blockquote>said, and said again, as they say</blockquote>"),
		"classes":    full(`<p class="related author byline">of this, of that</p>`),
		"links":      full(`<a href="/a">a link of some words</a> `),
		"dates":      full("3 June 2024 "),
		"open tags":  full("<b><i><font>a "),
		"scripts":    "<h1>Pistols found</h1>" + paragraphs + strings.Repeat("<script>x</script>", 400_000),
		"open tag":   strings.Repeat("<script ", 900_000) + "ld+json",
		"unclosed":   "<h1>Pistols found</h1>" + paragraphs + strings.Repeat("<!--", 1_900_000),
		"JSON-LD":    `<script type="application/ld+json">` + strings.Repeat(`{"a":`, 100_000) + "</script>" + paragraphs,
		"zeros":      strings.Repeat("\x00", 8<<20),
	} {
		start := time.Now()
		read(t, body)
		checkTime(t, name, start)
	}
}

// checkTime is wide, since tests share their machine: what is not bounded takes minutes.
func checkTime(t *testing.T, name string, start time.Time) {
	t.Helper()
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("%s took %v", name, took)
	}
}

// TestCleaned: wherever a title, a name, a date or a text stands, what steers terminals and hides in text does not come with it.
func TestCleaned(t *testing.T) {
	const dirty, clean = "Pistols\x1b[31m fo\u202eund\u200b in\u0085Weir Street", "Pistols[31m found in Weir Street"
	h1 := "<h1>" + dirty + "</h1>"
	for _, row := range []struct{ name, head, body string }{
		{"headline", "", h1},
		{"title element", "<title>" + dirty + "</title>", ""},
		{"meta element", `<meta property="og:title" content="` + dirty + `">`, ""},
		{"meta element, escaped", `<meta property="og:title" content="Pistols&#27;[31m fo&#8238;und&#8203; in Weir Street">`, ""},
		{"meta element, escaped twice", `<meta property="og:title" content="Pistols[31m fo&amp;#8238;und&amp;#8203; in Weir Street">`, ""},
		{"JSON-LD", `<script type="application/ld+json">{"@type":"NewsArticle","headline":"Pistols\u001b[31m fo\u202eund in Weir Street"}</script>`, ""},
	} {
		page := "<html><head>" + row.head + `<meta name="author" content="Ann` + "\u202e" + ` Writer"></head><body>` + row.body +
			"<p>Published: <time>3 June\u200b 2024</time></p><p>By Ann\u202e Writer</p>" + strings.ReplaceAll(paragraphs, "pistols", "pis\x1btols\u202e") + "</body></html>"
		a, err := read(t, page)
		if err != nil || a.Title != clean {
			t.Errorf("%s: title %q, %v; want %q", row.name, a.Title, err, clean)
		}
		if !strings.Contains(a.Body, "found two pistols and a bag") || !slices.Equal(a.Authors, []string{"Ann Writer"}) || a.Published.String() != "2024-06-03" {
			t.Errorf("%s: body %q, authors %q, date %v", row.name, a.Body, a.Authors, a.Published)
		}
		for _, s := range append([]string{a.Title, a.Lead, a.Body, a.Published.Raw, a.URL, a.Lang}, a.Authors...) {
			checkText(t, s)
		}
	}
}

func TestSelectorThatIsNone(t *testing.T) {
	_, err := extract.Read(blotter.Page{Body: []byte(paragraphs)}, extract.Hints{Selectors: blotter.Selectors{Body: "p["}})
	if err == nil || blotter.AsFailure(err) != nil || !strings.Contains(err.Error(), `"p["`) {
		t.Errorf("got %v, want an error that names the selector and is no failure of the page", err)
	}
}

// TestSelectorOfAnotherLayout: a selector that selects nothing leaves the page to the libraries.
func TestSelectorOfAnotherLayout(t *testing.T) {
	h := extract.Hints{Selectors: blotter.Selectors{Title: ".gone", Body: ".gone", Date: ".gone"}}
	a, err := extract.Read(blotter.Page{URL: "https://force.example/x", Body: []byte("<h1>Pistols found in Weir Street</h1>" + paragraphs)}, h)
	if err != nil || a.Title != "Pistols found in Weir Street" || !strings.Contains(a.Body, "two pistols") || !a.Published.IsZero() {
		t.Errorf("got %+v, %v", a, err)
	}
}

func FuzzRead(f *testing.F) {
	for _, p := range goldenPages(f) {
		f.Add(p.Body, p.ContentType, p.URL)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, p := range goldenPages(f) { // cut and damaged
		body := bytes.Clone(p.Body[:len(p.Body)*2/3])
		for range 20 {
			body[r.IntN(len(body))] = byte(r.IntN(256))
		}
		f.Add(body, "text/html; charset=utf-8", p.URL)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType, at string) {
		start := time.Now()
		a, err := extract.Read(blotter.Page{URL: at, ContentType: contentType, Body: body}, extract.Hints{})
		checkTime(t, "the page", start)
		if err != nil {
			if blotter.AsFailure(err) == nil {
				t.Fatalf("not a failure of the page: %v", err)
			}
			return
		}
		if strings.TrimSpace(a.Body) == "" {
			t.Error("an article without text")
		}
		for _, s := range append([]string{a.Title, a.Lead, a.Body, a.Lang, a.URL, a.Published.Raw, a.Modified.Raw}, a.Authors...) {
			checkText(t, s)
		}
	})
}

// checkText fails for what must not reach a terminal or a table.
func checkText(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("not UTF-8: %q", s)
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			t.Errorf("%U in %q", r, s)
		}
	}
}
