package archive

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// databaseSize is what the database takes of the disk, with its log of changes.
func databaseSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	size := info.Size()
	if log, err := os.Stat(path + "-wal"); err == nil {
		size += log.Size()
	}
	return size, nil
}

// snapshot writes the database at path as it is now into a new file, beside whoever writes to it, in this process or another.
//
// It is VACUUM INTO and not SQLite's backup API. That one, going step by step, begins again after each commit of another
// connection, and beside a busy crawl never came to an end (606 times in 15 s). Within a transaction of its own it does, and in
// half the time; but it copies unused pages too, where what was forgotten may still stand, and a damaged page as it is.
// VACUUM INTO reads every row, so that what cannot be read is an error now, and not when the copy is needed.
func snapshot(ctx context.Context, path, to string, doing func(done, total int64)) error {
	total, err := databaseSize(path)
	if err != nil {
		return err
	}
	if err := roomFor(filepath.Dir(to), total); err != nil {
		return err
	}
	mode := "&mode=ro"
	if !writable(filepath.Dir(path)) {
		mode += "&immutable=1" // see openReadOnly
	}
	db, err := openDatabase(path, mode, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	// SQLite would make the file readable by all; an empty one it takes for a new one.
	f, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	stop := watchSize(f, total, doing)
	_, err = db.ExecContext(ctx, `VACUUM INTO ?`, to)
	stop()
	if err == nil {
		err = f.Sync() // SQLite leaves that to us
	}
	if err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

// watchSize tells how far a file has grown until it is stopped.
func watchSize(f *os.File, total int64, doing func(done, total int64)) (stop func()) {
	if doing == nil {
		return func() {}
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if info, err := f.Stat(); err == nil {
					doing(min(info.Size(), total), total)
				}
			case <-end:
				return
			}
		}
	}()
	return func() { close(end); <-ended }
}

// replaceBySnapshot is snapshot into a file that may be there already, which it replaces when the new one is whole.
func replaceBySnapshot(ctx context.Context, path, to string) error {
	part := to + ".partial"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := snapshot(ctx, path, part, nil); err != nil {
		return err
	}
	return errors.Join(os.Rename(part, to), syncFolder(filepath.Dir(to)))
}

// syncFolder waits until the names in a folder are on the disk.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
