package web

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzAPI: whatever is asked, it is answered or refused, never by an error of ours, and every refusal is a problem.
func FuzzAPI(f *testing.F) {
	for _, op := range operations {
		f.Add(op.method, op.path, "", "", "")
	}
	for _, query := range []string{
		"q=seized", "q=(", "q=%00", "q=%ff", "q=a&q=b", "q=@guns&limit=0&facets=tag,tag&timeline=day", "q=@guns&after=LWRh", "q=a&offset=9999999&limit=1000",
		"q=published:9999..0000", "q=ATLEAST/99999999+a", "q=" + strings.Repeat("(", 300), "q=*", "q=a NEAR/0 b", "source=a&source=b&from=2026-13", "from=0001&to=9999",
		"q=a&format=xlsx&columns=,,", "rows=fact&format=parquet&columns=title", "a;b", "=", "&&&", "q=@weapons+NEAR/3+@weapons&explain=1", "url=:", "url=http://%00/",
	} {
		for _, path := range []string{"/api/v1/search", "/api/v1/export", "/api/v1/coverage", "/api/v1/articles", "/feed.atom", "/feed.json"} {
			f.Add("GET", path, query, "", "")
		}
	}
	for _, path := range []string{"/api/v1/articles/%00", "/api/v1/articles/....", "/api/v1/articles/%2e%2e%2f", "/api/v1/articles/a:b", "//", "/api/v1/articles/" + url.PathEscape("http://x.example/ä")} {
		f.Add("GET", path, "", "", "")
	}
	for _, body := range []string{
		`{"query":"seized","limit":3}`, `{"query":null,"limit":0,"facets":["tag","nosuch"]}`, `{"query":"@a","lists":{"a":[""]}}`, `{"query":"@a","lists":{"a":["@a"]}}`,
		`{"query":"@a","lists":{"a":["x","\"y z\"","case:Q"]},"limit":2,"explain":true}`, `[]`, `{"limit":1e9}`, `{"query":"\u0000"}`, `{}{}`, `{"sort":"relevance"}`, `{"after":"LWRh"}`,
	} {
		f.Add("POST", "/api/v1/index/search", "", body, "")
	}
	f.Add("OPTIONS", "/feed.atom", "", "", "https://evil.example")
	f.Add("GET", "/feed.atom", "q=a", "", "null")

	s := newServer(f)
	s.Metrics = NewMetrics(Watched{House: s.House, DataDir: house(f).Config.DataDir})
	h := s.Handler()
	h.(*handler).clients = newUnlimitedClients()
	f.Fuzz(func(t *testing.T, method, path, query, body, header string) {
		r := &http.Request{
			Method: method, URL: &url.URL{Path: path, RawQuery: query}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "localhost",
			Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), RemoteAddr: "127.0.0.1:1000",
		}
		if unescaped, err := url.PathUnescape(path); err == nil {
			r.URL.Path, r.URL.RawPath = unescaped, path
		}
		if header != "" {
			for _, name := range []string{"Origin", "If-None-Match", "If-Modified-Since", "Range", "Accept", "Accept-Encoding", "Authorization"} {
				r.Header.Set(name, header)
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(t.Context()))
		if w.Code >= 500 {
			t.Fatalf("%s %s?%s %s: %d\n%s", method, path, query, body, w.Code, w.Body)
		}
		if kind := w.Header().Get("Content-Type"); w.Code >= 400 && kind != "application/problem+json" && w.Code != http.StatusRequestedRangeNotSatisfiable && w.Code != http.StatusPreconditionFailed {
			t.Fatalf("%s %s?%s: %d as %s", method, path, query, w.Code, kind)
		}
		if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") && method != http.MethodHead && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%s %s?%s: no JSON\n%s", method, path, query, w.Body)
		}
	})
}

func newUnlimitedClients() *clients {
	c := newClients(true)
	c.rate, c.burst = 1e9, 1e9
	return c
}
