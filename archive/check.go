package archive

import (
	"context"
	"errors"
	"fmt"

	"blotter"
)

// maxFindings ends a look, and the reading of a WARC file: what comes after so many is more of the same.
const maxFindings = 20

// FindingKind says what is wrong, and so what helps.
type FindingKind string

// The kinds of findings.
const (
	FoundDatabase FindingKind = "database" // SQLite finds its file damaged, or cannot read it
	FoundRows     FindingKind = "rows"     // rows that contradict each other
	FoundText     FindingKind = "text"     // a text that its digest does not vouch for
	FoundEvidence FindingKind = "evidence" // a quote that is not in its text
	FoundWARC     FindingKind = "warc"     // a WARC file that is missing, cut or damaged
	FoundErasure  FindingKind = "erasure"  // a record that is forgotten and not erased yet
)

// Finding is one thing that is wrong.
type Finding struct {
	Kind FindingKind
	What string
}

// CheckOptions say how far a check goes.
type CheckOptions struct {
	Deep bool // read every record of the WARC files; else only their sizes are looked at

	// Doing is told what is looked at, and of WARC files how many bytes of how many are read; may be nil.
	Doing func(what string, done, total int64)
}

// Check makes sure that the archive is whole: the database by SQLite's own measure, every article as its captures gave it,
// every piece of evidence where it is said to stand, every WARC file there with all that was committed; in a deep check
// every record of them readable and matching its digests, and every capture at its record. It returns what it found,
// up to a limit for each look; an error only when it could not go on.
//
// It sees the archive as it was when it began, but for records that are forgotten meanwhile.
func (a *Archive) Check(ctx context.Context, o CheckOptions) ([]Finding, error) {
	c := checker{a: a, ctx: ctx, options: o}
	err := a.view(ctx, func(q querier) error {
		c.q = q
		return c.check()
	})
	if err != nil {
		return c.findings, fmt.Errorf("archive %s: check: %w", a.dir, err)
	}
	return c.findings, nil
}

// checker gathers findings. Its methods return an error when they cannot go on.
type checker struct {
	a        *Archive
	ctx      context.Context
	options  CheckOptions
	q        querier
	findings []Finding
	since    int                    // findings when the look began, or the file
	wanted   func(name string) bool // which WARC files a deep check reads; nil: all
}

func (c *checker) check() error {
	looks := []struct {
		what string
		look func() error
	}{
		{"database", c.database}, {"rows", c.rows}, {"texts", c.texts}, {"evidence", c.evidence}, {"erasures", c.erasures}, {"WARC files", c.files},
	}
	for _, l := range looks {
		c.doing(l.what, 0, 0)
		c.since = len(c.findings)
		err := l.look()
		if ended := c.ctx.Err(); ended != nil {
			return ended
		}
		if err != nil && !errors.Is(err, errEnough) { // of a damaged database one part may be read and another not
			c.findings = append(c.findings, Finding{FoundDatabase, fmt.Sprintf("%s: the %s cannot be read: %v", databaseName, l.what, err)})
		}
	}
	return nil
}

func (c *checker) doing(what string, done, total int64) {
	if c.options.Doing != nil {
		c.options.Doing(what, done, total)
	}
}

var errEnough = errors.New("too much to list the rest")

// found adds a finding; its error ends the look.
func (c *checker) found(kind FindingKind, format string, args ...any) error {
	c.findings = append(c.findings, Finding{kind, fmt.Sprintf(format, args...)})
	if len(c.findings)-c.since < maxFindings {
		return c.ctx.Err()
	}
	c.findings = append(c.findings, Finding{kind, errEnough.Error()})
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
		return c.found(FoundDatabase, "%s: %s", databaseName, text)
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
		return c.found(FoundDatabase, "%s: a row of %s speaks of a row of %s that is not there", databaseName, table, parent)
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
			return c.found(FoundRows, m.what, name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// erasures finds records that Forget has yet to overwrite, because it was interrupted.
func (c *checker) erasures() error {
	return c.scan(`SELECT w.name, e.offset FROM erasures e JOIN warc_files w ON w.id = e.warc`, nil, func(scan func(...any) error) error {
		var name string
		var offset int64
		if err := scan(&name, &offset); err != nil {
			return err
		}
		return c.found(FoundErasure, "%s: what is forgotten at byte %d is still there", name, offset)
	})
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
			return c.found(FoundText, "article %s: the text of revision %d does not match its digest", article, revision)
		})
	if err != nil {
		return err
	}
	return c.scan(`SELECT id, url FROM articles`, nil, func(scan func(...any) error) error {
		var id, url string
		if err := scan(&id, &url); err != nil || blotter.ArticleID(url) == id {
			return err
		}
		return c.found(FoundRows, "article %s: its id is not that of %s", id, url)
	})
}

// evidenceTexts selects every quote with the text that it was taken from, for scanEvidence.
const evidenceTexts = `SELECT t.article, t.tag, e."start", e."end", e.quote, iif(e.field = 'title', r.title, x.body)
	FROM evidence e JOIN tags t ON t.id = e.tag JOIN articles a ON a.id = t.article
	JOIN revisions r ON r.id = a.reading JOIN texts x ON x.id = r.text`

type quoted struct {
	article, tag, quote, text string
	start, end                int
}

func scanEvidence(scan func(...any) error) (quoted, error) {
	var q quoted
	err := scan(&q.article, &q.tag, &q.start, &q.end, &q.quote, &q.text)
	return q, err
}

func (q *quoted) stands() bool {
	return q.start >= 0 && q.start <= q.end && q.end <= len(q.text) && q.text[q.start:q.end] == q.quote
}

// evidence looks every quote up in the text that it was taken from.
func (c *checker) evidence() error {
	return c.scan(evidenceTexts, nil, func(scan func(...any) error) error {
		q, err := scanEvidence(scan)
		if err != nil || q.stands() {
			return err
		}
		return c.found(FoundEvidence, "article %s: the evidence of tag %s at byte %d is not what the text says there", q.article, q.tag, q.start)
	})
}
