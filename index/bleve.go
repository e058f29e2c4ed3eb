package index

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleveindex "github.com/blevesearch/bleve_index_api"
	bbolterrors "go.etcd.io/bbolt/errors"

	"blotter"
)

// What lies in the folder of an index.
const (
	lockFile    = "lock"      // held while the index is open
	storeDir    = "bleve"     // the files of Bleve
	discardDir  = "bleve.old" // a store on its way out: renamed first, so that half a removal is not taken for an index
	checkedFile = "checked"   // see checkStore
	damagedFile = "damaged"   // its presence says that the store is to be built anew
)

// The keys under which the index keeps what it is an index of. Bleve commits them with the batch they come in.
const (
	keyArchive = "blotter.archive"
	keyMapping = "blotter.mapping"
	keySeq     = "blotter.seq"
)

// Bleve is an Index on disk. It uses Bleve's index (scorch) without the layer that maps, analyses and queries: the
// terms come from field, and what a query means is evaluated here, exactly; see evaluate.
type Bleve struct {
	dir      string
	archive  string
	readOnly bool
	lock     *os.File
	release  sync.Once     // of lock and queue
	patience time.Duration // see the constant; shorter in a test

	writing  sync.Mutex   // one batch at a time
	mu       sync.RWMutex // held for reading while store is in use, for writing while it is replaced
	store    *scorch.Scorch
	unusable error // why store is nil
	queue    *bleveindex.AnalysisQueue

	kept atomic.Pointer[kept] // of the last snapshot that was searched
}

var _ Index = (*Bleve)(nil)

// OpenBleve opens the index in dir that follows the archive with this id, and makes one when there is none. What
// is there and cannot be used is thrown away, and Seq is 0: the index of another archive or of an older version
// of this package, and one with damaged files. The error is an *InUseError when another process has it open; OpenBleve
// never waits for it.
func OpenBleve(dir, archiveID string) (*Bleve, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	return openBleve(dir, archiveID, false)
}

// OpenBleveReadOnly opens the index in dir for searches, beside others that do so too. The error is an *InUseError
// when another process writes to it, and in its chain is ErrUnusable when OpenBleve would build it anew.
func OpenBleveReadOnly(dir, archiveID string) (*Bleve, error) {
	if _, err := os.Stat(filepath.Join(dir, lockFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("index %s: %w", dir, ErrUnusable)
	}
	return openBleve(dir, archiveID, true)
}

func openBleve(dir, archiveID string, readOnly bool) (*Bleve, error) {
	held, err := lock(dir, readOnly)
	if err != nil {
		var inUse *InUseError
		if errors.As(err, &inUse) {
			return nil, err
		}
		return nil, fmt.Errorf("index: %w", err)
	}
	b := &Bleve{dir: dir, archive: archiveID, readOnly: readOnly, lock: held, patience: patience,
		queue: bleveindex.NewAnalysisQueue(runtime.GOMAXPROCS(0))}
	if err := b.openOrRebuild(); err != nil {
		b.queue.Close()
		_ = held.Close()
		return nil, err
	}
	return b, nil
}

func (b *Bleve) openOrRebuild() error {
	usable, err := b.openExisting()
	if err != nil || usable {
		return err
	}
	if b.readOnly {
		return fmt.Errorf("index %s: %w", b.dir, ErrUnusable)
	}
	if err := b.discard(); err != nil {
		return fmt.Errorf("index: discard the store that cannot be used: %w", err)
	}
	store, err := openScorch(filepath.Join(b.dir, storeDir), b.queue, false)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	batch := bleveindex.NewBatch()
	batch.SetInternal([]byte(keyArchive), []byte(b.archive))
	batch.SetInternal([]byte(keyMapping), []byte(mappingVersion))
	batch.SetInternal([]byte(keySeq), []byte("0"))
	if err := chained(store.Batch(batch)); err != nil {
		_ = store.Close()
		return fmt.Errorf("index %s: %w", b.dir, err)
	}
	b.store = store
	return nil
}

// openExisting opens the store if it can be used. It is an error when the store may well be sound and only cannot
// be reached.
func (b *Bleve) openExisting() (usable bool, err error) {
	store := filepath.Join(b.dir, storeDir)
	if _, err := os.Stat(store); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, fmt.Errorf("index: %w", err)
	}
	if exists(filepath.Join(b.dir, damagedFile)) {
		return false, nil
	}
	sound, bad, err := checkStore(b.dir, b.readOnly)
	if err != nil || !sound {
		return false, err
	}
	s, err := openScorch(store, b.queue, b.readOnly)
	var system syscall.Errno
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return false, &InUseError{Dir: b.dir}
	case errors.As(err, &system) && !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("index: %w", err) // no room, no permission: no reason to throw anything away
	case err != nil:
		return false, nil
	}
	if !b.ours(s) || slices.ContainsFunc(bad, exists) {
		_ = s.Close()
		return false, nil
	}
	b.store = s
	return true, nil
}

