package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	manifestName  = "manifest.json"
	partialSuffix = ".partial" // of a backup that is being written or removed
	backupPrefix  = "blotter-"
	backupFormat  = 1 // rises when an older program could not restore it
)

// Backup is a copy of an archive, as its manifest tells.
type Backup struct {
	Dir      string       `json:"-"`
	Format   int          `json:"format"`
	Made     time.Time    `json:"made"`
	Software string       `json:"software"`
	Archive  string       `json:"archive"` // the id of the archive
	Schema   int          `json:"schema"`
	Seq      int64        `json:"seq"` // the last change that it holds
	Articles int          `json:"articles"`
	Captures int          `json:"captures"`
	Files    []BackupFile `json:"files"`
	Damaged  []string     `json:"damaged,omitempty"` // what was wrong with the archive's own WARC files

	Linked  int64    `json:"-"` // bytes that were linked from the backup before
	Removed []string `json:"-"` // older backups
}

// BackupFile is a file of a backup.
type BackupFile struct {
	Path     string    `json:"path"` // under the backup's folder, with slashes
	Size     int64     `json:"size"`
	SHA256   string    `json:"sha256"`
	Modified time.Time `json:"modified"`         // the last change of the file it was copied from
	Closed   bool      `json:"closed,omitempty"` // a WARC file to which nothing is added any more

	linked bool // from the backup before
}

// Bytes is the size of all files.
func (b *Backup) Bytes() (n int64) {
	for _, f := range b.Files {
		n += f.Size
	}
	return n
}

// HasConfig says whether the configuration was copied too.
func (b *Backup) HasConfig() bool {
	return slices.ContainsFunc(b.Files, func(f BackupFile) bool { return strings.HasPrefix(f.Path, "config/") })
}

// ReadBackup reads the manifest of the backup in path, or of the latest of those in path.
func ReadBackup(path string) (Backup, error) {
	b, err := readManifest(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	all, err := backups(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Backup{}, fmt.Errorf("%s: there is no such folder; name one that 'blotter backup' has written to", path)
	}
	if err != nil {
		return Backup{}, err
	}
	if len(all) == 0 {
		return Backup{}, fmt.Errorf("%s: neither a backup nor a folder with backups: it has no %s, and no folder %s* that has one",
			path, manifestName, backupPrefix)
	}
	return all[len(all)-1], nil
}

func readManifest(dir string) (Backup, error) {
	path := filepath.Join(dir, manifestName)
	data, err := os.ReadFile(path)
	if err != nil {
		return Backup{}, err
	}
	b := Backup{Dir: dir}
	if err := json.Unmarshal(data, &b); err != nil {
		return Backup{}, fmt.Errorf("%s: %w: use another backup", path, err)
	}
	if b.Format != backupFormat {
		return Backup{}, fmt.Errorf("%s: of format %d, this blotter knows %d: use the blotter that wrote it (%s)", path, b.Format, backupFormat, b.Software)
	}
	for _, f := range b.Files {
		if !f.known() {
			return Backup{}, fmt.Errorf("%s: %q is no file of a backup: use another backup", path, f.Path)
		}
	}
	return b, nil
}

// known says whether a path is one that a backup has; a manifest from elsewhere must not reach out of its folder, nor out of the
// one of two that a restore puts the file into: config/../x is local to the backup and lies beside the configuration.
func (f *BackupFile) known() bool {
	folder, _, inFolder := strings.Cut(f.Path, "/")
	return path.Clean(f.Path) == f.Path && filepath.IsLocal(filepath.FromSlash(f.Path)) && !strings.Contains(f.Path, `\`) &&
		(f.Path == databaseName || inFolder && (folder == "warc" || folder == "config"))
}

func (b *Backup) writeManifest(dir string) error {
	data, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, manifestName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// backups lists the whole backups in a folder, the latest last. What it cannot read it leaves out.
func backups(dir string) ([]Backup, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []Backup
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), backupPrefix) || strings.HasSuffix(e.Name(), partialSuffix) {
			continue
		}
		if b, err := readManifest(filepath.Join(dir, e.Name())); err == nil {
			all = append(all, b)
		}
	}
	slices.SortStableFunc(all, func(x, y Backup) int { return x.Made.Compare(y.Made) }) // within a second, by name
	return all, nil
}

// sweep removes what interrupted backups and removals have left, and lists the backups of an archive, the latest last. Its caller
// holds the lock of the folder.
func sweep(dir, archive string) ([]Backup, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), backupPrefix) && strings.HasSuffix(e.Name(), partialSuffix) {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return nil, err
			}
		}
	}
	all, err := backups(dir)
	return slices.DeleteFunc(all, func(b Backup) bool { return b.Archive != archive }), err
}

// freeName is the name of a new backup.
func freeName(dir string, made time.Time) string {
	base := backupPrefix + made.UTC().Format("20060102T150405Z")
	name := base
	for n := 2; ; n++ {
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
			return name
		}
		name = fmt.Sprintf("%s-%d", base, n) // two in one second
	}
}

// removeBackup removes a backup, so that half of one never looks whole.
func removeBackup(dir string) error {
	part := dir
	if !strings.HasSuffix(dir, partialSuffix) {
		part += partialSuffix
		if err := os.Rename(dir, part); err != nil {
			return err
		}
	}
	return os.RemoveAll(part)
}

// hashFile returns the size of a file and its digest.
func hashFile(ctx context.Context, path string, doing func(int64)) (size int64, sum string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(h, progressWriter{ctx, &size, doing}), f)
	return size, hex.EncodeToString(h.Sum(nil)), err
}
