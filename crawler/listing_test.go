package crawler

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"blotter"
	"blotter/internal/golden"
)

// TestListings reads pages of many makes, none of them configured. The golden file beside each says which page it
// is, what continues it, and its items.
func TestListings(t *testing.T) {
	pages, err := filepath.Glob("testdata/listing/*.html")
	if err != nil || len(pages) < 88 {
		t.Fatalf("%d pages, %v; want 88", len(pages), err)
	}
	for _, path := range pages {
		name := strings.TrimSuffix(filepath.Base(path), ".html")
		t.Run(name, func(t *testing.T) {
			file := strings.TrimSuffix(path, ".html") + ".want"
			head, _, _ := strings.Cut(string(readFile(t, file)), "\n")
			place := strings.Fields(head)
			src := blotter.Source{TimeZone: "Europe/London"}
			if len(place) > 2 {
				src.Country = place[2]
			}
			listing, err := List(blotter.Page{URL: place[1], Body: readFile(t, path)}, src)
			if err != nil {
				t.Fatal(err)
			}
			got := head + "\n" + itemLines(listing)
			golden.Compare(t, file, got)
		})
	}
}

// itemLines writes a listing as the golden files have it.
func itemLines(l Listing) string {
	var b strings.Builder
	for _, next := range l.Next {
		fmt.Fprintf(&b, "next %s\n", next)
	}
	for _, it := range l.Items {
		d := it.Published
		if d.Precision == blotter.Minute {
			d.Precision = blotter.Day
		}
		fmt.Fprintf(&b, "item %s | %s | %s\n", it.URL, d, it.Title)
	}
	return b.String()
}
