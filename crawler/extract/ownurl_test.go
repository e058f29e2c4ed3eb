package extract

import (
	"strings"
	"testing"

	"blotter"
)

// A saved page of unknown origin is read as where it says that it stands; one that was fetched is not.
func TestOwnURL(t *testing.T) {
	const markup = `<html><head><title>Bridge closed</title>LINK
<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge closed","datePublished":"2024-02-03"}</script></head>
<body><article><h1>Bridge closed</h1><p>The bridge over the Leam was closed to all traffic on Friday night after a barge struck its middle pier.</p>
<p>Engineers will look at the damage in the morning, the council said, and drivers should follow the signs through Harrowby until then.</p></article></body></html>`
	for _, c := range []struct{ name, at, link, url, published string }{
		{"canonical", "", `<link rel="canonical" href="https://press.example/bridge?utm_source=x">`, "https://press.example/bridge", "2024-02-03"},
		{"og:url", "", `<meta property="og:url" content="https://press.example/og">`, "https://press.example/og", "2024-02-03"},
		{"a relative one says nothing", "", `<link rel="canonical" href="/bridge">`, "", "2024-02-03"},
		{"neither", "", "", "", "2024-02-03"},
		{"known, with another host's canonical", "https://mirror.example/b", `<link rel="canonical" href="https://press.example/bridge">`, "https://mirror.example/b", "2024-02-03"},
		{"a front page has no date of its own", "https://press.example/", "", "https://press.example/", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := Read(blotter.Page{URL: c.at, Body: []byte(strings.Replace(markup, "LINK", c.link, 1))}, Hints{})
			if err != nil {
				t.Fatal(err)
			}
			if a.URL != c.url || a.Published.String() != c.published {
				t.Errorf("url %q published %q, want %q and %q", a.URL, a.Published, c.url, c.published)
			}
		})
	}
}
