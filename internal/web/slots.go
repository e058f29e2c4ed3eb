package web

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// searchSlots is how many searches are at work at once: they keep processors busy, and more of them only wait for each other.
var searchSlots = 2 * runtime.GOMAXPROCS(0)

// patience is how long a request waits for its turn.
const patience = 10 * time.Second

// slots bounds how much is done at once. Some wait for their turn; those that would wait too long are told so at once.
type slots struct {
	free    chan struct{}
	waiting atomic.Int64
	queue   int64
}

func newSlots(n, queue int) *slots { return &slots{free: make(chan struct{}, n), queue: int64(queue)} }

// take waits for a turn. What it returns ends the turn, once.
func (s *slots) take(ctx context.Context) (func(), error) {
	release := sync.OnceFunc(func() { <-s.free })
	select {
	case s.free <- struct{}{}:
		return release, nil
	default:
	}
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > s.queue {
		return nil, busy(kindBusy, patience, "%d requests wait already", s.queue)
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case s.free <- struct{}{}:
		return release, nil
	case <-late.C:
		return nil, busy(kindBusy, patience, "it was not this request's turn within %v", patience)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
