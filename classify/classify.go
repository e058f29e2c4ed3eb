// Package classify gives an article its tags, by rules that are data.
//
// A rule pack is a folder of YAML files, one a tag. Parse reads a pack and refuses one with a fault anywhere; Pack.Tags
// applies it: each tag comes with the sentences that earned it, by byte offsets, a status, and the facts the rule asks
// for. Pack.Test runs the examples that the rules bring along; begin a new rule with those. For who writes rules,
// Pack.Explain and Pack.Nearest say why a text earns a tag or not, Pack.Lint what is probably not meant, Compare what
// other rules change, and Evaluation how good they are on texts that a person has judged.
//
// Tags never fails, whatever the text, and is safe for concurrent use. It looks at an article and at nothing else: no
// clock, no network, no state, so that the same rules give the same tags. Hash names the rules: what was tagged under
// another hash is to be tagged again.
//
// # The keys of a rule
//
//	id           names the rule: a-z, 0-9 and -
//	tag          what it gives: a-z, 0-9 and _
//	title        the tag, for people
//	description  what earns it and what does not
//	references   where the definition comes from
//	scope        [title, body] if left out; also lead, the first paragraph
//	first        how many words of the body count; all if left out
//	any          queries, of which one is enough; a match must stand in one sentence, which becomes the evidence
//	weighted     queries with weights ({query: …, weight: 2}), which together must reach the threshold
//	threshold    the sum of weights that earns the tag
//	unless       queries that spoil a match in whose sentence they have one
//	never        queries that spoil the whole article
//	status       a status and queries that give it to a match they overlap, whatever the context says
//	ignore       statuses that the context of the pack cannot give to this rule's evidence
//	earns        statuses that earn the tag; all but hypothetical and negated if left out
//	facts        name and values (value: query), or read: with one of the readers below, looked for in the evidence
//	examples     match and no_match: texts for Pack.Test
//
// A file of a pack is one rule, or several under rules. Two keys are the whole pack's, whichever file they stand in:
//
//	lists        word lists, which the queries call @name; an entry @other stands for the entries of that list
//	context      what tells a status: triggers, each with its status and queries before, after or around what they
//	             govern, within how many words, except where; stops, which end a scope; years, which end in one
//
// The readers of facts:
//
//	quantities   how much of which thing; of: the word lists that are the classes of things and the names of the facts.
//	             A class without an amount is a fact without a value; what things are worth is the fact "value"
//	figures      every number with what it counts, its period and what it is compared with; of: as above
//	persons      how many people were arrested, charged, …: those that the match is said of
//	offence      what for: "on suspicion of …", "charged with …"
//	since        the day, month or year from which it holds
//
// The queries are in the language of package query. YAML takes the quotation marks off a value that is one quoted
// phrase, and reads @ at its beginning as a mark of its own: such a query stands in single quotes, '"threat level"'.
//
// # Status
//
// Each match has a status: what its context makes of it. A tag stands on its strongest evidence; what is only
// hypothetical or negated earns none.
package classify

import (
	"cmp"
	"maps"
	"slices"

	"blotter"
	"blotter/query"
)

// maxEvidence is the number of sentences kept for a tag. The first ones say it; an article about one seizure may say
// it thirty times.
const maxEvidence = 5

// What a text that is none would cost without a bound: the time of a match grows with its sentence, and that of an
// article with its matches. Sentences and articles that people write have far less of both.
const (
	maxSentence = 4 << 10 // bytes of a sentence that are looked at before a match, and behind it
	maxMatches  = 2000    // matches of one query that are looked at
)

// Pack is a set of rules, compiled.
type Pack struct {
	rules   []*rule
	lists   map[string][]string
	listIn  map[string]string // the file of each list
	context context
	hash    string
	set     *query.Set
	owner   []int32 // the rule that a query of the set earns the tag of, or -1
}

// Hash names the rules of the pack, and the version of this package's behaviour, in 16 hexadecimal digits. It does
// not change with what cannot change a tag: titles, descriptions, examples, comments, the order of a word list.
func (p *Pack) Hash() string { return p.hash }

