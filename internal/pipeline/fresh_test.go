package pipeline

import (
	"testing"
	"time"

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

// TestPatience: a page waits for others to be kept with while there is enough to read, and not when reading waits for it.
func TestPatience(t *testing.T) {
	p := &Pipeline{Workers: 2}
	want := func(why string, patience time.Duration) {
		t.Helper()
		if got := p.patience(); got != patience {
			t.Errorf("%s: %v", why, got)
		}
	}
	want("nothing to read", 0)
	for c := range int64(2 * unreadAhead) {
		want("too little to read", 0)
		p.fresh.put(c+1, blotter.Page{})
	}
	p.fresh.take(1)
	want("enough to read, one page being read", keepPatience)
	p.fresh.read(1)
	want("one page was read", 0)
	p.fresh.put(2*unreadAhead+1, blotter.Page{})
	want("another one came", keepPatience)
	p.fresh.take(2)
	p.fresh.pass(2)
	want("one that was taken has passed", 0)
}
