package configs

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"blotter"
)

func TestDefaultLoads(t *testing.T) {
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Sources) != 116 {
		t.Errorf("have %d sources, want 116", len(c.Sources))
	}
	if c.Dir != "" || c.DataDir != "data" || c.Contact != "" {
		t.Errorf("have dir %q, data %q, contact %q", c.Dir, c.DataDir, c.Contact)
	}
	if _, err := c.Rules.Open("threat_level.yaml"); err != nil {
		t.Error(err)
	}
	crawl := reflect.ValueOf(c.Crawl)
	for i := range crawl.NumField() {
		if name := crawl.Type().Field(i).Name; crawl.Field(i).IsZero() && name != "Allow" {
			t.Errorf("crawl has no %s: the key is not taken over", name)
		}
	}
}

// The commented file is what people read, so it must say what happens when a key is left out.
func TestDefaultFileHoldsTheDefaults(t *testing.T) {
	written, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"blotter.yaml": "# nothing\n", "sources/a.yaml": oneSource(""), "rules/x.yaml": "\n"})
	silent, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(written.Crawl.Allow) == 0 {
		written.Crawl.Allow = nil // [] in the file
	}
	if !reflect.DeepEqual(written.Crawl, silent.Crawl) {
		t.Errorf("file  %+v\nnone  %+v", written.Crawl, silent.Crawl)
	}
	if len(written.Daemon.Origins) == 0 {
		written.Daemon.Origins = nil
	}
	if !reflect.DeepEqual(written.Daemon, silent.Daemon) || written.Reserve != silent.Reserve {
		t.Errorf("file  %+v, %d\nnone  %+v, %d", written.Daemon, written.Reserve, silent.Daemon, silent.Reserve)
	}
	if !reflect.DeepEqual(written.Digest, silent.Digest) || len(written.Channels)+len(written.Alarms) != 0 {
		t.Errorf("file  %+v, %d channels, alarms %v\nnone  %+v", written.Digest, len(written.Channels), written.Alarms, silent.Digest)
	}
	if want := filepath.Join(dir, "data"); silent.DataDir != want {
		t.Errorf("data folder %s, want %s", silent.DataDir, want)
	}
}

func TestWriteAndLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := Write(dir); err != nil {
		t.Fatal(err)
	}
	written, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(written.Sources, embedded.Sources) {
		t.Error("the sources that were written differ from the embedded ones")
	}
	err = Write(dir)
	if err == nil || !strings.Contains(err.Error(), dir+" is not empty (it holds blotter.yaml)") {
		t.Errorf("second write: %v", err)
	}
}

func TestLoadOfNoConfiguration(t *testing.T) {
	empty := t.TempDir()
	for dir, want := range map[string]string{
		empty:                          "it has no blotter.yaml; write a configuration with: blotter init DIR",
		filepath.Join(empty, "absent"): "no such folder; write a configuration into it with: blotter init DIR",
	} {
		_, err := Load(dir)
		if want = "configuration " + dir + ": " + want; err == nil || err.Error() != want {
			t.Errorf("have %v, want %s", err, want)
		}
	}
}

func TestLinkOutOfTheFolder(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	writeFiles(t, outside, map[string]string{"a.yaml": oneSource("")})
	writeFiles(t, dir, map[string]string{"blotter.yaml": "", "sources/b.yaml": oneSource("")})
	if err := os.Symlink(filepath.Join(outside, "a.yaml"), filepath.Join(dir, "sources", "a.yaml")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "escapes") {
		t.Errorf("a link out of the folder was followed: %v", err)
	}
}

