package archive

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"blotter"
)

// printed is what the archive says of the article at a URL: its revisions with the number of captures that showed
// each, and the seq.
func printed(t testing.TB, a *Archive, url string) string {
	t.Helper()
	article, err := a.Article(t.Context(), url)
	if errors.Is(err, ErrNotFound) {
		return "none"
	}
	if err != nil {
		t.Fatal(err)
	}
	revisions, err := a.Revisions(t.Context(), article.ID)
	if err != nil {
		t.Fatal(err)
	}
	var s []string
	for _, r := range revisions {
		s = append(s, fmt.Sprintf("%d:%s×%d", r.Number, r.Article.Body, r.Captures))
	}
	last := revisions[len(revisions)-1]
	if article.Revision != last.Number || article.Body != last.Article.Body || article.Capture != last.Article.Capture {
		t.Errorf("%s shows revision %d %q of capture %d, the newest is %d", url, article.Revision, article.Body, article.Capture, last.Number)
	}
	return fmt.Sprintf("%s from %s seq %d", strings.Join(s, " "), article.Source, article.Seq)
}

func counts(c Changes) string {
	return fmt.Sprint(c.New, c.Revised, c.Updated, c.Unchanged, c.Removed, c.None)
}

// TestRevisions follows an article through captures and readings. Each step keeps a page or reads all under a new
// stamp, derives, and looks.
func TestRevisions(t *testing.T) {
	const url = "https://example.org/a"
	text := func(s string) string { return url + "\nTitle\n" + s }
	upper := func(c blotter.Capture) Derived {
		d := readPage(c)
		for i := range d.Articles {
			d.Articles[i].Body = strings.ToUpper(d.Articles[i].Body)
		}
		return d
	}
	dated := func(c blotter.Capture) Derived {
		d := upper(c)
		for i := range d.Articles {
			d.Articles[i].Published = blotter.Date{Time: testTime, Precision: blotter.Day}
		}
		return d
	}
	a := open(t, t.TempDir(), Options{})
	tests := []struct {
		name   string
		fetch  Fetch
		stamp  string
		read   func(blotter.Capture) Derived
		counts string // new, revised, updated, unchanged, removed, none
		want   string
	}{
		{"first", page("s", url, text("one"), hours(0)), "1", readPage, "1 0 0 0 0 map[]", "1:one×1 from s seq 1"},
		{"nothing new", Fetch{}, "1", readPage, "0 0 0 0 0 map[]", "1:one×1 from s seq 1"},
		{"same text on another page", page("t", url+"?print=1", text("one"), hours(1)), "1", readPage, "0 0 0 1 0 map[]", "1:one×2 from s seq 1"},
		{"changed", page("s", url, text("two"), hours(2)), "1", readPage, "0 1 0 0 0 map[]", "1:one×2 2:two×1 from s seq 2"},
		{"a page without it", page("s", url, "none", hours(3)), "1", readPage, "0 0 0 0 0 map[shell:1]", "1:one×2 2:two×1 from s seq 2"},
		{"as before", page("s", url, text("one"), hours(4)), "1", readPage, "0 1 0 0 0 map[]", "1:one×2 2:two×1 3:one×1 from s seq 3"},
		{"an older capture comes late", page("s", url+"?late=1", text("late"), hours(1)), "1", readPage, "0 0 1 0 0 map[]",
			"1:one×2 2:late×1 3:two×1 4:one×1 from s seq 4"},
		{"a newer extractor that reads the same", Fetch{}, "2", readPage, "0 0 0 1 0 map[shell:1]", "1:one×2 2:late×1 3:two×1 4:one×1 from s seq 4"},
		{"one that reads another text", Fetch{}, "3", upper, "0 1 0 0 0 map[shell:1]", "1:ONE×2 2:LATE×1 3:TWO×1 4:ONE×1 from s seq 5"},
		{"one that reads a date", Fetch{}, "4", dated, "0 0 1 0 0 map[shell:1]", "1:ONE×2 2:LATE×1 3:TWO×1 4:ONE×1 from s seq 6"},
		{"one that finds no article", Fetch{}, "5", func(c blotter.Capture) Derived {
			return Derived{Capture: c.ID, Failure: blotter.Fail(blotter.ReasonIndex, "")}
		}, "0 0 0 0 1 map[index:6]", "none"},
		{"and finds it again", Fetch{}, "6", readPage, "1 0 0 0 0 map[shell:1]", "1:one×2 2:late×1 3:two×1 4:one×1 from s seq 8"},
	}
	for _, test := range tests {
		if test.fetch.Source != "" {
			keep(t, a, test.fetch)
		}
		if got := counts(derive(t, a, test.stamp, test.read)); got != test.counts {
			t.Errorf("%s: counts %s, want %s", test.name, got, test.counts)
		}
		if got := printed(t, a, url); got != test.want {
			t.Errorf("%s:\n%s, want\n%s", test.name, got, test.want)
		}
		check(t, a)
	}
	if n := ask[int](t, a, `SELECT count(*) FROM texts`); n != 3 {
		t.Errorf("%d texts are kept where there are three", n)
	}
}

