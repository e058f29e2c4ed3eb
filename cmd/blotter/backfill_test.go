package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/internal/newsroom"
)

// TestBackfillKilled ends a backfill five times by SIGKILL: the next one goes on, and asks again for nothing but what
// was under way at that moment.
func TestBackfillKilled(t *testing.T) {
	const articles, kills = 300, 5
	rooms, err := newsroom.Bulk{Articles: articles, Kind: blotter.KindListing, Seed: 1}.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer rooms.Close()
	dir := t.TempDir()
	writeConfig(t, dir, rooms)
	args := []string{"--config", dir, "backfill", "bulk-1", "--from", "2015-01-01", "--by", "pages"}
	last := 0
	for range kills {
		until := len(rooms.Requests()) + articles/(kills+2)
		cmd := blotterCommand(t, args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for len(rooms.Requests()) < until {
			select {
			case err := <-ended:
				t.Fatalf("the backfill ended before it was killed: %v", err)
			case <-time.After(time.Millisecond):
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-ended
		last = checkArchive(t, filepath.Join(dir, "data"), last)
	}
	out, err := blotterCommand(t, args...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "6 lists read; 300 articles found = 300 fetched\n          done\n") {
		t.Fatalf("the last run: %v\n%s", err, out)
	}
	checkAgreement(t, filepath.Join(dir, "data"), articles, kills)
	asked, again := map[string]int{}, 0
	for _, r := range rooms.Requests() {
		if r.Path == "/robots.txt" {
			continue // each process asks
		}
		if asked[r.Path]++; asked[r.Path] > 1 {
			again++
		}
	}
	if again > kills || len(asked) < articles {
		t.Errorf("%d addresses were asked for, and %d times one again; at most the %d that were under way may be", len(asked), again, kills)
	}
	out, err = blotterCommand(t, args...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "done before; --again reads the lists anew") {
		t.Errorf("once more: %v\n%s", err, out)
	}
	out, err = blotterCommand(t, append(args, "--again")...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "300 listed = 300 known + 0 new") {
		t.Errorf("anew: %v\n%s", err, out)
	}
}

func TestDays(t *testing.T) {
	for _, row := range []struct{ from, to, fault string }{
		{"2015-01-01", "", ""},
		{"2015-01-01", "2015-01-01", ""},
		{"", "", "--from is missing"},
		{"2015", "", `--from "2015" is no day`},
		{"2015-02-30", "", "is no day"},
		{"2015-01-01", "x", `--to "x" is no day`},
		{"2015-01-02", "2015-01-01", "--to 2015-01-01 is before --from 2015-01-02"},
	} {
		_, _, err := days(row.from, row.to)
		if (err == nil) != (row.fault == "") || err != nil && !strings.Contains(err.Error(), row.fault) {
			t.Errorf("%q to %q: %v, want %q", row.from, row.to, err, row.fault)
		}
	}
}
