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
	var rfc, google, differ, misread int
	for _, c := range readJSONL[robotsCase](t, corpora.Path(t, "robots", "cases.jsonl")) {
		got := robotsAllow(escapeRules(c.Robots), c.Agent, c.URL)
		switch {
		case c.Case == "should ID_Multiple_Useragents":
			// The reference asks for two agents at once, of another text; the file has the question of the case before in
			// their place, with both answers. TestRobotsRules has the text.
			misread++
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
	if rfc != 72 || misread != 3 {
		t.Errorf("read %d cases of the RFC and %d misread ones, want 72 and 3; the file is not what it was", rfc, misread)
	}
	t.Logf("%d cases of the RFC, %d of Google alone, of which %d differ", rfc, google, differ)
}

// TestRobotsRules has the rules of RFC 9309 one by one, asked by a whole fetch.
func TestRobotsRules(t *testing.T) {
	const multiple = "user-agent: blotter-news\nDisallow: /bar/\n\nuser-agent: *\nDisallow: /baz/\n\n\nuser-agent: blotter\nDisallow: /foo/\n"
	tests := []struct {
		name, robots, path string
		allowed            bool
	}{
		{"the longest rule wins", "User-agent: *\nAllow: /news/open\nDisallow: /news", "/news/open/1", true},
		{"the longest rule wins, in whatever order", "User-agent: *\nDisallow: /news\nAllow: /news/open", "/news/open/1", true},
		{"the longest rule forbids", "User-agent: *\nDisallow: /news/old\nAllow: /news", "/news/old/1", false},
		{"the longest rule forbids, in whatever order", "User-agent: *\nAllow: /news\nDisallow: /news/old", "/news/old/1", false},
		{"of two as long Allow wins", "User-agent: *\nAllow: /news\nDisallow: /news", "/news/1", true},
		{"of two as long Allow wins, in whatever order", "User-agent: *\nDisallow: /news\nAllow: /news", "/news/1", true},
		{"of two as long Allow wins, with a wildcard", "User-agent: *\nDisallow: /new*\nAllow: /news", "/news/1", true},
		{"wildcard", "User-agent: *\nDisallow: /*/print", "/news/1/print", false},
		{"the end", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf", false},
		{"not the end", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf?page=2", true},
		{"paths have capitals", "User-agent: *\nDisallow: /News", "/news", true},
		{"Disallow of nothing", "User-agent: *\nDisallow:", "/1", true},

		{"rules before any agent", "Disallow: /\nUser-agent: *\nDisallow: /other", "/1", true},
		{"rules without an agent", "Disallow: /", "/1", true},
		{"our group with a version", "User-agent: Blotter/2.0\nDisallow: /", "/1", false},
		{"our group with a comment", "User-agent: blotter (news)\nDisallow: /", "/1", false},
		{"our group in a line with another's", "User-agent: Other\nUser-agent: BLOTTER\nDisallow: /", "/1", false},
		{"we are named inside a longer string", "User-agent: Mozilla/5.0 (compatible; Blotter/1.0)\nDisallow: /", "/1", true},
		{"named inside a longer string, with a group for all", "User-agent: Mozilla/5.0 (compatible; Blotter/1.0)\nAllow: /\n\nUser-agent: *\nDisallow: /", "/1", false},
		{"a longer name", "User-agent: Blotter-News\nDisallow: /\n\nUser-agent: Blotter2\nDisallow: /\n\nUser-agent: NewsBlotter\nDisallow: /", "/1", true},
		{"two groups of ours are one, the first", "User-agent: blotter\nDisallow: /a\n\nUser-agent: *\nDisallow: /\n\nUser-agent: Blotter\nDisallow: /b", "/a", false},
		{"two groups of ours are one, the second", "User-agent: blotter\nDisallow: /a\n\nUser-agent: *\nDisallow: /\n\nUser-agent: Blotter\nDisallow: /b", "/b", false},
		{"the group for all is not ours", "User-agent: blotter\nDisallow: /a\n\nUser-agent: *\nDisallow: /", "/c", true},
		{"of several agents, another's", multiple, "/bar/", true},
		{"of several agents, all others'", multiple, "/baz/", true},
		{"of several agents, ours", multiple, "/foo/", false},

		{"a query as written", "User-agent: *\nDisallow: /a?b=1&a=2", "/a?b=1&a=2&c=3", false},
		{"a query in another order", "User-agent: *\nDisallow: /a?b=1&a=2", "/a?a=2&b=1", true},
		{"a query without values", "User-agent: *\nDisallow: /*?print$", "/a?print", false},
		{"an escaped slash in a query", "User-agent: *\nDisallow: /a?q=b%2Fc", "/a?q=b%2fc", false},
		{"a slash in a query", "User-agent: *\nDisallow: /a?q=b%2Fc", "/a?q=b/c", true},
		{"a plus in a query", "User-agent: *\nDisallow: /a?q=b+c", "/a?q=b%20c", true},
		{"any query", "User-agent: *\nDisallow: /*?", "/a?b", false},
		{"no query", "User-agent: *\nDisallow: /*?", "/a", true},

		{"escapes in small letters", "User-agent: *\nDisallow: /caf%c3%a9", "/caf%C3%A9", false},
		{"letters for escapes", "User-agent: *\nDisallow: /café", "/caf%c3%a9", false},
		{"escapes for letters", "User-agent: *\nDisallow: /caf%C3%A9", "/café", false},
		{"an escaped slash is none", "User-agent: *\nDisallow: /a/b", "/a%2Fb", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, robotsServer(says(test.robots)), func(t *testing.T, w *web) {
				_, err := w.fetcher.Fetch(t.Context(), Request{URL: "http://news.example" + test.path})
				if allowed := err == nil; allowed != test.allowed || err != nil && !hasReason(err, blotter.ReasonRobots) {
					t.Errorf("allowed %v, want %v (%v); robots.txt:\n%s", allowed, test.allowed, err, test.robots)
				}
			})
		})
	}
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
	const read = 500 << 10 // bytes, by RFC 9309, 2.5
	filler := strings.Repeat("# a line that says nothing\n", read/27+1)
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
		{"500 KiB, rules last", says(filler[:read-len(forbidding)-1] + "\n" + forbidding), "robots", "disallowed"},
		{"cut within a rule", says("User-agent: *\n" + filler[:read-len("User-agent: *\n\nDisallow: /")] + "\nDisallow: /elsewhere" + filler), "", "allowed"},
		{"one line of 1 MB", says("User-agent: *\nDisallow: /" + strings.Repeat("a*", 1<<19)), "", "allowed"},
		{"redirect", redirects("/elsewhere.txt"), "robots", "disallowed"},
		{"redirect to another host", redirects("http://rules.example/forbid.txt"), "robots", "disallowed"},
		{"redirect to a 404", redirects("http://rules.example/404"), "", "none"},
		{"redirect to a 500", redirects("http://rules.example/500"), "robots", "unreachable"},
		{"five redirects", redirects("/hop/4"), "robots", "disallowed"},
		{"six redirects", redirects("/hop/5"), "", "none"},
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
				case "/hop/5", "/hop/4", "/hop/3", "/hop/2":
					redirects("/hop/"+string(r.URL.Path[5]-1))(w, r)
				case "/hop/1":
					redirects("/forbid.txt")(w, r)
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

// The address of a feed is asked for like that of a page.
func TestRobotsOfFeed(t *testing.T) {
	inBubble(t, robotsServer(says("User-agent: *\nDisallow: /feed")), func(t *testing.T, w *web) {
		a := fetchOf(t, w.fetcher, Request{URL: "http://news.example/feed.xml", Feed: true}, blotter.ReasonRobots)
		if a.Robots != "disallowed" || len(w.asked("http://news.example/feed.xml")) != 0 {
			t.Errorf("robots %q, fetched %d times", a.Robots, len(w.asked("http://news.example/feed.xml")))
		}
	})
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
		{"unreachable", "", 500, 10 * time.Minute},
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
