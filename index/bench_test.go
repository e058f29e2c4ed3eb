package index

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"blotter"
	"blotter/internal/corpora"
)

// bulk reads the real articles that lie beside the repository, where they do, and says how to load them. When n is more
// than there are, the others are the same with other words here and there.
func bulk(b testing.TB, n int) ([]blotter.Article, shelf) {
	b.Helper()
	texts := corpora.Bulk(b, n)
	articles := make([]blotter.Article, n)
	onShelf := make(shelf, n)
	var words []string
	for i := range articles {
		t := texts[i%len(texts)]
		if i >= len(texts) {
			t.Text = perturbed(t.Text, words, i)
		} else {
			words = append(words, strings.Fields(t.Text)...)
		}
		a := blotter.Article{
			ID: blotter.ArticleID(fmt.Sprint(i)), Source: fmt.Sprintf("source-%d", i%97), URL: fmt.Sprintf("https://example.org/%d", i),
			Lang: "en", Title: t.Title, Body: t.Text,
			Published: blotter.Date{Time: time.Unix(1_100_000_000+int64(i)*600_000_000/int64(n), 0).UTC(), Precision: blotter.Minute},
		}
		for j, tag := range []string{"seizure", "arrest", "attack", "statistics", "plot_foiled"} {
			if i%(3+2*j) == 0 {
				a.Tags = append(a.Tags, blotter.Tag{Tag: tag, Status: blotter.Reported})
			}
		}
		articles[i] = a
		onShelf[a.ID] = a
	}
	return articles, onShelf
}

// perturbed puts another word in the place of every eighth or so.
func perturbed(text string, words []string, seed int) string {
	random := rand.New(rand.NewPCG(uint64(seed), 5))
	paragraphs := strings.Split(text, "\n")
	for i, p := range paragraphs {
		fields := strings.Split(p, " ")
		for j := range fields {
			if random.IntN(8) == 0 {
				fields[j] = words[random.IntN(len(words))]
			}
		}
		paragraphs[i] = strings.Join(fields, " ")
	}
	return strings.Join(paragraphs, "\n")
}

// build makes an index of the articles in batches.
func build(b testing.TB, dir string, articles []blotter.Article, batch int) {
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
	articles, _ := bulk(b, 12_000)
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

func processorTime(b testing.TB) time.Duration {
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
