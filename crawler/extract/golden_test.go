package extract_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/crawler/extract"
	"blotter/internal/golden"
)

// goldenPage is a page of testdata: how it is asked for, and the article that it gives.
type goldenPage struct {
	URL         string             `json:"url"`
	ContentType string             `json:"contentType,omitempty"`
	Zone        string             `json:"zone,omitempty"`
	DateFormat  string             `json:"dateFormat,omitempty"`
	Selectors   *blotter.Selectors `json:"selectors,omitempty"`
	Article     *want              `json:"article,omitempty"`
	Failure     string             `json:"failure,omitempty"`
}

type want struct {
	URL       string   `json:"url"`
	Title     string   `json:"title"`
	Lead      string   `json:"lead"`
	Body      []string `json:"body"`
	Authors   []string `json:"authors"`
	Published string   `json:"published"`
	Method    string   `json:"method"`
	Modified  string   `json:"modified"`
	Lang      string   `json:"lang"`
}

// pages is the number of golden pages, so that a lost folder fails.
const pages = 17

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != pages {
		t.Fatalf("%d golden pages, want %d (%v)", len(files), pages, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			g := readGolden(t, file)
			got := g
			got.Article, got.Failure = nil, ""
			a, err := extract.Read(page(t, file, g), hints(t, g))
			switch f := blotter.AsFailure(err); {
			case f != nil:
				got.Failure = string(f.Reason)
			case err != nil:
				t.Fatal(err)
			default:
				got.Article = &want{
					URL: a.URL, Title: a.Title, Lead: a.Lead, Body: strings.Split(a.Body, "\n\n"), Authors: a.Authors,
					Published: a.Published.String(), Method: a.Published.Method, Modified: a.Modified.String(), Lang: a.Lang,
				}
			}
			golden.Compare(t, file, pretty(t, got))
		})
	}
}

// goldenPages returns the pages of testdata.
func goldenPages(t testing.TB) []blotter.Page {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden pages (%v)", err)
	}
	var all []blotter.Page
	for _, file := range files {
		all = append(all, page(t, file, readGolden(t, file)))
	}
	return all
}

func readGolden(t testing.TB, file string) goldenPage {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var g goldenPage
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return g
}

func page(t testing.TB, file string, g goldenPage) blotter.Page {
	t.Helper()
	body, err := os.ReadFile(strings.TrimSuffix(file, ".json") + ".html")
	if err != nil {
		t.Fatal(err)
	}
	return blotter.Page{URL: g.URL, ContentType: g.ContentType, Body: body}
}

func hints(t *testing.T, g goldenPage) extract.Hints {
	t.Helper()
	h := extract.Hints{DateFormat: g.DateFormat}
	if g.Selectors != nil {
		h.Selectors = *g.Selectors
	}
	if g.Zone != "" {
		zone, err := time.LoadLocation(g.Zone)
		if err != nil {
			t.Fatal(err)
		}
		h.Location = zone
	}
	return h
}

func pretty(t *testing.T, g goldenPage) string {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	if err := e.Encode(g); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
