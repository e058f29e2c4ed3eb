package pipeline

import (
	"testing"

	"blotter"
)

func TestFresh(t *testing.T) {
	var f fresh
	put := func(capture int64, bytes int) { f.put(capture, blotter.Page{Body: make([]byte, bytes)}) }
	wantGone := func(why string, captures ...int64) {
		t.Helper()
		for _, c := range captures {
			if _, ok := f.take(c); ok {
				t.Errorf("%d is there, and %s", c, why)
			}
		}
	}
	put(1, freshBytes-1)
	put(2, 2)
	wantGone("there is no room for it", 2)
	if page, ok := f.take(1); !ok || len(page.Body) != freshBytes-1 {
		t.Errorf("%d bytes, %v", len(page.Body), ok)
	}
	wantGone("was taken", 1)
	put(2, 2)
	put(3, 2)
	put(4, 2)
	f.pass(3)
	put(3, 2)
	wantGone("was read from its record", 2, 3)
	if _, ok := f.take(4); !ok || f.bytes != 0 {
		t.Errorf("4 was there: %v, and %d bytes are", ok, f.bytes)
	}
}
