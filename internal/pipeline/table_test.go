package pipeline

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"

	"blotter/internal/race"
)

// rows reads a table and prints it: each row with its line, and its cells in brackets or what is wrong with it.
func rows(t *testing.T, text string) (string, *tableReader) {
	t.Helper()
	r, err := newTableReader(bufio.NewReaderSize(strings.NewReader(text), 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	var s []string
	for {
		row, err := r.next()
		if errors.Is(err, io.EOF) {
			return strings.Join(s, " "), r
		}
		if err != nil {
			t.Fatal(err)
		}
		if row.err != nil {
			s = append(s, fmt.Sprintf("%d!%v", row.line, row.err))
			continue
		}
		s = append(s, fmt.Sprintf("%d[%s]", row.line, strings.Join(row.cells, "|")))
	}
}

func utf16Text(text string, big, mark bool) string {
	var b bytes.Buffer
	units := utf16.Encode([]rune(text))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	for _, u := range units {
		if big {
			b.Write([]byte{byte(u >> 8), byte(u)})
		} else {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	}
	return b.String()
}

func TestTableReader(t *testing.T) {
	const open = "a quotation mark is opened in it and not closed"
	western, err := charmap.Windows1252.NewEncoder().String("title,text\n“Fünf”,€5\n")
	if err != nil {
		t.Fatal(err)
	}
	wide := "title,text\nFünf,€5 \U0001F600\n"
	tests := []struct{ name, text, want string }{
		{"commas", "a,b\n1,2\n", "1[a|b] 2[1|2]"},
		{"semicolons, with commas in the text", "a;b\n1,0;2,5\n3,1;4\n", "1[a|b] 2[1,0|2,5] 3[3,1|4]"},
		{"semicolons, with as many commas in the header", "a, or so;b\n1;2\n", "1[a, or so|b] 2[1|2]"},
		{"tabs", "a\tb\n1,1\t2;2\n", "1[a|b] 2[1,1|2;2]"},
		{"what parts the cells is named", "sep=|\r\na|b,c\r\n1|2\r\n", "2[a|b,c] 3[1|2]"},
		{"one column", "a\nb, c\n", "1[a] 2[b| c]"},
		{"quoted", `a,b` + "\n" + `"x, ""y""","two` + "\r\n\r\n" + `lines"` + "\n3,4", "1[a|b] 2[x, \"y\"|two\r\n\r\nlines] 5[3|4]"},
		{"empty cells", "a,b,c\n,,\n\"\",,x\n", "1[a|b|c] 2[||] 3[||x]"},
		{"blank lines", "\n\r\na,b\n\n1,2\n\n", "3[a|b] 5[1|2]"},
		{"no end of the last line", "a,b\n1,", "1[a|b] 2[1|]"},
		{"a quotation mark within a cell", "a,b\n5\" pipe,2\n", "1[a|b] 2[5\" pipe|2]"},
		{"text behind a closed cell", "a,b\n\"x\"y,2\n3,4\n", `1[a|b] 2!text follows a quotation mark that closes a cell: "y,2" 3[3|4]`},
		{"text behind a closed cell, lines later", "a,b\n\"x\nx\"y,2\n3,4\n", `1[a|b] 2!text follows a quotation mark that closes a cell: "y,2" 4[3|4]`},
		{"never closed", "a,b\n\"x,2\n3,4\n5,6\n", "1[a|b] 2!" + open + " 3[3|4] 4[5|6]"},
		{"never closed, twice", "a,b\n\"x,2\n3,4\n5,\"6\n7,8", "1[a|b] 2!text follows a quotation mark that closes a cell: \"6\" 5[7|8]"},
		{"never closed in the last line", "a,b\n1,2\n3,\"4", "1[a|b] 2[1|2] 3!" + open},
		{"UTF-8", "a,ü\n€,ö\n", "1[a|ü] 2[€|ö]"},
		{"UTF-8 with its mark", "\xef\xbb\xbfa,ü\n1,2\n", "1[a|ü] 2[1|2]"},
		{"UTF-8, damaged later", "a,ü\n\xff,2\n3,ö\n", "1[a|ü] 2!it is not UTF-8, as the rows before it are 3[3|ö]"},
		{"Windows-1252", western, "1[title|text] 2[“Fünf”|€5]"},
		{"Windows-1252, like UTF-8 later", "a,\xfc\n1,\xc3\xbc\n", "1[a|ü] 2[1|Ã¼]"},
		{"Windows-1252 at the very end", "a,b\n1,caf\xe9", "1[a|b] 2[1|café]"},
		{"UTF-16", utf16Text(wide, false, true), "1[title|text] 2[Fünf|€5 \U0001F600]"},
		{"UTF-16, the other way round", utf16Text(wide, true, true), "1[title|text] 2[Fünf|€5 \U0001F600]"},
		{"UTF-16 without its mark", utf16Text(wide, false, false), "1[title|text] 2[Fünf|€5 \U0001F600]"},
		{"UTF-16 without its mark, the other way round", utf16Text(wide, true, false), "1[title|text] 2[Fünf|€5 \U0001F600]"},
		{"nothing", "", ""},
	}
	for _, test := range tests {
		if got, _ := rows(t, test.text); got != test.want {
			t.Errorf("%s: %s\nwant %s", test.name, got, test.want)
		}
	}
}

// What is shown late, behind the sample, decides as well.
func TestTableCharsetIsFoundLate(t *testing.T) {
	long := strings.Repeat("x,y\n", tableSample)
	for _, test := range []struct{ text, name, last string }{
		{"a,b\n" + long + "caf\xe9,2\n", "Windows-1252", "[café|2]"},
		{"a,b\n" + long + "café,2\n", "UTF-8", "[café|2]"},
		{strings.Repeat("xyz,", tableSample/4-1) + "xyü\n1,2\n", "UTF-8", "[1|2]"}, // half a letter at the end of the sample
	} {
		got, r := rows(t, test.text)
		if !strings.HasSuffix(got, test.last) || r.charset.name != test.name {
			t.Errorf("%s: %s", r.charset.name, got[max(0, len(got)-40):])
		}
	}
}

// A row cannot be longer than a line of JSONL, and one quotation mark does not take all rows behind it with it.
func TestTableLimits(t *testing.T) {
	race.Skip(t)
	const open = "2!a quotation mark is opened in it and not closed"
	long := strings.Repeat("line,of text\n", maxLine/12)
	got, _ := rows(t, "a,b\n\"1,2\n"+long+"3,4\n")
	if !strings.HasPrefix(got, "1[a|b] "+open+" 3[line|of text]") || !strings.HasSuffix(got, "[3|4]") {
		t.Errorf("%s … %s", got[:80], got[len(got)-40:])
	}
	got, _ = rows(t, "a,b\n"+strings.Repeat("x", maxLine+10)+",2\n3,4\n")
	if got != "1[a|b] 2!"+errLongLine.Error()+" 3[3|4]" {
		t.Errorf("%.200s", got)
	}
	got, _ = rows(t, "a,b\n\"1,2\n3,4\n"+strings.Repeat("x", maxLine+10)+",2\n5,6\n")
	if got != "1[a|b] "+open+" 3[3|4] 4!"+errLongLine.Error()+" 5[5|6]" {
		t.Errorf("%.200s", got)
	}
}

// counting is a reader that knows how much was read of it.
type counting struct {
	r io.Reader
	n int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// A quotation mark that is never closed takes no more of a file into memory than a row may have.
func TestTableReadsNoFurtherThanARow(t *testing.T) {
	lines := &counting{r: strings.NewReader("a,b\n\"1,2\n" + strings.Repeat("line,of text\n", maxLine/4))}
	r, err := newTableReader(bufio.NewReaderSize(lines, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := r.next(); err != nil {
			t.Fatal(err)
		}
	}
	if lines.n > maxLine+2<<20 {
		t.Errorf("%d bytes were read for two rows", lines.n)
	}
}

func FuzzTable(f *testing.F) {
	for _, s := range []string{"a,b\n\"1\",2\n", "a;b\r\n\"x\r\n\"\"y\";2", "sep=\t\na\tb", "\xef\xbb\xbfa,b\n\"", "\xff\xfea\x00,\x00b\x00", "a,\xfc\n\"x\"y\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := newTableReader(bufio.NewReaderSize(strings.NewReader(text), 1<<20))
		if err != nil {
			return // no table: what is to be refused was
		}
		line, size := 0, 0
		for {
			row, err := r.next()
			if err != nil {
				break
			}
			if row.line <= line {
				t.Fatalf("a row of line %d comes after one of line %d", row.line, line)
			}
			line = row.line
			size += len(row.raw)
			if (row.err == nil) == (row.cells == nil) {
				t.Fatalf("row %+v", row)
			}
		}
		if size > 3*len(text)+3 {
			t.Fatalf("%d bytes of rows in a text of %d", size, len(text))
		}
	})
}

// A table of 1252, with torn rows, is imported twice: the same articles, and nothing new the second time.
func TestImportTable(t *testing.T) {
	text, err := charmap.Windows1252.NewEncoder().String("Überschrift;Text;Datum;Autor;Ort;Ort;\n" +
		"Fünf Gewehre;Die Polizei fand fünf Gewehre, für 300 €.;2021-06-03;A. Müller; X;Y;;;\n" +
		"Fest;\"Ein \"\"Fest\"\"\nim Ort.\";vielleicht;;;;\n" +
		"kurz;\n\"offen;Ein Text.;;;;;\nMarkt;Ein Markt.;;;;;\n")
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]string{"title": "überschrift", "text": "Text", "date": "Datum", "authors": "Autor"}
	p := newPipeline(t, nil)
	var said []string
	for _, want := range []Summary{{New: 5, Articles: 3}, {Unchanged: 5}} {
		said = nil
		s, err := p.Import(t.Context(), []Input{{Name: "a.csv", Reader: strings.NewReader(text), Source: "s", Columns: asked,
			Tell: func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }}})
		if err != nil {
			t.Fatal(err)
		}
		if !s.Balanced() || s.New != want.New || s.Unchanged != want.Unchanged || s.Articles != want.Articles {
			t.Errorf("%+v, want %+v", s, want)
		}
	}
	const table = `a.csv: a table parted by semicolons, Windows-1252; title is "Überschrift", text is "Text", date is "Datum", authors is "Autor", kept and not read: 3`
	if len(said) != 2 || said[0] != table || !strings.Contains(said[1], `dates that cannot be read: 1, the first of them "vielleicht" in line 3`) {
		t.Errorf("said %q", said)
	}
	found := p.find(t, "Gewehre")
	for _, a := range found {
		if a.Body != "Die Polizei fand fünf Gewehre, für 300 €." || a.Published.String() != "2021-06-03" || a.Authors[0] != "A. Müller" || a.Source != "s" {
			t.Errorf("%+v", a)
		}
		c, err := p.Archive.Capture(t.Context(), a.Capture)
		if err != nil || !strings.Contains(string(c.Exchange.Body), `"columns":{"Ort":" X","Ort (6)":"Y"}`) {
			t.Errorf("the capture is %s, %v", c.Exchange.Body, err)
		}
	}
	if len(found) != 1 {
		t.Errorf("%d articles are found", len(found))
	}
	for line, want := range map[int]string{5: "2 cells where the header has 7", 6: "a quotation mark is opened in it"} {
		found := 0
		for id := int64(1); id <= 5; id++ {
			c, err := p.Archive.Capture(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if c.URL == fmt.Sprintf("record:s/a.csv:%d", line) && strings.Contains(string(c.Exchange.Body), want) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("line %d is kept %d times with %q", line, found, want)
		}
	}
}

func TestIsTable(t *testing.T) {
	for _, test := range []struct {
		name, text string
		asked      map[string]string
		want       bool
	}{
		{"a.csv", "x,y\n", nil, true},
		{"A.TSV.gz", "x", nil, true},
		{"a.csv", "\n {\"id\":1}\n", nil, false}, // JSONL under another name
		{"a.txt", "title,text\na,b\n", nil, true},
		{"-", "\xef\xbb\xbfHeadline;Body\n", nil, true},
		{"-", utf16Text("Headline;Body\nx;y\n", false, true), nil, true},
		{"a.txt", "title,words\na,b\n", nil, false},
		{"a.txt", "text\nb\n", nil, false},
		{"a.txt", "this is\nno JSON\n", nil, false},
		{"a.jsonl", `{"title":"x, text"}`, nil, false},
		{"a.jsonl", `{"title":"x, text"}`, map[string]string{"text": "x"}, true},
	} {
		if got := isTable(Input{Name: test.name, Columns: test.asked}, bufio.NewReaderSize(strings.NewReader(test.text), 1<<20)); got != test.want {
			t.Errorf("%s %q: %v", test.name, test.text, got)
		}
	}
}
