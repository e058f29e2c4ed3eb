package newsroom

import (
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestConditionalRequests(t *testing.T) {
	n := start(t)
	for _, c := range []struct {
		site, path string
		second     int // the status in the second edition to one who has the first
	}{
		{"norrshire-police", "/news/rss", 200},
		{"norrshire-police", "/news/norrshire/2024/june/cannabis-worth-640000-found-in-mill/", 304},
		{"ct-east", "/news/arrests-stainmouth-suspected-attack-planning/", 200},
		{"marlbeck-courier", "/sitemaps/news.xml", 304},
		{"threat-office", "/threat-level.xml", 200},
		{"fenmarsh-gazette", "/2018/05/cafe-terror-alert-was-a-burnt-crepe/", 304},
	} {
		n.SetEdition(1)
		url := n.URL(c.site, c.path)
		res, _ := get(t, url)
		conditions := [][]string{{"If-Modified-Since", res.Header.Get("Last-Modified")}}
		if tag := res.Header.Get("Etag"); tag != "" {
			conditions = append(conditions, []string{"If-None-Match", tag})
		}
		if (len(conditions) == 1) != (c.site == "ct-east") {
			t.Errorf("%s: has an ETag: %v", url, len(conditions) == 2)
		}
		for _, condition := range conditions {
			res, body := get(t, url, condition...)
			if res.StatusCode != http.StatusNotModified || body != "" {
				t.Errorf("%s with %v: status %d and %d bytes", url, condition, res.StatusCode, len(body))
			}
		}
		n.SetEdition(2)
		for _, condition := range conditions {
			if res, _ := get(t, url, condition...); res.StatusCode != c.second {
				t.Errorf("%s with %v: status %d in the second edition, want %d", url, condition, res.StatusCode, c.second)
			}
		}
	}
}

func TestGzip(t *testing.T) {
	n := start(t)
	for _, url := range []string{n.URL("marlbeck-courier", "/sitemap_index.xml"), n.URL("ct-east", "/no-such-page")} {
		plainRes, plain := get(t, url)
		res, body := get(t, url, "Accept-Encoding", "gzip")
		if res.Header.Get("Content-Encoding") != "gzip" || plainRes.Header.Get("Content-Encoding") != "" {
			t.Fatalf("%s: encodings %q and %q", url, res.Header.Get("Content-Encoding"), plainRes.Header.Get("Content-Encoding"))
		}
		z, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if undone, err := io.ReadAll(z); err != nil || string(undone) != plain {
			t.Errorf("%s: the compressed body is another: %v", url, err)
		}
		if tag := res.Header.Get("Etag"); tag != "" && tag == plainRes.Header.Get("Etag") {
			t.Errorf("%s: two representations share the tag %s", url, tag)
		}
	}
}

func TestRobots(t *testing.T) {
	n := start(t)
	for site, want := range map[string]string{
		"norrshire-police": "Disallow: /search",
		"marlbeck-courier": "Sitemap: " + n.URL("marlbeck-courier", "/sitemap_index.xml"),
		"threat-office":    "Disallow:\n",
		"fenmarsh-gazette": "Disallow: /archive/",
		"ct-east":          "",
	} {
		res, body := get(t, n.URL(site, "/robots.txt"))
		if want == "" && res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want no robots.txt", site, res.StatusCode)
		}
		if want != "" && (res.StatusCode != http.StatusOK || !strings.Contains(body, want)) {
			t.Errorf("%s: robots.txt with status %d does not say %q", site, res.StatusCode, want)
		}
	}
}

func TestRequests(t *testing.T) {
	n := start(t)
	url := n.URL("norrshire-police", "/news/rss?utm_source=x")
	res, _ := get(t, url, "User-Agent", "Test/1")
	get(t, url, "If-None-Match", res.Header.Get("Etag"), "If-Modified-Since", res.Header.Get("Last-Modified"))
	get(t, n.URL("ct-east", "/nothing"))
	got := n.Requests()
	if len(got) != 3 {
		t.Fatalf("%d requests noted, want 3", len(got))
	}
	for i, want := range []struct {
		path   string
		status int
	}{{"/news/rss?utm_source=x", 200}, {"/news/rss?utm_source=x", 304}, {"/nothing", 404}} {
		if got[i].Path != want.path || got[i].Status != want.status || got[i].Time.IsZero() {
			t.Errorf("request %d: %+v, want %s with %d", i, got[i], want.path, want.status)
		}
	}
	if got[0].UserAgent != "Test/1" || got[0].Site != "norrshire-police" || !slices.Contains(n.Addrs(), got[0].Host) {
		t.Errorf("request 0: %+v", got[0])
	}
	if got[1].IfNoneMatch == "" || got[1].IfModifiedSince == "" || got[0].IfNoneMatch != "" {
		t.Errorf("conditions: %+v", got[:2])
	}
}

func TestClose(t *testing.T) {
	n, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if res, err := http.Get(n.URL("ct-east", "/news/")); err == nil {
		res.Body.Close()
		t.Error("a closed newsroom answers")
	}
}
