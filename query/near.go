package query

import (
	"math"
	"slices"
	"sort"
)

// relation is what NEAR or SAME asks of two places: a distance, or, when d is set, a unit of d's text.
type relation struct {
	distance int32
	ordered  bool
	d        *Document
	unit     Unit
}

// window says with which later places the place p can be joined: those that begin no later than reach and end no
// later than limit. It is ok when there can be any.
func (r relation) window(p place) (reach, limit int32, ok bool) {
	if r.d == nil {
		return p.e + r.distance, math.MaxInt32, true
	}
	_, hi := r.bounds(p.s)
	return hi, hi, p.e <= hi
}

// bounds returns the positions of the sentence or paragraph around a position.
func (r relation) bounds(pos int32) (lo, hi int32) {
	s := r.d.sentenceAt(pos)
	if r.unit == InParagraph {
		return s.parLo, s.parHi
	}
	return s.lo, s.hi
}

// join returns the places that x and y make, by the rules of the package comment: of all pairs that are near, for
// each first word the shortest place, and for each last word the shortest.
//
// To find the shortest for each first word, take every place as the one that begins first and look for the nearest
// end among what it can be joined with. The shortest for each last word is the same question with the text read
// backwards, so it is put that way. Each is a pass along sorted lists.
func (r relation) join(x, y places) []place {
	byFirst := r.forward(newEnds(x), newEnds(y), r.window)
	mx, my := newEnds(mirror(x)), newEnds(mirror(y))
	if r.ordered {
		mx, my = my, mx // backwards, y comes before x
	}
	byLast := flip(r.forward(mx, my, func(p place) (int32, int32, bool) {
		if r.d == nil {
			return r.window(p)
		}
		lo, _ := r.bounds(-p.s)
		return -lo, -lo, p.e <= -lo
	}))
	return union(byFirst, byLast)
}

// windowFunc is relation.window, or that of the text read backwards.
type windowFunc func(p place) (reach, limit int32, ok bool)

// forward returns, for each word at which a pair can begin, the shortest place.
func (r relation) forward(x, y *ends, window windowFunc) []place {
	out := shortest(shorter(x.solid, y, r.ordered, false, window), shorter(x.open, y, r.ordered, true, window))
	if r.ordered {
		return out
	}
	back := shortest(shorter(y.solid, x, false, false, window), shorter(y.open, x, false, true, window))
	return shortest(out, back)
}

// ends are places whose nearest end within a range of starts can be asked.
type ends struct{ solid, open *nearest }

func newEnds(p places) *ends { return &ends{newNearest(p.solid), newNearest(p.open)} }

const never = math.MaxInt32

// shorter joins each place of x, as the one that begins first, with what of y gives the nearest end.
func shorter(x *nearest, y *ends, ordered, open bool, window windowFunc) []place {
	out := make([]place, 0, len(x.places))
	solid, hollow := y.solid.cursor(), y.open.cursor()
	for _, p := range x.places {
		reach, limit, ok := window(p)
		if !ok {
			continue
		}
		best := min(solid.end(p.e+1, reach), hollow.end(p.e+1, reach))
		if open && !ordered {
			if solid.end(p.s+1, p.e) < p.e { // stands within p, and on neither edge
				best = p.e
			}
			if e := hollow.end(p.s, min(p.e, reach)); e != never { // overlaps p
				best = min(best, max(p.e, e))
			}
		}
		if best > limit {
			continue
		}
		if n := len(out); n > 0 && out[n-1].s == p.s {
			out[n-1].e = min(out[n-1].e, best)
		} else if best != never {
			out = append(out, place{p.s, best})
		}
	}
	return out
}

// shortest merges two lists that have one place at most for each first word, and keeps the shorter of two.
func shortest(a, b []place) []place {
	both := union(a, b)
	return slices.CompactFunc(both, func(a, b place) bool { return a.s == b.s })
}

// nearest answers which place that begins in a range ends first. Where places that begin later also end later, as
// those of words do, it is the first of the range; else a tree of minima knows.
type nearest struct {
	places []place
	tree   []int32 // tree[n+i] is the end of place i, tree[i] the lesser of tree[2i] and tree[2i+1]; nil: ends rise
}

