package crawler

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jimsmart/grobotstxt"

	"blotter"
)

// product is the name under which robots.txt files speak to us.
const product = "Blotter"

const (
	maxRobots          = 500 << 10        // bytes of a robots.txt that are read: the least RFC 9309 asks for
	maxRobotsRedirects = 5                // as many as RFC 9309 asks for
	robotsLife         = 24 * time.Hour   // the longest that RFC 9309 lets a robots.txt be kept
	minRobotsLife      = time.Minute      // so that "max-age=0" does not double every request
	unreachableLife    = 10 * time.Minute // how long an absent answer counts, so that one pass asks once
	maxCrawlDelay      = 300 * time.Second
)

// What is known of a URL's robots.txt, as Answer.Robots says it.
const (
	robotsAllowed     = "allowed"
	robotsDisallowed  = "disallowed"
	robotsNone        = "none"
	robotsUnreachable = "unreachable"
)

// robots keeps the robots.txt files of hosts. It is safe for concurrent use.
type robots struct {
	mu    sync.Mutex
	sites map[string]*site
}

// site is the place of one robots.txt: a scheme, host and port.
type site struct {
	queue        // who has the turn fetches the file, so that it is fetched once; its users are guarded by robots.mu
	rules *rules // guarded by robots.mu; nil until the first answer
}

// rules are what a robots.txt says. They never change.
type rules struct {
	body    string           // see escapeRules
	none    bool             // there is no robots.txt: all is allowed
	failure *blotter.Failure // it could not be had: nothing is allowed
	delay   time.Duration    // Crawl-delay
	maps    []string         // the Sitemap lines
	expires time.Time
}

// permit asks the robots.txt of u's host, fetching it when it is not known. It returns the decision for the ledger,
// the least time between two requests that the file asks for, and an error when u must not be fetched: a Failure, or
// ctx's own.
//
// A robots.txt that answers 5xx or 429 forbids everything with ReasonRobots. One that cannot be had because of the
// network forbids everything too, with the reason of the network's fault: the page would have met the same.
func (f *Fetcher) permit(ctx context.Context, u *url.URL) (decision string, delay time.Duration, err error) {
	r, err := f.rulesOf(ctx, u)
	switch {
	case err != nil:
		return "", 0, err
	case r.failure != nil:
		return robotsUnreachable, 0, r.failure
	case r.none:
		return robotsNone, 0, nil
	case !robotsAllow(r.body, product, u.String()):
		return robotsDisallowed, 0, blotter.Fail(blotter.ReasonRobots, "disallowed by %s", robotsURL(u))
	}
	return robotsAllowed, r.delay, nil
}

// Robots is what the robots.txt of a host says.
type Robots struct {
	Decision string        // of the URL, as in Answer.Robots
	Delay    time.Duration // the Crawl-delay, as far as it is kept
	Sitemaps []string      // the URLs of its Sitemap lines, as written
}

// Robots asks what the robots.txt for a URL says, the file being fetched when it is not known. It is no failure that
// the URL is disallowed; that robots.txt cannot be had is one.
func (f *Fetcher) Robots(ctx context.Context, rawURL string) (Robots, error) {
	if f.Agent == "" {
		return Robots{}, errNoAgent
	}
	f.once.Do(f.start)
	u, err := parseURL("", rawURL)
	if err != nil {
		return Robots{}, err
	}
	r, err := f.rulesOf(ctx, u)
	switch {
	case err != nil:
		return Robots{}, err
	case r.failure != nil:
		return Robots{Decision: robotsUnreachable}, r.failure
	case r.none:
		return Robots{Decision: robotsNone}, nil
	}
	out := Robots{Decision: robotsAllowed, Delay: r.delay, Sitemaps: r.maps}
	if !robotsAllow(r.body, product, u.String()) {
		out.Decision = robotsDisallowed
	}
	return out, nil
}

// robotsAllow is RFC 9309 as its reference implementation has it. body comes from escapeRules.
func robotsAllow(body, agent, rawURL string) bool {
	return grobotstxt.AgentAllowed(body, agent, escapePath(rawURL))
}

// escapeRules brings the paths of a robots.txt into the form in which grobotstxt compares them, non-ASCII bytes as
// percent escapes and their digits in upper case. grobotstxt v1.0.3 does so itself and spoils each decimal digit on
// the way, so that "Disallow: /%c3%a9" forbids nothing; it leaves alone what needs no change.
func escapeRules(body string) string {
	for _, b := range []string{"\xef", "\xbb", "\xbf"} {
		body = strings.TrimPrefix(body, b) // a byte order mark, or what is left of one
	}
	var out strings.Builder
	out.Grow(len(body))
	for line := range strings.Lines(strings.ReplaceAll(body, "\r", "\n")) {
		// Names of agents end at the first byte that is not ASCII, and must not be drawn out by escapes.
		if key := strings.TrimSpace(line); len(key) >= 4 && strings.EqualFold(key[:4], "user") {
			out.WriteString(line)
		} else {
			out.WriteString(escapePath(line))
		}
	}
	return out.String()
}

