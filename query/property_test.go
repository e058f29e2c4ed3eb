package query

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"blotter"
	"blotter/internal/race"
)

// caseCount is how many random queries a test asks: 100,000, or what QUERY_CASES says, and fewer where each takes ten
// times as long.
func caseCount(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("QUERY_CASES"))
	switch {
	case err == nil:
	case race.Enabled:
		n = 5_000
	case testing.Short():
		n = 2_000
	default:
		n = 100_000
	}
	t.Logf("%d cases", n)
	return n
}

// eachCase runs f for the numbers below n, in as many tests as there are processors.
func eachCase(t *testing.T, n int, f func(t *testing.T, i int)) {
	t.Run("all", func(t *testing.T) {
		shards := runtime.GOMAXPROCS(0)
		for shard := range shards {
			t.Run(strconv.Itoa(shard), func(t *testing.T) {
				t.Parallel()
				for i := shard; i < n; i += shards {
					f(t, i)
				}
			})
		}
	})
}

// randomly makes queries and texts out of a few words, so that they meet.
type randomly struct{ *rand.Rand }

func (r randomly) of(options ...string) string { return options[r.IntN(len(options))] }

func (r randomly) text(words int) string {
	var b strings.Builder
	for range r.IntN(words + 1) {
		b.WriteString(r.of("a", "a", "b", "b", "c", "d", "seized", "seize", "Seizing", "seizure", "terror", "terrorism", "Plot",
			"plots", "MET", "Met", "met", "police's", "police’s", "counter-terror", "1,500", "café", "woman", "women", "U.S."))
		b.WriteString(r.of(" ", " ", " ", " ", ", ", ". ", ". A ", "! The ", "\n\n", " — "))
	}
	return b.String()
}

// paragraph chooses a paragraph of a text, and says which it is, or the first of those that read the same.
func (r randomly) paragraph(text string) (string, int) {
	var all []string
	for p := range strings.SplitSeq(text, "\n\n") {
		if len(Tokenize(p)) > 0 {
			all = append(all, strings.TrimSpace(p))
		}
	}
	if len(all) == 0 {
		return "", 0
	}
	p := all[r.IntN(len(all))]
	return p, slices.Index(all, p)
}

var testLists = map[string][]string{"crime": {"terror*", "seize", "plot a", `"b c"`, "case:MET"}}

func testOptions() Options {
	return Options{
		Lists:     func(name string) ([]string, bool) { l, ok := testLists[name]; return l, ok },
		ListNames: []string{"crime"},
	}
}

// placed makes an expression with places.
func (r randomly) placed(depth int, field bool) string {
	if depth == 0 || r.IntN(5) == 0 {
		return r.of("a", "b", "c", "a", "b", "seize", "=seized", "seiz*", "wom?n", "terror*", `"a b"`, `"b a"`, `"a b a"`, `"terror* plot*"`,
			"case:MET", `case:"Met"`, "police", "cafe", "1500", "counter-terror", "u.s", "@crime", "plot", `"met a"`)
	}
	x := func() string { return "(" + r.placed(depth-1, field) + ")" }
	switch r.IntN(9) {
	case 0, 1:
		return x() + " OR " + x()
	case 2:
		return fmt.Sprintf("ATLEAST/%d %s", 1+r.IntN(4), x())
	case 3:
		return x() + r.of(" SAME/S ", " SAME/P ", " NOT SAME/S ", " NOT SAME/P ") + x()
	case 4:
		if field {
			return x()
		}
		return r.of("title:", "lead:", "body:") + "(" + r.placed(depth-1, true) + ")"
	default:
		return x() + fmt.Sprintf(" %s/%d ", r.of("NEAR", "NEAR", "ONEAR", "NOT NEAR"), 1+r.IntN(6)) + x()
	}
}

// query makes any expression.
func (r randomly) query(depth int, field bool) string {
	if depth == 0 || r.IntN(3) == 0 {
		return r.placed(r.IntN(4), field)
	}
	x := func() string { return "(" + r.query(depth-1, field) + ")" }
	switch r.IntN(6) {
	case 0, 1:
		return x() + r.of(" AND ", " ") + x()
	case 2:
		return x() + " OR " + x()
	case 3:
		return r.of("NOT ", "-") + x()
	case 4:
		if field {
			return x()
		}
		return r.of("title:", "lead:", "body:") + "(" + r.query(depth-1, true) + ")"
	default:
		if field {
			return x()
		}
		return r.of("source:met", "source:gmp", "tag:seizure", "words:>5")
	}
}

func TestMatchAgreesWithReference(t *testing.T) {
	var matched, spans atomic.Int64
	n := caseCount(t)
	eachCase(t, n, func(t *testing.T, i int) {
		if found, ok := agree(t, randomly{rand.New(rand.NewPCG(1, uint64(i)))}); ok {
			matched.Add(1)
			spans.Add(int64(len(found)))
		}
	})
	if m, s := int(matched.Load()), int(spans.Load()); m < n/10 || m > n*9/10 || s < n/2 {
		t.Errorf("%d of %d queries were true, with %d places: the test no longer tests", m, n, s)
	}
}

// agree asks one random query of one random article, and the reference the same.
func agree(t *testing.T, r randomly) ([]Span, bool) {
	t.Helper()
	title, body := r.text(6), r.text(24)
	lead, leadAt := "", 0
	switch r.IntN(4) {
	case 0:
		lead, leadAt = "z "+r.text(5), -1
	case 1:
		lead, leadAt = r.paragraph(body)
	}
	m := Meta{Source: r.of("met", "other"), Tags: []blotter.Tag{{Tag: r.of("seizure", "arrest")}}}
	s := r.query(2, false)
	q, err := ParseWith(s, testOptions())
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	d := NewDocument(title, lead, body)
	got, ok := q.Match(d, m)
	want, wantOK := newReference(title, lead, body, leadAt, m).matches(q.Root())
	slices.SortFunc(want, order)
	sorted := slices.Clone(got)
	slices.SortFunc(sorted, order)
	if ok != wantOK || !slices.Equal(sorted, want) {
		t.Fatalf("query %s\nis    %s\ntitle %q\nlead  %q\nbody  %q\ngot   %v %v\nwant  %v %v", s, q, title, lead, body,
			ok, got, wantOK, want)
	}
	checkPrints(t, q)
	return got, ok
}

func order(a, b Span) int {
	return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
}

// checkPrints says that a query reads itself back.
func checkPrints(t *testing.T, q *Query) {
	t.Helper()
	again, err := ParseWith(q.String(), testOptions())
	if err != nil {
		t.Fatalf("%s: printed, it does not parse: %v", q, err)
	}
	if !reflect.DeepEqual(q.Root(), again.Root()) {
		t.Fatalf("%s\nprinted and read again is\n%s\n%s%s", q, again, q.Explain(), again.Explain())
	}
}
