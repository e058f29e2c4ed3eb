package pipeline

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/internal/newsroom"
	"blotter/internal/race"
)

// decade is a backfill of all that a Bulk holds.
func decade(src blotter.Source, by string) Backfill {
	return Backfill{Source: src, By: by, From: time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// bulkSize is how many articles the newsrooms of the acceptance test have. All 5,000 by each of the ways take a minute
// and more, so they are asked for by BLOTTER_FULL=1.
func bulkSize() int {
	switch {
	case os.Getenv("BLOTTER_FULL") != "":
		return 5000
	case testing.Short():
		return 200
	}
	return 600
}

// TestBackfillWholeDecade reads ten years of a newsroom by each way, is ended five times before it is done, and has asked
// for no article twice.
func TestBackfillWholeDecade(t *testing.T) {
	race.Skip(t)
	const gone = "http://gone.example"
	size := bulkSize()
	for _, by := range Ways[1:] {
		t.Run(by, func(t *testing.T) {
			b := newsroom.Bulk{Articles: size, Seed: 5}
			start := b.Start
			switch by {
			case ByPages:
				b.Kind = blotter.KindListing
				start = b.Start
			case ByWayback:
				start = func() (*newsroom.Newsrooms, error) { return b.StartWayback(gone) }
			}
			rooms, err := start()
			if err != nil {
				t.Fatal(err)
			}
			defer rooms.Close()
			p := newPipeline(t, rooms)
			if by == ByWayback {
				p.Config.Sources = []blotter.Source{{ID: "bulk-1", Kind: blotter.KindListing, URL: gone + "/news/", Enabled: true, TimeZone: "Europe/London"}}
				p.Config.Crawl.Wayback = rooms.URL("wayback", "")
			}
			all := decade(p.Config.Sources[0], by)
			for n := range 5 {
				p.endedBackfill(t, all, int64(size*(n+1)/40))
			}
			s := p.mustBackfill(t, all)
			if last := s.Backfills[0]; !last.Ended || last.Fetched < size*99/100 {
				t.Errorf("in the end: %+v", last)
			}
			p.checkFetchedOnce(t, rooms, size)
			s = p.mustBackfill(t, all)
			if !s.Backfills[0].Before || s.Listed+s.New != 0 {
				t.Errorf("a backfill that was done did more: %+v", s)
			}
		})
	}
}

// endedBackfill begins or goes on with a backfill and ends it after some lists or pages.
func (p *Pipeline) endedBackfill(t *testing.T, b Backfill, after int64) {
	t.Helper()
	p.Progress = &Progress{}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer cancel()
		for p.Progress.Lists.Load()+p.Progress.Pages.Load() < after {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	s, err := p.Backfill(ctx, b)
	close(done)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the backfill was not ended on the way: %v, %+v", err, s)
	}
	if !s.Balanced() {
		t.Errorf("the numbers do not add up: %+v", s)
	}
}

func (p *Pipeline) mustBackfill(t *testing.T, b Backfill) Summary {
	t.Helper()
	s, err := p.Backfill(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Balanced() {
		t.Errorf("the numbers do not add up: %+v", s)
	}
	return s
}

// checkFetchedOnce holds what the newsrooms were asked against the archive.
func (p *Pipeline) checkFetchedOnce(t *testing.T, rooms *newsroom.Newsrooms, want int) {
	t.Helper()
	asked := map[string]int{}
	for _, r := range rooms.Requests() {
		if i := strings.LastIndex(r.Path, "/news/"); i >= 0 && strings.Trim(r.Path[i+len("/news/"):], "0123456789") == "" && len(r.Path) > i+len("/news/") {
			asked[r.Path[i:]]++
		}
	}
	for path, n := range asked {
		if n > 1 {
			t.Errorf("%s was asked for %d times", path, n)
		}
	}
	stats, err := p.Archive.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(asked) < want*99/100 || stats.Articles < want*99/100 {
		t.Errorf("%d articles were asked for and %d are in the archive, want %d", len(asked), stats.Articles, want)
	}
	if n, err := p.Index.Count(); err != nil || n != stats.Articles {
		t.Errorf("the index has %d articles of %d, %v", n, stats.Articles, err)
	}
	if findings, err := p.Archive.Check(t.Context(), archive.CheckOptions{Deep: true}); err != nil || len(findings) > 0 {
		t.Error(findings, err)
	}
}
