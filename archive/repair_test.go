package archive

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/internal/race"
)

func repair(t testing.TB, dir string) Repaired {
	t.Helper()
	r, err := Repair(t.Context(), dir, RepairOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// pass opens an archive and reads and tags what is to be read and tagged again.
func pass(t testing.TB, dir string) *Archive {
	t.Helper()
	a := open(t, dir, Options{})
	derive(t, a, "1", func(c blotter.Capture) Derived {
		if c.Purpose == blotter.PurposeRecord {
			return deriveRecord(t, c)
		}
		return readPage(c)
	})
	tag(t, a, "r", "red")
	return a
}

// told is what a repair says that it did and could not do.
func told(r Repaired) string {
	var b strings.Builder
	for _, m := range r.Done {
		fmt.Fprintf(&b, "%d %s\n", m.N, m.What)
	}
	for _, l := range r.Lost {
		fmt.Fprintf(&b, "lost: %s\n", l)
	}
	return b.String()
}

// shownArticles is what the articles of an archive are, with their tags and all captures that gave them.
func shownArticles(t testing.TB, a *Archive) string {
	t.Helper()
	var urls []string
	err := a.read(t.Context(), `SELECT id FROM articles ORDER BY url`, nil, func(scan func(...any) error) error {
		urls = append(urls, "")
		return scan(&urls[len(urls)-1])
	})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, url := range urls {
		x, err := a.Article(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %d %q %q %s %v\n", x.URL, x.Revision, x.Title, x.Body, x.FirstSeen.Format(time.RFC3339), x.Tags)
	}
	return b.String()
}

func execute(t testing.TB, a *Archive, statement string) {
	t.Helper()
	if _, err := a.writer.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// Each statement breaks rows. After a repair and a pass the archive is whole and shows what it did.
func TestRepairRows(t *testing.T) {
	race.Skip(t)
	const off = `PRAGMA foreign_keys = 0; `
	for _, statement := range []string{
		`UPDATE texts SET body = body || '.' WHERE id = 1`,
		`UPDATE texts SET body = ''`,
		`UPDATE revisions SET title = 'T!'`,
		`UPDATE articles SET title = 'T!'`,
		`UPDATE articles SET revision = 1`,
		`UPDATE articles SET url = url || 'x'`,
		`UPDATE articles SET seq = seq + 100`,
		`UPDATE evidence SET quote = 'rad'`,
		`UPDATE evidence SET "end" = 1000`,
		`UPDATE captures SET offset = offset + 1 WHERE id = 2`,
		`UPDATE captures SET record = 'x' WHERE id = 2`,
		`UPDATE captures SET length = length + 1 WHERE id = 2`,
		`UPDATE captures SET gave = 2 WHERE id = 2`,
		`DELETE FROM ledger WHERE id = 1`,
		`DELETE FROM ledger`,
		`DELETE FROM articles`,
		`INSERT INTO removed SELECT id, url, first_seen, 1 FROM articles LIMIT 1`,
		`INSERT INTO texts (body) VALUES ('x')`,
		off + `DELETE FROM texts WHERE id = 1`,
		off + `DELETE FROM revisions`,
		off + `DELETE FROM revisions WHERE id = 1`,
		off + `DELETE FROM items`,
		off + `DELETE FROM sources`,
		off + `DELETE FROM tags`,
		off + `DELETE FROM captures WHERE id = 1`,
		off + `DELETE FROM captures; DELETE FROM ledger; DELETE FROM items`,
		off + `DELETE FROM warc_files`,
		`UPDATE warc_files SET length = length - 1, closed = created`,
		`UPDATE warc_files SET name = 'x'`,
		`UPDATE ledger SET offset = offset + 1, length = length - 1 WHERE id = 2`,
	} {
		t.Run(statement, func(t *testing.T) {
			a := small(t, Options{})
			want := shownArticles(t, a)
			execute(t, a, statement)
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
			r := repair(t, a.dir)
			if len(r.Found) == 0 || r.Copy == "" || !exists(r.Copy) {
				t.Errorf("found %v, copy %q", r.Found, r.Copy)
			}
			b := pass(t, a.dir)
			check(t, b)
			if got := shownArticles(t, b); got != want {
				t.Errorf("%s\nshows\n%s\nand did\n%s", told(r), got, want)
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			if again := repair(t, a.dir); len(again.Found) > 0 || again.Copy != "" {
				t.Errorf("a second repair finds %v", again.Found)
			}
		})
	}
}

// Bytes of the database are overwritten, a page at a time or many. What the rows of the pages said is had again from the WARC
// files.
func TestRepairPages(t *testing.T) {
	race.Skip(t)
	const page = 4096
	tests := []struct {
		name   string
		damage func(f *os.File, pages int64, random *rand.Rand) error
	}{
		{"header", func(f *os.File, _ int64, _ *rand.Rand) error { _, err := f.WriteAt(make([]byte, 200), 0); return err }},
		{"schema", func(f *os.File, _ int64, _ *rand.Rand) error {
			_, err := f.WriteAt(make([]byte, page-200), 200)
			return err
		}},
		{"half", func(f *os.File, pages int64, _ *rand.Rand) error { return f.Truncate(pages / 2 * page) }},
		{"none left", func(f *os.File, _ int64, _ *rand.Rand) error { return f.Truncate(0) }},
	}
	for seed := range uint64(6) {
		tests = append(tests, struct {
			name   string
			damage func(f *os.File, pages int64, random *rand.Rand) error
		}{fmt.Sprint("pages ", seed), func(f *os.File, pages int64, random *rand.Rand) error {
			for range 1 + seed {
				junk := make([]byte, page)
				for i := range junk {
					junk[i] = byte(random.Uint32())
				}
				if _, err := f.WriteAt(junk, (1+random.Int64N(pages-1))*page); err != nil {
					return err
				}
			}
			return nil
		}})
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := many(t, 80)
			want := shownArticles(t, a)
			if err := errors.Join(a.Close(), damageFile(filepath.Join(a.dir, databaseName), func(f *os.File, size int64) error {
				return test.damage(f, size/page, rand.New(rand.NewPCG(uint64(i), 1)))
			})); err != nil {
				t.Fatal(err)
			}
			r := repair(t, a.dir)
			b := pass(t, a.dir)
			check(t, b)
			if got := shownArticles(t, b); got != want {
				t.Errorf("%s\nshows %d bytes of articles, and did %d", told(r), len(got), len(want))
			}
			if len(r.Found) > 0 && test.name != "none left" && !exists(r.Copy) {
				t.Error("there is no copy of the damaged database")
			}
		})
	}
}

// many is an archive whose tables have many pages.
func many(t testing.TB, n int) *Archive {
	t.Helper()
	a := open(t, t.TempDir(), Options{MaxWARC: 20_000})
	prose := newProse(5)
	var fetches []Fetch
	for i := range n {
		url := fmt.Sprintf("https://example.org/%d", i)
		fetches = append(fetches, page("s", url, url+"\nTitle red\n"+prose.text(900), hours(i)))
		if i%10 == 9 {
			url = fmt.Sprintf("https://example.org/%d", i-3)
			fetches = append(fetches, page("s", url, url+"\nTitle red\n"+prose.text(900)+" again", hours(i)), page("s", url, url+"\nTitle red\n", hours(i+1)),
				failed(page("s", url+"/gone", "", hours(i)), blotter.ReasonTimeout))
		}
		if len(fetches) > 10 {
			keep(t, a, fetches...)
			fetches = nil
		}
	}
	keep(t, a, fetches...)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return pass(t, a.dir)
}

func damageFile(path string, do func(f *os.File, size int64) error) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(do(f, info.Size()), f.Close(), os.Chmod(path, info.Mode()))
}

// The database was put back from an older copy, and the WARC files were not: what was fetched since is noted again.
func TestRepairAfterOlderDatabase(t *testing.T) {
	a := small(t, Options{MaxWARC: 3000})
	b := backup(t, a, t.TempDir(), BackupOptions{})
	for i := range 12 {
		url := fmt.Sprintf("https://example.org/since/%d", i)
		keep(t, a, page("s", url, url+"\nT\nred since", hours(20+i)))
	}
	gone := page("s", "https://example.org/since/0", "not here", hours(40))
	gone.Exchanges[0].Status, gone.Failure = 404, blotter.Fail(blotter.ReasonGone, "404")
	unchanged := page("s", "https://example.org/since/1", "https://example.org/since/1\nT\nred since", hours(41))
	keep(t, a, gone, unchanged)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a = pass(t, a.dir)
	want, lines := shownArticles(t, a), ask[int](t, a, `SELECT count(*) FROM ledger`)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(b.Dir, databaseName))
	if err == nil {
		err = os.WriteFile(filepath.Join(a.dir, databaseName), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := repair(t, a.dir)
	c := pass(t, a.dir)
	check(t, c)
	if got := shownArticles(t, c); got != want {
		t.Errorf("%s\nshows\n%s\nand did\n%s", told(r), got, want)
	}
	if n := ask[int](t, c, `SELECT count(*) FROM ledger`); n != lines || c.ID() != b.Archive {
		t.Errorf("%d lines of the ledger, want %d; id %s", n, lines, c.ID())
	}
	if n := ask[int](t, c, `SELECT count(*) FROM ledger WHERE outcome = 'failed' AND reason = 'gone' AND detail = '404'`); n != 1 {
		t.Errorf("%d failures", n)
	}
}

// Of damaged WARC files it is said where the damage is and of what; what was read before stays. What a crash has left is cut.
func TestRepairWARC(t *testing.T) {
	race.Skip(t)
	tests := []struct {
		name   string
		damage func(f *os.File, size int64) error
		done   string
		lost   []string
	}{
		{"torn tail", func(f *os.File, size int64) error { _, err := f.WriteAt([]byte(gzipMagic+"torn"), size); return err }, "torn tail of 7 bytes", nil},
		{"flipped", func(f *os.File, _ int64) error { _, err := f.WriteAt([]byte("XXXX"), 700); return err }, "",
			[]string{"the record at byte ", " of https://example.org/1 is damaged", "put the file back from a copy"}},
		{"cut", func(f *os.File, size int64) error { return f.Truncate(size - 10) }, "", []string{"were committed", "put it back from a copy"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := small(t, Options{})
			want := shownArticles(t, a)
			file := onlyWARC(t, a)
			if err := errors.Join(a.Close(), damageFile(file, test.damage)); err != nil {
				t.Fatal(err)
			}
			r := repair(t, a.dir)
			said := told(r)
			if !strings.Contains(said, test.done) || len(r.Lost) == 0 && test.lost != nil {
				t.Errorf("it did:\n%s", said)
			}
			for _, part := range test.lost {
				if !strings.Contains(said, part) || !strings.Contains(said, file) {
					t.Errorf("it does not say %q:\n%s", part, said)
				}
			}
			b := pass(t, a.dir)
			if got := shownArticles(t, b); got != want {
				t.Errorf("shows\n%s\nand did\n%s", got, want)
			}
			if test.lost == nil {
				check(t, b)
			} else if checked(t, b) == nil {
				t.Error("nothing is wrong any more")
			}
		})
	}
}

// A text that is damaged, and whose capture is too, stays: it is all there is.
func TestRepairKeepsWhatIsLeft(t *testing.T) {
	a := small(t, Options{})
	execute(t, a, `UPDATE texts SET body = body || ' damaged'`)
	file := onlyWARC(t, a)
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Close(), damageFile(file, func(f *os.File, _ int64) error {
		_, err := f.WriteAt(make([]byte, info.Size()-500), 500)
		return err
	})); err != nil {
		t.Fatal(err)
	}
	r := repair(t, a.dir)
	b := open(t, a.dir, Options{})
	if n := ask[int](t, b, `SELECT count(*) FROM texts WHERE body LIKE '% damaged'`); n == 0 || !strings.Contains(told(r), "stays as it is") {
		t.Errorf("%d texts are left\n%s", n, told(r))
	}
}

// What is forgotten does not come back, although the database has lost its rows.
func TestRepairForgotten(t *testing.T) {
	a, urls := several(t, 3)
	b := backup(t, a, t.TempDir(), BackupOptions{})
	forget(t, a, urls[0])
	kept := ask[string](t, a, `SELECT group_concat(key) FROM forgotten`)
	execute(t, a, `PRAGMA foreign_keys = 0; DELETE FROM captures; DELETE FROM ledger`)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	r := repair(t, a.dir)
	c := pass(t, a.dir)
	check(t, c)
	if got := ask[string](t, c, `SELECT group_concat(key) FROM forgotten`); got != kept || strings.Contains(shownArticles(t, c), urls[0]+" ") {
		t.Errorf("forgotten are %s, were %s\n%s", got, kept, told(r))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	// The file of before comes back, with the record: it is erased again.
	at := slices.IndexFunc(b.Files, func(f BackupFile) bool { return strings.HasSuffix(f.Path, "00001.warc.gz") })
	path := filepath.Join(a.dir, b.Files[at].Path)
	from, err := os.Open(filepath.Join(b.Dir, b.Files[at].Path))
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	err = errors.Join(os.Chmod(path, 0o600), damageFile(path, func(f *os.File, _ int64) error { _, err := io.Copy(f, from); return err }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.readDatabase(t, `DELETE FROM ledger; DELETE FROM captures`); err != nil {
		t.Fatal(err)
	}
	repair(t, a.dir)
	c = pass(t, a.dir)
	if strings.Contains(shownArticles(t, c), urls[0]+" ") {
		t.Error("it came back")
	}
}

// readDatabase runs a statement on the closed archive.
func (a *Archive) readDatabase(t testing.TB, statement string) (sql.Result, error) {
	db, err := openDatabase(filepath.Join(a.dir, databaseName), "", 1)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return db.ExecContext(t.Context(), "PRAGMA foreign_keys = 0; "+statement)
}

func TestRepairRefuses(t *testing.T) {
	if _, err := Repair(t.Context(), t.TempDir(), RepairOptions{}); !errors.Is(err, errNone) {
		t.Error(err)
	}
	a := small(t, Options{})
	var locked *LockedError
	if _, err := Repair(t.Context(), a.dir, RepairOptions{}); !errors.As(err, &locked) {
		t.Error(err)
	}
	execute(t, a, `PRAGMA application_id = 1`)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := Repair(t.Context(), a.dir, RepairOptions{})
	wantError(t, err, "is not a blotter archive")
}