func newNearest(p []place) *nearest {
	n := &nearest{places: p}
	if slices.IsSortedFunc(p, func(a, b place) int { return int(a.e) - int(b.e) }) {
		return n
	}
	n.tree = make([]int32, 2*len(p))
	for i := range p {
		n.tree[len(p)+i] = p[i].e
	}
	for i := len(p) - 1; i > 0; i-- {
		n.tree[i] = min(n.tree[2*i], n.tree[2*i+1])
	}
	return n
}

// cursor asks a nearest again and again. Ranges that follow each other through the text cost a few steps each.
type cursor struct {
	*nearest
	at int
}

func (n *nearest) cursor() *cursor { return &cursor{nearest: n} }

// end returns the nearest end of a place that begins from lo to hi, or never.
func (c *cursor) end(lo, hi int32) int32 {
	if len(c.places) == 0 || lo > hi {
		return never
	}
	c.at = c.seek(c.at, lo)
	if c.at == len(c.places) || c.places[c.at].s > hi {
		return never
	}
	if c.tree == nil {
		return c.places[c.at].e
	}
	best := int32(never)
	n := len(c.places)
	for l, r := n+c.at, n+c.seek(c.at, hi+1); l < r; l, r = l/2, r/2 {
		if l%2 == 1 {
			best = min(best, c.tree[l])
			l++
		}
		if r%2 == 1 {
			r--
			best = min(best, c.tree[r])
		}
	}
	return best
}

// seek returns the first place that begins at pos or later. It starts at a guess and doubles its steps.
func (n *nearest) seek(from int, pos int32) int {
	p := n.places
	lo, hi := from, from
	step := 1
	if from < len(p) && p[from].s < pos {
		for hi < len(p) && p[hi].s < pos {
			lo = hi + 1
			hi += step
			step *= 2
		}
		hi = min(hi, len(p))
	} else {
		for lo > 0 && p[lo-1].s >= pos {
			hi = lo - 1
			lo = max(0, lo-step)
			step *= 2
		}
	}
	return lo + sort.Search(hi-lo, func(i int) bool { return p[lo+i].s >= pos })
}

// mirror reads the text backwards: what ended last begins first.
func mirror(p places) places { return places{mirrored(p.solid), mirrored(p.open)} }

func mirrored(p []place) []place {
	out := make([]place, len(p))
	for i, q := range p {
		out[len(p)-1-i] = place{-q.e, -q.s}
	}
	if !slices.IsSortedFunc(out, compare) {
		slices.SortFunc(out, compare)
	}
	return out
}

// flip undoes mirror.
func flip(p []place) []place { return mirrored(p) }

// without returns the places of x that have no place of y, other than themselves, in reach on either side.
func (r relation) without(x []place, y places) []place {
	starts := union(y.solid, y.open)
	last := make([]int32, len(starts))
	for i, p := range starts {
		last[i] = p.e
	}
	slices.Sort(last)
	var out []place
	for _, p := range x {
		lo, hi := p.s-r.distance, p.e+r.distance
		if r.d != nil {
			lo, _ = r.bounds(p.s)
			_, hi = r.bounds(p.e)
		}
		// What begins by hi, less what ends before lo, touches the range.
		begun, _ := slices.BinarySearchFunc(starts, place{hi + 1, math.MinInt32}, compare)
		gone, _ := slices.BinarySearch(last, lo)
		near := begun - gone
		if _, self := slices.BinarySearchFunc(starts, p, compare); self {
			near--
		}
		if near == 0 {
			out = append(out, p)
		}
	}
	return out
}

// apart counts how many of the places can be chosen so that no two overlap.
func apart(p []place) int {
	byEnd := p
	if !slices.IsSortedFunc(p, func(a, b place) int { return int(a.e) - int(b.e) }) {
		byEnd = slices.Clone(p)
		slices.SortFunc(byEnd, func(a, b place) int { return int(a.e) - int(b.e) })
	}
	n, last := 0, int32(-1)
	for _, q := range byEnd {
		if q.s > last {
			n++
			last = q.e
		}
	}
	return n
}
