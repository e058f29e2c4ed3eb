package index

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"blotter/query"
)

// maxCursors is how many terms are followed at once, with a reader for each. A pattern with more forms than that is
// found all the same, but the matcher has to look where they stand.
const maxCursors = 512

// span is a place: its first and its last word.
type span struct {
	first, last int
	open        bool // made by NEAR or SAME, so that there is room in it
}

// finder finds the places of an expression in one field.
type finder interface {
	// in returns the places in a document, in order and none twice, in a slice that is good until the next call.
	// Documents must be asked for in their order.
	in(doc uint32) ([]span, error)
	close()
}

// words finds a word or a phrase: for each of its words, cursors on the terms that can stand there.
type words struct {
	slots  []cursors
	places [][]int
	found  []span
}

func (e *evaluation) words(ctx context.Context, slots []slot) (*words, error) {
	w := &words{places: make([][]int, len(slots))}
	for _, s := range slots {
		cs, err := e.open(ctx, s.terms, true)
		if err != nil {
			w.close()
			return nil, err
		}
		w.slots = append(w.slots, cs)
	}
	return w, nil
}

func (w *words) close() {
	for _, cs := range w.slots {
		cs.close()
	}
}

func (w *words) in(doc uint32) ([]span, error) {
	for i, cs := range w.slots {
		var err error
		if w.places[i], err = cs.places(doc, w.places[i]); err != nil || len(w.places[i]) == 0 {
			return nil, err
		}
	}
	w.found = w.found[:0]
	for _, first := range w.places[0] {
		if w.follows(first) {
			w.found = append(w.found, span{first: first, last: first + len(w.slots) - 1})
		}
	}
	return w.found, nil
}

// follows says whether the second and all later words stand after the first.
func (w *words) follows(first int) bool {
	for i, places := range w.places[1:] {
		if _, ok := slices.BinarySearch(places, first+1+i); !ok {
			return false
		}
	}
	return true
}

// adjacent keeps the documents in which the words stand one after another.
func (e *evaluation) adjacent(ctx context.Context, slots []slot, docs *roaring.Bitmap) (*roaring.Bitmap, error) {
	w, err := e.words(ctx, slots)
	if err != nil {
		return nil, err
	}
	defer w.close()
	return e.filter(ctx, docs, func(doc uint32) (bool, error) {
		found, err := w.in(doc)
		return len(found) > 0, err
	})
}

// filter keeps the documents that keep accepts.
func (e *evaluation) filter(ctx context.Context, docs *roaring.Bitmap, keep func(doc uint32) (bool, error)) (*roaring.Bitmap, error) {
	kept, err := e.decide(ctx, docs, keep)
	return kept.maybe, err
}

// decide says of which documents keep is true, and may be where it gives up with errManyPairs.
func (e *evaluation) decide(ctx context.Context, docs *roaring.Bitmap, keep func(doc uint32) (bool, error)) (answer, error) {
	kept, open := roaring.New(), roaring.New()
	for it := docs.Iterator(); it.HasNext(); {
		doc := it.Next()
		if doc%1024 == 0 && ctx.Err() != nil {
			return answer{}, ctx.Err()
		}
		ok, err := keep(doc)
		switch {
		case errors.Is(err, errManyPairs):
			open.Add(doc)
		case err != nil:
			return answer{}, err
		case ok:
			kept.Add(doc)
		}
	}
	if open.IsEmpty() {
		return exactly(kept), nil
	}
	return answer{kept, roaring.Or(kept, open)}, nil
}

// either finds the places of several expressions.
type either struct {
	finders []finder
	found   []span
}

func (f *either) in(doc uint32) ([]span, error) {
	f.found = f.found[:0]
	for _, x := range f.finders {
		found, err := x.in(doc)
		if err != nil {
			return nil, err
		}
		f.found = append(f.found, found...)
	}
	slices.SortFunc(f.found, compareSpans)
	f.found = slices.Compact(f.found)
	return f.found, nil
}

func (f *either) close() {
	for _, x := range f.finders {
		x.close()
	}
}

// maxPairs is how many pairs of places in one document are tried. The matcher decides about documents with more: it goes
// through them without trying each.
const maxPairs = 1 << 14

var errManyPairs = errors.New("too many places to join")

// joined finds the places that NEAR or SAME makes of two others.
type joined struct {
	xs, ys finder
	relation
	found []span
}

