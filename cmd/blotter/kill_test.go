package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/index"
	"blotter/internal/newsroom"
)

// kills is how often TestKill ends a run without warning.
const kills = 25

// TestKill ends runs by SIGKILL at random moments and lets the next one go on. In the end captures, articles and
// index agree, and nothing stands twice.
func TestKill(t *testing.T) {
	const articles = 1000
	rooms, err := newsroom.Bulk{Articles: articles, Hosts: 6, Kind: blotter.KindFeed, Seed: 1}.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer rooms.Close()
	dir := t.TempDir()
	writeConfig(t, dir, rooms)
	random := rand.New(rand.NewPCG(7, 11))
	killed, last := 0, 0
	for round := range kills * 4 {
		if killed == kills {
			break
		}
		if round%8 == 7 { // a run that got far leaves little to interrupt: let the rest be read and indexed anew
			if err := os.RemoveAll(filepath.Join(dir, "data", "index")); err != nil {
				t.Fatal(err)
			}
			rooms.SetEdition(2)
		}
		cmd := blotterCommand(t, "--config", dir, "--quiet", "run", "--all")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-ended:
		case <-time.After(50*time.Millisecond + time.Duration(random.Int64N(int64(700*time.Millisecond)))):
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			<-ended
			killed++
		}
		last = checkArchive(t, filepath.Join(dir, "data"), last)
	}
	if killed < kills {
		t.Fatalf("%d runs were killed, want %d: the runs end too soon", killed, kills)
	}
	rooms.SetEdition(1)
	for range 2 { // twice: a host that was asked a moment before a kill may be left alone for a moment
		if out, err := blotterCommand(t, "--config", dir, "run", "--all").CombinedOutput(); err != nil {
			t.Fatalf("the last run: %v\n%s", err, out)
		}
	}
	checkAgreement(t, filepath.Join(dir, "data"), articles, killed)
}

// blotterCommand is this program as a process of its own.
func blotterCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("blotter")
	if err != nil {
		t.Fatal(err) // testscript.Main puts it into the path
	}
	return exec.Command(path, args...)
}

// writeConfig writes a configuration that names the newsrooms and nothing else.
func writeConfig(t *testing.T, dir string, rooms *newsroom.Newsrooms) {
	t.Helper()
	if out, err := blotterCommand(t, "init", dir).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	if err := os.RemoveAll(filepath.Join(dir, "sources")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "sources"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := "contact: test@blotter.example\ncrawl:\n  max_items: 5000\n  recheck: [1s]\n  allow: [" + strings.Join(quoted(rooms.Addrs()), ", ") + "]\n"
	var sources strings.Builder
	sources.WriteString("sources:\n")
	for _, s := range rooms.Sources() {
		fmt.Fprintf(&sources, "  - {id: %q, name: %q, kind: %q, url: %q, schedule: %q, time_zone: %q, country: %q, publisher: %q, language: %q}\n",
			s.ID, s.Name, s.Kind, s.URL, s.Schedule, s.TimeZone, s.Country, s.Publisher, s.Language)
	}
	for name, text := range map[string]string{"blotter.yaml": config, "sources/bulk.yaml": sources.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func quoted(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprintf("%q", s)
	}
	return out
}

// checkArchive opens the archive as the next run would and makes sure that it is whole and has lost nothing.
func checkArchive(t *testing.T, dir string, before int) int {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "lock")); err != nil {
		return before // killed before it was made
	}
	arc, err := archive.Open(dir, archive.Options{})
	if err != nil {
		t.Fatalf("after a kill: %v", err)
	}
	defer arc.Close()
	if findings, err := arc.Check(context.Background(), archive.CheckOptions{Deep: true}); err != nil || len(findings) > 0 {
		t.Fatalf("after a kill: %v, %v", findings, err)
	}
	stats, err := arc.Stats(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if stats.Captures < before {
		t.Fatalf("after a kill there are %d captures; there were %d", stats.Captures, before)
	}
	return stats.Captures
}

// checkAgreement holds archive, WARC files and index against each other.
func checkAgreement(t *testing.T, dir string, want, kills int) {
	t.Helper()
	ctx := context.Background()
	arc, err := archive.Open(dir, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer arc.Close()
	if findings, err := arc.Check(ctx, archive.CheckOptions{Deep: true}); err != nil || len(findings) > 0 {
		t.Error(findings, err)
	}
	stats, err := arc.Stats(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if stats.Articles != want {
		t.Errorf("the archive has %d articles, want %d", stats.Articles, want)
	}
	idx, err := index.OpenBleve(filepath.Join(dir, "index"), arc.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer idx.Close()
	count, err := idx.Count()
	if err != nil {
		t.Fatal(err)
	}
	seq, err := idx.Seq()
	if err != nil {
		t.Fatal(err)
	}
	if count != stats.Articles || seq != stats.Seq {
		t.Errorf("the index has %d articles at change %d, the archive %d at %d", count, seq, stats.Articles, stats.Seq)
	}
	if n := distinctArticles(t, arc); n != stats.Articles {
		t.Errorf("the archive gives %d distinct articles of %d", n, stats.Articles)
	}
	seen := map[string]int{}
	responses := countResponses(t, dir, seen)
	t.Logf("%d kills; %d captures, %d articles, %d revisions, index at change %d; %d response records of %d URLs",
		kills, stats.Captures, stats.Articles, stats.Revisions, seq, responses, len(seen))
}

func distinctArticles(t *testing.T, arc *archive.Archive) int {
	t.Helper()
	urls := map[string]bool{}
	for seq := int64(0); ; {
		changes, err := arc.Since(context.Background(), seq, 500)
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) == 0 {
			return len(urls)
		}
		for _, c := range changes {
			if c.Article != nil {
				if urls[c.Article.URL] {
					t.Errorf("%s stands twice", c.Article.URL)
				}
				urls[c.Article.URL] = true
			}
			seq = c.Seq
		}
	}
}

// countResponses reads every WARC file as a stranger would.
func countResponses(t *testing.T, dir string, seen map[string]int) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.warc.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no WARC files in %s: %v", dir, err)
	}
	n := 0
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for record, err := range archive.ReadWARC(f) {
			if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
			if record.Type == "response" {
				n++
				seen[record.URL]++
			}
		}
		f.Close()
	}
	return n
}
