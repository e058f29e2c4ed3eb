package classify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"blotter"
	"blotter/query"
)

// Remark is something in a pack that is not wrong and probably not meant.
type Remark struct {
	File    string `json:"file"`
	Rule    string `json:"rule,omitempty"` // its id, or
	List    string `json:"list,omitempty"` // the name of a word list
	Message string `json:"message"`
}

const (
	fewExamples = 3 // of either kind; fewer show one sentence and not what a rule is for
	broad       = 3 // letters before a * that stand before too many words: arm* is army and armchair
)

// Lint looks for what is not wrong in a pack and probably not meant: lists that nothing uses, words that another
// covers, queries that no example shows at work or that can never match, missing examples. The remarks are in the
// order of the files, lists before rules.
func (p *Pack) Lint() []Remark {
	l := &linter{p: p}
	l.lists()
	tags := map[string]string{}
	for _, r := range p.rules {
		l.rule = r
		l.about()
		if other, taken := tags[r.about.Tag]; taken {
			l.say("it gives the tag %s, as rule %s does: an article can have the tag twice", r.about.Tag, other)
		} else {
			tags[r.about.Tag] = r.about.ID
		}
		l.queries()
		l.exercised()
	}
	slices.SortStableFunc(l.remarks, func(a, b Remark) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.List, b.List))
	})
	return l.remarks
}

type linter struct {
	p       *Pack
	rule    *rule // at hand
	remarks []Remark
}

// say makes a remark on the rule at hand.
func (l *linter) say(format string, args ...any) {
	about := &l.rule.about
	l.remarks = append(l.remarks, Remark{File: about.File, Rule: about.ID, Message: fmt.Sprintf(format, args...)})
}

// lists looks at the word lists of the pack.
func (l *linter) lists() {
	used := l.p.usedLists()
	for _, name := range slices.Sorted(maps.Keys(l.p.lists)) {
		say := func(format string, args ...any) {
			l.remarks = append(l.remarks, Remark{File: l.p.listIn[name], List: name, Message: fmt.Sprintf(format, args...)})
		}
		if !used[name] {
			say("no query uses the list @%s", name)
		}
		nodes := l.p.entriesOf(name)
		for _, pair := range covered(nodes) {
			if pair.same {
				say("%s stands twice", pair.entry)
			} else {
				say("%s finds nothing that %s does not find", pair.entry, pair.by)
			}
		}
		for _, n := range nodes {
			if w, ok := n.(*query.Word); ok && isBroad(w) {
				say("%s stands for every word that begins with %s", w.Text, w.Key)
			}
		}
	}
}

// usedLists are the lists that some query names, and those that they hold.
func (p *Pack) usedLists() map[string]bool {
	used := map[string]bool{}
	var use func(name string)
	use = func(name string) {
		if used[name] {
			return
		}
		used[name] = true
		for _, entry := range p.lists[name] {
			if other, nested := strings.CutPrefix(entry, "@"); nested {
				use(other)
			}
		}
	}
	p.eachQuery(func(q *query.Query) {
		walk(q.Root(), func(n query.Node) {
			if list, ok := n.(*query.List); ok {
				use(list.Name)
			}
		})
	})
	for _, r := range p.rules {
		for _, f := range r.facts {
			for _, class := range f.of {
				use(class.name)
			}
		}
	}
	return used
}

// eachQuery calls do for every query of the pack.
func (p *Pack) eachQuery(do func(*query.Query)) {
	for _, r := range p.rules {
		r.eachQuery(func(_ string, q *query.Query) { do(q) })
	}
	c := &p.context
	all := []*query.Query{c.stops, c.years}
	for _, t := range c.triggers {
		all = append(all, t.query, t.except)
	}
	for _, q := range all {
		if q != nil {
			do(q)
		}
	}
}

// eachQuery calls do for every query of a rule, with the key it stands under.
func (r *rule) eachQuery(do func(key string, q *query.Query)) {
	for _, c := range r.queries {
		do("", c.query)
	}
	for _, q := range r.unless {
		do("unless ", q)
	}
	if r.never != nil {
		do("never ", r.never)
	}
	for _, o := range r.overrides {
		do("status "+string(o.status)+" ", o.query)
	}
	for _, f := range r.facts {
		for _, v := range f.values {
			if v.query != nil {
				do("fact "+f.name+" "+v.value+" ", v.query)
			}
		}
	}
}

