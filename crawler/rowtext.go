package crawler

import (
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"blotter"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// found notes a date if it is surer than the one there is.
func (r *reading) found(d blotter.Date, rank int, method string) {
	if rank > r.rank {
		d.Method = method
		r.date, r.rank = d, rank
	}
}

// texts walks the row for dates and for texts that may be its summary.
func (r *reading) texts(n *html.Node) {
	if r.nodes++; r.nodes > 2*maxRowNodes {
		return
	}
	if n.Type == html.TextNode {
		line := r.textDate(n.Data, rankAlone, rankInText)
		if text := blotter.CleanLine(n.Data); !line && len(text) >= 40 {
			r.pieces = append(r.pieces, piece{node: n.Parent, text: text})
		}
		return
	}
	switch {
	case n.Type != html.ElementNode || r.attributeDate(n):
		return
	case n.DataAtom == atom.Time:
		r.timeElement(n)
		return
	case n == r.title && (n.DataAtom != atom.A || blotter.CleanLine(textOf(n, 2000)) == r.name):
		r.titleDates(n)
		return
	}
	if a := r.page.at[n]; a != nil && a.generic && !r.page.isDate(textOf(n, 100)) {
		return // "Read more"
	}
	if short := cleanShort(n); short != "" && findTime(n) == nil {
		rank := rankAlone
		if called(n, dateNames) {
			rank++
		}
		if r.textDate(short, rank, 0) {
			return
		}
	}
	if n.DataAtom == atom.P || called(n, summaryNames) {
		if text := r.page.paragraph(n); text != "" && !(called(n, metaNames)) {
			r.pieces = append(r.pieces, piece{node: n, text: text, summary: true})
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.texts(c)
	}
}

// titleDates looks for dates inside the title that are elements of their own.
func (r *reading) titleDates(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type != html.ElementNode:
		case c.DataAtom == atom.Time || r.page.isDate(textOf(c, 100)):
			r.texts(c)
		default:
			r.titleDates(c)
		}
	}
}

// cleanShort gives the text of an element if it is short enough to be a date with a label: as it is written, for
// "3rd" has no space in it.
func cleanShort(n *html.Node) string {
	w := textWriter{limit: 121}
	w.write(n)
	text := blotter.CleanLine(w.b.String())
	if w.full() || len(text) > 120 || !strings.ContainsAny(text, "0123456789") {
		return ""
	}
	return text
}

// textDate looks for a date in a text: alone is the rank of one that is all of it, among that of one with other
// words round it, or 0 to leave those. It says whether the text is there for the date's sake.
func (r *reading) textDate(text string, alone, among int) bool {
	if !strings.ContainsAny(text, "0123456789") {
		return false
	}
	text = blotter.CleanLine(cutBytes(text, 2000))
	rank := func(rank int, label string) int {
		switch {
		case publishedWords.MatchString(label):
			return rankPublished
		case updatedWords.MatchString(label):
			return rankUpdated
		}
		return rank
	}
	if d, ok := r.page.parseDate(text); ok {
		if d.Precision == blotter.Year || d.Precision == blotter.Month && among == 0 && alone == rankAlone {
			return false
		}
		r.found(d, rank(alone, text), "visible")
		return true
	}
	if r.yearless == "" && len(text) <= 30 {
		if _, ok := r.page.parseDate(strings.Trim(text, " :–—-|,") + " 2000"); ok { // a leap year
			r.yearless = strings.Trim(text, " :–—-|,")
		}
	}
	if among == 0 {
		return false
	}
	d, start, end, ok := r.page.lister.dates.Find(cutBytes(text, 400))
	if !ok {
		return false
	}
	switch {
	case len(text) <= 100 && utf8.RuneCountInString(text)-utf8.RuneCountInString(text[start:end]) <= 60 && !sentence(text):
		r.found(d, rank(among, tail(text[:start], 40)), "visible")
		return true
	case start <= 40 && dateline.MatchString(text[end:]):
		r.found(d, rankDateline, "visible")
	}
	return false
}

// sentence says whether a text tells something, so that a date in it is likely the one of what it tells.
func sentence(text string) bool {
	return len(strings.Fields(text)) > 12 || strings.HasSuffix(text, ".") && len(strings.Fields(text)) > 7
}

var dateline = regexp.MustCompile(`^\W{0,3}\s?[–—-]`)

// timeElement reads <time>: its attribute says it for machines, its text for people.
func (r *reading) timeElement(n *html.Node) {
	text := blotter.CleanLine(textOf(n, 200))
	d, ok := r.page.parseDate(attr(n, "datetime"))
	shown, shownOK := r.page.parseDate(text)
	switch {
	case ok && shownOK:
		// a machine's UTC may be another day than the one that people are shown
		local := d.Time.In(r.page.lister.dates.Zone)
		if d.Precision == blotter.Minute && d.Time.Format(time.DateOnly) != shown.Time.Format(time.DateOnly) &&
			local.Format(time.DateOnly) == shown.Time.Format(time.DateOnly) {
			d.Time = local
		}
	case shownOK:
		d, ok = shown, true
	}
	if !ok || d.Precision == blotter.Year {
		if !shownOK {
			r.textDate(text, rankAlone, rankInText)
		}
		return
	}
	label := attr(n, "class") + " " + attr(n, "itemprop") + " " + text
	if attr(n, "pubdate") != "" {
		label += " published"
	}
	if p := n.PrevSibling; p != nil {
		label += " " + tail(blotter.CleanLine(textOf(p, 200)), 40)
	} else if n.Parent != nil && n.Parent.DataAtom != atom.A && n.Parent.PrevSibling != nil {
		label += " " + tail(blotter.CleanLine(textOf(n.Parent.PrevSibling, 200)), 20)
	}
	rank := rankTime
	switch {
	case updatedWords.MatchString(label):
		rank = rankUpdated
	case publishedWords.MatchString(label):
		rank = rankPublished
	}
	r.found(d, rank, "time")
}

