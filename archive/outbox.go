package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// How long messages are kept that were delivered, and that were given up.
const (
	keptDelivered = 30 * 24 * time.Hour
	keptDead      = 90 * 24 * time.Hour
)

// Delivery is one message to one channel.
type Delivery struct {
	ID      string // goes out with every try
	Channel string
	Kind    string            // articles, digest, alarms
	Query   string            // the saved query; "": of alarms
	Total   int               // of articles or alarms
	Entries []json.RawMessage // what it says of the first ones of them

	Created   time.Time
	Due       time.Time // not before
	Attempts  int       // that failed
	Error     string    // of the last of them
	Delivered time.Time // when the receiver said that it has it; zero: not yet
	Dead      time.Time // when it was given up; zero: it was not

	ChannelFailures int // of its channel, in a row
}

const deliveryFields = `o.id, o.channel, o.kind, o.query, o.total, o.created, o.due, o.attempts, o.error, o.delivered, o.dead,
	coalesce((SELECT failures FROM channels WHERE name = o.channel), 0)`

func readDeliveries(ctx context.Context, q querier, condition string, args ...any) ([]Delivery, error) {
	var all []Delivery
	err := scan(ctx, q, `SELECT `+deliveryFields+` FROM outbox o WHERE `+condition, args, func(scan func(...any) error) error {
		var d Delivery
		var created, due, delivered, dead nullTime
		err := scan(&d.ID, &d.Channel, &d.Kind, &d.Query, &d.Total, &created, &due, &d.Attempts, &d.Error, &delivered, &dead, &d.ChannelFailures)
		d.Created, d.Due, d.Delivered, d.Dead = created.Time, due.Time, delivered.Time, dead.Time
		all = append(all, d)
		return err
	})
	return all, err
}

// DueDeliveries returns the messages that are to go out now, at most n a channel, those with the fewest attempts first: one that
// a receiver cannot take does not stand in the way of others. Channels that failed are left out until their next try. The
// messages count as tried from now on, and stay as they are.
func (a *Archive) DueDeliveries(ctx context.Context, now time.Time, n int) ([]Delivery, error) {
	const due = `o.delivered IS NULL AND o.dead IS NULL AND o.due <= ?1
		AND NOT EXISTS (SELECT 1 FROM channels WHERE name = o.channel AND next_try > ?1)`
	var all []Delivery
	waiting := false
	err := a.read(ctx, `SELECT EXISTS (SELECT 1 FROM outbox o WHERE `+due+`)`, []any{timeText(now)},
		func(scan func(...any) error) error { return scan(&waiting) })
	if err == nil && waiting {
		err = a.update(ctx, func(t *tx) (err error) {
			all, err = readDeliveries(t.ctx, t, `o.id IN (SELECT id FROM (
				SELECT o.id, row_number() OVER (PARTITION BY o.channel ORDER BY o.attempts, o.created, o.id) AS place FROM outbox o WHERE `+due+`)
				WHERE place <= ?2) ORDER BY o.channel, o.attempts, o.created, o.id`, timeText(now), n)
			for i := 0; i < len(all) && err == nil; i++ {
				if err = t.entries(&all[i]); err == nil {
					_, err = t.exec(`UPDATE outbox SET tried = coalesce(tried, ?) WHERE id = ?`, timeText(now), all[i].ID)
				}
			}
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("archive %s: due deliveries: %w", a.dir, err)
	}
	return all, nil
}

// entries reads what a message says.
func (t *tx) entries(d *Delivery) error {
	return scan(t.ctx, t, `SELECT entry FROM outbox_entries WHERE message = ? ORDER BY n`, []any{d.ID}, func(scan func(...any) error) error {
		var entry string
		err := scan(&entry)
		d.Entries = append(d.Entries, json.RawMessage(entry))
		return err
	})
}

// Delivered notes that the receiver has a message, and that its channel works.
func (a *Archive) Delivered(ctx context.Context, id string, now time.Time) error {
	err := a.update(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM channels WHERE name = (SELECT channel FROM outbox WHERE id = ?)`, id); err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE outbox SET delivered = ?, dead = NULL, error = '' WHERE id = ?`, timeText(now), id); err != nil {
			return err
		}
		_, err := t.exec(`DELETE FROM outbox WHERE delivered < ? OR dead < ?`, timeText(now.Add(-keptDelivered)), timeText(now.Add(-keptDead)))
		return err
	})
	if err != nil {
		return fmt.Errorf("archive %s: delivered %s: %w", a.dir, id, err)
	}
	return nil
}

// Undelivered says why a message could not be delivered, and what follows.
type Undelivered struct {
	Error   string
	Next    time.Time // of the message: not before
	Channel time.Time // of all that waits for its channel: not before; zero: the channel is not to blame
	Final   bool      // there will be no other try

	// A message that was tried in vain for so long and so often is given up, and with it what is as old and waits for a channel
	// that has failed for so long and so often.
	Long  time.Duration
	Often int
}

