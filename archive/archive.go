// Package archive is the record: every answer of a source as it came over the wire, in WARC/1.1 files that other
// tools read, and everything known about it in one SQLite database.
//
// An archive is a folder: blotter.sqlite, the folder warc, and a lock. [Open] takes the lock, since one process
// writes at a time; [OpenReadOnly] reads beside it. The steps of the program ask the archive what is left to do
// and hand back what they did:
//
//	crawl    List, Rechecks   → Keep
//	derive   Underived        → PutDerived
//	tag      Untagged         → PutTags
//	follow   Since
//	notify   Watch, Since     → Follow
//	deliver  DueDeliveries    → Delivered, Undelivered
//
// Each of the calls on the right is one transaction. Keep writes to the WARC file and syncs it before it commits
// the rows that speak of it: a crash can leave records without a row, which the next Open cuts off, never a row
// without its record. Captures never change; articles, revisions and tags are derived from them and can be
// derived again. Only [Archive.Forget] takes anything away.
//
// The archive does not fetch, extract, tag or search, and it holds no rules: what the world got wrong reaches it
// as a [blotter.Failure] and is written down. Every error it returns is our own fault or the machine's.
//
// All methods are safe for concurrent use.
package archive

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

const databaseName = "blotter.sqlite"

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("not in the archive")
	ErrReadOnly = errors.New("the archive was opened for reading only")

	errNone      = errors.New("there is no archive here yet: make one with blotter run or blotter import, or name its folder")
	errForgotten = errors.New("it was forgotten, and its record erased")

	errClosed = errors.New("the archive is closed")
)

// Options of an archive that is opened for writing.
type Options struct {
	MaxWARC  int64  // a WARC file is closed when it has grown past this; zero: 1 GiB
	Software string // what the warcinfo record names as the writer; empty: "blotter"
	Reserve  int64  // Keep writes nothing when less is free on the disk; zero: DefaultReserve, negative: none
}

// Archive is an open archive.
type Archive struct {
	dir, id  string
	options  Options
	readOnly bool
	reader   *sql.DB
	readers  *readerPool // of reader
	writes   *sql.DB     // the pool that holds writer and no other connection

	mu     sync.Mutex // held by the one who writes, and guards what follows
	lock   *os.File
	writer *sql.Conn // nil: closed
	stmts  map[string]*sql.Stmt
	rows   map[string]bool // sources that have a row
	spares bool            // nothing was ever forgotten, as far as is known
	warc   *warcFile       // nil until the first record

	queue queue

	commits atomic.Int64  // transactions so far
	pages   atomic.Int64  // captures kept so far that are to be read
	kept    chan struct{} // holds something when there are more of them
	changes atomic.Int64  // transactions so far that counted changes
	seq     atomic.Pointer[knownSeq]
	known   known
	calm    calm
}

// Exists returns an error when there is no archive in dir, for those who do not want one made.
func Exists(dir string) error {
	info, err := os.Stat(filepath.Join(dir, databaseName))
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		err = none(dir)
	}
	if err != nil {
		return fmt.Errorf("archive %s: %w", dir, err)
	}
	return nil
}

// Open opens the archive in dir for writing and makes it when there is none. It cuts off what a crash left behind
// the last committed WARC record. While another process has it open the error is a *LockedError.
func Open(dir string, o Options) (*Archive, error) {
	if o.MaxWARC <= 0 {
		o.MaxWARC = 1 << 30
	}
	if o.Reserve == 0 {
		o.Reserve = DefaultReserve
	}
	if o.Software == "" {
		o.Software = "blotter"
	}
	a := newArchive(dir, o)
	if err := os.MkdirAll(a.warcDir(), 0o700); err != nil {
		return nil, fmt.Errorf("archive %s: %w", dir, err)
	}
	var err error
	if a.lock, err = lock(dir); err != nil {
		return nil, err
	}
	if err := a.open(context.Background()); err != nil {
		a.Close()
		return nil, fmt.Errorf("archive %s: %w", dir, advised(err))
	}
	return a, nil
}

// newArchive returns one that is not open yet.
func newArchive(dir string, o Options) *Archive {
	return &Archive{dir: dir, options: o, stmts: map[string]*sql.Stmt{}, rows: map[string]bool{}, kept: make(chan struct{}, 1)}
}