func (f *joined) in(doc uint32) ([]span, error) {
	f.found = f.found[:0]
	xs, err := f.xs.in(doc)
	if err != nil || len(xs) == 0 {
		return nil, err
	}
	ys, err := f.ys.in(doc)
	if err != nil || len(ys) == 0 {
		return nil, err
	}
	if err := f.read(doc); err != nil {
		return nil, err
	}
	if len(xs)*len(ys) > maxPairs {
		return nil, errManyPairs
	}
	for _, x := range xs {
		for _, y := range ys {
			if p, ok := join(x, y, f.relation); ok {
				f.found = append(f.found, p)
			}
		}
	}
	f.found = shortest(f.found)
	return f.found, nil
}

func (f *joined) close() {
	f.xs.close()
	f.ys.close()
	f.relation.close()
}

// join returns the place that two places make, as the comment of package query has it.
func join(x, y span, r relation) (span, bool) {
	p := span{min(x.first, y.first), max(x.last, y.last), true}
	gap := max(y.first-x.last, x.first-y.last)
	switch {
	case gap > 0 && (!r.inOrder() || x.last < y.first):
	case gap > 0 || r.inOrder():
		return p, false
	case x.open && y.open:
	case x.open && x.first < y.first && y.last < x.last:
	case !x.open && y.open && y.first < x.first && x.last < y.last:
	default:
		return p, false
	}
	return p, r.reaches(p, gap)
}

// shortest leaves out the places that are neither the shortest of those that begin with them nor of those that end with them.
func shortest(places []span) []span {
	ends, begins := map[int]int{}, map[int]int{}
	for _, p := range places {
		if end, ok := ends[p.first]; !ok || p.last < end {
			ends[p.first] = p.last
		}
		begins[p.last] = max(begins[p.last], p.first)
	}
	places = slices.DeleteFunc(places, func(p span) bool { return ends[p.first] < p.last && begins[p.last] > p.first })
	slices.SortFunc(places, compareSpans)
	return slices.Compact(places)
}

// join returns a finder for the places that x and y make, or nil.
func (e *evaluation) join(ctx context.Context, x, y query.Node, field string, relate func(field string) (relation, error)) (finder, error) {
	xs, err := e.finder(ctx, x, field)
	if err != nil || xs == nil {
		return nil, err
	}
	ys, err := e.finder(ctx, y, field)
	if err != nil || ys == nil {
		xs.close()
		return nil, err
	}
	r, err := relate(field)
	if err != nil {
		xs.close()
		ys.close()
		return nil, err
	}
	return &joined{xs: xs, ys: ys, relation: r}, nil
}

// finder returns a finder for an expression of words, phrases, lists, ORs, NEARs and SAMEs, or nil for one that the index
// cannot find the places of.
func (e *evaluation) finder(ctx context.Context, n query.Node, field string) (finder, error) {
	switch n := n.(type) {
	case *query.Word, *query.Phrase:
		if isOpen(n) {
			return nil, nil
		}
		slots, _, err := e.slots(ctx, n, field)
		if err != nil || countTerms(slots) > maxCursors {
			return nil, err
		}
		return e.words(ctx, slots)
	case *query.List:
		return e.either(ctx, n.Entries, field)
	case *query.Or:
		return e.either(ctx, n.X, field)
	case *query.Near:
		if !n.Not {
			return e.join(ctx, n.X, n.Y, field, relatesNear(n))
		}
	case *query.Same:
		if !n.Not {
			return e.join(ctx, n.X, n.Y, field, e.relatesSame(ctx, n))
		}
	}
	return nil, nil
}

// makesOpen says that places of an expression may have been made by NEAR or SAME.
func makesOpen(n query.Node) bool {
	switch n := n.(type) {
	case *query.Or:
		return slices.ContainsFunc(n.X, makesOpen)
	case *query.Near, *query.Same:
		return true
	}
	return false
}

func (e *evaluation) either(ctx context.Context, nodes []query.Node, field string) (finder, error) {
	f := &either{}
	for _, n := range nodes {
		x, err := e.finder(ctx, n, field)
		if err != nil || x == nil {
			f.close()
			return nil, err
		}
		f.finders = append(f.finders, x)
	}
	return f, nil
}

// near answers x NEAR/n y and its likes.
func (e *evaluation) near(ctx context.Context, n *query.Near, fields []string, within *roaring.Bitmap) (answer, error) {
	return e.pair(ctx, n.X, n.Y, n.Not, fields, within, relatesNear(n))
}

func relatesNear(n *query.Near) func(string) (relation, error) {
	return func(string) (relation, error) { return distance{n.N, n.Ordered, n.Not}, nil }
}

