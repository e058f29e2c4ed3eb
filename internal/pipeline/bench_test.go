package pipeline

import (
	"os"
	"testing"

	"blotter/internal/corpora"
)

// BenchmarkImport takes 12,000 real articles through every step but the network. An operation is the whole file.
func BenchmarkImport(b *testing.B) {
	name := corpora.Path(b, "bulk", "articles.jsonl.gz")
	for b.Loop() {
		b.StopTimer()
		p := newPipeline(b, nil)
		f, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		s, err := p.Import(b.Context(), []Input{{Name: name, Reader: f}})
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
		if s.Indexed != s.Articles || s.Articles < 11_000 {
			b.Fatalf("%d articles were read and %d indexed", s.Articles, s.Indexed)
		}
		b.ReportMetric(float64(s.Articles)/s.Elapsed.Seconds(), "articles/s")
	}
}
