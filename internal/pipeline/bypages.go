package pipeline

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"

	"blotter"
	"blotter/archive"
	"blotter/crawler"
)

// pageWay turns the pages of a listing: by its links to the next page, where there are none by the usual numbers, and
// by its lists of years and months.
//
// A run of pages ends at one that cannot be had, that has nothing which no list before it had, or of which every
// item was published before the first day.
type pageWay struct{ *digger }

// The steps that lead from one page to another.
const (
	stepRoot   = "root"   // the listing itself
	stepNext   = "next"   // its own link to the next page
	stepNumber = "number" // the next number, where the one before was good
	stepYear   = "year"   // a list of a year or a month, linked or guessed
	stepMonth  = "month"
)

// guesses are the second pages that sites have, tried one after the other until one is good. The name of a step is
// the guess that led to it.
var guesses = []struct {
	step string
	page func(root *url.URL) string
}{
	{"?page", func(u *url.URL) string { return withQuery(u, "page", "2") }},
	{"/page/", func(u *url.URL) string { return withPath(u, "page/2/") }},
	{"?paged", func(u *url.URL) string { return withQuery(u, "paged", "2") }},
}

func (w pageWay) roots(context.Context) ([]archive.Lead, error) {
	var roots []string
	if w.source.Kind != blotter.KindSitemap {
		roots = append(roots, w.source.URL)
	}
	if w.source.Kind != blotter.KindListing {
		// A feed or a sitemap stands in the folder of what it lists, more often than not: /news/feed/, /news/rss.xml.
		if u, err := url.Parse(w.source.URL); err == nil {
			folder := *u
			folder.Path, folder.RawPath, folder.RawQuery = path.Dir(strings.TrimSuffix(u.Path, "/")), "", ""
			if !strings.HasSuffix(folder.Path, "/") {
				folder.Path += "/"
			}
			roots = append(roots, folder.String())
		}
	}
	return step(stepRoot, roots...), nil
}

func (w pageWay) read(_ archive.Lead, page blotter.Page) (reading, error) {
	src := w.source
	src.Kind = "" // a site's archive may be of another kind than its source
	listing, err := crawler.List(page, src)
	if err != nil {
		return reading{}, err
	}
	r := reading{next: listing.Next, archives: listing.Archives}
	if listing.Kind == blotter.KindSitemap {
		return reading{}, nil // for another way
	}
	for _, item := range listing.Items {
		r.found = append(r.found, archive.Found{Item: item, Outside: w.scope.outside(item)})
	}
	return r, nil
}

func (w pageWay) next(lead archive.Lead, r reading, fresh int) []archive.Lead {
	leads := w.archives(r.archives)
	switch {
	case w.over(r):
		return leads
	case fresh == 0 && lead.Step == stepYear && isOfYear(lead.URL, r):
		// The year begins with what the listing itself shows: its months may hold more.
	case fresh == 0:
		return append(leads, w.otherGuess(lead)...)
	case len(r.next) > 0:
		return append(step(stepNext, r.next...), leads...)
	}
	u, err := url.Parse(lead.URL)
	if err != nil || lead.Step == stepNext {
		return leads // the last page: others had a link to the next
	}
	if at, ok := following(u); ok {
		return append(step(stepNumber, at), leads...)
	}
	if lead.Step == stepRoot {
		return append(leads, step(guesses[0].step, guesses[0].page(u))...)
	}
	if lead.Step == stepYear && len(r.archives) == 0 && len(r.next) == 0 {
		return w.months(u)
	}
	return leads
}

// over says that all items of a page were published before the first day.
func (w pageWay) over(r reading) bool {
	for _, f := range r.found {
		if !w.scope.before(f.Item.Published) {
			return false
		}
	}
	return len(r.found) > 0
}

// otherGuess is what is tried when a guess was wrong: the next one and, after the last, the lists of years.
func (w pageWay) otherGuess(lead archive.Lead) []archive.Lead {
	for i, g := range guesses {
		if g.step != lead.Step {
			continue
		}
		root := rootOf(lead.URL)
		if i+1 < len(guesses) {
			return step(guesses[i+1].step, guesses[i+1].page(root))
		}
		return w.years(root)
	}
	return nil
}

// years guesses the lists of years below a listing, the last year first.
func (w pageWay) years(root *url.URL) []archive.Lead {
	last := w.p.now()
	if !w.scope.end.IsZero() {
		last = w.scope.end.Add(-1)
	}
	var urls []string
	for y := last.Year(); y >= w.scope.from.Year(); y-- {
		urls = append(urls, withPath(root, fmt.Sprintf("%04d/", y)))
	}
	return step(stepYear, urls...)
}

// months guesses the lists of months below that of a year which names none.
func (w pageWay) months(year *url.URL) []archive.Lead {
	var urls []string
	for m := 12; m >= 1; m-- {
		urls = append(urls, withPath(year, fmt.Sprintf("%02d/", m)))
	}
	return w.archives(urls)
}

// isOfYear says that the items of a list are of the year that its address names, as far as they have dates: some sites
// answer with their front page whatever is asked for.
func isOfYear(at string, r reading) bool {
	dated := 0
	for _, f := range r.found {
		d := f.Item.Published
		if d.IsZero() {
			continue
		}
		if yearOf(at) != d.Time.Year() {
			return false
		}
		dated++
	}
	return dated > 0
}

// yearOf is the last year in an address, or 0.
func yearOf(at string) int {
	years := yearIn.FindAllString(at, -1)
	if len(years) == 0 {
		return 0
	}
	year, _ := strconv.Atoi(years[len(years)-1])
	return year
}

var yearIn = regexp.MustCompile(`(?:19|20)\d\d`)

// archives takes the lists of years and months that reach into the dates that are asked for.
func (w pageWay) archives(urls []string) []archive.Lead {
	var leads []archive.Lead
	for _, at := range urls {
		year := yearOf(at)
		if year < w.scope.from.Year() || !w.scope.end.IsZero() && year > w.scope.end.Year() {
			continue
		}
		name := stepMonth
		if strings.HasSuffix(strings.TrimSuffix(at, "/"), strconv.Itoa(year)) {
			name = stepYear
		}
		leads = append(leads, step(name, at)...)
	}
	return leads
}

var numberedPath = regexp.MustCompile(`(.*/page/)(\d{1,6})(/?)$`)

// following is the address with the next number, where it has one.
func following(u *url.URL) (string, bool) {
	for _, name := range []string{"page", "paged", "p"} {
		if n, err := strconv.Atoi(u.Query().Get(name)); err == nil {
			return withQuery(u, name, strconv.Itoa(n+1)), true
		}
	}
	m := numberedPath.FindStringSubmatch(u.Path)
	if m == nil {
		return "", false
	}
	n, _ := strconv.Atoi(m[2])
	next := *u
	next.Path, next.RawPath = m[1]+strconv.Itoa(n+1)+m[3], ""
	return next.String(), true
}

// rootOf takes a guess back.
func rootOf(guess string) *url.URL {
	u, err := url.Parse(guess)
	if err != nil {
		return &url.URL{} // it was made from one that could be read
	}
	values := u.Query()
	values.Del("page")
	values.Del("paged")
	u.RawQuery = values.Encode()
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "page/2/"), ""
	return u
}

func withQuery(u *url.URL, name, value string) string {
	next := *u
	values := u.Query()
	values.Set(name, value)
	next.RawQuery = values.Encode()
	return next.String()
}

func withPath(u *url.URL, below string) string {
	next := *u
	next.Path, next.RawPath = strings.TrimSuffix(u.Path, "/")+"/"+below, ""
	return next.String()
}
