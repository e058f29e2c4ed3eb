package query

import (
	"math/bits"
	"slices"
	"sync"
)

// Set is many queries compiled into one matcher. It never changes; any number of goroutines may use it.
//
// An article is put to all of them at once: each of its distinct words is looked up in one dictionary of all the words
// that the queries name, and only the queries whose indispensable words occur are looked at. So the time hardly
// depends on how many queries there are, but on how many have something to do with the article.
type Set struct {
	program
	dictionary *dictionary // nil for a few words: those are looked up in the article
	always     []int32     // queries that have no indispensable word
	byTerm     []int32     // the queries for which term t is indispensable are queries[byTerm[t]:byTerm[t+1]]
	queries    []wanting
	sure       []bool     // of each query: nothing short of evaluating it says more than that it is a candidate
	asked      *sync.Pool // of *Asked
}

// wanting is a query that a term nominates, and two terms more that it cannot do without; or the term by which it was
// found again. If test is above 0, the query is a phrase of two or three words, of which the term is number test and also
// the rest in order; if it is below 0, the query is a NEAR/-test of the term and also[0].
type wanting struct {
	query int32
	also  [2]int32
	test  int32
}

// run is the queries that a term nominates: queries[lo:hi] of the Set.
type run struct{ term, lo, hi int32 }

// nominee is a query whose words occur, and the term that nominated it.
type nominee struct {
	wanting
	term int32
}

// NewSet compiles queries. They keep their order: query i of the Set is queries[i].
func NewSet(queries []*Query) *Set {
	s := newSet(queries, &sync.Pool{New: func() any { return &Asked{} }})
	s.dictionary = newDictionary(s.terms)
	return s
}

// single are the states of evaluations of one query, for all queries.
var single = sync.Pool{New: func() any { return &Asked{} }}

func newSet(queries []*Query, pool *sync.Pool) *Set {
	s := &Set{program: compile(queries), asked: pool}
	wanted := make([][]wanting, len(s.terms))
	needs := s.needs()
	s.sure = make([]bool, len(queries))
	for i, root := range s.roots {
		need := needs[root]
		if len(need) == 0 {
			s.always = append(s.always, int32(i))
			continue
		}
		s.sure[i] = s.tested(&s.nodes[root], need)
		for _, t := range need[0].terms {
			w := wanting{query: int32(i), also: [2]int32{t, t}}
			for j, more := range need[1:] {
				if len(more.terms) == 1 {
					w.also[j] = more.terms[0]
				}
			}
			s.test(&w, t, &s.nodes[root])
			wanted[t] = append(wanted[t], w)
		}
	}
	s.byTerm = make([]int32, len(wanted)+1)
	for t, list := range wanted {
		s.queries = append(s.queries, list...)
		s.byTerm[t+1] = int32(len(s.queries))
	}
	return s
}

// test fills in how a query that the term t nominates is tested, where that takes little: most queries that have all their
// words in an article do not have them near enough.
func (s *Set) test(w *wanting, t int32, n *node) {
	operands := s.operands[n.lo:n.hi]
	switch {
	case n.op == codePhrase && len(operands) <= 3:
		at := slices.Index(operands, t)
		w.also = [2]int32{t, t}
		copy(w.also[:], slices.Concat(operands[:at], operands[at+1:]))
		w.test = int32(at + 1)
		if len(operands) == 2 {
			w.test += pairTest
		}
	case n.op == codeNear && !n.not():
		if s.oneWord(operands[0]) && s.oneWord(operands[1]) {
			other := s.operands[s.nodes[operands[0]].lo]
			if other == t {
				other = s.operands[s.nodes[operands[1]].lo]
			}
			w.also, w.test = [2]int32{other, other}, -n.n
		}
	}
}

