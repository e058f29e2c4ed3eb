package query

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// program is what queries are compiled to: expressions with numbers, operands before what they are operands of. Equal
// expressions that look in the same field are one, however many queries have them, so that each is evaluated once.
type program struct {
	terms      []term
	forms      []Form // of each term: these lie closer together
	nodes      []node
	operands   []int32
	conditions []*Condition
	roots      []int32 // the expression of each query
}

// term is a distinct word of the queries. Two Inflected words with one stem are one term.
type term struct {
	*Word
	key wordKey // of Word.Key
}

// opcode says what a node does.
type opcode uint8

const (
	codeWords     opcode = iota // one of terms
	codePhrase                  // terms in a row
	codeCondition               // a condition on the metadata
	codeNot
	codeAtLeast
	codeOr
	codeAnd
	codeNear
	codeSame
)

// node is an expression, in 16 bytes: a set of many queries is as fast as its nodes are near each other.
type node struct {
	op     opcode
	in     uint8 // the field to look in, or everywhere
	unit   Unit
	flags  uint8 // ordered, not
	n      int32 // of NEAR and ATLEAST; of a condition, which it is
	lo, hi int32 // its terms or operands are operands[lo:hi]
}

const (
	ordered = 1 << iota
	negated
)

func (n *node) ordered() bool { return n.flags&ordered != 0 }
func (n *node) not() bool     { return n.flags&negated != 0 }

func flags(o, not bool) (f uint8) {
	if o {
		f |= ordered
	}
	if not {
		f |= negated
	}
	return f
}

// Where a node looks: in title and body, or in a field of the Document.
const everywhere = 3

// compiler makes a program. Its maps find equal terms and equal nodes.
type compiler struct {
	program
	termOf map[Word]int32
	nodeOf map[string]int32
	key    []byte
}

func compile(queries []*Query) program {
	c := &compiler{termOf: map[Word]int32{}, nodeOf: map[string]int32{}}
	c.roots = make([]int32, len(queries))
	for i, q := range queries {
		c.roots[i] = c.compile(q.root, everywhere)
	}
	return c.program
}

// term numbers a word.
func (c *compiler) term(w *Word) int32 {
	id := *w
	if w.Form == Inflected {
		id.Text = ""
	}
	t, ok := c.termOf[id]
	if !ok {
		t = int32(len(c.terms))
		c.termOf[id] = t
		c.terms = append(c.terms, term{w, keyOf(w.Key)})
		c.forms = append(c.forms, w.Form)
	}
	return t
}

// compile numbers an expression that looks in a field.
func (c *compiler) compile(x Node, in uint8) int32 {
	switch x := x.(type) {
	case *Word:
		return c.add(node{op: codeWords, in: in}, []int32{c.term(x)})
	case *Phrase:
		terms := make([]int32, len(x.Words))
		for i, w := range x.Words {
			terms[i] = c.term(w)
		}
		return c.add(node{op: codePhrase, in: in}, terms)
	case *Field:
		return c.compile(x.X, fieldIndex(x.Name))
	case *List:
		return c.either(x.Entries, in)
	case *Or:
		return c.either(x.X, in)
	case *And:
		return c.all(x.X, in)
	case *Not:
		return c.add(node{op: codeNot}, []int32{c.compile(x.X, in)})
	case *AtLeast:
		return c.add(node{op: codeAtLeast, n: int32(x.N)}, []int32{c.compile(x.X, in)})
	case *Near:
		n := node{op: codeNear, n: int32(x.N), flags: flags(x.Ordered, x.Not)}
		return c.add(n, c.pair(n, x.X, x.Y, in))
	case *Same:
		n := node{op: codeSame, unit: x.Unit, flags: flags(false, x.Not)}
		return c.add(n, c.pair(n, x.X, x.Y, in))
	case *Condition:
		return c.condition(x)
	}
	panic("query: an expression of an unknown kind")
}

func fieldIndex(name string) uint8 {
	switch name {
	case FieldTitle:
		return inTitle
	case FieldLead:
		return inLead
	}
	return inBody
}

// pair compiles the operands of NEAR or SAME. Their order says nothing but in ONEAR and with NOT.
func (c *compiler) pair(n node, x, y Node, in uint8) []int32 {
	a, b := c.compile(x, in), c.compile(y, in)
	if n.flags == 0 && a > b {
		a, b = b, a
	}
	return []int32{a, b}
}

// either compiles an OR. The words among its operands become one node, which looks their places up in one go.
func (c *compiler) either(nodes []Node, in uint8) int32 {
	var words, rest []int32
	for _, x := range nodes {
		if w, ok := x.(*Word); ok {
			words = append(words, c.term(w))
		} else {
			rest = append(rest, c.compile(x, in))
		}
	}
	if len(words) > 0 {
		rest = append(rest, c.add(node{op: codeWords, in: in}, distinct(words)))
	}
	if rest = distinct(rest); len(rest) == 1 {
		return rest[0]
	}
	return c.add(node{op: codeOr}, rest)
}

// all compiles an AND. What is quickly decided stands first.
func (c *compiler) all(nodes []Node, in uint8) int32 {
	var operands []int32
	for _, x := range nodes {
		operands = append(operands, c.compile(x, in))
	}
	if operands = distinct(operands); len(operands) == 1 {
		return operands[0]
	}
	slices.SortStableFunc(operands, func(a, b int32) int { return cmp.Compare(c.nodes[a].op, c.nodes[b].op) })
	return c.add(node{op: codeAnd}, operands)
}

func distinct(numbers []int32) []int32 {
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// condition numbers a condition.
func (c *compiler) condition(x *Condition) int32 {
	i := slices.IndexFunc(c.conditions, func(y *Condition) bool { return x.text() == y.text() })
	if i < 0 {
		i = len(c.conditions)
		c.conditions = append(c.conditions, x)
	}
	return c.add(node{op: codeCondition, n: int32(i)}, nil)
}

// add numbers a node, or finds the one that is equal.
func (c *compiler) add(n node, operands []int32) int32 {
	c.key = append(c.key[:0], byte(n.op), n.in, byte(n.unit), n.flags)
	c.key = binary.LittleEndian.AppendUint32(c.key, uint32(n.n))
	for _, x := range operands {
		c.key = binary.LittleEndian.AppendUint32(c.key, uint32(x))
	}
	if i, ok := c.nodeOf[string(c.key)]; ok {
		return i
	}
	n.lo = int32(len(c.operands))
	c.operands = append(c.operands, operands...)
	n.hi = int32(len(c.operands))
	i := int32(len(c.nodes))
	c.nodes = append(c.nodes, n)
	c.nodeOf[string(c.key)] = i
	return i
}
