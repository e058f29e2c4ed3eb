package query

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// folder normalises words that are not plain ASCII.
type folder struct {
	caser cases.Caser
	made  bool
}

// cut appends to into the words of a text that stands at base, by the tables of UAX 29.
func (f *folder) cut(into []piece, text string, base int) []piece {
	for it := words.FromString(text); it.Next(); {
		segment, at := it.Value(), base+it.Start()
		for segment != "" {
			end := strings.IndexFunc(segment, parting)
			if end < 0 {
				end = len(segment)
			}
			if strings.ContainsFunc(segment[:end], isAlphanumeric) {
				into = f.segment(into, segment[:end], at)
			}
			_, n := utf8.DecodeRuneInString(segment[end:])
			segment, at = segment[end+n:], at+end+n
		}
	}
	return into
}

// parting says that r, which joins letters in UAX 29, parts them here: the colon, which does so in Swedish, and the narrow
// no-break space, which French typography puts before it.
func parting(r rune) bool { return r == ':' || r == '\u202f' }

// segment appends the words of one segment of UAX 29: one, as a rule. Normalising can make several of it, as of "½".
// Those share the bytes of the segment.
func (f *folder) segment(into []piece, segment string, start int) []piece {
	first := len(into)
	end := start + len(segment)
	for text := range parts(f.normal(segment)) {
		into = append(into, piece{text: text, start: start, end: end})
	}
	for i := range into[first:] {
		p := &into[first+i]
		for len(p.text) > 2 && strings.HasSuffix(p.text, "'s") {
			p.text = p.text[:len(p.text)-2]
			if end := beforeLast(segment[:p.end-start], 2); len(into) == first+1 && end > 0 {
				p.end = start + end
			}
		}
	}
	return into
}

// normal is NFKC, case folded and without diacritics. Marks that belong to a script, such as the vowel signs of
// Devanagari, are letters there and stay.
func (f *folder) normal(s string) string {
	if !f.made {
		f.caser, f.made = cases.Fold(), true
	}
	s = norm.NFKD.String(f.caser.String(norm.NFKD.String(s)))
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || diacritic(r) {
			return -1
		}
		return straight(r)
	}, s))
}

// diacritic says that r is a mark that letters of any script take. The sound marks of kana count as such in Unicode
// and make another letter.
func diacritic(r rune) bool {
	return unicode.Is(unicode.Inherited, r) && unicode.Is(unicode.M, r) && r != '\u3099' && r != '\u309a'
}

// straight makes the kinds of apostrophe one.
func straight(r rune) rune {
	switch r {
	case '’', '‘', '‛', 'ʼ', '＇', '′':
		return '\''
	}
	return r
}

// Written is a word as written, capitals and diacritics kept: what case: compares with.
func Written(s string) string {
	plain := true
	for i := range len(s) {
		if c := classes[s[i]]; c == wide || c == midDigit || s[i] == '\'' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	s = norm.NFKC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return straight(r)
	}, s))
	for part := range parts(s) {
		return part
	}
	return s
}

func isAlphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// runeClass gives the class of a character of a normalised word.
func runeClass(r rune) uint8 {
	switch {
	case r < utf8.RuneSelf:
		return classes[byte(r)]
	case unicode.IsNumber(r):
		return digit
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return letter
	}
	return other
}

// parts parts a normalised text wherever a character stands that no word holds, by the rules of scanner.plain.
func parts(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		var b strings.Builder
		before, word := uint8(other), false
		flush := func() bool {
			text := b.String()
			b.Reset()
			was := word
			word, before = false, other
			return !was || yield(text)
		}
		for i, r := range s {
			c := runeClass(r)
			switch c {
			case letter, digit, joiner:
				b.WriteRune(r)
				word = word || c != joiner && isAlphanumeric(r)
				before = c
				continue
			}
			next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			after := runeClass(next)
			switch {
			case c == midBoth && after == before && after == letter, r == '.' && after == before && after == digit:
				b.WriteRune(r)
			case (c == midBoth || c == midDigit) && after == before && after == digit:
			default:
				if !flush() {
					return
				}
			}
		}
		flush()
	}
}
