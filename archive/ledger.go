package archive

import (
	"context"
	"fmt"
	"time"

	"blotter"
)

// Entry is a line of the ledger: a fetch and what came of it.
type Entry struct {
	Source  string
	Purpose blotter.Purpose
	URL     string // what was asked
	Started time.Time
	Hops    int // requests made; 0: refused before any, or an import
	Status  int // of the last answer; 0: none
	Robots  string
	Outcome string
	Reason  blotter.Reason // of the failure
}

// Ledger returns what the ledger has of a source, in order.
func (a *Archive) Ledger(ctx context.Context, source string) ([]Entry, error) {
	var entries []Entry
	err := a.read(ctx, `SELECT source, purpose, url, started, hops, status, robots, outcome, reason FROM ledger WHERE source = ? ORDER BY id`,
		[]any{source}, func(scan func(...any) error) error {
			var e Entry
			var started nullTime
			err := scan(&e.Source, &e.Purpose, &e.URL, &started, &e.Hops, &e.Status, &e.Robots, &e.Outcome, &e.Reason)
			e.Started = started.Time
			entries = append(entries, e)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("archive %s: ledger of %s: %w", a.dir, source, err)
	}
	return entries, nil
}
