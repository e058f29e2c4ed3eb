package pipeline

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/classify"
	"blotter/configs"
	"blotter/crawler"
	"blotter/index"
	"blotter/internal/newsroom"
	"blotter/internal/race"
)

// A simulated year: newsrooms with rhythms of their own, outages, 429s, redesigns, duplicates, corrections and pages that
// robots.txt forbids, behind a real HTTP server under a fake clock.

const (
	feedWindow = 10 // items that a feed shows
	hostDelay  = 5 * time.Second
)

// correction stands in what was corrected.
const correction = "An earlier version of this article named the wrong street, which the council has asked to be put right."

// simRoom is a newsroom of the simulation.
type simRoom struct {
	host       string
	schedule   string
	ttl        time.Duration // of its feed, or 0
	maxAge     time.Duration // of Cache-Control, or 0
	crawlDelay time.Duration
	validators bool // it sends ETags
	redesigned time.Time
	scripted   span   // its pages need a script
	undated    span   // its pages have no date
	vanished   span   // its pages are gone
	outages    []span // it answers 503, or not at all
	throttled  []span // it answers 429 and asks for an hour
	items      []simItem
	shown      simFeed
}

// simFeed is a feed as it was shown, up to its last item.
type simFeed struct {
	last int
	text string
}

type span struct{ from, to time.Time }

func within(spans []span, t time.Time) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return !t.Before(s.from) && t.Before(s.to) })
}

type simItem struct {
	published time.Time
	corrected time.Time // zero: never
	forbidden bool      // its page is, by robots.txt
}

// simRequest is one request that a newsroom was asked.
type simRequest struct {
	at     time.Time
	path   string
	status int
}

// simWeb is all newsrooms and what they were asked.
type simWeb struct {
	rooms   map[string]*simRoom
	network *newsroom.Network
	server  *http.Server

	mu       sync.Mutex
	requests map[string][]simRequest
}

// newRooms makes the newsrooms from one number to before another up, the same in every run.
func newRooms(from, to int, start time.Time, days int) map[string]*simRoom {
	rooms := map[string]*simRoom{}
	for i := from; i < to; i++ {
		random := rand.New(rand.NewPCG(uint64(i), 11))
		r := &simRoom{host: fmt.Sprintf("room-%03d.example", i), validators: i%4 != 3}
		r.schedule = []string{"7 * * * *", "*/30 * * * *", "12 */3 * * *", "23 * * * *", "40 6 * * *"}[i%5]
		perDay := []float64{0.15, 0.4, 0.8, 1.5, 0.6}[i%5]
		if i%7 == 0 {
			r.ttl = 2 * time.Hour
		}
		if i%6 == 1 {
			r.maxAge = 90 * time.Minute
		}
		if i%11 == 5 {
			r.crawlDelay = 20 * time.Second
		}
		if i%9 == 2 {
			r.redesigned = start.AddDate(0, 0, days/2)
		}
		for day := range days {
			midnight := start.AddDate(0, 0, day)
			mean := perDay
			if wd := midnight.Weekday(); wd == time.Saturday || wd == time.Sunday {
				mean /= 3
			}
			if random.IntN(60) == 0 {
				mean *= 5 // a busy day
			}
			for k := poisson(random, mean); k > 0; k-- {
				at := midnight.Add(time.Duration(7*60+random.IntN(12*60)) * time.Minute)
				item := simItem{published: at, forbidden: random.IntN(40) == 0}
				if random.IntN(15) == 0 {
					item.corrected = at.Add(time.Duration(1+random.IntN(30)) * time.Hour)
				}
				r.items = append(r.items, item)
			}
			if random.IntN(120) == 0 {
				from := midnight.Add(time.Duration(random.IntN(24)) * time.Hour)
				r.outages = append(r.outages, span{from, from.Add(time.Duration(2+random.IntN(40)) * time.Hour)})
			}
			if random.IntN(90) == 0 {
				from := midnight.Add(time.Duration(random.IntN(24)) * time.Hour)
				r.throttled = append(r.throttled, span{from, from.Add(3 * time.Hour)})
			}
		}
		slices.SortFunc(r.items, func(a, b simItem) int { return a.published.Compare(b.published) })
		rooms[r.host] = r
	}
	return rooms
}

