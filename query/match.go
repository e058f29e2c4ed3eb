package query

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// place is a run of positions, from its first to its last.
type place struct{ s, e int32 }

// places are the places of an expression, sorted by start and end. Those that NEAR and SAME made are open: they have
// room for other words within.
type places struct{ solid, open []place }

func (p places) none() bool { return len(p.solid) == 0 && len(p.open) == 0 }

// memo is what is known of a node and the article.
type memo struct {
	places
	evaluated uint32 // the stamp of the article whose places these are
	looked    uint32 // the stamp of the article for which may was found out
	ok        bool   // it is true
	may       bool   // it can be true
}

// evaluator holds what evaluating a program needs for one article.
type evaluator struct {
	memo   []memo
	kept   arena[place] // the places of nodes
	temp   arena[place] // what making them needs
	ends   arena[int32]
	seen   []uint32 // of each word of the article: the last call of gather that met it
	gather uint32
	found  []standing
	wanted []int32
}

// standing is a word of the article for which a term stands. cased is that term when it may differ in its capitals, or -1.
type standing struct{ word, cased int32 }

func (e *evaluator) reset() {
	if e.kept.reset() { // else the memos would hold on to it
		clear(e.memo[:cap(e.memo)])
	}
	e.temp.reset()
	e.ends.reset()
	e.found, e.seen = kept(e.found), kept(e.seen)
}

// possible says, without making any place, whether a node can be true: a cheap look at which words occur. Most queries
// end here for most articles.
func (a *Asked) possible(i int32) bool {
	n := &a.set.nodes[i]
	operands := a.set.operands[n.lo:n.hi]
	if n.op <= codePhrase && len(operands) <= 4 { // to look again takes less than to remember
		return a.look(n, operands)
	}
	m := &a.memo[i]
	if m.looked != a.stamp {
		m.looked = a.stamp
		m.may = a.look(n, operands)
	}
	return m.may
}

func (a *Asked) look(n *node, operands []int32) bool {
	switch n.op {
	case codeWords:
		for _, t := range operands {
			if a.occurs(t) {
				return true
			}
		}
		return false
	case codePhrase:
		return a.lookAtPhrase(operands)
	case codeOr:
		for _, x := range operands {
			if a.possible(x) {
				return true
			}
		}
		return false
	case codeCondition:
		return a.set.conditions[n.n].holds(a.d, a.m)
	case codeNot:
		return true
	case codeNear, codeSame:
		if n.not() {
			operands = operands[:1]
		} else if n.op == codeNear && !a.close(n, operands) {
			return false
		}
	}
	for _, x := range operands {
		if !a.possible(x) {
			return false
		}
	}
	return true
}

// eval returns the places of a node, and whether it is true. It is evaluated once.
func (a *Asked) eval(i int32) *memo {
	m := &a.memo[i]
	if m.evaluated == a.stamp {
		return m
	}
	n := &a.set.nodes[i]
	operands := a.set.operands[n.lo:n.hi]
	var found places
	ok := false
	switch n.op {
	case codeWords:
		found.solid = a.words(operands, a.scope(n.in))
	case codePhrase:
		found.solid = a.phrase(operands, a.scope(n.in))
	case codeAnd:
		found, ok = a.all(operands)
	case codeOr:
		found, ok = a.either(operands)
	case codeNot:
		ok = !a.possible(operands[0]) || !a.eval(operands[0]).ok
	case codeCondition:
		ok = a.possible(i)
	case codeAtLeast:
		found = a.eval(operands[0]).places
		before := a.temp.mark()
		if a.apart(union(&a.temp, found.solid, found.open)) < int(n.n) {
			found = places{}
		}
		a.temp.release(before)
	case codeNear:
		found = a.pair(n, operands, relation{distance: n.n, ordered: n.ordered()})
	case codeSame:
		found = a.pair(n, operands, relation{d: a.d, unit: n.unit})
	}
	m.evaluated, m.places, m.ok = a.stamp, found, ok || !found.none()
	return m
}

// scope is the positions in which to look: those of one field, or of title and body, which follow each other.
type scope struct{ lo, hi int32 }

func (a *Asked) scope(in uint8) scope {
	if in == everywhere {
		return scope{0, max(a.d.fields[inBody].hi, a.d.fields[inTitle].hi)}
	}
	f := &a.d.fields[in]
	return scope{f.lo, f.hi}
}

func (a *Asked) all(operands []int32) (places, bool) {
	for _, x := range operands {
		if !a.eval(x).ok {
			return places{}, false
		}
	}
	return a.joint(operands), true
}

