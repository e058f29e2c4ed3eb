//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package index

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lock takes the folder for this process, alone or together with other readers, or says at once who has it. The system
// lets go of it when the process ends, however it ends. The file holds the process id of the last writer, for the
// message only.
func lock(dir string, shared bool) (*os.File, error) {
	path := filepath.Join(dir, lockFile)
	flags, how := os.O_RDWR|os.O_CREATE, syscall.LOCK_EX
	if shared { // also in a folder that this user may not write to
		flags, how = os.O_RDONLY, syscall.LOCK_SH
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err // names the path
	}
	err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			text, _ := os.ReadFile(path)
			pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
			return nil, &InUseError{Dir: dir, PID: pid}
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if shared {
		return f, nil
	}
	_ = f.Truncate(0)
	_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return f, nil
}