func poisson(random *rand.Rand, mean float64) (n int) {
	for sum := random.ExpFloat64(); sum < mean; sum += random.ExpFloat64() {
		n++
	}
	return n
}

func (w *simWeb) ServeHTTP(out http.ResponseWriter, req *http.Request) {
	now := time.Now()
	r := w.rooms[req.Host]
	status, body := r.answer(req.URL.Path, now)
	switch {
	case within(r.outages, now):
		status, body = http.StatusServiceUnavailable, "down"
	case within(r.throttled, now) && req.URL.Path != "/robots.txt":
		status, body = http.StatusTooManyRequests, "slow down"
		out.Header().Set("Retry-After", "3600")
	}
	if within([]span{r.vanished}, now) && strings.HasPrefix(req.URL.Path, "/news/") {
		status, body = http.StatusNotFound, "nothing here any more"
	}
	if status == http.StatusOK && r.validators {
		tag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(body)))
		out.Header().Set("ETag", tag)
		if req.Header.Get("If-None-Match") == tag {
			status, body = http.StatusNotModified, ""
		}
	}
	if req.URL.Path == "/feed.xml" && r.maxAge > 0 {
		out.Header().Set("Cache-Control", fmt.Sprintf("max-age=%d", int(r.maxAge.Seconds())))
	}
	if strings.HasSuffix(req.URL.Path, ".xml") {
		out.Header().Set("Content-Type", "application/rss+xml")
	}
	w.mu.Lock()
	w.requests[req.Host] = append(w.requests[req.Host], simRequest{now, req.URL.Path, status})
	w.mu.Unlock()
	out.WriteHeader(status)
	_, _ = out.Write([]byte(body))
}

func (r *simRoom) answer(path string, now time.Time) (int, string) {
	var n int
	switch {
	case path == "/robots.txt":
		delay := ""
		if r.crawlDelay > 0 {
			delay = fmt.Sprintf("Crawl-delay: %d\n", int(r.crawlDelay.Seconds()))
		}
		return 200, "User-agent: *\nDisallow: /private/\n" + delay
	case path == "/feed.xml":
		return 200, r.feed(now)
	default:
		if _, err := fmt.Sscanf(path[strings.LastIndexByte(path, '/')+1:], "%d.html", &n); err == nil && n < len(r.items) {
			if item := r.items[n]; !item.published.After(now) && strings.HasPrefix(path, "/private/") == item.forbidden {
				return 200, r.page(n, now)
			}
		}
	}
	return 404, "nothing here"
}

func (r *simRoom) path(n int) string {
	if r.items[n].forbidden {
		return fmt.Sprintf("/private/%d.html", n)
	}
	return fmt.Sprintf("/news/%d.html", n)
}

// feed shows the last items. Some stand in it twice, under a link with a tracker.
func (r *simRoom) feed(now time.Time) string {
	last, _ := slices.BinarySearchFunc(r.items, now, func(i simItem, t time.Time) int {
		if i.published.After(t) {
			return 1
		}
		return -1
	})
	if r.shown.text != "" && r.shown.last == last { // a host is asked for one thing at a time
		return r.shown.text
	}
	var b strings.Builder
	ttl := ""
	if r.ttl > 0 {
		ttl = fmt.Sprintf("<ttl>%d</ttl>", int(r.ttl.Minutes()))
	}
	fmt.Fprintf(&b, `<?xml version="1.0"?><rss version="2.0"><channel><title>%s</title><link>http://%s/</link>%s`, r.host, r.host, ttl)
	for n := last - 1; n >= max(0, last-feedWindow); n-- {
		link := "http://" + r.host + r.path(n)
		entry := func(link string) {
			fmt.Fprintf(&b, "<item><title>%s</title><link>%s</link><pubDate>%s</pubDate></item>", r.title(n), link, r.items[n].published.UTC().Format(time.RFC1123Z))
		}
		entry(link)
		if n%10 == 3 {
			entry(link + "?utm_source=rss")
		}
	}
	b.WriteString("</channel></rss>")
	r.shown = simFeed{last, b.String()}
	return r.shown.text
}

