package crawler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"blotter"
	"blotter/internal/corpora"
)

// robotsCase is a line of the reference implementation's cases.
type robotsCase struct {
	Case       string `json:"case"`
	GoogleOnly bool   `json:"google_only"` // beyond the RFC
	robotsQuestion
	Allowed bool `json:"allowed"`
}

type robotsQuestion struct {
	Robots string `json:"robots"`
	Agent  string `json:"agent"`
	URL    string `json:"url"`
}

func TestRobotsCases(t *testing.T) {
	cases := readJSONL[robotsCase](t, corpora.Path(t, "robots", "cases.jsonl"))
	allowed, disallowed := map[robotsQuestion]bool{}, map[robotsQuestion]bool{}
	for _, c := range cases {
		allowed[c.robotsQuestion] = allowed[c.robotsQuestion] || c.Allowed
		disallowed[c.robotsQuestion] = disallowed[c.robotsQuestion] || !c.Allowed
	}
	var rfc, google, differ int
	contradicted := map[robotsQuestion]bool{}
	for _, c := range cases {
		got := robotsAllow(escapeRules(c.Robots), c.Agent, c.URL)
		switch {
		case allowed[c.robotsQuestion] && disallowed[c.robotsQuestion]:
			contradicted[c.robotsQuestion] = true // no program can please both lines
		case c.GoogleOnly:
			google++
			if got != c.Allowed {
				differ++
			}
		default:
			rfc++
			if got != c.Allowed {
				t.Errorf("%s: %s for %s is %v, want %v; robots.txt:\n%s", c.Case, c.URL, c.Agent, got, c.Allowed, c.Robots)
			}
		}
	}
	if rfc < 70 || len(contradicted) > 1 {
		t.Errorf("read %d cases of the RFC and %d questions with both answers; the file is not what it was", rfc, len(contradicted))
	}
	t.Logf("%d cases of the RFC, %d of Google alone, of which %d differ; answered both ways: %d questions", rfc, google, differ, len(contradicted))
}

// What the cases have not got: see escapeRules.
func TestRobotsEscapes(t *testing.T) {
	tests := []struct {
		rule, path string
		matches    bool
	}{
		{"/caf%c3%a9", "/caf%C3%A9", true},
		{"/caf%c3%a9", "/caf%c3%a9", true},
		{"/caf%C3%A9", "/caf%c3%a9", true},
		{"/café/%41", "/caf%c3%a9/%41", true},
		{"/caf\xe9/1", "/caf%E9/1", true}, // Latin-1
		{"/%7e1/%3f", "/%7E1/%3F", true},
		{"/100%", "/100%", true},
		{"/%zz1", "/%zz1", true},
		{"\u00a0/a1\u00a0", "/a1", true},
		{"/caf%c3%a9", "/caf%C3%A8", false},
	}
	for _, test := range tests {
		body := escapeRules("\xef\xbb\xbfUser-agent: *\r\nDisallow: " + test.rule + "\r\n")
		if got := !robotsAllow(body, product, "http://example.org"+test.path); got != test.matches {
			t.Errorf("rule %q on %q: %v, want %v", test.rule, test.path, got, test.matches)
		}
	}
	if robotsAllow(escapeRules("User-agent: Blotter™ %c3\nDisallow: /"), product, "http://example.org/") {
		t.Error("a sign after the agent's name hides its group")
	}
}

// robotsServer answers every robots.txt by that handler and every other URL with a page.
func robotsServer(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			h(w, r)
			return
		}
		fmt.Fprint(w, "page")
	}
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