// tested says whether what Ask finds out of a query is all that look could: the words of an AND are its needs, and of the
// phrases and NEARs that have a test nothing is left.
func (s *Set) tested(n *node, needs []need) bool {
	operands := s.operands[n.lo:n.hi]
	switch n.op {
	case codeWords:
		return true
	case codePhrase:
		return len(operands) <= 3
	case codeNear:
		return !n.not() && s.oneWord(operands[0]) && s.oneWord(operands[1])
	case codeAnd:
		for _, x := range operands {
			child := &s.nodes[x]
			terms := s.operands[child.lo:child.hi]
			known := func(n need) bool { return slices.Equal(n.terms, terms) }
			at := slices.IndexFunc(needs, known)
			if child.op != codeNot && (child.op != codeWords || at < 0 || at > 0 && len(terms) > 1) {
				return false
			}
		}
		return true
	}
	return false
}

// oneWord says that a node is a word.
func (s *Set) oneWord(i int32) bool {
	n := &s.nodes[i]
	return n.op == codeWords && n.hi-n.lo == 1
}

// pairTest is added to the test of a phrase of two words.
const pairTest = 8

// nominate finds the candidates. The passes are apart for the same reason as in askWords: each reads memory at places that
// depend on nothing that it has to wait for.
func (a *Asked) nominate() {
	s := a.set
	a.runs = a.runs[:0]
	total := 0
	for _, t := range a.occurred {
		if r := (run{t, s.byTerm[t], s.byTerm[t+1]}); r.lo < r.hi {
			a.runs = append(a.runs, r)
			total += int(r.hi - r.lo)
		}
	}
	a.nominees = sized(a.nominees, total)
	list, n := a.nominees, 0
	for _, r := range a.runs {
		for _, w := range s.queries[r.lo:r.hi] {
			list[n] = nominee{w, r.term}
			x, y := uint32(w.also[0]), uint32(w.also[1])
			n += int(a.occurring[x/64] >> (x % 64) & (a.occurring[y/64] >> (y % 64)) & 1)
		}
	}
	for i := range list[:n] {
		if w := &list[i]; w.test == 0 || a.passes(w) {
			a.maybe[w.query/64] |= 1 << (w.query % 64)
		}
	}
}

// passes says whether a nominee can be true.
func (a *Asked) passes(w *nominee) bool {
	switch w.test {
	case 1:
		return a.follow(w.term, w.also[0]) && a.follow(w.also[0], w.also[1])
	case 2:
		return a.follow(w.also[0], w.term) && a.follow(w.term, w.also[1])
	case 3:
		return a.follow(w.also[0], w.also[1]) && a.follow(w.also[1], w.term)
	case pairTest + 1:
		return a.follow(w.term, w.also[0])
	case pairTest + 2:
		return a.follow(w.also[0], w.term)
	}
	return a.within(-w.test, w.term, w.also[0])
}

// follow says whether of two terms that occur the second may stand right behind the first.
func (a *Asked) follow(first, second int32) bool {
	x, y := &a.heads[first], &a.heads[second]
	return x.link >= 0 || y.link >= 0 || a.scanning || !a.paired || a.adjacent(x.word, y.word)
}

// Len is the number of queries.
func (s *Set) Len() int { return len(s.roots) }

// Asked is a Set that was put to one article.
type Asked struct {
	set   *Set
	d     *Document
	m     Meta
	stamp uint32 // what was noted under another stamp is of another article

	occurring []uint64 // the set of terms that occur
	occurred  []int32  // the same as a list
	heads     []head   // of each term that does
	links     []link
	scanning  bool // the links would be too many: patterns are looked up in the words of the article

	glossary glossary
	ranges   []termRange           // of it: the terms of each word
	pairs    [pairBits / 64]uint64 // of the words that stand next to each other
	paired   bool                  // they are known

	runs     []run // of the queries that the terms which occur nominate
	nominees []nominee

	answers []answer // of each query
	maybe   []uint64 // the set of candidates
	list    []int32  // the same as a list
	spans   []Span

	evaluator
}

// answer is what a query said of the article.
type answer struct {
	stamp uint32
	ok    bool
	spans []Span
}

