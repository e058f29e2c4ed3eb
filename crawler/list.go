package crawler

import (
	"bytes"
	"encoding/json"
	"regexp"
	"time"

	"blotter"
)

// Listing is what the page of a source says.
type Listing struct {
	Kind     blotter.Kind
	Title    string // what a feed calls itself, or a page
	Items    []blotter.Item
	Next     []string             // the sitemaps of an index; the next page of a listing: only a backfill follows them
	Archives []string             // of a listing: its lists by year and month, for a backfill
	Touched  map[string]time.Time // of a sitemap: when the pages and sitemaps it names were last changed, where it says so
	TTL      time.Duration        // how long a feed asks not to be asked again, or 0
	Faults   []string             // what was repaired or dropped, for the ledger
}

// List reads the page of a source: a feed, an HTML page, a sitemap, a list of alerts. A source without a kind is
// taken for what its page is. Broken feeds are repaired as far as they can be, and say so in Faults. The error is
// a *blotter.Failure: challenge, format for a page of another kind, layout for an HTML page on which no item can
// be found, size and deep for one that is not safe to read. A feed or sitemap without items is no failure.
//
// List is pure and safe for concurrent use.
func List(page blotter.Page, src blotter.Source) (Listing, error) {
	if bytes.HasPrefix(page.Body, gzipMagic) { // a file kept as it was sent
		body, err := Decode(blotter.Header{"Content-Encoding": {"gzip"}}, page.Body, maxDocument)
		if err != nil {
			return Listing{}, err
		}
		page.Body = body
	}
	if service := blotter.Challenge(page); service != "" {
		return Listing{}, blotter.Fail(blotter.ReasonChallenge, "%s asks for proof of being human", service)
	}
	if len(page.Body) > maxDocument {
		return Listing{}, blotter.Fail(blotter.ReasonSize, "%d bytes, more than %d", len(page.Body), maxDocument)
	}
	l := &lister{page: page, source: src, dates: dateReader(src), seen: map[string]bool{}}
	if err := l.read(); err != nil {
		return Listing{}, err
	}
	return l.listing, nil
}

var gzipMagic = []byte{0x1f, 0x8b, 8}

// maxDocument is the cap on pages that the fetcher has, for callers that read files.
const maxDocument = 8 << 20

// What one page can list. A sitemap may hold 50,000 entries; feeds of more than a few hundred are hardly seen.
const (
	maxItems     = 50_000
	maxFeedItems = 10_000
)

// lister reads one page.
type lister struct {
	page    blotter.Page
	source  blotter.Source
	dates   blotter.DateReader
	base    string // what relative links are relative to
	listing Listing
	seen    map[string]bool // what is listed already
	dropped map[string]int
}

func dateReader(src blotter.Source) blotter.DateReader {
	return blotter.DateReader{Layout: src.DateFormat, Zone: src.Zone(), Order: blotter.DayOrderIn(src.Country)}
}

func (l *lister) read() error {
	l.base = l.page.URL
	l.dropped = map[string]int{}
	defer l.sumUp()
	body := bytes.TrimSpace(l.page.Body)
	switch {
	case len(body) == 0:
		return blotter.Fail(blotter.ReasonFormat, "an empty page")
	case looksJSON(body):
		if err := l.want(blotter.KindFeed, "a JSON document"); err != nil {
			return err
		}
		return l.readJSONFeed(l.page.Body)
	}
	doc, root, faults, err := repairXML(l.page.Body, l.page.ContentType)
	if err != nil {
		return err
	}
	switch root {
	case "":
		return l.readOther()
	case "urlset", "sitemapindex":
		if err := l.want(blotter.KindSitemap, "a sitemap"); err != nil {
			return err
		}
		l.listing.Faults = faults
		return l.readSitemap(doc)
	case "opml":
		return blotter.Fail(blotter.ReasonFormat, "a list of feeds and no feed: 'blotter sources import' reads it")
	case "alerts":
		if err := l.want(blotter.KindStatus, "a list of alerts"); err != nil {
			return err
		}
		l.listing.Faults = faults
		return l.readAlerts(doc)
	}
	if err := l.want(blotter.KindFeed, "a feed"); err != nil {
		return err
	}
	l.listing.Faults = faults
	return l.readFeed(doc)
}

