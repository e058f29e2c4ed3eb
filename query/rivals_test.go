package query

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	ahocorasick "github.com/petar-dambovaliev/aho-corasick"

	"blotter/internal/corpora"
)

// rival matches rules by what finders of many words give: the bytes where words and phrases stand. It knows ASCII only,
// no sentences and no stems.
type rival struct {
	rules    []madeRule
	patterns []string // phrases and words, in small letters
	begins   []bool   // the pattern need not end where a word does
	of       [][]int  // the rules of each pattern
	parts    [][]int  // the patterns of each rule
	hits     [][]hit  // of each pattern
	hit      []int    // the patterns that have any
	number   []int32  // how many words begin before each byte
	asked    []int    // of each rule: the last article for which it was asked
	article  int
}

type hit struct{ start, end int }

func newRival(rules []madeRule) *rival {
	r := &rival{rules: rules, parts: make([][]int, len(rules)), asked: make([]int, len(rules))}
	numbers := map[string]int{}
	add := func(rule int, text string, begins bool) {
		key := fmt.Sprint(begins, text)
		p, ok := numbers[key]
		if !ok {
			p = len(r.patterns)
			numbers[key] = p
			r.patterns, r.begins, r.of = append(r.patterns, text), append(r.begins, begins), append(r.of, nil)
		}
		r.parts[rule] = append(r.parts[rule], p)
		r.of[p] = append(r.of[p], rule)
	}
	for i, rule := range rules {
		switch {
		case rule.phrase != nil:
			add(i, strings.Join(rule.phrase, " "), false)
		case rule.n > 0:
			add(i, rule.x, false)
			add(i, rule.y, false)
		default:
			add(i, rule.begin, true)
			add(i, rule.or, false)
			add(i, rule.and, false)
			add(i, rule.not, false)
		}
	}
	r.hits = make([][]hit, len(r.patterns))
	return r
}

// begin makes ready for an article.
func (r *rival) begin(text string) {
	for _, p := range r.hit {
		r.hits[p] = r.hits[p][:0]
	}
	r.hit = r.hit[:0]
	r.article++
	r.number = slices.Grow(r.number[:0], len(text)+1)[:len(text)+1]
	n, inside := int32(0), false
	for i := range len(text) {
		word := isWord(text[i])
		if word && !inside {
			n++
		}
		inside = word
		r.number[i] = n
	}
	r.number[len(text)] = n
}

func isWord(c byte) bool { return classes[c] == letter || classes[c] == digit || classes[c] == wide }

// found notes a hit, if words begin and end there.
func (r *rival) found(text string, p, start, end int) {
	if start > 0 && isWord(text[start-1]) || !r.begins[p] && end < len(text) && isWord(text[end]) {
		return
	}
	if len(r.hits[p]) == 0 {
		r.hit = append(r.hit, p)
	}
	r.hits[p] = append(r.hits[p], hit{start, end})
}

// matches evaluates the rules one of whose patterns was found.
func (r *rival) matches() int {
	n := 0
	for _, p := range r.hit {
		for _, rule := range r.of[p] {
			if r.asked[rule] != r.article {
				r.asked[rule] = r.article
				if r.match(rule) {
					n++
				}
			}
		}
	}
	return n
}

func (r *rival) match(rule int) bool {
	parts := r.parts[rule]
	switch m := r.rules[rule]; {
	case m.phrase != nil:
		return true
	case m.n > 0:
		x, y := r.hits[parts[0]], r.hits[parts[1]]
		for i, j := 0, 0; i < len(x) && j < len(y); {
			d := int(r.number[x[i].start] - r.number[y[j].start])
			switch {
			case d != 0 && d >= -m.n && d <= m.n:
				return true
			case d < 0:
				i++
			default:
				j++
			}
		}
		return false
	}
	return len(r.hits[parts[0]])+len(r.hits[parts[1]]) > 0 && len(r.hits[parts[2]]) > 0 && len(r.hits[parts[3]]) == 0
}

// BenchmarkAhoCorasick is the same with an automaton that finds all words and phrases of the rules.
func BenchmarkAhoCorasick(b *testing.B) {
	articles := corpora.Bulk(b, 2000)
	rules := madeRules(b, articles, ruleCounts[len(ruleCounts)-1])
	for _, n := range ruleCounts {
		r := newRival(rules[:n])
		builder := ahocorasick.NewAhoCorasickBuilder(ahocorasick.Opts{MatchKind: ahocorasick.StandardMatch, DFA: n <= 1000})
		automaton := builder.Build(r.patterns)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			overArticles(b, articles, func(a corpora.Text) int {
				text := strings.ToLower(a.Title + "\n" + a.Text)
				r.begin(text)
				hits := automaton.IterOverlapping(text)
				for m := hits.Next(); m != nil; m = hits.Next() {
					r.found(text, m.Pattern(), m.Start(), m.End())
				}
				return r.matches()
			})
		})
	}
}

// BenchmarkRegexp is the same with a regular expression for each rule, and four for a Boolean one.
func BenchmarkRegexp(b *testing.B) {
	articles := corpora.Bulk(b, 2000)
	rules := madeRules(b, articles, 1000)
	for _, n := range []int{10, 100, 1000} {
		var all []func(text string) bool
		for _, r := range rules[:n] {
			all = append(all, r.regexp())
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			overArticles(b, articles[:3], func(a corpora.Text) int {
				text, matched := a.Title+"\n"+a.Text, 0
				for _, match := range all {
					if match(text) {
						matched++
					}
				}
				return matched
			})
		})
	}
}

func (r madeRule) regexp() func(text string) bool {
	word := func(s string) *regexp.Regexp { return regexp.MustCompile(`(?i)\b` + s + `\b`) }
	switch {
	case r.phrase != nil:
		re := word(strings.Join(r.phrase, `\W+`))
		return func(text string) bool { return re.FindStringIndex(text) != nil }
	case r.n > 0:
		between := fmt.Sprintf(`\b(?:\W+\w+){0,%d}\W+\b`, r.n-1)
		re := regexp.MustCompile(`(?i)\b(?:` + r.x + between + r.y + `|` + r.y + between + r.x + `)\b`)
		return func(text string) bool { return re.FindStringIndex(text) != nil }
	}
	either := regexp.MustCompile(`(?i)\b(?:` + r.begin + `|` + r.or + `\b)`)
	and, not := word(r.and), word(r.not)
	return func(text string) bool {
		return either.FindStringIndex(text) != nil && and.FindStringIndex(text) != nil && !not.MatchString(text)
	}
}
