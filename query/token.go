package query

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// Token is one word of a text.
type Token struct {
	Text       string // normalised: NFKC, case folded, without diacritics, one kind of apostrophe, no possessive 's
	Start, End int    // bytes into the original text; a possessive 's lies outside
	Pos        int    // 0 for the first word
	Sentence   int    // 0 for the first sentence that has a word
	Paragraph  int    // 0 for the first paragraph that has a word
}

// Tokenize cuts a text into words as Unicode Standard Annex 29 has them, but that a colon parts words. The separators
// of a number go ("1,500" is 1500), and so do signs of currency. A hyphenated compound is its parts. Where one
// character stands for several words ("½"), they share its bytes.
func Tokenize(text string) []Token {
	tokens := make([]Token, 0, len(text)/5+1)
	c := newCutter(text)
	defer c.close()
	lower := string(c.lower[:len(text)])
	for c.next() {
		w := &c.word
		t := Token{Text: w.text, Start: w.start, End: w.end, Pos: len(tokens), Sentence: c.sentence, Paragraph: c.paragraph}
		if w.plain {
			t.Text = lower[w.start:w.end]
		}
		tokens = append(tokens, t)
	}
	return tokens
}

// piece is a word and where it stands. The text of a plain one is at the same bytes of scanner.lower, and not in text:
// to write a pointer costs much while the garbage collector runs.
type piece struct {
	text       string
	start, end int
	plain      bool
}

// scanner finds the words of a text. Nearly all words of English news are ASCII, often with a curly apostrophe;
// those are cut here, byte by byte and mostly without allocating. A run between spaces that holds anything else goes
// through the tables of uax29 (see folder.cut).
type scanner struct {
	src    string
	lower  []byte // src with ASCII capitals made small: the same bytes at the same places; then padding zeros
	pos    int
	word   piece
	last   int    // where the last word ended
	base   int    // inWord are the bits of the 64 bytes from here
	inWord uint64 // which of them are letters a–z and figures
	fold   folder
	queue  []piece // words already cut out of a run that was not plain
}

// reset begins with a text.
func (s *scanner) reset(text string) {
	*s = scanner{src: text, lower: lowerASCII(s.lower[:0], text), last: -1, fold: s.fold, queue: s.queue[:0]}
	s.inWord = inWordOf(s.lower)
}

// next moves on to the next word. The word is a field and no result because Go keeps no struct of this size in
// registers: to hand it up through three calls took longer than to find it.
func (s *scanner) next() bool {
	for {
		if !s.quick() && !s.cut() {
			return false
		}
		possessive := s.isS() && s.detached(s.word.start)
		s.last = s.word.end
		if !possessive {
			return true
		}
	}
}

func (s *scanner) isS() bool {
	if s.word.plain {
		return s.word.end-s.word.start == 1 && s.lower[s.word.start] == 's'
	}
	return s.word.text == "s"
}

// bytes is the word, normalised. They are good until the next text.
func (s *scanner) bytes() []byte {
	if s.word.plain {
		return s.lower[s.word.start:s.word.end]
	}
	return []byte(s.word.text)
}

func (s *scanner) key() wordKey {
	if s.word.plain {
		return plainKey(s.lower, s.word.start, s.word.end-s.word.start)
	}
	return keyOf(s.word.text)
}

// detached says that what starts at start is a possessive s that the rules of UAX 29 part from its word, because a
// figure or a full stop stands before the apostrophe: "MI5's", "the U.S.'s".
func (s *scanner) detached(start int) bool {
	if s.last < 0 || start < s.last {
		return false
	}
	switch between := strings.TrimPrefix(s.src[s.last:start], "."); between {
	case "'", "’", "‘", "＇":
		return true
	}
	return false
}

// The classes of bytes.
const (
	other    = iota // parts words
	letter          // a–z, A–Z
	digit           // 0–9
	joiner          // _
	midBoth         // . and ' join two letters or two figures
	midDigit        // , and ; join two figures
	wide            // a byte of a character beyond ASCII
)

var classes = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= utf8.RuneSelf:
			t[c] = wide
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			t[c] = letter
		case c >= '0' && c <= '9':
			t[c] = digit
		}
	}
	t['_'], t['.'], t['\''], t[','], t[';'] = joiner, midBoth, midBoth, midDigit, midDigit
	return t
}()

