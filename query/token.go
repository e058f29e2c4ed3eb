package query

import (
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
	tokens := make([]Token, 0, len(text)/6+1)
	c := newCutter(text)
	for c.next() {
		tokens = append(tokens, Token{
			Text: c.word.text, Start: c.word.start, End: c.word.end,
			Pos: len(tokens), Sentence: c.sentence, Paragraph: c.paragraph,
		})
	}
	return tokens
}

// piece is a word and where it stands.
type piece struct {
	text       string
	start, end int
}

// scanner finds the words of a text. Nearly all words of English news are ASCII, often with a curly apostrophe;
// those are cut here, byte by byte and mostly without allocating. A run between spaces that holds anything else goes
// through the tables of uax29 (see folder.cut).
type scanner struct {
	src   string
	lower string // src with ASCII capitals made small: the same bytes at the same places
	pos   int
	last  int // where the last word ended
	fold  folder
	queue []piece // words already cut out of a run that was not plain
}

func newScanner(text string) scanner {
	return scanner{src: text, lower: lowerASCII(text), last: -1}
}

// next returns the next word.
func (s *scanner) next() (piece, bool) {
	for {
		p, ok := s.cut()
		if !ok {
			return p, false
		}
		if p.text == "s" && s.detached(p.start) {
			s.last = p.end
			continue
		}
		s.last = p.end
		return p, true
	}
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

func (s *scanner) cut() (piece, bool) {
	if len(s.queue) > 0 {
		p := s.queue[0]
		s.queue = s.queue[1:]
		return p, true
	}
	for s.pos < len(s.src) {
		switch classes[s.src[s.pos]] {
		case letter, digit, joiner:
			if p, plain := s.plain(); !plain {
				return s.run(s.pos)
			} else if p.text != "" {
				return p, true
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
	return piece{}, false
}

// plain cuts the ASCII word at s.pos. It returns false, and has moved nothing, when the word holds or touches a
// character whose class only the tables know. A run of underscores is no word: its text is empty.
func (s *scanner) plain() (piece, bool) {
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
			return s.finish(start, i, word, dressed), true
		case wide:
			width = separator(s.src[i:])
			if width == 0 {
				return piece{}, false
			}
			if !apostrophe(s.src[i : i+width]) {
				return s.finish(start, i, word, dressed), true
			}
			c = midBoth
		}
		if i+width >= len(s.src) {
			break
		}
		after := classes[s.src[i+width]]
		if after == wide && separator(s.src[i+width:]) == 0 {
			return piece{}, false
		}
		if after != before || after != digit && (after != letter || c == midDigit) {
			break
		}
		dressed = dressed || width > 1 || after == digit && s.src[i] != '.'
		i += width
	}
	return s.finish(start, i, word, dressed), true
}

// finish makes the piece from start to end; a dressed one has characters that its text has not.
func (s *scanner) finish(start, end int, word, dressed bool) piece {
	s.pos = end
	if !word {
		return piece{}
	}
	text := s.lower[start:end]
	if dressed {
		text = undress(text)
	}
	for len(text) > 2 && strings.HasSuffix(text, "'s") {
		end = beforeLast(s.src[:end], 2)
		text = text[:len(text)-2]
	}
	return piece{text, start, end}
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
func (s *scanner) run(start int) (piece, bool) {
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

// lowerASCII makes ASCII capitals small and leaves every other byte.
func lowerASCII(s string) string {
	i := 0
	for i < len(s) && s[i]-'A' >= 26 {
		i++
	}
	if i == len(s) {
		return s
	}
	b := []byte(s)
	for ; i < len(b); i++ {
		if b[i]-'A' < 26 {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}
