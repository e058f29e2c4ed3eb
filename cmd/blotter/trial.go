package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"blotter"
	"blotter/crawler"
	"blotter/internal/pipeline"
)

// What a trial asks for beside the list itself: sitemaps of an index until one lists something, and articles until one can
// be read. An item may be a video or a page of pictures; three in a row are the site's way.
const (
	trialSitemaps = 3
	trialArticles = 3
)

// trial is what asking a place for its list gave, and reading one of its articles. Nothing of it is kept.
type trial struct {
	Robots      string
	CrawlDelay  time.Duration
	Status      int          // of the last answer
	URL         string       // where the list is: what was asked, or where that has moved for good
	Page        blotter.Page // the list as it came
	Listing     crawler.Listing
	Newest      blotter.Date
	Item        blotter.Item // whose page was read
	ArticlePage blotter.Page
	Article     blotter.Article
	Failure     *blotter.Failure // nil: all of it went well
	OfArticle   bool             // the list is good, and the failure is that of its articles
}

// tryList asks a source for its items. What the world gets wrong is the trial's failure; the error is one of our own.
func tryList(ctx context.Context, f *crawler.Fetcher, src blotter.Source) (*trial, error) {
	t := &trial{URL: src.URL}
	if err := t.ask(ctx, f, src); err != nil {
		return t, t.fail(err)
	}
	for _, next := range t.Listing.Next[:min(len(t.Listing.Next), trialSitemaps)] {
		if t.Listing.Kind != blotter.KindSitemap || len(t.Listing.Items) > 0 {
			break
		}
		part := src
		part.URL, part.Kind = next, blotter.KindSitemap
		more := &trial{}
		if err := more.ask(ctx, f, part); err != nil {
			return t, t.fail(err)
		}
		t.Listing.Items = more.Listing.Items
	}
	t.Newest = newestOf(t.Listing.Items)
	return t, nil
}

// ask fetches and lists one page.
func (t *trial) ask(ctx context.Context, f *crawler.Fetcher, src blotter.Source) error {
	answer, err := f.Fetch(ctx, crawler.Request{URL: src.URL, Feed: src.Kind != blotter.KindListing && src.Kind != ""})
	t.Robots, t.Page = answer.Robots, answer.Page
	if n := len(answer.Exchanges); n > 0 {
		t.Status = answer.Exchanges[n-1].Status
	}
	if moved := movedTo(answer.Exchanges); moved != "" {
		t.URL = moved
	}
	if err != nil {
		return err
	}
	robots, err := f.Robots(ctx, src.URL) // known by now, and not asked for again
	if err == nil {
		t.CrawlDelay = robots.Delay
	}
	t.Listing, err = crawler.List(answer.Page, src)
	return err
}

// movedTo is where redirects for good have led, or "" when there was none or one of them may end.
func movedTo(exchanges []blotter.Exchange) string {
	for i, x := range exchanges {
		if i == len(exchanges)-1 && i > 0 {
			return x.URL
		}
		if x.Status != http.StatusMovedPermanently && x.Status != http.StatusPermanentRedirect {
			break
		}
	}
	return ""
}

// newestOf is the latest date of the items. One that lies ahead is that of an event.
func newestOf(items []blotter.Item) (newest blotter.Date) {
	ahead := time.Now().Add(24 * time.Hour)
	for _, item := range items {
		if item.Published.Time.After(newest.Time) && item.Published.Time.Before(ahead) {
			newest = item.Published
		}
	}
	return newest
}

