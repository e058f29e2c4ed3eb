package blotter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// CleanText makes text from outside safe to keep and to show: invalid UTF-8 becomes U+FFFD; control, bidi and
// zero-width characters go; runs of space become one; paragraphs stay parted by one blank line.
func CleanText(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	var breaks int
	space := false
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		switch {
		case r == '\n' || r == '\u2029':
			breaks++
		case r == '\u2028':
			breaks = max(breaks, 1)
		case unicode.IsSpace(r):
			space = true
		case unsafeRune(r):
		default:
			if b.Len() > 0 {
				switch {
				case breaks > 1:
					b.WriteString("\n\n")
				case breaks == 1:
					b.WriteByte('\n')
				case space:
					b.WriteByte(' ')
				}
			}
			breaks, space = 0, false
			b.WriteRune(r)
		}
	}
	return b.String()
}

// CleanLine is CleanText for what stands on one line, such as a title.
func CleanLine(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(CleanText(s), "\n\n", " "), "\n", " ")
}

// unsafeRune says that r can steer a terminal, turn the direction of text round or hide in it. The zero-width
// joiners stay: some scripts and emoji need them.
func unsafeRune(r rune) bool {
	switch {
	case r == '\u200c' || r == '\u200d':
		return false
	case unicode.IsControl(r):
		return true
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u200e', r == '\u200f', r == '\u061c':
		return true
	case r == '\u200b', r == '\u2060', r == '\ufeff', r == '\u00ad':
		return true
	}
	return false
}

// CountUTF8 counts the characters above ASCII, and the bytes that belong to no character. Text in another charset has
// many more of the second; UTF-8 with a few damaged places many more of the first.
func CountUTF8(text []byte) (whole, broken int) {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && n == 1:
			broken++
		case n > 1:
			whole++
		}
		text = text[n:]
	}
	return whole, broken
}
