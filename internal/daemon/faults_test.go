package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"blotter"
	"blotter/archive"
	"blotter/configs"
	"blotter/internal/newsroom"
	"blotter/internal/race"
)

// smallDisk mounts a disk of so many megabytes on dir; grow makes it large.
func smallDisk(t *testing.T, dir string, megabytes int) (grow func()) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=700", megabytes)); err != nil {
		t.Skipf("a small disk takes the right to mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return func() {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=512m"); err != nil {
			t.Fatal(err)
		}
	}
}

// A disk that fills up while WARC files, the database or the index are written to ends nothing: the daemon says so, waits, and goes
// on when there is room, with nothing half done.
func TestDiskFull(t *testing.T) {
	race.Skip(t)
	const articles = 600
	for _, test := range []struct {
		name, full  string
		small       int
		largerDisks []string // what must not be the first to be full
	}{
		{"WARC", "warc", 1, nil},
		{"database", "", 6, []string{"warc", "index"}},
		{"index", "index", 1, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			rooms, err := newsroom.Bulk{Articles: articles, Hosts: 4, Kind: blotter.KindSitemap, Seed: 2}.Start()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { rooms.Close() })
			tr := newTrial(t)
			data := t.TempDir()
			tr.config = func() (*configs.Config, error) {
				c, err := configs.Load("")
				c.DataDir, c.Daemon.Listen, c.Reserve = data, "", 0
				c.Sources, c.Crawl.Allow, c.Crawl.MaxItems = rooms.Sources(), rooms.Addrs(), articles
				return c, err
			}
			tr.noRoomWait, tr.ticks = 200*time.Millisecond, cron.Every(time.Second)
			grow := smallDisk(t, filepath.Join(data, test.full), test.small)
			for _, dir := range test.largerDisks {
				smallDisk(t, filepath.Join(data, dir), 256)
			}
			tr.start(t)
			tr.eventually(t, "the disk is full", func() bool { return strings.Contains(tr.logged(), "the disk is full") })
			grow()
			tr.eventually(t, "it goes on", func() bool {
				stats, err := tr.archive.Stats(t.Context())
				n, err2 := tr.index.Count()
				return err == nil && err2 == nil && stats.Articles == articles && n == articles
			})
			tr.eventually(t, "it is over", func() bool { return strings.Contains(tr.logged(), "there is room on the disk again") })
			findings, err := tr.archive.Check(t.Context(), archive.CheckOptions{Deep: true})
			if err != nil || len(findings) > 0 {
				t.Errorf("%v, %v", findings, err)
			}
			tr.end(t)
		})
	}
}

