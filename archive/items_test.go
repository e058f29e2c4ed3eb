package archive

import (
	"fmt"
	"path"
	"reflect"
	"testing"
	"time"

	"blotter"
)

// TestList follows a listing through time. Each step lists, looks at the counts, and fetches what is due.
func TestList(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	ctx := t.Context()
	recheck := []time.Duration{time.Hour, 6 * time.Hour}
	if err := a.SyncSources(ctx, []blotter.Source{{ID: "s", Kind: blotter.KindFeed, Enabled: true}, {ID: "t", Kind: blotter.KindFeed, Enabled: true}}); err != nil {
		t.Fatal(err)
	}
	item := func(n int) blotter.Item {
		return blotter.Item{URL: fmt.Sprintf("https://example.org/%d", n), Title: "T"}
	}
	minutes := func(n int) time.Time { return testTime.Add(time.Duration(n) * time.Minute) }
	tests := []struct {
		name   string
		now    time.Time
		source string
		items  []blotter.Item
		want   string // due, new, known, waiting, repeated, invalid
		fail   bool   // what is due fails
	}{
		{"new ones", minutes(0), "s", []blotter.Item{item(1), item(1), {URL: "mailto:x"}, {URL: item(1).URL + "?utm_source=rss#top"}}, "1 1 0 0 2 1", false},
		{"nothing to do", minutes(1), "s", []blotter.Item{item(1)}, "0 0 1 0 0 0", false},
		{"another source's", minutes(2), "t", []blotter.Item{item(1)}, "0 0 1 0 0 0", false},
		{"another source's, due", minutes(60), "t", []blotter.Item{item(1)}, "0 0 1 0 0 0", false},
		{"first look again", minutes(60), "s", []blotter.Item{item(1)}, "1 0 0 0 0 0", false},
		{"not yet the second", minutes(61), "s", []blotter.Item{item(1)}, "0 0 1 0 0 0", false},
		{"one that fails", minutes(62), "s", []blotter.Item{item(1), item(2)}, "1 1 1 0 0 0", true},
		{"waiting", minutes(63), "s", []blotter.Item{item(1), item(2)}, "0 0 1 1 0 0", true},
		{"fails again", minutes(78), "s", []blotter.Item{item(2)}, "1 0 0 0 0 0", true},
		{"waiting for longer", minutes(95), "s", []blotter.Item{item(2)}, "0 0 0 1 0 0", true},
		{"succeeds", minutes(110), "s", []blotter.Item{item(2)}, "1 0 0 0 0 0", false},
		{"second look, late", minutes(24 * 60), "s", []blotter.Item{item(1)}, "1 0 0 0 0 0", false},
		{"no third", minutes(99 * 60), "s", []blotter.Item{item(1)}, "0 0 1 0 0 0", false},
	}
	for _, test := range tests {
		l, err := a.List(ctx, test.source, test.items, test.now, recheck)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(len(l.Due), l.New, l.Known, l.Waiting, l.Repeated, l.Invalid)
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		if n := len(l.Due) + l.Known + l.Waiting + l.Repeated + l.Invalid; n != len(test.items) {
			t.Errorf("%s: %d of %d items counted", test.name, n, len(test.items))
		}
		for _, d := range l.Due {
			f := page(test.source, d.Item.URL, "text", test.now)
			if test.fail {
				f = failed(f, blotter.ReasonTimeout)
			}
			keep(t, a, f)
		}
	}
	// The source of 1 is disabled: another that lists it takes it over.
	if err := a.SyncSources(ctx, []blotter.Source{{ID: "t", Kind: blotter.KindFeed, Enabled: true}}); err != nil {
		t.Fatal(err)
	}
	l, err := a.List(ctx, "t", []blotter.Item{item(1), item(3)}, hours(200), []time.Duration{300 * time.Hour})
	if err != nil || len(l.Due) != 1 {
		t.Errorf("%+v, %v", l, err)
	}
	if got := ask[string](t, a, `SELECT source FROM items WHERE key LIKE '%/1'`); got != "t" {
		t.Errorf("owned by %s", got)
	}
}

