package pipeline

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"blotter"
	"blotter/archive"
)

// TestHostilePages: a challenge in the place of an article is a failed fetch, and the item is tried again; a page that is not
// safe to read is kept and gives no article, with the reason; neither costs the article beside them.
func TestHostilePages(t *testing.T) {
	const text = "<p>Officers who searched a house in Weir Street on Tuesday morning found two pistols and a bag of ammunition.</p>"
	var human atomic.Bool
	var feedAccept, pageAccept atomic.Value
	mux := http.NewServeMux()
	mux.HandleFunc("/feed", func(w http.ResponseWriter, r *http.Request) {
		feedAccept.Store(r.Header.Get("Accept"))
		fmt.Fprint(w, "<rss><channel><title>Weir</title>")
		for _, name := range []string{"good", "guarded", "deep"} {
			fmt.Fprintf(w, "<item><title>%s</title><link>http://%s/%[1]s</link></item>", name, r.Host)
		}
		fmt.Fprint(w, "</channel></rss>")
	})
	mux.HandleFunc("/good", func(w http.ResponseWriter, r *http.Request) {
		pageAccept.Store(r.Header.Get("Accept"))
		fmt.Fprint(w, "<!doctype html><h1>Two pistols found in Weir Street</h1>", text)
	})
	mux.HandleFunc("/guarded", func(w http.ResponseWriter, r *http.Request) {
		if human.Load() {
			fmt.Fprint(w, "<!doctype html><h1>Man charged over Weir Street pistols</h1>", text)
		} else {
			fmt.Fprint(w, "<!doctype html><html><head><title>Just a moment...</title></head><body><script>window._cf_chl_opt={}</script></body></html>")
		}
	})
	mux.HandleFunc("/deep", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "<!doctype html><h1>Deep</h1>", strings.Repeat("<div>", 300), text)
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	p := newPipeline(t, nil)
	p.Config.Crawl.Recheck = nil
	p.Config.Sources = []blotter.Source{{
		ID: "weir", Name: "Weir", Kind: blotter.KindFeed, URL: server.URL + "/feed", Schedule: "@hourly", TimeZone: "UTC", Enabled: true,
	}}
	p.Fetcher.Allow = []string{server.Listener.Addr().String()}
	s := p.mustRun(t)
	if s.New != 2 || s.Failed != 1 || s.Reasons[blotter.ReasonChallenge] != 1 || s.Articles != 1 || s.NoArticle[blotter.ReasonDeep] != 1 {
		t.Errorf("the first pass: %+v", s)
	}
	var kept []string
	for id := int64(1); ; id++ {
		c, err := p.Archive.Capture(t.Context(), id)
		if errors.Is(err, archive.ErrNotFound) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, strings.TrimPrefix(c.URL, server.URL))
	}
	if want := []string{"/feed", "/good", "/deep"}; !slices.Equal(kept, want) {
		t.Errorf("the archive has %q, want %q", kept, want)
	}
	if feed, page := feedAccept.Load().(string), pageAccept.Load().(string); !strings.Contains(feed, "application/rss+xml") || !strings.HasPrefix(page, "text/html") {
		t.Errorf("the feed was asked for with Accept: %s, the page with %s", feed, page)
	}

	human.Store(true)
	p.Now = func() time.Time { return time.Now().Add(7 * time.Hour) } // a challenge is tried again after six
	if s := p.mustRun(t); s.New != 1 || s.Failed != 0 || s.Articles != 1 {
		t.Errorf("when the challenge is gone: %+v", s)
	}
}

// TestSettle: a source that fails is left alone for as long as its host asks, and is next asked for the whole answer.
func TestSettle(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	before := archive.SourceState{LastSuccess: now.Add(-time.Hour), ETag: `"a"`, LastModified: "yesterday", Items: 7}
	for _, row := range []struct {
		name    string
		failure *blotter.Failure
		next    time.Duration
	}{
		{"layout", blotter.Fail(blotter.ReasonLayout, "no list"), 15 * time.Minute},
		{"busy for less than we wait", &blotter.Failure{Reason: blotter.ReasonBusy, Wait: time.Minute}, 15 * time.Minute},
		{"busy for long", &blotter.Failure{Reason: blotter.ReasonBusy, Wait: 5 * time.Hour}, 5 * time.Hour},
	} {
		state := before
		settle(&state, row.failure, 0, now)
		want := archive.SourceState{
			LastSuccess: before.LastSuccess, Items: 7, Failures: 1, Reason: row.failure.Reason, Penalty: weight(row.failure.Reason), NextTry: now.Add(row.next),
		}
		if state != want {
			t.Errorf("%s: %+v, want %+v", row.name, state, want)
		}
		settle(&state, nil, 3, now.Add(time.Hour))
		if state.Failures != 0 || state.Penalty != 0 || state.Reason != "" || state.Items != 3 || !state.LastSuccess.Equal(now.Add(time.Hour)) {
			t.Errorf("%s, and then a success: %+v", row.name, state)
		}
	}
}
