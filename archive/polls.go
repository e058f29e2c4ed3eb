package archive

import (
	"context"
	"fmt"
	"time"

	"blotter"
)

// Polls is how often a source was asked for its list on one day.
type Polls struct {
	Source string
	Day    time.Time // midnight UTC
	Asked  int
	Failed int
}

// Polls returns how often each source was asked for its list, day by day. Days on which it was not asked are left out: of
// those the archive knows nothing, whatever else it holds of the time. The lists of a backfill are not counted: they
// say nothing of the day on which they were read.
func (a *Archive) Polls(ctx context.Context) ([]Polls, error) {
	var polls []Polls
	err := a.read(ctx, `SELECT source, substr(started, 1, 10), count(*), sum(outcome = 'failed') FROM ledger
		WHERE purpose IN ('list', 'status') AND coalesce(pass, 0) NOT IN (SELECT id FROM passes WHERE command = 'backfill') GROUP BY 1, 2 ORDER BY 1, 2`, nil,
		func(scan func(...any) error) error {
			var p Polls
			var day string
			if err := scan(&p.Source, &day, &p.Asked, &p.Failed); err != nil {
				return err
			}
			var err error
			p.Day, err = time.Parse(time.DateOnly, day)
			polls = append(polls, p)
			return err
		})
	return polls, err
}

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
