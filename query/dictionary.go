package query

import (
	"slices"
	"strings"
)

// head begins the list of the words of the article for which a term stands. It says nothing of a term that does not
// occur.
type head struct {
	word int32 // the first of them
	link int32 // the last of them; the others follow from there; -1: there is but one
}

type link struct{ word, next int32 }

const (
	// wordsPerTerm says when it takes less to look each word of an article up in the dictionary than each term in the
	// article.
	wordsPerTerm = 20

	// maxLinks bounds the memory for the words that patterns stand for: in a text that is made for it each of thousands of
	// patterns stands for each of thousands of words.
	maxLinks = 1 << 18

	// rememberedPairs is how many pairs of words an Asked remembers: all but one in twenty words of the news are among
	// them, and most of those are new.
	rememberedPairs = 1 << 15

	// startBits is how many bits know how patterns begin: by their first bytes, as many as the shortest of them has.
	startBits = 1 << 13
)

// dictionary finds the terms that stand for a word.
type dictionary struct {
	exact   lexicon // Exact and Cased, by their key
	stem    lexicon // Inflected
	prefix  lexicon // Pattern, by what it begins with
	lengths []int   // of those, in ascending order
	starts  [startBits / 64]uint64
	terms   []term
}

// lexicon holds the terms of each of some words.
type lexicon struct {
	words interner
	terms [][]int32
}

func (l *lexicon) add(word string, k wordKey, t int32) {
	w := int(l.words.id([]byte(word), k))
	if w == len(l.terms) {
		l.terms = append(l.terms, nil)
	}
	l.terms[w] = append(l.terms[w], t)
}

func (l *lexicon) find(word string, k wordKey) []int32 {
	if w := l.words.lookup(word, k); w >= 0 {
		return l.terms[w]
	}
	return nil
}

func newDictionary(terms []term) *dictionary {
	d := &dictionary{terms: terms}
	for _, l := range []*lexicon{&d.exact, &d.stem, &d.prefix} {
		l.words.reset(16)
	}
	for i, t := range terms {
		switch t.Form {
		case Inflected:
			d.stem.add(t.Key, t.key, int32(i))
		case Pattern:
			d.prefix.add(t.Key, t.key, int32(i))
			d.lengths = append(d.lengths, len(t.Key))
		default:
			d.exact.add(t.Key, t.key, int32(i))
		}
	}
	slices.Sort(d.lengths)
	d.lengths = slices.Compact(d.lengths)
	for _, t := range terms {
		if t.Form == Pattern {
			at := d.start(t.key)
			d.starts[at/64] |= 1 << (at % 64)
		}
	}
	return d
}

// start is the bit of starts for words that begin as one that has the key k, which is as long as the shortest pattern's
// beginning or longer.
func (d *dictionary) start(k wordKey) uint64 {
	return (k.a & keyMasks[min(d.lengths[0], 8)].a) * seed[2] >> 40 % startBits
}

// find appends the terms that stand for a word; one that is Cased may then still differ in its capitals.
func (d *dictionary) find(into []int32, word string, k wordKey) []int32 {
	into = append(into, d.exact.find(word, k)...)
	if len(d.stem.terms) > 0 {
		stem := Stem(word) // those of words that come often are in no need of a cache: the glossary knows their terms
		into = append(into, d.stem.find(stem, keyOf(stem))...)
	}
	if len(d.lengths) == 0 || d.lengths[0] > len(word) {
		return into
	}
	if at := d.start(k); d.starts[at/64]>>(at%64)&1 == 0 {
		return into
	}
	for _, n := range d.lengths {
		if n > len(word) {
			break
		}
		for _, t := range d.prefix.find(word[:n], k.prefix(word, n)) {
			if d.terms[t].matches(word) {
				into = append(into, t)
			}
		}
	}
	return into
}

// glossary remembers what a dictionary said of words. Two words share a slot, and the one of them that was asked for longer
// ago makes room for a third. It belongs to one Asked, so it needs no lock, and what it knows stands close together.
type glossary struct {
	of    *dictionary
	slots []slot
	terms []int32
}

// termRange is terms[lo:hi] of a glossary.
type termRange struct{ lo, hi int32 }

// slot is two words, the one that was asked for last first. It fills a line of the processor's cache.
type slot [2]glossed

// glossed is a word, and its terms: terms[lo:hi] of the glossary.
type glossed struct {
	key    wordKey
	lo, hi int32
	_      uint64
}

// at is the slot of a word. An interner chooses by other bits.
func (g *glossary) at(k wordKey) *slot { return &g.slots[k.hash()>>40&(rememberedPairs-1)] }

// find returns which terms stand for a word, and remembers them while there is room.
func (g *glossary) find(word string, k wordKey) (lo, hi int32) {
	slot := g.at(k)
	if !k.long() { // two of those can have one key
		if slot[0].key != k {
			slot[0], slot[1] = slot[1], slot[0]
		}
		if slot[0].key == k {
			return slot[0].lo, slot[0].hi
		}
	}
	lo = int32(len(g.terms))
	g.terms = g.of.find(g.terms, word, k)
	hi = int32(len(g.terms))
	if lo < maxLinks && !k.long() {
		slot[0] = glossed{key: k, lo: lo, hi: hi}
	}
	return lo, hi
}

// open makes room when there is none.
func (g *glossary) open(d *dictionary) {
	if g.of != d {
		*g = glossary{of: d, slots: make([]slot, rememberedPairs)}
	}
	if len(g.terms) >= maxLinks {
		clear(g.slots)
		g.terms = kept(g.terms)
	}
}

