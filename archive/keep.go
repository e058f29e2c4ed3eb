package archive

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"blotter"
)

// Fetch is one request to a source and what came of it: a row of the ledger, and its evidence.
type Fetch struct {
	Source  string
	Purpose blotter.Purpose
	Item    blotter.Item // Item.URL is what was asked; for a list, the source's URL
	Started time.Time
	Elapsed time.Duration
	Robots  string // what robots.txt said

	// Exchanges are all hops, the answer last. An exchange without a Method was not asked over the wire: its body
	// is kept as a resource, the way of an imported record. One without a Request leaves no record of what was asked.
	Exchanges []blotter.Exchange

	Failure     *blotter.Failure // nil: a success
	NotModified bool             // the source answered 304
	Known       int              // items of a list that is as it was; of any other those that are listed are counted by List
	Pass        int64            // see BeginPass; 0: none

	// Backfill is the backfill that wanted the page, or 0: such a page is not looked at again for corrections.
	Backfill int64
	// Captured is when the web archive that answered captured the page; zero: the site itself answered. The capture
	// is then one of Item.URL at that time, whatever was asked and when.
	Captured time.Time
	// Patience is how long it may wait for others to share a sync with, which stops a processor for a millisecond or so, whatever
	// is written.
	Patience time.Duration
	// OnCapture, which may be nil, is called with the new capture of a page once it is there, before Pages counts it. It must not
	// use the archive.
	OnCapture func(id int64)

	lies *evidence // its records lie in a WARC file already, see Repair; nil: they are to be written
}

// The outcomes of a fetch.
const (
	OutcomeNew       = "new"       // the first capture of this URL
	OutcomeChanged   = "changed"   // another payload than last time: a capture too
	OutcomeUnchanged = "unchanged" // the same payload, or a 304
	OutcomeFailed    = "failed"    // also of what is to be forgotten: nothing of it is kept
)

// Kept says what became of a Fetch.
type Kept struct {
	Capture int64 // the new capture, or 0
	Outcome string
}

