package crawler

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"blotter"
)

// Origin says how a Lead was found.
type Origin string

// The origins of a Lead, in the order in which they deserve belief.
const (
	FromPage  Origin = "page"       // the page that was asked for
	FromLink  Origin = "link"       // the page names it as its feed
	FromText  Origin = "text"       // the page links to it as a reader would follow it
	FromRobot Origin = "robots"     // a Sitemap line of robots.txt
	FromIndex Origin = "index"      // an index of sitemaps names it
	FromGuess Origin = "well-known" // nobody names it; many sites have one there
)

// Lead is a place at which a site may list what it publishes. Whether it does is for List to say.
type Lead struct {
	URL   string
	Kind  blotter.Kind // what it is taken for; "" when it may be anything
	From  Origin
	Title string // what the page calls it
}

// maxLeads bounds the leads of one origin: a page may name thousands, and each costs its host a request.
const maxLeads = 12

// Leads finds the feeds that a page names: in its link elements first, then in its links. A feed of comments is no
// news and left out. Nothing is asked; a page that is no HTML has no leads.
func Leads(page blotter.Page) []Lead {
	l := &lister{page: page, base: page.URL, dropped: map[string]int{}}
	if len(page.Body) > maxDocument || !looksHTML(page.Body) {
		return nil
	}
	root, err := html.Parse(bytes.NewReader(l.htmlText()))
	if err != nil {
		return nil // nested too deep
	}
	s := &leadSearch{base: page.URL, found: map[Origin][]Lead{}, seen: map[string]bool{}}
	s.look(root)
	return slices.Concat(s.found[FromLink], s.found[FromText])
}

// leadSearch walks over a page.
type leadSearch struct {
	base    string
	rebased bool // the page has said what its links are relative to
	found   map[Origin][]Lead
	seen    map[string]bool
}

