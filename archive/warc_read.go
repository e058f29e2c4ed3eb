package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"blotter"
)

// Limits of reading, against files made to exhaust the reader. A block of a newsroom's page is far below.
const (
	maxBlock   = 64 << 20
	maxHeader  = 256 << 10
	maxRewinds = 64 // see warcReader.rewind and members.damage
)

// Record is a record of a WARC file.
type Record struct {
	Offset      int64  // where it begins in the file; in a compressed one, the gzip member that it begins in
	Version     string // "1.1"
	Type        string // response, request, resource, revisit, metadata, warcinfo, …
	ID          string // as in the file, with angle brackets
	URL         string // WARC-Target-URI, without the angle brackets of some writers
	Date        time.Time
	ContentType string
	Header      blotter.Header // all named fields, under names such as Warc-Record-Id
	Block       []byte
}

// ReadWARC reads the records of a WARC file of any writer: plain or compressed as a whole, by the record or by
// several records, of version 0.17 to 1.1.
//
// Damage does not end it. A record with an error is as much of it as could be read, and the records behind the
// damage follow; the error names the place. Only an error of r itself is the last.
func ReadWARC(r io.Reader) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		p := newWARCReader(r)
		for {
			record, err := p.next()
			if err == io.EOF || !yield(record, err) || err != nil && errors.Is(err, p.raw.err) {
				return
			}
		}
	}
}

// warcReader takes the text of a WARC file apart. Every step consumes something or ends it.
type warcReader struct {
	raw     *rawReader
	members *members // nil: not compressed
	text    *bufio.Reader
	pos     int64 // bytes taken from text
	started string
	startAt int64 // where the version line in started stood
	behind  error // met while looking ahead
	lost    bool  // what comes up to the next version line belongs to an error already told
	rewinds int
}

func newWARCReader(r io.Reader) *warcReader {
	p := &warcReader{raw: &rawReader{r: r}}
	p.raw.buf = bufio.NewReaderSize(readerFunc(p.raw.fill), 64<<10)
	if magic, _ := p.raw.buf.Peek(2); string(magic) != gzipMagic[:2] {
		p.text = p.raw.buf
		return p
	}
	p.members = newMembers(p.raw)
	p.text = bufio.NewReaderSize(p.members, 64<<10)
	return p
}

// next returns the next record.
func (p *warcReader) next() (Record, error) {
	if err := p.behind; err != nil {
		p.behind = nil
		return Record{Offset: p.offset(p.pos)}, p.failed(err)
	}
	if p.started == "" {
		if err := p.seek(); err != nil {
			return Record{Offset: p.offset(p.pos)}, err
		}
	}
	record := Record{Version: strings.TrimSpace(strings.TrimPrefix(p.started, "WARC/")), Offset: p.offset(p.startAt)}
	p.started, p.lost = "", false
	size, err := p.header(&record)
	if err == nil {
		err = p.block(&record, size)
	}
	if err != nil {
		p.lost = true
		return record, fmt.Errorf("warc record at byte %d: %w", record.Offset, err)
	}
	return record, nil
}

// failed dresses an error that stood between records.
func (p *warcReader) failed(err error) error {
	if err == io.EOF {
		return err
	}
	p.lost = true
	return fmt.Errorf("warc at byte %d: %w", p.offset(p.pos), err)
}

// seek goes to the next version line. What it passes over, other than blank lines, is an error unless one has been
// told already.
func (p *warcReader) seek() error {
	from := int64(-1)
	for {
		at := p.pos
		line, err := p.line()
		switch {
		case isVersion(line):
			p.started, p.startAt = line, at
		case line != "" && from < 0:
			from = at
		}
		done := p.started != "" || err != nil
		if done && from >= 0 && !p.lost {
			if err != nil && err != io.EOF {
				p.behind = err
			}
			p.lost = true
			return fmt.Errorf("warc at byte %d: %d bytes that are no record", p.offset(from), at-from)
		}
		if p.started != "" {
			return nil
		}
		if err != nil {
			return p.failed(err)
		}
	}
}

func isVersion(line string) bool {
	rest, ok := strings.CutPrefix(line, "WARC/")
	return ok && len(rest) >= 3 && rest[0] >= '0' && rest[0] <= '9' && rest[1] == '.'
}

// line reads a line without its end. A very long one comes in pieces. At the end of the text it is the last
// piece, with io.EOF.
func (p *warcReader) line() (string, error) {
	b, err := p.text.ReadSlice('\n')
	p.pos += int64(len(b))
	if err == bufio.ErrBufferFull {
		err = nil
	}
	return string(bytes.TrimRight(b, "\r\n")), err
}

