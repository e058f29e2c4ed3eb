package crawler

import (
	"bytes"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"blotter"
	"github.com/PuerkitoBio/goquery"
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// readListing reads an HTML page of links to articles.
func (l *lister) readListing() error {
	root, err := html.Parse(bytes.NewReader(l.htmlText()))
	if err != nil { // it reads anything but what is nested too deep
		return blotter.Fail(blotter.ReasonDeep, "%v", err)
	}
	doc := goquery.NewDocumentFromNode(root)
	l.readBase(doc)
	l.listing.Title = plainLine(doc.Find("title").First().Text())
	l.listing.Next = l.nextPage(doc)
	archives := l.archives(doc) // before newPage takes away what no reader sees, such as a closed drop-down
	p := newPage(l, root)
	if l.source.Country == "" {
		l.dates.Order = pageOrder(root, l.base)
	}
	var rows []row
	if l.source.Selectors.Items != "" {
		rows, err = p.selected(doc, l.source.Selectors.Items)
		if err != nil {
			return err
		}
	} else {
		rows = p.rows()
	}
	for _, r := range rows {
		l.add(r.item, "")
	}
	l.listing.Archives = l.withoutItems(archives)
	if len(l.listing.Items) == 0 {
		return blotter.Fail(blotter.ReasonLayout, "no list of articles among %d links", len(p.anchors))
	}
	return nil
}

var numericDate = regexp.MustCompile(`\b(\d{1,2})[/.-](\d{1,2})[/.-](?:\d{4}|\d{2})\b`)

// pageOrder asks a page whose country is not known for its order of day and month: a 13 can only be a day.
func pageOrder(root *html.Node, base string) blotter.DayOrder {
	dayFirst, monthFirst, budget := 0, 0, 256<<10
	var look func(n *html.Node)
	look = func(n *html.Node) {
		if n.Type == html.TextNode && budget > 0 {
			budget -= len(n.Data)
			for _, m := range numericDate.FindAllStringSubmatch(cutBytes(n.Data, 2000), 4) {
				first, _ := strconv.Atoi(m[1])
				second, _ := strconv.Atoi(m[2])
				switch {
				case first > 12 && first <= 31 && second <= 12:
					dayFirst++
				case second > 12 && second <= 31 && first <= 12:
					monthFirst++
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			look(c)
		}
	}
	look(root)
	u, err := url.Parse(base)
	american := err == nil && (strings.HasSuffix(u.Hostname(), ".gov") || strings.HasSuffix(u.Hostname(), ".mil"))
	if monthFirst > dayFirst || monthFirst == dayFirst && american {
		return blotter.MonthFirst
	}
	return blotter.DayFirst
}

// htmlText decodes a page as browsers do: header, then meta element, then bytes. Valid UTF-8 is UTF-8.
func (l *lister) htmlText() []byte {
	body := l.page.Body
	if _, bad := blotter.CountUTF8(body); bad == 0 && !bytes.ContainsRune(body[:min(len(body), 64)], 0) {
		return body
	}
	encoding, name, _ := charset.DetermineEncoding(body[:min(len(body), 4096)], l.page.ContentType)
	if name == "utf-8" || encoding == nil {
		text, faults := toUTF8(body, "utf-8")
		l.listing.Faults = append(l.listing.Faults, faults...)
		return text
	}
	text, faults := toUTF8(body, name)
	l.listing.Faults = append(l.listing.Faults, faults...)
	return text
}

// readBase takes the page's own word on what its links are relative to.
func (l *lister) readBase(doc *goquery.Document) {
	href, ok := doc.Find("base[href]").First().Attr("href")
	if !ok {
		href, ok = doc.Find("link[rel=canonical]").First().Attr("href")
		if !ok || absolute(l.base) {
			return
		}
	}
	if u, err := parseURL(l.base, href); err == nil {
		l.base = u.String()
	}
}

var nextText = regexp.MustCompile(`(?i)^\W*(next( page| results?| \d+)?|older( posts?| entries| news| stories)?|weiter|` +
	`suivante?|page suivante|nächste( seite)?)\W*$`)

var nextSigns = map[string]bool{"›": true, "»": true, "→": true, ">": true, ">>": true}

// nextPage gives the page that continues the list, if one is linked.
func (l *lister) nextPage(doc *goquery.Document) []string {
	var next string
	try := func(s *goquery.Selection) bool {
		href, _ := s.Attr("href")
		u, err := parseURL(l.base, href)
		if err != nil || strings.HasPrefix(href, "#") {
			return false
		}
		u.Fragment = ""
		if page, err := url.Parse(l.page.URL); err == nil && page.Host != "" && page.Host != u.Host || sameLink(u.String(), l.page.URL) {
			return false
		}
		next = u.String()
		return true
	}
	for _, selector := range []string{"link[rel~=next]", "a[rel~=next]",
		"a.next, .next > a, .pagination-next a, .pager-next a, .pager__item--next a, a.next-page"} {
		doc.Find(selector).EachWithBreak(func(_ int, s *goquery.Selection) bool { return !try(s) })
		if next != "" {
			return []string{next}
		}
	}
	doc.Find("a[href]").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		text := blotter.CleanLine(textOf(s.Get(0), 80))
		label, _ := s.Attr("aria-label")
		if nextText.MatchString(text) || nextText.MatchString(label) || nextSigns[text] && insidePager(s.Get(0)) {
			return !try(s)
		}
		return true
	})
	if next == "" {
		return nil
	}
	return []string{next}
}

func insidePager(n *html.Node) bool {
	for range 5 {
		if n = n.Parent; n == nil || n.Type != html.ElementNode {
			return false
		}
		for _, t := range tokens(attr(n, "class") + " " + attr(n, "id") + " " + attr(n, "aria-label")) {
			if strings.HasPrefix(t, "pag") {
				return true
			}
		}
	}
	return false
}

// selected reads the items that the configuration points to.
func (p *listPage) selected(doc *goquery.Document, selector string) ([]row, error) {
	compiled, err := cascadia.ParseGroup(selector)
	if err != nil {
		return nil, blotter.Fail(blotter.ReasonLayout, "selector %q: %v", selector, err)
	}
	var rows []row
	for _, n := range cascadia.QueryAll(doc.Get(0), compiled) {
		p.admit(n)
		if r, ok := p.read([]*html.Node{n}, nil); ok {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// admit lets the links in n count, wherever on the page it stands: a selector knows better than the rules.
func (p *listPage) admit(n *html.Node) {
	if n.DataAtom == atom.A && p.at[n] == nil {
		p.anchor(n, region{main: true})
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.admit(c)
	}
}
