package crawler

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"blotter"
	"github.com/mmcdole/gofeed"
	extensions "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"
)

// readFeed reads a repaired RSS, RDF or Atom document.
func (l *lister) readFeed(doc []byte) error {
	feed, err := parseFeed(doc)
	if err != nil {
		return blotter.Fail(blotter.ReasonFormat, "no feed: %v", err)
	}
	if !absolute(l.base) && absolute(feed.Link) { // read from a file
		l.base = feed.Link
	}
	l.listing.Title, l.listing.TTL = plainLine(feed.Title), timeToLive(feed)
	l.readItems(feed)
	return nil
}

// parseFeed runs gofeed. Its input is well-formed and of bounded depth; a panic in it is the feed's fault still.
func parseFeed(doc []byte) (feed *gofeed.Feed, err error) {
	defer func() {
		if p := recover(); p != nil {
			feed, err = nil, fmt.Errorf("the parser panicked: %v", p)
		}
	}()
	parser := gofeed.NewParser()
	parser.KeepOriginalFeed = true // for the ttl of RSS
	return parser.Parse(bytes.NewReader(doc))
}

func (l *lister) readItems(feed *gofeed.Feed) {
	if l.listing.Kind == blotter.KindStatus {
		l.readStatus(feed.Items)
		return
	}
	if beyond := len(feed.Items) - maxFeedItems; beyond > 0 {
		l.dropped["items beyond the bound"] += beyond
		feed.Items = feed.Items[:maxFeedItems]
	}
	for _, it := range feed.Items {
		item := l.feedItem(it)
		item.URL = itemLink(it)
		if sameLink(item.URL, feed.Link) && isHTTP(it.GUID) { // podcasts link to their home page from every episode
			item.URL = it.GUID
		}
		l.add(item, it.GUID+"\n"+item.Title)
	}
}

func sameLink(a, b string) bool {
	return strings.TrimRight(strings.TrimSpace(a), "/") == strings.TrimRight(strings.TrimSpace(b), "/")
}

// feedItem takes from an item what does not depend on the kind of the source. The dates that gofeed has parsed are
// left alone: it reads those without a zone as UTC, and some houses' not at all.
func (l *lister) feedItem(it *gofeed.Item) blotter.Item {
	item := blotter.Item{
		Title:     plainLine(it.Title),
		Summary:   plainSummary(it.Description),
		Published: l.date("feed", it.Published, it.Updated),
	}
	if item.Summary == "" {
		item.Summary = plainSummary(it.Content)
	}
	for _, a := range it.Authors {
		if a == nil {
			continue
		}
		if name := plainLine(a.Name); name != "" {
			item.Authors = append(item.Authors, name)
		}
	}
	return item
}

// itemLink gives the link of an item: the one that FeedBurner replaced, the item's own, or an identifier that is
// one.
func itemLink(it *gofeed.Item) string {
	for _, name := range []string{"origLink", "origlink"} {
		if e := it.Extensions["feedburner"][name]; len(e) > 0 && isHTTP(e[0].Value) {
			return e[0].Value
		}
	}
	if strings.TrimSpace(it.Link) != "" {
		return it.Link
	}
	for _, prefix := range slices.Sorted(maps.Keys(it.Extensions)) { // an Atom link in RSS
		for _, e := range it.Extensions[prefix]["link"] {
			if rel := e.Attrs["rel"]; isHTTP(e.Attrs["href"]) && (rel == "" || rel == "alternate") {
				return e.Attrs["href"]
			}
		}
	}
	if isHTTP(it.GUID) {
		return it.GUID
	}
	for _, link := range it.Links {
		if isHTTP(link) {
			return link
		}
	}
	for _, e := range it.Enclosures { // a podcast, say: what there is
		if e != nil && isHTTP(e.URL) {
			return e.URL
		}
	}
	return ""
}

func isHTTP(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

// maxTTL keeps a typing error from silencing a source.
const maxTTL = 7 * 24 * time.Hour

// timeToLive reads how long a feed asks not to be asked again: <ttl> in minutes, or the update period of the
// syndication module.
func timeToLive(feed *gofeed.Feed) time.Duration {
	var ttl time.Duration
	if original, ok := feed.OriginalFeed().(*rss.Feed); ok {
		if minutes, err := strconv.ParseUint(strings.TrimSpace(original.TTL), 10, 24); err == nil {
			ttl = time.Duration(minutes) * time.Minute
		}
	}
	if ttl == 0 {
		ttl = updatePeriod(feed.Extensions["sy"])
	}
	return min(ttl, maxTTL)
}

func updatePeriod(sy map[string][]extensions.Extension) time.Duration {
	value := func(name string) string {
		for _, n := range []string{name, strings.ToLower(name)} {
			if e := sy[n]; len(e) > 0 {
				return strings.ToLower(strings.TrimSpace(e[0].Value))
			}
		}
		return ""
	}
	period := map[string]time.Duration{
		"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour, "monthly": 30 * 24 * time.Hour,
		"yearly": 365 * 24 * time.Hour,
	}[value("updatePeriod")]
	if times, err := strconv.ParseUint(value("updateFrequency"), 10, 16); err == nil && times > 0 {
		period /= time.Duration(times)
	}
	return period
}