// escapePath writes non-ASCII characters as percent escapes, except space, which may stand around a rule, and the
// digits of percent escapes in upper case.
func escapePath(s string) string {
	if !strings.Contains(s, "%") && isASCII(s) {
		return s
	}
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == '%' && len(s) > 2 && isHex(s[1]) && isHex(s[2]):
			n = 3
			out.WriteString(strings.ToUpper(s[:n]))
		case r < utf8.RuneSelf || unicode.IsSpace(r):
			out.WriteString(s[:n])
		default:
			for _, b := range []byte(s[:n]) {
				out.Write([]byte{'%', digits[b>>4], digits[b&15]})
			}
		}
		s = s[n:]
	}
	return out.String()
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func robotsURL(u *url.URL) *url.URL {
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/robots.txt"}
}

// rulesOf returns the rules for u's host from memory or from the host. The error is ctx's.
func (f *Fetcher) rulesOf(ctx context.Context, u *url.URL) (*rules, error) {
	s := f.robots.use(u.Scheme + "://" + u.Host)
	defer f.robots.drop(s)
	if r := f.robots.known(s); r != nil {
		return r, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// Another may have fetched it while we waited. If its context ended before that, it is our turn.
	if r := f.robots.known(s); r != nil {
		return r, nil
	}
	r, err := f.fetchRobots(ctx, robotsURL(u))
	if err != nil {
		return nil, err
	}
	f.robots.mu.Lock()
	s.rules = r
	f.robots.mu.Unlock()
	return r, nil
}

// fetchRobots fetches a robots.txt and follows its redirects, to other hosts too. The error is ctx's; everything
// else that can go wrong is part of the rules.
//
// The request waits for its turn like any other, but the page that it is for need not wait for it: the two follow
// each other once a day.
func (f *Fetcher) fetchRobots(ctx context.Context, u *url.URL) (*rules, error) {
	for range 1 + maxRobotsRedirects {
		x, err := f.ask(ctx, order{
			url:     u,
			header:  robotsHeader(f.Agent),
			max:     maxRobots,
			timeout: cmp.Or(f.Timeout, defaultTimeout),
			delay:   f.delay(u, 0),
		})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		cut := hasReason(err, blotter.ReasonSize) // what came is as much as is read
		if err != nil && !cut {
			return unreachable(u, x, err), nil
		}
		next, err := redirectTarget(x)
		switch {
		case err != nil:
			return unreachable(u, x, err), nil
		case next != nil:
			u = next
		case x.Status >= 200 && x.Status <= 299:
			return readRules(u, x, cut), nil
		case x.Status >= 400 && x.Status <= 499:
			return &rules{none: true, expires: robotsExpiry(x.Header)}, nil
		default:
			return unreachable(u, x, blotter.Fail(blotter.ReasonRobots, "answered %d", x.Status)), nil
		}
	}
	// RFC 9309, 2.3.1.2: after that many redirects the file counts as one that is not there.
	return &rules{none: true, expires: time.Now().Add(robotsLife)}, nil
}

// readRules reads the answer x. cut says that more than maxRobots bytes were sent.
func readRules(u *url.URL, x blotter.Exchange, cut bool) *rules {
	body, err := decode(x.Header, x.Body, maxRobots)
	if hasReason(err, blotter.ReasonSize) {
		cut = true
	} else if err != nil {
		return unreachable(u, x, err)
	}
	if cut {
		// Half a rule is another rule: "Allow: /" is what is left of "Allow: /news".
		body = body[:bytes.LastIndexAny(body, "\r\n")+1]
	}
	text := escapeRules(string(body))
	return &rules{body: text, delay: crawlDelay(text, product), maps: sitemapLines(text), expires: robotsExpiry(x.Header)}
}

// unreachable gives the rules of a robots.txt that could not be had: they forbid everything for a while.
func unreachable(u *url.URL, x blotter.Exchange, err error) *rules {
	cause := transportFailure(err, false)
	failure := &blotter.Failure{Reason: cause.Reason, Detail: u.String() + ": " + cause.Detail, Wait: cause.Wait}
	if x.Status != 0 {
		failure.Reason = blotter.ReasonRobots // it is the answer that forbids, not the way to it
	}
	return &rules{failure: failure, expires: time.Now().Add(cmp.Or(cause.Wait, unreachableLife))}
}

// robotsExpiry says until when an answer holds: a day, or less when its Cache-Control says so.
func robotsExpiry(h blotter.Header) time.Time {
	life := robotsLife
	for _, line := range h["Cache-Control"] {
		for directive := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
			seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
			if strings.EqualFold(name, "max-age") && err == nil {
				life = min(life, max(time.Duration(seconds)*time.Second, minRobotsLife))
			}
		}
	}
	return time.Now().Add(life)
}

