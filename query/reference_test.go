package query

import "slices"

// reference evaluates queries as the package comment defines them, with loops over all pairs and nothing clever: what
// the matcher is measured against.
type reference struct {
	texts   map[string]string // by field; the lead only when it is not in the body
	tokens  map[string][]Token
	leadIn  string // the field where the lead stands
	leadLo  int    // its tokens there
	leadHi  int
	meta    Meta
	article *Document
}

// spot is a place.
type spot struct {
	field string
	s, e  int
	open  bool
}

// newReference cuts an article. leadAt is the paragraph of the body that is the lead, or -1 for a text of its own.
func newReference(title, lead, body string, leadAt int, m Meta) *reference {
	r := &reference{
		texts:  map[string]string{FieldTitle: title, FieldBody: body},
		tokens: map[string][]Token{FieldTitle: Tokenize(title), FieldBody: Tokenize(body)},
		leadIn: FieldLead, meta: m, article: NewDocument("", "", body),
	}
	if leadAt < 0 {
		r.texts[FieldLead], r.tokens[FieldLead] = lead, Tokenize(lead)
		r.leadHi = len(r.tokens[FieldLead])
		return r
	}
	r.leadIn = FieldBody
	for i, t := range r.tokens[FieldBody] {
		if t.Paragraph < leadAt {
			r.leadLo = i + 1
		}
		if t.Paragraph <= leadAt {
			r.leadHi = i + 1
		}
	}
	return r
}

// matches evaluates a whole query.
func (r *reference) matches(n Node) ([]Span, bool) {
	spots, ok := r.eval(n, "")
	if !ok {
		return nil, false
	}
	var spans []Span
	for _, p := range spots {
		s := Span{p.field, r.tokens[p.field][p.s].Start, r.tokens[p.field][p.e].End}
		if !slices.Contains(spans, s) {
			spans = append(spans, s)
		}
	}
	return spans, true
}

// within says whether a place lies in a field as a query names it.
func (r *reference) within(p spot, field string) bool {
	switch field {
	case "":
		return p.field != FieldLead
	case FieldLead:
		return p.field == r.leadIn && p.s >= r.leadLo && p.e < r.leadHi
	}
	return p.field == field
}

func (r *reference) eval(n Node, field string) ([]spot, bool) {
	var out []spot
	switch n := n.(type) {
	case *Word:
		out = r.phrase([]*Word{n}, field)
	case *Phrase:
		out = r.phrase(n.Words, field)
	case *And:
		for _, x := range n.X {
			spots, ok := r.eval(x, field)
			if !ok {
				return nil, false
			}
			out = append(out, spots...)
		}
		return out, true
	case *Or, *List:
		any := false
		for _, x := range Operands(n) {
			spots, ok := r.eval(x, field)
			any = any || ok
			out = append(out, spots...)
		}
		return out, any
	case *Not:
		_, ok := r.eval(n.X, field)
		return nil, !ok
	case *Field:
		return r.eval(n.X, n.Name)
	case *Condition:
		return nil, n.holds(r.article, r.meta)
	case *AtLeast:
		out, _ = r.eval(n.X, field)
		if mostApart(out) < n.N {
			out = nil
		}
	case *Near, *Same:
		out = r.pair(n, field)
	}
	return out, len(out) > 0
}

func (r *reference) phrase(words []*Word, field string) []spot {
	var out []spot
	for name, tokens := range r.tokens {
		for i := 0; i+len(words) <= len(tokens); i++ {
			p := spot{field: name, s: i, e: i + len(words) - 1}
			ok := r.within(p, field)
			for j, w := range words {
				ok = ok && r.stands(w, name, tokens[i+j])
			}
			if ok {
				out = append(out, p)
			}
		}
	}
	return out
}

