package daemon

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"blotter/archive"
	"blotter/index"
)

// noRoomWait is how long the work that found no room on the disk waits before it is tried again.
const noRoomWait = time.Minute

// stuck knows what found no room on the disk and has not succeeded since.
type stuck struct {
	mu   sync.Mutex
	what map[string]bool
}

// set notes whether something is stuck, and says whether that changed anything: the first that is, or the last that was.
func (s *stuck) set(what string, is bool) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.what) > 0
	if s.what == nil {
		s.what = map[string]bool{}
	}
	if is {
		s.what[what] = true
	} else {
		delete(s.what, what)
	}
	return before != (len(s.what) > 0)
}

func (s *stuck) is() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.what) > 0
}

// bear takes an error of ours, or none, and returns what ends the daemon: not that there is no room on the disk, which is waited
// for, nor the end of a context.
func (d *Daemon) bear(what string, err error) error {
	switch {
	case archive.IsNoRoom(err):
		if d.stuck.set(what, true) {
			d.Log.Error("the disk is full; the work waits for room", "at", what, "error", err)
		}
		d.raise(alarmDisk, err.Error()) // each time: the disk may have been too full for the alarm
		return nil
	case errors.Is(err, context.Canceled):
		return nil
	case errors.Is(err, index.ErrDamaged):
		return err
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	}
	if d.stuck.set(what, false) {
		d.Log.Info("there is room on the disk again")
		d.over(alarmDisk)
	}
	return nil
}

// recall knows what was stuck when the daemon last ended, by the alarm that is still open: it is over when the clock finds room, as
// if nothing had ended. An alarm that stayed open would never be raised again.
func (d *Daemon) recall(ctx context.Context) error {
	open, err := d.archive.Alarms(ctx, false)
	for _, alarm := range open {
		if alarm.Source == "" && alarm.Kind == alarmDisk {
			d.stuck.set("clock", true)
		}
	}
	return err
}

// alarmDisk is the kind of alarm of a disk that is full. A job that failed has one of its own name.
const alarmDisk archive.AlarmKind = "disk"

// raise tells of something wrong with the machine, once until over. That it cannot be told is logged: what is wrong is too.
func (d *Daemon) raise(kind archive.AlarmKind, detail string) {
	if _, err := d.archive.RaiseAlarm(context.Background(), kind, detail, time.Now()); err != nil {
		d.Log.Error("the alarm was not raised", "kind", kind, "error", err)
	}
}

// over tells that something is over.
func (d *Daemon) over(kind archive.AlarmKind) {
	if _, err := d.archive.CloseAlarm(context.Background(), kind, time.Now()); err != nil {
		d.Log.Error("the alarm was not closed", "kind", kind, "error", err)
	}
}
