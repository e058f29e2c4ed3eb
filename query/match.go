package query

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Match says whether the query is true of an article, and which places made it so: those of every part that is true
// and not under a NOT, each once, in the order of title, body and lead and of their first words. A query of conditions
// and NOTs alone has none.
//
// The time it takes is bounded by the article's words times the query's terms, but for a logarithm.
func (q *Query) Match(d *Document, m Meta) ([]Span, bool) {
	e := evaluation{d: d, m: m}
	all := scope{0, max(d.fields[inBody].hi, d.fields[inTitle].hi)}
	if !e.possible(q.root, all) {
		return nil, false
	}
	found, ok := e.eval(q.root, all)
	if !ok {
		return nil, false
	}
	return d.spans(union(found.solid, found.open)), true
}

// scope is the positions in which to look: those of one field, or of title and body, which follow each other.
type scope struct{ lo, hi int32 }

// place is a run of positions, from its first to its last.
type place struct{ s, e int32 }

// places are the places of an expression, sorted by start and end. Those that NEAR and SAME made are open: they have
// room for other words within.
type places struct{ solid, open []place }

func (p places) none() bool { return len(p.solid) == 0 && len(p.open) == 0 }

// evaluation is one query being asked of one article.
type evaluation struct {
	d *Document
	m Meta
}

func (e *evaluation) scope(field string, around scope) scope {
	f := &e.d.fields[inBody]
	switch field {
	case FieldTitle:
		f = &e.d.fields[inTitle]
	case FieldLead:
		f = &e.d.fields[inLead]
	case FieldBody:
	default:
		return around
	}
	return scope{f.lo, f.hi}
}

// possible says, without making any place, whether n can be true: a cheap look at which words occur. Most rules end
// here for most articles.
func (e *evaluation) possible(n Node, in scope) bool {
	switch n := n.(type) {
	case *Word:
		return e.occurs(n)
	case *Phrase:
		for _, w := range n.Words {
			if !e.occurs(w) {
				return false
			}
		}
		return true
	case *And:
		return !slices.ContainsFunc(n.X, func(x Node) bool { return !e.possible(x, in) })
	case *Or:
		return slices.ContainsFunc(n.X, func(x Node) bool { return e.possible(x, in) })
	case *List:
		return slices.ContainsFunc(n.Entries, func(x Node) bool { return e.possible(x, in) })
	case *Field:
		return e.possible(n.X, in)
	case *AtLeast:
		return e.possible(n.X, in)
	case *Near:
		return e.possible(n.X, in) && (n.Not || e.possible(n.Y, in))
	case *Same:
		return e.possible(n.X, in) && (n.Not || e.possible(n.Y, in))
	case *Condition:
		return n.holds(e.d, e.m)
	}
	return true
}

// occurs says whether a word stands anywhere in the article.
func (e *evaluation) occurs(w *Word) bool {
	switch w.Form {
	case Inflected:
		return e.d.stemmed().stems.lookup(w.Key) >= 0
	case Pattern:
		for i := range int32(e.d.words.len()) {
			if w.matches(e.d.words.text(i)) {
				return true
			}
		}
		return false
	}
	return e.d.words.lookup(w.Key) >= 0
}

// eval returns the places of n within a scope, and whether n is true.
func (e *evaluation) eval(n Node, in scope) (places, bool) {
	var found places
	switch n := n.(type) {
	case *Word:
		found.solid = e.word(n, in)
	case *Phrase:
		found.solid = e.phrase(n, in)
	case *And:
		for _, x := range n.X {
			p, ok := e.eval(x, in)
			if !ok {
				return places{}, false
			}
			found = places{union(found.solid, p.solid), union(found.open, p.open)}
		}
		return found, true
	case *Or:
		return e.either(n.X, in)
	case *List:
		return e.either(n.Entries, in)
	case *Not:
		_, ok := e.eval(n.X, in)
		return places{}, !ok
	case *Condition:
		return places{}, n.holds(e.d, e.m)
	case *Field:
		return e.eval(n.X, e.scope(n.Name, in))
	case *AtLeast:
		found, _ = e.eval(n.X, in)
		if apart(union(found.solid, found.open)) < n.N {
			return places{}, false
		}
	case *Near:
		found = e.pair(n.X, n.Y, in, n.Not, relation{distance: int32(n.N), ordered: n.Ordered})
	case *Same:
		found = e.pair(n.X, n.Y, in, n.Not, relation{d: e.d, unit: n.Unit})
	}
	return found, !found.none()
}

// pair evaluates x NEAR y or x NOT NEAR y and their likes.
func (e *evaluation) pair(x, y Node, in scope, not bool, r relation) places {
	px, _ := e.eval(x, in)
	if px.none() {
		return px
	}
	py, _ := e.eval(y, in)
	if not {
		return places{r.without(px.solid, py), r.without(px.open, py)}
	}
	if py.none() {
		return py
	}
	return places{open: r.join(px, py)}
}

// either evaluates an OR. The places of many entries are merged two and two, so that each is moved only a few times.
func (e *evaluation) either(nodes []Node, in scope) (places, bool) {
	var found []places
	any := false
	for _, n := range nodes {
		p, ok := e.eval(n, in)
		any = any || ok
		if !p.none() {
			found = append(found, p)
		}
	}
	for len(found) > 1 {
		half := found[:0]
		for i := 0; i < len(found); i += 2 {
			p := found[i]
			if i+1 < len(found) {
				p = places{union(p.solid, found[i+1].solid), union(p.open, found[i+1].open)}
			}
			half = append(half, p)
		}
		found = half
	}
	if len(found) == 0 {
		return places{}, any
	}
	return found[0], any
}

