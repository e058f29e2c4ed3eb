package pipeline

import (
	"bytes"
	"fmt"
	"maps"
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
