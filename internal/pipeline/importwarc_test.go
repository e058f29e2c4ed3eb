package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/query"
)

// filled is a pipeline with two editions of the newsrooms, a look between that found nothing new, and imported records.
func filled(t *testing.T) *Pipeline {
	rooms := startRooms(t)
	p := newPipeline(t, rooms)
	p.mustRun(t)
	for i := range 2 {
		p.Now = func() time.Time { return time.Now().Add(time.Duration(i+1) * 2 * time.Hour) } // when pages are looked at again
		p.mustRun(t)
		rooms.SetEdition(2)
	}
	p.mustImport(t, "a.jsonl", `{"id":"1","source":"Herald","title":"Raid","text":"Police seized three rifles.","date":"2021-06-03"}
{"id":"2","url":"https://news.example/b","title":"Fair","text":"A fair was held."}
`)
	p.mustImport(t, "b.jsonl", `{"id":"2","url":"https://news.example/b","title":"Fair","text":"A fair was held, they say."}`)
	return p
}

func (p *Pipeline) mustImport(t *testing.T, name, text string) Summary {
	t.Helper()
	s, err := p.Import(t.Context(), []Input{{Name: name, Reader: strings.NewReader(text)}})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Balanced() || s.Indexed != s.Articles+s.Revised {
		t.Errorf("import of %s: %+v", name, s)
	}
	return s
}

// copyOf is a WARC file of what the pipeline's archive holds.
func (p *Pipeline) copyOf(t *testing.T, newest bool, ids ...string) ([]byte, archive.Copied) {
	t.Helper()
	var s archive.Selection
	err := p.Archive.SelectAll(t.Context(), &s, newest)
	if len(ids) > 0 {
		s = archive.Selection{}
		err = p.Archive.Select(t.Context(), &s, ids, newest)
	}
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	c, err := p.Archive.Copy(t.Context(), &b, &s, archive.CopyOptions{Software: "blotter test", About: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), c
}

// described are all that the index finds, as text: what a copy has to give again.
func (p *Pipeline) described(t *testing.T, withRevision bool) map[string]string {
	t.Helper()
	all, err := query.Parse("words:>0")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for url, a := range p.find(t, all.String()) {
		a.Seq, a.Capture, a.Rules = 0, 0, ""
		if !withRevision {
			a.Revision, a.FirstSeen = 0, time.Time{}
		}
		a.Published, a.Modified = day(a.Published), day(a.Modified)
		texts[url] = fmt.Sprintf("%+v", a)
	}
	return texts
}

// day is a date as far as a WARC file keeps it: one without a time of day has no zone there.
func day(d blotter.Date) blotter.Date {
	if d.Precision != blotter.Minute && !d.IsZero() {
		y, m, n := d.Time.Date()
		d.Time = time.Date(y, m, n, 0, 0, 0, 0, time.UTC)
	}
	d.Time = d.Time.Round(0).In(time.FixedZone("", offset(d.Time)))
	return d
}

func offset(t time.Time) int { _, seconds := t.Zone(); return seconds }

func compare(t *testing.T, got, want map[string]string) {
	t.Helper()
	for _, url := range slices.Sorted(maps.Keys(want)) {
		if got[url] != want[url] {
			t.Errorf("%s: the copy gave\n%s\nand the archive has\n%s", url, got[url], want[url])
		}
	}
	if len(got) != len(want) || len(want) == 0 {
		t.Errorf("the copy gave %d articles, and the archive has %d", len(got), len(want))
	}
}

// TestCopyIsImported takes the captures of an archive into an empty one, by way of a WARC file: it comes to hold the same
// articles, with all their revisions or the newest alone.
func TestCopyIsImported(t *testing.T) {
	p := filled(t)
	for _, newest := range []bool{false, true} {
		file, _ := p.copyOf(t, newest)
		q := newPipeline(t, nil)
		q.Config.Sources = p.Config.Sources
		s := q.mustImport(t, "copy.warc.gz", string(file))
		if s.Failed != 0 || len(s.NoArticle) != 0 {
			t.Errorf("newest %v: %+v", newest, s)
		}
		compare(t, q.described(t, !newest), p.described(t, !newest))
		if s := q.mustImport(t, "copy.warc.gz", string(file)); s.New+s.Changed+s.Indexed > 0 {
			t.Errorf("newest %v, a second time: %+v", newest, s)
		}
	}
}

// TestLostDatabase makes an archive anew of the WARC files of another: of the lists in them nothing becomes of an article.
func TestLostDatabase(t *testing.T) {
	p := filled(t)
	q := newPipeline(t, nil)
	q.Config.Sources = p.Config.Sources
	names, err := filepath.Glob(filepath.Join(p.Config.DataDir, "warc", "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%q, %v", names, err)
	}
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		q.mustImport(t, name, string(file))
	}
	compare(t, q.described(t, true), p.described(t, true))
	stats, err := q.Archive.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for id := range int64(stats.Captures) {
		c, err := q.Archive.Capture(t.Context(), id+1)
		if err != nil || c.Purpose == blotter.PurposeList {
			t.Errorf("capture %d is a %s, %v", id+1, c.Purpose, err)
		}
	}
}

