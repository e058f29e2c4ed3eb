package pipeline

import (
	"sync"

	"blotter"
)

// freshBytes bounds what fresh holds: pages that many hosts give faster than they are read.
const freshBytes = 128 << 20

// fresh holds pages that were just fetched, without their content codings: reading, a moment later, need not undo these again, nor
// get the page from its record. What it does not hold comes from there.
type fresh struct {
	mu    sync.Mutex
	pages map[int64]blotter.Page // by capture
	bytes int
	ahead map[int64]bool // the captures of those that were put and are not read yet
	past  int64          // see pass
}

// put keeps a page until it is taken, if there is room for it.
func (f *fresh) put(capture int64, page blotter.Page) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if capture <= f.past || f.bytes+len(page.Body) > freshBytes {
		return
	}
	if f.pages == nil {
		f.pages, f.ahead = map[int64]blotter.Page{}, map[int64]bool{}
	}
	f.pages[capture], f.ahead[capture] = page, true
	f.bytes += len(page.Body)
}

// take returns the page of a capture, once.
func (f *fresh) take(capture int64) (blotter.Page, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	page, ok := f.pages[capture]
	if ok {
		f.drop(capture)
	}
	return page, ok
}

// read notes that a page was read.
func (f *fresh) read(capture int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.ahead, capture)
}

// unread counts the pages that were put and are not read yet.
func (f *fresh) unread() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.ahead)
}

// pass drops all pages up to one, and those that are put later: whoever reads may be faster with the record of a capture than
// whoever fetched it is with the page.
func (f *fresh) pass(capture int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.past = max(f.past, capture)
	for c := range f.ahead {
		if c <= f.past {
			f.drop(c)
			delete(f.ahead, c)
		}
	}
}

func (f *fresh) drop(capture int64) {
	f.bytes -= len(f.pages[capture].Body)
	delete(f.pages, capture)
}
