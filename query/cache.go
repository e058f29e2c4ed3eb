package query

import (
	"strings"
	"sync/atomic"
)

// stemCache remembers the stems of words, because to make one takes ten times as long as to look it up. It is a table in
// which a word has one slot, and the word that came last keeps it: bounded, without a lock, and safe for any number of
// goroutines. A stem depends on its word alone, so nobody can see whether it was remembered.
type stemCache [1 << 14]atomic.Pointer[stemmedWord]

type stemmedWord struct {
	key  wordKey
	stem string
}

// stems is for all documents. It holds 2 MB at most.
var stems stemCache

// of is Stem of a word that has the key k.
func (c *stemCache) of(word string, k wordKey) string {
	if k.long() { // rare, and two of them can have one key
		return Stem(word)
	}
	slot := &c[k.hash()>>40%uint64(len(c))] // an interner chooses by other bits
	if w := slot.Load(); w != nil && w.key == k {
		return w.stem
	}
	w := &stemmedWord{k, Stem(strings.Clone(word))} // which is a piece of an article, and a stem may be a piece of it
	slot.Store(w)
	return w.stem
}
