package pipeline

import (
	"context"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/crawler"
)

const (
	// failuresInARow end a pass of a backfill: a host that fails so often is to be left alone, and the rest of a
	// long list would only fail like it.
	failuresInARow = 10
	// maxPause is how long a host may ask to be left alone before the pass is ended rather than paused.
	maxPause = 15 * time.Minute
	// wantedBatch is how many pages to fetch are asked of the archive at once.
	wantedBatch = 200
)

// digger goes one way of a backfill: first all lists, so that what is to be fetched is known, then the pages. It takes
// turns with itself as long as either brings something to do.
type digger struct {
	p      *Pipeline
	t      *tally
	b      archive.Backfill
	source blotter.Source
	scope  scope
	way    way

	begun  bool             // the lists to begin with are known
	tried  map[int64]bool   // items that were asked for in this pass: the next one may try again
	inARow int              // failures that speak of the host
	halted *blotter.Failure // why the pass leaves the host alone
	failed *blotter.Failure // of the last list that could not be read
}

func (d *digger) dig(ctx context.Context) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	for d.halted == nil {
		lists, err := d.lists(ctx)
		if err != nil {
			return err
		}
		pages, err := d.pages(ctx)
		if err != nil || lists+pages == 0 {
			return err
		}
	}
	return nil
}

// begin notes the lists to begin with, unless an earlier pass has.
func (d *digger) begin(ctx context.Context) error {
	s, err := d.p.Archive.BackfillState(ctx, d.b.ID)
	if err != nil {
		return err
	}
	d.t.progress.Wanted.Add(int64(s.Left + s.Waiting))
	d.t.count(func(all *Summary) {
		all.Again += s.Left + s.Waiting
		all.Left += s.Left + s.Waiting
	})
	if s.Lists+s.ListsFailed+s.ListsLeft > 0 {
		d.begun = true
		return nil
	}
	roots, err := d.way.roots(ctx)
	if err != nil {
		if failure := blotter.AsFailure(err); failure != nil {
			d.halted = failure
			return nil
		}
		return err
	}
	d.begun = true
	return d.p.Archive.AddLeads(ctx, d.b.ID, roots)
}

// lists reads lists until none is left to read now, and returns how many it has read.
func (d *digger) lists(ctx context.Context) (int, error) {
	for n := 0; ; n++ {
		lead, ok, err := d.p.Archive.NextLead(ctx, d.b.ID, d.p.now())
		if err != nil || !ok || d.halted != nil {
			return n, err
		}
		if err := d.list(ctx, lead); err != nil {
			return n, err
		}
	}
}

// list reads one list. It returns only errors of our own and the context's.
func (d *digger) list(ctx context.Context, lead archive.Lead) error {
	fetch := archive.Fetch{
		Source: d.source.ID, Purpose: blotter.PurposeList, Item: blotter.Item{URL: lead.URL, Title: d.source.Name}, Pass: d.t.s.Pass,
	}
	answer, err := d.p.fetch(ctx, crawler.Request{URL: lead.URL, Finish: true}, &fetch)
	if err != nil {
		return err
	}
	kept := context.WithoutCancel(ctx) // what was asked is kept
	var r reading
	if fetch.Failure == nil {
		r, err = d.way.read(lead, answer.Page)
		if fetch.Failure = blotter.AsFailure(err); err != nil && fetch.Failure == nil {
			return err
		}
	}
	if _, err := d.p.Archive.Keep(kept, []archive.Fetch{fetch}); err != nil {
		return err
	}
	d.t.progress.Lists.Add(1)
	fresh, err := d.p.Archive.Unfound(kept, d.b.ID, r.found)
	if err != nil {
		return err
	}
	noted, err := d.p.Archive.NoteReading(kept, d.b, lead,
		archive.Reading{Found: r.found, Next: d.way.next(lead, r, fresh), Failure: fetch.Failure}, d.p.now())
	if err != nil {
		return err
	}
	d.t.progress.Wanted.Add(int64(noted.Wanted))
	d.t.count(func(s *Summary) {
		s.Listed += noted.Listed
		s.Known += noted.Known
		s.Repeated += noted.Repeated
		s.Outside += noted.Outside
		s.Left += noted.Wanted // until they are fetched
		for range noted.Invalid {
			s.failed(blotter.ReasonURL)
		}
	})
	if fetch.Failure != nil {
		d.failed = fetch.Failure
		d.p.Log.Info("list failed", "source", d.source.ID, "url", lead.URL, "reason", fetch.Failure.Reason, "detail", fetch.Failure.Detail)
	}
	return d.rest(ctx, &fetch)
}

