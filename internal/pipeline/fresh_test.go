package pipeline

import "testing"

func TestFresh(t *testing.T) {
	var f fresh
	f.put(1, make([]byte, freshBytes-1))
	f.put(2, make([]byte, 2)) // for which there is no room
	if _, ok := f.take(2); ok {
		t.Error("more is held than there is room for")
	}
	if body, ok := f.take(1); !ok || len(body) != freshBytes-1 {
		t.Errorf("%d bytes, %v", len(body), ok)
	}
	if _, ok := f.take(1); ok || f.bytes != 0 {
		t.Errorf("a page is there twice, or %d bytes are", f.bytes)
	}
	f.put(2, make([]byte, 2))
	if _, ok := f.take(2); !ok {
		t.Error("there is room again, and nothing is held")
	}
}
