package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// extent is a run of bytes.
type extent struct{ start, end int }

// cutter walks the words of a text and counts its sentences and paragraphs. What parts two words decides: a sentence
// or a paragraph without a word is none.
type cutter struct {
	scanner
	word      piece
	begun     bool
	sentence  int
	paragraph int
	sentences []extent // the bytes of each sentence so far, its marks included; the last one is still open
}

func newCutter(text string) *cutter { return &cutter{scanner: newScanner(text)} }

func (c *cutter) next() bool {
	word, ok := c.scanner.next()
	if !ok {
		if c.begun {
			c.close(len(strings.TrimRightFunc(c.src, unicode.IsSpace)))
		}
		return false
	}
	gap := c.src[c.word.end:max(c.word.end, word.start)]
	switch {
	case !c.begun:
		c.begun = true
		_, after := paragraphBreak(gap)
		c.open(max(0, after))
	case gap != " ":
		end, start, breaks := c.boundary(gap)
		if breaks != sameSentence {
			c.close(c.word.end + end)
			c.open(c.word.end + start)
			c.sentence++
		}
		if breaks == nextParagraph {
			c.paragraph++
		}
	}
	c.word = word
	return true
}

func (c *cutter) close(at int) { c.sentences[len(c.sentences)-1].end = at }

func (c *cutter) open(at int) {
	at += len(c.src[at:]) - len(strings.TrimLeftFunc(c.src[at:], unicode.IsSpace))
	c.sentences = append(c.sentences, extent{at, len(c.src)})
}

// What two words have between them.
const (
	sameSentence = iota
	nextSentence
	nextParagraph
)

// boundary reads what stands between c.word and the word after it. It returns where in the gap the first sentence ends
// and where the second begins.
func (c *cutter) boundary(gap string) (end, start, breaks int) {
	end, found := c.sentenceEnd(gap)
	if at, after := paragraphBreak(gap); at >= 0 {
		if !found || end > at {
			end = len(strings.TrimRightFunc(gap[:at], unicode.IsSpace))
		}
		return end, after, nextParagraph
	}
	if found {
		return end, end, nextSentence
	}
	return 0, 0, sameSentence
}

// paragraphBreak returns where the first blank line or paragraph separator of a gap begins, and where the last one
// ends; or -1 and -1.
func paragraphBreak(gap string) (first, after int) {
	first, after = -1, -1
	line := -1 // the line break before, when nothing but space has followed it
	for i, r := range gap {
		switch {
		case r == '\u2029' || r == '\n' && line >= 0:
			if first < 0 {
				first = max(line, 0)
				if r == '\u2029' {
					first = i
				}
			}
			after = i + utf8.RuneLen(r)
		case r == '\n':
			line = i
		case !unicode.IsSpace(r):
			line = -1
		}
	}
	return first, after
}

// sentenceEnd returns where the first sentence ends in a gap, behind its mark and whatever that closes.
func (c *cutter) sentenceEnd(gap string) (int, bool) {
	from := 0
	for {
		i := strings.IndexAny(gap[from:], ".!?…。！？")
		if i < 0 {
			return 0, false
		}
		i += from
		end := i + span(gap[i:], ".!?…。！？")
		marks := gap[i:end]
		end += span(gap[end:], `"'”’»)]`)
		from = end
		rest := gap[end:]
		switch {
		case strings.ContainsAny(marks, "。！？"):
			return end, true
		case rest == "" || !isSpace(rest[0]) && !strings.HasPrefix(rest, "\u00a0"):
			continue
		case !c.begins(gap, rest):
			continue
		case marks == "." && i == 0 && c.abbreviated(gap):
			continue
		}
		return end, true
	}
}

// span returns the length of the longest start of s that is made of characters of set.
func span(s, set string) int {
	return len(s) - len(strings.TrimLeft(s, set))
}

// begins says that what follows may begin a sentence: its first word is not in small letters, or a new line starts
// with it.
func (c *cutter) begins(gap, rest string) bool {
	if strings.Contains(rest, "\n") {
		return true
	}
	r, _ := utf8.DecodeRuneInString(c.src[c.word.end+len(gap):])
	return !unicode.IsLower(r)
}

// abbreviated says that the full stop behind c.word ends an abbreviation and no sentence: "U.S.", "p.m.", "Mr.", an
// initial, and "No." before a figure.
func (c *cutter) abbreviated(gap string) bool {
	word := c.src[c.word.start:c.word.end]
	if dotted(word) {
		return true
	}
	switch abbreviations[strings.ToLower(word)] {
	case always:
		return true
	case beforeFigure:
		next := c.word.end + len(gap)
		return next < len(c.src) && classes[c.src[next]] == digit
	}
	r, n := utf8.DecodeRuneInString(word)
	return n == len(word) && unicode.IsUpper(r) && r != 'I'
}

// dotted says that a word is single letters parted by full stops.
func dotted(word string) bool {
	if len(word) < 3 {
		return false
	}
	for part := range strings.SplitSeq(word, ".") {
		if utf8.RuneCountInString(part) != 1 || classes[part[0]] == digit {
			return false
		}
	}
	return true
}

// How an abbreviation stands.
const (
	always       = 1 + iota
	beforeFigure // an abbreviation only when a figure follows
)

var abbreviations = table(
	always, "mr mrs ms mx dr prof rev revd fr sr jr st hon messrs mme mlle det sgt insp supt ch cllr lt col gen maj capt "+
		"cpl pte cmdr cdr adm brig gov sen rep pres ft mt vs v approx dept est inc ltd co corp bros univ assn asst eg ie cf viz",
	beforeFigure, "no nos art arts para paras p pp vol vols fig figs ss reg c ca jan feb mar apr jun jul aug sep sept oct "+
		"nov dec tel ext cl",
)

// table builds the table of abbreviations out of two lists.
func table(a int, as string, b int, bs string) map[string]int {
	t := map[string]int{}
	for w := range strings.FieldsSeq(as) {
		t[w] = a
	}
	for w := range strings.FieldsSeq(bs) {
		t[w] = b
	}
	return t
}
