//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package index

import (
	"os"
	"path/filepath"
)

// lock only opens the file: on this system Bleve's own lock, with its timeout, is what keeps a second process out.
func lock(dir string, _ bool) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
}
