package crawler

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"blotter"
	"blotter/internal/corpora"
	"blotter/internal/race"
)

func readJSONL[T any](t testing.TB, path string) []T {
	t.Helper()
	var out []T
	scanner := bufio.NewScanner(bytes.NewReader(readFile(t, path)))
	scanner.Buffer(nil, 8<<20)
	for scanner.Scan() {
		var v T
		if err := json.Unmarshal(scanner.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// readFile reads a file, unpacked if its name ends in .gz.
func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(path) != ".gz" {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRealFeeds reads 110 real feeds and 10 files that are none.
func TestRealFeeds(t *testing.T) {
	race.Skip(t)
	dir := corpora.Path(t, "feeds")
	feeds, others := 0, 0
	for _, truth := range readJSONL[struct {
		File  string
		Feed  bool
		Items int
	}](t, filepath.Join(dir, "truth.jsonl")) {
		page := blotter.Page{URL: "https://feeds.example/feed", Body: readFile(t, filepath.Join(dir, truth.File))}
		for _, kind := range []blotter.Kind{blotter.KindFeed, ""} {
			got, err := List(page, blotter.Source{Kind: kind})
			switch {
			case !truth.Feed:
				if err == nil {
					t.Errorf("%s is no feed, but as kind %q gave %d items", truth.File, kind, len(got.Items))
				}
			case err != nil:
				t.Errorf("%s: %v", truth.File, err)
			case len(got.Items) < truth.Items:
				t.Errorf("%s: %d items, want %d; %q", truth.File, len(got.Items), truth.Items, got.Faults)
			}
		}
		if truth.Feed {
			feeds++
		} else {
			others++
		}
	}
	t.Logf("%d real feeds give at least their items, %d files are said to be none", feeds, others)
	if feeds != 110 || others != 10 {
		t.Errorf("judged %d feeds and %d others, want 110 and 10", feeds, others)
	}
}

// TestRealListings reads real pages, with nothing configured, and wants what a person listed there: nothing less and nothing
// else.
func TestRealListings(t *testing.T) {
	race.Skip(t)
	dir := corpora.Path(t, "listing")
	judged := 0
	for _, truth := range readJSONL[struct {
		File  string
		Base  string
		Items []struct{ URL, Title, Date string }
	}](t, filepath.Join(dir, "truth.jsonl")) {
		got, err := List(blotter.Page{URL: truth.Base, Body: readFile(t, filepath.Join(dir, truth.File))}, blotter.Source{})
		if err != nil {
			t.Errorf("%s: %v", truth.File, err)
			continue
		}
		if len(got.Items) != len(truth.Items) {
			t.Errorf("%s: %d items, want %d", truth.File, len(got.Items), len(truth.Items))
			continue
		}
		for i, want := range truth.Items {
			it := got.Items[i]
			if it.URL != want.URL || it.Title != blotter.CleanLine(want.Title) || it.Published.Time.Format("2006-01-02") != want.Date {
				t.Errorf("%s, item %d: %s %q %s, want %s %q %s", truth.File, i, it.URL, it.Title, it.Published, want.URL, want.Title, want.Date)
			}
		}
		judged++
	}
	if judged != 11 {
		t.Errorf("judged %d pages, want 11", judged)
	}
}

// TestRealStatus reads the feed of a threat level at three moments, and the challenge that was answered instead at
// most others.
func TestRealStatus(t *testing.T) {
	dir := corpora.Path(t, "feeds", "mi5")
	src := blotter.Source{Kind: blotter.KindStatus, TimeZone: "Europe/London"}
	urls := map[string]bool{}
	for file, want := range map[string][2]string{
		"2025-03-23_97352318.xml": {"Current threat level: SUBSTANTIAL", "2024-03-05T02:52:00Z"},
		"2026-03-20_0b3bd53c.xml": {"Current threat level: SUBSTANTIAL", "2024-03-05T02:52:00Z"},
		"2026-04-30_5c02f3cc.xml": {"Current Threat Level: SEVERE", "2026-04-30T06:09:00+01:00"},
	} {
		got, err := List(blotter.Page{URL: "https://www.mi5.gov.uk/UKThreatLevel/UKThreatLevel.xml", Body: readFile(t, filepath.Join(dir, file))}, src)
		if err != nil || len(got.Items) != 1 {
			t.Errorf("%s: %d items, %v; want one", file, len(got.Items), err)
			continue
		}
		it := got.Items[0]
		if it.Title != want[0] || it.Published.String() != want[1] || it.Summary == "" {
			t.Errorf("%s: %q %s %q, want %q", file, it.Title, it.Published, it.Summary, want)
		}
		urls[it.URL] = true
	}
	if len(urls) != 2 {
		t.Errorf("three states of which two are the same have the URLs %v", urls)
	}
	for _, kind := range []blotter.Kind{"", blotter.KindFeed, blotter.KindStatus} {
		_, err := List(blotter.Page{Body: readFile(t, filepath.Join(dir, "challenge-page.html"))}, blotter.Source{Kind: kind})
		if f := blotter.AsFailure(err); f == nil || f.Reason != blotter.ReasonChallenge {
			t.Errorf("the challenge page as kind %q: %v, want a challenge", kind, err)
		}
	}
}
