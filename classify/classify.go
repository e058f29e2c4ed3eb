// Package classify gives an article its tags, by rules that are data.
//
// A rule pack is a folder of YAML files, one a tag. Parse reads a pack and refuses one with a fault anywhere; Pack.Tags
// applies it: each tag comes with the sentences that earned it, by byte offsets, a status, and the facts the rule asks
// for. Pack.Test runs the examples that the rules bring along; begin a new rule with those.
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
//	scope        [title, body], or one of them
//	lists        word lists, which the queries call @name
//	any          queries, of which one is enough; a match must stand in one sentence, which becomes the evidence
//	unless       queries that spoil a match in whose sentence they have one
//	negation     queries that make a denial of the sentence they match in; what is only denied is no tag
//	facts        name and values (value: query), or read: quantities, looked for in the evidence
//	examples     match and no_match: texts for Pack.Test
//
// The queries are in the language of package query. YAML takes the quotation marks off a value that is one quoted
// phrase, and reads @ at its beginning as a mark of its own: such a query stands in single quotes, '"threat level"'.
package classify

import (
	"cmp"
	"slices"
	"strings"

	"blotter"
	"blotter/query"
)

// maxEvidence is the number of sentences kept for a tag. The first ones say it; an article about one seizure may say
// it thirty times.
const maxEvidence = 5

// Pack is a set of rules, compiled.
type Pack struct {
	rules []*rule
	hash  string
}

// Hash names the rules of the pack, and the version of this package's behaviour, in 16 hexadecimal digits. It does
// not change with what cannot change a tag: titles, descriptions, examples, comments, the order of a word list.
func (p *Pack) Hash() string { return p.hash }

// Rule describes a rule, for listings.
type Rule struct {
	ID          string
	Tag         string
	Title       string
	Description string
	Queries     []string // any of them earns the tag; in canonical form
	Unless      []string // none of them in the same sentence
}

// Rules lists the rules of the pack by id.
func (p *Pack) Rules() []Rule {
	list := make([]Rule, len(p.rules))
	for i, r := range p.rules {
		list[i] = r.about
	}
	return list
}

// Tags gives the tags that the rules find in the title and body of a, in the order of the rules' ids. The offsets of the
// evidence are bytes into a.Title and a.Body.
func (p *Pack) Tags(a *blotter.Article) []blotter.Tag {
	t := cut(a)
	defer t.doc.Close()
	var tags []blotter.Tag
	for _, r := range p.rules {
		if tag, ok := r.tag(t); ok {
			tags = append(tags, tag)
		}
	}
	return tags
}

// text is an article, cut once for all rules.
type text struct {
	article *blotter.Article
	doc     *query.Document
	meta    query.Meta
}

func cut(a *blotter.Article) text {
	return text{article: a, doc: query.NewDocument(a.Title, a.Lead, a.Body), meta: query.MetaOf(a, "", nil)}
}

// field gives the text that a span of the field counts into.
func (t text) field(name string) string {
	if name == query.FieldTitle {
		return t.article.Title
	}
	return t.article.Body
}

// find gives the spans that q matches, or none.
func (t text) find(q *query.Query) []query.Span {
	if q == nil {
		return nil
	}
	spans, ok := q.Match(t.doc, t.meta)
	if !ok {
		return nil
	}
	return spans
}

// sentence is a sentence of a field, and the match in it.
type sentence struct {
	field      string
	start, end int // bytes
	match      query.Span
}

func (s sentence) holds(span query.Span) bool {
	return s.field == span.Field && s.start <= span.Start && span.Start < s.end
}

// sentences gives the sentences around spans in the order of the text, title first, each once. A match that runs on into
// the next sentence is none: words are near each other there by chance.
func (t text) sentences(spans []query.Span) []sentence {
	var found []sentence
	for _, span := range spans {
		start, end := query.Sentence(t.doc, span.Field, span.Start, span.Start)
		start, end = trim(t.field(span.Field), start, end)
		if start < end && span.End <= end {
			found = append(found, sentence{span.Field, start, end, span})
		}
	}
	slices.SortStableFunc(found, func(a, b sentence) int {
		return cmp.Or(
			-strings.Compare(a.field, b.field), // "title" before "body"
			cmp.Compare(a.start, b.start), cmp.Compare(a.match.Start, b.match.Start))
	})
	return slices.CompactFunc(found, func(a, b sentence) bool { // of which slices does not say which comes first
		return a.field == b.field && a.start < b.end && b.start < a.end
	})
}

// tag applies the rule to one article. The tag stands on its strongest evidence; what the text only denies is no tag.
func (r *rule) tag(t text) (blotter.Tag, bool) {
	spans := r.inScope(t.find(r.any))
	if len(spans) == 0 {
		return blotter.Tag{}, false
	}
	against := t.find(r.unless)
	spans = slices.DeleteFunc(spans, func(s query.Span) bool { return t.shares(s, against) })
	denials := t.find(r.negation)
	tag := blotter.Tag{Tag: r.about.Tag, Rule: r.about.ID, Status: blotter.Reported}
	var reported []sentence
	for _, s := range t.sentences(spans) {
		if r.status(s, denials) == blotter.Negated {
			continue
		}
		if len(reported) == maxEvidence {
			break
		}
		reported = append(reported, s)
		tag.Evidence = append(tag.Evidence, t.quote(s))
	}
	if len(reported) == 0 {
		return blotter.Tag{}, false
	}
	tag.Facts = r.readFacts(t, reported)
	return tag, true
}

// status says what the text does with what the sentence names. For now it tells a plain denial from everything else;
// the context of a match (hedged, hypothetical, in the past) is to be read here.
func (r *rule) status(s sentence, denials []query.Span) blotter.Status {
	if slices.ContainsFunc(denials, s.holds) {
		return blotter.Negated
	}
	return blotter.Reported
}

// inScope drops the spans of fields that the rule does not look at, and of a lead that is no part of the body.
func (r *rule) inScope(spans []query.Span) []query.Span {
	return slices.DeleteFunc(spans, func(s query.Span) bool { return !slices.Contains(r.scope, s.Field) })
}

// shares says that the sentence of s holds one of the others.
func (t text) shares(s query.Span, others []query.Span) bool {
	if len(others) == 0 {
		return false
	}
	start, end := query.Sentence(t.doc, s.Field, s.Start, s.End)
	around := sentence{field: s.Field, start: start, end: end}
	return slices.ContainsFunc(others, around.holds)
}
