package archive

import (
	"context"
	"fmt"
	"time"

	"blotter"
)

// Stamps are those that are current: a capture that carries one needs no reading.
type Stamps struct {
	Any   []string      // on whatever capture
	Times []StampedTime // on the captures of some time
}

// StampedTime is a stamp that is current on the captures from one time until before another; a zero time is no bound.
type StampedTime struct {
	Stamp       string
	From, Until time.Time
}

// json gives the times as SQL takes them: each a list of stamp, from and until.
func (s Stamps) json() string {
	times := make([][3]string, len(s.Times))
	for i, t := range s.Times {
		times[i] = [3]string{t.Stamp, "", "9"} // what sorts before and behind every time
		if !t.From.IsZero() {
			times[i][1] = timeText(t.From)
		}
		if !t.Until.IsZero() {
			times[i][2] = timeText(t.Until)
		}
	}
	return jsonList(times)
}

// Underived returns up to n captures of articles (of pages, status feeds and records) behind the capture after that
// carry none of the current stamps, in order, with header and body as they lie in the WARC file: the body still has its
// content encoding. A record that does not match its digest is an error that names file and offset. Those that are at hand, which
// may be nil, are given without header and body.
func (a *Archive) Underived(ctx context.Context, current Stamps, after int64, n int, atHand func(id int64) bool) ([]blotter.Capture, error) {
	rows, err := a.captureRows(ctx, `WHERE c.id IN (
			SELECT id FROM captures INDEXED BY captures_stamp
			WHERE id > ? AND purpose <> 'list' AND forgotten IS NULL
				AND (stamp IS NULL OR stamp NOT IN (SELECT value FROM json_each(?)) AND NOT EXISTS (SELECT 1 FROM json_each(?)
					WHERE value ->> 0 = stamp AND value ->> 1 <= fetched AND fetched < value ->> 2))
			ORDER BY id LIMIT +?)
		ORDER BY c.id`, after, jsonList(current.Any), current.json(), n)
	if err != nil {
		return nil, fmt.Errorf("archive %s: underived: %w", a.dir, err)
	}
	captures := make([]blotter.Capture, len(rows))
	s := a.source()
	defer s.close()
	for i := range rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if atHand == nil || !atHand(rows[i].ID) {
			if err := s.fill(&rows[i]); err != nil {
				return nil, fmt.Errorf("archive %s: capture %d: %w", a.dir, rows[i].ID, err)
			}
		}
		captures[i] = rows[i].Capture
	}
	return captures, nil
}

// Derived is what was read from a capture: articles (a status feed gives several, or none yet), or the reason why
// there is none.
type Derived struct {
	Capture int64
	Stamp   string // what read it: extractor and reading rules

	// Articles have URL, the key, and what was read; ID, Revision, FirstSeen, Capture, Seq and Tags are the
	// archive's, and so is Source unless the reader names one.
	Articles []blotter.Article

	Failure *blotter.Failure
}

// Changes counts what PutDerived changed, in articles.
type Changes struct {
	New       int                    // not there before
	Revised   int                    // there before with another text
	Updated   int                    // the same text with other details, such as a date or the number of its revision
	Unchanged int                    // nothing new
	Removed   int                    // no capture gives it any more
	None      map[blotter.Reason]int // captures that hold no article
}

// PutDerived replaces what the captures gave before by what was read from them, in one transaction.
//
// An article has one reading a capture. Its readings in the order of their captures are its history: one with another
// text than the one before begins a revision, one with the same text does not. The article shows the newest
// revision as it was first read. An article without a reading left is removed. Each article whose look changes takes
// the next seq and is to be tagged again; with a changed text it loses its tags, since their evidence stood in
// the old one.
func (a *Archive) PutDerived(ctx context.Context, derived []Derived) (Changes, error) {
	var c Changes
	err := a.update(ctx, func(t *tx) error {
		c = Changes{None: map[blotter.Reason]int{}}
		d := deriver{tx: t, changes: &c, histories: map[string]*history{}}
		return d.put(derived)
	})
	if err == nil && c.None[blotter.ReasonForgotten] > 0 {
		err = a.locked(ctx, a.eraseRecords)
	}
	if err != nil {
		return Changes{}, fmt.Errorf("archive %s: derive: %w", a.dir, err)
	}
	return c, nil
}