// ours says whether the store is of this archive and this version.
func (b *Bleve) ours(s *scorch.Scorch) bool {
	archive, err1 := internal(s, keyArchive)
	mapping, err2 := internal(s, keyMapping)
	return err1 == nil && err2 == nil && archive == b.archive && mapping == mappingVersion
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// discard removes the store, and lastly the mark that says that it is damaged.
func (b *Bleve) discard() error {
	store, old := filepath.Join(b.dir, storeDir), filepath.Join(b.dir, discardDir)
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	if err := os.Rename(store, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, name := range []string{checkedFile, damagedFile, discardDir} {
		if err := os.RemoveAll(filepath.Join(b.dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// openScorch opens a store. A damaged one makes Bleve and its bbolt fail, panic, or run off the end of a mapped
// file; all three come back as an error.
func openScorch(path string, queue *bleveindex.AnalysisQueue, readOnly bool) (s *scorch.Scorch, err error) {
	defer recoverDamage(&err)()
	opened, err := scorch.NewScorch(scorch.Name, map[string]any{
		"path":      path,
		"read_only": readOnly,
		// Without a timeout a second opener would wait for ever, if it came past the lock file.
		"bolt_timeout": "1s",
		// unsafe_batch stays off: with it, Close loses the last batch without a word.
		//
		// Small batches, as a running crawl writes them, are merged among themselves first, and not each of
		// them with 2,000 documents: 1.5 times the speed in batches of a hundred. Four segments of a size are enough:
		// with the default of ten the index has 1.6 times the size of the text instead of 1.4, for a twelfth of the
		// time.
		"scorchMergePlanOptions": map[string]any{"floorSegmentSize": 200, "maxSegmentsPerTier": 4},
	}, queue)
	if err != nil {
		return nil, err
	}
	s = opened.(*scorch.Scorch)
	return s, s.Open()
}

// recoverDamage turns a panic into an error with ErrDamaged, a fault on a mapped file too. Use:
//
//	defer recoverDamage(&err)()
func recoverDamage(err *error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		if p := recover(); p != nil {
			*err = fmt.Errorf("%w (%v)", ErrDamaged, p)
		}
	}
}

// internal reads one of the keys above, "" when it is not there.
func internal(s *scorch.Scorch, key string) (value string, err error) {
	defer recoverDamage(&err)()
	reader, err := s.Reader()
	if err != nil {
		return "", err
	}
	defer reader.Close()
	v, err := reader.GetInternal([]byte(key))
	return string(v), err
}

// Seq implements Index.
func (b *Bleve) Seq() (int64, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.store == nil {
		return 0, b.unusable
	}
	v, err := internal(b.store, keySeq)
	if err != nil {
		return 0, fmt.Errorf("index %s: read seq: %w", b.dir, err)
	}
	seq, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("index %s: read seq: %w", b.dir, err)
	}
	return seq, nil
}

// Count implements Index.
func (b *Bleve) Count() (int, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.store == nil {
		return 0, b.unusable
	}
	reader, err := b.store.Reader()
	if err != nil {
		return 0, fmt.Errorf("index %s: %w", b.dir, err)
	}
	defer reader.Close()
	n, err := reader.DocCount()
	if err != nil {
		return 0, fmt.Errorf("index %s: count: %w", b.dir, err)
	}
	return int(n), nil
}

// Update implements Index.
func (b *Bleve) Update(ctx context.Context, put []blotter.Article, gone []string, seq int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := checkIDs(put); err != nil {
		return err
	}
	if b.readOnly {
		return fmt.Errorf("index %s: it was opened for searches only", b.dir)
	}
	b.writing.Lock()
	defer b.writing.Unlock()

	batch := bleveindex.NewBatch()
	for _, id := range gone {
		batch.Delete(id)
	}
	for i := range put {
		batch.Update(newDocument(&put[i]))
	}
	batch.SetInternal([]byte(keySeq), strconv.AppendInt(nil, seq, 10))

	err := b.write(batch)
	if err == nil {
		return nil
	}
	err = b.mark(fmt.Errorf("index %s: update to seq %d: %w", b.dir, seq, err))
	return errors.Join(err, b.reopen(errors.Is(err, ErrDamaged)))
}

// patience is how long a batch may take once Bleve has counted an error. A batch waits for Bleve's goroutine that
// writes files, and would wait for ever when that has panicked, as it does over a damaged root.bolt: Bleve recovers,
// counts an error and lets the goroutine end. A sound store writes a thousand articles in a second or two.
const patience = time.Minute

func (b *Bleve) write(batch *bleveindex.Batch) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.store == nil {
		return b.unusable
	}
	store := b.store
	done := make(chan error, 1)
	go func() { done <- writeTo(store, batch) }()

	tick := time.NewTicker(b.patience)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			if backgroundErrors(store) > 0 {
				return ErrDamaged
			}
		}
	}
}

func writeTo(store *scorch.Scorch, batch *bleveindex.Batch) (err error) {
	defer recoverDamage(&err)()
	return chained(store.Batch(batch))
}

// quoted is an error whose text quotes one of the system's.
type quoted struct {
	error
	system syscall.Errno
}

func (q quoted) Unwrap() []error { return []error{q.error, q.system} }

// chained puts back into the chain that a disk is full, which Bleve's goroutines only quote: who waits for room must know it.
func chained(err error) error {
	for _, full := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if err != nil && !errors.Is(err, full) && strings.Contains(err.Error(), full.Error()) {
			return quoted{err, full}
		}
	}
	return err
}

