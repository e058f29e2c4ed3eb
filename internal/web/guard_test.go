package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestToken: with a token nothing but health is answered without it, and no other is taken for it.
func TestToken(t *testing.T) {
	s := newServer(t)
	s.Loopback, s.Token = false, "correct horse battery staple"
	for _, op := range operations {
		base := start(t, s) // each with a limit of its own
		path := strings.ReplaceAll(op.path, "{id}", "0000")
		for _, auth := range []string{"", "Bearer", "Bearer ", "Bearer correct horse battery stapl", "Bearer correct horse battery staples", "correct horse battery staple",
			"Basic Y29ycmVjdA==", "Token correct horse battery staple"} {
			response, text := do(t, op.method, base+path+"?q=a", "", "Authorization", auth)
			if op.open {
				if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusBadRequest {
					t.Errorf("%s: %s", path, response.Status)
				}
				continue
			}
			if response.StatusCode != http.StatusUnauthorized || response.Header.Get("WWW-Authenticate") == "" || strings.Contains(text, s.Token) {
				t.Errorf("%s with %q: %s\n%s", path, auth, response.Status, text)
			}
		}
		response, _ := do(t, op.method, base+path, "", "Authorization", "Bearer "+s.Token)
		if response.StatusCode == http.StatusUnauthorized {
			t.Errorf("%s with the token: %s", path, response.Status)
		}
	}
	base := start(t, s)
	// What is not there is not told to strangers either.
	if response, _ := get(t, base+"/nothing"); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("a path that is not there: %s", response.Status)
	}
	// Feed readers have a user and a password.
	u, _ := url.Parse(base + "/feed.atom")
	u.User = url.UserPassword("anybody", s.Token)
	response, err := http.Get(u.String())
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("as a password: %s", response.Status)
	}
}

// TestHost: on loopback a request has to mean this machine, or to carry the token.
func TestHost(t *testing.T) {
	s := newServer(t)
	s.Token = "secret"
	base := start(t, s)
	port := base[strings.LastIndex(base, ":"):]
	for host, own := range map[string]bool{
		"127.0.0.1" + port: true, "localhost" + port: true, "LOCALHOST" + port: true, "[::1]" + port: true,
		"localhost": false, "localhost:1": false, "evil.example": false, "evil.example" + port: false, "127.0.0.1.evil.example" + port: false,
		"localhost.evil.example" + port: false, "0.0.0.0" + port: false,
	} {
		want := http.StatusMisdirectedRequest
		if own {
			want = http.StatusOK
		}
		if response, _ := get(t, base+"/healthz", "Host", host); response.StatusCode != want {
			t.Errorf("%s: %s, want %d", host, response.Status, want)
		}
		if response, _ := get(t, base+"/healthz", "Host", host, "Authorization", "Bearer secret"); response.StatusCode != http.StatusOK {
			t.Errorf("%s with the token: %s", host, response.Status)
		}
	}
	s.Loopback = false
	if response, _ := get(t, start(t, s)+"/healthz", "Host", "blotter.example"); response.StatusCode != http.StatusOK {
		t.Errorf("elsewhere any name will do: %s", response.Status)
	}
}

