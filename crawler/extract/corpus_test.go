package extract_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"blotter"
	"blotter/crawler/extract"
	"blotter/internal/corpora"
	"blotter/internal/race"

	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// judged is a page of the corpus with what a person read on it.
type judged struct {
	ID, File, URL, Title, Body string
	Authors                    []string
	Published                  *string // null: the page gives none
	page                       blotter.Page
	metadata                   bool // the row has title, authors and published
}

// corpus reads the judged pages that stand beside the repository, or skips the test.
func corpus(t testing.TB) []judged {
	t.Helper()
	dir := corpora.Path(t, "extraction")
	rows, err := os.ReadFile(filepath.Join(dir, "truth.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var all []judged
	for row := range bytes.Lines(rows) {
		j := judged{metadata: bytes.Contains(row, []byte(`"published":`))}
		if err := json.Unmarshal(row, &j); err != nil {
			t.Fatal(err)
		}
		j.page = blotter.Page{URL: j.URL, Body: gunzip(t, filepath.Join(dir, j.File))}
		all = append(all, j)
	}
	return all
}

func gunzip(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// TestCorpus reads the judged pages and fails below the figures that the extractor is held to. The measures are
// those of the public article extraction benchmark.
func TestCorpus(t *testing.T) {
	race.Skip(t)
	pages := corpus(t)
	all, news := new(bodyScore), new(bodyScore)
	var meta metaScore
	var ours, theirs time.Duration
	for _, j := range pages {
		start := time.Now()
		a, err := extract.Read(j.page, extract.Hints{})
		ours += time.Since(start)
		if err != nil && blotter.AsFailure(err) == nil {
			t.Fatalf("%s: %v", j.ID, err)
		}
		start = time.Now()
		if at, err := url.Parse(j.URL); err == nil {
			trafilatura.Extract(bytes.NewReader(j.page.Body), trafilatura.Options{OriginalURL: at})
		}
		theirs += time.Since(start)
		all.add(j.Body, a.Body)
		if strings.HasPrefix(j.ID, "aeb/") {
			news.add(j.Body, a.Body)
		}
		if j.metadata {
			meta.add(j, a)
		}
	}
	n := time.Duration(len(pages))
	t.Logf("all  %v", all)
	t.Logf("aeb  %v", news)
	t.Logf("%v", meta)
	t.Logf("time a page %v, go-trafilatura alone %v", (ours / n).Round(time.Microsecond), (theirs / n).Round(time.Microsecond))
	for _, bar := range []struct {
		what      string
		got, want float64
	}{
		{"body F1 of all", all.f1(), 0.942},
		{"body F1 of the news part", news.f1(), 0.970},
		{"same day of the dates given", share(meta.sameDay, meta.dateGiven), 0.88},
		{"dates given", share(meta.dateGiven, meta.dates), 0.85},
		{"pages without a date left so", 1 - share(meta.invented, meta.noDates), 0.90},
		{"authors found", share(meta.authorFound, meta.authors), 0.66},
	} {
		if bar.got < bar.want {
			t.Errorf("%s: %.4f, want %.4f or more", bar.what, bar.got, bar.want)
		}
	}
	if ours > theirs {
		t.Errorf("the pages took %v, go-trafilatura alone %v", ours, theirs)
	}
}

// BenchmarkRead and BenchmarkTrafilatura read the same pages, the one both libraries together, the other with
// go-trafilatura's own way from bytes to text.
func BenchmarkRead(b *testing.B) {
	bench(b, func(p blotter.Page) { extract.Read(p, extract.Hints{}) })
}

func BenchmarkTrafilatura(b *testing.B) {
	bench(b, func(p blotter.Page) {
		at, err := url.Parse(p.URL)
		if err != nil {
			b.Fatal(err)
		}
		trafilatura.Extract(bytes.NewReader(p.Body), trafilatura.Options{OriginalURL: at})
	})
}

func bench(b *testing.B, read func(blotter.Page)) {
	run := func(pages []blotter.Page) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				read(pages[i%len(pages)])
			}
		}
	}
	b.Run("testdata", run(goldenPages(b)))
	b.Run("corpus", func(b *testing.B) {
		var pages []blotter.Page
		for _, j := range corpus(b) {
			pages = append(pages, j.page)
		}
		run(pages)(b)
	})
}

