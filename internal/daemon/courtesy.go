package daemon

import (
	"context"
	"sync"
	"time"
)

// waitsFor is how long a piece of work, which takes some ten milliseconds, waits at most for the answers under way: however many
// ask, the work goes on.
const waitsFor = 50 * time.Millisecond

// courtesy has the work that nobody waits for give way to the answers that somebody waits for.
type courtesy struct {
	turn chan struct{} // one piece of work waits at a time, so that not all of them begin when an answer ends

	mu      sync.Mutex
	answers int
	none    chan struct{} // closed when no answer is under way any more
}

func newCourtesy() *courtesy { return &courtesy{turn: make(chan struct{}, 1)} }

// answering notes that an answer is under way until done is called.
func (c *courtesy) answering() (done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answers++; c.answers == 1 {
		c.none = make(chan struct{})
	}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.answers--; c.answers == 0 {
			close(c.none)
		}
	}
}

// giveWay waits until no answer is under way, but not for long.
func (c *courtesy) giveWay(ctx context.Context) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return
	}
	c.mu.Lock()
	none, free := c.none, c.answers == 0
	c.mu.Unlock()
	if free {
		return
	}
	late := time.NewTimer(waitsFor)
	defer late.Stop()
	select {
	case <-none:
	case <-late.C:
	case <-ctx.Done():
	}
}
