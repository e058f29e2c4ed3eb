package pipeline

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// tableSample is how much of a table is looked at to tell its encoding and what parts its cells.
const tableSample = 64 << 10

// delimiters are what may part cells, the likeliest first.
var delimiters = []struct {
	char byte
	name string
}{{',', "commas"}, {';', "semicolons"}, {'\t', "tabs"}}

// tableRow is one row of a table.
type tableRow struct {
	line  int      // that it begins in
	cells []string // nil with an err
	raw   []byte   // as it stands in the file; nil when it was too long to hold
	err   error    // why it could not be read
}

// tableReader reads the rows of comma-separated values as RFC 4180 has them. A row that breaks its rules costs itself and
// not those behind it, however a quotation mark was left open.
type tableReader struct {
	r       *bufio.Reader
	comma   byte
	charset charset
	line    int           // the number of the last line read
	again   []pendingLine // lines to be read once more
}

// pendingLine is a line that was read within a row that it does not belong to.
type pendingLine struct {
	text   []byte
	number int
	err    error // of reading it
}

// newTableReader finds out the encoding of a text, and what parts its cells.
func newTableReader(text *bufio.Reader) (*tableReader, error) {
	t := &tableReader{}
	if err := t.decode(text); err != nil {
		return nil, err
	}
	sample, err := t.r.Peek(tableSample)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	t.charset.look(sample, true)
	if comma, ok := separatorLine(sample); ok {
		t.comma = comma
		_, err := t.readLine()
		return t, err
	}
	t.comma = guessDelimiter(sample)
	return t, nil
}

// decode undoes UTF-16 and takes a byte order mark away. Other encodings are told row by row, see charset.
func (t *tableReader) decode(text *bufio.Reader) error {
	head, err := text.Peek(256)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	t.r = text
	switch order, wide := utf16Order(head); {
	case wide:
		t.charset = charset{name: "UTF-16"}
		t.r = bufio.NewReaderSize(transform.NewReader(text, unicode.UTF16(order, unicode.UseBOM).NewDecoder()), 1<<20)
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		t.charset = charset{name: "UTF-8"}
		_, err := text.Discard(3)
		return err
	}
	return nil
}

// utf16Order says whether a text is UTF-16: by its mark or, without one, by zeros in every other byte.
func utf16Order(head []byte) (order unicode.Endianness, wide bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return unicode.LittleEndian, true
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return unicode.BigEndian, true
	}
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	half := len(head) / 2
	many := func(n int) bool { return half >= 4 && n > half*3/4 } // a header is mostly ASCII
	few := func(n int) bool { return n <= half/8 }
	switch {
	case many(zeros[1]) && few(zeros[0]):
		return unicode.LittleEndian, true
	case many(zeros[0]) && few(zeros[1]):
		return unicode.BigEndian, true
	}
	return unicode.LittleEndian, false
}

// charset is the encoding of a text of bytes: UTF-8 or Windows-1252, whichever the first text that is not ASCII shows.
type charset struct{ name string }

// look settles the encoding, if the text shows it. The last bytes of one that is cut may be those of half a character.
func (c *charset) look(text []byte, cut bool) {
	for i := 0; c.name == "" && i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == utf8.RuneError && size == 1 && cut && !utf8.FullRune(text[i:]):
			return
		case r == utf8.RuneError && size == 1:
			c.name = "Windows-1252"
		case r >= utf8.RuneSelf:
			c.name = "UTF-8"
		}
		i += size
	}
}

var errCharset = errors.New("it is not UTF-8, as the rows before it are")

// text decodes a cell.
func (c *charset) text(cell []byte) (string, error) {
	switch {
	case c.name == "Windows-1252":
		b, err := charmap.Windows1252.NewDecoder().Bytes(cell)
		return string(b), err
	case !utf8.Valid(cell):
		return "", errCharset
	}
	return string(cell), nil
}

