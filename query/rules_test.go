package query

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// madeRules are n rules such as analysts write, of words and phrases of real articles: a third phrases, a third NEAR
// and a third Boolean with wildcards.
func madeRules(tb testing.TB, articles []benchArticle, n int) []string {
	tb.Helper()
	r := rand.New(rand.NewPCG(11, 12))
	common := map[string]bool{}
	for w := range commonWords {
		common[w] = true
	}
	text := func() []Token { // of a random article, of some length
		for {
			if t := Tokenize(articles[r.IntN(len(articles))].body); len(t) > 50 {
				return t
			}
		}
	}
	content := func() string { // a word that says something
		t := text()
		for range 1000 {
			if w := t[r.IntN(len(t))].Text; utf8.RuneCountInString(w) > 3 && !common[w] && isLetters(w) {
				return w
			}
		}
		return "police"
	}
	rules := make([]string, n)
	for i := range rules {
		switch i % 3 {
		case 0:
			t := text()
			at := r.IntN(len(t) - 3)
			var words []string
			for _, w := range t[at : at+2+r.IntN(2)] {
				words = append(words, w.Text)
			}
			rules[i] = `"` + strings.Join(words, " ") + `"`
		case 1:
			rules[i] = fmt.Sprintf("=%s NEAR/%d =%s", content(), 3+r.IntN(10), content())
		default:
			a := content()
			rules[i] = fmt.Sprintf("(%s* OR =%s) AND =%s AND NOT =%s", a[:min(len(a), 5)], content(), content(), content())
		}
	}
	return rules
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

// BenchmarkRules is the time of an article with so many rules, cutting it and the places of all matches included.
func BenchmarkRules(b *testing.B) {
	articles := realArticles(b, 2000)
	rules := madeRules(b, articles, 10_000)
	for _, n := range []int{10, 100, 1_000, 10_000} {
		set := NewSet(parseAll(b, rules[:n]))
		b.Run(fmt.Sprintf("set/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			matched, candidates := 0, 0
			i := 0
			for b.Loop() {
				article := articles[i%len(articles)]
				d := NewDocument(article.title, "", article.body)
				a := set.Ask(d, Meta{})
				for _, q := range a.Candidates() {
					candidates++
					if _, ok := a.Match(int(q)); ok {
						matched++
					}
				}
				a.Close()
				d.Close()
				i++
			}
			b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "articles/s")
			b.ReportMetric(float64(candidates)/float64(i), "candidates")
			b.ReportMetric(float64(matched)/float64(i), "matches")
		})
	}
}

func BenchmarkAsk(b *testing.B) {
	articles := realArticles(b, 2000)
	docs := make([]*Document, len(articles))
	for i, a := range articles {
		docs[i] = NewDocument(a.title, "", a.body)
	}
	set := NewSet(parseAll(b, madeRules(b, articles, 10_000)))
	b.Run("ask", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			set.Ask(docs[i%len(docs)], Meta{}).Close()
		}
	})
	b.Run("possible", func(b *testing.B) {
		p := 0
		for i := 0; b.Loop(); i++ {
			a := set.Ask(docs[i%len(docs)], Meta{})
			for _, q := range a.Candidates() {
				if a.possible(set.roots[q]) {
					p++
				}
			}
			a.Close()
		}
		b.ReportMetric(float64(p)/float64(b.N), "possible")
	})
	b.Run("match", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			a := set.Ask(docs[i%len(docs)], Meta{})
			for _, q := range a.Candidates() {
				a.Match(int(q))
			}
			a.Close()
		}
	})
}
