package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// rules say how a dialect, or this language, parts a query into pieces. The pieces are those of this language: parentheses, what stands
// in quotation marks, and the rest, up to a space.
type rules struct {
	opens, shuts string // parentheses of every kind
	braces       bool   // { } enclose a phrase; the piece keeps them, as that is another phrase than a quoted one
	// apart is the length of an operator that s begins with and that needs no space around it, or 0.
	apart func(s string) int
	// odd are the characters that have no meaning in a word: they are some operator that is not known.
	odd string
}

// cutUp parts a query into pieces, of which the last is atEnd.
func (c *rules) cutUp(s string) ([]lexeme, *fault) {
	var out []lexeme
	end := 0 // of the piece before
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		l := lexeme{at: i, glued: i == end && i > 0}
		switch {
		case unicode.IsSpace(r):
			i += n
			continue
		case strings.ContainsRune(c.opens, r):
			l.kind, l.text = open, s[i:i+n]
			i += n
		case strings.ContainsRune(c.shuts, r):
			l.kind, l.text = shut, s[i:i+n]
			i += n
		case isQuote(r):
			length := strings.IndexFunc(s[i+n:], isQuote)
			if length < 0 {
				return nil, &fault{i, "this quotation mark is never closed", "close it with \""}
			}
			l.kind, l.text = quoted, s[i+n:i+n+length]
			i += n + length
			_, n = utf8.DecodeRuneInString(s[i:])
			i += n
		case c.braces && r == '{':
			length := strings.IndexByte(s[i:], '}')
			if length < 0 {
				return nil, &fault{i, "this brace is never closed", "close it with }"}
			}
			l.kind, l.text = quoted, s[i:i+length+1]
			i += length + 1
		default:
			length := c.bare(s[i:])
			l.kind, l.text = bare, s[i:i+length]
			i += length
		}
		end = i
		out = append(out, l)
	}
	return append(out, lexeme{kind: atEnd, at: len(s)}), nil
}

// bare is the length of the piece of a word or an operator.
func (c *rules) bare(s string) int {
	if n := c.operator(s); n > 0 {
		return n
	}
	for i, r := range s {
		if unicode.IsSpace(r) || isQuote(r) || strings.ContainsRune(c.opens, r) || strings.ContainsRune(c.shuts, r) ||
			c.braces && r == '{' || i > 0 && c.operator(s[i:]) > 0 {
			return i
		}
	}
	return len(s)
}

func (c *rules) operator(s string) int {
	if c.apart == nil {
		return 0
	}
	return c.apart(s)
}

// digits is the length of the digits that s begins with.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

// letters is the length of the letters a to z that s begins with.
func letters(s string) int {
	n := strings.IndexFunc(s, func(r rune) bool { return !isLetters(string(r)) })
	if n < 0 {
		return len(s)
	}
	return n
}

// numberedName takes NAME5 apart, when there is a number at its end.
func numberedName(s string) (name, number string) {
	name = strings.TrimRight(s, "0123456789")
	return name, s[len(name):]
}

// invalidUTF8 is where a text stops being UTF-8, or -1.
func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i, r := range s {
		if _, n := utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && n == 1 {
			return i
		}
	}
	return -1
}
