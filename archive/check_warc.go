package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// checkedFile is a WARC file as the database has it.
type checkedFile struct {
	id, length int64
	name       string
	closed     bool
}

// checkedFiles are the WARC files as the database knows them.
func checkedFiles(ctx context.Context, q querier) (files []checkedFile, err error) {
	err = scan(ctx, q, `SELECT id, name, length, closed IS NOT NULL FROM warc_files ORDER BY id`, nil, func(scan func(...any) error) error {
		var f checkedFile
		err := scan(&f.id, &f.name, &f.length, &f.closed)
		files = append(files, f)
		return err
	})
	return files, err
}

// checkFiles is the part of Check that looks at WARC files, and reads those that are wanted.
func (a *Archive) checkFiles(ctx context.Context, o CheckOptions, wanted func(name string) bool) ([]Finding, error) {
	c := checker{a: a, ctx: ctx, options: o, wanted: wanted}
	err := a.view(ctx, func(q querier) error {
		c.q = q
		return c.files()
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return c.findings, err
}

// files looks at every WARC file, and in a deep check reads those that are there from end to end.
func (c *checker) files() error {
	files, err := checkedFiles(c.ctx, c.q)
	if err != nil {
		return err
	}
	var total, done int64
	var there []checkedFile
	for _, f := range files {
		found, err := c.size(f)
		if err != nil {
			return err
		}
		if found && (c.wanted == nil || c.wanted(f.name)) {
			there = append(there, f)
			total += f.length
		}
	}
	if err := c.strangers(files); err != nil || !c.options.Deep {
		return err
	}
	for _, f := range there {
		c.since = len(c.findings)
		r := warcCheck{checker: c, checkedFile: f, path: filepath.Join(c.a.warcDir(), f.name), done: done, total: total}
		if err := r.check(); err != nil && !errors.Is(err, errEnough) {
			return err
		}
		done += f.length
	}
	return nil
}

// size compares the size of a file with what was committed to it, and says whether there is a file to read.
func (c *checker) size(f checkedFile) (bool, error) {
	path := filepath.Join(c.a.warcDir(), f.name)
	info, err := os.Stat(path)
	switch {
	case f.length == 0:
		return false, nil // made, and nothing committed to it yet
	case err != nil:
		return false, c.found(FoundWARC, "%v", err)
	case info.Size() < f.length:
		return true, c.found(FoundWARC, "%s has %d bytes where %d were committed", path, info.Size(), f.length)
	case info.Size() > f.length && f.closed:
		return true, c.found(FoundWARC, "%s has %d bytes behind the %d that were committed", path, info.Size()-f.length, f.length)
	}
	return true, nil
}

// strangers finds files that the database does not know. Its row is made before a file.
func (c *checker) strangers(files []checkedFile) error {
	entries, err := os.ReadDir(c.a.warcDir())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c.found(FoundWARC, "%v", err)
	}
	for _, e := range entries {
		known := slices.ContainsFunc(files, func(f checkedFile) bool { return f.name == e.Name() })
		if known || c.madeSince(e.Name()) {
			continue
		}
		if err := c.found(FoundWARC, "%s is no file of this archive", filepath.Join(c.a.warcDir(), e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// madeSince says whether a file was made while the check ran: its rows are then no part of what the check sees.
func (c *checker) madeSince(name string) bool {
	var n int
	err := c.a.reader.QueryRowContext(c.ctx, `SELECT count(*) FROM warc_files WHERE name = ?`, name).Scan(&n)
	return err == nil && n > 0
}

// recorded is what a capture says of its record.
type recorded struct {
	capture, length, offset int64
	record, sha256          string
}

// warcCheck reads one file.
type warcCheck struct {
	*checker
	checkedFile
	path        string
	done, total int64 // bytes of the files before, and of all

	captures map[int64]recorded // by offset; those that were not met yet
	places   map[int64]bool     // where records begin and the last one ends
	last     recorded           // the capture of the record before, when both are sound
	begun    int64
}

func (w *warcCheck) check() error {
	if err := w.load(); err != nil {
		return err
	}
	f, err := os.Open(w.path)
	if err != nil {
		return w.found(FoundWARC, "%v", err)
	}
	defer f.Close()
	findings := len(w.findings)
	for r, err := range ReadWARC(&counter{r: io.LimitReader(f, w.length), w: w}) {
		if ended := w.ctx.Err(); ended != nil {
			return ended
		}
		if err := w.record(r, err); err != nil {
			return err
		}
	}
	if err := w.ended(w.length); err != nil {
		return err
	}
	w.places[w.length] = true
	for offset, r := range w.captures {
		if err := w.found(FoundWARC, "%s: capture %d has no whole record at byte %d", w.path, r.capture, offset); err != nil {
			return err
		}
	}
	if len(w.findings) > findings {
		return nil // the places of damaged records are not known
	}
	return w.fetches()
}

// load reads what the captures say of the file.
func (w *warcCheck) load() error {
	w.captures, w.places = map[int64]recorded{}, map[int64]bool{}
	return w.scan(`SELECT offset, id, length, record, sha256 FROM captures WHERE warc = ? AND forgotten IS NULL`, []any{w.id},
		func(scan func(...any) error) error {
			var offset int64
			var r recorded
			err := scan(&offset, &r.capture, &r.length, &r.record, &r.sha256)
			w.captures[offset] = r
			return err
		})
}

// record looks at one record, or at the error in its place.
func (w *warcCheck) record(r Record, err error) error {
	if err == nil {
		err = r.Verify()
	}
	want, isCapture := w.captures[r.Offset]
	if err == nil && isCapture {
		err = want.matches(r)
		delete(w.captures, r.Offset)
	}
	w.places[r.Offset] = true
	if err != nil {
		w.last = recorded{}
		return w.found(FoundWARC, "%s: %v", w.path, err)
	}
	if err := w.ended(r.Offset); err != nil {
		return err
	}
	w.last, w.begun = want, r.Offset
	return nil
}

// ended compares the length of the record before with what its capture says.
func (w *warcCheck) ended(at int64) error {
	if w.last.capture == 0 || w.last.length == at-w.begun {
		return nil
	}
	return w.found(FoundRows, "%s: capture %d has a record of %d bytes at byte %d, and says that they are %d",
		w.path, w.last.capture, at-w.begun, w.begun, w.last.length)
}

// fetches compares the spans of the ledger with where records begin and end.
func (w *warcCheck) fetches() error {
	return w.scan(`SELECT id, offset, length FROM ledger WHERE warc = ?`, []any{w.id}, func(scan func(...any) error) error {
		var id, offset, length int64
		if err := scan(&id, &offset, &length); err != nil || w.places[offset] && w.places[offset+length] {
			return err
		}
		return w.found(FoundRows, "%s: the ledger's line %d speaks of records from byte %d to %d, where none begins or ends", w.path, id, offset, offset+length)
	})
}

// counter tells how far a file is read.
type counter struct {
	r io.Reader
	w *warcCheck
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.w.doing("WARC files", c.w.done+c.n, c.w.total)
	return n, err
}

func (want recorded) matches(r Record) error {
	if r.ID != want.record {
		return fmt.Errorf("at byte %d is record %s where capture %d has its %s", r.Offset, r.ID, want.capture, want.record)
	}
	x, err := r.Exchange()
	if err != nil {
		return fmt.Errorf("capture %d: %w", want.capture, err)
	}
	if digest(x.Body) != want.sha256 {
		return fmt.Errorf("capture %d: the payload at byte %d does not match its digest", want.capture, r.Offset)
	}
	return nil
}
