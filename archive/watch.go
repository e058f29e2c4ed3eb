package archive

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// CopyWindow is for how long the sketch of an article that was told of is kept, to know copies by.
const CopyWindow = 7 * 24 * time.Hour

// maxEntries is how many articles or alarms a message names. A message of more says how many there are.
const maxEntries = 50

// Watch is how far a saved query that notifies has been followed.
type Watch struct {
	Query   string // its name
	Meaning string // a hash of what it means
	Since   time.Time
	Seq     int64
}

// Watch makes the queries that are followed those of meanings, by name, and returns how far each has been. A new one, and one
// that means something else now, begins with the present: what the archive holds already is no news. What a query told
// of is forgotten with it when it is not among them any more.
func (a *Archive) Watch(ctx context.Context, meanings map[string]string, now time.Time) ([]Watch, error) {
	var watches []Watch
	err := a.view(ctx, func(q querier) (err error) {
		watches, err = readWatches(ctx, q)
		return err
	})
	same := len(watches) == len(meanings)
	for _, w := range watches {
		same = same && meanings[w.Query] == w.Meaning && !w.Since.After(now)
	}
	if err == nil && !same {
		err = a.update(ctx, func(t *tx) error {
			if watches, err = readWatches(t.ctx, t); err != nil {
				return err
			}
			if err := t.watch(watches, meanings, now); err != nil {
				return err
			}
			watches, err = readWatches(t.ctx, t)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("archive %s: watch: %w", a.dir, err)
	}
	return watches, nil
}

// Watches returns how far each query has been followed.
func (a *Archive) Watches(ctx context.Context) ([]Watch, error) {
	var watches []Watch
	err := a.view(ctx, func(q querier) (err error) {
		watches, err = readWatches(ctx, q)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("archive %s: watches: %w", a.dir, err)
	}
	return watches, nil
}

func readWatches(ctx context.Context, q querier) ([]Watch, error) {
	var watches []Watch
	err := scan(ctx, q, `SELECT query, meaning, since, seq FROM watches ORDER BY query`, nil, func(scan func(...any) error) error {
		var w Watch
		var since nullTime
		err := scan(&w.Query, &w.Meaning, &since, &w.Seq)
		w.Since = since.Time
		watches = append(watches, w)
		return err
	})
	return watches, err
}

func (t *tx) watch(before []Watch, meanings map[string]string, now time.Time) error {
	for _, w := range before {
		if w.Since.After(now) { // it began by a clock that was ahead, and would take what comes until then for old
			if _, err := t.exec(`UPDATE watches SET since = ? WHERE query = ?`, timeText(now), w.Query); err != nil {
				return err
			}
		}
		if _, still := meanings[w.Query]; !still {
			if _, err := t.exec(`DELETE FROM watches WHERE query = ?`, w.Query); err != nil {
				return err
			}
		}
	}
	for query, meaning := range meanings {
		if slices.ContainsFunc(before, func(w Watch) bool { return w.Query == query && w.Meaning == meaning }) {
			continue
		}
		_, err := t.exec(`INSERT INTO watches (query, meaning, since, seq) SELECT ?, ?, ?, CAST(value AS INTEGER) FROM meta WHERE key = 'seq'
			ON CONFLICT (query) DO UPDATE SET meaning = excluded.meaning, since = excluded.since, seq = excluded.seq`, query, meaning, timeText(now))
		if err != nil {
			return err
		}
	}
	return nil
}

// Told says which of the articles a query told of, or passed over as copies.
func (a *Archive) Told(ctx context.Context, query string, articles []string) (map[string]bool, error) {
	told := map[string]bool{}
	err := a.read(ctx, `SELECT article FROM alerted WHERE query = ? AND article IN (SELECT value FROM json_each(?))`,
		[]any{query, jsonList(articles)}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			told[id] = true
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("archive %s: told by %s: %w", a.dir, query, err)
	}
	return told, nil
}

// Sketch is what an article that a query told of is known by.
type Sketch struct {
	Article, Source string
	Sketch          []byte
}

// Sketches returns those of the articles that a query told of within CopyWindow and that are still there.
func (a *Archive) Sketches(ctx context.Context, query string) ([]Sketch, error) {
	var sketches []Sketch
	err := a.read(ctx, `SELECT t.article, a.source, t.sketch FROM alerted t JOIN articles a ON a.id = t.article
		WHERE t.query = ? AND t.sketch IS NOT NULL AND t.copy_of = '' ORDER BY t.at, t.article`, []any{query},
		func(scan func(...any) error) error {
			var s Sketch
			err := scan(&s.Article, &s.Source, &s.Sketch)
			sketches = append(sketches, s)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("archive %s: sketches of %s: %w", a.dir, query, err)
	}
	return sketches, nil
}

// Crawled says which of the articles were first seen by a crawl, and not by a backfill or an import.
func (a *Archive) Crawled(ctx context.Context, articles []string) (map[string]bool, error) {
	crawled := map[string]bool{}
	err := a.read(ctx, `SELECT a.value FROM json_each(?) a
		JOIN captures c ON c.id = (SELECT capture FROM revisions WHERE article = a.value ORDER BY seen, capture LIMIT 1)
		WHERE c.purpose IN ('page', 'status') AND c.via = ''
			AND NOT EXISTS (SELECT 1 FROM passes WHERE id = c.pass AND command IN ('backfill', 'import'))`,
		[]any{jsonList(articles)}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			crawled[id] = true
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("archive %s: crawled: %w", a.dir, err)
	}
	return crawled, nil
}

// Alert is an article that a saved query found, and that its channels are told of.
type Alert struct {
	Query, Article string
	CopyOf         string          // the article that it is a copy of: nothing goes out; "": none
	Sketch         []byte          // nil: its text is too short to know copies by
	Entry          json.RawMessage // what the messages say of it
}

// Route says where to and when the messages of a query go.
type Route struct {
	Channels []string
	Due      time.Time // of a digest, which gathers what comes until then; zero: at once
}

// Follow notes that the queries of watches have been followed up to seq, and writes what they found to the outbox, in one
// transaction: no crash loses an alert, or makes two of it. Of a query that was followed or changed since watches was read
// nothing is written, nor of an article that is gone, or that the query told of before. It returns how many articles are told of,
// and how many are passed over as copies.
func (a *Archive) Follow(
	ctx context.Context, watches []Watch, seq int64, found []Alert, routes map[string]Route, now time.Time,
) (told, copies int, err error) {
	err = a.update(ctx, func(t *tx) error {
		told, copies = 0, 0
		o := outbox{tx: t, now: now, open: map[[2]string]*message{}}
		current := map[string]bool{}
		for _, w := range watches {
			r, err := t.exec(`UPDATE watches SET seq = max(seq, ?) WHERE query = ? AND meaning = ? AND seq = ?`, seq, w.Query, w.Meaning, w.Seq)
			if err != nil {
				return err
			}
			current[w.Query] = changed(r)
		}
		for _, f := range found {
			if !current[f.Query] {
				continue
			}
			fresh, err := o.found(f, routes[f.Query])
			switch {
			case err != nil:
				return fmt.Errorf("query %s: article %s: %w", f.Query, f.Article, err)
			case fresh && f.CopyOf != "":
				copies++
			case fresh:
				told++
			}
		}
		_, err := t.exec(`UPDATE alerted SET sketch = NULL WHERE sketch IS NOT NULL AND at < ?`, timeText(now.Add(-CopyWindow)))
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("archive %s: follow: %w", a.dir, err)
	}
	return told, copies, nil
}

// outbox adds to the messages that go out, within one transaction.
type outbox struct {
	*tx
	now  time.Time
	open map[[2]string]*message // by query and channel
}

// message is one that entries are added to.
type message struct {
	id    string
	total int
}

func (o *outbox) found(f Alert, r Route) (fresh bool, err error) {
	inserted, err := o.exec(`INSERT INTO alerted (query, article, at, copy_of, sketch) SELECT ?, id, ?, ?, ? FROM articles WHERE id = ?
		ON CONFLICT DO NOTHING`, f.Query, timeText(o.now), f.CopyOf, f.Sketch, f.Article)
	if err != nil || !changed(inserted) {
		return false, err
	}
	if f.CopyOf != "" {
		return true, nil
	}
	kind, due := "articles", o.now
	if !r.Due.IsZero() {
		kind, due = "digest", r.Due
	}
	for _, channel := range r.Channels {
		if err := o.add(channel, kind, f.Query, due, f.Article, f.Entry); err != nil {
			return false, err
		}
	}
	return true, nil
}

// add adds an entry to the message that is open for the query and the channel.
func (o *outbox) add(channel, kind, query string, due time.Time, article string, entry json.RawMessage) error {
	m := o.open[[2]string{query, channel}]
	if m == nil {
		m = &message{}
		o.open[[2]string{query, channel}] = m
		err := sql.ErrNoRows
		if kind == "digest" {
			// Once a message was tried, it stays as it is: the receiver may have it already.
			err = o.one(`SELECT id, total FROM outbox WHERE channel = ? AND query = ? AND kind = ? AND due = ?
				AND tried IS NULL AND delivered IS NULL AND dead IS NULL`, []any{channel, query, kind, timeText(due)}, &m.id, &m.total)
		}
		if errors.Is(err, sql.ErrNoRows) {
			m.id = rand.Text()
			_, err = o.exec(`INSERT INTO outbox (id, channel, kind, query, created, due) VALUES (?, ?, ?, ?, ?, ?)`,
				m.id, channel, kind, query, timeText(o.now), timeText(due))
		}
		if err != nil {
			return err
		}
	}
	m.total++
	if m.total <= maxEntries {
		_, err := o.exec(`INSERT INTO outbox_entries (message, n, article, entry) VALUES (?, ?, ?, ?)`, m.id, m.total, article, string(entry))
		if err != nil {
			return err
		}
	}
	_, err := o.exec(`UPDATE outbox SET total = ? WHERE id = ?`, m.total, m.id)
	return err
}

// TellAlarms writes the alarms that were raised or are over, and not told of yet, to the outbox: one message a channel, of
// what entry makes of each. Without channels they count as told: one that is named later is not told of the past. It returns
// how many there were.
func (a *Archive) TellAlarms(ctx context.Context, channels []string, entry func(Alarm) json.RawMessage, now time.Time) (n int, err error) {
	const untold = `NOT told_raised OR recovered IS NOT NULL AND NOT told_recovered`
	err = a.read(ctx, `SELECT count(*) FROM alarms WHERE `+untold, nil, func(scan func(...any) error) error { return scan(&n) })
	if err == nil && n > 0 {
		err = a.update(ctx, func(t *tx) error {
			alarms, err := readAlarms(t.ctx, t, untold)
			if err != nil {
				return err
			}
			n = len(alarms)
			slices.Reverse(alarms) // in the order in which they were raised
			o := outbox{tx: t, now: now, open: map[[2]string]*message{}}
			for _, x := range alarms {
				for _, channel := range channels {
					if err := o.add(channel, "alarms", "", now, "", entry(x)); err != nil {
						return err
					}
				}
			}
			_, err = t.exec(`UPDATE alarms SET told_raised = 1, told_recovered = recovered IS NOT NULL WHERE ` + untold)
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("archive %s: tell alarms: %w", a.dir, err)
	}
	return n, nil
}
