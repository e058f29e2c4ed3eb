package crawler

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gocolly/colly/v2"

	"blotter"
)

// What a Fetcher does where a field is zero.
const (
	defaultDelay         = 5 * time.Second
	defaultHeaderTimeout = 10 * time.Second
	defaultTimeout       = 30 * time.Second
	defaultMaxPage       = 8 << 20
	defaultMaxFeed       = 5 << 20
)

// maxHops is how many redirects are followed.
const maxHops = 10

// What we ask for. The FBI's site answers 403 to a request without Accept.
const (
	acceptPage   = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	acceptFeed   = "application/atom+xml,application/rss+xml,application/feed+json,application/xml;q=0.9,text/html;q=0.8,*/*;q=0.5"
	acceptRobots = "text/plain,*/*;q=0.5"
	acceptCoding = "gzip, br, zstd"
)

var errNoAgent = errors.New("crawler: Fetcher.Agent is empty")

// Fetcher fetches pages over HTTP with the manners of a guest and the caution of one who opens strangers' parcels.
//
// It asks robots.txt for every URL, redirects included, sends one request at a time to a host and keeps a delay
// between them, leaves a host alone that answers 429 or 503, and never connects to an address that is not public. It
// has no cookies, sends no Referer and uses no proxy: HTTP/1.1, one connection a host.
//
// Fill the fields, then use it; they must not change afterwards. It is safe for concurrent use.
type Fetcher struct {
	// Agent is sent as User-Agent, "Blotter/VERSION (+CONTACT)". It must not be empty. In robots.txt we are Blotter.
	Agent string
	// Delay is the least time between the starts of two requests to one host; zero means 5 s. A Crawl-delay in
	// robots.txt raises it, to 300 s at most.
	Delay time.Duration
	// HeaderTimeout bounds the wait for a connection and for the header of an answer; zero means 10 s.
	HeaderTimeout time.Duration
	// Timeout bounds the time a fetch spends on its requests and answers, redirects together; zero means 30 s. The
	// wait for a host's turn is not counted, robots.txt has as much again.
	Timeout time.Duration
	// MaxPage and MaxFeed bound the decoded body of a page and a feed; zero means 8 MiB and 5 MiB.
	MaxPage, MaxFeed int64
	// Allow lists what may be reached although its address is not public or its port neither 80 nor 443: "ip:port",
	// an address by whatever name, or "host:port", a name at whatever address. A URL whose host and port stand here as
	// written is exempt from every delay.
	Allow []string

	// Dial opens the connections in the place of the network. With it no address is guarded: it is for simulations.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	once      sync.Once
	transport *transport
	collector *colly.Collector
	allowed   map[string]bool
	pacer     *pacer
	robots    *robots

	// Set by tests only.
	resolver  *net.Resolver
	onConnect func(address string) error
}

// Request is what to fetch.
type Request struct {
	URL  string // http or https; credentials and fragment are not sent
	Feed bool   // ask for a feed, with its cap
	// Finish lets a fetch whose first request was sent when the context ends go on to its end, within the timeout: the
	// host has had the work already, and should not have it again.
	Finish bool
	// ETag and LastModified are the validators of the answer that is known already, as it gave them, or "".
	ETag, LastModified string
}

// Answer is what came of a Request.
type Answer struct {
	// Exchanges are all requests and answers, redirects included, robots.txt not. Those of a failed fetch are
	// evidence as well; when the failure is ReasonSize, ReasonTimeout or ReasonConnect, the last body is cut off.
	Exchanges []blotter.Exchange
	// Page is the body of the last answer with its content encoding undone. It is zero unless the fetch went well
	// and the page is new.
	Page blotter.Page
	// NotModified says that the page is the one that the validators were given for.
	NotModified bool
	// Robots is what the robots.txt for the last URL says, for the ledger: "allowed", "disallowed", "none" when
	// there is none, "unreachable" when it could not be had, "" when it was not asked.
	Robots string
}

// Fetch fetches a page. The error is a *blotter.Failure for what the world got wrong, and ctx's own when ctx ended;
// the Answer then says how far it went. Only an answer of 200, 202 or 203 whose body came whole is a page.
func (f *Fetcher) Fetch(ctx context.Context, r Request) (Answer, error) {
	if f.Agent == "" {
		return Answer{}, errNoAgent
	}
	f.once.Do(f.start)
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	u, err := parseURL("", r.URL)
	if err != nil {
		return Answer{}, err
	}
	v := visit{
		header: pageHeader(f.Agent, r),
		finish: r.Finish,
		max:    cmp.Or(f.MaxPage, defaultMaxPage),
		left:   cmp.Or(f.Timeout, defaultTimeout),
	}
	if r.Feed {
		v.max = cmp.Or(f.MaxFeed, defaultMaxFeed)
	}
	err = f.follow(ctx, &v, u)
	return v.answer, err
}

// Succeed takes over what another Fetcher knows of hosts: when each was last asked, how long it wants to be left alone, and what
// its robots.txt says. With other limits in its fields this one then has the same manners. Call it before the first Fetch; the
// other may end what it has begun.
func (f *Fetcher) Succeed(other *Fetcher) {
	other.once.Do(other.start)
	f.pacer, f.robots = other.pacer, other.robots
}

// Close ends the connections that are kept for a next request. A fetch that is under way goes on.
func (f *Fetcher) Close() {
	f.once.Do(f.start)
	f.transport.base.CloseIdleConnections()
}

