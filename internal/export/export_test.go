package export

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"blotter"
)

var london = time.FixedZone("BST", 3600)

// article has in every field what breaks careless writers.
var article = blotter.Article{
	ID: "00f1", URL: "https://news.example/a?b=1&c=2", Source: "example", Title: `=HYPERLINK("x"), "quoted"`,
	Lead: "Lead.", Body: "Lead.\n\nThree rifles were seized.", Authors: []string{"A. Writer", "B. Writer"},
	Published: blotter.Date{Time: time.Date(2021, 6, 3, 14, 5, 0, 0, london), Method: "visible", Precision: blotter.Minute},
	FirstSeen: time.Date(2021, 6, 4, 0, 0, 0, 0, london), Lang: "en", Revision: 2,
	Tags: []blotter.Tag{{
		Tag: "seizure", Status: blotter.Reported, Rule: "seizure",
		Evidence: []blotter.Evidence{{Field: "body", Start: 7, End: 33, Quote: "Three rifles\nwere seized."}},
		Facts:    []blotter.Fact{{Name: "quantity", Value: "3", Unit: "firearm"}},
	}},
}

func encode(t *testing.T, format string, o Options) string {
	t.Helper()
	var b strings.Builder
	e, err := New(format, &b, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Encode(article); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCSV(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(encode(t, "csv", Options{}))).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("rows %v, error %v; want a header and a row", rows, err)
	}
	got := map[string]string{}
	for i, name := range rows[0] {
		got[name] = rows[1][i]
	}
	want := map[string]string{
		"id": "00f1", "published": "2021-06-03T14:05:00+01:00", "published_precision": "minute",
		"first_seen": "2021-06-03T23:00:00Z", "title": `'=HYPERLINK("x"), "quoted"`, "authors": "A. Writer; B. Writer",
		"tags": "seizure:reported", "facts": "seizure.quantity=3 firearm", "evidence": "seizure: Three rifles were seized.",
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
	if _, there := got["body"]; there {
		t.Error("the body is there though full text was not asked for")
	}
}

func TestSafeCell(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a=b": "a=b", "=1": "'=1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "\ta": "'\ta", "\ra": "'\ra", "£5": "£5",
	} {
		if got := safeCell(in); got != want {
			t.Errorf("safeCell(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFullText(t *testing.T) {
	for _, format := range Names() {
		if strings.Contains(encode(t, format, Options{}), "Lead.\\n") {
			t.Errorf("%s holds the text though it was not asked for", format)
		}
		if full := encode(t, format, Options{FullText: true}); !strings.Contains(full, "Lead.") {
			t.Errorf("%s lacks the text: %s", format, full)
		}
	}
}

func TestJSONL(t *testing.T) {
	line := encode(t, "jsonl", Options{})
	var o Object
	if err := json.Unmarshal([]byte(line), &o); err != nil {
		t.Fatal(err)
	}
	if o.URL != article.URL || o.Tags[0].Evidence[0].Start != 7 || strings.Count(line, "\n") != 1 {
		t.Errorf("line %s does not give the article", line)
	}
}

func TestUnknownFormat(t *testing.T) {
	_, err := New("docx", os.Stderr, Options{})
	if err == nil || !strings.Contains(err.Error(), "csv, jsonl") {
		t.Errorf("error %v does not name the formats", err)
	}
}
