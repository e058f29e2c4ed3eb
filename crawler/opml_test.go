package crawler

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"blotter"
)

const subscriptions = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE opml [<!ENTITY bomb "boom">]>
<opml version="1.0"><head><title>Mine</title></head><body>
<outline text="Police &amp; courts" title="Police &amp; courts"><outline text="North">
  <outline type="rss" text="Norland" title="Norland &bomb; Police" xmlUrl="https://norland.example/feed" htmlUrl="https://norland.example/" language="en-gb"/>
  <OUTLINE TEXT="Shouted" XMLURL="https://shouted.example/feed"></OUTLINE></outline>
  <outline xmlUrl="https://user:secret@bare.example/a?b=1&c=2#frag"/>
</outline>
<outline text="Local" xmlUrl="file:///etc/passwd"/>
<outline text="Script" xmlUrl=" javascript:alert(1) "/>
<outline text="Bookmark" type="link" url="https://page.example/"/>
<outline text="Other" type="include" url="https://other.example/list.opml"/>
<outline text="Not now" isComment="true" xmlUrl="https://hidden.example/1"><outline text="x" xmlUrl="https://hidden.example/2"/></outline>
<outline text="Last" xmlUrl="https://last.example/feed"/>
</body></opml>`

func TestReadOPML(t *testing.T) {
	outlines, faults, err := ReadOPML([]byte(subscriptions))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range outlines {
		line := fmt.Sprintf("%s | %s | %s | %s", strings.Join(o.Folders, "/"), o.Source.Name, o.Source.URL, o.Source.Language)
		if o.Failure != nil {
			line += " | " + string(o.Failure.Reason)
		}
		if o.Ours {
			t.Errorf("%s is not ours", o.Source.URL)
		}
		got = append(got, line)
	}
	want := []string{
		"Police & courts/North | Norland &bomb; Police | https://norland.example/feed | en-gb",
		"Police & courts/North | Shouted | https://shouted.example/feed | ",
		"Police & courts | https://bare.example/a?b=1&c=2 | https://bare.example/a?b=1&c=2 | ",
		" | Local | file:///etc/passwd |  | url",
		" | Script | javascript:alert(1) |  | url",
		" | Bookmark | https://page.example/ |  | format",
		" | Other | https://other.example/list.opml |  | format",
		" | Last | https://last.example/feed | ",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("have\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(faults) == 0 {
		t.Error("the bare ampersand and the entity were repaired in silence")
	}
}

// A document that is cut off gives what came of it.
func TestReadOPMLCutOff(t *testing.T) {
	for cut := range len(subscriptions) {
		outlines, _, err := ReadOPML([]byte(subscriptions[:cut]))
		if err != nil && blotter.AsFailure(err) == nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		for _, o := range outlines {
			if o.Failure == nil && !strings.HasPrefix(o.Source.URL, "https://") {
				t.Fatalf("cut at %d: %q", cut, o.Source.URL)
			}
		}
	}
}

func TestHostileOPML(t *testing.T) {
	laughs := `<!DOCTYPE opml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]><opml><body><outline text="&b;&c;" xmlUrl="https://x.example/"/></body></opml>`
	for name, test := range map[string]struct {
		body string
		want blotter.Reason
	}{
		"nothing":         {"", blotter.ReasonFormat},
		"a feed":          {`<rss><channel><title>x</title></channel></rss>`, blotter.ReasonFormat},
		"a page":          {`<!doctype html><html><body><opml></opml></body></html>`, blotter.ReasonFormat},
		"entity markup":   {`<!DOCTYPE opml [<!ENTITY a "<outline xmlUrl='https://bomb.example/'/>">]><opml><body>&a;</body></opml>`, blotter.ReasonFormat},
		"bytes":           {"\x00\x01\xff", blotter.ReasonFormat},
		"deep":            {"<opml><body>" + strings.Repeat(`<outline text="x">`, 1000), blotter.ReasonDeep},
		"deep and closed": {"<opml><body>" + strings.Repeat(`<outline text="x">`, 100) + strings.Repeat("</outline>", 100) + "</body></opml>", blotter.ReasonDeep},
		"huge":            {"<opml>" + strings.Repeat(" ", maxDocument), blotter.ReasonSize},
		"many elements":   {"<opml><body>" + strings.Repeat("<a/>", maxElements+1), blotter.ReasonSize},
		"many feeds":      {"<opml><body>" + strings.Repeat(`<outline xmlUrl="https://x.example/"/>`, maxFeedItems+2), blotter.ReasonSize},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := ReadOPML([]byte(test.body))
			requireReason(t, err, test.want)
		})
	}
	outlines, _, err := ReadOPML([]byte(laughs))
	if err != nil || len(outlines) != 1 || outlines[0].Source.Name != "&b;&c;" {
		t.Errorf("entities: %v, %v", outlines, err)
	}
	_, err = List(blotter.Page{URL: "https://x.example/", Body: []byte(subscriptions)}, blotter.Source{})
	requireReason(t, err, blotter.ReasonFormat)
}

func TestOPMLRoundTrip(t *testing.T) {
	sources := []blotter.Source{
		{ID: "b", Name: `Tom & "Jerry" <b>'s'`, Kind: blotter.KindFeed, URL: "https://b.example/feed?a=1&b=2", Schedule: "@hourly", TimeZone: "Europe/London",
			Country: "gb", Publisher: "press", Language: "en-GB", Licence: "a & b", Enabled: true},
		{ID: "l", Name: "Liste", Kind: blotter.KindListing, URL: "https://l.example/", Schedule: "7 * * * *", TimeZone: "Europe/Berlin", Country: "de",
			Publisher: "police", Language: "de", Why: "robots", DateFormat: "02.01.2006",
			Selectors: blotter.Selectors{Items: "a > b", Title: "h1", Body: "#x", Date: "[a='\"']", Drop: []string{"a, b", "c"}}},
		{ID: "s", Name: "Status", Kind: blotter.KindStatus, URL: "https://s.example/rss", Schedule: "@daily", TimeZone: "UTC", Country: "gb", Publisher: "government",
			Language: "en", Enabled: true},
		{ID: "m", Name: "Map", Kind: blotter.KindSitemap, URL: "https://m.example/sitemap.xml", Schedule: "@daily", TimeZone: "UTC", Country: "int", Publisher: "press",
			Language: "en", Enabled: true},
	}
	var b bytes.Buffer
	if err := WriteOPML(&b, "A & B", sources); err != nil {
		t.Fatal(err)
	}
	outlines, faults, err := ReadOPML(b.Bytes())
	if err != nil || len(faults) > 0 || len(outlines) != len(sources) {
		t.Fatalf("%d outlines, %v, %v\n%s", len(outlines), faults, err, b.String())
	}
	read := map[string]blotter.Source{}
	for _, o := range outlines {
		if !o.Ours || o.Failure != nil || !reflect.DeepEqual(o.Folders, []string{o.Source.Country}) {
			t.Errorf("%+v", o)
		}
		read[o.Source.ID] = o.Source
	}
	for _, s := range sources {
		if !reflect.DeepEqual(read[s.ID], s) {
			t.Errorf("have %+v\nwant %+v", read[s.ID], s)
		}
	}
	if n := strings.Count(b.String(), `type="rss"`); n != 2 {
		t.Errorf("%d subscriptions for other readers, want 2\n%s", n, b.String())
	}
	var empty bytes.Buffer
	if err := WriteOPML(&empty, "", nil); err != nil {
		t.Error(err)
	}
	if none, _, err := ReadOPML(empty.Bytes()); err != nil || len(none) > 0 {
		t.Errorf("%v, %v", none, err)
	}
	full := errors.New("disk full")
	if err := WriteOPML(brokenWriter{full}, "x", sources); !errors.Is(err, full) {
		t.Errorf("have %v", err)
	}
}

type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 0, b.err }
