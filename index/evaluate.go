package index

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"

	"blotter/query"
)

// answer is what the index alone knows of an expression: the documents of which it is surely true, and those of
// which it may be. The matcher decides about those between. The first are always among the second.
type answer struct{ sure, maybe *roaring.Bitmap }

func exactly(docs *roaring.Bitmap) answer { return answer{sure: docs, maybe: docs} }
func atMost(docs *roaring.Bitmap) answer  { return answer{sure: roaring.New(), maybe: docs} }

// exact says that nothing is left to the matcher.
func (a answer) exact() bool {
	return a.sure == a.maybe || a.sure.GetCardinality() == a.maybe.GetCardinality()
}

func (a answer) and(b answer) answer {
	if a.exact() && b.exact() {
		return exactly(roaring.And(a.maybe, b.maybe))
	}
	return answer{roaring.And(a.sure, b.sure), roaring.And(a.maybe, b.maybe)}
}

func (a answer) or(b answer) answer {
	if a.exact() && b.exact() {
		return exactly(roaring.Or(a.maybe, b.maybe))
	}
	return answer{roaring.Or(a.sure, b.sure), roaring.Or(a.maybe, b.maybe)}
}

// not is the answer to the contrary: what may be is what is not surely otherwise.
func (a answer) not(all *roaring.Bitmap) answer {
	if a.exact() {
		return exactly(roaring.AndNot(all, a.maybe))
	}
	return answer{roaring.AndNot(all, a.maybe), roaring.AndNot(all, a.sure)}
}

// evaluation is one query put to one snapshot.
//
// The tree is not compiled to queries of Bleve but evaluated here, as sets of documents, from Bleve's dictionaries,
// postings and positions. So AND, OR and NOT are those of logic (in a Boolean query of Bleve a clause that nothing
// matches is left out, and its NOT then finds everything); a wildcard may stand for any number of words without a
// limit on clauses; what the index leaves open is known document by document; and the total is exact.
type evaluation struct {
	*snapshot
	request Request
	spoken  []weighed // the words of the query, for the scores
	denied  int       // how many NOTs stand around: words there do not count
	plan    []Step
	depth   int
}

// everywhere are the fields that an expression without a field looks in.
var everywhere = []string{fieldTitle, fieldBody}

// answer answers the query.
func (e *evaluation) answer(ctx context.Context) (answer, error) {
	all, err := e.documents()
	if err != nil || e.request.Query == nil {
		return exactly(all), err
	}
	return e.eval(ctx, e.request.Query.Root(), everywhere, all)
}

// eval answers an expression that looks in the fields. The answer need only hold within the given documents: what
// costs positions to find out is found out for no others.
func (e *evaluation) eval(ctx context.Context, n query.Node, fields []string, within *roaring.Bitmap) (answer, error) {
	if !e.request.Explain {
		return e.find(ctx, n, fields, within)
	}
	at := len(e.plan)
	step := Step{Depth: e.depth, Query: query.Part(n).String()}
	if len(fields) == 1 {
		step.Field = fields[0]
	}
	e.plan = append(e.plan, step)
	e.depth++
	a, err := e.find(ctx, n, fields, within)
	e.depth--
	if err == nil {
		e.plan[at].Sure = int(a.sure.GetCardinality())
		e.plan[at].Open = int(a.maybe.GetCardinality()) - e.plan[at].Sure
	}
	return a, err
}

func (e *evaluation) find(ctx context.Context, n query.Node, fields []string, within *roaring.Bitmap) (answer, error) {
	switch n := n.(type) {
	case *query.Word, *query.Phrase:
		return e.text(ctx, n, fields, within)
	case *query.List:
		return e.or(ctx, n.Entries, fields, within)
	case *query.Or:
		return e.or(ctx, n.X, fields, within)
	case *query.And:
		return e.and(ctx, n.X, fields, within)
	case *query.Not:
		return e.not(ctx, n.X, fields, within)
	case *query.Field:
		return e.eval(ctx, n.X, narrowed(fields, n.Name), within)
	case *query.AtLeast:
		return e.atLeast(ctx, n, fields, within)
	case *query.Near:
		return e.near(ctx, n, fields, within)
	case *query.Same:
		return e.same(ctx, n, fields, within)
	case *query.Condition:
		return e.condition(ctx, n)
	}
	return answer{}, fmt.Errorf("search: no rule for %T", n)
}

