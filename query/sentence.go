package query

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// extent is a run of bytes.
type extent struct{ start, end int }

// cutter walks the words of a text and counts its sentences and paragraphs. What parts two words decides: a sentence
// or a paragraph without a word is none.
type cutter struct {
	scanner
	before    extent // the bytes of the word before
	sentence  int
	paragraph int
	sentences []extent // the bytes of each sentence so far, its marks included; the last one is still open
}

// cutters are those that were closed: their buffers are as long as a text.
var cutters = sync.Pool{New: func() any { return &cutter{} }}

func newCutter(text string) *cutter {
	c := cutters.Get().(*cutter)
	c.reset(text)
	c.before, c.sentence, c.paragraph, c.sentences = extent{}, 0, 0, c.sentences[:0]
	return c
}

func (c *cutter) close() {
	c.src = ""
	if len(c.lower) <= maxKept {
		cutters.Put(c)
	}
}

func (c *cutter) next() bool {
	c.before.start, c.before.end = c.word.start, c.word.end
	if !c.scanner.next() {
		if len(c.sentences) > 0 {
			c.shut(len(strings.TrimRightFunc(c.src, unicode.IsSpace)))
		}
		return false
	}
	if c.word.start == c.before.end+1 && c.src[c.before.end] == ' ' && len(c.sentences) > 0 {
		return true
	}
	gap := c.src[c.before.end:max(c.before.end, c.word.start)]
	if silent(gap) && len(c.sentences) > 0 {
		return true
	}
	if len(c.sentences) == 0 {
		_, after := paragraphBreak(gap)
		c.open(max(0, after))
		return true
	}
	end, start, breaks := c.boundary(gap)
	if breaks != sameSentence {
		c.shut(c.before.end + end)
		c.open(c.before.end + start)
		c.sentence++
	}
	if breaks == nextParagraph {
		c.paragraph++
	}
	return true
}

// quiet are the bytes that stand between words and surely part no sentence and no paragraph.
var quiet = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = classes[c] != letter && classes[c] != digit && c != '_' && !endMark(c)
	}
	return t
}()

// silent says that all of what stands between two words is quiet.
func silent(gap string) bool {
	for i := range len(gap) {
		if !quiet[gap[i]] {
			return false
		}
	}
	return true
}

func (c *cutter) shut(at int) { c.sentences[len(c.sentences)-1].end = at }

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

// boundary reads what stands between the word before and c.word. It returns where in the gap the first sentence ends
// and where the second begins.
func (c *cutter) boundary(gap string) (end, start, breaks int) {
	if gap == ". " { // in a few steps what the rest does in many: most sentences end so
		if !c.begins(gap, " ") || c.abbreviated(gap) {
			return 0, 0, sameSentence
		}
		return 1, 1, nextSentence
	}
	if marks, ok := strings.CutSuffix(gap, "\n\n"); ok && simple(marks) { // so does this: most paragraphs end so
		return len(marks), len(gap), nextParagraph
	}
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

// simple says that marks, in front of a blank line, all belong to the sentence that they stand behind.
func simple(marks string) bool {
	ended := false
	for i := range len(marks) {
		switch c := rune(marks[i]); {
		case c <= ' ' || c >= utf8.RuneSelf:
			return false
		case endMark(c):
			ended = true
		case ended && !closing(c):
			return false
		}
	}
	return true
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
		i := from + skip(gap[from:], func(r rune) bool { return !endMark(r) })
		if i == len(gap) {
			return 0, false
		}
		end := i + skip(gap[i:], endMark)
		marks := gap[i:end]
		end += skip(gap[end:], closing)
		from = end
		rest := gap[end:]
		switch {
		case skip(marks, func(r rune) bool { return r < '。' }) < len(marks): // of a script that puts no space behind them
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

// skip returns the length of the longest start of s that is made of such characters.
func skip(s string, such func(r rune) bool) int {
	for i, r := range s {
		if !such(r) {
			return i
		}
	}
	return len(s)
}

func endMark(r rune) bool {
	switch r {
	case '.', '!', '?', '…', '。', '！', '？':
		return true
	}
	return false
}

func closing(r rune) bool {
	switch r {
	case '"', '\'', '”', '’', '»', ')', ']':
		return true
	}
	return false
}

// begins says that what follows may begin a sentence: its first word is not in small letters, or a new line starts
// with it.
func (c *cutter) begins(gap, rest string) bool {
	if strings.Contains(rest, "\n") {
		return true
	}
	r, _ := utf8.DecodeRuneInString(c.src[c.before.end+len(gap):])
	return !unicode.IsLower(r)
}

// abbreviated says that the full stop behind the word before ends an abbreviation and no sentence: "U.S.", "p.m.", "Mr.", an
// initial, and "No." before a figure.
func (c *cutter) abbreviated(gap string) bool {
	word := c.src[c.before.start:c.before.end]
	if dotted(word) {
		return true
	}
	switch c.abbreviation(word) {
	case always:
		return true
	case beforeFigure:
		next := c.before.end + len(gap)
		return next < len(c.src) && classes[c.src[next]] == digit
	}
	r, n := utf8.DecodeRuneInString(word)
	return n == len(word) && unicode.IsUpper(r) && r != 'I'
}

// abbreviation looks the word before up.
func (c *cutter) abbreviation(word string) int {
	switch {
	case len(word) > longestAbbreviation:
		return 0
	case skip(word, func(r rune) bool { return r < utf8.RuneSelf }) == len(word): // it was made small already
		return abbreviations[string(c.lower[c.before.start:c.before.end])]
	}
	return abbreviations[strings.ToLower(word)]
}

// dotted says that a word is single letters parted by full stops.
func dotted(word string) bool {
	if len(word) < 3 || strings.IndexByte(word, '.') < 0 {
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

// longestAbbreviation is the length of "messrs" in letters that take three bytes.
const longestAbbreviation = 18

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