// oneSource is a file of one good source with the lines of extra set, which take the place of its own.
func oneSource(extra string) string {
	fields := []string{"id: one", "name: One", "kind: feed", "url: https://news.example.org/rss", `schedule: "@hourly"`,
		"time_zone: Europe/London", "country: gb", "publisher: press", "language: en"}
	own := map[string]bool{}
	for line := range strings.SplitSeq(extra, "\n") {
		key, _, _ := strings.Cut(line, ":")
		own[key] = true
	}
	var b strings.Builder
	b.WriteString("sources:\n  -\n")
	for _, f := range fields {
		if key, _, _ := strings.Cut(f, ":"); !own[key] {
			b.WriteString("    " + f + "\n")
		}
	}
	for line := range strings.SplitSeq(extra, "\n") {
		b.WriteString("    " + line + "\n")
	}
	return b.String()
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSourceFaults(t *testing.T) {
	tests := []struct{ name, extra, want string }{
		{"good", "", ""},
		{"good designs before", "earlier:\n      - {until: 2021-05-01, selectors: {body: article}}\n      - {until: 2024-03-01, date_format: 2 January 2006}", ""},
		{"designs before without a day", "earlier: [{selectors: {body: article}}]", "no until: the first day on which pages are no longer read so, such as 2024-03-01"},
		{"designs before out of order", "earlier: [{until: 2024-03-01}, {until: 2024-03-01}]", "until 2024-03-01 is not after the one before it; the oldest design stands first"},
		{"designs before on no day", "earlier: [{until: 2024-02-30}]", `until "2024-02-30" is not a day such as 2024-03-01`},
		{"designs before of a list", "earlier: [{until: 2024-03-01, selectors: {items: li, body: 'p['}}]", "items is for lists, and a list is read when it is fetched; it has no earlier form\nselector \"p[\": expected identifier, found EOF instead"},
		{"good selectors and date", "date_format: Monday, January 2, 2006 - 15:04\nselectors: {items: 'li, .card > a[href]', drop: [nav]}", ""},
		{"good plain every", "schedule: every 30m", ""},
		{"good weekly", `schedule: "5 4 * * sun"`, ""},
		{"unknown key", "shedule: x", `unknown key "shedule" (did you mean "schedule"?)`},
		{"id with a path", "id: ../etc", `id "../etc" must be 1 to 63 of a-z, 0-9 and -, and not begin with -`},
		{"id of capitals", "id: BBC", `id "BBC" must be 1 to 63 of a-z, 0-9 and -, and not begin with -`},
		{"id that begins with a hyphen", "id: -rf", `id "-rf" must be 1 to 63 of a-z, 0-9 and -, and not begin with -`},
		{"id of two lines", `id: "one\ntwo"`, `id "one\ntwo" must be 1 to 63 of a-z, 0-9 and -, and not begin with -`},
		{"id of 63", "id: " + strings.Repeat("a", 63), ""},
		{"id of 64", "id: " + strings.Repeat("a", 64), `id "` + strings.Repeat("a", 64) + `" must be 1 to 63 of a-z, 0-9 and -, and not begin with -`},
		{"no name", `name: ""`, `source one has no name`},
		{"kind", "kind: rss", `kind "rss" is none of feed, listing, sitemap, status`},
		{"publisher", "publisher: blog", `publisher "blog" is none of police, government, press, trade, analysis, aggregator`},
		{"country", "country: GB", `country "GB" is not two lower-case letters such as gb, eu, or int`},
		{"language", "language: English", `language "English" is not a language tag such as en or en-GB`},
		{"zone", "time_zone: Europe/Londn", `time zone "Europe/Londn" is not an IANA name such as Europe/London`},
		{"zone of the machine", "time_zone: Local", `time zone "Local" is not an IANA name such as Europe/London`},
		{"cron with four fields", `schedule: "5 * * *"`, `schedule "5 * * *": 4 fields; write five (minute, hour, day, month, weekday), "@hourly" or "every 30m"`},
		{"cron with seconds", `schedule: "0 5 * * * *"`, `schedule "0 5 * * * *": 6 fields; write five (minute, hour, day, month, weekday), "@hourly" or "every 30m"`},
		{"cron out of range", `schedule: "61 * * * *"`, `schedule "61 * * * *": end of range (61) above maximum (59): 61`},
		{"cron that never comes", `schedule: "0 0 31 2 *"`, `schedule "0 0 31 2 *" never comes`},
		{"cron of nothing", `schedule: ", * * * *"`, `schedule ", * * * *" never comes`},
		{"cron with a wrong zone", `schedule: "CRON_TZ=London 5 * * * *"`, `schedule "CRON_TZ=London 5 * * * *": "London" is not an IANA name of a zone such as Europe/London`},
		{"cron absent", `schedule: ""`, `source one has no schedule`},
		{"too often", `schedule: "@every 10s"`, `schedule "@every 10s": more often than once a minute`},
		{"never again", `schedule: every -5m`, `schedule "@every -5m": more often than once a minute`},
		{"url scheme", "url: ftp://example.org/x", `url "ftp://example.org/x": scheme is not http or https`},
		{"url relative", "url: /rss", `url "/rss": scheme is not http or https`},
		{"url with credentials", "url: https://me:pw@example.org/", `url "https://me:pw@example.org/": credentials and fragments are not sent; leave them out`},
		{"private host", "url: http://127.0.0.1:8080/rss", `host 127.0.0.1 is not public; to read it, name 127.0.0.1:8080 in crawl.allow of blotter.yaml`},
		{"private host of no port", "url: https://localhost/rss", `host localhost is not public; to read it, name localhost:443 in crawl.allow of blotter.yaml`},
		{"allowed private host", "url: http://127.0.0.1:7000/rss", ""},
		{"disabled private host", "url: http://10.0.0.1/\nenabled: false\nwhy: not ours", ""},
		{"selector", "selectors: {body: 'p[', drop: ['a', '>>']}", "selector \"p[\": expected identifier, found EOF instead\nselector \">>\": expected identifier, found > instead"},
		{"kept for a time", "keep: 18mo", ""},
		{"kept for minutes", "keep: 5m", `"5m" is not a time such as 5y, 18mo or 90d`},
		{"layout of another language", `date_format: "%d %b %Y"`, `date format "%d %b %Y" does not name year, month and day; write how 2 January 2006 would be printed`},
		{"layout without a year", "date_format: 2 January", `date format "2 January" does not name year, month and day; write how 2 January 2006 would be printed`},
		{"disabled without why", "enabled: false", "source one is disabled without saying why"},
		{"enabled with why", "why: no reason", "source one is enabled; why is for disabled ones, use note"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, map[string]string{
				"blotter.yaml":   `crawl: {allow: ["127.0.0.1:7000"]}`,
				"sources/a.yaml": oneSource(test.extra),
			})
			_, err := Load(dir)
			var got []string
			if err != nil {
				for line := range strings.SplitSeq(err.Error(), "\n") {
					place, msg, _ := strings.Cut(line, ": ")
					if !strings.HasPrefix(place, "sources/a.yaml:") || strings.Count(place, ":") != 2 {
						t.Errorf("place %q is not file, line and column", place)
					}
					got = append(got, msg)
				}
			}
			if strings.Join(got, "\n") != test.want {
				t.Errorf("have %s\nwant %s", strings.Join(got, "\n"), test.want)
			}
		})
	}
}

