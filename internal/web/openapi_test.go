package web

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"

	"blotter/internal/answer"
)

// newValidator reads the document, which must be a right one.
func newValidator(t *testing.T) validator.Validator {
	t.Helper()
	doc, err := libopenapi.NewDocument(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(doc, config.WithFormatAssertions(), config.WithRejectUndeclaredRequestBody())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if ok, errs := v.ValidateDocument(); !ok {
		for _, e := range errs {
			t.Errorf("line %d: %s: %s", e.SpecLine, e.Message, e.Reason)
		}
		t.FailNow()
	}
	return v
}

// exercised asks one operation and holds request and answer to the document.
func exercised(t *testing.T, v validator.Validator, h http.Handler, method, target, body string) (*http.Request, *http.Response) {
	t.Helper()
	request := func() *http.Request {
		r := httptest.NewRequest(method, "http://127.0.0.1:7970"+target, strings.NewReader(body))
		if body == "" {
			r = httptest.NewRequest(method, "http://127.0.0.1:7970"+target, nil)
		} else {
			r.Header.Set("Content-Type", "application/json")
		}
		return r
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request())
	if w.Code < 400 {
		if ok, errs := v.ValidateHttpRequest(request()); !ok {
			for _, e := range errs {
				t.Errorf("%s %s is answered, and is no request by the document: %s: %s", method, target, e.Message, e.Reason)
			}
		}
	}
	ok, errs := v.ValidateHttpResponse(request(), w.Result())
	if !ok {
		for _, e := range errs {
			t.Errorf("%s %s answers %d otherwise than the document says: %s: %s %+v", method, target, w.Code, e.Message, e.Reason, e.SchemaValidationErrors)
		}
	}
	return request(), w.Result()
}

// TestOpenAPI: the document is right, describes every operation with its parameters and no other, and the real answers of all
// of them are as it says.
func TestOpenAPI(t *testing.T) {
	v := newValidator(t)
	checkPaths(t)
	s := newServer(t)
	s.Metrics = NewMetrics(Watched{House: s.House, DataDir: house(t).Config.DataDir})
	h := s.Handler()
	var hits answer.Hits
	getJSON(t, start(t, s)+"/api/v1/search?q=tag:seizure&limit=1", &hits)
	hit := hits.Articles[0]
	asked := map[string]bool{}
	for _, test := range []struct {
		target, body string
		status       int
	}{
		{"/healthz", "", 200}, {"/readyz", "", 200}, {"/metrics", "", 200},
		{"/feed.atom", "", 200}, {"/feed.atom?q=@guns", "", 200}, {"/feed.atom?q=(", "", 400},
		{"/feed.json", "", 200}, {"/feed.json?q=tag:seizure", "", 200},
		{"/api/v1/openapi.json", "", 200},
		{"/api/v1/search?q=tag:seizure", "", 200}, {"/api/v1/search?q=nothingatall", "", 200},
		{"/api/v1/search?q=seized&limit=2&offset=1&sort=-date&facets=tag,status,source,country,lang,month,year&timeline=day&explain=true", "", 200},
		{"/api/v1/search?q=seized&limit=0&timeline=month", "", 200}, {"/api/v1/search?q=@guns&limit=1000", "", 200},
		{"/api/v1/search?q=a+b)", "", 400}, {"/api/v1/search", "", 400},
		{"/api/v1/articles?url=" + url.QueryEscape(hit.URL), "", 200}, {"/api/v1/articles?url=http://nowhere.example/", "", 404},
		{"/api/v1/articles/" + hit.ID, "", 200}, {"/api/v1/articles/0000", "", 404},
		{"/api/v1/export?q=tag:seizure&format=jsonl&full_text=true", "", 200}, {"/api/v1/export?columns=title,url&rows=fact", "", 200},
		{"/api/v1/export?format=doc", "", 400},
		{"/api/v1/coverage?by=day", "", 200}, {"/api/v1/coverage?by=month&from=2026-01&to=2026", "", 200}, {"/api/v1/coverage?source=nosuch", "", 400},
		{"/api/v1/sources", "", 200}, {"/api/v1/rules", "", 200}, {"/api/v1/queries", "", 200}, {"/api/v1/stats", "", 200},
		{"/api/v1/index/seq", "", 200},
		{"/api/v1/index/search", `{"query": "@weapons seized", "lists": {"weapons": ["rifle", "gun*"]}, "limit": 3, "facets": ["tag"], "timeline": "year", "explain": true}`, 200},
		{"/api/v1/index/search", `{"query": null, "limit": 0}`, 200}, {"/api/v1/index/search", `{"query": 7}`, 400},
	} {
		method := http.MethodGet
		if test.body != "" {
			method = http.MethodPost
		}
		_, response := exercised(t, v, h, method, test.target, test.body)
		if response.StatusCode != test.status {
			body, _ := io.ReadAll(response.Body)
			t.Errorf("%s %s: %d, want %d\n%s", method, test.target, response.StatusCode, test.status, body)
		}
		path, _, _ := strings.Cut(test.target, "?")
		if op, _, err := find(path); err == nil && test.status == http.StatusOK {
			asked[op.path] = true
		}
	}
	for _, op := range operations {
		if !asked[op.path] {
			t.Errorf("%s is not exercised", op.path)
		}
	}

	// The document is no sieve: what it does not name is found.
	request, response := exercised(t, v, h, http.MethodGet, "/api/v1/search?q=tag:seizure&limit=1", "")
	text, _ := io.ReadAll(response.Body)
	response.Body = io.NopCloser(bytes.NewReader(bytes.Replace(text, []byte(`"total"`), []byte(`"colour": 1, "total"`), 1)))
	if ok, _ := v.ValidateHttpResponse(request, response); ok {
		t.Error("an answer with a member that the document does not have is taken for right")
	}
}

// checkPaths compares the document's paths with the operations.
func checkPaths(t *testing.T) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
			}
			Security *[]any
		}
	}
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Paths) != len(operations) {
		t.Errorf("the document has %d paths, and there are %d operations", len(doc.Paths), len(operations))
	}
	for _, op := range operations {
		described, ok := doc.Paths[op.path][strings.ToLower(op.method)]
		if !ok {
			t.Errorf("the document does not have %s %s", op.method, op.path)
		}
		var names []string
		for _, p := range described.Parameters {
			if p.In == "query" {
				names = append(names, p.Name)
			}
		}
		if !slices.Equal(names, op.params) {
			t.Errorf("%s: the document has the parameters %v, and it takes %v", op.path, names, op.params)
		}
		if open := described.Security != nil && len(*described.Security) == 0; open != op.open {
			t.Errorf("%s: without a token by the document %v, in truth %v", op.path, open, op.open)
		}
	}
}