// pages fetches what the lists have found and is to be fetched now, each page once a pass, and returns how many it has
// asked for.
func (d *digger) pages(ctx context.Context) (int, error) {
	asked := 0
	for after := int64(0); d.halted == nil; {
		batch, err := d.p.Archive.Wanted(ctx, d.b.ID, after, d.p.now(), wantedBatch)
		if err != nil || len(batch) == 0 {
			return asked, err
		}
		for _, w := range batch {
			if d.tried[w.ID] {
				continue
			}
			if err := d.page(ctx, w); err != nil || d.halted != nil {
				return asked, err
			}
			asked++
		}
		after = batch[len(batch)-1].ID
	}
	return asked, nil
}

// page fetches and keeps one page, again after a pause when the host asked for one.
func (d *digger) page(ctx context.Context, w archive.Wanted) error {
	d.tried[w.ID] = true
	d.t.progress.Since.CompareAndSwap(0, time.Now().UnixNano())
	for {
		fetch, outcome, err := d.fetchPage(ctx, w)
		if err != nil {
			return err
		}
		busy := fetch.Failure != nil && fetch.Failure.Reason == blotter.ReasonBusy
		if err := d.rest(ctx, &fetch); err != nil {
			return err
		}
		if busy && d.halted == nil {
			continue
		}
		d.counted(&fetch, outcome)
		return nil
	}
}

func (d *digger) fetchPage(ctx context.Context, w archive.Wanted) (archive.Fetch, string, error) {
	fetch := archive.Fetch{
		Source: d.source.ID, Purpose: blotter.PurposePage, Item: w.Item, Pass: d.t.s.Pass, Backfill: d.b.ID, Captured: w.Captured,
	}
	at := w.Item.URL
	if w.Memento != "" {
		at = w.Memento
	}
	answer, err := d.p.fetch(ctx, crawler.Request{URL: at, Finish: true}, &fetch)
	if err != nil {
		return fetch, "", err
	}
	if w.Memento != "" {
		settleMemento(&fetch)
	}
	if fetch.Failure == nil {
		if by := blotter.Challenge(answer.Page); by != "" {
			fetch.Failure = blotter.Fail(blotter.ReasonChallenge, "%s", by)
		}
	}
	kept, err := d.p.Archive.Keep(context.WithoutCancel(ctx), []archive.Fetch{fetch}) // what was asked is kept
	if err != nil {
		return fetch, "", err
	}
	return fetch, kept[0].Outcome, nil
}

// counted notes in the summary what became of a page.
func (d *digger) counted(fetch *archive.Fetch, outcome string) {
	d.t.progress.Pages.Add(1)
	d.t.progress.Fetched.Add(1)
	d.t.count(func(s *Summary) {
		s.Left--
		switch {
		case fetch.Failure != nil:
			s.failed(fetch.Failure.Reason)
		case outcome == archive.OutcomeUnchanged:
			s.Unchanged++
		case outcome == archive.OutcomeChanged:
			s.Changed++
		case outcome == archive.OutcomeFailed: // nothing else fails a fetch that went well
			s.failed(blotter.ReasonForgotten)
		default:
			s.New++
		}
	})
	if fetch.Failure != nil {
		d.p.Log.Info("item failed", "source", d.source.ID, "url", fetch.Item.URL, "reason", fetch.Failure.Reason, "detail", fetch.Failure.Detail)
	}
}

// rest does what a failure asks for beside trying again: it waits as long as the host wants to be left alone, and
// ends the pass when that is long, or when nothing has gone well for a while.
func (d *digger) rest(ctx context.Context, fetch *archive.Fetch) error {
	if fetch.Failure == nil || !speaksOfHost(fetch) {
		d.inARow = 0
		return nil
	}
	d.inARow++
	wait := fetch.Failure.Wait
	if d.inARow >= failuresInARow || wait > maxPause {
		d.halted = fetch.Failure
		return nil
	}
	if wait <= 0 {
		return nil
	}
	d.p.Log.Warn("the host asks to be left alone for a while", "source", d.source.ID, "wait", wait.Round(time.Second))
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
