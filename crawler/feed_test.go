package crawler

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/internal/golden"
)

// TestFeeds reads feeds and sitemaps that are whole and broken in all the ways that were seen. The golden file beside each says what
// is got from it and what had to be mended.
func TestFeeds(t *testing.T) {
	for folder, want := range map[string]int{"feeds": 36, "sitemaps": 5, "status": 8} {
		var files []string
		for _, ext := range []string{"*.xml", "*.json"} {
			found, err := filepath.Glob(filepath.Join("testdata", folder, ext))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, found...)
		}
		if len(files) != want {
			t.Errorf("%d files in %s, want %d", len(files), folder, want)
		}
		for _, path := range files {
			t.Run(folder+"/"+filepath.Base(path), func(t *testing.T) {
				src := blotter.Source{TimeZone: "Europe/London"}
				if folder == "status" {
					src.Kind = blotter.KindStatus
				}
				listing, err := List(blotter.Page{URL: "https://press.norland.example/feed.xml", Body: readFile(t, path)}, src)
				if err != nil {
					t.Fatal(err)
				}
				golden.Compare(t, strings.TrimSuffix(path, filepath.Ext(path))+".want", wholeListing(listing))
			})
		}
	}
}

func wholeListing(l Listing) string {
	var b strings.Builder
	fmt.Fprintf(&b, "kind %s, ttl %v\n", l.Kind, l.TTL)
	for _, fault := range l.Faults {
		fmt.Fprintf(&b, "fault %s\n", fault)
	}
	for _, next := range l.Next {
		fmt.Fprintf(&b, "next %s\n", next)
	}
	for _, it := range l.Items {
		fmt.Fprintf(&b, "item %s | %s | %s | %s | %q\n", it.URL, it.Published, it.Title, strings.Join(it.Authors, "; "), it.Summary)
	}
	return b.String()
}

// TestFeedDates says what is kept of a date beside the moment: how it was printed, where it stood, how precise it is. One
// that is absent or absurd is none, whenever the feed was fetched.
func TestFeedDates(t *testing.T) {
	berlin := blotter.Source{TimeZone: "Europe/Berlin"}
	for _, row := range []struct {
		name, element string
		want          blotter.Date // its Time is compared as String writes it
		text          string
	}{
		{"with a zone", "<pubDate>Mon, 03 Jun 2024 14:05:00 GMT</pubDate>", blotter.Date{Raw: "Mon, 03 Jun 2024 14:05:00 GMT", Method: "feed", Precision: blotter.Minute}, "2024-06-03T14:05:00Z"},
		{"without a zone", "<pubDate>2024-06-03 14:05</pubDate>", blotter.Date{Raw: "2024-06-03 14:05", Method: "feed", Precision: blotter.Minute}, "2024-06-03T14:05:00+02:00"},
		{"a day", "<pubDate>3 June 2024</pubDate>", blotter.Date{Raw: "3 June 2024", Method: "feed", Precision: blotter.Day}, "2024-06-03"},
		{"a house's own", "<pubDate>Monday, June 3, 2024 -  14:05</pubDate>", blotter.Date{Raw: "Monday, June 3, 2024 - 14:05", Method: "feed", Precision: blotter.Minute}, "2024-06-03T14:05:00+02:00"},
		{"in the future", "<pubDate>2199-06-03</pubDate>", blotter.Date{Raw: "2199-06-03", Method: "feed", Precision: blotter.Day}, "2199-06-03"},
		{"the beginning of all clocks", "<pubDate>1 January 1970</pubDate>", blotter.Date{Raw: "1 January 1970", Method: "feed", Precision: blotter.Day}, "1970-01-01"},
		{"absent", "", blotter.Date{}, ""},
		{"empty", "<pubDate> </pubDate>", blotter.Date{}, ""},
		{"the end of all clocks", "<pubDate>9999-12-31T23:59:59Z</pubDate>", blotter.Date{}, ""},
		{"no date", "<pubDate>soon</pubDate>", blotter.Date{}, ""},
	} {
		body := "<rss><channel><item><title>Raid</title><link>https://press.norland.example/1</link>" + row.element + "</item></channel></rss>"
		page := blotter.Page{URL: "https://press.norland.example/feed", Body: []byte(body), Fetched: time.Date(2024, 7, 1, 10, 0, 0, 0, time.UTC)}
		got, err := List(page, berlin)
		if err != nil || len(got.Items) != 1 {
			t.Fatalf("%s: %d items, %v", row.name, len(got.Items), err)
		}
		d := got.Items[0].Published
		text := d.String()
		d.Time = row.want.Time
		if d != row.want || text != row.text {
			t.Errorf("%s: %s, %+v; want %s, %+v", row.name, text, d, row.text, row.want)
		}
	}
}

