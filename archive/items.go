package archive

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"blotter"
)

// Due is an item that is to be fetched now.
type Due struct {
	Item blotter.Item
	New  bool // never fetched with success
	// The validators of the last answer, for a conditional request.
	ETag, LastModified string
}

// Listed says what a listing holds: len(items) = len(Due) + Known + Waiting + Repeated + Invalid.
type Listed struct {
	Due      []Due
	New      int // items never listed before; each of them is due
	Known    int // nothing to do now, another source's, or forgotten
	Waiting  int // failed before, not due again yet
	Repeated int // listed twice
	Invalid  int // without a URL that can be fetched
}

// itemKey is the name of an item: the canonical form of its URL. The items of a status feed share their URL but
// for the fragment.
func itemKey(raw string, status bool) string {
	key, err := blotter.CanonicalURL(raw)
	if err != nil {
		return raw
	}
	if !status {
		return key
	}
	u, err := url.Parse(raw)
	if err != nil || u.Fragment == "" {
		return key
	}
	return key + "#" + u.EscapedFragment()
}

// itemState is what a listing has to know of an item.
type itemState struct {
	tries                      int
	fetched, nextTry, nextLook nullTime
	etag, lastModified         string
}

// List records what a source lists, with what it says of each item, and says which items to fetch now: new ones,
// failed ones whose next try has come, and fetched ones whose next look has. The first source to list a URL owns
// it, as long as it is enabled. The steps of recheck, counted from an item's first fetch, say when its page is
// looked at again; they hold until the source's next listing.
//
// It also enters the counts into the ledger, at the source's last poll.
func (a *Archive) List(ctx context.Context, source string, items []blotter.Item, now time.Time, recheck []time.Duration) (Listed, error) {
	var l Listed
	err := a.update(ctx, func(t *tx) error {
		if err := t.ensureSource(source); err != nil {
			return err
		}
		var kind blotter.Kind
		seconds := make([]int64, len(recheck))
		for i, d := range recheck {
			seconds[i] = int64(d / time.Second)
		}
		err := t.one(`UPDATE sources SET recheck = ? WHERE id = ? RETURNING kind`, []any{jsonList(seconds), source}, &kind)
		if err != nil {
			return err
		}
		seen := make(map[string]bool, len(items))
		for _, item := range items {
			if err := t.list(&l, seen, source, kind, item, now); err != nil {
				return fmt.Errorf("%s: %w", item.URL, err)
			}
		}
		_, err = t.exec(`UPDATE ledger SET listed = coalesce(listed, 0) + ?, new_items = ?
			WHERE id = (SELECT max(id) FROM ledger INDEXED BY ledger_polls WHERE source = ? AND purpose IN ('list', 'status'))`, len(items), l.New, source)
		return err
	})
	if err != nil {
		return Listed{}, fmt.Errorf("archive %s: list %s: %w", a.dir, source, err)
	}
	if l.New > 0 {
		a.calm.stir(source)
	}
	return l, nil
}

// list records one item and counts it.
func (t *tx) list(l *Listed, seen map[string]bool, source string, kind blotter.Kind, item blotter.Item, now time.Time) error {
	if _, err := blotter.CanonicalURL(item.URL); err != nil {
		l.Invalid++
		return nil
	}
	key := itemKey(item.URL, kind == blotter.KindStatus)
	if seen[key] {
		l.Repeated++
		return nil
	}
	seen[key] = true
	forgotten, err := t.isForgotten(key)
	if forgotten || err != nil {
		l.Known++
		return err
	}
	var s itemState
	var own, added bool
	err = t.one(`SELECT source = ?1 OR source IN (SELECT id FROM sources WHERE NOT enabled), first_seen = ?2 AND tries = 0,
			tries, fetched, next_try, next_look, etag, last_modified FROM items WHERE key = ?3`,
		[]any{source, timeText(now), key}, &own, &added, &s.tries, &s.fetched, &s.nextTry, &s.nextLook, &s.etag, &s.lastModified)
	columns := itemColumns(key, source, item, now)
	switch { // No upsert: SQLite keeps a journal for each, which costs more than the row.
	case errors.Is(err, sql.ErrNoRows):
		added = true
		_, err = t.exec(insertItem, columns...)
	case err == nil && !own:
		l.Known++ // another source's
		return nil
	case err == nil:
		_, err = t.exec(`UPDATE items SET url = ?2, source = ?3, title = ?4, summary = ?5, authors = ?6, published = ?7, published_local = ?8,
			published_precision = ?9, published_raw = ?10, published_method = ?11, last_seen = ?12 WHERE key = ?1`, columns...)
	}
	if err != nil {
		return err
	}
	if added {
		l.New++
	}
	switch {
	case !s.fetched.IsZero() && (s.nextLook.IsZero() || s.nextLook.After(now)):
		l.Known++
	case s.nextTry.After(now):
		l.Waiting++
	default:
		l.Due = append(l.Due, Due{Item: item, New: s.fetched.IsZero(), ETag: s.etag, LastModified: s.lastModified})
	}
	return nil
}

