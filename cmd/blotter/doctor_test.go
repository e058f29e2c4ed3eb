package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/archive"
)

func said(d *doctor) string {
	var b strings.Builder
	for _, r := range d.rows {
		fmt.Fprintf(&b, "%s %s: %s\n", r.State, r.Check, r.What)
	}
	return b.String()
}

// A clock that is behind what was fetched already is bad, and so is one of which all others say so.
func TestDoctorClock(t *testing.T) {
	dir := t.TempDir()
	arc, err := archive.Open(dir, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer arc.Close()
	at := time.Date(2026, 4, 30, 6, 9, 0, 0, time.UTC)
	fetch := archive.Fetch{Source: "s", Purpose: blotter.PurposePage, Item: blotter.Item{URL: "https://example.org/1"}, Started: at,
		Failure: blotter.Fail(blotter.ReasonTimeout, "")}
	if _, err := arc.Keep(t.Context(), []archive.Fetch{fetch}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		now  time.Time
		want string
	}{{at.Add(time.Hour), "ok clock"}, {at, "ok clock"}, {at.Add(-time.Hour), "bad clock: it shows 2026-04-30T05:09:00Z, and something was fetched at 2026-04-30T06:09:00Z already"}} {
		d := &doctor{app: &app{stdout: io.Discard}, now: func() time.Time { return test.now }}
		if d.archive(t.Context(), dir); !strings.Contains(said(d), test.want) {
			t.Errorf("at %s: %s", test.now, said(d))
		}
	}
	for _, test := range []struct {
		off  []time.Duration
		want string
	}{
		{[]time.Duration{time.Second}, "ok clock: as that of 1 host"},
		{[]time.Duration{time.Hour, -2 * time.Second}, "ok clock"}, // one of theirs is wrong
		{[]time.Duration{time.Hour, 20 * time.Second}, "warn clock: all of 2 hosts say that it is off by 20s or more"},
		{[]time.Duration{time.Hour, 2 * time.Hour}, "bad clock: all of 2 hosts say that it is off by 1h0m0s or more"},
		{nil, "warn clock: nobody said"},
	} {
		d := &doctor{}
		var answers []asked
		for _, off := range test.off {
			answers = append(answers, asked{off: off, dated: true})
		}
		if d.compareClocks(append(answers, asked{})); !strings.Contains(said(d), test.want) {
			t.Errorf("%v: %s", test.off, said(d))
		}
	}
}

// A few sources of different hosts, from all over the list.
func TestSpread(t *testing.T) {
	var sources []blotter.Source
	for i := range 40 {
		sources = append(sources, blotter.Source{ID: fmt.Sprint(i), URL: fmt.Sprintf("https://%d.example/feed", i/2), Enabled: i%4 != 0})
	}
	got := ""
	for _, s := range spread(sources, 4) {
		got += s.ID + " "
	}
	if got != "1 10 21 30 " {
		t.Errorf("%q", got)
	}
	if n := len(spread(sources[:6], 5)); n != 3 {
		t.Errorf("%d of 3 hosts", n)
	}
}

// A source is asked next at a time of its schedule, and neither before its pause nor before its host allows.
func TestNextPoll(t *testing.T) {
	now := time.Date(2026, 4, 30, 6, 30, 0, 0, time.UTC)
	src := blotter.Source{Schedule: "0 * * * *", TimeZone: "Europe/London"}
	clock := func(h, m int) time.Time { return time.Date(2026, 4, 30, h, m, 0, 0, time.UTC) }
	for name, test := range map[string]struct {
		state archive.SourceState
		want  time.Time
	}{
		"never asked":  {archive.SourceState{}, now},
		"just asked":   {archive.SourceState{LastTry: clock(6, 1)}, clock(7, 0)},
		"missed":       {archive.SourceState{LastTry: clock(4, 1)}, now},
		"paused":       {archive.SourceState{LastTry: clock(6, 1), Pause: 3 * time.Hour}, clock(10, 0)},
		"told to wait": {archive.SourceState{LastTry: clock(6, 1), NextTry: clock(9, 17)}, clock(9, 17)},
	} {
		if got := nextPoll(src, test.state, 15*time.Minute, now); !got.Equal(test.want) {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
