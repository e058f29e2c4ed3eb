package extract

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// textless are elements that neither library takes text from. Both would carry them through four copies of the
// tree first.
var textless = map[atom.Atom]bool{
	atom.Iframe: true, atom.Select: true, atom.Option: true, atom.Datalist: true, atom.Button: true, atom.Input: true,
	atom.Textarea: true, atom.Canvas: true, atom.Video: true, atom.Audio: true, atom.Object: true, atom.Embed: true,
	atom.Source: true, atom.Map: true, atom.Area: true, atom.Link: true, atom.Dialog: true, atom.Nav: true, atom.Img: true,
	atom.Figcaption: true,
}

// prune takes out of the tree what costs the libraries time and gives no text: textless elements, and the white
// space between blocks, which is a third of the nodes of a page.
func prune(n *html.Node) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		switch {
		case c.Type == html.ElementNode && textless[c.DataAtom], c.Type == html.CommentNode, idle(c):
			n.RemoveChild(c)
		case c.Type == html.ElementNode && c.DataAtom != atom.Head && c.DataAtom != atom.Pre:
			prune(c)
		}
		c = next
	}
}

// idle says that the node is white space beside the edge of a block.
func idle(n *html.Node) bool {
	return n.Type == html.TextNode && (isBlock(n.PrevSibling) || isBlock(n.NextSibling) ||
		isBlock(n.Parent) && (n.PrevSibling == nil || n.NextSibling == nil)) && strings.TrimSpace(n.Data) == ""
}

func isBlock(n *html.Node) bool {
	return n != nil && n.Type == html.ElementNode && blocks[n.DataAtom]
}
