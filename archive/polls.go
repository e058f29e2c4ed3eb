package archive

import (
	"context"
	"time"
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
	err := scan(ctx, a.reader, `SELECT source, substr(started, 1, 10), count(*), sum(outcome = 'failed') FROM ledger
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