// cut finds the next word by all the rules.
func (s *scanner) cut() bool {
	if len(s.queue) > 0 {
		s.word = s.queue[0]
		s.queue = s.queue[1:]
		return true
	}
	for s.pos < len(s.src) {
		switch classes[s.src[s.pos]] {
		case letter, digit, joiner:
			if !s.plain() {
				return s.run(s.pos)
			} else if s.word.end > 0 {
				return true
			}
		case wide:
			n := separator(s.src[s.pos:])
			if n == 0 {
				return s.run(s.pos)
			}
			s.pos += n
		default:
			s.pos++
		}
	}
	return false
}

// quick cuts the next word when it is nothing but letters and figures, with spaces and the like around, as most are. It
// finds its ends in a set of bits instead of going from byte to byte: the lengths of words are what a processor
// cannot guess.
func (s *scanner) quick() bool {
	if len(s.queue) > 0 {
		return false
	}
	pos, src := s.pos, s.src
	for range 2 {
		if uint(pos-s.base) >= 64 { // or before them, where only Document.run has looked
			s.rebase(pos)
		}
		ahead := s.inWord >> (uint(pos-s.base) & 63)
		if ahead == 0 {
			if pos+64 > len(src) {
				return false
			}
			s.rebase(pos)
			if ahead = s.inWord; ahead == 0 {
				return false
			}
		}
		start := pos + bits.TrailingZeros64(ahead)
		for ; pos < start; pos++ {
			if c := classes[src[pos]]; c != other && c != midBoth && c != midDigit {
				return false
			}
		}
		end := start + bits.TrailingZeros64(^(s.inWord >> (uint(start-s.base) & 63)))
		if end-s.base >= 64 { // it may go on behind the bits
			s.rebase(start)
			if s.inWord == math.MaxUint64 {
				return false
			}
			continue
		}
		if end < len(src) {
			c := classes[src[end]]
			if c != other && (c != midBoth && c != midDigit || end+1 < len(src) && classes[src[end+1]] != other) {
				return false
			}
		}
		s.pos = end
		w := &s.word
		w.start, w.end, w.plain = start, end, true
		return true
	}
	return false
}

func (s *scanner) rebase(at int) {
	s.base = at
	s.inWord = inWordOf(s.lower[at:])
}

// plain cuts the ASCII word at s.pos. It returns false, and has moved nothing, when the word holds or touches a
// character whose class only the tables know. A run of underscores is no word: its text is empty.
func (s *scanner) plain() bool {
	start, i := s.pos, s.pos+1
	before := classes[s.src[start]] // the class of the character before i, the marks that join not counted
	word, dressed := before != joiner, false
	for i < len(s.src) {
		c := classes[s.src[i]]
		width := 1
		switch c {
		case letter, digit, joiner:
			word = word || c != joiner
			before = c
			i++
			continue
		case other:
			return s.finish(start, i, word, dressed)
		case wide:
			width = separator(s.src[i:])
			if width == 0 {
				return false
			}
			if !apostrophe(s.src[i : i+width]) {
				return s.finish(start, i, word, dressed)
			}
			c = midBoth
		}
		if i+width >= len(s.src) {
			break
		}
		after := classes[s.src[i+width]]
		if after == wide && separator(s.src[i+width:]) == 0 {
			return false
		}
		if after != before || after != digit && (after != letter || c == midDigit) {
			break
		}
		dressed = dressed || width > 1 || after == digit && s.src[i] != '.'
		i += width
	}
	return s.finish(start, i, word, dressed)
}

// finish makes the word from start to end; a dressed one has characters that its text has not.
func (s *scanner) finish(start, end int, word, dressed bool) bool {
	s.pos = end
	if !word {
		s.word = piece{}
		return true
	}
	if dressed {
		s.word.text = undress(string(s.lower[start:end]))
		for len(s.word.text) > 2 && strings.HasSuffix(s.word.text, "'s") {
			end = beforeLast(s.src[:end], 2)
			s.word.text = s.word.text[:len(s.word.text)-2]
		}
	} else {
		for end-start > 2 && s.lower[end-1] == 's' && s.lower[end-2] == '\'' {
			end -= 2
		}
	}
	s.word.start, s.word.end, s.word.plain = start, end, !dressed
	return true
}

