package crawler

import (
	"slices"
	"testing"

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
}