// Keep writes the evidence of the fetches into the WARC file, syncs it, and then commits their rows: a capture for
// each success with a payload that is new for its URL, a line of the ledger, and the state of the item, with
// the time of its next try or look. Either all of it is kept or, on an error, nothing.
//
// A call costs one sync and one transaction, so an import keeps hundreds at a time; calls that come while another is
// kept, or while their fetches have patience, share theirs. On a disk that is nearly full it is a *NoRoomError.
func (a *Archive) Keep(ctx context.Context, fetches []Fetch) ([]Kept, error) {
	if a.readOnly {
		return nil, ErrReadOnly
	}
	for i := range fetches {
		if err := fetches[i].check(); err != nil {
			return nil, fmt.Errorf("archive: keep %s: %w", fetches[i].Item.URL, err)
		}
	}
	if err := ctx.Err(); err != nil || len(fetches) == 0 {
		return nil, err
	}
	if err := a.HasRoom(); err != nil {
		return nil, fmt.Errorf("archive: keep: %w", err)
	}
	c := a.queue.add(fetches)
	c.wait(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if !c.isDone() { // else one who held the mutex before us has kept ours with its own
		a.keepAll(ctx, a.queue.take())
	}
	return c.kept, c.err
}

func (f *Fetch) check() error {
	switch {
	case f.Item.URL == "":
		return errors.New("no URL was asked")
	case f.Source == "":
		return errors.New("no source")
	case f.Failure == nil && len(f.Exchanges) == 0:
		return errors.New("a success without an exchange")
	}
	if !slices.Contains(purposes, f.Purpose) {
		return fmt.Errorf("no purpose is called %q", f.Purpose)
	}
	return nil
}

// purposes are those of a Fetch.
var purposes = []blotter.Purpose{blotter.PurposeList, blotter.PurposePage, blotter.PurposeStatus, blotter.PurposeRecord}

// queue holds the calls of Keep that wait for the mutex, or for each other.
type queue struct {
	mu    sync.Mutex
	calls []*keepCall
}

type keepCall struct {
	fetches []Fetch
	kept    []Kept
	err     error
	done    chan struct{} // closed when kept and err say what came of it
}

func (q *queue) add(fetches []Fetch) *keepCall {
	c := &keepCall{fetches: fetches, done: make(chan struct{})}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.calls = append(q.calls, c)
	return c
}

// wait waits for further calls as long as all fetches of this one may, unless another keeps them meanwhile.
func (c *keepCall) wait(ctx context.Context) {
	patience := c.fetches[0].Patience
	for i := range c.fetches {
		patience = min(patience, c.fetches[i].Patience)
	}
	if patience <= 0 {
		return
	}
	select {
	case <-c.done:
	case <-ctx.Done():
	case <-time.After(patience):
	}
}

func (c *keepCall) isDone() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func (q *queue) take() []*keepCall {
	q.mu.Lock()
	defer q.mu.Unlock()
	calls := q.calls
	q.calls = nil
	return calls
}

// keepAll keeps the fetches of all calls in one transaction and tells each call what came of it.
func (a *Archive) keepAll(ctx context.Context, calls []*keepCall) {
	err := a.keepTogether(ctx, calls)
	for _, c := range calls {
		if err != nil {
			c.kept, c.err = nil, fmt.Errorf("archive %s: keep: %w", a.dir, err)
		}
		close(c.done)
	}
}

func (a *Archive) keepTogether(ctx context.Context, calls []*keepCall) error {
	ctx = context.WithoutCancel(ctx)
	if a.writer == nil {
		return errClosed
	}
	w, err := a.current(ctx)
	if err != nil {
		return err
	}
	err = a.transact(ctx, func(t *tx) error {
		k := keeper{tx: t, warc: w, rechecks: map[string][]time.Duration{}}
		for _, c := range calls {
			c.kept = make([]Kept, len(c.fetches))
			for i := range c.fetches {
				if c.kept[i], err = k.keep(&c.fetches[i]); err != nil {
					return fmt.Errorf("%s: %w", c.fetches[i].Item.URL, err)
				}
			}
		}
		if err := w.sync(); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE warc_files SET length = ? WHERE id = ?`, w.length(), w.id)
		return err
	})
	if err != nil {
		return errors.Join(err, a.undo(ctx))
	}
	w.settle()
	for _, c := range calls {
		for i := range c.fetches {
			if c.kept[i].Capture != 0 && c.fetches[i].Purpose != blotter.PurposeList {
				if c.fetches[i].OnCapture != nil {
					c.fetches[i].OnCapture(c.kept[i].Capture)
				}
				a.pages.Add(1)
				select {
				case a.kept <- struct{}{}:
				default: // nobody has looked since the last one
				}
			}
			if c.fetches[i].Purpose != blotter.PurposeList {
				a.calm.stir(c.fetches[i].Source)
			}
		}
	}
	return nil
}

// Pages counts the captures that this process has kept so far and that are to be read: while it stays the same, Underived gives
// nothing that it did not give before.
func (a *Archive) Pages() int64 { return a.pages.Load() }

// PageKept gives a value when Pages has grown since it gave the last one. It is for one receiver at a time.
func (a *Archive) PageKept() <-chan struct{} { return a.kept }

// keeper keeps fetches within one transaction.
type keeper struct {
	*tx
	warc     *warcFile
	rechecks map[string][]time.Duration // of the sources met so far
}

// before is the last capture of a URL, if there is one.
type before struct {
	id     int64
	sha256 string
	earlier
}

// evidence is what a fetch left in the WARC file.
type evidence struct {
	all    span // the records of all hops
	answer span // the record of the last answer
	record string
	sha256 string // of its payload
}

func (k *keeper) keep(f *Fetch) (Kept, error) {
	key := itemKey(f.Item.URL, f.Purpose == blotter.PurposeStatus)
	kept := Kept{Outcome: OutcomeFailed}
	e := evidence{}
	forgotten, err := k.isForgotten(key)
	if err == nil && !forgotten && f.Failure == nil && f.answer().URL != f.Item.URL { // it may have been led there
		forgotten, err = k.isForgotten(itemKey(f.answer().URL, f.Purpose == blotter.PurposeStatus))
	}
	if err != nil {
		return Kept{}, err
	}
	if forgotten {
		g := *f
		g.Exchanges, g.Failure = nil, blotter.Fail(blotter.ReasonForgotten, "")
		if err := k.ensureSource(f.Source); err != nil {
			return Kept{}, err
		}
		return kept, k.enter(&g, OutcomeFailed, 0, e)
	}
	if f.Failure == nil {
		e.sha256 = digest(f.answer().Body)
	}
	last, err := k.last(f, key, e.sha256)
	if err != nil {
		return Kept{}, err
	}
	if f.Failure == nil {
		kept.Outcome = outcome(f, e.sha256, last)
	}
	if f.lies != nil {
		e.all, e.answer, e.record = f.lies.all, f.lies.answer, f.lies.record
	} else if err := k.write(f, kept.Outcome, last, &e); err != nil {
		return Kept{}, err
	}
	item, err := k.item(f, key)
	if err != nil {
		return Kept{}, err
	}
	capture := last.id
	switch kept.Outcome {
	case OutcomeNew, OutcomeChanged:
		if capture, err = k.capture(f, key, item, e); err != nil {
			return Kept{}, err
		}
		kept.Capture = capture
	case OutcomeFailed:
		capture = 0
	}
	return kept, k.enter(f, kept.Outcome, capture, e)
}

// last returns the capture that a fetch is compared with: the last one of its URL.
//
// A page that goes back to an earlier text has changed once more. A record that was handed over before has not, nor has a page
// that was fetched at the very same moment: two of one address would change each other whenever their file is imported.
func (k *keeper) last(f *Fetch, key, sha256 string) (before, error) {
	var last before
	one := func(order string, args ...any) error {
		// IS and not =: SQLite would plan anew at every use, to see whether the value is that of an index for one purpose.
		return k.one(`SELECT id, sha256, record, iif(via <> '', via, url), coalesce(asked, fetched) FROM captures
			WHERE key = ?1 AND purpose IS ?2 ORDER BY `+order+` LIMIT 1`, append([]any{key, f.Purpose}, args...),
			&last.id, &last.sha256, &last.record, &last.url, &last.date)
	}
	err := one(`id DESC`)
	if err == nil && f.Failure == nil && last.sha256 != sha256 && !f.NotModified { // else all before it need not be read
		err = one(`sha256 = ?3 AND (purpose = 'record' OR fetched = ?4) DESC, id DESC`, sha256, f.moment())
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return last, err
}

func outcome(f *Fetch, sha256 string, last before) string {
	switch {
	case f.NotModified || last.id != 0 && sha256 == last.sha256:
		return OutcomeUnchanged
	case last.id != 0:
		return OutcomeChanged
	}
	return OutcomeNew
}

// answer is the last exchange.
func (f *Fetch) answer() *blotter.Exchange { return &f.Exchanges[len(f.Exchanges)-1] }

// write adds the records of a fetch to the WARC file.
func (k *keeper) write(f *Fetch, outcome string, last before, e *evidence) error {
	for i := range f.Exchanges {
		x := &f.Exchanges[i]
		var answer *warcRecord
		switch {
		case x.Method != "" && x.Status == 0: // it was asked and no answer came
		case i == len(f.Exchanges)-1 && outcome == OutcomeUnchanged && last.id != 0:
			answer = revisitRecord(x, profileSame, warcDigest(x.Body), last.earlier)
			if f.NotModified {
				answer = revisitRecord(x, profileNotModified, "", last.earlier)
			}
		default:
			answer = answerRecord(x)
		}
		if answer != nil {
			at, err := k.warc.add(answer)
			if err != nil {
				return err
			}
			e.answer, e.record = at, answer.id
			e.all.extend(at)
		}
		if x.Request != nil { // nil: an answer from another's WARC file, say, and nothing is to be made up
			id := ""
			if answer != nil {
				id = answer.id
			}
			at, err := k.warc.add(requestRecord(x, id))
			if err != nil {
				return err
			}
			e.all.extend(at)
		}
	}
	if len(f.Exchanges) == 0 {
		return nil
	}
	at, err := k.warc.add(metadataRecord(f, e.record))
	e.all.extend(at)
	return err
}

// extend makes s reach over next, which lies right behind it.
func (s *span) extend(next span) {
	if s.length == 0 {
		*s = next
		return
	}
	s.length = next.offset + next.length - s.offset
}

func (k *keeper) capture(f *Fetch, key string, item sql.NullInt64, e evidence) (int64, error) {
	x := f.answer()
	url, fetched, via, asked := x.URL, f.fetched(), "", time.Time{}
	if !f.Captured.IsZero() {
		url, fetched, via, asked = f.Item.URL, f.Captured, x.URL, f.fetched()
	}
	return k.insert(`INSERT INTO captures (item, source, purpose, key, url, fetched, status, content_type, bytes, sha256,
			warc, offset, length, record, via, asked, pass)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		item, f.Source, f.Purpose, key, url, timeText(fetched), x.Status, x.Header.Value("Content-Type"), len(x.Body), e.sha256,
		e.answer.warc, e.answer.offset, e.answer.length, e.record, via, timeOrNull(asked),
		sql.NullInt64{Int64: f.Pass, Valid: f.Pass != 0})
}

// fetched is when the answer was asked for, and so the WARC-Date of its record.
func (f *Fetch) fetched() time.Time {
	if x := f.answer(); !x.Started.IsZero() {
		return x.Started
	}
	return f.Started
}

// moment is fetched as the table has it; "" when no answer came.
func (f *Fetch) moment() string {
	if len(f.Exchanges) == 0 {
		return ""
	}
	return timeText(f.fetched())
}

// enter writes the fetch into the ledger.
func (k *keeper) enter(f *Fetch, outcome string, capture int64, e evidence) error {
	var failure blotter.Failure
	if f.Failure != nil {
		failure = *f.Failure
	}
	var status, bytes int
	if len(f.Exchanges) > 0 {
		status, bytes = f.answer().Status, len(f.answer().Body)
	}
	written := len(f.Exchanges) > 0
	// Nobody has to say by List what a list holds that is as it was.
	same := f.Purpose == blotter.PurposeList && (f.NotModified || f.Known > 0)
	_, err := k.exec(`INSERT INTO ledger (pass, source, purpose, url, started, elapsed_ms, robots, hops, status, bytes, outcome,
			reason, detail, wait_s, capture, warc, offset, length, listed, new_items)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		sql.NullInt64{Int64: f.Pass, Valid: f.Pass != 0}, f.Source, f.Purpose, f.Item.URL, timeText(f.Started),
		f.Elapsed.Milliseconds(), f.Robots, f.hops(), status, bytes, outcome,
		failure.Reason, blotter.CleanLine(failure.Detail), int64(failure.Wait/time.Second),
		sql.NullInt64{Int64: capture, Valid: capture != 0},
		sql.NullInt64{Int64: e.all.warc, Valid: written}, sql.NullInt64{Int64: e.all.offset, Valid: written},
		sql.NullInt64{Int64: e.all.length, Valid: written},
		sql.NullInt64{Int64: int64(f.Known), Valid: same}, sql.NullInt64{Valid: same})
	return err
}

func (f *Fetch) hops() int {
	n := 0
	for i := range f.Exchanges {
		if f.Exchanges[i].Method != "" {
			n++
		}
	}
	return n
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
