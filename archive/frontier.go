package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"blotter"
)

// maxLeads bounds the lists of one backfill: a site that makes up further pages without end is left at some point.
const maxLeads = 100_000

// Lead is a list that a backfill has still to read.
type Lead struct {
	ID    int64
	URL   string
	Step  string // what led to it
	Tries int    // in vain
}

// Found is an entry of a list.
type Found struct {
	Item    blotter.Item
	Outside bool // outside the dates or the part of the site that is asked for: noted, and not fetched

	Memento  string    // where a web archive shows it; "": the site itself does
	Captured time.Time // when that archive captured it
}

// Reading is what reading a list gave.
type Reading struct {
	Found   []Found
	Next    []Lead           // the lists that it leads to
	Failure *blotter.Failure // it could not be read
}

// Noted says what became of the entries of a list.
type Noted struct {
	Listed   int // in all: the sum of the others
	Wanted   int // to be fetched
	Known    int // fetched before, another source's, or forgotten
	Repeated int // in an earlier list
	Outside  int
	Invalid  int // without a URL that can be fetched
}

// AddLeads adds lists to a backfill; those that it has already are left as they are.
func (a *Archive) AddLeads(ctx context.Context, backfill int64, leads []Lead) error {
	err := a.update(ctx, func(t *tx) error { return t.addLeads(backfill, leads) })
	if err != nil {
		return fmt.Errorf("archive %s: backfill %d: %w", a.dir, backfill, err)
	}
	return nil
}

func (t *tx) addLeads(backfill int64, leads []Lead) error {
	var n int
	if len(leads) == 0 {
		return nil
	}
	if err := t.one(`SELECT count(*) FROM frontier WHERE backfill = ?`, []any{backfill}, &n); err != nil {
		return err
	}
	for _, l := range leads[:max(0, min(len(leads), maxLeads-n))] {
		// What was taken for an article is no list, however its address reads.
		_, err := t.exec(`INSERT INTO frontier (backfill, url, step) SELECT ?1, ?2, ?3
			WHERE NOT EXISTS (SELECT 1 FROM found WHERE backfill = ?1 AND key = ?4 AND item IS NOT NULL) ON CONFLICT DO NOTHING`,
			backfill, l.URL, l.Step, itemKey(l.URL, false))
		if err != nil {
			return err
		}
	}
	return nil
}

// NextLead returns the list to read now, and false when there is none.
func (a *Archive) NextLead(ctx context.Context, backfill int64, now time.Time) (Lead, bool, error) {
	var l Lead
	err := a.reader.QueryRowContext(ctx, `SELECT id, url, step, tries FROM frontier
		WHERE backfill = ? AND done IS NULL AND (next_try IS NULL OR next_try <= ?) ORDER BY id LIMIT 1`, backfill, timeText(now)).
		Scan(&l.ID, &l.URL, &l.Step, &l.Tries)
	if errors.Is(err, sql.ErrNoRows) {
		return Lead{}, false, nil
	}
	if err != nil {
		return Lead{}, false, fmt.Errorf("archive %s: backfill %d: %w", a.dir, backfill, err)
	}
	return l, true, nil
}

// Unfound counts the entries that no list of the backfill has had.
func (a *Archive) Unfound(ctx context.Context, backfill int64, entries []Found) (int, error) {
	keys := make([]string, 0, len(entries))
	for i := range entries {
		if key, err := blotter.CanonicalURL(entries[i].Item.URL); err == nil {
			keys = append(keys, key)
		}
	}
	var n int
	err := a.reader.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT DISTINCT value FROM json_each(?2)
		WHERE NOT EXISTS (SELECT 1 FROM found WHERE backfill = ?1 AND key = value))`, backfill, jsonList(keys)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("archive %s: backfill %d: %w", a.dir, backfill, err)
	}
	return n, nil
}

// NoteReading records what reading a list gave, all of it or nothing: its entries become items to fetch unless they
// are known, the lists it leads to are read later, and it is not read again, unless it failed for a reason that may
// pass.
func (a *Archive) NoteReading(ctx context.Context, b Backfill, lead Lead, r Reading, now time.Time) (Noted, error) {
	var n Noted
	err := a.update(ctx, func(t *tx) error {
		if r.Failure != nil {
			next := nextTry(r.Failure, lead.Tries+1, now)
			_, err := t.exec(`UPDATE frontier SET tries = tries + 1, reason = ?, next_try = ?, done = ? WHERE id = ?`,
				r.Failure.Reason, timeOrNull(next), doneUnless(next, now), lead.ID)
			if err != nil || !next.IsZero() {
				return err
			}
			return t.addLeads(b.ID, r.Next)
		}
		for i := range r.Found {
			if err := t.note(&n, b, &r.Found[i], now); err != nil {
				return fmt.Errorf("%s: %w", r.Found[i].Item.URL, err)
			}
		}
		fresh := n.Listed - n.Repeated - n.Invalid
		_, err := t.exec(`UPDATE frontier SET reason = '', next_try = NULL, listed = ?, fresh = ?, done = ? WHERE id = ?`,
			n.Listed, fresh, timeText(now), lead.ID)
		if err == nil {
			_, err = t.exec(`UPDATE ledger SET listed = ?, new_items = ?
				WHERE id = (SELECT max(id) FROM ledger WHERE source = ? AND purpose = 'list')`, n.Listed, n.Wanted, b.Source)
		}
		if err != nil {
			return err
		}
		return t.addLeads(b.ID, r.Next)
	})
	if err != nil {
		return Noted{}, fmt.Errorf("archive %s: backfill of %s: %w", a.dir, b.Source, err)
	}
	return n, nil
}

func doneUnless(next, now time.Time) any {
	if next.IsZero() {
		return timeText(now)
	}
	return nil
}

// note records one entry of a list and counts it.
func (t *tx) note(n *Noted, b Backfill, f *Found, now time.Time) error {
	n.Listed++
	if _, err := blotter.CanonicalURL(f.Item.URL); err != nil {
		n.Invalid++
		return nil
	}
	key := itemKey(f.Item.URL, false)
	r, err := t.exec(`INSERT INTO found (backfill, key, memento, captured) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		b.ID, key, f.Memento, timeOrNull(f.Captured))
	if err != nil {
		return err
	}
	if added, err := r.RowsAffected(); err != nil || added == 0 {
		n.Repeated++
		return err
	}
	var isList bool
	if err := t.one(`SELECT count(*) FROM frontier WHERE backfill = ? AND url = ?`, []any{b.ID, f.Item.URL}, &isList); err != nil {
		return err
	}
	if f.Outside || isList {
		n.Outside++
		return nil
	}
	forgotten, err := t.isForgotten(key)
	if err != nil || forgotten {
		n.Known++
		return err
	}
	return t.want(n, b, f, key, now)
}

