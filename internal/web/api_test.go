package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"blotter/internal/answer"
)

// TestSearch: pages go on behind each other to the end, with everything counted on each.
func TestSearch(t *testing.T) {
	base := start(t, newServer(t))
	seen := map[string]bool{}
	after, total := "", 0
	for pages := 0; ; pages++ {
		var hits answer.Hits
		getJSON(t, base+"/api/v1/search?q=tag:seizure&limit=3&sort=-date&facets=source,tag&timeline=year&explain=true&after="+url.QueryEscape(after), &hits)
		if len(hits.Facets) != 2 || len(hits.Timeline) == 0 || hits.Undated == nil || len(hits.Plan) == 0 {
			t.Fatalf("facets %v, timeline %v, plan %v", hits.Facets, hits.Timeline, hits.Plan)
		}
		for _, a := range hits.Articles {
			if seen[a.ID] || a.Body != "" || len(a.Tags) == 0 {
				t.Errorf("%s: again, with its text or without tags", a.ID)
			}
			seen[a.ID] = true
		}
		total = hits.Total
		if after = hits.Next; after == "" {
			if pages < 2 {
				t.Errorf("%d pages", pages+1)
			}
			break
		}
	}
	if len(seen) != total {
		t.Errorf("%d articles on all pages, and %d in all", len(seen), total)
	}
	var saved, list answer.Hits
	getJSON(t, base+"/api/v1/search?q=@guns", &saved)
	getJSON(t, base+"/api/v1/search?q="+url.QueryEscape("@weapons tag:seizure"), &list)
	if saved.Total == 0 || saved.Total != list.Total || saved.Query != list.Query {
		t.Errorf("@guns finds %d as %s, what it stands for %d as %s", saved.Total, saved.Query, list.Total, list.Query)
	}
}

// TestArticle: an article has its id, the beginning of that, and its address in the path or as a parameter.
func TestArticle(t *testing.T) {
	base := start(t, newServer(t))
	var hits answer.Hits
	getJSON(t, base+"/api/v1/search?q=tag:seizure&limit=1", &hits)
	hit := hits.Articles[0]
	for _, at := range []string{"/" + hit.ID, "/" + hit.ID[:8], "/" + url.PathEscape(hit.URL), "?url=" + url.QueryEscape(hit.URL)} {
		var a answer.Article
		getJSON(t, base+"/api/v1/articles"+at, &a)
		if a.ID != hit.ID || a.Body == "" || len(a.Revisions) == 0 || len(a.Captures) == 0 || !strings.Contains(a.Citation, a.URL) {
			t.Errorf("%s: %+v", at, a)
		}
	}
}

// TestProblems: what is asked wrongly is said to be so, as a problem that names the fault.
func TestProblems(t *testing.T) {
	base := start(t, newServer(t))
	for _, test := range []struct {
		path   string
		status int
		want   string
	}{
		{"/api/v1/search", 400, `"parameter": "q"`},
		{"/api/v1/search?q=", 400, "the query is empty"},
		{"/api/v1/search?q=a+AND+(b", 400, `"column": 7`},
		{"/api/v1/search?q=@wepons", 400, "did you mean @weapons?"},
		{"/api/v1/search?q=%ff", 400, "not valid UTF-8"},
		{"/api/v1/search?q=%zz", 400, "cannot be read"},
		{"/api/v1/search?q=a&q=b", 400, "q is there 2 times"},
		{"/api/v1/search?q=a&page=2", 400, `no parameter \"page\"; there are q, limit`},
		{"/api/v1/search?q=a&limit=-1", 400, "from 0 to 1000"},
		{"/api/v1/search?q=a&limit=1001", 400, "from 0 to 1000"},
		{"/api/v1/search?q=a&limit=0", 400, "goes with facets"},
		{"/api/v1/search?q=a&sort=size", 400, `"parameter": "sort"`},
		{"/api/v1/search?q=a&facets=colour", 400, `no facet \"colour\"`},
		{"/api/v1/search?q=a&timeline=hour", 400, `"parameter": "timeline"`},
		{"/api/v1/search?q=a&explain=maybe", 400, "neither true nor false"},
		{"/api/v1/search?q=a&after=x", 400, "begin without it"},
		{"/api/v1/search?q=" + strings.Repeat("a", 70_000), 400, "longer than 64 KiB"},
		{"/api/v1/articles", 400, `"parameter": "url"`},
		{"/api/v1/articles/ffff", 404, "no article has the id"},
		{"/api/v1/articles/%ff", 400, "no part of a path"},
		{"/api/v1/articles/a/b", 404, "nothing is answered"},
		{"/api/v1/export?format=doc", 400, "there are csv"},
		{"/api/v1/export?format=csv&columns=colour", 400, "colour"},
		{"/api/v1/export?format=ris&rows=tag", 400, "no rows or columns"},
		{"/api/v1/export?rows=word", 400, `no rows by \"word\"`},
		{"/api/v1/coverage?by=hour", 400, "by \\\"hour\\\" is unknown"},
		{"/api/v1/coverage?from=June", 400, "no day such as"},
		{"/api/v1/coverage?source=nosuch", 400, "no source"},
		{"/api/v1/coverage?from=1900", 400, "20 years"},
		{"/api/v1/rules?q=a", 400, "takes none"},
		{"/metrics", 404, "keeps no figures"},
		{"/", 404, "openapi.json"},
		{"/api//v1/search?q=a", 404, "nothing is answered"},
		{"/api/v1/search/?q=a", 404, "nothing is answered"},
		{"/api/v1/index/search", 405, "takes POST"},
	} {
		response, text := get(t, base+test.path)
		if response.StatusCode != test.status || !strings.Contains(text, test.want) || response.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%.60s: %s, want %d and %s\n%s", test.path, response.Status, test.status, test.want, text)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"} {
		if response, _ := do(t, method, base+"/api/v1/rules", ""); response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %s, Allow %s", method, response.Status, response.Header.Get("Allow"))
		}
	}
	if response, text := do(t, "HEAD", base+"/api/v1/rules", ""); response.StatusCode != http.StatusOK || text != "" || response.ContentLength <= 0 {
		t.Errorf("HEAD: %s, %d", response.Status, response.ContentLength)
	}
}