// word returns the places of a word.
func (e *evaluation) word(w *Word, in scope) []place {
	var out []place
	e.candidates(w, func(word int32) {
		positions := clip32(e.d.posting(word), in)
		run := make([]place, 0, len(positions))
		for _, p := range positions {
			if w.Form != Cased || e.d.writtenAt(p) == w.Text {
				run = append(run, place{p, p})
			}
		}
		if len(out) == 0 {
			out = run
		} else {
			out = append(out, run...)
		}
	})
	if !slices.IsSortedFunc(out, compare) {
		slices.SortFunc(out, compare)
	}
	return out
}

// candidates calls f for each distinct word of the article that w stands for; one that is Cased may then still differ
// in its capitals.
func (e *evaluation) candidates(w *Word, f func(word int32)) {
	switch w.Form {
	case Inflected:
		x := e.d.stemmed()
		if s := x.stems.lookup(w.Key); s >= 0 {
			for word := x.first[s]; word >= 0; word = x.next[word] {
				f(word)
			}
		}
	case Pattern:
		for i := range int32(e.d.words.len()) {
			if w.matches(e.d.words.text(i)) {
				f(i)
			}
		}
	default:
		if word := e.d.words.lookup(w.Key); word >= 0 {
			f(word)
		}
	}
}

// phrase looks around each place of the phrase's rarest word.
func (e *evaluation) phrase(p *Phrase, in scope) []place {
	all := make([]wanted, len(p.Words))
	rarest, least := 0, -1
	for i, w := range p.Words {
		n := 0
		e.candidates(w, func(word int32) {
			n += len(e.d.posting(word))
			all[i] = e.want(w, word)
		})
		if n == 0 {
			return nil
		}
		if least < 0 || n < least {
			rarest, least = i, n
		}
	}
	var out []place
	for _, at := range e.word(p.Words[rarest], in) {
		first := at.s - int32(rarest)
		last := first + int32(len(p.Words)) - 1
		f := e.d.fieldAt(at.s)
		if first < max(f.lo, in.lo) || last >= min(f.hi, in.hi) {
			continue
		}
		tokens := e.d.tokens[f.first+first-f.lo:]
		whole := true
		for i := 0; whole && i < len(all); i++ {
			whole = e.is(&all[i], tokens[i], f)
		}
		if whole {
			out = append(out, place{first, last})
		}
	}
	return out
}

// wanted is a word of a phrase in the numbers of the document: of a stem, or else of a word.
type wanted struct {
	*Word
	number int32
}

// want makes a wanted of w, given one of the distinct words it stands for.
func (e *evaluation) want(w *Word, word int32) wanted {
	if w.Form == Inflected {
		word = e.d.stemmed().of[word]
	}
	return wanted{w, word}
}

// is says whether w stands for a token of f.
func (e *evaluation) is(w *wanted, t token, f *textField) bool {
	switch w.Form {
	case Inflected:
		return e.d.stems.of[t.word] == w.number
	case Pattern:
		return w.matches(e.d.words.text(t.word))
	case Cased:
		return t.word == w.number && written(f.text[t.start:t.end]) == w.Text
	}
	return t.word == w.number
}

// writtenAt is the word at a position as written.
func (d *Document) writtenAt(pos int32) string {
	t := d.tokenAt(pos)
	return written(d.fieldAt(pos).text[t.start:t.end])
}

// matches says whether a Pattern stands for a normalised word.
func (w *Word) matches(text string) bool {
	n := len(w.Key)
	if len(text) < n || text[:n] != w.Key {
		return false
	}
	text = text[n:]
	for _, p := range w.Text[n:] {
		if p == '*' {
			return true
		}
		if text == "" {
			return false
		}
		r, size := rune(text[0]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text)
		}
		if p != '?' && p != r {
			return false
		}
		text = text[size:]
	}
	return text == ""
}

// clip32 cuts a sorted list to a scope.
func clip32(positions []int32, in scope) []int32 {
	lo, _ := slices.BinarySearch(positions, in.lo)
	hi, _ := slices.BinarySearch(positions[lo:], in.hi)
	return positions[lo : lo+hi]
}

// compare orders places by where they begin, then by where they end.
func compare(a, b place) int {
	if c := cmp.Compare(a.s, b.s); c != 0 {
		return c
	}
	return cmp.Compare(a.e, b.e)
}

// union merges two sorted lists and leaves out what stands twice.
func union(a, b []place) []place {
	if len(b) == 0 {
		return a
	}
	if len(a) == 0 {
		return b
	}
	out := make([]place, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch c := compare(a[0], b[0]); {
		case c < 0:
			out, a = append(out, a[0]), a[1:]
		case c > 0:
			out, b = append(out, b[0]), b[1:]
		default:
			a = a[1:]
		}
	}
	return append(append(out, a...), b...)
}

// spans turns places into bytes.
func (d *Document) spans(found []place) []Span {
	if len(found) == 0 {
		return nil
	}
	out := make([]Span, len(found))
	for i, p := range found {
		out[i] = Span{d.fieldAt(p.s).name, int(d.tokenAt(p.s).start), int(d.tokenAt(p.e).end)}
	}
	return out
}
