package newsroom

import (
	"bytes"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"blotter"
	"blotter/testdata"
)

// Bulk describes newsrooms of invented articles, for load tests. The texts are made when they are asked for, so
// that a million of them takes no more memory than one, and are the same for the same Seed in every run.
type Bulk struct {
	Articles int          // in all
	Hosts    int          // newsrooms that share them, as evenly as may be; 0 means 1
	Kind     blotter.Kind // how the newsrooms are listed: KindFeed, one feed of all; KindListing, pages; "" means KindSitemap, an index
	Pager    Pager        // how a listing goes on; "" means PagerNext
	Seed     uint64
}

// sitemapSize is the number of URLs in one sitemap of a bulk site.
const sitemapSize = 1000

// Start serves the newsrooms bulk-1, bulk-2 and so on. In their second edition each hundredth article carries a
// correction.
func (b Bulk) Start() (*Newsrooms, error) {
	hosts := max(1, b.Hosts)
	n := newNewsrooms()
	templates := map[string]executer{}
	if err := b.parse(templates); err != nil {
		return nil, err
	}
	for i := range hosts {
		first, end := b.Articles*i/hosts, b.Articles*(i+1)/hosts
		name := fmt.Sprintf("bulk-%d", i+1)
		source := british(blotter.Source{
			ID: name, Name: fmt.Sprintf("Bulk newsroom %d", i+1), Kind: blotter.KindSitemap, URL: "/sitemap_index.xml",
			Schedule: "@hourly", Publisher: "press",
		})
		if b.Kind == blotter.KindFeed {
			source.Kind, source.URL = blotter.KindFeed, "/feed.xml"
		}
		if b.Kind == blotter.KindListing {
			source.Kind, source.URL = blotter.KindListing, "/news/"
		}
		site := &bulkSite{title: source.Name, seed: b.Seed, first: first, count: end - first, pager: b.Pager, templates: templates}
		site.sort()
		h := &host{name: name, sources: []blotter.Source{source}, content: site}
		if err := n.listen(h); err != nil {
			n.Close()
			return nil, err
		}
		site.base = h.base()
	}
	n.serve()
	return n, nil
}

// parse reads the templates of a bulk site.
func (b Bulk) parse(templates map[string]executer) error {
	for _, file := range []string{"article.html", "listing.html", "sitemap_index.xml", "sitemap.xml", "feed.xml", "notfound.html"} {
		t, err := parseTemplate(testdata.Sites, "sites/bulk", file)
		if err != nil {
			return fmt.Errorf("bulk newsroom: %w", err)
		}
		templates[file] = t
	}
	return nil
}

// bulkSite is one newsroom of a Bulk. It shows the articles first to first+count-1.
type bulkSite struct {
	title        string
	base         string
	seed         uint64
	first, count int
	pager        Pager
	order        []int // the articles, newest first
	templates    map[string]executer
}

// bulkView is what the templates of a bulk site are given.
type bulkView struct {
	view
	Numbers []int    // of the sitemaps, from 1
	Years   []int    // of which there are lists
	Months  []string // likewise, of the year shown, as paths
	Links   bool     // to the next page
}

func (s *bulkSite) answer(name, query string, edition int) (answer, error) {
	v := bulkView{view: view{Name: s.title, Base: s.base, URL: s.base + name}}
	dir, file := path.Split(name)
	number, err := strconv.Atoi(strings.TrimSuffix(file, path.Ext(file)))
	sitemaps := (s.count + sitemapSize - 1) / sitemapSize
	switch {
	case name == "/robots.txt":
		return answer{mime: mimes[".txt"], body: []byte("User-agent: *\nAllow: /\nSitemap: " + s.base + "/sitemap_index.xml\n")}, nil
	case name == "/sitemap_index.xml":
		for i := range sitemaps {
			v.Numbers = append(v.Numbers, i+1)
		}
		return s.render("sitemap_index.xml", v)
	case name == "/feed.xml":
		v.Articles = s.articles(0, s.count, edition)
		return s.render("feed.xml", v)
	case dir == "/sitemaps/" && err == nil && 1 <= number && number <= sitemaps:
		from := (number - 1) * sitemapSize
		v.Articles = s.articles(from, min(from+sitemapSize, s.count), edition)
		return s.render("sitemap.xml", v)
	case dir == "/news/" && err == nil && s.first <= number && number < s.first+s.count:
		v.Article = invent(s.seed, number, edition)
		a, err := s.render("article.html", v)
		a.modified = v.Article.Changed()
		return a, err
	case strings.HasPrefix(name, "/news/"):
		if s.list(&v, strings.TrimPrefix(name, "/news/"), query, edition) {
			return s.render("listing.html", v)
		}
	}
	a, err := s.render("notfound.html", v)
	a.status = 404
	return a, err
}

// articles invents the articles from..end-1 of the site.
func (s *bulkSite) articles(from, end, edition int) []*article {
	articles := make([]*article, 0, end-from)
	for i := from; i < end; i++ {
		articles = append(articles, invent(s.seed, s.first+i, edition))
	}
	return articles
}

func (s *bulkSite) render(file string, v bulkView) (answer, error) {
	var b bytes.Buffer
	if err := s.templates[file].Execute(&b, v); err != nil {
		return answer{}, fmt.Errorf("bulk newsroom: %w", err)
	}
	modified := time.Date(2026, 4, 21, 6, 0, 0, 0, time.UTC)
	return answer{mime: mimes[path.Ext(file)], body: b.Bytes(), modified: modified}, nil
}