// crawlDelay reads the Crawl-delay that body asks agent to keep, which is outside RFC 9309 and of the parser: of the
// agent's own groups, of the groups for all when it has none. The longest counts, of what is no number nothing.
func crawlDelay(body, agent string) time.Duration {
	d := delayReader{agent: agent}
	grobotstxt.Parse(body, &d)
	if d.named {
		return d.own
	}
	return d.all
}

// delayReader is the grobotstxt.ParseHandler of crawlDelay.
type delayReader struct {
	agent    string
	named    bool          // a group names the agent
	own, all time.Duration // the delays for the agent and for all
	forOwn   bool          // the group being read is the agent's
	forAll   bool
	inRules  bool // the group's first rule was read: the next User-agent line begins another group
}

func (d *delayReader) HandleRobotsStart()        {}
func (d *delayReader) HandleRobotsEnd()          {}
func (d *delayReader) HandleSitemap(int, string) {}

func (d *delayReader) HandleAllow(int, string)    { d.inRules = true }
func (d *delayReader) HandleDisallow(int, string) { d.inRules = true }

func (d *delayReader) HandleUserAgent(_ int, value string) {
	if d.inRules {
		d.forOwn, d.forAll, d.inRules = false, false, false
	}
	name := value
	if end := strings.IndexAny(value, " \t/;,:()"); end >= 0 {
		name = value[:end] // what follows the product is its version or a comment
	}
	switch {
	case name == "*":
		d.forAll = true
	case strings.EqualFold(name, d.agent):
		d.forOwn, d.named = true, true
	}
}

func (d *delayReader) HandleUnknownAction(_ int, action, value string) {
	if !strings.EqualFold(action, "crawl-delay") {
		return
	}
	// Those who write Crawl-delay mean it for the agents above it, as they mean a rule.
	d.inRules = true
	delay, ok := readDelay(value)
	if !ok {
		return
	}
	if d.forOwn {
		d.own = max(d.own, delay)
	}
	if d.forAll {
		d.all = max(d.all, delay)
	}
}

// maxSitemapLines bounds the Sitemap lines that are remembered of a robots.txt.
const maxSitemapLines = 100

// sitemapLines gives the Sitemap lines of body, which stand outside its groups.
func sitemapLines(body string) []string {
	var s sitemapReader
	grobotstxt.Parse(body, &s)
	return s.urls
}

// sitemapReader is the grobotstxt.ParseHandler of sitemapLines.
type sitemapReader struct {
	delayReader
	urls []string
}

func (s *sitemapReader) HandleSitemap(_ int, value string) {
	if len(s.urls) < maxSitemapLines && len(value) <= maxURL {
		s.urls = append(s.urls, value)
	}
}

// readDelay reads a number of seconds such as 10 or 2.5, of which maxCrawlDelay are honoured.
func readDelay(s string) (time.Duration, bool) {
	if strings.Trim(s, "0123456789.") != "" {
		return 0, false // ParseFloat would take "inf" and "0x1p4" too
	}
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	seconds = math.Min(seconds, maxCrawlDelay.Seconds())
	return time.Duration(seconds * float64(time.Second)), true
}

// use returns the site of that key and keeps it from being forgotten until drop.
func (r *robots) use(key string) *site {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sites == nil {
		r.sites = make(map[string]*site)
	}
	return join(r.sites, key, func(s *site) *queue { return &s.queue }, r.forget)
}

func (r *robots) drop(s *site) {
	r.mu.Lock()
	s.users--
	r.mu.Unlock()
}

// known returns the rules of s while they hold.
func (r *robots) known(s *site) *rules {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.rules == nil || !time.Now().Before(s.rules.expires) {
		return nil
	}
	return s.rules
}

// forget removes the files that nobody is using, a quarter of them or as many as have expired. To forget one costs
// a request more and nothing else.
func (r *robots) forget() {
	now := time.Now()
	spare := maxHosts / 4
	for key, s := range r.sites {
		expired := s.rules == nil || !now.Before(s.rules.expires)
		if s.users > 0 || !expired && spare == 0 {
			continue
		}
		delete(r.sites, key)
		if !expired {
			spare--
		}
	}
}
