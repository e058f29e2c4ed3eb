// Package pipeline is the way of an article, top to bottom: crawl → derive → tag → follow.
//
// Each of the four is a loop that asks the archive what is left to do and does it. None keeps state of its own, so
// a pass may be interrupted anywhere, by Ctrl-C or by a power cut, and the next one goes on. Only crawl needs the
// network. While it runs, the others run beside it, so that what was fetched is soon found. Two more are a daemon's, each a
// function for one round: Notify writes to the outbox what saved queries find, and Deliver sends it.
//
// This package decides what becomes of errors: what the world gets wrong is a row of the ledger and a number of the
// summary, what we get wrong ends the pass.
package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"blotter"
	"blotter/archive"
	"blotter/classify"
	"blotter/configs"
	"blotter/crawler"
	"blotter/index"
)

// Pipeline joins the rooms of the house. All fields but the last three are required.
type Pipeline struct {
	Config  *configs.Config
	Archive *archive.Archive
	Index   index.Index
	Pack    *classify.Pack
	Fetcher *crawler.Fetcher // not needed by Update and Import
	Log     *slog.Logger

	Workers  int              // articles read and tagged at once; zero means one a processor
	Now      func() time.Time // zero means time.Now
	Progress *Progress        // counts what is done while it is done; may be nil

	// GiveWay is called before each piece of work that keeps a processor busy, and waits while something else needs it more.
	GiveWay func(context.Context) // may be nil

	done    done
	fresh   fresh
	lists   lists
	rhythms rhythms
}

// Pass says what a run takes in.
type Pass struct {
	Sources []blotter.Source // the ones to ask, due or not
	Command string           // for the record
}

// How often a later step looks for what the one before it has left: soon at first, so that a short pass is a short
// one, and then seldom enough that the steps work in batches.
const (
	firstRound = 50 * time.Millisecond
	roundEvery = 4 * time.Second
)

// grace is how long a cancelled pass may go on to take to the index what it has fetched.
const grace = 5 * time.Second

// Run asks the sources of the pass and takes what comes all the way to the index. The summary is complete as far as
// the pass went, also when an error ended it. A cancelled context ends the crawl; what was fetched by then is still
// taken to the index, so that nothing kept is left half done.
func (p *Pipeline) Run(ctx context.Context, pass Pass) (Summary, error) {
	return p.beside(ctx, pass.Command, func(ctx context.Context, t *tally) error {
		if err := p.crawl(ctx, pass.Sources, t); err != nil {
			return err
		}
		return p.watch(ctx, pass.Sources, t)
	})
}

// Update takes to the index what the archive holds and the index does not: after an interruption, and whenever the
// rules or the extractor have changed. It needs no network.
func (p *Pipeline) Update(ctx context.Context) (Summary, error) {
	return p.beside(ctx, "update", func(context.Context, *tally) error { return nil })
}

// beside runs a producer of captures and, beside it, the loops that use them: each looks again and again for what
// the one before has left, and once more after that has ended.
func (p *Pipeline) beside(ctx context.Context, command string, produce func(context.Context, *tally) error) (Summary, error) {
	pass, err := p.Archive.BeginPass(ctx, command)
	if err != nil {
		return Summary{}, err
	}
	t := p.newTally(pass)
	producing, stop := context.WithCancel(ctx)
	defer stop()
	later, end := afterwards(ctx, grace)
	defer end()
	line, later := errgroup.WithContext(later)
	context.AfterFunc(later, stop) // a step that fails ends the producer too

	produced, tagged := make(chan struct{}), make(chan struct{})
	line.Go(func() error {
		defer close(produced)
		if err := produce(producing, t); producing.Err() == nil {
			return err
		}
		return nil // cancelled: the steps behind have their grace
	})
	line.Go(func() error {
		defer close(tagged)
		return rounds(later, p.Archive.PageKept(), produced, func() error { return p.deriveAndTag(later, produced, t) })
	})
	line.Go(func() error {
		return rounds(later, nil, tagged, func() error { return p.follow(later, t) })
	})
	err = line.Wait()
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = ctx.Err()
	}
	s := t.summary()
	return s, errors.Join(err, p.Archive.EndPass(context.WithoutCancel(ctx), pass, s))
}

// afterwards returns a context that ends some time after ctx.
func afterwards(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	later, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d, end) })
	return later, func() { stop(); end() }
}

// rounds calls round the first time that first gives a value, every so often until done is closed, and then once more.
func rounds(ctx context.Context, first, done <-chan struct{}, round func() error) error {
	wait := firstRound
	tick := time.NewTicker(wait)
	defer tick.Stop()
	for {
		last := false
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-done:
			last = true
		case <-first:
			first = nil
		case <-tick.C:
		}
		if err := round(); err != nil || last {
			return err
		}
		if wait < roundEvery {
			wait = min(2*wait, roundEvery)
			tick.Reset(wait)
		}
	}
}

// deriveAndTag takes turns, so that the index has something to take in while there is much to read.
func (p *Pipeline) deriveAndTag(ctx context.Context, crawled <-chan struct{}, t *tally) error {
	for more := true; more; {
		var err error
		if more, err = p.derive(ctx, crawled, t); err != nil {
			return err
		}
		if err := p.tag(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pipeline) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

func (p *Pipeline) workers() int {
	if p.Workers > 0 {
		return p.Workers
	}
	return runtime.GOMAXPROCS(0)
}

func (p *Pipeline) giveWay(ctx context.Context) {
	if p.GiveWay != nil {
		p.GiveWay(ctx)
	}
}

// each calls f for every index below n, as many at once as there are workers, and returns when all are done.
func (p *Pipeline) each(ctx context.Context, n int, f func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(p.workers(), n) {
		wg.Go(func() {
			for i := range next {
				p.giveWay(ctx)
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