func backgroundErrors(store *scorch.Scorch) uint64 {
	n, _ := store.StatsMap()["TotOnErrors"].(uint64)
	return n
}

// mark makes the next opening build the index anew, if err says that it must.
func (b *Bleve) mark(err error) error {
	if !errors.Is(err, ErrDamaged) {
		return err
	}
	return errors.Join(err, os.WriteFile(filepath.Join(b.dir, damagedFile), nil, 0o600))
}

// reopen makes the index forget a batch that failed: Bleve would show it to searches, and write it later. A damaged
// store is let go of instead. Its Close may wait for a lock that the goroutine which panicked has left behind, and
// while it does, no other store should be in its place.
func (b *Bleve) reopen(damaged bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.store == nil {
		return nil
	}
	if damaged {
		go b.store.Close()
		b.store, b.unusable = nil, ErrDamaged
		return nil
	}
	_ = b.store.Close() // its error is that of the batch
	b.store, b.unusable = nil, ErrClosed
	return b.openOrRebuild()
}

// Close implements Index.
func (b *Bleve) Close() error {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	var err error
	if b.store != nil {
		if err = b.store.Close(); err == nil && !b.readOnly {
			err = noteStore(b.dir)
		}
		b.store = nil
	}
	b.unusable = ErrClosed
	b.release.Do(func() {
		b.queue.Close()
		err = errors.Join(err, b.lock.Close())
	})
	if err != nil {
		return fmt.Errorf("close index %s: %w", b.dir, err)
	}
	return nil
}