// TestImportWARCOfOthers takes pages in, and neither believes a record that speaks of another one nor takes what is no answer
// of a site for a page.
func TestImportWARCOfOthers(t *testing.T) {
	record := func(kind, id, path, contentType, fields, block string) string {
		return fmt.Sprintf("WARC/1.1\r\nWARC-Type: %s\r\nWARC-Record-ID: <urn:%s>\r\nWARC-Target-URI: https://news.example/%s\r\n"+
			"WARC-Date: 2024-01-01T00:00:00Z\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n%s\r\n\r\n",
			kind, id, path, contentType, fields, len(block), block)
	}
	page := func(id, status, media string) string {
		return record("response", id, id, "application/http; msgtype=response", "", "HTTP/1.1 "+status+"\r\nContent-Type: "+media+"\r\n\r\n<p>"+id)
	}
	said := func(of, source, purpose string) string {
		return record("metadata", "about-"+of, of, "application/warc-fields", "WARC-Concurrent-To: <urn:"+of+">\r\n",
			"source: "+source+"\r\npurpose: "+purpose+"\r\n")
	}
	file := page("a", "200 OK", "text/html") + said("other", "not-a", "page") + // another's
		page("b", "200 OK", "text/HTML; charset=utf-8") + said("b", "Mine!", "page") +
		page("c", "200 OK", "application/xml") + said("c", "feed", "status") +
		page("d", "200 OK", "application/xml") +
		page("e", "200 OK", "application/xml") + said("e", "feed", "list") +
		page("f", "404 Not Found", "text/html") + said("f", "feed", "page") +
		record("resource", "g", "g", "text/html", "", "<p>g") +
		record("resource", "h", "h", "application/json", "", "{}") + said("h", "hand", "record") +
		said("b", "late", "page") +
		page("j", "200 OK", "text/html") + said("j", "feed", "page\r\nfailure: challenge: prove it") +
		page("i", "200 OK", "application/xhtml+xml")
	p := newPipeline(t, nil)
	p.mustImport(t, "others.warc", file)
	stats, err := p.Archive.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for id := range int64(stats.Captures) {
		c, err := p.Archive.Capture(t.Context(), id+1)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(strings.TrimPrefix(c.URL, "https://news.example/"), " ", c.Source, " ", c.Purpose))
	}
	want := []string{"a import page", "b mine page", "c feed status", "h hand record", "i import page"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// pagesWARC is a WARC file of so many pages, each followed by a picture.
func pagesWARC(n int) string {
	var b strings.Builder
	record := func(url, contentType, body string) {
		block := "HTTP/1.1 200 OK\r\nContent-Type: " + contentType + "\r\n\r\n" + body
		fmt.Fprintf(&b, "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: %s\r\nWARC-Date: 2024-01-01T00:00:00Z\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n",
			url, len(block), block)
	}
	padding := strings.Repeat(" ", 8000) // files are read a megabyte at a time
	for i := range n {
		text := strings.Repeat(fmt.Sprintf("<p>Police seized rifle number %d on Friday, and spoke of it at length to those who came.</p>", i), 5)
		record(fmt.Sprintf("https://news.example/%d", i), "text/html", fmt.Sprintf("<html><head><title>Story %d</title></head><!--%s--><body><article><h1>Story %d</h1>%s</article></body></html>", i, padding, i, text))
		record(fmt.Sprintf("https://news.example/%d.png", i), "image/png", "a picture")
	}
	return b.String()
}

// endsWithin is a reader during which a context ends.
type endsWithin struct {
	r   *strings.Reader
	at  int // bytes left when it does
	end func()
}

func (e *endsWithin) Read(p []byte) (int, error) {
	if e.r.Len() < e.at {
		e.end()
	}
	return e.r.Read(p)
}

// TestImportIsStopped ends an import in the middle of a file: the next import brings the rest to the index, and nothing twice.
// A file without a page is stopped as well.
func TestImportIsStopped(t *testing.T) {
	const pages = importBatch + importBatch/2
	file := pagesWARC(pages)
	p := newPipeline(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	s, err := p.Import(ctx, []Input{{Name: "pages.warc", Reader: &endsWithin{r: strings.NewReader(file), at: 1, end: cancel}}})
	if !errors.Is(err, context.Canceled) || s.New != importBatch || !s.Balanced() {
		t.Errorf("stopped: %v, %+v", err, s)
	}
	rest, err := p.Import(t.Context(), []Input{{Name: "pages.warc", Reader: strings.NewReader(file)}})
	if err != nil || rest.Unchanged != importBatch || rest.New != pages-importBatch || s.Articles+rest.Articles != pages {
		t.Errorf("the rest: %v, %+v", err, rest)
	}
	if n, err := p.Index.Count(); err != nil || n != pages {
		t.Errorf("%d articles are in the index, %v", n, err)
	}

	pictures := strings.ReplaceAll(file, "text/html", "image/gif")
	ctx, cancel = context.WithCancel(t.Context())
	unread := &endsWithin{r: strings.NewReader(pictures), at: len(pictures) / 2, end: cancel}
	if _, err := p.Import(ctx, []Input{{Name: "pictures.warc", Reader: unread}}); !errors.Is(err, context.Canceled) || unread.r.Len() == 0 {
		t.Errorf("without a page: %v, %d bytes are left", err, unread.r.Len())
	}
}

// TestImportBatchIsBounded imports few large pages: they are kept before they are many.
func TestImportBatchIsBounded(t *testing.T) {
	p := newPipeline(t, nil)
	k := &keeper{p: p, t: p.newTally(0)}
	const size = importBatchBytes / 4
	for i := range 9 {
		x := blotter.Exchange{URL: fmt.Sprintf("https://news.example/%d", i), Method: "GET", Status: 200, Body: bytes.Repeat([]byte{byte(i)}, size)}
		f := archive.Fetch{Source: "s", Purpose: blotter.PurposePage, Item: blotter.Item{URL: x.URL}, Exchanges: []blotter.Exchange{x}}
		if err := k.keep(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	if k.t.s.New != 8 || len(k.batch) != 1 || k.bytes != size {
		t.Errorf("%d are kept; %d are held, of %d bytes", k.t.s.New, len(k.batch), k.bytes)
	}
}
