package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// BackupOptions say what a backup holds and what becomes of the ones before.
type BackupOptions struct {
	Software string            // what the manifest names as the writer; empty: "blotter"
	Config   map[string]string // files of the configuration to copy too: the name in the backup's folder config, and where it lies
	Keep     int               // how many backups of this archive stay; older ones are removed; zero: all

	// Doing is told what is done, and of bytes how many of how many; may be nil.
	Doing func(what string, done, total int64)
}

// forgetRounds is how often a backup begins again because something was forgotten while it read.
const forgetRounds = 5

// Backup copies the archive into a new folder of the folder to, while it is in use, by this process or another: the database as
// it is at one moment, and of the WARC files as much as it speaks of. Every record that is copied is compared with what the
// database says of it. A WARC file that is closed and has not changed since the backup before, by its size and the time of
// its last change, is linked from there and not copied.
//
// The folder is called blotter-20060102T150405Z. It has that name, and a manifest, only when it is whole; a backup that was ended
// leaves nothing. What is damaged in the archive itself is copied all the same, named in Damaged, and then no older
// backup is removed.
func (a *Archive) Backup(ctx context.Context, to string, o BackupOptions) (Backup, error) {
	b, err := a.backup(ctx, to, o)
	if err != nil {
		return Backup{}, fmt.Errorf("archive %s: backup: %w", a.dir, err)
	}
	return b, nil
}

func (a *Archive) backup(ctx context.Context, to string, o BackupOptions) (b Backup, err error) {
	if o.Software == "" {
		o.Software = "blotter"
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return b, err
	}
	held, err := lock(to)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	older, err := sweep(to, a.id)
	if err != nil {
		return b, err
	}
	w := backupWriter{a: a, ctx: ctx, options: o, copied: map[string]BackupFile{}}
	if len(older) > 0 {
		w.before = &older[len(older)-1]
	}
	w.Backup = Backup{Format: backupFormat, Made: time.Now().UTC().Truncate(time.Second), Software: o.Software, Archive: a.id}
	name := freeName(to, w.Made)
	w.dir = filepath.Join(to, name+partialSuffix)
	defer func() {
		if err != nil {
			err = errors.Join(err, removeBackup(w.dir))
		}
	}()
	if err := w.write(); err != nil {
		return b, err
	}
	w.Dir = filepath.Join(to, name)
	if err := errors.Join(os.Rename(w.dir, w.Dir), syncFolder(to)); err != nil {
		return b, err
	}
	if o.Keep > 0 && len(w.Damaged) == 0 {
		err = w.removeOlder(older, o.Keep-1)
	}
	return w.Backup, err
}

// backupWriter writes one backup.
type backupWriter struct {
	Backup
	a       *Archive
	ctx     context.Context
	options BackupOptions
	dir     string
	before  *Backup // the latest one in the same folder; nil: none

	copied   map[string]BackupFile // the WARC files that are in dir, by their name
	checked  map[string]bool       // of these, the ones that need not be read again
	findings []Finding
}

func (w *backupWriter) write() error {
	if err := os.MkdirAll(filepath.Join(w.dir, "warc"), 0o700); err != nil {
		return err
	}
	w.checked = map[string]bool{}
	for round := 1; ; round++ {
		again, err := w.round()
		if err != nil {
			return err
		}
		if !again {
			break
		}
		if round == forgetRounds {
			return errors.New("articles were forgotten all the while: begin again later")
		}
	}
	for _, f := range w.findings {
		w.Damaged = append(w.Damaged, f.What)
	}
	for _, name := range slices.Sorted(maps.Keys(w.copied)) {
		w.Files = append(w.Files, w.copied[name])
		if w.copied[name].linked {
			w.Linked += w.copied[name].Size
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.options.Config)) {
		f, err := w.copy(w.options.Config[name], filepath.Join("config", filepath.FromSlash(name)), 0, 0o600, nil)
		if err != nil {
			return err
		}
		w.Files = append(w.Files, f)
	}
	return w.finish()
}

// round copies the database, and what is not copied yet of the WARC files that it speaks of. It is to be done again when
// something was forgotten meanwhile: then a record may be overwritten that the copied database believes to be there.
func (w *backupWriter) round() (again bool, err error) {
	database := filepath.Join(w.dir, databaseName)
	if err := os.Remove(database); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	w.doing("database", 0, 0)
	err = snapshot(w.ctx, filepath.Join(w.a.dir, databaseName), database, func(done, total int64) { w.doing("database", done, total) })
	if err != nil {
		return false, advised(err)
	}
	files, pending, err := w.contents(database)
	if err != nil {
		return false, err
	}
	if err := w.files(files, pending); err != nil {
		return false, err
	}
	if err := w.erase(database, files, pending); err != nil {
		return false, err
	}
	if w.findings, err = w.check(files); err != nil || len(w.findings) == 0 {
		return false, err
	}
	return w.forgottenMeanwhile(database)
}

