package pipeline

import (
	"context"
	"fmt"
	"slices"
	"time"

	"blotter"
	"blotter/archive"
)

// The ways of a backfill. Auto goes them in this order, until one has found something.
const (
	ByAuto     = "auto"
	BySitemaps = "sitemaps"
	ByPages    = "pages"
	ByWayback  = "wayback"
)

// Ways are the values of Backfill.By.
var Ways = []string{ByAuto, BySitemaps, ByPages, ByWayback}

// Backfill says what to read of a source's past.
type Backfill struct {
	Source blotter.Source
	By     string    // one of Ways; "" means auto
	From   time.Time // the first day, as a date: its zone is the source's, whatever it says
	To     time.Time // the last day; zero: no end
	Under  string    // what the addresses that are taken begin with; "": anything
	Again  bool      // read the lists anew when they were all read before; what was fetched is not fetched again
}

// BackfillSummary is how far a backfill has come by one way, in all the passes it has had.
type BackfillSummary struct {
	Way string `json:"way"`
	archive.BackfillState
	Ended  bool           `json:"ended"`            // nothing is left to do
	Before bool           `json:"before,omitempty"` // and was not when the pass began
	Halted blotter.Reason `json:"halted,omitempty"` // why the pass left the site alone, or could read no list
}

// Backfill reads a source into the past and takes what comes to the index. It may be ended anywhere, and the same
// backfill goes on there: which lists are read and what they hold stands in the archive. One request is under way at
// a time, and it is finished when ctx ends.
func (p *Pipeline) Backfill(ctx context.Context, b Backfill) (Summary, error) {
	return p.beside(ctx, "backfill", func(ctx context.Context, t *tally) error {
		if err := p.Archive.SyncSources(ctx, p.Config.Sources); err != nil {
			return err
		}
		t.count(func(s *Summary) { s.SourcesAsked = 1 })
		return p.backfill(ctx, b, t)
	})
}

func (p *Pipeline) backfill(ctx context.Context, b Backfill, t *tally) error {
	ways := []string{b.By}
	if b.By == "" || b.By == ByAuto {
		ways = Ways[1:]
	}
	for i, name := range ways {
		s, err := p.goBack(ctx, b, name, t)
		t.count(func(all *Summary) { all.Backfills = append(all.Backfills, s) })
		switch last := i == len(ways)-1; {
		case err != nil:
			t.count(func(s *Summary) { s.SourcesLeft++ })
			return err
		case s.Found == 0 && !last:
			continue // whatever kept it from finding anything, the next may
		case s.Halted != "":
			t.count(func(all *Summary) { all.SourcesFailed[b.Source.ID] = s.Halted })
		default:
			t.count(func(all *Summary) { all.SourcesOK++ })
		}
		return nil
	}
	return nil
}

// goBack goes one way as far as it leads.
func (p *Pipeline) goBack(ctx context.Context, b Backfill, name string, t *tally) (BackfillSummary, error) {
	record := archive.Backfill{Source: b.Source.ID, Way: name, From: b.From, To: b.To, Under: b.Under}
	if err := p.Archive.BeginBackfill(ctx, &record, p.now()); err != nil {
		return BackfillSummary{Way: name}, err
	}
	if !record.Ended.IsZero() && b.Again {
		if err := p.Archive.RestartBackfill(ctx, record.ID); err != nil {
			return BackfillSummary{Way: name}, err
		}
		record.Ended = time.Time{}
	}
	d := &digger{p: p, t: t, b: record, source: b.Source, scope: newScope(b), tried: map[int64]bool{}}
	d.way = d.ways()[name]
	err := d.dig(ctx) // finds nothing to do where all was done before
	s, stateErr := d.state(ctx, name)
	if err == nil {
		err = stateErr
	}
	return s, err
}

