package pipeline

import (
	"context"
	"time"

	"blotter"
	"blotter/archive"
)

// readBudget is how long one page may take to read. A page that takes longer is given up and recorded; the
// libraries cannot be interrupted, so its goroutine ends when they do.
const readBudget = 20 * time.Second

// pageReader reads pages one after the other in a goroutine of its own, whose stack grows with the first ones only.
type pageReader struct{ work chan func() }

func (r *pageReader) run(f func()) {
	if r.work == nil {
		work := make(chan func())
		go func() {
			for f := range work {
				f()
			}
		}()
		r.work = work
	}
	r.work <- f
}

// leave ends the goroutine as soon as the page that it reads has ended. The next page gets another one.
func (r *pageReader) leave() {
	if r.work != nil {
		close(r.work)
		r.work = nil
	}
}

// read turns one capture into its articles. Whatever a page does to the libraries that read it, it costs that page
// only: a panic and a page that takes longer than the budget are failures of the page. When ctx ends nothing is said of it.
func (r *pageReader) read(ctx context.Context, capture int64, budget time.Duration, articles func() ([]blotter.Article, error)) archive.Derived {
	done := make(chan archive.Derived, 1)
	r.run(func() {
		d := archive.Derived{Capture: capture}
		defer func() {
			if cause := recover(); cause != nil {
				d.Failure = blotter.Fail(blotter.ReasonReader, "panic: %v", cause)
			}
			done <- d
		}()
		found, err := articles()
		if err != nil {
			d.Failure = asFailure(err)
			return
		}
		d.Articles = found
	})
	timer := time.NewTimer(budget)
	defer timer.Stop()
	select {
	case d := <-done:
		return d
	case <-ctx.Done():
		r.leave()
		return archive.Derived{Capture: capture}
	case <-timer.C:
		r.leave()
		return archive.Derived{Capture: capture, Failure: blotter.Fail(blotter.ReasonReader, "took longer than %s", budget)}
	}
}

// asFailure makes every error of reading a page the page's own fault.
func asFailure(err error) *blotter.Failure {
	if f := blotter.AsFailure(err); f != nil {
		return f
	}
	return blotter.Fail(blotter.ReasonReader, "%v", err)
}
