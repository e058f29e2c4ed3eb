package main

import (
	"context"
	"errors"
	"iter"
	"runtime"
)

// errStopped says that a command which keeps nothing was stopped.
var errStopped = errors.New("stopped")

// inOrder puts each value through work, on every processor, and hands the results to emit in the order of the
// values. A bounded number of values is under way at a time, so that memory does not grow with their number. It
// does not wait, when ctx ends, for a reader that hangs, such as standard input, nor for a text that takes long.
func inOrder[In, Out any](
	ctx context.Context, values iter.Seq2[In, error], work func(In) Out, emit func(Out) error,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type job struct {
		in  In
		out chan Out
	}
	workers := runtime.GOMAXPROCS(0)
	jobs := make(chan job)
	window := make(chan chan Out, 4*workers)
	var failed error // set before window is closed
	go func() {
		defer close(window)
		defer close(jobs)
		for in, err := range values {
			if err != nil {
				failed = err
				return
			}
			j := job{in, make(chan Out, 1)}
			select {
			case window <- j.out:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				return
			}
		}
	}()
	for range workers {
		go func() {
			for j := range jobs {
				j.out <- work(j.in)
			}
		}()
	}
	for {
		select {
		case <-ctx.Done():
			return errStopped
		case out, more := <-window:
			if !more {
				if ctx.Err() != nil {
					return errStopped
				}
				return failed
			}
			select {
			case <-ctx.Done():
				return errStopped
			case result := <-out:
				if err := emit(result); err != nil {
					return err
				}
			}
		}
	}
}
