package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"
	"time"
)

// Selection is a set of captures to copy. What it takes of memory goes by the captures of the archive, a bit for each,
// and not by how many articles led to them. The zero value is empty.
type Selection struct {
	pages map[int64]*[pageBits / 64]uint64
	n     int
}

const pageBits = 1 << 16

// Len is how many captures are selected.
func (s *Selection) Len() int { return s.n }

func (s *Selection) has(capture int64) bool {
	page := s.pages[capture/pageBits]
	bit := uint64(capture % pageBits)
	return page != nil && page[bit/64]&(1<<(bit%64)) != 0
}

func (s *Selection) add(capture int64) {
	if s.has(capture) {
		return
	}
	if s.pages == nil {
		s.pages = map[int64]*[pageBits / 64]uint64{}
	}
	page := s.pages[capture/pageBits]
	if page == nil {
		page = new([pageBits / 64]uint64)
		s.pages[capture/pageBits] = page
	}
	bit := uint64(capture % pageBits)
	page[bit/64] |= 1 << (bit % 64)
	s.n++
}

// Select adds the captures that gave the articles with these ids, of the newest revision alone if newest.
func (a *Archive) Select(ctx context.Context, s *Selection, ids []string, newest bool) error {
	return a.selectCaptures(ctx, s, newest, `r.article IN (SELECT value FROM json_each(?))`, jsonList(ids))
}

// SelectAll adds those that gave any article.
func (a *Archive) SelectAll(ctx context.Context, s *Selection, newest bool) error {
	return a.selectCaptures(ctx, s, newest, `true`)
}

func (a *Archive) selectCaptures(ctx context.Context, s *Selection, newest bool, condition string, args ...any) error {
	query := `SELECT r.capture FROM revisions r JOIN captures c ON c.id = r.capture WHERE c.id > 0 AND c.forgotten IS NULL AND ` + condition
	if newest {
		query = `SELECT r.capture FROM revisions r JOIN captures c ON c.id = r.capture JOIN articles a ON a.id = r.article AND a.revision = r.revision
			WHERE c.id > 0 AND c.forgotten IS NULL AND ` + condition
	}
	err := a.read(ctx, query, args, func(scan func(...any) error) error {
		var id int64
		if err := scan(&id); err != nil {
			return err
		}
		s.add(id)
		return nil
	})
	if err != nil {
		return fmt.Errorf("archive %s: select captures: %w", a.dir, err)
	}
	return nil
}

// CopyOptions say what the warcinfo record of a copy is to tell.
type CopyOptions struct {
	Name     string        // of the file; "" when it has none
	Software string        // that writes it
	About    string        // what it holds, for people
	Done     *atomic.Int64 // counts the fetches that are copied; may be nil
}

// Copied says what a copy holds.
type Copied struct {
	Captures int   // fetches that brought a capture
	Looks    int   // later fetches that found it unchanged, as revisit records
	Records  int   // with the requests and metadata, and the warcinfo record
	Bytes    int64 // compressed
}

// Copy writes a WARC file of the selected captures: all records of the fetches that brought them and of those that found
// them unchanged, in the order in which they were fetched. So each record stands there once, and each revisit behind
// the capture that it refers to. The records are the bytes of the archive's own files; each is read and compared
// with its digests before it is written.
func (a *Archive) Copy(ctx context.Context, w io.Writer, s *Selection, o CopyOptions) (Copied, error) {
	c := copier{source: a.source(), w: w}
	defer c.source.close()
	err := c.begin(warcinfo(o.Name, o.Software, a.id, time.Now(), [2]string{"description", o.About}))
	if err == nil {
		err = a.copyFetches(ctx, &c, s, o.Done)
	}
	if err != nil {
		return Copied{}, fmt.Errorf("archive %s: copy: %w", a.dir, err)
	}
	return c.copied, nil
}

func (a *Archive) copyFetches(ctx context.Context, c *copier, s *Selection, done *atomic.Int64) error {
	if s.Len() == 0 {
		return nil
	}
	// All of the ledger is read for it: an index on its captures would cost every fetch for the sake of a few copies.
	return a.read(ctx, `SELECT l.capture, l.outcome = 'unchanged', w.name, l.offset, l.length
		FROM ledger l JOIN warc_files w ON w.id = l.warc WHERE l.capture IS NOT NULL ORDER BY l.id`, nil,
		func(scan func(...any) error) error {
			var capture, offset, length int64
			var look bool
			var file string
			if err := scan(&capture, &look, &file, &offset, &length); err != nil || !s.has(capture) {
				return err
			}
			if look {
				c.copied.Looks++
			} else {
				c.copied.Captures++
			}
			if done != nil {
				done.Add(1)
			}
			return c.fetch(file, offset, length)
		})
}

// copier writes one copy.
type copier struct {
	source *recordSource
	w      io.Writer
	copied Copied
}

// begin writes the record that a WARC file begins with.
func (c *copier) begin(info *warcRecord) error {
	f, err := newWARCFile(0, "", nil, 0)
	if err != nil {
		return err
	}
	if _, err := f.add(info); err != nil {
		return err
	}
	c.copied.Records++
	return c.write(f.pending.Bytes())
}

func (c *copier) write(b []byte) error {
	n, err := c.w.Write(b)
	c.copied.Bytes += int64(n)
	return err
}

// fetch copies the records of one fetch.
func (c *copier) fetch(file string, offset, length int64) error {
	raw, err := c.source.at(file, offset, length)
	var n int
	if err == nil {
		n, err = soundRecords(raw)
	}
	if errors.Is(err, errForgotten) {
		return fmt.Errorf("%w meanwhile: begin again", err)
	}
	if err != nil {
		return fmt.Errorf("%s at byte %d: %w: put the file back from a copy", filepath.Join(c.source.dir, file), offset, err)
	}
	c.copied.Records += n
	return c.write(raw)
}

// soundRecords counts the records of a fetch, and finds those that do not match their digests.
func soundRecords(raw []byte) (n int, err error) {
	for r, err := range ReadWARC(bytes.NewReader(raw)) {
		if err == nil {
			err = r.Verify()
		}
		if err == nil && n == 0 && r.Type == "metadata" { // it comes last, unless it is what Forget writes over the others
			err = errForgotten
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