// Undelivered notes a failure, and returns how many messages were given up by it.
func (a *Archive) Undelivered(ctx context.Context, id string, u Undelivered, now time.Time) (dead int, err error) {
	at, before := timeText(now), timeText(now.Add(-u.Long))
	err = a.update(ctx, func(t *tx) error {
		r, err := t.exec(`UPDATE outbox SET attempts = attempts + 1, error = ?1, due = ?2, dead = iif(?3 OR tried <= ?4 AND attempts + 1 >= ?5, ?6, NULL)
			WHERE id = ?7 AND delivered IS NULL`, u.Error, timeText(u.Next), u.Final, before, u.Often, at, id)
		if err != nil || !changed(r) {
			return err
		}
		if !u.Channel.IsZero() {
			_, err := t.exec(`INSERT INTO channels (name, failures, since, next_try) SELECT channel, 1, ?2, ?3 FROM outbox WHERE id = ?1
				ON CONFLICT (name) DO UPDATE SET failures = failures + 1, next_try = excluded.next_try`, id, at, timeText(u.Channel))
			if err != nil {
				return err
			}
			_, err = t.exec(`UPDATE outbox SET dead = ?1, error = iif(error = '', ?2, error) WHERE delivered IS NULL AND dead IS NULL AND created <= ?3
				AND channel = (SELECT name FROM channels WHERE since <= ?3 AND failures >= ?4 AND name = (SELECT channel FROM outbox WHERE id = ?5))`,
				at, u.Error, before, u.Often, id)
			if err != nil {
				return err
			}
		}
		return t.one(`SELECT count(*) FROM outbox WHERE dead = ? AND channel = (SELECT channel FROM outbox WHERE id = ?)`, []any{at, id}, &dead)
	})
	if err != nil {
		return 0, fmt.Errorf("archive %s: undelivered %s: %w", a.dir, id, err)
	}
	return dead, nil
}

// Outbox says how many messages there are that were not delivered.
type Outbox struct {
	Waiting int       // to go out, digests that gather included
	Failed  int       // of them: tried in vain at least once
	Dead    int       // given up
	Oldest  time.Time // of those that failed; zero: none has
}

// Outbox counts the messages that were not delivered.
func (a *Archive) Outbox(ctx context.Context) (Outbox, error) {
	var o Outbox
	var oldest nullTime
	err := a.read(ctx, `SELECT count(*) FILTER (WHERE dead IS NULL), count(*) FILTER (WHERE dead IS NULL AND attempts > 0),
			count(*) FILTER (WHERE dead IS NOT NULL), min(created) FILTER (WHERE dead IS NULL AND attempts > 0)
		FROM outbox WHERE delivered IS NULL`, nil,
		func(scan func(...any) error) error { return scan(&o.Waiting, &o.Failed, &o.Dead, &oldest) })
	if err != nil {
		return Outbox{}, fmt.Errorf("archive %s: outbox: %w", a.dir, err)
	}
	o.Oldest = oldest.Time
	return o, nil
}

// Which deliveries are meant.
type Which int

// The kinds of Which.
const (
	Waiting       Which = iota // still to go out
	Dead                       // given up
	AllDeliveries              // those that were delivered in the last month, too
)

// Deliveries returns messages, the latest first, without what they say.
func (a *Archive) Deliveries(ctx context.Context, which Which) ([]Delivery, error) {
	condition := map[Which]string{
		Waiting: `delivered IS NULL AND dead IS NULL`, Dead: `dead IS NOT NULL`, AllDeliveries: `true`,
	}[which]
	var all []Delivery
	err := a.view(ctx, func(q querier) (err error) {
		all, err = readDeliveries(ctx, q, condition+` ORDER BY o.created DESC, o.id`)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("archive %s: deliveries: %w", a.dir, err)
	}
	return all, nil
}

// RetryDeliveries makes messages due now, as if they had never been tried, and lets their channels be asked at once: the one with
// an id, or the beginning of one, or with "" all that have failed and wait, or all that are dead. ErrNotFound when an id is that
// of no message that is still to be delivered.
func (a *Archive) RetryDeliveries(ctx context.Context, id string, which Which, now time.Time) (n int, err error) {
	err = a.update(ctx, func(t *tx) error {
		condition, args := `o.delivered IS NULL AND o.dead IS NULL AND o.attempts > 0`, []any{}
		if which == Dead {
			condition = `o.dead IS NOT NULL`
		}
		if id != "" {
			condition, args = `o.delivered IS NULL AND substr(o.id, 1, length(?1)) = ?1`, []any{strings.ToUpper(id)}
		}
		all, err := readDeliveries(t.ctx, t, condition, args...)
		switch {
		case err != nil:
			return err
		case id != "" && len(all) == 0:
			return fmt.Errorf("alert %s: %w, or delivered", id, ErrNotFound)
		case id != "" && len(all) > 1:
			return errors.New("several alerts begin so: give more of the id")
		}
		for _, d := range all {
			if _, err := t.exec(`DELETE FROM channels WHERE name = ?`, d.Channel); err != nil { // with it what waits behind this one
				return err
			}
			_, err := t.exec(`UPDATE outbox SET due = ?, attempts = 0, tried = NULL, dead = NULL WHERE id = ?`, timeText(now), d.ID)
			if err != nil {
				return err
			}
		}
		n = len(all)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("archive %s: retry: %w", a.dir, err)
	}
	return n, nil
}
