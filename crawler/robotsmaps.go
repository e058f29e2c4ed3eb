package crawler

import "context"

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
	base := robotsURL(u).String()
	var found []string
	for _, line := range sitemapLines(r.body) {
		// They should be absolute; some are not.
		if u, err := parseURL(base, line); err == nil && line != "" {
			found = append(found, u.String())
		}
	}
	return found, nil
}
