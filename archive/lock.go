package archive

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// LockedError says that another process writes to the archive.
type LockedError struct {
	Dir     string
	PID     int    // 0 when the holder has not said yet
	Command string // what it was started as
}

// Error names the folder, who holds it and what to do.
func (e *LockedError) Error() string {
	holder := e.Command
	if e.PID != 0 {
		holder = fmt.Sprintf("%s (pid %d)", e.Command, e.PID)
	}
	return fmt.Sprintf("archive %s: in use by %s: wait until it ends, or stop it", e.Dir, holder)
}

// lock takes the file dir/lock for this process and writes into it who holds it. The lock ends with the process,
// however that ends, so that nothing has to be tidied up after a crash.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("archive %s: %w", dir, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	for try := 1; try < 5 && errors.Is(err, syscall.EWOULDBLOCK); try++ {
		time.Sleep(20 * time.Millisecond) // who just looks, see Holder, has it for less
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, holder(dir, f)
		}
		return nil, fmt.Errorf("archive %s: lock: %w", dir, err)
	}
	command := strings.Join(append([]string{filepath.Base(os.Args[0])}, os.Args[1:]...), " ")
	if err = f.Truncate(0); err == nil {
		_, err = f.WriteAt(fmt.Appendf(nil, "%d\n%s\n", os.Getpid(), command), 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("archive %s: lock: %w", dir, err)
	}
	return f, nil
}

// holder reads who holds the lock.
func holder(dir string, f *os.File) *LockedError {
	e := &LockedError{Dir: dir, Command: "another process"}
	said, err := io.ReadAll(io.LimitReader(f, 4<<10))
	if err != nil {
		return e
	}
	pid, command, _ := strings.Cut(string(said), "\n")
	if n, err := strconv.Atoi(pid); err == nil {
		e.PID, e.Command = n, strings.TrimSpace(command)
	}
	return e
}
