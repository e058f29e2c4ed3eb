package daemon

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/robfig/cron/v3"
	"golang.org/x/sync/errgroup"

	"blotter/archive"
	"blotter/configs"
)

// job is work that is done by the clock, beside polls.
type job struct {
	name     string
	schedule func(*configs.Config) string // "" for never
	do       func(ctx context.Context, log *slog.Logger) error
	run      cron.Job // do, with its bookkeeping, once at a time
}

// clock looks every minute for what is due, until ctx ends: sources to ask, and work by the clock. What was missed while no
// daemon was there is due at its start, once.
//
// Cron itself only gives the minutes, see eachMinute. Which of them are a schedule's is decided by configs.Due from when it was
// done last: so nothing is skipped or done twice when clocks change, or when the daemon was not there.
func (d *Daemon) clock(ctx context.Context, group *errgroup.Group) error {
	failed := make(chan error, 1)
	log := cronLog{d.Log}
	jobs := d.byClock()
	for _, j := range jobs {
		j.run = cron.NewChain(cron.SkipIfStillRunning(log), cron.Recover(log)).Then(cron.FuncJob(func() { d.runJob(ctx, j) }))
	}
	tick := func() {
		if err := d.bear("clock", d.tick(ctx, group, jobs)); err != nil {
			select {
			case failed <- err:
			default:
			}
			return
		}
		d.ticked.Store(int64(time.Since(d.started)))
		d.sayStatus()
	}
	c := cron.New(cron.WithLocation(time.UTC), cron.WithLogger(log), cron.WithChain(cron.SkipIfStillRunning(log), cron.Recover(log)))
	c.Schedule(cmp.Or[cron.Schedule](d.ticks, eachMinute{}), cron.FuncJob(tick))
	tick()
	c.Start()
	defer func() { <-c.Stop().Done() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// tick begins what is due.
func (d *Daemon) tick(ctx context.Context, group *errgroup.Group, jobs []*job) error {
	if err := d.archive.HasRoom(); err != nil {
		return err
	}
	if err := d.poll(ctx, group); err != nil {
		return err
	}
	last, err := d.archive.LastRuns(ctx)
	if err != nil {
		return err
	}
	now, c := time.Now(), d.current.Load().Config
	for _, j := range jobs {
		if isDue(j.schedule(c), last[j.name], now) {
			group.Go(func() error { j.run.Run(); return nil })
		}
	}
	return nil
}

// restartAfter is how long after it was begun a run that has no end is taken for one that was killed.
const restartAfter = time.Hour

func isDue(schedule string, last archive.Run, now time.Time) bool {
	if schedule == "" {
		return false
	}
	if !last.Started.IsZero() && last.Ended.IsZero() && !last.Started.After(now.Add(configs.ClockSlack)) {
		return now.Sub(last.Started) > restartAfter // else it runs, or ended the daemon just now
	}
	due, _ := configs.Due(schedule, time.UTC, last.Started, now)
	return due
}

// runJob does a job and notes how it went. A job that fails is alarming, and no reason to stop.
func (d *Daemon) runJob(ctx context.Context, j *job) {
	log := d.Log.With("job", j.name)
	id, err := d.archive.BeginRun(ctx, j.name, time.Now())
	if err != nil {
		log.Error("the run was not begun", "error", err)
		return
	}
	log = log.With("run", id)
	log.Info("begun")
	err = contained(func() error { return j.do(ctx, log) })
	if ctx.Err() != nil && err != nil {
		log.Info("stopped with the daemon")
		return // a run without an end is done again, and not a day or a week later
	}
	if kind := archive.AlarmKind(j.name); err == nil {
		log.Info("done")
		d.over(kind)
	} else {
		log.Error("failed", "error", err)
		d.raise(kind, err.Error())
	}
	if err := d.archive.EndRun(context.WithoutCancel(ctx), id, time.Now(), err); err != nil {
		log.Error("its end was not noted", "error", err)
	}
}

// contained makes an error of a panic.
func contained(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return do()
}

// lateTick is when a daemon that looks for what is due each minute has not done so for too long.
const lateTick = 5 * time.Minute

func (d *Daemon) sinceTick() time.Duration {
	last := d.ticked.Load()
	if last == 0 {
		return 0 // it is starting
	}
	return time.Since(d.started) - time.Duration(last)
}

// eachMinute is the beginning of each minute. What it returns counts by the clock that nobody sets: "* * * * *" would wait for an hour
// when the clock is set back by one.
type eachMinute struct{}

// Next implements cron.Schedule.
func (eachMinute) Next(t time.Time) time.Time {
	return t.Add(time.Minute - time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
}

// sayStatus tells the service manager how things are, and that the daemon is alive while it is.
func (d *Daemon) sayStatus() {
	c := d.current.Load().Config
	text := fmt.Sprintf("watching %d sources, asking %d hosts", len(c.Sources), d.polls.underWay())
	if d.stuck.is() {
		text += "; the disk is full"
	}
	d.tell("STATUS=" + text + "\nWATCHDOG=1")
}

// cronLog has cron's own messages logged: a run that was skipped, a panic.
type cronLog struct{ *slog.Logger }

func (l cronLog) Info(msg string, keysAndValues ...any) { l.Debug("cron: "+msg, keysAndValues...) }

func (l cronLog) Error(err error, msg string, keysAndValues ...any) {
	l.Logger.Error("cron: "+msg, append(keysAndValues, "error", err)...)
}
