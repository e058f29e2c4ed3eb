package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"blotter"
	"blotter/internal/race"
)

func open(t testing.TB, dir string, o Options) *Archive {
	t.Helper()
	a, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// reopen closes the archive and opens it again.
func reopen(t testing.TB, a *Archive) *Archive {
	t.Helper()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, a.dir, a.options)
}

func check(t testing.TB, a *Archive) {
	t.Helper()
	if err := checked(t, a); err != nil {
		t.Error(err)
	}
}

// checked is what a deep check finds, as an error.
func checked(t testing.TB, a *Archive) error {
	t.Helper()
	findings, err := a.Check(t.Context(), CheckOptions{Deep: true})
	for _, f := range findings {
		err = errors.Join(err, fmt.Errorf("%s: %s", f.Kind, f.What))
	}
	return err
}

// exchange is an answer of 200 to a GET.
func exchange(url, body string, at time.Time) blotter.Exchange {
	return blotter.Exchange{
		URL: url, Method: "GET", Started: at, Elapsed: 20 * time.Millisecond, Remote: "192.0.2.1",
		Request: blotter.Header{"User-Agent": {"Blotter/1 (+test@example.org)"}},
		Status:  200, Proto: "HTTP/1.1", Body: []byte(body),
		Header: blotter.Header{"Content-Type": {"text/html"}, "Etag": {`"` + digest([]byte(body))[:8] + `"`}},
	}
}

// page is a successful fetch of an article's page.
func page(source, url, body string, at time.Time) Fetch {
	return Fetch{Source: source, Purpose: blotter.PurposePage, Item: blotter.Item{URL: url, Title: "Listed " + url},
		Started: at, Elapsed: time.Second, Robots: "allowed", Exchanges: []blotter.Exchange{exchange(url, body, at)}}
}

func failed(f Fetch, reason blotter.Reason) Fetch {
	f.Failure, f.Exchanges = blotter.Fail(reason, "as the test says"), nil
	return f
}

func keep(t testing.TB, a *Archive, fetches ...Fetch) []Kept {
	t.Helper()
	kept, err := a.Keep(t.Context(), fetches)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// readPage reads the pages of these tests: a line with the canonical URL, a line with the title, and the text; several
// articles are parted by a line of dashes, and a page that says "none" holds none.
func readPage(c blotter.Capture) Derived {
	d := Derived{Capture: c.ID}
	if string(c.Exchange.Body) == "none" {
		d.Failure = blotter.Fail(blotter.ReasonShell, "the page is empty")
		return d
	}
	for part := range strings.SplitSeq(string(c.Exchange.Body), "\n---\n") {
		url, rest, _ := strings.Cut(part, "\n")
		title, body, _ := strings.Cut(rest, "\n")
		d.Articles = append(d.Articles, blotter.Article{URL: url, Title: title, Body: body, Lang: "en"})
	}
	return d
}

// derive reads what has not been read under stamp by f.
func derive(t testing.TB, a *Archive, stamp string, f func(blotter.Capture) Derived) Changes {
	t.Helper()
	captures, err := a.Underived(t.Context(), Stamps{Any: []string{stamp}}, 0, 1000, nil)
	if err != nil {
		t.Fatal(err)
	}
	var derived []Derived
	for _, c := range captures {
		derived = append(derived, f(c))
	}
	changes, err := a.PutDerived(t.Context(), stamped(stamp, derived))
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func hours(n int) time.Time { return testTime.Add(time.Duration(n) * time.Hour) }

// ask reads a value with SQL.
func ask[T any](t testing.TB, a *Archive, query string, args ...any) T {
	t.Helper()
	var v T
	if err := a.reader.QueryRowContext(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one that says %q", parts)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not say %q", err, p)
		}
	}
}

func TestOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a folder?", "data #1%20")
	a := open(t, dir, Options{})
	id := a.ID()
	keep(t, a, page("s", "https://example.org/1", "https://example.org/1\nOne\ntext", testTime))

	second, err := Open(dir, Options{})
	var locked *LockedError
	if !errors.As(err, &locked) || locked.PID != os.Getpid() || locked.Command == "" {
		t.Fatalf("a second opener got %v, %v", second, err)
	}
	wantError(t, err, dir, fmt.Sprint(os.Getpid()), "wait until it ends")

	for name, want := range map[string]os.FileMode{".": 0o700, "warc": 0o700, databaseName: 0o600, databaseName + "-wal": 0o600, "lock": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", name, got, want)
		}
	}
	a = reopen(t, a)
	if a.ID() != id || len(id) < 20 {
		t.Errorf("id %q after %q", a.ID(), id)
	}
	check(t, a)
	if b := open(t, t.TempDir(), Options{}); b.ID() == id {
		t.Error("two archives have the same id")
	}
}

