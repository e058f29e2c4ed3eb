package archive

import (
	"context"
	"fmt"
	"time"
)

// Backfill is one reading of a source into the past: by one way, between two days. The same backfill begun again goes
// on where it ended.
type Backfill struct {
	ID     int64
	Source string
	Way    string    // sitemaps, pages or wayback
	From   time.Time // the first day
	To     time.Time // the last day; zero: no end
	Under  string    // what the addresses that are taken begin with; "": anything
	Begun  time.Time
	Ended  time.Time // when nothing was left to do; zero: not yet
}

// BeginBackfill begins a backfill or finds the one that was begun before, and fills in the rest of b.
func (a *Archive) BeginBackfill(ctx context.Context, b *Backfill, now time.Time) error {
	err := a.update(ctx, func(t *tx) error {
		if err := t.ensureSource(b.Source); err != nil {
			return err
		}
		var begun, ended nullTime
		err := t.one(`INSERT INTO backfills (source, way, "from", "to", under, begun) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET source = source RETURNING id, begun, ended`,
			[]any{b.Source, b.Way, dayText(b.From), dayText(b.To), b.Under, timeText(now)}, &b.ID, &begun, &ended)
		b.Begun, b.Ended = begun.Time, ended.Time
		return err
	})
	if err != nil {
		return fmt.Errorf("archive %s: backfill of %s: %w", a.dir, b.Source, err)
	}
	return nil
}

// RestartBackfill forgets what a backfill has read. What it fetched stays and is not fetched again.
func (a *Archive) RestartBackfill(ctx context.Context, id int64) error {
	err := a.update(ctx, func(t *tx) error {
		for _, query := range []string{
			`DELETE FROM frontier WHERE backfill = ?`,
			`DELETE FROM found WHERE backfill = ?`,
			`UPDATE backfills SET ended = NULL WHERE id = ?`,
		} {
			if _, err := t.exec(query, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("archive %s: backfill %d: %w", a.dir, id, err)
	}
	return nil
}

// EndBackfill notes that nothing is left to do.
func (a *Archive) EndBackfill(ctx context.Context, id int64, now time.Time) error {
	err := a.update(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE backfills SET ended = coalesce(ended, ?) WHERE id = ?`, timeText(now), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("archive %s: backfill %d: %w", a.dir, id, err)
	}
	return nil
}

// BackfillState counts what a backfill has done, in all its runs.
type BackfillState struct {
	Lists       int // read
	ListsFailed int // given up
	ListsLeft   int // still to be read, those that wait for another try included

	Found   int // addresses in them that are wanted
	Fetched int // of these; by whomever
	Failed  int // given up
	Waiting int // failed for a reason that may pass
	Left    int // not tried yet
}

// Done says that nothing is left to do.
func (s BackfillState) Done() bool { return s.ListsLeft+s.Waiting+s.Left == 0 }

// BackfillState returns the counts of a backfill.
func (a *Archive) BackfillState(ctx context.Context, id int64) (BackfillState, error) {
	var s BackfillState
	err := a.reader.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE done IS NOT NULL AND reason = ''),
			count(*) FILTER (WHERE done IS NOT NULL AND reason <> ''), count(*) FILTER (WHERE done IS NULL)
		FROM frontier WHERE backfill = ?`, id).Scan(&s.Lists, &s.ListsFailed, &s.ListsLeft)
	if err == nil {
		err = a.reader.QueryRowContext(ctx, `SELECT count(*), count(i.fetched),
				count(*) FILTER (WHERE i.fetched IS NULL AND f.tries > 0 AND f.next_try IS NULL),
				count(*) FILTER (WHERE i.fetched IS NULL AND f.tries > 0 AND f.next_try IS NOT NULL),
				count(*) FILTER (WHERE i.fetched IS NULL AND f.tries = 0)
			FROM found f JOIN items i ON i.id = f.item WHERE f.backfill = ?`, id).
			Scan(&s.Found, &s.Fetched, &s.Failed, &s.Waiting, &s.Left)
	}
	if err != nil {
		return BackfillState{}, fmt.Errorf("archive %s: backfill %d: %w", a.dir, id, err)
	}
	return s, nil
}

// dayText is a day; the zero time is ”.
func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
