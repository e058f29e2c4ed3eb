package main

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"blotter"
	"blotter/archive"
)

func TestHealthOf(t *testing.T) {
	now := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	since := now.AddDate(0, 0, -healthDays)
	ago := func(hours int) time.Time { return now.Add(-time.Duration(hours) * time.Hour) }
	rate := func(r float64) *float64 { return &r }
	for _, test := range []struct {
		what   string
		health archive.Health
		want   healthRow
		state  string
	}{
		{"never asked", archive.Health{}, healthRow{}, "not asked yet"},
		{"since a year", archive.Health{Watched: ago(8760), LastSuccess: ago(1), NextTry: ago(-1), New: 45, Newest: ago(30)},
			healthRow{WatchedSince: "2025-06-30T12:00Z", LastSuccess: "2026-06-30T11:00Z", NextTry: "2026-06-30T13:00Z", ItemsPerDay: rate(1.5), Newest: "2026-06-29T06:00Z"}, "enabled"},
		{"since two days", archive.Health{Watched: ago(48), New: 3, NextTry: ago(1)}, healthRow{WatchedSince: "2026-06-28T12:00Z", ItemsPerDay: rate(1.5)}, "enabled"},
		{"since an hour", archive.Health{Watched: ago(1), New: 3}, healthRow{WatchedSince: "2026-06-30T11:00Z"}, "enabled"},
		{"silent", archive.Health{Watched: ago(800)}, healthRow{WatchedSince: "2026-05-28T04:00Z", ItemsPerDay: rate(0)}, "enabled"},
		{"ill", archive.Health{Watched: ago(1), Failures: 3, Reason: blotter.ReasonRobots}, healthRow{WatchedSince: "2026-06-30T11:00Z", Failures: 3, Reason: "robots"}, "failed 3 times: robots"},
		{"ill once", archive.Health{Watched: ago(1), Failures: 1, Reason: blotter.ReasonBusy}, healthRow{WatchedSince: "2026-06-30T11:00Z", Failures: 1, Reason: "busy"}, "failed: busy"},
	} {
		got := healthOf(test.health, since, now)
		if !reflect.DeepEqual(*got, test.want) {
			t.Errorf("%s: have %+v, %v", test.what, *got, got.columns())
		}
		row := sourceRow{Enabled: true, Health: got}
		if row.state() != test.state {
			t.Errorf("%s: state %q", test.what, row.state())
		}
	}
	if got := fmt.Sprintf("%q", (&healthRow{LastSuccess: "2026-06-30T11:00Z", ItemsPerDay: rate(0), Newest: "2026-06-29T06:00Z"}).columns()); got != `"2026-06-30 11:00\t\t0\t2026-06-29\t"` {
		t.Errorf("columns %s", got)
	}
}
