package query

import (
	"fmt"
	"strconv"
	"strings"
)

// reader reads a query of another service into a tree of this language. Its nodes may be nil: such a part is lost, and
// what joins it with another is that other.
type reader struct {
	dialect *dialect
	src     string
	force   bool
	in      []lexeme // what is left; never empty
	leaf    leafFunc // that of the dialect; another one inside a command such as CAPS(…)
	field   string   // the field around, as written, or ""
	quiet   int      // above 0 inside what is left out as a whole, of which nothing more is said
	depth   int
	words   parser // makes the terms, and counts them
	at      map[Node]int
	levels  map[Node]int // of the nodes that chain: a chain of NEAR is as deep as it is long

	notes, losses []remark
	said          map[string]bool
}

func (r *reader) read() (Node, *fault) {
	if len(r.src) > maxBytes {
		return nil, &fault{maxBytes, fmt.Sprintf("the query is longer than %d KiB", maxBytes>>10), ""}
	}
	if at := invalidUTF8(r.src); at >= 0 {
		return nil, &fault{at, "the query is not valid UTF-8", ""}
	}
	var f *fault
	if r.in, f = r.dialect.cut.cutUp(r.src); f != nil {
		return nil, f
	}
	if r.in[0].kind == atEnd {
		return nil, &fault{0, "the query is empty", ""}
	}
	root, f := r.expression(0)
	if f == nil && r.in[0].kind != atEnd {
		f = &fault{r.in[0].at, "this parenthesis closes nothing", ""}
	}
	return root, f
}

func (r *reader) shift() lexeme {
	l := r.in[0]
	if l.kind != atEnd {
		r.in = r.in[1:]
	}
	return l
}

// trim takes n bytes off the first piece, and the piece when nothing is left of it.
func (r *reader) trim(n int) {
	l := &r.in[0]
	l.text, l.at, l.glued = l.text[n:], l.at+n, true
	if l.text == "" {
		r.shift()
	}
}

// expression reads operands and the operators between them that bind as tightly as least or tighter: precedence
// climbing, as every service has an order of its own, and Nexis one that depends on the number of a W/n.
func (r *reader) expression(least int) (Node, *fault) {
	if r.depth++; r.depth > maxLevels {
		return nil, &fault{r.in[0].at, fmt.Sprintf("the query is more than %d levels deep", maxLevels), ""}
	}
	defer func() { r.depth-- }()
	at := r.in[0].at
	first, f := r.operand()
	c := chain{r: r, at: at, nodes: []Node{first}}
	for f == nil {
		var j joint
		where := r.in[0].at
		if j, f = r.peekJoint(); f != nil || j.kind == noOp || j.power < least {
			break
		}
		for range j.width {
			r.shift()
		}
		if r.in[0].kind == atEnd || r.in[0].kind == shut {
			return nil, &fault{where, j.name + " has nothing after it", ""}
		}
		var y Node
		if y, f = r.expression(j.power + 1); f == nil {
			f = c.add(j, where, y)
		}
	}
	if f != nil {
		return nil, f
	}
	return c.node(), nil
}

// peekJoint is the operator ahead, or the one that stands for none.
func (r *reader) peekJoint() (joint, *fault) {
	j, f := r.dialect.joint(r.in)
	if f != nil || j.kind != noOp || r.in[0].kind == atEnd || r.in[0].kind == shut {
		return j, f
	}
	if r.dialect.implied.kind == noOp {
		if f := r.readable(r.in[0]); f != nil && r.in[0].kind == bare && !r.dialect.begins(r.in) {
			return joint{}, f
		}
		return joint{}, &fault{r.in[0].at, "an operator is missing here", "write AND or OR, or quote a phrase"}
	}
	return r.dialect.implied, nil
}

// operand reads a term, a group or a command, and what stands behind it.
func (r *reader) operand() (Node, *fault) {
	l := r.in[0]
	n, f := r.plainOperand()
	if f == nil && r.dialect.after != nil {
		n, f = r.dialect.after(r, n, l)
	}
	if f == nil && n != nil {
		r.mark(n, l.at)
	}
	return n, f
}