func (r *simRoom) title(n int) string {
	return fmt.Sprintf("Council of %s settles matter %d", strings.TrimSuffix(r.host, ".example"), n)
}

// page is an article: 120 words or so, of other words for each. After a redesign it is marked up otherwise.
func (r *simRoom) page(n int, now time.Time) string {
	item := r.items[n]
	random := rand.New(rand.NewPCG(uint64(n), uint64(len(r.host))))
	words := strings.Fields("the council met on a warm evening and heard officers report that repairs to the old harbour wall had begun while residents asked about costs parking and the noise of night work which the contractor promised to keep down")
	sentence := func() string {
		var b strings.Builder
		for i := range 14 {
			w := words[random.IntN(len(words))]
			if i == 0 {
				w = strings.ToUpper(w[:1]) + w[1:]
			}
			b.WriteString(w + " ")
		}
		return strings.TrimSpace(b.String()) + fmt.Sprintf(" in case %d.", random.IntN(1_000_000))
	}
	var paragraphs []string
	for range 4 {
		paragraphs = append(paragraphs, sentence()+" "+sentence())
	}
	if !item.corrected.IsZero() && !now.Before(item.corrected) {
		paragraphs[1] = correction
	}
	date := item.published.UTC().Format(time.RFC3339)
	frame := `<!doctype html><html lang="en"><head><title>%[1]s</title></head><body><nav><a href="/">Home</a></nav><article><h1>%[1]s</h1><time datetime="%[2]s">%[2]s</time><p>%[3]s</p></article><footer>All rights kept</footer></body></html>`
	if within([]span{r.scripted}, item.published) {
		return `<!doctype html><html><head><title>News</title></head><body><div id="app"></div><script src="/app.js"></script></body></html>`
	}
	if within([]span{r.undated}, item.published) {
		date = ""
	}
	if !r.redesigned.IsZero() && now.After(r.redesigned) {
		frame = `<!doctype html><html lang="en"><head><title>%[1]s</title><meta property="article:published_time" content="%[2]s"></head><body><div class="top"><ul><li><a href="/">Start</a></li></ul></div><main><div class="story"><h1>%[1]s</h1><div class="text"><p>%[3]s</p></div></div></main></body></html>`
	}
	return fmt.Sprintf(frame, r.title(n), date, strings.Join(paragraphs, "</p><p>"))
}

// TestYear lets some newsrooms run for some weeks; with BLOTTER_YEAR=365 it is 120 for as many days, see `make year`. Those are
// shared by three archives that run side by side: under a fake clock one keeps no more than one processor busy, and often none.
func TestYear(t *testing.T) {
	race.Skip(t)
	rooms, days, archives := 16, 50, 1
	long, err := strconv.Atoi(cmp.Or(os.Getenv("BLOTTER_YEAR"), "0"))
	switch {
	case err != nil:
		t.Fatalf("BLOTTER_YEAR is how many days to simulate: %v", err)
	case long > 0:
		rooms, days, archives = 120, long, 3
	case testing.Short():
		rooms, days = 5, 20
	}
	began := time.Now()
	t.Cleanup(func() { t.Logf("%d newsrooms for %d days took %v", rooms, days, time.Since(began).Round(time.Second)) })
	for i := range archives {
		from, to := i*rooms/archives, (i+1)*rooms/archives
		t.Run(fmt.Sprintf("%d to %d", from+1, to), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { simulate(t, from, to, days) })
		})
	}
}

