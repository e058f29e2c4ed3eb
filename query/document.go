package query

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Document is an article cut into words once, for any number of queries. It never changes; any number of goroutines
// may use it.
//
// Each distinct word has a number and the list of its positions. Everything that evaluates a query works on those
// lists: what a word, a stem or a wildcard costs depends on how often it stands in the article, not on the
// article's length.
type Document struct {
	fields    [3]textField
	tokens    []token
	sentences []sentence
	words     interner
	offsets   []int32 // the positions of word w are positions[offsets[w]:offsets[w+1]], in order
	positions []int32
	lists     []int32 // the memory of offsets and positions
	stemOnce  sync.Once
	stems     stemIndex
}

// The fields of a Document, in the order of their positions.
const (
	inTitle = iota
	inBody
	inLead // only a lead that is not a piece of the body
)

// fieldGap lies between the positions of two fields, so that no distance reaches across.
const fieldGap = maxDistance + 1

// textField is one text. Its positions run from lo to hi, hi not in it.
type textField struct {
	name   string
	text   string
	lo, hi int32
	first  int32 // token of position lo
}

// token is a word of the text, 12 bytes in all: the rest is found through its sentence.
type token struct {
	word       int32
	start, end int32 // bytes of its field
	sentence   int32
}

// sentence holds its positions, its bytes and its paragraph's positions.
type sentence struct {
	lo, hi       int32 // the first and the last position
	start, end   int32
	parLo, parHi int32
}

// NewDocument cuts an article. The lead is part of the body: a lead that stands there as a paragraph or several
// is found there, and an empty one is the first paragraph of the body.
func NewDocument(title, lead, body string) *Document {
	d := documents.Get().(*Document)
	words := (len(title) + len(body)) / 5
	d.tokens = slices.Grow(d.tokens[:0], words+8)
	d.sentences = slices.Grow(d.sentences[:0], len(body)/100+2)
	d.words.reset(min(words/2, 1000))
	d.add(inTitle, FieldTitle, title, 0)
	d.add(inBody, FieldBody, body, d.fields[inTitle].hi+fieldGap)
	d.addLead(lead)
	d.words.close()
	d.post()
	return d
}

// documents are those that were closed.
var documents = sync.Pool{New: func() any { return &Document{} }}

// Close gives the memory of the document back, for the next NewDocument. It need not be called, and may be only when
// nothing uses the document any more; the document has no words then.
func (d *Document) Close() {
	kept := &Document{tokens: d.tokens, sentences: d.sentences, words: d.words, lists: d.lists}
	if cap(d.tokens) <= maxKept {
		documents.Put(kept)
	}
	*d = Document{}
}

// maxKept is how many words a text may have whose memory is kept for another: one huge article shall not cost its memory
// for ever.
const maxKept = 1 << 16

// add cuts one field, whose positions begin at lo.
func (d *Document) add(index int, name, text string, lo int32) {
	f := &d.fields[index]
	*f = textField{name: name, text: text, lo: lo, hi: lo, first: int32(len(d.tokens))}
	base := int32(len(d.sentences))
	paragraph, paragraphLo := 0, lo
	c := newCutter(text)
	defer c.close()
	for c.next() {
		s := base + int32(c.sentence)
		if int(s) == len(d.sentences) {
			if c.paragraph != paragraph {
				d.closeParagraph(paragraphLo, f.hi-1)
				paragraph, paragraphLo = c.paragraph, f.hi
			}
			d.sentences = append(d.sentences, sentence{lo: f.hi})
		}
		d.tokens = append(d.tokens, token{d.words.id(c.bytes(), c.key()), int32(c.word.start), int32(c.word.end), s})
		f.hi++
		f.hi += d.run(c, s)
		d.sentences[s].hi = f.hi - 1
	}
	for i, e := range c.sentences {
		d.sentences[base+int32(i)].start, d.sentences[base+int32(i)].end = int32(e.start), int32(e.end)
	}
	d.closeParagraph(paragraphLo, f.hi-1)
}

