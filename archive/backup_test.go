package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"blotter/internal/race"
)

// several is an archive of a few articles, each record in a WARC file of its own that is closed, but for the last.
func several(t testing.TB, n int) (*Archive, []string) {
	t.Helper()
	a := open(t, t.TempDir(), Options{MaxWARC: 1})
	var urls []string
	for i := range n {
		url := fmt.Sprintf("https://example.org/%d", i)
		urls = append(urls, url)
		keep(t, a, page("s", url, fmt.Sprintf("%s\n%s\nred %d", url, secret, i), hours(i)))
	}
	derive(t, a, "1", readPage)
	tag(t, a, "r", "red")
	return a, urls
}

func backup(t testing.TB, a *Archive, to string, o BackupOptions) Backup {
	t.Helper()
	b, err := a.Backup(t.Context(), to, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// restored puts a backup into a new folder, opens it and makes sure that it is whole.
func restored(t testing.TB, b Backup) *Archive {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := Restore(t.Context(), b, dir, RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	a, err := OpenReadOnly(dir) // before anything is tidied up
	if err != nil {
		t.Fatal(err)
	}
	check(t, a)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, dir, Options{MaxWARC: 1})
}

func TestBackup(t *testing.T) {
	a, urls := several(t, 4)
	to := t.TempDir()
	yaml := filepath.Join(t.TempDir(), "blotter.yaml")
	if err := os.WriteFile(yaml, []byte("contact: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := backup(t, a, to, BackupOptions{Software: "blotter test", Config: map[string]string{"blotter.yaml": yaml}})
	if b.Articles != 4 || b.Captures != 4 || b.Archive != a.ID() || b.Seq != 8 || len(b.Damaged) > 0 || b.Linked != 0 {
		t.Errorf("%+v", b)
	}
	read, err := ReadBackup(to)
	if err != nil || read.Dir != b.Dir || len(read.Files) != len(b.Files) || !read.HasConfig() || read.Software != "blotter test" {
		t.Errorf("%+v, %v", read, err)
	}
	err = filepath.WalkDir(b.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode()&0o077 != 0 {
			t.Errorf("%s: others may read it: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := Open(b.Dir, Options{}); err == nil || !strings.Contains(err.Error(), "blotter restore") {
		t.Errorf("a backup can be written to: %v", err)
	}
	keep(t, a, page("s", urls[0], urls[0]+"\nT\nred since", hours(9)))
	r := restored(t, read)
	for _, url := range urls {
		if then, now := printed(t, a, url), printed(t, r, url); now == "" || then != now {
			t.Errorf("it was\n%s\nand is\n%s", then, now)
		}
	}
	keep(t, r, page("s", "https://example.org/new", "https://example.org/new\nT\nred", hours(10)))
	derive(t, r, "1", readPage)
	check(t, r)
}

// A nightly backup costs what is new: files that did not change are the same files on the disk, in the archive's
// backups as in those of an archive that was put back. What is forgotten is in no later one, and in the earlier as it was.
func TestBackupLinks(t *testing.T) {
	race.Skip(t)
	a, urls := several(t, 4)
	to := t.TempDir()
	first := backup(t, a, to, BackupOptions{})
	same := func(x, y Backup) (n int) {
		for _, f := range x.Files {
			one, err1 := os.Stat(filepath.Join(x.Dir, f.Path))
			two, err2 := os.Stat(filepath.Join(y.Dir, f.Path))
			if err1 == nil && err2 == nil && os.SameFile(one, two) {
				n++
			}
		}
		return n
	}
	second := backup(t, a, to, BackupOptions{})
	if n := same(first, second); n != 3 || second.Linked == 0 || second.Linked >= second.Bytes() {
		t.Errorf("%d files are shared, want the 3 closed ones", n)
	}
	r := restored(t, second)
	if n := same(second, backup(t, r, to, BackupOptions{})); n != 3 {
		t.Errorf("%d files are shared with the backup of what was put back", n)
	}
	forget(t, a, urls[1])
	third := backup(t, a, to, BackupOptions{})
	if n := same(second, third); n != 2 {
		t.Errorf("%d files are shared after one was forgotten, want 2", n)
	}
	for _, url := range []string{urls[0], urls[2], urls[3]} {
		forget(t, a, url)
	}
	last := backup(t, a, to, BackupOptions{})
	if names := holding(t, &Archive{dir: last.Dir}); names != nil {
		t.Errorf("what is forgotten stands in %q", names)
	}
	for _, b := range []Backup{first, second, third, last} {
		restored(t, b)
	}
}

// While it reads, others keep and forget.
func TestBackupBesideWriters(t *testing.T) {
	a, urls := several(t, 10)
	reader, err := OpenReadOnly(a.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	var writers sync.WaitGroup
	stop := make(chan struct{})
	writers.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			url := fmt.Sprintf("https://example.org/more/%d", i)
			if _, err := a.Keep(context.Background(), []Fetch{page("s", url, url+"\nT\nred", hours(i))}); err != nil {
				t.Error(err)
			}
		}
	})
	writers.Go(func() {
		for _, url := range urls[:5] {
			if _, err := a.Forget(context.Background(), url); err != nil {
				t.Error(err)
			}
		}
	})
	to := t.TempDir()
	for range 3 {
		b, err := reader.Backup(t.Context(), to, BackupOptions{})
		if err != nil {
			t.Error(err)
			break
		}
		if len(b.Damaged) > 0 {
			t.Error(b.Damaged)
		}
		restored(t, b)
	}
	close(stop)
	writers.Wait()
}

// A record that is overwritten between the copy of the database and that of its file makes the backup begin again.
func TestBackupBeginsAgain(t *testing.T) {
	a, urls := several(t, 4)
	rounds, forgotten := 0, false
	last := ""
	o := BackupOptions{Doing: func(what string, _, _ int64) {
		if what == "WARC files" && last != what {
			rounds++
		}
		if last = what; what == "WARC files" && !forgotten {
			forgotten = true
			if _, err := a.Forget(context.Background(), urls[3]); err != nil {
				t.Error(err)
			}
		}
	}}
	b := backup(t, a, t.TempDir(), o)
	if len(b.Damaged) > 0 || b.Articles != 3 || rounds < 2 {
		t.Errorf("after %d rounds %+v", rounds, b)
	}
	restored(t, b)
}

// Forget has committed and not yet overwritten: the backup does not hold what is forgotten.
func TestBackupErases(t *testing.T) {
	a, urls := several(t, 3)
	to := t.TempDir()
	backup(t, a, to, BackupOptions{})
	err := a.update(t.Context(), func(tx *tx) error {
		_, err := tx.forgetAll(urls)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b := backup(t, a, to, BackupOptions{})
	if names := holding(t, &Archive{dir: b.Dir}); names != nil {
		t.Errorf("what is forgotten stands in %q", names)
	}
	restored(t, b)
}

func TestBackupOfDamage(t *testing.T) {
	a, _ := several(t, 3)
	to := t.TempDir()
	first := backup(t, a, to, BackupOptions{})
	b := backup(t, a, to, BackupOptions{Keep: 1})
	if exists(first.Dir) || len(b.Removed) != 1 {
		t.Errorf("the older one was not removed: %q", b.Removed)
	}
	flip(t, filepath.Join(a.dir, b.Files[len(b.Files)-1].Path), 700) // the open file, which is copied each time
	damaged := backup(t, a, to, BackupOptions{Keep: 1})
	if len(damaged.Damaged) == 0 || !exists(b.Dir) {
		t.Errorf("damage %q; the sound one is there: %v", damaged.Damaged, exists(b.Dir))
	}
}

// flip changes one byte of a file.
func flip(t testing.TB, path string, at int64) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[min(at, int64(len(text)-1))] ^= 0x55
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, text, 0), os.Chmod(path, info.Mode())); err != nil {
		t.Fatal(err)
	}
}

// A backup that is ended leaves nothing, and what one that was killed has left is no backup and is tidied up.
func TestBackupEnded(t *testing.T) {
	a, _ := several(t, 3)
	to := t.TempDir()
	for _, at := range []string{"database", "WARC files"} {
		ctx, cancel := context.WithCancel(t.Context())
		o := BackupOptions{Doing: func(what string, _, _ int64) {
			if what == at {
				cancel()
			}
		}}
		if _, err := a.Backup(ctx, to, o); !errors.Is(err, context.Canceled) {
			t.Errorf("ended: %v", err)
		}
		entries, err := os.ReadDir(to)
		if err != nil || len(entries) != 1 || entries[0].Name() != "lock" {
			t.Errorf("%v, %v", entries, err)
		}
	}
	b := backup(t, a, to, BackupOptions{})
	half := filepath.Join(to, "blotter-20990101T000000Z"+partialSuffix)
	if err := os.CopyFS(half, os.DirFS(b.Dir)); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadBackup(to); err != nil || got.Dir != b.Dir {
		t.Errorf("%s, %v", got.Dir, err)
	}
	backup(t, a, to, BackupOptions{})
	if exists(half) {
		t.Error("half a backup is still there")
	}
	held, err := lock(to)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	var locked *LockedError
	if _, err := a.Backup(t.Context(), to, BackupOptions{}); !errors.As(err, &locked) {
		t.Errorf("beside another: %v", err)
	}
}

func TestRestoreRefuses(t *testing.T) {
	a, _ := several(t, 2)
	b := backup(t, a, t.TempDir(), BackupOptions{})
	dir := filepath.Join(t.TempDir(), "data")
	for _, f := range b.Files {
		path := filepath.Join(b.Dir, f.Path)
		flip(t, path, f.Size/2)
		wantError(t, Restore(t.Context(), b, dir, RestoreOptions{}), path, "does not match its digest", "use another backup")
		flip(t, path, f.Size/2)
	}
	if exists(dir) {
		t.Error("it wrote before it had checked all")
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := Restore(ctx, b, dir, RestoreOptions{Doing: func(what string, _, _ int64) {
		if what == "restoring" {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
	if err := Restore(t.Context(), b, dir, RestoreOptions{}); err != nil {
		t.Errorf("again after it was ended: %v", err)
	}
	wantError(t, Restore(t.Context(), b, dir, RestoreOptions{}), "is not empty", "name a new folder")
	for _, path := range []string{"../x", "warc/../../x", "/x", "index/x", `warc/..\x`,
		"config/../x", "config/../cron.d/x", "warc/../lock", "config//x", "config/."} {
		text, err := os.ReadFile(filepath.Join(b.Dir, manifestName))
		if err != nil {
			t.Fatal(err)
		}
		other := t.TempDir()
		quoted := strings.ReplaceAll(path, `\`, `\\`)
		text = bytes.Replace(text, []byte(`"`+databaseName+`"`), []byte(`"`+quoted+`"`), 1)
		if err := os.WriteFile(filepath.Join(other, manifestName), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadBackup(other); err == nil || !strings.Contains(err.Error(), "no file of a backup") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := ReadBackup(t.TempDir()); err == nil || !strings.Contains(err.Error(), "neither a backup nor") {
		t.Error(err)
	}
}
