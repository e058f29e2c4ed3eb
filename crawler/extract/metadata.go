package extract

import (
	"net/url"
	"slices"
	"strings"

	"blotter"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// facts is what a page says of itself, gathered in one walk over the tree before the libraries consume it.
type facts struct {
	at         *url.URL
	lang       string
	canonical  string
	titleTag   string
	headline   string              // what the page shows as its title
	headlineBy choice              // where that was taken from
	headlineAt int                 // the line that holds it, or -1
	metas      map[string][]string // by name, property or itemprop in lower case
	scripts    []string            // JSON-LD
	linked     linkedData
	lines      []line
	heads      []mark // h1 elements
	times      []mark // time elements, and others with an itemprop or class of a date
	bylines    []mark // elements that say they hold an author
	standfirst []mark
	around     map[*html.Node]bool // the ancestors of headlines and of main
}

// mark is an element of interest.
type mark struct {
	node *html.Node
	text string
	line int  // of the page, that it begins
	near bool // within the article, as far as the names of the elements around tell
}

// survey walks the tree once.
func survey(tree *html.Node, at *url.URL) *facts {
	f := &facts{at: at, metas: make(map[string][]string), around: make(map[*html.Node]bool)}
	f.head(tree)
	if at.Host == "" {
		f.at = f.ownURL()
	}
	c := liner{enter: f.enter, around: f.around}
	c.walk(tree)
	c.flush()
	f.lines = c.lines
	f.headline, f.headlineBy = f.weighTitles()
	f.headlineAt = f.findHeadline()
	f.linked = readLinkedData(f.scripts, f.headline)
	return f
}

// ownURL is where a page says that it stands. It is asked only when nobody else knows, as of a saved file.
func (f *facts) ownURL() *url.URL {
	for _, said := range append([]string{f.canonical}, f.metas["og:url"]...) {
		if u, err := url.Parse(strings.TrimSpace(said)); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
			return u
		}
	}
	return &url.URL{}
}

// head reads what has no line: it stands in the head, or in elements that are not shown.
func (f *facts) head(n *html.Node) {
	for d := range n.Descendants() {
		if d.Type != html.ElementNode {
			continue
		}
		switch d.DataAtom {
		case atom.H1, atom.Main:
			for a := d; a != nil; a = a.Parent {
				f.around[a] = true
			}
		case atom.Html:
			f.lang = attr(d, "lang")
		case atom.Title:
			if f.titleTag == "" && d.Namespace == "" {
				f.titleTag = blotter.CleanLine(textOf(d))
			}
		case atom.Meta:
			f.meta(d)
		case atom.Link:
			if f.canonical == "" && hasWord(attr(d, "rel"), "canonical") {
				f.canonical = attr(d, "href")
			}
		case atom.Script:
			if strings.Contains(strings.ToLower(attr(d, "type")), "ld+json") {
				f.scripts = append(f.scripts, textOf(d))
			}
		}
	}
}

func (f *facts) meta(n *html.Node) {
	content := strings.TrimSpace(attr(n, "content"))
	if content == "" {
		return
	}
	for _, key := range []string{"name", "property", "itemprop", "http-equiv"} {
		if name := strings.ToLower(strings.TrimSpace(attr(n, key))); name != "" && !slices.Contains(f.metas[name], content) {
			f.metas[name] = append(f.metas[name], content)
		}
	}
}

// enter notes an element of the body that may say something of the article.
func (f *facts) enter(n *html.Node, line int, besides bool) {
	m := func() mark { return mark{node: n, text: blotter.CleanLine(textOf(n)), line: line, near: !besides} }
	names := ""
	for _, a := range n.Attr {
		switch a.Key {
		case "class", "id", "itemprop", "rel", "data-testid", "data-component":
			names += " " + strings.ToLower(a.Val)
		case "href":
			if n.DataAtom == atom.A && containsAny(a.Val, "/author/", "/authors/") {
				names += " author"
			}
		}
	}
	switch {
	case n.DataAtom == atom.H1:
		f.heads = append(f.heads, m())
	case n.DataAtom == atom.Time, strings.Contains(names, "datepublished"), strings.Contains(names, "datemodified"):
		f.times = append(f.times, m())
	case names == "":
	case namesAuthor(names):
		f.bylines = append(f.bylines, m())
	case containsAny(names, "standfirst", "subhead", "subtitle", "dek", "article-summary", "article__summary", "lead-paragraph", "govuk-lead"):
		f.standfirst = append(f.standfirst, m())
	}
}

// first returns the first content of the first of the names that the page has.
func (f *facts) first(names ...string) string {
	for _, name := range names {
		if v := f.metas[name]; len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

// article is all but the text.
func (f *facts) article(picked picks, hints Hints) blotter.Article {
	a := blotter.Article{URL: f.url(), Title: f.title(picked.title, hints.Item.Title)}
	dates := f.dateReader(hints)
	a.Published, _ = dates.published(picked.date)
	a.Modified = dates.modified()
	a.Published.Raw, a.Modified.Raw = blotter.CleanLine(a.Published.Raw), blotter.CleanLine(a.Modified.Raw)
	a.Authors = f.authors()
	return a
}

// url is the canonical URL: the page's own word for it when that is on the same host and port, else where the page was.
func (f *facts) url() string {
	here, _ := blotter.CanonicalURL(f.at.String())
	if f.canonical == "" {
		return here
	}
	said, err := f.at.Parse(strings.TrimSpace(f.canonical))
	if err != nil {
		return here
	}
	there, err := blotter.CanonicalURL(said.String())
	if err != nil || hostOf(there) != hostOf(here) {
		return here
	}
	// Some sites name their front page on every page.
	if strings.Trim(said.Path, "/") == "" && said.RawQuery == "" && strings.Trim(f.at.Path, "/") != "" {
		return here
	}
	return there
}

// hostOf gives host and port of a canonical URL. A default port is not written in one, so that http and https, which
// many a site mixes up, are the same host.
func hostOf(canonical string) string {
	u, err := url.Parse(canonical)
	if err != nil {
		return ""
	}
	return u.Host
}

// standsBeside says that the names of an element tell that what it holds is not the article.
func standsBeside(n *html.Node, tag atom.Atom) bool {
	switch tag {
	case atom.Nav, atom.Aside, atom.Footer:
		return true
	case atom.Div, atom.Section, atom.Ul, atom.Ol, atom.Article:
	default:
		return false
	}
	for _, a := range n.Attr {
		if a.Key != "class" && a.Key != "id" {
			continue
		}
		if containsAny(strings.ToLower(a.Val), "related", "recommend", "sidebar", "comment", "most-read", "popular",
			"trending", "newsletter", "read-more", "readmore", "more-stories", "latest-", "footer", "also-", "promo",
			"upnext", "up-next", "carousel", "breadcrumb", "teaser") {
			return true
		}
	}
	return false
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}

func hasWord(s, word string) bool {
	return slices.ContainsFunc(strings.Fields(s), func(w string) bool { return strings.EqualFold(w, word) })
}

// attr returns the value of the attribute, or "".
func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// textOf is all text below n, up to a bound: no title, byline or date is longer.
func textOf(n *html.Node) string {
	if c := n.FirstChild; c != nil && c.NextSibling == nil && c.Type == html.TextNode {
		return c.Data
	}
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && (d.Parent == nil || !unread[d.Parent.DataAtom]) {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
		if b.Len() > 2000 {
			break
		}
	}
	return b.String()
}
