package archive

import (
	"fmt"

	"blotter"
)

// rowRepair is a statement that puts rows right; what says of how many, for people.
type rowRepair struct{ what, statement string }

// rowsOfRecords see to it that rows which speak of captures and fetches agree with each other. What has lost its other half is
// deleted when the WARC record can give it back, see repairer.files.
var rowsOfRecords = []rowRepair{
	{"sources that other rows name were noted again", `INSERT OR IGNORE INTO sources (id) SELECT source FROM items UNION SELECT source FROM captures
		UNION SELECT source FROM ledger UNION SELECT source FROM backfills UNION SELECT source FROM alarms`},
	{"lines of the ledger without their pass", `UPDATE ledger SET pass = NULL WHERE pass IS NOT NULL AND pass NOT IN (SELECT id FROM passes)`},
	{"lines of the ledger whose capture is lost were dropped, to be made again",
		`DELETE FROM ledger WHERE outcome IN ('new', 'changed') AND (capture IS NULL OR capture NOT IN (SELECT id FROM captures))`},
	{"lines of the ledger whose capture is lost", `UPDATE ledger SET capture = NULL WHERE capture IS NOT NULL AND capture NOT IN (SELECT id FROM captures)`},
	{"lines of the ledger without their WARC file", `UPDATE ledger SET warc = NULL, offset = NULL, length = NULL
		WHERE warc IS NOT NULL AND warc NOT IN (SELECT id FROM warc_files)`},
	{"lines of the ledger that stood twice were dropped", `DELETE FROM ledger WHERE outcome IN ('new', 'changed') AND id NOT IN
		(SELECT min(id) FROM ledger WHERE outcome IN ('new', 'changed') GROUP BY capture)`},
	{"lines of the ledger were made again of their captures",
		`INSERT INTO ledger (source, purpose, url, started, elapsed_ms, robots, hops, status, bytes, outcome, reason, detail, wait_s,
			capture, warc, offset, length)
		SELECT source, purpose, iif(via <> '', via, url), coalesce(asked, fetched), 0, '', iif(status = 0, 0, 1), status, bytes, 'new', '', '', 0,
			id, warc, offset, length
		FROM captures WHERE id NOT IN (SELECT capture FROM ledger WHERE outcome IN ('new', 'changed'))`},
	{"items were made again of their captures",
		`INSERT OR IGNORE INTO items (id, key, url, source, title, summary, authors, published_precision, published_raw, published_method,
			first_seen, last_seen, tries, fetched, looked)
		SELECT item, key, url, source, '', '', '[]', '', '', '', min(fetched), max(fetched), count(*), min(fetched), max(fetched)
		FROM captures WHERE item IS NOT NULL AND item NOT IN (SELECT id FROM items) GROUP BY item`},
	{"captures without their item", `UPDATE captures SET item = NULL WHERE item IS NOT NULL AND item NOT IN (SELECT id FROM items)`},
	{"lists of backfills that are lost were dropped", `DELETE FROM frontier WHERE backfill NOT IN (SELECT id FROM backfills)`},
	{"entries of backfills that are lost were dropped", `DELETE FROM found WHERE backfill NOT IN (SELECT id FROM backfills)
		OR item IS NOT NULL AND item NOT IN (SELECT id FROM items)`},
	{"erasures without their WARC file were dropped", `DELETE FROM erasures WHERE warc NOT IN (SELECT id FROM warc_files)`},
}

// rowsOfArticles see to it that the rows of articles agree, when those that are to be read again are gone.
var rowsOfArticles = []rowRepair{
	{"tags without their article were dropped", `DELETE FROM tags WHERE article NOT IN (SELECT id FROM articles)`},
	{"sentences of evidence without their tag were dropped", `DELETE FROM evidence WHERE tag NOT IN (SELECT id FROM tags)`},
	{"facts without their tag were dropped", `DELETE FROM facts WHERE tag NOT IN (SELECT id FROM tags)`},
	{"articles noted as removed, and there, are noted no more", `DELETE FROM removed WHERE id IN (SELECT id FROM articles)
		OR seq IN (SELECT seq FROM articles)`},
	{"texts that no revision has were dropped", `DELETE FROM texts WHERE id NOT IN (SELECT text FROM revisions)`},
	{"captures are read again", `UPDATE captures SET stamp = NULL, gave = (SELECT count(*) FROM revisions r WHERE r.capture = captures.id)
		WHERE gave <> (SELECT count(*) FROM revisions r WHERE r.capture = captures.id)`},
	{"the number of the last change was put right", `UPDATE meta SET value = (SELECT max(seq) FROM (SELECT seq FROM articles UNION ALL SELECT seq FROM removed))
		WHERE key = 'seq' AND CAST(value AS INTEGER) < (SELECT max(seq) FROM (SELECT seq FROM articles UNION ALL SELECT seq FROM removed))`},
}