func (r *reader) plainOperand() (Node, *fault) {
	l := r.in[0]
	switch l.kind {
	case atEnd:
		return nil, &fault{l.at, "something is missing at the end", ""}
	case shut:
		return nil, &fault{l.at, "something is missing before this parenthesis", ""}
	case open:
		return r.group()
	case quoted:
		r.shift()
		return r.leaf(r, l.text, l.at, true)
	}
	j, f := r.dialect.joint(r.in)
	switch {
	case f != nil:
		return nil, f
	case j.kind == opAnd && j.not && r.dialect.prefixNot > 0:
		r.shift()
		x, f := r.expression(r.dialect.prefixNot + 1)
		if f != nil || x == nil {
			return nil, f
		}
		return r.mark(&Not{x}, l.at), nil
	case j.kind != noOp:
		return nil, &fault{l.at, j.name + " has nothing before it", "quote it if it is a word"}
	case r.dialect.begins(r.in):
		return r.dialect.command(r)
	}
	return r.term()
}

// term reads a word, or the words side by side that are a phrase.
func (r *reader) term() (Node, *fault) {
	first := r.shift()
	last := first
	for {
		if f := r.readable(last); f != nil {
			return nil, f
		}
		next := r.in[0]
		if next.glued && next.kind == open {
			return nil, &fault{last.at, "unknown operator " + last.text,
				"put a space before the parenthesis if it is a word"}
		}
		if !r.dialect.phrases || next.kind != bare || r.dialect.begins(r.in) {
			break
		}
		if j, f := r.dialect.joint(r.in); f != nil || j.kind != noOp || r.dialect.cut.operator(next.text) > 0 {
			break
		}
		last = r.shift()
	}
	return r.leaf(r, r.src[first.at:last.at+len(last.text)], first.at, false)
}

// readable is a fault for a piece that looks like an operator and is none of this dialect's.
func (r *reader) readable(l lexeme) *fault {
	if r.quiet > 0 {
		return nil // it is left out whatever it is
	}
	if i := strings.IndexAny(l.text, r.dialect.cut.odd); i >= 0 {
		c := []rune(l.text[i:])[0]
		msg := fmt.Sprintf("%q has no meaning in a query of %s", c, r.dialect.service)
		return &fault{l.at + i, msg, "quote it if it is text"}
	}
	name, arg, slash := strings.Cut(l.text, "/")
	lower := strings.ToLower(arg)
	if slash && isLetters(name) && (isNumber(arg) || lower == "s" || lower == "p" || lower == "seg") {
		return &fault{l.at, "unknown operator " + l.text, r.dialect.service + " has no such operator"}
	}
	switch name, number := numberedName(strings.ToLower(l.text)); {
	case number == "":
	case name == "adj" || name == "near" || name == "onear" || name == "atleast" || name == "within":
		return &fault{l.at, "unknown operator " + l.text, r.dialect.service + " has no such operator"}
	}
	return nil
}

func (r *reader) group() (Node, *fault) {
	l := r.shift()
	if r.in[0].kind == shut {
		return nil, &fault{l.at, "the group is empty", ""}
	}
	if r.in[0].kind == atEnd {
		return nil, &fault{l.at, "this parenthesis is never closed", ""}
	}
	n, f := r.expression(0)
	if f != nil {
		return nil, f
	}
	if r.in[0].kind != shut {
		return nil, &fault{l.at, "this parenthesis is never closed", ""}
	}
	r.shift()
	return n, nil
}

// with reads what a command holds, making its terms by leaf.
func (r *reader) with(leaf leafFunc, read func() (Node, *fault)) (Node, *fault) {
	before := r.leaf
	r.leaf = leaf
	n, f := read()
	r.leaf = before
	return n, f
}

// atLeast makes an ATLEAST of what read gives. An x without places cannot be counted.
func (r *reader) atLeast(l lexeme, digits string, read func() (Node, *fault)) (Node, *fault) {
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > maxDistance {
		return nil, &fault{l.at, l.text + ": the number must be from 1 to " + strconv.Itoa(maxDistance), ""}
	}
	x, f := read()
	if f != nil || x == nil {
		return nil, f
	}
	if at, what := r.unplaced(x, l.at); what != "" {
		r.lose(at, what+" cannot be counted, which "+l.text+" asks for", "counted no more")
		return x, nil
	}
	if n == 1 {
		return x, nil // everything is there once at least
	}
	return r.deepen(&AtLeast{N: n, X: x}, l.at)
}

