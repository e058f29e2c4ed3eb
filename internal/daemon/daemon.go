// Package daemon keeps a data folder at work for years: it asks each source when its time has come, takes what comes to the
// index, does what is to be done by the clock, answers over HTTP, and says how it is.
//
// A [Daemon] is the one owner of its data folder. It keeps no state that the archive does not: which sources are due, what is to
// be read, tagged and indexed, and which work was missed are questions to the archive, so that it goes on after a power cut
// as after any minute. [Daemon.Run] works until its context ends; [Daemon.Reload] changes the configuration as a whole
// meanwhile, or not at all.
//
// What the world gets wrong is noted and costs a source its turn. A disk that is full is waited for. Everything else that
// is our own or the machine's fault ends Run with an error that says what to do; whoever started it may start it again.
package daemon

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"
	"golang.org/x/sync/errgroup"

	"blotter/archive"
	"blotter/classify"
	"blotter/configs"
	"blotter/crawler"
	"blotter/index"
	"blotter/internal/answer"
	"blotter/internal/pipeline"
	"blotter/internal/web"
)

// Parts are what a daemon works by, all of it read and checked.
type Parts struct {
	Config  *configs.Config
	Pack    *classify.Pack
	Fetcher *crawler.Fetcher
}

// Daemon is set up by its fields, which must not change once it runs.
type Daemon struct {
	Load    func() (Parts, error) // reads the configuration, at the start and at each reload
	Log     *slog.Logger
	Version string             // of the program
	Tell    func(state string) // tells the service manager, as sd_notify(3) has it; may be nil
	Workers int                // articles read and tagged at once; zero means one a processor

	Listen func(network, address string) (net.Listener, error) // nil: net.Listen

	started  time.Time
	archive  *archive.Archive
	index    index.Index
	current  atomic.Pointer[pipeline.Pipeline] // by which everything works
	house    atomic.Pointer[web.House]         // from which is answered
	metrics  *web.Metrics
	loading  sync.Mutex // held by who reloads, and while the data folder is opened
	begin    chan error // why to begin anew
	polls    polls
	ticked   atomic.Int64 // how long after the start what is due was last looked for
	stuck    stuck
	courtesy *courtesy

	// Set by tests only, which are impatient.
	ticks      cron.Schedule
	noRoomWait time.Duration
}

// grace is how long the work that is under way may go on when the daemon is to stop.
const grace = 5 * time.Second

// Run works until ctx ends, and then stops within ten seconds: requests to sources are given up, what is being read, tagged or
// indexed is finished, and the data folder is closed. That is no error.
func (d *Daemon) Run(ctx context.Context) error {
	d.started = time.Now()
	if d.Listen == nil {
		d.Listen = net.Listen
	}
	parts, err := d.Load()
	if err != nil {
		return err
	}
	d.begin, d.courtesy = make(chan error, 1), newCourtesy()
	for {
		err := d.own(ctx, parts)
		switch {
		case ctx.Err() != nil:
			return err
		case errors.Is(err, errRebuild):
			d.Log.Info("the index is built anew, without what was forgotten")
			if err := removeIndex(parts.Config.DataDir); err != nil {
				return err
			}
		case errors.Is(err, index.ErrDamaged): // opening it builds it anew
			d.Log.Error("the index is damaged and is built anew", "error", err)
		default:
			return err
		}
		parts = d.parts()
	}
}

// parts are those at work.
func (d *Daemon) parts() Parts {
	p := d.current.Load()
	return Parts{Config: p.Config, Pack: p.Pack, Fetcher: p.Fetcher}
}

// own opens the data folder and works with it until ctx ends or something does not go on.
func (d *Daemon) own(ctx context.Context, parts Parts) (err error) {
	d.loading.Lock() // a reload waits until there is something to reload
	loaded := sync.OnceFunc(d.loading.Unlock)
	defer loaded()
	c := parts.Config
	d.archive, err = archive.Open(c.DataDir, archive.Options{Software: "blotter " + d.Version, Reserve: cmp.Or(c.Reserve, -1)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.archive.Close()) }()
	if d.index, err = openIndex(ctx, filepath.Join(c.DataDir, "index"), d.archive.ID()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.index.Close()) }()
	if err := d.use(ctx, parts); err != nil {
		return err
	}
	defer func() { d.parts().Fetcher.Close() }()
	loaded()
	if err := d.recall(ctx); err != nil {
		return err
	}
	d.metrics = web.NewMetrics(web.Watched{House: d.house.Load, DataDir: c.DataDir, Queues: d.queues})
	doors, remove, err := d.open(c)
	if err != nil {
		return err
	}
	defer remove()
	defer closeAll(doors)
	return d.work(ctx, doors)
}

// readerWait is how long a command that is just reading the index may hold up a start.
const readerWait = 15 * time.Second

// openIndex opens the index, and waits for those who read it: they began while no daemon was there, and are soon done.
func openIndex(ctx context.Context, dir, archiveID string) (index.Index, error) {
	for began := time.Now(); ; {
		idx, err := index.OpenBleve(dir, archiveID)
		if err == nil {
			return idx, nil
		}
		var inUse *index.InUseError
		if !errors.As(err, &inUse) || time.Since(began) > readerWait || !sleep(ctx, 100*time.Millisecond) {
			return nil, err
		}
	}
}

// use makes parts those that everything works by from its next round on.
func (d *Daemon) use(ctx context.Context, parts Parts) error {
	if err := d.archive.SyncSources(ctx, parts.Config.Sources); err != nil {
		return err
	}
	reader, err := answer.NewReader(ctx, d.archive, d.index)
	if err != nil {
		return err
	}
	d.house.Store(&web.House{Config: parts.Config, Pack: parts.Pack, Reader: reader})
	d.current.Store(&pipeline.Pipeline{
		Config: parts.Config, Archive: d.archive, Index: d.index, Pack: parts.Pack, Fetcher: parts.Fetcher,
		Log: d.Log, Workers: d.Workers, GiveWay: d.courtesy.giveWay,
	})
	for _, j := range d.byClock() {
		if j.schedule(parts.Config) == "" {
			d.over(archive.AlarmKind(j.name)) // nobody does any more what went wrong
		}
	}
	return nil
}

// work does everything at once until ctx ends, or one of it fails.
func (d *Daemon) work(ctx context.Context, doors []*door) error {
	group, working := errgroup.WithContext(ctx)
	later, end := afterwards(working, grace)
	defer end()
	for _, s := range stages {
		group.Go(func() error { return d.rounds(working, later, s) })
	}
	group.Go(func() error { return d.clock(working, group) })
	group.Go(func() error { return d.beginAnew(working) })
	for _, door := range doors {
		group.Go(func() error { return door.serve(working) })
	}
	d.tell("READY=1")
	c := d.current.Load().Config
	d.Log.Info("at work", "data", c.DataDir, "sources", len(c.Sources), "listen", c.Daemon.Listen)
	err := group.Wait()
	if ctx.Err() != nil {
		d.tell("STOPPING=1") // not when it only begins anew
	}
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		d.Log.Info("stopped")
		return nil
	}
	return err
}

// afterwards returns a context that ends some time after ctx.
func afterwards(ctx context.Context, wait time.Duration) (context.Context, context.CancelFunc) {
	later, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(wait, end) })
	return later, func() { stop(); end() }
}

func (d *Daemon) tell(state string) {
	if d.Tell != nil {
		d.Tell(state)
	}
}