// beforeLast returns where the last n characters of s begin.
func beforeLast(s string, n int) int {
	for range n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return len(s)
}

// undress makes curly apostrophes straight and takes the separators out of numbers. Its input is ASCII but for the
// apostrophes.
func undress(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			c = '\''
			i += 2
		}
		inNumber := len(b) > 0 && classes[b[len(b)-1]] == digit && i+1 < len(s) && classes[s[i+1]] == digit
		if inNumber && (c == ',' || c == ';' || c == '\'') {
			continue
		}
		b = append(b, c)
	}
	return string(b)
}

// separator returns the length of the character at the start of s when it is one that is common in news, begins or
// ends no word and never changes how its neighbours are cut; the curly apostrophes are among them. 0 means: ask the
// tables.
func separator(s string) int {
	if len(s) >= 3 && s[0] == 0xE2 {
		switch {
		case s[1] == 0x80 && (s[2] >= 0x90 && s[2] <= 0xA2 || s[2] == 0xA6): // hyphens, dashes, quotation marks, •, …
			return 3
		case s[1] == 0x82 && s[2] == 0xAC: // €
			return 3
		}
	}
	if len(s) >= 2 && s[0] == 0xC2 {
		switch s[1] {
		case 0xA0, 0xA3, 0xA7, 0xA9, 0xAB, 0xAE, 0xB0, 0xBB: // no-break space, £, §, ©, «, ®, °, »
			return 2
		}
	}
	return 0
}

// apostrophe says that s is a curly single quotation mark, which joins letters as ' does.
func apostrophe(s string) bool { return s == "’" || s == "‘" }

// run cuts the characters from start to the next space with the tables.
func (s *scanner) run(start int) bool {
	end := start
	for end < len(s.src) && !isSpace(s.src[end]) {
		end++
	}
	if !utf8.ValidString(s.src[start:end]) { // the tables stop at a broken byte: it parts words
		for end = start; ; {
			r, n := utf8.DecodeRuneInString(s.src[end:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			end += n
		}
		if end == start {
			s.pos = start + 1
			return s.cut()
		}
	}
	s.pos = end
	s.queue = s.fold.cut(s.queue[:0], s.src[start:end], start)
	return s.cut()
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// padding is how many zeros lowerASCII puts behind a text, so that whole words of the machine can be read anywhere.
const padding = 64

const highBits, lowBits = 0x8080808080808080, 0x7f7f7f7f7f7f7f7f

// inRange sets the high bit of each byte of x that is an ASCII character from a to z.
func inRange(x, a, z uint64) uint64 {
	const each = 0x0101010101010101
	from, beyond := x&lowBits+(0x80-a)*each, x&lowBits+(0x7f-z)*each
	return from &^ beyond &^ x & highBits
}

// lowerASCII makes ASCII capitals small and leaves every other byte, eight at a time, and adds the padding.
func lowerASCII(into []byte, s string) []byte {
	into = slices.Grow(into[:0], len(s)+padding)[:len(s)+padding]
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := load64(s[i:])
		binary.LittleEndian.PutUint64(into[i:], x|inRange(x, 'A', 'Z')>>2)
	}
	for ; i < len(s); i++ {
		into[i] = s[i]
		if into[i]-'A' < 26 {
			into[i] += 'a' - 'A'
		}
	}
	clear(into[i:])
	return into
}

// inWordOf says which of the first 64 bytes are a–z or 0–9.
func inWordOf(lower []byte) (set uint64) {
	lower = lower[:64]
	for i := 0; i < 64; i += 8 {
		x := binary.LittleEndian.Uint64(lower[i:])
		// The product gathers the high bits of the eight bytes in its highest byte.
		set |= (inRange(x, 'a', 'z') | inRange(x, '0', '9')) >> 7 * 0x0102040810204080 >> 56 << uint(i)
	}
	return set
}

// load64 reads the first bytes of s as a number; the compiler makes one instruction of it.
func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
