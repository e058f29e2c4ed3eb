package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"blotter"
	"blotter/archive"
	"blotter/crawler"
	"blotter/crawler/extract"
)

// How many rows each loop takes at once. Captures carry whole pages, so fewer of them; the index wants many
// articles a batch (about three hundred megabytes for a thousand, so not more than this).
const (
	deriveBatch = 32
	deriveTurn  = 1024 // captures or a few more, before the articles so far are tagged
	tagBatch    = 500
	indexBatch  = 1000
)

// readPause is how long reading waits for the next page of a crawl before the articles so far are tagged.
const readPause = 100 * time.Millisecond

// derive reads captures that were not yet read by the present extractor, and says whether there may be more. While some are
// read, the next are got from the archive, also those that a crawl keeps meanwhile, and those before are put into it: no processor
// waits for a disk, for the one page that takes longest, or for the next round. When crawled is closed, or nil, no more are kept.
func (p *Pipeline) derive(ctx context.Context, crawled <-chan struct{}, t *tally) (more bool, err error) {
	if t.readers == nil {
		if t.readers, err = p.readers(ctx); err != nil {
			return false, err
		}
	}
	kept := p.Archive.Pages()
	if p.done.pages(t.readers, kept) {
		return false, nil
	}
	line, ctx := errgroup.WithContext(ctx)
	pages, order := make(chan *unread, deriveBatch), make(chan *unread, 2*deriveBatch)
	in := &intake{began: time.Now(), read: make(chan struct{}, 1), kept: p.Archive.PageKept(), crawled: crawled}
	line.Go(func() error {
		defer close(order)
		defer close(pages)
		after := p.done.captures(t.readers)
		for n := 0; n < deriveTurn; {
			kept = p.Archive.Pages()
			next, err := p.unread(ctx, t.readers, after)
			if err != nil {
				return err
			}
			for _, r := range next {
				in.left.Add(1)
				if err := send(ctx, order, r); err != nil {
					return err
				}
				if err := send(ctx, pages, r); err != nil {
					return err
				}
				after = r.capture.ID
				n++
			}
			for len(next) == 0 && p.Archive.Pages() == kept {
				if over, err := in.wait(ctx); over || err != nil {
					return err
				}
			}
		}
		more = true
		return nil
	})
	for range p.workers() {
		line.Go(func() error {
			var reader pageReader
			defer reader.leave()
			for r := range pages {
				p.giveWay(ctx)
				derived := p.readCapture(ctx, &reader, r, t.readers)
				p.fresh.read(r.capture.ID)
				in.noteRead()
				r.derived <- derived
			}
			return nil
		})
	}
	line.Go(func() error { return p.putInOrder(ctx, order, in, t) })
	err = line.Wait()
	if err == nil && !more {
		p.done.readPages(t.readers, kept)
	}
	return more, err
}

// intake is what derive takes in, and for how long.
type intake struct {
	began   time.Time
	left    atomic.Int64    // pages that are to be read yet
	read    chan struct{}   // holds something when one was read
	kept    <-chan struct{} // gives something when there are more
	crawled <-chan struct{} // nil: there will be no more
}

// noteRead notes that one more page was read.
func (in *intake) noteRead() {
	in.left.Add(-1)
	select {
	case in.read <- struct{}{}:
	default:
	}
}

