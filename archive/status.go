package archive

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Status is what can be told of an archive at once, however large it is.
type Status struct {
	Articles, Captures  int
	Seq                 int64
	Unread              int // captures that were never read
	Untagged            int // articles that no rules have looked at since they changed
	WARCFiles           int
	WARCBytes, Database int64     // bytes of WARC files, and of the database with its log of changes
	Last                time.Time // the newest line of the ledger; zero: none
	Pass                LastPass
}

// LastPass is the last pass that was begun.
type LastPass struct {
	ID             int64 // 0: there was none
	Command        string
	Started, Ended time.Time       // Ended is zero while it runs, and for ever if it was killed
	Counts         json.RawMessage // its summary; nil until it has ended
}

// Status reads what it gives from one state of the database. It does not go through texts, tags or the ledger.
func (a *Archive) Status(ctx context.Context) (Status, error) {
	var s Status
	err := a.view(ctx, func(q querier) error {
		var last nullTime
		err := scan(ctx, q, `SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM captures),
				(SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seq'),
				(SELECT count(*) FROM captures INDEXED BY captures_stamp WHERE stamp IS NULL AND purpose <> 'list' AND forgotten IS NULL),
				(SELECT count(*) FROM articles WHERE rules IS NULL),
				(SELECT count(*) FROM warc_files), (SELECT coalesce(sum(length), 0) FROM warc_files),
				(SELECT started FROM ledger ORDER BY id DESC LIMIT 1)`, nil,
			func(scan func(...any) error) error {
				return scan(&s.Articles, &s.Captures, &s.Seq, &s.Unread, &s.Untagged, &s.WARCFiles, &s.WARCBytes, &last)
			})
		if err != nil {
			return err
		}
		s.Last = last.Time
		return scan(ctx, q, `SELECT id, command, started, ended, counts FROM passes ORDER BY id DESC LIMIT 1`, nil,
			func(scan func(...any) error) error {
				var started, ended nullTime
				var counts []byte
				err := scan(&s.Pass.ID, &s.Pass.Command, &started, &ended, &counts)
				s.Pass.Started, s.Pass.Ended, s.Pass.Counts = started.Time, ended.Time, counts
				return err
			})
	})
	if err == nil {
		s.Database, err = databaseSize(filepath.Join(a.dir, databaseName))
	}
	if err != nil {
		return Status{}, fmt.Errorf("archive %s: status: %w", a.dir, err)
	}
	return s, nil
}

// Holder says who writes to the archive in dir; nil: nobody. It holds the lock itself for the blink of an eye.
func Holder(dir string) (*LockedError, error) {
	f, err := os.Open(filepath.Join(dir, "lock"))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("archive %s: %w", dir, err)
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil {
		return holder(dir, f), nil
	}
	return nil, nil
}
