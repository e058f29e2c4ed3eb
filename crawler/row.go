package crawler

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"blotter"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// row is one entry of a list, as it was read.
type row struct {
	item     blotter.Item
	node     *html.Node // the element it begins with
	title    *html.Node // where its title stands, or nil
	dayMonth string     // a date without its year
	order    int
	dateRank int
	heading  bool
	aside    bool
	main     bool
}

// How sure it is that a date in a row is the one of publication. The surest wins, the first among equals.
const (
	rankURL       = 10 // 2024/06/03 in the path of the link
	rankTitle     = 20 // part of the title
	rankDateline  = 30 // LEEDS, 3 June 2024 – at the beginning of a text
	rankHeading   = 40 // over several items
	rankUpdated   = 50 // says that it is a date of change
	rankInText    = 60 // among other words of a short line
	rankAlone     = 80 // a text of its own
	rankAttribute = 90 // in an attribute of the markup
	rankTime      = 100
	rankPublished = 110 // says that it is the date of publication
)

// reading is a row while it is read.
type reading struct {
	page     *listPage
	block    *linkBlock
	nodes    int
	anchors  []*anchor
	heading  *html.Node // the first
	named    *html.Node // the first element that is called the title
	pieces   []piece
	date     blotter.Date
	rank     int
	yearless string
	title    *html.Node // where the title stands, once it is known
	name     string     // what the item is called, once it is known
}

// piece is a text of the row that stands on its own.
type piece struct {
	node    *html.Node
	text    string
	summary bool // called so, or a paragraph
}

const maxRowNodes = 3000

// read reads the row that stands in the nodes. It is false for one that has no link or no title.
func (p *listPage) read(nodes []*html.Node, b *linkBlock) (row, bool) {
	r := &reading{page: p, block: b}
	for _, n := range nodes {
		r.links(n)
	}
	a, title := r.chooseTitle()
	if a == nil || title == "" {
		return row{}, false
	}
	r.name = title
	for _, n := range nodes {
		r.texts(n)
	}
	r.lesserDates(a, title)
	return row{
		item:     blotter.Item{URL: a.url, Title: bound(title, maxSummary), Summary: r.summary(title), Published: r.date},
		node:     nodes[0],
		title:    r.title,
		dayMonth: r.yearless,
		order:    a.order,
		dateRank: r.rank,
		heading:  a.heading || r.heading != nil,
		aside:    a.aside,
		main:     a.main,
	}, true
}

// links notes the anchors and the headings of the row.
func (r *reading) links(n *html.Node) {
	if r.nodes++; r.nodes > maxRowNodes || n.Type != html.ElementNode {
		return
	}
	if a := r.page.at[n]; a != nil {
		r.anchors = append(r.anchors, a)
	}
	if r.heading == nil && isHeading(n) && strings.TrimSpace(textOf(n, 200)) != "" && !r.page.isDate(textOf(n, 100)) {
		r.heading = n
	}
	if r.named == nil && called(n, titleNames) && strings.TrimSpace(textOf(n, 40)) != "" && !r.page.isDate(textOf(n,
		100)) && n.DataAtom != atom.Header {
		r.named = n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.links(c)
	}
}

// Words at the end of class names, where they say what an element holds: "card__title", "entry-meta".
var titleNames = map[string]bool{"title": true, "headline": true, "heading": true, "hed": true}

var summaryNames = map[string]bool{
	"summary": true, "excerpt": true, "description": true, "desc": true, "intro": true, "abstract": true, "standfirst": true,
	"snippet": true, "teaser": true, "lead": true, "lede": true, "dek": true,
}

var metaNames = map[string]bool{
	"meta": true, "metadata": true, "category": true, "tag": true, "tags": true, "label": true, "badge": true, "kicker": true,
	"eyebrow": true, "author": true, "byline": true, "type": true, "topic": true,
	"pinned": true, "section": true, "subtext": true, "source": true, "attribute": true, "published": true, "location": true,
	"number": true, "count": true, "caption": true,
}

