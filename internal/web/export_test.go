package web

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"blotter"
	"blotter/index"
	"blotter/internal/answer"
	"blotter/internal/export"
)

// TestExport: every format comes under its type and name, whole, and the same each time.
func TestExport(t *testing.T) {
	base := start(t, newServer(t))
	for _, format := range export.Names() {
		media, ending := export.MediaType(format)
		response, text := get(t, base+"/api/v1/export?q=tag:seizure&format="+format)
		h := response.Header
		if response.StatusCode != http.StatusOK || media == "" || h.Get("Content-Type") != media ||
			h.Get("Content-Disposition") != `attachment; filename="blotter-export`+ending+`"` || len(text) < 100 {
			t.Errorf("%s: %s, %v, %d bytes", format, response.Status, h, len(text))
		}
	}
	var hits answer.Hits
	getJSON(t, base+"/api/v1/search?q=tag:seizure&limit=0&facets=tag", &hits)
	_, text := get(t, base+"/api/v1/export?q=tag:seizure&columns=title,url")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != hits.Total+1 || len(rows[0]) != 2 || rows[0][0] != "title" {
		t.Errorf("%d rows of %d articles, %v", len(rows), hits.Total, err)
	}
	_, bare := get(t, base+"/api/v1/export?q=tag:seizure&format=jsonl")
	_, full := get(t, base+"/api/v1/export?q=tag:seizure&format=jsonl&full_text=true")
	if strings.Contains(bare, `"body":`) || strings.Count(full, `"body":`) != hits.Total {
		t.Error("the text comes when it is asked for, and only then")
	}
	if response, text := do(t, http.MethodHead, base+"/api/v1/export?format=xlsx", ""); text != "" || response.Header.Get("Content-Disposition") == "" {
		t.Errorf("HEAD: %s %v", response.Status, response.Header)
	}
}

// failing is an index that fails after some searches.
type failing struct {
	index.Index
	after int
}

var errBroken = errors.New("the disk is gone: /secret/path")

func (f *failing) Search(ctx context.Context, r index.Request) (index.Result, error) {
	if f.after--; f.after < 0 {
		return index.Result{}, errBroken
	}
	r.Limit = 5 // so that there are many pages
	return f.Index.Search(ctx, r)
}

// TestBrokenExport: an export that cannot be ended does not look like one that was, and before its beginning it is a problem.
func TestBrokenExport(t *testing.T) {
	whole := house(t)
	for _, test := range []struct {
		path  string
		after int
		begun bool
	}{
		{"/api/v1/export", 0, false},
		{"/api/v1/export?format=jsonl&full_text=true", 3, false}, // what was made of it was not sent yet
		{"/api/v1/export?format=jsonl&full_text=true", 7, true},
	} {
		broken := *whole
		reader := *whole.Reader
		reader.Index = &failing{whole.Reader.Index, test.after}
		reader.Sources = map[string]blotter.Source{}
		broken.Reader = &reader
		base := start(t, &Server{House: func() *House { return &broken }, Loopback: true})
		response, err := http.Get(base + test.path)
		if !test.begun {
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if response.StatusCode != http.StatusInternalServerError || response.Header.Get("Content-Disposition") != "" ||
				response.Header.Get("Content-Type") != "application/problem+json" || strings.Contains(string(text), "secret") {
				t.Errorf("%s: %s %v\n%s", test.path, response.Status, response.Header, text)
			}
			continue
		}
		if err == nil { // the connection may be cut before or after the head has come
			text, errRead := io.ReadAll(response.Body)
			response.Body.Close()
			if err = errRead; err == nil {
				t.Errorf("%s: it looks whole, with %d bytes", test.path, len(text))
			}
		}
	}
}