// TestStatusIdentity says which states are the same news.
func TestStatusIdentity(t *testing.T) {
	const before = `<rss><channel><title>Threat Level</title><link>https://level.norland.example/</link><item><title>`
	const after = `</title><link>https://level.norland.example/now</link><description>%s</description><pubDate>%s</pubDate></item></channel></rss>`
	url := func(title, description, date string) string {
		t.Helper()
		page := blotter.Page{Body: []byte(before + title + fmt.Sprintf(after, description, date))}
		got, err := List(page, blotter.Source{Kind: blotter.KindStatus, TimeZone: "Europe/London"})
		if err != nil || len(got.Items) != 1 {
			t.Fatalf("%d items, %v", len(got.Items), err)
		}
		return got.Items[0].URL
	}
	first := url("Current threat level: SEVERE", "The level is SEVERE. An attack is likely.", "Thursday, April 30, 2026 -  06:09")
	if want := "https://level.norland.example/now#2026-04-30-severe-"; !strings.HasPrefix(first, want) {
		t.Errorf("the URL is %s, want %s and a mark", first, want)
	}
	for _, same := range [][3]string{
		{"Current Threat Level: SEVERE", "The level is SEVERE. An attack is likely.", "Thursday, April 30, 2026 - 06:09"},
		{"Current threat level:  severe", "&lt;p&gt;The level is SEVERE. &amp;nbsp;An attack is likely.&lt;/p&gt;", "Thu, 30 Apr 2026 06:09:00 +0100"},
		{" Current threat level: SEVERE ", "<![CDATA[<p>The level is SEVERE.</p><p>An attack is likely</p>]]>", "2026-04-30T05:09:00Z"},
	} {
		if got := url(same[0], same[1], same[2]); got != first {
			t.Errorf("%q is %s, want %s: only its form changed", same, got, first)
		}
	}
	for _, other := range [][3]string{
		{"Current threat level: CRITICAL", "The level is CRITICAL. An attack is likely.", "Thursday, April 30, 2026 - 06:09"},
		{"Current threat level: SEVERE", "The level is SEVERE. An attack is highly likely.", "Thursday, April 30, 2026 - 06:09"},
		{"Current threat level: SEVERE", "The level is SEVERE. An attack is likely.", "Friday, May 1, 2026 - 06:09"},
	} {
		if got := url(other[0], other[1], other[2]); got == first {
			t.Errorf("%q has the URL of another state", other)
		}
	}
}

// TestListRefuses names what is neither feed, listing nor sitemap.
func TestListRefuses(t *testing.T) {
	const nav = `<!doctype html><html><body><nav><ul><li><a href="/a/">Report a crime or an incident</a></li><li><a href="/b/">Advice and crime prevention information</a></li><li><a href="/c/">About us and our leadership team</a></li></ul></nav>`
	for _, row := range []struct {
		name, body string
		kind       blotter.Kind
		want       blotter.Reason
	}{
		{"nothing", "", "", blotter.ReasonFormat},
		{"space", " \n\t ", blotter.KindFeed, blotter.ReasonFormat},
		{"text", "The feed has moved.", "", blotter.ReasonFormat},
		{"a page for a feed", nav + `</body></html>`, blotter.KindFeed, blotter.ReasonFormat},
		{"a page for a sitemap", nav + `</body></html>`, blotter.KindSitemap, blotter.ReasonFormat},
		{"a page with a feed inside", `<?xml version="1.0"?><html><body><feed><title>x</title><entry><title>a</title></entry></feed></body></html>`, blotter.KindFeed, blotter.ReasonFormat},
		{"a page around a feed, with links in its entries", nav + strings.Repeat(`<entry><title>Raid</title><content><p>See <a href="https://h.example/a">this long account of the raid</a></p></content></entry>`, 5) + `<feed xmlns="http://www.w3.org/2005/Atom"></feed></body></html>`, "", blotter.ReasonFormat},
		{"a fragment of HTML", `<p>Some <a href="/x">text</a></p>`, blotter.KindFeed, blotter.ReasonFormat},
		{"other XML", `<?xml version="1.0"?><note><to>Ann</to></note>`, "", blotter.ReasonFormat},
		{"other JSON", `{"error":"gone"}`, "", blotter.ReasonFormat},
		{"a JSON list", `[1,2]`, "", blotter.ReasonFormat},
		{"a feed for a listing", `<rss><channel><item><link>https://h.example/</link></item></channel></rss>`, blotter.KindListing, blotter.ReasonFormat},
		{"a sitemap for a feed", `<urlset><url><loc>https://h.example/</loc></url></urlset>`, blotter.KindFeed, blotter.ReasonFormat},
		{"a page of navigation", nav + `<main><h1>News</h1><p>There is nothing here.</p></main></body></html>`, blotter.KindListing, blotter.ReasonLayout},
		{"a shell", `<!doctype html><html><head><title>x</title></head><body><div id="root"></div><script src="a.js"></script></body></html>`, "", blotter.ReasonLayout},
		{"a challenge", `<!doctype html><html><head><title>Just a moment...</title></head><body><script>window._cf_chl_opt={}</script></body></html>`, blotter.KindFeed, blotter.ReasonChallenge},
		{"deep XML", "<rss><channel><item>" + strings.Repeat("<a>", 100), blotter.KindFeed, blotter.ReasonDeep},
		{"deep JSON", `{"items":` + strings.Repeat("[", 100), blotter.KindFeed, blotter.ReasonDeep},
		{"deep HTML", "<!doctype html><html><body>" + strings.Repeat("<div>", 100_000), blotter.KindListing, blotter.ReasonDeep},
		{"too long", "<rss><channel>" + strings.Repeat(" ", maxDocument), blotter.KindFeed, blotter.ReasonSize},
	} {
		got, err := List(blotter.Page{URL: "https://www.norland.example/", Body: []byte(row.body)}, blotter.Source{Kind: row.kind})
		if f := blotter.AsFailure(err); f == nil || f.Reason != row.want {
			t.Errorf("%s as %q: %d items, %v; want the failure %s", row.name, row.kind, len(got.Items), err, row.want)
		}
	}
}

