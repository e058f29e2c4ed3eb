package query

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Options say what a query may refer to.
type Options struct {
	// Lists returns the entries of the word list @name. Each entry is one word, in any of the forms that a query
	// has for a word, or several, which are a phrase, with quotation marks or without. nil: there are no lists.
	Lists func(name string) ([]string, bool)
	// ListNames are the lists there are, for the error about one there is not.
	ListNames []string
	// Saved returns the query that was saved as @name; a list of the same name goes before it. nil: there are none.
	Saved func(name string) (string, bool)
	// SavedNames are the saved queries there are, likewise.
	SavedNames []string
	// MaxBytes bounds the length of the query; zero means 64 KiB. What is longer as a text is bounded by its terms all the same.
	MaxBytes int
	// Fields are the metadata fields that the query may use. nil: all of them.
	Fields []string

	within []string // the saved queries around
}

// Parse reads a query that uses no word lists. The error is a *SyntaxError.
func Parse(s string) (*Query, error) { return ParseWith(s, Options{}) }

// ParseWith reads a query. The error is a *SyntaxError.
func ParseWith(s string, o Options) (*Query, error) {
	root, f := parse(s, o)
	if f != nil {
		return nil, &SyntaxError{Query: s, Column: utf8.RuneCountInString(s[:f.at]) + 1, Msg: f.msg, Hint: f.hint}
	}
	return &Query{root: root}, nil
}

func parse(s string, o Options) (Node, *fault) {
	if most := cmp.Or(o.MaxBytes, maxBytes); len(s) > most {
		return nil, &fault{most, fmt.Sprintf("the query is longer than %d KiB", most>>10), "move its words to a word list"}
	}
	if !utf8.ValidString(s) {
		return nil, &fault{strings.IndexRune(s, utf8.RuneError), "the query is not valid UTF-8", ""}
	}
	lexemes, f := lex(s)
	if f != nil {
		return nil, f
	}
	p := &parser{src: s, in: lexemes, options: o, at: map[Node]int{}}
	root, f := p.or()
	if f != nil {
		return nil, f
	}
	if l := p.in[0]; l.kind == shut {
		return nil, &fault{l.at, "this parenthesis closes nothing", ""}
	}
	levels, _ := size(root)
	if levels > maxLevels {
		return nil, &fault{0, fmt.Sprintf("the query is more than %d levels deep", maxLevels), ""}
	}
	return root, nil
}

// parser goes down the levels of binding, the loosest first: or, and, not, the four of proximity, at least, primary.
type parser struct {
	src     string
	in      []lexeme // what is left; never empty
	options Options
	at      map[Node]int // where each expression begins
	depth   int
	terms   int
	field   string // the text field around, or ""
}

func (p *parser) shift() lexeme {
	l := p.in[0]
	if l.kind != atEnd {
		p.in = p.in[1:]
	}
	return l
}

// note remembers where n begins.
func (p *parser) note(n Node, at int) Node {
	if _, ok := p.at[n]; !ok {
		p.at[n] = at
	}
	return n
}

// deeper guards the stack.
func (p *parser) deeper(at int) *fault {
	p.depth++
	if p.depth > maxLevels {
		return &fault{at, fmt.Sprintf("the query is more than %d levels deep", maxLevels), ""}
	}
	return nil
}

func (p *parser) or() (Node, *fault) {
	at := p.in[0].at
	first, f := p.and()
	if f != nil {
		return nil, f
	}
	nodes := []Node{first}
	for {
		op, f := readOperator(p.in[0])
		if f != nil {
			return nil, f
		}
		if op.kind != opOr {
			return p.note(disjoin(nodes), at), nil
		}
		if f := p.operandAfter(p.shift()); f != nil {
			return nil, f
		}
		n, f := p.and()
		if f != nil {
			return nil, f
		}
		nodes = append(nodes, n)
	}
}

func (p *parser) and() (Node, *fault) {
	at := p.in[0].at
	first, f := p.not()
	if f != nil {
		return nil, f
	}
	nodes := []Node{first}
	for {
		l := p.in[0]
		op, f := readOperator(l)
		switch {
		case f != nil:
			return nil, f
		case l.kind == atEnd || l.kind == shut || op.kind == opOr:
			return p.note(conjoin(nodes), at), nil
		case op.kind == opAnd:
			if f := p.operandAfter(p.shift()); f != nil {
				return nil, f
			}
		case op.kind == opBut:
			p.shift()
			if op, _ := readOperator(p.in[0]); op.kind != opNot {
				return nil, &fault{l.at, "BUT stands only before NOT", "write AND, or quote the word"}
			}
		}
		n, f := p.not()
		if f != nil {
			return nil, f
		}
		nodes = append(nodes, n)
	}
}

