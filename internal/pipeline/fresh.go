package pipeline

import "sync"

// freshBytes bounds what fresh holds: pages that many hosts give faster than they are read.
const freshBytes = 128 << 20

// fresh holds pages that were just fetched as they are without their content codings: fetching had to undo these to see what came,
// and reading, a moment later, need not do so again. What it does not hold is decoded from the record.
type fresh struct {
	mu    sync.Mutex
	pages map[int64][]byte // by capture
	bytes int
}

// put keeps a page until it is taken, if there is room for it.
func (f *fresh) put(capture int64, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bytes+len(body) > freshBytes {
		return
	}
	if f.pages == nil {
		f.pages = map[int64][]byte{}
	}
	f.pages[capture] = body
	f.bytes += len(body)
}

// take returns the page of a capture, once.
func (f *fresh) take(capture int64) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, ok := f.pages[capture]
	if ok {
		delete(f.pages, capture)
		f.bytes -= len(body)
	}
	return body, ok
}
