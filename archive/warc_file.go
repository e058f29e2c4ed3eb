package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/gzip"
)

// gzipLevel was measured on articles of 3.7 KB, where the levels below are no faster and level 6 takes half as much
// time again for files 4 % smaller. See BenchmarkGzipLevel.
const gzipLevel = 3

// packedLevel is for answers that are compressed as they come: of 431 pages even a level that finds out piece by piece what cannot
// be compressed takes six times as long, for files 0.6 % smaller.
const packedLevel = gzip.NoCompression

// warcFile is the WARC file that records are added to. Records gather in pending and reach the file by sync.
type warcFile struct {
	id        int64
	name      string
	file      *os.File
	committed int64 // its length as the database has it
	pending   bytes.Buffer
	zip       *gzip.Writer
	packed    *gzip.Writer // for what is compressed already
}

// span is where a record lies: the bytes of one gzip member, or of several in a row.
type span struct {
	warc, offset, length int64
}

// add appends a record as a gzip member of its own, so that it can be read without the others.
func (w *warcFile) add(r *warcRecord) (span, error) {
	at := span{warc: w.id, offset: w.committed + int64(w.pending.Len())}
	zip := w.zip
	if r.packed {
		zip = w.packed
	}
	zip.Reset(&w.pending)
	if err := r.write(zip); err != nil {
		return span{}, err
	}
	if err := zip.Close(); err != nil {
		return span{}, err
	}
	at.length = w.committed + int64(w.pending.Len()) - at.offset
	return at, nil
}

// length is how long the file is going to be.
func (w *warcFile) length() int64 { return w.committed + int64(w.pending.Len()) }

// sync writes the pending records and waits until they are on the disk.
func (w *warcFile) sync() error {
	if w.pending.Len() == 0 {
		return nil
	}
	if _, err := w.file.WriteAt(w.pending.Bytes(), w.committed); err != nil {
		return err
	}
	return w.file.Sync()
}

// settle takes the pending records for committed.
func (w *warcFile) settle() {
	w.committed = w.length()
	w.forget()
}

// forget drops the pending records from memory; a buffer that one large batch has blown up is not kept.
func (w *warcFile) forget() {
	const keep = 16 << 20
	if w.pending.Cap() > keep {
		w.pending = bytes.Buffer{}
	}
	w.pending.Reset()
}

func newWARCFile(id int64, name string, file *os.File, length int64) (*warcFile, error) {
	zip, err := gzip.NewWriterLevel(nil, gzipLevel)
	if err != nil {
		return nil, err
	}
	packed, err := gzip.NewWriterLevel(nil, packedLevel)
	if err != nil {
		return nil, err
	}
	return &warcFile{id: id, name: name, file: file, committed: length, zip: zip, packed: packed}, nil
}

// current returns the file that the next records go to: the open one or, when that is full, a new one.
func (a *Archive) current(ctx context.Context) (*warcFile, error) {
	if a.warc == nil { // the first record of all, or going back after an error did not succeed
		if err := a.resume(ctx); err != nil {
			return nil, err
		}
	}
	if a.warc != nil && a.warc.committed >= a.options.MaxWARC {
		if err := a.finish(ctx); err != nil {
			return nil, err
		}
	}
	if a.warc == nil {
		if err := a.begin(ctx); err != nil {
			return nil, err
		}
	}
	return a.warc, nil
}

// begin makes a new WARC file. Its row comes first, so that no file of the folder is ever unknown to the database.
func (a *Archive) begin(ctx context.Context) error {
	now := time.Now()
	var id int64
	var name string
	err := a.transact(ctx, func(t *tx) error {
		if err := t.one(`SELECT coalesce(max(id), 0) + 1 FROM warc_files`, nil, &id); err != nil {
			return err
		}
		name = fmt.Sprintf("blotter-%s-%05d.warc.gz", now.UTC().Format("20060102150405"), id)
		_, err := t.exec(`INSERT INTO warc_files (id, name, created, length) VALUES (?, ?, ?, 0)`, id, name, timeText(now))
		return err
	})
	if err != nil {
		return err
	}
	return a.continueFile(id, name, 0)
}

// finish closes the open file for good.
func (a *Archive) finish(ctx context.Context) error {
	w := a.warc
	err := a.transact(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE warc_files SET closed = ? WHERE id = ?`, timeText(time.Now()), w.id)
		return err
	})
	if err != nil {
		return err
	}
	a.warc = nil
	return errors.Join(w.file.Chmod(0o400), w.file.Close())
}

// resume goes on with the WARC file that was open last, and cuts off what a crash left behind its committed length.
func (a *Archive) resume(ctx context.Context) error {
	var id, length int64
	var name string
	found := false
	err := a.read(ctx, `SELECT id, name, length FROM warc_files WHERE closed IS NULL`, nil,
		func(scan func(...any) error) error {
			found = true
			return scan(&id, &name, &length)
		})
	if err != nil || !found {
		return err
	}
	return a.continueFile(id, name, length)
}

// continueFile opens a WARC file for adding to it, cut to the length that is committed. One of which nothing is
// committed may be missing: then the crash came between its row and its file.
func (a *Archive) continueFile(id int64, name string, length int64) error {
	path := filepath.Join(a.warcDir(), name)
	flags := os.O_RDWR
	if length == 0 {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: put the file back from a copy", err)
	}
	if err != nil {
		return err
	}
	if err := a.cut(f, length); err != nil {
		f.Close()
		return err
	}
	if a.warc, err = newWARCFile(id, name, f, length); err != nil || length > 0 {
		return err
	}
	_, err = a.warc.add(warcinfo(name, a.options.Software, a.id, time.Now()))
	return err
}

// cut shortens f to length and sees to it that a new file survives a crash.
func (a *Archive) cut(f *os.File, length int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < length {
		return fmt.Errorf("%s has %d bytes where %d were committed: it was cut from outside; put it back from a copy",
			f.Name(), info.Size(), length)
	}
	if info.Size() > length {
		if err := f.Truncate(length); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if length > 0 {
		return nil
	}
	folder, err := os.Open(a.warcDir())
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// undo takes back what was written since the last commit, after one that did not come about. What counts is the
// length that the database has: a commit whose answer was lost may have happened all the same.
func (a *Archive) undo(ctx context.Context) error {
	w := a.warc
	if w == nil {
		return nil
	}
	a.warc = nil
	if err := w.file.Close(); err != nil {
		return err
	}
	return a.resume(context.WithoutCancel(ctx))
}
