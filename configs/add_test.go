package configs

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"blotter"
)

// ownFolder is a configuration folder with one source, and what more is asked for.
func ownFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{
		"blotter.yaml": "contact: press@example.org\n",
		"sources/one.yaml": `sources:
  - {id: one, name: One, kind: feed, url: "https://one.example/feed", schedule: "@hourly", time_zone: UTC, country: gb, publisher: press, language: en}
`,
	}
	for name, text := range files {
		all[name] = text
	}
	for name, text := range all {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func mustLoad(t *testing.T, dir string) *Config {
	t.Helper()
	c, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func addition(id, url string) Addition {
	return Addition{Source: blotter.Source{
		ID: id, Name: "N", Kind: blotter.KindFeed, URL: url, Schedule: "@hourly", TimeZone: "Europe/London", Country: "gb", Publisher: "press",
		Language: "en-GB", Enabled: true,
	}}
}

func find(t *testing.T, c *Config, id string) blotter.Source {
	t.Helper()
	for _, s := range c.Sources {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("no source %s", id)
	return blotter.Source{}
}

// What is written is read as the same source, whatever it holds.
func TestAddRoundTrip(t *testing.T) {
	full := Addition{
		Source: blotter.Source{
			ID: "null", Name: "It's: a #name, *with* \"all\" \\n — und Ümläute", Kind: blotter.KindListing,
			URL: "https://two.example/news?a=1&b=%C3%A9:#"[:37], Schedule: "7,37 * * * *", TimeZone: "America/Argentina/Buenos_Aires", Country: "no",
			Publisher: "police", Language: "no", Licence: "- none", Enabled: false, Why: "true", DateFormat: "02.01.2006 15:04",
			Selectors: blotter.Selectors{Items: "a[href^='/x']", Title: "h1", Body: "#b > p:not(.c)", Date: "time", Drop: []string{"a, b", "[x='y, z']"}},
		},
		Note: "@found: by 'link'",
	}
	plain := addition("bbc2", "https://three.example/feed")
	digits := addition("0x1", "https://four.example/feed")
	dir := ownFolder(t, nil)
	c := mustLoad(t, dir)
	if err := c.Add([]Addition{full, plain}); err != nil {
		t.Fatal(err)
	}
	if err := c.Add([]Addition{digits}); err != nil {
		t.Fatal(err)
	}
	c = mustLoad(t, dir)
	for _, a := range []Addition{full, plain, digits} {
		if got := find(t, c, a.Source.ID); !reflect.DeepEqual(got, a.Source) {
			t.Errorf("have %+v\nwant %+v", got, a.Source)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "sources", "added.yaml"))
	if err != nil || !strings.Contains(string(text), "note: '@found: by ''link'''") || !strings.Contains(string(text), "\n  - id: bbc2\n    name: 'N'\n    kind: feed\n    url: https://three.example/feed\n") {
		t.Errorf("%v\n%s", err, text)
	}
}

// What a person wrote stays as it is, byte for byte.
func TestAddKeepsTheFile(t *testing.T) {
	entry := `  id: two
  name: Two # mine
  kind: feed
  url: https://two.example/feed
  schedule: "@hourly"
  time_zone: UTC
  country: gb
  publisher: press
  language: en`
	for name, old := range map[string]string{
		"comments":     "# mine\nsources:\n\n  # two\n  - " + strings.ReplaceAll(strings.TrimSpace(entry), "\n", "\n  ") + "\n  # and more to come\n",
		"no indent":    "sources:\n- " + strings.TrimSpace(entry) + "\n",
		"no last line": "sources:\n- " + strings.TrimSpace(entry),
		"defaults":     "defaults:\n  licence: free\nsources:\n- " + strings.TrimSpace(entry) + "\n\n\n",
		"only remarks": "# nothing yet\n",
		"CRLF":         "sources:\r\n- " + strings.ReplaceAll(strings.TrimSpace(entry), "\n", "\r\n") + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := ownFolder(t, map[string]string{"sources/added.yaml": old})
			before := len(mustLoad(t, dir).Sources)
			if err := mustLoad(t, dir).Add([]Addition{addition("three", "https://three.example/feed")}); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "sources", "added.yaml")
			text, err := os.ReadFile(path)
			if err != nil || !strings.HasPrefix(string(text), strings.TrimRight(old, "\n")) {
				t.Errorf("%v\n%s", err, text)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the mode is %v, %v", info.Mode(), err)
			}
			c := mustLoad(t, dir)
			find(t, c, "three")
			if len(c.Sources) != before+1 {
				t.Errorf("%d sources, of %d before", len(c.Sources), before)
			}
		})
	}
}