// same answers x SAME/S y and its likes.
func (e *evaluation) same(ctx context.Context, n *query.Same, fields []string, within *roaring.Bitmap) (answer, error) {
	return e.pair(ctx, n.X, n.Y, n.Not, fields, within, e.relatesSame(ctx, n))
}

func (e *evaluation) relatesSame(ctx context.Context, n *query.Same) func(string) (relation, error) {
	return func(field string) (relation, error) {
		starts, err := e.open(ctx, []term{{field + unitSuffix, unitTerm(n.Unit)}}, true)
		return &unit{starts: starts, not: n.Not}, err
	}
}

// pair answers an expression that joins x and y, or that wants an x without a y beside it. Where the index can find the places
// of both, positions decide; otherwise the matcher.
func (e *evaluation) pair(ctx context.Context, x, y query.Node, not bool, fields []string, within *roaring.Bitmap,
	relate func(field string) (relation, error),
) (answer, error) {
	found := exactly(roaring.New())
	for _, f := range apartIn(fields, x, y) {
		words := e.together
		if not {
			words = e.without
		}
		a, err := words(ctx, x, y, f, within)
		open := makesOpen(x) || makesOpen(y)
		switch {
		case err != nil || a.exact() || len(f) != 1 || open && not:
		case open:
			a, err = e.joinIn(ctx, x, y, f[0], a, relate)
		default:
			a, err = e.pairIn(ctx, x, y, f[0], a, relate)
		}
		if err != nil {
			return answer{}, err
		}
		found = found.or(a)
	}
	return found, nil
}

// joinIn decides with positions where places may have room in them.
func (e *evaluation) joinIn(ctx context.Context, x, y query.Node, field string, a answer, relate func(field string) (relation, error),
) (answer, error) {
	f, err := e.join(ctx, x, y, field, relate)
	if err != nil || f == nil {
		return a, err
	}
	defer f.close()
	docs, err := e.decide(ctx, roaring.AndNot(a.maybe, a.sure), func(doc uint32) (bool, error) {
		found, err := f.in(doc)
		return len(found) > 0, err
	})
	if err != nil {
		return answer{}, err
	}
	return docs.or(exactly(a.sure)), nil
}

// pairIn decides with positions what the words of a field have left open, if it can.
func (e *evaluation) pairIn(ctx context.Context, x, y query.Node, field string, a answer, relate func(field string) (relation, error),
) (answer, error) {
	xs, err := e.finder(ctx, x, field)
	if err != nil || xs == nil {
		return a, err
	}
	defer xs.close()
	ys, err := e.finder(ctx, y, field)
	if err != nil || ys == nil {
		return a, err
	}
	defer ys.close()
	r, err := relate(field)
	if err != nil {
		return a, err
	}
	defer r.close()
	docs, err := e.filter(ctx, roaring.AndNot(a.maybe, a.sure), func(doc uint32) (bool, error) {
		first, err := xs.in(doc)
		if err != nil || len(first) == 0 {
			return false, err
		}
		second, err := ys.in(doc)
		if err != nil {
			return false, err
		}
		return r.holds(doc, first, second)
	})
	if err != nil {
		return answer{}, err
	}
	docs.Or(a.sure)
	return exactly(docs), nil
}

// relation is what NEAR or SAME asks of the places of two expressions in one document.
type relation interface {
	// holds says whether places of words and phrases stand to each other so.
	holds(doc uint32, xs, ys []span) (bool, error)
	// read prepares reaches for a document.
	read(doc uint32) error
	// reaches says whether two places with so many positions between them may be the ends of p.
	reaches(p span, gap int) bool
	// inOrder says that the first place must be before the second.
	inOrder() bool
	close()
}

// distance is the relation of NEAR.
type distance struct {
	n            int
	ordered, not bool
}

func (d distance) close()                       {}
func (d distance) read(uint32) error            { return nil }
func (d distance) reaches(_ span, gap int) bool { return gap <= d.n }
func (d distance) inOrder() bool                { return d.ordered }

func (d distance) holds(_ uint32, xs, ys []span) (bool, error) {
	if d.not {
		return anyAlone(xs, ys, func(x span) (lo, hi int) { return x.first - d.n, x.last + d.n }), nil
	}
	return anyFollows(xs, ys, d.n) || !d.ordered && anyFollows(ys, xs, d.n), nil
}