// separatorLine reads the line with which Excel names what parts the cells: sep=;
func separatorLine(sample []byte) (comma byte, ok bool) {
	line, _, _ := bytes.Cut(sample, []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	if len(line) != len("sep=;") || !bytes.EqualFold(line[:4], []byte("sep=")) {
		return 0, false
	}
	return line[4], true
}

// guessDelimiter takes the one that parts most rows of a sample into as many cells as the header has. Of those that do
// so equally well the one that gives most cells is taken.
func guessDelimiter(sample []byte) byte {
	best, bestFit, bestCells := delimiters[0].char, 0, 1
	for _, d := range delimiters {
		t := tableReader{r: bufio.NewReaderSize(bytes.NewReader(sample), tableSample), comma: d.char, charset: charset{name: "Windows-1252"}}
		fit, header := 0, 0
		for {
			row, err := t.next()
			if err != nil {
				break
			}
			if header == 0 {
				header = len(row.cells)
			}
			if len(row.cells) == header {
				fit++
			}
		}
		if header > 1 && (fit > bestFit || fit == bestFit && header > bestCells) {
			best, bestFit, bestCells = d.char, fit, header
		}
	}
	return best
}

// delimiter is the name of what parts the cells.
func (t *tableReader) delimiter() string {
	for _, d := range delimiters {
		if d.char == t.comma {
			return d.name
		}
	}
	return fmt.Sprintf("%q", t.comma)
}

// next returns the next row that is not blank; io.EOF behind the last. Only an error of the file itself is an error.
func (t *tableReader) next() (tableRow, error) {
	for {
		line, err := t.readLine()
		switch {
		case errors.Is(err, errLongLine):
			return tableRow{line: t.line, err: err}, nil
		case err != nil:
			return tableRow{}, err
		case len(bytes.TrimRight(line, "\r\n")) == 0:
			continue
		}
		return t.row(line)
	}
}

// row reads the row that begins with a line.
func (t *tableReader) row(line []byte) (tableRow, error) {
	row := tableRow{line: t.line, raw: line}
	split := splitter{comma: t.comma}
	lines := []pendingLine{{line, t.line, nil}}
	for open := split.add(line); open; {
		line, err := t.readLine()
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errLongLine) {
			return row, err
		}
		lines = append(lines, pendingLine{line, t.line, err})
		if err != nil || len(row.raw)+len(line) > maxLine {
			row.err = errors.New("a quotation mark is opened in it and not closed")
			t.rewind(&row, lines)
			return row, nil
		}
		row.raw = append(row.raw, line...)
		open = split.add(line)
	}
	row.err = split.err
	if row.err == nil {
		row.cells, row.err = t.cells(split.cells, row.raw)
	}
	return row, nil
}

// rewind goes back behind the first line of a row whose quotation mark is not closed. No line is read a third time: those
// that were read in vain have quotation marks in pairs at most, and such leave no cell open.
func (t *tableReader) rewind(row *tableRow, lines []pendingLine) {
	t.again = append(lines[1:], t.again...)
	row.raw = lines[0].text
}

func (t *tableReader) cells(raw [][]byte, row []byte) (cells []string, err error) {
	t.charset.look(row, false)
	cells = make([]string, len(raw))
	for i, c := range raw {
		if cells[i], err = t.charset.text(c); err != nil {
			return nil, err
		}
	}
	return cells, nil
}

// readLine reads a line with its end.
func (t *tableReader) readLine() ([]byte, error) {
	if len(t.again) > 0 {
		next := t.again[0]
		t.again, t.line = t.again[1:], next.number
		return next.text, next.err
	}
	t.line++
	return readRawLine(t.r)
}

// splitter parts a row into its cells, line by line.
type splitter struct {
	comma  byte
	cells  [][]byte
	cell   []byte
	quoted bool // within quotation marks
	err    error
}

// add takes a line with its end, and says whether the row goes on in the next one.
func (s *splitter) add(line []byte) (open bool) {
	for i := 0; ; {
		if s.quoted {
			n := bytes.IndexByte(line[i:], '"')
			if n < 0 {
				s.cell = append(s.cell, line[i:]...)
				return true
			}
			s.cell = append(s.cell, line[i:i+n]...)
			if i += n + 1; i < len(line) && line[i] == '"' {
				s.cell = append(s.cell, '"')
				i++
				continue
			}
			s.quoted = false
			if rest := line[i:]; len(rest) > 0 && rest[0] != s.comma && len(bytes.TrimRight(rest, "\r\n")) > 0 {
				s.err = fmt.Errorf("text follows a quotation mark that closes a cell: %q", shortened(rest))
				return false
			}
		} else if i < len(line) && line[i] == '"' {
			s.quoted = true
			i++
			continue
		} else {
			n := bytes.IndexByte(line[i:], s.comma)
			if n < 0 {
				n = len(bytes.TrimRight(line[i:], "\r\n"))
			}
			s.cell = append(s.cell, line[i:i+n]...)
			i += n
		}
		s.cells, s.cell = append(s.cells, s.cell), nil
		if i >= len(line) || line[i] != s.comma {
			return false
		}
		i++
	}
}

func shortened(b []byte) string {
	const most = 30
	if len(b) > most {
		b = b[:most]
	}
	return strings.ToValidUTF8(string(bytes.TrimRight(b, "\r\n")), "?")
}
