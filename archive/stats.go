package archive

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"blotter"
)

// Stats are the figures of an archive.
type Stats struct {
	Sources, Items, Captures, Articles, Revisions int
	Tagged                                        int // articles with a tag
	Removed                                       int // articles that no capture gives any more
	Fetches                                       int // lines of the ledger
	WARCFiles                                     int
	WARCBytes, DatabaseBytes                      int64
	Seq                                           int64
	First, Last                                   time.Time              // the oldest and the newest capture
	ByTag                                         map[string]int         // articles by tag
	None                                          map[blotter.Reason]int // captures without an article by reason
}

// Stats counts what the archive holds.
func (a *Archive) Stats(ctx context.Context) (Stats, error) {
	s := Stats{ByTag: map[string]int{}, None: map[blotter.Reason]int{}}
	err := a.view(ctx, func(q querier) error {
		var first, last nullTime
		err := scan(ctx, q, `SELECT (SELECT count(*) FROM sources), (SELECT count(*) FROM items), (SELECT count(*) FROM captures),
				(SELECT count(*) FROM articles), (SELECT coalesce(sum(revision), 0) FROM articles), (SELECT count(DISTINCT article) FROM tags),
				(SELECT count(*) FROM removed), (SELECT count(*) FROM ledger), (SELECT count(*) FROM warc_files),
				(SELECT coalesce(sum(length), 0) FROM warc_files),
				(SELECT page_count * page_size FROM pragma_page_count, pragma_page_size),
				(SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seq'),
				(SELECT min(fetched) FROM captures), (SELECT max(fetched) FROM captures)`, nil,
			func(scan func(...any) error) error {
				return scan(&s.Sources, &s.Items, &s.Captures, &s.Articles, &s.Revisions, &s.Tagged, &s.Removed, &s.Fetches,
					&s.WARCFiles, &s.WARCBytes, &s.DatabaseBytes, &s.Seq, &first, &last)
			})
		s.First, s.Last = first.Time, last.Time
		if err != nil {
			return err
		}
		err = scan(ctx, q, `SELECT tag, count(DISTINCT article) FROM tags GROUP BY tag`, nil, func(scan func(...any) error) error {
			return scanCount(scan, s.ByTag)
		})
		if err != nil {
			return err
		}
		return scan(ctx, q, `SELECT reason, count(*) FROM captures WHERE reason <> '' GROUP BY reason`, nil, func(scan func(...any) error) error {
			return scanCount(scan, s.None)
		})
	})
	if err != nil {
		return Stats{}, fmt.Errorf("archive %s: stats: %w", a.dir, err)
	}
	return s, nil
}

func scanCount[K ~string](scan func(...any) error, counts map[K]int) error {
	var key K
	var n int
	err := scan(&key, &n)
	counts[key] = n
	return err
}

// BeginPass notes that a command has begun its pass and returns the pass's number, for Fetch.Pass.
func (a *Archive) BeginPass(ctx context.Context, command string) (int64, error) {
	var id int64
	err := a.update(ctx, func(t *tx) (err error) {
		id, err = t.insert(`INSERT INTO passes (started, command) VALUES (?, ?)`, timeText(time.Now()), command)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("archive %s: pass: %w", a.dir, err)
	}
	return id, nil
}

// EndPass notes the end of a pass, with its summary as JSON.
func (a *Archive) EndPass(ctx context.Context, pass int64, counts any) error {
	text, err := json.Marshal(counts)
	if err == nil {
		err = a.update(ctx, func(t *tx) error {
			_, err := t.exec(`UPDATE passes SET ended = ?, counts = ? WHERE id = ?`, timeText(time.Now()), string(text), pass)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("archive %s: pass %d: %w", a.dir, pass, err)
	}
	return nil
}