// want settles the kind of the page that was found, or says that the source is of another. A status source is read
// from a feed as well.
func (l *lister) want(found blotter.Kind, what string) error {
	kind := l.source.Kind
	if kind == "" || kind == found {
		l.listing.Kind = found
		return nil
	}
	if kind == blotter.KindStatus && found == blotter.KindFeed || kind == blotter.KindFeed && found == blotter.KindStatus {
		l.listing.Kind = blotter.KindStatus
		return nil
	}
	return blotter.Fail(blotter.ReasonFormat, "%s, where the source is configured as kind %s", what, kind)
}

// readOther reads a page that is no XML of ours: HTML, if anything.
func (l *lister) readOther() error {
	if kind := l.source.Kind; kind != "" && kind != blotter.KindListing {
		return blotter.Fail(blotter.ReasonFormat, "no %s: the page begins %q", kind, beginning(l.page.Body))
	}
	if !looksHTML(l.page.Body) {
		return blotter.Fail(blotter.ReasonFormat, "neither a feed, a sitemap nor HTML: the page begins %q", beginning(l.page.Body))
	}
	// Some servers put a feed through the frame of their pages. What is left of it reads like a list of links, and
	// is not one: the links in the texts of its entries would come first.
	if kind := l.source.Kind; kind == "" && wrappedFeed.Match(l.page.Body) {
		return blotter.Fail(blotter.ReasonFormat, "an HTML page around a feed")
	}
	l.listing.Kind = blotter.KindListing
	return l.readListing()
}

// wrappedFeed finds the first element of a feed, which stands in no HTML page of its own right.
var wrappedFeed = regexp.MustCompile(`(?i)<(?:feed|rss|rdf:rdf)[\s>]`)

// beginning is enough of a page to recognise it by.
func beginning(body []byte) string {
	return bound(blotter.CleanLine(string(body[:min(len(body), 200)])), 60)
}

func looksJSON(body []byte) bool {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	body = bytes.TrimLeft(body, " \t\r\n")
	return len(body) > 0 && body[0] == '{' || bytes.HasPrefix(body, []byte{'{', 0}) || bytes.HasPrefix(body, []byte{0, '{'}) ||
		len(body) > 0 && body[0] == '[' && json.Valid(body)
}

// htmlMarks are tags of which every HTML page has one early on. The fragments of HTML that some servers send where
// a feed should be have none.
var htmlMarks = [][]byte{[]byte("<!doctype html"), []byte("<html"), []byte("<head"), []byte("<body"), []byte("<main"),
	[]byte("<title"), []byte("<meta")}

func looksHTML(body []byte) bool {
	head := bytes.ToLower(body[:min(len(body), 4096)])
	head = bytes.ReplaceAll(head, []byte{0}, nil) // UTF-16
	for _, mark := range htmlMarks {
		if bytes.Contains(head, mark) {
			return true
		}
	}
	return false
}

// add lists an item under its resolved link. What stands on the page twice is listed once; id tells entries apart
// that share a link. An entry of a feed without a usable link is listed without a URL: it was published, and
// cannot be fetched.
func (l *lister) add(item blotter.Item, id string) {
	item.URL, _ = l.link(item.URL)
	key := item.URL + "\n" + id
	if l.seen[key] && item.URL != "" {
		l.dropped["items listed twice"]++
		return
	}
	if len(l.listing.Items) >= maxItems {
		l.dropped["items beyond the bound"]++
		return
	}
	l.seen[key] = true
	l.listing.Items = append(l.listing.Items, item)
}