func (s *leadSearch) look(n *html.Node) {
	if n.Type == html.ElementNode {
		switch n.DataAtom {
		case atom.Base:
			if u, err := parseURL(s.base, attr(n, "href")); err == nil && !s.rebased {
				s.base, s.rebased = u.String(), true
			}
		case atom.Link:
			if isFeedLink(n) {
				s.add(n, FromLink, attr(n, "title"))
			}
		case atom.A:
			if text := blotter.CleanLine(textOf(n, 80)); s.isFeedAnchor(n, text) {
				s.add(n, FromText, text)
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		s.look(c)
	}
}

func (s *leadSearch) add(n *html.Node, from Origin, title string) {
	u, err := parseURL(s.base, strings.TrimSpace(attr(n, "href")))
	if err != nil || s.seen[u.String()] || len(s.found[from]) >= maxLeads || isComments(u.Path+" "+title) {
		return
	}
	s.seen[u.String()] = true
	s.found[from] = append(s.found[from], Lead{URL: u.String(), Kind: blotter.KindFeed, From: from, Title: bound(blotter.CleanLine(title), 200)})
}

// feedTypes are the media types of feeds in link elements. That of JSON is shared by the interfaces of WordPress.
var feedTypes = map[string]bool{
	"application/rss+xml": true, "application/atom+xml": true, "application/rdf+xml": true, "application/feed+json": true,
	"application/xml": true, "text/xml": true,
}

func isFeedLink(n *html.Node) bool {
	kind, _, _ := strings.Cut(strings.ToLower(attr(n, "type")), ";")
	rel := strings.Fields(strings.ToLower(attr(n, "rel")))
	return feedTypes[strings.TrimSpace(kind)] && (slices.Contains(rel, "alternate") || slices.Contains(rel, "feed"))
}

var (
	// feedPath is a path that feeds have: /rss, /feed/, /news.atom, /rss/news.xml, /feeds/latest. The page that explains feeds
	// to readers has one too, and leads on.
	feedPath = regexp.MustCompile(`(?i)(?:^|[/._-])(?:rss|rss2|feed|feeds|atom|rdf)(?:[/._-]|$)`)
	feedText = regexp.MustCompile(`(?i)^(?:rss|atom)\b|\b(?:rss|atom) feeds?\b|\brss$`)
	comments = regexp.MustCompile(`(?i)\bcomments?\b`)
)

// isFeedAnchor takes a link for one to a feed by its text, or by its path on the site itself: buttons for sharing lead to the
// feeds of others too.
func (s *leadSearch) isFeedAnchor(n *html.Node, text string) bool {
	href := attr(n, "href")
	if href == "" || strings.HasPrefix(href, "#") {
		return false
	}
	u, err := parseURL(s.base, href)
	return err == nil && (feedText.MatchString(text) || feedPath.MatchString(u.Path) && (sameSite(u.String(), s.base) || strings.Contains(u.Host, "feed")))
}

// sameSite says that the hosts of two URLs end in the same two labels.
func sameSite(a, b string) bool {
	end := func(raw string) string {
		u, err := url.Parse(raw)
		if err != nil {
			return ""
		}
		labels := strings.Split(u.Hostname(), ".")
		return strings.Join(labels[max(0, len(labels)-2):], ".")
	}
	return end(a) == end(b)
}

func isComments(words string) bool { return comments.MatchString(words) }

// feedPlaces are where sites keep their feed, by how often: WordPress, Hugo and Jekyll, Ghost, Drupal, Umbraco and those
// that wrote their own. sitemapPlaces are where they keep their sitemaps, those of news first.
var (
	feedPlaces = []string{
		"/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/rss", "/index.xml", "/news/feed/", "/news/rss", "/news/rss.xml",
		"/news.rss", "/news.atom", "/feeds/news", "/rss/news.xml",
	}
	sitemapPlaces = []string{"/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_news.xml", "/sitemaps/news.xml", "/sitemap.xml", "/sitemap_index.xml"}
	// pagePlaces stand behind the path of the page itself: https://police.example/news has /news/feed/ or /news.atom.
	pagePlaces = []string{"/feed/", "/rss", "/rss.xml", ".atom", ".rss"}
)

// FeedGuesses are the places at which sites like that of a page have a feed that nobody links to: behind the page first,
// then at the root.
func FeedGuesses(pageURL string) []Lead {
	var paths []string
	if u, err := url.Parse(pageURL); err == nil {
		if at := strings.TrimRight(u.Path, "/"); at != "" && !strings.Contains(at[strings.LastIndexByte(at, '/'):], ".") {
			for _, p := range pagePlaces {
				paths = append(paths, at+p)
			}
		}
	}
	return guesses(pageURL, blotter.KindFeed, append(paths, feedPlaces...))
}

// SitemapGuesses are the places at which sites have a sitemap that their robots.txt does not name.
func SitemapGuesses(pageURL string) []Lead {
	return guesses(pageURL, blotter.KindSitemap, sitemapPlaces)
}

func guesses(pageURL string, kind blotter.Kind, paths []string) []Lead {
	var leads []Lead
	seen := map[string]bool{}
	for _, p := range paths {
		u, err := parseURL(pageURL, p)
		if err != nil || seen[u.String()] {
			continue
		}
		seen[u.String()] = true
		leads = append(leads, Lead{URL: u.String(), Kind: kind, From: FromGuess})
	}
	return leads
}

// newsWord marks the sitemaps that hold news, and not every page of a site.
var newsWord = regexp.MustCompile(`(?i)news|article|latest|press|post|story|stories`)

// IsNews says that a lead calls itself one to news.
func (l Lead) IsNews() bool {
	u, err := url.Parse(l.URL)
	return err == nil && newsWord.MatchString(u.Path)
}

// SitemapLeads are leads to sitemaps that robots.txt or an index names, those of news first.
func SitemapLeads(urls []string, from Origin) []Lead {
	var leads []Lead
	seen := map[string]bool{}
	for _, raw := range urls {
		u, err := parseURL("", raw)
		if err != nil || seen[u.String()] {
			continue
		}
		seen[u.String()] = true
		leads = append(leads, Lead{URL: u.String(), Kind: blotter.KindSitemap, From: from})
	}
	slices.SortStableFunc(leads, func(a, b Lead) int {
		switch {
		case a.IsNews() && !b.IsNews():
			return -1
		case b.IsNews() && !a.IsNews():
			return 1
		}
		return 0
	})
	return leads[:min(len(leads), maxLeads)]
}

var pageLanguage = regexp.MustCompile(`(?i)<html\b[^>]{0,1000}?[\s"'](?:xml:)?lang\s*=\s*["']?([a-z]{2,3}(?:[-_][a-z0-9]{2,8})*)`)

// PageLanguage is the language that an HTML page says it is in, as a tag such as en-GB, or "".
func PageLanguage(page blotter.Page) string {
	m := pageLanguage.FindSubmatch(page.Body[:min(len(page.Body), 16<<10)])
	if m == nil {
		return ""
	}
	return strings.ReplaceAll(string(m[1]), "_", "-")
}
