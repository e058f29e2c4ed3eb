package classify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"blotter"
	"blotter/query"
)

// Miss says how near a query of a rule came to an article that it does not count for.
type Miss struct {
	Query string `json:"query,omitempty"` // in canonical form; "" when the rule as a whole is meant
	Quote string `json:"quote,omitempty"` // the words that matched, where they count for nothing
	Why   string `json:"why"`
}

// maxMisses is how many of a rule's queries Nearest speaks of: the rule has many, and its author one in mind.
const maxMisses = 3

// Nearest says why a rule whose queries gave nothing to Explain did not earn its tag: the matches that do not count
// where they stand, else what the article lacks of the queries that lack least. Of a rule that matched it says only
// whether the weights are too low, or which statuses the rule asks for: Explain says the rest. A rule that is not in the pack has none.
func (p *Pack) Nearest(id string, a *blotter.Article) []Miss {
	at, ok := slices.BinarySearchFunc(p.rules, id, func(r *rule, id string) int { return strings.Compare(r.about.ID, id) })
	if !ok {
		return nil
	}
	t := p.cut(a)
	defer t.close()
	r := p.rules[at]
	if found := r.findings(t); len(found) > 0 {
		if weight := r.weigh(found); weight > 0 && weight < r.threshold {
			why := fmt.Sprintf("the queries that matched weigh %d together, and the threshold is %d", weight, r.threshold)
			return []Miss{{Why: why}}
		}
		if len(r.earns) <= rank(blotter.Hedged) && r.weigh(found) == 0 {
			return []Miss{{Why: fmt.Sprintf("only what is %s earns this tag", either(r.earns))}}
		}
		return nil
	}
	if misses := r.misplaced(t); len(misses) > 0 {
		return misses
	}
	return r.lacking(t)
}

// either joins statuses for people.
func either(list []blotter.Status) string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = string(s)
	}
	return strings.Join(names, " or ")
}

// weigh adds up the weights of the queries with a finding that counts. The findings are in the order of the queries.
func (r *rule) weigh(found []finding) int {
	weight, last := 0, -1
	for i := range found {
		if r.counts(&found[i]) && found[i].query != last {
			last = found[i].query
			weight += r.queries[last].weight
		}
	}
	return weight
}

// misplaced are the matches that findings passes over.
func (r *rule) misplaced(t *text) []Miss {
	var misses []Miss
	for i := range r.queries {
		spans, _ := t.asked.Match(r.queryAt + i)
		for _, span := range spans {
			_, end := query.Sentence(t.doc, span.Field, span.Start, span.Start)
			why := ""
			switch {
			case span.Field == query.FieldLead:
				why = "the match stands in a lead that is no part of the body"
			case !r.inScope(t, span):
				why = fmt.Sprintf("the match stands in the %s, where the rule does not look", span.Field)
				if r.first > 0 && span.Field == query.FieldBody {
					why += fmt.Sprintf(" (it looks at the first %d words)", r.first)
				}
			case span.End > end:
				why = "the match runs on into the next sentence"
			default:
				continue // it counts, and Explain has it
			}
			misses = append(misses, Miss{Query: r.queries[i].query.String(), Quote: short(t.quoteOf(span)), Why: why})
			break
		}
		if len(misses) == maxMisses {
			break
		}
	}
	return misses
}

// short bounds the quote of a match that runs over half an article.
func short(words string) string {
	if _, end := clip(words, 0, len(words), 0); end < len(words) {
		return words[:end] + " …"
	}
	return words
}

