package crawler

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/internal/race"
)

var hostileSize = flag.Int("hostile", 2<<20, "size in bytes of the documents that are made to be slow")

// TestHostileInput reads documents that are made to be slow. At 5 MiB each is read or refused in about two seconds; the bound
// leaves room for a busy machine.
func TestHostileInput(t *testing.T) {
	race.Skip(t)
	size := *hostileSize
	fill := func(head, part string) string { return head + strings.Repeat(part, (size-len(head))/len(part)) }
	number := func(head, format string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, body := range map[string]string{
		"nested elements":        fill("<rss><channel>", "<a>"),
		"nested extensions":      fill(`<rss xmlns:x="u"><channel><item>`, "<x:a>"),
		"nested prefixes":        number("<rss><channel><item>", `<a%d xmlns:p%[1]d="u">`),
		"sibling prefixes":       number("<rss><channel><item>", `<a xmlns:p%d="u"/>`),
		"open CDATA":             fill("<rss><channel><item>", "<a><![CDATA[</a>"),
		"open CDATA, one end":    fill("<rss><channel><item>", "<a><![CDATA[</a>") + "]]>",
		"open comments":          fill("<rss><channel><item>", "<!--"),
		"open instructions":      fill("<rss><channel><item>", "<?"),
		"open declarations":      fill("<rss><channel><item>", "<!"),
		"open attributes":        fill("<rss><channel><item ", `a="`),
		"attributes":             number("<rss><channel><item ", ` a%d="1"`),
		"unmatched ends":         fill("<rss><channel><item>", "</b>"),
		"empty items":            fill("<rss><channel>", "<item/>"),
		"entities":               fill("<rss><channel><item><title>", "&nbsp;&#0;&"),
		"small items":            number("<rss><channel>", "<item><link>http://h.example/%d</link><title>x</title></item>"),
		"items of one link":      fill("<rss><channel>", "<item><link>http://h.example/</link></item>"),
		"extension elements":     fill(`<rss xmlns:x="u"><channel><item>`, "<x:a>b</x:a>"),
		"sitemap":                number("<urlset>", "<url><loc>http://h.example/%d</loc></url>"),
		"alerts":                 fill("<alerts>", `<alert link="http://h.example/"><summary>x</summary></alert>`),
		"JSON brackets":          fill(`{"items":`, "["),
		"JSON items":             fill(`{"version":"x","items":[`, `{"id":"1"},`),
		"no markup":              fill("", "text "),
		"less-than signs":        fill("<rss><channel>", "< "),
		"nested divs":            fill("<!doctype html><html><body>", "<div>"),
		"nested links":           fill("<!doctype html><html><body>", "<a href=x>"),
		"nested bold":            number("<!doctype html><html><body>", "<b x=%d>"),
		"bold paragraphs":        number("<!doctype html><html><body>", "<p><b x=%d>"),
		"nested tables":          fill("<!doctype html><html><body>", "<table><tr><td>"),
		"links":                  number("<!doctype html><html><body>", "<a href=/%d>Some words of a title here</a>"),
		"links in list":          number("<!doctype html><html><body><main><ul>", "<li><a href=/%d>Some words of a title here</a> 3 June 2024"),
		"links deep":             "<!doctype html><html><body>" + strings.Repeat("<div>", 400) + number("", "<p><a href=/%d>Some words of a title here</a> 3 June 2024</p>"),
		"links of many classes":  number("<!doctype html><html><body>", "<div class=c%[1]d><a class=x%[1]d href=/%[1]d>Some words of a title here</a></div>"),
		"links of many tags":     number("<!doctype html><html><body>", "<x%[1]d><a href=/%[1]d>Some words of a title here</a></x%[1]d>"),
		"text in one link":       fill("<!doctype html><html><body><a href=/1>", "word "),
		"dates":                  fill("<!doctype html><html><body><ul><li><a href=/1>Some words of a title</a>", "<i>3 June 2024</i>"),
		"sidebars":               fill("<!doctype html><html><body>", "<div class=sidebar><a href=/1>Some words here</a>"),
		"siblings without dates": number("<!doctype html><html><body><main>", "<p>1 text</p><h3><a href=/%d>Some words of a title here</a></h3>"),
		"attributes in HTML":     number("<!doctype html><html><body><a href=/1 ", " a%d=1"),
		"numbers":                fill("<!doctype html><html><body><ul><li><a href=/1>Some words of a title</a>", "1 "),
		"select":                 fill("<!doctype html><html><body><select>", "<option>"),
		"cells":                  number("<!doctype html><html><body><table>", "<tr><td><a href=/%d>Some words of a title</a><td>3 June 2024"),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			got, err := List(blotter.Page{URL: "https://www.norland.example/news/", Body: []byte(body)}, blotter.Source{})
			if f := blotter.AsFailure(err); err != nil && f == nil {
				t.Errorf("the error is no failure: %v", err)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v (%d items, %v)", took, len(got.Items), err)
			} else {
				t.Logf("%v: %d items, %v", took.Round(time.Millisecond), len(got.Items), err)
			}
		})
	}
}

// TestRepairBounds says what is left of a document that has more of something than the parser may see.
func TestRepairBounds(t *testing.T) {
	numbered := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for _, row := range []struct {
		name, body, counted string
		want                int // of what is counted in the repaired document; -1 is a failure of size
	}{
		{"elements", "<rss>" + strings.Repeat("<a/>", maxElements-1) + "</rss>", "<a", maxElements - 1},
		{"one element too many", "<rss>" + strings.Repeat("<a/>", maxElements) + "</rss>", "", -1},
		{"attributes", "<rss " + numbered(2*maxAttributes, ` a%d="1"`) + "></rss>", "=", maxAttributes},
		{"prefixes", "<rss>" + numbered(2*maxPrefixes, `<a xmlns:p%d="u"/>`) + "</rss>", "xmlns", maxPrefixes},
		{"one prefix, many times", "<rss>" + strings.Repeat(`<a xmlns:p="u"/>`, 2*maxPrefixes) + "</rss>", "xmlns", 2 * maxPrefixes},
		{"items", "<rss><channel>" + strings.Repeat("<item></item>", maxFeedItems+5), "<item>", maxFeedItems},
		{"entries of a sitemap", "<urlset>" + strings.Repeat("<url></url>", maxItems+5), "<url>", maxItems},
	} {
		doc, _, _, err := repairXML([]byte(row.body), "")
		if row.want < 0 {
			if !hasReason(err, blotter.ReasonSize) {
				t.Errorf("%s: %v, want a failure of size", row.name, err)
			}
			continue
		}
		if got := strings.Count(string(doc), row.counted); err != nil || got != row.want {
			t.Errorf("%s: %d are left, %v; want %d", row.name, got, err, row.want)
		}
	}
}

// A feed that makes the parser panic costs the feed and not the process: the library trips over an item that is null.
func TestParserPanic(t *testing.T) {
	feed, err := parseFeed([]byte(`{"version":"https://jsonfeed.org/version/1.1","items":[null]}`))
	if feed != nil || err == nil || !strings.Contains(err.Error(), "panicked") {
		t.Errorf("got %v, %v; if the library has learned to read it, another way to make it panic is wanted", feed, err)
	}
}
