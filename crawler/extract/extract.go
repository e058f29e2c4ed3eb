// Package extract reads an article from a page, or says why the page holds none.
//
// [Read] is all of it. It is pure: bytes and hints in, article or failure out, nothing else touched, and it may be
// called by many at once. A page goes through it from top to bottom:
//
//	refuse what is no page → charset → markup without scripts → tree → metadata → body → refuse what is no article
//
// The body is what two extraction libraries agree on; the tree is parsed once for both. Title, dates, authors,
// language and canonical URL are read here, from JSON-LD, then meta elements, then what a reader sees, then, for
// the date, the URL. A date that the page does not give is not given.
//
// The input is bounded before a library sees it, since both have inputs that take them minutes. A page over a bound
// is refused, not cut: half an article is worse than a recorded reason. A panic in a library costs its page only.
package extract

import (
	"net/url"
	"time"

	"blotter"

	"golang.org/x/net/html"
)

// Version is the extractor's own. It rises whenever the same page could give another article, and what was read
// under an older one is then read again.
const Version = 1

// Hints is what is known of a page beside its bytes. The zero value is no hint at all.
type Hints struct {
	Selectors  blotter.Selectors // the source's; what they select goes before what is found without them
	DateFormat string            // a reference-time layout that is tried first
	Location   *time.Location    // of dates that name no zone; nil means UTC
	Order      blotter.DayOrder  // of numeric dates; zero: by the language of the page, else refused when either
	Language   string            // BCP 47: what the source writes in, for a page that does not say
	Item       blotter.Item      // what the source said of the page
}

// Read returns the article on the page with URL, Title, Lead, Body, Authors, Published, Modified and Lang as far as
// the page gives them; the other fields are the caller's. A page without an article is a *blotter.Failure with the
// reason challenge, shell, index, format, size, deep or reader. Another error means that a selector of the hints
// is not one.
func Read(page blotter.Page, hints Hints) (blotter.Article, error) {
	s, err := look(page, hints)
	if err != nil {
		return blotter.Article{}, err
	}
	a, _, _, err := s.read()
	return a, err
}

// sight is a page that was looked over: all that is known of it before its text is taken out.
type sight struct {
	hints  Hints
	chosen selection
	picked picks
	tree   *html.Node // nil when it was consumed
	facts  *facts
}

// look refuses what is no page to read and looks over the rest.
func look(page blotter.Page, hints Hints) (*sight, error) {
	if hints.Location == nil {
		hints.Location = time.UTC
	}
	chosen, err := compile(hints.Selectors)
	if err != nil {
		return nil, err
	}
	if f := refusePage(page); f != nil {
		return nil, f
	}
	markup := slim(toUTF8(page.Body, page.ContentType))
	if f := refuseBinary(markup); f != nil {
		return nil, f
	}
	tree, failure := parse(markup)
	if failure != nil {
		return nil, failure
	}
	at, err := url.Parse(page.URL)
	if err != nil {
		at = &url.URL{}
	}
	chosen.drop(tree)
	facts := survey(tree, at)
	if f := refuseChallenge(page, facts.lines); f != nil {
		return nil, f
	}
	return &sight{hints: hints, chosen: chosen, picked: chosen.picks(tree), tree: tree, facts: facts}, nil
}

// read takes the article out of the page, and consumes its tree. The body is given as it was found, and how much of it was
// kept, also for a page that holds no article.
func (s *sight) read() (a blotter.Article, found body, kept []line, err error) {
	a = s.facts.article(s.picked, s.hints)
	found, failure := s.chosen.body(s.tree, s.facts.lines, s.facts.at)
	s.tree = nil
	if failure != nil {
		return blotter.Article{}, found, nil, failure
	}
	kept = trim(found, a.Title, a.Authors)
	article := body{lines: kept, chosen: found.chosen}
	if f := refuseArticle(s.facts, article, a.Published.Method == "json-ld" || a.Published.Method == "meta"); f != nil {
		return blotter.Article{}, found, kept, f
	}
	a.Body = article.text()
	a.Lead = lead(s.facts, a.Body)
	a.Lang = language(languageOf(a.Body), s.facts.lang, s.hints.Language)
	return a, found, kept, nil
}
