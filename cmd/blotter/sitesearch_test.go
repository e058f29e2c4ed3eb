package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"blotter"
	"blotter/configs"
	"blotter/crawler"
)

// madeSite is a site of a test, which notes what it is asked for, robots.txt apart.
type madeSite struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func makeSite(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) *madeSite {
	t.Helper()
	s := &madeSite{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path)
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// folder is a configuration that may ask the site.
func (s *madeSite) folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := configs.Write(dir); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("contact: press@example.org\ncrawl: {allow: [%q]}\n", s.Listener.Addr())
	if err := os.WriteFile(filepath.Join(dir, "blotter.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (s *madeSite) feed(name string, paths ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<rss version="2.0"><channel><title>%s</title><link>%s/</link>`, name, s.URL)
	for i, p := range paths {
		fmt.Fprintf(&b, `<item><title>Story %s</title><link>%s%s</link><pubDate>Mon, %02d Jun 2026 09:00:00 GMT</pubDate></item>`, p, s.URL, p, 20-i)
	}
	return b.String() + "</channel></rss>"
}

const readable = `<!doctype html><html lang="en"><head><title>Pistol found</title></head><body><article><h1>Pistol found</h1>
<p>Officers found a loaded pistol and a bag of ammunition when they searched a flat in the centre of Harrowby early on Monday morning, the force said.</p>
<p>A man of 34 was led away in handcuffs while the street was closed for an hour, and neighbours were asked to stay indoors until the search had ended.</p></article></body></html>`

// addTo runs sources add and gives its code and all that it says.
func addTo(t *testing.T, dir string, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := run(t.Context(), append([]string{"--config", dir, "sources", "add"}, args...), nil, &out, &out)
	return code, out.String()
}

func addedTo(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "sources", "added.yaml"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// Nothing is asked for that is not needed: not what was asked before under another name, nor an article twice, nor anything
// more once a feed is found.
func TestSearchAsksOnce(t *testing.T) {
	var s *madeSite
	s = makeSite(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			fmt.Fprint(w, `<!doctype html><html><head><link rel=alternate type=text/xml href=/feed.xml><link rel=alternate type=text/xml href=/rss>
				<link rel=alternate type=text/xml href=/second.xml></head><body><a href=/feed.xml#top>RSS</a><a href=/old>RSS feed</a></body></html>`)
		case "/feed.xml":
			fmt.Fprint(w, s.feed("First", "/a", "/b"))
		case "/second.xml":
			fmt.Fprint(w, s.feed("Second", "/a"))
		case "/rss":
			http.Redirect(w, r, "/feed.xml", http.StatusFound)
		case "/a", "/b":
			fmt.Fprint(w, readable)
		default:
			http.NotFound(w, r)
		}
	})
	dir := s.folder(t)
	code, out := addTo(t, dir, s.URL+"/", "--dry-run")
	if want := []string{"/", "/feed.xml", "/a", "/rss", "/feed.xml", "/second.xml", "/old"}; code != exitOK || !slices.Equal(s.asked, want) {
		t.Errorf("exit code %d, asked for %v, want %v\n%s", code, s.asked, want, out)
	}
	if n := strings.Count(out, "\n1*") + strings.Count(out, "\n2 "); n != 2 || strings.Contains(out, "/rss  ") {
		t.Errorf("a redirect to a feed that is known is no other feed:\n%s", out)
	}
	s.asked = nil
	if code, _ := addTo(t, dir, s.URL+"/feed.xml", "--dry-run"); code != exitOK || !slices.Equal(s.asked, []string{"/feed.xml", "/a"}) {
		t.Errorf("exit code %d, of a feed was asked for %v", code, s.asked)
	}
	if code, out := addTo(t, dir, s.URL+"/", "--pick", "99"); code != exitUsage || !strings.Contains(out, "--pick 99: there are") || addedTo(t, dir) != "" {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// A site that answers everything with the same page has no feed at any of the places that are guessed.
func TestSearchSoft404(t *testing.T) {
	s := makeSite(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<!doctype html><html><head><title>Not here</title></head><body><main>")
		for i := range 8 {
			fmt.Fprintf(w, "<article><h2><a href=/s/%d>A headline of some words, the %[1]dth</a></h2><p>3 June 2026</p></article>", i)
		}
		fmt.Fprint(w, "</main></body></html>")
	})
	_, out := addTo(t, s.folder(t), s.URL+"/news", "--dry-run", "--all", "-o", "jsonl", "-q")
	if strings.Contains(out, "well-known") || !strings.Contains(out, `"kind":"listing"`) {
		t.Errorf("have\n%s", out)
	}
}

// A site can name feeds without end.
func TestSearchIsBounded(t *testing.T) {
	s := makeSite(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "<!doctype html><html><body>")
		for i := range 50 {
			fmt.Fprintf(w, "<a href=%s/%d/feed>RSS</a>", r.URL.Path, i)
		}
	})
	code, out := addTo(t, s.folder(t), s.URL+"/x")
	if code != exitFailure || len(s.asked) != maxAsked {
		t.Errorf("exit code %d, asked for %d\n%s", code, len(s.asked), out)
	}
}