func (p *parser) not() (Node, *fault) {
	l := p.in[0]
	op, f := readOperator(l)
	switch {
	case f != nil:
		return nil, f
	case op.kind == opNot:
		if next, f := readOperator(p.in[1]); f == nil && (next.kind == opNear || next.kind == opSame) {
			return nil, &fault{l.at, "NOT " + p.in[1].text + " has nothing before it", "write x NOT " + p.in[1].text + " y"}
		}
		p.shift()
	case l.kind == bare && strings.HasPrefix(l.text, "-"):
		p.trim(1)
		if next := p.in[0]; next.kind == atEnd || next.at != l.at+1 {
			return nil, &fault{l.at, "a minus sign stands directly before what it excludes", "write -word or NOT word"}
		}
	default:
		return p.proximity(0)
	}
	if f := p.deeper(l.at); f != nil {
		return nil, f
	}
	defer func() { p.depth-- }()
	if p.in[0].kind == atEnd || p.in[0].kind == shut {
		return nil, &fault{l.at, "NOT has nothing after it", ""}
	}
	x, f := p.not()
	if f != nil {
		return nil, f
	}
	return p.note(&Not{x}, l.at), nil
}

// trim takes n bytes off the first lexeme, and the lexeme when nothing is left of it. It does so in place: a copy of
// what is left, for each of many thousand signs, took seconds.
func (p *parser) trim(n int) {
	l := p.in[0]
	l.text, l.at, l.glued = l.text[n:], l.at+n, true
	if l.text == "" {
		p.shift()
		return
	}
	p.in[0] = l
}

// levels of proximity, the loosest first.
var proximities = []func(op operator, not bool) bool{
	func(op operator, not bool) bool { return op.kind == opSame },
	func(op operator, not bool) bool { return op.kind == opNear && not },
	func(op operator, not bool) bool { return op.kind == opNear && op.ordered && !not },
	func(op operator, not bool) bool { return op.kind == opNear && !op.ordered && !not },
}

// proximity reads a chain of one level, from left to right.
func (p *parser) proximity(level int) (Node, *fault) {
	if level == len(proximities) {
		return p.atLeast()
	}
	at := p.in[0].at
	x, f := p.proximity(level + 1)
	for f == nil {
		var op operator
		var not bool
		op, not, f = p.peekProximity()
		if f != nil || op.kind == noOp || !proximities[level](op, not) {
			break
		}
		name := p.in[0]
		if not {
			p.shift()
			name.text += " " + p.in[0].text
		}
		p.shift()
		if f = p.placeAfter(name); f != nil {
			break
		}
		var y Node
		if y, f = p.proximity(level + 1); f != nil {
			break
		}
		x, f = p.near(name, op, not, x, y)
		if f == nil {
			p.note(x, at)
		}
	}
	return x, f
}

// peekProximity reads the operator ahead when it is NEAR, ONEAR, SAME or the NOT of one.
func (p *parser) peekProximity() (op operator, not bool, f *fault) {
	op, f = readOperator(p.in[0])
	if f == nil && op.kind == opNot {
		not = true
		op, f = readOperator(p.in[1])
		if f != nil {
			return operator{}, false, nil // an operand with a fault: it is reported when it is read
		}
		if op.kind == opNear && op.ordered {
			return op, not, &fault{p.in[0].at, "there is no NOT " + p.in[1].text, fmt.Sprintf("write NOT NEAR/%d", op.n)}
		}
	}
	if f != nil || op.kind != opNear && op.kind != opSame {
		return operator{}, false, f
	}
	return op, not, nil
}

// operandAfter is a fault when nothing follows an operator.
func (p *parser) operandAfter(name lexeme) *fault {
	if p.in[0].kind == atEnd || p.in[0].kind == shut {
		return &fault{name.at, name.text + " has nothing after it", ""}
	}
	return nil
}

// placeAfter is a fault when nothing that can have a place follows an operator of proximity.
func (p *parser) placeAfter(name lexeme) *fault {
	if op, f := readOperator(p.in[0]); f == nil && op.kind == opNot {
		return &fault{p.in[0].at, "NOT x has no position, which " + name.text + " needs", notNear}
	}
	return p.operandAfter(name)
}

// notNear is what to write instead of a NEAR NOT b.
const notNear = "for an x without a y, write x NOT NEAR/5 y"

// near makes the node of a proximity operator, whose operands must have places.
func (p *parser) near(name lexeme, op operator, not bool, x, y Node) (Node, *fault) {
	for _, operand := range []Node{x, y} {
		if f := p.placed(name.text, operand); f != nil {
			return nil, f
		}
	}
	if op.kind == opSame {
		return &Same{X: x, Y: y, Unit: op.unit, Not: not}, nil
	}
	return &Near{X: x, Y: y, N: op.n, Ordered: op.ordered, Not: not}, nil
}

