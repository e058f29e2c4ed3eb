package pipeline

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"blotter"
	"blotter/internal/newsroom"
	"blotter/internal/race"
)

// TestBackfillPagers reads listings that go on in different manners, linked or not.
func TestBackfillPagers(t *testing.T) {
	race.Skip(t)
	for _, row := range []struct {
		pager newsroom.Pager
		lists int // that may be asked for
	}{
		{newsroom.PagerNext, 3},
		{newsroom.PagerNumber, 4},         // and one behind the last
		{newsroom.PagerPath, 5},           // and a wrong guess
		{newsroom.PagerYears, 1 + 10*13},  // years, and their months
		{newsroom.PagerHidden, 4 + 11*13}, // three wrong guesses, and a year without articles
	} {
		t.Run(string(row.pager), func(t *testing.T) {
			rooms, err := newsroom.Bulk{Articles: 120, Kind: blotter.KindListing, Pager: row.pager, Seed: 5}.Start()
			if err != nil {
				t.Fatal(err)
			}
			defer rooms.Close()
			p := newPipeline(t, rooms)
			s := p.mustBackfill(t, decade(p.Config.Sources[0], ByPages))
			if n := s.Backfills[0].Lists + s.Backfills[0].ListsFailed; n > row.lists {
				t.Errorf("%d lists were asked for, want %d at most", n, row.lists)
			}
			p.checkFetchedOnce(t, rooms, 120)
		})
	}
}

// TestBackfillWindow reads two of the ten years, by the dates of a listing and by those of a sitemap.
func TestBackfillWindow(t *testing.T) {
	rooms, err := newsroom.Bulk{Articles: 1000, Kind: blotter.KindListing, Seed: 5}.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer rooms.Close()
	p := newPipeline(t, rooms)
	b := decade(p.Config.Sources[0], ByPages)
	b.From, b.To = time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2019, 3, 31, 0, 0, 0, 0, time.UTC)
	s := p.mustBackfill(t, b)
	inside := len(p.find(t, "published:2019-01-01..2019-03-31"))
	if s.New != inside || inside < 50 || s.Outside == 0 {
		t.Errorf("%d articles were fetched and %d are of the time asked for: %+v", s.New, inside, s)
	}
	if first := p.firstOf(t, rooms, "/news/?page="); first > 12 {
		t.Errorf("page %d was asked for: the listing ends with the first day", first)
	}
	b.From, b.To, b.Under = b.To, time.Time{}, rooms.URL("bulk-1", "/news/79")
	for _, by := range []string{ByPages, BySitemaps} {
		b.By = by
		s = p.mustBackfill(t, b)
		if wanted := (by == ByPages); wanted != (s.New > 0) || s.Outside == 0 {
			t.Errorf("under %s by %s: %+v", b.Under, by, s)
		}
	}
	for _, a := range p.find(t, "published:2019-04-01..2030") {
		if !strings.HasPrefix(a.URL, b.Under) {
			t.Errorf("%s was fetched; it is not under %s", a.URL, b.Under)
		}
	}
}

// firstOf returns the highest number that was asked for behind a path.
func (p *Pipeline) firstOf(t *testing.T, rooms *newsroom.Newsrooms, path string) (highest int) {
	t.Helper()
	for _, r := range rooms.Requests() {
		var n int
		if rest, ok := strings.CutPrefix(r.Path, path); ok {
			if _, err := fmt.Sscan(rest, &n); err != nil {
				t.Fatal(err)
			}
			highest = max(highest, n)
		}
	}
	return highest
}

// site is a server whose pages a test writes down, and which notes what it is asked for.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