func (w *backupWriter) doing(what string, done, total int64) {
	if w.options.Doing != nil {
		w.options.Doing(what, done, total)
	}
}

// contents reads from the copied database which WARC files it speaks of, and which records of theirs are still to be erased.
func (w *backupWriter) contents(database string) (files []checkedFile, pending []span, err error) {
	db, err := openDatabase(database, "&mode=ro", 1)
	if err != nil {
		return nil, nil, err
	}
	defer db.Close()
	v, err := readVersion(w.ctx, db)
	if err != nil {
		return nil, nil, err
	}
	w.Schema = v.user
	err = db.QueryRowContext(w.ctx, `SELECT (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seq'), (SELECT count(*) FROM articles),
		(SELECT count(*) FROM captures)`).Scan(&w.Seq, &w.Articles, &w.Captures)
	if err != nil {
		return nil, nil, err
	}
	err = scan(w.ctx, db, `SELECT id, name, length, closed IS NOT NULL FROM warc_files ORDER BY id`, nil, func(scan func(...any) error) error {
		var f checkedFile
		err := scan(&f.id, &f.name, &f.length, &f.closed)
		if f.name != filepath.Base(f.name) {
			return fmt.Errorf("the database names a WARC file %q", f.name)
		}
		files = append(files, f)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	err = scan(w.ctx, db, `SELECT warc, offset, length FROM erasures`, nil, func(scan func(...any) error) error {
		var s span
		err := scan(&s.warc, &s.offset, &s.length)
		pending = append(pending, s)
		return err
	})
	return files, pending, err
}

// files copies or links the WARC files.
func (w *backupWriter) files(files []checkedFile, pending []span) error {
	var todo []checkedFile
	var total, done int64
	for _, f := range files {
		erasing := slices.ContainsFunc(pending, func(s span) bool { return s.warc == f.id })
		have, err := w.has(f, erasing)
		if err != nil {
			return err
		}
		if !have {
			todo = append(todo, f)
			total += f.length
		}
	}
	if err := roomFor(w.dir, total); err != nil {
		return err
	}
	for _, f := range todo {
		mode := fs.FileMode(0o600)
		if f.closed {
			mode = 0o400
		}
		got, err := w.copy(filepath.Join(w.a.warcDir(), f.name), filepath.Join("warc", f.name), f.length, mode,
			func(n int64) { w.doing("WARC files", done+n, total) })
		if errors.Is(err, fs.ErrNotExist) {
			continue // the check will say so
		}
		if err != nil {
			return err
		}
		got.Closed = f.closed
		w.copied[f.name] = got
		w.checked[f.name] = false
		done += f.length
	}
	return nil
}

// has says whether a WARC file need not be copied: nothing is committed to it, it is copied already, or it can be linked.
func (w *backupWriter) has(f checkedFile, erasing bool) (bool, error) {
	if f.length == 0 {
		return true, nil
	}
	info, err := os.Stat(filepath.Join(w.a.warcDir(), f.name))
	if err != nil {
		return false, nil // copying says why
	}
	same := func(b BackupFile) bool {
		return !erasing && f.closed && b.Size == f.length && info.Size() == f.length && b.Modified.Equal(info.ModTime())
	}
	if got, ok := w.copied[f.name]; ok {
		if same(got) {
			return true, nil
		}
		delete(w.copied, f.name)
		if err := os.Remove(filepath.Join(w.dir, "warc", f.name)); err != nil {
			return false, err
		}
	}
	if w.before == nil || len(w.before.Damaged) > 0 {
		return false, nil
	}
	at := slices.IndexFunc(w.before.Files, func(b BackupFile) bool { return b.Path == "warc/"+f.name })
	if at < 0 || !same(w.before.Files[at]) {
		return false, nil
	}
	old := filepath.Join(w.before.Dir, "warc", f.name)
	if there, err := os.Lstat(old); err != nil || there.Size() != f.length || !there.Mode().IsRegular() {
		return false, nil
	}
	if err := os.Link(old, filepath.Join(w.dir, "warc", f.name)); err != nil {
		return false, nil // another file system, or one without links
	}
	got := w.before.Files[at]
	got.Closed, got.linked = true, true
	w.copied[f.name], w.checked[f.name] = got, true
	return true, nil
}

// copy copies the first bytes of a file, or all of it when length is 0, into the backup.
func (w *backupWriter) copy(from, name string, length int64, mode fs.FileMode, doing func(int64)) (BackupFile, error) {
	src, err := os.Open(from)
	if err != nil {
		return BackupFile{}, err
	}
	defer src.Close()
	info, err := src.Stat() // before it is read, so that a change while it is shows
	if err != nil {
		return BackupFile{}, err
	}
	if length == 0 {
		length = info.Size()
	}
	size, sum, err := copyFile(w.ctx, io.LimitReader(src, length), filepath.Join(w.dir, name), mode, doing)
	return BackupFile{Path: filepath.ToSlash(name), Size: size, SHA256: sum, Modified: info.ModTime()}, err
}

// copyFile writes a new file, waits until it is on the disk, and returns its size and digest.
func copyFile(ctx context.Context, r io.Reader, to string, mode fs.FileMode, doing func(int64)) (size int64, sum string, err error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return 0, "", err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, h, progressWriter{ctx, &size, doing}), r)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	return size, hex.EncodeToString(h.Sum(nil)), err
}