// start makes what the fields are needed for.
func (f *Fetcher) start() {
	if f.pacer == nil {
		f.pacer, f.robots = &pacer{}, &robots{}
	}
	f.allowed = make(map[string]bool, len(f.Allow))
	for _, hostPort := range f.Allow {
		f.allowed[strings.ToLower(hostPort)] = true
	}
	f.transport = newTransport(f)
	f.collector = newCollector(f.Agent, f.transport)
}

// visit is a fetch under way.
type visit struct {
	header http.Header
	finish bool
	max    int64
	left   time.Duration // of the timeout
	answer Answer
}

// follow fetches u and where it redirects to.
func (f *Fetcher) follow(ctx context.Context, v *visit, u *url.URL) error {
	seen := make(map[string]bool, 1)
	for range 1 + maxHops {
		if seen[u.String()] {
			return blotter.Fail(blotter.ReasonRedirect, "loop at %s", u)
		}
		seen[u.String()] = true
		if v.finish && len(v.answer.Exchanges) > 0 {
			ctx = context.WithoutCancel(ctx)
		}
		next, err := f.hop(ctx, v, u)
		if next == nil || err != nil {
			return err
		}
		u = next
	}
	return blotter.Fail(blotter.ReasonRedirect, "more than %d", maxHops)
}

// hop makes one exchange and returns where it redirects to, or nil when it is the last.
func (f *Fetcher) hop(ctx context.Context, v *visit, u *url.URL) (*url.URL, error) {
	v.answer.Robots = ""
	if err := f.pacer.held(paceKey(u)); err != nil {
		return nil, err // before robots.txt is asked for
	}
	decision, crawlDelay, err := f.permit(ctx, u)
	v.answer.Robots = decision
	if err != nil {
		return nil, err
	}
	x, err := f.ask(ctx, order{
		url: u, header: v.header, max: v.max, timeout: v.left, delay: f.delay(u, crawlDelay), counts: true, finish: v.finish,
	})
	v.left -= x.Elapsed
	if x.Status != 0 {
		v.answer.Exchanges = append(v.answer.Exchanges, x)
	}
	if err != nil {
		return nil, err
	}
	if next, err := redirectTarget(x); next != nil || err != nil {
		return next, err
	}
	return nil, v.read(x)
}

// read turns the last exchange into the page.
func (v *visit) read(x blotter.Exchange) error {
	if failure := statusFailure(x, v.header); failure != nil {
		// Services that ask for proof of being human do so with a 403 or a 405 as often as with a 200.
		if page, err := v.page(x); err == nil {
			if service := blotter.Challenge(page); service != "" {
				return blotter.Fail(blotter.ReasonChallenge, "%s, %s", service, failure.Detail)
			}
		}
		return failure
	}
	if x.Status == http.StatusNotModified {
		v.answer.NotModified = true
		return nil
	}
	page, err := v.page(x)
	v.answer.Page = page
	return err
}

// page decodes the body of x; on an error it is the zero Page.
func (v *visit) page(x blotter.Exchange) (blotter.Page, error) {
	body, err := Decode(x.Header, x.Body, v.max)
	if err != nil {
		return blotter.Page{}, err
	}
	return blotter.Page{URL: x.URL, ContentType: x.Header.Value("Content-Type"), Body: body, Fetched: x.Started}, nil
}

// statusFailure says what is wrong with an answer that is no page, or nil. 202 is let through: those who answer it
// send a challenge page along, which is known by its text.
func statusFailure(x blotter.Exchange, asked http.Header) *blotter.Failure {
	reason := blotter.ReasonStatus
	switch x.Status {
	case http.StatusOK, http.StatusAccepted, http.StatusNonAuthoritativeInfo:
		return nil
	case http.StatusNotModified:
		if asked.Get("If-None-Match") != "" || asked.Get("If-Modified-Since") != "" {
			return nil
		}
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusUnavailableForLegalReasons:
		reason = blotter.ReasonDenied
	case http.StatusNotFound, http.StatusGone:
		reason = blotter.ReasonGone
	}
	return blotter.Fail(reason, "answered %d", x.Status)
}

// redirectTarget returns where x redirects to, or nil when it is no redirect.
func redirectTarget(x blotter.Exchange) (*url.URL, error) {
	switch x.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	location := x.Header.Value("Location")
	if location == "" {
		return nil, blotter.Fail(blotter.ReasonRedirect, "answered %d without a Location", x.Status)
	}
	u, err := parseURL(x.URL, location)
	if f := blotter.AsFailure(err); f != nil {
		return nil, blotter.Fail(blotter.ReasonRedirect, "to %s", f.Detail)
	}
	return u, err
}

// delay is the least time between two requests to u's host.
func (f *Fetcher) delay(u *url.URL, crawlDelay time.Duration) time.Duration {
	if f.allowed[hostPort(u)] {
		return 0
	}
	return max(cmp.Or(f.Delay, defaultDelay), crawlDelay)
}

func pageHeader(agent string, r Request) http.Header {
	h := http.Header{"User-Agent": {agent}, "Accept": {acceptPage}, "Accept-Encoding": {acceptCoding}}
	if r.Feed {
		h.Set("Accept", acceptFeed)
	}
	if r.ETag != "" {
		h.Set("If-None-Match", r.ETag)
	}
	if r.LastModified != "" {
		h.Set("If-Modified-Since", r.LastModified)
	}
	return h
}

func robotsHeader(agent string) http.Header {
	return http.Header{"User-Agent": {agent}, "Accept": {acceptRobots}, "Accept-Encoding": {"identity"}}
}

func hasReason(err error, reason blotter.Reason) bool {
	f := blotter.AsFailure(err)
	return f != nil && f.Reason == reason
}