// deriver puts what was derived, within one transaction.
type deriver struct {
	*tx
	changes   *Changes
	captures  map[int64]captureBrief
	histories map[string]*history  // of the articles touched
	forgotten map[string]bool      // URLs of articles that are not to be kept
	gave      map[int64][]*history // that a capture has a reading in
	order     []*history
	seq       sequence
}

// captureBrief is what a reading takes from its capture.
type captureBrief struct {
	fetched, source, key string
	purpose              blotter.Purpose
}

func (d *deriver) put(derived []Derived) error {
	captures := make([]int64, len(derived))
	var articles, urls []string
	for i := range derived {
		captures[i] = derived[i].Capture
		for j := range derived[i].Articles {
			urls = append(urls, derived[i].Articles[j].URL)
			articles = append(articles, blotter.ArticleID(derived[i].Articles[j].URL))
		}
	}
	if err := d.load(jsonList(captures), jsonList(articles)); err != nil {
		return err
	}
	if err := d.loadForgotten(jsonList(urls)); err != nil {
		return err
	}
	for i := range derived {
		if err := d.read(&derived[i]); err != nil {
			return fmt.Errorf("capture %d: %w", derived[i].Capture, err)
		}
	}
	if err := d.seq.begin(d.tx); err != nil {
		return err
	}
	for _, h := range d.order {
		if err := d.settle(h); err != nil {
			return fmt.Errorf("article %s: %w", h.id, err)
		}
	}
	return d.seq.end(d.tx)
}

// load reads what is known of the captures, and the histories of the articles they gave and are going to give.
func (d *deriver) load(captures, articles string) error {
	d.captures, d.gave = map[int64]captureBrief{}, map[int64][]*history{}
	err := scan(d.ctx, d, `SELECT id, fetched, source, key, purpose FROM captures WHERE id IN (SELECT value FROM json_each(?))`, []any{captures},
		func(scan func(...any) error) error {
			var id int64
			var c captureBrief
			err := scan(&id, &c.fetched, &c.source, &c.key, &c.purpose)
			d.captures[id] = c
			return err
		})
	if err != nil {
		return err
	}
	err = scan(d.ctx, d, `SELECT id, article, capture, revision, text, `+readingFields+` FROM revisions
		WHERE article IN (SELECT value FROM json_each(?) UNION
			SELECT article FROM revisions WHERE capture IN (SELECT value FROM json_each(?)))`, []any{articles, captures},
		func(scan func(...any) error) error {
			r := &reading{stored: true}
			var article string
			if err := scan(append([]any{&r.id, &article, &r.capture, &r.number, &r.text}, r.details.fields()...)...); err != nil {
				return err
			}
			h := d.history(article, "")
			h.before = append(h.before, r)
			h.readings = append(h.readings, r)
			d.gave[r.capture] = append(d.gave[r.capture], h)
			return nil
		})
	if err != nil {
		return err
	}
	return scan(d.ctx, d, `SELECT id, url, source, first_seen, reading FROM articles WHERE id IN (SELECT value FROM json_each(?) UNION
			SELECT article FROM revisions WHERE capture IN (SELECT value FROM json_each(?)))`, []any{articles, captures},
		func(scan func(...any) error) error {
			var id string
			var s shown
			if err := scan(&id, &s.url, &s.source, &s.firstSeen, &s.reading); err != nil {
				return err
			}
			h := d.history(id, s.url)
			h.shown = &s
			return nil
		})
}

func (d *deriver) loadForgotten(urls string) error {
	d.forgotten = map[string]bool{}
	return scan(d.ctx, d, `SELECT key FROM forgotten WHERE key IN (SELECT value FROM json_each(?))`, []any{urls},
		func(scan func(...any) error) error {
			var url string
			err := scan(&url)
			d.forgotten[url] = true
			return err
		})
}

func (d *deriver) history(id, url string) *history {
	h := d.histories[id]
	if h == nil {
		h = &history{id: id, url: url}
		d.histories[id] = h
		d.order = append(d.order, h)
	}
	if h.url == "" {
		h.url = url
	}
	return h
}

