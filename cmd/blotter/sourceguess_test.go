package main

import (
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/configs"
	"blotter/crawler"
)

func TestZones(t *testing.T) {
	for country, zone := range zones {
		if _, err := time.LoadLocation(zone); err != nil {
			t.Errorf("%s: %v", country, err)
		}
	}
	for _, country := range manyZones {
		if zones[country] == "" {
			t.Errorf("%s has no zone at all", country)
		}
	}
}

func TestFillIn(t *testing.T) {
	page := func(lang string) blotter.Page { return blotter.Page{Body: []byte(`<html lang="` + lang + `">`)} }
	for _, test := range []struct {
		url, name, pageLang, textLang             string
		country, language, zone, publisher, notes string
	}{
		{"https://www.norland.police.uk/news", "", "en-GB", "en", "gb", "en-GB", "Europe/London", "police", "language from the page, country from .uk, time zone from country gb, publisher from the host"},
		{"https://www.norland.police.uk/news", "", "en-US", "en", "gb", "en-US", "Europe/London", "police", ""},
		{"https://news.example.com/", "", "en-US", "en", "int", "en-US", "UTC", "press", "country for want of a better"},
		{"https://news.example.com/", "", "en-ie", "en", "ie", "en-IE", "Europe/Dublin", "press", "country from the language"},
		{"https://www.justice.gov/news", "", "en", "en", "us", "en", "America/New_York", "government", "country us (it has several)"},
		{"https://presse.polizei-nord.de/", "", "en", "de", "de", "de", "Europe/Berlin", "police", "language from the text"},
		{"https://start.io/", "Norland Constabulary", "", "", "int", "en", "UTC", "police", "publisher from the name"},
		{"https://www.europol.europa.eu/", "", "", "en", "eu", "en", "Europe/Brussels", "government", ""},
		{"https://www.interior.gouv.fr/", "", "fr", "", "fr", "fr", "Europe/Paris", "government", ""},
		{"http://127.0.0.1:80/", "", "", "", "int", "en", "UTC", "press", ""},
		{"https://news.xn--p1ai/", "", "", "ru", "int", "ru", "UTC", "press", ""},
	} {
		src := blotter.Source{URL: test.url, Name: test.name}
		got := fillIn(&src, &trial{ArticlePage: page(test.pageLang), Article: blotter.Article{Lang: test.textLang}})
		if src.Country != test.country || src.Language != test.language || src.TimeZone != test.zone || src.Publisher != test.publisher {
			t.Errorf("%s: %s %s %s %s", test.url, src.Country, src.Language, src.TimeZone, src.Publisher)
		}
		if !strings.Contains(got.String(), test.notes) {
			t.Errorf("%s: %s", test.url, got.String())
		}
		src.ID, src.Name, src.Kind = "x", "x", blotter.KindFeed
		if err := (&configs.Config{Crawl: configs.Crawl{Allow: []string{"127.0.0.1:80"}}}).CheckAddition(configs.Addition{Source: src}); err == nil || !strings.Contains(err.Error(), "disabled without saying why") || strings.Contains(err.Error(), ";") {
			t.Errorf("%s: what is guessed is no configuration: %v", test.url, err)
		}
	}
	said := blotter.Source{Country: "fr", Language: "br", TimeZone: "Europe/Rome", Publisher: "trade", Schedule: "@daily"}
	src := said
	if g := fillIn(&src, &trial{ArticlePage: page("en-GB")}); src.Country != said.Country || src.Language != said.Language ||
		src.TimeZone != said.TimeZone || src.Publisher != said.Publisher || src.Schedule != said.Schedule || g.String() != "" {
		t.Errorf("what was said became %+v, %s", src, g.String())
	}
}

// every is n items with that time between two.
func every(n int, gap time.Duration) (items []blotter.Item) {
	for i := range n {
		items = append(items, blotter.Item{Published: blotter.Date{Time: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * gap)}})
	}
	return items
}

func TestScheduleFor(t *testing.T) {
	days := append(every(10, 0), every(10, 24*time.Hour)...) // a busy list with days alone
	for _, test := range []struct {
		what    string
		listing crawler.Listing
		want    string
		perDay  float64
	}{
		{"minutes", crawler.Listing{Items: every(20, 10*time.Minute)}, "every 30m", 144},
		{"two hours", crawler.Listing{Items: every(20, 2*time.Hour)}, "every 1h", 12},
		{"a quarter of a day", crawler.Listing{Items: every(20, 6*time.Hour)}, "every 3h", 4},
		{"half a day", crawler.Listing{Items: every(20, 12*time.Hour)}, "every 6h", 2},
		{"months", crawler.Listing{Items: every(20, 1000*time.Hour)}, "every 12h", 0},
		{"no dates", crawler.Listing{Items: make([]blotter.Item, 20)}, "every 1h", 0},
		{"two dates", crawler.Listing{Items: every(2, time.Hour)}, "every 1h", 0},
		{"ttl", crawler.Listing{Items: every(20, time.Minute), TTL: 4 * time.Hour}, "every 6h", 1440},
		{"days alone", crawler.Listing{Items: days}, "every 6h", 2.1},
		{"all on one day", crawler.Listing{Items: every(10, 0)}, "every 30m", 0},
	} {
		if got := scheduleFor(test.listing); got != test.want {
			t.Errorf("%s: %s, want %s", test.what, got, test.want)
		}
		if got := perDay(test.listing.Items); got != test.perDay {
			t.Errorf("%s: %v a day, want %v", test.what, got, test.perDay)
		}
	}
}

func TestRank(t *testing.T) {
	at := func(month time.Month) *trial {
		return &trial{Newest: blotter.Date{Time: time.Date(2026, month, 1, 0, 0, 0, 0, time.UTC)}}
	}
	s := &siteSearch{found: []candidate{
		{URL: "failed feed", Kind: blotter.KindFeed, trial: at(7)},
		{URL: "page", OK: true, Kind: blotter.KindListing, trial: at(6)},
		{URL: "undated sitemap", OK: true, Kind: blotter.KindSitemap, trial: &trial{}},
		{URL: "dead feed", OK: true, Kind: blotter.KindFeed, trial: at(2)},
		{URL: "feed", OK: true, Kind: blotter.KindFeed, trial: at(6)},
		{URL: "second feed", OK: true, Kind: blotter.KindFeed, trial: at(6)},
		{URL: "news sitemap", OK: true, Kind: blotter.KindSitemap, trial: at(6)},
	}}
	s.rank()
	var order []string
	for i, c := range s.found {
		if order = append(order, c.URL); c.N != i+1 {
			t.Errorf("%s has number %d", c.URL, c.N)
		}
	}
	if got := strings.Join(order, ", "); got != "feed, second feed, news sitemap, page, dead feed, undated sitemap, failed feed" {
		t.Errorf("have %s", got)
	}
}
