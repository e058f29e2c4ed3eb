package query

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"blotter"
	"blotter/internal/race"
)

// TestSetAgreesWithMatch asks sets of random queries of random articles.
func TestSetAgreesWithMatch(t *testing.T) {
	const queries, articles = 20, 3
	eachCase(t, caseCount(t)/queries/articles, func(t *testing.T, i int) {
		setAgrees(t, randomly{rand.New(rand.NewPCG(5, uint64(i)))}, queries, articles)
	})
}

// setAgrees says that a set of n random queries answers about some articles as each query does by itself, and that no true query is left
// out of the candidates, be the words looked up in the dictionary or the terms in the article.
func setAgrees(t *testing.T, r randomly, n, articles int) {
	t.Helper()
	queries := make([]*Query, n)
	for i := range queries {
		s := r.query(2, false)
		q, err := ParseWith(s, testOptions())
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		queries[i] = q
	}
	set := NewSet(queries)
	if r.IntN(4) == 0 {
		set.dictionary = nil
	}
	for range articles {
		title, body := r.text(6), r.text(24)
		d := NewDocument(title, "", body)
		m := Meta{Source: r.of("met", "other"), Tags: []blotter.Tag{{Tag: r.of("seizure", "arrest")}}}
		a := set.Ask(d, m)
		candidates := slices.Clone(a.Candidates())
		if !slices.IsSorted(candidates) {
			t.Fatalf("the candidates are not in order: %v", candidates)
		}
		type result struct {
			spans []Span
			ok    bool
		}
		first := make([]result, n)
		for _, i := range r.Perm(n) {
			first[i].spans, first[i].ok = a.Match(i)
		}
		for i, q := range queries {
			spans, ok := a.Match(i)
			want, wantOK := q.Match(d, m)
			if ok != wantOK || !slices.Equal(spans, want) || first[i].ok != ok || !slices.Equal(first[i].spans, want) {
				t.Fatalf("query %s on %q, %q\nin a set of %d  %v %v, first %v\nby itself       %v %v",
					q, title, body, n, ok, spans, first[i], wantOK, want)
			}
			if _, among := slices.BinarySearch(candidates, int32(i)); ok && !among {
				t.Fatalf("query %s is true of %q, %q and no candidate", q, title, body)
			}
		}
		a.Close()
		d.Close()
	}
}

// FuzzSet draws sets and texts as the property test does.
func FuzzSet(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) { setAgrees(t, randomly{rand.New(rand.NewPCG(a, b))}, 12, 2) })
}

// TestConcurrentAsk is for the race detector: a set and its memory of words are shared.
func TestConcurrentAsk(t *testing.T) {
	r := randomly{rand.New(rand.NewPCG(7, 7))}
	var queries []*Query
	for range 200 {
		q, err := ParseWith(r.query(2, false), testOptions())
		if err != nil {
			t.Fatal(err)
		}
		queries = append(queries, q)
	}
	set := NewSet(queries)
	texts := make([]string, 20)
	for i := range texts {
		texts[i] = r.text(60)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, text := range texts {
				d := NewDocument("", "", text)
				a := set.Ask(d, Meta{})
				for _, i := range a.Candidates() {
					spans, ok := a.Match(int(i))
					if want, wantOK := queries[i].Match(d, Meta{}); ok != wantOK || !slices.Equal(spans, want) {
						t.Errorf("%s: got %v %v, want %v %v", queries[i], ok, spans, wantOK, want)
					}
				}
				a.Close()
				d.Close()
			}
		})
	}
	all.Wait()
}

// TestSetAllocates says that 10,000 rules of which none is true cost no memory, once that of the first articles can be
// used again; nor do rules that are true.
func TestSetAllocates(t *testing.T) {
	if race.Enabled {
		t.Skip("with the race detector a sync.Pool forgets on purpose")
	}
	var rules []string
	for i := range 10_000 {
		// Each third rule has words of the text and is false all the same.
		rules = append(rules, []string{
			fmt.Sprintf(`"absent%d phrase"`, i), fmt.Sprintf("police NEAR/2 =heroin%d", i%7),
			fmt.Sprintf("(polic* OR x%d) AND seize AND NOT officers AND NOT y%d", i, i),
		}[i%3])
	}
	rules = append(rules, "police NEAR/5 heroin", `"kg of heroin"`, "offic* AND (seize OR hide)")
	set := NewSet(parseAll(t, rules))
	body := strings.Repeat("Police officers seized 12 kg of heroin. It was hidden; heroin1 was not.\n\n", 30)
	var found int
	d := NewDocument("Police seize heroin", "", body)
	ask := func() {
		a := set.Ask(d, Meta{})
		found = 0
		for _, i := range a.Candidates() {
			if _, ok := a.Match(int(i)); ok {
				found++
			}
		}
		a.Close()
	}
	least := testing.AllocsPerRun(10, ask)
	for range 9 { // the garbage collector empties the pools when it likes to
		least = min(least, testing.AllocsPerRun(10, ask))
	}
	if found != 3 {
		t.Errorf("%d rules are true, want 3", found)
	}
	if least > 0 {
		t.Errorf("an article and %d rules take %v allocations", len(rules), least)
	}
}
