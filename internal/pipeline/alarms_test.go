package pipeline

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"blotter/internal/race"
)

func TestSilence(t *testing.T) {
	const day = 24 * time.Hour
	times := every(2*day, 10)
	last := times[9]
	for _, test := range []struct {
		name  string
		times []time.Time
		after time.Duration
		want  bool
	}{
		{"as ever", times, 2 * day, false},
		{"twice its longest silence", times, 4 * day, false},
		{"far longer", times, 5 * day, true},
		{"too few items to know", times[:7], 100 * day, false},
		{"a busy source that rests for a weekend", every(time.Hour, 100), 2 * day, false},
	} {
		at := test.times[len(test.times)-1].Add(test.after)
		if _, _, got := silence(test.times, at); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	if since, longest, _ := silence(times, last.Add(9*day)); since != last || longest != 2*day {
		t.Errorf("since %v, longest %v", since, longest)
	}
}

func TestBroken(t *testing.T) {
	yes, no := slices.Repeat([]bool{true}, 30), slices.Repeat([]bool{false}, 10)
	for _, test := range []struct {
		name   string
		ok     []bool
		before bool
		want   bool
	}{
		{"it goes on", yes, false, false},
		{"it ended", append(slices.Clone(no), yes...), false, true},
		{"two of ten still work", slices.Concat([]bool{true, true}, no[:8], yes), false, true},
		{"three of ten still work", slices.Concat([]bool{true, true, true}, no[:7], yes), false, false},
		{"it never worked", slices.Repeat(no, 4), false, false},
		{"too few to know", slices.Concat(no, yes[:5]), false, false},
		{"it was broken, for long", slices.Repeat(no, 4), true, true},
		{"it was broken, and half of it works", slices.Concat(yes[:5], no[:5], no, yes), true, true},
		{"it was broken, and most of it works", slices.Concat(yes[:7], no[:3], no, yes), true, false},
	} {
		if got := broken(test.ok, test.before); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// TestAlarms lets newsrooms fall ill and recover: each illness is said once, and once that it is over.
func TestAlarms(t *testing.T) {
	race.Skip(t)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().UTC()
		day := func(n int) time.Time { return start.AddDate(0, 0, n) }
		room := func(change func(r *simRoom)) *simRoom {
			r := &simRoom{schedule: "7 */4 * * *", validators: true}
			for i := range 120 {
				r.items = append(r.items, simItem{published: start.Add(time.Duration(i)*12*time.Hour + time.Hour)})
			}
			change(r)
			return r
		}
		rooms := map[string]*simRoom{
			"well.example": room(func(*simRoom) {}),
			"down.example": room(func(r *simRoom) { r.outages = []span{{day(20), day(24)}} }),
			"quiet.example": room(func(r *simRoom) {
				r.items = slices.DeleteFunc(r.items, func(i simItem) bool { return within([]span{{day(20), day(35)}}, i.published) })
			}),
			"scripted.example": room(func(r *simRoom) { r.scripted = span{day(25), day(40)} }),
		}
		for host, r := range rooms {
			r.host = host
		}
		w := newSimWeb(rooms)
		p := simPipeline(t, w)
		live(t, p, day(60))
		alarms, err := p.Archive.Alarms(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range alarms {
			if a.Recovered.IsZero() {
				t.Errorf("it is not over: %+v", a)
			}
			got = append(got, fmt.Sprintf("%s %s", a.Source, a.Kind))
			t.Logf("%s %s: raised on day %d, over on day %d: %s", a.Source, a.Kind, days(a.Raised.Sub(start)), days(a.Recovered.Sub(start)), a.Detail)
		}
		for _, a := range alarms {
			if a.Kind == "unread" && days(a.Recovered.Sub(start)) < 40 {
				t.Errorf("it is said to be over too early: %+v", a)
			}
		}
		slices.Sort(got)
		if want := []string{"down failing", "quiet silent", "scripted unread"}; !slices.Equal(got, want) {
			t.Errorf("alarms %q, want %q", got, want)
		}
		if open, err := p.Archive.Alarms(t.Context(), false); err != nil || len(open) != 0 {
			t.Errorf("open: %v, %v", open, err)
		}
		closeAll(t, p, w)
	})
}
