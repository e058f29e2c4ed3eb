package index

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	bleveindex "github.com/blevesearch/bleve_index_api"

	"blotter"
)

// childEnv names what a copy of the test binary is to do in place of the tests.
const childEnv = "BLOTTER_INDEX_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir, ok := strings.CutPrefix(os.Getenv(childEnv), "write "); ok {
		childWrites(dir)
	}
	log.SetOutput(io.Discard) // Bleve logs what it finds damaged, and many tests damage it
	os.Exit(m.Run())
}

// childWrites opens the index and writes batch after batch until it is killed. It prints each seq once Update has
// returned. After batch n the index holds n articles and one that each batch writes anew.
func childWrites(dir string) {
	b, err := OpenBleve(dir, "archive")
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	seq, err := b.Seq()
	for ; err == nil; seq++ {
		fmt.Println(seq)
		batch := []blotter.Article{made(int(seq)), {ID: "same", Title: fmt.Sprintf("Change %d", seq+1)}}
		err = b.Update(context.Background(), batch, nil, seq+1)
	}
	fmt.Println("error", err)
	os.Exit(1)
}

// made makes an article that is like no other.
func made(n int) blotter.Article {
	return blotter.Article{
		ID:    fmt.Sprintf("made%d", n),
		Title: fmt.Sprintf("Number %d", n),
		Body:  strings.Repeat(fmt.Sprintf("The report numbered %d speaks of item%d.\n\n", n, n%10), 20),
	}
}

// startChild starts a writer on dir, and returns it with its output once it holds the index.
func startChild(t *testing.T, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"=write "+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = child.Process.Kill(); _ = child.Wait() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() || strings.HasPrefix(lines.Text(), "error") {
		t.Fatalf("child did not start: %s", lines.Text())
	}
	return child, lines
}

