package archive

import (
	"context"
	"fmt"
	"time"
)

// Run is one time that a daemon did a job.
type Run struct {
	ID             int64
	Job            string
	Started, Ended time.Time // Ended is zero while it runs, and for ever if it was killed
	Error          string    // "" when it went well
}

// BeginRun notes that a job is begun.
func (a *Archive) BeginRun(ctx context.Context, job string, now time.Time) (id int64, err error) {
	err = a.update(ctx, func(t *tx) error {
		id, err = t.insert(`INSERT INTO runs (job, started) VALUES (?, ?)`, job, timeText(now))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("archive %s: begin %s: %w", a.dir, job, err)
	}
	return id, nil
}

// EndRun notes that a job is ended, and what went wrong if something did.
func (a *Archive) EndRun(ctx context.Context, id int64, now time.Time, failure error) error {
	why := ""
	if failure != nil {
		why = failure.Error()
	}
	err := a.update(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE runs SET ended = ?, error = ? WHERE id = ?`, timeText(now), why, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("archive %s: end run %d: %w", a.dir, id, err)
	}
	return nil
}

// LastRuns returns the last run of each job there was.
func (a *Archive) LastRuns(ctx context.Context) (map[string]Run, error) {
	last := map[string]Run{}
	err := a.read(ctx, `SELECT id, job, started, ended, error FROM runs WHERE id IN (SELECT max(id) FROM runs GROUP BY job)`, nil,
		func(scan func(...any) error) error {
			var r Run
			var started, ended nullTime
			err := scan(&r.ID, &r.Job, &started, &ended, &r.Error)
			r.Started, r.Ended = started.Time, ended.Time
			last[r.Job] = r
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("archive %s: runs: %w", a.dir, err)
	}
	return last, nil
}
