package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"blotter"
	"blotter/archive"
)

// Polls of different sources at once, and then a reading and an indexing, find what one run finds.
func TestStages(t *testing.T) {
	rooms := startRooms(t)
	whole := newPipeline(t, rooms)
	want := whole.mustRun(t)

	p := newPipeline(t, startRooms(t))
	var polls sync.WaitGroup
	for _, src := range p.Config.Sources {
		polls.Go(func() {
			s, err := p.Poll(t.Context(), Pass{Sources: []blotter.Source{src}, Command: "poll"})
			if err != nil || !s.Balanced() {
				t.Errorf("%s: %+v, %v", src.ID, s, err)
			}
		})
	}
	polls.Wait()
	if b, err := p.Backlog(t.Context()); err != nil || b.Underived == 0 || b.Untagged != 0 {
		t.Errorf("after the polls %+v waits, %v", b, err)
	}
	read, err := p.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if b, err := p.Backlog(t.Context()); err != nil || b.Underived+b.Untagged != 0 {
		t.Errorf("after the reading %+v waits, %v", b, err)
	}
	followed, err := p.Follow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want.Articles == 0 || read.Articles != want.Articles || followed.Indexed != want.Articles {
		t.Errorf("%d articles read and %d indexed, a run has %d", read.Articles, followed.Indexed, want.Articles)
	}
	if len(p.find(t, "tag:seizure")) != len(whole.find(t, "tag:seizure")) {
		t.Error("the two find another number of seizures")
	}
}

// Each page that is fetched, each that is read, each article that is tagged and each batch of the index gives way first.
func TestGiveWay(t *testing.T) {
	p := newPipeline(t, startRooms(t))
	var times atomic.Int64
	p.GiveWay = func(context.Context) { times.Add(1) }
	held := func(what string, want int) {
		t.Helper()
		if n := int(times.Swap(0)); n != want || n == 0 {
			t.Errorf("%s gave way %d times, not %d", what, n, want)
		}
	}
	s, err := p.Poll(t.Context(), Pass{Sources: p.Config.Sources, Command: "poll"})
	if err != nil {
		t.Fatal(err)
	}
	held("the poll", s.New+s.Changed+s.Unchanged+s.Refused+s.Failed)
	waiting, err := p.Backlog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s, err = p.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	held("the reading", waiting.Underived+s.Articles)
	if _, err = p.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	held("the index", 1)
}

func TestNoteworthy(t *testing.T) {
	s := Summary{Pass: 3, New: 2, Reasons: map[blotter.Reason]int{}, SourcesFailed: map[string]blotter.Reason{"a": "timeout"}}
	text, err := json.Marshal(s.noteworthy())
	if want := `{"new":2,"pass":3,"sources_failed":{"a":"timeout"}}`; err != nil || string(text) != want {
		t.Errorf("%s (%v), want %s", text, err, want)
	}
}

// A panic costs the source at which it came, for as long as a failure does.
func TestPanicOfASource(t *testing.T) {
	p := newPipeline(t, startRooms(t))
	p.Fetcher = nil
	src := p.Config.Sources[0]
	s, err := p.Poll(t.Context(), Pass{Sources: p.Config.Sources[:1], Command: "poll"})
	if err != nil || s.SourcesFailed[src.ID] != blotter.ReasonReader {
		t.Fatalf("%+v, %v", s, err)
	}
	state, err := p.Archive.SourceState(t.Context(), src.ID)
	if err != nil || state.Failures != 1 || !state.NextTry.After(p.now()) {
		t.Errorf("the source is in the state %+v, %v", state, err)
	}
}

// A source that takes too long leaves the rest for the next pass.
func TestSourceTime(t *testing.T) {
	rooms := startRooms(t)
	p := newPipeline(t, rooms)
	all := p.mustRun(t)

	slow := newPipeline(t, rooms)
	var hours atomic.Int64
	slow.Now = func() time.Time { return time.Now().Add(time.Duration(hours.Add(1)) * 10 * time.Minute) }
	s := slow.mustRun(t)
	if s.Left == 0 || s.New == 0 || s.New+s.Left+s.Failed+s.Refused < all.New {
		t.Errorf("%d items were fetched and %d left of %d", s.New, s.Left, all.New)
	}
}

