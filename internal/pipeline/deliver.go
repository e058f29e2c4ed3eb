package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"blotter/archive"
	"blotter/configs"
	"blotter/internal/alert"
)

// When a message that could not be delivered is tried again.
const (
	firstRetry = time.Minute
	lastRetry  = 6 * time.Hour
	longestAsk = 24 * time.Hour     // of a receiver's Retry-After that is heeded
	giveUp     = 3 * 24 * time.Hour // after the first try in vain,
	leastTries = 8                  // when there were so many: a machine that was off for a week has not tried for a week
)

// How much goes out at once.
const (
	channelsAtOnce  = 4
	deliveriesATurn = 20               // of one channel in one round,
	turnTime        = 30 * time.Second // that begin in so much of it
)

// Delivering counts what a round of Deliver did.
type Delivering struct {
	Delivered int
	Failed    int // to be tried again
	Dead      int // given up
}

// Deliver sends what is due in the outbox, to a few channels at once and one message after the other to each. A message counts
// as delivered when its receiver has said so and that is written down: one that a crash comes between goes out again, with the
// same id. A channel that fails is left alone, for a minute at first and for six hours at last, or for as long as it asks, and
// a message is given up after three days and eight tries, or at once when the receiver says that no other try will help.
//
// It is called in rounds, one at a time, in the process that has the archive open for writing. When ctx ends, what is under way
// is broken off, and goes out in the next round. What a receiver does is no error: it is counted, logged and kept with the message.
func (p *Pipeline) Deliver(ctx context.Context) (Delivering, error) {
	due, err := p.Archive.DueDeliveries(ctx, p.now(), deliveriesATurn)
	if err != nil {
		return Delivering{}, err
	}
	byChannel := map[string][]archive.Delivery{}
	for _, d := range due {
		byChannel[d.Channel] = append(byChannel[d.Channel], d)
	}
	counts := make(chan Delivering, len(byChannel))
	line, sending := errgroup.WithContext(ctx)
	line.SetLimit(channelsAtOnce)
	for _, deliveries := range byChannel {
		line.Go(func() error {
			n, err := p.deliver(sending, deliveries)
			counts <- n
			return err
		})
	}
	err = line.Wait()
	close(counts)
	var sum Delivering
	for n := range counts {
		sum.Delivered, sum.Failed, sum.Dead = sum.Delivered+n.Delivered, sum.Failed+n.Failed, sum.Dead+n.Dead
	}
	return sum, err
}

// deliver sends messages to one channel until one cannot be delivered.
func (p *Pipeline) deliver(ctx context.Context, deliveries []archive.Delivery) (n Delivering, err error) {
	begin := time.Now()
	for _, d := range deliveries {
		if time.Since(begin) > turnTime { // the others want theirs
			return n, nil
		}
		m, err := messageOf(d)
		if err != nil {
			return n, err
		}
		answer, failure := p.send(ctx, d.Channel, m)
		if ctx.Err() != nil && failure != nil {
			return n, ctx.Err() // nobody knows whether it was taken: it goes out again
		}
		kept := context.WithoutCancel(ctx)
		if failure == nil {
			if err := p.Archive.Delivered(kept, d.ID, p.now()); err != nil {
				return n, err
			}
			p.Log.Debug("alert delivered", "id", d.ID, "channel", d.Channel, "answer", answer)
			n.Delivered++
			continue
		}
		u := p.undelivered(d, failure)
		dead, err := p.Archive.Undelivered(kept, d.ID, u, p.now())
		if err != nil {
			return n, err
		}
		n.Dead += dead
		if dead == 0 {
			n.Failed++
		}
		p.Log.Warn("alert not delivered", "id", d.ID, "channel", d.Channel, "attempts", d.Attempts+1, "given_up", dead, "error", u.Error)
		if !u.Channel.IsZero() {
			return n, nil
		}
	}
	return n, nil
}

func (p *Pipeline) send(ctx context.Context, channel string, m alert.Message) (answer string, err error) {
	c, err := p.Config.Channel(channel)
	if err != nil {
		return "", err
	}
	return alert.Send(ctx, c, m)
}

// undelivered decides what follows on a failure.
func (p *Pipeline) undelivered(d archive.Delivery, failure error) archive.Undelivered {
	now := p.now()
	u := archive.Undelivered{
		Error: failure.Error(), Next: now.Add(pause(d.Attempts)), Channel: now.Add(pause(d.ChannelFailures)), Long: giveUp, Often: leastTries,
	}
	if r := (*alert.Refusal)(nil); errors.As(failure, &r) {
		u.Final = r.Final
		if wait := min(r.Wait, longestAsk); wait > 0 { // the receiver knows better than we do
			u.Next, u.Channel = now.Add(wait), now.Add(wait)
		}
	}
	if u.Final || errors.Is(failure, configs.ErrNoChannel) {
		u.Final, u.Channel = true, time.Time{} // the others are refused in their turn, or not
	}
	return u
}

// pause is how long to wait when so many tries have failed and one more: twice as long each time, and of that between a half and
// the whole by chance, so that those who failed together do not come back together.
func pause(failures int) time.Duration {
	longest := min(2*firstRetry<<min(failures, 20), lastRetry)
	return longest/2 + rand.N(longest/2+1)
}

// messageOf puts together what goes out.
func messageOf(d archive.Delivery) (alert.Message, error) {
	m := alert.Message{ID: d.ID, Kind: d.Kind, Created: d.Created, Query: d.Query, Total: d.Total}
	for _, entry := range d.Entries {
		var err error
		if d.Kind == alert.AboutAlarms {
			m.Alarms = append(m.Alarms, alert.Alarm{})
			err = json.Unmarshal(entry, &m.Alarms[len(m.Alarms)-1])
		} else {
			m.Articles = append(m.Articles, alert.Article{})
			err = json.Unmarshal(entry, &m.Articles[len(m.Articles)-1])
		}
		if err != nil {
			return m, err
		}
	}
	return m, nil
}
