package crawler

import (
	"fmt"
	"slices"
	"strings"

	"blotter"
)

// link resolves a link of the page and says whether it leads to something that can be fetched.
func (l *lister) link(ref string) (string, bool) {
	ref = strings.TrimSpace(ref)
	if ref == "" {
		l.dropped["items without a link"]++
		return "", false
	}
	u, err := parseURL(l.base, ref)
	if err != nil {
		l.dropped["links that are not http or https"]++
		return "", false
	}
	if strings.Contains(ref, "@") && hasCredentials(ref) {
		l.dropped["credentials in links"]++
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String(), true
}

// hasCredentials says whether a URL names a user.
func hasCredentials(ref string) bool {
	_, rest, ok := strings.Cut(ref, "//")
	if !ok {
		return false
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return strings.Contains(rest, "@")
}

// sumUp writes what was dropped into the faults.
func (l *lister) sumUp() {
	var out []string
	for what, n := range l.dropped {
		out = append(out, fmt.Sprintf("dropped: %s (%d)", what, n))
	}
	slices.Sort(out)
	l.listing.Faults = append(l.listing.Faults, out...)
}

// absolute says whether a URL can stand on its own, as the base of others.
func absolute(ref string) bool {
	_, err := parseURL("", ref)
	return err == nil
}

// date reads a date that stands in a feed or sitemap.
func (l *lister) date(method string, raws ...string) blotter.Date {
	for _, raw := range raws {
		if strings.TrimSpace(raw) == "" {
			continue
		}
		if d, ok := l.dates.Parse(raw); ok {
			d.Method = method
			return d
		}
		l.dropped["dates that cannot be read"]++
	}
	return blotter.Date{}
}