// TestReadingGoesOn: what is kept while a page is read is read in the same turn, and not in the next round.
func TestReadingGoesOn(t *testing.T) {
	p := newPipeline(t, nil)
	keep := p.keeping(t)
	keep()
	kept := 1
	p.GiveWay = func(context.Context) {
		if kept < 3 {
			kept++
			time.Sleep(50 * time.Millisecond) // the archive has long said that there is no other
			keep()
		}
	}
	tally := p.newTally(0)
	more, err := p.derive(t.Context(), nil, tally)
	if s := tally.summary(); err != nil || more || s.Articles != 3 {
		t.Errorf("%d articles, more: %v, %v; want 3 in one turn", s.Articles, more, err)
	}
	if p.GiveWay = nil; !p.done.pages(tally.readers, p.Archive.Pages()) {
		t.Error("all is read, and the pipeline does not know")
	}
}

// TestReadingWaits: reading begins with the first page that a crawl keeps, waits a moment for the next one, and not when the crawl
// has ended; it does not go on for ever.
func TestReadingWaits(t *testing.T) {
	for _, test := range []struct {
		pages int
		rest  func(page int) time.Duration // before the next one
		want  []string
	}{
		// At 200 ms nothing has come for a pause; a tick finds nothing to read; then come the last page and the end.
		{4, func(page int) time.Duration {
			return []time.Duration{readPause / 2, readPause / 2, 5 * readPause / 2, 0}[page]
		},
			[]string{"0s to 200ms: 3", "300ms to 300ms: 3", "350ms to 350ms: 4"}},
		// They do not cease: the articles so far get their tags meanwhile, and the next tick goes on.
		{100, func(int) time.Duration { return readPause / 2 }, []string{"0s to 4.05s: 82", "4.15s to 5s: 100", "5s to 5s: 100"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newPipeline(t, nil)
			keep, crawled := p.keeping(t), make(chan struct{})
			go func() {
				defer close(crawled)
				for i := range test.pages {
					keep()
					time.Sleep(test.rest(i))
				}
			}()
			began, tally := time.Now(), p.newTally(0)
			var turns []string
			err := rounds(t.Context(), p.Archive.PageKept(), crawled, func() error {
				at := time.Since(began)
				_, err := p.derive(t.Context(), crawled, tally)
				turns = append(turns, fmt.Sprintf("%v to %v: %d", at, time.Since(began), tally.summary().Articles))
				return err
			})
			if err != nil || !slices.Equal(turns, test.want) {
				t.Errorf("turns %q, %v; want %q", turns, err, test.want)
			}
		})
	}
}

// keeping returns what keeps one more page of a source.
func (p *Pipeline) keeping(t *testing.T) func() {
	t.Helper()
	src := blotter.Source{ID: "a", Name: "A", Kind: blotter.KindFeed, URL: "http://a.example/feed", Schedule: "@hourly", TimeZone: "UTC"}
	p.Config.Sources, p.Workers = []blotter.Source{src}, 1
	if err := p.Archive.SyncSources(t.Context(), p.Config.Sources); err != nil {
		t.Fatal(err)
	}
	kept := 0
	return func() {
		kept++
		at := fmt.Sprintf("http://a.example/%d", kept)
		_, err := p.Archive.Keep(t.Context(), []archive.Fetch{{
			Source: src.ID, Purpose: blotter.PurposePage, Item: blotter.Item{URL: at}, Started: time.Now(),
			Exchanges: []blotter.Exchange{{Method: "GET", URL: at, Status: 200, Started: time.Now(), Header: blotter.Header{"Content-Type": {"text/html"}},
				Body: fmt.Appendf(nil, "<!doctype html><h1>Pistol %d found in Weir Street</h1><p>Officers searched a house on Tuesday morning "+
					"and found a pistol under the floor, with forty rounds of ammunition. A man of 34 was arrested and is held at the station.</p>", kept)}},
		}})
		if err != nil {
			t.Error(err)
		}
	}
}
