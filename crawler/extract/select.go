package extract

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"blotter"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// selection is the source's selectors, compiled. One that is not configured is nil and selects nothing.
type selection struct {
	title, text, date cascadia.SelectorGroup
	drops             cascadia.SelectorGroup
}

func compile(s blotter.Selectors) (selection, error) {
	var c selection
	for _, part := range []struct {
		css  string
		into *cascadia.SelectorGroup
	}{{s.Title, &c.title}, {s.Body, &c.text}, {s.Date, &c.date}, {strings.Join(s.Drop, ", "), &c.drops}} {
		if part.css == "" {
			continue
		}
		group, err := cascadia.ParseGroup(part.css)
		if err != nil {
			return selection{}, fmt.Errorf("selector %q: %w", part.css, err)
		}
		*part.into = group
	}
	return c, nil
}

// drop takes the elements out of the tree that are not part of the article.
func (c selection) drop(tree *html.Node) {
	if c.drops == nil {
		return
	}
	for _, n := range cascadia.QueryAll(tree, c.drops) {
		if n.Parent != nil {
			n.Parent.RemoveChild(n)
		}
	}
}

// body is what the source's selector finds, else what the libraries find. It consumes the tree.
func (c selection) body(tree *html.Node, page []line, at *url.URL) (body, *blotter.Failure) {
	b := body{chosen: true}
	for _, n := range outermost(tree, c.text) {
		b.lines = append(b.lines, linesOf(n, false)...)
	}
	if len(b.lines) > 0 {
		b.why, b.parts = whySelector, []part{{"selector", b.lines}}
		return b, nil
	}
	return findBody(tree, page, at)
}

// outermost returns the selected nodes that are not within another selected one, in order.
func outermost(tree *html.Node, group cascadia.SelectorGroup) []*html.Node {
	if group == nil {
		return nil
	}
	var found []*html.Node
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && group.Match(n) {
			found = append(found, n)
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(tree)
	return found
}

// picks is what the selectors found for the metadata.
type picks struct{ title, date string }

func (c selection) picks(tree *html.Node) picks {
	var p picks
	if found := outermost(tree, c.title); len(found) > 0 {
		p.title = blotter.CleanLine(textOf(found[0]))
	}
	if found := outermost(tree, c.date); len(found) > 0 {
		n := found[0]
		p.date = blotter.CleanLine(cmp.Or(attr(n, "datetime"), attr(n, "content"), textOf(n)))
	}
	return p
}