// called says whether the last word of one of an element's class names is among the names.
func called(n *html.Node, names map[string]bool) bool {
	for _, class := range strings.Fields(attr(n, "class")) {
		if t := tokens(class); len(t) > 0 && names[t[len(t)-1]] {
			return true
		}
	}
	return names[strings.ToLower(attr(n, "itemprop"))]
}

// chooseTitle picks the link of the row and finds what it is called.
func (r *reading) chooseTitle() (*anchor, string) {
	if len(r.anchors) == 0 {
		return nil, ""
	}
	best := r.anchors[0]
	for _, a := range r.anchors[1:] {
		if r.weight(a) > r.weight(best) {
			best = a
		}
	}
	for _, place := range []*html.Node{r.heading, r.named} {
		if place != nil && place != best.node && inside(best.node, place) && !best.generic &&
			best.words*2 >= len(strings.Fields(textOf(place, 2000))) {
			break // the heading says more than its title
		}
		if place == nil || !inside(place, best.node) && !(best.generic || inside(best.node, place)) {
			continue
		}
		if text := r.page.titleText(place); strings.TrimSpace(text) != "" && !genericText(text) {
			r.title = place
			return best, text
		}
	}
	if !best.generic && best.text != "" {
		r.title = best.node
		return best, best.text
	}
	if m := readMoreAbout.FindStringSubmatch(blotter.CleanLine(textOf(best.node, 400))); m != nil {
		return best, m[len(m)-1]
	}
	text := r.firstText(best)
	if d, start, end, ok := r.page.lister.dates.Find(text); ok { // "Two charged (3 June 2024)" is a title and a date
		before, behind := strings.TrimRight(text[:start], " (–—-|,:"), strings.Trim(text[end:], " )–—-|,:.")
		if behind == "" && len(strings.Fields(before)) >= 2 {
			r.found(d, rankInText, "visible")
			text = before
		} else if before == "" && len(strings.Fields(behind)) >= 2 {
			r.found(d, rankInText, "visible")
			text = behind
		}
	}
	return best, text
}

// weight says how likely a link is the one of the title.
func (r *reading) weight(a *anchor) int {
	w := min(a.words, 5) // the first of several that could be a title
	switch {
	case a.generic:
		w = -1
	case a.heading && (r.heading == nil || inside(a.node, r.heading) || inside(r.heading, a.node)):
		w += 100
	case called(a.node, titleNames) || r.named != nil && inside(a.node, r.named):
		w += 60
	}
	if a.words > 60 { // the link round everything, or round the summary
		w -= 10
	}
	return w
}

// firstText names an item whose links say nothing: by the first text of some length that is no date.
func (r *reading) firstText(a *anchor) string {
	top := a.node
	for level := 0; top.Parent != nil && level < 8; level++ {
		if r.block != nil && top.Parent == r.block.root {
			break
		}
		if r.block == nil && (top.DataAtom == atom.Li || top.DataAtom == atom.Article || top.DataAtom == atom.Tr) {
			break
		}
		top = top.Parent
	}
	var found string
	var look func(n *html.Node)
	look = func(n *html.Node) {
		if found != "" {
			return
		}
		if n.Type == html.TextNode {
			text := blotter.CleanLine(n.Data)
			if len(strings.Fields(text)) >= 3 && !r.page.isDate(text) && !genericText(text) {
				found = text
				r.title = n.Parent
			}
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			look(c)
		}
	}
	look(top)
	return found
}

