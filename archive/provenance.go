package archive

import (
	"context"
	"fmt"
)

// Provenance is what an article is made of: digests of its text and its tags, and the record it was read from.
type Provenance struct {
	ID         string
	URL        string
	Revision   int
	Seq        int64
	Text       string // SHA-256 of title, a zero byte and body
	Details    string // SHA-256 of source, dates, authors, summary, lead and language
	Tags       string // SHA-256 of the tags with all evidence and facts; "" for none
	Rules      string // the hash of the pack that gave them
	Capture    int64
	Stamp      string // what read the capture: extractor, source, reading rules
	WARC       string // the file
	Offset     int64  // where the gzip member of the record begins
	Record     string // WARC-Record-ID
	Payload    string // SHA-256 of the record's payload as received
	FirstSeen  string // UTC, as the archive has it
	LastChange string // when the newest revision was first fetched, likewise
}

// Provenance returns that of the articles with these ids, in the order given; ones that are not there are left out.
func (a *Archive) Provenance(ctx context.Context, ids []string) ([]Provenance, error) {
	found := map[string]Provenance{}
	err := a.read(ctx, `SELECT a.id, a.url, a.revision, a.seq, r.sha256, a.tags_sha256, coalesce(a.rules, ''), c.id, coalesce(c.stamp, ''),
			w.name, c.offset, c.record, c.sha256, a.first_seen, r.seen, json_array(a.source, r.lead, r.authors, r.summary, r.lang,
				r.published_local, r.published_precision, r.published_raw, r.published_method,
				r.modified_local, r.modified_precision, r.modified_raw, r.modified_method)
		FROM articles a JOIN revisions r ON r.id = a.reading JOIN captures c ON c.id = a.capture JOIN warc_files w ON w.id = c.warc
		WHERE a.id IN (SELECT value FROM json_each(?))`, []any{jsonList(ids)},
		func(scan func(...any) error) error {
			var p Provenance
			var details []byte
			err := scan(&p.ID, &p.URL, &p.Revision, &p.Seq, &p.Text, &p.Tags, &p.Rules, &p.Capture, &p.Stamp,
				&p.WARC, &p.Offset, &p.Record, &p.Payload, &p.FirstSeen, &p.LastChange, &details)
			p.Details = digest(details)
			found[p.ID] = p
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("archive %s: provenance: %w", a.dir, err)
	}
	ordered := make([]Provenance, 0, len(found))
	for _, id := range ids {
		if p, ok := found[id]; ok {
			ordered = append(ordered, p)
		}
	}
	return ordered, nil
}

// Removal says when an article left the archive.
type Removal struct {
	ID        string
	Removed   string // UTC, as the archive has it
	Forgotten bool   // else no capture gives it any more
}

// Removals returns those of the articles with these ids that were there once.
func (a *Archive) Removals(ctx context.Context, ids []string) ([]Removal, error) {
	var removals []Removal
	err := a.read(ctx, `SELECT r.id, r.removed, f.key IS NOT NULL FROM removed r LEFT JOIN forgotten f ON f.key = r.url
		WHERE r.id IN (SELECT value FROM json_each(?)) ORDER BY r.id`, []any{jsonList(ids)},
		func(scan func(...any) error) error {
			var r Removal
			err := scan(&r.ID, &r.Removed, &r.Forgotten)
			removals = append(removals, r)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("archive %s: removals: %w", a.dir, err)
	}
	return removals, nil
}
