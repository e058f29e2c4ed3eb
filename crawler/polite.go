package crawler

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"blotter"
)

const (
	// maxHosts is how many hosts are remembered before those that need not be are forgotten.
	maxHosts = 512
	// defaultHold is how long a host rests that answers 429 or 503 without saying for how long.
	defaultHold = time.Minute
	// maxHold bounds what a host may ask for: after a day it is asked again.
	maxHold = 24 * time.Hour
)

// pacer keeps requests to one host apart. It is safe for concurrent use.
type pacer struct {
	mu    sync.Mutex
	hosts map[string]*host
}

// host is what the pacer knows of one host.
type host struct {
	queue               // of requests; all of host but its turn is guarded by pacer.mu
	last  time.Time     // when the last request that counts was started
	delay time.Duration // the delay that was asked for then
	until time.Time     // the host asked not to be asked before
}

// queue is where those stand who want something of one host, one after the other.
type queue struct {
	turn  chan struct{} // holds one value while somebody has his turn
	users int           // who have their turn or wait for it
}

// join adds a user to the queue of the entry of that key, and makes the entry if there is none, after forget when there
// are too many. The caller holds the lock of the entries.
func join[T any](entries map[string]*T, key string, queueOf func(*T) *queue, forget func()) *T {
	e := entries[key]
	if e == nil {
		if len(entries) >= maxHosts {
			forget()
		}
		e = new(T)
		queueOf(e).turn = make(chan struct{}, 1)
		entries[key] = e
	}
	queueOf(e).users++
	return e
}

// paceKey names the host that a URL's requests are counted under. http and https are one host.
func paceKey(u *url.URL) string {
	if p := u.Port(); p == "" || p == "80" || p == "443" {
		return u.Hostname()
	}
	return u.Host
}

// enter waits until a request to the host may start: no other is under way and delay has passed since the start of
// the last that counted. The caller calls leave when the answer is read. It fails with ReasonBusy when the host asked
// not to be asked yet, rather than sleep for hours, and with ctx's error when ctx ends first.
func (p *pacer) enter(ctx context.Context, key string, delay time.Duration, counts bool) (leave func(), err error) {
	h := p.use(key)
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		p.drop(h)
		return nil, ctx.Err()
	}
	leave = func() {
		<-h.turn
		p.drop(h)
	}
	p.mu.Lock()
	wait := time.Until(h.last.Add(delay))
	p.mu.Unlock()
	// Asked after the turn is ours: the request before may just have been told to stay away.
	if err = p.held(key); err == nil {
		err = sleep(ctx, wait)
	}
	if err != nil {
		leave()
		return nil, err
	}
	if counts {
		p.mu.Lock()
		h.last, h.delay = time.Now(), delay
		p.mu.Unlock()
	}
	return leave, nil
}

// held returns a failure of ReasonBusy while the host wants to be left alone.
func (p *pacer) held(key string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.hosts[key]
	if h == nil {
		return nil
	}
	wait := time.Until(h.until)
	if wait <= 0 {
		return nil
	}
	return &blotter.Failure{
		Reason: blotter.ReasonBusy,
		Detail: "host asked us to wait until " + h.until.UTC().Format(time.RFC3339),
		Wait:   wait,
	}
}

// hold keeps every request from the host for the time given.
func (p *pacer) hold(key string, wait time.Duration) {
	h := p.use(key)
	defer p.drop(h)
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(wait); until.After(h.until) {
		h.until = until
	}
}

// use returns the host of that key and keeps it from being forgotten until drop.
func (p *pacer) use(key string) *host {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hosts == nil {
		p.hosts = make(map[string]*host)
	}
	return join(p.hosts, key, func(h *host) *queue { return &h.queue }, func() { p.forget(time.Now()) })
}

func (p *pacer) drop(h *host) {
	p.mu.Lock()
	h.users--
	p.mu.Unlock()
}

// forget removes the hosts of which nothing need be remembered. What is left is bounded by the requests under way
// and by those that were started within the longest delay.
func (p *pacer) forget(now time.Time) {
	for key, h := range p.hosts {
		if h.users == 0 && !now.Before(h.last.Add(h.delay)) && !now.Before(h.until) {
			delete(p.hosts, key)
		}
	}
}

// sleep waits, or returns ctx's error when ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryAfter reads how long the header asks us to stay away: a number of seconds or a date. Without one that can be
// read it is defaultHold.
func retryAfter(h blotter.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Value("Retry-After"))
	if value != "" && strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(maxHold/time.Second) {
			return maxHold
		}
		return time.Duration(seconds) * time.Second
	}
	if t, err := http.ParseTime(value); err == nil {
		return min(max(t.Sub(now), 0), maxHold)
	}
	return defaultHold
}
