package newsroom

import (
	"net/http"

	"blotter"
)

// site is one newsroom of testdata.
type site struct {
	name        string // its folder
	title       string
	articlePage string // the template of its article pages
	pages       []page
	sources     []blotter.Source // URL is a path
	header      http.Header      // sent with every answer
	noETag      bool             // answers carry Last-Modified alone
}

// page is a page that is no article.
type page struct {
	path   string
	file   string
	mime   string // "" means that of the file's extension
	status int    // 0 means 200
	size   int    // articles a page; 0 means all
}

// mimes is the Content-Type of a template's output by the file's extension.
var mimes = map[string]string{
	".html": "text/html; charset=utf-8",
	".xml":  "application/xml; charset=utf-8",
	".txt":  "text/plain; charset=utf-8",
}

// sites is the table of the newsrooms. To add one, write its folder and an entry here.
var sites = []site{
	{
		name: "norrshire-police", title: "Norrshire Police", articlePage: "article.html",
		pages: []page{
			{path: "/robots.txt", file: "robots.txt"},
			{path: "/news/rss", file: "feed.xml", mime: "application/rss+xml; charset=utf-8"},
		},
		header: http.Header{"Server": {"Microsoft-IIS/10.0"}, "X-Frame-Options": {"SAMEORIGIN"}},
		sources: []blotter.Source{british(blotter.Source{
			ID: "norrshire-police", Name: "Norrshire Police", Kind: blotter.KindFeed, URL: "/news/rss",
			Schedule: "@every 30m", Publisher: "police",
			Selectors: blotter.Selectors{Date: ".article-meta"}, DateFormat: "Published: 15:04 02/01/2006",
		})},
	},
	{
		name: "ct-east", title: "Counter Terrorism Policing Eastern Counties", articlePage: "article.html", noETag: true,
		pages: []page{{path: "/news/", file: "listing.html", size: 10}},
		sources: []blotter.Source{british(blotter.Source{
			ID: "ct-east", Name: "Counter Terrorism Policing Eastern Counties", Kind: blotter.KindListing, URL: "/news/",
			Schedule: "7,37 * * * *", Publisher: "police",
		})},
	},
	{
		name: "marlbeck-courier", title: "The Marlbeck Courier", articlePage: "article.html",
		pages: []page{
			{path: "/robots.txt", file: "robots.txt"},
			{path: "/sitemap_index.xml", file: "sitemap_index.xml"},
			{path: "/sitemaps/news.xml", file: "news.xml"},
			{path: "/sitemaps/archive.xml", file: "archive.xml"},
		},
		header: http.Header{"Cache-Control": {"public, max-age=60"}},
		sources: []blotter.Source{british(blotter.Source{
			ID: "marlbeck-courier", Name: "The Marlbeck Courier", Kind: blotter.KindSitemap, URL: "/sitemap_index.xml",
			Schedule: "@hourly", Publisher: "press",
		})},
	},
	{
		name: "threat-office", title: "Office for Threat Assessment", articlePage: "level.html",
		pages: []page{
			{path: "/robots.txt", file: "robots.txt"},
			{path: "/threat-level.xml", file: "threat-level.xml", mime: "application/rss+xml; charset=utf-8"},
		},
		sources: []blotter.Source{british(blotter.Source{
			ID: "threat-level", Name: "National threat level", Kind: blotter.KindStatus, URL: "/threat-level.xml",
			Schedule: "*/15 * * * *", Publisher: "government",
		})},
	},
	{
		name: "fenmarsh-gazette", title: "Fenmarsh Gazette", articlePage: "article.html",
		pages: []page{
			{path: "/robots.txt", file: "robots.txt"},
			{path: "/feed/", file: "feed.xml", mime: "text/xml; charset=UTF-8"},
			{path: "/archive/feed/", file: "feed.xml", mime: "text/xml; charset=UTF-8"},
			{path: "/alerts/feed/", file: "challenge.html"},
			{path: "/courts/feed/", file: "challenge.html", status: http.StatusForbidden},
		},
		header: http.Header{"X-Pingback": {"/xmlrpc.php"}},
		sources: []blotter.Source{
			british(blotter.Source{
				ID: "fenmarsh-gazette", Name: "Fenmarsh Gazette", Kind: blotter.KindFeed, URL: "/feed/",
				Schedule: "@hourly", Publisher: "press",
			}),
			british(blotter.Source{
				ID: "fenmarsh-alerts", Name: "Fenmarsh Gazette: alerts (a challenge page, status 200)",
				Kind: blotter.KindFeed, URL: "/alerts/feed/", Schedule: "@hourly", Publisher: "press",
			}),
			british(blotter.Source{
				ID: "fenmarsh-courts", Name: "Fenmarsh Gazette: courts (a challenge page, status 403)",
				Kind: blotter.KindFeed, URL: "/courts/feed/", Schedule: "@hourly", Publisher: "press",
			}),
			british(blotter.Source{
				ID: "fenmarsh-archive", Name: "Fenmarsh Gazette: archive (robots.txt says no)",
				Kind: blotter.KindFeed, URL: "/archive/feed/", Schedule: "@daily", Publisher: "press",
			}),
		},
	},
}

// british completes a source of the made-up county.
func british(s blotter.Source) blotter.Source {
	s.TimeZone, s.Country, s.Language, s.Enabled = "Europe/London", "gb", "en-GB", true
	s.Licence = "written for this program's tests; Apache-2.0"
	return s
}
