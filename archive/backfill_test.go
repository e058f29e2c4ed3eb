package archive

import (
	"fmt"
	"testing"
	"time"

	"blotter"
	"blotter/internal/race"
)

// begin opens an archive with a backfill of source s, and a feed t beside it.
func begin(t *testing.T, way string) (*Archive, Backfill) {
	t.Helper()
	a := open(t, t.TempDir(), Options{})
	err := a.SyncSources(t.Context(), []blotter.Source{{ID: "s", Kind: blotter.KindListing, Enabled: true}, {ID: "t", Kind: blotter.KindFeed, Enabled: true}})
	if err != nil {
		t.Fatal(err)
	}
	b := Backfill{Source: "s", Way: way, From: time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)}
	if err := a.BeginBackfill(t.Context(), &b, hours(0)); err != nil {
		t.Fatal(err)
	}
	return a, b
}

func entries(urls ...string) []Found {
	found := make([]Found, len(urls))
	for i, u := range urls {
		found[i].Item.URL = u
	}
	return found
}

func note(t *testing.T, a *Archive, b Backfill, at time.Time, r Reading) Noted {
	t.Helper()
	lead, ok, err := a.NextLead(t.Context(), b.ID, at)
	if err != nil || !ok {
		t.Fatalf("no list to read: %v", err)
	}
	n, err := a.NoteReading(t.Context(), b, lead, r, at)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func wantState(t *testing.T, a *Archive, b Backfill, want BackfillState) {
	t.Helper()
	got, err := a.BackfillState(t.Context(), b.ID)
	if err != nil || got != want {
		t.Errorf("the backfill stands at %+v, want %+v, %v", got, want, err)
	}
}

func wantedURLs(t *testing.T, a *Archive, b Backfill, at time.Time) (urls []string) {
	t.Helper()
	for after := int64(0); ; {
		list, err := a.Wanted(t.Context(), b.ID, after, at, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return urls
		}
		for _, w := range list {
			urls = append(urls, w.Item.URL)
			after = w.ID
		}
	}
}

// TestBackfillEntries looks at what becomes of the entries of lists.
func TestBackfillEntries(t *testing.T) {
	a, b := begin(t, "pages")
	ctx := t.Context()
	const x = "https://example.org/"
	keep(t, a, page("s", x+"kept", "text", hours(-9)))
	if _, err := a.List(ctx, "t", []blotter.Item{{URL: x + "theirs"}}, hours(-8), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Forget(ctx, x+"forgotten"); err != nil {
		t.Fatal(err)
	}
	if err := a.AddLeads(ctx, b.ID, []Lead{{URL: x + "1", Step: "root"}, {URL: x + "1"}, {URL: x + "2", Step: "root"}}); err != nil {
		t.Fatal(err)
	}
	found := entries(x+"a", x+"b", x+"a#top", "mailto:x", x+"kept", x+"theirs", x+"forgotten", x+"out", x+"2")
	found[7].Outside = true
	if n, err := a.Unfound(ctx, b.ID, found); n != 7 || err != nil {
		t.Errorf("%d entries are fresh, %v; want 7: all but a again and what is no URL", n, err)
	}
	n := note(t, a, b, hours(1), Reading{Found: found, Next: []Lead{{URL: x + "3"}, {URL: x + "1"}, {URL: x + "a"}}})
	if want := (Noted{Listed: 9, Wanted: 2, Known: 3, Repeated: 1, Outside: 2, Invalid: 1}); n != want {
		t.Errorf("noted %+v, want %+v", n, want)
	}
	n = note(t, a, b, hours(1), Reading{Found: entries(x+"a", x+"c", x+"out")})
	if want := (Noted{Listed: 3, Wanted: 1, Repeated: 2}); n != want {
		t.Errorf("of the second list %+v, want %+v", n, want)
	}
	wantState(t, a, b, BackfillState{Lists: 2, ListsLeft: 1, Found: 4, Fetched: 1, Left: 3})
	if got := fmt.Sprint(wantedURLs(t, a, b, hours(1))); got != "[https://example.org/a https://example.org/b https://example.org/c]" {
		t.Errorf("wanted are %s", got)
	}
	// A pass of the feed leaves them to the backfill.
	if due, err := a.Rechecks(ctx, "s", hours(2), 10); err != nil || len(due) != 0 {
		t.Errorf("%d items are due beside the backfill, %v", len(due), err)
	}
}

// TestBackfillGoesOn fetches with failures, in an archive that is opened again in between.
func TestBackfillGoesOn(t *testing.T) {
	a, b := begin(t, "sitemaps")
	ctx := t.Context()
	const x = "https://example.org/"
	if _, err := a.List(ctx, "s", nil, hours(0), []time.Duration{time.Hour}); err != nil { // pages that run fetches are looked at again
		t.Fatal(err)
	}
	if err := a.AddLeads(ctx, b.ID, []Lead{{URL: x + "map"}, {URL: x + "none"}}); err != nil {
		t.Fatal(err)
	}
	note(t, a, b, hours(0), Reading{Failure: blotter.Fail(blotter.ReasonTimeout, ""), Next: []Lead{{URL: x + "never"}}})
	note(t, a, b, hours(0), Reading{Failure: blotter.Fail(blotter.ReasonGone, ""), Next: []Lead{{URL: x + "guess"}}})
	note(t, a, b, hours(0), Reading{})
	wantState(t, a, b, BackfillState{Lists: 1, ListsFailed: 1, ListsLeft: 1})
	if l, ok, err := a.NextLead(ctx, b.ID, hours(0)); ok || err != nil {
		t.Errorf("%+v is read again at once, %v", l, err)
	}
	a = reopen(t, a)
	again := b
	again.ID, again.Begun = 0, time.Time{}
	if err := a.BeginBackfill(ctx, &again, hours(9)); err != nil || again.ID != b.ID || !again.Begun.Equal(hours(0)) {
		t.Fatalf("begun again it is %+v, %v; want %+v", again, err, b)
	}
	note(t, a, b, hours(1), Reading{Found: entries(x+"a", x+"b", x+"c")})
	fetch := func(name string, at time.Time) Fetch {
		f := page("s", x+name, "text of "+name, at)
		f.Backfill = b.ID
		return f
	}
	keep(t, a, fetch("a", hours(1)), failed(fetch("b", hours(1)), blotter.ReasonGone), failed(fetch("c", hours(1)), blotter.ReasonTimeout))
	wantState(t, a, b, BackfillState{Lists: 2, ListsFailed: 1, Found: 3, Fetched: 1, Failed: 1, Waiting: 1})
	if got := wantedURLs(t, a, b, hours(1)); got != nil {
		t.Errorf("%q are wanted at once", got)
	}
	for n := 1; n < backfillTries; n++ {
		if got := fmt.Sprint(wantedURLs(t, a, b, hours(100*n))); got != "["+x+"c]" {
			t.Fatalf("at try %d %s are wanted", n+1, got)
		}
		keep(t, a, failed(fetch("c", hours(100*n)), blotter.ReasonTimeout))
	}
	wantState(t, a, b, BackfillState{Lists: 2, ListsFailed: 1, Found: 3, Fetched: 1, Failed: 2})
	if n := ask[int](t, a, `SELECT count(*) FROM items WHERE next_look IS NOT NULL`); n != 0 {
		t.Errorf("%d pages of the past are looked at again", n)
	}
	if err := a.EndBackfill(ctx, b.ID, hours(7)); err != nil {
		t.Fatal(err)
	}
	if err := a.BeginBackfill(ctx, &again, hours(9)); err != nil || !again.Ended.Equal(hours(7)) {
		t.Errorf("ended it is %+v, %v", again, err)
	}
	if err := a.RestartBackfill(ctx, b.ID); err != nil {
		t.Fatal(err)
	}
	wantState(t, a, b, BackfillState{})
	check(t, a)
}

// A site that makes up further lists without end is left at some point.
func TestBackfillLeadsAreBounded(t *testing.T) {
	race.Skip(t)
	a, b := begin(t, "pages")
	_, err := a.writer.ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
		INSERT INTO frontier (backfill, url, step) SELECT ?1, 'https://example.org/' || i, 'next' FROM n`, b.ID, maxLeads-1)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.AddLeads(t.Context(), b.ID, []Lead{{URL: "https://example.org/x"}, {URL: "https://example.org/y"}}); err != nil {
		t.Fatal(err)
	}
	wantState(t, a, b, BackfillState{ListsLeft: maxLeads})
}

// TestMemento keeps a page that a web archive showed: it is one of its own address and of the time it was captured.
func TestMemento(t *testing.T) {
	a, b := begin(t, "wayback")
	ctx := t.Context()
	keep(t, a, page("s", "https://example.org/kept", "text", hours(-9)))
	if err := a.AddLeads(ctx, b.ID, []Lead{{URL: "https://archive.example/cdx"}}); err != nil {
		t.Fatal(err)
	}
	const own, via = "http://example.org/a", "https://archive.example/web/20160102030405id_/http://example.org/a"
	captured := time.Date(2016, 1, 2, 3, 4, 5, 0, time.UTC)
	found := entries(own, "http://example.org/kept")
	found[0].Memento, found[0].Captured = via, captured
	found[1].Memento = "https://archive.example/web/2016id_/http://example.org/kept"
	if n := note(t, a, b, hours(0), Reading{Found: found}); n.Wanted != 1 || n.Known != 1 {
		t.Errorf("noted %+v: kept under https, it is known", n)
	}
	wanted, err := a.Wanted(ctx, b.ID, 0, hours(0), 9)
	if err != nil || len(wanted) != 1 || wanted[0].Memento != via || !wanted[0].Captured.Equal(captured) {
		t.Fatalf("wanted %+v, %v", wanted, err)
	}
	f := page("s", own, own+"\nTitle\ntext", hours(0))
	f.Exchanges[0].URL, f.Captured, f.Backfill = via, captured, b.ID
	kept := keep(t, a, f)
	derive(t, a, "1", readPage)
	c, err := a.Capture(ctx, kept[0].Capture)
	if err != nil || c.URL != own || c.Via != via || !c.Fetched.Equal(captured) {
		t.Errorf("capture %+v, %v", c, err)
	}
	article, err := a.Article(ctx, own)
	if err != nil || article.URL != own || !article.FirstSeen.Equal(captured) {
		t.Errorf("article %s first seen %v, %v", article.URL, article.FirstSeen, err)
	}
	// The record is of what was asked and when; the site's own answer of a later day comes behind.
	if asked := ask[string](t, a, `SELECT asked FROM captures WHERE via <> ''`); asked != timeText(hours(0)) {
		t.Errorf("asked %s", asked)
	}
	if etag := ask[string](t, a, `SELECT etag FROM items WHERE url = ?`, own); etag != "" {
		t.Errorf("the item has the archive's validator %s", etag)
	}
	keep(t, a, page("s", own, own+"\nTitle\ntext", hours(1)), page("s", own, own+"\nTitle\ntext, corrected", hours(2)))
	derive(t, a, "1", readPage)
	if r, err := a.Revisions(ctx, article.ID); err != nil || len(r) != 2 || !r[0].First.Equal(captured) {
		t.Errorf("revisions %+v, %v", r, err)
	}
	check(t, a)
	for _, r := range records(t, a) {
		if r.Type == "response" && r.URL == via && !r.Date.Equal(hours(0)) {
			t.Errorf("the record of %s is of %v", r.URL, r.Date)
		}
		if to, at := r.Header.Value("Warc-Refers-To-Target-Uri"), r.Header.Value("Warc-Refers-To-Date"); r.Type == "revisit" && (to != via || at != timeText(hours(0))) {
			t.Errorf("the revisit refers to %s of %s, which no record is", to, at)
		}
	}
}

// The lists of a backfill say nothing of how a source was watched on the day they were read.
func TestBackfillIsNoPoll(t *testing.T) {
	a, _ := begin(t, "pages")
	for _, command := range []string{"run", "backfill"} {
		pass, err := a.BeginPass(t.Context(), command)
		if err != nil {
			t.Fatal(err)
		}
		f := page("s", "https://example.org/list", command, hours(0))
		f.Purpose, f.Pass = blotter.PurposeList, pass
		keep(t, a, f)
	}
	days, err := a.Days(t.Context(), hours(0), hours(0))
	if err != nil || len(days) != 1 || days[0].Asked != 1 {
		t.Errorf("days %+v, %v", days, err)
	}
	if n := ask[int](t, a, `SELECT polls FROM coverage`); n != 1 {
		t.Errorf("coverage has %d", n)
	}
}