// read replaces the readings of one capture in the histories, and notes at the capture what it gave.
func (d *deriver) read(p *Derived) error {
	c, ok := d.captures[p.Capture]
	if !ok {
		return ErrNotFound
	}
	for _, h := range d.gave[p.Capture] {
		h.drop(p.Capture)
	}
	gave := 0
	var failure blotter.Failure
	if p.Failure != nil {
		failure = *p.Failure
	}
	for i := range p.Articles {
		article := &p.Articles[i]
		if d.forgotten[article.URL] {
			failure = *blotter.Fail(blotter.ReasonForgotten, "")
			continue
		}
		h := d.history(blotter.ArticleID(article.URL), article.URL)
		if h.add(p.Capture, c, article) {
			gave++
			d.gave[p.Capture] = append(d.gave[p.Capture], h)
		}
	}
	if gave > 0 {
		failure = blotter.Failure{}
	} else if failure.Reason != "" {
		d.changes.None[failure.Reason]++
	}
	if failure.Reason == blotter.ReasonForgotten && (c.purpose == blotter.PurposePage || c.purpose == blotter.PurposeRecord) {
		// The same page under another address.
		if err := d.forgetCaptures([]string{c.key}, []int64{p.Capture}, timeText(time.Now())); err != nil {
			return err
		}
	}
	_, err := d.exec(`UPDATE captures SET stamp = ?, gave = ?, reason = ?, detail = ? WHERE id = ?`,
		p.Stamp, gave, failure.Reason, blotter.CleanLine(failure.Detail), p.Capture)
	return err
}

// settle writes a history and the article that it leads to.
func (d *deriver) settle(h *history) error {
	if err := d.writeReadings(h); err != nil {
		return err
	}
	if len(h.readings) == 0 {
		return d.remove(h)
	}
	return d.show(h)
}

// remove deletes the article of a history without readings, and notes it for those who follow.
func (d *deriver) remove(h *history) error {
	if h.shown == nil {
		return nil
	}
	d.changes.Removed++
	if _, err := d.exec(`DELETE FROM articles WHERE id = ?`, h.id); err != nil {
		return err
	}
	_, err := d.exec(`INSERT INTO removed (id, url, removed, seq) VALUES (?, ?, ?, ?)`, h.id, h.url, timeText(time.Now()), d.seq.next())
	return err
}

// show makes the article row show the newest revision.
func (d *deriver) show(h *history) error {
	r := h.newest()
	now := shown{url: h.url, source: h.readings[0].source, firstSeen: h.readings[0].seen, reading: r.id}
	if h.shown == nil {
		d.changes.New++
		if _, err := d.exec(`DELETE FROM removed WHERE id = ?`, h.id); err != nil {
			return err
		}
		_, err := d.exec(`INSERT INTO articles (id, url, source, title, published, lang, first_seen, revision, reading, capture, seq)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			h.id, now.url, now.source, r.title, r.published.utc, r.lang, now.firstSeen, r.number, r.id, r.capture, d.seq.next())
		return err
	}
	old := h.wasShown()
	sameText := old != nil && old.sha256 == r.sha256
	same := sameText && old.capture == r.capture && old.shownNumber == r.number && old.details.same(&r.details) &&
		now.source == h.shown.source && now.firstSeen == h.shown.firstSeen
	switch {
	case same:
		d.changes.Unchanged++
		if old.id == r.id {
			return nil
		}
		_, err := d.exec(`UPDATE articles SET reading = ? WHERE id = ?`, r.id, h.id)
		return err
	case sameText:
		d.changes.Updated++
	default:
		d.changes.Revised++
		if _, err := d.exec(`DELETE FROM tags WHERE article = ?`, h.id); err != nil {
			return err
		}
	}
	_, err := d.exec(`UPDATE articles SET source = ?, title = ?, published = ?, lang = ?, first_seen = ?, revision = ?, reading = ?,
			capture = ?, seq = ?, rules = NULL, tags_sha256 = iif(?, tags_sha256, '') WHERE id = ?`,
		now.source, r.title, r.published.utc, r.lang, now.firstSeen, r.number, r.id, r.capture, d.seq.next(), sameText, h.id)
	return err
}

// sequence hands out the numbers of changes within a transaction.
type sequence struct{ last int64 }

func (s *sequence) begin(t *tx) error {
	return t.one(`SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seq'`, nil, &s.last)
}

func (s *sequence) next() int64 {
	s.last++
	return s.last
}

func (s *sequence) end(t *tx) error {
	t.changes = true
	_, err := t.exec(`UPDATE meta SET value = CAST(? AS TEXT) WHERE key = 'seq'`, s.last)
	return err
}