func TestOpenRefuses(t *testing.T) {
	race.Skip(t)
	exec := func(t *testing.T, dir, statement string) {
		db, err := openDatabase(filepath.Join(dir, databaseName), "", 1)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   string
	}{
		{"newer", func(t *testing.T, dir string) { exec(t, dir, `PRAGMA user_version = 99`) }, "newer blotter (schema 99"},
		{"other program", func(t *testing.T, dir string) { exec(t, dir, `PRAGMA application_id = 7`) }, "not a blotter archive"},
		{"not marked", func(t *testing.T, dir string) { exec(t, dir, `PRAGMA application_id = 0`) }, "not a blotter archive"},
		{"emptied", func(t *testing.T, dir string) { os.Truncate(filepath.Join(dir, databaseName), 0) }, "put the last backup back"},
		{"lost", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, databaseName)) }, "put the last backup back"},
		{"text", func(t *testing.T, dir string) {
			os.WriteFile(filepath.Join(dir, databaseName), []byte("this is no database at all"), 0o600)
		}, "not a database"},
		{"WARC cut", func(t *testing.T, dir string) {
			names, _ := filepath.Glob(filepath.Join(dir, "warc", "*"))
			os.Truncate(names[0], 20)
		}, "20 bytes where"},
		{"WARC gone", func(t *testing.T, dir string) {
			names, _ := filepath.Glob(filepath.Join(dir, "warc", "*"))
			os.Remove(names[0])
		}, "put the file back"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, t.TempDir(), Options{})
			keep(t, a, page("s", "https://example.org/1", "x", testTime))
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
			test.damage(t, a.dir)
			b, err := Open(a.dir, Options{})
			if err == nil {
				b.Close()
			}
			wantError(t, err, a.dir, test.want)
			if names, _ := filepath.Glob(filepath.Join(a.dir, "warc", "*")); test.name == "lost" && len(names) != 1 {
				t.Error("the WARC files were touched")
			}
		})
	}
}

func TestOpenReadOnly(t *testing.T) {
	_, err := OpenReadOnly(filepath.Join(t.TempDir(), "nothing"))
	wantError(t, err, "no archive here yet", "blotter run")
	empty := t.TempDir()
	if err := os.WriteFile(filepath.Join(empty, databaseName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = OpenReadOnly(empty)
	wantError(t, err, "no archive here yet")

	a := open(t, t.TempDir(), Options{})
	r, err := OpenReadOnly(a.dir) // beside the writer
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	if r.ID() != a.ID() {
		t.Errorf("id %q, want %q", r.ID(), a.ID())
	}
	body := "https://example.org/1\nOne\nA text."
	for i := range 3 {
		kept := keep(t, a, page("s", fmt.Sprintf("https://example.org/%d", i), body, testTime))
		c, err := r.Capture(t.Context(), kept[0].Capture)
		if err != nil || string(c.Exchange.Body) != body {
			t.Fatalf("the reader got %q, %v", c.Exchange.Body, err)
		}
	}
	derive(t, a, "1", readPage)
	if article, err := r.Article(t.Context(), "https://example.org/1"); err != nil || article.Title != "One" {
		t.Errorf("the reader got %+v, %v", article, err)
	}
	check(t, r)
	ctx := t.Context()
	_, keepErr := r.Keep(ctx, []Fetch{page("s", "https://example.org/1", "x", testTime)})
	_, listErr := r.List(ctx, "s", nil, testTime, nil)
	_, deriveErr := r.PutDerived(ctx, stamped("1", nil))
	for i, err := range []error{keepErr, listErr, deriveErr, r.PutTags(ctx, "r", nil), r.SyncSources(ctx, nil), r.SetSourceState(ctx, "s", SourceState{})} {
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("writing call %d gave %v", i, err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	check(t, r) // the writer is gone, its files are not
}

func TestClosed(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if _, err := a.Keep(t.Context(), []Fetch{page("s", "https://example.org/1", "x", testTime)}); err == nil {
		t.Error("a closed archive kept something")
	}
	if _, err := a.Seq(t.Context()); !errors.Is(err, errClosed) {
		t.Error("a closed archive answered")
	}
}

func TestContext(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Keep(ctx, []Fetch{page("s", "https://example.org/1", "x", testTime)}); !errors.Is(err, context.Canceled) {
		t.Errorf("Keep gave %v", err)
	}
	if _, err := a.PutDerived(ctx, stamped("1", nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("PutDerived gave %v", err)
	}
	if n := ask[int](t, a, `SELECT count(*) FROM ledger`); n != 0 {
		t.Errorf("%d lines in the ledger", n)
	}
}

// stamped puts a stamp on each reading.
func stamped(stamp string, derived []Derived) []Derived {
	for i := range derived {
		derived[i].Stamp = stamp
	}
	return derived
}

// TestManyReaders: more who read at once than there are connections wait for each other, and never for themselves.
func TestManyReaders(t *testing.T) {
	a := small(t, Options{})
	var all sync.WaitGroup
	for i := range 20 * readers {
		all.Go(func() {
			ctx := t.Context()
			_, err1 := a.Articles(ctx, []string{"x"})
			_, err2 := a.SourceStates(ctx)
			_, err3 := a.Alarms(ctx, i%2 == 0)
			_, err4 := a.Seq(ctx)
			_, err5 := a.Rhythm(ctx, "s", hours(0))
			if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Articles(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := a.SourceStates(t.Context()); err != nil { // the connection is as it was
		t.Error(err)
	}
}
