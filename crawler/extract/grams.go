package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// gram is how many words in a row are compared. Four words rarely stand together in two texts by chance.
const gram = 4

// countWords is the number of words in text: letters, digits, underscores.
func countWords(text string) int {
	n := 0
	for range strings.FieldsFuncSeq(text, parts) {
		n++
	}
	return n
}

// parts says that r stands between words.
func parts(r rune) bool {
	if r < utf8.RuneSelf {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_')
	}
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
}

// grams are the runs of one to four words of a text, hashed; the length goes into the hash.
type grams map[uint64]struct{}

func (g grams) add(text string) {
	hashes := hashesOf(text)
	for i := range hashes {
		var sum uint64
		for _, h := range hashes[i:min(len(hashes), i+gram)] {
			sum = mix(sum, h)
			g[sum] = struct{}{}
		}
	}
}

// hashesOf gives FNV-1a of each word: the same in every run, so that a page gives the same article each time.
func hashesOf(text string) []uint64 {
	hashes := make([]uint64, 0, len(text)/5)
	for w := range strings.FieldsFuncSeq(text, parts) {
		h := uint64(14695981039346656037)
		for j := range len(w) {
			h = (h ^ uint64(w[j])) * 1099511628211
		}
		hashes = append(hashes, h)
	}
	return hashes
}

// runHash is the hash of words in a row.
func runHash(hashes []uint64) uint64 {
	var sum uint64
	for _, h := range hashes {
		sum = mix(sum, h)
	}
	return sum
}

func mix(sum, h uint64) uint64 { return (sum+1)*0x9E3779B97F4A7C15 ^ h }

// share is how much of the words stands in the text: the share of their runs of four, or all or nothing for fewer
// words than that.
func (g grams) share(text string) float64 {
	hashes := hashesOf(text)
	if len(hashes) == 0 {
		return 0
	}
	size := min(gram, len(hashes))
	runs := len(hashes) - size + 1
	hits := 0
	for i := range runs {
		if _, ok := g[runHash(hashes[i:i+size])]; ok {
			hits++
		}
	}
	return float64(hits) / float64(runs)
}