// run adds the words that follow with nothing but letters and figures in them and nothing between that parts sentences, as
// most do, and returns how many. It does what cutter.next and interner.id do for any word, in one loop without a call.
func (d *Document) run(c *cutter, sentence int32) int32 {
	lower, words, tokens := c.lower, &d.words, d.tokens
	start, end := c.word.start, c.pos
	if end != c.word.end || len(c.queue) > 0 || !parted(lower, end) {
		return 0
	}
	base, inWord := c.base, c.inWord
	slots, keys := words.slots, words.keys
	for {
		at := end + 1
		if lower[end] != ' ' || classes[lower[at]] == other {
			for at = end; quiet[lower[at]]; at++ {
			}
		}
		if uint(at-base) > 40 { // most words end within 24 bytes
			base, inWord = at, inWordOf(lower[at:])
		}
		n := bits.TrailingZeros64(^(inWord >> (uint(at-base) & 63)))
		next := at + n
		if n == 0 || n > 16 || next-base >= 64 || !parted(lower, next) {
			break
		}
		m, letters := &keyMasks[n], lower[at:at+16]
		k := wordKey{binary.LittleEndian.Uint64(letters) & m.a, binary.LittleEndian.Uint64(letters[8:]) & m.b}
		slot := k.hash() >> 32
		var word int32
		for {
			slot &= uint64(len(slots) - 1)
			word = slots[slot] - 1
			if word < 0 {
				word = words.add(lower[at:next], k, slot)
				slots, keys = words.slots, words.keys
				break
			}
			if keys[word] == k {
				break
			}
			slot++
		}
		tokens = append(tokens, token{word, int32(at), int32(next), sentence})
		start, end = at, next
	}
	added := len(tokens) - len(d.tokens)
	if added > 0 {
		d.tokens = tokens
		c.base, c.inWord, c.pos, c.last = base, inWord, end, end
		c.word.start, c.word.end, c.word.plain = start, end, true
	}
	return int32(added)
}

// parted says that what stands at a byte ends the word before it, whatever follows.
func parted(lower []byte, at int) bool {
	c := classes[lower[at]]
	return c == other || (c == midBoth || c == midDigit) && classes[lower[at+1]] == other
}

// closeParagraph gives the sentences since lo their paragraph.
func (d *Document) closeParagraph(lo, hi int32) {
	for i := len(d.sentences) - 1; i >= 0 && d.sentences[i].lo >= lo; i-- {
		d.sentences[i].parLo, d.sentences[i].parHi = lo, hi
	}
}

// addLead finds the lead in the body, or cuts it as a text of its own.
func (d *Document) addLead(lead string) {
	body := &d.fields[inBody]
	f := &d.fields[inLead]
	*f = textField{name: FieldBody, text: body.text, lo: body.lo, hi: body.lo, first: body.first}
	lead = strings.TrimSpace(lead)
	if lead == "" {
		if body.hi > body.lo {
			f.hi = d.sentenceAt(body.lo).parHi + 1
		}
		return
	}
	if from, to, ok := d.paragraphs(lead); ok {
		f.lo, f.hi, f.first = from, to, body.first+from-body.lo
		return
	}
	d.add(inLead, FieldLead, lead, body.hi+fieldGap)
}

func byStart(t token, at int32) int { return int(t.start - at) }

// paragraphs finds the positions of a paragraph of the body, or several, that read as text does.
func (d *Document) paragraphs(text string) (lo, hi int32, ok bool) {
	body := &d.fields[inBody]
	for _, s := range d.sentences {
		if s.lo < body.lo || s.lo != s.parLo {
			continue
		}
		rest, same := strings.CutPrefix(body.text[s.start:], text)
		space := rest[:len(rest)-len(strings.TrimLeftFunc(rest, unicode.IsSpace))]
		if at, _ := paragraphBreak(space); !same || at < 0 && space != rest {
			continue
		}
		tokens := d.tokens[body.first:]
		to, _ := slices.BinarySearchFunc(tokens, s.start+int32(len(text)), byStart)
		return s.lo, body.lo + int32(to), true
	}
	return 0, 0, false
}

