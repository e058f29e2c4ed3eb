package configs

import (
	"testing"
	"time"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	v, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// All times are UTC.
func TestDue(t *testing.T) {
	tests := []struct {
		name, schedule, zone, last, now string
		due                             bool
		next                            string
	}{
		{"never yet", "5 * * * *", "UTC", "", "2026-11-20 10:00", true, "2026-11-20 10:05"},
		{"not yet", "5 * * * *", "UTC", "2026-11-20 10:05", "2026-11-20 11:04", false, "2026-11-20 11:05"},
		{"now", "5 * * * *", "UTC", "2026-11-20 10:05", "2026-11-20 11:05", true, "2026-11-20 12:05"},
		{"missed many, due once", "5 * * * *", "UTC", "2026-11-18 10:05", "2026-11-20 11:30", true, "2026-11-20 12:05"},
		{"last in the future, by an hour", "5 * * * *", "UTC", "2026-11-20 12:05", "2026-11-20 11:30", false, "2026-11-20 13:05"},
		{"last in the future, by a month", "5 * * * *", "UTC", "2026-12-20 10:05", "2026-11-20 11:30", true, "2026-11-20 12:05"},
		{"every", "every 30m", "UTC", "2026-11-20 10:07", "2026-11-20 10:36", false, "2026-11-20 10:37"},
		{"every, due", "@every 30m", "UTC", "2026-11-20 10:07", "2026-11-20 10:40", true, "2026-11-20 11:10"},
		{"zone in summer", "30 6 * * *", "Europe/London", "2026-07-01 06:00", "2026-07-02 05:29", false, "2026-07-02 05:30"},
		{"zone of its own", "CRON_TZ=Europe/London 30 6 * * *", "UTC", "2026-07-01 06:00", "2026-07-02 05:29", false, "2026-07-02 05:30"},
		{"zone of half an hour", "5 * * * *", "Asia/Kolkata", "2026-07-01 06:00", "2026-07-01 06:34", false, "2026-07-01 06:35"},
		{"weekday of the zone", "0 1 * * mon", "Pacific/Auckland", "2026-11-20 00:00", "2026-11-22 12:00", true, "2026-11-29 12:00"},
		{"left out in spring", "30 1 * * *", "Europe/London", "2026-03-28 01:30", "2026-03-29 01:30", true, "2026-03-30 00:30"},
		{"twice in autumn, the first time", "30 1 * * *", "Europe/London", "2026-10-24 00:30", "2026-10-25 00:30", true, "2026-10-26 01:30"},
		{"twice in autumn, not the second", "30 1 * * *", "Europe/London", "2026-10-25 00:30", "2026-10-25 01:30", false, "2026-10-26 01:30"},
		{"twice in autumn, last pass in the second", "30 1 * * *", "Europe/London", "2026-10-25 01:10", "2026-10-25 01:40", false, "2026-10-26 01:30"},
		{"two brought together in spring", "20 1,2 * * *", "Europe/London", "2026-03-28 02:20", "2026-03-29 01:20", true, "2026-03-30 00:20"},
		{"wrong line", "not cron", "UTC", "", "2026-11-20 10:00", false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			due, next := Due(test.schedule, zone(t, test.zone), at(t, test.last), at(t, test.now))
			if due != test.due || !next.Equal(at(t, test.next)) {
				t.Errorf("have %v, next %v; want %v, next %s", due, next, test.due, test.next)
			}
		})
	}
}

// Whatever the clocks do, a line of a time of day runs once each day of its zone, and an hourly line 24 times in 24
// hours, however often it is asked. The two periods hold the spring and the autumn change of both zones.
func TestNoRunIsSkippedOrDoubled(t *testing.T) {
	perDay := map[string]int{"20 1 * * *": 1, "40 2 * * *": 1, "0 0 * * *": 1, "20 * * * *": 24, "*/20 * * * *": 72}
	for _, name := range []string{"Europe/London", "Australia/Sydney"} {
		for _, month := range []time.Month{time.March, time.September} {
			loc := zone(t, name)
			start := time.Date(2026, month, 20, 12, 0, 0, 0, loc)
			end := start.Add(40 * 24 * time.Hour)
			for schedule, n := range perDay {
				runs := 0
				last := start
				for now := start; !now.After(end); now = now.Add(20 * time.Minute) {
					due, next := Due(schedule, loc, last, now)
					if !next.After(now) {
						t.Fatalf("%s in %s: next %v is not after %v", schedule, name, next, now)
					}
					if due {
						runs++
						last = now
					}
				}
				if runs != 40*n {
					t.Errorf("%s in %s from %s: ran %d times, want %d", schedule, name, month, runs, 40*n)
				}
			}
		}
	}
}
