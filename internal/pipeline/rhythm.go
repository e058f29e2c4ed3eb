package pipeline

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"blotter"
	"blotter/archive"
)

// The schedule of a source is the frame: between two of its times nothing is asked. Within it a source is asked as often as
// it publishes. Each poll says what share of the listed items was known already, by the rule that Media Cloud uses for its
// feeds: over two thirds, and the next poll comes later; under one third, and it comes sooner; none, and items probably came
// and went unseen. What the source has published in the last weeks bounds how much later: it is asked as often as it publishes
// in the mean, and before its fastest burst would fill half of what it lists.
const (
	mostlyKnown = 0.67
	mostlyNew   = 0.33

	slower = 1.5

	// Until a source has been watched so long, its bursts are not known.
	warmUp      = 14 * 24 * time.Hour
	warmUpPause = 3 * time.Hour

	// rhythmTime is how far back its items are looked at.
	rhythmTime = 28 * 24 * time.Hour
)

// poll is what a success of asking a source says of its rhythm.
type poll struct {
	first       bool          // then everything is new, and says nothing
	listed, new int           // items; of a 304 those that were listed before
	period      time.Duration // between two times of the schedule
	watched     time.Duration // since its first item
	published   []time.Time   // of the items of the last weeks, in order
	most        time.Duration // that it may be left alone
}

// pause is how long the source is left alone now, when it was pause until now.
func (p poll) pause(pause time.Duration) time.Duration {
	known := 1.0
	if p.listed > 0 {
		known = 1 - float64(p.new)/float64(p.listed)
	}
	switch {
	case p.first:
		return 0
	case known > mostlyKnown:
		pause = time.Duration(slower * float64(max(pause, p.period)))
	case known < mostlyNew:
		pause /= 2
	}
	most := p.most
	if p.watched < warmUp {
		most = min(most, warmUpPause)
	}
	if n := len(p.published); n > 0 {
		most = min(most, min(p.watched, rhythmTime)/time.Duration(n))
	}
	if burst, ok := fastest(p.published, max(p.listed/2, 1)); ok {
		most = min(most, burst)
	}
	if pause = min(pause, most); pause <= p.period {
		return 0
	}
	return pause
}

// rhythms remembers the rhythms of sources. Most polls find nothing new, and change none.
type rhythms struct {
	mu    sync.Mutex
	known map[string]map[time.Duration]knownRhythm // by source and how far back it was looked
}

type knownRhythm struct {
	archive.Rhythm
	read time.Time
}

// rhythmHolds is how long a rhythm is remembered: an import may add items too.
const rhythmHolds = 24 * time.Hour

// of returns the rhythm of a source now, of some time back.
func (m *rhythms) of(ctx context.Context, a *archive.Archive, source string, now time.Time, back time.Duration) (archive.Rhythm, error) {
	m.mu.Lock()
	known, ok := m.known[source][back]
	m.mu.Unlock()
	if since := now.Sub(known.read); !ok || since < 0 || since > rhythmHolds {
		r, err := a.Rhythm(ctx, source, now.Add(-back))
		if err != nil {
			return r, err
		}
		known = knownRhythm{r, now}
		m.mu.Lock()
		if m.known == nil {
			m.known = map[string]map[time.Duration]knownRhythm{}
		}
		if m.known[source] == nil {
			m.known[source] = map[time.Duration]knownRhythm{}
		}
		m.known[source][back] = known
		m.mu.Unlock()
	}
	r := known.Rhythm
	old, _ := slices.BinarySearchFunc(r.Published, now.Add(-back), time.Time.Compare)
	r.Published = r.Published[old:]
	return r, nil
}

// forget is for a source that has listed something new.
func (m *rhythms) forget(source string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.known, source)
}

// fastest is the shortest time in which more than n items appeared, in the order of their times.
func fastest(times []time.Time, n int) (d time.Duration, ok bool) {
	for i := n; i < len(times); i++ {
		if took := times[i].Sub(times[i-n]); !ok || took < d {
			d, ok = took, true
		}
	}
	return d, ok
}

// missed estimates how many items came and went between two polls, when none of the listed ones was known: at the pace of
// those listed, from the poll before until the oldest of them. Without dates one is certain enough.
func missed(items []blotter.Item, before time.Time) int {
	const most = 1000
	var dates []time.Time
	for _, item := range items {
		if item.Published.Precision == blotter.Minute {
			dates = append(dates, item.Published.Time)
		}
	}
	if len(dates) < 2 {
		return 1
	}
	oldest, newest := slices.MinFunc(dates, time.Time.Compare), slices.MaxFunc(dates, time.Time.Compare)
	gap, span := oldest.Sub(before), newest.Sub(oldest)
	if gap <= 0 {
		return 0 // the feed begins before the last poll: what is new was written later than it says
	}
	if span <= 0 {
		return 1
	}
	return min(max(int(float64(len(dates)-1)*float64(gap)/float64(span)), 1), most)
}

// weight is how much a failure says against a source. What passes by itself says less, and a name that does not resolve is
// most often our own network's fault.
func weight(r blotter.Reason) float64 {
	switch r {
	case blotter.ReasonDNS:
		return 0.25
	case blotter.ReasonTimeout, blotter.ReasonConnect, blotter.ReasonBusy, blotter.ReasonStatus:
		return 0.5
	}
	return 1
}

// backoff is how long a source is left alone after failures of this weight: a quarter of an hour, doubled with each full
// failure, thirty days at the most. No source is ever given up.
func backoff(penalty float64) time.Duration {
	const first, most = 15 * time.Minute, 30 * 24 * time.Hour
	wait := first
	for ; penalty >= 2 && wait < most; penalty-- {
		wait *= 2
	}
	return min(wait, most)
}

// maxAge is how long an answer says that it stays good: the max-age of Cache-Control (RFC 9111, 5.2.2.1), less the time it
// spent in caches.
func maxAge(h blotter.Header) time.Duration {
	seconds := int64(0)
	for _, line := range h["Cache-Control"] {
		for directive := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
			switch strings.ToLower(name) {
			case "no-cache", "no-store":
				return 0
			case "max-age":
				if n, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 32); err == nil {
					seconds = n
				}
			}
		}
	}
	if age, err := strconv.ParseInt(h.Value("Age"), 10, 32); err == nil && age > 0 {
		seconds -= age
	}
	return max(0, time.Duration(seconds)*time.Second)
}