func TestInUse(t *testing.T) {
	dir := t.TempDir()
	child, lines := startChild(t, dir)
	go func() {
		for lines.Scan() { // so that the child does not wait for a reader
		}
	}()

	begun := time.Now()
	_, err := OpenBleve(dir, "archive")
	var inUse *InUseError
	if !errors.As(err, &inUse) || inUse.PID != child.Process.Pid || inUse.Dir != dir {
		t.Fatalf("OpenBleve beside another process: %v, want an InUseError with pid %d", err, child.Process.Pid)
	}
	if waited := time.Since(begun); waited > 5*time.Second {
		t.Errorf("OpenBleve waited %v to say so", waited)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	b, err := OpenBleve(dir, "archive")
	if err != nil {
		t.Fatalf("after the other process was killed: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func TestInUseByThisProcess(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, "archive")
	var inUse *InUseError
	if _, err := OpenBleve(dir, "archive"); !errors.As(err, &inUse) {
		t.Errorf("second OpenBleve: %v, want an InUseError", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir, "archive")
}

// TestKill kills a writer at any moment, time and again on one index. What it said is written is there, and the
// index is never between two batches.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	before := int64(0)
	for kill := 0; kill < 8 || before == 0 && kill < 80; kill++ {
		child, lines := startChild(t, dir)
		said, _ := strconv.ParseInt(lines.Text(), 10, 64)
		if said < before {
			t.Fatalf("a new writer begins at seq %d, but %d was there", said, before)
		}
		after := rand.N(60 * time.Millisecond * time.Duration(1+kill/8)) // longer where none came to write
		timer := time.AfterFunc(after, func() { _ = child.Process.Kill() })
		for lines.Scan() {
			n, err := strconv.ParseInt(lines.Text(), 10, 64)
			if err != nil {
				break // half a line, or the child's own error
			}
			said = n
		}
		_ = child.Wait()
		timer.Stop()

		b := open(t, dir, "archive")
		seq, err := b.Seq()
		if err != nil || seq < said {
			t.Fatalf("killed after %v: seq is %d, %v; the writer had said %d", after, seq, err, said)
		}
		want := 0
		if seq > 0 {
			want = int(seq) + 1
		}
		if n, err := b.Count(); err != nil || n != want {
			t.Fatalf("killed after %v: %d articles at seq %d, %v; want %d", after, n, seq, err, want)
		}
		before = seq
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if before == 0 {
		t.Error("no writer wrote anything")
	}
}

// open opens an index and closes it when the test ends, if the test has not.
func open(t *testing.T, dir, archive string) *Bleve {
	t.Helper()
	b, err := OpenBleve(dir, archive)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// filled makes an index of three batches in dir and closes it.
func filled(t *testing.T, dir string) {
	t.Helper()
	b := open(t, dir, "archive")
	for n := range 3 {
		if err := b.Update(t.Context(), []blotter.Article{made(2 * n), made(2*n + 1)}, nil, int64(n+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

func wantState(t *testing.T, x Index, seq int64, count int) {
	t.Helper()
	if got, err := x.Seq(); err != nil || got != seq {
		t.Errorf("Seq = %d, %v; want %d", got, err, seq)
	}
	if got, err := x.Count(); err != nil || got != count {
		t.Errorf("Count = %d, %v; want %d", got, err, count)
	}
	if got, err := x.Search(context.Background(), Request{}); err != nil || got.Total != count {
		t.Errorf("a search for everything finds %d, %v; want %d", got.Total, err, count)
	}
}

// TestRebuild spoils an index in some way and opens it again: it must be empty and usable, or, where spoiled is
// false, as it was.
func TestRebuild(t *testing.T) {
	tests := []struct {
		name    string
		spoil   func(t *testing.T, dir string)
		archive string
		spoiled bool
	}{
		{"untouched", func(*testing.T, string) {}, "archive", false},
		{"another archive", func(*testing.T, string) {}, "other", true},
		{"no list of checked files", remove(checkedFile), "archive", false},
		{"half a removal", func(t *testing.T, dir string) {
			rename(t, filepath.Join(dir, storeDir), filepath.Join(dir, discardDir))
		}, "archive", true},
		{"older mapping", setMapping, "archive", true},
		{"marked by a search", write(damagedFile, ""), "archive", true},
		{"folder deleted", remove(storeDir), "archive", true},
		{"root.bolt deleted", remove(storeDir + "/root.bolt"), "archive", true},
		{"root.bolt empty", write(storeDir+"/root.bolt", ""), "archive", true},
		{"root.bolt of noise", write(storeDir+"/root.bolt", strings.Repeat("no bolt ", 8192)), "archive", true},
		{"root.bolt cut", edit("root.bolt", func(b []byte) []byte { return b[:4096] }), "archive", true},
		{"segment deleted", edit("*.zap", func([]byte) []byte { return nil }), "archive", true},
		{"segment cut", edit("*.zap", func(b []byte) []byte { return b[:len(b)-100] }), "archive", true},
		{"segment half", edit("*.zap", func(b []byte) []byte { return b[:len(b)/2] }), "archive", true},
		{"bit flipped", edit("*.zap", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }), "archive", true},
		{"first byte flipped", edit("*.zap", func(b []byte) []byte { b[0] ^= 0xff; return b }), "archive", true},
		{"half a segment left by a crash", func(t *testing.T, dir string) {
			remove(checkedFile)(t, dir)
			write(storeDir+"/00000000ffff.zap", "half")(t, dir)
		}, "archive", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			filled(t, dir)
			test.spoil(t, dir)
			b := open(t, dir, test.archive)
			if !test.spoiled {
				wantState(t, b, 3, 6)
				return
			}
			wantState(t, b, 0, 0)
			if err := b.Update(t.Context(), []blotter.Article{made(1)}, nil, 7); err != nil {
				t.Fatal(err)
			}
			wantState(t, b, 7, 1)
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			wantState(t, open(t, dir, test.archive), 7, 1)
		})
	}
}

func remove(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func write(name, text string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// edit changes every file of the store that the pattern names; nil deletes it.
func edit(pattern string, change func([]byte) []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		names, err := filepath.Glob(filepath.Join(dir, storeDir, pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("no file %s to spoil: %v", pattern, err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if data = change(data); data == nil {
				err = os.Remove(name)
			} else {
				err = os.WriteFile(name, data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func setMapping(t *testing.T, dir string) {
	b := open(t, dir, "archive")
	batch := bleveindex.NewBatch()
	batch.SetInternal([]byte(keyMapping), []byte("0"))
	if err := b.store.Batch(batch); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDamageAtSearch damages a segment under an open index: the search fails and says so, and the next opening
// builds anew. There is one segment only, so that Bleve has nothing to merge: a merge of a file that was cut would
// end the process.
func TestDamageAtSearch(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, "archive")
	if err := b.Update(t.Context(), []blotter.Article{made(1), made(2)}, nil, 1); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = open(t, dir, "archive")
	edit("*.zap", func(data []byte) []byte { return data[:0:0] })(t, dir)
	if _, err := b.Search(t.Context(), Request{Limit: 10}); !errors.Is(err, ErrDamaged) {
		t.Fatalf("search in a cut file: %v, want ErrDamaged", err)
	}
	if err := b.Close(); err != nil {
		t.Log(err)
	}
	wantState(t, open(t, dir, "archive"), 0, 0)
}

// TestDamageAtUpdate damages what Bleve writes to under an open index: Bleve's writer panics, and the update must
// come back all the same.
func TestDamageAtUpdate(t *testing.T) {
	dir := t.TempDir()
	filled(t, dir)
	b := open(t, dir, "archive")
	b.patience = time.Second
	var err error
	for n := 0; n < 20 && err == nil; n++ { // again where Bleve has just mended it with what it had in memory
		overwrite(t, filepath.Join(dir, storeDir, "root.bolt"))
		err = b.Update(t.Context(), []blotter.Article{made(9)}, nil, 4)
	}
	if !errors.Is(err, ErrDamaged) {
		t.Fatalf("update over a damaged file: %v, want ErrDamaged", err)
	}
	if _, err := b.Seq(); !errors.Is(err, ErrDamaged) {
		t.Errorf("Seq of a damaged index: %v, want ErrDamaged", err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	wantState(t, open(t, dir, "archive"), 0, 0)
}

// overwrite fills a file with noise in its place: one that is cut, even for a moment, would end the process.
func overwrite(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, int(info.Size())), 0); err != nil {
		t.Fatal(err)
	}
}

// TestFailedBatch lets a batch fail: folders stand where Bleve wants to write its next files. The index is then as
// it was before, and takes the batch afterwards. There is one segment only, so that Bleve has nothing to merge: a merge
// that fails is tried again under the next name, until it is past the folders.
func TestFailedBatch(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, "archive")
	if err := b.Update(t.Context(), []blotter.Article{made(1), made(2)}, nil, 3); err != nil {
		t.Fatal(err)
	}
	var blocked []string
	for n := range 20 {
		folder, name := filepath.Join(t.TempDir(), "full"), filepath.Join(dir, storeDir, fmt.Sprintf("%012x.zap", n))
		if err := os.MkdirAll(filepath.Join(folder, "so that Bleve does not tidy it away"), 0o700); err != nil {
			t.Fatal(err)
		}
		if os.Rename(folder, name) == nil { // else it is a segment of the index
			blocked = append(blocked, name)
		}
	}
	if err := b.Update(t.Context(), []blotter.Article{made(9)}, nil, 4); err == nil || errors.Is(err, ErrDamaged) {
		t.Errorf("an update without a file to write to: %v", err)
	}
	wantState(t, b, 3, 2)
	for _, name := range blocked {
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Update(t.Context(), []blotter.Article{made(9)}, nil, 4); err != nil {
		t.Fatal(err)
	}
	wantState(t, b, 4, 3)
}

// Several processes may search at once, each with the folder to itself or with other readers only.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenBleveReadOnly(filepath.Join(dir, "none"), "a"); !errors.Is(err, ErrUnusable) {
		t.Errorf("opening what is not there: %v", err)
	}
	w, err := OpenBleve(dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Update(t.Context(), []blotter.Article{{ID: "1", Title: "a raid"}}, nil, 7); err != nil {
		t.Fatal(err)
	}
	var inUse *InUseError
	if _, err := OpenBleveReadOnly(dir, "a"); !errors.As(err, &inUse) || inUse.PID != os.Getpid() {
		t.Errorf("opening beside a writer: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenBleveReadOnly(dir, "b"); !errors.Is(err, ErrUnusable) {
		t.Errorf("opening the index of another archive: %v", err)
	}
	for range 2 { // a reader leaves no trace that would stop the next one, or a writer
		var readers []*Bleve
		for range 2 {
			r, err := OpenBleveReadOnly(dir, "a")
			if err != nil {
				t.Fatal(err)
			}
			readers = append(readers, r)
			if seq, err := r.Seq(); err != nil || seq != 7 {
				t.Errorf("seq %d, %v", seq, err)
			}
			if n, err := r.Count(); err != nil || n != 1 {
				t.Errorf("%d articles, %v", n, err)
			}
		}
		if err := readers[0].Update(t.Context(), nil, nil, 8); err == nil {
			t.Error("a reader takes an update")
		}
		if _, err := OpenBleve(dir, "a"); !errors.As(err, &inUse) {
			t.Errorf("opening for writing beside readers: %v", err)
		}
		for _, r := range readers {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	w, err = OpenBleve(dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if seq, err := w.Seq(); err != nil || seq != 7 {
		t.Errorf("after readers: seq %d, %v: the index was built anew", seq, err)
	}
}

// That a disk is full stays in the chain of an error of Bleve's that only quotes it.
func TestChained(t *testing.T) {
	cause := &fs.PathError{Op: "write", Path: "5.zap", Err: syscall.ENOSPC}
	for _, err := range []error{cause, fmt.Errorf("segment: 5.zap persist err: %v", cause)} {
		if got := chained(err); !errors.Is(got, syscall.ENOSPC) || got.Error() != err.Error() {
			t.Errorf("%v became %v", err, got)
		}
	}
	if err := chained(errors.New("persist err: EOF")); errors.Is(err, syscall.ENOSPC) || chained(nil) != nil {
		t.Error(err)
	}
}
