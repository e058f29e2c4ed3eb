package classify

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"blotter/query"
)

// extent is a run of bytes.
type extent struct{ start, end int }

// clause is what a reader of facts sees: one sentence, cut into words.
type clause struct {
	text    string
	words   []word
	things  []thing // in order, none within another
	match   extent  // what earned the tag
	periods []dated // see periods
	capital bool    // printed in capitals: they make no name
}

// word is a word with what the lexicon knows of it and the mark before it.
type word struct {
	query.Token
	meaning
	mark  mark
	thing int // 1 + its place in things of the thing that begins here, or 0
}

// thing is a run of words that a class of the rule stands for.
type thing struct {
	class       string
	first, last int // words
}

// mark is the strongest of what stands between two words.
type mark uint8

const (
	space mark = iota
	hyphen
	slash
	dash // without spaces: 10–15
	quotation
	comma
	paren
	hard // ; : — …
)

func newClause(text string) *clause {
	c := &clause{text: text}
	tokens := query.Tokenize(text)
	c.words = make([]word, len(tokens))
	end := 0
	for i, t := range tokens {
		c.words[i] = word{Token: t, meaning: lexicon[t.Text], mark: markOf(text[end:max(end, t.Start)])}
		end = t.End
	}
	c.capital = capitals(text)
	return c
}

// markOf reads what stands between two words.
func markOf(gap string) mark {
	if gap == " " || gap == " ." { // a .22 rifle
		return space
	}
	found := space
	spaced := strings.ContainsAny(gap, " \u00a0\n\t")
	for _, r := range gap {
		m := space
		switch r {
		case '-', '‐', '‑':
			m = hyphen
			if spaced {
				m = hard
			}
		case '–', '—':
			m = dash
			if spaced {
				m = hard
			}
		case '/':
			m = slash
		case '"', '“', '”', '‘', '’', '\'', '«', '»':
			m = quotation
		case ',':
			m = comma
		case '(', ')', '[', ']':
			m = paren
		case ';', ':', '!', '?', '…', '•', '|', '.':
			m = hard
		}
		found = max(found, m)
	}
	return found
}

// capitals says that a text is printed in capitals.
func capitals(text string) bool {
	up, low := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsUpper(r):
			up++
		case unicode.IsLower(r):
			low++
		}
	}
	return up > 4*low && up > 20
}

// span of bytes in the clause that a class stands for.
type named struct {
	class string
	extent
}

// name sets the things of a clause. Where two overlap, the longer one holds, and of two as long the class that comes
// first in the rule.
func (c *clause) name(found []named) {
	slices.SortStableFunc(found, func(a, b named) int { return cmp.Compare(b.end-b.start, a.end-a.start) })
	taken := make([]bool, len(c.words))
	for _, n := range found {
		first := c.wordAt(n.start)
		last := first
		for last+1 < len(c.words) && c.words[last+1].Start < n.end {
			last++
		}
		if first >= len(c.words) || slices.Contains(taken[first:last+1], true) {
			continue
		}
		for i := first; i <= last; i++ {
			taken[i] = true
		}
		c.things = append(c.things, thing{n.class, first, last})
	}
	slices.SortFunc(c.things, func(a, b thing) int { return cmp.Compare(a.first, b.first) })
	for i, t := range c.things {
		c.words[t.first].thing = i + 1
	}
}

// wordAt gives the first word that ends behind the byte at.
func (c *clause) wordAt(at int) int {
	i, _ := slices.BinarySearchFunc(c.words, at, func(w word, at int) int {
		if w.End <= at {
			return -1
		}
		return 1
	})
	return i
}

// is says whether the word at i is there and of one of the kinds.
func (c *clause) is(i int, k kind) bool {
	return i >= 0 && i < len(c.words) && c.words[i].kind&k != 0
}

// at gives the text of the word at i, or "".
func (c *clause) at(i int) string {
	if i < 0 || i >= len(c.words) {
		return ""
	}
	return c.words[i].Text
}

// before gives the mark before the word at i; before the first word and behind the last one is a hard one.
func (c *clause) before(i int) mark {
	if i <= 0 || i >= len(c.words) {
		return hard
	}
	return c.words[i].mark
}

// quote gives the bytes of the words from first to last, with the sign of a currency before them.
func (c *clause) quote(first, last int) string {
	start := c.words[first].Start
	before := strings.TrimRight(c.text[:start], "£$€¥")
	if len(before) < start {
		before = strings.TrimRight(before, "ACHKNSUZ") // US$, NZ$
		start = len(before)
	}
	end := c.words[last].End
	if strings.HasPrefix(c.text[end:], "%") {
		end++
	}
	return c.text[start:end]
}

// capitalised says that the word at i is printed with a capital.
func (c *clause) capitalised(i int) bool {
	r, _ := utf8.DecodeRuneInString(c.text[c.words[i].Start:])
	return unicode.IsUpper(r)
}