func answers(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

func redirects(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

func TestRobots(t *testing.T) {
	const forbidding = "User-agent: *\nDisallow: /"
	packed := encode(t, []byte(forbidding), "gzip")
	filler := strings.Repeat("# a line that says nothing\n", maxRobots/27+1)
	tests := []struct {
		name     string
		handler  http.HandlerFunc
		want     blotter.Reason
		decision string
	}{
		{"allowed", says("User-agent: *\nDisallow: /private"), "", "allowed"},
		{"empty", says(""), "", "allowed"},
		{"HTML", says("<html><body>Not here</body></html>"), "", "allowed"},
		{"disallowed", says(forbidding), "robots", "disallowed"},
		{"byte order mark", says("\ufeff" + forbidding), "robots", "disallowed"},
		{"NUL bytes", says("\x00\x00\n" + forbidding), "robots", "disallowed"},
		{"path and query", says("User-agent: *\nDisallow: /*?id="), "robots", "disallowed"},
		{"percent encoding", says("User-agent: *\nDisallow: /a%c3%a9"), "robots", "disallowed"},
		{"percent encoding in capitals", says("User-agent: *\nDisallow: /a%C3%A9"), "robots", "disallowed"},
		{"letters outside ASCII", says("User-agent: *\nDisallow: /aé"), "robots", "disallowed"},
		{"our group allows", says("User-agent: blotter\nAllow: /\n\nUser-agent: *\nDisallow: /"), "", "allowed"},
		{"our group with a version", says("User-agent: Blotter/1.0\nDisallow: /\n\nUser-agent: *\nAllow: /"), "robots", "disallowed"},
		{"another's group", says("User-agent: Blot\nDisallow: /\n\nUser-agent: Blotterbot\nDisallow: /"), "", "allowed"},
		{"404", answers(404), "", "none"},
		{"403", answers(403), "", "none"},
		{"401", answers(401), "", "none"},
		{"410", answers(410), "", "none"},
		{"429", answers(429), "robots", "unreachable"},
		{"500", answers(500), "robots", "unreachable"},
		{"503", answers(503), "robots", "unreachable"},
		{"304", answers(304), "robots", "unreachable"},
		{"204", answers(204), "", "allowed"},
		{"404 of 10 MB", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			fmt.Fprint(w, strings.Repeat(filler, 20))
		}, "", "none"},
		{"timeout", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "timeout", "unreachable"},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "connect", "unreachable"},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "User-agent: *\nAllow: /\n")
		}, "robots", "unreachable"},
		{"gzip", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(packed)
		}, "robots", "disallowed"},
		{"unknown coding", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "lzma")
			fmt.Fprint(w, "User-agent: *\nAllow: /\n")
		}, "robots", "unreachable"},
		{"10 MB, rules first", says(forbidding + "\n" + strings.Repeat(filler, 20)), "robots", "disallowed"},
		{"10 MB, rules last", says(strings.Repeat(filler, 20) + forbidding), "", "allowed"},
		{"cut within a rule", says("User-agent: *\n" + filler[:maxRobots-len("User-agent: *\n\nDisallow: /")] + "\nDisallow: /elsewhere" + filler), "", "allowed"},
		{"one line of 1 MB", says("User-agent: *\nDisallow: /" + strings.Repeat("a*", 1<<19)), "", "allowed"},
		{"redirect", redirects("/elsewhere.txt"), "robots", "disallowed"},
		{"redirect to another host", redirects("http://rules.example/forbid.txt"), "robots", "disallowed"},
		{"redirect to a 404", redirects("http://rules.example/404"), "", "none"},
		{"redirect to a 500", redirects("http://rules.example/500"), "robots", "unreachable"},
		{"redirect loop", redirects("/robots.txt"), "", "none"},
		{"redirect to another scheme", redirects("file:///etc/passwd"), "robots", "unreachable"},
		{"redirect without a target", answers(301), "robots", "unreachable"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			handler := func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/elsewhere.txt", "/forbid.txt":
					fmt.Fprint(w, forbidding)
				case "/404", "/500":
					http.Error(w, "", map[string]int{"/404": 404, "/500": 500}[r.URL.Path])
				default:
					robotsServer(test.handler)(w, r)
				}
			}
			inBubble(t, handler, func(t *testing.T, w *web) {
				const page = "http://news.example/a%C3%A9?id=4"
				a := fetchOf(t, w.fetcher, Request{URL: page}, test.want)
				if a.Robots != test.decision {
					t.Errorf("robots %q, want %q", a.Robots, test.decision)
				}
				reached := len(w.asked(page)) > 0
				if reached != (test.want == "") || reached != (len(a.Exchanges) == 1) {
					t.Errorf("page fetched %v, %d exchanges", reached, len(a.Exchanges))
				}
			})
		})
	}
}

