package crawler

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"blotter"
)

const newsFront = `<!doctype html><html lang="en-GB"><head><title>Norland Police</title>
<link rel="alternate" type="application/rss+xml" title="News &amp; appeals" href="/feed/">
<link rel="alternate" type="application/rss+xml" title="Norland Police » Comments Feed" href="/comments/feed/">
<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">
<link rel="alternate" type="application/json+oembed" href="/wp-json/oembed">
<link rel="alternate" hreflang="cy" href="https://www.norland.example/cy/">
<link rel="alternate" type="application/atom+xml; charset=utf-8" href="https://feeds.norland.example/atom">
<link rel="stylesheet" type="text/css" href="/rss.css">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
<link rel="alternate" type="application/rss+xml" href="https://user:secret@www.norland.example/private.xml#x">
</head><body><a href="/feed/">RSS</a><a href="/news/rss-feeds">Our RSS feeds</a><a href="#rss">RSS</a>
<a href="/feedback">Feedback</a><a href="/feed-the-birds-appeal-story">Birds</a><a href="/newsroom.atom">Atom</a>
<a href="/press"><b>RSS</b></a>
<a href="https://social.example/dialog/feed?link=https://www.norland.example">Share</a><a href="https://reader.example/x/feed">RSS feed</a>
<a href="https://feeds.other.example/norland/rss">Subscribe</a></body></html>`

