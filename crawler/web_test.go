package crawler

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"blotter"
	"blotter/internal/newsroom"
)

const testAgent = "Blotter/test (+press@example.org)"

// fetcherFor returns a Fetcher that may reach the given loopback servers.
func fetcherFor(servers ...*httptest.Server) *Fetcher {
	f := &Fetcher{Agent: testAgent, onConnect: loopbackOnly}
	for _, s := range servers {
		f.Allow = append(f.Allow, s.Listener.Addr().String())
	}
	return f
}

// loopbackOnly is the net under the guard: a test that finds the guard broken must not reach out to find it.
func loopbackOnly(address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if a := to.Addr().Unmap(); !a.IsLoopback() && !a.IsUnspecified() {
		return fmt.Errorf("the guard let a test reach %s", address)
	}
	return nil
}

// serve starts a loopback server whose robots.txt, unless h serves it itself, is absent.
func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(withoutRobots(h))
	t.Cleanup(s.Close)
	return s
}

func withoutRobots(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		h(w, r)
	}
}

// fetchOf fetches a URL and requires that it goes well or fails for that reason.
func fetchOf(t *testing.T, f *Fetcher, r Request, want blotter.Reason) Answer {
	t.Helper()
	a, err := f.Fetch(t.Context(), r)
	requireReason(t, err, want)
	if want != "" && (a.Page.URL != "" || a.Page.Body != nil) {
		t.Errorf("%s: a failed fetch has a page of %d bytes", r.URL, len(a.Page.Body))
	}
	return a
}

func requireReason(t *testing.T, err error, want blotter.Reason) {
	t.Helper()
	failure := blotter.AsFailure(err)
	switch {
	case err == nil && want == "":
	case err == nil:
		t.Fatalf("got no error, want %s", want)
	case failure == nil:
		t.Fatalf("got error %v, which is no Failure; want %q", err, want)
	case failure.Reason != want:
		t.Fatalf("got %v, want %q", failure, want)
	}
}

// web is a made-up internet in memory: every host name leads to one handler. Inside a synctest bubble its time is
// the bubble's.
type web struct {
	network *newsroom.Network
	fetcher *Fetcher

	mu     sync.Mutex
	began  time.Time
	visits []visited
	active map[string]int
	most   map[string]int // the most requests that were under way at once, by host
}

// visited is one request that reached the web.
type visited struct {
	at   time.Duration // since the web was made
	url  string
	head http.Header
}

// inBubble runs the test with a web of that handler, in time of its own.
func inBubble(t *testing.T, h http.HandlerFunc, test func(t *testing.T, w *web)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &web{
			network: newsroom.NewNetwork(),
			began:   time.Now(),
			active:  map[string]int{},
			most:    map[string]int{},
		}
		server := &http.Server{Handler: w.logged(h)}
		go server.Serve(w.network)
		w.fetcher = &Fetcher{Agent: testAgent, Dial: w.network.Dial}
		t.Cleanup(func() {
			server.Close()
			w.fetcher.Close()
		})
		test(t, w)
	})
}

func (w *web) logged(h http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.visits = append(w.visits, visited{time.Since(w.began), "http://" + r.Host + r.URL.String(), r.Header.Clone()})
		w.active[r.Host]++
		w.most[r.Host] = max(w.most[r.Host], w.active[r.Host])
		w.mu.Unlock()
		defer func() {
			w.mu.Lock()
			w.active[r.Host]--
			w.mu.Unlock()
		}()
		h(rw, r)
	}
}

// asked returns the requests for a path, or all for "".
func (w *web) asked(url string) []visited {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []visited
	for _, v := range w.visits {
		if url == "" || v.url == url {
			found = append(found, v)
		}
	}
	return found
}

// serveAll is serve for a handler that answers for robots.txt too.
func serveAll(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}