// want makes an entry an item to be fetched. What is said of a known item stays as it is: a sitemap says less than the
// feed that listed it.
func (t *tx) want(n *Noted, b Backfill, f *Found, key string, now time.Time) error {
	known := []string{key}
	if f.Memento != "" {
		known = append(known, otherScheme(key)) // an archive has many a page from the time before https
	}
	var id int64
	var owner string
	var enabled bool
	var fetched nullTime
	err := t.one(`SELECT i.id, i.source, i.fetched, s.enabled FROM items i JOIN sources s ON s.id = i.source
		WHERE i.key IN (SELECT value FROM json_each(?)) ORDER BY i.fetched IS NULL, i.key = ? DESC LIMIT 1`,
		[]any{jsonList(known), key}, &id, &owner, &fetched, &enabled)
	added := errors.Is(err, sql.ErrNoRows)
	switch {
	case added:
		id, err = t.insert(insertItem, itemColumns(key, b.Source, f.Item, now)...)
	case err == nil && fetched.IsZero() && owner != b.Source && enabled:
		n.Known++
		return nil
	}
	if err != nil {
		return err
	}
	if fetched.IsZero() {
		n.Wanted++
	} else {
		n.Known++
	}
	_, err = t.exec(`UPDATE found SET item = ?, added = ? WHERE backfill = ? AND key = ?`, id, added, b.ID, key)
	return err
}

// otherScheme is the same address under http for https, and the other way round.
func otherScheme(key string) string {
	if rest, ok := strings.CutPrefix(key, "https:"); ok {
		return "http:" + rest
	}
	return "https:" + strings.TrimPrefix(key, "http:")
}

// Wanted is an item that a backfill has found and not fetched yet.
type Wanted struct {
	ID       int64
	Item     blotter.Item
	Memento  string    // where a web archive shows it; "": the site itself does
	Captured time.Time // when that archive captured it
}

// Wanted returns up to n items of a backfill that are to be fetched now, behind the item after.
func (a *Archive) Wanted(ctx context.Context, backfill, after int64, now time.Time, n int) ([]Wanted, error) {
	var list []Wanted
	err := a.read(ctx, `SELECT i.id, f.memento, f.captured, `+itemFields+` FROM found f JOIN items i ON i.id = f.item
		WHERE f.backfill = ?1 AND i.fetched IS NULL AND (f.tries = 0 OR f.next_try <= ?2) AND f.item > ?3 ORDER BY f.item LIMIT +?4`,
		[]any{backfill, timeText(now), after, n},
		func(scan func(...any) error) error {
			var w Wanted
			var captured nullTime
			var s itemScan
			err := scan(append([]any{&w.ID, &w.Memento, &captured}, s.fields()...)...)
			w.Captured, w.Item = captured.Time, s.item()
			list = append(list, w)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("archive %s: backfill %d: %w", a.dir, backfill, err)
	}
	return list, nil
}

// missed notes a failed fetch at what a backfill has found.
func (k *keeper) missed(f *Fetch, item int64) error {
	var tries int
	err := k.one(`SELECT tries FROM found WHERE backfill = ? AND item = ?`, []any{f.Backfill, item}, &tries)
	if err != nil {
		return err
	}
	_, err = k.exec(`UPDATE found SET tries = tries + 1, reason = ?, next_try = ? WHERE backfill = ? AND item = ?`,
		f.Failure.Reason, timeOrNull(nextTry(f.Failure, tries+1, f.Started)), f.Backfill, item)
	return err
}
