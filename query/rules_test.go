package query

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"blotter/internal/corpora"
)

// madeRule is a rule such as analysts write: a phrase, a NEAR of two words, or a Boolean expression with a wildcard.
type madeRule struct {
	phrase []string
	x, y   string // x NEAR/n y
	n      int
	begin  string // (begin* OR or) AND and AND NOT not
	or     string
	and    string
	not    string
}

func (r madeRule) String() string {
	switch {
	case r.phrase != nil:
		return `"` + strings.Join(r.phrase, " ") + `"`
	case r.n > 0:
		return fmt.Sprintf("=%s NEAR/%d =%s", r.x, r.n, r.y)
	}
	return fmt.Sprintf("(%s* OR =%s) AND =%s AND NOT =%s", r.begin, r.or, r.and, r.not)
}

// madeRules are n rules of words and phrases of real articles, a third of each kind.
func madeRules(tb testing.TB, articles []corpora.Text, n int) []madeRule {
	tb.Helper()
	r := rand.New(rand.NewPCG(11, 12))
	text := func() []Token { // of a random article, of some length
		for {
			if t := Tokenize(articles[r.IntN(len(articles))].Text); len(t) > 50 {
				return t
			}
		}
	}
	content := func() string { // a word that says something
		t := text()
		for range 1000 {
			if w := t[r.IntN(len(t))].Text; utf8.RuneCountInString(w) > 3 && commonWords[w] == 0 && isLetters(w) {
				return w
			}
		}
		return "police"
	}
	rules := make([]madeRule, n)
	for i := range rules {
		switch i % 3 {
		case 0:
			t := text()
			at := r.IntN(len(t) - 3)
			for _, w := range t[at : at+2+r.IntN(2)] {
				rules[i].phrase = append(rules[i].phrase, w.Text)
			}
		case 1:
			rules[i] = madeRule{x: content(), y: content(), n: 3 + r.IntN(10)}
		default:
			a := content()
			rules[i] = madeRule{begin: a[:min(len(a), 5)], or: content(), and: content(), not: content()}
		}
	}
	return rules
}

func texted(rules []madeRule) []string {
	all := make([]string, len(rules))
	for i, r := range rules {
		all[i] = r.String()
	}
	return all
}

func parseAll(tb testing.TB, rules []string) []*Query {
	tb.Helper()
	queries := make([]*Query, len(rules))
	for i, s := range rules {
		q, err := Parse(s)
		if err != nil {
			tb.Fatalf("%s: %v", s, err)
		}
		queries[i] = q
	}
	return queries
}

// ruleCounts are the numbers of rules that matchers are measured at.
var ruleCounts = []int{10, 100, 1_000, 10_000}

// overArticles measures f an article, and reports how many it takes a second and how many rules were true of one. f
// returns how many.
func overArticles(b *testing.B, articles []corpora.Text, f func(a corpora.Text) int) {
	for _, a := range articles { // what caches there are know the articles that came before
		f(a)
	}
	b.ReportAllocs()
	matched, i := 0, 0
	began := time.Now()
	for b.Loop() {
		matched += f(articles[i%len(articles)])
		i++
	}
	b.ReportMetric(float64(i)/time.Since(began).Seconds(), "articles/s")
	b.ReportMetric(float64(matched)/float64(i), "matches")
}

// BenchmarkRules is an article put to so many rules: cutting it and the places of all matches included.
func BenchmarkRules(b *testing.B) {
	articles := corpora.Bulk(b, 2000)
	rules := texted(madeRules(b, articles, ruleCounts[len(ruleCounts)-1]))
	for _, n := range ruleCounts {
		set := NewSet(parseAll(b, rules[:n]))
		b.Run(fmt.Sprintf("blotter/%d", n), func(b *testing.B) {
			overArticles(b, articles, func(article corpora.Text) int {
				matched := 0
				d := NewDocument(article.Title, "", article.Text)
				a := set.Ask(d, Meta{})
				for _, q := range a.Candidates() {
					if _, ok := a.Match(int(q)); ok {
						matched++
					}
				}
				a.Close()
				d.Close()
				return matched
			})
		})
	}
}
