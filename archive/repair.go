package archive

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// RepairOptions say who repairs.
type RepairOptions struct {
	Software string // as in Options

	// Doing is told what is done, and of WARC files how many bytes of how many are read; may be nil.
	Doing func(what string, done, total int64)
}

// Mended is one thing that a repair did.
type Mended struct {
	What string
	N    int // rows, records or files
}

// Repaired is what a repair did, and what it could not.
type Repaired struct {
	Found []Finding // what was wrong
	Copy  string    // the database as it was; "": it was not touched
	Done  []Mended
	Lost  []string // what cannot be had from anything that is left
}

// Repair mends in an archive what can be had again from the rest of it. A database that SQLite cannot read is written anew of
// the rows that can be read. Records of the WARC files that no row speaks of, since the rows are lost or the database was put
// back from an older copy, get their rows. Rows that contradict each other or their digests are made again, and articles
// are left to be read and tagged again from their captures, which the next pass does. Rows that are damaged in such a way that
// their captures are too stay as they are. The WARC files are only shortened, by what a crash has left behind the last
// whole record.
//
// What it changes is copied first, so that there is a way back. An archive in which nothing is wrong is left alone. Whether all is well
// afterwards is for Check to say, after a pass has read and tagged again.
func Repair(ctx context.Context, dir string, o RepairOptions) (Repaired, error) {
	r := repairer{ctx: ctx, dir: dir, path: filepath.Join(dir, databaseName), options: o}
	err := r.repair()
	if err != nil {
		return r.Repaired, fmt.Errorf("archive %s: repair: %w", dir, advised(err))
	}
	return r.Repaired, nil
}

// repairer repairs one archive, whose lock it holds.
type repairer struct {
	Repaired
	ctx       context.Context
	dir, path string
	options   RepairOptions
	a         *Archive
}

func (r *repairer) doing(what string, done, total int64) {
	if r.options.Doing != nil {
		r.options.Doing(what, done, total)
	}
}

func (r *repairer) mended(n int, format string, args ...any) {
	if n > 0 {
		r.Done = append(r.Done, Mended{fmt.Sprintf(format, args...), n})
	}
}

func (r *repairer) lost(format string, args ...any) {
	r.Lost = append(r.Lost, fmt.Sprintf(format, args...))
}

func (r *repairer) repair() error {
	if err := Exists(r.dir); errors.Is(err, errNone) {
		return errNone
	}
	held, err := lock(r.dir)
	if err != nil {
		return err
	}
	defer held.Close()
	readable, err := r.look()
	if err != nil || len(r.Found) == 0 {
		return err
	}
	if err := r.save(); err != nil {
		return err
	}
	if !readable {
		if err := r.salvage(); err != nil {
			return err
		}
	}
	if err := r.open(held); err != nil {
		return err
	}
	defer func() {
		r.a.lock = nil // it is ours
		r.a.Close()
	}()
	return r.mend()
}

// look finds out what is wrong, and whether SQLite can read all of the database.
func (r *repairer) look() (readable bool, err error) {
	a, err := OpenReadOnly(r.dir)
	var other versionError
	switch {
	case errors.As(err, &other), errors.Is(err, errForeign):
		return false, err
	case err != nil:
		what := err.Error()
		if e := (*sqlite.Error)(nil); errors.As(err, &e) { // without the advice to do what is being done
			what = databaseName + ": " + e.Error()
		}
		r.Found = []Finding{{FoundDatabase, what}}
		return false, nil
	}
	defer a.Close()
	if err := a.sound(r.ctx); err != nil {
		if r.ctx.Err() != nil {
			return false, err
		}
		r.Found = append(r.Found, Finding{FoundDatabase, err.Error()})
		return false, nil
	}
	r.Found, err = a.Check(r.ctx, CheckOptions{Deep: true, Doing: r.options.Doing})
	if err == nil {
		err = r.lookBehind(a)
	}
	return true, err
}

