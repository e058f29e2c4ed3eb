package crawler

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// linkBlock is a repeated structure: links that stand alike, one in each row.
type linkBlock struct {
	anchors []*anchor
	root    *html.Node // holds all of them
	rows    []row
	score   float64
	// shares of the rows, and their mean number of words in a title
	dated, headed, words float64
	aside, main          bool
	starts               []int // the orders of the first anchors of the parts it was merged from
}

// maxBlocks is how many of the likeliest blocks are read closely.
const maxBlocks = 24

// rows finds the list of articles: the block of links that looks most like one, and what belongs to it beside.
func (p *listPage) rows() []row {
	blocks := p.blocks()
	for _, b := range blocks {
		p.readBlock(b)
	}
	slices.SortStableFunc(blocks, func(a, b *linkBlock) int { return cmp.Compare(b.score, a.score) })
	if len(blocks) == 0 || !blocks[0].isList() {
		return nil
	}
	best := blocks[0]
	p.complete(best)
	slices.SortStableFunc(best.rows, func(a, b row) int { return cmp.Compare(a.order, b.order) })
	return best.rows
}

// blocks gives the likeliest blocks of the page, by a quick look.
func (p *listPage) blocks() []*linkBlock {
	byPath := map[string][]*anchor{}
	var paths []string
	for _, a := range p.anchors {
		if byPath[a.path] == nil {
			paths = append(paths, a.path)
		}
		byPath[a.path] = append(byPath[a.path], a)
	}
	var out []*linkBlock
	for _, path := range paths {
		out = append(out, p.split(byPath[path])...)
	}
	quick := func(b *linkBlock) float64 {
		sum := 0.0
		for _, a := range b.anchors[:min(len(b.anchors), 50)] {
			v := math.Min(float64(a.words), 8) / 8
			if a.generic {
				v = 0.1
			}
			if a.heading {
				v += 0.5
			}
			if a.aside {
				v *= 0.3
			}
			sum += v
		}
		return sum
	}
	slices.SortStableFunc(out, func(a, b *linkBlock) int { return cmp.Compare(quick(b), quick(a)) })
	return out[:min(len(out), maxBlocks)]
}