func (a *Asked) either(operands []int32) (places, bool) {
	any := false
	for _, x := range operands {
		if a.possible(x) && a.eval(x).ok {
			any = true
		}
	}
	return a.joint(operands), any
}

// joint unites the places of those operands that were evaluated.
func (a *Asked) joint(operands []int32) places {
	return places{
		a.unite(operands, func(m *memo) []place { return m.solid }),
		a.unite(operands, func(m *memo) []place { return m.open }),
	}
}

func (a *Asked) unite(operands []int32, of func(*memo) []place) []place {
	lists, total := 0, 0
	var first, last []place
	for _, x := range operands {
		if m := &a.memo[x]; m.evaluated == a.stamp && len(of(m)) > 0 {
			if lists++; lists == 1 {
				first = of(m)
			}
			last = of(m)
			total += len(last)
		}
	}
	switch lists {
	case 0, 1:
		return first
	case 2:
		return union(&a.kept, first, last)
	}
	out := a.kept.take(total)
	for _, x := range operands {
		if m := &a.memo[x]; m.evaluated == a.stamp {
			out = append(out, of(m)...)
		}
	}
	slices.SortFunc(out, compare)
	return a.kept.trim(slices.Compact(out))
}

// pair evaluates x NEAR y or x NOT NEAR y and their likes.
func (a *Asked) pair(n *node, operands []int32, r relation) places {
	x := a.eval(operands[0])
	if x.none() {
		return places{}
	}
	if n.not() && !a.possible(operands[1]) {
		return x.places
	}
	y := a.eval(operands[1])
	before, ends := a.temp.mark(), a.ends.mark()
	defer func() {
		a.temp.release(before)
		a.ends.release(ends)
	}()
	if n.not() {
		return places{a.without(r, x.solid, y.places), a.without(r, x.open, y.places)}
	}
	if y.none() {
		return places{}
	}
	return places{open: a.join(r, x.places, y.places)}
}

// lookAtPhrase says whether all words of a phrase occur, and whether those that are one word each may stand in a row.
func (a *Asked) lookAtPhrase(terms []int32) bool {
	last := int32(-1)
	for _, t := range terms {
		w := a.first(t)
		if w.word < 0 {
			return false
		}
		if w.link != alone {
			last = -1
			continue
		}
		if last >= 0 && a.paired && !a.adjacent(last, w.word) {
			return false
		}
		last = w.word
	}
	return true
}

// close says whether a NEAR of two words, as most are, can be true. Most are not, and end here without a place made.
func (a *Asked) close(n *node, operands []int32) bool {
	x, y := operands[0], operands[1]
	if !a.set.oneWord(x) || !a.set.oneWord(y) {
		return true
	}
	return a.within(n.n, a.set.operands[a.set.nodes[x].lo], a.set.operands[a.set.nodes[y].lo])
}

// within says whether the words of two terms can stand within a distance: surely not, or perhaps.
func (a *Asked) within(distance, s, t int32) bool {
	x, ok := a.positions(s)
	if !ok {
		return true
	}
	y, ok := a.positions(t)
	if !ok {
		return true
	}
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch d := x[i] - y[j]; {
		case d == 0: // one word, which is not near itself, but may be near the next of either
			if i+1 < len(x) && x[i+1]-y[j] <= distance || j+1 < len(y) && y[j+1]-x[i] <= distance {
				return true
			}
			i, j = i+1, j+1
		case d >= -distance && d <= distance:
			return true
		case d < 0:
			i++
		default:
			j++
		}
	}
	return false
}

// positions returns those of a term that stands for one word of the article.
func (a *Asked) positions(t int32) ([]int32, bool) {
	w := a.first(t)
	switch {
	case w.word < 0:
		return nil, true
	case w.link != alone:
		return nil, false
	}
	return a.d.posting(w.word), true
}

