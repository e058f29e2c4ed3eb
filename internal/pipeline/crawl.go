package pipeline

import (
	"cmp"
	"context"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"blotter"
	"blotter/archive"
	"blotter/configs"
	"blotter/crawler"
)

// hostsAtOnce bounds the workers of a crawl. Each waits for its host most of the time; the bound is there for the
// memory that answers take.
const hostsAtOnce = 64

// sitemapsAPass bounds how many sitemaps of an index a pass reads, the most recently changed first. The rest is the
// past, and a backfill's.
const sitemapsAPass = 3

// Due lists the enabled sources whose schedule or whose retry has come since they were last asked.
func (p *Pipeline) Due(ctx context.Context) ([]blotter.Source, error) {
	var due []blotter.Source
	states, err := p.Archive.SourceStates(ctx)
	if err != nil {
		return nil, err
	}
	now := p.now()
	for _, src := range p.Config.Sources {
		if !src.Enabled {
			continue
		}
		state := states[src.ID]
		if state.LastTry.After(now.Add(configs.ClockSlack)) {
			due = append(due, src) // the clock was wrong then, and nothing that it wrote holds
			continue
		}
		if now.Sub(state.LastTry) < max(p.Config.Crawl.MinInterval, state.Pause) || state.NextTry.After(now) {
			continue
		}
		last := state.LastTry
		if !last.IsZero() {
			last = last.Add(state.Pause)
		}
		if isDue, _ := configs.Due(src.Schedule, src.Zone(), last, now); isDue {
			due = append(due, src)
		}
	}
	return due, nil
}

// crawl asks the sources, one worker a host, and keeps what they answer.
func (p *Pipeline) crawl(ctx context.Context, sources []blotter.Source, t *tally) error {
	if err := p.Archive.SyncSources(ctx, p.Config.Sources); err != nil {
		return err
	}
	t.count(func(s *Summary) { s.SourcesAsked = len(sources) })
	t.progress.SourcesTotal.Store(int64(len(sources)))
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(hostsAtOnce)
	for _, host := range byHost(sources) {
		workers.Go(func() error {
			for i, src := range host {
				if ctx.Err() != nil {
					t.count(func(s *Summary) { s.SourcesLeft += len(host) - i })
					return ctx.Err()
				}
				if err := p.contained(ctx, src, t, func() error { return p.crawlSource(ctx, src, t) }); err != nil {
					t.count(func(s *Summary) { s.SourcesLeft += len(host) - i - 1 })
					return err
				}
				t.progress.SourcesDone.Add(1)
			}
			return nil
		})
	}
	return workers.Wait()
}

// Host is the host that is asked for a source's list: one is asked for one thing at a time.
func Host(src blotter.Source) string {
	u, err := url.Parse(src.URL)
	if err != nil {
		return src.URL
	}
	return u.Host
}

// byHost groups sources by their hosts, in a stable order.
func byHost(sources []blotter.Source) [][]blotter.Source {
	groups := map[string]int{}
	var hosts [][]blotter.Source
	for _, src := range sources {
		host := Host(src)
		at, ok := groups[host]
		if !ok {
			at = len(hosts)
			groups[host] = at
			hosts = append(hosts, nil)
		}
		hosts[at] = append(hosts[at], src)
	}
	return hosts
}

