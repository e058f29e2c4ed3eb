package archive

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"blotter"
)

// poll is a source asked for its list.
func poll(source string, purpose blotter.Purpose, at time.Time) Fetch {
	f := page(source, "https://"+source+".example/feed", "list of "+at.Format(time.RFC3339), at)
	f.Purpose = purpose
	return f
}

func itemAt(source string, n int, published time.Time) blotter.Item {
	return blotter.Item{URL: fmt.Sprintf("https://%s.example/%d", source, n), Published: blotter.Date{Time: published, Precision: blotter.Minute}}
}

// watched is an archive of three sources that were watched for four days: s has news, t fails, u is a status feed.
func watched(t *testing.T) *Archive {
	t.Helper()
	a := open(t, t.TempDir(), Options{})
	ctx := t.Context()
	if err := a.SyncSources(ctx, []blotter.Source{{ID: "s", Kind: blotter.KindFeed}, {ID: "t", Kind: blotter.KindFeed}, {ID: "u", Kind: blotter.KindStatus}, {ID: "never", Kind: blotter.KindFeed}}); err != nil {
		t.Fatal(err)
	}
	list := func(at time.Time, items ...blotter.Item) {
		keep(t, a, poll("s", blotter.PurposeList, at))
		if _, err := a.List(ctx, "s", items, at, nil); err != nil {
			t.Fatal(err)
		}
	}
	one, two, three := itemAt("s", 1, hours(-100)), itemAt("s", 2, hours(-50)), itemAt("s", 3, hours(20))
	event := itemAt("s", 4, hours(10_000))
	list(hours(0), one, two)
	list(hours(24), one, two, three, event)
	list(hours(25), one, two, three, event)
	list(hours(72), three)
	keep(t, a, page("s", one.URL, "a page is no list", hours(48)))
	keep(t, a, failed(poll("t", blotter.PurposeList, hours(0)), blotter.ReasonChallenge), failed(poll("t", blotter.PurposeList, hours(1)), blotter.ReasonChallenge),
		failed(poll("t", blotter.PurposeList, hours(2)), blotter.ReasonTimeout))
	if err := a.SetSourceState(ctx, "t", SourceState{LastTry: hours(2), Failures: 3, Reason: blotter.ReasonTimeout, NextTry: hours(3)}); err != nil {
		t.Fatal(err)
	}
	if err := a.SetSourceState(ctx, "s", SourceState{LastTry: hours(72), LastSuccess: hours(72), NextTry: hours(73)}); err != nil {
		t.Fatal(err)
	}
	kept := keep(t, a, poll("u", blotter.PurposeStatus, hours(24)))
	if _, err := a.PutDerived(ctx, []Derived{{Capture: kept[0].Capture, Stamp: "x", Articles: []blotter.Article{{
		URL: "https://u.example/feed#severe", Source: "u", Title: "SEVERE", Body: "The level is SEVERE.", Published: blotter.Date{Time: hours(23), Precision: blotter.Minute},
	}}}}); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestDays(t *testing.T) {
	a := watched(t)
	show := func(from, to time.Time) string {
		days, err := a.Days(t.Context(), from, to)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, d := range days {
			lines = append(lines, fmt.Sprintf("%s %s %d %v %d %d", d.Source, d.Day.Format(time.DateOnly), d.Asked, d.Failed, d.Items, d.New))
		}
		return strings.Join(lines, "\n")
	}
	if got, want := show(hours(0), hours(72)), `s 2026-04-30 1 map[] 2 2
s 2026-05-01 2 map[] 8 2
s 2026-05-03 1 map[] 1 0
t 2026-04-30 3 map[challenge:2 timeout:1] 0 0
u 2026-05-01 1 map[] 0 1`; got != want {
		t.Errorf("have\n%s\nwant\n%s", got, want)
	}
	if got, want := show(hours(24), hours(24)), "s 2026-05-01 2 map[] 8 2\nu 2026-05-01 1 map[] 0 1"; got != want {
		t.Errorf("one day: have\n%s", got)
	}
	if got := show(hours(1000), hours(2000)); got != "" {
		t.Errorf("later: %s", got)
	}
	if first, err := a.FirstPoll(t.Context()); err != nil || !first.Equal(hours(0)) {
		t.Errorf("%v, %v", first, err)
	}
	if first, err := open(t, t.TempDir(), Options{}).FirstPoll(t.Context()); err != nil || !first.IsZero() {
		t.Errorf("of nothing: %v, %v", first, err)
	}
}

func TestHealth(t *testing.T) {
	a := watched(t)
	health, err := a.Health(t.Context(), hours(-1000), hours(73))
	if err != nil {
		t.Fatal(err)
	}
	s := health["s"]
	if s.New != 2 || !s.Watched.Equal(hours(0)) || !s.LastSuccess.Equal(hours(72)) || !s.NextTry.Equal(hours(73)) || s.Failures != 0 || !s.Newest.Equal(hours(20)) {
		t.Errorf("s: %+v", s)
	}
	if f := health["t"]; f.New != 0 || f.Failures != 3 || f.Reason != blotter.ReasonTimeout || !f.Watched.Equal(hours(0)) || !f.LastSuccess.IsZero() || !f.Newest.IsZero() {
		t.Errorf("t: %+v", f)
	}
	if u := health["u"]; u.New != 1 || !u.Newest.Equal(hours(23)) {
		t.Errorf("u: %+v", u)
	}
	if n, there := health["never"]; !there || !n.Watched.IsZero() || n.New != 0 {
		t.Errorf("never: %+v", n)
	}
	later, err := a.Health(t.Context(), hours(48), hours(73))
	if err != nil || later["s"].New != 0 || later["u"].New != 0 {
		t.Errorf("since later: %+v, %v", later, err)
	}
}
