package archive

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"blotter"
)

// What the metadata record of a fetch is written with, it is read with.
func TestOrigin(t *testing.T) {
	published := func(text, raw, method string) blotter.Date {
		d, ok := blotter.ParseDate(text, "", time.UTC)
		if !ok {
			t.Fatal(text)
		}
		d.Raw, d.Method = raw, method
		return d
	}
	items := []blotter.Item{
		{URL: "https://example.org/1"},
		{URL: "https://example.org/via", Title: "A: title", Summary: "said, and more", Authors: []string{"One", "Two"},
			Published: published("2021-06-03T10:00:00+01:00", "Thu, 3 June", "feed")},
		{URL: "https://example.org/1", Published: published("2021-06", "June 2021", "visible")},
	}
	for _, item := range items {
		for _, purpose := range purposes {
			f := page("s", "https://example.org/1", "x", hours(0))
			f.Item, f.Purpose = item, purpose
			var file bytes.Buffer
			if err := metadataRecord(&f, "<urn:x>").write(&file); err != nil {
				t.Fatal(err)
			}
			for r, err := range ReadWARC(&file) {
				o, ok := r.Origin()
				got, want := o.Item.Published, item.Published
				if !got.Time.Equal(want.Time) || got.String() != want.String() || got.Raw != want.Raw || got.Method != want.Method {
					t.Errorf("published %+v, want %+v", got, want)
				}
				o.Item.Published = item.Published
				if err != nil || !ok || !reflect.DeepEqual(o, Origin{Of: "<urn:x>", Source: "s", Purpose: purpose, Item: item}) {
					t.Errorf("%+v, %v, %v", o, ok, err)
				}
			}
		}
	}
}

// Records of others, and odd ones, say nothing.
func TestOriginOfOthers(t *testing.T) {
	const of, fields = "WARC-Concurrent-To: <urn:x>", "Content-Type: application/warc-fields"
	tests := []struct {
		kind, block string
		header      []string
		want        bool
	}{
		{"metadata", "source: s\r\npurpose: page\r\n", []string{of, fields}, true},
		{"metadata", "source: s\npurpose: page", []string{of, fields}, true},
		{"warcinfo", "source: s\r\npurpose: page\r\n", []string{of, fields}, false},
		{"metadata", "source: s\r\npurpose: page\r\n", []string{fields}, false},
		{"metadata", "source: s\r\npurpose: page\r\n", []string{of}, false},
		{"metadata", "source: s\r\npurpose: everything\r\n", []string{of, fields}, false},
		{"metadata", "purpose: page\r\n", []string{of, fields}, false},
		{"metadata", "fetchTimeMs: 12\r\nvia: https://example.org/", []string{of, fields}, false}, // of Heritrix
		{"metadata", "", []string{of, fields}, false},
		{"metadata", strings.Repeat(" ", 400), []string{of, fields}, false},
	}
	for _, test := range tests {
		for r, err := range ReadWARC(strings.NewReader(raw("1.1", test.kind, test.block, test.header...))) {
			if _, ok := r.Origin(); ok != test.want || err != nil {
				t.Errorf("%s %q %q: %v, %v", test.kind, test.header, test.block, ok, err)
			}
		}
	}
}