// crawlSource lists one source and fetches what is new or due for another look. It returns only errors of our own
// and the context's; what the source gets wrong is stored and counted.
func (p *Pipeline) crawlSource(ctx context.Context, src blotter.Source, t *tally) error {
	state, err := p.Archive.SourceState(ctx, src.ID)
	if err != nil {
		return err
	}
	listing, failure, err := p.list(ctx, src, &state, t)
	if err != nil {
		t.count(func(s *Summary) { s.SourcesLeft++ })
		return err
	}
	due, listed, err := p.due(ctx, src, listing, t)
	if err != nil {
		return err
	}
	if failure == nil {
		p.lists.set(src, listing.pages) // behind the items, so that one that is known is in the archive
		if err := p.pace(ctx, src, &state, listing, listed, t); err != nil {
			return err
		}
	} else {
		p.lists.forget(src.ID)
	}
	// The state comes after the items: its validators make the next answer a 304, which lists nothing. And until the
	// items are fetched the source stays due: a pass that is ended here goes on with the next one.
	now := p.now()
	settle(&state, failure, listing.count(), now)
	if len(due) == 0 {
		state.LastTry = now
	}
	if err := p.Archive.SetSourceState(ctx, src.ID, state); err != nil {
		return err
	}
	t.count(func(s *Summary) {
		if failure == nil {
			s.SourcesOK++
		} else {
			s.SourcesFailed[src.ID] = failure.Reason
		}
	})
	if failure != nil {
		t.log.Info("source failed", "source", src.ID, "reason", failure.Reason, "detail", failure.Detail)
	}
	if err := p.fetchItems(ctx, src, due, t); err != nil || len(due) == 0 {
		return err
	}
	state.LastTry = now
	return p.Archive.SetSourceState(ctx, src.ID, state)
}

// fail notes in a source's state a failure that came of no answer.
func (p *Pipeline) fail(ctx context.Context, src blotter.Source, failure *blotter.Failure) error {
	state, err := p.Archive.SourceState(ctx, src.ID)
	if err != nil {
		return err
	}
	now := p.now()
	settle(&state, failure, 0, now)
	state.LastTry = now
	return p.Archive.SetSourceState(ctx, src.ID, state)
}

// maxTTL bounds how long a feed may ask to be left alone.
const maxTTL = 24 * time.Hour

// settle notes in a source's state how asking it went. Of items 0 says nothing.
func settle(state *archive.SourceState, failure *blotter.Failure, items int, now time.Time) {
	if failure == nil {
		state.LastSuccess, state.Failures, state.Penalty, state.Reason = now, 0, 0, ""
		state.NextTry = now.Add(state.TTL)
		if items > 0 {
			state.Items = items
		}
		return
	}
	state.Failures++
	state.Penalty += weight(failure.Reason)
	state.Reason = failure.Reason
	state.NextTry = now.Add(max(backoff(state.Penalty), failure.Wait))
	// The next answer must be read in full: that it is unchanged says nothing while the last one could not be read.
	state.ETag, state.LastModified = "", ""
}

// pace settles how long the source is left alone, by what a success listed. Items that were listed by it twice, or by others
// before, are known.
func (p *Pipeline) pace(ctx context.Context, src blotter.Source, state *archive.SourceState, listing sourceList, listed archive.Listed, t *tally) error {
	if src.Kind == blotter.KindStatus {
		return nil // a state that lasts for months is wanted on the minute
	}
	now := p.now()
	if listed.New > 0 {
		p.rhythms.forget(src.ID)
	}
	rhythm, err := p.rhythms.of(ctx, p.Archive, src.ID, now, rhythmTime)
	if err != nil {
		return err
	}
	watched := time.Duration(0)
	if !rhythm.First.IsZero() {
		watched = max(0, now.Sub(rhythm.First))
	}
	first := state.LastSuccess.IsZero()
	_, next := configs.Due(src.Schedule, src.Zone(), now, now)
	_, second := configs.Due(src.Schedule, src.Zone(), next, next)
	state.Pause = poll{
		first: first, listed: cmp.Or(listing.count(), state.Items), new: listed.New,
		period: second.Sub(next), watched: watched, published: rhythm.Published, most: p.Config.Crawl.MaxInterval,
	}.pause(state.Pause)
	if src.Kind == blotter.KindFeed && listed.New > 1 && listed.New == listing.count() && !first {
		n := missed(listing.Items, state.LastSuccess)
		state.Missed += n
		if n > 0 {
			t.log.Warn("items probably missed: none of those listed was known", "source", src.ID, "estimate", n)
		}
	}
	return nil
}