func (r *reference) stands(w *Word, field string, t Token) bool {
	switch w.Form {
	case Inflected:
		return Stem(t.Text) == Stem(w.Text)
	case Pattern:
		return fits([]rune(w.Text), []rune(t.Text))
	case Cased:
		return Written(r.texts[field][t.Start:t.End]) == w.Text
	}
	return t.Text == w.Text
}

// fits says whether a word is what a pattern stands for.
func fits(pattern, word []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(word) == 0
	case pattern[0] == '*':
		return fits(pattern[1:], word) || len(word) > 0 && fits(pattern, word[1:])
	}
	return len(word) > 0 && (pattern[0] == '?' || pattern[0] == word[0]) && fits(pattern[1:], word[1:])
}

func (r *reference) pair(n Node, field string) []spot {
	inner := Operands(n)
	xs, _ := r.eval(inner[0], field)
	ys, _ := r.eval(inner[1], field)
	near, isNear := n.(*Near)
	same, _ := n.(*Same)
	if isNear && near.Not || !isNear && same.Not {
		return slices.DeleteFunc(xs, func(x spot) bool {
			return slices.ContainsFunc(ys, func(y spot) bool {
				self := x.field == y.field && x.s == y.s && x.e == y.e
				if self || x.field != y.field {
					return false
				}
				if isNear {
					return y.s <= x.e+near.N && y.e >= x.s-near.N
				}
				return r.touch(x, y, same.Unit)
			})
		})
	}
	var all []spot
	for _, x := range xs {
		for _, y := range ys {
			if p, ok := r.joined(x, y, near, same); ok && !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	var out []spot
	for _, p := range all {
		first := slices.ContainsFunc(all, func(q spot) bool { return q.field == p.field && q.s == p.s && q.e < p.e })
		last := slices.ContainsFunc(all, func(q spot) bool { return q.field == p.field && q.e == p.e && q.s > p.s })
		if !first || !last {
			out = append(out, p)
		}
	}
	return out
}

// joined is the place that two near places make.
func (r *reference) joined(x, y spot, near *Near, same *Same) (spot, bool) {
	p := spot{x.field, min(x.s, y.s), max(x.e, y.e), true}
	if x.field != y.field {
		return p, false
	}
	ordered := near != nil && near.Ordered
	gap := max(y.s-x.e, x.s-y.e)
	switch {
	case gap > 0:
		if ordered && x.e > y.s {
			return p, false
		}
	case ordered:
		return p, false
	case x.open && y.open:
	case x.open:
		if !(x.s < y.s && y.e < x.e) {
			return p, false
		}
	case y.open:
		if !(y.s < x.s && x.e < y.e) {
			return p, false
		}
	default:
		return p, false
	}
	if near != nil {
		return p, gap <= near.N
	}
	tokens := r.tokens[p.field]
	return p, unitOf(tokens[p.s], same.Unit) == unitOf(tokens[p.e], same.Unit)
}

// touch says that two places share a unit.
func (r *reference) touch(x, y spot, u Unit) bool {
	t := r.tokens[x.field]
	return unitOf(t[y.s], u) <= unitOf(t[x.e], u) && unitOf(t[y.e], u) >= unitOf(t[x.s], u)
}

func unitOf(t Token, u Unit) int {
	if u == InSentence {
		return t.Sentence
	}
	return t.Paragraph
}

// mostApart is the size of the largest set of places that do not overlap, by trying each as the first.
func mostApart(p []spot) int {
	best := map[string]map[int]int{} // the most from a position of a field on
	total := 0
	for _, field := range []string{FieldTitle, FieldBody, FieldLead} {
		best[field] = map[int]int{}
		last := 0
		for _, q := range p {
			if q.field == field {
				last = max(last, q.e)
			}
		}
		for at := last; at >= 0; at-- {
			most := best[field][at+1]
			for _, q := range p {
				if q.field == field && q.s == at {
					most = max(most, 1+best[field][q.e+1])
				}
			}
			best[field][at] = most
		}
		total += best[field][0]
	}
	return total
}
