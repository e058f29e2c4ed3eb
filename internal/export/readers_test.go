package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"blotter/internal/others"
)

// The tests here have other programs read what the formats write.

// python runs a script that needs a module.
func python(t *testing.T, module, script string, args ...string) []byte {
	t.Helper()
	return output(t, others.Python(t, module), append([]string{"-c", script}, args...)...)
}

func output(t *testing.T, path string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(path, args...)
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(path), err, errors.String())
	}
	return out
}

// written is a file of the test's articles.
func written(t *testing.T, format string, o Options) string {
	t.Helper()
	f, err := byName(format)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "articles"+f.ending)
	if err := os.WriteFile(path, []byte(encodeAll(t, format, o)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// wantRows are the rows of the test's articles as CSV has them, without the header and what CSV adds for safety.
func wantRows(t *testing.T, o Options) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(encodeAll(t, "csv", o))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for i := range r {
			r[i] = strings.TrimPrefix(r[i], "'")
		}
	}
	return rows[1:]
}

func TestOpenpyxlReadsXLSX(t *testing.T) {
	o := Options{Columns: []string{"id", "published_date", "first_seen", "authors", "url", "revision", "words", "tags", "evidence"}}
	out := python(t, "openpyxl", `
import sys, json, openpyxl, datetime
book = openpyxl.load_workbook(sys.argv[1])
sheet = book["articles"]
def text(v, c):
    if v is None: return ""
    if isinstance(v, datetime.datetime): return v.strftime("%Y-%m-%dT%H:%M:%SZ") if "h" in c.number_format else v.strftime("%Y-%m-%d")
    return str(v)
rows = [[text(c.value, c) for c in row] for row in sheet.iter_rows(min_row=2)]
assert sheet.freeze_panes == "A2", sheet.freeze_panes
assert isinstance(sheet["F2"].value, int), type(sheet["F2"].value)
assert book.sheetnames == ["articles", "codebook"], book.sheetnames
print(json.dumps(rows))`, written(t, "xlsx", o))
	compareRows(t, out, wantRows(t, o))
}

// TestLibreOfficeReadsXLSX has LibreOffice turn the sheet into CSV.
func TestLibreOfficeReadsXLSX(t *testing.T) {
	office := others.Program(t, "soffice")
	o := Options{Columns: []string{"id", "published_date", "authors", "url", "revision", "words", "tags"}}
	path := written(t, "xlsx", o)
	output(t, office, "-env:UserInstallation=file://"+t.TempDir(), "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76",
		"--outdir", filepath.Dir(path), path)
	text, err := os.ReadFile(strings.TrimSuffix(path, ".xlsx") + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 || !reflect.DeepEqual(rows[1:], wantRows(t, o)) {
		t.Errorf("LibreOffice has %q, %v; want %q", rows, err, wantRows(t, o))
	}
}

func TestArrowReadsParquet(t *testing.T) {
	for _, rows := range []Rows{ByArticle, ByTag, ByEvidence, ByFact} {
		o := Options{Rows: rows}
		fields, err := Fields(o)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range fields {
			names = append(names, f.Name)
		}
		out := python(t, "pyarrow", `
import sys, json, datetime, pyarrow.parquet as pq
file = pq.ParquetFile(sys.argv[1])
assert file.metadata.row_group(0).column(0).compression == "ZSTD"
table = file.read()
assert table.column_names == sys.argv[2].split(","), table.column_names
def text(v):
    if v is None: return ""
    if isinstance(v, datetime.datetime): return v.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(v, float): return "%g" % v
    return str(v)
print(json.dumps([[text(v) for v in row.values()] for row in table.to_pylist()]))`, written(t, "parquet", o), strings.Join(names, ","))
		compareRows(t, out, wantRows(t, o))
	}
}

func compareRows(t *testing.T, out []byte, want [][]string) {
	t.Helper()
	var got [][]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	clean := func(rows [][]string) [][]string { // the sheet has no control characters
		for _, r := range rows {
			for i := range r {
				r[i] = strings.ReplaceAll(r[i], "\x01", "")
			}
		}
		return rows
	}
	if !reflect.DeepEqual(clean(got), clean(want)) {
		t.Errorf("read back: %q\nwant       %q", got, want)
	}
}

// TestPandocReadsCitations has pandoc turn each kind of citation into CSL-JSON, and compares what it has understood.
func TestPandocReadsCitations(t *testing.T) {
	pandoc := others.Program(t, "pandoc")
	for format, as := range map[string]string{"bibtex": "biblatex", "ris": "ris", "csl-json": "csljson"} {
		t.Run(format, func(t *testing.T) {
			var items []struct {
				ID     string
				Title  string
				URL    string
				Author []map[string]string
				Issued struct {
					DateParts [][]int `json:"date-parts"`
				}
			}
			out := output(t, pandoc, "-f", as, "-t", "csljson", written(t, format, Options{}))
			if err := json.Unmarshal(out, &items); err != nil || len(items) != 3 {
				t.Fatalf("%d citations, %v\n%s", len(items), err, out)
			}
			for _, item := range items {
				if item.ID != "example-2021-hyperlinkx-00f1" {
					continue
				}
				date := []int{2021, 6, 3}
				if format == "ris" {
					date = date[:1] // pandoc reads PY of it and not DA, where the day stands
				}
				if item.URL != article.URL || !strings.Contains(item.Title, "HYPERLINK") || len(item.Author) != 2 ||
					item.Author[0]["family"] != "Writer" || !slices.Equal(item.Issued.DateParts[0], date) {
					t.Errorf("%+v", item)
				}
				return
			}
			t.Errorf("no citation has the key: %s", out)
		})
	}
}