// list asks a source for its items and keeps the answer. For the index of a sitemap it reads the first of the
// sitemaps too, which are the newest where the index says so.
func (p *Pipeline) list(ctx context.Context, src blotter.Source, state *archive.SourceState, t *tally) (sourceList, *blotter.Failure, error) {
	listing, failure, err := p.listPage(ctx, src, src.URL, state, t)
	if err != nil || failure != nil || src.Kind != blotter.KindSitemap || len(listing.Next) == 0 {
		return listing, failure, err
	}
	state.ETag, state.LastModified = "", "" // an index may stay as it is while its sitemaps change
	for _, next := range listing.Next[:min(len(listing.Next), sitemapsAPass)] {
		more, failure, err := p.listPage(ctx, src, next, nil, t)
		if err != nil || failure != nil {
			return listing, failure, err
		}
		listing.add(more)
	}
	return listing, nil, nil
}

// listPage fetches and lists one page of a source, and keeps it. With a state the request is conditional.
func (p *Pipeline) listPage(ctx context.Context, src blotter.Source, at string, state *archive.SourceState, t *tally) (sourceList, *blotter.Failure, error) {
	request := crawler.Request{URL: at, Feed: src.Kind != blotter.KindListing}
	if state != nil {
		request.ETag, request.LastModified = state.ETag, state.LastModified
	}
	fetch := archive.Fetch{
		Source: src.ID, Purpose: blotter.PurposeList, Item: blotter.Item{URL: at, Title: src.Name}, Pass: t.s.Pass,
	}
	if src.Kind == blotter.KindStatus {
		fetch.Purpose = blotter.PurposeStatus
	}
	answer, err := p.fetch(ctx, request, &fetch)
	if err != nil {
		return sourceList{}, nil, err
	}
	var listing sourceList
	if fetch.Failure == nil && !fetch.NotModified {
		listing, err = p.readList(answer.Page, src)
		if fetch.Failure = blotter.AsFailure(err); err != nil && fetch.Failure == nil {
			return sourceList{}, nil, err
		}
	}
	for _, fault := range listing.Faults {
		t.log.Debug("source repaired", "source", src.ID, "fault", fault)
	}
	if n := len(answer.Exchanges); state != nil && n > 0 && fetch.Failure == nil {
		last := answer.Exchanges[n-1]
		ttl := max(listing.TTL, maxAge(last.Header))
		if fetch.NotModified {
			ttl = max(ttl, state.TTL) // what the whole answer asked for still holds
		} else {
			state.ETag, state.LastModified = last.Header.Value("Etag"), last.Header.Value("Last-Modified")
		}
		state.TTL = min(ttl, maxTTL)
	}
	fetch.Known, fetch.Patience = listing.same, p.patience()
	_, err = p.Archive.Keep(ctx, []archive.Fetch{fetch})
	return listing, fetch.Failure, err
}

// readList reads a page of a source, unless it is as it was: then its items are known.
func (p *Pipeline) readList(page blotter.Page, src blotter.Source) (sourceList, error) {
	now := p.now()
	if known, ok := p.lists.get(src, page, now); ok {
		return sourceList{
			Listing: crawler.Listing{Next: known.next, TTL: known.ttl}, same: known.items, pages: map[string]knownList{page.URL: known},
		}, nil
	}
	listing, err := crawler.List(page, src)
	known := knownList{sha256: pageDigest(page), read: now, items: len(listing.Items), next: listing.Next, ttl: listing.TTL}
	return sourceList{Listing: listing, pages: map[string]knownList{page.URL: known}}, err
}

// fetch asks for one page and notes in f how it went. It returns only errors of our own and the context's.
func (p *Pipeline) fetch(ctx context.Context, r crawler.Request, f *archive.Fetch) (crawler.Answer, error) {
	if err := p.Archive.HasRoom(); err != nil {
		return crawler.Answer{}, err // before a host is asked for what could not be kept
	}
	f.Started = p.now()
	answer, err := p.Fetcher.Fetch(ctx, r)
	f.Elapsed = p.now().Sub(f.Started)
	f.Exchanges, f.Robots, f.NotModified = answer.Exchanges, answer.Robots, answer.NotModified
	if f.Failure = blotter.AsFailure(err); err != nil && f.Failure == nil {
		return answer, err
	}
	return answer, nil
}

