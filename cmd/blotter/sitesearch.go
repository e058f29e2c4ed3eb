package main

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"blotter"
	"blotter/configs"
	"blotter/crawler"
)

// maxAsked bounds the lists that a search of a site asks for: at five seconds each a few minutes.
const maxAsked = 40

// maxRefused is how often in a row a host may turn the search away before it takes the hint.
const maxRefused = 3

// staleAfter is how much older than the newest list of a site another may be before it is taken for dead.
const staleAfter = 30 * 24 * time.Hour

// candidate is a place that was asked, and what came of it.
type candidate struct {
	N           int            `json:"n"`
	OK          bool           `json:"ok"`
	Kind        blotter.Kind   `json:"kind,omitempty"`
	URL         string         `json:"url"`
	Title       string         `json:"title,omitempty"`
	Found       crawler.Origin `json:"found"`
	Items       int            `json:"items"`
	Newest      string         `json:"newest,omitempty"`
	PerDay      float64        `json:"per_day,omitempty"` // as far as the dates of the items tell
	Article     string         `json:"article,omitempty"` // the title of the one that was read
	ArticleDate string         `json:"article_date,omitempty"`
	Words       int            `json:"article_words,omitempty"`
	Failure     string         `json:"failure,omitempty"`
	ReadBy      string         `json:"read_by,omitempty"` // the id of the source that reads it already
	Chosen      bool           `json:"chosen"`

	trial *trial
}

// siteSearch finds where a site can be listed.
type siteSearch struct {
	app     *app
	config  *configs.Config
	fetcher *crawler.Fetcher
	source  blotter.Source // what is known of the source
	all     bool           // go on when a good feed is found

	asked    map[string]bool   // canonical URLs that were asked or have answered
	articles map[string]*trial // what reading the article of an item gave, by the item's URL
	found    []candidate
	count    int // of places that were asked
	refused  int // in a row
}

// search asks page, what it names, and then what sites have without naming it, until a feed is found that can be read. It
// gives what it found, the best first. The failure is that of the page, when nothing was found.
func (s *siteSearch) search(ctx context.Context, page string) ([]candidate, *blotter.Failure, error) {
	s.asked, s.articles = map[string]bool{}, map[string]*trial{}
	first, err := s.ask(ctx, crawler.Lead{URL: page, From: crawler.FromPage})
	if err != nil || first == nil {
		return nil, nil, err
	}
	if f := first.Failure; f != nil && !first.OfArticle && unreachable(f.Reason) {
		return nil, f, nil
	}
	at := cmp.Or(first.Page.URL, page)
	for _, step := range []func(context.Context, string, *trial) error{s.askNamed, s.askHome, s.askFeedGuesses, s.askSitemaps} {
		if s.hasFeed() && !s.all {
			break
		}
		if err := step(ctx, at, first); err != nil {
			return nil, nil, err
		}
	}
	s.rank()
	return s.found, first.Failure, nil
}

// unreachable says of a reason that the whole host is meant, so that there is nothing more to ask.
func unreachable(r blotter.Reason) bool {
	switch r {
	case blotter.ReasonDNS, blotter.ReasonConnect, blotter.ReasonAddress, blotter.ReasonURL, blotter.ReasonBusy:
		return true
	}
	return false
}

// hasFeed says that a feed was found that can be read.
func (s *siteSearch) hasFeed() bool {
	return slices.ContainsFunc(s.found, func(c candidate) bool { return c.OK && c.Kind == blotter.KindFeed })
}

// askNamed asks the feeds that the page names, and those that its pages about feeds name.
func (s *siteSearch) askNamed(ctx context.Context, _ string, first *trial) error {
	for _, lead := range crawler.Leads(first.Page) {
		t, err := s.ask(ctx, lead)
		if err != nil {
			return err
		}
		if t == nil || t.Listing.Kind == blotter.KindFeed {
			continue
		}
		for _, next := range crawler.Leads(t.Page) {
			if _, err := s.ask(ctx, next); err != nil {
				return err
			}
		}
	}
	return nil
}

// askHome asks the front page too, when another was named: a page of a site may be about anything.
func (s *siteSearch) askHome(ctx context.Context, at string, _ *trial) error {
	home, err := s.ask(ctx, crawler.Lead{URL: homeOf(at), From: crawler.FromPage})
	if err != nil || home == nil {
		return err
	}
	return s.askNamed(ctx, at, home)
}

func (s *siteSearch) askFeedGuesses(ctx context.Context, at string, _ *trial) error {
	return s.askUntilGood(ctx, crawler.FeedGuesses(at))
}

// askSitemaps asks the sitemaps that robots.txt names, and where it names none, those that sites have. Of an index it asks
// the sitemaps of news.
func (s *siteSearch) askSitemaps(ctx context.Context, at string, _ *trial) error {
	robots, err := s.fetcher.Robots(ctx, at)
	if err != nil && blotter.AsFailure(err) == nil {
		return err
	}
	leads := crawler.SitemapLeads(robots.Sitemaps, crawler.FromRobot)
	if len(leads) == 0 {
		leads = crawler.SitemapGuesses(at)
	}
	return s.askUntilGood(ctx, leads)
}

// askUntilGood asks one lead after the other until one gives what it is taken for and can be read.
func (s *siteSearch) askUntilGood(ctx context.Context, leads []crawler.Lead) error {
	for _, lead := range leads {
		t, err := s.ask(ctx, lead)
		if err != nil {
			return err
		}
		if t == nil || t.Failure != nil {
			continue
		}
		for _, part := range crawler.SitemapLeads(t.Listing.Next, crawler.FromIndex) {
			if part.IsNews() && t.Listing.Kind == blotter.KindSitemap {
				if _, err := s.ask(ctx, part); err != nil {
					return err
				}
				break // they are sorted: the last touched one of news
			}
		}
		if !s.all {
			return nil
		}
	}
	return nil
}

