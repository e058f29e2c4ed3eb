package pipeline

import (
	"context"
	"fmt"
	"slices"
	"time"

	"blotter"
	"blotter/archive"
)

// When something is wrong with a source.
const (
	failuresToTell = 3              // in a row,
	failingFor     = 24 * time.Hour // and no success for so long

	silenceTime  = 180 * 24 * time.Hour // in which its rhythm is looked at
	silenceItems = 8                    // that it takes to have one
	leastSilence = 3 * 24 * time.Hour
	longSilence  = 2 // times its longest silence until now

	recentYield  = 10  // pages or articles that are looked at
	formerYield  = 30  // ones before them, by which they are judged
	badNow       = 0.8 // share of the recent ones that give nothing,
	goodFormerly = 0.3 // where no more than this did before
)

// watch raises alarms about the sources of a pass, and notes which are over.
func (p *Pipeline) watch(ctx context.Context, sources []blotter.Source, t *tally) error {
	states, err := p.Archive.SourceStates(ctx)
	if err != nil {
		return err
	}
	open, err := p.Archive.Alarms(ctx, false)
	if err != nil {
		return err
	}
	now := p.now()
	var current []archive.Alarm
	ids := make([]string, len(sources))
	for i, src := range sources {
		ids[i] = src.ID
		isOpen := func(kind archive.AlarmKind) bool {
			return slices.ContainsFunc(open, func(a archive.Alarm) bool { return a.Source == src.ID && a.Kind == kind })
		}
		alarms, err := p.alarms(ctx, src, states[src.ID], isOpen, now)
		if err != nil {
			return err
		}
		current = append(current, alarms...)
	}
	mine := func(a archive.Alarm) bool { return slices.Contains(ids, a.Source) }
	if len(current) == 0 && !slices.ContainsFunc(open, mine) {
		return nil // as after most passes
	}
	raised, recovered, err := p.Archive.SetAlarms(ctx, ids, now, current)
	if err != nil {
		return err
	}
	t.count(func(s *Summary) {
		for _, a := range raised {
			s.Alarms = append(s.Alarms, fmt.Sprintf("%s: %s: %s", a.Source, a.Kind, a.Detail))
		}
		for _, a := range recovered {
			s.Recovered = append(s.Recovered, fmt.Sprintf("%s: no longer %s", a.Source, a.Kind))
		}
	})
	return nil
}

// alarms are what is wrong with a source now, knowing what was said already.
func (p *Pipeline) alarms(
	ctx context.Context, src blotter.Source, state archive.SourceState, isOpen func(archive.AlarmKind) bool, now time.Time,
) ([]archive.Alarm, error) {
	var all []archive.Alarm
	add := func(kind archive.AlarmKind, since time.Time, format string, args ...any) {
		all = append(all, archive.Alarm{Source: src.ID, Kind: kind, Since: since, Detail: fmt.Sprintf(format, args...)})
	}
	if state.Failures >= failuresToTell && now.Sub(state.LastSuccess) >= failingFor {
		last := "it has never succeeded"
		if !state.LastSuccess.IsZero() {
			last = "the last success was on " + state.LastSuccess.UTC().Format(time.DateOnly)
		}
		add(archive.AlarmFailing, state.LastSuccess, "%d failures in a row, the last for %s; %s", state.Failures, state.Reason, last)
	}
	if src.Kind == blotter.KindStatus {
		return all, nil // a state may last for years
	}
	if state.Failures == 0 {
		last, longest, silent, err := p.silent(ctx, src, now)
		if err != nil {
			return nil, err
		}
		if silent {
			add(archive.AlarmSilent, last, "nothing new since %s; its longest silence was %d days", last.UTC().Format(time.DateOnly), days(longest))
		}
	}
	if p.done.watched(src.ID) && !isOpen(archive.AlarmUnread) && !isOpen(archive.AlarmUndated) {
		return all, nil // none of its pages was read since
	}
	y, err := p.Archive.Yield(ctx, src.ID, recentYield+formerYield)
	if err != nil {
		return nil, err
	}
	if broken(y.Article, isOpen(archive.AlarmUnread)) {
		add(archive.AlarmUnread, now, "the last %d pages gave no article, or nearly none; has the site been redesigned? Set selectors", recentYield)
	}
	if broken(y.Dated, isOpen(archive.AlarmUndated)) {
		add(archive.AlarmUndated, now, "the last %d articles have no date, or nearly none; set selectors.date", recentYield)
	}
	return all, nil
}

// silent says whether a source is. One that lists something new every few days is not, and most do.
func (p *Pipeline) silent(ctx context.Context, src blotter.Source, now time.Time) (last time.Time, longest time.Duration, silent bool, err error) {
	recent, err := p.rhythms.of(ctx, p.Archive, src.ID, now, rhythmTime)
	if err != nil || now.Sub(recent.Last) <= leastSilence {
		return time.Time{}, 0, false, err
	}
	r, err := p.rhythms.of(ctx, p.Archive, src.ID, now, silenceTime)
	last, longest, silent = silence(r.Published, now)
	return last, longest, silent, err
}

// silence says whether a source that published at these times has been silent for far longer than ever before.
func silence(published []time.Time, now time.Time) (last time.Time, longest time.Duration, silent bool) {
	if len(published) < silenceItems {
		return time.Time{}, 0, false
	}
	for i := 1; i < len(published); i++ {
		longest = max(longest, published[i].Sub(published[i-1]))
	}
	last = published[len(published)-1]
	return last, longest, now.Sub(last) > max(longSilence*longest, leastSilence)
}

// broken says of what succeeded, the newest first, that it did before and does not any more. What was broken is so until most
// of it succeeds again, however long that takes.
func broken(ok []bool, before bool) bool {
	if len(ok) < 2*recentYield {
		return false
	}
	bad := func(part []bool) float64 {
		n := 0
		for _, good := range part {
			if !good {
				n++
			}
		}
		return float64(n) / float64(len(part))
	}
	if before {
		return bad(ok[:recentYield]) > goodFormerly
	}
	return bad(ok[:recentYield]) >= badNow && bad(ok[recentYield:]) <= goodFormerly
}

func days(d time.Duration) int { return int(d.Hours()/24 + 0.5) }
