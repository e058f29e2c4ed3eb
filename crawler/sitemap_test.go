package crawler

import (
	"slices"
	"testing"
	"time"

	"blotter"
)

func TestSitemapsOfAnIndex(t *testing.T) {
	const index = `<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://press.example/2019.xml</loc><lastmod>2019-12-31</lastmod></sitemap>
<sitemap><loc>https://press.example/undated-1.xml</loc></sitemap>
<sitemap><loc>https://press.example/2024.xml</loc><lastmod>2024-06-03T14:05:00+01:00</lastmod></sitemap>
<sitemap><loc>https://press.example/undated-2.xml</loc><lastmod>soon</lastmod></sitemap>
<sitemap><loc>https://press.example/2023.xml</loc><lastmod>2023-12-31</lastmod></sitemap>
</sitemapindex>`
	got, err := List(blotter.Page{URL: "https://press.example/sitemap.xml", Body: []byte(index)}, blotter.Source{Kind: blotter.KindSitemap})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"https://press.example/2024.xml", "https://press.example/2023.xml", "https://press.example/2019.xml",
		"https://press.example/undated-1.xml", "https://press.example/undated-2.xml",
	}
	if !slices.Equal(got.Next, want) {
		t.Errorf("the sitemaps are %q, want the last touched first: %q", got.Next, want)
	}
	if len(got.Touched) != 3 || !got.Touched[want[2]].Equal(time.Date(2019, 12, 31, 23, 59, 59, 0, time.UTC)) {
		t.Errorf("touched %v; a day is touched until its end", got.Touched)
	}
}

func TestSitemapTouched(t *testing.T) {
	const urls = `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc> /a#top </loc><lastmod>2016-02</lastmod></url>
<url><loc>https://press.example/b</loc><lastmod>2016</lastmod></url>
<url><loc>https://press.example/c</loc></url>
<url><loc>javascript:x</loc><lastmod>2016</lastmod></url>
</urlset>`
	got, err := List(blotter.Page{URL: "https://press.example/sitemap.xml", Body: []byte(urls)}, blotter.Source{Kind: blotter.KindSitemap})
	if err != nil {
		t.Fatal(err)
	}
	end := func(m time.Month) time.Time { return time.Date(2016, m+1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Second) }
	if len(got.Touched) != 2 || !got.Touched[got.Items[0].URL].Equal(end(time.February)) || !got.Touched["https://press.example/b"].Equal(end(time.December)) {
		t.Errorf("touched %v; items %v", got.Touched, got.Items)
	}
}
