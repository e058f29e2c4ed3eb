package archive

import (
	"context"
	"fmt"
	"time"

	"blotter"
)

// Health is how a source has done, as the archive knows it.
type Health struct {
	LastTry, LastSuccess, NextTry time.Time
	Failures                      int            // in a row
	Reason                        blotter.Reason // of the last of them
	Watched                       time.Time      // when it was first asked for its list; zero: never
	New                           int            // items first listed since the time that Health was asked about
	Newest                        time.Time      // when the newest of its news was published, as far as that is known
}

// Health returns how each source has done that the archive knows of, by id. New counts the items first listed since that
// time, but for those of a source's first list, which are of the past; a status feed's are its articles. A date of
// publication that lies after now is that of an event and no news.
func (a *Archive) Health(ctx context.Context, since, now time.Time) (map[string]Health, error) {
	health := map[string]Health{}
	err := a.view(ctx, func(q querier) error {
		err := scan(ctx, q, `SELECT s.id, last_try, last_success, next_try, failures, reason,
				(SELECT min(started) FROM ledger WHERE source = s.id AND `+polled+`),
				iif(kind = 'status', (SELECT count(*) FROM articles WHERE source = s.id AND first_seen >= ?1),
					(SELECT coalesce(sum(new_items), 0) FROM ledger WHERE source = s.id AND started >= ?1 AND started >
						(SELECT min(started) FROM ledger WHERE source = s.id AND listed IS NOT NULL AND outcome <> 'failed')))
			FROM sources s`, []any{timeText(since)}, func(scan func(...any) error) error {
			var id string
			var h Health
			var lastTry, lastSuccess, nextTry, watched nullTime
			err := scan(&id, &lastTry, &lastSuccess, &nextTry, &h.Failures, &h.Reason, &watched, &h.New)
			h.LastTry, h.LastSuccess, h.NextTry, h.Watched = lastTry.Time, lastSuccess.Time, nextTry.Time, watched.Time
			health[id] = h
			return err
		})
		if err != nil {
			return err
		}
		// What a source says of an item, and what its page says: a list without dates has only the second.
		return scan(ctx, q, `SELECT source, max(newest) FROM (SELECT source, max(published) AS newest FROM items WHERE published <= ?1 GROUP BY source
				UNION ALL SELECT source, max(published) FROM articles WHERE published <= ?1 GROUP BY source)
			GROUP BY source`, []any{timeText(now)}, func(scan func(...any) error) error {
			var id string
			var newest nullTime
			err := scan(&id, &newest)
			h := health[id]
			h.Newest = newest.Time
			health[id] = h
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("archive %s: health: %w", a.dir, err)
	}
	return health, nil
}