// Every hop of a redirect is asked for at the robots.txt of its own host.
func TestRobotsOfRedirect(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/robots.txt" && r.Host == "closed.example":
			fmt.Fprint(w, "User-agent: *\nDisallow: /")
		case r.URL.Path == "/robots.txt":
			fmt.Fprint(w, "User-agent: *\nDisallow: /private")
		case r.URL.Path == "/out":
			http.Redirect(w, r, "http://closed.example/", http.StatusFound)
		case r.URL.Path == "/in":
			http.Redirect(w, r, "/private/page", http.StatusFound)
		}
	}
	for path, target := range map[string]string{"/out": "http://closed.example/", "/in": "http://open.example/private/page"} {
		inBubble(t, handler, func(t *testing.T, w *web) {
			a := fetchOf(t, w.fetcher, Request{URL: "http://open.example" + path}, blotter.ReasonRobots)
			if a.Robots != "disallowed" || len(a.Exchanges) != 1 || len(w.asked(target)) != 0 {
				t.Errorf("%s: robots %q, %d exchanges, target fetched %v", path, a.Robots, len(a.Exchanges), w.asked(target))
			}
		})
	}
}

// The way to robots.txt is guarded like the way to a page.
func TestRobotsRedirectInside(t *testing.T) {
	server := serve(t, nil)
	server.Config.Handler = robotsServer(redirects("http://169.254.169.254/robots.txt"))
	a := fetchOf(t, fetcherFor(server), Request{URL: server.URL}, blotter.ReasonAddress)
	if a.Robots != "unreachable" {
		t.Errorf("robots %q", a.Robots)
	}
}

func TestRobotsKept(t *testing.T) {
	tests := []struct {
		name    string
		control string
		status  int
		life    time.Duration
	}{
		{"a day", "", 200, 24 * time.Hour},
		{"no longer than a day", "public, max-age=999999", 200, 24 * time.Hour},
		{"shorter when asked", "public, Max-Age=600", 200, 10 * time.Minute},
		{"not at all is a minute", "max-age=0", 200, time.Minute},
		{"nonsense", "max-age=-1, max-age=x, max-age", 200, 24 * time.Hour},
		{"none", "", 404, 24 * time.Hour},
		{"none, shorter", `max-age="300"`, 404, 5 * time.Minute},
		{"unreachable", "", 500, unreachableLife},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, robotsServer(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Cache-Control", test.control)
				w.WriteHeader(test.status)
			}), func(t *testing.T, w *web) {
				asked := func() int {
					w.fetcher.Fetch(t.Context(), Request{URL: "http://news.example/"})
					return len(w.asked("http://news.example/robots.txt"))
				}
				if n := asked(); n != 1 {
					t.Fatalf("asked %d times at first", n)
				}
				time.Sleep(test.life - time.Since(w.began) - time.Second)
				if n := asked(); n != 1 {
					t.Errorf("asked %d times within %v", n, test.life)
				}
				time.Sleep(time.Minute)
				if n := asked(); n != 2 {
					t.Errorf("asked %d times after %v", n, test.life)
				}
			})
		})
	}
}

