package archive

import (
	"context"
	"sync"
	"time"
)

// calm remembers until when nothing of a source is to be fetched but what it lists: most polls find it so, and need not ask.
type calm struct {
	mu    sync.Mutex
	until map[string]time.Time
	stirs int
}

// calmHolds is how long it is remembered at most: a backfill that is begun anew leaves items to the polls, and a source takes over
// those of one that was disabled.
const calmHolds = 24 * time.Hour

// is says whether the source is calm now, and else how often any was stirred so far.
func (c *calm) is(source string, now time.Time) (calm bool, stirs int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	until := c.until[source]
	return now.Before(until) && now.Add(calmHolds).After(until), c.stirs
}

// settle notes until when a source is calm, unless one was stirred while that was asked.
func (c *calm) settle(source string, until time.Time, stirs int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stirs != stirs {
		return
	}
	if c.until == nil {
		c.until = map[string]time.Time{}
	}
	c.until[source] = until
}

// stir is called behind each commit that changed items of the source.
func (c *calm) stir(source string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stirs++
	delete(c.until, source)
}

// nextLook is when the first item of a source is to be looked at or tried again, calmHolds from now at the latest. When one may be
// due it is not after now.
func (a *Archive) nextLook(ctx context.Context, source string, now time.Time) (time.Time, error) {
	next := now.Add(calmHolds)
	err := a.read(ctx, `SELECT (SELECT min(next_look) FROM items WHERE source = ?1 AND next_look IS NOT NULL),
			(SELECT min(coalesce(next_try, first_seen)) FROM items WHERE source = ?1 AND fetched IS NULL AND tries < ?2)`,
		[]any{source, maxTries}, func(scan func(...any) error) error {
			var look, try nullTime
			err := scan(&look, &try)
			for _, t := range []nullTime{look, try} {
				if !t.IsZero() && t.Before(next) {
					next = t.Time
				}
			}
			return err
		})
	return next, err
}
