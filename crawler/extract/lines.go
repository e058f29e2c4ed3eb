package extract

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// line is the text of one block of a page: a paragraph, a heading, an item.
type line struct {
	text   string
	size   int       // words
	links  int       // words within links
	tag    atom.Atom // the innermost block that holds it
	bare   bool      // within a caption, a figure or an aside
	beside bool      // within what is not the article, by the names of the elements around
}

// linked says that most of the line is links.
func (l line) linked() bool { return 2*l.links > l.size }

func (l line) heading() bool {
	switch l.tag {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return false
}

// blocks are the elements that stand on lines of their own.
var blocks = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Li: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true,
	atom.H5: true, atom.H6: true, atom.Blockquote: true, atom.Pre: true, atom.Ul: true, atom.Ol: true, atom.Table: true,
	atom.Tr: true, atom.Td: true, atom.Th: true, atom.Tbody: true, atom.Thead: true, atom.Caption: true,
	atom.Section: true, atom.Article: true, atom.Br: true, atom.Hr: true, atom.Dl: true, atom.Dt: true, atom.Dd: true,
	atom.Figure: true, atom.Figcaption: true, atom.Body: true, atom.Header: true, atom.Footer: true, atom.Main: true,
	atom.Aside: true, atom.Nav: true, atom.Form: true, atom.Fieldset: true, atom.Details: true, atom.Summary: true,
	atom.Address: true, atom.Option: true,
}

// unread are the elements whose text a reader does not see as such.
var unread = map[atom.Atom]bool{
	atom.Head: true, atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Iframe: true,
	atom.Svg: true, atom.Button: true, atom.Select: true, atom.Textarea: true, atom.Object: true,
}

// liner cuts a tree into lines.
type liner struct {
	lines  []line
	text   strings.Builder
	links  strings.Builder
	tags   []atom.Atom
	inLink int
	inBare int
	// spaced puts a space between a text and the next element: trafilatura trims the texts of its tree, which
	// would join the words on both sides of a link.
	spaced bool
	// enter, when set, is told of each element and of the number of the line that begins with it. besides says that
	// the element stands within something that is not the article, such as a list of related ones.
	enter   func(n *html.Node, line int, besides bool)
	besides int
	around  map[*html.Node]bool // what holds the headline is not beside the article, whatever it is called
}

// linesOf returns the lines of what is below n, in order.
func linesOf(n *html.Node, spaced bool) []line {
	if n == nil {
		return nil
	}
	c := liner{spaced: spaced}
	c.walk(n)
	c.flush()
	return c.lines
}

func (c *liner) walk(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		c.write(n.Data)
		return
	case html.ElementNode:
		if unread[n.DataAtom] {
			return
		}
	}
	tag := n.DataAtom
	if tag == 0 || tag.String() != n.Data { // the libraries rename elements by Data alone
		tag = atom.Lookup([]byte(n.Data))
	}
	block := n.Type == html.ElementNode && blocks[tag]
	if block {
		c.flush()
		c.tags = append(c.tags, tag)
	}
	c.count(n, tag, 1)
	if c.enter != nil && n.Type == html.ElementNode {
		c.enter(n, len(c.lines), c.besides > 0)
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		c.walk(child)
	}
	c.count(n, tag, -1)
	if block {
		c.flush()
		c.tags = c.tags[:len(c.tags)-1]
	}
}

// count keeps account of what the walk is within.
func (c *liner) count(n *html.Node, tag atom.Atom, by int) {
	switch tag {
	case atom.A:
		c.inLink += by
	case atom.Figcaption, atom.Figure, atom.Aside:
		c.inBare += by
	}
	if c.enter != nil && n.Type == html.ElementNode && !c.around[n] && standsBeside(n, tag) {
		c.besides += by
	}
}

func (c *liner) write(text string) {
	if c.spaced && c.text.Len() > 0 && text != "" && !strings.ContainsAny(text[:1], ".,;:!?)]}'\"%") {
		c.text.WriteByte(' ')
	}
	c.text.WriteString(text)
	if c.inLink > 0 {
		c.links.WriteString(text)
		c.links.WriteByte(' ')
	}
}

func (c *liner) flush() {
	if c.text.Len() == 0 {
		return
	}
	text := strings.Join(strings.Fields(c.text.String()), " ")
	c.text.Reset()
	links := c.links.String()
	c.links.Reset()
	if text == "" {
		return
	}
	l := line{text: text, size: countWords(text), bare: c.inBare > 0, beside: c.besides > 0}
	if links != "" {
		l.links = countWords(links)
	}
	if len(c.tags) > 0 {
		l.tag = c.tags[len(c.tags)-1]
	}
	c.lines = append(c.lines, l)
}

// weight is the number of words in the lines.
func weight(lines []line) int {
	n := 0
	for _, l := range lines {
		n += l.size
	}
	return n
}

// join puts the lines into paragraphs parted by a blank line.
func join(lines []line) string {
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.text
	}
	return strings.Join(texts, "\n\n")
}

// without returns the lines that drop does not name.
func without(lines []line, drop func(line) bool) []line {
	return slices.DeleteFunc(slices.Clone(lines), drop)
}
