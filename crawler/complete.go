package crawler

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// complete adds the rows of the same list whose links stand otherwise: a pinned item, one without a picture. They
// are children of the same element, or of the same make elsewhere in the same part of the page.
func (p *listPage) complete(b *linkBlock) {
	rows := map[*html.Node]bool{}
	known := map[string]bool{}
	parents := map[*html.Node]bool{}
	var order []*html.Node
	for _, r := range b.rows {
		rows[r.node] = true
		known[r.item.URL] = true
		if !parents[r.node.Parent] {
			parents[r.node.Parent] = true
			order = append(order, r.node.Parent)
		}
	}
	p.alike(b, known, rows)
	p.leading(b, known)
	tag := b.rows[0].node.DataAtom
	if tag == atom.A || inlineTags[tag] {
		return
	}
	for _, parent := range order {
		for c := parent.FirstChild; c != nil; c = c.NextSibling {
			if c.DataAtom != tag || rows[c] || p.facts[c].links == 0 || p.facts[c].links > 12 || !p.reached(c) {
				continue
			}
			r, ok := p.read([]*html.Node{c}, nil)
			if !ok || known[r.item.URL] || r.aside && !b.aside {
				continue
			}
			if b.dated > 0.8 && r.item.Published.IsZero() && !r.heading {
				continue
			}
			known[r.item.URL] = true
			b.rows = append(b.rows, r)
		}
	}
}

// leading adds the item that stands large over a list: a neighbour of the list that is built like one item, with a
// heading and a date.
func (p *listPage) leading(b *linkBlock, known map[string]bool) {
	if b.dated < 0.8 || len(b.rows) < 3 {
		return
	}
	n := b.root
	for level := 0; level < 2 && n.Parent != nil && n.DataAtom != atom.Main && n.DataAtom != atom.Body; level++ {
		looked := 0
		for s := n.PrevSibling; s != nil && looked < 4; s = s.PrevSibling {
			if s.Type != html.ElementNode {
				continue
			}
			looked++
			if isHeading(s) || p.facts[s].links == 0 || p.facts[s].links > 6 || findHeading(s) == nil || placeOf(s) == beside ||
				p.besideLabel(s, nil) {
				continue
			}
			r, ok := p.read([]*html.Node{s}, nil)
			if ok && !known[r.item.URL] && r.heading && !r.aside && !r.item.Published.IsZero() && r.dateRank >= rankInText {
				known[r.item.URL] = true
				b.rows = append(b.rows, r)
			}
		}
		n = n.Parent
	}
}

// alike adds the rows of the same make in other places, such as the first item in a frame of its own.
func (p *listPage) alike(b *linkBlock, known map[string]bool, rows map[*html.Node]bool) {
	kind := b.kind()
	if kind == "" {
		return
	}
	for _, a := range p.anchors {
		if a.aside || known[a.url] {
			continue
		}
		n := a.node
		for level := 0; n != nil && level < 8 && kindOf(n) != kind; level++ {
			n = n.Parent
		}
		if n == nil || kindOf(n) != kind || rows[n] || p.besideLabel(n, nil) {
			continue
		}
		rows[n] = true
		r, ok := p.read([]*html.Node{n}, nil)
		if !ok || known[r.item.URL] || b.dated > 0.8 && r.item.Published.IsZero() {
			continue
		}
		known[r.item.URL] = true
		b.rows = append(b.rows, r)
	}
}

// kind is the tag and the classes that all rows have, or "" when they have no class.
func (b *linkBlock) kind() string {
	first := kindOf(b.rows[0].node)
	for _, r := range b.rows {
		if kindOf(r.node) != first {
			return ""
		}
	}
	return first
}

func kindOf(n *html.Node) string {
	c := classes(n)
	if len(c) == 0 {
		return ""
	}
	return n.Data + "." + strings.Join(c, ".")
}

// reached says whether one of the anchors that count stands in n.
func (p *listPage) reached(n *html.Node) bool {
	if p.at[n] != nil {
		return true
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && p.reached(c) {
			return true
		}
	}
	return false
}
