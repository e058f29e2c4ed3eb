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

// Forget erases an article, named as for [Archive.Article], or a page that gave none, named by its URL: its texts, its tags,
// the records of its captures in the WARC files. What is left is its URL, so that it is not fetched, imported or read again,
// and the digests and times of its captures. The WARC files keep their length, and all other records their place.
func (a *Archive) Forget(ctx context.Context, name string) (Forgotten, error) {
	var f forgetter
	err := a.update(ctx, func(t *tx) error {
		f = forgetter{tx: t, now: timeText(time.Now())}
		return f.forget(name)
	})
	if err == nil {
		err = a.erase(ctx)
	}
	if err != nil {
		return Forgotten{}, fmt.Errorf("archive %s: forget %s: %w", a.dir, name, err)
	}
	return f.Forgotten, nil
}

// forgetter forgets one article, within one transaction.
type forgetter struct {
	*tx
	Forgotten
	now string
}

func (f *forgetter) forget(name string) error {
	id, err := resolve(f.ctx, f, name)
	if errors.Is(err, ErrNotFound) && strings.Contains(name, ":") {
		if _, err := blotter.CanonicalURL(name); err != nil {
			return err
		}
		f.URL = itemKey(name, true)
		return f.erase(jsonList([]string{f.URL}))
	}
	if err != nil {
		return err
	}
	f.ID = id
	if _, err := f.exec(`PRAGMA secure_delete = ON`); err != nil { // what is deleted is overwritten too
		return err
	}
	defer func() { _, _ = f.exec(`PRAGMA secure_delete = OFF`) }()
	if err := f.one(`SELECT url, title FROM articles WHERE id = ?`, []any{id}, &f.URL, &f.Title); err != nil {
		return err
	}
	keys := []string{f.URL}
	err = scan(f.ctx, f, `SELECT DISTINCT key FROM captures c JOIN revisions r ON r.capture = c.id WHERE r.article = ? AND c.gave = 1`,
		[]any{id}, func(scan func(...any) error) error {
			keys = append(keys, "")
			return scan(&keys[len(keys)-1])
		})
	if err != nil {
		return err
	}
	if err := f.article(id); err != nil {
		return err
	}
	return f.erase(jsonList(keys))
}

// article deletes what was read and says so to those who follow.
func (f *forgetter) article(id string) error {
	err := f.one(`SELECT count(*) FROM captures c JOIN revisions r ON r.capture = c.id WHERE r.article = ? AND c.gave > 1`, []any{id}, &f.Shared)
	if err != nil {
		return err
	}
	var seq sequence
	if err := seq.begin(f.tx); err != nil {
		return err
	}
	for _, query := range []string{
		`DELETE FROM articles WHERE id = ?`,
		`UPDATE captures SET gave = gave - 1 WHERE id IN (SELECT capture FROM revisions WHERE article = ?)`,
		`CREATE TEMP TABLE IF NOT EXISTS gone (text INTEGER)`,
		`INSERT INTO gone SELECT text FROM revisions WHERE article = ?`,
		`DELETE FROM revisions WHERE article = ?`,
		`DELETE FROM texts WHERE id IN (SELECT text FROM gone) AND id NOT IN (SELECT text FROM revisions)`,
		`DELETE FROM gone`,
	} {
		args := []any{id}
		if !strings.Contains(query, "?") {
			args = nil
		}
		if _, err := f.exec(query, args...); err != nil {
			return err
		}
	}
	if _, err := f.exec(`INSERT INTO removed (id, url, removed, seq) VALUES (?, ?, ?, ?)`, id, f.URL, f.now, seq.next()); err != nil {
		return err
	}
	return seq.end(f.tx)
}

// erase notes that what has these keys is forgotten, and which bytes of the WARC files are to be overwritten.
func (f *forgetter) erase(keys string) error {
	const captures = `SELECT id FROM captures WHERE key IN (SELECT value FROM json_each(?1)) AND gave = 0
		AND purpose IN ('page', 'record') AND forgotten IS NULL`
	err := f.one(`SELECT count(*), coalesce(sum(length), 0) FROM captures WHERE id IN (`+captures+`)`, []any{keys}, &f.Captures, &f.Bytes)
	if err != nil {
		return err
	}
	for _, query := range []string{
		`INSERT INTO forgotten SELECT value, ?2 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`,
		`INSERT INTO erasures SELECT warc, offset, length FROM ledger WHERE warc IS NOT NULL AND ?2 <> '' AND capture IN (` + captures + `)`,
		`UPDATE items SET title = '', summary = '', authors = '[]', published_raw = '', next_look = NULL, fetched = coalesce(fetched, ?2)
			WHERE key IN (SELECT value FROM json_each(?1))`,
		`UPDATE captures SET forgotten = ?2, reason = '` + string(blotter.ReasonForgotten) + `', detail = '' WHERE id IN (` + captures + `)`,
	} {
		if _, err := f.exec(query, keys, f.now); err != nil {
			return err
		}
	}
	return nil
}

// isForgotten says whether what has this key is not to be kept.
func (t *tx) isForgotten(key string) (is bool, err error) {
	err = t.one(`SELECT EXISTS (SELECT 1 FROM forgotten WHERE key = ?)`, []any{key}, &is)
	return is, err
}

// erase overwrites what the table erasures speaks of.
func (a *Archive) erase(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.eraseAll(context.WithoutCancel(ctx))
}

// eraseAll is erase for who holds the mutex.
func (a *Archive) eraseAll(ctx context.Context) error {
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
	// SQLite's log of changes still holds what was deleted, until it is emptied.
	for _, query := range []string{`DELETE FROM erasures`, `PRAGMA wal_checkpoint(TRUNCATE)`} {
		if _, err := a.writer.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
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
