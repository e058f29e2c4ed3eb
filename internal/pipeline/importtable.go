package pipeline

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"blotter"
)

// maxBadRow bounds what is kept of a row that cannot be read.
const maxBadRow = 64 << 10

// isTable says whether a text is a table and not JSONL: because its columns are named, by the ending of its name, or by a
// header in which the text is found.
func isTable(in Input, text *bufio.Reader) bool {
	sample, err := text.Peek(tableSample)
	if in.Columns != nil || err != nil && !errors.Is(err, io.EOF) {
		return in.Columns != nil
	}
	if bytes.HasPrefix(bytes.TrimSpace(sample), []byte("{")) {
		return false
	}
	switch filepath.Ext(strings.TrimSuffix(strings.ToLower(in.Name), ".gz")) {
	case ".csv", ".tsv", ".tab":
		return true
	}
	t, err := newTableReader(bufio.NewReaderSize(bytes.NewReader(sample), tableSample))
	if err != nil {
		return false
	}
	header, err := t.next()
	if err != nil || len(header.cells) < 2 {
		return false
	}
	_, err = findColumns(header.cells, nil)
	return err == nil
}

// tableRecords gives the rows of a table as records, and says by tell how the table is read.
func tableRecords(in Input, text *bufio.Reader) (iter.Seq2[entry, error], error) {
	t, err := newTableReader(text)
	if err != nil {
		return nil, err
	}
	header, err := t.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the table has no header")
	case err != nil:
		return nil, err
	case header.err != nil:
		return nil, fmt.Errorf("the header, line %d, cannot be read: %w", header.line, header.err)
	}
	c, err := findColumns(header.cells, in.Columns)
	if err != nil {
		return nil, err
	}
	in.tell("%s: a table parted by %s%s; %s", in.Name, t.delimiter(), t.charset.said(), &c)
	return func(yield func(entry, error) bool) {
		dates := badDates{}
		defer dates.tell(in)
		for {
			row, err := t.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(entry{}, fmt.Errorf("line %d: %w", t.line, err))
				return
			}
			if row.err == nil {
				row.cells, row.err = c.fit(row.cells)
			}
			if row.err == nil {
				dates.count(row.line, c.cell(row.cells, "date"))
			}
			if !yield(c.entry(row), nil) {
				return
			}
		}
	}, nil
}

func (c *charset) said() string {
	if c.name == "" {
		return ""
	}
	return ", " + c.name
}

// rowRecord is a row as a Record, for keeping. What is no field of it is kept beside.
type rowRecord struct {
	ID      string            `json:"id,omitempty"`
	URL     string            `json:"url,omitempty"`
	Source  string            `json:"source,omitempty"`
	Title   string            `json:"title,omitempty"`
	Text    string            `json:"text,omitempty"`
	Lead    string            `json:"lead,omitempty"`
	Authors []string          `json:"authors,omitempty"`
	Date    string            `json:"date,omitempty"`
	Lang    string            `json:"lang,omitempty"`
	Columns map[string]string `json:"columns,omitempty"`
	Fault   string            `json:"blotter_fault,omitempty"` // see Record
	Row     string            `json:"row,omitempty"`           // as it stands in the table, when it cannot be read
}

// entry makes a record of a row. One that cannot be read is kept too, with the reason.
func (c *columns) entry(row tableRow) entry {
	var r rowRecord
	switch {
	case errors.Is(row.err, errLongLine):
		return entry{line: row.line, err: row.err}
	case row.err != nil:
		raw := row.raw[:min(len(row.raw), maxBadRow)]
		r = rowRecord{Fault: row.err.Error(), Row: strings.ToValidUTF8(string(raw), "\uFFFD")}
	default:
		r = c.record(row.cells)
	}
	body, err := json.Marshal(r)
	return entry{line: row.line, body: body, err: err}
}

// fit makes a row as long as the header. Spreadsheets write empty cells behind the last column; anything else that is
// too much or too little means that the row is torn.
func (c *columns) fit(cells []string) ([]string, error) {
	n := len(cells)
	for len(cells) > len(c.header) && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) != len(c.header) {
		return nil, fmt.Errorf("%d cells where the header has %d", n, len(c.header))
	}
	return cells, nil
}

func (c *columns) record(cells []string) rowRecord {
	r := rowRecord{
		ID: c.cell(cells, "id"), URL: c.cell(cells, "url"), Source: c.cell(cells, "source"), Title: c.cell(cells, "title"),
		Text: c.cell(cells, "text"), Lead: c.cell(cells, "lead"), Date: c.cell(cells, "date"), Lang: c.cell(cells, "lang"),
	}
	for name := range strings.SplitSeq(c.cell(cells, "authors"), ";") {
		if name = strings.TrimSpace(name); name != "" {
			r.Authors = append(r.Authors, name)
		}
	}
	for _, i := range c.rest() {
		if cells[i] == "" {
			continue
		}
		if r.Columns == nil {
			r.Columns = map[string]string{}
		}
		name := c.header[i]
		if _, taken := r.Columns[name]; taken || name == "" {
			name = fmt.Sprintf("%s (%d)", name, i+1)
		}
		r.Columns[name] = cells[i]
	}
	if r.ID == "" { // known by what it says, so that importing it twice gives the same article
		sum := sha256.Sum256([]byte(r.Title + "\x00" + r.Date + "\x00" + r.Text))
		r.ID = hex.EncodeToString(sum[:8])
	}
	return r
}

// badDates counts the dates that cannot be read: their articles have none.
type badDates struct {
	n, line int
	first   string
}

func (b *badDates) count(line int, date string) {
	if date == "" {
		return
	}
	if _, ok := blotter.ParseDate(date, "", time.UTC); ok {
		return
	}
	if b.n++; b.n == 1 {
		b.line, b.first = line, date
	}
}

func (b *badDates) tell(in Input) {
	if b.n > 0 {
		in.tell("%s: dates that cannot be read: %d, the first of them %q in line %d; these articles have none", in.Name, b.n, b.first, b.line)
	}
}
