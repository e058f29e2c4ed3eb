package query

import (
	"fmt"
	"strings"
)

// Explain draws the tree as it was understood, one line an expression, with what each stands for. It ends in a line
// break.
func (q *Query) Explain() string {
	var b strings.Builder
	draw(&b, q.root, "", "")
	return b.String()
}

// maxEntries is how many entries of a word list Explain shows.
const maxEntries = 20

func draw(b *strings.Builder, n Node, first, rest string) {
	b.WriteString(first)
	b.WriteString(describe(n))
	b.WriteByte('\n')
	inner := Operands(n)
	more := 0
	if _, ok := n.(*List); ok && len(inner) > maxEntries {
		more = len(inner) - maxEntries
		inner = inner[:maxEntries]
	}
	for i, c := range inner {
		if i == len(inner)-1 && more == 0 {
			draw(b, c, rest+"└─ ", rest+"   ")
		} else {
			draw(b, c, rest+"├─ ", rest+"│  ")
		}
	}
	if more > 0 {
		fmt.Fprintf(b, "%s└─ and %d more\n", rest, more)
	}
}

// describe says in one line what an expression asks for.
func describe(n Node) string {
	switch n := n.(type) {
	case *Or:
		return "OR: one of"
	case *And:
		return "AND: each of"
	case *Not:
		return "NOT: the article has no"
	case *Field:
		return n.Name + ": only there"
	case *AtLeast:
		return fmt.Sprintf("%s: at %d places or more", name(n), n.N)
	case *Near:
		switch {
		case n.Not:
			return fmt.Sprintf("%s: the first without the second within %s", name(n), positions(n.N))
		case n.Ordered:
			return fmt.Sprintf("%s: the first before the second, at most %s apart", name(n), positions(n.N))
		}
		return fmt.Sprintf("%s: in any order, at most %s apart", name(n), positions(n.N))
	case *Same:
		unit := "sentence"
		if n.Unit == InParagraph {
			unit = "paragraph"
		}
		if n.Not {
			return fmt.Sprintf("%s: the first in a %s without the second", name(n), unit)
		}
		return fmt.Sprintf("%s: in one %s", name(n), unit)
	case *List:
		return fmt.Sprintf("%s: one of its %d entries", leaf(n), len(n.Entries))
	case *Word:
		return leaf(n) + "  " + meaning(n)
	case *Phrase:
		if n.Words[0].Form == Cased {
			return leaf(n) + "  as written"
		}
		return leaf(n) + "  these words in a row"
	case *Condition:
		return leaf(n) + "  " + n.meaning()
	}
	return ""
}

func meaning(w *Word) string {
	switch w.Form {
	case Exact:
		return "this form only"
	case Cased:
		return "as written"
	case Pattern:
		return "words that begin with " + w.Key + wildcards(w.Text[len(w.Key):])
	}
	return "all forms with the stem " + w.Key
}

// wildcards explains what follows the beginning of a Pattern.
func wildcards(rest string) string {
	switch {
	case rest == "*":
		return ""
	case strings.Contains(rest, "*"):
		return " (? is one character, * any ending)"
	}
	return " (? is one character)"
}

func positions(n int) string {
	if n == 1 {
		return "1 position"
	}
	return fmt.Sprintf("%d positions", n)
}

// Branch is an expression of the tree that Explain draws, for machines.
type Branch struct {
	Kind  string   `json:"kind"`         // and, or, not, near, same, atleast, field, list, word, phrase or condition
	Text  string   `json:"text"`         // the operator, the name of the field, or the term in its canonical form
	Means string   `json:"means"`        // the line that Explain has for it
	Of    []Branch `json:"of,omitempty"` // its operands; of a list, all its entries
}

// Tree gives what Explain draws as values.
func (q *Query) Tree() Branch { return branch(q.root) }

func branch(n Node) Branch {
	b := Branch{Kind: kindOf(n), Text: name(n), Means: describe(n)}
	if f, ok := n.(*Field); ok {
		b.Text = f.Name
	} else if b.Text == "" {
		b.Text = leaf(n)
	}
	for _, c := range Operands(n) {
		b.Of = append(b.Of, branch(c))
	}
	return b
}

func kindOf(n Node) string {
	switch n.(type) {
	case *And:
		return "and"
	case *Or:
		return "or"
	case *Not:
		return "not"
	case *Near:
		return "near"
	case *Same:
		return "same"
	case *AtLeast:
		return "atleast"
	case *Field:
		return "field"
	case *List:
		return "list"
	case *Word:
		return "word"
	case *Phrase:
		return "phrase"
	}
	return "condition"
}
