package crawler

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// maxArchives bounds the lists by year and month that one page names: those of thirty years have 390.
const maxArchives = 500

// archivePath ends in a year, or in a year and a month: /news/2019/, /2019/03, /archive/2019-03.html.
var archivePath = regexp.MustCompile(`(?i)(^|[/_-])(19|20)\d\d([/_-](0?[1-9]|1[0-2]|[a-z]{3,9}))?(\.html?|\.php)?/?$`)

// archiveQuery is the same asked for by parameters: ?year=2019&month=3, ?m=201903, ?date=2019-03.
var archiveQuery = regexp.MustCompile(`(?i)^([a-z_\[\]]*(year|y|m|month|date|archive)[a-z_\[\]]*=((19|20)\d\d([/-]?(0?[1-9]|1[0-2]))?|0?[1-9]|1[0-2])?&?)+$`)

var fourDigits = regexp.MustCompile(`(19|20)\d\d`)

// archiveLink is a link that may lead to such a list.
type archiveLink struct {
	url   string
	named bool // its text is a year or a month and nothing else
}

// archiveName is the text of such a link: 2019, March 2019, 03/2019, 2019 (124).
var archiveName = regexp.MustCompile(`(?i)^\W*([a-zà-ÿ]{3,9}\.?|\d\d)?[\s/-]*((19|20)\d\d)?\s*(\(\d+\))?\W*$`)

// archives finds the links of a page to lists of what was published in a year or a month, those in a drop-down
// included.
func (l *lister) archives(doc *goquery.Document) []archiveLink {
	var found []archiveLink
	seen := map[string]bool{}
	doc.Find("a[href], option[value]").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		ref, ok := s.Attr("href")
		if !ok {
			ref, _ = s.Attr("value")
		}
		if !fourDigits.MatchString(ref) {
			return true
		}
		if u, err := parseURL(l.base, ref); err == nil && l.isArchive(u) && !seen[u.String()] {
			seen[u.String()] = true
			found = append(found, archiveLink{u.String(), archiveName.MatchString(textOf(s.Get(0), 80))})
		}
		return len(found) < maxArchives
	})
	return found
}

// withoutItems takes out what the page lists as articles: some of their addresses end in a number that could be a year.
func (l *lister) withoutItems(links []archiveLink) []string {
	var urls []string
	for _, a := range links {
		if a.named || !l.seen[a.url+"\n"] {
			urls = append(urls, a.url)
		}
	}
	return urls
}

// isArchive says whether a URL of the page's own host reads like that of a year or a month, and not of an article.
func (l *lister) isArchive(u *url.URL) bool {
	page, err := url.Parse(l.page.URL)
	if err != nil || page.Host != "" && page.Host != u.Host {
		return false
	}
	u.Fragment = ""
	query, _ := url.QueryUnescape(u.RawQuery)
	if query != "" {
		return fourDigits.MatchString(query) && archiveQuery.MatchString(query)
	}
	return archivePath.MatchString(strings.TrimSuffix(u.Path, "/"))
}
