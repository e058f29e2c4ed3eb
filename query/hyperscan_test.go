//go:build hyperscan

package query

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"blotter/internal/corpora"
	"blotter/internal/hyperscan"
)

// BenchmarkHyperscan is BenchmarkRules with Hyperscan as the finder of all words and phrases of the rules.
func BenchmarkHyperscan(b *testing.B) {
	articles := corpora.Bulk(b, 2000)
	rules := madeRules(b, articles, ruleCounts[len(ruleCounts)-1])
	for _, n := range ruleCounts {
		r := newRival(rules[:n])
		patterns := make([]string, len(r.patterns))
		for i, p := range r.patterns {
			patterns[i] = `\b` + strings.ReplaceAll(regexp.QuoteMeta(p), " ", `\W+`)
			if !r.begins[i] {
				patterns[i] += `\b`
			}
		}
		db, err := hyperscan.Compile(patterns)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			overArticles(b, articles, func(a corpora.Text) int {
				text := a.Title + "\n" + a.Text
				r.begin(text)
				hits, err := db.Scan(text)
				if err != nil {
					b.Fatal(err)
				}
				for _, h := range hits {
					r.found(text, int(h.Pattern), int(h.Start), int(h.End))
				}
				return r.matches()
			})
		})
		db.Close()
	}
}
