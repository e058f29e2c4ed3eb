package archive

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"time"

	"blotter"
)

// Forgotten says what was forgotten.
type Forgotten struct {
	ID       string // of the article; "" when there was none
	URL      string
	Title    string
	Captures int   // whose records were erased
	Bytes    int64 // of them
	Shared   int   // captures that hold other articles too, such as those of a status feed: their records stay
}

// Forget erases articles, named as for [Archive.Article], and pages that gave none, named by their URL: their texts, their
// tags, the records of their pages in the WARC files. What is left is their URLs, so that they are not fetched, imported or
// read again, and the digests and times of their captures. The WARC files keep their length, and all other records their
// place; those of the lists that named an article, with its title, are others. It forgets all of the names or, on an error,
// none. The database is written anew, which takes its time and its room.
func (a *Archive) Forget(ctx context.Context, names ...string) ([]Forgotten, error) {
	var all []Forgotten
	err := a.update(ctx, func(t *tx) (err error) {
		all, err = t.forgetAll(names)
		return err
	})
	if err == nil {
		err = a.locked(ctx, func(ctx context.Context) error {
			if err := a.eraseRecords(ctx); err != nil {
				return err
			}
			// What was deleted, now or when a page was read again, still stands in unused parts of the file, and in the log of
			// changes: both are written anew. A copy of the database from before an upgrade or a repair goes.
			_, err := a.writer.ExecContext(ctx, `VACUUM`)
			if err == nil {
				err = removeBeside(filepath.Join(a.dir, databaseName), ".", "")
			}
			if err == nil {
				_, err = a.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
			}
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("archive %s: forget: %w", a.dir, err)
	}
	return all, nil
}

// forgetAll forgets articles and pages, but for their records, which are noted to be overwritten.
func (t *tx) forgetAll(names []string) ([]Forgotten, error) {
	now := timeText(time.Now())
	all := make([]Forgotten, 0, len(names))
	keys := map[string]bool{}
	for _, name := range names {
		f := forgetter{tx: t, now: now, erased: keys}
		if err := f.forget(name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, f.Forgotten)
	}
	for _, query := range []string{
		`DELETE FROM texts WHERE id NOT IN (SELECT text FROM revisions)`,
		`DELETE FROM outbox WHERE id NOT IN (SELECT message FROM outbox_entries)`,
	} {
		if _, err := t.exec(query); err != nil {
			return nil, err
		}
	}
	return all, t.forgetFailures(keys)
}

// locked runs what must not meet a writer.
func (a *Archive) locked(ctx context.Context, do func(context.Context) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.writer == nil {
		return errClosed
	}
	return do(context.WithoutCancel(ctx))
}

// forgetter forgets one article, within one transaction.
type forgetter struct {
	*tx
	Forgotten
	now    string
	erased map[string]bool // keys of all that is forgotten in the transaction
}

func (f *forgetter) forget(name string) error {
	id, err := resolve(f.ctx, f, name)
	if errors.Is(err, ErrNotFound) && strings.Contains(name, ":") {
		return f.page(name)
	}
	if err != nil {
		return err
	}
	f.ID = id
	if err := f.one(`SELECT url, title FROM articles WHERE id = ?`, []any{id}, &f.URL, &f.Title); err != nil {
		return err
	}
	keys, captures := []string{f.URL}, []int64{}
	err = scan(f.ctx, f, `SELECT c.id, c.key, c.purpose, c.gave FROM captures c JOIN revisions r ON r.capture = c.id WHERE r.article = ?`,
		[]any{id}, func(scan func(...any) error) error {
			var capture int64
			var gave int
			var key string
			var purpose blotter.Purpose
			err := scan(&capture, &key, &purpose, &gave)
			switch {
			case gave > 1:
				f.Shared++
			default:
				captures = append(captures, capture)
				if purpose == blotter.PurposePage || purpose == blotter.PurposeRecord { // else it is that of a feed
					keys = append(keys, key)
				}
			}
			return err
		})
	if err != nil {
		return err
	}
	if err := f.article(id); err != nil {
		return err
	}
	return f.erase(keys, captures)
}

// page forgets what gave no article.
func (f *forgetter) page(name string) error {
	if _, err := blotter.CanonicalURL(name); err != nil {
		return err
	}
	var isList bool
	f.URL = itemKey(name, false)
	err := f.one(`SELECT EXISTS (SELECT 1 FROM captures WHERE key = ? AND purpose IN ('list', 'status'))`, []any{f.URL}, &isList)
	if err != nil {
		return err
	}
	if isList {
		item := itemKey(name, true)
		if item == f.URL {
			return errors.New("it is the list of a source and no article; disable the source in the configuration instead")
		}
		f.URL = item
	}
	return f.erase([]string{f.URL}, nil)
}

// article deletes what was read and says so to those who follow.
func (f *forgetter) article(id string) error {
	var seq sequence
	if err := seq.begin(f.tx); err != nil {
		return err
	}
	for _, query := range []string{
		`DELETE FROM articles WHERE id = ?`,
		`UPDATE captures SET gave = gave - 1 WHERE id IN (SELECT capture FROM revisions WHERE article = ?)`,
		`DELETE FROM revisions WHERE article = ?`,
		`DELETE FROM alerted WHERE article = ?`,
		`UPDATE outbox SET total = total - 1 WHERE id IN (SELECT message FROM outbox_entries WHERE article = ?)`,
		`DELETE FROM outbox_entries WHERE article = ?`,
	} {
		if _, err := f.exec(query, id); err != nil {
			return err
		}
	}
	if _, err := f.exec(`INSERT INTO removed (id, url, removed, seq) VALUES (?, ?, ?, ?)`, id, f.URL, f.now, seq.next()); err != nil {
		return err
	}
	return seq.end(f.tx)
}

// erase notes that what has these keys is forgotten, and that the records of its pages and of these captures are to be
// overwritten.
func (f *forgetter) erase(keys []string, captures []int64) error {
	err := scan(f.ctx, f, `SELECT id FROM captures WHERE key IN (SELECT value FROM json_each(?)) AND gave = 0 AND purpose IN ('page', 'record')`,
		[]any{jsonList(keys)}, func(scan func(...any) error) error {
			captures = append(captures, 0)
			return scan(&captures[len(captures)-1])
		})
	if err != nil {
		return err
	}
	err = f.one(`SELECT count(*), coalesce(sum(length), 0) FROM captures WHERE id IN (SELECT value FROM json_each(?)) AND forgotten IS NULL`,
		[]any{jsonList(captures)}, &f.Captures, &f.Bytes)
	if err != nil {
		return err
	}
	for _, key := range keys {
		f.erased[key] = true
	}
	_, err = f.exec(`UPDATE items SET title = '', summary = '', authors = '[]', published_raw = '', next_look = NULL, fetched = coalesce(fetched, ?2)
		WHERE key IN (SELECT value FROM json_each(?1))`, jsonList(keys), f.now)
	if err != nil {
		return err
	}
	return f.forgetCaptures(keys, captures, f.now)
}

// forgetCaptures notes keys that are not to be kept again, and captures whose records are to be overwritten, with all that was
// asked and answered on the way to them, and on the way to the same again.
func (t *tx) forgetCaptures(keys []string, captures []int64, now string) error {
	t.a.spares = false
	_, err := t.exec(`INSERT INTO forgotten SELECT value, ?2 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`, jsonList(keys), now)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO erasures SELECT warc, offset, length FROM ledger WHERE warc IS NOT NULL AND capture IN
		(SELECT id FROM captures WHERE id IN (SELECT value FROM json_each(?)) AND forgotten IS NULL)`, jsonList(captures))
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE captures SET forgotten = ?2, reason = '`+string(blotter.ReasonForgotten)+`', detail = ''
		WHERE id IN (SELECT value FROM json_each(?1)) AND forgotten IS NULL`, jsonList(captures), now)
	return err
}

// forgetFailures has the evidence of failed fetches overwritten too: an answer that broke off is kept as far as it came. All of the
// ledger is read for it, so that it is done once a transaction.
func (t *tx) forgetFailures(keys map[string]bool) error {
	var rows []int64
	err := scan(t.ctx, t, `SELECT id, url FROM ledger WHERE capture IS NULL AND warc IS NOT NULL AND purpose IN ('page', 'record')`, nil,
		func(scan func(...any) error) error {
			var id int64
			var url string
			err := scan(&id, &url)
			if keys[itemKey(url, false)] {
				rows = append(rows, id)
			}
			return err
		})
	if err != nil {
		return err
	}
	if _, err := t.exec(`INSERT INTO erasures SELECT warc, offset, length FROM ledger WHERE id IN (SELECT value FROM json_each(?))`, jsonList(rows)); err != nil {
		return err
	}
	_, err = t.exec(`UPDATE ledger SET warc = NULL, offset = NULL, length = NULL WHERE id IN (SELECT value FROM json_each(?))`, jsonList(rows))
	return err
}

// isForgotten says whether what has this key is not to be kept. In most archives nothing was forgotten, and asking once is enough.
func (t *tx) isForgotten(key string) (is bool, err error) {
	if t.a.spares {
		return false, nil
	}
	var some bool
	err = t.one(`SELECT EXISTS (SELECT 1 FROM forgotten WHERE key = ?), EXISTS (SELECT 1 FROM forgotten)`, []any{key}, &is, &some)
	t.a.spares = err == nil && !some
	return is, err
}

// eraseRecords overwrites what the table erasures speaks of, for who holds the mutex.
func (a *Archive) eraseRecords(ctx context.Context) error {
	type erasure struct {
		span
		name string
	}
	var all []erasure
	err := scan(ctx, a.writer, `SELECT e.warc, e.offset, e.length, w.name FROM erasures e JOIN warc_files w ON w.id = e.warc`, nil,
		func(scan func(...any) error) error {
			var e erasure
			err := scan(&e.warc, &e.offset, &e.length, &e.name)
			all = append(all, e)
			return err
		})
	if err != nil || len(all) == 0 {
		return err
	}
	for _, e := range all {
		if err := overwrite(filepath.Join(a.warcDir(), e.name), e.span, time.Now()); err != nil {
			return err
		}
	}
	_, err = a.writer.ExecContext(ctx, `DELETE FROM erasures`)
	return err
}

// overwrite puts one record that says nothing in the place of those in a span of a file.
func overwrite(path string, at span, now time.Time) (err error) {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	member, err := emptyMember(at.length, now)
	if err != nil {
		return fmt.Errorf("%s at byte %d: %w", path, at.offset, err)
	}
	if err := os.Chmod(path, 0o600); err != nil { // a full file is closed for writing
		return err
	}
	defer func() { err = errors.Join(err, os.Chmod(path, info.Mode())) }()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(member, at.offset)
	return errors.Join(err, f.Sync(), f.Close())
}

// maxStored is how much a stored block of DEFLATE holds (RFC 1951, 3.2.4).
const maxStored = 65535

// emptyMember is a gzip member of a given length: a WARC record of spaces. It is stored, not compressed, so that readers
// find text wherever they look.
func emptyMember(length int64, now time.Time) ([]byte, error) {
	const frame = 10 + 8 // header and trailer (RFC 1952)
	blocks := (length - frame + maxStored - 1) / maxStored
	text := length - frame - 5*blocks
	head := func(n int64) string {
		return fmt.Sprintf("WARC/1.1\r\nWARC-Type: metadata\r\nWARC-Record-ID: %s\r\nWARC-Date: %s\r\nContent-Type: text/plain\r\nContent-Length: %010d\r\n\r\n",
			newRecordID(), now.UTC().Format(time.RFC3339), n)
	}
	const end = "\r\n\r\n"
	n := text - int64(len(head(0))+len(end))
	if n < 0 {
		return nil, fmt.Errorf("%d bytes are too few for a record", length)
	}
	record := []byte(head(n) + strings.Repeat(" ", int(n)) + end)
	var b bytes.Buffer
	b.WriteString(gzipMagic)
	b.Write([]byte{0, 0, 0, 0, 0, 0, 255})
	sum, size := crc32.ChecksumIEEE(record), uint32(len(record))
	for ; blocks > 0; blocks-- {
		part := record[:min(len(record), maxStored)]
		record = record[len(part):]
		last := byte(0)
		if blocks == 1 {
			last = 1
		}
		b.WriteByte(last)
		b.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(part))))
		b.Write(binary.LittleEndian.AppendUint16(nil, ^uint16(len(part))))
		b.Write(part)
	}
	b.Write(binary.LittleEndian.AppendUint32(nil, sum))
	b.Write(binary.LittleEndian.AppendUint32(nil, size))
	return b.Bytes(), nil
}