// lookBehind finds what Check takes for the work of a running writer: more in the open file than was committed.
func (r *repairer) lookBehind(a *Archive) error {
	return a.read(r.ctx, `SELECT name, length FROM warc_files WHERE closed IS NULL`, nil, func(scan func(...any) error) error {
		var name string
		var length int64
		if err := scan(&name, &length); err != nil {
			return err
		}
		info, err := os.Stat(filepath.Join(a.warcDir(), name))
		if err == nil && info.Size() > length {
			r.Found = append(r.Found, Finding{FoundWARC, fmt.Sprintf("%s: %d bytes are there of which the database does not speak",
				filepath.Join(a.warcDir(), name), info.Size()-length)})
		}
		return nil
	})
}

// sound is an error when SQLite cannot read all of its file.
func (a *Archive) sound(ctx context.Context) error {
	return a.read(ctx, `PRAGMA quick_check(1)`, nil, func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil || text == "ok" {
			return err
		}
		return fmt.Errorf("%s: %s", databaseName, strings.TrimSpace(text))
	})
}

// save copies the database as it lies there, with its log of changes: SQLite may not be able to read it.
func (r *repairer) save() error {
	size, err := databaseSize(r.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && size == 0 {
		return nil // there is none
	}
	if err != nil {
		return err
	}
	if err := roomFor(r.dir, 3*size); err != nil { // the copy, what is written anew, and its log of changes
		return err
	}
	first := r.path + time.Now().UTC().Format(".damaged-20060102T150405Z")
	for n := 2; r.Copy == "" || exists(r.Copy); n++ {
		if r.Copy = first; n > 2 {
			r.Copy = fmt.Sprintf("%s-%d", first, n-1)
		}
	}
	for _, log := range []string{"-wal", ""} { // the name of a log is that of its database
		f, err := os.Open(r.path + log)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		_, _, err = copyFile(r.ctx, f, r.Copy+log, 0o600, func(n int64) { r.doing("copying the database", n, size) })
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return syncFolder(r.dir)
}

// open opens the archive for writing without a look at its WARC files, which may not be as the database says.
func (r *repairer) open(held *os.File) error {
	r.a = newArchive(r.dir, Options{Software: r.options.Software})
	r.a.lock = held
	a := r.a
	if err := os.MkdirAll(a.warcDir(), 0o700); err != nil {
		return err
	}
	err := a.openDatabases(r.ctx, r.path)
	if err != nil {
		return err
	}
	// Rows are put right one after the other, and point to nowhere meanwhile.
	if _, err := a.writer.ExecContext(r.ctx, `PRAGMA foreign_keys = 0`); err != nil {
		return err
	}
	_, err = a.writer.ExecContext(r.ctx, `INSERT INTO meta (key, value) VALUES ('id', ?), ('created', ?), ('seq', '0') ON CONFLICT DO NOTHING`,
		r.formerID(), timeText(time.Now()))
	if err != nil {
		return err
	}
	return a.identify(r.ctx)
}

// formerID is the archive's id as its WARC files tell it, or a new one.
func (r *repairer) formerID() string {
	names, err := filepath.Glob(filepath.Join(r.a.warcDir(), "*.warc.gz"))
	if err != nil {
		return rand.Text()
	}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		for record, err := range ReadWARC(io.LimitReader(f, 1<<20)) {
			if id := field(record.Block, "isPartOf"); err == nil && record.Type == "warcinfo" && id != "" {
				f.Close()
				return id
			}
			break
		}
		f.Close()
	}
	return rand.Text()
}

// field reads a field of a block of type application/warc-fields.
func field(block []byte, name string) string {
	for line := range strings.Lines(string(block)) {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return strings.TrimRight(value, "\r\n")
		}
	}
	return ""
}

// mend puts the rows right that the records need to find theirs, then gives records rows, and then sees to what is derived.
func (r *repairer) mend() error {
	r.doing("rows", 0, 0)
	if err := r.run(rowsOfRecords); err != nil {
		return err
	}
	if err := r.files(); err != nil {
		return err
	}
	if err := r.run(rowsOfRecords); err != nil {
		return err
	}
	r.doing("articles", 0, 0)
	if err := r.articles(); err != nil {
		return err
	}
	return r.run(rowsOfArticles)
}
