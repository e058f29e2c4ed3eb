package crawler

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// textWriter gathers the text of elements: at most limit bytes from at most a thousand nodes, with a space where a
// block ends.
type textWriter struct {
	b     strings.Builder
	limit int
	nodes int
	apart bool                    // a space between all elements, not only blocks
	skip  func(n *html.Node) bool // elements to leave out, or nil
}

const maxTextNodes = 1000

func (w *textWriter) full() bool { return w.b.Len() >= w.limit || w.nodes > maxTextNodes }

func (w *textWriter) write(n *html.Node) {
	if w.full() {
		return
	}
	w.nodes++
	if n.Type == html.TextNode {
		w.b.WriteString(cutBytes(n.Data, w.limit-w.b.Len()))
		return
	}
	if w.skip != nil && w.skip(n) {
		return
	}
	apart := w.apart || blockTags[n.DataAtom] || n.DataAtom == atom.Br
	if apart {
		w.b.WriteByte(' ')
	}
	for c := n.FirstChild; c != nil && !w.full(); c = c.NextSibling {
		w.write(c)
	}
	if apart {
		w.b.WriteByte(' ')
	}
}

// textOf gives at most limit bytes of the text of a node.
func textOf(n *html.Node, limit int) string {
	w := textWriter{limit: limit}
	w.write(n)
	return w.b.String()
}

func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func isHeading(n *html.Node) bool {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return n.Type == html.ElementNode && attr(n, "role") == "heading"
}

// findHeading gives the first heading in n, or n itself.
func findHeading(n *html.Node) *html.Node {
	if isHeading(n) {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if h := findHeading(c); h != nil {
			return h
		}
	}
	return nil
}

// inside says whether n is outer or stands in it.
func inside(n, outer *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == outer {
			return true
		}
	}
	return false
}

// screenReader are elements that add words for those who do not see the page.
func screenReader(n *html.Node) bool {
	if n.Type != html.ElementNode {
		return false
	}
	class := attr(n, "class")
	return strings.Contains(class, "visually-hidden") || strings.Contains(class, "visuallyhidden") ||
		strings.Contains(class, "sr-only") || strings.Contains(class, "screen-reader")
}
