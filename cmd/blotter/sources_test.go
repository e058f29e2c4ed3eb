package main

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/internal/answer"
)

func TestHealthOf(t *testing.T) {
	now := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	since := now.AddDate(0, 0, -answer.HealthDays)
	ago := func(hours int) time.Time { return now.Add(-time.Duration(hours) * time.Hour) }
	rate := func(r float64) *float64 { return &r }
	for _, test := range []struct {
		what   string
		health archive.Health
		want   answer.Health
		state  string
	}{
		{"never asked", archive.Health{}, answer.Health{}, "not asked yet"},
		{"since a year", archive.Health{Watched: ago(8760), LastSuccess: ago(1), NextTry: ago(-1), New: 45, Newest: ago(30)},
			answer.Health{WatchedSince: "2025-06-30T12:00Z", LastSuccess: "2026-06-30T11:00Z", NextTry: "2026-06-30T13:00Z", ItemsPerDay: rate(1.5), Newest: "2026-06-29T06:00Z"}, "enabled"},
		{"since two days", archive.Health{Watched: ago(48), New: 3, NextTry: ago(1)}, answer.Health{WatchedSince: "2026-06-28T12:00Z", ItemsPerDay: rate(1.5)}, "enabled"},
		{"since an hour", archive.Health{Watched: ago(1), New: 3}, answer.Health{WatchedSince: "2026-06-30T11:00Z"}, "enabled"},
		{"silent", archive.Health{Watched: ago(800)}, answer.Health{WatchedSince: "2026-05-28T04:00Z", ItemsPerDay: rate(0)}, "enabled"},
		{"ill", archive.Health{Watched: ago(1), Failures: 3, Reason: blotter.ReasonRobots}, answer.Health{WatchedSince: "2026-06-30T11:00Z", Failures: 3, Reason: "robots"}, "failed 3 times: robots"},
		{"ill once", archive.Health{Watched: ago(1), Failures: 1, Reason: blotter.ReasonBusy}, answer.Health{WatchedSince: "2026-06-30T11:00Z", Failures: 1, Reason: "busy"}, "failed: busy"},
	} {
		got := answer.NewHealth(test.health, since, now)
		if !reflect.DeepEqual(*got, test.want) {
			t.Errorf("%s: have %+v, %v", test.what, *got, healthColumns(got))
		}
		row := answer.Source{Enabled: true, Health: got}
		if stateOf(row) != test.state {
			t.Errorf("%s: state %q", test.what, stateOf(row))
		}
	}
	if got := fmt.Sprintf("%q", healthColumns(&answer.Health{LastSuccess: "2026-06-30T11:00Z", ItemsPerDay: rate(0), Newest: "2026-06-29T06:00Z"})); got != `"2026-06-30 11:00\t\t0\t2026-06-29\t"` {
		t.Errorf("columns %s", got)
	}
}
