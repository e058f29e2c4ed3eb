package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// NoRoomError says that a disk has not the room for what was to be written.
type NoRoomError struct {
	Dir         string
	Need, Spare int64
}

// Error names the folder, both figures and what to do.
func (e *NoRoomError) Error() string {
	return fmt.Sprintf("%s: it takes %d MB, and the disk has %d MB to spare: make room, or name a folder on another disk",
		e.Dir, e.Need/1e6+1, e.Spare/1e6)
}

// FreeSpace is how many bytes this user may still write to the disk that holds path, and how many files.
func FreeSpace(path string) (bytes, files int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, 0, fmt.Errorf("%s: disk space: %w", path, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), int64(s.Ffree), nil
}

// roomFor returns a *NoRoomError when the disk of dir has not the room for so many bytes, and some to go on with.
func roomFor(dir string, bytes int64) error {
	const margin = 32 << 20
	spare, _, err := FreeSpace(dir)
	if err != nil {
		return err
	}
	if spare < bytes+margin {
		return &NoRoomError{dir, bytes + margin, spare}
	}
	return nil
}

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
