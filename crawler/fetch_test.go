package crawler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"blotter"
)

func TestFetch(t *testing.T) {
	body := []byte(strings.Repeat("<p>Two men were arrested.</p>", 100))
	var sent http.Header
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sent = r.Header.Clone()
		w.Header().Set("Content-Type", "text/html; charset=iso-8859-1")
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Set-Cookie", "id=1")
		w.Write(encode(t, body, "gzip"))
	})
	f := fetcherFor(server)
	for range 2 { // the second time with the cookie, if there were a jar
		a := fetchOf(t, f, Request{URL: server.URL + "/news#top"}, "")
		want := blotter.Page{URL: server.URL + "/news", ContentType: "text/html; charset=iso-8859-1", Body: body}
		if a.Page.URL != want.URL || a.Page.ContentType != want.ContentType || !bytes.Equal(a.Page.Body, body) {
			t.Errorf("page %q, %q, %d bytes", a.Page.URL, a.Page.ContentType, len(a.Page.Body))
		}
		if a.Robots != "none" || a.NotModified || len(a.Exchanges) != 1 {
			t.Fatalf("robots %q, not modified %v, %d exchanges", a.Robots, a.NotModified, len(a.Exchanges))
		}
		x := a.Exchanges[0]
		if !bytes.Equal(x.Body, encode(t, body, "gzip")) {
			t.Errorf("the exchange has %d bytes; it must have them as received", len(x.Body))
		}
		if x.URL != want.URL || x.Method != "GET" || x.Status != 200 || x.Proto != "HTTP/1.1" || x.Remote != "127.0.0.1" {
			t.Errorf("exchange %s %s %d %s from %s", x.Method, x.URL, x.Status, x.Proto, x.Remote)
		}
		if x.Started.IsZero() || x.Started.Location() != time.UTC || x.Elapsed <= 0 || !x.Started.Equal(a.Page.Fetched) {
			t.Errorf("started %v, elapsed %v, page fetched %v", x.Started, x.Elapsed, a.Page.Fetched)
		}
		if x.Header.Value("Set-Cookie") != "id=1" || x.Header.Value("Content-Encoding") != "gzip" {
			t.Errorf("answer header %v", x.Header)
		}
		host := x.Request["Host"]
		delete(x.Request, "Host")
		if !slices.Equal(host, []string{server.Listener.Addr().String()}) || fmt.Sprint(x.Request) != fmt.Sprint(sent) {
			t.Errorf("recorded request %v with host %v, the server got %v", x.Request, host, sent)
		}
	}
	for name, want := range map[string]string{
		"User-Agent": testAgent, "Accept": acceptPage, "Accept-Encoding": "gzip, br, zstd", "Cookie": "", "Referer": "",
	} {
		if sent.Get(name) != want {
			t.Errorf("sent %s: %q, want %q", name, sent.Get(name), want)
		}
	}
}

// What colly would do to a body: look for gzip by file name and content type, and change the charset.
func TestFetchLeavesBodyAlone(t *testing.T) {
	body := []byte("caf\xe9 \x1f\x8b")
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.URL.Query().Get("type"))
		w.Write(body)
	})
	f := fetcherFor(server)
	for _, path := range []string{"/sitemap.xml.gz", "/?type=application/gzip", "/?type=text/html;charset=latin1", "/?type=text/html;charset=nonsense"} {
		if a := fetchOf(t, f, Request{URL: server.URL + path}, ""); !bytes.Equal(a.Page.Body, body) {
			t.Errorf("%s: body %q", path, a.Page.Body)
		}
	}
}

func TestFetchStatus(t *testing.T) {
	tests := []struct {
		status int
		want   blotter.Reason
	}{
		{200, ""}, {202, ""}, {203, ""}, {204, "status"}, {206, "status"}, {300, "status"}, {304, "status"}, {305, "status"},
		{301, "redirect"}, {302, "redirect"}, {303, "redirect"}, {307, "redirect"}, {308, "redirect"},
		{400, "status"}, {401, "denied"}, {403, "denied"}, {404, "gone"}, {405, "status"}, {410, "gone"}, {418, "status"},
		{429, "busy"}, {451, "denied"}, {500, "status"}, {502, "status"}, {503, "busy"}, {599, "status"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.status), func(t *testing.T) {
			var agents []string
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				agents = append(agents, r.UserAgent())
				w.WriteHeader(test.status)
				if test.status != 204 && test.status != 304 {
					fmt.Fprint(w, "evidence")
				}
			})
			a := fetchOf(t, fetcherFor(server), Request{URL: server.URL}, test.want)
			if len(a.Exchanges) != 1 || a.Exchanges[0].Status != test.status {
				t.Fatalf("exchanges %v", a.Exchanges)
			}
			if got := string(a.Exchanges[0].Body); got != "evidence" && test.status != 204 && test.status != 304 {
				t.Errorf("the evidence is %q", got)
			}
			if !slices.Equal(agents, []string{testAgent}) {
				t.Errorf("asked as %q, want once and under our own name", agents)
			}
		})
	}
}

