package extract

import (
	"cmp"
	"strings"
	"unicode"

	"blotter"

	"golang.org/x/net/html"
	"golang.org/x/text/cases"
)

// separators stand between a title and the name of the site in a title element.
var separators = []string{" | ", " - ", " – ", " — ", " · ", " • ", " » ", " :: ", " « "}

// title is the first there is of what the source's selector picked, the headline, that of the linked data, and what
// the source called the page.
func (f *facts) title(picked, listed string) string {
	return cmp.Or(picked, f.headline, f.linked.headline, blotter.CleanLine(listed))
}

// titleMetas are the names of the meta elements that hold a title, the surest first.
var titleMetas = []string{"og:title", "twitter:title", "headline", "dc.title", "dcterms.title", "parsely-title", "sailthru.title"}

// machineTitles are what the page tells machines it is called, in a meta element and in the title element, without the name of
// the site.
func (f *facts) machineTitles() (meta, element string) {
	site := f.siteName()
	clean := func(s string) string { return withoutSite(blotter.CleanLine(html.UnescapeString(s)), site) }
	return clean(f.first(titleMetas...)), clean(f.titleTag)
}

func (f *facts) siteName() string {
	return blotter.CleanLine(f.first("og:site_name", "application-name"))
}

// weighTitles weighs the candidates without the linked data, which is chosen by it: the h1 that the rest of the page
// confirms, what the page tells machines, and an h1 alone. It says which of them it took, for Explain.
func (f *facts) weighTitles() (title string, by choice) {
	site := f.siteName()
	machine, short := f.machineTitles()
	var alone []string
	for _, h := range f.heads {
		if h.text == "" || isSite(h.text, site) {
			continue
		}
		if alike(h.text, machine) || alike(h.text, short) {
			return h.text, choice{"h1", "a headline that the page's other titles confirm"}
		}
		if h.near && countWords(h.text) > 2 {
			alone = append(alone, h.text)
		}
	}
	switch {
	case len(alone) == 1:
		return alone[0], choice{"h1", "the only headline of more than two words in the article; the other titles say something else"}
	case machine != "":
		return machine, choice{"meta", "no headline is confirmed or alone"}
	}
	return short, choice{"title element", "the page has no other title"}
}

// alike says that one of the titles is the other, or most of it.
func alike(a, b string) bool {
	a, b = fold(a), fold(b)
	if len(a) > len(b) {
		a, b = b, a
	}
	return a != "" && strings.Contains(b, a) && 2*len(a) > len(b)
}

// withoutSite cuts the name of the site off a title: the part behind the last separator, or before the first, when
// it is the site's name, or is short beside the rest.
func withoutSite(title, site string) string {
	for _, sep := range separators {
		if i := strings.LastIndex(title, sep); i > 0 {
			head, tail := title[:i], title[i+len(sep):]
			switch {
			case isSite(tail, site), countWords(tail) <= 4 && countWords(head) > countWords(tail):
				return withoutSite(strings.TrimSpace(head), site)
			case isSite(head, site):
				return strings.TrimSpace(tail)
			}
		}
	}
	return title
}

func isSite(part, site string) bool { return site != "" && fold(part) == fold(site) }

// fold makes texts comparable: case folded words with single spaces.
func fold(s string) string {
	return strings.Join(strings.FieldsFunc(cases.Fold().String(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}), " ")
}
