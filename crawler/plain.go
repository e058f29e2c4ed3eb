package crawler

import (
	"strings"
	"unicode/utf8"

	"blotter"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxSummary bounds a summary, in characters: some feeds put the whole article there.
const maxSummary = 2000

// maxMarkup bounds what is read to get it.
const maxMarkup = 64 << 10

// plainLine turns a title, which may hold markup, into one line of text.
func plainLine(s string) string { return bound(blotter.CleanLine(plainText(s)), maxSummary) }

// plainSummary turns a description into plain text of bounded length.
func plainSummary(s string) string { return bound(blotter.CleanText(plainText(s)), maxSummary) }

// plainText drops the tags of HTML and resolves its entities. What only looks like a tag ("a <b", "<Name>") stays.
func plainText(s string) string {
	if len(s) > maxMarkup {
		s = strings.ToValidUTF8(s[:maxMarkup], "")
	}
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	hidden := atom.Atom(0) // the element whose text is not shown
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return b.String()
		}
		if kind == html.TextToken && hidden == 0 {
			b.Write(z.Text())
			continue
		}
		if kind != html.StartTagToken && kind != html.EndTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		raw := string(z.Raw())
		name, _ := z.TagName()
		tag := atom.Lookup(name)
		switch {
		case hidden != 0:
			if kind == html.EndTagToken && tag == hidden {
				hidden = 0
			}
		case tag == 0 && !strings.ContainsAny(string(name), ":-"):
			b.WriteString(raw)
		case kind == html.StartTagToken && (tag == atom.Script || tag == atom.Style):
			hidden = tag
		case blockTags[tag]:
			b.WriteString("\n\n")
		case tag == atom.Br:
			b.WriteByte('\n')
		}
	}
}

// blockTags stand on lines of their own.
var blockTags = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Li: true, atom.Ul: true, atom.Ol: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true,
	atom.H5: true, atom.H6: true, atom.Table: true, atom.Tr: true, atom.Td: true, atom.Th: true, atom.Blockquote: true, atom.Section: true,
	atom.Article: true, atom.Figure: true, atom.Figcaption: true, atom.Hr: true, atom.Pre: true, atom.Dd: true, atom.Dt: true, atom.Dl: true,
	atom.Header: true, atom.Footer: true, atom.Main: true, atom.Aside: true, atom.Nav: true, atom.Form: true, atom.Address: true,
}

// bound cuts text to at most n characters, at a space if one is near.
func bound(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	cut, count := 0, 0
	for i := range s {
		if count == n-1 { // room for the ellipsis
			cut = i
			break
		}
		count++
	}
	s = s[:cut]
	if space := strings.LastIndexAny(s, " \n"); space > cut-80 && space > 0 {
		s = s[:space]
	}
	return strings.TrimRight(s, " \n.,;:") + "…"
}