// The readings of one article are put one capture at a time, as after a crash between two batches.
func TestRederiveOneByOne(t *testing.T) {
	const url = "https://example.org/a"
	a := open(t, t.TempDir(), Options{})
	for i, text := range []string{"one", "one ", "two"} {
		keep(t, a, page("s", url, url+"\nT\n"+text, hours(i)))
	}
	derive(t, a, "1", readPage)
	captures, err := a.Underived(t.Context(), Stamps{Any: []string{"2"}}, 0, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1:ONE×1 2:one ×1 3:two×1", "1:ONE×2 2:two×1", "1:ONE×2 2:TWO×1"}
	for i, c := range captures {
		d := readPage(c)
		d.Articles[0].Body = strings.ToUpper(strings.TrimSpace(d.Articles[0].Body))
		if _, err := a.PutDerived(t.Context(), stamped("2", []Derived{d})); err != nil {
			t.Fatal(err)
		}
		if got := printed(t, a, url); !strings.HasPrefix(got, want[i]+" ") {
			t.Errorf("after %d: %s, want %s", i+1, got, want[i])
		}
		check(t, a)
	}
}

func TestDerivedArticle(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	kept := keep(t, a, page("s", "https://example.org/a", "x", hours(3)))
	want := blotter.Article{
		URL: "https://example.org/a", Title: "Title", Lead: "Lead.", Body: "Lead.\n\nBody.", Authors: []string{"A. B", "C"}, Summary: "S",
		Published: blotter.Date{Time: hours(0), Raw: "30 April", Method: "json-ld", Precision: blotter.Minute},
		Modified:  blotter.Date{Time: hours(1), Raw: "1 May", Method: "meta", Precision: blotter.Month}, Lang: "en",
	}
	if _, err := a.PutDerived(t.Context(), stamped("1", []Derived{{Capture: 1, Articles: []blotter.Article{want}}})); err != nil {
		t.Fatal(err)
	}
	want.ID, want.Source, want.FirstSeen, want.Revision, want.Capture, want.Seq = blotter.ArticleID(want.URL), "s", hours(3), 1, kept[0].Capture, 1
	got, err := a.Article(t.Context(), want.ID)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, %v, want\n%+v", got, err, want)
	}
	_, err = a.PutDerived(t.Context(), stamped("1", []Derived{{Capture: 7}}))
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("a capture that is not there: %v", err)
	}
}

// An extractor that finds another canonical URL moves the article; those who follow hear of both.
func TestArticleMoves(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	keep(t, a, page("s", "https://example.org/a", "https://example.org/a\nT\ntext", hours(0)))
	derive(t, a, "1", readPage)
	derive(t, a, "2", func(c blotter.Capture) Derived {
		d := readPage(c)
		d.Articles[0].URL = "https://example.org/b"
		return d
	})
	tag(t, a, "r1", "red")
	changes, err := a.Since(t.Context(), 0, 10)
	if err != nil || len(changes) != 2 {
		t.Fatalf("%v, %v", changes, err)
	}
	if gone := changes[0]; gone.ID != blotter.ArticleID("https://example.org/a") && changes[1].ID != blotter.ArticleID("https://example.org/a") {
		t.Errorf("%+v", changes)
	}
	for _, c := range changes {
		if moved := c.ID == blotter.ArticleID("https://example.org/b"); moved != (c.Article != nil) || c.Seq < 2 {
			t.Errorf("%+v", c)
		}
	}
	if article, err := a.Article(t.Context(), "https://example.org/a"); err != nil || article.URL != "https://example.org/b" {
		t.Errorf("by the URL it was listed under: %+v, %v", article, err)
	}
	check(t, a)
}

