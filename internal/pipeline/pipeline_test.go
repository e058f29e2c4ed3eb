package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/classify"
	"blotter/configs"
	"blotter/crawler"
	"blotter/index"
	"blotter/internal/newsroom"
	"blotter/query"
)

// newPipeline joins the real rooms over a fresh data folder and the given newsrooms.
func newPipeline(t testing.TB, rooms *newsroom.Newsrooms) *Pipeline {
	t.Helper()
	c, err := configs.Load("")
	if err != nil {
		t.Fatal(err)
	}
	c.DataDir = t.TempDir()
	c.Crawl.Recheck = []time.Duration{time.Hour}
	if rooms != nil {
		c.Sources, c.Crawl.Allow = rooms.Sources(), rooms.Addrs()
	}
	rules, err := classify.Parse(c.Rules)
	if err != nil {
		t.Fatal(err)
	}
	arc, err := archive.Open(c.DataDir, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { arc.Close() })
	idx, err := index.OpenBleve(filepath.Join(c.DataDir, "index"), arc.ID())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { idx.Close() })
	return &Pipeline{
		Config: c, Archive: arc, Index: idx, Pack: rules,
		Fetcher: &crawler.Fetcher{Agent: "Blotter/test (+test@blotter.example)", Allow: c.Crawl.Allow},
		Log:     slog.New(slog.DiscardHandler),
	}
}

func startRooms(t *testing.T) *newsroom.Newsrooms {
	t.Helper()
	rooms, err := newsroom.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rooms.Close() })
	return rooms
}