// split parts anchors that stand alike by tag but in different parts of the page. Where the anchors part, those
// that are alone in their branch are rows of one list, whatever their branches are called; branches with several
// are lists of their own, and one list only if they are called the same and no heading says otherwise.
func (p *listPage) split(list []*anchor) []*linkBlock {
	root := common(list)
	if distinct(list) < 2 {
		return []*linkBlock{{anchors: list, root: root}}
	}
	var out []*linkBlock
	merged := map[string]*linkBlock{}
	var single *linkBlock
	var keys []string
	for _, part := range branches(list, root) {
		branch := child(root, part[0].node)
		key := branch.Data + "." + strings.Join(classes(branch), ".")
		if distinct(part) > 1 {
			inner := p.split(part)
			if len(inner) > 1 || p.besideLabel(part[0].node, root) || p.besideLabel(branch, root) {
				out = append(out, inner...)
				continue
			}
			key = "+" + key
		} else if single != nil {
			single.anchors = append(single.anchors, part...)
			continue
		} else {
			single = &linkBlock{root: root, anchors: part}
			merged["="] = single
			keys = append(keys, "="+key)
			continue
		}
		if b := merged[key]; b != nil {
			b.anchors, b.root = append(b.anchors, part...), root
			b.starts = append(b.starts, part[0].order)
		} else {
			merged[key] = &linkBlock{anchors: part, root: root, starts: []int{part[0].order}}
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		if alone, ok := strings.CutPrefix(key, "="); ok { // groups of one beside groups of several
			if b := merged["+"+alone]; b != nil {
				b.anchors = append(b.anchors, single.anchors...)
				slices.SortFunc(b.anchors, func(x, y *anchor) int { return cmp.Compare(x.order, y.order) })
				continue
			}
			out = append(out, single)
			continue
		}
		out = append(out, merged[key])
	}
	for _, b := range out {
		b.root = common(b.anchors)
	}
	return out
}

// distinct counts the URLs of anchors, neighbours of the same URL once.
func distinct(list []*anchor) int {
	n, last := 0, ""
	for _, a := range list {
		if a.url != last {
			n, last = n+1, a.url
		}
	}
	return n
}

// common gives the innermost element that holds all the anchors; for one anchor, its parent.
func common(list []*anchor) *html.Node {
	root := list[0].node.Parent
	depth := depthOf(root)
	for _, a := range list[1:] {
		n := a.node.Parent
		d := depthOf(n)
		for d > depth {
			n, d = n.Parent, d-1
		}
		for depth > d {
			root, depth = root.Parent, depth-1
		}
		for root != n {
			root, n, depth = root.Parent, n.Parent, depth-1
		}
	}
	return root
}

func depthOf(n *html.Node) int {
	d := 0
	for ; n != nil; n = n.Parent {
		d++
	}
	return d
}

// child gives the child of root that n is or stands in.
func child(root, n *html.Node) *html.Node {
	for n.Parent != root {
		n = n.Parent
	}
	return n
}

// branches parts anchors by the child of root that they stand in.
func branches(list []*anchor, root *html.Node) [][]*anchor {
	var out [][]*anchor
	var last *html.Node
	for _, a := range list {
		c := child(root, a.node)
		if c != last {
			out, last = append(out, nil), c
		}
		out[len(out)-1] = append(out[len(out)-1], a)
	}
	return out
}

// readBlock finds the rows of a block, reads them and judges the whole.
func (p *listPage) readBlock(b *linkBlock) {
	elements := b.elements()
	followed := p.followed(b, elements)
	seen := map[string]bool{}
	titles := map[*html.Node]bool{} // several links under one title: the first is the item's
	for i, e := range elements {
		nodes := []*html.Node{e}
		if followed {
			var next *html.Node
			if i+1 < len(elements) {
				next = elements[i+1]
			}
			nodes = withSiblings(e, next)
		}
		r, ok := p.read(nodes, b)
		if !ok || seen[r.item.URL] || r.title != nil && titles[r.title] {
			continue
		}
		seen[r.item.URL], titles[r.title] = true, true
		if r.dateRank < rankHeading {
			p.dateFromOver(&r, p.dateOver(e, b.root, followed))
		}
		b.rows = append(b.rows, r)
	}
	b.dropUndated()
	p.judge(b)
}

// dropUndated takes out what was taken for part of a list only because it is built like it: parts without a date
// among parts with dates, and bare links without one among bare links with dates.
func (b *linkBlock) dropUndated() {
	dated, rows := make([]int, len(b.starts)+1), make([]int, len(b.starts)+1)
	part := func(r row) int {
		i, exact := slices.BinarySearch(b.starts, r.order)
		if exact {
			i++
		}
		return i
	}
	all := 0
	for _, r := range b.rows {
		rows[part(r)]++
		if !r.item.Published.IsZero() {
			dated[part(r)]++
			all++
		}
	}
	full := false
	for i := range rows {
		full = full || rows[i] > 1 && dated[i]*5 >= rows[i]*4
	}
	b.rows = slices.DeleteFunc(b.rows, func(r row) bool {
		i := part(r)
		bare := r.node.DataAtom == atom.A && all*5 >= len(b.rows)*3
		return r.item.Published.IsZero() && (bare || full && dated[i] == 0 && len(b.starts) > 1)
	})
}

// elements gives for each link of the block the largest element that holds no other of its links.
func (b *linkBlock) elements() []*html.Node {
	count := map[*html.Node]int{}
	last := map[*html.Node]string{}
	for _, a := range b.anchors {
		for n := a.node; n != nil && n != b.root.Parent; n = n.Parent {
			if last[n] != a.url {
				count[n]++
				last[n] = a.url
			}
		}
	}
	var out []*html.Node
	for _, a := range b.anchors {
		n := a.node
		for n.Parent != b.root && n.Parent != nil && count[n.Parent] == 1 {
			n = n.Parent
		}
		if len(b.anchors) == 1 { // nothing to part it from
			n = enclosing(n)
		}
		if len(out) == 0 || out[len(out)-1] != n {
			out = append(out, n)
		}
	}
	return out
}

// enclosing gives the element round a lone link that looks like an item.
func enclosing(n *html.Node) *html.Node {
	for e, level := n, 0; e != nil && level < 6; e, level = e.Parent, level+1 {
		switch e.DataAtom {
		case atom.Article, atom.Li, atom.Tr:
			return e
		case atom.Main, atom.Body, atom.Ul, atom.Ol, atom.Table:
			return n
		}
	}
	return n
}

// followed says whether the rows of a block are not elements each but begin with one: what follows up to the next
// belongs to it, such as the dd of a dt.
func (p *listPage) followed(b *linkBlock, elements []*html.Node) bool {
	first := elements[0]
	if first.DataAtom == atom.Li || first.DataAtom == atom.Tr || first.DataAtom == atom.Article {
		return false
	}
	with := 0
	for i, e := range elements {
		var next *html.Node
		if i+1 < len(elements) && elements[i+1].Parent == e.Parent {
			next = elements[i+1]
		}
		for _, s := range withSiblings(e, next)[1:] {
			if strings.TrimSpace(textOf(s, 40)) != "" && (s.DataAtom != e.DataAtom || p.facts[s].links == 0) {
				with++
				break
			}
		}
	}
	if with*2 < len(elements) {
		return false
	}
	// dates that stand before their titles are headings: see dateOver
	for s := first.PrevSibling; s != nil; s = s.PrevSibling {
		if strings.TrimSpace(textOf(s, 40)) == "" {
			continue
		}
		return !p.isDate(textOf(s, 80))
	}
	return true
}

// withSiblings gives e and what follows it, up to next or to something that begins another part of the page.
func withSiblings(e, next *html.Node) []*html.Node {
	out := []*html.Node{e}
	for s := e.NextSibling; s != nil && s != next && s.DataAtom != atom.Hr && len(out) < 12; s = s.NextSibling {
		if next == nil && s.DataAtom == e.DataAtom && isHeading(s) {
			break
		}
		out = append(out, s)
	}
	return out
}

// judge gives the block a score: rows with dates, headings, summaries and titles of several words are a list of
// articles. The number of rows counts less and less, or a long menu would win over four articles.
func (p *listPage) judge(b *linkBlock) {
	n := float64(len(b.rows))
	if n == 0 {
		return
	}
	var dated, headed, told, words, aside, inMain float64
	for _, r := range b.rows {
		dated += oneIf(!r.item.Published.IsZero() && r.dateRank > rankURL)
		headed += oneIf(r.heading)
		told += oneIf(r.item.Summary != "")
		words += math.Min(float64(len(strings.Fields(r.item.Title))), 8)
		aside += oneIf(r.aside)
		inMain += oneIf(r.main)
	}
	b.score = math.Pow(math.Min(n, 20), 0.6) * (0.4 + 2.5*dated/n + 0.8*headed/n + 0.4*told/n + words/n/8)
	if aside*2 > n || p.besideLabel(b.rows[0].node, nil) {
		b.score *= 0.15
	}
	if inMain*2 > n {
		b.score *= 1.5
	}
	b.dated, b.headed, b.words = dated/n, headed/n, words/n
	b.aside, b.main = aside*2 > n, inMain*2 > n
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// isList says whether a block is good enough to be called a list of articles, for it may be the best of a bad lot: a
// page of navigation only must not pass for news.
func (b *linkBlock) isList() bool {
	n := len(b.rows)
	switch {
	case n == 0 || b.aside:
		return false
	case b.dated >= 0.5:
		return n > 1 || b.headed > 0
	case b.headed >= 0.5 || b.main:
		return n >= 2 && b.words >= 3
	}
	return n >= 3 && b.words >= 4
}
