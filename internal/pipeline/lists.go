package pipeline

import (
	"crypto/sha256"
	"io"
	"maps"
	"reflect"
	"sync"
	"time"

	"blotter"
	"blotter/crawler"
)

// lists remembers the pages that the sources listed their items on. One that is byte by byte as it was lists nothing new, like a
// 304, which many sites never give; what is due of its items is known without it.
type lists struct {
	mu    sync.Mutex
	known map[string]knownLists // by source
}

// knownLists are the pages of a source as it was configured then.
type knownLists struct {
	source blotter.Source
	pages  map[string]knownList // by URL
}

// knownList is a page whose items are in the archive.
type knownList struct {
	sha256 [sha256.Size]byte
	read   time.Time
	items  int
	next   []string
	ttl    time.Duration
}

// listHolds is how long a page is remembered: a source takes over the items of one that was disabled, and an item that was given
// up is tried again while it is listed.
const listHolds = 24 * time.Hour

// get returns what is known of a page when it is as it was.
func (l *lists) get(src blotter.Source, page blotter.Page, now time.Time) (knownList, bool) {
	l.mu.Lock()
	of := l.known[src.ID]
	l.mu.Unlock()
	known, ok := of.pages[page.URL]
	if since := now.Sub(known.read); !ok || since < 0 || since >= listHolds || !reflect.DeepEqual(of.source, src) {
		return knownList{}, false
	}
	return known, known.sha256 == pageDigest(page)
}

// pageDigest tells pages of one URL apart. The content type may name the character set, and so another text.
func pageDigest(page blotter.Page) (sum [sha256.Size]byte) {
	h := sha256.New()
	_, _ = io.WriteString(h, page.ContentType+"\n") // a hash takes everything
	_, _ = h.Write(page.Body)
	h.Sum(sum[:0])
	return sum
}

// set notes the pages of a source, whose items are in the archive, and forgets those that it had before. After a 304, which is no
// page, it still has them.
func (l *lists) set(src blotter.Source, pages map[string]knownList) {
	if len(pages) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[string]knownLists{}
	}
	l.known[src.ID] = knownLists{src, pages}
}

// forget is for a source that could not be listed: the next answer is read whatever it is.
func (l *lists) forget(source string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.known, source)
}

// sourceList is what the pages of a source list.
type sourceList struct {
	crawler.Listing                      // of the pages that were read
	same            int                  // items of those that are as they were
	pages           map[string]knownList // all of them
}

// count is how many items are listed.
func (l *sourceList) count() int { return len(l.Items) + l.same }

// add adds what another page lists.
func (l *sourceList) add(more sourceList) {
	l.Items = append(l.Items, more.Items...)
	l.same += more.same
	maps.Copy(l.pages, more.pages)
}
