package newsroom

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"blotter"
)

func startBulk(t *testing.T, b Bulk) *Newsrooms {
	t.Helper()
	n, err := b.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func TestBulkListsEachArticleOnce(t *testing.T) {
	for _, b := range []Bulk{
		{Articles: 2500, Hosts: 2, Seed: 1},
		{Articles: 120, Kind: blotter.KindFeed, Seed: 1},
		{Articles: 1, Seed: 9},
	} {
		n := startBulk(t, b)
		var all []string
		for _, s := range n.Sources() {
			all = append(all, listed(t, s)...)
		}
		slices.Sort(all)
		if got := len(slices.Compact(all)); got != b.Articles {
			t.Errorf("%+v: %d articles listed", b, got)
		}
		for _, url := range []string{all[0], all[len(all)-1]} {
			if res, body := get(t, url); res.StatusCode != http.StatusOK || len(body) < 2000 {
				t.Errorf("%+v: %s: status %d, %d bytes", b, url, res.StatusCode, len(body))
			}
		}
	}
}

func TestBulkIsDeterministic(t *testing.T) {
	texts := map[string]int{}
	for i := range 500 {
		a, again := invent(7, i, 1), invent(7, i, 1)
		if !reflect.DeepEqual(a, again) {
			t.Fatalf("article %d is another the second time", i)
		}
		if year := a.Published.Year(); year < 2016 || year > 2025 {
			t.Errorf("article %d is of %d", i, year)
		}
		for _, b := range a.Blocks {
			if strings.ContainsAny(b.Text, "{}") {
				t.Errorf("article %d has an unfilled slot: %s", i, b.Text)
			}
		}
		texts[a.Blocks[0].Text]++
		if later := invent(7, i, 2); (len(later.Blocks) > len(a.Blocks)) != (i%100 == 0) {
			t.Errorf("article %d: %d paragraphs, then %d", i, len(a.Blocks), len(later.Blocks))
		}
	}
	if len(texts) != 500 {
		t.Errorf("only %d of 500 openings differ", len(texts))
	}
	if a, b := invent(7, 1, 1), invent(8, 1, 1); a.Blocks[1].Text == b.Blocks[1].Text {
		t.Error("two seeds give the same text")
	}
}

func TestBulkHasNothingElse(t *testing.T) {
	n := startBulk(t, Bulk{Articles: 3})
	for _, path := range []string{"/news/3", "/news/-1", "/news/x", "/sitemaps/2.xml", "/sitemaps/0.xml", "/"} {
		if res, _ := get(t, n.URL("bulk-1", path)); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", path, res.StatusCode)
		}
	}
}