// wait waits until there may be another page, and says whether the turn is over: nothing is left to read, and nothing comes for a
// moment, or the articles so far have waited for their tags long enough.
func (in *intake) wait(ctx context.Context) (over bool, err error) {
	var pause <-chan time.Time
	if in.left.Load() == 0 {
		if in.crawled == nil || time.Since(in.began) > roundEvery {
			return true, nil
		}
		pause = time.After(readPause)
	}
	select {
	case <-in.kept:
	case <-in.read:
	case <-in.crawled:
		in.crawled = nil
	case <-pause:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return false, nil
}

// unread is a capture that is to be read, and what comes of it.
type unread struct {
	capture blotter.Capture
	fresh   *blotter.Page // nil: to be read from the record in capture
	derived chan archive.Derived
}

// unread returns the next captures behind one that r has not read.
func (p *Pipeline) unread(ctx context.Context, r *readers, after int64) ([]*unread, error) {
	fresh := map[int64]*blotter.Page{}
	captures, err := p.Archive.Underived(ctx, r.stamps, after, deriveBatch, func(id int64) bool {
		page, ok := p.fresh.take(id)
		if ok {
			fresh[id] = &page
		}
		return ok
	})
	next := make([]*unread, len(captures))
	for i, c := range captures {
		next[i] = &unread{c, fresh[c.ID], make(chan archive.Derived, 1)}
	}
	return next, err
}

// readCapture reads a capture. When ctx has ended it leaves it out.
func (p *Pipeline) readCapture(ctx context.Context, reader *pageReader, u *unread, r *readers) archive.Derived {
	if ctx.Err() != nil {
		return archive.Derived{}
	}
	src := r.source(u.capture.Source).At(u.capture.Fetched)
	d := reader.read(ctx, u.capture.ID, readBudget, func() ([]blotter.Article, error) { return p.articles(u, src) })
	d.Stamp = stamp(src)
	return d
}

// send hands a value on, unless ctx has ended.
func send[T any](ctx context.Context, to chan<- T, value T) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	select {
	case to <- value:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// putInOrder puts into the archive what comes of captures, in the order of these: those before one that is there are there too. It
// puts many at once, unless none is being read.
func (p *Pipeline) putInOrder(ctx context.Context, order <-chan *unread, in *intake, t *tally) error {
	var derived []archive.Derived
	var sources []string
	for r := range order {
		var d archive.Derived
		select {
		case d = <-r.derived:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		derived, sources = append(derived, d), append(sources, r.capture.Source)
		if len(derived) == deriveBatch || len(order) == 0 && in.left.Load() == 0 {
			if err := p.putRead(ctx, derived, sources, t); err != nil {
				return err
			}
			derived, sources = nil, nil
		}
	}
	if len(derived) > 0 {
		return p.putRead(ctx, derived, sources, t)
	}
	return nil
}

// putRead notes in the archive what was read, in the order of its captures, which are of these sources.
func (p *Pipeline) putRead(ctx context.Context, derived []archive.Derived, sources []string, t *tally) error {
	changes, err := p.Archive.PutDerived(ctx, derived)
	if err != nil {
		return err
	}
	last := derived[len(derived)-1].Capture
	p.fresh.pass(last)
	p.done.read(t.readers, last, sources)
	t.progress.Articles.Add(int64(changes.New + changes.Revised))
	t.count(func(s *Summary) {
		s.Articles += changes.New
		s.Revised += changes.Revised
		s.Removed += changes.Removed
		for reason, n := range changes.None {
			s.NoArticle[reason] += n
		}
	})
	return nil
}

// articles reads a capture as its purpose says.
func (p *Pipeline) articles(u *unread, src blotter.Source) ([]blotter.Article, error) {
	c := &u.capture
	if c.Purpose == blotter.PurposeRecord {
		a, err := ReadRecord(c.Exchange.Body, c.Source)
		return []blotter.Article{a}, err
	}
	page := blotter.Page{URL: c.URL, Fetched: c.Fetched}
	if u.fresh != nil {
		page.ContentType, page.Body = u.fresh.ContentType, u.fresh.Body
	} else {
		body, err := crawler.Decode(c.Exchange.Header, c.Exchange.Body, p.Config.Crawl.MaxPage)
		if err != nil {
			return nil, err
		}
		page.ContentType, page.Body = c.Exchange.Header.Value("Content-Type"), body
	}
	if c.Purpose == blotter.PurposeStatus {
		return statusArticles(page, src)
	}
	a, err := ReadPage(page, src, c.Item)
	return []blotter.Article{a}, err
}

// statusArticles are the items of a status feed: each is news in itself.
func statusArticles(page blotter.Page, src blotter.Source) ([]blotter.Article, error) {
	src.Kind = blotter.KindStatus
	listing, err := crawler.List(page, src)
	if err != nil {
		return nil, err
	}
	var articles []blotter.Article
	for _, item := range listing.Items {
		articles = append(articles, blotter.Article{
			URL: item.URL, Source: src.ID, Title: item.Title, Lead: item.Summary, Body: item.Summary,
			Authors: item.Authors, Published: item.Published, Lang: src.Language,
		})
	}
	return articles, nil
}

// ReadPage reads the article of a page as the pipeline does: by what the configuration knows of the source at the time when
// the page was fetched, and completed with what the source said of the item where the page is silent. The page comes first:
// the date in a feed is often that of the last touch.
func ReadPage(page blotter.Page, src blotter.Source, item blotter.Item) (blotter.Article, error) {
	a, err := extract.Read(page, hintsOf(src.At(page.Fetched), item))
	if err != nil {
		return blotter.Article{}, err
	}
	a.Source = src.ID
	a.Summary = item.Summary
	a.Title = cmp.Or(a.Title, item.Title)
	if a.Published.IsZero() {
		a.Published = item.Published
	}
	if len(a.Authors) == 0 {
		a.Authors = item.Authors
	}
	return a, nil
}

// ExplainPage says how ReadPage comes to the article of a page.
func ExplainPage(page blotter.Page, src blotter.Source, item blotter.Item) (extract.Explanation, error) {
	return extract.Explain(page, hintsOf(src.At(page.Fetched), item))
}

func hintsOf(src blotter.Source, item blotter.Item) extract.Hints {
	return extract.Hints{
		Selectors: src.Selectors, DateFormat: src.DateFormat, Location: src.Zone(), Language: src.Language, Item: item,
	}
}

// tag tags the articles that were not yet tagged by the present rules.
func (p *Pipeline) tag(ctx context.Context, t *tally) error {
	after := p.done.changes(p.Pack.Hash())
	for {
		newest, err := p.Archive.Seq(ctx)
		if err != nil || newest <= after {
			return err
		}
		articles, err := p.Archive.Untagged(ctx, p.Pack.Hash(), after, tagBatch)
		if err != nil {
			return err
		}
		if len(articles) == 0 {
			p.done.tagged(p.Pack.Hash(), newest)
			return nil
		}
		after = articles[len(articles)-1].Seq
		tagged := make([]archive.Tagged, len(articles))
		p.each(ctx, len(articles), func(i int) {
			a := &articles[i]
			tagged[i] = archive.Tagged{ID: a.ID, Revision: a.Revision, Seq: a.Seq, Tags: p.Pack.Tags(a)}
		})
		if err := p.Archive.PutTags(ctx, p.Pack.Hash(), tagged); err != nil {
			return err
		}
		t.count(func(s *Summary) {
			for _, a := range tagged {
				for _, tag := range a.Tags {
					s.TaggedWith[tag.Tag]++
				}
			}
		})
	}
}

// follow takes to the index what has changed since the last change it holds.
func (p *Pipeline) follow(ctx context.Context, t *tally) error {
	for {
		seq, err := p.Index.Seq()
		if err != nil {
			return err
		}
		if newest, err := p.Archive.Seq(ctx); err != nil || newest == seq {
			return err
		}
		changes, err := p.Archive.Since(ctx, seq, indexBatch)
		if err != nil || len(changes) == 0 {
			return err
		}
		var put []blotter.Article
		var gone []string
		for _, c := range changes {
			if c.Article == nil {
				gone = append(gone, c.ID)
			} else {
				put = append(put, *c.Article)
			}
		}
		last := changes[len(changes)-1].Seq
		if last <= seq {
			return fmt.Errorf("follow: the archive gives change %d after %d: %w", last, seq, errors.ErrUnsupported)
		}
		p.giveWay(ctx)
		if err := p.Index.Update(ctx, put, gone, last); err != nil {
			return err
		}
		t.progress.Indexed.Add(int64(len(put)))
		t.count(func(s *Summary) { s.Indexed += len(put) })
	}
}
