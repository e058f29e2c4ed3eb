package archive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"blotter"
	"blotter/internal/race"
)

// small fills an archive with a little of everything.
func small(t testing.TB, o Options) *Archive {
	t.Helper()
	a := open(t, t.TempDir(), o)
	const url = "https://example.org/1"
	keep(t, a, page("s", url, url+"\nT\nred", hours(0)), page("s", url, url+"\nT\nred blue", hours(1)))
	keep(t, a, page("s", url+"0", url+"0\nT\nred", hours(0)), recordFetch("https://example.org/r", recordJSON{Title: "T"}))
	derive(t, a, "1", func(c blotter.Capture) Derived {
		if c.Purpose == blotter.PurposeRecord {
			return deriveRecord(t, c)
		}
		return readPage(c)
	})
	tag(t, a, "r", "red")
	check(t, a)
	return a
}

func onlyWARC(t testing.TB, a *Archive) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(a.dir, "warc", "*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%q, %v", names, err)
	}
	return names[0]
}

// Each statement breaks one thing that Check is to find.
func TestCheckFindsRows(t *testing.T) {
	race.Skip(t)
	tests := []struct{ break_, want string }{
		{`UPDATE texts SET body = body || '.' WHERE id = 1`, "does not match its digest"},
		{`UPDATE revisions SET title = 'T!'`, "does not match its digest"},
		{`UPDATE articles SET title = 'T!'`, "does not show its newest revision"},
		{`UPDATE articles SET revision = 1`, "does not show its newest revision"},
		{`UPDATE articles SET url = url || 'x'`, "its id is not that of"},
		{`UPDATE articles SET seq = seq + 100`, "behind the last change"},
		{`UPDATE evidence SET quote = 'rad'`, "not what the text says there"},
		{`UPDATE evidence SET "end" = 1000`, "not what the text says there"},
		{`UPDATE captures SET sha256 = 'x' WHERE id = 1`, "does not match its digest"},
		{`UPDATE captures SET offset = offset + 1 WHERE id = 2`, "no whole record at byte"},
		{`UPDATE captures SET record = 'x' WHERE id = 2`, "is record"},
		{`UPDATE captures SET length = length + 1 WHERE id = 2`, "says that they are"},
		{`UPDATE captures SET length = length - 1 WHERE id = (SELECT max(id) FROM captures)`, "says that they are"},
		{`UPDATE captures SET gave = 2 WHERE id = 2`, "another number of articles"},
		{`DELETE FROM ledger WHERE id = 1`, "exactly one line"},
		{`DELETE FROM articles WHERE id = (SELECT max(id) FROM articles)`, "but it is not there"},
		{`INSERT INTO removed SELECT id, url, first_seen, 1 FROM articles LIMIT 1`, "noted as removed"},
		{`INSERT INTO texts (body) VALUES ('x')`, "no revision has it"},
		{`PRAGMA foreign_keys = 0; DELETE FROM texts WHERE id = 1`, "that is not there"},
		{`UPDATE warc_files SET length = length + 1`, "were committed"},
		{`UPDATE warc_files SET length = length - 1, closed = created`, "1 bytes behind"},
		{`UPDATE warc_files SET name = 'x'`, "no such file"},
		{`UPDATE warc_files SET name = 'x'`, "is no file of this archive"},
		{`UPDATE ledger SET length = length - 1 WHERE id = 1`, "ledger's line 1"},
		{`UPDATE ledger SET offset = offset + 1, length = length - 1 WHERE id = 2`, "ledger's line 2"},
		{`INSERT INTO erasures SELECT warc, offset, length FROM captures WHERE id = 1`, "erasure: "},
	}
	for _, test := range tests {
		t.Run(test.break_, func(t *testing.T) {
			a := small(t, Options{})
			if _, err := a.writer.ExecContext(t.Context(), test.break_); err != nil {
				t.Fatal(err)
			}
			wantError(t, checked(t, a), test.want)
		})
	}
}

