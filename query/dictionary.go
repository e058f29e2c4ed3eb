package query

import (
	"slices"
	"strings"
)

// head begins the list of the words of the article for which a term stands.
type head struct {
	stamp uint32
	word  int32 // the first of them
	link  int32 // the last of them; the others follow from there
}

type link struct{ word, next int32 }

const (
	// wordsPerTerm says when it takes less to look each word of an article up in the dictionary than each term in the
	// article.
	wordsPerTerm = 20

	// maxLinks bounds the memory for the words that patterns stand for: in a text that is made for it each of thousands of
	// patterns stands for each of thousands of words.
	maxLinks = 1 << 18

	// rememberedWords is how many words a dictionary remembers: those of some hundred articles of the news, which have
	// nine in ten words of the next.
	rememberedWords = 1 << 16
)

// dictionary finds the terms that stand for a word.
type dictionary struct {
	exact    map[string][]int32 // Exact and Cased, by their key
	stem     map[string]int32
	prefix   map[string][]int32 // Pattern, by what it begins with
	lengths  []int              // of those, in ascending order
	terms    []term
	remember *cache[[]int32]
}

func newDictionary(terms []term) *dictionary {
	d := &dictionary{
		exact: map[string][]int32{}, stem: map[string]int32{}, prefix: map[string][]int32{}, terms: terms,
		remember: newCache[[]int32](rememberedWords),
	}
	for i, t := range terms {
		switch t.Form {
		case Inflected:
			d.stem[t.Key] = int32(i)
		case Pattern:
			d.prefix[t.Key] = append(d.prefix[t.Key], int32(i))
			d.lengths = append(d.lengths, len(t.Key))
		default:
			d.exact[t.Key] = append(d.exact[t.Key], int32(i))
		}
	}
	slices.Sort(d.lengths)
	d.lengths = slices.Compact(d.lengths)
	return d
}

// find returns the terms that stand for a word; one that is Cased may then still differ in its capitals.
func (d *dictionary) find(word string, k wordKey) []int32 {
	return d.remember.get(word, k, func(word string) []int32 {
		found := slices.Clone(d.exact[word])
		if len(d.stem) > 0 {
			if t, ok := d.stem[stems.get(word, k, Stem)]; ok {
				found = append(found, t)
			}
		}
		for _, n := range d.lengths {
			if n > len(word) {
				break
			}
			for _, t := range d.prefix[word[:n]] {
				if d.terms[t].matches(word) {
					found = append(found, t)
				}
			}
		}
		return slices.Clip(found)
	})
}

// askWords looks each word of the article up in the dictionary.
func (a *Asked) askWords() {
	for w := range int32(a.d.words.len()) {
		for _, t := range a.set.dictionary.find(a.d.words.text(w), a.d.words.keys[w]) {
			a.occurs(t, w)
		}
	}
}

// askTerms looks each term up in the article.
func (a *Asked) askTerms() {
	a.scanning = true
	for i := range a.set.terms {
		t := int32(i)
		switch w := &a.set.terms[i]; w.Form {
		case Inflected:
			x := a.d.stemmed()
			if s := x.stems.lookup(w.Key, w.key); s >= 0 {
				for word := x.first[s]; word >= 0; word = x.next[word] {
					a.occurs(t, word)
				}
			}
		case Pattern:
			if word := a.d.matching(w, 0); word >= 0 {
				a.occurs(t, word)
			}
		default:
			if word := a.d.words.lookup(w.Key, w.key); word >= 0 {
				a.occurs(t, word)
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

// occurs notes that a term stands for a word of the article, and that the queries which need it are candidates.
func (a *Asked) occurs(t, word int32) {
	h := &a.heads[t]
	next := int32(-1)
	if h.stamp != a.stamp {
		h.stamp, h.word = a.stamp, word
		for _, q := range a.set.queries[a.set.byTerm[t]:a.set.byTerm[t+1]] {
			a.maybe[q/64] |= 1 << (q % 64)
		}
	} else {
		next = h.link
	}
	if len(a.links) >= maxLinks && a.set.terms[t].Form == Pattern {
		a.scanning = true
		return
	}
	h.link = int32(len(a.links))
	a.links = append(a.links, link{word, next})
}

// walk is a walk along the words of the article for which a term stands.
type walk struct {
	word int32
	link int32 // -1: the words are looked at one by one
}

// first begins a walk; its word is -1 when the term does not occur.
func (a *Asked) first(t int32) walk {
	h := &a.heads[t]
	if h.stamp != a.stamp {
		return walk{-1, -1}
	}
	if a.scanning && a.set.terms[t].Form == Pattern {
		return walk{h.word, -1}
	}
	return walk{a.links[h.link].word, h.link}
}

func (a *Asked) next(t int32, w walk) walk {
	if w.link < 0 {
		return walk{a.d.matching(&a.set.terms[t], w.word+1), -1}
	}
	next := a.links[w.link].next
	if next < 0 {
		return walk{-1, -1}
	}
	return walk{a.links[next].word, next}
}

// stands says whether a term stands for a word of the article, capitals aside.
func (a *Asked) stands(t, word int32) bool {
	if w := &a.set.terms[t]; w.Form == Pattern {
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