// mark remembers where n begins.
func (r *reader) mark(n Node, at int) Node {
	if _, ok := r.at[n]; !ok {
		r.at[n] = at
	}
	return n
}

// deepen marks a node and refuses one that is too deep: everything that walks a tree goes down its levels.
func (r *reader) deepen(n Node, at int) (Node, *fault) {
	level := 1
	for _, c := range Operands(n) {
		level = max(level, r.levels[c]+1)
	}
	if r.levels[n] = level; level > maxLevels {
		return nil, &fault{at, fmt.Sprintf("the query is more than %d levels deep", maxLevels), ""}
	}
	return r.mark(n, at), nil
}

// unplaced says what in n keeps it from having places, and where it is.
func (r *reader) unplaced(n Node, at int) (where int, what string) {
	bad := placeless(n)
	if bad == nil {
		return 0, ""
	}
	if a, ok := r.at[bad]; ok {
		at = a
	} else if a, ok := r.at[n]; ok {
		at = a
	}
	switch bad := bad.(type) {
	case *And:
		return at, "AND"
	case *Not:
		return at, "NOT"
	case *Condition:
		return at, bad.Field + ":"
	}
	return at, "this"
}

// chain gathers the operands of operators of one kind, so that AND and OR of many are one node and not a tree of
// which each level is copied into the next.
type chain struct {
	r     *reader
	at    int
	kind  opKind // opAnd, opOr, or noOp with one node
	nodes []Node
}

// node is what the operands make. Lost ones are left out.
func (c *chain) node() Node {
	kept := c.nodes[:0:0]
	for _, n := range c.nodes {
		if n != nil {
			kept = append(kept, n)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	n := kept[0]
	if len(kept) > 1 && c.kind == opOr {
		n = disjoin(kept)
	} else if len(kept) > 1 {
		n = conjoin(kept)
	}
	if len(kept) > 1 {
		for _, k := range kept {
			c.r.levels[n] = max(c.r.levels[n], c.r.levels[k]+1)
		}
		c.r.mark(n, c.at)
	}
	c.nodes, c.kind = []Node{n}, noOp
	return n
}

// add joins the operands before with y.
func (c *chain) add(j joint, where int, y Node) *fault {
	r := c.r
	if j.lost != "" {
		r.lose(where, j.lost, j.near)
	}
	if j.kind == opNear || j.kind == opSame {
		x, f := c.proximity(j, where, y)
		c.nodes, c.kind = []Node{x}, noOp
		return f
	}
	if j.not && y != nil {
		y = r.mark(&Not{y}, where)
		r.levels[y] = r.levels[y.(*Not).X] + 1
	}
	if c.kind != j.kind && len(c.nodes) > 1 {
		c.node()
	}
	c.kind = j.kind
	c.nodes = append(c.nodes, y)
	return nil
}

// proximity joins by NEAR or SAME, or by AND where an operand has no places.
func (c *chain) proximity(j joint, where int, y Node) (Node, *fault) {
	r := c.r
	x := c.node()
	switch {
	case j.not && (x == nil || y == nil):
		return x, nil
	case x == nil || y == nil:
		if x == nil {
			x = y
		}
		return x, nil
	}
	for _, operand := range []Node{x, y} {
		if at, what := r.unplaced(operand, where); what != "" {
			instead := "read as AND"
			if j.not {
				instead = "that and what follows left out"
			}
			r.lose(at, what+" has no position, which "+j.name+" needs", instead)
			if j.not {
				return x, nil
			}
			return r.mark(conjoin([]Node{x, y}), c.at), nil
		}
	}
	var n Node = &Near{X: x, Y: y, N: j.n, Ordered: j.ordered, Not: j.not}
	if j.kind == opSame {
		n = &Same{X: x, Y: y, Unit: j.unit, Not: j.not}
	}
	if j.once {
		r.once(where, j.note)
	} else {
		r.note(where, j.note)
	}
	return r.deepen(n, c.at)
}
