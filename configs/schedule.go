package configs

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// ClockSlack is how far ahead a time of the past may lie after a clock was set back: what it says still holds. One further ahead
// was written by a clock that was wrong, and says nothing.
const ClockSlack = 2 * time.Hour

// Due says whether a pass is due at now, given when the last one began (zero: never), and when the one after it will
// be. schedule is a line of a checked configuration: five cron fields, "@hourly" and its like, "@every 30m" or
// "every 30m"; a pass that was missed while the program was not running is due once, however many there were.
//
// Fields are read in the zone loc, or in that which stands before them ("CRON_TZ=Europe/London 30 6 * * *"), and no change of the clocks skips a pass or runs one twice, as cron itself would:
// what runs every hour goes on at even distances of real time; a time of day that the spring change leaves out
// is taken as long after the hour before as it should have been (01:30 becomes 02:30 in London), one that the autumn
// change gives twice is taken the first time. A line that cannot be read is never due, and next is zero.
func Due(schedule string, loc *time.Location, last, now time.Time) (due bool, next time.Time) {
	s, zone, err := knownSchedule(schedule)
	if err != nil {
		return false, time.Time{}
	}
	if zone != nil {
		loc = zone
	}
	if last.IsZero() {
		return true, after(s, loc, now)
	}
	if last.After(now.Add(ClockSlack)) {
		return true, after(s, loc, now)
	}
	next = after(s, loc, last)
	if next.IsZero() || next.After(now) {
		return false, next
	}
	return true, after(s, loc, now)
}

// schedules are those that were read before: the few of a configuration are asked for every minute, for years.
var schedules sync.Map // of lines to scheduled

type scheduled struct {
	cron.Schedule
	zone *time.Location
	err  error
}

// knownSchedule is parseSchedule for a line that is asked for again and again.
func knownSchedule(line string) (cron.Schedule, *time.Location, error) {
	known, ok := schedules.Load(line)
	if !ok {
		s, zone, err := parseSchedule(line)
		known, _ = schedules.LoadOrStore(line, scheduled{s, zone, err})
	}
	s := known.(scheduled)
	return s.Schedule, s.zone, s.err
}

// parseSchedule reads a schedule and the zone that it names, if it names one. It refuses one that never fires, and one that
// fires more than once a minute.
func parseSchedule(line string) (cron.Schedule, *time.Location, error) {
	zone, fields, err := cutZone(strings.TrimSpace(line))
	if err != nil {
		return nil, nil, fmt.Errorf("schedule %q: %w", line, err)
	}
	s, err := parseFields(fields)
	return s, zone, err
}

// cutZone takes the zone from before the fields of a schedule; nil when there is none.
func cutZone(line string) (*time.Location, string, error) {
	for _, prefix := range []string{"CRON_TZ=", "TZ="} {
		name, ok := strings.CutPrefix(line, prefix)
		if !ok {
			continue
		}
		name, fields, _ := strings.Cut(name, " ")
		zone, err := time.LoadLocation(name)
		if err != nil || name == "" || name == "Local" {
			return nil, "", fmt.Errorf("%q is not an IANA name of a zone such as Europe/London", name)
		}
		return zone, strings.TrimSpace(fields), nil
	}
	return nil, line, nil
}

func parseFields(line string) (cron.Schedule, error) {
	if strings.HasPrefix(line, "every ") {
		line = "@" + line
	}
	s, err := cron.ParseStandard(line)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", line, plainCause(line, err))
	}
	if every, ok := s.(cron.ConstantDelaySchedule); ok {
		if asked, _ := time.ParseDuration(strings.TrimSpace(strings.TrimPrefix(line, "@every"))); asked < time.Minute {
			return nil, fmt.Errorf("schedule %q: more often than once a minute", line)
		}
		return every, nil
	}
	if s.Next(time.Unix(0, 0).UTC()).IsZero() {
		return nil, fmt.Errorf("schedule %q never comes", line)
	}
	return s, nil
}

// plainCause puts the commonest mistakes into words of the file.
func plainCause(line string, err error) error {
	switch fields := len(strings.Fields(line)); {
	case line == "":
		return errors.New(`empty; write five cron fields, "@hourly" or "every 30m"`)
	case !strings.HasPrefix(line, "@") && fields != 5:
		return fmt.Errorf(`%d fields; write five (minute, hour, day, month, weekday), "@hourly" or "every 30m"`, fields)
	}
	return err
}

// after gives the first time later than t at which s fires, in UTC, or zero.
//
// Left to itself in a zone, cron works on instants and loses or repeats what falls into a change of the clocks. So it
// is never shown one: it works on a clock that does not change.
func after(s cron.Schedule, loc *time.Location, t time.Time) time.Time {
	spec, ok := s.(*cron.SpecSchedule)
	if !ok {
		return s.Next(t).UTC()
	}
	onClock := *spec
	if everyHour(spec) {
		_, offset := t.In(loc).Zone()
		onClock.Location = time.FixedZone("", offset)
		return onClock.Next(t).UTC()
	}
	onClock.Location = time.UTC
	for wall := wallClock(t, loc); ; {
		if wall = onClock.Next(wall); wall.IsZero() {
			return wall
		}
		if at := instant(wall, loc); at.After(t) {
			return at
		}
	}
}

// everyHour says that the line names no hour of the day.
func everyHour(s *cron.SpecSchedule) bool {
	const hours = 1<<24 - 1
	return bits.OnesCount64(s.Hour&hours) == 24
}

// wallClock gives what the clocks of loc show at t, as a time in UTC.
func wallClock(t time.Time, loc *time.Location) time.Time {
	t = t.In(loc)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// instant gives the UTC time at which the clocks of loc first show wall. When they never do, it is counted from the
// offset before the change.
func instant(wall time.Time, loc *time.Location) time.Time {
	withOffsetAt := func(near time.Time) time.Time {
		_, offset := near.In(loc).Zone()
		return wall.Add(-time.Duration(offset) * time.Second)
	}
	before := withOffsetAt(wall.Add(-24 * time.Hour))
	if wallClock(before, loc).Equal(wall) {
		return before
	}
	if later := withOffsetAt(wall.Add(24 * time.Hour)); wallClock(later, loc).Equal(wall) {
		return later
	}
	return before
}