// header reads the named fields of a record and returns the size of its block.
func (p *warcReader) header(r *Record) (int64, error) {
	r.Header = make(blotter.Header, 12)
	last := ""
	for begin := p.pos; ; {
		at := p.pos
		line, err := p.line()
		switch {
		case isVersion(line):
			p.started, p.startAt = line, at
			return 0, errors.New("the header breaks off where another record begins")
		case err != nil && err != io.EOF:
			return 0, err
		case err == io.EOF:
			return 0, io.ErrUnexpectedEOF
		case p.pos-begin > maxHeader:
			return 0, errors.New("the header is too long")
		case line == "":
			return r.fields()
		}
		last = addField(r.Header, line, last)
	}
}

// addField adds a header line, or one that continues the field last, and returns the name of its field. A line
// without a colon is no field and is passed over.
func addField(h blotter.Header, line, last string) string {
	if line[0] == ' ' || line[0] == '\t' {
		if v := h[last]; len(v) > 0 {
			v[len(v)-1] = strings.TrimSpace(v[len(v)-1] + " " + strings.TrimSpace(line))
		}
		return last
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return last
	}
	name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
	h[name] = append(h[name], strings.TrimSpace(value))
	return name
}

// fields takes from the header what a Record names, and returns the size of the block.
func (r *Record) fields() (int64, error) {
	r.Type, r.ID, r.ContentType = r.Header.Value("Warc-Type"), r.Header.Value("Warc-Record-Id"), r.Header.Value("Content-Type")
	r.URL = strings.TrimSuffix(strings.TrimPrefix(r.Header.Value("Warc-Target-Uri"), "<"), ">")
	r.Date = warcDate(r.Header.Value("Warc-Date"))
	size, err := strconv.ParseInt(r.Header.Value("Content-Length"), 10, 64)
	if err != nil || size < 0 {
		return 0, fmt.Errorf("the content length is %q", r.Header.Value("Content-Length"))
	}
	return size, nil
}

// warcDate reads a WARC-Date; the zero time when it is none.
func warcDate(s string) time.Time {
	for _, layout := range []string{time.RFC3339, "20060102150405"} { // the second of version 0.17
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// block reads the block of a record and makes sure that another record, or the end, follows.
func (p *warcReader) block(r *Record, size int64) error {
	if size > maxBlock {
		n, err := io.CopyN(io.Discard, p.text, size)
		p.pos += n
		return errors.Join(fmt.Errorf("the block has %d bytes, more than the %d that are read", size, int64(maxBlock)), cutOff(err))
	}
	var err error
	r.Block, err = readBlock(p.text, int(size))
	p.pos += int64(len(r.Block))
	if err == nil && (p.atRecord() || r.vouched()) {
		return nil // what stands behind a block that matches its digest is no fault of this record
	}
	if err == nil || err == io.ErrUnexpectedEOF {
		if p.rewind(r) {
			return errors.New("the content length is too large: another record begins within")
		}
	}
	if err == nil {
		err = errors.New("the content length is too small: more text follows")
	}
	return err
}

func cutOff(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readBlock reads size bytes. The size is a claim: memory is taken as the bytes come.
func readBlock(r io.Reader, size int) ([]byte, error) {
	const trusted = 1 << 20
	if size <= trusted {
		b := make([]byte, size)
		n, err := io.ReadFull(r, b)
		return b[:n], cutOff(err)
	}
	var b bytes.Buffer
	b.Grow(trusted)
	_, err := io.CopyN(&b, r, int64(size))
	return b.Bytes(), cutOff(err)
}

// atRecord passes over blank lines and says whether a record or the end is next.
func (p *warcReader) atRecord() bool {
	for {
		b, err := p.text.Peek(1)
		if len(b) == 0 {
			if err != io.EOF {
				p.behind = err
			}
			return true
		}
		if b[0] != '\r' && b[0] != '\n' {
			break
		}
		p.text.Discard(1)
		p.pos++
	}
	b, err := p.text.Peek(len("WARC/"))
	if err != nil && err != io.EOF {
		p.behind = err // Peek tells an error once
	}
	return string(b) == "WARC/"
}

// rewind looks for the beginning of another record in a block that is too long, and goes back to it. A file may ask for
// this only so often, since each time costs as much as the block.
func (p *warcReader) rewind(r *Record) bool {
	if p.rewinds == maxRewinds {
		return false
	}
	i := bytes.Index(r.Block, []byte("\nWARC/1."))
	if i < 0 {
		i = bytes.Index(r.Block, []byte("\nWARC/0."))
	}
	if i < 0 {
		return false
	}
	p.rewinds++
	rest := r.Block[i+1:]
	r.Block = bytes.TrimRight(r.Block[:i], "\r\n")
	p.pos -= int64(len(rest))
	p.text = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(rest), p.text), 64<<10)
	return true
}

// offset is the place in the file of a place in the text.
func (p *warcReader) offset(pos int64) int64 {
	if p.members == nil {
		return pos
	}
	return p.members.offset(pos)
}
