package crawler

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"blotter"
)

func TestSitemapsOfRobots(t *testing.T) {
	asked := 0
	server := serve(t, nil)
	base := server.URL
	text := "User-agent: *\nDisallow: /\nSitemap: " + base + "/a.xml\nsitemap: /b.xml\nSitemap: ftp://x.example/c.xml\nSitemap:\n"
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path != "/robots.txt" {
			t.Errorf("%s was asked for", r.URL)
		}
		fmt.Fprint(w, text)
	})
	f := fetcherFor(server)
	for range 2 {
		got, err := f.Sitemaps(t.Context(), base+"/news/")
		if err != nil || !slices.Equal(got, []string{base + "/a.xml", base + "/b.xml"}) {
			t.Errorf("%q, %v", got, err)
		}
	}
	if asked != 1 {
		t.Errorf("robots.txt was asked for %d times", asked)
	}
	text = strings.Repeat("Sitemap: /x.xml\n", 1000)
	if got, err := fetcherFor(server).Sitemaps(t.Context(), base); err != nil || len(got) != maxSitemapLines {
		t.Errorf("%d sitemaps of a thousand, %v", len(got), err)
	}
	none := serve(t, nil)
	if got, err := fetcherFor(none).Sitemaps(t.Context(), none.URL); err != nil || len(got) != 0 {
		t.Errorf("without a robots.txt: %q, %v", got, err)
	}
	_, err := f.Sitemaps(t.Context(), "ftp://x.example/")
	requireReason(t, err, blotter.ReasonURL)
}
