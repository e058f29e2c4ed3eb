package web

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
)

// TestProxy: behind a proxy on the same machine, as docs/operations.md has it set up, the token is asked for and health is not; and a
// proxy that sends its own name as Host is told so.
func TestProxy(t *testing.T) {
	s := newServer(t)
	s.Token = "a token of the tests"
	daemon, err := url.Parse(start(t, s))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		what, path, token string
		keepHost          bool
		want              int
	}{
		{"health", "/healthz", "", false, http.StatusOK},
		{"no token", "/api/v1/rules", "", false, http.StatusUnauthorized},
		{"the token", "/api/v1/rules", s.Token, false, http.StatusOK},
		{"the proxy's name", "/healthz", "", true, http.StatusMisdirectedRequest},
		{"the proxy's name and the token", "/api/v1/rules", s.Token, true, http.StatusOK},
	} {
		proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(daemon)
			if test.keepHost {
				r.Out.Host = "blotter.example.org"
			}
		}})
		headers := []string{}
		if test.token != "" {
			headers = append(headers, "Authorization", "Bearer "+test.token)
		}
		if response, text := get(t, proxy.URL+test.path, headers...); response.StatusCode != test.want {
			t.Errorf("%s: %s, want %d\n%s", test.what, response.Status, test.want, text)
		}
		proxy.Close()
	}
}
