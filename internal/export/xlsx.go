package export

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// The limits of a sheet.
const (
	maxSheetRows = excelize.TotalRows
	maxCell      = excelize.TotalCellChars // in units of UTF-16, of which a character may take two
)

// xlsxSheet writes a spreadsheet: what is a number or a date is one there too, and every text is a text, so that none is
// taken for a formula. The library keeps what it has not written yet in a temporary file.
type xlsxSheet struct {
	w       io.Writer
	file    *excelize.File
	rows    *excelize.StreamWriter
	columns []column
	styles  map[Type]int
	n       int // rows written, the header included
}

const (
	articleSheet  = "articles"
	codebookSheet = "codebook"
)

func newXLSX(w io.Writer, o Options) (Encoder, error) {
	return newTable(w, o, func(w io.Writer, columns []column) (sheet, error) {
		s := &xlsxSheet{w: w, file: excelize.NewFile(), columns: columns, styles: map[Type]int{}}
		return s, s.begin()
	})
}

func (s *xlsxSheet) begin() error {
	if err := s.file.SetSheetName("Sheet1", articleSheet); err != nil {
		return err
	}
	for t, layout := range map[Type]string{Date: "yyyy-mm-dd", DateTime: "yyyy-mm-dd hh:mm:ss"} {
		style, err := s.file.NewStyle(&excelize.Style{CustomNumFmt: &layout})
		if err != nil {
			return err
		}
		s.styles[t] = style
	}
	bold, err := s.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	if err := s.codebook(bold); err != nil {
		return err
	}
	if s.rows, err = s.file.NewStreamWriter(articleSheet); err != nil {
		return err
	}
	if err := s.rows.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	header := make([]any, len(s.columns))
	for i, c := range s.columns {
		header[i] = excelize.Cell{StyleID: bold, Value: c.Name}
	}
	return s.row(header)
}

// codebook describes the columns on a sheet of its own.
func (s *xlsxSheet) codebook(bold int) error {
	if _, err := s.file.NewSheet(codebookSheet); err != nil {
		return err
	}
	lines := [][]any{{"column", "type", "meaning"}}
	for _, c := range s.columns {
		lines = append(lines, []any{c.Name, string(c.Type), c.Doc})
	}
	for i, line := range lines {
		if err := s.file.SetSheetRow(codebookSheet, fmt.Sprintf("A%d", i+1), &line); err != nil {
			return err
		}
	}
	return s.file.SetRowStyle(codebookSheet, 1, 1, bold)
}

func (s *xlsxSheet) write(values []any) error {
	cells := make([]any, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case string:
			cells[i] = cellText(v)
		case time.Time:
			cells[i] = excelize.Cell{StyleID: s.styles[s.columns[i].Type], Value: v}
		default:
			cells[i] = v
		}
	}
	return s.row(cells)
}

func (s *xlsxSheet) row(cells []any) error {
	if s.n++; s.n > maxSheetRows {
		return fmt.Errorf("a spreadsheet holds %d rows and no more; export to csv or parquet, or ask for less", maxSheetRows-1)
	}
	return s.rows.SetRow(fmt.Sprintf("A%d", s.n), cells)
}

func (s *xlsxSheet) close() error {
	err := s.rows.Flush()
	if err == nil {
		err = s.file.Write(s.w)
	}
	if closeErr := s.file.Close(); err == nil {
		err = closeErr
	}
	return err
}

// cellText is a text that a cell can hold: without the characters that XML has none for, and not longer than a cell. One
// that was cut ends in a sign of it.
func cellText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, s)
	units := 0
	for at, r := range s {
		if units++; r > 0xffff {
			units++
		}
		if units > maxCell-1 && utf8.RuneCountInString(s[at:]) > 1 {
			return s[:at] + "…"
		}
	}
	return s
}