// ask asks one place. The trial is nil when there is nothing to say of it: it was asked before, leads to one that was, or is
// a guess that was wrong. It is nil too when the search has asked enough, or the site has turned it away time and again.
func (s *siteSearch) ask(ctx context.Context, lead crawler.Lead) (*trial, error) {
	if s.count >= maxAsked || s.refused >= maxRefused || !s.first(lead.URL) {
		return nil, nil
	}
	s.count++
	s.app.tell("Asking %s\n", plain(lead.URL))
	src := s.source
	src.URL, src.Kind = lead.URL, ""
	t, err := tryList(ctx, s.fetcher, src)
	if err != nil {
		return nil, err
	}
	s.refused++
	if t.Failure == nil || !stays(t.Failure.Reason) {
		s.refused = 0
	}
	switch {
	case t.Page.URL != "" && canonical(t.Page.URL) != canonical(lead.URL) && !s.first(t.Page.URL):
		return nil, nil
	case lead.From == crawler.FromGuess && (t.Failure != nil || t.Listing.Kind != lead.Kind):
		return nil, nil // nobody has said that anything is there
	case t.Failure == nil && len(t.Listing.Items) > 0:
		if err := s.read(ctx, t, src); err != nil {
			return nil, err
		}
	}
	s.add(lead, t)
	return t, nil
}

// first says that a URL has not been asked yet, and notes it.
func (s *siteSearch) first(rawURL string) bool {
	key := canonical(rawURL)
	again := s.asked[key]
	s.asked[key] = true
	return !again
}

// canonical is the one spelling of a URL, or what was given when it is none.
func canonical(rawURL string) string {
	u, err := blotter.CanonicalURL(rawURL)
	if err != nil {
		return rawURL
	}
	return u
}

// read reads an article of a list. Lists of one site often begin with the same one, which is asked for once.
func (s *siteSearch) read(ctx context.Context, t *trial, src blotter.Source) error {
	key := ""
	for _, item := range t.Listing.Items {
		if key == "" || item.Published.Time.After(t.Item.Published.Time) {
			key, t.Item = item.URL, item
		}
	}
	if known := s.articles[key]; known != nil {
		t.Item, t.Article, t.ArticlePage, t.Failure, t.OfArticle = known.Item, known.Article, known.ArticlePage, known.Failure, known.OfArticle
		return nil
	}
	err := t.tryArticle(ctx, s.fetcher, src)
	if err == nil && key != "" {
		s.articles[key] = t
	}
	return err
}

// add notes what asking a lead gave.
func (s *siteSearch) add(lead crawler.Lead, t *trial) {
	c := candidate{
		Kind: t.Listing.Kind, URL: t.URL, Title: cmp.Or(t.Listing.Title, lead.Title), Found: lead.From, Items: len(t.Listing.Items),
		Newest: t.Newest.String(), PerDay: perDay(t.Listing.Items), trial: t,
	}
	c.OK = t.Failure == nil && c.Items > 0
	switch {
	case t.Failure != nil:
		c.Failure = t.failureText()
	case c.Items == 0:
		c.Failure = "it lists nothing"
	}
	if t.Failure == nil {
		c.Article, c.ArticleDate, c.Words = t.Article.Title, t.Article.Published.String(), t.words()
	}
	if src, there := s.config.Reading(t.URL); there {
		c.ReadBy = src.ID
	}
	s.found = append(s.found, c)
}

// perDay is how many items a list has for each day from its first to its last, or 0 when it has too few dates to tell.
func perDay(items []blotter.Item) float64 {
	var first, last time.Time
	dated := 0
	for _, item := range items {
		t := item.Published.Time
		if t.IsZero() {
			continue
		}
		if dated++; first.IsZero() || t.Before(first) {
			first = t
		}
		if t.After(last) {
			last = t
		}
	}
	days := last.Sub(first).Hours() / 24
	if dated < 3 || days <= 0 {
		return 0
	}
	return math.Round(10*float64(dated-1)/days) / 10
}

// rank puts the best first: what can be read before what cannot, what has dates and is alive before what is not, a feed
// before a list that was made for other ends.
func (s *siteSearch) rank() {
	var newest time.Time
	for _, c := range s.found {
		if c.OK && c.trial.Newest.Time.After(newest) {
			newest = c.trial.Newest.Time
		}
	}
	worth := func(c candidate) [4]int {
		w := [4]int{3: kindRank[c.Kind]}
		for i, flaw := range []bool{!c.OK, c.trial.Newest.IsZero(), newest.Sub(c.trial.Newest.Time) > staleAfter} {
			if flaw {
				w[i] = 1
			}
		}
		return w
	}
	slices.SortStableFunc(s.found, func(a, b candidate) int {
		x, y := worth(a), worth(b)
		return slices.Compare(x[:], y[:])
	})
	for i := range s.found {
		s.found[i].N = i + 1
	}
}

// kindRank is the order of kinds that list the same: a feed is made to be read by programs, a sitemap to be read by those of
// search engines, a page by people.
var kindRank = map[blotter.Kind]int{blotter.KindFeed: 0, blotter.KindStatus: 0, blotter.KindSitemap: 1, blotter.KindListing: 2, "": 3}
