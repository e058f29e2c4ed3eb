package query

import "strings"

// Stem gives what the inflected forms of an English word have in common: seize, seized, seizes and seizing all give
// "seiz". The word must be normalised, as a Token's Text is; a word that is not made of the letters a to z is its own
// stem.
//
// These are the steps of the English Snowball stemmer that undo inflection: plurals and the third person, -ed, -ing,
// -y before an ending, a silent -e. Its other steps take the endings off that make new words, and would find
// "conviction" for convict, "terrorism" for terror and "organisation" for organ; a query has * for that. Irregular
// forms (shot, knives, men) are words of their own.
func Stem(word string) string {
	if len(word) < 3 {
		return word
	}
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return word
		}
	}
	if stem, ok := irregular[word]; ok {
		return stem
	}
	var space [48]byte
	w := stemming{b: append(space[:0], word...)}
	w.prepare()
	w.plural()
	if !invariable(string(w.b)) {
		w.verb()
		w.finalY()
		w.finalE()
	}
	for i, c := range w.b {
		if c == 'Y' {
			w.b[i] = 'y'
		}
	}
	if strings.HasPrefix(word, string(w.b)) {
		return word[:len(w.b)]
	}
	return string(w.b)
}

// irregular holds the exceptions of Snowball, and a few nouns in -s that matter here and that its rules get wrong.
var irregular = map[string]string{
	"skis": "ski", "sky": "sky", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "vying": "vie",
	"gas": "gas", "gases": "gas", "bus": "bus", "buses": "bus",
	"news": "news", "howe": "howe", "atlas": "atlas", "cosmos": "cosmos", "bias": "bias", "andes": "andes",
	"evening": "evening", "evenings": "evening", "morning": "morning", "mornings": "morning", "during": "during",
}

// invariable says that a word, its plural undone, ends in -ing or -eed by nature.
func invariable(w string) bool {
	switch w {
	case "inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed":
		return true
	}
	return false
}

// stemming is a word being stemmed. A Y is a y that stands for a consonant. r1 begins after the first consonant that
// follows a vowel, r2 after the next such: an ending within them is not part of the root.
type stemming struct {
	b      []byte
	r1, r2 int
}

func vowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	}
	return false
}

func (w *stemming) prepare() {
	for i, c := range w.b {
		if c == 'y' && (i == 0 || vowel(w.b[i-1])) {
			w.b[i] = 'Y'
		}
	}
	w.r1 = w.region(0)
	for _, prefix := range []string{"gener", "commun", "arsen"} {
		if strings.HasPrefix(string(w.b), prefix) {
			w.r1 = len(prefix)
		}
	}
	w.r2 = w.region(w.r1)
}

func (w *stemming) region(from int) int {
	for i := from + 1; i < len(w.b); i++ {
		if !vowel(w.b[i]) && vowel(w.b[i-1]) {
			return i + 1
		}
	}
	return len(w.b)
}

func (w *stemming) ends(suffix string) bool {
	return len(w.b) >= len(suffix) && string(w.b[len(w.b)-len(suffix):]) == suffix
}

func (w *stemming) cut(n int) { w.b = w.b[:len(w.b)-n] }

// hasVowel looks in the first n letters.
func (w *stemming) hasVowel(n int) bool {
	for i := range n {
		if vowel(w.b[i]) {
			return true
		}
	}
	return false
}

func (w *stemming) plural() {
	switch n := len(w.b); {
	case w.ends("sses"):
		w.cut(2)
	case w.ends("ied") || w.ends("ies"):
		if n > 4 {
			w.cut(2)
		} else {
			w.cut(1)
		}
	case w.ends("us") || w.ends("ss"):
	case w.ends("s") && w.hasVowel(n-2): // "gaps", but "gas" and "this" keep theirs
		w.cut(1)
	}
}

// verb undoes -ed and -ing, and what the spelling did to the word before them.
func (w *stemming) verb() {
	switch {
	case w.ends("eed"):
		if len(w.b)-3 >= w.r1 {
			w.cut(1)
		}
		return
	case w.ends("ed") && w.hasVowel(len(w.b)-2):
		w.cut(2)
	case w.ends("ing") && w.hasVowel(len(w.b)-3):
		w.cut(3)
	default:
		return
	}
	switch {
	case w.ends("at") || w.ends("bl") || w.ends("iz"):
		w.b = append(w.b, 'e')
	case w.doubled() && len(w.b) > 3:
		w.cut(1)
	case w.r1 >= len(w.b) && w.short(len(w.b)):
		w.b = append(w.b, 'e')
	}
}

// doubled says that the word ends in a consonant that English doubles before an ending. "add" and "egg" are
// too short to have it from there.
func (w *stemming) doubled() bool {
	n := len(w.b)
	return n > 1 && w.b[n-1] == w.b[n-2] && strings.IndexByte("bdfgmnprt", w.b[n-1]) >= 0
}

// short says that the first n letters end in a short syllable.
func (w *stemming) short(n int) bool {
	switch {
	case n == 2:
		return vowel(w.b[0]) && !vowel(w.b[1])
	case n < 3:
		return false
	}
	a, b, c := w.b[n-3], w.b[n-2], w.b[n-1]
	return !vowel(a) && vowel(b) && !vowel(c) && c != 'w' && c != 'x' && c != 'Y'
}

func (w *stemming) finalY() {
	if n := len(w.b); n > 2 && (w.b[n-1] == 'y' || w.b[n-1] == 'Y') && !vowel(w.b[n-2]) {
		w.b[n-1] = 'i'
	}
}

// finalE drops a silent e, and the second l of "controlled".
func (w *stemming) finalE() {
	switch n := len(w.b); {
	case w.ends("e") && (n-1 >= w.r2 || n-1 >= w.r1 && !w.short(n-1)):
		w.cut(1)
	case w.ends("ll") && n-1 >= w.r2:
		w.cut(1)
	}
}
