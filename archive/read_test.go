package archive

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"blotter"
)

func TestArticleByName(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	const n = 300 // enough for two ids that begin alike
	var fetches []Fetch
	byStart := map[string][]string{}
	for i := range n {
		url := fmt.Sprintf("https://example.org/%d", i)
		id := blotter.ArticleID(url)
		byStart[id[:4]] = append(byStart[id[:4]], id)
		fetches = append(fetches, page("s", url+"?from=feed", url+"\nT\ntext", hours(0)))
	}
	fetches = append(fetches, page("s", "record:import/x:3", "record:import/x:3\nT\ntext", hours(0)))
	keep(t, a, fetches...)
	derive(t, a, "1", readPage)
	id := blotter.ArticleID("https://example.org/7")
	twins := ""
	for start, ids := range byStart {
		if len(ids) > 1 {
			twins = start
		}
	}
	if twins == "" {
		t.Fatal("no two ids begin alike: raise n")
	}
	tests := []struct{ name, id, err string }{
		{id, id, ""},
		{id[:9], id, ""},
		{"https://example.org/7", id, ""},
		{"HTTPS://Example.org:443/7?utm_source=x#top", id, ""},
		{"https://example.org/7?from=feed", id, ""},
		{"record:import/x:3", blotter.ArticleID("record:import/x:3"), ""},
		{twins, "", "give more digits"},
		{id[:3], "", "not in the archive"},
		{"%", "", "not in the archive"},
		{"", "", "not in the archive"},
		{"ffffffffffffffffff", "", "not in the archive"},
		{"https://example.org/none", "", "not in the archive"},
	}
	for _, test := range tests {
		got, err := a.Article(t.Context(), test.name)
		if got.ID != test.id || (err == nil) != (test.err == "") {
			t.Errorf("%q: %s, %v", test.name, got.ID, err)
		}
		if test.err != "" {
			wantError(t, err, test.err)
		}
		if test.err == "not in the archive" && !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v is not ErrNotFound", test.name, err)
		}
	}
	two := blotter.ArticleID("https://example.org/2")
	got, err := a.Articles(t.Context(), []string{id, "nothing", two, id})
	if err != nil || len(got) != 3 || got[0].ID != id || got[1].ID != two || got[2].ID != id {
		t.Errorf("%v, %v", got, err)
	}
}

func TestSince(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	for i := range 10 {
		url := fmt.Sprintf("https://example.org/%d", i)
		keep(t, a, page("s", url, url+"\nT\ntext", hours(i)))
	}
	derive(t, a, "1", readPage)
	derive(t, a, "2", func(c blotter.Capture) Derived { // every third is no article any more
		if c.ID%3 == 0 {
			return Derived{Capture: c.ID, Failure: blotter.Fail(blotter.ReasonIndex, "")}
		}
		return readPage(c)
	})
	keep(t, a, page("s", "https://example.org/new", "https://example.org/new\nT\ntext", hours(20))) // its seq is behind those of the removed
	derive(t, a, "2", readPage)
	if changes, err := a.Since(t.Context(), 0, 100); err != nil || len(changes) != 3 {
		t.Errorf("%d changes, %v: want the removed ones and none that is still to be tagged", len(changes), err)
	}
	tag(t, a, "r1", "red")
	for _, n := range []int{1, 4, 100} {
		articles, gone, seq := 0, 0, int64(0)
		for {
			changes, err := a.Since(t.Context(), seq, n)
			if err != nil {
				t.Fatal(err)
			}
			if len(changes) == 0 {
				break
			}
			if len(changes) > n {
				t.Fatalf("%d changes where %d were asked for", len(changes), n)
			}
			for _, c := range changes {
				if c.Seq <= seq {
					t.Fatalf("seq %d behind %d", c.Seq, seq)
				}
				seq = c.Seq
				if c.Article == nil {
					gone++
				} else {
					articles++
				}
			}
		}
		if articles != 8 || gone != 3 {
			t.Errorf("in steps of %d: %d articles, %d gone", n, articles, gone)
		}
		if last, err := a.Seq(t.Context()); err != nil || last != seq {
			t.Errorf("the last change is %d, %v, want %d", last, err, seq)
		}
	}
}

func TestCaptures(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	const url = "https://example.org/1"
	keep(t, a, page("s", url, url+"\nT\none", hours(0)), page("s", url, "none", hours(1)), page("s", url, url+"\nT\none\n", hours(2)))
	derive(t, a, "1", readPage)
	captures, err := a.Captures(t.Context(), blotter.ArticleID(url))
	if err != nil || len(captures) != 2 || captures[0].ID != 1 || captures[1].ID != 3 || !captures[1].Fetched.Equal(hours(2)) {
		t.Errorf("%+v, %v", captures, err)
	}
	if _, err := a.Capture(t.Context(), 99); !errors.Is(err, ErrNotFound) {
		t.Errorf("capture 99: %v", err)
	}
}

func TestStats(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	if s, err := a.Stats(t.Context()); err != nil || s.Captures != 0 || !s.First.IsZero() {
		t.Errorf("of an empty archive: %+v, %v", s, err)
	}
	const url = "https://example.org/1"
	keep(t, a, page("s", url, url+"\nT\nred", hours(0)), page("s", url, url+"\nT\nred!", hours(5)), page("s", url+"0", "none", hours(1)),
		failed(page("s", url+"1", "", hours(2)), blotter.ReasonGone))
	derive(t, a, "1", readPage)
	tag(t, a, "r", "red")
	s, err := a.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.WARCBytes <= 0 || s.DatabaseBytes <= 0 || !s.First.Equal(hours(0)) || !s.Last.Equal(hours(5)) {
		t.Errorf("%+v", s)
	}
	s.WARCBytes, s.DatabaseBytes, s.First, s.Last = 0, 0, time.Time{}, time.Time{}
	want := Stats{Sources: 1, Items: 3, Captures: 3, Articles: 1, Revisions: 2, Tagged: 1, Fetches: 4, WARCFiles: 1, Seq: 2,
		ByTag: map[string]int{"red": 1}, None: map[blotter.Reason]int{blotter.ReasonShell: 1}}
	if got := fmt.Sprintf("%+v", s); got != fmt.Sprintf("%+v", want) {
		t.Errorf("%s, want\n%+v", got, want)
	}
}