// serveSite serves pages by their path and query; a page that begins with a number is a status, one that begins with
// "wait" a 429. SITE in a page is the address of the server.
func serveSite(t *testing.T, pages map[string]string) *site {
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.RequestURI())
		times := 0
		for _, a := range s.asked {
			if a == r.URL.RequestURI() {
				times++
			}
		}
		s.mu.Unlock()
		page, ok := pages[r.URL.RequestURI()]
		var status, wait int
		switch {
		case !ok:
			status = http.StatusNotFound
		default:
			if n, _ := fmt.Sscanf(page, "wait %d", &wait); n == 1 && times == 1 {
				w.Header().Set("Retry-After", fmt.Sprint(wait))
				status = http.StatusTooManyRequests
			} else if fmt.Sscanf(page, "%d", &status); status == 0 {
				status = http.StatusOK
			}
		}
		if strings.HasPrefix(page, "<?xml") {
			w.Header().Set("Content-Type", "application/xml")
		}
		w.WriteHeader(status)
		fmt.Fprint(w, strings.ReplaceAll(page, "SITE", s.URL))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.asked), func(path string) bool { return path == "/robots.txt" })
}

func (s *site) pipeline(t *testing.T) *Pipeline {
	t.Helper()
	p := newPipeline(t, nil)
	p.Fetcher.Allow = []string{s.Listener.Addr().String()}
	p.Config.Sources = []blotter.Source{{ID: "s", Kind: blotter.KindListing, URL: s.URL + "/news/", Enabled: true}}
	return p
}

const aPage = `<html><body><article><h1>A raid</h1><p>Officers seized three rifles when they searched a house in Harrowby on Thursday, and arrested one man there.</p></article></body></html>`

// TestBackfillSitemaps follows the sitemaps that robots.txt names, and leaves out what is too old, elsewhere, or itself
// again.
func TestBackfillSitemaps(t *testing.T) {
	const head, urls = `<?xml version="1.0"?><sitemapindex xmlns="x">`, `<?xml version="1.0"?><urlset xmlns="x" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">`
	s := serveSite(t, map[string]string{
		"/robots.txt": "User-agent: *\nDisallow: /private/\nSitemap: SITE/index.xml\n",
		"/index.xml": head + `<sitemap><loc>SITE/new.xml</loc><lastmod>2020-01-01</lastmod></sitemap><sitemap><loc>SITE/old.xml</loc><lastmod>2014-12-31</lastmod></sitemap>` +
			`<sitemap><loc>SITE/index.xml</loc></sitemap><sitemap><loc>http://other.example/x.xml</loc></sitemap><sitemap><loc>SITE/undated.xml</loc></sitemap></sitemapindex>`,
		"/new.xml": urls + `<url><loc>SITE/a</loc><lastmod>2016</lastmod></url><url><loc>SITE/b</loc><lastmod>2014-06-01</lastmod></url><url><loc>http://other.example/c</loc></url>` +
			`<url><loc>SITE/d</loc><news:news><news:publication_date>2014-01-01</news:publication_date></news:news></url><url><loc>SITE/private/e</loc></url><url><loc>SITE/gone</loc></url></urlset>`,
		"/undated.xml": urls + `<url><loc>SITE/a</loc></url><url><loc>SITE/f</loc></url></urlset>`,
		"/a":           aPage, "/f": aPage, "/private/e": aPage,
	})
	p := s.pipeline(t)
	sum := p.mustBackfill(t, decade(p.Config.Sources[0], ByAuto))
	want := []string{"/index.xml", "/sitemap.xml", "/new.xml", "/undated.xml", "/a", "/gone", "/f"}
	if got := s.requests(); !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
	if b := sum.Backfills[0]; len(sum.Backfills) != 1 || !b.Ended || b.Lists != 3 || b.ListsFailed != 1 || b.Fetched != 2 || b.Failed != 2 {
		t.Errorf("%+v", sum.Backfills)
	}
	if sum.Reasons[blotter.ReasonRobots] != 1 || sum.Reasons[blotter.ReasonGone] != 1 || sum.Outside != 3 || sum.Repeated != 1 {
		t.Errorf("%+v", sum)
	}
	// A second window is another backfill, which fetches only what the first has not.
	b := decade(p.Config.Sources[0], BySitemaps)
	b.From = b.From.AddDate(-1, 0, 0)
	if sum = p.mustBackfill(t, b); sum.Known != 2 || slices.Contains(s.requests()[len(want):], "/a") {
		t.Errorf("with another first day: %+v, asked for %q", sum, s.requests()[len(want):])
	}
}

