package pipeline

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"blotter"
	"blotter/classify"
	"blotter/crawler"
	"blotter/internal/corpora"
	"blotter/internal/newsroom"
)

// BenchmarkFetchKeepRead compares fetching, keeping and reading pages with reading them alone, on the same processors: delays are
// off, and the newsrooms run in the same process, at its cost. An operation is all pages both ways, reading alone before and after
// the whole way, so that a machine that slows down meanwhile is in neither's favour; what is told is the median of all operations.
// pages/s is of the whole way; of-reading is its share of the pace of reading alone, by the clock, and of-core-s the same by
// processor time.
func BenchmarkFetchKeepRead(b *testing.B) {
	const hosts = 16
	b.Run("real", func(b *testing.B) {
		site, allow := servePages(b, realPages(b), 1, hosts)
		compareWay(b, site, allow)
	})
	b.Run("made-up", func(b *testing.B) {
		rooms, err := newsroom.Bulk{Articles: 1000, Hosts: hosts, Kind: blotter.KindFeed, Seed: 1}.Start()
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { rooms.Close() })
		compareWay(b, rooms.Sources(), rooms.Addrs())
	})
}

func compareWay(b *testing.B, sources []blotter.Source, allow []string) {
	pages := fetchAll(b, sources, allow)
	var before cost
	var clock, processor, paces, readings []float64
	for b.Loop() {
		p := newPipeline(b, nil)
		p.Config.Sources, p.Config.Crawl.Allow, p.Fetcher.Allow = sources, allow, allow
		p.Config.Crawl.MaxItems = len(pages)
		p.Pack = &classify.Pack{}
		alone := func() {
			p.each(b.Context(), len(pages), func(i int) { _, _ = ReadPage(pages[i], sources[0], blotter.Item{URL: pages[i].URL}) })
		}
		if before == (cost{}) {
			before = measured(b, alone)
		}
		way := measured(b, func() { p.fetchKeepRead(b) })
		after := measured(b, alone)
		n := float64(len(pages))
		clock = append(clock, 50*(before.clock+after.clock).Seconds()/way.clock.Seconds())
		processor = append(processor, 50*(before.processor+after.processor).Seconds()/way.processor.Seconds())
		paces = append(paces, n/way.clock.Seconds())
		readings = append(readings, 500*(before.processor+after.processor).Seconds()/n)
		before = after
	}
	b.ReportMetric(median(paces), "pages/s")
	b.ReportMetric(median(clock), "%of-reading")
	b.ReportMetric(median(processor), "%of-core-s")
	b.ReportMetric(median(readings), "reading-core-ms/page")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// fetchKeepRead asks the sources and reads what they give, without tagging and indexing it.
func (p *Pipeline) fetchKeepRead(b *testing.B) {
	t := p.newTally(0)
	line, ctx := errgroup.WithContext(b.Context())
	fetched := make(chan struct{})
	line.Go(func() error {
		defer close(fetched)
		return p.crawl(ctx, p.Config.Sources, t)
	})
	line.Go(func() error {
		return rounds(ctx, p.Archive.PageKept(), fetched, func() error {
			for more := true; more; {
				var err error
				if more, err = p.derive(ctx, fetched, t); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err := line.Wait(); err != nil {
		b.Fatal(err)
	}
	if s := t.summary(); s.New == 0 || s.Failed+len(s.SourcesFailed) > 0 || s.Articles < s.New/2 {
		b.Fatalf("%+v", s)
	}
}

type cost struct{ clock, processor time.Duration }

func measured(b *testing.B, f func()) cost {
	b.Helper()
	began, before := time.Now(), processorTime(b)
	f()
	return cost{time.Since(began), processorTime(b) - before}
}

// fetchAll gets what the sources list, decoded: what reading alone is given.
func fetchAll(b *testing.B, sources []blotter.Source, allow []string) []blotter.Page {
	b.Helper()
	f := &crawler.Fetcher{Agent: "Blotter/test (+test@blotter.example)", Allow: allow}
	fetch := func(url string, feed bool) blotter.Page {
		answer, err := f.Fetch(b.Context(), crawler.Request{URL: url, Feed: feed})
		if err != nil {
			b.Fatal(err)
		}
		return answer.Page
	}
	var pages []blotter.Page
	for _, src := range sources {
		listing, err := crawler.List(fetch(src.URL, true), src)
		if err != nil {
			b.Fatal(err)
		}
		for _, item := range listing.Items {
			pages = append(pages, fetch(item.URL, false))
		}
	}
	return pages
}

// realPages are the pages of the corpus, compressed as they lie there and as sites send them.
func realPages(b *testing.B) [][]byte {
	b.Helper()
	names, err := filepath.Glob(filepath.Join(corpora.Path(b, "extraction"), "*", "*.html.gz"))
	if err != nil || len(names) == 0 {
		b.Fatal("no page in the corpus", err)
	}
	var pages [][]byte
	for _, name := range names {
		page, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		pages = append(pages, page)
	}
	return pages
}

// servePages serves compressed pages, each under several addresses, from newsrooms that share them.
func servePages(b *testing.B, pages [][]byte, times, hosts int) (sources []blotter.Source, allow []string) {
	b.Helper()
	for h := range hosts {
		var own [][]byte
		for i := h; i < len(pages)*times; i += hosts {
			own = append(own, pages[i%len(pages)])
		}
		server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, req *http.Request) {
			n, err := strconv.Atoi(strings.TrimPrefix(req.URL.Path, "/news/"))
			switch {
			case req.URL.Path == "/feed.xml":
				out.Header().Set("Content-Type", "application/rss+xml")
				_, _ = out.Write(feedOf(req.Host, len(own)))
			case err == nil && n < len(own):
				out.Header().Set("Content-Type", "text/html")
				out.Header().Set("Content-Encoding", "gzip")
				_, _ = out.Write(own[n])
			default:
				http.NotFound(out, req)
			}
		}))
		b.Cleanup(server.Close)
		address := server.Listener.Addr().(*net.TCPAddr).String()
		allow = append(allow, address)
		sources = append(sources, blotter.Source{
			ID: fmt.Sprintf("real-%d", h), Name: "Real pages", Kind: blotter.KindFeed, URL: server.URL + "/feed.xml", Schedule: "@hourly",
			TimeZone: "UTC", Language: "en", Enabled: true,
		})
	}
	return sources, allow
}

func feedOf(host string, n int) []byte {
	var feed bytes.Buffer
	feed.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel><title>News</title><link>http://` + host + `/</link>`)
	for i := range n {
		fmt.Fprintf(&feed, "<item><title>Number %d</title><link>http://%s/news/%d</link></item>", i, host, i)
	}
	feed.WriteString("</channel></rss>")
	return feed.Bytes()
}
