package query

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"slices"
)

// wordKey is a word in two numbers, which compare faster than its letters: its first 16 bytes, zeros behind a shorter
// one (no word holds a zero). Of a longer word the second number is a hash, and its highest byte one that no UTF-8
// has there.
type wordKey struct{ a, b uint64 }

const longKey = 0xff << 56

func (k wordKey) long() bool { return k.b >= longKey }

// keyMasks keep the first n bytes of sixteen.
var keyMasks = func() (m [17]wordKey) {
	for n := range m {
		m[n] = wordKey{1<<(8*min(n, 8)) - 1, 1<<(8*max(n-8, 0)) - 1}
	}
	return m
}()

// plainKey is keyOf of the n bytes at start of a text that has padding behind it.
func plainKey(padded []byte, start, n int) wordKey {
	if n > 16 {
		return keyOf(string(padded[start : start+n]))
	}
	m := &keyMasks[n]
	padded = padded[start : start+16]
	return wordKey{binary.LittleEndian.Uint64(padded) & m.a, binary.LittleEndian.Uint64(padded[8:]) & m.b}
}

func keyOf(s string) wordKey {
	if len(s) > 16 {
		h := seed[2]
		rest := s
		for ; len(rest) > 16; rest = rest[16:] {
			h = mix(load64(rest)^seed[0], load64(rest[8:])^h)
		}
		h = mix(load64(s[len(s)-16:])^seed[0], load64(s[len(s)-8:])^h^uint64(len(s)))
		return wordKey{load64(s), h | longKey}
	}
	var k wordKey
	for i := range len(s) {
		if i < 8 {
			k.a |= uint64(s[i]) << (8 * i)
		} else {
			k.b |= uint64(s[i]) << (8*i - 64)
		}
	}
	return k
}

// prefix is the key of the first n bytes of a word that has the key k.
func (k wordKey) prefix(word string, n int) wordKey {
	if n > 16 || k.long() {
		return keyOf(word[:n])
	}
	return wordKey{k.a & keyMasks[n].a, k.b & keyMasks[n].b}
}

// seed keeps a hostile article from choosing words that collide.
var seed = func() (s [3]uint64) {
	for i := range s {
		s[i] = maphash.Comparable(maphash.MakeSeed(), i) | 1
	}
	return s
}()

// hash is that of wyhash for short texts: a product of secrets. maphash takes three times as long.
func (k wordKey) hash() uint64 { return mix(k.a^seed[0], k.b^seed[1]) * seed[2] }

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// interner numbers distinct words. It is a hash table of its own because a Go map takes three times as long, and
// cutting an article is mostly this. The words stand in one text, so that the garbage collector has nothing to follow.
type interner struct {
	keys  []wordKey
	ends  []int32 // where each word ends in bytes; the next one begins there
	bytes []byte
	whole string  // bytes, when all words are in
	slots []int32 // number+1 of a word, or 0; a power of two long
}

func (t *interner) len() int { return len(t.keys) }

// text is a word by its number.
func (t *interner) text(n int32) string {
	lo, hi := t.bounds(n)
	return t.whole[lo:hi]
}

func (t *interner) bounds(n int32) (lo, hi int32) {
	if n > 0 {
		lo = t.ends[n-1]
	}
	return lo, t.ends[n]
}

// reset empties the table and makes room for n words.
func (t *interner) reset(n int) {
	t.keys, t.ends, t.bytes, t.whole = t.keys[:0], t.ends[:0], t.bytes[:0], ""
	t.grow(n)
}

// grow makes room for n words.
func (t *interner) grow(n int) {
	size := 16
	for size < 2*n {
		size *= 2
	}
	t.slots = slices.Grow(t.slots[:0], size)[:size]
	clear(t.slots)
	t.keys, t.ends = slices.Grow(t.keys, size/2-len(t.keys)), slices.Grow(t.ends, size/2-len(t.ends))
	for i, k := range t.keys {
		at := k.hash() >> 32 & uint64(size-1)
		for t.slots[at] != 0 {
			at = (at + 1) & uint64(size-1)
		}
		t.slots[at] = int32(i + 1)
	}
}

// find returns the number of a word, or -1, and the slot where it belongs.
func (t *interner) find(s []byte, k wordKey) (int32, uint64) {
	slots := t.slots
	at := k.hash() >> 32
	for {
		at &= uint64(len(slots) - 1)
		n := slots[at] - 1
		if n < 0 {
			return -1, at
		}
		if t.keys[n] == k && (!k.long() || t.same(n, s)) {
			return n, at
		}
		at++
	}
}

func (t *interner) same(n int32, s []byte) bool {
	lo, hi := t.bounds(n)
	return string(t.bytes[lo:hi]) == string(s)
}

// id returns the number of a word and gives it one if it has none.
func (t *interner) id(s []byte, k wordKey) int32 {
	n, at := t.find(s, k)
	if n >= 0 {
		return n
	}
	return t.add(s, k, at)
}

func (t *interner) add(s []byte, k wordKey, at uint64) int32 {
	if 2*len(t.keys) >= len(t.slots) {
		t.grow(2*len(t.keys) + 1)
		_, at = t.find(s, k)
	}
	t.bytes = append(t.bytes, s...)
	t.keys = append(t.keys, k)
	t.ends = append(t.ends, int32(len(t.bytes)))
	t.slots[at] = int32(len(t.keys))
	return int32(len(t.keys) - 1)
}

// close says that all words are in.
func (t *interner) close() { t.whole = string(t.bytes) }

// lookup returns the number of a word, or -1.
func (t *interner) lookup(s string, k wordKey) int32 {
	if len(t.slots) == 0 {
		return -1
	}
	n, _ := t.find([]byte(s), k)
	return n
}
