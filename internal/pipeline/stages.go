package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"blotter"
	"blotter/archive"
)

// What follows is Run in its pieces, for a daemon, which asks each source in its own time and takes what comes to the index all
// the while. Polls of different sources may go on at once; of Read and of Follow there is one at a time.

// Poll asks the sources of a pass and keeps what they answer. The summary is complete as far as the poll went, also when an
// error or the end of ctx ended it.
func (p *Pipeline) Poll(ctx context.Context, pass Pass) (Summary, error) {
	id, err := p.Archive.BeginPass(ctx, pass.Command)
	if err != nil {
		return Summary{}, err
	}
	t := p.newTally(id)
	err = p.crawl(ctx, pass.Sources, t)
	if err == nil {
		err = p.watch(ctx, pass.Sources, t)
	}
	s := t.summary()
	return s, errors.Join(err, p.Archive.EndPass(context.WithoutCancel(ctx), id, s.noteworthy()))
}

// Read reads the captures that are to be read, and tags the articles that are to be tagged. It belongs to no pass.
func (p *Pipeline) Read(ctx context.Context) (Summary, error) {
	t := p.newTally(0)
	err := p.deriveAndTag(ctx, nil, t)
	return t.summary(), err
}

// Follow takes to the index what has changed since the last change it holds. It belongs to no pass.
func (p *Pipeline) Follow(ctx context.Context) (Summary, error) {
	t := p.newTally(0)
	err := p.follow(ctx, t)
	return t.summary(), err
}

// contained does the work for a source, whose panic is a failure of that source and not the end of the program: the answer that
// the program could not bear is most likely there again the next time.
func (p *Pipeline) contained(ctx context.Context, src blotter.Source, t *tally, work func() error) (err error) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		t.log.Error("panic", "source", src.ID, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		failure := blotter.Fail(blotter.ReasonReader, "panic: %v", r)
		t.count(func(s *Summary) { s.SourcesFailed[src.ID] = failure.Reason })
		err = p.fail(ctx, src, failure)
	}()
	return work()
}

// Backlog counts what Read has left to do.
func (p *Pipeline) Backlog(ctx context.Context) (archive.Backlog, error) {
	r, err := p.readers(ctx)
	if err != nil {
		return archive.Backlog{}, err
	}
	return p.Archive.Backlog(ctx, r.stamps, p.Pack.Hash())
}
