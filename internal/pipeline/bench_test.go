package pipeline

import (
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/crawler"
	"blotter/internal/corpora"
	"blotter/internal/newsroom"
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

// BenchmarkQuietPass asks 1,000 sources that list 100,000 articles, all of them known: what a pass costs when there is nothing
// new. The newsrooms run in the same process, and their cost is in the figures.
func BenchmarkQuietPass(b *testing.B) {
	const sources, articles = 1000, 100_000
	rooms, err := newsroom.Bulk{Articles: articles, Hosts: sources, Kind: blotter.KindFeed, Seed: 1}.Start()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { rooms.Close() })
	p := newPipeline(b, rooms)
	p.know(b, rooms)
	pass := func() Summary {
		s, err := p.Run(b.Context(), Pass{Sources: p.Config.Sources, Command: "bench"})
		if err != nil || s.New+s.Failed+len(s.SourcesFailed) > 0 {
			b.Fatalf("%+v, %v", s, err)
		}
		return s
	}
	if s := pass(); s.Known != articles {
		b.Fatalf("%d articles are known", s.Known)
	}
	for b.Loop() {
		before := processorTime(b)
		pass()
		b.ReportMetric((processorTime(b) - before).Seconds(), "core-s")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.Sys-m.HeapReleased)/(1<<20), "MB")
	}
}

// know makes the archive know every article that the newsrooms list, as pages that were fetched.
func (p *Pipeline) know(b *testing.B, rooms *newsroom.Newsrooms) {
	b.Helper()
	if err := p.Archive.SyncSources(b.Context(), p.Config.Sources); err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	for _, src := range p.Config.Sources {
		answer, err := p.Fetcher.Fetch(b.Context(), crawler.Request{URL: src.URL, Feed: true})
		if err != nil {
			b.Fatal(err)
		}
		listing, err := crawler.List(answer.Page, src)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Archive.List(b.Context(), src.ID, listing.Items, now, nil); err != nil {
			b.Fatal(err)
		}
		var fetches []archive.Fetch
		for _, item := range listing.Items {
			fetches = append(fetches, archive.Fetch{
				Source: src.ID, Purpose: blotter.PurposePage, Item: item, Started: now,
				Exchanges: []blotter.Exchange{{URL: item.URL, Method: "GET", Status: 200, Proto: "HTTP/1.1", Started: now, Body: []byte("a page")}},
			})
		}
		if _, err := p.Archive.Keep(b.Context(), fetches); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := p.Update(b.Context()); err != nil { // the pages are read, and hold nothing
		b.Fatal(err)
	}
}

func processorTime(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
