package crawler

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// place is what the name of a part of the page says of its links.
type place int

const (
	unknown place = iota
	central       // the list, likely
	beside        // a list of other things
	nowhere       // no list of articles
)

// placeNames are words in class names and ids. Words that mean different things at different houses (widget, teaser,
// promo, block, secondary) are not among them.
var placeNames = map[string]place{
	"nav": nowhere, "navbar": nowhere, "navigation": nowhere, "menu": nowhere, "submenu": nowhere, "megamenu": nowhere,
	"footer": nowhere, "breadcrumb": nowhere,
	"breadcrumbs": nowhere, "crumbs": nowhere, "pagination": nowhere, "pager": nowhere, "paging": nowhere, "paginator": nowhere,
	"cookie": nowhere, "cookies": nowhere, "consent": nowhere,
	"social": nowhere, "share": nowhere, "sharing": nowhere, "skiplinks": nowhere, "filters": nowhere, "facets": nowhere,
	"facet": nowhere, "tagcloud": nowhere,
	"login": nowhere, "language": nowhere, "languages": nowhere, "newsletter": nowhere, "calendar": nowhere,
	"sidebar": beside, "sidebars": beside, "related": beside, "popular": beside, "trending": beside, "recommended": beside,
	"mostread": beside, "rail": beside, "recirc": beside,
	"aside": beside, "mostviewed": beside, "mostpopular": beside, "seealso": beside, "complementary": beside, "outbrain": beside,
	"taboola": beside, "advert": beside, "sponsored": beside,
	"main": central, "content": central,
}

// placeOf reads the class and id of an element.
func placeOf(n *html.Node) place {
	found := unknown
	class := attr(n, "class")
	if len(class) > 400 { // a framework's
		class = class[:400]
	}
	for _, name := range strings.Fields(class + " " + attr(n, "id")) {
		words := tokens(name)
		for i, w := range words {
			if i > 0 && (words[i-1] == "no" || words[i-1] == "has" || words[i-1] == "with" || words[i-1] == "without") {
				continue
			}
			pair := ""
			if i+1 < len(words) {
				pair = w + words[i+1]
			}
			found = max(found, placeNames[w], placeNames[pair])
		}
	}
	return found
}

// tokens cuts class names into words: "most-read", "mostRead" and "most_read" are the same two.
func tokens(names string) []string {
	var out []string
	start := 0
	var before rune
	for i, r := range names {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			if i > start {
				out = append(out, strings.ToLower(names[start:i]))
			}
			start = i + len(string(r))
		case unicode.IsUpper(r) && unicode.IsLower(before):
			if i > start {
				out = append(out, strings.ToLower(names[start:i]))
			}
			start = i
		}
		before = r
	}
	if start < len(names) {
		out = append(out, strings.ToLower(names[start:]))
	}
	return out
}

var besideHeading = regexp.MustCompile(`(?i)^\W*((the )?(most|top|latest) (read|popular|viewed|shared|commented|watched|` +
	`clicked|visited|comments|tweets)|related|popular|trending|recommended|you (may|might)|also (read|like|of interest|in)|` +
	`see also|` +
	`further (reading|information)|(useful|quick|external|helpful|important|key) (links?|pages)|categories|topics?|tags|` +
	`archives?$|follow us|browse|filter|refine|in this section|explore|contact|more from|elsewhere|don.t miss|` +
	`editor.?s.? (picks?|choice)|sponsored|partner|advert|upcoming events|events$|share|subscribe|sign up|about|services|` +
	`popular services|meistgelesen|les plus lus|what others|readers)`)

