package archive

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"blotter"
)

// Origin is what a metadata record of an archive says of a fetch: of which source it was, and what that said of the item.
type Origin struct {
	Of      string // the ID of the record of the answer
	Source  string
	Purpose blotter.Purpose
	Item    blotter.Item
	Failure string // why the answer was none, such as that of a page that asks for proof of being human; else ""
}

// Origin reads a metadata record as an archive writes it. It returns false for every other record, those of other
// writers included.
func (r Record) Origin() (Origin, bool) {
	if r.Type != "metadata" || r.ContentType != typeFields {
		return Origin{}, false
	}
	said := map[string][]string{}
	for line := range strings.Lines(string(r.Block)) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ": "); ok {
			said[name] = append(said[name], value)
		}
	}
	value := blotter.Header(said).Value
	o := Origin{Of: r.Header.Value("Warc-Concurrent-To"), Source: value("source"), Purpose: blotter.Purpose(value("purpose")), Failure: value("failure")}
	if o.Of == "" || o.Source == "" || !slices.Contains(purposes, o.Purpose) {
		return Origin{}, false
	}
	o.Item = blotter.Item{
		URL: cmp.Or(value("via"), r.URL), Title: value("title"), Summary: value("summary"), Authors: said["author"],
	}
	o.Item.Published, _ = blotter.ParseDate(value("published"), "", time.UTC)
	if !o.Item.Published.IsZero() {
		o.Item.Published.Raw = cmp.Or(value("published-raw"), o.Item.Published.Raw)
		o.Item.Published.Method = value("published-method")
	}
	return o, true
}
