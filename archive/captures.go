package archive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/gzip"

	"blotter"
)

// captureRow is a row of captures and where its record lies.
type captureRow struct {
	blotter.Capture
	file           string
	offset, length int64
	sha256         string
	forgotten      bool
}

// captureRows reads the captures c that a clause selects, without header and body.
func (a *Archive) captureRows(ctx context.Context, clause string, args ...any) ([]captureRow, error) {
	var rows []captureRow
	err := a.read(ctx, `SELECT c.id, c.source, c.purpose, c.url, c.fetched, c.status, c.sha256, w.name, c.offset, c.length, c.forgotten IS NOT NULL, c.via,
			`+itemFields+`
		FROM captures c JOIN warc_files w ON w.id = c.warc LEFT JOIN items i ON i.id = c.item `+clause, args,
		func(scan func(...any) error) error {
			var r captureRow
			var item itemScan
			var fetched nullTime
			err := scan(append([]any{&r.ID, &r.Source, &r.Purpose, &r.URL, &fetched, &r.Exchange.Status, &r.sha256, &r.file, &r.offset, &r.length, &r.forgotten, &r.Via},
				item.fields()...)...)
			r.Fetched, r.Item = fetched.Time, item.item()
			r.Exchange.URL, r.Exchange.Started = r.URL, r.Fetched
			rows = append(rows, r)
			return err
		})
	return rows, err
}

// Capture returns a capture with header and body as they lie in the WARC file.
func (a *Archive) Capture(ctx context.Context, id int64) (blotter.Capture, error) {
	rows, err := a.captureRows(ctx, `WHERE c.id = ?`, id)
	if err == nil && len(rows) == 0 {
		err = ErrNotFound
	}
	if err == nil && rows[0].forgotten {
		err = errForgotten
	}
	if err == nil {
		s := a.source()
		defer s.close()
		err = s.fill(&rows[0])
	}
	if err != nil {
		return blotter.Capture{}, fmt.Errorf("archive %s: capture %d: %w", a.dir, id, err)
	}
	return rows[0].Capture, nil
}

// Captures returns the captures that gave an article, the first one first, without header and body.
func (a *Archive) Captures(ctx context.Context, id string) ([]blotter.Capture, error) {
	rows, err := a.captureRows(ctx, `WHERE c.id IN (SELECT capture FROM revisions WHERE article = ?) ORDER BY c.fetched, c.id`, id)
	if err != nil {
		return nil, fmt.Errorf("archive %s: captures of %s: %w", a.dir, id, err)
	}
	captures := make([]blotter.Capture, len(rows))
	for i := range rows {
		captures[i] = rows[i].Capture
	}
	return captures, nil
}

// recordSource reads single records of the WARC files. It keeps the last file open, since captures in order
// lie in few files.
type recordSource struct {
	dir  string
	file *os.File
	name string
	raw  []byte
	text bytes.Buffer
	zip  *gzip.Reader
}

func (a *Archive) source() *recordSource { return &recordSource{dir: a.warcDir()} }

func (s *recordSource) close() {
	if s.file != nil {
		s.file.Close()
	}
}

// fill reads header and body of a capture, and compares the body with its digest.
func (s *recordSource) fill(c *captureRow) error {
	block, err := s.read(c)
	if err == nil {
		err = c.parse(block)
	}
	if err == nil && digest(c.Exchange.Body) != c.sha256 {
		err = errors.New("the payload does not match its digest")
	}
	if err != nil {
		return fmt.Errorf("%s at byte %d: %w: put the file back from a copy", filepath.Join(s.dir, c.file), c.offset, err)
	}
	return nil
}

// read returns the decompressed record of a capture; it is good until the next read.
func (s *recordSource) read(c *captureRow) ([]byte, error) {
	raw, err := s.at(c.file, c.offset, c.length)
	if err != nil {
		return nil, err
	}
	if s.zip == nil {
		s.zip = new(gzip.Reader)
	}
	if err := s.zip.Reset(bytes.NewReader(raw)); err != nil {
		return nil, err
	}
	s.text.Reset()
	_, err = io.Copy(&s.text, s.zip)
	return s.text.Bytes(), err
}

// at returns the bytes of a file as they lie there; they are good until the next read.
func (s *recordSource) at(name string, offset, length int64) ([]byte, error) {
	if s.name != name {
		s.close()
		s.file, s.name = nil, ""
		f, err := os.Open(filepath.Join(s.dir, name))
		if err != nil {
			return nil, err
		}
		s.file, s.name = f, name
	}
	info, err := s.file.Stat()
	if err != nil {
		return nil, err
	}
	// Else memory would be taken for a length that damage has made up.
	if offset < 0 || length <= 0 || length > info.Size()-offset {
		return nil, fmt.Errorf("a record of %d bytes does not fit into the file's %d", length, info.Size())
	}
	s.raw = slices.Grow(s.raw[:0], int(length))[:length]
	_, err = s.file.ReadAt(s.raw, offset)
	return s.raw, err
}

// parse takes the exchange from a record.
func (c *captureRow) parse(record []byte) error {
	p := warcReader{raw: &rawReader{}, text: bufio.NewReader(bytes.NewReader(record))}
	r, err := p.next()
	if err != nil {
		return cutOff(err)
	}
	x, err := r.Exchange()
	if err != nil {
		return err
	}
	x.Status, x.Started = c.Exchange.Status, c.Exchange.Started
	c.Exchange = x
	return nil
}