// Without reading the WARC files a check sees what is wrong with the database and with the sizes of the files.
func TestCheckWithoutDepth(t *testing.T) {
	shallow := func(a *Archive) (kinds string) {
		findings, err := a.Check(t.Context(), CheckOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			kinds += string(f.Kind) + " "
		}
		return kinds
	}
	a := small(t, Options{})
	name := onlyWARC(t, a)
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		file []byte
		want string
	}{{good, ""}, {append([]byte("x"), good[1:]...), ""}, {append(bytes.Clone(good), "torn"...), ""}, {good[1:], "warc "}} {
		if err := os.WriteFile(name, test.file, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := shallow(a); got != test.want {
			t.Errorf("a file of %d bytes, where %d are right: %q, want %q", len(test.file), len(good), got, test.want)
		}
	}
	if _, err := a.writer.ExecContext(t.Context(), `UPDATE evidence SET quote = 'rad'`); err != nil {
		t.Fatal(err)
	}
	if got := shallow(a); !strings.HasPrefix(got, "evidence ") || !strings.HasSuffix(got, "warc ") {
		t.Errorf("evidence and a file are wrong: %q", got)
	}
}

// One look that finds a lot leaves the others their turn, and a WARC file those behind it.
func TestCheckGoesOn(t *testing.T) {
	a := open(t, t.TempDir(), Options{MaxWARC: 1})
	for i := range 3 {
		var fetches []Fetch
		for j := range 30 {
			url := fmt.Sprintf("https://example.org/%d/%d", i, j)
			fetches = append(fetches, page("s", url, url+"\nT\nred", hours(0)))
		}
		keep(t, a, fetches...)
	}
	derive(t, a, "1", readPage)
	tag(t, a, "r", "red")
	check(t, a)
	for _, query := range []string{`UPDATE texts SET body = body || '.'`, `UPDATE captures SET sha256 = 'x'`, `UPDATE articles SET seq = seq + 1000`} {
		if _, err := a.writer.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	var looks []string
	var read, all int64
	findings, err := a.Check(t.Context(), CheckOptions{Deep: true, Doing: func(what string, done, total int64) {
		if n := len(looks); n == 0 || looks[n-1] != what {
			looks = append(looks, what)
		}
		if done < read || done > total {
			t.Errorf("%d bytes of %d are read, after %d", done, total, read)
		}
		read, all = done, total
	}})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[FindingKind]int{}
	for _, f := range findings {
		counts[f.Kind]++
	}
	if counts[FoundRows] != maxFindings+1 || counts[FoundText] != maxFindings+1 || counts[FoundWARC] != 3*(maxFindings+1) {
		t.Errorf("findings %v, want %d and the word that there are more of each, of WARC files thrice", counts, maxFindings)
	}
	if got := strings.Join(looks, ", "); got != "database, rows, texts, evidence, erasures, WARC files" || read != all || all == 0 {
		t.Errorf("looked at %s; %d of %d bytes", got, read, all)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = a.Check(ctx, CheckOptions{Doing: func(what string, _, _ int64) {
		if what == "texts" {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a check that was stopped: %v", err)
	}
}

// A database of which pages are overwritten is a finding, however far it can still be read.
func TestCheckOfDamagedDatabase(t *testing.T) {
	race.Skip(t)
	a := small(t, Options{})
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(a.dir, databaseName)
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	const size = 4096
	found, unread := 0, 0
	for at := size; at+size <= len(good); at += size {
		bad := bytes.Clone(good)
		for i := range size {
			bad[at+i] = byte(i * 7)
		}
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := OpenReadOnly(a.dir)
		if err != nil {
			found++ // an error that names the archive, before there is anything to check
			continue
		}
		findings, err := a.Check(t.Context(), CheckOptions{Deep: true})
		if err != nil {
			t.Errorf("page %d: %v", at/size, err)
		}
		for _, f := range findings {
			if strings.Contains(f.What, "cannot be read") {
				unread++
			}
		}
		if len(findings) > 0 {
			found++
		} else {
			t.Errorf("page %d is overwritten, and nothing was found", at/size)
		}
		a.Close()
	}
	if found < 20 || unread == 0 {
		t.Errorf("%d pages were overwritten, and %d times something could not be read", found, unread)
	}
}

// A place of a record that cannot be is an error, and takes no memory.
func TestCaptureAtNoPlace(t *testing.T) {
	for _, place := range []string{"length = -1", "length = 0", "length = 1 << 60", "offset = -1", "offset = 1 << 60"} {
		a := small(t, Options{})
		if _, err := a.writer.ExecContext(t.Context(), `UPDATE captures SET `+place+` WHERE id = 2`); err != nil {
			t.Fatal(err)
		}
		_, err := a.Capture(t.Context(), 2)
		wantError(t, err, "capture 2", "does not fit")
	}
}

// A flipped bit anywhere in a WARC file is found, but for those of a gzip header that mean nothing.
func TestCheckFindsFlippedBytes(t *testing.T) {
	race.Skip(t)
	a := open(t, t.TempDir(), Options{})
	keep(t, a, page("s", "https://example.org/1", "text", hours(0)))
	name := onlyWARC(t, a)
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	harmless := map[int]bool{}
	for _, r := range records(t, a) {
		for i := 3; i < 10; i++ { // flags, time, level and system
			harmless[int(r.Offset)+i] = true
		}
		harmless[int(r.Offset)-9] = true // of the member before: the last bits of its text, which fill up a byte
	}
	harmless[len(good)-9] = true
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 8)
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		c := checker{a: a, ctx: t.Context(), q: a.reader, options: CheckOptions{Deep: true}}
		if err := c.files(); err != nil {
			t.Fatal(err)
		}
		if len(c.findings) == 0 && !harmless[i] {
			t.Errorf("the flip of byte %d was not found", i)
		}
	}
	wantError(t, checked(t, a), filepath.Base(name))
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	wantError(t, checked(t, a), filepath.Base(name), "no such file")
}

func TestUnderivedFindsFlippedByte(t *testing.T) {
	a := small(t, Options{})
	name := onlyWARC(t, a)
	offset := ask[int64](t, a, `SELECT offset FROM captures WHERE id = 2`)
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	flipped := make([]byte, 1)
	if _, err := f.ReadAt(flipped, offset+100); err != nil {
		t.Fatal(err)
	}
	flipped[0] ^= 0xff
	if _, err := f.WriteAt(flipped, offset+100); err != nil {
		t.Fatal(err)
	}
	_, err = a.Underived(t.Context(), Stamps{Any: []string{"2"}}, 0, 10, nil)
	wantError(t, err, "capture 2", filepath.Base(name), fmt.Sprint("byte ", offset))
	_, err = a.Capture(t.Context(), 2)
	wantError(t, err, filepath.Base(name))
	// A whole record with another payload is no better.
	if _, err := a.writer.ExecContext(t.Context(), `UPDATE captures SET sha256 = 'x' WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	_, err = a.Capture(t.Context(), 1)
	wantError(t, err, filepath.Base(name), "payload does not match its digest")
}

// A crash while a batch is written leaves any part of it: at every byte of its last record, and at the ends of those
// before, the next Open cuts it off, and the archive is as it was before.
func TestTornTail(t *testing.T) {
	race.Skip(t)
	a := small(t, Options{})
	name := onlyWARC(t, a)
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	// The bytes of a batch that is never committed come from a second archive.
	b := small(t, Options{})
	keep(t, b, page("s", "https://example.org/torn", "torn", hours(9)))
	after, err := os.ReadFile(onlyWARC(t, b))
	if err != nil {
		t.Fatal(err)
	}
	begin := ask[int](t, b, `SELECT offset FROM captures WHERE url LIKE '%/torn'`)
	tail := after[begin:]
	var lengths []int
	for _, r := range records(t, b) {
		if n := int(r.Offset) - begin; n >= 0 {
			lengths = append(lengths, n)
		}
	}
	for n := lengths[len(lengths)-1] + 1; n <= len(tail); n++ {
		lengths = append(lengths, n)
	}
	for _, n := range lengths {
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, append(bytes.Clone(before), tail[:n]...), 0o600); err != nil {
			t.Fatal(err)
		}
		if a, err = Open(a.dir, Options{}); err != nil {
			t.Fatalf("with %d bytes of the batch: %v", n, err)
		}
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, before) {
			t.Fatalf("with %d bytes of the batch: %d bytes are left, want %d, %v", n, len(got), len(before), err)
		}
	}
	defer a.Close()
	keep(t, a, page("s", "https://example.org/torn", "torn", hours(9)))
	check(t, a)
}

// A crash between the row of a new WARC file and the file, or its first record, is no matter.
func TestTornStart(t *testing.T) {
	for _, content := range []string{"", "\x1f\x8b\x08 the first bytes of a record"} {
		a := open(t, t.TempDir(), Options{})
		if err := a.begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		name := onlyWARC(t, a)
		check(t, a)
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if content != "" {
			if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		a = open(t, a.dir, Options{})
		keep(t, a, page("s", "https://example.org/1", "x", hours(0)))
		if got := types(records(t, a)); got != "warcinfo response request metadata" {
			t.Error(got)
		}
		check(t, a)
	}
}

// childDir names the archive that a child process of TestKill writes to.
const childDir = "BLOTTER_TEST_ARCHIVE"

// TestKill kills a process that writes, at some moment between two of the lines that it prints, and looks at what is left.
func TestKill(t *testing.T) {
	race.Skip(t)
	if dir := os.Getenv(childDir); dir != "" {
		child(t, dir)
	}
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(1, 2))
	for round := range rounds {
		command := exec.Command(os.Args[0], "-test.run=^TestKill$")
		command.Env = append(os.Environ(), childDir+"="+dir)
		out, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 5 + random.IntN(60); n > 0 && lines.Scan(); n-- {
			if strings.HasPrefix(lines.Text(), "error") {
				t.Fatal(lines.Text())
			}
		}
		if err := command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, out)
		command.Wait()
		a := open(t, dir, Options{MaxWARC: 20_000})
		check(t, a)
		if n := ask[int](t, a, `SELECT count(*) - count(DISTINCT key || ' ' || sha256) FROM captures`); n != 0 {
			t.Errorf("round %d: %d captures stand twice", round, n)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	a := open(t, dir, Options{})
	derive(t, a, "child", readPage)
	check(t, a)
	captures, articles := ask[int](t, a, `SELECT count(*) FROM captures`), ask[int](t, a, `SELECT count(*) FROM articles`)
	if captures != articles || captures < rounds {
		t.Errorf("%d captures and %d articles after %d rounds", captures, articles, rounds)
	}
}

// child writes to the archive until it is killed.
func child(t *testing.T, dir string) {
	say := func(err error) {
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println("done")
	}
	a, err := Open(dir, Options{MaxWARC: 20_000})
	say(err)
	from := ask[int](t, a, `SELECT count(*) FROM captures`)
	for i := from; ; i += 3 {
		var fetches []Fetch
		for j := i; j < i+3; j++ {
			url := fmt.Sprintf("https://example.org/%d", j)
			fetches = append(fetches, page("s", url, url+"\nT\nred "+url, hours(0)), page("s", url, url+"\nT\nred "+url, hours(1)))
		}
		_, err := a.Keep(t.Context(), fetches)
		say(err)
		captures, err := a.Underived(t.Context(), Stamps{Any: []string{"child"}}, 0, 10, nil)
		say(err)
		var derived []Derived
		for _, c := range captures {
			derived = append(derived, readPage(c))
		}
		_, err = a.PutDerived(t.Context(), stamped("child", derived))
		say(err)
		tag(t, a, "r", "red")
		say(nil)
	}
}
