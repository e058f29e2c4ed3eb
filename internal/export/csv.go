package export

import (
	"encoding/csv"
	"io"
	"strings"
)

// csvSheet writes RFC 4180 with a header line. A cell that a spreadsheet would run as a formula gets a quotation
// mark in front (OWASP, "CSV Injection").
type csvSheet struct {
	w       *csv.Writer
	columns []column
	cells   []string
}

func newCSV(w io.Writer, o Options) (Encoder, error) {
	return newTable(w, o, func(w io.Writer, columns []column) (sheet, error) {
		s := &csvSheet{w: csv.NewWriter(w), columns: columns}
		for _, c := range columns {
			s.cells = append(s.cells, c.Name)
		}
		return s, s.w.Write(s.cells)
	})
}

func (s *csvSheet) write(values []any) error {
	for i, v := range values {
		s.cells[i] = text(s.columns[i].Type, v)
		if s.columns[i].Type == String {
			s.cells[i] = safeCell(s.cells[i])
		}
	}
	return s.w.Write(s.cells)
}

func (s *csvSheet) close() error {
	s.w.Flush()
	return s.w.Error()
}

func safeCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
