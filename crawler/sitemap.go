package crawler

import (
	"bytes"
	"encoding/xml"
	"slices"
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
// extension: lastmod says when a page was touched, which is no date of publication. It does say which sitemaps of an
// index to read first: the last touched stand first in Next, those that say nothing last.
func (l *lister) readSitemap(doc []byte) error {
	touched := map[string]time.Time{}
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
		if start.Name.Local == "sitemap" {
			if u, ok := l.link(e.Loc); ok && len(l.listing.Next) < maxItems {
				l.listing.Next = append(l.listing.Next, u)
				date, _ := blotter.ParseDate(e.Lastmod, "", time.UTC)
				touched[u] = date.Time
			}
			continue
		}
		l.add(blotter.Item{URL: e.Loc, Title: plainLine(e.News.Title), Published: l.date("sitemap", e.News.Published)}, "")
	}
}
