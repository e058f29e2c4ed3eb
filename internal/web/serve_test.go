package web

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"blotter/index"
)

// serving serves on loopback until stop is called, which returns what Serve returned.
func serving(t *testing.T, s *Server, security *tls.Config) (addr string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l, security) }()
	stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { _ = stop() })
	return l.Addr().String(), stop
}

// waiting is an index that does not answer until it is told to, and says when it was asked.
type waiting struct {
	index.Index
	asked, answer chan struct{}
}

func (w *waiting) Search(ctx context.Context, r index.Request) (index.Result, error) {
	w.asked <- struct{}{}
	select {
	case <-w.answer:
		return w.Index.Search(ctx, r)
	case <-ctx.Done():
		return index.Result{}, ctx.Err()
	}
}

// with is the house with another index.
func with(t *testing.T, idx func(index.Index) index.Index) func() *House {
	h := *house(t)
	reader := *h.Reader
	reader.Index = idx(reader.Index)
	h.Reader = &reader
	return func() *House { return &h }
}

// TestGracefulStop: who was heard is answered, and nobody else is heard.
func TestGracefulStop(t *testing.T) {
	w := &waiting{asked: make(chan struct{}), answer: make(chan struct{})}
	addr, stop := serving(t, &Server{House: with(t, func(i index.Index) index.Index { w.Index = i; return w }), Loopback: true}, nil)
	got := make(chan string)
	go func() {
		response, err := http.Get("http://" + addr + "/api/v1/search?q=seized")
		if err != nil {
			got <- err.Error()
			return
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		got <- fmt.Sprint(response.StatusCode, strings.Contains(string(text), `"total"`), err)
	}()
	<-w.asked
	stopped := make(chan error)
	go func() { stopped <- stop() }()
	for { // until it listens no more
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			break
		}
		conn.Close()
	}
	close(w.answer)
	if text := <-got; text != "200 true <nil>" {
		t.Errorf("the request at work: %s", text)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// TestTLS: over TLS it answers to TLS.
func TestTLS(t *testing.T) {
	borrowed := httptest.NewUnstartedServer(nil) // for its certificate
	borrowed.StartTLS()
	defer borrowed.Close()
	s := newServer(t)
	addr, _ := serving(t, s, &tls.Config{Certificates: borrowed.TLS.Certificates})
	response, err := borrowed.Client().Get("https://" + addr + "/feed.atom")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK || !strings.Contains(string(text), `href="https://`+addr+`/feed.atom"`) {
		t.Errorf("%s\n%.300s", response.Status, text)
	}
	if response, err := http.Get("http://" + addr + "/healthz"); err == nil {
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			t.Error("it answers without TLS too")
		}
	}
}

// TestLimits: heads and bodies without end are refused.
func TestLimits(t *testing.T) {
	addr, _ := serving(t, newServer(t), nil)
	response, _ := get(t, "http://"+addr+"/healthz", "X-Long", strings.Repeat("a", maxHeader+8<<10))
	if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a long head: %s", response.Status)
	}
	body := io.MultiReader(strings.NewReader(`{"query": "`), io.LimitReader(endless{}, maxBody+1))
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/api/v1/index/search", body)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a long body: %s", answer.Status)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte("a"), len(p))), nil }

// panicking is an index that panics.
type panicking struct{ index.Index }

func (panicking) Search(context.Context, index.Request) (index.Result, error) { panic("on purpose") }

// TestPanic: a panic costs its request and nothing else, and the log has where it was.
func TestPanic(t *testing.T) {
	var log lockedBuffer
	s := &Server{House: with(t, func(i index.Index) index.Index { return panicking{i} }), Loopback: true, Log: slog.New(slog.NewTextHandler(&log, nil))}
	base := start(t, s)
	response, text := get(t, base+"/api/v1/search?q=seized")
	if response.StatusCode != http.StatusInternalServerError || strings.Contains(text, "on purpose") || !strings.Contains(text, problemType+kindInternal) {
		t.Errorf("%s\n%s", response.Status, text)
	}
	if logged := log.String(); !strings.Contains(logged, "on purpose") || !strings.Contains(logged, "serve_test.go") {
		t.Errorf("the log has %s", logged)
	}
	if response, _ := get(t, base+"/api/v1/rules"); response.StatusCode != http.StatusOK {
		t.Errorf("the next request: %s", response.Status)
	}
}

// TestAnswering: that somebody waits is told for as long as it is so, also when the answer fails; who exports waits for no answer.
func TestAnswering(t *testing.T) {
	var began atomic.Int64
	ended := make(chan bool, 10)
	tell := func() func() { began.Add(1); return func() { ended <- true } }
	told := func(what string, want int64) {
		t.Helper()
		if n := began.Load(); n != want {
			t.Errorf("%s: %d began, want %d", what, n, want)
		}
		select { // the answer may be read before its handler has returned
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Errorf("%s: its end was not told", what)
		}
	}
	base := start(t, &Server{House: with(t, func(i index.Index) index.Index { return panicking{i} }), Loopback: true, Answering: tell})
	get(t, base+"/api/v1/search?q=seized")
	told("a search that panics", 1)
	get(t, base+"/api/v1/rules")
	told("the rules", 2)
	get(t, base+"/api/v1/export?q=seized")
	if n := began.Load(); n != 2 || len(ended) > 0 {
		t.Errorf("an export: %d began and %d ended, want 2 and none", n, len(ended))
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestStates: what is not ready says so, with the time to ask again.
func TestStates(t *testing.T) {
	s := newServer(t)
	s.Ready = func() error { return errors.New("the index is 12 changes behind") }
	base := start(t, s)
	if response, text := get(t, base+"/readyz"); response.StatusCode != 503 || response.Header.Get("Retry-After") == "" || !strings.Contains(text, "12 changes") {
		t.Errorf("not ready: %s\n%s", response.Status, text)
	}
	if response, _ := get(t, base+"/healthz"); response.StatusCode != 200 {
		t.Errorf("but alive: %s", response.Status)
	}
	starting := start(t, &Server{House: func() *House { return nil }, Loopback: true, Metrics: NewMetrics(Watched{House: func() *House { return nil }, DataDir: t.TempDir()})})
	for _, op := range operations {
		want := 503
		if op.path == "/healthz" {
			want = 200
		}
		if response, text := do(t, op.method, starting+strings.ReplaceAll(op.path, "{id}", "ffff"), ""); response.StatusCode != want {
			t.Errorf("%s while the daemon starts: %s\n%s", op.path, response.Status, text)
		}
	}
	slow := &Server{House: with(t, func(i index.Index) index.Index { return late{i} }), Loopback: true}
	if response, text := get(t, start(t, slow)+"/api/v1/search?q=seized"); response.StatusCode != 503 || !strings.Contains(text, kindSlow) {
		t.Errorf("too late: %s\n%s", response.Status, text)
	}
}

// late is an index whose time was over.
type late struct{ index.Index }

func (late) Search(ctx context.Context, _ index.Request) (index.Result, error) {
	if at, ok := ctx.Deadline(); !ok || time.Until(at) > answerTimeout {
		return index.Result{}, errors.New("a search has no end")
	}
	return index.Result{}, context.DeadlineExceeded
}