// Every fault of every file is told at once.
func TestFaultsOfAllFiles(t *testing.T) {
	dir := t.TempDir()
	same := oneSource("url: https://news.example.org/rss?utm_source=x")
	writeFiles(t, dir, map[string]string{
		"blotter.yaml":   "contct: a@b.example\ncrawl: {delay: -1s, recheck: [6h, 1h], allow: [localhost], max_items: 0, max_interval: 5m}\n",
		"sources/a.yaml": oneSource(""),
		"sources/b.yaml": "defaults: {id: x, kind: listing}\n" + same,
		"sources/c.yml":  "",
		"rules/r.yml":    "",
		"sources/d.yaml": "sources: {}",
	})
	_, err := Load(dir)
	want := `blotter.yaml:1:1: unknown key "contct" (did you mean "contact"?)
blotter.yaml:2:16: delay must be more than 0
blotter.yaml:2:35: recheck must rise from one age to the next
blotter.yaml:2:48: "localhost" is not host:port
blotter.yaml:2:71: max_items must be more than 0
blotter.yaml:2:88: max_interval is 5m0s, less than min_interval, which is 15m0s
rules/r.yml: is not read; files here are named *.yaml
sources/b.yaml:1:16: id is a source's own and has no default
sources/b.yaml:4:9: id "one" is taken by the source at sources/a.yaml:3
sources/b.yaml:12:10: source one reads the same URL; disable one of the two
sources/c.yml: is not read; files here are named *.yaml
sources/d.yaml:1:10: want a list, have keys with values`
	if err == nil || err.Error() != want {
		t.Errorf("have\n%v\nwant\n%s", err, want)
	}
}

