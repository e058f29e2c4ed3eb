package extract

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"blotter"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxAuthors bounds the list; more names than that are a staff page.
const maxAuthors = 12

// authorMetas are the names of meta elements that hold an author.
var authorMetas = []string{
	"author", "article:author", "parsely-author", "sailthru.author", "byl", "dc.creator", "dcterms.creator",
	"authors", "article:author_name", "rbauthors", "creator", "og:article:author",
}

// authors are the names of those who wrote the article, as printed: of JSON-LD, of meta elements, of the byline. The
// name of the house stands in for a person only when nothing else is said.
func (f *facts) authors() []string {
	var metas []string
	for _, name := range authorMetas {
		metas = append(metas, f.metas[name]...)
	}
	for _, name := range f.metas["citation_author"] { // "Family, Given", one a name
		if family, given, ok := strings.Cut(name, ","); ok {
			name = strings.TrimSpace(given) + " " + family
		}
		metas = append(metas, name)
	}
	if strings.EqualFold(f.first("twitter:label1"), "written by") {
		metas = append(metas, f.first("twitter:data1"))
	}
	site := f.first("og:site_name", "application-name")
	var houses []string
	for _, candidates := range [][]string{f.linked.authors, metas, f.signed(), f.linked.houses} {
		names := people(candidates)
		persons := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return isSite(n, site) || f.namesHost(n) })
		if len(persons) > 0 && !sameList(candidates, f.linked.houses) {
			return persons
		}
		if houses == nil {
			houses = names
		}
	}
	return houses
}

func sameList(a, b []string) bool { return len(a) > 0 && slices.Equal(a, b) }

// namesHost says that the name is that of the site, as its host has it.
func (f *facts) namesHost(name string) bool {
	host := strings.TrimPrefix(f.at.Hostname(), "www.")
	short, _, _ := strings.Cut(host, ".")
	name = strings.ReplaceAll(fold(name), " ", "")
	return name != "" && (name == fold(short) || name == strings.ReplaceAll(fold(host), " ", ""))
}

// signed are the names of the byline that a reader sees: an element that says it holds one, near the headline, or a
// line there that begins with "By"; then such an element anywhere in the article.
func (f *facts) signed() []string {
	for _, close := range []bool{true, false} {
		for _, m := range f.bylines {
			if !m.near || m.text == "" || len(m.text) > 200 || close != f.nearHeadline(m.line, 15) {
				continue
			}
			if names := people([]string{byline(m.node, m.text)}); len(names) > 0 {
				return names
			}
		}
		if close {
			if names := people(f.spoken()); len(names) > 0 {
				return names
			}
		}
	}
	return nil
}

// spoken is a line near the headline that begins with "By" and goes on with a name, there or on the next line.
func (f *facts) spoken() []string {
	if f.headlineAt < 0 {
		return nil
	}
	lines := f.lines[f.headlineAt:min(len(f.lines), f.headlineAt+reach)]
	for i, l := range lines {
		if l.size > 14 {
			continue
		}
		if name := spokenName(l); name != "" {
			return []string{name}
		}
		if by.MatchString(l.text) && i+1 < len(lines) && lines[i+1].size <= 8 {
			return []string{lines[i+1].text}
		}
	}
	return nil
}

// spokenName is what follows "By" on a line of its own. A line with a full stop is a sentence: "By Monday all were
// found."
func spokenName(l line) string {
	m := spokenByline.FindStringSubmatch(l.text)
	if m == nil || strings.HasSuffix(l.text, ".") {
		return ""
	}
	return m[1]
}

var (
	spokenByline = regexp.MustCompile(`^(?:[Bb]y|BY|[Ww]ritten by|Author:|Words by|Von|Par)[: ]?\s*(\p{Lu}\p{L}*[’'. -].{2,80})$`)
	by           = regexp.MustCompile(`^(?i:by|written by|author)\s*:?$`)
)

// byline is the text of the element, or of the links to authors within when it has some: the rest is roles and
// dates.
func byline(n *html.Node, all string) string {
	var names []string
	for d := range n.Descendants() {
		if d.Type != html.ElementNode {
			continue
		}
		toAuthor := d.DataAtom == atom.A && containsAny(attr(d, "href")+" "+attr(d, "rel"), "author", "/people/", "/profile",
			"/staff", "/by/", "contributor")
		if toAuthor || attr(d, "itemprop") == "name" {
			if t := blotter.CleanLine(textOf(d)); t != "" && !slices.Contains(names, t) {
				names = append(names, t)
			}
		}
	}
	if len(names) > 0 && len(names) < 5 {
		return strings.Join(names, "; ")
	}
	for _, l := range linesOf(n, true) { // the name, then lines with the role and the date
		if !by.MatchString(l.text) {
			return l.text
		}
	}
	return all
}

