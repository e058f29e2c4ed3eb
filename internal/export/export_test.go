package export

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mmcdole/gofeed"
	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"blotter"
	"blotter/internal/golden"
	"blotter/internal/race"
)

var london = time.FixedZone("BST", 3600)

// article has in every field what breaks careless writers.
var article = blotter.Article{
	ID: "00f1", URL: "https://news.example/a?b=1&c=2", Source: "example", Title: `=HYPERLINK("x"), "quoted"`,
	Lead: "Lead.", Body: "Lead.\n\nThree rifles were seized.", Authors: []string{"A. Writer", "B. Writer"},
	Published: blotter.Date{Time: time.Date(2021, 6, 3, 14, 5, 0, 0, london), Method: "visible", Precision: blotter.Minute},
	FirstSeen: time.Date(2021, 6, 4, 0, 0, 0, 0, london), Gone: time.Date(2021, 7, 1, 9, 30, 0, 0, time.UTC), Lang: "en", Revision: 2,
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
	for _, format := range []string{"csv", "jsonl", "markdown", "atom"} {
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

// lacking are articles that lack what the first has.
var lacking = []blotter.Article{
	{ID: "00f2", URL: "https://news.example/{b}<c>", Source: "example", Title: "100% of #5 & $3_000 {seized}\x01", Body: "Body.", Revision: 1,
		Authors:   []string{"Metropolitan Police", "BBC News", "Zoë van der Berg", "Reuters staff"},
		Published: blotter.Date{Time: time.Date(2020, 5, 1, 0, 0, 0, 0, time.UTC), Precision: blotter.Month, Method: "visible", Raw: "May 2020"}},
	{ID: "00f3", URL: "https://news.example/c", Source: "wire", Revision: 1, Lang: "de"},
}

// TestGolden holds every format of text to the byte.
func TestGolden(t *testing.T) {
	o := Options{Source: func(id string) blotter.Source {
		return blotter.Source{Name: map[string]string{"example": "Example & Sons"}[id]}
	}}
	n := 0
	for _, f := range formats {
		if f.binary {
			continue
		}
		golden.Compare(t, filepath.Join("testdata", f.name+f.ending), encodeAll(t, f.name, o))
		n++
	}
	for _, rows := range []Rows{ByTag, ByEvidence, ByFact} {
		for _, name := range []string{"csv", "jsonl"} {
			o.Rows = rows
			golden.Compare(t, filepath.Join("testdata", string(rows)+"."+name), encodeAll(t, name, o))
			n++
		}
	}
	if n != 13 {
		t.Errorf("%d files compared", n)
	}
}

func encodeAll(t *testing.T, format string, o Options) string {
	t.Helper()
	var b strings.Builder
	e, err := New(format, &b, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range append([]blotter.Article{article}, lacking...) {
		if err := e.Encode(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestXLSX reads the sheet back.
func TestXLSX(t *testing.T) {
	f, err := excelize.OpenReader(strings.NewReader(encodeAll(t, "xlsx", Options{Columns: []string{"id", "title", "published_date", "first_seen", "revision"}})))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("articles")
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	want := []string{"00f1", `=HYPERLINK("x"), "quoted"`, "2021-06-03", "2021-06-03 23:00:00", "2"}
	if !slices.Equal(rows[1], want) {
		t.Errorf("row %q, want %q", rows[1], want)
	}
	if rows[2][1] != "100% of #5 & $3_000 {seized}" {
		t.Errorf("the title is %q: XML has no such control character", rows[2][1])
	}
	for cell, kind := range map[string]excelize.CellType{"B2": excelize.CellTypeInlineString, "E2": excelize.CellTypeUnset} {
		if got, err := f.GetCellType("articles", cell); err != nil || got != kind {
			t.Errorf("cell %s is of type %v, %v; want %v", cell, got, err, kind)
		}
	}
	if formula, err := f.GetCellFormula("articles", "B2"); err != nil || formula != "" {
		t.Errorf("the title has become the formula %q, %v", formula, err)
	}
	if book, err := f.GetRows("codebook"); err != nil || len(book) != 6 || book[1][0] != "id" {
		t.Errorf("the codebook is %q, %v", book, err)
	}
}

func TestCellText(t *testing.T) {
	long := cellText(strings.Repeat("a", 40_000))
	if utf8.RuneCountInString(long) != maxCell || !strings.HasSuffix(long, "a…") {
		t.Errorf("a long text is %d characters and ends in %q", utf8.RuneCountInString(long), long[len(long)-4:])
	}
	whole := strings.Repeat("a", maxCell)
	if cellText(whole) != whole {
		t.Error("a text that just fits was cut")
	}
	if wide := cellText(strings.Repeat("😀", 20_000)); len(utf16.Encode([]rune(wide))) > maxCell {
		t.Error("a text of wide characters is longer than a cell")
	}
}

// TestParquet reads the file back.
func TestParquet(t *testing.T) {
	data := encodeAll(t, "parquet", Options{Columns: []string{"id", "title", "published_date", "first_seen", "revision"}})
	type line struct {
		ID        string     `parquet:"id,optional"`
		Title     *string    `parquet:"title,optional"`
		Published *time.Time `parquet:"published_date,optional,date"`
		FirstSeen *time.Time `parquet:"first_seen,optional,timestamp(millisecond)"`
		Revision  int64      `parquet:"revision,optional"`
	}
	rows, err := parquet.Read[line](strings.NewReader(data), int64(len(data)))
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	first, last := rows[0], rows[2]
	if first.ID != "00f1" || *first.Title != article.Title || first.Revision != 2 || !first.FirstSeen.Equal(article.FirstSeen) ||
		first.Published.Format(time.DateOnly) != "2021-06-03" {
		t.Errorf("the first row is %+v", first)
	}
	if last.Title != nil || last.Published != nil || last.FirstSeen != nil {
		t.Errorf("what the last article does not have is no null: %+v", last)
	}
}

// TestAtom has a reader of feeds read the feed.
func TestAtom(t *testing.T) {
	feed, err := gofeed.NewParser().ParseString(encodeAll(t, "atom", Options{}))
	if err != nil || len(feed.Items) != 3 || feed.UpdatedParsed == nil {
		t.Fatalf("%+v, %v", feed, err)
	}
	item := feed.Items[0]
	if item.Link != article.URL || item.Title != article.Title || item.Categories[0] != "seizure (reported)" || item.UpdatedParsed == nil {
		t.Errorf("the first item is %+v", item)
	}
}

func TestColumns(t *testing.T) {
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{Columns: []string{"id", "quote"}}, `no column "quote"`},
		{Options{Columns: []string{"body"}}, "--full-text"},
		{Options{Columns: []string{"id", "id"}}, "twice"},
		{Options{Rows: ByFact, Columns: []string{"tags"}}, `no column "tags"`},
	} {
		if _, err := New("csv", io.Discard, test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: error %v, want one that says %q", test.o, err, test.want)
		}
	}
	if _, err := New("ris", io.Discard, Options{Rows: ByTag}); err == nil {
		t.Error("citations by tag are no error")
	}
	if got := encode(t, "csv", Options{Columns: []string{"title", "id"}}); !strings.HasPrefix(got, "title,id\n") {
		t.Errorf("the columns do not stand as asked: %q", got)
	}
}

// TestMemory holds what an export of many rows needs at its height against what one of a fifth of them needs.
func TestMemory(t *testing.T) {
	race.Skip(t)
	if testing.Short() {
		t.Skip("writes 120,000 rows in each format")
	}
	const rows = 100_000
	for _, f := range formats {
		few, many := peak(t, f.name, rows/5), peak(t, f.name, rows)
		t.Logf("%s: %d MB for %d rows, %d MB for %d", f.name, few>>20, rows/5, many>>20, rows)
		if many > 300<<20 || many > 2*few+(32<<20) {
			t.Errorf("%s: %d MB for %d rows, %d MB for %d", f.name, few>>20, rows/5, many>>20, rows)
		}
	}
}

// peak is the most memory in use while so many articles are written.
func peak(t *testing.T, format string, n int) (most uint64) {
	t.Helper()
	runtime.GC()
	e, err := New(format, io.Discard, Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := article
	for i := range n {
		a.ID = fmt.Sprintf("%016x", i*7919)
		a.Title = fmt.Sprintf("Headline %d of some length, as they are", i)
		if err := e.Encode(a); err != nil {
			t.Fatal(err)
		}
		if i%500 == 0 {
			most = max(most, inUse())
		}
	}
	most = max(most, inUse())
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return max(most, inUse())
}

// inUse is what the last collection found to be alive: what waits to be collected depends on the machine.
func inUse() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}