// Of a host that cannot be reached nothing more is asked.
func TestSearchUnreachable(t *testing.T) {
	s := makeSite(t, http.NotFound)
	dir := s.folder(t)
	s.Close()
	code, out := addTo(t, dir, s.URL+"/")
	if code != exitFailure || strings.Count(out, "Asking") != 1 || !strings.Contains(out, "connect") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// A feed whose articles cannot be read is added when a person insists, and disabled.
func TestSearchUnreadable(t *testing.T) {
	var s *madeSite
	s = makeSite(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/feed.xml":
			fmt.Fprint(w, s.feed("Empty", "/1", "/2", "/3", "/4", "/5"))
		case "/denied.xml":
			fmt.Fprint(w, s.feed("Denied", "/no1", "/no2"))
		case "/linkless.xml":
			fmt.Fprint(w, `<rss version="2.0"><channel><title>x</title><item><title>One</title></item></channel></rss>`)
		case "/no1", "/no2":
			w.WriteHeader(http.StatusForbidden)
		case "/1", "/2", "/3", "/4", "/5":
			fmt.Fprint(w, "<!doctype html><html><body><div id=app></div></body></html>")
		default:
			http.NotFound(w, r)
		}
	})
	dir := s.folder(t)
	code, out := addTo(t, dir, s.URL+"/feed.xml")
	if code != exitFailure || !strings.Contains(out, "no article could be read") || !strings.Contains(out, "--pick 1") || addedTo(t, dir) != "" {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if n := len(slices.DeleteFunc(slices.Clone(s.asked), func(p string) bool { return len(p) != 2 || p == "/x" })); n != trialArticles {
		t.Errorf("%d articles were asked for: %v", n, s.asked)
	}
	code, out = addTo(t, dir, s.URL+"/feed.xml", "--pick", "1", "--id", "ill")
	if text := addedTo(t, dir); code != exitOK || !strings.Contains(text, "enabled: false\n    why: 'no article could be read when it was added") {
		t.Errorf("exit code %d\n%s\n%s", code, out, text)
	}
	s.asked = nil
	if code, out := addTo(t, dir, s.URL+"/feed.xml/"); code != exitFailure || !strings.Contains(out, "source ill reads") || !strings.Contains(out, "is disabled: no article") || len(s.asked) > 0 {
		t.Errorf("exit code %d, asked for %v\n%s", code, s.asked, out)
	}
	f := &crawler.Fetcher{Agent: "Blotter/test (+test@blotter.example)", Allow: []string{s.Listener.Addr().String()}}
	for path, want := range map[string]blotter.Reason{"/denied.xml": blotter.ReasonDenied, "/linkless.xml": blotter.ReasonLayout} {
		v, err := check(t.Context(), f, blotter.Source{ID: "x", Kind: blotter.KindFeed, URL: s.URL + path})
		if err != nil || v.OK || v.Reason != string(want) || v.Next == "" {
			t.Errorf("%s: %+v, %v", path, v, err)
		}
	}
	if n := len(s.asked); n != 3 {
		t.Errorf("a site that turns programs away was asked on: %v", s.asked)
	}
}

// Only a redirect for good moves a source, and an event to come is not its newest news.
func TestTrialOfMoved(t *testing.T) {
	var s *madeSite
	s = makeSite(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good":
			http.Redirect(w, r, "/feed.xml", http.StatusPermanentRedirect)
		case "/mixed":
			http.Redirect(w, r, "/good", http.StatusFound)
		case "/feed.xml":
			fmt.Fprint(w, strings.Replace(s.feed("x", "/event", "/a"), "20 Jun 2026", "20 Jun 2099", 1))
		default:
			fmt.Fprint(w, readable)
		}
	})
	f := &crawler.Fetcher{Agent: "Blotter/test (+test@blotter.example)", Allow: []string{s.Listener.Addr().String()}}
	for path, want := range map[string]string{"/feed.xml": "", "/good": "/feed.xml", "/mixed": ""} {
		v, err := check(t.Context(), f, blotter.Source{ID: "x", Kind: blotter.KindFeed, URL: s.URL + path})
		if err != nil || !v.OK || strings.TrimPrefix(v.MovedTo, s.URL) != want || !strings.HasPrefix(v.Newest, "2026-06-19") {
			t.Errorf("%s: %+v, %v", path, v, err)
		}
	}
}