func (p *Pipeline) mustRun(t *testing.T) Summary {
	t.Helper()
	s, err := p.Run(t.Context(), Pass{Sources: p.Config.Sources, Command: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Balanced() {
		t.Errorf("the numbers of the pass do not add up: %+v", s)
	}
	if s.SourcesOK+len(s.SourcesFailed)+s.SourcesLeft != s.SourcesAsked {
		t.Errorf("the sources of the pass do not add up: %+v", s)
	}
	return s
}

// find returns the articles that a query finds, by URL.
func (p *Pipeline) find(t *testing.T, text string) map[string]blotter.Article {
	t.Helper()
	q, err := query.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	result, err := p.Index.Search(t.Context(), index.Request{Query: q, Limit: 1000, Load: p.Archive.Articles})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, h := range result.Hits {
		ids = append(ids, h.ID)
	}
	articles, err := p.Archive.Articles(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	if len(articles) != result.Total {
		t.Errorf("search %q: %d articles of %d hits", text, len(articles), result.Total)
	}
	found := map[string]blotter.Article{}
	for _, a := range articles {
		found[a.URL] = a
	}
	return found
}

// TestNewsrooms takes the made-up newsrooms through the whole line, in both editions, and holds what comes out
// against what their authors say is in them.
func TestNewsrooms(t *testing.T) {
	rooms := startRooms(t)
	p := newPipeline(t, rooms)
	first := p.mustRun(t)
	checkTruth(t, p, rooms, 1, first)

	// Nothing has changed: nothing is new, and nobody is asked for more than whether that is so.
	again := p.mustRun(t)
	if again.New+again.Changed+again.Articles+again.Revised != 0 {
		t.Errorf("a second pass over the same edition found news: %+v", again)
	}

	rooms.SetEdition(2)
	p.Now = func() time.Time { return time.Now().Add(2 * time.Hour) } // when pages are looked at again
	second := p.mustRun(t)
	checkTruth(t, p, rooms, 2, second)
	if second.Revised != 1 {
		t.Errorf("the second edition revised %d articles, want 1: the corrected one", second.Revised)
	}
	checkRevision(t, p)
	if findings, err := p.Archive.Check(t.Context(), archive.CheckOptions{Deep: true}); err != nil || len(findings) > 0 {
		t.Error(findings, err)
	}
}

// checkTruth compares the archive and the index with what an edition holds.
func checkTruth(t *testing.T, p *Pipeline, rooms *newsroom.Newsrooms, edition int, s Summary) {
	t.Helper()
	truths, err := newsroom.ReadTruth(edition)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, truth := range truths {
		at := rooms.URL(truth.Site, truth.Path)
		switch {
		case truth.Backfill:
			continue
		case len(truth.Fails) > 0:
			if reason, failed := s.SourcesFailed[truth.Source]; truth.Path == "" && (!failed || !slices.Contains(truth.Fails, reason)) {
				t.Errorf("edition %d: source %s failed for %q, want one of %v", edition, truth.Source, reason, truth.Fails)
			}
			continue
		}
		a := p.article(t, at, truth)
		if a == nil {
			t.Errorf("edition %d: %s is not in the archive", edition, at)
			continue
		}
		checked++
		if a.Title != truth.Title || a.Published.String() != truth.Published || a.Published.Precision != truth.Precision {
			t.Errorf("edition %d: %s\n got %q %s %s\nwant %q %s %s", edition, at,
				a.Title, a.Published, a.Published.Precision, truth.Title, truth.Published, truth.Precision)
		}
		if !slices.Equal(a.Authors, truth.Authors) {
			t.Errorf("edition %d: %s has the authors %q, want %q", edition, at, a.Authors, truth.Authors)
		}
		text := strings.TrimPrefix(strings.TrimPrefix(a.Body, a.Lead), "\n\n") // a standfirst may come first
		if !strings.HasPrefix(a.Body, truth.First) && !strings.HasPrefix(text, truth.First) || !strings.HasSuffix(a.Body, truth.Last) {
			t.Errorf("edition %d: %s\nbegins %.80q, want %.80q\nends %q, want %q", edition, at, a.Body, truth.First,
				a.Body[max(0, len(a.Body)-80):], truth.Last)
		}
		checkTags(t, p, a, truth)
	}
	if checked < 40 {
		t.Errorf("edition %d: %d articles checked; the truth is cut short", edition, checked)
	}
}

// article finds the article of a truth. An item of a status feed has a fragment that the truth leaves out.
func (p *Pipeline) article(t *testing.T, at string, truth newsroom.Truth) *blotter.Article {
	t.Helper()
	if truth.Source == "threat-office" || strings.HasSuffix(at, "/threat-levels") {
		for _, a := range p.find(t, `title:"threat level"`) {
			if strings.HasPrefix(a.URL, at+"#") && a.Title == truth.Title {
				return &a
			}
		}
		return nil
	}
	a, err := p.Archive.Article(t.Context(), at)
	if err != nil {
		return nil
	}
	return &a
}

// checkTags holds the tags of the default pack against a careful reader's.
func checkTags(t *testing.T, p *Pipeline, a *blotter.Article, truth newsroom.Truth) {
	t.Helper()
	got := map[string]bool{}
	for _, tag := range a.Tags {
		got[tag.Tag] = true
		for _, e := range tag.Evidence {
			text := a.Body
			if e.Field == "title" {
				text = a.Title
			}
			if text[e.Start:e.End] != e.Quote {
				t.Errorf("%s: evidence %q does not stand at its offsets", a.URL, e.Quote)
			}
		}
	}
	for _, rule := range p.Pack.Rules() {
		if slices.Contains(truth.Uncertain, rule.Tag) {
			continue
		}
		if want := slices.Contains(truth.Tags, rule.Tag); want != got[rule.Tag] {
			t.Errorf("%s %q: tagged %s is %v, want %v", a.URL, a.Title, rule.Tag, got[rule.Tag], want)
		}
	}
}

// checkRevision looks at the article that the second edition corrects.
func checkRevision(t *testing.T, p *Pipeline) {
	t.Helper()
	for _, a := range p.find(t, "Stainmouth arrest") {
		if a.Revision != 2 {
			continue
		}
		revisions, err := p.Archive.Revisions(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(revisions) != 2 || revisions[0].Article.Body == revisions[1].Article.Body {
			t.Errorf("%s has %d revisions; want 2 with different texts", a.URL, len(revisions))
		}
		return
	}
	t.Error("no article about the Stainmouth arrests has a second revision")
}

// TestRetag changes the rules under an archive: the next pass tags again, reads nothing again, and the index follows.
func TestRetag(t *testing.T) {
	rooms := startRooms(t)
	p := newPipeline(t, rooms)
	p.mustRun(t)
	if len(p.find(t, "tag:seizure")) == 0 {
		t.Fatal("no article is tagged seizure")
	}
	dir := t.TempDir()
	rule := "id: kettle\ntag: kettle\ntitle: Kettle\ndescription: Finds nothing.\nany:\n  - xyzzyplugh\n"
	if err := os.WriteFile(filepath.Join(dir, "kettle.yaml"), []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}
	sub := os.DirFS(dir)
	rules, err := classify.Parse(sub)
	if err != nil {
		t.Fatal(err)
	}
	p.Pack = rules
	s, err := p.Update(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Articles+s.Revised+s.Removed != 0 || len(s.TaggedWith) != 0 || s.Indexed == 0 {
		t.Errorf("after a change of the rules: %+v", s)
	}
	if n := len(p.find(t, "tag:seizure")); n != 0 {
		t.Errorf("%d articles keep a tag that no rule gives", n)
	}
}

// TestReread changes a source's reading rules: its pages are read again, and no others.
func TestReread(t *testing.T) {
	rooms := startRooms(t)
	p := newPipeline(t, rooms)
	p.mustRun(t)
	for i, src := range p.Config.Sources {
		if src.ID == "ct-east" {
			p.Config.Sources[i].Selectors.Title = "title"
		}
	}
	s, err := p.Update(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Revised == 0 || s.Revised > 12 || s.Articles != 0 {
		t.Errorf("after a change of one source's selectors: %+v", s)
	}
}

// TestCancelled ends a pass in the middle: the numbers still add up, and the next pass brings the rest.
func TestCancelled(t *testing.T) {
	rooms, err := newsroom.Bulk{Articles: 200, Hosts: 2, Kind: blotter.KindFeed, Seed: 3}.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer rooms.Close()
	p := newPipeline(t, rooms)
	p.Progress = &Progress{}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for p.Progress.Pages.Load() < 20 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	s, err := p.Run(ctx, Pass{Sources: p.Config.Sources, Command: "test"})
	if err == nil || !s.Balanced() {
		t.Errorf("a cancelled pass: error %v, summary %+v", err, s)
	}
	if s.New == 0 || s.Articles != s.New || s.Indexed != s.New {
		t.Errorf("what was fetched before the end is not in the index: %+v", s)
	}
	if due, err := p.Due(t.Context()); err != nil || len(due) == 0 {
		t.Errorf("%d sources are due, %v: nobody would fetch the rest before their schedules come", len(due), err)
	}
	p.Config.Crawl.Recheck = nil
	rest := p.mustRun(t)
	if due, err := p.Due(t.Context()); err != nil || len(due) != 0 {
		t.Errorf("%d sources are due, %v, when all is fetched", len(due), err)
	}
	if s.New+rest.New != 200 {
		t.Errorf("%d and %d articles were fetched, want 200 in all", s.New, rest.New)
	}
}

// TestMaxItems: a source that lists more than a pass may fetch gets its share of each pass, and in the end all.
func TestMaxItems(t *testing.T) {
	rooms, err := newsroom.Bulk{Articles: 10, Kind: blotter.KindFeed, Seed: 3}.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer rooms.Close()
	p := newPipeline(t, rooms)
	p.Config.Crawl.MaxItems, p.Config.Crawl.Recheck = 4, nil
	for pass, want := range []int{4, 4, 2, 0} {
		s := p.mustRun(t)
		if s.New != want {
			t.Errorf("pass %d fetched %d, want %d", pass+1, s.New, want)
		}
		if pass == 0 && s.Left != 6 { // later the feed says that it has not changed, and lists nothing
			t.Errorf("the first pass left %d, want 6", s.Left)
		}
	}
}

// TestImport takes in a file twice, with a line that is no article.
func TestImport(t *testing.T) {
	p := newPipeline(t, nil)
	const lines = `{"id":"1","title":"Raid","text":"Police seized three rifles.","date":"2021-06-03"}
{"id":"2","url":"https://news.example/b","title":"Fair","text":"A fair was held."}
{"id":"3","title":"Nothing"}
{"id":"4","url":"https://news.example/b?utm_source=x","title":"Fair","text":"A fair was held, they say."}
no json
`
	for _, want := range []Summary{{New: 5, Articles: 2}, {Unchanged: 5}} {
		s, err := p.Import(t.Context(), []Input{{Name: "a.jsonl", Reader: strings.NewReader(lines)}})
		if err != nil {
			t.Fatal(err)
		}
		if !s.Balanced() || s.New+s.Changed != want.New || s.Unchanged != want.Unchanged || s.Articles != want.Articles {
			t.Errorf("import: %+v, want %+v", s, want)
		}
	}
	if n := len(p.find(t, "tag:seizure")); n != 1 {
		t.Errorf("%d articles are tagged seizure, want 1", n)
	}
}

// TestReadCostsOnePage reads pages that hang and that panic their reader.
func TestReadCostsOnePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		var reader pageReader
		defer reader.leave()
		for _, row := range []struct {
			name, detail string
			articles     func() ([]blotter.Article, error)
		}{
			{"a panic", "panic: index out of range", func() ([]blotter.Article, error) { panic("index out of range") }},
			{"a page that hangs", "took longer than 20s", func() ([]blotter.Article, error) { <-hang; return nil, nil }},
			{"an error that names no reason", "strange", func() ([]blotter.Article, error) { return nil, errors.New("strange") }},
		} {
			d := reader.read(t.Context(), 7, readBudget, row.articles)
			if d.Capture != 7 || d.Failure == nil || d.Failure.Reason != blotter.ReasonReader || d.Failure.Detail != row.detail {
				t.Errorf("%s: %+v", row.name, d)
			}
		}
		// Who stops does not wait for a page, and says nothing of it.
		began := time.Now()
		ctx, stop := context.WithTimeout(t.Context(), grace)
		defer stop()
		d := reader.read(ctx, 7, readBudget, func() ([]blotter.Article, error) { <-hang; return nil, nil })
		if took := time.Since(began); took != grace || d.Failure != nil {
			t.Errorf("a page that hangs while we stop: %+v after %v", d, took)
		}
		if d := reader.read(t.Context(), 7, readBudget, func() ([]blotter.Article, error) { return make([]blotter.Article, 1), nil }); len(d.Articles) != 1 || d.Failure != nil {
			t.Errorf("a good page: %+v", d)
		}
		close(hang)
	})
}

// TestUpdateWithoutSources: a configuration that does not have the sources reads nothing anew; one whose selectors are others
// reads the pages of that source.
func TestUpdateWithoutSources(t *testing.T) {
	p := newPipeline(t, startRooms(t))
	p.mustRun(t)
	configured := p.Config.Sources
	p.Config.Sources = nil
	s, err := p.Update(t.Context())
	if err != nil || s.Indexed != 0 || len(s.NoArticle) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, src := range configured {
		if src.ID == "norrshire-police" {
			src.Selectors.Drop = []string{".nowhere"}
			p.Config.Sources = []blotter.Source{src}
		}
	}
	captures, err := p.Archive.Underived(t.Context(), mustReaders(t, p).stamps, 0, 1000, nil)
	if err != nil || len(captures) == 0 {
		t.Fatalf("%d captures, %v", len(captures), err)
	}
	for _, c := range captures {
		if c.Source != "norrshire-police" {
			t.Errorf("a page of %s is to be read anew", c.Source)
		}
	}
}

func mustReaders(t *testing.T, p *Pipeline) *readers {
	t.Helper()
	r, err := p.readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}
