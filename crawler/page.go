package crawler

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"blotter"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// listPage is a page on which the list of articles is looked for.
type listPage struct {
	lister  *lister
	self    string // the page's own URL
	anchors []*anchor
	at      map[*html.Node]*anchor
	facts   map[*html.Node]fact
	links   int                          // of the page, whatever they are
	over    map[*html.Node]*blotter.Date // the date heading that stands over a node, once looked for
}

// anchor is a link that may be the title of an item.
type anchor struct {
	node    *html.Node
	order   int
	url     string
	text    string
	words   int
	heading bool // it stands in a heading or holds one
	generic bool // "Read more", a date, a picture without words: leads to an item and does not name it
	aside   bool // it stands in a part of the page that lists other things
	main    bool // it stands in the main part
	path    string
}

// maxAnchors bounds the work on a page of nothing but links.
const maxAnchors = 6_000

func newPage(l *lister, root *html.Node) *listPage {
	p := &listPage{lister: l, self: l.page.URL, at: map[*html.Node]*anchor{}, facts: map[*html.Node]fact{},
		over: map[*html.Node]*blotter.Date{}}
	if u, err := parseURL("", p.self); err == nil {
		u.Fragment = ""
		p.self = u.String()
	}
	prune(root)
	p.links = p.survey(root).links
	p.collect(root, region{})
	p.repeated()
	return p
}

// repeated finds the short texts that stand under links to many places, such as "Watch" or the name of another
// language: they name none of them.
func (p *listPage) repeated() {
	places := map[string]map[string]bool{}
	for _, a := range p.anchors {
		if a.generic || a.words > 2 {
			continue
		}
		if places[a.text] == nil {
			places[a.text] = map[string]bool{}
		}
		places[a.text][a.url] = true
	}
	for _, a := range p.anchors {
		if len(places[a.text]) >= 3 && !a.generic {
			a.generic = true
			a.path += "?"
		}
	}
}

// prune takes out what no reader sees.
func prune(n *html.Node) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.CommentNode || c.Type == html.ElementNode && invisible(c) {
			n.RemoveChild(c)
		} else {
			prune(c)
		}
		c = next
	}
}

var styleHidden = regexp.MustCompile(`(?i)(^|;)\s*(display\s*:\s*none|visibility\s*:\s*hidden)`)

func invisible(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Svg, atom.Select, atom.Textarea,
		atom.Object, atom.Audio, atom.Video, atom.Canvas:
		return true
	}
	for _, a := range n.Attr {
		if a.Key == "hidden" && a.Val != "until-found" || a.Key == "style" && styleHidden.MatchString(a.Val) {
			return true
		}
	}
	return false
}

// fact is what is below an element.
type fact struct {
	links int
	main  bool // the main part of the page, or its heading
}

// survey counts, in one walk over the page.
func (p *listPage) survey(n *html.Node) fact {
	var f fact
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		below := p.survey(c)
		f.links += below.links
		f.main = f.main || below.main || c.DataAtom == atom.Main || c.DataAtom == atom.H1 && n.DataAtom != atom.Header ||
			attr(c, "role") == "main"
	}
	if n.DataAtom == atom.A {
		f.links++
	}
	p.facts[n] = f
	return f
}

// region is what the ancestors of a node say of it.
type region struct {
	path    string
	heading bool
	aside   bool
	main    bool
	inItem  bool // inside an article, a section, a list item or a table
}

// collect finds the anchors that count, in the order of the page.
func (p *listPage) collect(n *html.Node, r region) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode || len(p.anchors) >= maxAnchors {
			continue
		}
		if c.DataAtom == atom.A {
			p.anchor(c, r)
			continue
		}
		inner, ok := p.enter(c, r)
		if ok {
			p.collect(c, inner)
		}
	}
}

// enter says what the children of an element are in, and false for a part of the page that has no items.
func (p *listPage) enter(n *html.Node, r region) (region, bool) {
	role := attr(n, "role")
	switch n.DataAtom {
	case atom.Nav:
		if !p.facts[n].main {
			return r, false
		}
	case atom.Footer: // a page has one, and so may a card
		if !r.inItem {
			return r, false
		}
	case atom.Header:
		if !r.inItem && !r.main && !p.facts[n].main {
			return r, false
		}
	case atom.Aside:
		r.aside = r.aside || !p.facts[n].main
	case atom.Main:
		r.main, r.aside = true, false
	case atom.Article, atom.Li, atom.Td, atom.Dl, atom.Section:
		r.inItem = true
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		r.heading = true
	}
	switch role {
	case "navigation", "search", "contentinfo", "banner", "menu", "menubar", "tablist", "dialog":
		if !p.facts[n].main {
			return r, false
		}
	case "complementary":
		r.aside = r.aside || !p.facts[n].main
	case "main":
		r.main, r.aside = true, false
	}
	if n.DataAtom != atom.Body && n.DataAtom != atom.Html && n.DataAtom != atom.Main && (!r.aside || !r.main) {
		switch place := placeOf(n); {
		case place == nowhere && !p.mostLinks(n) && !p.facts[n].main:
			return r, false
		case place == beside && !p.facts[n].main && !p.mostLinks(n):
			r.aside = true
		case place == central:
			r.main = true
		}
	}
	if !inlineTags[n.DataAtom] {
		r.path += "/" + n.Data
	}
	return r, true
}

