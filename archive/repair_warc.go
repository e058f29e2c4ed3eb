package archive

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"blotter"
)

// fileName is the name of a WARC file of ours: when it was begun, and its number.
var fileName = regexp.MustCompile(`^blotter-([0-9]{14})-([0-9]{5,})\.warc\.gz$`)

// adoptBatch is how many fetches get their rows in one transaction.
const adoptBatch = 100

// files holds every WARC file against the rows that speak of it, and gives rows to records that none speaks of.
func (r *repairer) files() error {
	if err := r.noteFiles(); err != nil {
		return err
	}
	var files []checkedFile
	var total, done int64
	err := r.a.view(r.ctx, func(q querier) (err error) {
		files, err = checkedFiles(r.ctx, q)
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range files {
		if info, err := os.Stat(filepath.Join(r.a.warcDir(), f.name)); err == nil {
			total += info.Size()
		}
	}
	for _, f := range files {
		w := fileRepair{repairer: r, checkedFile: f, path: filepath.Join(r.a.warcDir(), f.name)}
		size, err := w.repair(func(n int64) { r.doing("WARC files", done+n, total) })
		if err != nil {
			return fmt.Errorf("%s: %w", w.path, err)
		}
		done += size
	}
	return nil
}

// noteFiles makes rows for files of ours that have none, and names the others.
func (r *repairer) noteFiles() error {
	entries, err := os.ReadDir(r.a.warcDir())
	if err != nil {
		return err
	}
	noted := 0
	err = r.a.update(r.ctx, func(t *tx) error {
		for _, e := range entries {
			var known bool
			if err := t.one(`SELECT EXISTS (SELECT 1 FROM warc_files WHERE name = ?)`, []any{e.Name()}, &known); err != nil {
				return err
			}
			if known {
				continue
			}
			path := filepath.Join(r.a.warcDir(), e.Name())
			m := fileName.FindStringSubmatch(e.Name())
			if m == nil {
				r.lost("%s is no file of this archive: move it away, or take it in with blotter import", path)
				continue
			}
			begun, err1 := time.Parse("20060102150405", m[1])
			id, err2 := strconv.ParseInt(m[2], 10, 64)
			if err := errors.Join(err1, err2); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			result, err := t.exec(`INSERT INTO warc_files (id, name, created, length, closed) VALUES (?, ?, ?, 0, ?) ON CONFLICT DO NOTHING`,
				id, e.Name(), timeText(begun), timeText(time.Now()))
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err == nil && n == 0 {
				var other string
				if err := t.one(`SELECT name FROM warc_files WHERE id = ?`, []any{id}, &other); err != nil {
					return err
				}
				if !exists(filepath.Join(r.a.warcDir(), other)) {
					_, err = t.exec(`UPDATE warc_files SET name = ? WHERE id = ?`, e.Name(), id)
					noted++
					if err != nil {
						return err
					}
					continue
				}
				r.lost("%s has the number of another file of this archive: move it away, and take it in with blotter import", path)
				continue
			}
			noted++
		}
		return nil
	})
	r.mended(noted, "WARC files that the database did not know were noted")
	return err
}

// fileRepair reads one WARC file.
type fileRepair struct {
	*repairer
	checkedFile
	path string

	spans    []span             // of the ledger's lines, by their offset
	captures map[int64]recorded // by their number
	byRecord map[string]int64   // the captures by the id of their record

	group   []placed // the records of one fetch so far
	whole   int64    // where the last sound record ends
	spoken  int64    // where the last ends of which a row speaks
	batch   []Fetch
	adopted int
	moved   int // rows that were put right
}

// placed is a record and where it lies.
type placed struct {
	Record
	span
	err error
}

func (w *fileRepair) repair(doing func(int64)) (size int64, err error) {
	f, err := os.Open(w.path)
	if err != nil {
		if w.length > 0 {
			w.lost("%s: %v: put it back from a copy", w.path, err)
			return 0, w.close(w.length)
		}
		return 0, nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if err := w.load(); err != nil {
		return 0, err
	}
	var n int64
	before := placed{}
	for record, err := range ReadWARC(io.TeeReader(f, progressWriter{w.ctx, &n, doing})) {
		if w.ctx.Err() != nil {
			return 0, w.ctx.Err()
		}
		if err == nil {
			err = record.Verify()
		}
		if err := w.ended(before, record.Offset); err != nil {
			return 0, err
		}
		before = placed{record, span{warc: w.id, offset: record.Offset}, err}
	}
	if err := w.ended(before, info.Size()); err != nil {
		return 0, err
	}
	if err := w.flush(); err != nil {
		return 0, err
	}
	return info.Size(), w.finish(info.Size())
}

// load reads what the rows say of the file.
func (w *fileRepair) load() error {
	w.captures, w.byRecord = map[int64]recorded{}, map[string]int64{}
	err := w.a.read(w.ctx, `SELECT id, length, record, sha256, offset FROM captures WHERE warc = ? AND forgotten IS NULL`, []any{w.id},
		func(scan func(...any) error) error {
			var c recorded
			var offset int64
			err := scan(&c.capture, &c.length, &c.record, &c.sha256, &offset)
			c.offset = offset
			w.captures[c.capture] = c
			w.byRecord[c.record] = c.capture
			return err
		})
	if err != nil {
		return err
	}
	return w.a.read(w.ctx, `SELECT offset, length FROM ledger WHERE warc = ? ORDER BY offset`, []any{w.id}, func(scan func(...any) error) error {
		s := span{warc: w.id}
		err := scan(&s.offset, &s.length)
		w.spans = append(w.spans, s)
		return err
	})
}

// ended takes a record when it is known where it ends.
func (w *fileRepair) ended(p placed, at int64) error {
	p.length = at - p.offset
	if p.ID == "" && p.err == nil || p.length <= 0 {
		return nil
	}
	if p.err != nil {
		w.group = nil // what is left of the fetch says too little
		if p.offset < w.length {
			return w.damaged(p)
		}
		return nil
	}
	w.whole = p.offset + p.length
	if p.Type == "warcinfo" {
		return nil
	}
	if err := w.capture(p); err != nil {
		return err
	}
	w.group = append(w.group, p)
	if p.Type != "metadata" {
		return nil
	}
	group := w.group
	w.group = nil
	known, err := w.fetch(group)
	if err != nil || known {
		w.spoken = w.whole
		return err
	}
	if f, ok := fetchOf(group); ok {
		w.batch = append(w.batch, f)
		w.spoken = w.whole
	}
	if len(w.batch) < adoptBatch {
		return nil
	}
	return w.flush()
}

// fetch says whether a line of the ledger speaks of the records of a fetch, and makes it speak of all of them and no others.
func (w *fileRepair) fetch(group []placed) (known bool, err error) {
	var all span
	var capture int64
	for _, p := range group {
		all.extend(p.span)
		if id, ok := w.byRecord[p.ID]; ok {
			capture = id
		}
	}
	over := w.over(all)
	if len(over) == 1 && over[0] == all || capture == 0 && len(over) == 0 {
		return len(over) == 1, nil
	}
	condition, args := `capture = ? AND outcome IN ('new', 'changed')`, []any{capture}
	if capture == 0 {
		condition, args = `warc = ? AND offset = ? AND length = ?`, []any{w.id, over[0].offset, over[0].length}
	}
	if capture == 0 && len(over) > 1 {
		return true, nil
	}
	w.moved++
	return true, w.a.update(w.ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE ledger SET warc = ?, offset = ?, length = ? WHERE `+condition, append([]any{w.id, all.offset, all.length}, args...)...)
		return err
	})
}

// over are the spans of the ledger's lines that a span meets.
func (w *fileRepair) over(s span) []span {
	end := func(s span) int64 { return s.offset + s.length }
	i, _ := slices.BinarySearchFunc(w.spans, s.offset, func(a span, at int64) int { return cmp.Compare(end(a), at+1) })
	n := i
	for n < len(w.spans) && w.spans[n].offset < end(s) {
		n++
	}
	return w.spans[i:n]
}

// damaged names a record that cannot be read, and what it is of.
func (w *fileRepair) damaged(p placed) error {
	of := ""
	err := w.a.read(w.ctx, `SELECT url FROM ledger WHERE warc = ?1 AND offset <= ?2 AND offset + length > ?2 LIMIT 1`, []any{w.id, p.offset},
		func(scan func(...any) error) error { return scan(&of) })
	if of != "" {
		of = " of " + of
	}
	w.lost("%s: the record at byte %d%s is damaged: %v: put the file back from a copy", w.path, p.offset, of, p.err)
	return err
}

// capture puts the row of the capture right whose record this is. Of its place, its id and its digest two must agree with the
// record: a record that matches its own digests and not ours may have been exchanged.
func (w *fileRepair) capture(p placed) error {
	if p.Type != "response" && p.Type != "resource" {
		return nil
	}
	var c recorded
	if id, ok := w.byRecord[p.ID]; ok {
		c = w.captures[id]
	} else if i := w.at(p.offset); i != 0 {
		c = w.captures[i]
	} else {
		return nil
	}
	x, err := p.Exchange()
	if err != nil {
		return nil // Check says so
	}
	same := digest(x.Body) == c.sha256
	if c.offset == p.offset && c.length == p.length && c.record == p.ID || !same {
		return nil
	}
	w.moved++
	w.byRecord[p.ID] = c.capture
	return w.a.update(w.ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE captures SET offset = ?, length = ?, record = ? WHERE id = ?`, p.offset, p.length, p.ID, c.capture)
		return err
	})
}

// at is the capture whose row gives this place, or 0.
func (w *fileRepair) at(offset int64) int64 {
	for id, c := range w.captures {
		if c.offset == offset {
			return id
		}
	}
	return 0
}

// flush gives rows to the fetches of the batch.
func (w *fileRepair) flush() error {
	if len(w.batch) == 0 {
		return nil
	}
	err := w.a.update(w.ctx, func(t *tx) error {
		k := keeper{tx: t, rechecks: map[string][]time.Duration{}}
		end := int64(0)
		for i := range w.batch {
			f := &w.batch[i]
			kept, err := k.keep(f)
			if err != nil {
				return fmt.Errorf("%s: %w", f.Item.URL, err)
			}
			if kept.Outcome == OutcomeFailed && f.Failure == nil { // it is forgotten
				if _, err := t.exec(`INSERT INTO erasures VALUES (?, ?, ?)`, w.id, f.lies.all.offset, f.lies.all.length); err != nil {
					return err
				}
			}
			end = f.lies.all.offset + f.lies.all.length
		}
		_, err := t.exec(`UPDATE warc_files SET length = max(length, ?) WHERE id = ?`, end, w.id)
		return err
	})
	if err == nil {
		w.adopted += len(w.batch)
		clear(w.batch)
		w.batch = w.batch[:0]
	}
	return err
}

// finish makes the row and the file end where the last whole record does.
func (w *fileRepair) finish(size int64) error {
	w.mended(w.adopted, "fetches that no row spoke of were noted again, from %s", w.name)
	w.mended(w.moved, "rows speak of the right place of %s again", w.name)
	var length int64
	err := w.a.read(w.ctx, `SELECT length FROM warc_files WHERE id = ?`, []any{w.id}, func(scan func(...any) error) error { return scan(&length) })
	if err != nil {
		return err
	}
	missing := slices.ContainsFunc(w.spans, func(s span) bool { return s.offset+s.length > size })
	switch {
	case size < length && missing:
		w.lost("%s has %d bytes where %d were committed: put it back from a copy", w.path, size, length)
		length = w.whole
		err = w.close(length)
	case size < length, w.spoken > length:
		length = w.spoken
		err = w.close(length)
		w.mended(1, "length of %s was put right", w.name)
	}
	if err != nil {
		return err
	}
	if size <= length {
		return nil
	}
	info, err := os.Stat(w.path)
	if err != nil {
		return err
	}
	err = errors.Join(os.Chmod(w.path, 0o600), os.Truncate(w.path, length), os.Chmod(w.path, info.Mode()))
	if err == nil {
		w.mended(1, "torn tail of %d bytes was cut from %s", size-length, w.name)
	}
	return err
}

// close notes that nothing is added to the file any more, and how long it is: an archive does not open with one that is shorter
// than it says.
func (w *fileRepair) close(length int64) error {
	return w.a.update(w.ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE warc_files SET length = ?, closed = coalesce(closed, ?) WHERE id = ?`, length, timeText(time.Now()), w.id)
		return err
	})
}

// fetchOf makes a fetch of its records, as Keep wrote them: answers with their requests, and last what its source said of it.
func fetchOf(group []placed) (Fetch, bool) {
	last := group[len(group)-1]
	o, ok := last.Origin()
	if !ok {
		return Fetch{}, false
	}
	f := Fetch{Source: o.Source, Purpose: o.Purpose, Item: o.Item, Robots: field(last.Block, "robots"), lies: &evidence{}}
	for _, p := range group {
		f.lies.all.extend(p.span)
		x, err := p.Exchange()
		switch {
		case p.Type == "metadata":
			continue
		case err != nil:
			return Fetch{}, false
		case p.Type == "request":
			if n := len(f.Exchanges); n > 0 && f.Exchanges[n-1].Request == nil && f.Exchanges[n-1].URL == x.URL {
				f.Exchanges[n-1].Request, f.Exchanges[n-1].Method = x.Request, x.Method
				continue
			}
		case p.ID == o.Of:
			f.lies.answer, f.lies.record = p.span, p.ID
			f.NotModified = p.Type == "revisit"
		}
		f.Exchanges = append(f.Exchanges, x)
	}
	if len(f.Exchanges) == 0 || f.lies.record == "" {
		return Fetch{}, false
	}
	f.Started = f.Exchanges[0].Started
	if o.Failure != "" {
		reason, detail, _ := strings.Cut(o.Failure, ": ")
		f.Failure = blotter.Fail(blotter.Reason(reason), "%s", detail)
	}
	if at, err := time.Parse(time.RFC3339, field(last.Block, "memento-datetime")); err == nil {
		f.Captured = at
	}
	return f, true
}