func TestListRecords(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	item := blotter.Item{URL: "https://example.org/1", Title: "T", Summary: "S", Authors: []string{"A", "B"},
		Published: blotter.Date{Time: testTime.In(time.FixedZone("", 3600)), Raw: "today", Method: "feed", Precision: blotter.Minute}}
	if _, err := a.List(t.Context(), "s", []blotter.Item{item}, hours(0), nil); err != nil {
		t.Fatal(err)
	}
	kept := keep(t, a, page("s", item.URL, "text", hours(1)))
	c, err := a.Capture(t.Context(), kept[0].Capture)
	if err != nil || c.Item.Title != "T" || c.Item.Summary != "S" || len(c.Item.Authors) != 2 || c.Item.URL != item.URL {
		t.Errorf("%+v, %v", c.Item, err)
	}
	if d := c.Item.Published; !d.Time.Equal(item.Published.Time) || d.String() != item.Published.String() || d.Raw != "today" || d.Method != "feed" {
		t.Errorf("%+v", d)
	}
	item.Title = "Corrected"
	l, err := a.List(t.Context(), "s", []blotter.Item{item}, hours(2), []time.Duration{time.Hour})
	if err != nil || len(l.Due) != 0 {
		t.Errorf("%+v, %v", l, err)
	}
	got := ask[string](t, a, `SELECT title || ' ' || first_seen || ' ' || last_seen || ' ' || published FROM items`)
	if want := "Corrected 2026-04-30T06:09:00.000Z 2026-04-30T08:09:00.000Z 2026-04-30T06:09:00.000Z"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The items of a status feed share a URL but for the fragment.
func TestListStatus(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	if err := a.SyncSources(t.Context(), []blotter.Source{{ID: "level", Kind: blotter.KindStatus, Enabled: true}}); err != nil {
		t.Fatal(err)
	}
	items := []blotter.Item{{URL: "https://example.org/level#2026-severe"}, {URL: "https://example.org/level#2025-high"}}
	l, err := a.List(t.Context(), "level", items, hours(0), nil)
	if err != nil || len(l.Due) != 2 || l.New != 2 {
		t.Fatalf("%+v, %v", l, err)
	}
	feed := page("level", "https://example.org/feed", "severe", hours(0))
	feed.Purpose = blotter.PurposeStatus
	one := page("level", items[0].URL, "severe", hours(0))
	one.Purpose = blotter.PurposeStatus
	keep(t, a, feed, one)
	if l, err = a.List(t.Context(), "level", items, hours(1), nil); err != nil || len(l.Due) != 1 || l.Known != 1 || l.Due[0].Item.URL != items[1].URL {
		t.Errorf("%+v, %v", l, err)
	}
	if n := ask[int](t, a, `SELECT count(*) FROM captures WHERE item IS NULL`); n != 1 {
		t.Errorf("%d captures without an item", n)
	}
}

func TestRechecks(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	list := func(now time.Time, urls ...string) {
		t.Helper()
		var items []blotter.Item
		for _, u := range urls {
			items = append(items, blotter.Item{URL: "https://example.org/" + u, Title: u})
		}
		if _, err := a.List(t.Context(), "s", items, now, []time.Duration{time.Hour, 6 * time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	rechecks := func(now time.Time, limit int) string {
		t.Helper()
		due, err := a.Rechecks(t.Context(), "s", now, limit)
		if err != nil {
			t.Fatal(err)
		}
		s := ""
		for _, d := range due {
			s += fmt.Sprintf("%s %t %s;", d.Item.Title, d.New, d.ETag)
		}
		return s
	}
	list(hours(0), "fetched", "failed", "never")
	if got := rechecks(hours(0), 10); got != "" {
		t.Errorf("of the listing itself: %s", got)
	}
	keep(t, a, page("s", "https://example.org/fetched", "x", hours(0)), failed(page("s", "https://example.org/failed", "", hours(0)), blotter.ReasonBusy))
	tag := `"` + digest([]byte("x"))[:8] + `"`
	if got, want := rechecks(hours(1), 10), "never true ;fetched false "+tag+";failed true ;"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := rechecks(hours(1), 1); got != "never true ;" {
		t.Errorf("with a limit: %s", got)
	}
	list(hours(2), "fetched")
	if got := rechecks(hours(2), 10); got != "never true ;failed true ;" {
		t.Errorf("beside a listing: %s", got)
	}
	keep(t, a, failed(page("s", "https://example.org/fetched", "", hours(3)), blotter.ReasonGone), page("s", "https://example.org/never", "y", hours(3)))
	for range maxTries {
		keep(t, a, failed(page("s", "https://example.org/failed", "", hours(3)), blotter.ReasonBusy))
	}
	if got := rechecks(hours(9999), 10); got != "never false \""+digest([]byte("y"))[:8]+"\";fetched false "+tag+";" {
		t.Errorf("in the end: %s", got)
	}
	// A 304 without validators leaves those of before.
	f := page("s", "https://example.org/never", "", hours(10))
	f.NotModified, f.Exchanges[0].Status, f.Exchanges[0].Header = true, 304, nil
	keep(t, a, f)
	if got := ask[string](t, a, `SELECT etag FROM items WHERE title = 'never'`); got == "" {
		t.Error("the validator was lost")
	}
}

// TestCalm asks for rechecks again and again, so that what is remembered must be given up when something changes.
func TestCalm(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	minutes := func(n int) time.Time { return hours(0).Add(time.Duration(n) * time.Minute) }
	list := func(now time.Time, name string) {
		t.Helper()
		items := []blotter.Item{{URL: "https://example.org/" + name, Title: name}}
		if _, err := a.List(t.Context(), "s", items, now, []time.Duration{time.Hour, 6 * time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	rechecks := func(at int, want string) {
		t.Helper()
		due, err := a.Rechecks(t.Context(), "s", minutes(at), 10)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, d := range due {
			got += path.Base(d.Item.URL)
		}
		calm, _ := a.calm.is("s", minutes(at))
		if got != want || calm != (want == "") {
			t.Errorf("after %d minutes %q are due, want %q; calm: %t", at, got, want, calm)
		}
	}
	list(minutes(0), "a")
	keep(t, a, page("s", "https://example.org/a", "x", minutes(0)))
	rechecks(1, "")
	rechecks(59, "")
	rechecks(60, "a")
	keep(t, a, page("s", "https://example.org/a", "x", minutes(60)))
	rechecks(61, "")
	list(minutes(62), "b")
	rechecks(63, "b")
	keep(t, a, failed(page("s", "https://example.org/b", "", minutes(64)), blotter.ReasonBusy))
	rechecks(65, "")
	rechecks(6*60, "ba")
	keep(t, a, page("s", "https://example.org/a", "x", minutes(6*60)), page("s", "https://example.org/b", "y", minutes(6*60)))
	rechecks(6*60+1, "")
	keep(t, a, page("s", "https://example.org/b", "y", minutes(7*60)))
	rechecks(7*60, "")
	keep(t, a, page("s", "https://example.org/c", "z", minutes(7*60+1))) // which no list has named
	rechecks(8*60, "")
	rechecks(8*60+1, "c")
}

// TestCalmEnds holds what is remembered to what happens meanwhile.
func TestCalmEnds(t *testing.T) {
	var c calm
	is := func(at time.Time) bool { calm, _ := c.is("s", at); return calm }
	_, stirs := c.is("s", hours(0))
	c.stir("other")
	if c.settle("s", hours(9), stirs); is(hours(0)) {
		t.Error("what was asked before a source was stirred is remembered")
	}
	_, stirs = c.is("s", hours(0))
	if c.settle("s", hours(9), stirs); !is(hours(0)) || !is(hours(8)) || is(hours(9)) {
		t.Error("calm is not what was settled")
	}
	if is(hours(9).Add(-2 * calmHolds)) {
		t.Error("what a clock far ahead has settled is remembered when it is set back")
	}
}

// TestGone looks again at a page that is gone: the second time marks its article, which stays as it is; a page that comes back
// takes the mark away.
func TestGone(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	const url = "https://example.org/1"
	keep(t, a, page("s", url, url+"\nOne\nbody", hours(0)))
	derive(t, a, "1", readPage)
	steps := []struct {
		name   string
		at     int
		reason blotter.Reason // "": a success
		gone   int            // the hour of the mark; 0: none
		look   int            // the hour of the next look; 0: none
	}{
		{"once", 10, blotter.ReasonGone, 0, 10 + 24},
		{"a host that is down says nothing", 40, blotter.ReasonTimeout, 0, 10 + 24},
		{"twice", 50, blotter.ReasonGone, 10, 50 + 4*24},
		{"down again", 200, blotter.ReasonBusy, 10, 50 + 4*24},
		{"three times", 210, blotter.ReasonGone, 10, 210 + 16*24},
		{"back", 800, "", 0, 0},
		{"gone once more", 900, blotter.ReasonGone, 0, 900 + 24},
		{"and again", 1000, blotter.ReasonGone, 900, 1000 + 48},
	}
	for _, step := range steps {
		fetch := page("s", url, url+"\nOne\nbody", hours(step.at))
		if step.reason != "" {
			fetch = failed(fetch, step.reason)
		}
		keep(t, a, fetch)
		article, err := a.Article(t.Context(), url)
		if err != nil || article.Body != "body" {
			t.Fatalf("%s: %+v, %v", step.name, article, err)
		}
		want := time.Time{}
		if step.gone > 0 {
			want = hours(step.gone)
		}
		if !article.Gone.Equal(want) {
			t.Errorf("%s: gone since %v, want %v", step.name, article.Gone, want)
		}
		look := ""
		if step.look > 0 {
			look = timeText(hours(step.look))
		}
		if got := ask[string](t, a, `SELECT coalesce(next_look, '') FROM items`); got != look {
			t.Errorf("%s: looked at again at %q, want %q", step.name, got, look)
		}
	}
}

// TestRhythm: what a source published when it was first asked is told by its dates only.
func TestRhythm(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	dated := blotter.Item{URL: "https://example.org/dated", Published: blotter.Date{Time: hours(-30), Precision: blotter.Minute}}
	undated := func(n int) blotter.Item { return blotter.Item{URL: fmt.Sprintf("https://example.org/%d", n)} }
	list := []blotter.Item{undated(1), undated(2), dated, undated(3)}
	for at, items := range [][]blotter.Item{list, list, append(list, undated(4)), append(list, undated(4), undated(5))} {
		if _, err := a.List(t.Context(), "s", items, hours(at), nil); err != nil {
			t.Fatal(err)
		}
	}
	got, err := a.Rhythm(t.Context(), "s", hours(-100))
	if err != nil {
		t.Fatal(err)
	}
	want := Rhythm{Published: []time.Time{hours(-30), hours(2), hours(3)}, First: hours(0), Last: hours(3)}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