func TestSeveralArticles(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	feed := page("s", "https://example.org/level", "https://example.org/level#1\nSubstantial\nx\n---\nhttps://example.org/level#2\nSevere\ny\n---\nhttps://example.org/level#2\nSevere\ny", hours(0))
	feed.Purpose = blotter.PurposeStatus
	keep(t, a, feed)
	if got := counts(derive(t, a, "1", readPage)); got != "2 0 0 0 0 map[]" {
		t.Error(got)
	}
	feed.Exchanges = []blotter.Exchange{exchange("https://example.org/level", "https://example.org/level#2\nSevere\ny", hours(1))}
	keep(t, a, feed)
	if got := counts(derive(t, a, "1", readPage)); got != "0 0 0 1 0 map[]" {
		t.Error(got)
	}
	if got := printed(t, a, "https://example.org/level#2"); got != "1:y×2 from s seq 2" {
		t.Error(got)
	}
	if got := printed(t, a, "https://example.org/level#1"); got != "1:x×1 from s seq 1" {
		t.Error(got)
	}
	// A list is evidence and is never read for articles; no articles and no reason is fine too.
	list := page("s", "https://example.org/feed", "x", hours(0))
	list.Purpose = blotter.PurposeList
	keep(t, a, list)
	captures, err := a.Underived(t.Context(), Stamps{Any: []string{"2"}}, 0, 10, nil)
	if err != nil || len(captures) != 2 {
		t.Fatalf("%d captures, %v", len(captures), err)
	}
	if got := counts(derive(t, a, "2", func(c blotter.Capture) Derived { return Derived{Capture: c.ID} })); got != "0 0 0 0 2 map[]" {
		t.Error(got)
	}
	check(t, a)
}

func TestUnderivedInSteps(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	for i := range 7 {
		keep(t, a, page("s", fmt.Sprintf("https://example.org/%d", i), fmt.Sprint("body ", i), hours(0)))
	}
	n, after := 0, int64(0)
	for {
		captures, err := a.Underived(t.Context(), Stamps{Any: []string{"1"}}, after, 3, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(captures) == 0 {
			break
		}
		for _, c := range captures {
			if c.ID <= after || string(c.Exchange.Body) != fmt.Sprint("body ", n) || c.Exchange.Header.Value("Content-Type") != "text/html" {
				t.Errorf("capture %d: %+v", n, c)
			}
			after = c.ID
			n++
		}
	}
	if n != 7 {
		t.Errorf("%d captures", n)
	}
}

// TestUnderivedTimes gives a source one stamp for what was fetched before a redesign, and another for what came since: a capture
// is read again when it carries the wrong one of the two.
func TestUnderivedTimes(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	archived := page("s", "https://example.org/3", "3", hours(30))
	archived.Captured = hours(1) // a web archive showed it as it was then
	keep(t, a, page("s", "https://example.org/1", "1", hours(0)), page("s", "https://example.org/2", "2", hours(20)), archived)
	derive(t, a, "old", readPage)
	for _, test := range []struct {
		name    string
		current Stamps
		want    string
	}{
		{"no redesign", Stamps{Any: []string{"old"}}, ""},
		{"a redesign", Stamps{Times: []StampedTime{{Stamp: "old", Until: hours(10)}, {Stamp: "new", From: hours(10)}}}, "2"},
		{"on the very moment", Stamps{Times: []StampedTime{{Stamp: "old", Until: hours(20)}, {Stamp: "new", From: hours(20)}}}, "2"},
		{"right behind it", Stamps{Times: []StampedTime{{Stamp: "old", Until: hours(20).Add(time.Millisecond)}}}, ""},
		{"two designs before", Stamps{Any: []string{"of another"}, Times: []StampedTime{{Stamp: "oldest", Until: hours(1)}, {Stamp: "old", From: hours(1)}}}, "1"},
		{"nothing is current", Stamps{}, "123"},
	} {
		captures, err := a.Underived(t.Context(), test.current, 0, 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, c := range captures {
			got += string(c.Exchange.Body)
		}
		if got != test.want {
			t.Errorf("%s: %q are to be read, want %q", test.name, got, test.want)
		}
	}
}