// progressWriter counts bytes, tells of them, and ends a copy with its context.
type progressWriter struct {
	ctx   context.Context
	n     *int64
	doing func(int64)
}

func (p progressWriter) Write(b []byte) (int, error) {
	*p.n += int64(len(b))
	if p.doing != nil {
		p.doing(*p.n)
	}
	return len(b), p.ctx.Err()
}

// erase does in the copy what Forget had committed and not yet done in the archive: the copy may have met it half done, and is
// not to hold what is forgotten.
func (w *backupWriter) erase(database string, files []checkedFile, pending []span) error {
	if len(pending) == 0 {
		return nil
	}
	for _, s := range pending {
		for _, f := range files {
			if _, there := w.copied[f.name]; f.id != s.warc || !there {
				continue
			}
			if err := overwrite(filepath.Join(w.dir, "warc", f.name), s, time.Now()); err != nil {
				return err
			}
		}
	}
	for name, f := range w.copied { // their digests are others now
		if w.checked[name] {
			continue
		}
		var err error
		if _, f.SHA256, err = hashFile(w.ctx, filepath.Join(w.dir, "warc", name), nil); err != nil {
			return err
		}
		w.copied[name] = f
	}
	db, err := openDatabase(database, "", 1)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(w.ctx, `DELETE FROM erasures`)
	return errors.Join(err, db.Close())
}

// check holds the copied files against the copied database.
func (w *backupWriter) check(files []checkedFile) ([]Finding, error) {
	copied, err := OpenReadOnly(w.dir)
	if err != nil {
		return nil, err
	}
	defer copied.Close()
	o := CheckOptions{Deep: true, Doing: func(_ string, done, total int64) { w.doing("copies, which are read again", done, total) }}
	findings, err := copied.checkFiles(w.ctx, o, func(name string) bool { return !w.checked[name] })
	if err != nil || len(findings) > 0 {
		return findings, err
	}
	for _, f := range files {
		w.checked[f.name] = f.closed
	}
	return nil, nil
}

// forgottenMeanwhile says whether the archive has forgotten anything that the copied database knows.
func (w *backupWriter) forgottenMeanwhile(database string) (bool, error) {
	db, err := openDatabase(database, "&mode=ro", 1)
	if err != nil {
		return false, err
	}
	defer db.Close()
	var last int64
	if err := db.QueryRowContext(w.ctx, `SELECT coalesce(max(id), 0) FROM ledger`).Scan(&last); err != nil {
		return false, err
	}
	var then, now [2]int
	const query = `SELECT (SELECT count(*) FROM captures WHERE forgotten IS NOT NULL), (SELECT count(*) FROM ledger WHERE id <= ? AND warc IS NULL)`
	if err := db.QueryRowContext(w.ctx, query, last).Scan(&then[0], &then[1]); err != nil {
		return false, err
	}
	err = w.a.read(w.ctx, query, []any{last}, func(scan func(...any) error) error { return scan(&now[0], &now[1]) })
	return then != now, err
}

// finish writes the digest of the database and the manifest, and waits for the disk.
func (w *backupWriter) finish() error {
	size, sum, err := hashFile(w.ctx, filepath.Join(w.dir, databaseName), nil)
	if err != nil {
		return err
	}
	database := BackupFile{Path: databaseName, Size: size, SHA256: sum, Modified: w.Made}
	w.Files = append([]BackupFile{database}, w.Files...)
	f, err := os.Open(filepath.Join(w.dir, databaseName))
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close(), w.writeManifest(w.dir)); err != nil {
		return err
	}
	return errors.Join(syncFolder(filepath.Join(w.dir, "warc")), syncFolder(w.dir))
}

// removeOlder removes all but the latest of the older backups.
func (w *backupWriter) removeOlder(older []Backup, keep int) error {
	for len(older) > keep {
		if err := removeBackup(older[0].Dir); err != nil {
			return err
		}
		w.Removed = append(w.Removed, older[0].Dir)
		older = older[1:]
	}
	return nil
}
