package pipeline

import (
	"testing"
	"time"

	"blotter"
	"blotter/archive"
)

// every gives n times that lie so far apart.
func every(d time.Duration, n int) []time.Time {
	times := make([]time.Time, n)
	for i := range times {
		times[i] = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * d)
	}
	return times
}

func TestPause(t *testing.T) {
	const hour, day = time.Hour, 24 * time.Hour
	tests := []struct {
		name   string
		poll   poll
		before time.Duration
		want   time.Duration
	}{
		{"the first poll", poll{first: true, listed: 10, new: 10, period: hour}, 0, 0},
		{"nothing new", poll{listed: 10, period: hour, watched: 60 * day}, 0, 90 * time.Minute},
		{"nothing new again", poll{listed: 10, period: hour, watched: 60 * day}, 4 * hour, 6 * hour},
		{"as many new as known", poll{listed: 10, new: 5, period: hour, watched: 60 * day}, 4 * hour, 4 * hour},
		{"mostly new", poll{listed: 10, new: 8, period: hour, watched: 60 * day}, 4 * hour, 2 * hour},
		{"mostly new, at the schedule's pace", poll{listed: 10, new: 8, period: hour, watched: 60 * day}, 90 * time.Minute, 0},
		{"a day at the most", poll{listed: 10, period: hour, watched: 60 * day}, 20 * hour, day},
		{"watched for a week", poll{listed: 10, period: hour, watched: 7 * day}, 20 * hour, 3 * hour},
		{"six items a day", poll{listed: 50, period: hour, watched: 60 * day, published: every(4*hour, 6*28)}, 20 * hour, 4 * hour},
		{"a burst of six within an hour", poll{listed: 10, period: 15 * time.Minute, watched: 60 * day, published: every(10*time.Minute, 6)}, 20 * hour, 50 * time.Minute},
		{"a weekly schedule", poll{listed: 10, period: 7 * day, watched: 60 * day}, 0, 0},
	}
	for _, test := range tests {
		test.poll.most = day
		if got := test.poll.pause(test.before); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestPauseWithoutAList: an answer that is as it was, a 304 or not, leaves a source alone for as long, by its bursts and by the
// configuration.
func TestPauseWithoutAList(t *testing.T) {
	p := newPipeline(t, nil)
	src := blotter.Source{ID: "s", Kind: blotter.KindFeed, Schedule: "@hourly", TimeZone: "UTC"}
	now := every(0, 1)[0]
	p.Now = func() time.Time { return now }
	for _, name := range []string{"a", "b"} { // no more than two items ever came at once
		if _, err := p.Archive.List(t.Context(), src.ID, []blotter.Item{{URL: "https://example.org/" + name}}, now, nil); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
	}
	now = now.Add(warmUp)
	for _, test := range []struct {
		name    string
		listing sourceList
		most    time.Duration
		want    time.Duration
	}{
		{"304", sourceList{}, 24 * time.Hour, 15 * time.Hour},
		{"200", sourceList{same: 10}, 24 * time.Hour, 15 * time.Hour},
		{"max_interval", sourceList{}, 4 * time.Hour, 4 * time.Hour},
	} {
		p.Config.Crawl.MaxInterval = test.most
		state := archive.SourceState{LastSuccess: now, Items: 10, Pause: 10 * time.Hour}
		if err := p.pace(t.Context(), src, &state, test.listing, archive.Listed{}, p.newTally(0)); err != nil {
			t.Fatal(err)
		}
		if state.Pause != test.want {
			t.Errorf("%s: it is left alone for %v, want %v", test.name, state.Pause, test.want)
		}
	}
}

func TestMissed(t *testing.T) {
	before := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	items := func(first time.Duration, apart time.Duration, n int, precision blotter.Precision) (all []blotter.Item) {
		for i := range n {
			all = append(all, blotter.Item{Published: blotter.Date{Time: before.Add(first + time.Duration(i)*apart), Precision: precision}})
		}
		return all
	}
	tests := []struct {
		name  string
		items []blotter.Item
		want  int
	}{
		{"ten hours of an item an hour", items(10*time.Hour, time.Hour, 10, blotter.Minute), 10},
		{"it begins before the last poll", items(-time.Hour, time.Hour, 10, blotter.Minute), 0},
		{"days only", items(10*time.Hour, time.Hour, 10, blotter.Day), 1},
		{"no dates", make([]blotter.Item, 10), 1},
		{"all at one moment", items(10*time.Hour, 0, 10, blotter.Minute), 1},
		{"a year", items(365*24*time.Hour, time.Minute, 10, blotter.Minute), 1000},
	}
	for _, test := range tests {
		if got := missed(test.items, before); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestBackoff(t *testing.T) {
	tests := []struct {
		reason blotter.Reason
		times  int
		want   time.Duration
	}{
		{blotter.ReasonGone, 1, 15 * time.Minute},
		{blotter.ReasonGone, 2, 30 * time.Minute},
		{blotter.ReasonChallenge, 7, 16 * time.Hour},
		{blotter.ReasonTimeout, 2, 15 * time.Minute},
		{blotter.ReasonTimeout, 4, 30 * time.Minute},
		{blotter.ReasonDNS, 7, 15 * time.Minute},
		{blotter.ReasonDNS, 8, 30 * time.Minute},
		{blotter.ReasonGone, 1000, 30 * 24 * time.Hour},
	}
	for _, test := range tests {
		if got := backoff(weight(test.reason) * float64(test.times)); got != test.want {
			t.Errorf("%s %d times: %v, want %v", test.reason, test.times, got, test.want)
		}
	}
}

func TestMaxAge(t *testing.T) {
	tests := []struct {
		header blotter.Header
		want   time.Duration
	}{
		{nil, 0},
		{blotter.Header{"Cache-Control": {"public, max-age=3600"}}, time.Hour},
		{blotter.Header{"Cache-Control": {"public", `Max-Age="60"`}}, time.Minute},
		{blotter.Header{"Cache-Control": {"max-age=3600"}, "Age": {"3000"}}, 10 * time.Minute},
		{blotter.Header{"Cache-Control": {"max-age=3600"}, "Age": {"9000"}}, 0},
		{blotter.Header{"Cache-Control": {"max-age=3600, no-cache"}}, 0},
		{blotter.Header{"Cache-Control": {"max-age=-1"}}, 0},
		{blotter.Header{"Cache-Control": {"max-age=99999999999999"}}, 0},
		{blotter.Header{"Cache-Control": {"s-maxage=3600"}}, 0},
	}
	for _, test := range tests {
		if got := maxAge(test.header); got != test.want {
			t.Errorf("%v: %v, want %v", test.header, got, test.want)
		}
	}
}

// TestRhythms: what is remembered of a source is given up when it lists something new, after a day, and when the clock was wrong.
func TestRhythms(t *testing.T) {
	p := newPipeline(t, nil)
	src := blotter.Source{ID: "s", Kind: blotter.KindFeed, Schedule: "@hourly", TimeZone: "UTC"}
	now := every(0, 1)[0]
	p.Now = func() time.Time { return now }
	list := func(name string) archive.Listed {
		t.Helper()
		item := blotter.Item{URL: "https://example.org/" + name, Published: blotter.Date{Time: now, Precision: blotter.Minute}}
		listed, err := p.Archive.List(t.Context(), src.ID, []blotter.Item{item}, now, nil)
		if err != nil {
			t.Fatal(err)
		}
		return listed
	}
	has := func(what string, want int) {
		t.Helper()
		r, err := p.rhythms.of(t.Context(), p.Archive, src.ID, now, rhythmTime)
		if err != nil || len(r.Published) != want {
			t.Errorf("%s: %d items, %v; want %d", what, len(r.Published), err, want)
		}
	}
	list("a")
	has("the first", 1)
	list("b") // and nobody says so, as with an import
	has("remembered", 1)
	if err := p.pace(t.Context(), src, &archive.SourceState{}, sourceList{}, archive.Listed{Known: 1}, p.newTally(0)); err != nil {
		t.Fatal(err)
	}
	has("after a poll with nothing new", 1)
	if err := p.pace(t.Context(), src, &archive.SourceState{}, sourceList{}, list("c"), p.newTally(0)); err != nil {
		t.Fatal(err)
	}
	has("after a poll with something new", 3)
	now = now.Add(time.Hour)
	list("d")
	has("an hour later", 3)
	now = now.Add(rhythmHolds)
	has("a day later", 4)
	list("e")
	now = now.Add(-2 * rhythmHolds)
	has("when the clock was set back", 5)
	now = now.Add(rhythmTime + rhythmHolds - time.Minute)
	p.rhythms.known[src.ID][rhythmTime] = knownRhythm{p.rhythms.known[src.ID][rhythmTime].Rhythm, now}
	has("four weeks later, of what is remembered", 2)
}