// namesAuthor says that the class, id, rel or itemprop of an element names an author.
func namesAuthor(names string) bool {
	return containsAny(names, "author", "byline", "writer", "contributor") &&
		!containsAny(names, "authority", "authoriz", "bio", "avatar", "image", "img", "photo", "social", "follow", "description", "underwriter")
}

var (
	leadIn = regexp.MustCompile(`(?i)^\s*(?:(?:posted|written|reported|published|edited|reviewed|story|words|article|text|` +
		`photos?)\s+)?by\b[:\s]*|^\s*authors?\s*:\s*`)
	// behind is what follows a name in a byline: a date, a time, a role behind a dot or dash.
	behind = regexp.MustCompile(`(?i)\s*(?:[|•·⋅]|\s[–—/-]\s|\s(?:on|updated|published|last updated|posted)\s|\s\d+(?:st|nd|rd|` +
		`th)?\s|\d{1,2}[:.]\d\d|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d|` +
		`\s\d+(?:st|nd|rd|th)?$).*$`)
	// nobody are names of no one.
	nobody = regexp.MustCompile(`(?i)^(?:by|admin|administrator|staff|editor(?:ial)?|editors|guest|contributors?|web ?master|` +
		`anonymous|unknown|authors?|user|root|none|null|undefined|news ?room|news ?desk|press office|test|` +
		`default|super user|wp ?admin|editorial (?:team|staff)|staff (?:writer|reporter)s?|see all.*|` +
		`view all.*|read more.*|share|follow.*|about the .*|more (?:from|by) .*|all posts.*|contact.*|print|` +
		`email|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*|(?:january|february|march|april|may|june|july|august|` +
		`september|october|november|december)(?: \d+.*)?)$`)
	// fullName is a given name and a family name, at the least.
	fullName = regexp.MustCompile(`^\p{Lu}[\p{L}.’'-]*(?: (?:\p{Lu}[\p{L}.’'-]*|de|la|le|van|von|der|den|del|di|da|al|bin|el)){1,4}$`)
	role     = regexp.MustCompile(`(?i)\b(?:correspondent|reporter|editor|writer|journalist|photographer|producer|contributor|` +
		`columnist|bureau chief|founder|director|manager)s?$`)
	joiner = regexp.MustCompile(`\s*(?:,|&|\band\b|\bund\b|\bet\b|\by\b)\s*`)
)

// people makes names of what stands in bylines, and drops what is none: addresses, handles, roles, sentences.
func people(candidates []string) []string {
	var names []string
	for _, c := range candidates {
		c = leadIn.ReplaceAllString(blotter.CleanLine(html.UnescapeString(c)), "")
		for _, name := range splitNames(behind.ReplaceAllString(c, "")) {
			if isName(name) && !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) && len(names) < maxAuthors {
				names = append(names, name)
			}
		}
	}
	return names
}

// splitNames cuts a list of names where all of its parts are full names. What else follows a comma or an "and" is a
// degree, a role or part of the name of a body, and is printed with it.
func splitNames(s string) []string {
	var out []string
	for _, list := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '|' }) {
		list = strings.Trim(list, " ,:;-–—|/")
		parts := slices.DeleteFunc(joiner.Split(list, -1), func(p string) bool { return p == "" || role.MatchString(p) })
		for i, p := range parts {
			parts[i] = leadIn.ReplaceAllString(p, "")
		}
		if len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool { return !fullName.MatchString(p) }) {
			out = append(out, parts...)
		} else if len(parts) == 1 && fullName.MatchString(parts[0]) {
			out = append(out, parts[0])
		} else if list != "" {
			out = append(out, list)
		}
	}
	return out
}

// isName says whether the text may be the name of a person or of a body that signs.
func isName(s string) bool {
	switch {
	case len(s) < 2, len(s) > 80, countWords(s) > 9, nobody.MatchString(s):
		return false
	case strings.ContainsAny(s, "@<>{}[]=#_\\?!"), strings.Contains(s, "://"), strings.Contains(s, "www."):
		return false
	}
	return strings.ContainsFunc(s, unicode.IsLetter)
}
