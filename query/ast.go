package query

import "sync"

// Query is a query that was understood. It never changes; any number of goroutines may use it.
type Query struct {
	root  Node
	once  sync.Once
	alone *Set // of this query, made when it is first asked
}

// Root returns the syntax tree. It must not be changed.
func (q *Query) Root() Node { return q.root }

// Part is an expression of a query as a query of its own.
func Part(n Node) *Query { return &Query{root: n} }

// Node is an expression: one of *And, *Or, *Not, *Word, *Phrase, *List, *Field, *AtLeast, *Near, *Same, *Condition.
type Node interface {
	node()
}

// Form says which forms of a word a Word stands for.
type Form uint8

// The forms.
const (
	Inflected Form = iota // all words with the same Stem
	Exact                 // this word
	Pattern               // a * at the end stands for any ending, a ? for exactly one character
	Cased                 // this word as written, capitals and diacritics included
)

// Word is one word.
type Word struct {
	Form Form
	Text string // normalised as a Token's Text; for Pattern with its wildcards, for Cased as written
	Key  string // what to look up: the stem of an Inflected, the normalised word of an Exact or Cased, what a Pattern begins with
}

// Phrase is two words or more at consecutive positions. Those of a quoted phrase are Exact or Pattern, those of a
// case: phrase all Cased; a compound written without quotes (drug-dealer) has Inflected or Pattern words.
type Phrase struct {
	Words []*Word
}

// List is a word list of a rule pack, an OR of its entries.
type List struct {
	Name    string
	Entries []Node // each a *Word or a *Phrase
}

// Field restricts an expression to the title, the lead or the body.
type Field struct {
	Name string // FieldTitle, FieldLead or FieldBody
	X    Node
}

// The text fields.
const (
	FieldTitle = "title"
	FieldLead  = "lead"
	FieldBody  = "body"
)

// AtLeast asks for N places of X that do not overlap.
type AtLeast struct {
	N int
	X Node
}

// Near asks for a place of X and one of Y at most N positions apart, or, when Not is set, for one of X without.
type Near struct {
	X, Y    Node
	N       int
	Ordered bool // X before Y; never with Not
	Not     bool
}

// Unit is a stretch of text.
type Unit uint8

// The units of Same.
const (
	InSentence Unit = iota
	InParagraph
)

// Same asks for a place of X and one of Y in the same sentence or paragraph, or, when Not is set, for one of X without.
type Same struct {
	X, Y Node
	Unit Unit
	Not  bool
}

// Not is true of an article of which X is not.
type Not struct {
	X Node
}

// And is true when each of two expressions or more is.
type And struct {
	X []Node
}

// Or is true when one of two expressions or more is.
type Or struct {
	X []Node
}

func (*And) node()       {}
func (*Or) node()        {}
func (*Not) node()       {}
func (*Word) node()      {}
func (*Phrase) node()    {}
func (*List) node()      {}
func (*Field) node()     {}
func (*AtLeast) node()   {}
func (*Near) node()      {}
func (*Same) node()      {}
func (*Condition) node() {}

// conjoin and disjoin make an And and an Or, whose operands are never of the same kind.
func conjoin(nodes []Node) Node {
	var flat []Node
	for _, n := range nodes {
		if and, ok := n.(*And); ok {
			flat = append(flat, and.X...)
		} else {
			flat = append(flat, n)
		}
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return &And{flat}
}

func disjoin(nodes []Node) Node {
	var flat []Node
	for _, n := range nodes {
		if or, ok := n.(*Or); ok {
			flat = append(flat, or.X...)
		} else {
			flat = append(flat, n)
		}
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return &Or{flat}
}

// Operands are the expressions that an expression is made of.
func Operands(n Node) []Node {
	switch n := n.(type) {
	case *And:
		return n.X
	case *Or:
		return n.X
	case *Not:
		return []Node{n.X}
	case *List:
		return n.Entries
	case *Field:
		return []Node{n.X}
	case *AtLeast:
		return []Node{n.X}
	case *Near:
		return []Node{n.X, n.Y}
	case *Same:
		return []Node{n.X, n.Y}
	}
	return nil
}

// size counts the levels and the terms of a tree: words, a phrase's each, and conditions.
func size(n Node) (levels, terms int) {
	if p, ok := n.(*Phrase); ok {
		return 1, len(p.Words)
	}
	inner := Operands(n)
	if len(inner) == 0 {
		return 1, 1
	}
	for _, c := range inner {
		l, t := size(c)
		levels, terms = max(levels, l), terms+t
	}
	return levels + 1, terms
}

// placeless returns a part of n that keeps it from having places, or nil.
func placeless(n Node) Node {
	switch n.(type) {
	case *And, *Not, *Condition:
		return n
	}
	for _, c := range Operands(n) {
		if p := placeless(c); p != nil {
			return p
		}
	}
	return nil
}