// walk visits every part of a query, the entries of its lists not.
func walk(n query.Node, visit func(query.Node)) {
	visit(n)
	for _, x := range operands(n) {
		walk(x, visit)
	}
}

func operands(n query.Node) []query.Node {
	switch n := n.(type) {
	case *query.And:
		return n.X
	case *query.Or:
		return n.X
	case *query.Not:
		return []query.Node{n.X}
	case *query.Field:
		return []query.Node{n.X}
	case *query.AtLeast:
		return []query.Node{n.X}
	case *query.Near:
		return []query.Node{n.X, n.Y}
	case *query.Same:
		return []query.Node{n.X, n.Y}
	}
	return nil
}

// entriesOf are the entries of a list as they are read, in its order; those of the lists it holds are theirs.
func (p *Pack) entriesOf(name string) []query.Node {
	var nodes []query.Node
	for _, entry := range p.lists[name] {
		if strings.HasPrefix(entry, "@") {
			continue
		}
		q, err := query.ParseWith("@x", query.Options{Lists: func(string) ([]string, bool) { return []string{entry}, true }})
		if err != nil {
			continue // Parse has refused the pack
		}
		nodes = append(nodes, q.Root().(*query.List).Entries...)
	}
	return nodes
}

// about looks at what a rule says of itself.
func (l *linter) about() {
	r := l.rule
	if r.about.Description == "" {
		l.say("it has no description of what earns the tag and what does not")
	}
	switch m, n := r.about.Match, r.about.NoMatch; {
	case m+n == 0:
		l.say("it has no examples")
	default:
		if m < fewExamples {
			l.say("%d of its examples must match; give %d or more", m, fewExamples)
		}
		if n < fewExamples {
			l.say("%d of its examples must not match; give %d or more, near misses above all", n, fewExamples)
		}
	}
	for _, s := range r.ignore {
		if slices.ContainsFunc(r.overrides, func(o override) bool { return o.status == s }) {
			l.say("%s stands under ignore and under status; ignore silences the context only, "+
				"the queries under status still give it", s)
		}
	}
}

// queries looks at each query of a rule by itself.
func (l *linter) queries() {
	seen := map[string]bool{}
	l.rule.eachQuery(func(key string, q *query.Query) {
		name := key + quoted(q)
		if seen[key+q.String()] {
			l.say("%s stands twice", name)
		}
		seen[key+q.String()] = true
		switch {
		case !places(q.Root()):
			l.say("%s has no word to find, so that it never matches anything; join it with AND to one that has", name)
			return
		case placelessSide(q.Root()):
			l.say("%s has a side of an OR without a word to find: every article is searched for it, "+
				"and no sentence is its evidence", name)
		}
		walk(q.Root(), func(n query.Node) {
			switch n := n.(type) {
			case *query.Word:
				if isBroad(n) {
					l.say("%s: %s stands for every word that begins with %s", name, n.Text, n.Key)
				}
			case *query.And:
				for _, x := range n.X {
					if w, ok := x.(*query.Word); ok && w.Form == query.Inflected && isOperator(w.Text) {
						l.say("%s: %q is a word here; the operator is %s", name, w.Text, strings.ToUpper(w.Text))
					}
				}
			case *query.Or:
				for _, pair := range covered(n.X) {
					l.say("%s: %s finds nothing that %s does not find", name, pair.entry, pair.by)
				}
			}
		})
	})
}

func isOperator(word string) bool { return slices.Contains([]string{"and", "or", "not", "near"}, word) }

// quoted bounds what a remark shows of a query.
func quoted(q *query.Query) string {
	const most = 80
	s := q.String()
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return "[" + s + "]"
}

func isBroad(w *query.Word) bool {
	return w.Form == query.Pattern && strings.HasSuffix(w.Text, "*") && utf8.RuneCountInString(w.Key) <= broad &&
		!strings.ContainsAny(w.Key, "0123456789")
}

// places says that a match of an expression can have words: without any it is no evidence.
func places(n query.Node) bool {
	switch n := n.(type) {
	case *query.Not, *query.Condition:
		return false
	case *query.And:
		return slices.ContainsFunc(n.X, places)
	case *query.Or:
		return slices.ContainsFunc(n.X, places)
	case *query.Field:
		return places(n.X)
	}
	return true
}

