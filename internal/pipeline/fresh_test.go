package pipeline

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"blotter"
)

func TestFresh(t *testing.T) {
	var f fresh
	put := func(capture int64, bytes int) { f.put(capture, blotter.Page{Body: make([]byte, bytes)}) }
	wantGone := func(why string, captures ...int64) {
		t.Helper()
		for _, c := range captures {
			if _, ok := f.take(c); ok {
				t.Errorf("%d is there, and %s", c, why)
			}
		}
	}
	put(1, freshBytes-1)
	put(2, 2)
	wantGone("there is no room for it", 2)
	if page, ok := f.take(1); !ok || len(page.Body) != freshBytes-1 {
		t.Errorf("%d bytes, %v", len(page.Body), ok)
	}
	wantGone("was taken", 1)
	put(2, 2)
	put(3, 2)
	put(4, 2)
	f.pass(3)
	put(3, 2)
	wantGone("was read from its record", 2, 3)
	if _, ok := f.take(4); !ok || f.bytes != 0 {
		t.Errorf("4 was there: %v, and %d bytes are", ok, f.bytes)
	}
}

// TestPatience: a page waits for others to be kept with while there is enough to read, and not when reading waits for it.
func TestPatience(t *testing.T) {
	p := &Pipeline{Workers: 2}
	want := func(why string, patience time.Duration) {
		t.Helper()
		if got := p.patience(); got != patience {
			t.Errorf("%s: %v", why, got)
		}
	}
	want("nothing to read", 0)
	for c := range int64(2 * unreadAhead) {
		want("too little to read", 0)
		p.fresh.put(c+1, blotter.Page{})
	}
	p.fresh.take(1)
	want("enough to read, one page being read", keepPatience)
	p.fresh.read(1)
	want("one page was read", 0)
	p.fresh.put(2*unreadAhead+1, blotter.Page{})
	want("another one came", keepPatience)
	p.fresh.take(2)
	p.fresh.pass(2)
	want("one that was taken has passed", 0)
}

// TestFreshPages: what a crawl fetches is read as the site sent it, with the character set that only its header names, and is let go.
func TestFreshPages(t *testing.T) {
	const pages = 3
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/feed.xml" {
			out.Header().Set("Content-Type", "application/rss+xml")
			_, _ = out.Write(feedOf(req.Host, pages))
			return
		}
		out.Header().Set("Content-Type", "text/html; charset=macintosh")
		fmt.Fprintf(out, "<!doctype html><title>%[1]s</title><h1>%[1]s</h1><p>La police a arr\x90t\x8e trois hommes mercredi \x88 \x83vreux. "+
			"Dans un appartement, les enqu\x90teurs ont trouv\x8e un pistolet, quarante cartouches et deux kilos de coca\x95ne.</p>", req.URL.Path)
	}))
	defer server.Close()
	src := blotter.Source{
		ID: "a", Name: "A", Kind: blotter.KindFeed, URL: server.URL + "/feed.xml", Schedule: "@hourly", TimeZone: "UTC", Language: "fr", Enabled: true,
	}
	p := newPipeline(t, nil)
	address := []string{server.Listener.Addr().String()}
	p.Config.Sources, p.Config.Crawl.Allow, p.Fetcher.Allow = []blotter.Source{src}, address, address
	tally := p.newTally(0)
	if err := p.crawl(t.Context(), p.Config.Sources, tally); err != nil {
		t.Fatal(err)
	}
	if n := p.fresh.unread(); n != pages {
		t.Errorf("%d pages were handed to reading, want %d", n, pages)
	}
	if _, err := p.derive(t.Context(), nil, tally); err != nil {
		t.Fatal(err)
	}
	if err := p.tag(t.Context(), tally); err != nil {
		t.Fatal(err)
	}
	changes, err := p.Archive.Since(t.Context(), 0, 2*pages)
	if err != nil || len(changes) != pages {
		t.Fatal(len(changes), err)
	}
	for _, c := range changes {
		if !strings.Contains(c.Article.Body, "La police a arrêté trois hommes mercredi à Évreux.") {
			t.Errorf("%s was read as %q", c.Article.URL, c.Article.Body)
		}
	}
	if p.fresh.unread() != 0 || p.fresh.bytes != 0 {
		t.Errorf("%d pages are kept, %d bytes", p.fresh.unread(), p.fresh.bytes)
	}
	p.fresh.put(2, blotter.Page{})
	if _, ok := p.fresh.take(2); ok {
		t.Error("a page is kept that was read from its record")
	}
}
