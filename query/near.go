package query

import (
	"math"
	"slices"
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

// windowBefore is window in the text read backwards, where a position is what it is here, less than nothing.
func (r relation) windowBefore(p place) (reach, limit int32, ok bool) {
	if r.d == nil {
		return r.window(p)
	}
	lo, _ := r.bounds(-p.s)
	return -lo, -lo, p.e <= -lo
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
func (a *Asked) join(r relation, x, y places) []place {
	if len(x.open) == 0 && len(y.open) == 0 && rising(x.solid) && rising(y.solid) {
		return a.joinRising(r, x.solid, y.solid)
	}
	byFirst := a.forward(r.ordered, a.newEnds(x), a.newEnds(y), r.window)
	mx, my := a.newEnds(a.mirror(x)), a.newEnds(a.mirror(y))
	if r.ordered {
		mx, my = my, mx // backwards, y comes before x
	}
	byLast := a.mirrored(a.forward(r.ordered, mx, my, r.windowBefore))
	return union(&a.kept, byFirst, byLast)
}

// rising says that places which begin later also end later, or at the same word: those of words do, and most others.
func rising(p []place) bool {
	for i := 1; i < len(p); i++ {
		if p[i].e < p[i-1].e {
			return false
		}
	}
	return true
}

// joinRising is join for lists that are rising and not open, as nearly all are: the nearest place is then the next one.
func (a *Asked) joinRising(r relation, x, y []place) []place {
	byFirst := a.ahead(r, x, y)
	if !r.ordered {
		byFirst = a.shortest(byFirst, a.ahead(r, y, x))
	}
	byLast := a.behind(r, y, x)
	if !r.ordered {
		byLast = a.latest(byLast, a.behind(r, x, y))
	}
	return union(&a.kept, byFirst, byLast) // of which none is empty when the other is not
}

// ahead joins each place of x with the next of y, and returns one place for each first word.
func (a *Asked) ahead(r relation, x, y []place) []place {
	out := a.temp.take(len(x))
	j := 0
	for _, p := range x {
		for j < len(y) && y[j].s <= p.e {
			j++
		}
		if j == len(y) {
			break
		}
		reach, limit, ok := r.window(p)
		if !ok || y[j].s > reach || y[j].e > limit {
			continue
		}
		if n := len(out); n == 0 || out[n-1].s != p.s {
			out = append(out, place{p.s, y[j].e})
		}
	}
	return a.temp.trim(out)
}

// behind joins each place of x with the last of y before it, and returns one place for each last word, in order.
func (a *Asked) behind(r relation, x, y []place) []place {
	out := a.temp.take(len(x))
	j := len(y) - 1
	for i := len(x) - 1; i >= 0; i-- {
		p := x[i]
		for j >= 0 && y[j].e >= p.s {
			j--
		}
		if j < 0 {
			break
		}
		if r.d == nil {
			if p.s-y[j].e > r.distance {
				continue
			}
		} else if lo, _ := r.bounds(p.e); p.s < lo || y[j].s < lo {
			continue
		}
		if n := len(out); n == 0 || out[n-1].e != p.e {
			out = append(out, place{y[j].s, p.e})
		}
	}
	slices.Reverse(out)
	return a.temp.trim(out)
}

// latest merges two lists that have one place at most for each last word, in the order of those, and keeps the shorter
// of two.
func (a *Asked) latest(x, y []place) []place {
	if len(x) == 0 {
		return y
	}
	out := a.temp.take(len(x) + len(y))
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0].e < y[0].e:
			out, x = append(out, x[0]), x[1:]
		case x[0].e > y[0].e:
			out, y = append(out, y[0]), y[1:]
		default:
			out = append(out, place{max(x[0].s, y[0].s), x[0].e})
			x, y = x[1:], y[1:]
		}
	}
	out = append(append(out, x...), y...)
	if !slices.IsSortedFunc(out, compare) { // of two that overlap, the one that ends later can begin earlier
		slices.SortFunc(out, compare)
	}
	return a.temp.trim(out)
}

// forward returns, for each word at which a pair can begin, the shortest place.
func (a *Asked) forward(ordered bool, x, y *ends, window windowFunc) []place {
	out := a.shortest(a.shorter(x.solid, y, ordered, false, window), a.shorter(x.open, y, ordered, true, window))
	if ordered {
		return out
	}
	back := a.shortest(a.shorter(y.solid, x, false, false, window), a.shorter(y.open, x, false, true, window))
	return a.shortest(out, back)
}