func TestContact(t *testing.T) {
	for contact, want := range map[string]bool{
		"desk@example.org": true, "https://example.org/bot": true, "http://example.org": true,
		"desk": false, "desk@": false, "@example.org": false, "desk@localhost": false, "ftp://example.org": false,
		"https://": false, "a@b.example) Mozilla/5.0 (x": false, "a@b.example\r\nHost: x": false,
	} {
		if got := isContact(contact); got != want {
			t.Errorf("%q: have %v, want %v", contact, got, want)
		}
	}
}

func TestAllow(t *testing.T) {
	for place, want := range map[string]bool{
		"127.0.0.1:80": true, "[::1]:8080": true, "news.internal:443": true,
		"localhost": false, ":80": false, "127.0.0.1:": false, "http://x:80": false, "::1:80": false, "a:b:c": false,
	} {
		if _, port, ok := cutPort(place); (ok && port != "") != want {
			t.Errorf("%q: have %v, want %v", place, !want, want)
		}
	}
}

// What the default watches is what the project's survey of sources found, no more and no less.
func TestDefaultAgreesWithTheSurvey(t *testing.T) {
	name := filepath.Join("..", "..", "shared", "sources", "sources.csv")
	file, err := os.Open(name)
	if err != nil {
		t.Skip("the survey is not here:", err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]blotter.Source{}
	for _, s := range c.Sources {
		sources[s.ID] = s
	}
	const id, country, url, confidence = 0, 2, 4, 8
	for _, row := range rows[1:] {
		s, ok := sources[row[id]]
		if !ok {
			t.Errorf("%s is missing", row[id])
			continue
		}
		delete(sources, row[id])
		if s.URL != row[url] || s.Country != strings.ToLower(row[country]) {
			t.Errorf("%s: have %s in %s, want %s in %s", s.ID, s.URL, s.Country, row[url], row[country])
		}
		sure := row[confidence] == "high" || row[confidence] == "medium-high"
		if s.Enabled != sure && s.ID != "met-mynewsdesk" { // a duplicate of met-current
			t.Errorf("%s: enabled is %v at %s confidence", s.ID, s.Enabled, row[confidence])
		}
	}
	for id := range sources {
		t.Errorf("%s is not in the survey", id)
	}
}

// Sources of one host that all fall due in the same minute would queue behind its delay.
func TestDefaultSpreadsItsMinutes(t *testing.T) {
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	perMinute := map[string]int{}
	for _, s := range c.Sources {
		minutes, _, _ := strings.Cut(s.Schedule, " ")
		for minute := range strings.SplitSeq(minutes, ",") {
			if s.Enabled {
				perMinute[minute]++
			}
		}
	}
	for minute, n := range perMinute {
		if n > 4 {
			t.Errorf("%d sources fall due at minute %s", n, minute)
		}
	}
	if len(perMinute) < 40 {
		t.Errorf("passes begin in only %d minutes of the hour", len(perMinute))
	}
}

// TestSaveQuery: what is saved is read again, and what would spoil the configuration is refused.
func TestSaveQuery(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	if err := Write(dir); err != nil {
		t.Fatal(err)
	}
	load := func() *Config {
		t.Helper()
		c, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	want := SavedQuery{Query: `"police's" OR: 'x' # {y} é`, About: "two lines"}
	if err := load().SaveQuery("one", SavedQuery{Query: want.Query, About: "two\nlines"}, false); err != nil {
		t.Fatal(err)
	}
	if got := load().Queries["one"]; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, q := range []SavedQuery{{Query: "a\x07b"}, {Query: "a", About: "ring\x07ing"}, {Query: "a", About: "\xff"}, {Query: "a\u202eb"}} {
		if err := load().SaveQuery("two", q, false); err == nil || !strings.Contains(err.Error(), "no text has") {
			t.Errorf("%+v: error %v", q, err)
		}
	}
	load()
}
