package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"blotter"
)

// maxFindings ends a check: what comes after so many is more of the same.
const maxFindings = 20

// Check makes sure that the archive is whole: the database by SQLite's own measure, every record of the WARC files
// readable and matching its digests, every capture at its record, every article as its captures gave it, and every
// piece of evidence where it is said to stand. It returns nil or all that it found, up to a limit.
func (a *Archive) Check(ctx context.Context) error {
	c := checker{a: a, ctx: ctx}
	err := a.view(ctx, func(q querier) error {
		c.q = q
		for _, look := range []func() error{c.database, c.rows, c.files, c.texts, c.evidence} {
			if err := look(); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err = errors.Join(append(c.findings, err)...); err != nil {
		return fmt.Errorf("archive %s: check: %w", a.dir, err)
	}
	return nil
}

// checker gathers findings. Its methods return an error when they cannot go on.
type checker struct {
	a        *Archive
	ctx      context.Context
	q        querier
	findings []error
}

var errEnough = errors.New("too much to list the rest")

func (c *checker) found(format string, args ...any) error {
	c.findings = append(c.findings, fmt.Errorf(format, args...))
	if len(c.findings) < maxFindings {
		return c.ctx.Err()
	}
	c.findings = append(c.findings, errEnough)
	return errEnough
}

func (c *checker) scan(query string, args []any, row func(scan func(...any) error) error) error {
	return scan(c.ctx, c.q, query, args, row)
}

// database asks SQLite. A flipped byte within a text or a number it does not see: that is for the others.
func (c *checker) database() error {
	err := c.scan(`SELECT * FROM pragma_quick_check`, nil, func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil || text == "ok" {
			return err
		}
		return c.found("%s: %s", databaseName, text)
	})
	if err != nil {
		return err
	}
	return c.scan(`SELECT "table", rowid, parent FROM pragma_foreign_key_check`, nil, func(scan func(...any) error) error {
		var table, parent string
		var row *int64
		if err := scan(&table, &row, &parent); err != nil {
			return err
		}
		return c.found("%s: a row of %s speaks of a row of %s that is not there", databaseName, table, parent)
	})
}

// mustBeEmpty are queries that find rows that contradict each other.
var mustBeEmpty = []struct{ what, query string }{
	{"capture %s: it gave another number of articles than it says",
		`SELECT id FROM captures c WHERE gave <> (SELECT count(*) FROM revisions r WHERE r.capture = c.id)`},
	{"capture %s: the ledger has not exactly one line of its making",
		`SELECT id FROM captures LEFT JOIN (SELECT capture, count(*) AS lines FROM ledger WHERE outcome IN ('new', 'changed') GROUP BY capture) l
			ON l.capture = captures.id
		 WHERE lines IS NOT 1`},
	{"article %s: captures gave it, but it is not there",
		`SELECT DISTINCT article FROM revisions WHERE article NOT IN (SELECT id FROM articles)`},
	{"article %s: it does not show its newest revision",
		`SELECT a.id FROM articles a LEFT JOIN revisions r ON r.id = a.reading
		 WHERE r.article IS NOT a.id OR r.capture IS NOT a.capture OR r.revision IS NOT a.revision OR r.title IS NOT a.title
		    OR a.revision <> (SELECT max(revision) FROM revisions WHERE article = a.id)`},
	{"article %s: it is noted as removed, too", `SELECT id FROM removed WHERE id IN (SELECT id FROM articles)`},
	{"change %s: it is behind the last change",
		`SELECT seq FROM (SELECT seq FROM articles UNION ALL SELECT seq FROM removed) GROUP BY seq
		 HAVING seq > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seq')`},
	{"change %s: two articles have it",
		`SELECT seq FROM (SELECT seq FROM articles UNION ALL SELECT seq FROM removed) GROUP BY seq HAVING count(*) > 1`},
	{"text %s: no revision has it", `SELECT id FROM texts WHERE id NOT IN (SELECT text FROM revisions)`},
}

func (c *checker) rows() error {
	for _, m := range mustBeEmpty {
		err := c.scan(m.query, nil, func(scan func(...any) error) error {
			var name string
			if err := scan(&name); err != nil {
				return err
			}
			return c.found(m.what, name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// files reads every WARC file from end to end.
func (c *checker) files() error {
	type file struct {
		id, length int64
		name       string
	}
	var files []file
	err := c.scan(`SELECT id, name, length FROM warc_files ORDER BY id`, nil, func(scan func(...any) error) error {
		var f file
		err := scan(&f.id, &f.name, &f.length)
		files = append(files, f)
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.length == 0 {
			continue // made, and nothing committed to it yet
		}
		if err := c.file(f.id, filepath.Join(c.a.warcDir(), f.name), f.length); err != nil {
			return err
		}
	}
	return nil
}

// recorded is what a capture says of its record.
type recorded struct {
	capture, length int64
	record, sha256  string
}

func (c *checker) file(id int64, path string, length int64) error {
	captures := map[int64]recorded{}
	err := c.scan(`SELECT offset, id, length, record, sha256 FROM captures WHERE warc = ? AND forgotten IS NULL`, []any{id}, func(scan func(...any) error) error {
		var offset int64
		var r recorded
		err := scan(&offset, &r.capture, &r.length, &r.record, &r.sha256)
		captures[offset] = r
		return err
	})
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return c.found("%w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return err
	} else if info.Size() < length {
		if err := c.found("%s has %d bytes where %d were committed", path, info.Size(), length); err != nil {
			return err
		}
	}
	var before recorded // the capture of the record before, when both are sound
	var begun int64
	ended := func(at int64) error {
		if before.capture == 0 || before.length == at-begun {
			return nil
		}
		return c.found("%s: capture %d has a record of %d bytes at byte %d, and says that they are %d",
			path, before.capture, at-begun, begun, before.length)
	}
	for r, err := range ReadWARC(io.LimitReader(f, length)) {
		if err == nil {
			err = r.Verify()
		}
		want, isCapture := captures[r.Offset]
		if err == nil && isCapture {
			err = want.matches(r)
			delete(captures, r.Offset)
		}
		if err != nil {
			if err := c.found("%s: %w", path, err); err != nil {
				return err
			}
			before = recorded{}
			continue
		}
		if err := ended(r.Offset); err != nil {
			return err
		}
		before, begun = want, r.Offset
	}
	if err := ended(length); err != nil {
		return err
	}
	for offset, r := range captures {
		if err := c.found("%s: capture %d has no whole record at byte %d", path, r.capture, offset); err != nil {
			return err
		}
	}
	return nil
}

func (want recorded) matches(r Record) error {
	if r.ID != want.record {
		return fmt.Errorf("at byte %d is record %s where capture %d has its %s", r.Offset, r.ID, want.capture, want.record)
	}
	x, err := r.Exchange()
	if err != nil {
		return fmt.Errorf("capture %d: %w", want.capture, err)
	}
	if digest(x.Body) != want.sha256 {
		return fmt.Errorf("capture %d: the payload at byte %d does not match its digest", want.capture, r.Offset)
	}
	return nil
}

// texts compares every text with its digest, and every article's id with its URL.
func (c *checker) texts() error {
	err := c.scan(`SELECT r.article, r.revision, r.title, t.body, r.sha256 FROM revisions r JOIN texts t ON t.id = r.text`, nil,
		func(scan func(...any) error) error {
			var article, title, body, sha256 string
			var revision int
			if err := scan(&article, &revision, &title, &body, &sha256); err != nil || textDigest(title, body) == sha256 {
				return err
			}
			return c.found("article %s: the text of revision %d does not match its digest", article, revision)
		})
	if err != nil {
		return err
	}
	return c.scan(`SELECT id, url FROM articles`, nil, func(scan func(...any) error) error {
		var id, url string
		if err := scan(&id, &url); err != nil || blotter.ArticleID(url) == id {
			return err
		}
		return c.found("article %s: its id is not that of %s", id, url)
	})
}

// evidence looks every quote up in the text that it was taken from.
func (c *checker) evidence() error {
	return c.scan(`SELECT t.article, t.tag, e."start", e."end", e.quote, iif(e.field = 'title', r.title, x.body)
		FROM evidence e JOIN tags t ON t.id = e.tag JOIN articles a ON a.id = t.article
		JOIN revisions r ON r.id = a.reading JOIN texts x ON x.id = r.text`, nil,
		func(scan func(...any) error) error {
			var article, tag, quote, text string
			var start, end int
			if err := scan(&article, &tag, &start, &end, &quote, &text); err != nil {
				return err
			}
			if start >= 0 && start <= end && end <= len(text) && text[start:end] == quote {
				return nil
			}
			return c.found("article %s: the evidence of tag %s at byte %d is not what the text says there", article, tag, start)
		})
}
