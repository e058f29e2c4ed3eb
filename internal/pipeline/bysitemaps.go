package pipeline

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"blotter"
	"blotter/archive"
	"blotter/crawler"
)

// sitemapWay finds articles in sitemaps: the source's own, those that robots.txt names, and /sitemap.xml.
type sitemapWay struct{ *digger }

func (w sitemapWay) roots(ctx context.Context) ([]archive.Lead, error) {
	var urls []string
	if w.source.Kind == blotter.KindSitemap {
		urls = append(urls, w.source.URL)
	}
	named, err := w.p.Fetcher.Sitemaps(ctx, w.source.URL)
	if err != nil {
		return nil, err
	}
	urls = append(urls, named...)
	if usual, err := url.JoinPath(w.source.URL, "/"); err == nil {
		if u, err := url.Parse(usual); err == nil {
			urls = append(urls, u.Scheme+"://"+u.Host+"/sitemap.xml")
		}
	}
	return step("root", urls...), nil
}

// read leaves out what was last changed before the first day: it cannot have been published after it.
func (w sitemapWay) read(_ archive.Lead, page blotter.Page) (reading, error) {
	src := w.source
	src.Kind = blotter.KindSitemap
	listing, err := crawler.List(page, src)
	if err != nil {
		return reading{}, err
	}
	old := func(at string) bool {
		touched, ok := listing.Touched[at]
		return ok && touched.Before(w.scope.from)
	}
	var r reading
	for _, item := range listing.Items {
		outside := old(item.URL) || w.scope.outside(item) || !w.sameSite(item.URL)
		r.found = append(r.found, archive.Found{Item: item, Outside: outside})
	}
	r.next = slices.DeleteFunc(listing.Next, func(at string) bool {
		return old(at) || !w.sameSite(at) && !sameHost(at, page.URL)
	})
	return r, nil
}

func (w sitemapWay) next(_ archive.Lead, r reading, _ int) []archive.Lead {
	return step("sitemap", r.next...)
}

// sameSite says whether an address belongs to the site of the source: its host, one below it or the one above.
func (d *digger) sameSite(at string) bool { return sameHost(at, d.source.URL) }

func sameHost(a, b string) bool {
	x, y := host(a), host(b)
	return x != "" && (x == y || strings.HasSuffix(x, "."+y) || strings.HasSuffix(y, "."+x))
}

// host is the host of an address with its port, without the www that many sites answer with and without.
func host(at string) string {
	u, err := url.Parse(at)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Host), "www.")
}
