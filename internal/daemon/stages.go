package daemon

import (
	"cmp"
	"context"
	"time"

	"blotter/internal/pipeline"
)

// stage is a step on the way of an article, or of a message about one, done in rounds: each asks the archive what is left to do,
// and does it.
type stage struct {
	name  string
	every time.Duration // between two rounds,
	idle  time.Duration // and at the latest, when nothing has changed; 0: then there is nothing to do
	// do returns what was done as attributes of the log, nil for nothing.
	do func(d *Daemon, ctx context.Context, p *pipeline.Pipeline) (done []any, err error)
}

// stages are those behind the polls.
var stages = []stage{
	{"read", 4 * time.Second, 0, read},
	{"index", 4 * time.Second, 0, follow},
	{"notify", 4 * time.Second, 0, notify},
	{"deliver", 4 * time.Second, time.Minute, deliver},
}

func read(d *Daemon, ctx context.Context, p *pipeline.Pipeline) ([]any, error) {
	s, err := p.Read(ctx)
	for tag, n := range s.TaggedWith {
		d.metrics.Tagged(tag, n)
	}
	if s.Articles+s.Revised+s.Removed == 0 {
		return nil, err
	}
	return []any{"new", s.Articles, "revised", s.Revised, "removed", s.Removed}, err
}

func follow(_ *Daemon, ctx context.Context, p *pipeline.Pipeline) ([]any, error) {
	s, err := p.Follow(ctx)
	if s.Indexed == 0 {
		return nil, err
	}
	return []any{"indexed", s.Indexed}, err
}

func notify(_ *Daemon, ctx context.Context, p *pipeline.Pipeline) ([]any, error) {
	n, err := p.Notify(ctx)
	if n == (pipeline.Notified{}) {
		return nil, err
	}
	return []any{"articles", n.Articles, "copies", n.Copies, "alarms", n.Alarms}, err
}

func deliver(_ *Daemon, ctx context.Context, p *pipeline.Pipeline) ([]any, error) {
	n, err := p.Deliver(ctx)
	if n == (pipeline.Delivering{}) {
		return nil, err
	}
	return []any{"delivered", n.Delivered, "failed", n.Failed, "dead", n.Dead}, err
}

// queues says what waits for the reading.
func (d *Daemon) queues(ctx context.Context) (map[string]int, error) {
	b, err := d.current.Load().Backlog(ctx)
	return map[string]int{"underived": b.Underived, "untagged": b.Untagged}, err
}

// firstWait is the time between the first two rounds, which then grows: what a start finds to do is soon done, and later rounds have
// enough to do that they work in batches.
const firstWait = 50 * time.Millisecond

// state is what there is to do depends on: a round that found the same state has nothing to do.
type state struct {
	commits  int64
	pipeline *pipeline.Pipeline
}

// rounds does the rounds of a stage until ctx ends. A round that is under way then goes on, until later ends.
func (d *Daemon) rounds(ctx, later context.Context, s stage) error {
	var seen state
	var last time.Time
	for wait := firstWait; ; wait = min(2*wait, s.every) {
		now := state{d.archive.Commits(), d.current.Load()}
		if now != seen || s.idle > 0 && time.Since(last) >= s.idle {
			seen, last = now, time.Now()
			failure := d.round(later, s, now.pipeline)
			if err := d.bear(s.name, failure); err != nil {
				return err
			}
			if failure != nil {
				seen = state{} // it is still to be done
			}
		}
		pause := wait
		if d.stuck.is() {
			pause = cmp.Or(d.noRoomWait, noRoomWait)
		}
		if !sleep(ctx, pause) {
			return nil
		}
	}
}

func (d *Daemon) round(ctx context.Context, s stage, p *pipeline.Pipeline) error {
	began := time.Now()
	done, err := s.do(d, ctx, p)
	if done != nil {
		took := time.Since(began)
		d.metrics.StageDone(s.name, took)
		d.Log.Info("stage", append([]any{"stage", s.name, "ms", took.Milliseconds()}, done...)...)
	}
	return err
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
