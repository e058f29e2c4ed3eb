package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"blotter"
	"blotter/classify"
	"blotter/configs"
	"blotter/crawler"
	"blotter/internal/newsroom"
	"blotter/internal/race"
)

// TestSoak lets a daemon run for days of a fake clock: memory, files and goroutines are at the end what they were after the
// first day. BLOTTER_SOAK is how many days, of 200 sources; see make soak.
func TestSoak(t *testing.T) {
	race.Skip(t)
	sources, days := 20, 4
	switch long, err := strconv.Atoi(os.Getenv("BLOTTER_SOAK")); {
	case err == nil && long > 1:
		sources, days = 200, long
	case testing.Short():
		sources, days = 5, 3
	}
	began := time.Now()
	synctest.Test(t, func(t *testing.T) { soak(t, sources, days) })
	t.Logf("%d sources for %d days took %v", sources, days, time.Since(began).Round(time.Second))
}

// use is what a daemon takes of the machine.
type use struct {
	heap              int64 // bytes alive
	files, goroutines int
}

func measure(t *testing.T) use {
	runtime.GC()
	runtime.GC() // what the first found to be of pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Log("files are not counted:", err)
	}
	return use{int64(m.HeapAlloc), len(files), runtime.NumGoroutine()}
}

func soak(t *testing.T, sources, days int) {
	web := startDailies(t, sources)
	data := t.TempDir()
	d := &Daemon{
		Version: "test",
		Log:     slog.New(slog.DiscardHandler),
		Listen:  func(string, string) (net.Listener, error) { return newsroom.NewNetwork(), nil },
		Load: func() (Parts, error) {
			c, err := configs.Load("")
			if err != nil {
				return Parts{}, err
			}
			c.DataDir, c.Sources = data, web.sources
			rules, err := classify.Parse(c.Rules)
			return Parts{c, rules, &crawler.Fetcher{Agent: "Blotter/test (+test@blotter.example)", Dial: web.network.Dial}}, err
		},
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()

	var first, last use
	for day := 1; day <= days; day++ {
		time.Sleep(24 * time.Hour)
		last = measure(t)
		if day == 1 {
			first = last
		}
		stats, err := d.archive.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("day %2d: %3d MB alive, %d files, %d goroutines; %d fetches, %d articles", day, last.heap>>20, last.files, last.goroutines,
			stats.Fetches, stats.Articles)
	}
	if last.heap > first.heap+first.heap/2+(16<<20) {
		t.Errorf("%d MB are alive at the end, and were %d MB after a day", last.heap>>20, first.heap>>20)
	}
	// The index has as many files as it has segments just then.
	if last.files > first.files+24 || last.goroutines > first.goroutines+16 {
		t.Errorf("%d files and %d goroutines at the end, %d and %d after a day", last.files, last.goroutines, first.files, first.goroutines)
	}
	stats, err := d.archive.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	count, err := d.index.Count()
	if want := sources * (days - 1); err != nil || stats.Articles < want || count < want {
		t.Errorf("%d articles, %d in the index (%v); at least %d were published", stats.Articles, count, err, want)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// dailies are newsrooms that publish a story a day each, and list their last ten.
type dailies struct {
	network *newsroom.Network
	sources []blotter.Source
	began   time.Time
}

func startDailies(t *testing.T, n int) *dailies {
	w := &dailies{network: newsroom.NewNetwork(), began: time.Now()}
	for i := range n {
		w.sources = append(w.sources, blotter.Source{
			ID: fmt.Sprintf("daily-%d", i), Name: "Daily", Kind: blotter.KindFeed, URL: fmt.Sprintf("http://daily-%d.example/feed.xml", i),
			Schedule: fmt.Sprintf("%d * * * *", i%60), TimeZone: "Europe/London", Language: "en-GB", Country: "gb", Publisher: "press", Enabled: true,
		})
	}
	server := &http.Server{Handler: w}
	go func() { _ = server.Serve(w.network) }()
	t.Cleanup(func() { server.Close() })
	return w
}

func (w *dailies) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	room, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(r.Host, "daily-"), ".example"))
	today := int(time.Since(w.began.Add(time.Duration(room)*7*time.Minute)) / (24 * time.Hour))
	story, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	switch {
	case r.URL.Path == "/feed.xml":
		fmt.Fprint(rw, `<rss version="2.0"><channel><title>Daily</title>`)
		for i := today; i >= max(0, today-9); i-- {
			fmt.Fprintf(rw, "<item><title>Story %d of the daily %d</title><link>http://%s/%d</link><pubDate>%s</pubDate></item>",
				i, room, r.Host, i, w.began.AddDate(0, 0, i).Format(time.RFC1123Z))
		}
		fmt.Fprint(rw, `</channel></rss>`)
	case err == nil && story <= today:
		fmt.Fprintf(rw, `<html><head><title>Story %d of the daily %d</title></head><body><article><h1>Story %[1]d of the daily %[2]d</h1>
			<p>Officers of district %[2]d seized %[1]d rifles and a quantity of ammunition from a garage in the east of the town on the day.</p>
			<p>A man of forty was questioned and has since been released while the enquiries of the force continue, a spokeswoman said.</p>
			<p>The weapons were sent to the laboratory, where they are to be examined over the coming weeks, as the office said.</p>
			</article></body></html>`, story, room)
	default:
		http.NotFound(rw, r)
	}
}
