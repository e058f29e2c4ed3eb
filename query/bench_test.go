package query

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"blotter/internal/corpora"
)

// attack is a query and a text that are meant to take long.
type attack struct {
	name, query, body string
	options           Options
	most              time.Duration
}

func hostile() []attack {
	same := strings.Repeat("a ", 50_000)
	r := randomly{rand.New(rand.NewPCG(3, 4))}
	var mixed, distinct strings.Builder
	for i := range 50_000 {
		mixed.WriteString(r.of("a ", "b ", "c ", "d "))
		fmt.Fprintf(&distinct, "word%d ", i)
	}
	or := "(" + strings.Repeat(`"a b" OR a OR "a b c d" OR `, 5) + "b)"
	var wild []string
	for i := range 500 {
		wild = append(wild, fmt.Sprintf("wor?%d*", i))
	}
	lists := Options{Lists: func(string) ([]string, bool) { return wild, true }}
	half := Options{Lists: func(string) ([]string, bool) { return wild[:500], true }}
	const few, many = 2 * time.Second, 20 * time.Second
	return []attack{
		{"nested near, one word", "((a NEAR/5 a) NEAR/5 (a NEAR/5 a)) NEAR/50 a", same, Options{}, few},
		{"nested near, four words", "((a NEAR/5 b) NEAR/5 (c NEAR/5 d)) NEAR/50 a", mixed.String(), Options{}, few},
		{"wide near", "((a NEAR/10000 b) NEAR/10000 (c NEAR/10000 d)) NEAR/9000 a", mixed.String(), Options{}, few},
		{"near of overlapping phrases", or + " NEAR/50 (" + or + " NEAR/9 " + or + ")", mixed.String(), Options{}, 4 * few},
		{"same sentence of all", "(a SAME/S b) SAME/P (c SAME/S d)", mixed.String(), Options{}, few},
		{"not near", "(a NEAR/5 b) NOT NEAR/3 (c NEAR/5 d)", mixed.String(), Options{}, few},
		{"chain of 60", strings.Repeat("a NEAR/3 ", 60) + "b", mixed.String(), Options{}, many},
		{"long phrase", `"` + strings.Repeat("a ", 1000) + `"`, same, Options{}, many},
		{"500 wildcards", "@x", distinct.String(), lists, many},
		{"500 wildcards near", "@x NEAR/5 @x", distinct.String(), half, many},
	}
}

func BenchmarkHostile(b *testing.B) {
	for _, c := range hostile() {
		q, err := ParseWith(c.query, c.options)
		if err != nil {
			b.Fatal(err)
		}
		d := NewDocument("", "", c.body)
		b.Run(strings.ReplaceAll(c.name, " ", "-"), func(b *testing.B) {
			for b.Loop() {
				q.Match(d, Meta{})
			}
		})
	}
}

func BenchmarkTokenize(b *testing.B) {
	articles := corpora.Bulk(b, 1000)
	bytes := 0
	for _, a := range articles {
		bytes += len(a.Text)
	}
	b.SetBytes(int64(bytes / len(articles)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Tokenize(articles[i%len(articles)].Text)
	}
}

func BenchmarkNewDocument(b *testing.B) {
	articles := corpora.Bulk(b, 1000)
	bytes := 0
	for _, a := range articles {
		bytes += len(a.Title) + len(a.Text)
	}
	b.SetBytes(int64(bytes / len(articles)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		a := articles[i%len(articles)]
		NewDocument(a.Title, "", a.Text).Close()
	}
}

func BenchmarkStems(b *testing.B) {
	articles := corpora.Bulk(b, 200)
	for i := 0; b.Loop(); i++ {
		a := articles[i%len(articles)]
		NewDocument(a.Title, "", a.Text).stemmed()
	}
}

func BenchmarkMatch(b *testing.B) {
	articles := corpora.Bulk(b, 200)
	docs := make([]*Document, len(articles))
	for i, a := range articles {
		docs[i] = NewDocument(a.Title, "", a.Text)
		docs[i].stemmed()
	}
	for _, s := range []string{
		"heroin", "police", `"said the"`, "polic*", "police AND arrest AND NOT court", "(police OR officer) NEAR/10 (arrest OR seize OR charge)",
		"(police OR officer) SAME/S (arrest OR seize)", `ATLEAST/2 police AND title:(court OR "man jailed")`,
	} {
		q, err := Parse(s)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(strings.NewReplacer(" ", "_", "/", "|").Replace(s), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				q.Match(docs[i%len(docs)], Meta{})
			}
		})
	}
}