// Ask puts one article to the set. Close gives the memory back; spans are valid until then. Not for concurrent use.
func (s *Set) Ask(d *Document, m Meta) *Asked {
	a := s.asked.Get().(*Asked)
	a.set, a.d, a.m = s, d, m
	if a.stamp++; a.stamp == 0 { // after 4 billion articles the stamps begin anew
		clear(a.answers[:cap(a.answers)])
		clear(a.memo[:cap(a.memo)])
		a.stamp = 1
	}
	a.heads = sized(a.heads, len(s.terms))
	a.answers = sized(a.answers, len(s.roots))
	a.memo = sized(a.memo, len(s.nodes))
	a.maybe = sized(a.maybe, (len(s.roots)+63)/64)
	a.occurring = sized(a.occurring, (len(s.terms)+63)/64)
	clear(a.maybe)
	clear(a.occurring)
	if s.dictionary != nil && d.words.len() <= wordsPerTerm*len(s.terms) {
		a.askWords()
	} else {
		a.askTerms()
	}
	for _, q := range s.always {
		a.maybe[q/64] |= 1 << (q % 64)
	}
	a.nominate()
	return a
}

// sized makes a slice of length n. What was beyond the length is older than the stamp.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// Close gives the memory back. Nothing that the Asked returned may be used any more.
func (a *Asked) Close() {
	pool := a.set.asked
	if cap(a.spans) > keptSize { // else the answers would hold on to them
		clear(a.answers[:cap(a.answers)])
	}
	a.set, a.d, a.m = nil, nil, Meta{}
	a.links, a.spans, a.list, a.occurred = kept(a.links), kept(a.spans), kept(a.list), kept(a.occurred)
	a.ranges, a.runs, a.nominees = kept(a.ranges), kept(a.runs), kept(a.nominees)
	a.scanning = false
	a.reset()
	pool.Put(a)
}

// kept empties a slice for its next use, unless it has become huge.
func kept[T any](s []T) []T {
	if cap(s) > keptSize {
		return nil
	}
	return s[:0]
}

// Candidates are the queries that can be true of the article, in ascending order: the words they cannot do without
// occur. All others are false. The list must not be changed.
func (a *Asked) Candidates() []int32 {
	if len(a.list) == 0 {
		for i, set := range a.maybe {
			for ; set != 0; set &= set - 1 {
				a.list = append(a.list, int32(64*i+bits.TrailingZeros64(set)))
			}
		}
	}
	return a.list
}

// Match is Query.Match of query i, evaluated when asked and remembered.
func (a *Asked) Match(i int) ([]Span, bool) {
	if a.maybe[i/64]&(1<<(i%64)) == 0 {
		return nil, false
	}
	root := a.set.roots[i]
	if !a.set.sure[i] {
		n := &a.set.nodes[root]
		if !a.look(n, a.set.operands[n.lo:n.hi]) { // not possible, which would remember what is rarely asked again
			return nil, false
		}
	}
	answer := &a.answers[i]
	if answer.stamp != a.stamp {
		answer.stamp = a.stamp
		answer.spans, answer.ok = a.match(root)
	}
	return answer.spans, answer.ok
}

func (a *Asked) match(root int32) ([]Span, bool) {
	m := a.eval(root)
	if !m.ok {
		return nil, false
	}
	before := a.temp.mark()
	from := len(a.spans)
	for _, p := range union(&a.temp, m.solid, m.open) {
		a.spans = append(a.spans, Span{a.d.fieldAt(p.s).name, int(a.d.tokenAt(p.s).start), int(a.d.tokenAt(p.e).end)})
	}
	a.temp.release(before)
	if len(a.spans) == from {
		return nil, true
	}
	return slices.Clip(a.spans[from:]), true
}

// Match says whether the query is true of an article, and which places made it so: those of every part that is true
// and not under a NOT, each once, in the order of title, body and lead and of their first words. A query of conditions
// and NOTs alone has none.
//
// The time it takes is bounded by the article's words times the query's terms, but for a logarithm. A Set does the same
// for many queries at once.
func (q *Query) Match(d *Document, m Meta) ([]Span, bool) {
	q.once.Do(func() { q.alone = newSet([]*Query{q}, &single) })
	a := q.alone.Ask(d, m)
	spans, ok := a.Match(0)
	spans = slices.Clone(spans)
	a.Close()
	return spans, ok
}