// Rule describes a rule, for listings.
type Rule struct {
	ID          string   `json:"id"`
	Tag         string   `json:"tag"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	References  []string `json:"references,omitempty"`
	File        string   `json:"file"`
	Queries     []string `json:"queries"`          // that earn the tag, in canonical form
	Unless      []string `json:"unless,omitempty"` // none of them in the same sentence
	Match       int      `json:"match"`            // examples that must match
	NoMatch     int      `json:"no_match"`         // examples that must not
}

// Rules lists the rules of the pack by id.
func (p *Pack) Rules() []Rule {
	list := make([]Rule, len(p.rules))
	for i, r := range p.rules {
		list[i] = r.about
	}
	return list
}

// Words are the word lists of the pack, for a query that names them as a rule does.
func (p *Pack) Words() query.Options {
	c := compiler{lists: p.lists}
	return query.Options{Lists: c.entries, ListNames: slices.Sorted(maps.Keys(p.lists))}
}

// number gives every query of the pack its number in one set.
func (p *Pack) number() {
	var all []*query.Query
	add := func(q *query.Query, owner int) int {
		if q == nil {
			return -1
		}
		all = append(all, q)
		p.owner = append(p.owner, int32(owner))
		return len(all) - 1
	}
	for i, r := range p.rules {
		r.queryAt = len(all)
		for _, c := range r.queries {
			add(c.query, i)
		}
	}
	for _, r := range p.rules {
		r.unlessAt = len(all)
		for _, q := range r.unless {
			add(q, -1)
		}
		r.neverAt = add(r.never, -1)
		r.overrideAt = len(all)
		for _, o := range r.overrides {
			add(o.query, -1)
		}
		for i := range r.facts {
			for j := range r.facts[i].values {
				v := &r.facts[i].values[j]
				v.at = add(v.query, -1)
			}
			for j := range r.facts[i].of {
				class := &r.facts[i].of[j]
				class.at = add(class.query, -1)
			}
		}
	}
	c := &p.context
	for i := range c.triggers {
		t := &c.triggers[i]
		t.queryAt, t.exceptAt = add(t.query, -1), add(t.except, -1)
	}
	c.stopsAt, c.yearsAt = add(c.stops, -1), add(c.years, -1)
	p.set = query.NewSet(all)
}

// Tags gives the tags that the rules find in the title and body of a, in the order of the rules' ids. The offsets of the
// evidence are bytes into a.Title and a.Body.
func (p *Pack) Tags(a *blotter.Article) []blotter.Tag {
	t := p.cut(a)
	defer t.close()
	var tags []blotter.Tag
	last := int32(-1)
	for _, n := range t.asked.Candidates() {
		if owner := p.owner[n]; owner > last {
			last = owner
			if tag, ok := p.rules[owner].tag(t); ok {
				tags = append(tags, tag)
			}
		}
	}
	return tags
}

// text is an article, cut once for all rules and put to all their queries.
type text struct {
	pack    *Pack
	article *blotter.Article
	doc     *query.Document
	asked   *query.Asked
}

func (p *Pack) cut(a *blotter.Article) *text {
	d := query.NewDocument(a.Title, a.Lead, a.Body)
	return &text{pack: p, article: a, doc: d, asked: p.set.Ask(d, query.MetaOf(a, "", nil))}
}

// close gives the memory back.
func (t *text) close() {
	t.asked.Close()
	t.doc.Close()
}

// field gives the text that a span of the field counts into.
func (t *text) field(name string) string {
	if name == query.FieldTitle {
		return t.article.Title
	}
	return t.article.Body
}

// find gives the spans of a query, whose number in the set is n, or none.
func (t *text) find(q *query.Query, n int) []query.Span {
	if q == nil {
		return nil
	}
	spans, ok := t.asked.Match(n)
	if !ok {
		return nil
	}
	return spans
}

// match is one match of a query, in the sentence from start to end.
type match struct {
	span       query.Span
	start, end int
	query      int // its number in the rule
}

// finding is a match with what became of it.
type finding struct {
	match
	status  blotter.Status
	because query.Span   // the words that gave it its status or spoiled it, if any did
	spoiled *query.Query // what was in its sentence that should not be
}

// holds says that a span begins in the sentence of the match.
func (m *match) holds(s query.Span) bool {
	return m.span.Field == s.Field && m.start <= s.Start && s.Start < m.end
}

// counts says that a finding helps to earn the tag.
func (r *rule) counts(f *finding) bool { return f.spoiled == nil && slices.Contains(r.earns, f.status) }

// findings are the matches of a rule in the order of its queries. A match that runs on into the next sentence is
// none: words are near each other there by chance.
func (r *rule) findings(t *text) []finding {
	var found []finding
	for i := range r.queries {
		spans, ok := t.asked.Match(r.queryAt + i)
		if !ok {
			continue
		}
		for _, span := range spans[:min(len(spans), maxMatches)] {
			if !r.inScope(t, span) || span.End-span.Start > maxSentence {
				continue
			}
			start, end := query.Sentence(t.doc, span.Field, span.Start, span.Start)
			start, end = trim(t.field(span.Field), max(start, span.Start-maxSentence), min(end, span.End+maxSentence))
			if start >= end || span.End > end {
				continue
			}
			f := finding{match: match{span, start, end, i}}
			if f.spoiled, f.because = r.spoiled(t, f.match); f.spoiled == nil {
				f.status, f.because = r.status(t, f.match)
			}
			found = append(found, f)
		}
	}
	return found
}

// spoiled gives the query that has a match in the sentence of m and should not, and that match.
func (r *rule) spoiled(t *text, m match) (*query.Query, query.Span) {
	for i, q := range r.unless {
		if spans := t.within(t.find(q, r.unlessAt+i), m); len(spans) > 0 {
			return q, spans[0]
		}
	}
	return nil, query.Span{}
}

// status says what the rule itself, and else the context, makes of a match.
func (r *rule) status(t *text, m match) (blotter.Status, query.Span) {
	for i, o := range r.overrides {
		for _, s := range t.within(t.find(o.query, r.overrideAt+i), m) {
			if overlap(s, m.span) {
				return o.status, s
			}
		}
	}
	return t.status(m, r.ignore)
}

// inScope says that a span lies where the rule looks.
func (r *rule) inScope(t *text, s query.Span) bool {
	if s.Field == query.FieldTitle {
		return r.scope&inTitle != 0
	}
	if s.Field != query.FieldBody || r.first > 0 && t.doc.WordsBetween(s.Field, 0, s.Start) >= r.first {
		return false // a lead that is no part of the body counts into another text
	}
	if r.scope&inBody != 0 {
		return true
	}
	start, end := t.doc.Lead()
	return r.scope&inLead != 0 && s.Start >= start && s.End <= end
}

// tag applies the rule to one article.
func (r *rule) tag(t *text) (blotter.Tag, bool) {
	found := r.findings(t)
	if r.weigh(found) < r.threshold || len(t.find(r.never, r.neverAt)) > 0 {
		return blotter.Tag{}, false
	}
	kept := r.strongest(found)
	tag := blotter.Tag{Tag: r.about.Tag, Rule: r.about.ID, Status: kept[0].status}
	for _, f := range kept {
		tag.Evidence = append(tag.Evidence, t.quote(&f))
	}
	tag.Facts = r.readFacts(t, kept)
	return tag, true
}

// strongest gives the sentences to keep, each once with its strongest match: the strongest first, then in the order of
// the text, the title before the body.
func (r *rule) strongest(found []finding) []finding {
	found = slices.DeleteFunc(found, func(f finding) bool { return !r.counts(&f) })
	inText := func(a, b finding) int {
		return cmp.Or(-cmp.Compare(a.span.Field, b.span.Field), cmp.Compare(a.start, b.start))
	}
	slices.SortFunc(found, func(a, b finding) int {
		return cmp.Or(inText(a, b), cmp.Compare(rank(a.status), rank(b.status)),
			cmp.Compare(a.span.Start, b.span.Start), cmp.Compare(a.span.End, b.span.End))
	})
	found = slices.CompactFunc(found, func(a, b finding) bool { return inText(a, b) == 0 })
	slices.SortStableFunc(found, func(a, b finding) int { return cmp.Compare(rank(a.status), rank(b.status)) })
	return found[:min(len(found), maxEvidence)]
}

// Finding is a match of a rule and what became of it, for those who write rules.
type Finding struct {
	Rule     string           `json:"rule"`
	Tag      string           `json:"tag"`
	Earned   bool             `json:"earned"`            // whether the rule gave its tag in the end
	Query    string           `json:"query"`             // that matched, in canonical form
	Evidence blotter.Evidence `json:"evidence"`          // the sentence
	Start    int              `json:"start"`             // of the match, in bytes of the field
	End      int              `json:"end"`               // of the match
	Status   blotter.Status   `json:"status,omitempty"`  // "" when the match was spoiled
	Because  string           `json:"because,omitempty"` // the words that gave it its status, or spoiled it
	Spoiled  string           `json:"spoiled,omitempty"` // the query under unless or never that spoiled it
}

// Explain gives every match of every rule in an article, those included that earned nothing, by rule and in the order of
// the rule's queries.
func (p *Pack) Explain(a *blotter.Article) []Finding {
	t := p.cut(a)
	defer t.close()
	var all []Finding
	for _, r := range p.rules {
		found := r.findings(t)
		_, earned := r.tag(t)
		for _, f := range found {
			out := Finding{
				Rule: r.about.ID, Tag: r.about.Tag, Earned: earned, Query: r.queries[f.query].query.String(),
				Evidence: t.quote(&f), Start: f.span.Start, End: f.span.End, Status: f.status, Because: t.quoteOf(f.because),
			}
			if f.spoiled != nil {
				out.Spoiled = f.spoiled.String()
			} else if spans := t.find(r.never, r.neverAt); len(spans) > 0 {
				out.Spoiled, out.Because = r.never.String(), t.quoteOf(spans[0])
			}
			all = append(all, out)
		}
	}
	return all
}

// ExampleFailure is an example of a rule that the rule does not live up to.
type ExampleFailure struct {
	Rule string `json:"rule"`
	Text string `json:"text"`
	Want bool   `json:"want"` // whether the text should have earned the tag
}

// Test runs the examples of all rules, each as the body of an article, and gives those that come out wrong. An example
// earns its tag when its own rule gives it.
func (p *Pack) Test() []ExampleFailure {
	var failures []ExampleFailure
	check := func(r *rule, texts []string, want bool) {
		for _, s := range texts {
			t := p.cut(&blotter.Article{Body: s})
			if _, ok := r.tag(t); ok != want {
				failures = append(failures, ExampleFailure{Rule: r.about.ID, Text: s, Want: want})
			}
			t.close()
		}
	}
	for _, r := range p.rules {
		check(r, r.examples.Match, true)
		check(r, r.examples.NoMatch, false)
	}
	return failures
}