// TestBackfillPause is told to wait, and does; a host that asks for hours is left alone until the next pass.
func TestBackfillPause(t *testing.T) {
	list := `<html><body><main><h2><a href="/a-raid">Officers seized rifles in a raid</a></h2><h2><a href="/b-raid">Officers seized pistols in a raid</a></h2></main></body></html>`
	for _, row := range []struct {
		wait   int
		halted blotter.Reason
		asked  string
	}{
		{1, "", "/news/ /a-raid /a-raid /b-raid"},
		{7200, blotter.ReasonBusy, "/news/ /a-raid"},
	} {
		s := serveSite(t, map[string]string{"/news/": list, "/a-raid": fmt.Sprintf("wait %d", row.wait), "/b-raid": aPage})
		p := s.pipeline(t)
		sum := p.mustBackfill(t, decade(p.Config.Sources[0], ByPages))
		got := slices.DeleteFunc(s.requests(), func(path string) bool { return strings.Contains(path, "page") || strings.HasPrefix(path, "/news/2") })
		if strings.Join(got, " ") != row.asked || sum.Backfills[0].Halted != row.halted || sum.SourcesFailed["s"] != row.halted {
			t.Errorf("wait %d: asked for %q, want %s; %+v", row.wait, got, row.asked, sum)
		}
	}
}

// TestBackfillHalts leaves a host alone that fails again and again.
func TestBackfillHalts(t *testing.T) {
	var list strings.Builder
	pages := map[string]string{}
	for i := range 40 {
		fmt.Fprintf(&list, `<h2><a href="/raid-%d">Officers seized %d rifles in a raid</a></h2>`, i, i+2)
		pages[fmt.Sprintf("/raid-%d", i)] = "503"
		if i%2 == 0 || i >= 12 {
			pages[fmt.Sprintf("/raid-%d", i)] = "500"
		}
		if i < 12 && i%3 == 0 {
			pages[fmt.Sprintf("/raid-%d", i)] = aPage
		}
	}
	for path, page := range pages {
		if page == "503" {
			pages[path] = "403"
		}
	}
	pages["/news/"] = "<html><body><main>" + list.String() + "</main></body></html>"
	s := serveSite(t, pages)
	p := s.pipeline(t)
	sum := p.mustBackfill(t, decade(p.Config.Sources[0], ByPages))
	last := s.requests()[len(s.requests())-1]
	if b := sum.Backfills[0]; b.Halted != blotter.ReasonStatus || b.Ended || last != "/raid-19" || b.Left != 20 {
		t.Errorf("%+v; the last that was asked for is %s", b, last)
	}
	if !sum.Balanced() {
		t.Error(sum)
	}
}

// TestBackfillTriesOnceAPass has a page that fails whenever it is asked for, in a pass that takes weeks.
func TestBackfillTriesOnceAPass(t *testing.T) {
	const urls = `<?xml version="1.0"?><urlset xmlns="x"><url><loc>SITE/broken</loc></url><url><loc>SITE/a</loc></url></urlset>`
	s := serveSite(t, map[string]string{"/sitemap.xml": urls, "/a": aPage, "/broken": "500"})
	p := s.pipeline(t)
	now := time.Now()
	p.Now = func() time.Time { now = now.AddDate(0, 0, 5); return now }
	for pass := range 7 {
		sum := p.mustBackfill(t, decade(p.Config.Sources[0], BySitemaps))
		asked := 0
		for _, path := range s.requests() {
			if path == "/broken" {
				asked++
			}
		}
		if want := min(pass+1, 5); asked != want || sum.Backfills[0].Ended != (pass >= 4) {
			t.Errorf("after pass %d it was asked for %d times, want %d: %+v", pass+1, asked, want, sum.Backfills[0])
		}
	}
}

