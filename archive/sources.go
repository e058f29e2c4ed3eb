package archive

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"blotter"
)

// SourceState is what the crawl remembers of a source from one pass to the next.
type SourceState struct {
	LastTry, LastSuccess time.Time
	Failures             int            // in a row
	Reason               blotter.Reason // of the last failure; "": the last try was a success
	NextTry              time.Time      // not before
	ETag, LastModified   string         // of its last answer, for a conditional request
	Digest               string         // of what it listed last
	Items                int            // how many it listed last
	Pause                time.Duration  // at least so long between two polls; zero: as often as its schedule says
	TTL                  time.Duration  // how long its last whole answer asked to be left alone
	Penalty              float64        // failures since the last success, each by how much it says
	Missed               int            // estimate of the items that came and went between two polls, in all
}

// known is what the one process that writes need not read again: a pass that finds nothing new asks for little else.
type known struct {
	mu      sync.Mutex
	sources []blotter.Source       // as SyncSources wrote them last; nil: not yet
	states  map[string]SourceState // nil: not read yet
	ahead   map[string]SourceState // of those, what the database does not have yet
}

// storedSelectors is what the column selectors holds, as JSON.
type storedSelectors struct {
	blotter.Selectors
	Earlier []blotter.Earlier `json:",omitempty"`
}

// SyncSources makes the table of sources mirror the configuration. Ones that have left it are marked and keep their
// rows, since articles and the ledger name them.
func (a *Archive) SyncSources(ctx context.Context, sources []blotter.Source) error {
	if a.known.has(sources) {
		return nil
	}
	err := a.update(ctx, func(t *tx) error {
		ids := make([]string, 0, len(sources))
		for _, s := range sources {
			ids = append(ids, s.ID)
			selectors, err := json.Marshal(storedSelectors{s.Selectors, s.Earlier})
			if err != nil {
				return err
			}
			_, err = t.exec(`INSERT INTO sources (id, name, kind, url, schedule, time_zone, country, publisher, language, licence, enabled, why,
					selectors, date_format)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, url = excluded.url, schedule = excluded.schedule,
					time_zone = excluded.time_zone, country = excluded.country, publisher = excluded.publisher, language = excluded.language,
					licence = excluded.licence, enabled = excluded.enabled, why = excluded.why, gone = NULL,
					selectors = excluded.selectors, date_format = excluded.date_format
				WHERE gone IS NOT NULL OR (sources.name, sources.kind, sources.url, schedule, time_zone, country, publisher, language, licence, enabled, why,
						selectors, date_format)
					IS NOT (excluded.name, excluded.kind, excluded.url, excluded.schedule, excluded.time_zone, excluded.country, excluded.publisher,
						excluded.language, excluded.licence, excluded.enabled, excluded.why, excluded.selectors, excluded.date_format)`,
				s.ID, s.Name, s.Kind, s.URL, s.Schedule, s.TimeZone, s.Country, s.Publisher, s.Language, s.Licence, s.Enabled, s.Why,
				string(selectors), s.DateFormat)
			if err != nil {
				return fmt.Errorf("%s: %w", s.ID, err)
			}
		}
		_, err := t.exec(`UPDATE sources SET gone = ?, enabled = 0
			WHERE gone IS NULL AND kind <> '' AND id NOT IN (SELECT value FROM json_each(?))`, timeText(time.Now()), jsonList(ids))
		a.known.set(sources)
		return err
	})
	if err != nil {
		a.known.set(nil)
		return fmt.Errorf("archive %s: sources: %w", a.dir, err)
	}
	return nil
}

func (k *known) has(sources []blotter.Source) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sources != nil && reflect.DeepEqual(k.sources, sources)
}

func (k *known) set(sources []blotter.Source) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sources = slices.Clone(sources)
}

// ensureSource makes a row for a source that no configuration has named, such as that of an import.
func (t *tx) ensureSource(id string) error {
	if t.a.rows[id] {
		return nil
	}
	_, err := t.exec(`INSERT INTO sources (id) VALUES (?) ON CONFLICT DO NOTHING`, id)
	if err == nil {
		t.a.rows[id] = true
	}
	return err
}

// SourceState returns the state of a source; that of one never tried is zero.
func (a *Archive) SourceState(ctx context.Context, id string) (SourceState, error) {
	a.known.mu.Lock()
	defer a.known.mu.Unlock()
	if err := a.sourceStates(ctx); err != nil {
		return SourceState{}, fmt.Errorf("archive %s: source %s: %w", a.dir, id, err)
	}
	return a.known.states[id], nil
}

// SourceStates returns the states of all sources by their ids.
func (a *Archive) SourceStates(ctx context.Context) (map[string]SourceState, error) {
	a.known.mu.Lock()
	defer a.known.mu.Unlock()
	if err := a.sourceStates(ctx); err != nil {
		return nil, fmt.Errorf("archive %s: sources: %w", a.dir, err)
	}
	return maps.Clone(a.known.states), nil
}