// itemColumns gives an item and what its source says of it, in the order of insertItem.
func itemColumns(key, source string, item blotter.Item, now time.Time) []any {
	columns := append([]any{key, item.URL, source, item.Title, item.Summary, jsonList(item.Authors)}, dateColumns(item.Published)...)
	return append(columns, timeText(now))
}

const insertItem = `INSERT INTO items (key, url, source, title, summary, authors,
		published, published_local, published_precision, published_raw, published_method, first_seen, last_seen)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)`

// Rechecks returns items of the source that are to be fetched although its listing does not ask for it: fetched
// ones whose next look has come, and ones whose first fetch failed, or never came about, before they left the
// listing; those that only a backfill has found are left to it. With the now that was given to List it leaves out the items of that listing.
func (a *Archive) Rechecks(ctx context.Context, source string, now time.Time, limit int) ([]Due, error) {
	calm, stirs := a.calm.is(source, now)
	if calm && !a.readOnly {
		return nil, nil
	}
	var due []Due
	err := a.read(ctx, `SELECT `+itemFields+`, fetched IS NULL, etag, last_modified FROM items i
		WHERE id IN (SELECT id FROM items WHERE source = ?1 AND next_look <= ?2 UNION
				SELECT id FROM items u WHERE source = ?1 AND fetched IS NULL
					AND NOT EXISTS (SELECT 1 FROM found WHERE item = u.id AND added))
			AND last_seen < ?2 AND tries < ?3 AND (next_try IS NULL OR next_try <= ?2)
		ORDER BY coalesce(next_look, next_try, first_seen), id LIMIT +?4`, []any{source, timeText(now), maxTries, limit},
		func(scan func(...any) error) error {
			var d Due
			var f itemScan
			if err := scan(append(f.fields(), &d.New, &d.ETag, &d.LastModified)...); err != nil {
				return err
			}
			d.Item = f.item()
			due = append(due, d)
			return nil
		})
	if err == nil && len(due) == 0 {
		var next time.Time
		if next, err = a.nextLook(ctx, source, now); err == nil {
			a.calm.settle(source, next, stirs)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("archive %s: rechecks of %s: %w", a.dir, source, err)
	}
	return due, nil
}

// item notes the fetch at its item and returns the item's id. A list has none, nor has a status feed as a whole.
func (k *keeper) item(f *Fetch, key string) (sql.NullInt64, error) {
	if err := k.ensureSource(f.Source); err != nil {
		return sql.NullInt64{}, err
	}
	if f.Purpose == blotter.PurposeList || f.Purpose == blotter.PurposeStatus && itemKey(key, false) == key {
		return sql.NullInt64{}, nil
	}
	recheck, err := k.recheck(f.Source)
	if err != nil {
		return sql.NullInt64{}, err
	}
	var id int64
	var failures int
	var fetched nullTime
	err = k.one(`SELECT id, failures, fetched FROM items WHERE key = ?`, []any{key}, &id, &failures, &fetched)
	if errors.Is(err, sql.ErrNoRows) {
		id, err = k.addItem(f, key)
	}
	if err != nil {
		return sql.NullInt64{}, err
	}
	if f.Failure != nil {
		err = k.failed(f, id, failures+1, fetched.Time)
		if err == nil && f.Backfill != 0 {
			err = k.missed(f, id)
		}
	} else {
		if f.Backfill != 0 {
			recheck = nil // what is years old is corrected no more
		}
		err = k.succeeded(f, id, fetched.Time, recheck)
	}
	return sql.NullInt64{Int64: id, Valid: true}, err
}

func (k *keeper) addItem(f *Fetch, key string) (int64, error) {
	return k.insert(insertItem, itemColumns(key, f.Source, f.Item, f.Started)...)
}

func (k *keeper) failed(f *Fetch, id int64, failures int, fetched time.Time) error {
	// A page that we have and that is gone now may come back: it is looked at again, ever more seldom.
	gone := !fetched.IsZero() && f.Failure.Reason == blotter.ReasonGone
	_, err := k.exec(`UPDATE items SET tries = tries + 1, failures = ?1, reason = ?2, next_try = ?3, next_look = iif(?4, ?3, next_look),
			gone = iif(?4, coalesce(gone, ?5), gone), gone_looks = gone_looks + ?4
		WHERE id = ?6`, failures, f.Failure.Reason, timeText(f.Started.Add(retryAfter(f.Failure, failures))), gone, timeText(f.Started), id)
	return err
}

func (k *keeper) succeeded(f *Fetch, id int64, fetched time.Time, recheck []time.Duration) error {
	if fetched.IsZero() {
		fetched = f.Started
	}
	h := f.answer().Header
	if !f.Captured.IsZero() {
		h = nil // its validators are a web archive's
	}
	_, err := k.exec(`UPDATE items SET tries = tries + 1, failures = 0, reason = '', next_try = NULL,
			gone = NULL, gone_looks = 0, fetched = coalesce(fetched, ?1), looked = ?1, next_look = ?2,
			etag = iif(?3 AND ?4 = '', etag, ?4), last_modified = iif(?3 AND ?5 = '', last_modified, ?5)
		WHERE id = ?6`,
		timeText(f.Started), timeOrNull(nextLook(fetched, f.Started, recheck)), f.NotModified, h.Value("Etag"), h.Value("Last-Modified"), id)
	return err
}

// nextLook is the first step of recheck after now, counted from the first fetch; zero: none is left.
func nextLook(fetched, now time.Time, recheck []time.Duration) time.Time {
	for _, step := range recheck {
		if next := fetched.Add(step); next.After(now) {
			return next
		}
	}
	return time.Time{}
}

// recheck returns the steps that the source's last listing set, and sees to it that the source has a row.
func (k *keeper) recheck(source string) ([]time.Duration, error) {
	if steps, ok := k.rechecks[source]; ok {
		return steps, nil
	}
	var text string
	if err := k.one(`SELECT recheck FROM sources WHERE id = ?`, []any{source}, &text); err != nil {
		return nil, err
	}
	var seconds []int64
	if err := json.Unmarshal([]byte(text), &seconds); err != nil {
		return nil, fmt.Errorf("source %s: recheck: %w", source, err)
	}
	steps := make([]time.Duration, len(seconds))
	for i, s := range seconds {
		steps[i] = time.Duration(s) * time.Second
	}
	k.rechecks[source] = steps
	return steps, nil
}

// itemFields are the columns of items i that make an Item, in the order of itemScan.
const itemFields = `i.url, i.title, i.summary, i.authors, i.published_local, i.published_precision, i.published_raw, i.published_method`

type itemScan struct {
	url, title, summary sql.NullString
	authors             sql.NullString
	published           dateScan
}

func (s *itemScan) fields() []any {
	return append([]any{&s.url, &s.title, &s.summary, &s.authors}, s.published.fields()...)
}

func (s *itemScan) item() blotter.Item {
	return blotter.Item{URL: s.url.String, Title: s.title.String, Summary: s.summary.String,
		Authors: stringList(s.authors.String), Published: s.published.date()}
}
