package archive

import (
	"cmp"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"slices"

	"blotter"
)

// history is an article's readings, in the order of their captures.
type history struct {
	id, url  string
	shown    *shown     // the article row before, nil when there is none
	before   []*reading // as stored
	readings []*reading // as they are going to be
}

// shown is what an article row says beyond its reading.
type shown struct {
	url, source, firstSeen string
	reading                int64
}

// reading is what one capture showed of an article: a row of revisions.
type reading struct {
	id, capture, text   int64
	number, shownNumber int // the revision it belongs to, and did as stored
	stored              bool
	body                string // of one not stored yet
	details
}

// details are the columns of a reading that say what was read.
type details struct {
	seen, source, title, lead, authors, summary, lang, sha256 string
	published, modified                                       dateText
}

// dateText is a date as its columns hold it.
type dateText struct {
	utc, local             sql.NullString
	precision, raw, method string
}

func (d *dateText) fields() []any { return []any{&d.utc, &d.local, &d.precision, &d.raw, &d.method} }

func newDateText(d blotter.Date) dateText {
	t := dateText{precision: string(d.Precision), raw: d.Raw, method: d.Method}
	columns := dateColumns(d)
	if !d.IsZero() {
		t.utc = sql.NullString{String: columns[0].(string), Valid: true}
		t.local = sql.NullString{String: columns[1].(string), Valid: true}
	}
	return t
}

// readingFields are the columns of details in order.
const readingFields = `seen, source, title, lead, authors, summary,
	published, published_local, published_precision, published_raw, published_method,
	modified, modified_local, modified_precision, modified_raw, modified_method, lang, sha256`

func (d *details) fields() []any {
	f := []any{&d.seen, &d.source, &d.title, &d.lead, &d.authors, &d.summary}
	f = append(f, d.published.fields()...)
	f = append(f, d.modified.fields()...)
	return append(f, &d.lang, &d.sha256)
}

func (d *details) same(o *details) bool { return *d == *o }

// textDigest tells texts apart: an article has changed when its title or its body has.
func textDigest(title, body string) string {
	h := sha256.New()
	h.Write([]byte(title))
	h.Write([]byte{0})
	h.Write([]byte(body))
	return hex.EncodeToString(h.Sum(nil))
}

// drop takes out the reading of a capture.
func (h *history) drop(capture int64) {
	h.readings = slices.DeleteFunc(h.readings, func(r *reading) bool { return r.capture == capture })
}

// add puts in what a capture gave. It returns false when that capture has given the article already, as a feed
// does that lists an item twice.
func (h *history) add(capture int64, c captureBrief, a *blotter.Article) bool {
	if slices.ContainsFunc(h.readings, func(r *reading) bool { return r.capture == capture }) {
		return false
	}
	source := a.Source
	if source == "" {
		source = c.source
	}
	h.readings = append(h.readings, &reading{capture: capture, body: a.Body, details: details{
		seen: c.fetched, source: source, title: a.Title, lead: a.Lead, authors: jsonList(a.Authors), summary: a.Summary,
		published: newDateText(a.Published), modified: newDateText(a.Modified), lang: a.Lang,
		sha256: textDigest(a.Title, a.Body),
	}})
	return true
}

// number sorts the readings and gives each its revision.
func (h *history) number() {
	slices.SortFunc(h.readings, func(a, b *reading) int {
		return cmp.Or(cmp.Compare(a.seen, b.seen), cmp.Compare(a.capture, b.capture))
	})
	for i, r := range h.readings {
		switch {
		case i == 0:
			r.number = 1
		case r.sha256 == h.readings[i-1].sha256:
			r.number = h.readings[i-1].number
		default:
			r.number = h.readings[i-1].number + 1
		}
	}
}

// newest is the first reading of the newest revision.
func (h *history) newest() *reading {
	last := h.readings[len(h.readings)-1].number
	i := slices.IndexFunc(h.readings, func(r *reading) bool { return r.number == last })
	return h.readings[i]
}

// wasShown is the stored reading that the article row showed.
func (h *history) wasShown() *reading {
	for _, r := range h.before {
		if r.id == h.shown.reading {
			return r
		}
	}
	return nil
}

// writeReadings brings the tables of revisions and texts to the state of the history.
func (d *deriver) writeReadings(h *history) error {
	for _, r := range h.before {
		r.shownNumber = r.number
	}
	h.number()
	gone := slices.DeleteFunc(slices.Clone(h.before), func(r *reading) bool { return slices.Contains(h.readings, r) })
	for _, r := range gone {
		if _, err := d.exec(`DELETE FROM revisions WHERE id = ?`, r.id); err != nil {
			return err
		}
	}
	for _, r := range h.readings {
		if err := d.writeReading(h, r); err != nil {
			return err
		}
	}
	for _, r := range gone {
		if slices.ContainsFunc(h.readings, func(o *reading) bool { return o.text == r.text }) {
			continue
		}
		if _, err := d.exec(`DELETE FROM texts WHERE id = ?`, r.text); err != nil {
			return err
		}
	}
	return nil
}

func (d *deriver) writeReading(h *history, r *reading) (err error) {
	if r.stored {
		if r.number != r.shownNumber {
			_, err = d.exec(`UPDATE revisions SET revision = ? WHERE id = ?`, r.number, r.id)
		}
		return err
	}
	if r.text, err = d.textOf(h, r); err != nil {
		return err
	}
	args := append([]any{h.id, r.capture, r.number, r.text, r.seen, r.source, r.title, r.lead, r.authors, r.summary},
		r.published.values()...)
	args = append(append(args, r.modified.values()...), r.lang, r.sha256)
	r.id, err = d.insert(`INSERT INTO revisions (article, capture, revision, text, `+readingFields+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, args...)
	return err
}

func (d *dateText) values() []any { return []any{d.utc, d.local, d.precision, d.raw, d.method} }

// textOf finds the text of a new reading among those of the article, or adds it.
func (d *deriver) textOf(h *history, r *reading) (int64, error) {
	for _, list := range [][]*reading{h.before, h.readings} {
		for _, o := range list {
			if o.text != 0 && o.sha256 == r.sha256 {
				return o.text, nil
			}
		}
	}
	return d.insert(`INSERT INTO texts (body) VALUES (?)`, r.body)
}