// linkTitle gives the words by which a link names what it leads to.
func (p *listPage) linkTitle(n *html.Node) string {
	if h := findHeading(n); h != nil {
		if t := p.titleText(h); t != "" && !p.isDate(t) {
			return t
		}
	}
	if named := p.findNamed(n); named != nil {
		if t := p.titleText(named); t != "" {
			return t
		}
	}
	t := p.titleText(n)
	if parts := p.parts(n); len(parts) > 0 {
		t = choosePart(parts)
	}
	if m := readMoreAbout.FindStringSubmatch(t); m != nil {
		return strings.TrimSpace(m[len(m)-1])
	}
	if t != "" && !genericText(t) {
		return t
	}
	for _, key := range []string{"aria-label", "title"} {
		label := blotter.CleanLine(attr(n, key))
		if m := readMoreAbout.FindStringSubmatch(label); m != nil {
			label = strings.TrimSpace(m[len(m)-1])
		}
		if label != "" && !genericText(label) {
			return label
		}
	}
	return ""
}

// titleText is the text of an element without dates, badges and words for screen readers.
func (p *listPage) titleText(n *html.Node) string {
	w := textWriter{limit: 2000, skip: func(c *html.Node) bool {
		return c != n && (c.DataAtom == atom.Time || screenReader(c) || called(c, metaNames) ||
			(c.DataAtom == atom.Span || called(c, dateNames)) && p.isDate(textOf(c, 80)))
	}}
	w.write(n)
	if text := blotter.CleanLine(w.b.String()); text != "" {
		return text
	}
	return blotter.CleanLine(textOf(n, 2000))
}

func (p *listPage) findNamed(n *html.Node) *html.Node {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		if called(c, titleNames) && strings.TrimSpace(textOf(c, 40)) != "" {
			return c
		}
		if found := p.findNamed(c); found != nil {
			return found
		}
	}
	return nil
}

// parts gives the texts of a link that wraps a whole card, each with a line or an element to itself, without dates
// and badges. A link whose text runs through has one part.
func (p *listPage) parts(n *html.Node) []string {
	var out []string
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if len(out) > 20 || n.Type == html.ElementNode && (screenReader(n) || n.DataAtom == atom.Time || called(n, metaNames)) {
			return
		}
		if hasBlocks(n) || onlyElements(n) {
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				walk(c)
			}
			return
		}
		t := blotter.CleanLine(textOf(n, 1000))
		if n.Type == html.ElementNode {
			t = p.titleText(n)
		}
		if t != "" && !genericText(t) && !p.dateLine(t) {
			out = append(out, t)
		}
	}
	walk(n)
	return out
}

// dateLine says whether a text is a date with little else, such as "3 June 2024 | News".
func (p *listPage) dateLine(text string) bool {
	_, start, end, ok := p.lister.dates.Find(text)
	return ok && len(text)-(end-start) <= 20 || p.isDate(text)
}

// hasBlocks says whether a child of n stands on lines of its own.
func hasBlocks(n *html.Node) bool {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if blockTags[c.DataAtom] {
			return true
		}
	}
	return false
}

// onlyElements says whether n is made of two elements or more and no text of its own.
func onlyElements(n *html.Node) bool {
	elements := 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.ElementNode:
			elements++
		case strings.TrimSpace(c.Data) != "":
			return false
		}
	}
	return elements > 1
}

// choosePart picks the title among the texts of a card: the first of a few words or more.
func choosePart(parts []string) string {
	for _, t := range parts {
		if n := len(strings.Fields(t)); n >= 3 && utf8.RuneCountInString(t) <= 250 {
			return t
		}
	}
	return slices.MaxFunc(parts, func(a, b string) int { return min(len(a), 250) - min(len(b), 250) })
}

var dateNames = map[string]bool{
	"date": true, "time": true, "datetime": true, "timestamp": true, "published": true, "posted": true, "day": true, "pubdate": true,
	"datepublished": true,
}

var updatedWords = regexp.MustCompile(`(?i)\b(updated|modified|edited|reviewed|aktualisiert|modifié|mis à jour)\b`)

var publishedWords = regexp.MustCompile(`(?i)(^|\W)(published|posted|released|issued|pubdate|datepublished|veröffentlicht|publié)`)
