package export

import (
	"encoding/csv"
	"io"
	"strings"

	"blotter"
)

// csvEncoder writes RFC 4180 with a header line. A cell that a spreadsheet would run as a formula gets a quotation
// mark in front (OWASP, "CSV Injection").
type csvEncoder struct {
	w       *csv.Writer
	columns []Column
	row     []string
}

func newCSV(w io.Writer, o Options) (Encoder, error) {
	e := &csvEncoder{w: csv.NewWriter(w), columns: columns(o)}
	for _, c := range e.columns {
		e.row = append(e.row, c.Name)
	}
	return e, e.w.Write(e.row)
}

func (e *csvEncoder) Encode(a blotter.Article) error {
	for i, c := range e.columns {
		e.row[i] = safeCell(c.Text(&a))
	}
	return e.w.Write(e.row)
}

func (e *csvEncoder) Close() error {
	e.w.Flush()
	return e.w.Error()
}

func safeCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
