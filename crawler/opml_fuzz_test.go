package crawler

import (
	"strings"
	"testing"

	"blotter"
)

// FuzzOPML: whatever comes, what is read can be fetched or says why not, and nothing panics. The same bytes as a page have leads
// of http and https alone.
func FuzzOPML(f *testing.F) {
	f.Add([]byte(subscriptions))
	f.Add([]byte(newsFront))
	f.Add([]byte("<opml></outline><outline xmlUrl=x><outline isComment=true></opml>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		outlines, _, err := ReadOPML(body)
		if err != nil && blotter.AsFailure(err) == nil {
			t.Errorf("the error is no failure: %v", err)
		}
		for _, o := range outlines {
			if o.Failure == nil && !strings.HasPrefix(o.Source.URL, "http") || o.Source.Name != blotter.CleanLine(o.Source.Name) {
				t.Errorf("%+v", o)
			}
		}
		for _, l := range Leads(blotter.Page{URL: "https://www.norland.example/", Body: body}) {
			if !strings.HasPrefix(l.URL, "http") || strings.Contains(l.URL, "#") {
				t.Errorf("%+v", l)
			}
		}
	})
}
