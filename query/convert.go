package query

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// dialects are the services whose queries can be converted. A new one is a file and a line here.
var dialects = []*dialect{&nexis, &factiva, &meltwater, &proquest}

// Dialects names the services that Convert reads.
func Dialects() []string {
	names := make([]string, len(dialects))
	for i, d := range dialects {
		names[i] = d.name
	}
	return names
}

// Conversion is a query of another service in this language.
type Conversion struct {
	Query *Query
	Notes []Note // what means something else now, by column
}

// Note is something to know about a place of the query that was converted.
type Note struct {
	Column  int    `json:"column"` // in characters, from 1
	Message string `json:"message"`
}

// LossError says what of a query cannot be said in this language.
type LossError struct {
	Query  string
	Losses []Note // by column
}

// Error gives a line for each loss.
func (e *LossError) Error() string {
	var b strings.Builder
	b.WriteString("this cannot be kept:")
	for _, l := range e.Losses {
		fmt.Fprintf(&b, "\n  column %d: %s", l.Column, l.Message)
	}
	return b.String()
}

// Convert reads a query of the service that from names (see Dialects) and says it in this language. What the service
// counts in another way is shifted; that and every change of meaning is a note. What is not understood, such as an
// unknown operator, is a *SyntaxError. What is understood and cannot be said here is a *LossError, or, with force, a
// note: then the rest is converted, or the nearest that can be said.
func Convert(from, s string, force bool) (*Conversion, error) {
	i := slices.IndexFunc(dialects, func(d *dialect) bool { return d.name == from })
	if i < 0 {
		return nil, fmt.Errorf("no service %q to convert from; there are %s", from, strings.Join(Dialects(), ", "))
	}
	r := &reader{
		dialect: dialects[i], src: s, force: force, leaf: dialects[i].leaf,
		words: parser{src: s}, at: map[Node]int{}, levels: map[Node]int{}, said: map[string]bool{},
	}
	root, f := r.read()
	if f != nil {
		return nil, &SyntaxError{Query: s, Column: r.column(f.at), Msg: f.msg, Hint: f.hint}
	}
	if len(r.losses) > 0 && !force {
		return nil, &LossError{Query: s, Losses: r.sorted(r.losses)}
	}
	if root == nil {
		return nil, &LossError{Query: s, Losses: append(r.sorted(r.losses), Note{1, "nothing is left of the query"})}
	}
	// The tree is printed and read: what a user gets is a query like any other, within all the limits.
	text := (&Query{root: root}).String()
	q, err := Parse(text)
	if err == nil && q.String() == text {
		return &Conversion{Query: q, Notes: r.sorted(r.notes)}, nil
	}
	msg := "this cannot be written as one query here"
	if e, ok := err.(*SyntaxError); ok {
		msg += ": " + e.Msg
	}
	return nil, &SyntaxError{Query: s, Column: 1, Msg: msg}
}

// dialect is how a service writes queries.
type dialect struct {
	name    string // for --from
	service string // for people
	cut     rules
	// leaf makes a term of words that stand side by side, or of what stands in quotation marks.
	leaf leafFunc
	// joint reads the operator that the input begins with; none is of kind noOp.
	joint func(in []lexeme) (joint, *fault)
	// implied joins two operands without an operator between them; when it is none, that is an error.
	implied joint
	// phrases says that words side by side are one phrase.
	phrases bool
	// prefixNot is how tightly a NOT binds that has nothing before it; 0: it must have something before it.
	prefixNot int
	// begins says whether the input begins with a command, such as a field; command reads it.
	begins  func(in []lexeme) bool
	command func(r *reader) (Node, *fault)
	// after reads what may stand behind an operand; nil: nothing.
	after func(r *reader, n Node, before lexeme) (Node, *fault)
	// wild reads the wildcard that s begins with; last says that no letter or number follows in the word. Its width is
	// 0 for what is none.
	wild func(s string, last bool) wildcard
}

// leafFunc makes a term. A nil node without a fault is a term that is lost.
type leafFunc func(r *reader, text string, at int, quoted bool) (Node, *fault)

// joint is an operator between two operands.
type joint struct {
	kind    opKind // opAnd, opOr, opNear or opSame
	not     bool   // AND NOT, NOT NEAR, NOT SAME
	n       int
	ordered bool
	unit    Unit

	power int // how tightly it binds; from left to right among equals
	width int // in pieces of the input
	name  string
	note  string // what changes with it
	once  bool   // the note is for all of its kind
	lost  string // what cannot be kept; the joint is then the nearest there is
	near  string // what that is, for the note
}

// remark is a note with a place in bytes.
type remark struct {
	at  int
	msg string
}

func (r *reader) column(at int) int {
	return utf8.RuneCountInString(r.src[:min(at, len(r.src))]) + 1
}

func (r *reader) sorted(remarks []remark) []Note {
	slices.SortStableFunc(remarks, func(a, b remark) int { return cmp.Compare(a.at, b.at) })
	notes := make([]Note, 0, len(remarks))
	at, column := 0, 1 // counted on from remark to remark: there may be ten thousand
	for _, m := range remarks {
		column += utf8.RuneCountInString(r.src[at:m.at])
		at = m.at
		notes = append(notes, Note{column, m.msg})
	}
	return notes
}

// note says that something means something else now.
func (r *reader) note(at int, msg string) {
	if r.quiet == 0 && msg != "" {
		r.notes = append(r.notes, remark{at, msg})
	}
}

// once is a note that is said of the first of its kind.
func (r *reader) once(at int, msg string) {
	if !r.said[msg] && r.quiet == 0 {
		r.said[msg] = true
		r.note(at, msg)
	}
}

// lose says that something cannot be kept, and what --force makes of it.
func (r *reader) lose(at int, what, instead string) {
	if r.quiet > 0 {
		return
	}
	r.losses = append(r.losses, remark{at, what})
	if r.force {
		r.note(at, what+": "+instead)
	}
}

// leftOut is what becomes of most that cannot be kept.
const leftOut = "left out"