// narrowed is what name: leaves of the fields. The lead is part of the body.
func narrowed(fields []string, name string) []string {
	if slices.Contains(fields, name) || name == fieldLead && slices.Contains(fields, fieldBody) {
		return []string{name}
	}
	return nil
}

func (e *evaluation) or(ctx context.Context, nodes []query.Node, fields []string, within *roaring.Bitmap) (answer, error) {
	found := exactly(roaring.New())
	for _, n := range nodes {
		a, err := e.eval(ctx, n, fields, within)
		if err != nil {
			return answer{}, err
		}
		found = found.or(a)
	}
	return found, nil
}

// and looks for the operands that need no positions first, and for the others only among what these have left.
func (e *evaluation) and(ctx context.Context, nodes []query.Node, fields []string, within *roaring.Bitmap) (answer, error) {
	nodes = slices.Clone(nodes)
	slices.SortStableFunc(nodes, func(a, b query.Node) int { return cost(a) - cost(b) })
	found := exactly(within)
	for _, n := range nodes {
		if found.maybe.IsEmpty() {
			return found, nil
		}
		a, err := e.eval(ctx, n, fields, found.maybe)
		if err != nil {
			return answer{}, err
		}
		found = found.and(a)
	}
	return found, nil
}

func cost(n query.Node) int {
	switch n.(type) {
	case *query.Word, *query.Condition, *query.Not:
		return 0
	}
	return 1
}

func (e *evaluation) not(ctx context.Context, x query.Node, fields []string, within *roaring.Bitmap) (answer, error) {
	e.denied++
	a, err := e.eval(ctx, x, fields, within)
	e.denied--
	if err != nil {
		return answer{}, err
	}
	return a.not(within), nil
}

// together answers an expression that joins places of x and y in one field, as far as words go.
func (e *evaluation) together(ctx context.Context, x, y query.Node, fields []string, within *roaring.Bitmap) (answer, error) {
	found := roaring.New()
	for _, f := range apartIn(fields, x, y) {
		a, err := e.and(ctx, []query.Node{x, y}, f, within)
		if err != nil {
			return answer{}, err
		}
		found.Or(a.maybe)
	}
	return atMost(found), nil
}

// apartIn are the fields in which places of some expressions can meet: each on its own, for no distance reaches across. An
// ATLEAST counts places of all fields, so with one they cannot be told apart.
func apartIn(fields []string, operands ...query.Node) [][]string {
	if slices.ContainsFunc(operands, counts) {
		return [][]string{fields}
	}
	var each [][]string
	for f := range slices.Chunk(fields, 1) {
		each = append(each, f)
	}
	return each
}

// counts says that an expression which has places holds an ATLEAST.
func counts(n query.Node) bool {
	switch n := n.(type) {
	case *query.AtLeast:
		return true
	case *query.Or:
		return slices.ContainsFunc(n.X, counts)
	case *query.And:
		return slices.ContainsFunc(n.X, counts)
	case *query.Near:
		return counts(n.X) || counts(n.Y)
	case *query.Same:
		return counts(n.X) || counts(n.Y)
	case *query.Field:
		return counts(n.X)
	}
	return false
}

// without answers an expression that wants a place of x without a y beside it. An article that has no y at all has
// one.
func (e *evaluation) without(ctx context.Context, x, y query.Node, fields []string, within *roaring.Bitmap) (answer, error) {
	hasX, err := e.eval(ctx, x, fields, within)
	if err != nil {
		return answer{}, err
	}
	hasNoY, err := e.not(ctx, y, fields, within)
	if err != nil {
		return answer{}, err
	}
	return answer{sure: roaring.And(hasX.sure, hasNoY.sure), maybe: hasX.maybe}, nil
}