// due records what a source lists and says which of its items to fetch now: those that are new, that are due for
// another try, or for another look although they are no longer listed, or as before.
func (p *Pipeline) due(ctx context.Context, src blotter.Source, listing sourceList, t *tally) ([]archive.Due, archive.Listed, error) {
	n := listing.count()
	if src.Kind == blotter.KindStatus {
		t.count(func(s *Summary) { s.Listed += n; s.Known += n })
		return nil, archive.Listed{}, nil // the items are in the capture that was just kept
	}
	now := p.now()
	var listed archive.Listed
	if len(listing.Items) > 0 { // most polls find a list as it was, or none
		var err error
		if listed, err = p.Archive.List(ctx, src.ID, listing.Items, now, p.Config.Crawl.Recheck); err != nil {
			return nil, listed, err
		}
	}
	again, err := p.Archive.Rechecks(ctx, src.ID, now, p.Config.Crawl.MaxItems)
	if err != nil {
		return nil, listed, err
	}
	t.count(func(s *Summary) {
		s.Listed += n
		s.Again += len(again)
		s.Known += listing.same + listed.Known
		s.Waiting += listed.Waiting
		s.Repeated += listed.Repeated
		for range listed.Invalid {
			s.failed(blotter.ReasonURL)
		}
	})
	return append(listed.Due, again...), listed, nil
}

// fetchItems fetches what is due of a source, as far as the limits of a pass allow.
func (p *Pipeline) fetchItems(ctx context.Context, src blotter.Source, due []archive.Due, t *tally) error {
	end := p.now().Add(p.Config.Crawl.SourceTime)
	for i, d := range due {
		err, enough := ctx.Err(), i >= p.Config.Crawl.MaxItems || p.now().After(end)
		if err == nil && !enough {
			err = p.fetchItem(ctx, src, d, t)
		}
		if err != nil || enough {
			t.count(func(s *Summary) { s.Left += len(due) - i })
			return err
		}
	}
	return nil
}

// While there are unreadAhead pages a worker to read, which take longer, a page may wait keepPatience to be kept with others.
// With fewer, reading would soon wait for it.
const (
	unreadAhead  = 4
	keepPatience = 25 * time.Millisecond
)

func (p *Pipeline) patience() time.Duration {
	if p.fresh.unread() < unreadAhead*p.workers() {
		return 0
	}
	return keepPatience
}

// fetchItem fetches and keeps the page of one item.
func (p *Pipeline) fetchItem(ctx context.Context, src blotter.Source, due archive.Due, t *tally) error {
	p.giveWay(ctx)
	fetch := archive.Fetch{Source: src.ID, Purpose: blotter.PurposePage, Item: due.Item, Pass: t.s.Pass}
	request := crawler.Request{URL: due.Item.URL, ETag: due.ETag, LastModified: due.LastModified}
	answer, err := p.fetch(ctx, request, &fetch)
	if err != nil {
		return err
	}
	if fetch.Failure == nil && !fetch.NotModified {
		// A challenge is a failure of the fetch: the item must be tried again, not filed as a page without an article.
		if by := blotter.Challenge(answer.Page); by != "" {
			fetch.Failure = blotter.Fail(blotter.ReasonChallenge, "%s", by)
		}
	}
	fetch.Patience = p.patience()
	fetch.OnCapture = func(id int64) { p.fresh.put(id, answer.Page) }
	kept, err := p.Archive.Keep(ctx, []archive.Fetch{fetch})
	if err != nil {
		return err
	}
	t.progress.Pages.Add(1)
	t.count(func(s *Summary) {
		switch {
		case fetch.Failure != nil:
			s.failed(fetch.Failure.Reason)
		case kept[0].Outcome == archive.OutcomeUnchanged:
			s.Unchanged++
		case due.New:
			s.New++
		default:
			s.Changed++
		}
	})
	if fetch.Failure != nil {
		t.log.Info("item failed", "source", src.ID, "url", due.Item.URL, "reason", fetch.Failure.Reason, "detail", fetch.Failure.Detail)
	}
	return nil
}