// An alarm about a full disk is over when a daemon that was stopped meanwhile finds room, or the next would not be told of.
func TestDiskWasFull(t *testing.T) {
	tr := newTrial(t)
	c, err := tr.config()
	if err != nil {
		t.Fatal(err)
	}
	arc, err := archive.Open(c.DataDir, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := arc.RaiseAlarm(t.Context(), alarmDisk, "the disk has 3 MB left", time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := arc.Close(); err != nil {
		t.Fatal(err)
	}
	tr.noRoomWait = 200 * time.Millisecond
	tr.start(t)
	tr.eventually(t, "it is over", func() bool {
		open, err := tr.archive.Alarms(t.Context(), false)
		return err == nil && len(open) == 0
	})
	tr.end(t)
}

// An index that was deleted or damaged while no daemon ran is built anew.
func TestIndexLost(t *testing.T) {
	race.Skip(t)
	for name, lose := range map[string]func(dir string) error{
		"deleted": os.RemoveAll,
		"damaged": func(dir string) error {
			return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() || d.Name() == "lock" {
					return err
				}
				return os.Truncate(path, 10)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrial(t)
			tr.start(t)
			tr.eventually(t, "something is found", func() bool { return tr.finds(t, "tag:seizure") > 0 })
			data := tr.parts().Config.DataDir
			tr.end(t)
			if err := lose(filepath.Join(data, "index")); err != nil {
				t.Fatal(err)
			}
			tr.start(t)
			tr.eventually(t, "it is found again", func() bool { return tr.finds(t, "tag:seizure") > 0 })
			tr.end(t)
		})
	}
}

// A damaged database is our own fault: the daemon ends, and says what to do.
func TestDatabaseDamaged(t *testing.T) {
	race.Skip(t)
	tr := newTrial(t)
	tr.start(t)
	tr.eventually(t, "something is found", func() bool { return tr.finds(t, "tag:seizure") > 0 })
	data := tr.parts().Config.DataDir
	tr.end(t)
	f, err := os.OpenFile(filepath.Join(data, "blotter.sqlite"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	garbage := make([]byte, 4096)
	for i := range garbage {
		garbage[i] = 0xa5
	}
	for at := int64(4096); at < info.Size(); at += 8192 {
		if _, err := f.WriteAt(garbage, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := tr.Run(ctx); err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "blotter repair") {
		t.Errorf("with a damaged database the daemon ends with %v", err)
	}
}

// A host without a name, one that never answers and one that hangs up cost their own sources a turn, and no others.
func TestSourcesThatDoNotAnswer(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	tr := newTrial(t)
	good := tr.config
	tr.config = func() (*configs.Config, error) {
		c, err := good()
		if err != nil {
			return nil, err
		}
		c.Crawl.Allow = append(c.Crawl.Allow, silent.Addr().String())
		for id, url := range map[string]string{"nameless": "http://news.invalid/feed.xml", "mute": "http://" + silent.Addr().String() + "/feed.xml"} {
			c.Sources = append(c.Sources, blotter.Source{
				ID: id, Name: id, Kind: blotter.KindFeed, URL: url, Schedule: "@hourly", TimeZone: "UTC", Country: "gb", Publisher: "press", Language: "en", Enabled: true,
			})
		}
		return c, nil
	}
	tr.timeout = time.Second
	tr.start(t)
	tr.eventually(t, "the others are read", func() bool { return tr.finds(t, "tag:seizure") > 0 })
	tr.eventually(t, "both have failed", func() bool {
		states, err := tr.archive.SourceStates(t.Context())
		return err == nil && states["mute"].Failures == 1 && states["nameless"].Failures == 1
	})
	states, err := tr.archive.SourceStates(t.Context())
	if err != nil || states["mute"].Reason != blotter.ReasonTimeout || states["nameless"].Reason != blotter.ReasonDNS {
		t.Errorf("mute failed for %s, nameless for %s (%v)", states["mute"].Reason, states["nameless"].Reason, err)
	}
	tr.end(t)
}

// A job that ends with the daemon is due again an hour after it was begun, and one that failed by its schedule.
func TestStoppedJob(t *testing.T) {
	arc, err := archive.Open(t.TempDir(), archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer arc.Close()
	d := &Daemon{Log: slog.New(slog.DiscardHandler), archive: arc}
	ctx, stop := context.WithCancel(t.Context())
	d.runJob(ctx, &job{name: "stopped", do: func(ctx context.Context, _ *slog.Logger) error { stop(); return ctx.Err() }})
	d.runJob(t.Context(), &job{name: "failed", do: func(context.Context, *slog.Logger) error { return errors.New("no room") }})
	runs, err := arc.LastRuns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(restartAfter + time.Minute)
	schedule := later.Add(time.Hour).UTC().Format("4 15 * * *")
	if !isDue(schedule, runs["stopped"], later) || isDue(schedule, runs["failed"], later) {
		t.Errorf("the runs are %+v", runs)
	}
}

// What is done by the clock is done once each day of its zone, whatever the clocks do, and once when it was missed.
func TestIsDue(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	done := func(s string) archive.Run { return archive.Run{Started: at(s), Ended: at(s).Add(time.Minute)} }
	const nightly = "CRON_TZ=Europe/London 30 1 * * *"
	for _, test := range []struct {
		name, schedule string
		last           archive.Run
		now            string
		want           bool
	}{
		{"never set", "", archive.Run{}, "2026-03-01 10:00", false},
		{"never done", nightly, archive.Run{}, "2026-03-01 10:00", true},
		{"done today", nightly, done("2026-03-01 01:30"), "2026-03-01 10:00", false},
		{"missed for a week", nightly, done("2026-03-01 01:30"), "2026-03-08 10:00", true},
		{"the night without 01:30, before", nightly, done("2026-03-28 01:30"), "2026-03-29 01:29", false},
		{"the night without 01:30", nightly, done("2026-03-28 01:30"), "2026-03-29 01:30", true},
		{"the night with two", nightly, done("2026-10-24 00:30"), "2026-10-25 00:30", true},
		{"the night with two, the second", nightly, done("2026-10-25 00:30"), "2026-10-25 01:30", false},
		{"it runs", nightly, archive.Run{Started: at("2026-03-01 01:30")}, "2026-03-01 01:45", false},
		{"it was killed", nightly, archive.Run{Started: at("2026-03-01 01:30")}, "2026-03-01 02:45", true},
		{"the clock was set back", nightly, done("2026-03-01 01:30"), "2026-03-01 00:31", false},
		{"the clock was wrong by years, and it was killed", nightly, archive.Run{Started: at("2036-03-01 01:30")}, "2026-03-02 01:31", true},
		{"the clock was wrong by years", nightly, done("2036-03-01 01:30"), "2026-03-02 01:31", true},
	} {
		if got := isDue(test.schedule, test.last, at(test.now)); got != test.want {
			t.Errorf("%s: due is %v", test.name, got)
		}
	}
}

// The minutes go on when the clock is set back: each is the next by a clock that nobody sets.
func TestEachMinute(t *testing.T) {
	now := time.Now()
	next := eachMinute{}.Next(now)
	if next.Second() != 0 || next.Nanosecond() != 0 || !next.After(now) || next.Sub(now) > time.Minute {
		t.Errorf("after %v comes %v", now, next)
	}
	if next == next.Round(0) {
		t.Errorf("%v is a time of the clock on the wall alone", next)
	}
}
