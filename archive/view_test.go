package archive

import (
	"context"
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
