package main

import (
	"bytes"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"blotter"
	"blotter/configs"
	"blotter/crawler"
	"blotter/internal/others"
)

// The sources that come with the program go through OPML unchanged.
func TestDefaultSourcesAsOPML(t *testing.T) {
	c, err := configs.Load("")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := crawler.WriteOPML(&b, "all", c.Sources); err != nil {
		t.Fatal(err)
	}
	outlines, faults, err := crawler.ReadOPML(b.Bytes())
	if err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	read := map[string]blotter.Source{}
	for _, o := range outlines {
		read[o.Source.ID] = o.Source
	}
	if len(read) != len(c.Sources) || len(read) < 50 {
		t.Errorf("%d sources of %d", len(read), len(c.Sources))
	}
	for _, s := range c.Sources {
		if got := read[s.ID]; !reflect.DeepEqual(got, s) {
			t.Errorf("have %+v\nwant %+v", got, s)
		}
	}
}

// listparser, a Python module for OPML, takes each feed as a subscription.
func TestOPMLByListparser(t *testing.T) {
	python := others.Python(t, "listparser")
	var feeds []string
	c, err := configs.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Sources {
		if s.Kind == blotter.KindFeed || s.Kind == blotter.KindStatus {
			feeds = append(feeds, s.Country+" "+s.Name+" "+s.URL)
		}
	}
	var opml bytes.Buffer
	if err := crawler.WriteOPML(&opml, "all", c.Sources); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `import listparser, sys
d = listparser.parse(sys.stdin.buffer.read().decode())
assert not d.bozo and d.version == "opml2", (d.bozo, d.version)
print("\n".join(sorted(" ".join([f.categories[0][0], f.title, f.url]) for f in d.feeds)))`)
	cmd.Stdin = &opml
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		got[strings.TrimSpace(line)] = true
	}
	for _, f := range feeds {
		if !got[f] {
			t.Errorf("%s is missing", f)
		}
	}
	if len(got) != len(feeds) {
		t.Errorf("%d feeds, want %d", len(got), len(feeds))
	}
}

func TestLanguageTag(t *testing.T) {
	for in, want := range map[string]string{
		"en-gb": "en-GB", "EN": "en", "de_AT": "de-AT", "": "", "english": "", "unknown": "", "zh-Hans": "zh", "pt-br-x": "pt", "e1": "", "en-": "en",
	} {
		if got := languageTag(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
