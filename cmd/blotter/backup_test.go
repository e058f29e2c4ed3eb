package main

import (
	"context"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/internal/newsroom"
	"blotter/internal/pipeline"
)

// TestBackupBesideRun makes backups, each in a process of its own, while a run crawls and articles are forgotten. Each is put
// back, is whole, and answers as the archive did at that change.
func TestBackupBesideRun(t *testing.T) {
	rooms, err := newsroom.Bulk{Articles: 600, Hosts: 6, Kind: blotter.KindFeed, Seed: 2}.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer rooms.Close()
	dir := t.TempDir()
	writeConfig(t, dir, rooms)
	a := &app{configDir: dir, quiet: true, stdout: io.Discard, stderr: io.Discard}
	c, err := a.config()
	if err != nil {
		t.Fatal(err)
	}
	p, closeAll, err := a.openPipeline(c)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if _, err := p.Run(context.Background(), pipeline.Pass{Sources: c.Sources, Command: "run"}); err != nil {
			t.Error(err)
		}
	}()
	made, forgotten := 0, 0
	for running := true; running && (made < 3 || forgotten == 0); made++ { // on a busy machine the first articles are tagged late
		select {
		case <-ended:
			running = false
		case <-time.After(500 * time.Millisecond): // further into the run; what matters is that it is running
		}
		cmd := blotterCommand(t, "--config", dir, "--quiet", "backup", filepath.Join(dir, "copies"), "-o", "json")
		out := make(chan []byte)
		go func() {
			text, err := cmd.Output()
			if exit, ok := err.(*exec.ExitError); ok {
				t.Errorf("backup: %v\n%s", err, exit.Stderr)
			}
			out <- text
		}()
		gone := forgetSome(t, p.Archive)
		var b backupJSON
		if err := json.Unmarshal(<-out, &b); err != nil || len(b.Damaged) > 0 {
			t.Fatalf("backup %+v, %v", b, err)
		}
		forgotten += gone
		t.Logf("backup of %d articles at change %d; running %v; %d forgotten beside it", b.Articles, b.Seq, running, gone)
	}
	<-ended
	if made < 2 || forgotten == 0 {
		t.Fatal("the run ended too soon")
	}
	copies, err := filepath.Glob(filepath.Join(dir, "copies", "blotter-*"))
	if err != nil || len(copies) != made {
		t.Fatalf("%q, %v", copies, err)
	}
	for _, path := range copies {
		checkBackup(t, path, dir, p.Archive)
	}
}

// forgetSome forgets a few articles.
func forgetSome(t *testing.T, arc *archive.Archive) int {
	changes, err := arc.Since(t.Context(), 0, 100)
	if err != nil {
		t.Error(err)
	}
	n := 0
	for _, c := range changes {
		if c.Article == nil || n == 3 {
			continue
		}
		if _, err := arc.Forget(t.Context(), c.ID); err != nil {
			t.Error(err)
		}
		n++
	}
	return n
}

// checkBackup puts a backup back and compares it with the archive, which has gone on. What has not changed there since is to be
// there in the same state; and what is there that is not, has.
func checkBackup(t *testing.T, path, config string, live *archive.Archive) {
	t.Helper()
	b, err := archive.ReadBackup(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	for _, step := range [][]string{
		{"restore", path, "--data", dir}, {"update"}, {"verify", "--deep"},
	} {
		args := append(step, "--data", dir)
		if step[0] != "restore" {
			args = append(args, "--config", config)
		}
		if out, err := blotterCommand(t, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", step[0], err, out)
		}
		if step[0] != "restore" {
			continue
		}
		arc, err := archive.OpenReadOnly(dir)
		if err != nil {
			t.Fatal(err)
		}
		if findings, err := arc.Check(t.Context(), archive.CheckOptions{Deep: true}); err != nil || len(findings) > 0 {
			t.Errorf("%v, %v", findings, err)
		}
		compareStates(t, states(t, arc), states(t, live), b.Seq)
		arc.Close()
	}
	arc, err := archive.OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer arc.Close()
	want := map[string]bool{}
	for id, s := range states(t, arc) {
		if strings.Contains(strings.ToLower(s.article.Title+" "+s.article.Body), "police") {
			want[id] = true
		}
	}
	out, err := blotterCommand(t, "--data", dir, "--config", config, "search", "title:police OR body:police", "--limit", "1000", "-o", "jsonl").Output()
	if err != nil {
		t.Fatal(err)
	}
	found := strings.Count(string(out), "\n")
	if found == 0 || found > len(want) {
		t.Errorf("the search finds %d articles of %d that hold the letters", found, len(want))
	}
	for line := range strings.Lines(string(out)) {
		var hit struct{ ID string }
		if err := json.Unmarshal([]byte(line), &hit); err != nil || !want[hit.ID] {
			t.Errorf("it finds %q, which does not hold the word: %v", hit.ID, err)
		}
	}
}

// state is an article at its last change; nil: it is gone.
type state struct {
	seq     int64
	article *blotter.Article
}

func states(t *testing.T, arc *archive.Archive) map[string]state {
	t.Helper()
	all := map[string]state{}
	for seq := int64(0); ; {
		changes, err := arc.Since(t.Context(), seq, 500)
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) == 0 {
			break
		}
		for _, c := range changes {
			seq = c.Seq
			if c.Article != nil {
				all[c.ID] = state{c.Seq, c.Article}
			}
		}
	}
	return all
}

func compareStates(t *testing.T, copied, live map[string]state, seq int64) {
	t.Helper()
	same := 0
	for id, then := range copied {
		if now, there := live[id]; there && now.seq <= seq {
			same++
			if !reflect.DeepEqual(then, now) {
				t.Errorf("article %s is\n%+v, and was\n%+v", id, then, now)
			}
		}
	}
	for id, now := range live {
		if _, there := copied[id]; now.seq <= seq && !there {
			t.Errorf("article %s of change %d is not in the backup of change %d", id, now.seq, seq)
		}
	}
	if len(copied) > 0 && same == 0 {
		t.Logf("none of %d articles stands as it did", len(copied))
	}
}