// text answers a word or a phrase.
func (e *evaluation) text(ctx context.Context, n query.Node, fields []string, within *roaring.Bitmap) (answer, error) {
	found := exactly(roaring.New())
	for _, f := range fields {
		a, err := e.textIn(ctx, n, f, within)
		if err != nil {
			return answer{}, err
		}
		found = found.or(a)
	}
	return found, nil
}

func (e *evaluation) textIn(ctx context.Context, n query.Node, field string, within *roaring.Bitmap) (answer, error) {
	slots, docs, err := e.slots(ctx, n, field)
	if err != nil {
		return answer{}, err
	}
	e.weighWords(slots)
	if len(slots) > 1 {
		docs = roaring.And(docs, within)
		if countTerms(slots) > maxCursors {
			return atMost(docs), nil
		}
		if docs, err = e.adjacent(ctx, slots, docs); err != nil {
			return answer{}, err
		}
	}
	if isOpen(n) {
		return atMost(docs), nil
	}
	return exactly(docs), nil
}

// slot is one word of a text expression: the terms that can stand there and the documents that have one of them.
type slot struct {
	terms []term
	docs  *roaring.Bitmap
}

// slots looks the words of a Word or Phrase up in the field, and returns the documents that have them all.
func (e *evaluation) slots(ctx context.Context, n query.Node, field string) ([]slot, *roaring.Bitmap, error) {
	var words []*query.Word
	switch n := n.(type) {
	case *query.Word:
		words = []*query.Word{n}
	case *query.Phrase:
		words = n.Words
	}
	var slots []slot
	var docs *roaring.Bitmap
	for _, w := range words {
		terms, err := e.lookUp(ctx, w, field)
		if err != nil {
			return nil, nil, err
		}
		has, err := e.with(ctx, terms)
		if err != nil {
			return nil, nil, err
		}
		slots = append(slots, slot{terms, has})
		if docs == nil {
			docs = has
		} else {
			docs = roaring.And(docs, has)
		}
	}
	return slots, docs, nil
}

// lookUp returns the terms of the field that a word stands for.
func (e *evaluation) lookUp(ctx context.Context, w *query.Word, field string) ([]term, error) {
	switch w.Form {
	case query.Inflected:
		return e.forms(ctx, field, w.Key)
	case query.Pattern:
		return e.beginning(ctx, field, w.Key, func(text string) bool { return fits(w.Text, text) })
	}
	if w.Form == query.Cased && isLoud(w.Text) {
		return []term{{field + caseSuffix, w.Text}}, nil
	}
	return []term{{field, w.Key}}, nil
}

// fits says whether a word fits a pattern: * at its end is any ending, ? one character.
func fits(pattern, word string) bool {
	for pattern != "" {
		p, n := utf8.DecodeRuneInString(pattern)
		if p == '*' {
			return true
		}
		pattern = pattern[n:]
		c, m := utf8.DecodeRuneInString(word)
		if m == 0 || p != '?' && p != c {
			return false
		}
		word = word[m:]
	}
	return word == ""
}

// isOpen says that the index cannot tell a word from others that are written with other capitals.
func isOpen(n query.Node) bool {
	open := func(w *query.Word) bool { return w.Form == query.Cased && !isLoud(w.Text) }
	switch n := n.(type) {
	case *query.Word:
		return open(n)
	case *query.Phrase:
		return slices.ContainsFunc(n.Words, open)
	}
	return false
}

func countTerms(slots []slot) int {
	n := 0
	for _, s := range slots {
		n += len(s.terms)
	}
	return n
}

// weighWords notes the words for the scores.
func (e *evaluation) weighWords(slots []slot) {
	if e.denied > 0 {
		return
	}
	for _, s := range slots {
		if len(s.terms) <= maxCursors {
			e.spoken = append(e.spoken, weighed(s))
		}
	}
}
