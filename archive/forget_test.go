package archive

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"blotter"
)

// secret is a text that no gzip member hides: random letters do not compress to others' text, and its words are looked for.
const secret = "Quagmire Xylophone"

// holding returns the files of an archive in which a word of a forgotten article still stands, compressed or not.
func holding(t *testing.T, a *Archive) (names []string) {
	t.Helper()
	err := filepath.WalkDir(a.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".gz") {
			for r, err := range ReadWARC(bytes.NewReader(text)) {
				if err != nil {
					t.Errorf("%s: %v", path, err)
				}
				text = append(text, r.Block...)
			}
		}
		for _, word := range strings.Fields(secret) {
			if bytes.Contains(text, []byte(word)) {
				names = append(names, filepath.Base(path))
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestForget(t *testing.T) {
	const url = "https://example.org/gone"
	other := strings.Replace(url, "gone", "stays", 1)
	long := make([]byte, 300_000)
	for i := range long {
		long[i] = byte('a' + rand.IntN(26))
	}
	a := open(t, t.TempDir(), Options{MaxWARC: 1})
	keep(t, a, page("s", other, other+"\nT\nred", hours(0)))
	keep(t, a, page("s", url, url+"\n"+secret+"\nred "+string(long), hours(0))) // each in a file of its own, which is closed
	keep(t, a, page("s", url, url+"\n"+secret+"\nred again", hours(1)))
	keep(t, a, page("s", url+"?page=1", url+"\n"+secret+"\nred once more", hours(2)))
	derive(t, a, "1", readPage)
	tag(t, a, "r", "red")
	before, err := a.Seq(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(holding(t, a)) < 3 {
		t.Fatalf("the test sees the secret in %q only", holding(t, a))
	}

	f, err := a.Forget(t.Context(), url)
	if err != nil || f.ID != blotter.ArticleID(url) || f.URL != url || f.Captures != 3 || f.Bytes == 0 || f.Shared != 0 {
		t.Errorf("%+v, %v", f, err)
	}
	check(t, a)
	if names := holding(t, a); names != nil {
		t.Errorf("it still stands in %q", names)
	}
	changes, err := a.Since(t.Context(), before, 10)
	if err != nil || len(changes) != 1 || changes[0].ID != f.ID || changes[0].Article != nil {
		t.Errorf("changes %+v, %v", changes, err)
	}
	if _, err := a.Article(t.Context(), other); err != nil {
		t.Error(err)
	}

	// It comes back in none of the ways: listed, fetched, read anew, or shown by another page.
	l, err := a.List(t.Context(), "s", []blotter.Item{{URL: url, Title: secret}, {URL: url + "?page=1"}}, hours(5), []time.Duration{time.Hour})
	if err != nil || len(l.Due) != 0 || l.Known != 2 {
		t.Errorf("listed: %+v, %v", l, err)
	}
	if due, err := a.Rechecks(t.Context(), "s", hours(100), 10); err != nil || len(due) != 0 {
		t.Errorf("rechecks %+v, %v", due, err)
	}
	if kept := keep(t, a, page("s", url, url+"\n"+secret+"\nred", hours(6))); kept[0].Outcome != OutcomeFailed || kept[0].Capture != 0 {
		t.Errorf("kept %+v", kept)
	}
	derive(t, a, "2", readPage)
	if names := holding(t, a); names != nil {
		t.Errorf("it came back into %q", names)
	}
	keep(t, a, page("s", url+"/amp", url+"\n"+secret+"\nred", hours(7)))
	if c := derive(t, a, "2", readPage); c.New != 0 || c.None[blotter.ReasonForgotten] != 1 {
		t.Errorf("changes %+v", c)
	}
	if again, err := a.Forget(t.Context(), url); err != nil || again.Captures != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
	check(t, reopen(t, a))
}

// A crash may come between the commit and the overwriting: the next opening does what is left.
func TestForgetAfterCrash(t *testing.T) {
	const url = "https://example.org/gone"
	a := open(t, t.TempDir(), Options{})
	keep(t, a, page("s", url, url+"\n"+secret+"\nred", hours(0)))
	derive(t, a, "1", readPage)
	if err := a.update(t.Context(), func(t *tx) error { f := forgetter{tx: t, now: timeText(hours(1))}; return f.forget(url) }); err != nil {
		t.Fatal(err)
	}
	if len(holding(t, a)) == 0 {
		t.Fatal("it was overwritten too early for this test")
	}
	a = reopen(t, a)
	if names := holding(t, a); names != nil {
		t.Errorf("it still stands in %q", names)
	}
	if n := ask[int](t, a, `SELECT count(*) FROM erasures`); n != 0 {
		t.Errorf("%d erasures are left", n)
	}
	check(t, a)
}

// A capture that holds other articles too keeps its record, and the forgotten article is not read from it again.
func TestForgetShared(t *testing.T) {
	const url = "https://example.org/status"
	a := open(t, t.TempDir(), Options{})
	keep(t, a, page("s", url, url+"#1\nOne\nred\n---\n"+url+"#2\nTwo\nblue", hours(0)))
	derive(t, a, "1", readPage)
	f, err := a.Forget(t.Context(), blotter.ArticleID(url+"#1"))
	if err != nil || f.Shared != 1 || f.Captures != 0 {
		t.Errorf("%+v, %v", f, err)
	}
	check(t, a)
	if c := derive(t, a, "2", readPage); c.New != 0 || c.Unchanged != 1 {
		t.Errorf("changes %+v", c)
	}
	check(t, a)
}

func TestForgetUnknown(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	if _, err := a.Forget(t.Context(), "abcd"); err == nil || !strings.Contains(err.Error(), "not in the archive") {
		t.Errorf("error %v", err)
	}
	const url = "https://example.org/never"
	if f, err := a.Forget(t.Context(), url); err != nil || f.ID != "" || f.URL != url {
		t.Errorf("%+v, %v", f, err)
	}
	if l, err := a.List(t.Context(), "s", []blotter.Item{{URL: url}}, hours(1), nil); err != nil || l.Known != 1 {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestEmptyMember(t *testing.T) {
	for _, length := range []int64{300, 301, 65_535 + 18, 65_535 + 23, 65_536 + 23, 65_541 + 23, 2*65_540 + 18, 2*65_540 + 19, 1_000_000} {
		member, err := emptyMember(length, hours(0))
		if err != nil || int64(len(member)) != length {
			t.Errorf("%d bytes: %d, %v", length, len(member), err)
		}
		n := 0
		for r, err := range ReadWARC(bytes.NewReader(append(member, member...))) {
			if err != nil || r.Type != "metadata" || strings.Trim(string(r.Block), " ") != "" {
				t.Errorf("%d bytes: %s, %v", length, r.Type, err)
			}
			n++
		}
		if n != 2 {
			t.Errorf("%d bytes: %d records", length, n)
		}
	}
	if _, err := emptyMember(100, hours(0)); err == nil {
		t.Error("100 bytes are taken for enough")
	}
}