// Many who want the same host at once ask for its robots.txt once, and one that gives up does not spoil it.
func TestRobotsOnce(t *testing.T) {
	slow := func(_ http.ResponseWriter, r *http.Request) { sleep(r.Context(), 4*time.Second) }
	inBubble(t, robotsServer(slow), func(t *testing.T, w *web) {
		impatient, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		var errs [4]error
		for i := range errs {
			ctx := t.Context()
			if i == 0 {
				ctx = impatient
			}
			go func() { _, errs[i] = w.fetcher.Fetch(ctx, Request{URL: "http://news.example/"}) }()
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !errors.Is(errs[0], context.DeadlineExceeded) {
			t.Errorf("the impatient one got %v", errs[0])
		}
		for _, err := range errs[1:] {
			requireReason(t, err, "")
		}
		if n := len(w.asked("http://news.example/robots.txt")); n != 2 {
			t.Errorf("robots.txt was asked for %d times, want once by the impatient one and once more", n)
		}
	})
}

func TestCrawlDelay(t *testing.T) {
	tests := []struct {
		body string
		want time.Duration
	}{
		{"", 0},
		{"Crawl-delay: 9", 0}, // of no group
		{"User-agent: *\nCrawl-delay: 10", 10 * time.Second},
		{"User-agent: *\ncrawl-DELAY:2.5 # slowly", 2500 * time.Millisecond},
		{"User-agent: *\nCrawl-delay: 9000", maxCrawlDelay},
		{"User-agent: *\nCrawl-delay: 1" + strings.Repeat("0", 400), maxCrawlDelay},
		{"User-agent: *\nCrawl-delay: -5", 0},
		{"User-agent: *\nCrawl-delay: 10s", 0},
		{"User-agent: *\nCrawl-delay: inf", 0},
		{"User-agent: *\nCrawl-delay: NaN", 0},
		{"User-agent: *\nCrawl-delay: 0x1p4", 0},
		{"User-agent: *\nCrawl-delay: 1.2.3", 0},
		{"User-agent: *\nCrawl-delay:", 0},
		{"User-agent: *\nCrawl-delay: 10\n\nUser-agent: BLOTTER\nCrawl-delay: 20", 20 * time.Second},
		{"User-agent: blotter/2.0 (news)\nCrawl-delay: 20\n\nUser-agent: *\nCrawl-delay: 10", 20 * time.Second},
		{"User-agent: *\nCrawl-delay: 10\n\nUser-agent: Blotter\nDisallow:", 0},
		{"User-agent: Other\nCrawl-delay: 10\n\nUser-agent: *\nDisallow:", 0},
		{"User-agent: Other\nUser-agent: *\nDisallow: /x\nCrawl-delay: 10", 10 * time.Second},
		{"User-agent: Blotter\nDisallow: /x\nUser-agent: Other\nCrawl-delay: 10", 0},
		{"User-agent: Blotter\nCrawl-delay: 4\nUser-agent: Blotter\nCrawl-delay: 3", 4 * time.Second},
	}
	for _, test := range tests {
		if got := crawlDelay(test.body, product); got != test.want {
			t.Errorf("%q: %v, want %v", test.body, got, test.want)
		}
	}
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /*.html$\nAllow: /index.htm\nCrawl-delay: 3", "https://example.org/a?b#c")
	f.Add("disalow /\n\xef\xbb\xbfuseragent\t*\n#\n:\n \t", "http://example.org?x")
	f.Fuzz(func(t *testing.T, body, ref string) {
		if d := crawlDelay(body, product); d < 0 || d > maxCrawlDelay {
			t.Fatalf("a delay of %v", d)
		}
		u, err := parseURL("http://example.org/", ref)
		if err != nil {
			return
		}
		robotsAllow(escapeRules(body), product, u.String())
		if !robotsAllow("User-agent: *\nDisallow: /\nUser-agent: Blotter\nAllow: /", product, u.String()) {
			t.Fatalf("%s is not allowed where everything is", u)
		}
		if robotsAllow("User-agent: *\nDisallow: /", product, u.String()) {
			t.Fatalf("%s is allowed where nothing is", u)
		}
	})
}

// The worst a host can do to us with a robots.txt is to cost time.
func BenchmarkHostileRobots(b *testing.B) {
	body := "User-agent: *\n" + strings.Repeat("Disallow: /"+strings.Repeat("*a", 1000)+"b\n", maxRobots/2012)
	u := "http://example.org/" + strings.Repeat("a", maxURL-20)
	for b.Loop() {
		if !robotsAllow(body, product, u) {
			b.Fatal("disallowed")
		}
	}
}
