package classify

import (
	"testing"

	"blotter"
	"blotter/internal/corpora"
)

// BenchmarkPack tags real articles with the default pack, statuses and facts included.
func BenchmarkPack(b *testing.B) {
	var articles []blotter.Article
	for _, a := range corpora.Bulk(b, 12_000) {
		articles = append(articles, blotter.Article{Title: a.Title, Body: a.Text})
	}
	p := defaultPack(b)
	b.ReportAllocs()
	bytes := 0
	for i := 0; b.Loop(); i++ {
		a := &articles[i%len(articles)]
		bytes += len(a.Body)
		p.Tags(a)
	}
	b.SetBytes(int64(bytes / b.N))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "articles/s")
}