// way is one way of finding what a source published in the past.
type way interface {
	// roots are the lists to begin with.
	roots(ctx context.Context) ([]archive.Lead, error)
	// read takes apart the answer to a lead. The error is a *blotter.Failure.
	read(lead archive.Lead, page blotter.Page) (reading, error)
	// next says where a list leads that had fresh entries which none before it had. The reading of one that failed
	// for good is empty.
	next(lead archive.Lead, r reading, fresh int) []archive.Lead
}

// ways is the table of the ways.
func (d *digger) ways() map[string]way {
	return map[string]way{
		BySitemaps: sitemapWay{d},
		ByPages:    pageWay{d},
		ByWayback:  waybackWay{d},
	}
}

// reading is what a list says.
type reading struct {
	found    []archive.Found
	next     []string // the lists that it names as its continuation
	archives []string // the lists by year and month that it names
}

// step makes leads of addresses.
func step(name string, urls ...string) []archive.Lead {
	leads := make([]archive.Lead, len(urls))
	for i, u := range urls {
		leads[i] = archive.Lead{URL: u, Step: name}
	}
	return leads
}

// scope says which entries of lists are wanted.
type scope struct {
	from, end time.Time // end is the first moment that is too late, or zero
	under     string
}

func newScope(b Backfill) scope {
	zone := b.Source.Zone()
	midnight := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone) }
	s := scope{from: midnight(b.From), under: b.Under}
	if !b.To.IsZero() {
		s.end = midnight(b.To.AddDate(0, 0, 1))
	}
	return s
}

// before says that a date lies before the first day, whatever part of its day, month or year is meant.
func (s scope) before(d blotter.Date) bool {
	if d.IsZero() {
		return false
	}
	last := d.Time
	switch d.Precision {
	case blotter.Day:
		last = last.AddDate(0, 0, 1).Add(-time.Second)
	case blotter.Month:
		last = last.AddDate(0, 1, 0).Add(-time.Second)
	case blotter.Year:
		last = last.AddDate(1, 0, 0).Add(-time.Second)
	}
	return last.Before(s.from)
}

// after says that a date lies behind the last day.
func (s scope) after(d blotter.Date) bool {
	return !d.IsZero() && !s.end.IsZero() && !d.Time.Before(s.end)
}

// outside says that an item is not wanted. One without a date may be.
func (s scope) outside(item blotter.Item) bool {
	return s.before(item.Published) || s.after(item.Published) || !s.covers(item.URL)
}

func (s scope) covers(url string) bool {
	return len(url) >= len(s.under) && url[:len(s.under)] == s.under
}

// state sums up a way for the summary.
func (d *digger) state(ctx context.Context, name string) (BackfillSummary, error) {
	s := BackfillSummary{Way: name, Before: !d.b.Ended.IsZero()}
	var err error
	ctx = context.WithoutCancel(ctx)
	if s.BackfillState, err = d.p.Archive.BackfillState(ctx, d.b.ID); err != nil {
		return s, fmt.Errorf("backfill %s: %w", d.source.ID, err)
	}
	switch {
	case d.halted != nil:
		s.Halted = d.halted.Reason
	case s.Lists == 0 && d.failed != nil:
		s.Halted = d.failed.Reason
	}
	s.Ended = s.Before
	if !s.Ended && d.halted == nil && d.begun && s.Done() {
		s.Ended = true
		err = d.p.Archive.EndBackfill(ctx, d.b.ID, d.p.now())
	}
	return s, err
}

// notAnswering are the reasons that speak of the host and not of one page.
var notAnswering = []blotter.Reason{
	blotter.ReasonDNS, blotter.ReasonConnect, blotter.ReasonTimeout, blotter.ReasonBusy, blotter.ReasonStatus,
	blotter.ReasonDenied, blotter.ReasonChallenge,
}

func speaksOfHost(f *archive.Fetch) bool {
	return slices.Contains(notAnswering, f.Failure.Reason) || f.Robots == "unreachable"
}
