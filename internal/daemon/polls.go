package daemon

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"blotter"
	"blotter/archive"
	"blotter/internal/pipeline"
)

// hostsAtOnce bounds how many hosts are asked at a time. Each waits most of the time; the bound is there for the memory that
// answers take.
const hostsAtOnce = 64

// polls knows which hosts are being asked.
type polls struct {
	mu    sync.Mutex
	hosts map[string]bool
}

// begin takes a host, unless it is taken already or too many are.
func (p *polls) begin(host string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hosts[host] || len(p.hosts) >= hostsAtOnce {
		return false
	}
	if p.hosts == nil {
		p.hosts = map[string]bool{}
	}
	p.hosts[host] = true
	return true
}

func (p *polls) end(host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.hosts, host)
}

func (p *polls) underWay() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.hosts)
}

// poll begins a pass for each host that has sources due and is not being asked. One that is comes again with the next minute:
// its sources stay due.
func (d *Daemon) poll(ctx context.Context, group *errgroup.Group) error {
	p := d.current.Load()
	due, err := p.Due(ctx)
	if err != nil {
		return err
	}
	byHost := map[string][]blotter.Source{}
	for _, src := range due {
		host := pipeline.Host(src)
		byHost[host] = append(byHost[host], src)
	}
	for host, sources := range byHost {
		if !d.polls.begin(host) {
			continue
		}
		group.Go(func() error {
			defer d.polls.end(host)
			return d.bear("poll", d.pass(ctx, p, sources))
		})
	}
	return nil
}

// pass asks the sources of one host.
func (d *Daemon) pass(ctx context.Context, p *pipeline.Pipeline, sources []blotter.Source) error {
	s, err := p.Poll(ctx, pipeline.Pass{Sources: sources, Command: "poll"})
	d.Log.Info("poll", "pass", s.Pass, "asked", s.SourcesAsked, "failed", len(s.SourcesFailed), "new", s.New, "changed", s.Changed,
		"items_failed", s.Failed+s.Refused, "left", s.Left, "ms", s.Elapsed.Milliseconds())
	d.counted(s)
	for _, alarm := range s.Alarms {
		d.Log.Warn("alarm", "pass", s.Pass, "alarm", alarm)
	}
	for _, alarm := range s.Recovered {
		d.Log.Info("recovered", "pass", s.Pass, "alarm", alarm)
	}
	return err
}

// counted adds a pass to the figures.
func (d *Daemon) counted(s pipeline.Summary) {
	for _, x := range []struct {
		outcome string
		n       int
	}{{archive.OutcomeNew, s.New}, {archive.OutcomeChanged, s.Changed}, {archive.OutcomeUnchanged, s.Unchanged}, {"listed", s.SourcesOK}} {
		d.metrics.FetchDone(x.outcome, "", x.n)
	}
	for reason, n := range s.Reasons {
		d.metrics.FetchDone(archive.OutcomeFailed, reason, n)
	}
	for _, reason := range s.SourcesFailed {
		d.metrics.FetchDone(archive.OutcomeFailed, reason, 1)
	}
	d.metrics.StageDone("poll", s.Elapsed)
	d.metrics.PassDone(time.Now())
}