func TestFetchChallenge(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(http.StatusForbidden)
		w.Write(encode(t, []byte("<html><title>Just a moment...</title><script>window._cf_chl_opt={}</script>"), "gzip"))
	})
	fetchOf(t, fetcherFor(server), Request{URL: server.URL}, blotter.ReasonChallenge)
}

func TestFetchConditional(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"a"` || r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, "new")
	})
	f := fetcherFor(server)
	for _, r := range []Request{{ETag: `"a"`}, {LastModified: "Tue, 03 Jun 2025 10:00:00 GMT"}} {
		r.URL = server.URL
		a := fetchOf(t, f, r, "")
		if !a.NotModified || a.Page.URL != "" || len(a.Exchanges) != 1 || a.Exchanges[0].Status != 304 {
			t.Errorf("%+v gave %+v", r, a)
		}
	}
	if a := fetchOf(t, f, Request{URL: server.URL, ETag: `"b"`}, ""); a.NotModified || string(a.Page.Body) != "new" {
		t.Errorf("a changed page gave %+v", a)
	}
}

func TestFetchCaps(t *testing.T) {
	big := make([]byte, 3<<20)
	endless := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(big[:64<<10]); err != nil {
				return
			}
		}
	}
	coded := func(coding string, body []byte) http.HandlerFunc {
		packed := encode(t, body, coding)
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", coding)
			w.Write(packed)
		}
	}
	tests := []struct {
		name    string
		feed    bool
		handler http.HandlerFunc
		want    blotter.Reason
	}{
		{"page at the cap", false, func(w http.ResponseWriter, _ *http.Request) { w.Write(big[:2<<20]) }, ""},
		{"page over the cap", false, func(w http.ResponseWriter, _ *http.Request) { w.Write(big[:2<<20+1]) }, blotter.ReasonSize},
		{"feed at the cap", true, func(w http.ResponseWriter, _ *http.Request) { w.Write(big[:1<<20]) }, ""},
		{"feed over the cap", true, func(w http.ResponseWriter, _ *http.Request) { w.Write(big[:1<<20+1]) }, blotter.ReasonSize},
		{"endless body", false, endless, blotter.ReasonSize},
		{"gzip bomb", false, coded("gzip", big), blotter.ReasonSize},
		{"brotli bomb", false, coded("br", big), blotter.ReasonSize},
		{"zstd bomb", false, coded("zstd", big), blotter.ReasonSize},
		{"deflate, which is not asked for", false, coded("deflate", big[:1<<20]), ""},
		{"unknown coding", false, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "lzma")
			fmt.Fprint(w, "]")
		}, blotter.ReasonEncoding},
		{"gzip in name only", false, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			fmt.Fprint(w, "<p>plain</p>")
		}, blotter.ReasonEncoding},
		{"header without end", false, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("a", maxHeader))
		}, blotter.ReasonConnect},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, test.handler)
			f := fetcherFor(server)
			f.MaxPage, f.MaxFeed = 2<<20, 1<<20
			a := fetchOf(t, f, Request{URL: server.URL, Feed: test.feed}, test.want)
			for _, x := range a.Exchanges {
				if len(x.Body) > 2<<20 {
					t.Errorf("%d bytes were kept", len(x.Body))
				}
			}
		})
	}
}

func TestDefaultCaps(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		size := int64(6 << 20)
		if r.URL.Path == "/long" {
			size = 8<<20 + 1
		}
		io.Copy(w, io.LimitReader(zeros{}, size))
	})
	f := fetcherFor(server)
	fetchOf(t, f, Request{URL: server.URL}, "")
	fetchOf(t, f, Request{URL: server.URL + "/long"}, blotter.ReasonSize)
	a := fetchOf(t, f, Request{URL: server.URL, Feed: true}, blotter.ReasonSize)
	if accept := a.Exchanges[0].Request.Value("Accept"); accept != acceptFeed {
		t.Errorf("asked for a feed with Accept: %s", accept)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// raw serves fixed bytes on loopback, whatever is asked, and closes the connection; "" hangs up at once.
func raw(t *testing.T, answer string) (url, address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			head := make([]byte, 4096)
			n, _ := c.Read(head)
			if bytes.HasPrefix(head[:n], []byte("GET /robots.txt")) {
				io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			} else {
				io.WriteString(c, answer)
			}
			c.Close()
		}
	}()
	return "http://" + l.Addr().String() + "/", l.Addr().String()
}

func TestFetchBrokenAnswers(t *testing.T) {
	tests := []struct {
		name, answer string
		want         blotter.Reason
		kept         string // the body of the exchange
	}{
		{"shorter than its length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", blotter.ReasonConnect, "half"},
		{"chunk cut off", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf", blotter.ReasonConnect, "half"},
		{"last chunk absent", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", blotter.ReasonConnect, "half"},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwhol\r\n1\r\ne\r\n0\r\n\r\n", "", "whole"},
		{"until the connection closes", "HTTP/1.0 200 OK\r\n\r\nwhole", "", "whole"},
		{"hung up", "", blotter.ReasonConnect, ""},
		{"not HTTP", "SSH-2.0-OpenSSH_9.6\r\n", blotter.ReasonConnect, ""},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nwhole", blotter.ReasonConnect, ""},
		{"redirect without a target", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", blotter.ReasonRedirect, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			url, address := raw(t, test.answer)
			f := fetcherFor()
			f.Allow = []string{address}
			a := fetchOf(t, f, Request{URL: url}, test.want)
			kept := ""
			if len(a.Exchanges) > 0 {
				kept = string(a.Exchanges[0].Body)
			}
			if kept != test.kept {
				t.Errorf("kept %q, want %q", kept, test.kept)
			}
		})
	}
}

func TestFetchNoServer(t *testing.T) {
	server := serve(t, http.NotFound)
	f := fetcherFor(server)
	server.Close()
	a := fetchOf(t, f, Request{URL: server.URL}, blotter.ReasonConnect)
	if a.Robots != "unreachable" {
		t.Errorf("robots %q", a.Robots)
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains that we do not trust it
	secure.StartTLS()                                   // with a certificate that nobody has signed
	defer secure.Close()
	fetchOf(t, fetcherFor(secure), Request{URL: secure.URL}, blotter.ReasonConnect)
}

func TestFetchRedirects(t *testing.T) {
	hops := func(w http.ResponseWriter, r *http.Request) {
		var n int
		switch {
		case r.URL.Path == "/end":
			fmt.Fprint(w, "end")
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/loop?again", http.StatusFound)
		case strings.HasPrefix(r.URL.Path, "/to/"):
			w.Header().Set("Location", r.URL.Query().Get("to"))
			w.WriteHeader(http.StatusMovedPermanently)
		default:
			fmt.Sscanf(r.URL.Path, "/%d", &n)
			next := fmt.Sprintf("/%d", n-1)
			if n == 1 {
				next = "/end"
			}
			http.Redirect(w, r, next, http.StatusTemporaryRedirect)
		}
	}
	var sent []http.Header
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, r.Header.Clone())
		hops(w, r)
	})
	f := fetcherFor(server)
	tests := []struct {
		path      string
		want      blotter.Reason
		exchanges int
	}{
		{"/1", "", 2},
		{"/10", "", 11},
		{"/11", blotter.ReasonRedirect, 11},
		{"/loop", blotter.ReasonRedirect, 2},
		{"/to/?to=../end", "", 2},
		{"/to/?to=/end#part", "", 2},
		{"/to/?to=http://me:pw@" + server.Listener.Addr().String() + "/end", "", 2},
		{"/to/?to=file:///etc/passwd", blotter.ReasonRedirect, 1},
		{"/to/?to=javascript:alert(1)", blotter.ReasonRedirect, 1},
		{"/to/?to=ftp://example.org/", blotter.ReasonRedirect, 1},
		{"/to/?to=http://", blotter.ReasonRedirect, 1},
		{"/to/?to=http://169.254.169.254/", blotter.ReasonAddress, 1},
		{"/to/?to=http://10.1.2.3/", blotter.ReasonAddress, 1},
	}
	for _, test := range tests {
		sent = nil
		a := fetchOf(t, f, Request{URL: server.URL + strings.ReplaceAll(test.path, "#", "%23")}, test.want)
		if len(a.Exchanges) != test.exchanges {
			t.Errorf("%s: %d exchanges, want %d", test.path, len(a.Exchanges), test.exchanges)
		}
		if test.want == "" && a.Page.URL != server.URL+"/end" {
			t.Errorf("%s ended at %s", test.path, a.Page.URL)
		}
		for _, h := range sent {
			if h.Get("Referer") != "" || h.Get("Authorization") != "" || h.Get("Cookie") != "" || h.Get("User-Agent") != testAgent {
				t.Errorf("%s: sent %v", test.path, h)
			}
		}
	}
}

func TestFetchURLs(t *testing.T) {
	for _, u := range []string{"", "file:///etc/passwd", "javascript:alert(1)", "ftp://example.org/", "http://", "news.html", "data:text/html,x"} {
		fetchOf(t, fetcherFor(), Request{URL: u}, blotter.ReasonURL)
	}
	nameless := fetcherFor()
	nameless.Agent = ""
	if _, err := nameless.Fetch(t.Context(), Request{URL: "http://127.0.0.1/"}); err == nil || blotter.AsFailure(err) != nil {
		t.Errorf("without an agent: %v, want an error that is ours", err)
	}
}

// In the bubble the clock stands still until everybody waits, so the times are exact.
func TestFetchTimeouts(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	drip := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			fmt.Fprint(w, ".")
			w.(http.Flusher).Flush()
			sleep(r.Context(), time.Second)
		}
	}
	slowHops := func(w http.ResponseWriter, r *http.Request) {
		sleep(r.Context(), 9*time.Second)
		http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
	}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		within  time.Duration
		kept    int // exchanges
	}{
		{"slow header", hang, 10 * time.Second, 0},
		{"slow body", drip, 30 * time.Second, 1},
		{"slow redirects", slowHops, 30 * time.Second, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, withoutRobots(test.handler), func(t *testing.T, w *web) {
				w.fetcher.Allow = []string{"news.example:80"} // no delays, which are not part of the timeout
				a := fetchOf(t, w.fetcher, Request{URL: "http://news.example/"}, blotter.ReasonTimeout)
				if took := time.Since(w.began); took != test.within {
					t.Errorf("gave up after %v, want %v", took, test.within)
				}
				if len(a.Exchanges) != test.kept {
					t.Errorf("%d exchanges, want %d", len(a.Exchanges), test.kept)
				}
			})
		})
	}
}

// A fetch that is to be finished is, with the redirects it meets, when its context ends on the way. None is begun then.
func TestFetchFinish(t *testing.T) {
	for _, finish := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		asked := 0
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked++
			cancel()
			if r.URL.Path == "/old" {
				http.Redirect(w, r, "/new", http.StatusMovedPermanently)
				return
			}
			fmt.Fprint(w, "here")
		})
		f := fetcherFor(server)
		a, err := f.Fetch(ctx, Request{URL: server.URL + "/old", Finish: finish})
		if finish && (err != nil || string(a.Page.Body) != "here" || asked != 2) || !finish && (!errors.Is(err, context.Canceled) || asked > 1) {
			t.Errorf("finish %v: %q, %v, asked %d times", finish, a.Page.Body, err, asked)
		}
		before := asked
		if _, err := f.Fetch(ctx, Request{URL: server.URL + "/new", Finish: finish}); !errors.Is(err, context.Canceled) || asked != before {
			t.Errorf("a fetch began after the end: %v", err)
		}
	}
}

func TestFetchCancelled(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for _, robots := range []bool{true, false} { // cancelled while robots.txt is fetched, and while the page is
		inBubble(t, func(w http.ResponseWriter, r *http.Request) {
			if robots || r.URL.Path != "/robots.txt" {
				hang(w, r)
			}
		}, func(t *testing.T, w *web) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			_, err := w.fetcher.Fetch(ctx, Request{URL: "http://news.example/"})
			if !errors.Is(err, context.DeadlineExceeded) || blotter.AsFailure(err) != nil {
				t.Errorf("got %v, want the context's error", err)
			}
			if took := time.Since(w.began); took != 3*time.Second {
				t.Errorf("returned after %v", took)
			}
		})
	}
}

func TestGoroutines(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("n") {
		case "1":
			http.Redirect(w, r, "/?n=2", http.StatusFound)
		case "3":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "4":
			panic(http.ErrAbortHandler)
		default:
			fmt.Fprint(w, "page")
		}
	})
	f := fetcherFor(server)
	fetchOf(t, f, Request{URL: server.URL}, "")
	before := runtime.NumGoroutine()
	began := time.Now()
	for i := range 1000 {
		f.Fetch(t.Context(), Request{URL: fmt.Sprintf("%s/?n=%d&i=%d", server.URL, i%3, i)})
	}
	t.Logf("%.0f fetches a second", 1000/time.Since(began).Seconds())
	f.Fetch(t.Context(), Request{URL: server.URL + "/?n=4"})
	f.Fetch(t.Context(), Request{URL: server.URL + "/?n=3"})
	f.Close()
	server.CloseClientConnections()
	for range 1000 {
		runtime.Gosched()
	}
	if after := runtime.NumGoroutine(); after > before+4 {
		t.Errorf("%d goroutines before 1,000 fetches, %d after", before, after)
	}
}

func BenchmarkFetch(b *testing.B) {
	body := bytes.Repeat([]byte("<p>Two men were arrested.</p>"), 2000)
	packed := encode(b, body, "gzip")
	server := httptest.NewServer(withoutRobots(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(packed)
	}))
	defer server.Close()
	f := fetcherFor(server)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := f.Fetch(b.Context(), Request{URL: server.URL}); err != nil {
			b.Fatal(err)
		}
	}
}
