package query

import (
	"fmt"
	"strings"
)

// String gives the query in its canonical form. Parse, with the same options, makes the same tree of it.
func (q *Query) String() string {
	var b strings.Builder
	write(&b, q.root, bindOr)
	return b.String()
}

// How tightly an expression binds. An operand that binds less than its place asks for stands in parentheses.
const (
	bindOr = iota
	bindAnd
	bindNot
	bindNear
	bindAtLeast
	bindPrimary
)

func binding(n Node) int {
	switch n.(type) {
	case *Or:
		return bindOr
	case *And:
		return bindAnd
	case *Not:
		return bindNot
	case *Near, *Same:
		return bindNear
	case *AtLeast:
		return bindAtLeast
	}
	return bindPrimary
}

func write(b *strings.Builder, n Node, least int) {
	if binding(n) < least {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	switch n := n.(type) {
	case *Or:
		writeAll(b, n.X, " OR ", bindAnd)
	case *And:
		writeAll(b, n.X, " AND ", bindNot)
	case *Not:
		b.WriteString("NOT ")
		write(b, n.X, bindNot)
	case *Near, *Same:
		// A chain of one operator reads from left to right; a mixed one gets parentheses, so that nobody needs to
		// know which of them binds tighter.
		inner := Operands(n)
		left := bindAtLeast
		if name(inner[0]) == name(n) {
			left = bindNear
		}
		write(b, inner[0], left)
		b.WriteString(" " + name(n) + " ")
		write(b, inner[1], bindAtLeast)
	case *AtLeast:
		b.WriteString(name(n) + " ")
		write(b, n.X, bindAtLeast)
	case *Field:
		b.WriteString(n.Name + ":")
		write(b, n.X, bindPrimary)
	default:
		b.WriteString(leaf(n))
	}
}

func writeAll(b *strings.Builder, nodes []Node, between string, least int) {
	for i, n := range nodes {
		if i > 0 {
			b.WriteString(between)
		}
		write(b, n, least)
	}
}

// name is the operator of an expression.
func name(n Node) string {
	switch n := n.(type) {
	case *Or:
		return "OR"
	case *And:
		return "AND"
	case *Not:
		return "NOT"
	case *AtLeast:
		return fmt.Sprintf("ATLEAST/%d", n.N)
	case *Near:
		switch {
		case n.Not:
			return fmt.Sprintf("NOT NEAR/%d", n.N)
		case n.Ordered:
			return fmt.Sprintf("ONEAR/%d", n.N)
		}
		return fmt.Sprintf("NEAR/%d", n.N)
	case *Same:
		s := "SAME/S"
		if n.Unit == InParagraph {
			s = "SAME/P"
		}
		if n.Not {
			s = "NOT " + s
		}
		return s
	}
	return ""
}

// leaf prints an expression without operands.
func leaf(n Node) string {
	switch n := n.(type) {
	case *Word:
		switch n.Form {
		case Exact:
			return "=" + n.Text
		case Cased:
			return "case:" + n.Text
		}
		return n.Text
	case *Phrase:
		return phraseText(n)
	case *List:
		return "@" + n.Name
	case *Condition:
		return n.text()
	}
	return ""
}

// phraseText quotes a phrase. A compound that was written without quotation marks has inflected words, and stays so.
func phraseText(p *Phrase) string {
	texts := make([]string, len(p.Words))
	inflected, cased := false, false
	for i, w := range p.Words {
		texts[i] = w.Text
		inflected = inflected || w.Form == Inflected
		cased = cased || w.Form == Cased
	}
	switch {
	case inflected:
		return strings.Join(texts, "-")
	case cased:
		return `case:"` + strings.Join(texts, " ") + `"`
	}
	return `"` + strings.Join(texts, " ") + `"`
}