// placed is a fault when the operand of an operator has no places.
func (p *parser) placed(name string, operand Node) *fault {
	bad := placeless(operand)
	if bad == nil {
		return nil
	}
	at, ok := p.at[bad]
	if !ok {
		at = p.at[operand]
	}
	switch bad := bad.(type) {
	case *And:
		return &fault{at, "AND has no position, which " + name + " needs", "quote a phrase, or join the words with NEAR/5"}
	case *Not:
		return &fault{at, "NOT x has no position, which " + name + " needs", notNear}
	case *Condition:
		return &fault{at, bad.Field + ": has no position, which " + name + " needs", "join it with AND"}
	}
	return nil
}

func (p *parser) atLeast() (Node, *fault) {
	l := p.in[0]
	op, f := readOperator(l)
	if f != nil {
		return nil, f
	}
	if op.kind != opAtLeast {
		return p.primary()
	}
	p.shift()
	if f := p.placeAfter(l); f != nil {
		return nil, f
	}
	if f := p.deeper(l.at); f != nil {
		return nil, f
	}
	defer func() { p.depth-- }()
	x, f := p.atLeast()
	if f != nil {
		return nil, f
	}
	if f := p.placed(l.text, x); f != nil {
		return nil, f
	}
	return p.note(&AtLeast{N: op.n, X: x}, l.at), nil
}

func (p *parser) primary() (Node, *fault) {
	l := p.in[0]
	if f := p.missing(l); f != nil {
		return nil, f
	}
	var n Node
	var f *fault
	switch l.kind {
	case open:
		n, f = p.group()
	case quoted:
		p.shift()
		n, f = p.phrase(l, Exact)
	default:
		n, f = p.bare(l)
	}
	if f != nil {
		return nil, f
	}
	if n, f = p.tilde(n, l); f != nil {
		return nil, f
	}
	return p.note(n, l.at), p.unglued(l)
}

// missing is a fault when no operand begins with l.
func (p *parser) missing(l lexeme) *fault {
	op, f := readOperator(l)
	switch {
	case f != nil:
		return f
	case l.kind == atEnd && strings.TrimSpace(p.src) == "":
		return &fault{0, "the query is empty", "write a word, such as seize"}
	case l.kind == atEnd:
		return &fault{l.at, "something is missing at the end", ""}
	case l.kind == shut:
		return &fault{l.at, "something is missing before this parenthesis", ""}
	case op.kind != noOp:
		return &fault{l.at, l.text + " has nothing before it", "write x " + l.text + " y, or quote the word"}
	}
	return nil
}

// unglued is a fault when what follows should have a space before it: word( and "a"b.
func (p *parser) unglued(before lexeme) *fault {
	next := p.in[0]
	if !next.glued || next.kind == shut || next.kind == atEnd {
		return nil
	}
	if before.kind == bare && next.kind == open {
		return &fault{before.at, "unknown operator " + before.text, "put a space before the parenthesis if it is a word"}
	}
	return &fault{next.at, "a space is missing here", ""}
}

func (p *parser) group() (Node, *fault) {
	l := p.shift()
	if f := p.deeper(l.at); f != nil {
		return nil, f
	}
	defer func() { p.depth-- }()
	if p.in[0].kind == shut {
		return nil, &fault{l.at, "the group is empty", ""}
	}
	if p.in[0].kind == atEnd {
		return nil, &fault{l.at, "this parenthesis is never closed", ""}
	}
	n, f := p.or()
	if f != nil {
		return nil, f
	}
	if p.in[0].kind != shut {
		return nil, &fault{l.at, "this parenthesis is never closed", ""}
	}
	p.shift()
	return n, nil
}

// tilde reads the ~5 of "a b"~5 and (a b)~5, which are a NEAR/5 b.
func (p *parser) tilde(n Node, before lexeme) (Node, *fault) {
	l := p.in[0]
	if l.kind != bare || !l.glued || l.text[0] != '~' || before.kind == bare {
		return n, nil
	}
	if !isNumber(l.text[1:]) {
		return nil, &fault{l.at, l.text + " needs a number after the ~", "write ~5"}
	}
	op, f := numbered(l, operator{kind: opNear}, l.text[1:])
	if f != nil {
		return nil, f
	}
	var operands []Node
	switch n := n.(type) {
	case *Phrase:
		for _, w := range n.Words {
			operands = append(operands, w)
		}
	case *And:
		operands = n.X
	}
	if operands == nil {
		return nil, &fault{l.at, l.text + " needs two words or more before it", "write \"a b\"~5, (a b)~5 or a NEAR/5 b"}
	}
	p.shift()
	chain := operands[0]
	for _, y := range operands[1:] {
		p.note(y, before.at)
		p.note(chain, before.at)
		if chain, f = p.near(l, op, false, chain, y); f != nil {
			return nil, f
		}
	}
	return chain, nil
}