// besideLabel says whether the heading over a part of the page announces a list of other things. Headings are
// looked for before n and before its ancestors, as far up as stop.
func (p *listPage) besideLabel(n, stop *html.Node) bool {
	for level := 0; n != nil && n != stop && level < 10; level++ {
		looked, same := 0, 0
		kind := kindOf(n)
		for s := n.PrevSibling; s != nil && looked < 6 && same < 300; s = s.PrevSibling {
			if s.Type != html.ElementNode {
				continue
			}
			if kind != "" && kindOf(s) == kind { // another row
				same++
				continue
			}
			looked++
			if h := p.labelIn(s); h != nil {
				return h.DataAtom != atom.H1 && besideHeading.MatchString(strings.TrimSpace(textOf(h, 80)))
			}
			if text := strings.TrimSpace(textOf(s, 60)); p.facts[s].links == 0 && len(text) < 50 && besideHeading.MatchString(text) {
				return true // a heading that is not marked up as one
			}
			if p.facts[s].links > 3 {
				return false // another list: what stands over that one is not ours
			}
		}
		n = n.Parent
	}
	return false
}

// labelIn gives the heading that n is or holds, if it holds little else.
func (p *listPage) labelIn(n *html.Node) *html.Node {
	if p.facts[n].links > 2 {
		return nil
	}
	if h := findHeading(n); h != nil {
		return h
	}
	if class := tokens(attr(n, "class")); len(textOf(n, 60)) < 50 {
		for _, t := range class {
			if t == "title" || t == "heading" || t == "header" || t == "headline" {
				return n
			}
		}
	}
	if (n.DataAtom == atom.Strong || n.DataAtom == atom.B || n.DataAtom == atom.P && n.FirstChild != nil &&
		n.FirstChild == n.LastChild && (n.FirstChild.DataAtom == atom.Strong || n.FirstChild.DataAtom == atom.B)) &&
		len(textOf(n, 60)) < 50 {
		return n
	}
	return nil
}

var generic = regexp.MustCompile(`(?i)^\W*((click (here )?(to|for) )?(read|find out|learn|see|view|show|discover|` +
	`get)( the| this| our)?( full| whole)? ?(more|on|article|story|news|release|statement|details?|report|post|all|item|` +
	`here|press release)?( news| stories| articles| here| details?| info(rmation)?)?|` +
	`more( info(rmation)?| details?| news| stories)?|continue( reading)?|full (story|article|statement|release|report)|` +
	`details?|here|link|permalink|download( pdf)?|pdf|print|share( this)?|comments?|no comments?|leave a (comment|reply)|` +
	`\d+ comments?|` +
	`next( page)?|prev(ious)?( page)?|older( posts?| entries)?|newer( posts?| entries)?|first|last|back( to top| to news)?|` +
	`top|load more( \w+)?|show more( \w+)?|view all( \w+)*|see all( \w+)*|all (news|stories|articles|posts)|home|news|` +
	`latest( news)?|page \d+|\d+|rss( feeds?)?|` +
	`subscribe|sign up|log ?in|sign in|register|weiterlesen|mehr( erfahren| lesen)?|lire la suite|en savoir plus|` +
	`watch( now| video)?|listen|play|reply|edit)\W*$`)

// genericText says whether a link's text is the same under every item.
func genericText(s string) bool { return len(s) < 60 && generic.MatchString(s) }

var readMoreAbout = regexp.MustCompile(`(?i)^\W*((?:read|find out|learn|see|view) more|continue reading|more|` +
	`read the full (?:story|article)|read|view)(?: about|:| –| -| —| on(?: the)?:)\s+(.{8,})$`)

// noise are words in class names that tell one item from its neighbours rather than what it is.
var noise = map[string]bool{
	"first": true, "last": true, "odd": true, "even": true, "active": true, "current": true, "visited": true, "featured": true,
	"sticky": true, "pinned": true, "external": true, "new": true, "alt": true,
}

// classes gives the classes of an element that its neighbours have too: without numbers and positions, sorted.
func classes(n *html.Node) []string {
	var out []string
	for _, c := range strings.Fields(attr(n, "class")) {
		if len(out) == 8 {
			break
		}
		if noise[strings.ToLower(c)] || strings.ContainsAny(c, "0123456789") {
			continue
		}
		out = append(out, c)
	}
	return out
}