func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[len(s)-n:], "")
}

// attributeDate reads the dates that markup carries for scripts and search engines.
func (r *reading) attributeDate(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "datetime", "data-date", "data-datetime", "data-published", "data-time", "data-publish-date", "data-pubdate", "data-timestamp":
		case "content":
			if p := strings.ToLower(attr(n, "itemprop")); p != "datepublished" && p != "datecreated" {
				continue
			}
		case "title":
			if n.DataAtom != atom.Abbr && n.DataAtom != atom.Span {
				continue
			}
		default:
			continue
		}
		if d, ok := r.page.parseDate(a.Val); ok && d.Precision != blotter.Year {
			r.found(d, rankAttribute, "time")
			return n.DataAtom == atom.Abbr || n.DataAtom == atom.Span || n.DataAtom == atom.Meta
		}
	}
	return false
}

var pathDate = regexp.MustCompile(`/(19|20)\d\d[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(/|-|$)`)

// lesserDates takes a date from the title or the link if the row shows none.
func (r *reading) lesserDates(a *anchor, title string) {
	if r.rank < rankTitle && r.title != nil {
		if d, start, end, ok := r.page.lister.dates.Find(title); ok && (start <= 1 || end >= len(title)-1) && len(title)-(end-start) > 8 {
			r.found(d, rankTitle, "visible")
		}
	}
	if u, err := url.Parse(a.url); err == nil {
		if m := pathDate.FindString(u.Path); m != "" {
			if d, ok := r.page.lister.dates.Parse(strings.NewReplacer("/", "-").Replace(strings.Trim(m, "/-"))); ok {
				r.found(d, rankURL, "url")
			}
		}
	}
}

// paragraph gives the text of a paragraph without "Read more".
func (p *listPage) paragraph(n *html.Node) string {
	w := textWriter{limit: 8000, skip: func(c *html.Node) bool {
		a := p.at[c]
		return a != nil && a.generic || screenReader(c)
	}}
	w.write(n)
	return blotter.CleanLine(w.b.String())
}

// summary picks the text that tells what the item is about.
func (r *reading) summary(title string) string {
	best := ""
	for _, paragraphs := range []bool{true, false} {
		for _, p := range r.pieces {
			if p.summary != paragraphs || p.text == title || p.summary && r.title != nil && inside(r.title, p.node) ||
				r.page.isDate(p.text) || len(p.text) < 20 {
				continue
			}
			if called(p.node, metaNames) || p.node.Parent != nil && called(p.node.Parent, metaNames) {
				continue
			}
			if called(p.node, summaryNames) {
				return bound(trimMore(p.text), maxSummary)
			}
			if best == "" {
				best = p.text
			}
		}
		if best != "" {
			break
		}
	}
	return bound(trimMore(best), maxSummary)
}

func trimMore(s string) string { return strings.TrimSpace(strings.TrimSuffix(s, "[…]")) }

// dateOver gives the date that stands over an element and perhaps over others, as in "3 June 2024" before a list:
// the nearest text before it, or before one of its ancestors below root, that is a date and nothing else. Where
// rows are followed by their dates, a date before a row is the one of the row before.
func (p *listPage) dateOver(n, root *html.Node, followed bool) *blotter.Date {
	for ; n != nil && n != root; n = n.Parent {
		if followed && n.Parent == root {
			return nil
		}
		if d := p.dateBefore(n); d != nil {
			return d
		}
	}
	return nil
}

// dateFromOver dates a row by the date that stands over it: with that date, or with its year where the row gives
// only day and month.
func (p *listPage) dateFromOver(r *row, over *blotter.Date) {
	if over == nil {
		return
	}
	if r.dayMonth != "" {
		if d, ok := p.parseDate(r.dayMonth + " " + over.Time.Format("2006")); ok {
			d.Method = "visible"
			r.item.Published, r.dateRank = d, rankHeading
			return
		}
	}
	if over.Precision != blotter.Year {
		r.item.Published, r.dateRank = *over, rankHeading
	}
}

// dateBefore looks at the siblings before n, and remembers for all it passed.
func (p *listPage) dateBefore(n *html.Node) *blotter.Date {
	var passed []*html.Node
	var found *blotter.Date
	for s := n; s != nil; s = s.PrevSibling {
		if known, ok := p.over[s]; ok {
			found = known
			break
		}
		passed = append(passed, s)
		if s.PrevSibling == nil {
			break
		}
		if d, ok := p.headingDate(s.PrevSibling); ok {
			found = &d
			break
		}
	}
	for _, s := range passed {
		p.over[s] = found
	}
	return found
}

// headingDate reads a text that is a date and nothing else, and no link.
func (p *listPage) headingDate(n *html.Node) (blotter.Date, bool) {
	if p.facts[n].links > 0 {
		return blotter.Date{}, false
	}
	text := blotter.CleanLine(textOf(n, 100))
	if len(text) > 60 || updatedWords.MatchString(text) {
		return blotter.Date{}, false
	}
	d, ok := p.parseDate(text)
	d.Method = "visible"
	if t := findTime(n); !ok && t != nil {
		d, ok = p.parseDate(attr(t, "datetime"))
		d.Method = "time"
	}
	return d, ok
}

// findTime gives the first time element in n.
func findTime(n *html.Node) *html.Node {
	if n.DataAtom == atom.Time {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if t := findTime(c); t != nil {
			return t
		}
	}
	return nil
}