func (a *Archive) open(ctx context.Context) error {
	path := filepath.Join(a.dir, databaseName)
	if exists(filepath.Join(a.dir, manifestName)) {
		return fmt.Errorf("it is a backup, whose files others may share: put it back into a folder of its own with blotter restore")
	}
	if err := a.notLost(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // SQLite would make it, and its -wal, readable by all
	if err != nil {
		return err
	}
	f.Close()
	if err := a.openDatabases(ctx, path); err != nil {
		return err
	}
	if err := a.identify(ctx); err != nil {
		return err
	}
	if err := a.eraseRecords(ctx); err != nil {
		return err
	}
	return a.resume(ctx)
}

// openDatabases opens the database for the one who writes and for readers, and brings it to the newest schema.
func (a *Archive) openDatabases(ctx context.Context, path string) (err error) {
	// Secure delete writes zeros over what is deleted, so that nothing forgotten stands in unused parts of the file.
	mode := "&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=secure_delete(1)&_txlock=immediate"
	if a.writes, err = openDatabase(path, mode, 1); err != nil {
		return err
	}
	if err := migrate(ctx, a.writes, path, schemas); err != nil {
		return err
	}
	if a.writer, err = a.writes.Conn(ctx); err != nil {
		return err
	}
	if a.reader, err = openDatabase(path, "&_query_only=1", readers+1); err != nil {
		return err
	}
	a.readers = newReaderPool(a.reader)
	return nil
}

// notLost refuses to make a new database beside WARC files: they are the record of one that was lost.
func (a *Archive) notLost(path string) error {
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		return nil
	}
	if err := none(a.dir); !errors.Is(err, errNone) {
		return err
	}
	return nil
}

// none says of a folder without a database what it is.
func none(dir string) error {
	files, err := os.ReadDir(filepath.Join(dir, "warc"))
	if err != nil || len(files) == 0 {
		return errNone
	}
	return fmt.Errorf("%s is missing or empty, but there are %d WARC files: put the last backup back with blotter restore, or "+
		"make a new database of the files with blotter repair", databaseName, len(files))
}

// identify reads the archive's id and gives a new archive one.
func (a *Archive) identify(ctx context.Context) error {
	if !a.readOnly {
		_, err := a.writer.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES ('id', ?), ('created', ?), ('seq', '0')
			ON CONFLICT DO NOTHING`, rand.Text(), timeText(time.Now()))
		if err != nil {
			return err
		}
	}
	return a.reader.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'id'`).Scan(&a.id)
}

// OpenReadOnly opens the archive in dir for reading, beside a process that writes to it or without one.
func OpenReadOnly(dir string) (*Archive, error) {
	a := &Archive{dir: dir, readOnly: true}
	if err := a.openReadOnly(context.Background()); err != nil {
		a.Close()
		return nil, fmt.Errorf("archive %s: %w", dir, advised(err))
	}
	return a, nil
}

func (a *Archive) openReadOnly(ctx context.Context) error {
	path := filepath.Join(a.dir, databaseName)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return none(a.dir)
	}
	if err != nil {
		return err
	}
	mode := "&_query_only=1"
	if !writable(a.dir) {
		// On a read-only medium SQLite cannot make the file that readers and a writer share; no writer can be
		// there either.
		mode += "&mode=ro&immutable=1"
	}
	if a.reader, err = openDatabase(path, mode, readers+1); err != nil {
		return err
	}
	a.readers = newReaderPool(a.reader)
	v, err := readVersion(ctx, a.reader)
	if err != nil {
		return err
	}
	steps, err := fs.Glob(schemas, "schema/*.sql")
	if err != nil {
		return err
	}
	if err := v.known(len(steps)); err != nil {
		return err
	}
	if v.user < len(steps) {
		return versionError{v.user, len(steps)}
	}
	return a.identify(ctx)
}

// ID returns the archive's own random name, made with it. An index notes it so that it never follows another archive.
func (a *Archive) ID() string { return a.id }

// Close closes the archive and gives up the lock. What was kept before is safe without it.
func (a *Archive) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var errs []error
	if a.writer != nil && len(a.known.unwritten()) > 0 {
		errs = append(errs, a.transact(context.Background(), func(*tx) error { return nil }))
	}
	for _, s := range a.stmts {
		errs = append(errs, s.Close())
	}
	clear(a.stmts)
	if a.warc != nil {
		errs = append(errs, a.warc.file.Close())
		a.warc = nil
	}
	if a.writer != nil {
		errs = append(errs, a.writer.Close())
		a.writer = nil
	}
	if a.readers != nil {
		errs = append(errs, a.readers.close())
	}
	for _, db := range []*sql.DB{a.reader, a.writes} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if a.lock != nil {
		errs = append(errs, a.lock.Close())
		a.lock = nil
	}
	return errors.Join(errs...)
}

func (a *Archive) warcDir() string { return filepath.Join(a.dir, "warc") }