// simulate lets the newsrooms from one number to before another run for some days.
func simulate(t *testing.T, from, to, days int) {
	start := time.Now().UTC()
	w := newSimWeb(newRooms(from, to, start, days))
	p := simPipeline(t, w)
	end := start.AddDate(0, 0, days)
	live(t, p, end)
	var checked sync.WaitGroup
	checked.Go(func() {
		if findings, err := p.Archive.Check(t.Context(), archive.CheckOptions{Deep: true}); err != nil || len(findings) > 0 {
			t.Error(findings, err)
		}
	})
	w.judge(t, p, start, end)
	checked.Wait()
	closeAll(t, p, w)
}

func newSimWeb(rooms map[string]*simRoom) *simWeb {
	w := &simWeb{
		rooms: rooms, requests: map[string][]simRequest{},
		network: newsroom.NewNetwork(),
	}
	w.server = &http.Server{Handler: w}
	go func() { _ = w.server.Serve(w.network) }()
	return w
}

// live runs what is due until the time has come.
func live(t *testing.T, p *Pipeline, end time.Time) {
	t.Helper()
	for time.Now().Before(end) {
		due, err := p.Due(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(due) > 0 {
			s, err := p.Run(t.Context(), Pass{Sources: due, Command: "year"})
			if err != nil || !s.Balanced() {
				t.Fatalf("%+v, %v", s, err)
			}
		}
		time.Sleep(10 * time.Minute)
	}
}

func simPipeline(t *testing.T, w *simWeb) *Pipeline {
	t.Helper()
	c, err := configs.Load("")
	if err != nil {
		t.Fatal(err)
	}
	c.DataDir, c.Sources = memoryDir(t), nil
	for host, r := range w.rooms {
		c.Sources = append(c.Sources, blotter.Source{
			ID: strings.TrimSuffix(host, ".example"), Name: host, Kind: blotter.KindFeed, URL: "http://" + host + "/feed.xml",
			Schedule: r.schedule, TimeZone: "UTC", Country: "gb", Publisher: "press", Language: "en", Enabled: true,
		})
	}
	slices.SortFunc(c.Sources, func(a, b blotter.Source) int { return strings.Compare(a.ID, b.ID) })
	rules, err := classify.Parse(c.Rules)
	if err != nil {
		t.Fatal(err)
	}
	arc, err := archive.Open(c.DataDir, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &Pipeline{
		Config: c, Archive: arc, Index: index.NewMemory(), Pack: rules, Log: slog.New(slog.DiscardHandler),
		Fetcher: &crawler.Fetcher{Agent: "Blotter/test (+test@blotter.example)", Delay: hostDelay, Dial: w.network.Dial},
	}
}

// memoryDir is a folder in memory where there is one: a year of syncs is not what this test is about.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "blotter-year-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func closeAll(t *testing.T, p *Pipeline, w *simWeb) {
	t.Helper()
	if err := errors.Join(p.Archive.Close(), w.server.Close()); err != nil {
		t.Error(err)
	}
}

// judge holds what was asked and kept against what was published, and prints it.
func (w *simWeb) judge(t *testing.T, p *Pipeline, start, end time.Time) {
	t.Helper()
	var published, forbidden, captured, corrected, revised, polls, ticks, pages, robots, broken int
	var waits []time.Duration // from publication to capture
	times := map[string]int{} // of schedules
	for host, r := range w.rooms {
		id := strings.TrimSuffix(host, ".example")
		asked := map[string]time.Time{} // when a page first came
		for _, q := range slices.Backward(w.requests[host]) {
			if q.status == http.StatusOK {
				asked[q.path] = q.at
			}
		}
		for n, item := range r.items {
			if !item.published.Before(end.AddDate(0, 0, -2)) {
				break // too young to be missed
			}
			if item.forbidden {
				forbidden++
				continue
			}
			published++
			a, err := p.Archive.Article(t.Context(), "http://"+host+r.path(n))
			if errors.Is(err, archive.ErrNotFound) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			captured++
			waits = append(waits, asked[r.path(n)].Sub(item.published))
			if a.Published.Time.Unix() != item.published.Unix() {
				t.Errorf("%s: published %v, want %v", a.URL, a.Published, item.published)
			}
			if !item.corrected.IsZero() && item.corrected.Before(end.AddDate(0, 0, -9)) {
				corrected++
				if strings.Contains(a.Body, correction) {
					revised++
				}
			}
		}
		if times[r.schedule] == 0 {
			times[r.schedule] = countTimes(r.schedule, start, end)
		}
		ticks += times[r.schedule]
		for _, q := range w.requests[host] {
			switch {
			case q.path == "/robots.txt":
				robots++
			case q.path == "/feed.xml":
				polls++
			default:
				pages++
			}
		}
		broken += r.rulesBroken(t, w.requests[host])
		w.ledgerAgrees(t, p, id, host)
	}
	t.Logf("items      %6d published, %d forbidden besides, %d captured: %.2f %%", published, forbidden, captured, 100*float64(captured)/float64(published))
	slices.Sort(waits)
	share := func(of float64) time.Duration { return waits[int(of*float64(len(waits)-1))].Round(time.Minute) }
	t.Logf("captured   half within %v, nine of ten within %v, the last after %v", share(.5), share(.9), share(1))
	t.Logf("corrected  %6d, of which %d are as corrected", corrected, revised)
	t.Logf("polls      %6d of the %d that the schedules allow: %.1f %%", polls, ticks, 100*float64(polls)/float64(ticks))
	t.Logf("requests   %6d for pages, %d for robots.txt, %d against a rule", pages, robots, broken)
	if float64(captured) < 0.99*float64(published) || float64(polls) > 0.6*float64(ticks) || broken > 0 || revised < corrected {
		t.Error("that is not what was promised")
	}
}

// countTimes is how often a schedule comes between two times.
func countTimes(schedule string, start, end time.Time) (n int) {
	for at := start; ; n++ {
		_, at = configs.Due(schedule, time.UTC, at, at)
		if at.After(end) {
			return n
		}
	}
}

// rulesBroken counts the requests that came too early or should not have come.
func (r *simRoom) rulesBroken(t *testing.T, requests []simRequest) (broken int) {
	t.Helper()
	var last, lastFeed, held time.Time
	delay := max(hostDelay, r.crawlDelay)
	for i, q := range requests {
		tell := func(what string) {
			if broken++; broken < 5 {
				t.Errorf("%s: request %d for %s at %v: %s", r.host, i, q.path, q.at, what)
			}
		}
		if strings.HasPrefix(q.path, "/private/") {
			tell("robots.txt forbids it")
		}
		if q.path == "/robots.txt" {
			continue
		}
		if q.at.Sub(last) < delay {
			tell("too soon after the one before")
		}
		if q.at.Before(held) {
			tell("the host asked for an hour")
		}
		last = q.at
		if q.path == "/feed.xml" {
			if rest := max(r.ttl, r.maxAge, 15*time.Minute); q.at.Sub(lastFeed) < rest && q.status != 429 && q.status != 503 {
				tell(fmt.Sprintf("the feed asked for %v", rest))
			}
			if q.status == 200 || q.status == 304 {
				lastFeed = q.at
			}
		}
		if q.status == 429 {
			held = q.at.Add(time.Hour)
		}
	}
	return broken
}

// ledgerAgrees compares the ledger with the server's own record, request by request.
func (w *simWeb) ledgerAgrees(t *testing.T, p *Pipeline, source, host string) {
	t.Helper()
	served := map[string]int{}
	for _, q := range w.requests[host] {
		if q.path != "/robots.txt" {
			served[fmt.Sprintf("%s %d", q.path, q.status)]++
		}
	}
	rows, err := p.Archive.Ledger(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Hops == 0 {
			continue // refused before anything was asked
		}
		served[strings.TrimPrefix(row.URL, "http://"+host)+fmt.Sprintf(" %d", row.Status)]--
	}
	for what, n := range served {
		if n != 0 {
			t.Errorf("%s: %s: the server has %+d more than the ledger", source, what, n)
		}
	}
}