// TestOrigins: pages ask only when they are named.
func TestOrigins(t *testing.T) {
	s := newServer(t)
	closed := start(t, s)
	s.Origins = []string{"https://desk.example"}
	open := start(t, s)
	for _, test := range []struct {
		base, method string
		headers      []string
		status       int
		allow        string
	}{
		{closed, "GET", []string{"Origin", "https://desk.example"}, 403, ""},
		{closed, "OPTIONS", []string{"Origin", "https://desk.example", "Access-Control-Request-Method", "GET"}, 403, ""},
		{closed, "GET", []string{"Origin", "null"}, 403, ""},
		{closed, "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, 403, ""},
		{closed, "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 200, ""},
		{closed, "GET", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"}, 200, ""},
		{open, "GET", []string{"Origin", "https://desk.example"}, 200, "https://desk.example"},
		{open, "GET", []string{"Origin", "https://desk.example", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors"}, 200, "https://desk.example"},
		{open, "OPTIONS", []string{"Origin", "https://desk.example", "Access-Control-Request-Method", "GET"}, 204, "https://desk.example"},
		{open, "GET", []string{"Origin", "https://desk.example.evil.example"}, 403, ""},
		{open, "GET", []string{"Origin", "http://desk.example"}, 403, ""},
	} {
		response, _ := do(t, test.method, test.base+"/api/v1/queries", "", test.headers...)
		if response.StatusCode != test.status || response.Header.Get("Access-Control-Allow-Origin") != test.allow {
			t.Errorf("%s %v: %s, %q", test.method, test.headers, response.Status, response.Header.Get("Access-Control-Allow-Origin"))
		}
	}
}

// TestSecurityHeaders: every answer has them, good or bad.
func TestSecurityHeaders(t *testing.T) {
	base := start(t, newServer(t))
	for _, path := range []string{"/healthz", "/api/v1/search?q=seized", "/api/v1/search?q=(", "/nothing", "/feed.atom", "/feed.json", "/api/v1/export?format=markdown", "/api/v1/openapi.json"} {
		response, _ := get(t, base+path)
		h := response.Header
		if h.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'" || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") == "" || h.Get("Access-Control-Allow-Origin") != "" ||
			strings.Contains(h.Get("Content-Type"), "html") || h.Get("Content-Type") == "" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// TestRate: an address that asks too often is told when to ask again, and no other suffers from it.
func TestRate(t *testing.T) {
	s := newServer(t)
	s.Loopback = false
	h := s.Handler()
	ask := func(from string) *http.Response {
		r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	synctest.Test(t, func(t *testing.T) {
		for i := range outsideBurst {
			if response := ask("192.0.2.1:1000"); response.StatusCode != http.StatusOK {
				t.Fatalf("request %d: %s", i+1, response.Status)
			}
		}
		response := ask("192.0.2.1:1001")
		if response.StatusCode != http.StatusTooManyRequests || response.Header.Get("Retry-After") != "1" {
			t.Errorf("one too many: %s, Retry-After %s", response.Status, response.Header.Get("Retry-After"))
		}
		if response := ask("192.0.2.2:1000"); response.StatusCode != http.StatusOK {
			t.Errorf("another address: %s", response.Status)
		}
		time.Sleep(time.Second)
		for range outsideRate {
			if response := ask("192.0.2.1:1000"); response.StatusCode != http.StatusOK {
				t.Fatalf("a second later: %s", response.Status)
			}
		}
		if response := ask("192.0.2.1:1000"); response.StatusCode != http.StatusTooManyRequests {
			t.Errorf("and one too many again: %s", response.Status)
		}
		for range outsideBurst {
			ask("[2001:db8::1]:1")
		}
		if response := ask("[2001:db8::ffff]:1"); response.StatusCode != http.StatusTooManyRequests {
			t.Errorf("another address of the same network: %s", response.Status)
		}
	})
}

// TestClientsAreBounded: addresses without end take no memory without end.
func TestClientsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClients(false)
		from := func(i int) string {
			return "[2001:db8:" + string("0123456789abcdef"[i>>12&15]) + string("0123456789abcdef"[i>>8&15]) + string("0123456789abcdef"[i>>4&15]) + string("0123456789abcdef"[i&15]) + "::1]:80"
		}
		for i := range maxClients + 500 {
			c.wait(from(i))
		}
		if len(c.known) != maxClients {
			t.Errorf("%d addresses are kept", len(c.known))
		}
		time.Sleep(clientMemory + time.Second)
		c.wait("192.0.2.1:80")
		if len(c.known) != 1 {
			t.Errorf("%d addresses are kept when all but one are gone", len(c.known))
		}
	})
}

// TestSlots: so many are at work, so many wait, and the rest is told so.
func TestSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1, 1)
		release, err := s.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		waited := make(chan error)
		wait := func() {
			release, err := s.take(t.Context())
			if err == nil {
				release()
			}
			waited <- err
		}
		go wait()
		synctest.Wait()
		if _, err := s.take(t.Context()); problemOf(err).Status != http.StatusServiceUnavailable || problemOf(err).retry == 0 {
			t.Errorf("with one at work and one waiting: %v", err)
		}
		release()
		release() // a second time it gives nobody else's turn away
		if err := <-waited; err != nil {
			t.Errorf("the one that waited: %v", err)
		}
		held, err := s.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		go wait()
		if err := <-waited; problemOf(err).Status != http.StatusServiceUnavailable {
			t.Errorf("the one that waited too long: %v", err)
		}
		held()
	})
}