// windowFunc is relation.window or relation.windowBefore.
type windowFunc func(p place) (reach, limit int32, ok bool)

// ends are places whose nearest end within a range of starts can be asked.
type ends struct{ solid, open nearest }

func (a *Asked) newEnds(p places) *ends { return &ends{a.newNearest(p.solid), a.newNearest(p.open)} }

const never = math.MaxInt32

// shorter joins each place of x, as the one that begins first, with what of y gives the nearest end.
func (a *Asked) shorter(x nearest, y *ends, ordered, open bool, window windowFunc) []place {
	out := a.temp.take(len(x.places))
	solid, hollow := cursor{nearest: y.solid}, cursor{nearest: y.open}
	within, over := cursor{nearest: y.solid}, cursor{nearest: y.open}
	for _, p := range x.places {
		reach, limit, ok := window(p)
		if !ok {
			continue
		}
		best := min(solid.end(p.e+1, reach), hollow.end(p.e+1, reach))
		if open && !ordered {
			if within.end(p.s+1, p.e) < p.e { // stands within p, and on neither edge
				best = p.e
			}
			if e := over.end(p.s, min(p.e, reach)); e != never { // overlaps p
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
	return a.temp.trim(out)
}

// shortest merges two lists that have one place at most for each first word, and keeps the shorter of two.
func (a *Asked) shortest(x, y []place) []place {
	both := union(&a.temp, x, y)
	out := both[:0]
	for _, p := range both {
		if n := len(out); n == 0 || out[n-1].s != p.s {
			out = append(out, p)
		}
	}
	return out
}

// nearest answers which place that begins in a range ends first. Where they are rising, it is the first of the range;
// else a tree of minima knows.
type nearest struct {
	places []place
	tree   []int32 // tree[n+i] is the end of place i, tree[i] the lesser of tree[2i] and tree[2i+1]; nil: rising
}

func (a *Asked) newNearest(p []place) nearest {
	n := nearest{places: p}
	if rising(p) {
		return n
	}
	n.tree = a.ends.take(2 * len(p))[:2*len(p)]
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
	nearest
	at int
}

// end returns the nearest end of a place that begins from lo to hi, or never.
func (c *cursor) end(lo, hi int32) int32 {
	p := c.places
	if len(p) == 0 || lo > hi {
		return never
	}
	c.at = c.seek(c.at, lo)
	if c.at == len(p) || p[c.at].s > hi {
		return never
	}
	if c.tree == nil {
		return p[c.at].e
	}
	best := int32(never)
	n := len(p)
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

// seek returns the first place that begins at pos or later. It starts at a guess, which mostly is right or next to
// it, and doubles its steps.
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
	for lo < hi {
		if middle := int(uint(lo+hi) / 2); p[middle].s < pos {
			lo = middle + 1
		} else {
			hi = middle
		}
	}
	return lo
}

// mirror reads the text backwards: what ended last begins first.
func (a *Asked) mirror(p places) places { return places{a.mirrored(p.solid), a.mirrored(p.open)} }

// mirrored undoes itself.
func (a *Asked) mirrored(p []place) []place {
	out := a.temp.take(len(p))[:len(p)]
	sorted := true
	for i, q := range p {
		at := len(p) - 1 - i
		out[at] = place{-q.e, -q.s}
		sorted = sorted && (i == 0 || compare(out[at], out[at+1]) <= 0)
	}
	if !sorted {
		slices.SortFunc(out, compare)
	}
	return out
}

// without returns the places of x that have no place of y, other than themselves, in reach on either side.
func (a *Asked) without(r relation, x []place, y places) []place {
	starts := union(&a.temp, y.solid, y.open)
	last := a.ends.take(len(starts))
	for _, p := range starts {
		last = append(last, p.e)
	}
	slices.Sort(last)
	out := a.kept.take(len(x))
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
	return a.kept.trim(out)
}

// apart counts how many of the places can be chosen so that no two overlap.
func (a *Asked) apart(p []place) int {
	if !rising(p) {
		p = append(a.temp.take(len(p)), p...)
		slices.SortFunc(p, func(a, b place) int { return int(a.e) - int(b.e) })
	}
	n, last := 0, int32(-1)
	for _, q := range p {
		if q.s > last {
			n++
			last = q.e
		}
	}
	return n
}
