package index

import (
	"bufio"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"blotter"
	"blotter/internal/race"
	"blotter/query"
)

// asked is a query of testdata/queries.txt.
type asked struct {
	text string
	fts  string // the same for SQLite's FTS5, or "" when it cannot say it
	*query.Query
}

func askedQueries(t testing.TB) (queries []asked) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "queries.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if text, fts, _ := strings.Cut(lines.Text(), "|"); !strings.HasPrefix(text, "#") {
			text = strings.TrimSpace(text)
			queries = append(queries, asked{text, strings.TrimSpace(fts), parse(t, text)})
		}
	}
	if lines.Err() != nil || len(queries) != 60 {
		t.Fatalf("%d queries, %v; want 60", len(queries), lines.Err())
	}
	return queries
}

// TestQueriesOnBulk puts sixty queries of all kinds to an index of the real articles, and to the matcher. With
// BLOTTER_ARTICLES=100000 the articles are that many.
func TestQueriesOnBulk(t *testing.T) {
	race.Skip(t)
	n := 12_000
	if s := os.Getenv("BLOTTER_ARTICLES"); s != "" {
		if _, err := fmt.Sscan(s, &n); err != nil {
			t.Fatal(err)
		}
	} else if testing.Short() {
		n = 3_000
	}
	articles, texts := bulk(t, n)
	queries := askedQueries(t)
	dir := t.TempDir()
	build(t, dir, articles, 1000)
	x := open(t, dir, "bench")
	want := matches(articles, queries)
	for i, q := range queries {
		res, err := x.Search(t.Context(), Request{Query: q.Query, Limit: n, Sort: ByDate, Load: texts.load})
		if err != nil {
			t.Fatal(err)
		}
		if got := order(res); res.Total != len(want[i]) || !slices.Equal(got, want[i]) {
			t.Errorf("%s: the index finds %d, the matcher %d", q.text, res.Total, len(want[i]))
		}
		t.Logf("%6d  %s", res.Total, q.text)
	}
}

// matches are the articles that the matcher finds for each query, in their order.
func matches(articles []blotter.Article, queries []asked) [][]string {
	found := make([][]string, len(queries))
	parsed := make([]*query.Query, len(queries))
	for i, q := range queries {
		parsed[i] = q.Query
	}
	set := query.NewSet(parsed)
	ok := make([][]bool, len(articles)) // of each article and query
	var work sync.WaitGroup
	processors := runtime.GOMAXPROCS(0)
	for p := range processors {
		work.Go(func() {
			for i := p; i < len(articles); i += processors {
				a := &articles[i]
				d := query.NewDocument(a.Title, a.Lead, a.Body)
				asked := set.Ask(d, query.MetaOf(a, "", time.UTC))
				ok[i] = make([]bool, len(queries))
				for q := range queries {
					_, ok[i][q] = asked.Match(q)
				}
				asked.Close()
				d.Close()
			}
		})
	}
	work.Wait()
	for i, a := range articles {
		for q := range queries {
			if ok[i][q] {
				found[q] = append(found[q], a.ID)
			}
		}
	}
	return found
}

// BenchmarkQueries measures the sixty queries in an open index of 100,000 articles, and those that FTS5 can say in that
// beside them. Each query counts with the median of some runs; p50 and p99 are those of the queries, in milliseconds.
// Those that find more than a fifth of the articles are apart.
func BenchmarkQueries(b *testing.B) {
	const n, most = 100_000, 20
	articles, texts := bulk(b, n)
	queries := askedQueries(b)
	dir := b.TempDir()
	build(b, dir, articles, 1000)
	x, err := OpenBleve(dir, "bench")
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	find := func(b *testing.B, r Request) Result {
		r.Load = texts.load
		res, err := x.Search(b.Context(), r)
		if err != nil {
			b.Fatal(err)
		}
		return res
	}
	common := map[string]bool{}
	for _, q := range queries {
		common[q.text] = find(b, Request{Query: q.Query}).Total > n/5
	}
	each := func(name string, of func(q asked) bool, run func(b *testing.B, q asked)) {
		b.Run(name, func(b *testing.B) {
			times := map[string]float64{}
			for b.Loop() {
				for _, q := range queries {
					if of(q) {
						times[q.text] = median(5, func() { run(b, q) })
					}
				}
			}
			report(b, times)
		})
	}
	rare := func(q asked) bool { return !common[q.text] }
	both := func(q asked) bool { return q.fts != "" }
	best := func(b *testing.B, q asked) { find(b, Request{Query: q.Query, Limit: most}) }
	each("rare", rare, best)
	each("common", func(q asked) bool { return common[q.text] }, best)
	each("faceted", rare, func(b *testing.B, q asked) {
		find(b, Request{Query: q.Query, Limit: most, Sort: ByDateDown, Facets: []string{"tag", "source", "month"}, Timeline: Month})
	})
	each("dated", both, func(b *testing.B, q asked) { find(b, Request{Query: q.Query, Limit: most, Sort: ByDateDown}) })
	db := fts(b, articles)
	each("fts5", both, func(b *testing.B, q asked) {
		rows, err := db.QueryContext(b.Context(), "SELECT id, published FROM article WHERE article MATCH ? ORDER BY published DESC LIMIT ?", q.fts, most)
		if err != nil {
			b.Fatalf("%s: %v", q.fts, err)
		}
		for rows.Next() {
		}
		if err := rows.Err(); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("page", func(b *testing.B) {
		q := parse(b, "police OR said")
		r := Request{Query: q, Limit: most, Sort: ByDateDown}
		first := median(20, func() { find(b, r) })
		for range 1000 {
			r.After = find(b, r).Next
		}
		for b.Loop() {
			b.ReportMetric(median(20, func() { find(b, r) })/first, "page1000/page1")
		}
	})
}

// median runs something some times and returns the milliseconds it takes in the middle case.
func median(runs int, run func()) float64 {
	times := make([]float64, runs)
	for i := range times {
		began := time.Now()
		run()
		times[i] = float64(time.Since(began).Microseconds()) / 1000
	}
	slices.Sort(times)
	return times[runs/2]
}

// report gives the median and the 99th percentile of the queries, and names the slowest.
func report(b *testing.B, times map[string]float64) {
	var all []float64
	slowest := ""
	for text, ms := range times {
		all = append(all, ms)
		if slowest == "" || ms > times[slowest] {
			slowest = text
		}
	}
	slices.Sort(all)
	b.ReportMetric(all[len(all)/2], "p50-ms")
	b.ReportMetric(all[(len(all)*99)/100], "p99-ms")
	b.Logf("slowest: %s (%.1f ms)", slowest, times[slowest])
}

// fts makes a table of FTS5 of the articles in a file.
func fts(b *testing.B, articles []blotter.Article) *sql.DB {
	b.Helper()
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "fts.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(off)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	tx, err := db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	_, err = tx.Exec("CREATE VIRTUAL TABLE article USING fts5(id UNINDEXED, published UNINDEXED, title, body, tokenize='porter unicode61')")
	for i := 0; err == nil && i < len(articles); i++ {
		a := &articles[i]
		_, err = tx.Exec("INSERT INTO article VALUES (?, ?, ?, ?)", a.ID, a.Published.Time.Unix(), a.Title, a.Body)
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		b.Fatal(err)
	}
	return db
}
