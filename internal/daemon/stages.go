package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"blotter/archive"
	"blotter/index"
	"blotter/internal/pipeline"
)

// stage is a step on the way of an article, done in rounds: each asks the archive what is left to do, and does it.
type stage struct {
	name  string
	every time.Duration // between two rounds
	do    func(ctx context.Context, p *pipeline.Pipeline) (pipeline.Summary, error)
}

// stages are those behind the polls. A round in which there is nothing to do takes a millisecond.
var stages = []stage{
	{"read", 4 * time.Second, func(ctx context.Context, p *pipeline.Pipeline) (pipeline.Summary, error) { return p.Read(ctx) }},
	{"index", 4 * time.Second, func(ctx context.Context, p *pipeline.Pipeline) (pipeline.Summary, error) { return p.Follow(ctx) }},
}

// firstWait is the time between the first two rounds, which then grows: what a start finds to do is soon done, and later rounds have
// enough to do that they work in batches.
const firstWait = 50 * time.Millisecond

// noRoomWait is how long a full disk is left alone before the work is tried again.
const noRoomWait = time.Minute

// state is what there is to do depends on: a round that found the same state has nothing to do.
type state struct {
	commits  int64
	pipeline *pipeline.Pipeline
}

// rounds does the rounds of a stage until ctx ends. A round that is under way then goes on, until later ends.
func (d *Daemon) rounds(ctx, later context.Context, s stage) error {
	var seen state
	for wait := firstWait; ; wait = min(2*wait, s.every) {
		if now := (state{d.archive.Commits(), d.current.Load()}); now != seen {
			seen = now
			if err := d.round(later, s, now.pipeline); err != nil {
				if err = d.bear(s.name, err); err != nil {
					return err
				}
				seen = state{} // it is still to be done
			}
		}
		pause := wait
		if d.full.Load() {
			pause = noRoomWait
		}
		if !sleep(ctx, pause) {
			return nil
		}
	}
}

func (d *Daemon) round(ctx context.Context, s stage, p *pipeline.Pipeline) error {
	began := time.Now()
	summary, err := s.do(ctx, p)
	for tag, n := range summary.TaggedWith {
		d.metrics.Tagged(tag, n)
	}
	if n := summary.Articles + summary.Revised + summary.Removed + summary.Indexed; n > 0 {
		d.metrics.StageDone(s.name, time.Since(began))
		d.Log.Info("stage", "stage", s.name, "new", summary.Articles, "revised", summary.Revised, "removed", summary.Removed,
			"indexed", summary.Indexed, "ms", time.Since(began).Milliseconds())
	}
	return err
}

// bear takes an error of ours: nil when the work can be tried again later, else what ends the daemon.
func (d *Daemon) bear(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case archive.IsNoRoom(err):
		if !d.full.Swap(true) {
			d.Log.Error("the disk is full; the work waits for room", "at", what, "error", err)
		}
		return nil
	case errors.Is(err, context.Canceled):
		return nil
	case errors.Is(err, index.ErrDamaged):
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

// sleep waits, and says whether ctx still holds.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
