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

// NoRoomError says that a disk has less room than is needed, or than is to stay free on it. Nothing was written.
type NoRoomError struct {
	Dir        string
	Need, Free int64 // bytes
	Reserve    bool  // Need is what is to stay free
}

// Error names the folder, both figures, and what to do.
func (e *NoRoomError) Error() string {
	if e.Reserve {
		return fmt.Sprintf("the disk of %s has %d MB left, of which 'reserve' in blotter.yaml keeps %d MB free: "+
			"make room, and the next run goes on from here", e.Dir, e.Free>>20, e.Need>>20)
	}
	return fmt.Sprintf("the disk of %s has %d MB left, and this takes %d MB: make room, or name a folder on another disk",
		e.Dir, e.Free>>20, e.Need>>20+1)
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

// FreeSpace is how many bytes this user may still write to the disk that holds path, and how many files.
func FreeSpace(path string) (bytes, files int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, 0, fmt.Errorf("%s: disk space: %w", path, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), int64(s.Ffree), nil
}

// roomFor returns a *NoRoomError when the disk of dir has not the room for so many bytes, and some to go on with.
func roomFor(dir string, bytes int64) error {
	const margin = 32 << 20
	free, _, err := FreeSpace(dir)
	if err == nil && free < bytes+margin {
		err = &NoRoomError{Dir: dir, Need: bytes + margin, Free: free}
	}
	return err
}

// HasRoom returns a *NoRoomError when less than the reserve is left.
func (a *Archive) HasRoom() error {
	free, _, err := FreeSpace(a.dir)
	if err == nil && free < a.options.Reserve {
		err = &NoRoomError{Dir: a.dir, Need: a.options.Reserve, Free: free, Reserve: true}
	}
	return err
}
