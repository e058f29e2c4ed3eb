package main

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func numbers(n int, read *atomic.Int64, fault error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			read.Add(1)
			if !yield(i, nil) {
				return
			}
		}
		if fault != nil {
			yield(0, fault)
		}
	}
}

func TestInOrder(t *testing.T) {
	var read atomic.Int64
	var got []int
	fault := errors.New("torn file")
	err := inOrder(t.Context(), numbers(1000, &read, fault), func(i int) int { return 2 * i }, func(i int) error {
		got = append(got, i)
		return nil
	})
	if !errors.Is(err, fault) || len(got) != 1000 || !slices.IsSorted(got) || got[999] != 1998 {
		t.Errorf("have %d values, %v", len(got), err)
	}
}

// What is not emitted yet bounds what is read.
func TestInOrderWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var read atomic.Int64
		hold := make(chan bool)
		done := make(chan error)
		go func() {
			done <- inOrder(t.Context(), numbers(100_000, &read, nil), func(i int) int { return i }, func(int) error {
				<-hold
				return nil
			})
		}()
		synctest.Wait()
		if n := read.Load(); n > 10_000 {
			t.Errorf("%d values were read ahead", n)
		}
		close(hold)
		if err := <-done; err != nil || read.Load() != 100_000 {
			t.Errorf("read %d, %v", read.Load(), err)
		}
	})
}

func TestInOrderStops(t *testing.T) {
	var read atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	err := inOrder(ctx, numbers(1_000_000, &read, nil), func(i int) int { return i }, func(i int) error {
		if i == 10 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, errStopped) || read.Load() > 10_000 {
		t.Errorf("read %d, %v", read.Load(), err)
	}
	stuck := func(func(int, error) bool) { <-t.Context().Done() } // a reader that never answers
	if err := inOrder(ctx, stuck, func(i int) int { return i }, func(int) error { return nil }); !errors.Is(err, errStopped) {
		t.Errorf("have %v", err)
	}
	full := errors.New("disk full")
	if err := inOrder(t.Context(), numbers(1000, &read, nil), func(i int) int { return i }, func(int) error { return full }); !errors.Is(err, full) {
		t.Errorf("have %v", err)
	}
}
