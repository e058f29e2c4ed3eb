package archive

import (
	"context"
	"fmt"
	"time"

	"blotter"
)

// polled says that a line of the ledger is that of a source asked for its list. The lists of a backfill are none: they say
// nothing of the day on which they were read.
const polled = `purpose IN ('list', 'status') AND coalesce(pass, 0) NOT IN (SELECT id FROM passes WHERE command = 'backfill')`

// Day is what asking a source for its list gave on one day.
type Day struct {
	Source string
	Day    time.Time              // midnight UTC
	Asked  int                    // how often
	Failed map[blotter.Reason]int // how many of those failed, by reason
	Items  int                    // listed, in all
	New    int                    // items never listed before; of a status feed, articles never seen before
}

// Failures is how many of the polls failed, for whatever reason.
func (d Day) Failures() (n int) {
	for _, k := range d.Failed {
		n += k
	}
	return n
}

// Days returns what asking the sources gave from one day to another, both included, ordered by source and day. Days on which a
// source was not asked are left out: of those the archive knows nothing.
func (a *Archive) Days(ctx context.Context, from, to time.Time) ([]Day, error) {
	var days []Day
	begin, end := timeText(from.UTC().Truncate(24*time.Hour)), timeText(to.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1))
	err := a.view(ctx, func(q querier) error {
		err := scan(ctx, q, `SELECT source, substr(started, 1, 10) AS day, iif(outcome = 'failed', reason, '') AS why, count(*),
				coalesce(sum(listed), 0), coalesce(sum(new_items), 0)
			FROM ledger WHERE `+polled+` AND started >= ? AND started < ? GROUP BY 1, 2, 3 ORDER BY 1, 2`,
			[]any{begin, end}, func(scan func(...any) error) error {
				var source, day string
				var why blotter.Reason
				var asked, items, added int
				if err := scan(&source, &day, &why, &asked, &items, &added); err != nil {
					return err
				}
				at, err := time.Parse(time.DateOnly, day)
				if n := len(days); n == 0 || days[n-1].Source != source || !days[n-1].Day.Equal(at) {
					days = append(days, Day{Source: source, Day: at, Failed: map[blotter.Reason]int{}})
				}
				d := &days[len(days)-1]
				d.Asked, d.Items, d.New = d.Asked+asked, d.Items+items, d.New+added
				if why != "" {
					d.Failed[why] += asked
				}
				return err
			})
		if err != nil {
			return err
		}
		return addStatusNews(ctx, q, days, begin, end)
	})
	if err != nil {
		return nil, fmt.Errorf("archive %s: coverage: %w", a.dir, err)
	}
	return days, nil
}

// addStatusNews counts the articles of status feeds, whose items are never listed: they are the news themselves.
func addStatusNews(ctx context.Context, q querier, days []Day, begin, end string) error {
	type key struct{ source, day string }
	at := make(map[key]*Day, len(days))
	for i := range days {
		at[key{days[i].Source, days[i].Day.Format(time.DateOnly)}] = &days[i]
	}
	return scan(ctx, q, `SELECT source, substr(first_seen, 1, 10), count(*) FROM articles
		WHERE source IN (SELECT id FROM sources WHERE kind = 'status') AND first_seen >= ? AND first_seen < ? GROUP BY 1, 2`,
		[]any{begin, end}, func(scan func(...any) error) error {
			var k key
			var n int
			err := scan(&k.source, &k.day, &n)
			if d := at[k]; d != nil {
				d.New += n
			}
			return err
		})
}

// FirstPoll returns when any source was first asked for its list, zero when none was.
func (a *Archive) FirstPoll(ctx context.Context) (time.Time, error) {
	var first nullTime
	err := a.read(ctx, `SELECT min(started) FROM ledger WHERE `+polled, nil,
		func(scan func(...any) error) error { return scan(&first) })
	if err != nil {
		return time.Time{}, fmt.Errorf("archive %s: coverage: %w", a.dir, err)
	}
	return first.Time, nil
}
