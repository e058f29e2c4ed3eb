package main

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"blotter"
	"blotter/configs"
	"blotter/crawler"
)

// How far doctor goes online: so many hosts, and so long in all.
const (
	askedHosts  = 5
	askedTime   = 45 * time.Second
	clockLimit  = time.Minute // a clock that is off by more makes dates and schedules wrong
	clockNotice = 10 * time.Second
)

// asked is what came of asking one source.
type asked struct {
	source  string
	host    string
	robots  string
	failure error
	off     time.Duration // the host's clock minus ours
	dated   bool          // off is known
}

// online asks a few of the enabled sources, each of another host.
func (d *doctor) online(ctx context.Context, c *configs.Config) {
	if c.Contact == "" {
		d.warn("online", "set 'contact' in blotter.yaml", "nobody is asked before sites can be told who asks")
		return
	}
	sources := spread(c.Sources, askedHosts)
	if len(sources) == 0 {
		d.warn("online", "enable a source in sources/*.yaml", "there is nobody to ask")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askedTime)
	defer cancel()
	answers := make([]asked, len(sources))
	fetcher := d.fetcher(c)
	var wg sync.WaitGroup
	for i, src := range sources {
		wg.Go(func() { answers[i] = d.ask(ctx, fetcher, src) })
	}
	wg.Wait()
	for _, x := range answers {
		d.reached(x)
	}
	d.compareClocks(answers)
}

// spread picks up to n enabled sources of different hosts, from all over the list.
func spread(sources []blotter.Source, n int) (picked []blotter.Source) {
	hosts := map[string]bool{}
	var all []blotter.Source
	for _, src := range sources {
		u, err := url.Parse(src.URL)
		if err == nil && src.Enabled && !hosts[u.Host] {
			hosts[u.Host] = true
			all = append(all, src)
		}
	}
	n = min(n, len(all))
	for i := range n {
		picked = append(picked, all[i*len(all)/n])
	}
	return picked
}

func (d *doctor) ask(ctx context.Context, f *crawler.Fetcher, src blotter.Source) asked {
	x := asked{source: src.ID, host: src.URL}
	if u, err := url.Parse(src.URL); err == nil {
		x.host = u.Host
	}
	answer, err := f.Fetch(ctx, crawler.Request{URL: src.URL, Feed: src.Kind != blotter.KindListing})
	x.robots, x.failure = answer.Robots, err
	if n := len(answer.Exchanges); n > 0 && answer.Exchanges[n-1].Status != 0 {
		last := &answer.Exchanges[n-1]
		if at, err := http.ParseTime(last.Header.Value("Date")); err == nil {
			x.off, x.dated = at.Sub(last.Started.Add(last.Elapsed)), true
		}
	}
	return x
}

// reached says whether a source could be asked.
func (d *doctor) reached(x asked) {
	failure := blotter.AsFailure(x.failure)
	switch {
	case x.failure == nil:
		d.ok("online", "%s answers; robots.txt: %s", x.host, x.robots)
	case failure == nil:
		d.warn("online", "try again", "%s: %v", x.host, x.failure)
	case failure.Reason == blotter.ReasonDNS:
		d.bad("online", "look at the name server: /etc/resolv.conf, and whether other names resolve", "%s: %v", x.host, failure)
	case failure.Reason == blotter.ReasonRobots:
		d.warn("online", "disable "+x.source+", or ask its operator", "%s: %v", x.host, failure)
	case failure.Reason == blotter.ReasonConnect, failure.Reason == blotter.ReasonTimeout:
		d.bad("online", "look whether a firewall keeps this machine from it, or whether the site is down", "%s: %v", x.host, failure)
	default:
		d.warn("online", "blotter sources check "+x.source, "%s: %v", x.host, failure)
	}
}

// compareClocks holds our clock against those of the hosts. One of theirs may be wrong: it takes all of them to say that ours is.
func (d *doctor) compareClocks(answers []asked) {
	var least time.Duration
	n := 0
	for _, x := range answers {
		if !x.dated {
			continue
		}
		if n++; n == 1 || x.off.Abs() < least.Abs() {
			least = x.off
		}
	}
	const next = "set the clock, and see that it is kept: timedatectl set-ntp true"
	switch {
	case n == 0:
		d.warn("clock", "try again", "nobody said what time it is")
	case least.Abs() > clockLimit:
		d.bad("clock", next, "all of %s say that it is off by %s or more", plural(n, "host"), least.Round(time.Second))
	case least.Abs() > clockNotice:
		d.warn("clock", next, "all of %s say that it is off by %s or more", plural(n, "host"), least.Round(time.Second))
	default:
		d.ok("clock", "as that of %s", plural(n, "host"))
	}
}
