package extract

import (
	"bytes"

	"blotter"

	"golang.org/x/net/html"
)

// The bounds on what the libraries get. Of 431 real pages the largest has 0.4 MB of markup without scripts, 4,975
// elements, 52 within each other and 67,000 levels in all; with ten times that a library takes a second, and without
// any bound minutes.
const (
	maxPage     = 8 << 20 // bytes as fetched
	maxMarkup   = 1 << 20 // bytes without scripts and styles
	maxDepth    = 200     // elements within each other
	maxElements = 20_000
	maxLevels   = 300_000 // the depths of all elements, summed: what the libraries do for each they do in each ancestor
)

// silent are the elements that hold no text for a reader; they go before the parser sees them, which halves the
// parsing and three copies of the tree. A script of JSON-LD stays.
var silent = [][]byte{[]byte("script"), []byte("style"), []byte("noscript"), []byte("template"), []byte("svg")}

// slim returns the markup without comments and silent elements. A part that is never closed reaches to the end of
// the page, as it does in a browser.
func slim(markup []byte) []byte {
	out := make([]byte, 0, len(markup)/2)
	for len(markup) > 0 {
		open := bytes.IndexByte(markup, '<')
		if open < 0 {
			break
		}
		out = append(out, markup[:open]...)
		markup = markup[open:]
		n, isSilent := silentLength(markup)
		if !isSilent {
			out = append(out, markup[:n]...)
		}
		markup = markup[n:]
	}
	return append(out, markup...)
}

// silentLength is the length of the comment or silent element that the markup begins with, or of what is to be kept
// before the next look: the start tag of a script of JSON-LD, which may be as long as the page, else one byte.
func silentLength(markup []byte) (n int, isSilent bool) {
	if bytes.HasPrefix(markup, []byte("<!--")) {
		if bytes.HasPrefix(markup, []byte("<!-->")) {
			return len("<!-->"), true
		}
		return upTo(markup, []byte("-->")), true
	}
	for _, name := range silent {
		if !startsTag(markup[1:], name) {
			continue
		}
		tag, _, _ := bytes.Cut(markup, []byte(">"))
		if bytes.Contains(bytes.ToLower(tag), []byte("ld+json")) {
			return len(tag), false
		}
		if bytes.HasSuffix(tag, []byte("/")) && string(name) == "svg" {
			return len(tag) + 1, true
		}
		return elementLength(markup, name), true
	}
	return 1, false
}

func startsTag(s, name []byte) bool {
	if len(s) <= len(name) || !bytes.EqualFold(s[:len(name)], name) {
		return false
	}
	switch s[len(name)] {
	case ' ', '\t', '\r', '\n', '\f', '>', '/':
		return true
	}
	return false
}

// elementLength is the length up to behind the end tag.
func elementLength(markup, name []byte) int {
	for at := 0; ; {
		end := bytes.Index(markup[at:], []byte("</"))
		if end < 0 {
			return len(markup)
		}
		at += end + 2
		if startsTag(markup[at:], name) {
			return at + upTo(markup[at:], []byte(">"))
		}
	}
}

func upTo(s, mark []byte) int {
	if i := bytes.Index(s, mark); i >= 0 {
		return i + len(mark)
	}
	return len(s)
}

// parse makes the tree that everything else reads, and refuses one that would cost a library too much.
func parse(markup []byte) (*html.Node, *blotter.Failure) {
	if len(markup) > maxMarkup {
		return nil, blotter.Fail(blotter.ReasonSize, "%d bytes of markup, at most %d are read", len(markup), maxMarkup)
	}
	// The parser itself gives up at 512 open elements, which is the only error it has for bytes in memory. That
	// makes recursion over its trees safe.
	tree, err := html.Parse(bytes.NewReader(markup))
	if err != nil {
		return nil, blotter.Fail(blotter.ReasonDeep, "%v", err)
	}
	depth, elements, levels := measure(tree)
	if depth > maxDepth {
		return nil, blotter.Fail(blotter.ReasonDeep, "%d elements within each other, at most %d are read", depth, maxDepth)
	}
	if elements > maxElements || levels > maxLevels {
		return nil, blotter.Fail(blotter.ReasonSize, "%d elements, %d deep on average, are more than is read", elements, levels/elements)
	}
	return tree, nil
}

// measure counts the elements, and how deep they stand at most and in all.
func measure(tree *html.Node) (depth, elements, levels int) {
	level := 0
	for n := tree; n != nil; {
		if n.Type == html.ElementNode {
			elements++
			levels += level
		}
		if n.FirstChild != nil {
			n, level = n.FirstChild, level+1
			depth = max(depth, level)
			continue
		}
		for n != nil && n.NextSibling == nil {
			n, level = n.Parent, level-1
		}
		if n != nil {
			n = n.NextSibling
		}
	}
	return depth, elements, levels
}
