package archive

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A reader that is given up just when its transaction begins leaves none open behind it: the next one on the connection could not
// begin its own, and would read the past for ever.
func TestViewGivenUp(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	for i := range 20_000 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(i%40)*time.Microsecond, cancel)
		_ = a.view(ctx, func(querier) error { return nil })
		cancel()
	}
	for range readers {
		if err := a.view(t.Context(), func(querier) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

// Who only looks whether the archive is in use keeps nobody from opening it.
func TestOpenWhileSomebodyLooks(t *testing.T) {
	dir := t.TempDir()
	looks, err := os.Create(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(looks.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(10*time.Millisecond, func() { looks.Close() })
	open(t, dir, Options{})
}
