package pipeline

import (
	"context"
	"net/url"
	"strings"

	"blotter"
	"blotter/archive"
	"blotter/crawler"
)

// cdxRows is how many rows of its index the Wayback Machine is asked for at once: some hundred kilobytes.
const cdxRows = 2000

// waybackWay finds articles in the index of the Wayback Machine, and fetches them there: the first capture of each
// address between the two days. An article keeps its own address, and its capture the time of the archive's.
type waybackWay struct{ *digger }

func (w waybackWay) query() crawler.CDXQuery {
	q := crawler.CDXQuery{Under: w.scope.under, From: w.scope.from, Limit: cdxRows}
	if q.Under == "" {
		if u, err := url.Parse(w.source.URL); err == nil {
			q.Under = u.Scheme + "://" + u.Host + "/"
		}
	}
	if !w.scope.end.IsZero() {
		q.To = w.scope.end.Add(-1)
	}
	return q
}

func (w waybackWay) roots(context.Context) ([]archive.Lead, error) {
	return step("root", w.query().URL(w.p.Config.Crawl.Wayback)), nil
}

func (w waybackWay) read(_ archive.Lead, page blotter.Page) (reading, error) {
	mementos, resume, err := crawler.ReadCDX(page)
	if err != nil {
		return reading{}, err
	}
	var r reading
	for _, m := range mementos {
		own, err := blotter.CanonicalURL(m.URL) // without the :80 that old captures have
		if err != nil {
			own = m.URL
		}
		item := blotter.Item{URL: own}
		r.found = append(r.found, archive.Found{
			Item: item, Memento: m.Address(w.p.Config.Crawl.Wayback), Captured: m.Time,
			Outside: !w.covers(own) || w.isFront(own),
		})
	}
	if resume != "" {
		q := w.query()
		q.Resume = resume
		r.next = []string{q.URL(w.p.Config.Crawl.Wayback)}
	}
	return r, nil
}

func (w waybackWay) next(_ archive.Lead, r reading, _ int) []archive.Lead {
	return step("resume", r.next...)
}

// covers is scope.covers for addresses of a time when the site had no https, or another host.
func (w waybackWay) covers(own string) bool {
	return w.sameSite(own) && (w.scope.under == "" || strings.HasPrefix(bare(own), bare(w.scope.under)))
}

// bare is an address without scheme and www, as the index knows it.
func bare(at string) string {
	_, rest, _ := strings.Cut(at, "://")
	return strings.TrimPrefix(rest, "www.")
}

// isFront says that an address is the site's front page or the source's own list: no article stands there.
func (w waybackWay) isFront(own string) bool {
	u, err := url.Parse(own)
	return err == nil && u.Path == "/" && u.RawQuery == "" || bare(own) == bare(w.source.URL)
}

// settleMemento corrects the time of a capture where the archive showed another than it was asked for, and takes it
// away where nothing was captured.
func settleMemento(f *archive.Fetch) {
	if len(f.Exchanges) == 0 {
		return
	}
	last := f.Exchanges[len(f.Exchanges)-1]
	m, ok := crawler.MementoAt(last.URL)
	f.Captured = m.Time
	if !ok && f.Failure == nil {
		f.Failure = blotter.Fail(blotter.ReasonRedirect, "%s is no page of the archive", last.URL)
	}
}