func TestLeads(t *testing.T) {
	var got []string
	for _, l := range Leads(blotter.Page{URL: "https://www.norland.example/news/", Body: []byte(newsFront)}) {
		got = append(got, fmt.Sprintf("%s %s %q", l.From, l.URL, l.Title))
	}
	want := []string{
		`link https://www.norland.example/feed/ "News & appeals"`,
		`link https://feeds.norland.example/atom ""`,
		`link https://www.norland.example/private.xml ""`,
		`text https://www.norland.example/news/rss-feeds "Our RSS feeds"`,
		`text https://www.norland.example/feed-the-birds-appeal-story "Birds"`, // costs a request, and is then no feed
		`text https://www.norland.example/newsroom.atom "Atom"`,
		`text https://www.norland.example/press "RSS"`,
		`text https://reader.example/x/feed "RSS feed"`,
		`text https://feeds.other.example/norland/rss "Subscribe"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("have\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLeadsBase(t *testing.T) {
	page := `<html><head><base href="https://cdn.norland.example/x/"><base href="https://evil.example/">
		<link rel=alternate type=text/xml href=feed.xml></head></html>`
	leads := Leads(blotter.Page{URL: "https://www.norland.example/", Body: []byte(page)})
	if len(leads) != 1 || leads[0].URL != "https://cdn.norland.example/x/feed.xml" {
		t.Errorf("have %v", leads)
	}
}

// A page may name as many feeds as it likes; each costs a request.
func TestLeadsBound(t *testing.T) {
	var b strings.Builder
	b.WriteString("<html><head>")
	for i := range 5000 {
		fmt.Fprintf(&b, `<link rel=alternate type=text/xml href=/%d><a href=/rss/%[1]d>x</a>`, i)
	}
	if n := len(Leads(blotter.Page{URL: "https://www.norland.example/", Body: []byte(b.String())})); n != 2*maxLeads {
		t.Errorf("%d leads", n)
	}
	for _, body := range []string{"", "\x00\xff", "<rss><channel/></rss>", strings.Repeat("<div>", 1<<20), "<html>" + strings.Repeat("<b>", 1<<18)} {
		if leads := Leads(blotter.Page{URL: "https://www.norland.example/", Body: []byte(body)}); len(leads) > 0 {
			t.Errorf("%.20q has %v", body, leads)
		}
	}
}

func TestGuesses(t *testing.T) {
	at := func(leads []Lead) (urls []string) {
		for _, l := range leads {
			if l.From != FromGuess {
				t.Errorf("%v is from %s", l.URL, l.From)
			}
			urls = append(urls, l.URL)
		}
		return urls
	}
	feeds := at(FeedGuesses("https://www.norland.example/news/?page=2"))
	if !slices.Equal(feeds[:3], []string{"https://www.norland.example/news/feed/", "https://www.norland.example/news/rss", "https://www.norland.example/news/rss.xml"}) ||
		!slices.Contains(feeds, "https://www.norland.example/feed/") || !slices.Contains(feeds, "https://www.norland.example/news.atom") {
		t.Errorf("have %v", feeds)
	}
	if len(feeds) != len(slices.Compact(slices.Sorted(slices.Values(feeds)))) {
		t.Errorf("some stand twice: %v", feeds)
	}
	if first := at(FeedGuesses("https://www.norland.example/news/index.html"))[0]; first != "https://www.norland.example/feed/" {
		t.Errorf("behind a file: %s", first)
	}
	if got := FeedGuesses("file:///etc/passwd"); len(got) > 0 {
		t.Errorf("have %v", got)
	}
	if maps := at(SitemapGuesses("https://www.norland.example/news/")); maps[0] != "https://www.norland.example/news-sitemap.xml" {
		t.Errorf("have %v", maps)
	}
	if n := len(SitemapLeads(feeds, FromRobot)); n != maxLeads {
		t.Errorf("%d sitemaps of %d", n, len(feeds))
	}
	leads := SitemapLeads([]string{"https://n.example/pages.xml", "ftp://n.example/x", "https://n.example/pages.xml", "https://n.example/news.xml"}, FromRobot)
	if len(leads) != 2 || leads[0].URL != "https://n.example/news.xml" || leads[1].From != FromRobot || leads[0].Kind != blotter.KindSitemap {
		t.Errorf("have %v", leads)
	}
}

func TestPageLanguage(t *testing.T) {
	for page, want := range map[string]string{
		`<!doctype html><html class="no-js" lang="en-GB">`: "en-GB", `<html lang=de_AT>`: "de-AT", `<html xml:lang='fr'>`: "fr",
		`<html>`: "", `<html data-lang-switch="x">`: "", `<html><body lang="de">`: "", `<html data-lang="x" lang="it">`: "it",
	} {
		if got := PageLanguage(blotter.Page{Body: []byte(page)}); got != want {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
}

func TestRobotsOf(t *testing.T) {
	status := http.StatusOK
	asked := 0
	s := serveAll(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.WriteHeader(status)
		fmt.Fprint(w, "User-agent: *\nCrawl-delay: 7\nDisallow: /private\n\nSitemap: https://n.example/a.xml\nsitemap: https://n.example/b.xml\n")
	})
	f := fetcherFor(s)
	for path, want := range map[string]string{"/news": robotsAllowed, "/private/x": robotsDisallowed} {
		r, err := f.Robots(t.Context(), s.URL+path)
		if err != nil || r.Decision != want || r.Delay.Seconds() != 7 || !slices.Equal(r.Sitemaps, []string{"https://n.example/a.xml", "https://n.example/b.xml"}) {
			t.Errorf("%s: %+v, %v", path, r, err)
		}
	}
	if asked != 1 {
		t.Errorf("robots.txt was asked for %d times", asked)
	}
	if n := len(sitemapLines(strings.Repeat("Sitemap: https://n.example/x.xml\n", 1000))); n != maxSitemapLines {
		t.Errorf("%d Sitemap lines are remembered", n)
	}
	status = http.StatusNotFound
	if r, err := fetcherFor(s).Robots(t.Context(), s.URL); err != nil || r.Decision != robotsNone || r.Sitemaps != nil {
		t.Errorf("without one: %+v, %v", r, err)
	}
	status = http.StatusBadGateway
	r, err := fetcherFor(s).Robots(t.Context(), s.URL)
	if requireReason(t, err, blotter.ReasonRobots); r.Decision != robotsUnreachable {
		t.Errorf("unreachable: %+v", r)
	}
	_, err = f.Robots(t.Context(), "file:///etc/passwd")
	requireReason(t, err, blotter.ReasonURL)
}
