package query

import (
	"strings"
	"sync/atomic"
)

// cache remembers something of each word that articles use often. It is a table in which a word has one slot, and the
// word that came last keeps it: bounded, without a lock, and safe for any number of goroutines. What it gives depends on
// the word alone, so nobody can see whether it remembered.
type cache[T any] struct {
	slots []atomic.Pointer[remembered[T]] // a power of two
}

type remembered[T any] struct {
	key   wordKey
	value T
}

func newCache[T any](size int) *cache[T] {
	return &cache[T]{make([]atomic.Pointer[remembered[T]], size)}
}

// get returns what is remembered of a word, or makes it. The text that make gets may be kept.
func (c *cache[T]) get(text string, k wordKey, make func(text string) T) T {
	if k.long() { // rare, and two of them can have one key
		return make(text)
	}
	slot := &c.slots[k.hash()>>40&uint64(len(c.slots)-1)] // an interner chooses by other bits
	if r := slot.Load(); r != nil && r.key == k {
		return r.value
	}
	r := &remembered[T]{k, make(strings.Clone(text))} // text is a piece of an article, which must not be kept for it
	slot.Store(r)
	return r.value
}

// stems remembers the stems of words for all documents, because to make one takes ten times as long as to look it up.
// It holds 2 MB at most.
var stems = newCache[string](1 << 14)