// post makes the lists of positions.
func (d *Document) post() {
	n := d.words.len()
	both := slices.Grow(d.lists[:0], n+2+len(d.tokens))[:n+2+len(d.tokens)]
	clear(both[:n+2])
	d.lists = both
	next := both[1 : n+2] // where the next position of each word goes; in the end where the next word begins
	for _, t := range d.tokens {
		both[t.word+2]++
	}
	for w := range next[1:] {
		next[w+1] += next[w]
	}
	d.offsets, d.positions = both[:n+1], both[n+2:]
	for i := range d.fields {
		f := &d.fields[i]
		if i == inLead && f.name != FieldLead {
			break
		}
		for j, t := range d.tokens[f.first : f.first+f.hi-f.lo] {
			d.positions[next[t.word]] = f.lo + int32(j)
			next[t.word]++
		}
	}
}

// Len is the number of words of the body.
func (d *Document) Len() int { return int(d.fields[inBody].hi - d.fields[inBody].lo) }

// Span is a piece of a text that matched.
type Span struct {
	Field      string // FieldTitle, FieldBody, or FieldLead for a lead that is not a piece of the body
	Start, End int    // bytes into the field
}

// Sentence widens the bytes from start to end of a field to the sentence or sentences that hold them, with the marks that
// end those. It returns them as they are when the field has no word.
func Sentence(d *Document, field string, start, end int) (int, int) {
	f := d.field(field)
	if f == nil || f.hi == f.lo {
		return start, end
	}
	tokens := d.tokens[f.first : f.first+f.hi-f.lo]
	first := tokens[max(0, after(tokens, int32(start))-1)]
	last := tokens[max(0, after(tokens, int32(max(start, end-1)))-1)]
	return int(d.sentences[first.sentence].start), int(d.sentences[last.sentence].end)
}

// after counts the tokens that begin at byte at or before.
func after(tokens []token, at int32) int {
	n, _ := slices.BinarySearchFunc(tokens, at+1, byStart)
	return n
}

func (d *Document) field(name string) *textField {
	for i := range d.fields {
		if d.fields[i].name == name && (i != inLead || name == FieldLead) {
			return &d.fields[i]
		}
	}
	return nil
}

// fieldAt returns the field of a position.
func (d *Document) fieldAt(pos int32) *textField {
	switch {
	case pos < d.fields[inTitle].hi:
		return &d.fields[inTitle]
	case pos < d.fields[inBody].hi:
		return &d.fields[inBody]
	}
	return &d.fields[inLead]
}

func (d *Document) tokenAt(pos int32) token {
	f := d.fieldAt(pos)
	return d.tokens[f.first+pos-f.lo]
}

func (d *Document) sentenceAt(pos int32) sentence { return d.sentences[d.tokenAt(pos).sentence] }

// posting returns the positions of a word.
func (d *Document) posting(word int32) []int32 {
	return d.positions[d.offsets[word]:d.offsets[word+1]]
}

// stemIndex groups the words of a document by stem.
type stemIndex struct {
	stems interner
	of    []int32 // the stem of each word
	first []int32 // a word of each stem
	next  []int32 // the next word of the same stem, or -1
}

// stemmed returns the index of stems, which is made when a query first asks for a stem.
func (d *Document) stemmed() *stemIndex {
	d.stemOnce.Do(func() {
		x := &d.stems
		n := d.words.len()
		x.stems.grow(n)
		x.of, x.next = make([]int32, n), make([]int32, n)
		for w := range int32(n) {
			text := d.words.text(w)
			stem := stems.of(text, d.words.keys[w])
			s := x.stems.id([]byte(stem), keyOf(stem))
			if int(s) == len(x.first) {
				x.first = append(x.first, -1)
			}
			x.of[w], x.next[w] = s, x.first[s]
			x.first[s] = w
		}
	})
	return &d.stems
}
