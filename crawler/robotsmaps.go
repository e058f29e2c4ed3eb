package crawler

import (
	"context"

	"github.com/jimsmart/grobotstxt"
)

// maxNamed bounds the sitemaps that are taken from one robots.txt.
const maxNamed = 100

// Sitemaps returns the sitemaps that the robots.txt for a URL names, in its order. It asks for the file unless it is
// known already; one that is not there, or cannot be had, names none. The error is ctx's, or a *blotter.Failure for
// what is no URL.
func (f *Fetcher) Sitemaps(ctx context.Context, rawURL string) ([]string, error) {
	f.once.Do(f.start)
	u, err := parseURL("", rawURL)
	if err != nil {
		return nil, err
	}
	r, err := f.rulesOf(ctx, u)
	if err != nil {
		return nil, err
	}
	d := sitemapReader{base: robotsURL(u).String()}
	grobotstxt.Parse(r.body, &d)
	return d.found, nil
}

// sitemapReader is the grobotstxt.ParseHandler of Sitemaps.
type sitemapReader struct {
	base  string
	found []string
}

func (d *sitemapReader) HandleRobotsStart()                      {}
func (d *sitemapReader) HandleRobotsEnd()                        {}
func (d *sitemapReader) HandleUserAgent(int, string)             {}
func (d *sitemapReader) HandleAllow(int, string)                 {}
func (d *sitemapReader) HandleDisallow(int, string)              {}
func (d *sitemapReader) HandleUnknownAction(int, string, string) {}

func (d *sitemapReader) HandleSitemap(_ int, value string) {
	// They should be absolute; some are not.
	if u, err := parseURL(d.base, value); err == nil && value != "" && len(d.found) < maxNamed {
		d.found = append(d.found, u.String())
	}
}
