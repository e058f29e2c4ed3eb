package archive

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
	"modernc.org/sqlite"
)

// DefaultReserve is how much of its disk an archive leaves free: SQLite needs room to end what it has begun, the index to merge,
// and everybody else on the machine to live.
const DefaultReserve = 500 << 20

// NoRoomError says that a disk has less room than is to stay free on it. Nothing was written.
type NoRoomError struct {
	Dir           string
	Free, Reserve int64 // bytes
}

// Error names the folder, what there is, and what to do.
func (e *NoRoomError) Error() string {
	return fmt.Sprintf("the disk of %s has %d MB left, of which 'reserve' in blotter.yaml keeps %d MB free: "+
		"make room, and the next run goes on from here", e.Dir, e.Free>>20, e.Reserve>>20)
}

// IsNoRoom says whether an error comes from a disk that is full, or nearly: nothing is broken, and when there is room again
// the same call succeeds.
func IsNoRoom(err error) bool {
	const full = 13 // SQLITE_FULL
	var s *sqlite.Error
	var n *NoRoomError
	return errors.As(err, &n) || errors.As(err, &s) && s.Code()&0xff == full ||
		errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

// Room returns how many bytes the disk of a folder has left for this user.
func Room(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("disk of %s: %w", dir, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// HasRoom returns a *NoRoomError when less than the reserve is left.
func (a *Archive) HasRoom() error {
	free, err := Room(a.dir)
	if err == nil && free < a.options.Reserve {
		err = &NoRoomError{Dir: a.dir, Free: free, Reserve: a.options.Reserve}
	}
	return err
}
