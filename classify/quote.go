package classify

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"blotter"
)

const (
	maxQuote = 300 // characters of an evidence quote: what an export may carry of a text
	before   = 100 // characters kept before the match in a sentence that is longer
)

// quote gives a sentence as evidence: all of it, or of a long one the words around the match.
func (t *text) quote(f *finding) blotter.Evidence {
	field := t.field(f.span.Field)
	start, end := clip(field, f.start, f.end, f.span.Start)
	return blotter.Evidence{Field: f.span.Field, Start: start, End: end, Quote: field[start:end], Status: f.status}
}

// clip narrows text[start:end] to at most maxQuote characters around the byte at, cutting between words.
func clip(text string, start, end, at int) (int, int) {
	if utf8.RuneCountInString(text[start:end]) <= maxQuote {
		return start, end
	}
	from := back(text, start, at, before)
	if from > start {
		from += wordsIn(text[from:at])
	}
	to := forward(text, from, end, maxQuote)
	if to < end {
		if space := strings.LastIndexFunc(text[from:to], unicode.IsSpace); space > at-from {
			to = from + space
		}
	}
	return trim(text, from, to)
}

// wordsIn gives the offset of the first word that begins in s, or of its end.
func wordsIn(s string) int {
	space := strings.IndexFunc(s, unicode.IsSpace)
	if space < 0 {
		return 0
	}
	return space
}

// back steps n characters back from at, not beyond start.
func back(text string, start, at, n int) int {
	for ; n > 0 && at > start; n-- {
		_, size := utf8.DecodeLastRuneInString(text[start:at])
		at -= size
	}
	return at
}

// forward steps n characters on from at, not beyond end.
func forward(text string, at, end, n int) int {
	for ; n > 0 && at < end; n-- {
		_, size := utf8.DecodeRuneInString(text[at:end])
		at += size
	}
	return at
}

// trim takes the space off both ends of text[start:end].
func trim(text string, start, end int) (int, int) {
	part := text[start:end]
	start += len(part) - len(strings.TrimLeftFunc(part, unicode.IsSpace))
	return start, max(start, start+len(strings.TrimSpace(part)))
}