// sourceStates reads the states of all sources, if they may be others than when they were last read. The caller holds the mutex.
func (a *Archive) sourceStates(ctx context.Context) error {
	if a.known.states != nil && !a.readOnly {
		return nil
	}
	states := map[string]SourceState{}
	err := a.read(ctx, `SELECT id, last_try, last_success, failures, reason, next_try, etag, last_modified, digest, items,
			pause_s, ttl_s, penalty, missed
		FROM sources`, nil, func(scan func(...any) error) error {
		var s SourceState
		var id string
		var lastTry, lastSuccess, nextTry nullTime
		var pause, ttl int64
		err := scan(&id, &lastTry, &lastSuccess, &s.Failures, &s.Reason, &nextTry, &s.ETag, &s.LastModified, &s.Digest, &s.Items,
			&pause, &ttl, &s.Penalty, &s.Missed)
		s.TTL = time.Duration(ttl) * time.Second
		s.LastTry, s.LastSuccess, s.NextTry, s.Pause = lastTry.Time, lastSuccess.Time, nextTry.Time, time.Duration(pause)*time.Second
		states[id] = s
		return err
	})
	if err == nil {
		a.known.states = states
	}
	return err
}

// SetSourceState replaces the state of a source. It is written by the next transaction, which is that of the end of the pass at
// the latest, or by Close: a process that is killed before asks the source once more.
func (a *Archive) SetSourceState(ctx context.Context, id string, s SourceState) error {
	err := a.mayWrite()
	if err == nil {
		a.known.mu.Lock()
		defer a.known.mu.Unlock()
		err = a.sourceStates(ctx)
	}
	if err != nil {
		return fmt.Errorf("archive %s: source %s: %w", a.dir, id, err)
	}
	a.known.states[id] = s
	if a.known.ahead == nil {
		a.known.ahead = map[string]SourceState{}
	}
	a.known.ahead[id] = s
	return nil
}

// mayWrite says why nothing can be written, if so.
func (a *Archive) mayWrite() error {
	if a.readOnly {
		return ErrReadOnly
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.writer == nil {
		return errClosed
	}
	return nil
}

// unwritten are the states that the database does not have yet.
func (k *known) unwritten() map[string]SourceState {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.ahead)
}

// wrote notes that the database has these states.
func (k *known) wrote(states map[string]SourceState) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, s := range states {
		if k.ahead[id] == s {
			delete(k.ahead, id)
		}
	}
}

// putStates writes the states of sources.
func (t *tx) putStates(states map[string]SourceState) error {
	for id, s := range states {
		if err := t.ensureSource(id); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE sources SET last_try = ?, last_success = ?, failures = ?, reason = ?, next_try = ?, etag = ?,
				last_modified = ?, digest = ?, items = ?, pause_s = ?, ttl_s = ?, penalty = ?, missed = ? WHERE id = ?`,
			timeOrNull(s.LastTry), timeOrNull(s.LastSuccess), s.Failures, s.Reason, timeOrNull(s.NextTry), s.ETag,
			s.LastModified, s.Digest, s.Items, int64(s.Pause/time.Second), int64(s.TTL/time.Second), s.Penalty, s.Missed, id)
		if err != nil {
			return fmt.Errorf("state of source %s: %w", id, err)
		}
	}
	return nil
}

// Rhythm is how a source publishes.
type Rhythm struct {
	// Published is when, in order: by the items' own dates, else by when they were first listed. Items without a date that
	// the first of its lists had may be of any time and are left out.
	Published   []time.Time
	First, Last time.Time // when the first of all its items was first listed, and the last; zero: it has none
}

// Rhythm returns how a source publishes. Published is that of what was first listed and published since some time.
func (a *Archive) Rhythm(ctx context.Context, source string, since time.Time) (Rhythm, error) {
	var r Rhythm
	err := a.view(ctx, func(q querier) error {
		err := scan(ctx, q, `SELECT coalesce(published, first_seen) FROM items WHERE source = ?1 AND first_seen >= ?2 AND coalesce(published, first_seen) >= ?2
				AND (published IS NOT NULL OR first_seen > (SELECT min(first_seen) FROM items WHERE source = ?1))
			ORDER BY 1`,
			[]any{source, timeText(since)}, func(scan func(...any) error) error {
				var t nullTime
				err := scan(&t)
				r.Published = append(r.Published, t.Time)
				return err
			})
		if err != nil {
			return err
		}
		// Two questions, as SQLite reads all rows for the two in one.
		return scan(ctx, q, `SELECT (SELECT min(first_seen) FROM items WHERE source = ?1), (SELECT max(first_seen) FROM items WHERE source = ?1)`, []any{source},
			func(scan func(...any) error) error {
				var first, last nullTime
				err := scan(&first, &last)
				r.First, r.Last = first.Time, last.Time
				return err
			})
	})
	if err != nil {
		return Rhythm{}, fmt.Errorf("archive %s: rhythm of %s: %w", a.dir, source, err)
	}
	return r, nil
}

// Sources returns what the archive knows of all sources: those of the configuration as it last was, those that have
// left it, and those of imported records, which have an id and nothing else.
func (a *Archive) Sources(ctx context.Context) ([]blotter.Source, error) {
	var sources []blotter.Source
	err := a.view(ctx, func(q querier) error {
		return scan(ctx, q, `SELECT id, name, kind, url, schedule, time_zone, country, publisher, language, licence, enabled, why,
				selectors, date_format
			FROM sources ORDER BY id`, nil, func(scan func(...any) error) error {
			var s blotter.Source
			var selectors []byte
			err := scan(&s.ID, &s.Name, &s.Kind, &s.URL, &s.Schedule, &s.TimeZone, &s.Country, &s.Publisher, &s.Language, &s.Licence, &s.Enabled, &s.Why, &selectors, &s.DateFormat)
			if err == nil {
				var stored storedSelectors
				err = json.Unmarshal(selectors, &stored)
				s.Selectors, s.Earlier = stored.Selectors, stored.Earlier
			}
			sources = append(sources, s)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("archive %s: sources: %w", a.dir, err)
	}
	return sources, nil
}