// bodyScore sums precision and recall of word 4-grams over pages.
type bodyScore struct {
	precision, recall float64
	gave, had, empty  int
}

func (s *bodyScore) add(want, got string) {
	w, g := shingles(want), shingles(got)
	var nw, ng, both int
	for _, n := range w {
		nw += n
	}
	for k, n := range g {
		ng += n
		both += min(n, w[k])
	}
	if ng > 0 {
		s.precision += float64(both) / float64(ng)
		s.gave++
	} else {
		s.empty++
	}
	if nw > 0 {
		s.recall += float64(both) / float64(nw)
		s.had++
	}
}

func (s *bodyScore) f1() float64 {
	p, r := s.precision/float64(max(1, s.gave)), s.recall/float64(max(1, s.had))
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

func (s *bodyScore) String() string {
	return fmt.Sprintf("F1 %.4f  P %.4f  R %.4f  empty %d", s.f1(), s.precision/float64(s.gave), s.recall/float64(s.had), s.empty)
}

func shingles(text string) map[string]int {
	words := split(text)
	out := make(map[string]int)
	if len(words) == 0 {
		return out
	}
	for i := range max(1, len(words)-3) {
		out[strings.Join(words[i:min(len(words), i+4)], " ")]++
	}
	return out
}

func split(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_'
	})
}

func folded(text string) string {
	return strings.Join(split(cases.Fold().String(norm.NFKC.String(text))), " ")
}

// metaScore counts what stands beside the text.
type metaScore struct {
	titles, titleExact, titleContains int
	authors, authorFound              int
	dates, dateGiven, sameDay         int
	noDates, invented                 int
	noAuthors, authorsUnasked         int
}

func (m *metaScore) add(j judged, a blotter.Article) {
	if j.Title != "" {
		m.titles++
		want, got := folded(j.Title), folded(a.Title)
		if want == got {
			m.titleExact++
		}
		if got != "" && (strings.Contains(want, got) || strings.Contains(got, want)) {
			m.titleContains++
		}
	}
	if len(j.Authors) > 0 {
		m.authors++
		if anyNamed(j.Authors, a.Authors) {
			m.authorFound++
		}
	} else if m.noAuthors++; len(a.Authors) > 0 {
		m.authorsUnasked++
	}
	switch given := a.Published.String(); {
	case j.Published == nil || *j.Published == "":
		m.noDates++
		if given != "" {
			m.invented++
		}
	default:
		m.dates++
		if given != "" {
			m.dateGiven++
			if given[:min(10, len(given))] == (*j.Published)[:min(10, len(*j.Published))] {
				m.sameDay++
			}
		}
	}
}

func anyNamed(want, got []string) bool {
	names := make(map[string]bool)
	for _, g := range got {
		names[folded(g)] = true
	}
	for _, w := range want {
		if names[folded(w)] {
			return true
		}
	}
	return false
}

func (m metaScore) String() string {
	var b strings.Builder
	for _, row := range []struct {
		what  string
		n, of int
	}{
		{"title exact", m.titleExact, m.titles},
		{"title contains", m.titleContains, m.titles},
		{"author found", m.authorFound, m.authors},
		{"author unasked", m.authorsUnasked, m.noAuthors},
		{"date same day", m.sameDay, m.dateGiven},
		{"date given", m.dateGiven, m.dates},
		{"date invented", m.invented, m.noDates},
	} {
		fmt.Fprintf(&b, "\n%-15s %4d of %4d  %.3f", row.what, row.n, row.of, share(row.n, row.of))
	}
	return b.String()
}

func share(n, of int) float64 { return float64(n) / float64(max(1, of)) }
