package web

import (
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"blotter/internal/answer"
)

// TestFeeds: feed readers read the same articles from both, the newest first, and ask again for nothing.
func TestFeeds(t *testing.T) {
	base := start(t, newServer(t))
	var hits answer.Hits
	getJSON(t, base+"/api/v1/search?q=@guns&sort=-date&limit=50", &hits)
	for path, kind := range map[string]string{"/feed.atom": "application/atom+xml; charset=utf-8", "/feed.json": "application/feed+json; charset=utf-8"} {
		response, text := get(t, base+path+"?q=@guns")
		feed, err := gofeed.NewParser().ParseString(text)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if response.Header.Get("Content-Type") != kind || feed.Title != "Blotter: @guns" || feed.FeedLink != base+path+"?q=%40guns" {
			t.Errorf("%s: %v, %q, %q", path, response.Header, feed.Title, feed.FeedLink)
		}
		if len(feed.Items) != len(hits.Articles) || len(feed.Items) == 0 {
			t.Fatalf("%s: %d entries, and a search finds %d", path, len(feed.Items), len(hits.Articles))
		}
		for i, item := range feed.Items {
			hit := hits.Articles[i]
			if item.GUID != hit.URL || item.Link != hit.URL || item.Title != hit.Title || len(item.Authors) == 0 || len(item.Categories) == 0 ||
				!strings.Contains(item.Description+item.Content, "seizure: ") {
				t.Errorf("%s: entry %d is %+v", path, i, item)
			}
		}
		checkConditional(t, base+path+"?q=@guns", response.Header)
	}
	_, text := get(t, base+"/feed.atom")
	if feed, err := gofeed.NewParser().ParseString(text); err != nil || feed.Title != "Blotter" || len(feed.Items) == 0 || len(feed.Items) > feedLength {
		t.Errorf("of everything: %v", err)
	}
	_, text = get(t, base+"/feed.atom?q=nothingatall+OR+%22%3Cb%3E%22")
	if err := xml.Unmarshal([]byte(text), new(struct{ XMLName xml.Name })); err != nil || !strings.Contains(text, "&lt;b&gt;") {
		t.Errorf("a query with markup: %v\n%s", err, text)
	}
}

func checkConditional(t *testing.T, url string, h http.Header) {
	t.Helper()
	etag, modified := h.Get("ETag"), h.Get("Last-Modified")
	at, err := http.ParseTime(modified)
	if etag == "" || err != nil || at.After(time.Now()) {
		t.Fatalf("%s: ETag %s, Last-Modified %s", url, etag, modified)
	}
	for _, test := range []struct {
		name, value string
		status      int
	}{
		{"If-None-Match", etag, 304}, {"If-None-Match", `"other", ` + etag, 304}, {"If-None-Match", `"other"`, 200},
		{"If-Modified-Since", modified, 304}, {"If-Modified-Since", at.Add(-time.Second).Format(http.TimeFormat), 200}, {"If-Modified-Since", "yesterday", 200},
	} {
		response, text := get(t, url, test.name, test.value)
		if response.StatusCode != test.status || (text == "") != (test.status == 304) {
			t.Errorf("%s with %s: %s: %s", url, test.name, test.value, response.Status)
		}
	}
}