// mostLinks says whether an element holds most links of the page: then its name tells of the whole page, not of a
// part of it ("page-with-sidebar").
func (p *listPage) mostLinks(n *html.Node) bool { return p.facts[n].links*10 > p.links*7 }

// inlineTags may stand round one title and not round the next; they make no difference to where it stands.
var inlineTags = map[atom.Atom]bool{atom.Span: true, atom.Strong: true, atom.Em: true, atom.B: true, atom.I: true,
	atom.Font: true, atom.U: true, atom.Small: true, atom.Big: true, atom.Center: true, atom.Tbody: true}

func (p *listPage) anchor(n *html.Node, r region) {
	href := strings.TrimSpace(attr(n, "href"))
	if href == "" || href[0] == '#' {
		return
	}
	u, err := parseURL(p.lister.base, href)
	if err != nil {
		if scheme, _, ok := strings.Cut(href, ":"); ok && (strings.EqualFold(scheme, "javascript") || strings.EqualFold(scheme, "file")) {
			p.lister.dropped["links that are not http or https"]++
		}
		return
	}
	u.Fragment, u.RawFragment = "", ""
	if u.String() == p.self || u.Path == "/" && u.RawQuery == "" || sharing(u) {
		return
	}
	a := &anchor{node: n, order: len(p.anchors), url: u.String(), heading: r.heading || findHeading(n) != nil, aside: r.aside, main: r.main}
	a.text = p.linkTitle(n)
	a.words = len(strings.Fields(a.text))
	a.generic = !strings.ContainsFunc(a.text, unicode.IsLetter) || genericText(a.text)
	if !a.generic && (taxonomy(n, u, a) || p.isDate(a.text) || p.inProse(n)) {
		a.generic = true
	}
	a.path = r.path + "/a." + strings.Join(classes(n), ".")
	if a.generic {
		a.path += "?"
	}
	p.anchors = append(p.anchors, a)
	p.at[n] = a
}

// inProse says whether a link stands in the middle of a text. A title stands at its beginning, or behind a date.
func (p *listPage) inProse(n *html.Node) bool {
	block := n.Parent
	for block != nil && inlineTags[block.DataAtom] {
		block = block.Parent
	}
	if block == nil || block.DataAtom != atom.P {
		return false
	}
	var before strings.Builder
	for c := block.FirstChild; c != nil && c != n && !inside(n, c); c = c.NextSibling {
		if c.DataAtom == atom.Br {
			before.Reset()
			continue
		}
		before.WriteString(textOf(c, 200))
	}
	text := blotter.CleanLine(before.String())
	return len(text) > 25 && !p.isDate(text) && len(strings.Fields(text)) > 4
}

// taxonomy says whether a link leads to a category, a tag or an author rather than to an article.
func taxonomy(n *html.Node, u *url.URL, a *anchor) bool {
	rel := strings.Fields(strings.ToLower(attr(n, "rel")))
	if slices.Contains(rel, "tag") || slices.Contains(rel, "author") || slices.Contains(rel, "category") {
		return true
	}
	if a.heading {
		return false
	}
	names := attr(n, "class")
	if n.Parent != nil && n.Parent.DataAtom != atom.Li && n.Parent.DataAtom != atom.Article && n.Parent.DataAtom != atom.Td {
		names += " " + attr(n.Parent, "class")
	}
	if list := n.Parent.Parent; n.Parent.DataAtom == atom.Li && list != nil {
		names += " " + attr(list, "class")
	}
	for _, t := range tokens(names) {
		if taxonomyNames[t] {
			return true
		}
	}
	return a.words <= 3 && taxonomyPath.MatchString(u.Path)
}

var taxonomyNames = map[string]bool{"tag": true, "tags": true, "category": true, "categories": true, "cat": true,
	"author": true, "byline": true,
	"comment": true, "comments": true, "share": true, "social": true, "kicker": true, "topic": true, "topics": true,
	"eyebrow": true, "pagination": true, "pager": true}

var taxonomyPath = regexp.MustCompile(`(?i)/(category|categories|tag|tags|author|authors|topic|topics|user|users|` +
	`contributor|profile|people)/[^/]+/?$`)

var sharePath = regexp.MustCompile(`(?i)^/(sharer?|intent|share-?article|submit|pin/create)\b|sharer\.php`)

// sharing says whether a link offers to send the page elsewhere.
func sharing(u *url.URL) bool {
	host := strings.TrimPrefix(u.Hostname(), "www.")
	switch host {
	case "facebook.com", "twitter.com", "x.com", "linkedin.com", "pinterest.com", "reddit.com", "api.whatsapp.com",
		"wa.me", "t.me", "instagram.com", "youtube.com":
		return true
	}
	return sharePath.MatchString(u.Path)
}

// isDate says whether a text is a date and nothing else.
func (p *listPage) isDate(text string) bool {
	_, ok := p.parseDate(text)
	return ok
}

func (p *listPage) parseDate(text string) (blotter.Date, bool) {
	text = strings.Trim(text, " \t\r\n\u00a0:-–—|•·,")
	if !strings.ContainsAny(text, "0123456789") || len(text) > 120 {
		return blotter.Date{}, false
	}
	return p.lister.dates.Parse(text)
}