// run runs statements in one transaction, and notes what they did.
func (r *repairer) run(repairs []rowRepair) error {
	return r.a.update(r.ctx, func(t *tx) error {
		for _, x := range repairs {
			result, err := t.exec(x.statement)
			if err != nil {
				return fmt.Errorf("%s: %w", x.what, err)
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			r.mended(int(n), "%s", x.what)
		}
		return nil
	})
}

// suspects are the articles whose rows contradict each other; those whose text contradicts its digest are found by reading it.
const suspects = `SELECT article FROM revisions WHERE text NOT IN (SELECT id FROM texts) OR capture NOT IN (SELECT id FROM captures)
	OR article NOT IN (SELECT id FROM articles)
	UNION SELECT a.id FROM articles a LEFT JOIN revisions r ON r.id = a.reading
		WHERE r.article IS NOT a.id OR r.capture IS NOT a.capture OR r.revision IS NOT a.revision OR r.title IS NOT a.title
			OR a.revision <> (SELECT max(revision) FROM revisions WHERE article = a.id)`

// articles drops the articles that are to be read again and the tags that are to be given again.
func (r *repairer) articles() error {
	again := map[string]bool{}
	err := r.a.read(r.ctx, suspects, nil, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		again[id] = true
		return err
	})
	if err != nil {
		return err
	}
	err = r.a.read(r.ctx, `SELECT r.article, r.title, t.body, r.sha256 FROM revisions r JOIN texts t ON t.id = r.text`, nil,
		func(scan func(...any) error) error {
			var article, title, body, sha256 string
			err := scan(&article, &title, &body, &sha256)
			if err == nil && textDigest(title, body) != sha256 {
				again[article] = true
			}
			return err
		})
	if err != nil {
		return err
	}
	err = r.a.read(r.ctx, `SELECT id, url FROM articles`, nil, func(scan func(...any) error) error {
		var id, url string
		err := scan(&id, &url)
		if err == nil && blotter.ArticleID(url) != id {
			again[id] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	dropped := 0
	for id := range again {
		ok, err := r.readable(id)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := r.dropArticle(id); err != nil {
			return err
		}
		dropped++
	}
	r.mended(dropped, "articles are read again from their captures")
	return r.evidence()
}

// readable says whether all that an article was read from can be read again.
func (r *repairer) readable(id string) (bool, error) {
	captures, err := r.a.captureRows(r.ctx, `WHERE c.id IN (SELECT capture FROM revisions WHERE article = ?)`, id)
	if err != nil {
		return false, err
	}
	s := r.a.source()
	defer s.close()
	for i := range captures {
		if captures[i].forgotten {
			continue
		}
		if err := s.fill(&captures[i]); err != nil {
			r.lost("article %s stays as it is: it cannot be read again from its capture: %v", id, err)
			return false, r.ctx.Err()
		}
	}
	return true, r.ctx.Err()
}

// dropArticle deletes the rows of an article. Its captures then have given less than they say, and are read again.
func (r *repairer) dropArticle(id string) error {
	return r.a.update(r.ctx, func(t *tx) error {
		for _, query := range []string{
			`UPDATE captures SET stamp = NULL WHERE id IN (SELECT capture FROM revisions WHERE article = ?)`,
			`DELETE FROM revisions WHERE article = ?`,
			`DELETE FROM articles WHERE id = ?`,
		} {
			if _, err := t.exec(query, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// evidence drops the tags of articles in which a quote does not stand where it should, or that lack some, so that they are tagged
// again.
func (r *repairer) evidence() error {
	again := map[string]bool{}
	err := r.a.read(r.ctx, evidenceTexts, nil, func(scan func(...any) error) error {
		e, err := scanEvidence(scan)
		if err == nil && !e.stands() {
			again[e.article] = true
		}
		return err
	})
	if err == nil {
		err = r.lostTags(again)
	}
	if err != nil {
		return err
	}
	for id := range again {
		err := r.a.update(r.ctx, func(t *tx) error {
			if _, err := t.exec(`DELETE FROM tags WHERE article = ?`, id); err != nil {
				return err
			}
			_, err := t.exec(`UPDATE articles SET rules = NULL, tags_sha256 = '' WHERE id = ?`, id)
			return err
		})
		if err != nil {
			return err
		}
	}
	r.mended(len(again), "articles are tagged again")
	return nil
}

// lostTags finds the articles whose tags are not all those that were put.
func (r *repairer) lostTags(again map[string]bool) error {
	const batch = 500
	for after := ""; ; {
		var articles []blotter.Article
		var digests []string
		err := r.a.view(r.ctx, func(q querier) error {
			err := scan(r.ctx, q, `SELECT id, tags_sha256 FROM articles WHERE id > ? AND rules IS NOT NULL ORDER BY id LIMIT ?`, []any{after, batch},
				func(scan func(...any) error) error {
					var a blotter.Article
					var digest string
					err := scan(&a.ID, &digest)
					articles, digests = append(articles, a), append(digests, digest)
					return err
				})
			if err != nil {
				return err
			}
			return readTags(r.ctx, q, articles)
		})
		if err != nil || len(articles) == 0 {
			return err
		}
		for i := range articles {
			if tagsDigest(articles[i].Tags) != digests[i] {
				again[articles[i].ID] = true
			}
		}
		after = articles[len(articles)-1].ID
	}
}