// placelessSide says that an article can meet an expression without having a word of it.
func placelessSide(n query.Node) bool {
	switch n := n.(type) {
	case *query.Not, *query.Condition:
		return true
	case *query.And:
		return !slices.ContainsFunc(n.X, func(x query.Node) bool { return !placelessSide(x) })
	case *query.Or:
		return slices.ContainsFunc(n.X, placelessSide)
	case *query.Field:
		return placelessSide(n.X)
	}
	return false
}

// cover is an entry of an OR that finds nothing which another does not find.
type cover struct {
	entry, by string
	same      bool
}

// covered finds the words and phrases among the sides of an OR that another one makes idle. Of two that find the
// same the later is named. A phrase is not covered by one of its words: its place is longer, and so nearer to what
// is behind it.
func covered(nodes []query.Node) []cover {
	var found []cover
	for i, n := range nodes {
		for j, by := range nodes {
			if i == j || !covers(by, n) || i < j && covers(n, by) {
				continue
			}
			found = append(found, cover{nodeText(n), nodeText(by), nodeText(n) == nodeText(by)})
			break
		}
	}
	return found
}

// covers says that a stands wherever b stands.
func covers(a, b query.Node) bool {
	switch a := a.(type) {
	case *query.Word:
		w, ok := b.(*query.Word)
		return ok && wordCovers(a, w)
	case *query.Phrase:
		p, ok := b.(*query.Phrase)
		return ok && slices.EqualFunc(a.Words, p.Words, wordCovers)
	case *query.List:
		list, ok := b.(*query.List)
		return ok && list.Name == a.Name
	}
	return false
}

func wordCovers(a, b *query.Word) bool {
	switch a.Form {
	case query.Inflected:
		switch b.Form {
		case query.Inflected:
			return a.Key == b.Key
		case query.Exact, query.Cased:
			return query.Stem(b.Key) == a.Key
		}
		return false
	case query.Exact:
		return b.Form == query.Exact && a.Text == b.Text || b.Form == query.Cased && b.Key == a.Text
	case query.Pattern:
		if a.Text != a.Key+"*" { // with a ? in it, only itself
			return b.Form == query.Pattern && a.Text == b.Text
		}
		// All inflections begin with the stem, and so with a beginning of both.
		return strings.HasPrefix(b.Key, a.Key) && (b.Form != query.Inflected || strings.HasPrefix(b.Text, a.Key))
	case query.Cased:
		return b.Form == query.Cased && a.Text == b.Text
	}
	return false
}

// exercised looks for queries that no example shows at work: nobody would notice if they broke. A rule without
// examples has had its remark.
func (l *linter) exercised() {
	r := l.rule
	if r.about.Match+r.about.NoMatch == 0 {
		return
	}
	x := exercise{
		queries:   make([]bool, len(r.queries)),
		unless:    make([]bool, len(r.unless)),
		overrides: make([]bool, len(r.overrides)),
	}
	for _, s := range r.examples.Match {
		x.run(l.p, r, s, true)
	}
	for _, s := range r.examples.NoMatch {
		x.run(l.p, r, s, false)
	}
	for i, c := range r.queries {
		if !x.queries[i] && places(c.query.Root()) {
			l.say("no example under match is found by %s", quoted(c.query))
		}
	}
	for i, q := range r.unless {
		if !x.unless[i] && places(q.Root()) {
			l.say("no example under no_match is spoiled by unless %s", quoted(q))
		}
	}
	if r.never != nil && !x.never && places(r.never.Root()) {
		l.say("no example under no_match is spoiled by never %s", quoted(r.never))
	}
	for i, o := range r.overrides {
		if !x.overrides[i] && places(o.query.Root()) {
			l.say("no example gets the status %s by %s", o.status, quoted(o.query))
		}
	}
}

// exercise notes which queries of a rule the examples show at work.
type exercise struct {
	queries, unless, overrides []bool
	never                      bool
}

func (x *exercise) run(p *Pack, r *rule, example string, want bool) {
	t := p.cut(&blotter.Article{Body: example})
	defer t.close()
	if !want && len(t.find(r.never, r.neverAt)) > 0 {
		x.never = true
	}
	for _, f := range r.findings(t) {
		if want && r.counts(&f) {
			x.queries[f.query] = true
		}
		for i, q := range r.unless {
			if !want && len(t.within(t.find(q, r.unlessAt+i), f.match)) > 0 {
				x.unless[i] = true
			}
		}
		for i, o := range r.overrides {
			for _, s := range t.within(t.find(o.query, r.overrideAt+i), f.match) {
				if overlap(s, f.span) {
					x.overrides[i] = true
				}
			}
		}
	}
}
