package archive

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Alarm is something wrong with a source, or with the machine, that its operator wants to hear of, once, and once more when it
// is over.
type Alarm struct {
	Source    string // "": the machine
	Kind      AlarmKind
	Since     time.Time // when what is wrong began, as far as is known
	Detail    string
	Raised    time.Time
	Recovered time.Time // zero: still so
}

// AlarmKind says what is wrong.
type AlarmKind string

// The kinds of alarm of a source. What the machine can have is for those to name who watch it.
const (
	AlarmFailing AlarmKind = "failing" // it cannot be listed
	AlarmSilent  AlarmKind = "silent"  // it lists nothing new, against its own rhythm
	AlarmUnread  AlarmKind = "unread"  // its pages give no article any more
	AlarmUndated AlarmKind = "undated" // its articles have no date any more
)

// Alarms returns the alarms that are open, or all there ever were, the latest first.
func (a *Archive) Alarms(ctx context.Context, all bool) ([]Alarm, error) {
	var alarms []Alarm
	condition := `recovered IS NULL` // which has an index: every pass asks
	if all {
		condition = `true`
	}
	err := a.view(ctx, func(q querier) (err error) {
		alarms, err = readAlarms(ctx, q, condition)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("archive %s: alarms: %w", a.dir, err)
	}
	return alarms, nil
}

func readAlarms(ctx context.Context, q querier, condition string, args ...any) ([]Alarm, error) {
	var alarms []Alarm
	err := scan(ctx, q, `SELECT coalesce(source, ''), kind, since, detail, raised, recovered FROM alarms WHERE `+condition+` ORDER BY +id DESC`, args, // by id it would read them all
		func(scan func(...any) error) error {
			var x Alarm
			var since, raised, recovered nullTime
			err := scan(&x.Source, &x.Kind, &since, &x.Detail, &raised, &recovered)
			x.Since, x.Raised, x.Recovered = since.Time, raised.Time, recovered.Time
			alarms = append(alarms, x)
			return err
		})
	return alarms, err
}

// SetAlarms makes the open alarms of some sources those that are given, and returns the ones that were raised and that have
// recovered by it. One that is open already stays as it was raised.
func (a *Archive) SetAlarms(ctx context.Context, sources []string, now time.Time, current []Alarm) (raised, recovered []Alarm, err error) {
	err = a.update(ctx, func(t *tx) error {
		open, err := readAlarms(t.ctx, t, `recovered IS NULL AND source IN (SELECT value FROM json_each(?))`, jsonList(sources))
		if err != nil {
			return err
		}
		same := func(x Alarm) func(Alarm) bool {
			return func(y Alarm) bool { return x.Source == y.Source && x.Kind == y.Kind }
		}
		for _, x := range current {
			if slices.ContainsFunc(open, same(x)) {
				continue
			}
			x.Raised = now
			_, err := t.exec(`INSERT INTO alarms (source, kind, since, detail, raised) VALUES (?, ?, ?, ?, ?)`,
				x.Source, x.Kind, timeText(x.Since), x.Detail, timeText(now))
			if err != nil {
				return err
			}
			raised = append(raised, x)
		}
		for _, x := range open {
			if slices.ContainsFunc(current, same(x)) {
				continue
			}
			x.Recovered = now
			_, err := t.exec(`UPDATE alarms SET recovered = ? WHERE source = ? AND kind = ? AND recovered IS NULL`, timeText(now), x.Source, x.Kind)
			if err != nil {
				return err
			}
			recovered = append(recovered, x)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("archive %s: alarms: %w", a.dir, err)
	}
	return raised, recovered, nil
}

// RaiseAlarm raises an alarm about the machine, such as one whose disk fills up, and says whether it did: one of the kind that is
// open already stays as it was raised.
func (a *Archive) RaiseAlarm(ctx context.Context, kind AlarmKind, detail string, now time.Time) (raised bool, err error) {
	err = a.update(ctx, func(t *tx) error {
		r, err := t.exec(`INSERT INTO alarms (kind, since, detail, raised) VALUES (?1, ?2, ?3, ?2) ON CONFLICT DO NOTHING`,
			kind, timeText(now), detail)
		raised = changed(r)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("archive %s: raise alarm %s: %w", a.dir, kind, err)
	}
	return raised, nil
}

// CloseAlarm notes that what an alarm about the machine was raised for is over, and says whether one was open.
func (a *Archive) CloseAlarm(ctx context.Context, kind AlarmKind, now time.Time) (closed bool, err error) {
	err = a.update(ctx, func(t *tx) error {
		r, err := t.exec(`UPDATE alarms SET recovered = ? WHERE source IS NULL AND kind = ? AND recovered IS NULL`, timeText(now), kind)
		closed = changed(r)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("archive %s: close alarm %s: %w", a.dir, kind, err)
	}
	return closed, nil
}

// changed says whether a statement changed a row.
func changed(r sql.Result) bool {
	if r == nil {
		return false
	}
	n, err := r.RowsAffected()
	return err == nil && n > 0 // of SQLite it is never an error
}

// Yield is what the latest pages of a source gave, the newest first.
type Yield struct {
	Article []bool // a page gave one
	Dated   []bool // an article has a date of publication
}

// Yield returns what the latest n pages and articles of a source gave.
func (a *Archive) Yield(ctx context.Context, source string, n int) (Yield, error) {
	var y Yield
	each := func(to *[]bool) func(scan func(...any) error) error {
		return func(scan func(...any) error) error {
			var ok bool
			err := scan(&ok)
			*to = append(*to, ok)
			return err
		}
	}
	err := a.view(ctx, func(q querier) error {
		err := scan(ctx, q, `SELECT gave > 0 FROM captures INDEXED BY captures_source
			WHERE source = ? AND purpose = 'page' AND stamp IS NOT NULL AND forgotten IS NULL ORDER BY id DESC LIMIT +?`,
			[]any{source, n}, each(&y.Article))
		if err != nil {
			return err
		}
		return scan(ctx, q, `SELECT published IS NOT NULL FROM revisions INDEXED BY revisions_source WHERE source = ? ORDER BY id DESC LIMIT +?`,
			[]any{source, n}, each(&y.Dated))
	})
	if err != nil {
		return Yield{}, fmt.Errorf("archive %s: yield of %s: %w", a.dir, source, err)
	}
	return y, nil
}