// TestSelectors reads a page by the selector of its source where the rules alone would take another list.
func TestSelectors(t *testing.T) {
	const body = `<!doctype html><html><body><main><ul class="big"><li><a href="/big/1">The larger list has this first item</a> 3 June 2024</li>
		<li><a href="/big/2">The larger list has this second item</a> 2 June 2024</li><li><a href="/big/3">And a third that is as long</a> 1 June 2024</li></ul>
		<nav><div class="want"><a href="/want/1">Wanted one</a> <i>05/06/2024</i></div></nav><div class="want"><a href="/want/2">Wanted two</a> <i>06/05/2024</i></div></main></body></html>`
	src := blotter.Source{Kind: blotter.KindListing, DateFormat: "01/02/2006"}
	src.Selectors.Items = "div.want"
	got, err := List(blotter.Page{URL: "https://www.norland.example/", Body: []byte(body)}, src)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, it := range got.Items {
		lines = append(lines, it.URL+" "+it.Title+" "+it.Published.String())
	}
	if want := []string{"https://www.norland.example/want/1 Wanted one 2024-05-06", "https://www.norland.example/want/2 Wanted two 2024-06-05"}; !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	src.Selectors.Items = "div.gone"
	if _, err := List(blotter.Page{URL: "https://www.norland.example/", Body: []byte(body)}, src); blotter.AsFailure(err) == nil || blotter.AsFailure(err).Reason != blotter.ReasonLayout {
		t.Errorf("a selector that finds nothing gave %v, want the failure layout", err)
	}
}

func FuzzFeed(f *testing.F) {
	for _, glob := range []string{"testdata/feeds/*.xml", "testdata/feeds/*.json", "testdata/sitemaps/*.xml", "testdata/status/*.xml"} {
		files, err := filepath.Glob(glob)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %d files, %v", glob, len(files), err)
		}
		for _, path := range files {
			f.Add(readFile(f, path))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, kind := range []blotter.Kind{blotter.KindFeed, blotter.KindSitemap, blotter.KindStatus} {
			checkListing(t, body, kind)
		}
		doc, root, _, err := repairXML(body, "")
		if err != nil || root == "" {
			return
		}
		// what is mended needs no mending
		again, _, faults, err := repairXML(doc, "")
		if err != nil || string(again) != string(doc) || slices.ContainsFunc(faults, func(s string) bool { return strings.HasPrefix(s, "repaired") }) {
			t.Errorf("repaired twice differs: %q, then %q, %q, %v", doc, again, faults, err)
		}
	})
}

func FuzzListing(f *testing.F) {
	files, err := filepath.Glob("testdata/listing/*.html")
	if err != nil || len(files) == 0 {
		f.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		f.Add(readFile(f, path))
	}
	f.Fuzz(func(t *testing.T, body []byte) { checkListing(t, body, "") })
}

// checkListing holds what is promised of every listing, whatever the page.
func checkListing(t *testing.T, body []byte, kind blotter.Kind) {
	t.Helper()
	got, err := List(blotter.Page{URL: "https://www.norland.example/", Body: body}, blotter.Source{Kind: kind, TimeZone: "Europe/London"})
	if err != nil {
		if blotter.AsFailure(err) == nil {
			t.Errorf("the error is no failure: %v", err)
		}
		return
	}
	for _, it := range got.Items {
		if it.URL != "" && (!isHTTP(it.URL) || hasCredentials(it.URL) || got.Kind != blotter.KindStatus && strings.Contains(it.URL, "#")) {
			t.Errorf("the URL %q passed", it.URL)
		}
		if it.Title != blotter.CleanLine(it.Title) || it.Summary != blotter.CleanText(it.Summary) || len([]rune(it.Summary)) > maxSummary {
			t.Errorf("not clean: %q, %q", it.Title, it.Summary)
		}
		if y := it.Published.Time.Year(); !it.Published.IsZero() && (y < 1900 || y > 2200 || it.Published.Method == "") {
			t.Errorf("the date %+v", it.Published)
		}
	}
}