// A file with no place at its end, or an addition that would spoil the configuration, is refused and nothing is changed.
func TestAddRefuses(t *testing.T) {
	two := `{id: two, name: Two, kind: feed, url: "https://two.example/feed", schedule: "@hourly", time_zone: UTC, country: gb, publisher: press, language: en}`
	good := addition("three", "https://three.example/feed")
	bad := good
	bad.Source.TimeZone = "Mars/North"
	for name, test := range map[string]struct {
		old, want string
		add       Addition
	}{
		"defaults last":   {"sources:\n- " + two + "\ndefaults:\n  licence: free\n", "no place", good},
		"empty list":      {"sources: []\n", "no place", good},
		"list in a line":  {"sources: [" + two + "]\n", "no place", good},
		"document ended":  {"sources:\n- " + two + "\n...\n", "no place", good},
		"bad zone":        {"", "Mars/North", bad},
		"id taken":        {"", `"one" is taken`, addition("one", "https://three.example/feed")},
		"URL taken":       {"", "reads the same URL", addition("three", "https://one.example/feed")},
		"hidden letters":  {"", "would be read as another", addition("three", "https://three.example/fe\u200bed")},
		"private address": {"", "crawl.allow", addition("three", "http://127.0.0.1/feed")},
		"disabled, silent": {"", "without saying why", func() Addition {
			a := good
			a.Source.Enabled = false
			return a
		}()},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			if test.old != "" {
				files["sources/added.yaml"] = test.old
			}
			dir := ownFolder(t, files)
			err := mustLoad(t, dir).Add([]Addition{test.add})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("have %v, want %q", err, test.want)
			}
			text, _ := os.ReadFile(filepath.Join(dir, "sources", "added.yaml"))
			if string(text) != test.old {
				t.Errorf("the file became\n%s", text)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "sources", "*.new")); len(left) > 0 {
				t.Errorf("%v was left", left)
			}
			mustLoad(t, dir)
		})
	}
	t.Run("another is at it", func(t *testing.T) {
		dir := ownFolder(t, map[string]string{"sources/added.yaml.new": ""})
		if err := mustLoad(t, dir).Add([]Addition{good}); err == nil || !strings.Contains(err.Error(), "added.yaml.new is there") {
			t.Errorf("have %v", err)
		}
	})
	t.Run("a link out", func(t *testing.T) {
		dir, outside := ownFolder(t, nil), t.TempDir()
		if err := os.Symlink(filepath.Join(outside, "x.yaml"), filepath.Join(dir, "sources", "added.yaml")); err != nil {
			t.Fatal(err)
		}
		c := &Config{Dir: dir}
		if err := c.Add([]Addition{good}); err == nil {
			t.Error("followed a link out of the folder")
		}
		if entries, _ := os.ReadDir(outside); len(entries) > 0 {
			t.Errorf("%v was written", entries)
		}
	})
	t.Run("built in", func(t *testing.T) {
		if err := mustLoad(t, "").Add([]Addition{good}); !errors.Is(err, ErrNoFolder) {
			t.Errorf("have %v", err)
		}
	})
}

func TestCheckAddition(t *testing.T) {
	c := mustLoad(t, ownFolder(t, nil))
	if err := c.CheckAddition(addition("x", "https://x.example/feed")); err != nil {
		t.Error(err)
	}
	for url, want := range map[string]string{"ftp://x.example/": "scheme", "http://localhost/x": "not public", "": "url"} {
		if err := c.CheckAddition(addition("x", url)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", url, err, want)
		}
	}
}

func TestNewID(t *testing.T) {
	c := &Config{Sources: []blotter.Source{{ID: "norland-police-news"}, {ID: strings.Repeat("a", 63)}}}
	for url, want := range map[string]string{
		"https://www.norland.police.uk/news/rss.xml":               "norland-police-news-2",
		"https://norland.example/":                                 "norland",
		"https://feeds.bbci.co.uk/news/uk/rss.xml":                 "bbci-news-uk",
		"https://www.gov.uk/search/news-and-communications.atom":   "gov-search-news-and-communications",
		"http://127.0.0.1:4711/feed/":                              "127-0-0-1",
		"https://xn--mnchen-3ya.example/":                          "xn-mnchen-3ya",
		"https://com/":                                             "com",
		"https://" + strings.Repeat("a", 63) + ".example/":         strings.Repeat("a", 61) + "-2",
		"https://a.example/" + strings.Repeat("x", 60) + "/-y-/ü/": "a-" + strings.Repeat("x", 60),
		"https://www.feed.com/rss":                                 "source",
		"":                                                         "source",
	} {
		got := c.NewID(url, func(string) bool { return false })
		if got != want || !idPattern.MatchString(got) {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
	if got := c.NewID("https://x.example", func(id string) bool { return id == "x" || id == "x-2" }); got != "x-3" {
		t.Errorf("have %q", got)
	}
}

func TestReading(t *testing.T) {
	c := &Config{Sources: []blotter.Source{
		{ID: "off", URL: "https://n.example/feed"}, {ID: "on", URL: "http://N.example:80/feed/?utm_source=x", Enabled: true},
	}}
	for url, want := range map[string]string{"https://n.example/feed/": "on", "https://n.example/feed#x": "on", "https://n.example/feeds": "", "": "", "x": ""} {
		if got, there := c.Reading(url); got.ID != want || there != (want != "") {
			t.Errorf("%q: %q", url, got.ID)
		}
	}
}
