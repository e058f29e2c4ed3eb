package index

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"blotter"
	"blotter/internal/corpora"
)

// bulk reads the real articles that lie beside the repository, where they do.
func bulk(b *testing.B) ([]blotter.Article, shelf) {
	b.Helper()
	f, err := os.Open(corpora.Path(b, "bulk", "articles.jsonl.gz"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	var articles []blotter.Article
	texts := shelf{}
	for d := json.NewDecoder(z); d.More(); {
		var r struct{ ID, Source, Title, Text string }
		if err := d.Decode(&r); err != nil {
			b.Fatal(err)
		}
		a := blotter.Article{
			ID: blotter.ArticleID(r.ID), Source: r.Source, URL: "https://example.org/" + r.ID, Lang: "en", Title: r.Title, Body: r.Text,
			Published: blotter.Date{Time: time.Unix(1_100_000_000+int64(len(articles))*20_000, 0).UTC(), Precision: blotter.Minute},
		}
		articles = append(articles, a)
		texts[a.ID] = a
	}
	return articles, texts
}

// build makes an index of the articles in batches.
func build(b *testing.B, dir string, articles []blotter.Article, batch int) {
	x, err := OpenBleve(dir, "bench")
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; n < len(articles); n += batch {
		if err := x.Update(b.Context(), articles[n:min(n+batch, len(articles))], nil, int64(n)); err != nil {
			b.Fatal(err)
		}
	}
	if err := x.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkUpdate reports articles a core-second, with Bleve's merges, and the size of the index against the text.
func BenchmarkUpdate(b *testing.B) {
	articles, _ := bulk(b)
	text := 0
	for _, a := range articles {
		text += len(a.Title) + len(a.Body)
	}
	for _, batch := range []int{100, 500, 1000} {
		b.Run(fmt.Sprint(batch), func(b *testing.B) {
			for b.Loop() {
				dir := b.TempDir()
				before := processorTime(b)
				build(b, dir, articles, batch)
				b.ReportMetric(float64(len(articles))/(processorTime(b)-before).Seconds(), "articles/core-s")
				b.ReportMetric(float64(folderSize(b, dir))/float64(text), "size/text")
			}
		})
	}
}

func processorTime(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func folderSize(b *testing.B, dir string) (size int64) {
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			info, err := e.Info()
			if err != nil {
				return err
			}
			size += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return size
}

// BenchmarkSearch runs a dozen searches in an open index, and one cold: from opening to closing.
func BenchmarkSearch(b *testing.B) {
	articles, texts := bulk(b)
	dir := b.TempDir()
	build(b, dir, articles, 500)
	queries := []string{
		"seize", "police", "=said", "police officers arrested", "(arson OR fire) police NOT football", `"prime minister"`,
		"gover*", "wom?n", "police NEAR/5 arrested", "the NEAR/2 of", "ATLEAST/5 police", "police SAME/S arrested",
		"case:MET", "title:police", "published:2005-01..2005-06", "words:>500", "source:bbc2004_tech", "NOT police",
	}
	x, err := OpenBleve(dir, "bench")
	if err != nil {
		b.Fatal(err)
	}
	for _, text := range queries {
		b.Run(text, func(b *testing.B) {
			r := Request{Limit: 20, Load: texts.load, Query: parse(b, text)}
			var res Result
			for b.Loop() {
				if res, err = x.Search(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(res.Total), "hits")
		})
	}
	if err := x.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run("cold", func(b *testing.B) {
		r := Request{Limit: 20, Load: texts.load, Query: parse(b, "police officers arrested")}
		for b.Loop() {
			x, err := OpenBleve(dir, "bench")
			if err != nil {
				b.Fatal(err)
			}
			if _, err := x.Search(b.Context(), r); err != nil {
				b.Fatal(err)
			}
			if err := x.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
