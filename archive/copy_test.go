package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"blotter"
	"blotter/internal/others"
	"blotter/internal/race"
)

// looked is an archive with what a copy has to get right: a page that was asked by way of a redirect, one that was found
// unchanged and not modified in between, one that changed and changed back, a feed that gave two articles, a record, a
// list, a failure, and a page without an article. Its WARC files are many.
func looked(t *testing.T) *Archive {
	t.Helper()
	a := open(t, t.TempDir(), Options{MaxWARC: 3000})
	const url = "https://example.org/1"
	notModified := page("s", url, "", hours(2))
	notModified.NotModified, notModified.Exchanges[0].Status = true, 304
	moved := page("s", url+"5", url+"5\nT\nblue", hours(3))
	moved.Exchanges = append([]blotter.Exchange{exchange(url+"5", "", hours(3))}, exchange(url+"6", url+"5\nT\nblue", hours(3)))
	moved.Exchanges[0].Status = 301
	list := page("s", "https://example.org/", url, hours(0))
	list.Purpose = blotter.PurposeList
	feed := page("s", "https://example.org/feed", url+"2\nA\nred\n---\n"+url+"3\nB\nblue", hours(0))
	feed.Purpose = blotter.PurposeStatus
	for _, f := range []Fetch{
		list, page("s", url, url+"\nT\nred", hours(0)), feed, failed(page("s", url+"4", "", hours(0)), blotter.ReasonTimeout),
		page("s", url, url+"\nT\nred", hours(1)), notModified, moved, page("s", url+"7", "none", hours(3)),
		page("s", url, url+"\nT\nred blue", hours(4)), page("s", url, url+"\nT\nred", hours(5)),
		recordFetch("https://example.org/r", recordJSON{Title: "T"}),
	} {
		keep(t, a, f)
	}
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

// copied is a copy of the captures of the articles with these URLs, of all articles without any.
func copied(t *testing.T, a *Archive, newest bool, urls ...string) ([]byte, Copied) {
	t.Helper()
	var s Selection
	var ids []string
	for _, u := range urls {
		ids = append(ids, blotter.ArticleID(u))
	}
	err := a.Select(t.Context(), &s, ids, newest)
	if len(urls) == 0 {
		err = a.SelectAll(t.Context(), &s, newest)
	}
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	var done atomic.Int64
	c, err := a.Copy(t.Context(), &b, &s, CopyOptions{Name: "copy.warc.gz", Software: "blotter test", About: "for a test", Done: &done})
	if err != nil {
		t.Fatal(err)
	}
	if c.Bytes != int64(b.Len()) || c.Captures != s.Len() || done.Load() != int64(c.Captures+c.Looks) {
		t.Errorf("%+v of %d bytes, %d selected, %d done", c, b.Len(), s.Len(), done.Load())
	}
	return b.Bytes(), c
}

// sound reads a copy strictly, and says of each record but the first its type and the end of its URL.
func sound(t *testing.T, file []byte) string {
	t.Helper()
	var s []string
	seen := map[string]bool{}
	for r, err := range ReadWARC(bytes.NewReader(file)) {
		if err == nil {
			err = r.Verify()
		}
		if err != nil {
			t.Error(err)
		}
		if seen[r.ID] {
			t.Errorf("record %s stands twice", r.ID)
		}
		seen[r.ID] = true
		for _, name := range []string{"Warc-Refers-To", "Warc-Concurrent-To"} {
			if other := r.Header.Value(name); other != "" && !seen[other] {
				t.Errorf("%s %s: its %s %s does not stand before it", r.Type, r.URL, name, other)
			}
		}
		if raw := file[r.Offset:]; string(raw[:3]) != gzipMagic {
			t.Errorf("%s %s begins no gzip member", r.Type, r.URL)
		}
		s = append(s, r.Type+strings.TrimPrefix(r.URL, "https://example.org"))
	}
	if len(s) == 0 || s[0] != "warcinfo" {
		t.Fatalf("the first record is not a warcinfo: %q", s)
	}
	return strings.Join(s[1:], " ")
}

func TestCopy(t *testing.T) {
	a := looked(t)
	const url = "https://example.org/1"
	fetch := func(kind, path string) string { return kind + path + " request" + path + " metadata" + path }
	tests := []struct {
		urls            []string
		newest          bool
		want            string
		captures, looks int
	}{
		{[]string{url}, false, fetch("response", "/1") + " " + fetch("revisit", "/1") + " " + fetch("revisit", "/1") + " " +
			fetch("response", "/1") + " " + fetch("response", "/1"), 3, 2},
		{[]string{url}, true, fetch("response", "/1"), 1, 0},
		{[]string{url + "2", url + "3"}, false, fetch("response", "/feed"), 1, 0},
		{[]string{url + "3"}, true, fetch("response", "/feed"), 1, 0},
		{[]string{url + "5"}, false, "response/15 request/15 " + fetch("response", "/16"), 1, 0},
		{[]string{"https://example.org/nosuch"}, false, "", 0, 0},
	}
	for _, test := range tests {
		file, c := copied(t, a, test.newest, test.urls...)
		got := sound(t, file)
		if got != test.want || c.Captures != test.captures || c.Looks != test.looks || c.Records != 1+len(strings.Fields(got)) {
			t.Errorf("%s, newest %v: %q, %+v\nwant %q", test.urls, test.newest, got, c, test.want)
		}
	}
	file, c := copied(t, a, false)
	got := sound(t, file)
	if c.Captures != 6 || c.Looks != 2 || !strings.Contains(got, "resource/r") || strings.Contains(got, "/17") || strings.Contains(got, "response/ ") {
		t.Errorf("all: %+v, %q", c, got)
	}
	for r, err := range ReadWARC(bytes.NewReader(file)) { // the first record says what it is
		block := string(r.Block)
		if err != nil || !strings.Contains(block, "description: for a test\r\n") || !strings.Contains(block, "isPartOf: "+a.ID()) ||
			r.Header.Value("Warc-Filename") != "copy.warc.gz" {
			t.Errorf("%q, %v", block, err)
		}
		break
	}
}

// The records of a copy are the very bytes of the archive.
func TestCopyIsOfTheSameBytes(t *testing.T) {
	a := looked(t)
	file, _ := copied(t, a, false)
	var all []byte
	names, err := filepath.Glob(filepath.Join(a.dir, "warc", "*"))
	if err != nil || len(names) < 3 {
		t.Fatalf("%q, %v", names, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	var offsets []int64
	for r, err := range ReadWARC(bytes.NewReader(file)) {
		if err != nil {
			t.Fatal(err)
		}
		offsets = append(offsets, r.Offset)
	}
	for i, at := range offsets[1:] {
		member := file[at:slices.Concat(offsets, []int64{int64(len(file))})[i+2]]
		if bytes.Count(all, member) != 1 {
			t.Errorf("record %d of the copy stands %d times in the archive", i+1, bytes.Count(all, member))
		}
	}
}

// A copy never passes on what is damaged, or stands at no place; what was erased while it ran is not passed on either.
func TestCopyOfDamage(t *testing.T) {
	race.Skip(t)
	const url = "https://example.org/1"
	tests := []struct{ name, sql, want string }{
		{"a flipped byte", "", "put the file back from a copy"},
		{"a span too long", `UPDATE ledger SET length = 1 << 60 WHERE capture IS NOT NULL`, "does not fit"},
		{"a span too short", `UPDATE ledger SET length = length - 1 WHERE capture IS NOT NULL`, "unexpected EOF"},
		{"a span that begins at the metadata", `UPDATE ledger SET offset = (SELECT offset + length FROM captures c WHERE c.id = capture), length = 10
			WHERE capture IS NOT NULL`, "gzip"},
	}
	for _, test := range tests {
		a := looked(t)
		if test.sql != "" {
			if _, err := a.writer.ExecContext(t.Context(), test.sql); err != nil {
				t.Fatal(err)
			}
		} else {
			damage(t, a)
		}
		var s Selection
		if err := a.Select(t.Context(), &s, []string{blotter.ArticleID(url)}, false); err != nil {
			t.Fatal(err)
		}
		_, err := a.Copy(t.Context(), &bytes.Buffer{}, &s, CopyOptions{})
		wantError(t, err, "copy", "at byte", test.want)
	}

	// A gzip member may be sound and its record not.
	wrong := raw("1.1", "resource", "abc", "WARC-Block-Digest: "+warcDigest([]byte("abd")))
	if n, err := soundRecords([]byte(zipped(raw("1.1", "resource", "abc"), wrong))); n != 1 {
		t.Errorf("%d records are sound", n)
	} else {
		wantError(t, err, "does not match its digest")
	}

	a := looked(t)
	var s Selection
	if err := a.SelectAll(t.Context(), &s, false); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Forget(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	_, err := a.Copy(t.Context(), &bytes.Buffer{}, &s, CopyOptions{})
	wantError(t, err, "forgotten", "begin again")
	file, _ := copied(t, a, false)
	if got := sound(t, file); strings.Contains(got, "/1 ") {
		t.Errorf("what is forgotten is copied: %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Copy(ctx, &bytes.Buffer{}, &s, CopyOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a copy under an ended context: %v", err)
	}
}

// damage flips a byte within the first record of the second capture.
func damage(t *testing.T, a *Archive) {
	t.Helper()
	name, offset := ask[string](t, a, `SELECT name FROM warc_files JOIN captures c ON c.warc = warc_files.id WHERE c.id = 2`),
		ask[int64](t, a, `SELECT offset FROM captures WHERE id = 2`)
	path := filepath.Join(a.dir, "warc", name)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[offset+100] ^= 0xff
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, b, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestSelection(t *testing.T) {
	var s Selection
	ids := []int64{1, 63, 64, 65535, 65536, 1 << 40, 1<<62 + 7}
	for range 2 {
		for _, id := range ids {
			s.add(id)
		}
	}
	if s.Len() != len(ids) {
		t.Errorf("%d are in, want %d", s.Len(), len(ids))
	}
	for _, id := range ids {
		if !s.has(id) || s.has(id+1) && !slices.Contains(ids, id+1) {
			t.Errorf("%d: %v, and the next: %v", id, s.has(id), s.has(id+1))
		}
	}
}

// TestWarcioReadsCopies has warcio verify a copy and make an index of it.
func TestWarcioReadsCopies(t *testing.T) {
	warcio := others.Program(t, "warcio")
	a := looked(t)
	path := filepath.Join(t.TempDir(), "copy.warc.gz")
	file, c := copied(t, a, false)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(warcio, "check", "-v", path).CombinedOutput()
	if err != nil || strings.Contains(string(out), "failed") || strings.Count(string(out), "digest pass") < c.Captures {
		t.Errorf("warcio check: %v\n%s", err, out)
	}
	out, err = exec.Command(warcio, "index", "-f", "offset,warc-type,warc-record-id", path).CombinedOutput()
	if err != nil {
		t.Fatalf("warcio index: %v\n%s", err, out)
	}
	var want strings.Builder
	for r, err := range ReadWARC(bytes.NewReader(file)) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&want, "{\"offset\": \"%d\", \"warc-type\": \"%s\", \"warc-record-id\": \"%s\"}\n", r.Offset, r.Type, r.ID)
	}
	if string(out) != want.String() {
		t.Errorf("warcio reads\n%s, want\n%s", out, want.String())
	}
}
