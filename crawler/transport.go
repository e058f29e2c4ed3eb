package crawler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"syscall"
	"time"

	"github.com/gocolly/colly/v2"

	"blotter"
)

// maxHeader bounds the header of an answer; the largest seen on real sites, full of cookies and policies, have 20 KiB.
const maxHeader = 256 << 10

// transport is the http.RoundTripper under colly. It sends one request, reads the whole answer within the limits,
// and leaves it in the recording that the request's context carries. What it hands on to colly is the bare status.
type transport struct {
	base *http.Transport
}

// recording takes down one exchange.
type recording struct {
	max      int64 // bytes of body to read
	exchange blotter.Exchange
}

type recordingKey struct{}

// newTransport returns the transport of f.
func newTransport(f *Fetcher) *transport {
	wait := cmp.Or(f.HeaderTimeout, defaultHeaderTimeout)
	dial := func(ctx context.Context, network, asked string) (net.Conn, error) {
		d := net.Dialer{Timeout: wait, Resolver: f.resolver}
		// After the name was resolved and before the connect, for each address that is tried: no spelling, redirect
		// or DNS answer gets round this.
		d.Control = func(_, address string, _ syscall.RawConn) error {
			if err := f.guard(asked, address); err != nil {
				return err
			}
			return f.lastly(address)
		}
		return d.DialContext(ctx, network, asked)
	}
	if f.Dial != nil {
		dial = f.Dial
	}
	return &transport{base: &http.Transport{
		// No Proxy: the guard would see the proxy's address instead of the one that is reached.
		DialContext:           dial,
		TLSHandshakeTimeout:   wait,
		ResponseHeaderTimeout: wait,
		// The body is recorded as it was received, so nobody may undo its coding on the way.
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		// One connection a host; it outlives the delay between two requests and little more.
		MaxIdleConnsPerHost: 1,
		MaxIdleConns:        64,
		IdleConnTimeout:     3 * defaultDelay,
	}}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	rec, ok := req.Context().Value(recordingKey{}).(*recording)
	if !ok {
		return nil, errors.New("crawler: request without a recording")
	}
	x := &rec.exchange
	*x = blotter.Exchange{
		URL:     req.URL.String(),
		Method:  req.Method,
		Started: time.Now().UTC(),
		Request: blotter.Header(req.Header.Clone()),
	}
	x.Request["Host"] = []string{req.URL.Host}
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(c httptrace.GotConnInfo) { x.Remote = remoteHost(c.Conn) },
	})
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	x.Status, x.Proto, x.Header = resp.StatusCode, resp.Proto, blotter.Header(resp.Header)
	x.Body, err = readBody(resp, rec.max)
	x.Elapsed = time.Since(x.Started)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: resp.StatusCode,
		Header:     http.Header{}, // or the client would read the Location, and colly change the charset
		Body:       http.NoBody,   // or colly would make another copy of it
		// Or colly would try to unpack it when the URL ends in .xml.gz.
		Uncompressed: true,
		Request:      req,
	}, nil
}

// readBody reads a body of at most limit bytes. Beside an error it returns what had come until then.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	size := int64(16 << 10)
	if resp.ContentLength >= 0 {
		size = min(resp.ContentLength, limit) + 1 // one more, so that the end is seen without growing
	}
	body := make([]byte, 0, size)
	for {
		if len(body) == cap(body) {
			body = slices.Grow(body, len(body)) // append would take more copies, and in the end more room
		}
		n, err := resp.Body.Read(body[len(body):min(int64(cap(body)), limit+1)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return body[:limit], tooLarge(limit)
		case err == io.EOF:
			return body, nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return body, blotter.Fail(blotter.ReasonConnect, "answer cut off after %d bytes%s", len(body), ofLength(resp.ContentLength))
		case err != nil:
			return body, err
		}
	}
}

func ofLength(n int64) string {
	if n < 0 {
		return ""
	}
	return fmt.Sprintf(" of %d", n)
}

func remoteHost(c net.Conn) string {
	address := c.RemoteAddr().String()
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}

// newCollector returns the collector through which all requests go. Not colly.NewCollector: that lets environment
// variables switch on a cache, domain filters and charset detection.
func newCollector(agent string, t *transport) *colly.Collector {
	c := &colly.Collector{}
	c.Init()
	c.UserAgent = agent
	c.AllowURLRevisit = true        // what was fetched before is for the archive to say
	c.ParseHTTPErrorResponse = true // a status is read by us, not turned into an error
	c.IgnoreRobotsTxt = true        // ours are stricter, see robots.go
	c.DisableCookies()
	c.SetRequestTimeout(0) // the context has it
	c.WithTransport(t)
	return c
}

// order is one request as it is to be sent.
type order struct {
	url     *url.URL
	header  http.Header
	max     int64         // bytes of body
	timeout time.Duration // for the request and the whole answer
	delay   time.Duration // since the start of the last request to the host
	counts  bool          // the next request to the host keeps its delay from this one
	finish  bool          // once sent, it is not ended with the context
}

// ask sends one request when it is the host's turn. An answer of 429 or 503 is a failure of ReasonBusy, and the host
// is left alone for as long as it says. The exchange is returned beside a failure too, as far as it went; its Status
// is 0 when nothing was answered. The error is ctx's own when ctx ended.
func (f *Fetcher) ask(ctx context.Context, o order) (blotter.Exchange, error) {
	key := paceKey(o.url)
	leave, err := f.pacer.enter(ctx, key, o.delay, o.counts)
	if err != nil {
		return blotter.Exchange{}, err
	}
	defer leave()
	if o.finish {
		ctx = context.WithoutCancel(ctx)
	}
	x, err := f.get(ctx, o)
	if x.Status == http.StatusTooManyRequests || x.Status == http.StatusServiceUnavailable {
		wait := retryAfter(x.Header, time.Now())
		f.pacer.hold(key, wait)
		return x, &blotter.Failure{Reason: blotter.ReasonBusy, Detail: fmt.Sprintf("answered %d", x.Status), Wait: wait}
	}
	return x, err
}

// get sends one request through colly and returns what the transport recorded.
func (f *Fetcher) get(ctx context.Context, o order) (blotter.Exchange, error) {
	rec := &recording{max: o.max}
	timed, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	c := f.collector.Clone() // a clone shares the client and has its own context
	c.Context = context.WithValue(timed, recordingKey{}, rec)
	err := c.Request(http.MethodGet, o.url.String(), nil, nil, o.header)
	switch {
	case err == nil:
		return rec.exchange, nil
	case ctx.Err() != nil:
		return rec.exchange, ctx.Err()
	}
	return rec.exchange, transportFailure(err, timed.Err() != nil)
}

// transportFailure says which of the world's faults err is. A body that ends early is a broken connection: nothing
// short of the whole answer is of use.
func transportFailure(err error, timedOut bool) *blotter.Failure {
	if f := blotter.AsFailure(err); f != nil {
		return f
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // the URL stands beside every failure already
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return blotter.Fail(blotter.ReasonDNS, "%s: %s", e.Name, e.Err)
	}
	if e, ok := errors.AsType[net.Error](err); timedOut || ok && e.Timeout() {
		return blotter.Fail(blotter.ReasonTimeout, "%v", err)
	}
	return blotter.Fail(blotter.ReasonConnect, "%v", err)
}
