package crawler

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strings"
	"time"

	"blotter"
)

// sitemapEntry is a page of a sitemap or a sitemap of an index.
type sitemapEntry struct {
	Loc     string `xml:"loc"`
	Lastmod string `xml:"lastmod"`
	News    struct {
		Title     string `xml:"title"`
		Published string `xml:"publication_date"`
	} `xml:"news"`
}

// readSitemap reads a repaired sitemap or an index of sitemaps. The date of an item is the one of the news
// extension: lastmod says when a page was touched, which is no date of publication. It does say what cannot be newer,
// and which sitemaps of an index to read first: the last touched stand first in Next, those that say nothing last.
func (l *lister) readSitemap(doc []byte) error {
	touched := map[string]time.Time{}
	l.listing.Touched = touched
	defer func() {
		slices.SortStableFunc(l.listing.Next, func(a, b string) int { return touched[b].Compare(touched[a]) })
	}()
	d := xml.NewDecoder(bytes.NewReader(doc))
	d.Strict = false
	for {
		token, err := d.Token()
		if err != nil {
			return nil // the document is well-formed: this is its end
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "url" && start.Name.Local != "sitemap" {
			continue
		}
		var e sitemapEntry
		if err := d.DecodeElement(&e, &start); err != nil {
			return blotter.Fail(blotter.ReasonFormat, "no sitemap: %v", err)
		}
		l.touch(e)
		if start.Name.Local == "sitemap" {
			if u, ok := l.link(e.Loc); ok && len(l.listing.Next) < maxItems {
				l.listing.Next = append(l.listing.Next, u)
			}
			continue
		}
		l.add(blotter.Item{URL: e.Loc, Title: plainLine(e.News.Title), Published: l.date("sitemap", e.News.Published)}, "")
	}
}

// touch notes when the page of an entry was last changed, if it says so.
func (l *lister) touch(e sitemapEntry) {
	date, ok := blotter.ParseDate(e.Lastmod, "", time.UTC)
	if !ok || len(l.listing.Touched) >= maxItems {
		return
	}
	if u, err := parseURL(l.base, strings.TrimSpace(e.Loc)); err == nil {
		l.listing.Touched[u.String()] = endOf(date)
	}
}

// endOf is the last moment that a date may mean.
func endOf(d blotter.Date) time.Time {
	switch d.Precision {
	case blotter.Day:
		return d.Time.AddDate(0, 0, 1).Add(-time.Second)
	case blotter.Month:
		return d.Time.AddDate(0, 1, 0).Add(-time.Second)
	case blotter.Year:
		return d.Time.AddDate(1, 0, 0).Add(-time.Second)
	}
	return d.Time
}
