package archive

import (
	"bytes"
	"fmt"
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

// forget forgets one article or page.
func forget(t *testing.T, a *Archive, name string) Forgotten {
	t.Helper()
	all, err := a.Forget(t.Context(), name)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	return all[0]
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
	listed := blotter.Item{URL: url, Title: secret, Summary: secret, Authors: []string{secret}, Published: blotter.Date{Time: hours(0), Raw: secret}}
	if _, err := a.List(t.Context(), "s", []blotter.Item{listed}, hours(0), nil); err != nil {
		t.Fatal(err)
	}
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

	f := forget(t, a, url)
	if f.ID != blotter.ArticleID(url) || f.URL != url || f.Captures != 3 || f.Bytes == 0 || f.Shared != 0 {
		t.Errorf("%+v", f)
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
	if names := holding(t, a); names != nil {
		t.Errorf("it came back into %q under another address", names)
	}
	redirected := page("s", url+"/print", url+"\n"+secret+"\nred", hours(8))
	redirected.Exchanges = append(redirected.Exchanges, redirected.Exchanges[0])
	redirected.Exchanges[1].URL = url
	if kept := keep(t, a, redirected); kept[0].Outcome != OutcomeFailed || holding(t, a) != nil {
		t.Errorf("a redirect to it was kept: %+v, in %q", kept, holding(t, a))
	}
	if again := forget(t, a, url); again.Captures != 0 {
		t.Errorf("again: %+v", again)
	}
	check(t, reopen(t, a))
}

// A crash may come between the commit and the overwriting: the next opening does what is left.
func TestForgetAfterCrash(t *testing.T) {
	const url = "https://example.org/gone"
	a := open(t, t.TempDir(), Options{})
	keep(t, a, page("s", url, url+"\n"+secret+"\nred", hours(0)))
	derive(t, a, "1", readPage)
	err := a.update(t.Context(), func(t *tx) error {
		_, err := t.forgetAll([]string{url})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(holding(t, a)) == 0 {
		t.Fatal("it was overwritten too early for this test")
	}
	a = reopen(t, a)
	if names := slices.DeleteFunc(holding(t, a), func(name string) bool { return !strings.HasSuffix(name, ".gz") }); len(names) > 0 {
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
	if f := forget(t, a, blotter.ArticleID(url+"#1")); f.Shared != 1 || f.Captures != 0 {
		t.Errorf("%+v", f)
	}
	check(t, a)
	if c := derive(t, a, "2", readPage); c.New != 0 || c.Unchanged != 1 {
		t.Errorf("changes %+v", c)
	}
	check(t, a)
}

// A status feed with one item keeps no record of it, and is asked again all the same.
func TestForgetAloneInItsFeed(t *testing.T) {
	const url = "https://example.org/status"
	a := open(t, t.TempDir(), Options{})
	feed := page("s", url, url+"#1\n"+secret+"\nred", hours(0))
	feed.Purpose = blotter.PurposeStatus
	keep(t, a, feed)
	derive(t, a, "1", readPage)
	if f := forget(t, a, blotter.ArticleID(url+"#1")); f.Shared != 0 || f.Captures != 1 || holding(t, a) != nil {
		t.Errorf("%+v, %q", f, holding(t, a))
	}
	feed.Exchanges[0].Body = []byte(url + "#2\nTwo\nblue")
	if kept := keep(t, a, feed); kept[0].Capture == 0 {
		t.Errorf("%+v", kept)
	}
	check(t, a)
}

// TestForgetAmongMany: SQLite leaves old copies of rows in unused parts of its file, and an answer that broke off is evidence too.
func TestForgetAmongMany(t *testing.T) {
	race.Skip(t)
	const url = "https://example.org/gone"
	a := open(t, t.TempDir(), Options{})
	broken := page("s", url, url+"\n"+secret+"\nred and cut o", hours(0))
	broken.Failure = blotter.Fail(blotter.ReasonSize, "as the test says")
	keep(t, a, broken)
	for i := range 150 {
		at := fmt.Sprintf("https://example.org/%d", i)
		keep(t, a, page("s", at, at+"\nT\nred "+strings.Repeat("word ", 50), hours(i)))
		if i == 70 {
			keep(t, a, page("s", url, url+"\n"+secret+"\nred "+strings.Repeat(secret+" ", 40), hours(i)))
		}
		if i%10 == 0 {
			derive(t, a, fmt.Sprint(i), readPage)
			tag(t, a, fmt.Sprint(i), "red")
		}
	}
	derive(t, a, "last", readPage)
	if len(holding(t, a)) < 2 {
		t.Fatalf("the test sees the secret in %q only", holding(t, a))
	}
	if f := forget(t, a, url); f.Captures != 1 || holding(t, a) != nil {
		t.Errorf("%+v; it still stands in %q", f, holding(t, a))
	}
	check(t, a)
}

func TestForgetUnknown(t *testing.T) {
	const url = "https://example.org/never"
	a := open(t, t.TempDir(), Options{})
	keep(t, a, page("s", "https://example.org/1", "https://example.org/1\nT\nred", hours(0)))
	list := page("s", "https://example.org/feed", "a list", hours(0))
	list.Purpose = blotter.PurposeList
	keep(t, a, list)
	derive(t, a, "1", readPage)
	// One name that is none: nothing is forgotten.
	if _, err := a.Forget(t.Context(), "https://example.org/1", "abcd"); err == nil || !strings.Contains(err.Error(), "abcd: not in the archive") {
		t.Errorf("error %v", err)
	}
	if _, err := a.Article(t.Context(), "https://example.org/1"); err != nil {
		t.Error(err)
	}
	if _, err := a.Forget(t.Context(), "https://example.org/feed"); err == nil || !strings.Contains(err.Error(), "the list of a source") {
		t.Errorf("error %v", err)
	}
	// A page that was fetched and gave none, whatever fragment it is named with, and one that never was.
	keep(t, a, page("s", "https://example.org/none", secret, hours(0)))
	derive(t, a, "1", func(c blotter.Capture) Derived {
		return Derived{Capture: c.ID, Failure: blotter.Fail(blotter.ReasonShell, "")}
	})
	if f := forget(t, a, "https://example.org/none#top"); f.ID != "" || f.Captures != 1 || holding(t, a) != nil {
		t.Errorf("%+v, %q", f, holding(t, a))
	}
	if f := forget(t, a, url); f.ID != "" || f.URL != url || f.Captures != 0 {
		t.Errorf("%+v", f)
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