// lacking are the queries without a match that lack least, in the order of the rule.
func (r *rule) lacking(t *text) []Miss {
	type candidate struct {
		query *query.Query
		parts []query.Node // that the article has nothing of
		of    int          // parts in all
	}
	var all []candidate
	for _, c := range r.queries {
		parts, of := absent(c.query.Root(), t.doc)
		all = append(all, candidate{c.query, parts, of})
	}
	share := func(c candidate) float64 { return float64(len(c.parts)) / float64(max(c.of, 1)) }
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(share(a), share(b)) })
	var misses []Miss
	for _, c := range all {
		if share(c) == 1 && len(misses) > 0 || len(misses) == maxMisses || share(c) > share(all[0]) {
			break
		}
		why := "its words are all there, and not where the query asks for them"
		if len(c.parts) > 0 {
			var names []string
			for _, n := range c.parts {
				names = append(names, nodeText(n))
			}
			why = "there is no " + strings.Join(names, " and no ")
		}
		misses = append(misses, Miss{Query: c.query.String(), Why: why})
	}
	return misses
}

// absent gives the parts of a query that a text must have and has nothing of, and the number of parts it must have.
func absent(n query.Node, d *query.Document) (parts []query.Node, of int) {
	switch n := n.(type) {
	case *query.Word, *query.Phrase, *query.List:
		if !stands(n, d) {
			parts = []query.Node{n}
		}
		return parts, 1
	case *query.Or:
		for _, x := range n.X {
			if missing, _ := absent(x, d); len(missing) == 0 {
				return nil, 1
			}
		}
		return []query.Node{n}, 1
	case *query.And:
		for _, x := range n.X {
			missing, k := absent(x, d)
			parts, of = append(parts, missing...), of+k
		}
		return parts, of
	case *query.Near:
		return absentOfTwo(n.X, n.Y, n.Not, d)
	case *query.Same:
		return absentOfTwo(n.X, n.Y, n.Not, d)
	case *query.Field:
		return absent(n.X, d)
	case *query.AtLeast:
		return absent(n.X, d)
	}
	return nil, 0 // a NOT or a condition asks for no word
}

func absentOfTwo(x, y query.Node, without bool, d *query.Document) ([]query.Node, int) {
	parts, of := absent(x, d)
	if without {
		return parts, of
	}
	more, k := absent(y, d)
	return append(parts, more...), of + k
}

// stands says that a word, a phrase or an entry of a list stands anywhere in a text.
func stands(n query.Node, d *query.Document) bool {
	entries := []query.Node{n}
	if list, ok := n.(*query.List); ok {
		entries = list.Entries
	}
	for _, e := range entries {
		if q, err := query.Parse(nodeText(e)); err == nil {
			if _, ok := q.Match(d, query.Meta{}); ok {
				return true
			}
		}
	}
	return false
}

// nodeText writes a part of a query for people. What is long ends in an ellipsis.
func nodeText(n query.Node) string {
	const most = 60
	switch n := n.(type) {
	case *query.Word:
		return wordText(n)
	case *query.Phrase:
		return phraseText(n)
	case *query.List:
		return "@" + n.Name
	case *query.Or:
		text := ""
		for i, x := range n.X {
			if i > 0 {
				text += " OR "
			}
			if len(text) > most {
				return "(" + text + "…)"
			}
			text += nodeText(x)
		}
		return "(" + text + ")"
	case *query.Near:
		return nodeText(n.X) + " near " + nodeText(n.Y)
	case *query.Same:
		return nodeText(n.X) + " with " + nodeText(n.Y)
	case *query.Field:
		return n.Name + ":" + nodeText(n.X)
	case *query.AtLeast:
		return nodeText(n.X)
	}
	return "…"
}

func wordText(w *query.Word) string {
	switch w.Form {
	case query.Exact:
		return "=" + w.Text
	case query.Cased:
		return "case:" + w.Text
	}
	return w.Text
}

func phraseText(p *query.Phrase) string {
	texts := make([]string, len(p.Words))
	inflected := false
	for i, w := range p.Words {
		texts[i] = w.Text
		inflected = inflected || w.Form == query.Inflected
	}
	switch {
	case inflected: // a compound that was written without quotation marks
		return strings.Join(texts, "-")
	case p.Words[0].Form == query.Cased:
		return `case:"` + strings.Join(texts, " ") + `"`
	}
	return `"` + strings.Join(texts, " ") + `"`
}