// askWords looks each word of the article up in the dictionary. A first pass only reads what the glossary remembers, with
// nothing that depends on it, so that the processor waits for many lines of its memory at once and not for one by one.
func (a *Asked) askWords() {
	g := &a.glossary
	g.open(a.set.dictionary)
	keys := a.d.words.keys
	a.ranges = sized(a.ranges, len(keys))
	for w, k := range keys {
		known := &g.at(k)[0]
		r := termRange{known.lo, known.hi}
		if known.key != k || k.long() {
			r.lo = -1
		}
		a.ranges[w] = r
	}
	for w, r := range a.ranges {
		if r.lo < 0 {
			r.lo, r.hi = g.find(a.d.words.text(int32(w)), keys[w])
		}
		for _, t := range g.terms[r.lo:r.hi] {
			a.stand(t, int32(w))
		}
		if r.lo >= maxLinks { // they are not remembered
			g.terms = g.terms[:r.lo]
		}
	}
	a.paired = true
	clear(a.pairs[:])
	last := int32(0)
	for i := range a.d.tokens {
		w := a.d.tokens[i].word
		slot := pairOf(last, w)
		a.pairs[slot/64] |= 1 << (slot % 64)
		last = w
	}
}

// pairBits is how many bits know which words stand next to each other: of an article of 700 words one in twelve is set.
const pairBits = 1 << 13

func pairOf(first, second int32) uint32 {
	return (uint32(first)*0x9e3779b1 ^ uint32(second)*0x85ebca6b) >> 19
}

// adjacent says whether two words of the article may stand next to each other, in this order: surely not, or perhaps.
func (a *Asked) adjacent(first, second int32) bool {
	slot := pairOf(first, second)
	return a.pairs[slot/64]>>(slot%64)&1 != 0
}

// askTerms looks each term up in the article.
func (a *Asked) askTerms() {
	a.scanning, a.paired = true, false
	for i := range a.set.terms {
		t := int32(i)
		switch w := &a.set.terms[i]; w.Form {
		case Inflected:
			x := a.d.stemmed()
			if s := x.stems.lookup(w.Key, w.key); s >= 0 {
				for word := x.first[s]; word >= 0; word = x.next[word] {
					a.stand(t, word)
				}
			}
		case Pattern:
			if word := a.d.matching(w, 0); word >= 0 {
				a.stand(t, word)
			}
		default:
			if word := a.d.words.lookup(w.Key, w.key); word >= 0 {
				a.stand(t, word)
			}
		}
	}
}

// matching returns the first word from a number on for which a Pattern stands, or -1.
func (d *Document) matching(t *term, from int32) int32 {
	for w := from; w < int32(d.words.len()); w++ {
		if t.begins(d.words.keys[w]) && t.matches(d.words.text(w)) {
			return w
		}
	}
	return -1
}

// begins compares the first eight bytes of a word with those of a pattern's beginning, which rules most words out.
func (t *term) begins(k wordKey) bool {
	return (k.a^t.key.a)&keyMasks[min(len(t.Key), 8)].a == 0
}

// occurs says whether a term stands for any word of the article.
func (a *Asked) occurs(t int32) bool { return a.occurring[t/64]>>(t%64)&1 != 0 }

// stand notes that a term stands for a word of the article.
func (a *Asked) stand(t, word int32) {
	h := &a.heads[t]
	if !a.occurs(t) {
		a.occurring[t/64] |= 1 << (t % 64)
		a.occurred = append(a.occurred, t)
		h.word, h.link = word, -1
		return
	}
	if len(a.links) >= maxLinks && a.set.forms[t] == Pattern {
		a.scanning = true
		return
	}
	if h.link < 0 {
		a.links = append(a.links, link{h.word, -1})
		h.link = int32(len(a.links) - 1)
	}
	a.links = append(a.links, link{word, h.link})
	h.link = int32(len(a.links) - 1)
}

// walk is a walk along the words of the article for which a term stands.
type walk struct {
	word int32
	link int32 // in the links, or one of the following
}

const (
	alone = -1 // it is the only word
	scan  = -2 // the words are looked at one by one
)

// first begins a walk; its word is -1 when the term does not occur.
func (a *Asked) first(t int32) walk {
	if !a.occurs(t) {
		return walk{-1, alone}
	}
	h := &a.heads[t]
	switch {
	case a.scanning && a.set.forms[t] == Pattern:
		return walk{h.word, scan}
	case h.link < 0:
		return walk{h.word, alone}
	}
	return walk{a.links[h.link].word, h.link}
}

func (a *Asked) next(t int32, w walk) walk {
	switch w.link {
	case alone:
		return walk{-1, alone}
	case scan:
		return walk{a.d.matching(&a.set.terms[t], w.word+1), scan}
	}
	next := a.links[w.link].next
	if next < 0 {
		return walk{-1, alone}
	}
	return walk{a.links[next].word, next}
}

// stands says whether a term stands for a word of the article, capitals aside.
func (a *Asked) stands(t, word int32) bool {
	if a.set.forms[t] == Pattern {
		w := &a.set.terms[t]
		return w.begins(a.d.words.keys[word]) && w.matches(a.d.words.text(word))
	}
	for w := a.first(t); w.word >= 0; w = a.next(t, w) {
		if w.word == word {
			return true
		}
	}
	return false
}

// matches says whether a Pattern stands for a normalised word.
func (w *Word) matches(text string) bool {
	text, ok := strings.CutPrefix(text, w.Key)
	if !ok {
		return false
	}
	for _, p := range w.Text[len(w.Key):] {
		if p == '*' {
			return true
		}
		if text == "" {
			return false
		}
		r, size := decodeRune(text)
		if p != '?' && p != r {
			return false
		}
		text = text[size:]
	}
	return text == ""
}