// tryArticle reads an article of the list, the newest that can be read.
func (t *trial) tryArticle(ctx context.Context, f *crawler.Fetcher, src blotter.Source) error {
	items := slices.Clone(t.Listing.Items)
	slices.SortStableFunc(items, func(a, b blotter.Item) int { return b.Published.Time.Compare(a.Published.Time) })
	items = slices.DeleteFunc(items, func(i blotter.Item) bool { return i.URL == "" })
	if len(items) == 0 && len(t.Listing.Items) > 0 {
		return t.fail(blotter.Fail(blotter.ReasonLayout, "none of %s has a link", plural(len(t.Listing.Items), "item")))
	}
	for _, item := range items[:min(len(items), trialArticles)] {
		t.Item, t.Failure, t.OfArticle = item, nil, false
		answer, err := f.Fetch(ctx, crawler.Request{URL: item.URL})
		if err == nil {
			t.ArticlePage = answer.Page
			t.Article, err = pipeline.ReadPage(answer.Page, src, item)
		}
		if err == nil {
			return nil
		}
		if err := t.fail(err); err != nil {
			return err
		}
		if t.OfArticle = true; stays(t.Failure.Reason) {
			break
		}
	}
	return nil
}

// stays says of a reason that the next page of the host would meet it too.
func stays(r blotter.Reason) bool {
	switch r {
	case blotter.ReasonDNS, blotter.ReasonConnect, blotter.ReasonAddress, blotter.ReasonBusy, blotter.ReasonDenied, blotter.ReasonChallenge:
		return true
	}
	return false
}

// fail notes the world's failure; an error of our own it hands on.
func (t *trial) fail(err error) error {
	if t.Failure = blotter.AsFailure(err); t.Failure == nil {
		return err
	}
	return nil
}

// words counts those of the article that was read.
func (t *trial) words() int { return len(strings.Fields(t.Article.Body)) }

// failureText is the failure with what failed.
func (t *trial) failureText() string {
	if t.OfArticle {
		return fmt.Sprintf("%s: %v", t.Item.URL, t.Failure)
	}
	return t.Failure.Error()
}

// nextStep says what to do about the failure of a source.
func (t *trial) nextStep(src blotter.Source) string {
	find := "blotter sources add " + homeOf(src.URL)
	switch t.Failure.Reason {
	case blotter.ReasonChallenge:
		return "the site wants visitors to prove that they are human: disable the source, or look for another way in with '" + find + "'"
	case blotter.ReasonDenied:
		return "the site turns programs away: ask its operator, disable the source, or look for another way in with '" + find + "'"
	case blotter.ReasonRobots:
		return "robots.txt does not want it read: disable the source, or look for another way in with '" + find + "'"
	case blotter.ReasonBusy:
		return fmt.Sprintf("the host asked us to wait: try again in %s", max(t.Failure.Wait.Round(time.Minute), time.Minute))
	case blotter.ReasonAddress:
		return "the host is not public: if it is a newsroom of your own, name it in crawl.allow of blotter.yaml"
	case blotter.ReasonSize:
		return "raise crawl.max_feed or crawl.max_page in blotter.yaml, if so much is honest"
	case blotter.ReasonDNS, blotter.ReasonConnect, blotter.ReasonTimeout, blotter.ReasonStatus:
		return "try again later; if it stays so, see where the site has gone with '" + find + "'"
	case blotter.ReasonGone, blotter.ReasonRedirect, blotter.ReasonURL:
		if t.OfArticle {
			return "the list leads to pages that are gone; look for a better list with '" + find + "'"
		}
		return "it is no longer there: find where it is now with '" + find + "'"
	case blotter.ReasonFormat:
		if t.OfArticle {
			return "its items are no pages with text; selectors.items can point to those that are"
		}
		return "it is no " + string(src.Kind) + ": find what the site has with '" + find + "'"
	case blotter.ReasonLayout:
		return "no list of articles is found: let selectors.items name the elements that each hold one item ('blotter list --help' tries them on a saved page)"
	case blotter.ReasonShell:
		return "its pages come without text, or scripts fill them in: look at one in a browser without scripts; selectors.body helps where there is a text"
	case blotter.ReasonIndex:
		return "its items lead to pages of links: let selectors.items name the elements that hold articles"
	}
	return "what came cannot be read: keep the page, and see 'blotter extract --help'"
}

// homeOf is the front page of a URL's host.
func homeOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return rawURL
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}).String()
}
