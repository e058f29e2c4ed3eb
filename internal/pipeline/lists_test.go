package pipeline

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"blotter"
)

// TestListAsItWas: a page of a source is read once, and again when it, its source or the day is another.
func TestListAsItWas(t *testing.T) {
	now := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	p := &Pipeline{Now: func() time.Time { return now }}
	src := blotter.Source{ID: "a", Kind: blotter.KindFeed, TimeZone: "UTC"}
	page := func(item string) blotter.Page {
		return blotter.Page{URL: "http://a.example/feed", ContentType: "application/rss+xml", Body: fmt.Appendf(nil,
			`<rss version="2.0"><channel><title>A</title><link>http://a.example/</link><ttl>60</ttl><item><title>%[1]s</title><link>http://a.example/%[1]s</link></item></channel></rss>`, item)}
	}
	latin, elsewhere := page("one"), page("one")
	latin.ContentType, elsewhere.URL = "application/rss+xml; charset=iso-8859-1", "http://b.example/feed"
	renamed := src
	renamed.TimeZone = "Europe/London"
	read := func(what string, src blotter.Source, page blotter.Page, read bool) sourceList {
		t.Helper()
		l, err := p.readList(page, src)
		same := 1
		if read {
			same = 0
		}
		if err != nil || l.count() != 1 || l.same != same || l.TTL != time.Hour || len(l.pages) != 1 {
			t.Errorf("%s: %+v, %v; want it read: %v", what, l, err, read)
		}
		return l
	}
	first := read("the first time", src, page("one"), true)
	read("before its items are in the archive", src, page("one"), true)
	p.lists.set(src, first.pages)
	read("the same again", src, page("one"), false)
	p.lists.set(src, nil)
	read("after a 304", src, page("one"), false)
	read("another list", src, page("two"), true)
	read("in another character set", src, latin, true)
	read("led elsewhere", src, elsewhere, true)
	read("by another configuration", renamed, page("one"), true)
	now = now.Add(listHolds - time.Second)
	again := read("a day later, nearly", src, page("one"), false)
	p.lists.set(src, again.pages)
	now = now.Add(time.Second)
	p.lists.set(src, read("a day after it was read, however often it was the same", src, page("one"), true).pages)
	now = now.Add(-time.Hour)
	read("when the clock went back", src, page("one"), true)
	now = now.Add(time.Hour)
	p.lists.forget(src.ID)
	read("after a failure", src, page("one"), true)
}

// TestSameList: of a site that never answers 304, a list that is as it was is not listed anew; what is due of it is looked at, and
// a failure in between has it read.
func TestSameList(t *testing.T) {
	var broken, second atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/robots.txt":
			http.NotFound(w, r)
		case r.URL.Path != "/feed":
			fmt.Fprint(w, "<!doctype html><h1>Two pistols found in Weir Street</h1><p>Officers searched a house on Tuesday morning.</p>")
		case broken.Load():
			fmt.Fprint(w, "no feed")
		default:
			w.Header().Set("Content-Type", "application/rss+xml")
			items := "<item><title>One</title><link>/one</link></item>"
			if second.Load() {
				items += "<item><title>Two</title><link>/two</link></item>"
			}
			fmt.Fprintf(w, `<rss version="2.0"><channel><title>A</title><link>/</link>%s</channel></rss>`, items)
		}
	}))
	defer server.Close()
	p := newPipeline(t, nil)
	p.Fetcher.Allow = []string{server.Listener.Addr().String()}
	p.Config.Sources = []blotter.Source{{ID: "a", Name: "A", Kind: blotter.KindFeed, URL: server.URL + "/feed", Schedule: "@hourly", TimeZone: "UTC", Enabled: true}}
	now := time.Now()
	p.Now = func() time.Time { return now }
	for _, row := range []struct {
		name           string
		broken, second bool
		later          time.Duration
		want           Summary
		remembered     bool // when it is over
	}{
		{"first", false, false, 0, Summary{Listed: 1, New: 1}, true},
		{"as it was", false, false, 30 * time.Minute, Summary{Listed: 1, Known: 1}, true},
		{"as it was, and a look is due", false, false, time.Hour, Summary{Listed: 1, Known: 1, Again: 1, Unchanged: 1}, true},
		{"no feed", true, false, time.Minute, Summary{}, false},
		{"as it was before that", false, false, time.Minute, Summary{Listed: 1, Known: 1}, true},
		{"one more", false, true, time.Minute, Summary{Listed: 2, Known: 1, New: 1}, true},
	} {
		now = now.Add(row.later)
		broken.Store(row.broken)
		second.Store(row.second)
		s := p.mustRun(t)
		got := Summary{Listed: s.Listed, Known: s.Known, New: s.New, Again: s.Again, Unchanged: s.Unchanged}
		if fmt.Sprint(got) != fmt.Sprint(row.want) {
			t.Errorf("%s: %+v", row.name, s)
		}
		if remembered := len(p.lists.known["a"].pages) == 1; remembered != row.remembered {
			t.Errorf("%s: the list is remembered: %v", row.name, remembered)
		}
	}
	days, err := p.Archive.Days(t.Context(), now.AddDate(0, 0, -1), now.AddDate(0, 0, 1))
	items, added := 0, 0
	for _, d := range days {
		items, added = items+d.Items, added+d.New
	}
	if err != nil || items != 6 || added != 2 {
		t.Errorf("the ledger says %d listed, %d of them new, %v; want 6 and 2", items, added, err)
	}
}