// unit is the relation of SAME: starts are where the sentences or paragraphs of a text begin, but for the first of them.
type unit struct {
	starts cursors
	not    bool
	at     []int
}

func (u *unit) close()        { u.starts.close() }
func (u *unit) inOrder() bool { return false }

func (u *unit) read(doc uint32) (err error) {
	u.at, err = u.starts.places(doc, u.at)
	return err
}

func (u *unit) reaches(p span, _ int) bool {
	_, hi := u.around(p.first)
	return p.last <= hi
}

func (u *unit) holds(doc uint32, xs, ys []span) (ok bool, err error) {
	if err := u.read(doc); err != nil {
		return false, err
	}
	if u.not {
		return anyAlone(xs, ys, func(x span) (lo, hi int) {
			lo, _ = u.around(x.first)
			_, hi = u.around(x.last)
			return lo, hi
		}), nil
	}
	return u.anyShares(xs, ys) || u.anyShares(ys, xs), nil
}

// around returns the first and the last place of the unit around a place. A text begins at place 1.
func (u *unit) around(place int) (lo, hi int) {
	i, _ := slices.BinarySearch(u.at, place+1)
	lo, hi = 1, math.MaxInt
	if i > 0 {
		lo = u.at[i-1]
	}
	if i < len(u.at) {
		hi = u.at[i] - 1
	}
	return lo, hi
}

// anyShares says whether one of ys, which are in order, begins after the end of one of xs and lies in its unit with it.
func (u *unit) anyShares(xs, ys []span) bool {
	for _, x := range xs {
		_, hi := u.around(x.first)
		i, _ := slices.BinarySearchFunc(ys, x.last+1, byFirst)
		for ; x.last <= hi && i < len(ys) && ys[i].first <= hi; i++ {
			if ys[i].last <= hi {
				return true
			}
		}
	}
	return false
}

// anyFollows says whether one of ys begins at most n positions after the end of one of xs. Places that share a word
// are not near each other. ys are in order.
func anyFollows(xs, ys []span, n int) bool {
	for _, x := range xs {
		i, _ := slices.BinarySearchFunc(ys, x.last+1, byFirst)
		if i < len(ys) && ys[i].first <= x.last+n {
			return true
		}
	}
	return false
}

// anyAlone says whether one of xs has none of ys, other than itself, that touches the places around it. Both are in order
// and hold no place twice.
func anyAlone(xs, ys []span, around func(x span) (lo, hi int)) bool {
	ends := make([]int, len(ys))
	for i, y := range ys {
		ends[i] = y.last
	}
	slices.Sort(ends)
	for _, x := range xs {
		lo, hi := around(x)
		begun := len(ys)
		if hi < math.MaxInt {
			begun, _ = slices.BinarySearchFunc(ys, hi+1, byFirst)
		}
		gone, _ := slices.BinarySearch(ends, lo)
		near := begun - gone
		if _, self := slices.BinarySearchFunc(ys, x, compareSpans); self {
			near--
		}
		if near == 0 {
			return true
		}
	}
	return false
}

func byFirst(s span, first int) int { return s.first - first }

func compareSpans(a, b span) int {
	return cmp.Or(a.first-b.first, a.last-b.last, compareBool(a.open, b.open))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// atLeast answers ATLEAST/n x. Where x is a word, a phrase or an OR of them, its places are counted here.
func (e *evaluation) atLeast(ctx context.Context, n *query.AtLeast, fields []string, within *roaring.Bitmap) (answer, error) {
	a, err := e.eval(ctx, n.X, fields, within)
	if err != nil || n.N <= 1 || a.maybe.IsEmpty() {
		return a, err
	}
	var finders []finder
	defer func() {
		for _, f := range finders {
			f.close()
		}
	}()
	for _, field := range fields {
		f, err := e.finder(ctx, n.X, field)
		if err != nil || f == nil {
			return atMost(a.maybe), err
		}
		finders = append(finders, f)
	}
	return e.decide(ctx, a.maybe, func(doc uint32) (bool, error) {
		count := 0
		for _, f := range finders {
			found, err := f.in(doc)
			if err != nil {
				return false, err
			}
			count += apart(found)
		}
		return count >= n.N, nil
	})
}

// apart counts how many of the places there can be at most that do not overlap.
func apart(places []span) int {
	slices.SortFunc(places, func(a, b span) int { return a.last - b.last }) // their order is not needed any more
	n, end := 0, 0
	for _, p := range places {
		if p.first > end {
			n, end = n+1, p.last
		}
	}
	return n
}