// words returns the places of all words for which one of the terms stands.
func (a *Asked) words(terms []int32, in scope) []place {
	if a.gather++; a.gather == 0 {
		clear(a.seen[:cap(a.seen)])
		a.gather = 1
	}
	a.seen = sized(a.seen, a.d.words.len())
	a.found = a.found[:0]
	total := 0
	for _, t := range terms {
		cased := int32(-1)
		if a.set.forms[t] == Cased {
			cased = t
		}
		for w := a.first(t); w.word >= 0; w = a.next(t, w) {
			if cased < 0 && a.seen[w.word] == a.gather {
				continue
			}
			if cased < 0 {
				a.seen[w.word] = a.gather
			}
			a.found = append(a.found, standing{w.word, cased})
			total += len(a.d.posting(w.word))
		}
	}
	if len(a.found) == 0 {
		return nil
	}
	before := a.ends.mark()
	positions := a.ends.take(total)
	for _, f := range a.found {
		for _, p := range clipped(a.d.posting(f.word), in) {
			if f.cased < 0 || a.d.writtenAt(p) == a.set.terms[f.cased].Text {
				positions = append(positions, p)
			}
		}
	}
	if len(a.found) > 1 {
		slices.Sort(positions)
		positions = slices.Compact(positions)
	}
	out := a.kept.take(len(positions))
	for _, p := range positions {
		out = append(out, place{p, p})
	}
	a.ends.release(before)
	return out
}

// phrase looks around each place of the phrase's rarest word.
func (a *Asked) phrase(terms []int32, in scope) []place {
	rarest, least, single := 0, -1, false
	a.wanted = a.wanted[:0]
	for i, t := range terms {
		n, words, word := 0, 0, int32(-1)
		for w := a.first(t); w.word >= 0; w = a.next(t, w) {
			n += len(a.d.posting(w.word))
			words++
			word = w.word
		}
		if n == 0 {
			return nil
		}
		if words > 1 {
			word = -1
		}
		if least < 0 || n < least {
			rarest, least, single = i, n, words == 1
		}
		a.wanted = append(a.wanted, word)
	}
	var at []int32
	before := a.ends.mark()
	if single {
		at = clipped(a.d.posting(a.wanted[rarest]), in)
	} else {
		found := a.words(terms[rarest:rarest+1], in)
		at = a.ends.take(len(found))
		for _, p := range found {
			at = append(at, p.s)
		}
	}
	var out []place
	for _, pos := range at {
		first := pos - int32(rarest)
		last := first + int32(len(terms)) - 1
		f := a.d.fieldAt(pos)
		if first < max(f.lo, in.lo) || last >= min(f.hi, in.hi) || !a.row(terms, f, a.d.tokens[f.first+first-f.lo:]) {
			continue
		}
		if out == nil {
			out = a.kept.take(len(at))
		}
		out = append(out, place{first, last})
	}
	a.ends.release(before)
	if out == nil {
		return nil
	}
	return a.kept.trim(out)
}

// row says whether the terms stand for the tokens of f one by one.
func (a *Asked) row(terms []int32, f *textField, tokens []token) bool {
	for i, word := range a.wanted {
		if t := tokens[i].word; word != t && (word >= 0 || !a.stands(terms[i], t)) {
			return false
		}
	}
	for i, term := range terms {
		if a.set.forms[term] == Cased {
			if t := &tokens[i]; Written(f.text[t.start:t.end]) != a.set.terms[term].Text {
				return false
			}
		}
	}
	return true
}

// writtenAt is the word at a position as written.
func (d *Document) writtenAt(pos int32) string {
	t := d.tokenAt(pos)
	return Written(d.fieldAt(pos).text[t.start:t.end])
}

// clipped cuts a sorted list to a scope.
func clipped(positions []int32, in scope) []int32 {
	if positions[0] < in.lo {
		lo, _ := slices.BinarySearch(positions, in.lo)
		positions = positions[lo:]
	}
	if n := len(positions); n > 0 && positions[n-1] >= in.hi {
		hi, _ := slices.BinarySearch(positions, in.hi)
		positions = positions[:hi]
	}
	return positions
}

// compare orders places by where they begin, then by where they end.
func compare(a, b place) int {
	if a.s != b.s {
		return cmp.Compare(a.s, b.s)
	}
	return cmp.Compare(a.e, b.e)
}

// union merges two sorted lists and leaves out what stands twice.
func union(memory *arena[place], a, b []place) []place {
	if len(b) == 0 {
		return a
	}
	if len(a) == 0 {
		return b
	}
	out := memory.take(len(a) + len(b))
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		p, q := a[i], b[j]
		if p == q {
			j++
			continue
		}
		if p.s < q.s || p.s == q.s && p.e < q.e {
			out = append(out, p)
			i++
		} else {
			out = append(out, q)
			j++
		}
	}
	return memory.trim(append(append(out, a[i:]...), b[j:]...))
}

func decodeRune(s string) (rune, int) {
	if s[0] < utf8.RuneSelf {
		return rune(s[0]), 1
	}
	return utf8.DecodeRuneInString(s)
}
