package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// RestoreOptions say what of a backup is put where.
type RestoreOptions struct {
	Config string // a folder for the configuration that the backup holds, which must not be there yet; "": it is left out

	// Doing is told what is done, and how many bytes of how many; may be nil.
	Doing func(what string, done, total int64)
}

// Restore makes the archive of a backup in dir, which must be empty or not there. It compares every file of the backup with its
// digest before it writes the first, and again while it copies. The index is not part of a backup: it is built from
// the archive.
func Restore(ctx context.Context, b Backup, dir string, o RestoreOptions) error {
	r := restorer{Backup: b, ctx: ctx, to: dir, options: o, total: b.Bytes()}
	err := r.restore()
	if err != nil {
		for _, path := range r.made {
			_ = os.Remove(path) // what is worth telling is why; a folder that holds something stays
		}
		return fmt.Errorf("restore %s: %w", b.Dir, err)
	}
	return nil
}

// restorer puts one backup back.
type restorer struct {
	Backup
	ctx         context.Context
	to          string
	options     RestoreOptions
	done, total int64
	made        []string // to be removed when it does not succeed
}

func (r *restorer) restore() error {
	if err := r.refuse(); err != nil {
		return err
	}
	for i := range r.Files {
		if err := r.sound(&r.Files[i]); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(r.to, "warc"), 0o700); err != nil {
		return err
	}
	held, err := lock(r.to)
	if err != nil {
		return err
	}
	defer held.Close()
	defer func() {
		if !exists(filepath.Join(r.to, databaseName)) {
			r.made = append(r.made, filepath.Join(r.to, "lock"), filepath.Join(r.to, "warc"))
		}
	}()
	if err := roomFor(r.to, r.total); err != nil {
		return err
	}
	r.done = 0
	var database *BackupFile
	for i := range r.Files {
		f := &r.Files[i]
		switch {
		case f.Path == databaseName:
			database = f
		case strings.HasPrefix(f.Path, "warc/"):
			err = r.put(f, filepath.Join(r.to, filepath.FromSlash(f.Path)))
		case r.options.Config != "":
			err = r.put(f, filepath.Join(r.options.Config, filepath.FromSlash(strings.TrimPrefix(f.Path, "config/"))))
		}
		if err != nil {
			return err
		}
	}
	if database == nil {
		return fmt.Errorf("it holds no %s: use another backup", databaseName)
	}
	// The database comes last and at once: without it there is no archive, so that half of one is never taken for it.
	part := filepath.Join(r.to, databaseName+partialSuffix)
	if err := r.put(database, part); err != nil {
		return err
	}
	if err := errors.Join(syncFolder(filepath.Join(r.to, "warc")), os.Rename(part, filepath.Join(r.to, databaseName))); err != nil {
		return err
	}
	r.made = nil
	return syncFolder(r.to)
}

// refuse says why there is nothing to be put into the folders.
func (r *restorer) refuse() error {
	entries, err := os.ReadDir(r.to)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty (it holds %s): name a new folder, or move that one away", r.to, entries[0].Name())
	}
	if r.options.Config == "" {
		return nil
	}
	for _, f := range r.Files {
		name, ok := strings.CutPrefix(f.Path, "config/")
		if path := filepath.Join(r.options.Config, filepath.FromSlash(name)); ok && exists(path) {
			return fmt.Errorf("%s is there already: name a new folder for the configuration, or leave --config away", path)
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// sound compares a file of the backup with its digest.
func (r *restorer) sound(f *BackupFile) error {
	path := filepath.Join(r.Dir, filepath.FromSlash(f.Path))
	size, sum, err := hashFile(r.ctx, path, func(n int64) { r.doing("checking the backup", n) })
	if err != nil {
		return err
	}
	r.done += size
	return f.same(path, size, sum)
}

func (f *BackupFile) same(path string, size int64, sum string) error {
	if size != f.Size || sum != f.SHA256 {
		return fmt.Errorf("%s does not match its digest in %s: use another backup", path, manifestName)
	}
	return nil
}

func (r *restorer) doing(what string, n int64) {
	if r.options.Doing != nil {
		r.options.Doing(what, r.done+n, r.total)
	}
}

// put copies one file.
func (r *restorer) put(f *BackupFile, to string) error {
	from := filepath.Join(r.Dir, filepath.FromSlash(f.Path))
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	mode := fs.FileMode(0o600)
	if f.Closed {
		mode = 0o400
	}
	r.made = append(r.made, to)
	size, sum, err := copyFile(r.ctx, src, to, mode, func(n int64) { r.doing("restoring", n) })
	if err != nil {
		return err
	}
	r.done += size
	// The time says to the next backup that it need not copy the file again.
	return errors.Join(f.same(from, size, sum), os.Chtimes(to, f.Modified, f.Modified))
}