// TestBackfillOfGoneSite finds nothing where the site was, and reads the Wayback Machine instead. Its articles have
// their own addresses and the times of the captures.
func TestBackfillOfGoneSite(t *testing.T) {
	dead := httptest.NewServer(nil)
	dead.Close()
	rooms, err := newsroom.Bulk{Articles: 30, Seed: 5}.StartWayback(dead.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer rooms.Close()
	p := newPipeline(t, rooms)
	p.Fetcher.Allow = append(p.Fetcher.Allow, strings.TrimPrefix(dead.URL, "http://"))
	p.Config.Crawl.Wayback = rooms.URL("wayback", "")
	p.Config.Sources = []blotter.Source{{ID: "gone", Kind: blotter.KindFeed, URL: dead.URL + "/news/feed/", Enabled: true}}
	b := decade(p.Config.Sources[0], ByAuto)
	b.From = time.Date(2016, 1, 9, 0, 0, 0, 0, time.UTC)
	b.To = time.Date(2016, 12, 31, 0, 0, 0, 0, time.UTC)
	s := p.mustBackfill(t, b)
	if len(s.Backfills) != 3 || !s.Backfills[2].Ended || s.Backfills[2].Fetched != s.New || s.New < 20 || s.SourcesOK != 1 {
		t.Fatalf("%+v", s)
	}
	for _, r := range rooms.Requests() {
		if strings.HasSuffix(r.Path, "id_/"+dead.URL+"/") {
			t.Errorf("the front page was taken for an article: %s", r.Path)
		}
	}
	checked := 0
	for at, a := range p.find(t, "published:2016") {
		captures, err := p.Archive.Captures(t.Context(), a.ID)
		if err != nil || len(captures) != 1 {
			t.Fatalf("%d captures, %v", len(captures), err)
		}
		c := captures[0]
		later := a.FirstSeen.Sub(a.Published.Time)
		if !strings.HasPrefix(at, dead.URL) || c.URL != at || !strings.HasPrefix(c.Via, p.Config.Crawl.Wayback+"/web/2016") || later != 24*time.Hour || !c.Fetched.Equal(a.FirstSeen) {
			t.Errorf("%s: published %v, first seen %v, captured %v via %s", at, a.Published.Time, a.FirstSeen, c.Fetched, c.Via)
		}
		checked++
	}
	if checked < 15 {
		t.Errorf("%d articles were looked at", checked)
	}
}

// TestScope holds the bounds of days against dates of every precision.
func TestScope(t *testing.T) {
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	s := newScope(Backfill{Source: blotter.Source{TimeZone: "Europe/London"}, From: day("2015-06-10"), To: day("2016-06-10")})
	for _, row := range []struct {
		date          string
		before, after bool
	}{
		{"", false, false},
		{"2015-06-09", true, false}, {"2015-06-10", false, false}, {"2016-06-10", false, false}, {"2016-06-11", false, true},
		{"2015-06-09T22:59:00Z", true, false}, {"2015-06-09T23:00:00Z", false, false}, // midnight in London
		{"2016-06-10T22:59:00Z", false, false}, {"2016-06-10T23:00:00Z", false, true},
		{"2015-05", true, false}, {"2015-06", false, false}, {"2016-07", false, true},
		{"2014", true, false}, {"2015", false, false}, {"2016", false, false}, {"2017", false, true},
	} {
		d, _ := blotter.ParseDate(row.date, "", blotter.Source{TimeZone: "Europe/London"}.Zone())
		if s.before(d) != row.before || s.after(d) != row.after {
			t.Errorf("%q: before %v, after %v", row.date, s.before(d), s.after(d))
		}
	}
}
