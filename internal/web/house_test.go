package web

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"blotter/archive"
	"blotter/classify"
	"blotter/configs"
	"blotter/crawler"
	"blotter/index"
	"blotter/internal/answer"
	"blotter/internal/newsroom"
	"blotter/internal/pipeline"
)

// built is a data folder with what the made-up newsrooms publish, and a house over it. It is made once: nothing here
// writes to it.
type built struct {
	*House
	err error
}

var theHouse = sync.OnceValue(func() built {
	dir, err := os.MkdirTemp("", "blotter-web-")
	if err != nil {
		return built{err: err}
	}
	house, err := build(dir)
	return built{house, err}
})

func build(dir string) (*House, error) {
	rooms, err := newsroom.Start()
	if err != nil {
		return nil, err
	}
	defer rooms.Close()
	c, err := configs.Load("")
	if err != nil {
		return nil, err
	}
	c.DataDir, c.Sources, c.Crawl.Allow = dir, rooms.Sources(), rooms.Addrs()
	c.Queries = map[string]configs.SavedQuery{"guns": {Query: "@weapons AND tag:seizure", About: "for the tests"}}
	rules, err := classify.Parse(c.Rules)
	if err != nil {
		return nil, err
	}
	arc, err := archive.Open(dir, archive.Options{Reserve: -1})
	if err != nil {
		return nil, err
	}
	idx, err := index.OpenBleve(filepath.Join(dir, "index"), arc.ID())
	if err != nil {
		return nil, err
	}
	p := &pipeline.Pipeline{Config: c, Archive: arc, Index: idx, Pack: rules, Log: slog.New(slog.DiscardHandler),
		Fetcher: &crawler.Fetcher{Agent: "Blotter/test (+test@blotter.example)", Allow: c.Crawl.Allow}}
	if _, err := p.Run(context.Background(), pipeline.Pass{Sources: c.Sources, Command: "test"}); err != nil {
		return nil, err
	}
	reader, err := answer.NewReader(context.Background(), arc, idx)
	return &House{Config: c, Pack: rules, Reader: reader}, err
}

func TestMain(m *testing.M) {
	code := m.Run()
	if h := theHouse(); h.err == nil {
		_ = h.Reader.Close()
		_ = os.RemoveAll(h.Config.DataDir)
	}
	os.Exit(code)
}

// house is the house of the tests.
func house(t testing.TB) *House {
	t.Helper()
	h := theHouse()
	if h.err != nil {
		t.Fatal(h.err)
	}
	return h.House
}

// newServer is a server over it, on loopback and without a token.
func newServer(t testing.TB) *Server {
	h := house(t)
	return &Server{House: func() *House { return h }, Loopback: true}
}

// start serves until the test ends, and returns the address.
func start(t testing.TB, s *Server) string {
	t.Helper()
	ts := httptest.NewServer(s.Handler())
	t.Cleanup(ts.Close)
	return ts.URL
}

// get asks and returns the answer with its body.
func get(t testing.TB, url string, headers ...string) (*http.Response, string) {
	t.Helper()
	return do(t, http.MethodGet, url, "", headers...)
}

func do(t testing.TB, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

// getJSON asks for a value.
func getJSON(t testing.TB, url string, into any) {
	t.Helper()
	response, text := get(t, url)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s\n%s", url, response.Status, text)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
}
