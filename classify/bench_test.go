package classify

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"

	"blotter"
	"blotter/internal/corpora"
)

// bulk are some thousand real articles, which lie beside the repository where they lie at all.
func bulk(tb testing.TB, most int) []blotter.Article {
	tb.Helper()
	f, err := os.Open(corpora.Path(tb, "bulk", "articles.jsonl.gz"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	var out []blotter.Article
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() && len(out) < most {
		var a struct{ Title, Text string }
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			tb.Fatal(err)
		}
		out = append(out, blotter.Article{Title: a.Title, Body: a.Text})
	}
	return out
}

// BenchmarkPack tags real articles with the default pack, statuses and facts included.
func BenchmarkPack(b *testing.B) {
	articles := bulk(b, 12_000)
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
