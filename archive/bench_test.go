package archive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"blotter"
)

// BenchmarkWay takes 12,000 imported records of 3.7 KB the whole way through the archive: Keep in batches of 500,
// Underived, PutDerived, Untagged, PutTags, Since. The figures are what each step costs an article.
func BenchmarkWay(b *testing.B) {
	texts := newProse(1)
	var fetches []Fetch
	for i := range wayTotal {
		fetches = append(fetches, recordFetch(fmt.Sprintf("https://example.org/news/%d", i), texts.article(i)))
	}
	for b.Loop() {
		a, err := Open(b.TempDir(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		w := way{b: b, a: a, spent: map[string]time.Duration{}}
		w.keep(fetches)
		w.derive()
		w.tag()
		w.follow()
		var sum time.Duration
		for name, d := range w.spent {
			sum += d
			b.ReportMetric(float64(d.Microseconds())/wayTotal, name+"-µs/article")
		}
		b.ReportMetric(float64(sum.Microseconds())/wayTotal, "µs/article")
		if err := a.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

const wayTotal, wayBatch = 12_000, 500

// way takes articles through an archive and counts the time that the archive spends.
type way struct {
	b     *testing.B
	a     *Archive
	spent map[string]time.Duration
}

func (w *way) step(name string, f func() error) {
	began := time.Now()
	err := f()
	w.spent[name] += time.Since(began)
	if err != nil {
		w.b.Fatal(err)
	}
}

func (w *way) keep(fetches []Fetch) {
	for batch := range slices.Chunk(fetches, wayBatch) {
		w.step("keep", func() error {
			_, err := w.a.Keep(w.b.Context(), batch)
			return err
		})
	}
}

func (w *way) derive() {
	for after := int64(0); ; {
		var captures []blotter.Capture
		w.step("underived", func() (err error) {
			captures, err = w.a.Underived(w.b.Context(), Stamps{Any: []string{"1"}}, after, wayBatch, nil)
			return err
		})
		if len(captures) == 0 {
			return
		}
		derived := make([]Derived, len(captures))
		for i, c := range captures {
			derived[i] = deriveRecord(w.b, c)
		}
		w.step("derive", func() error {
			_, err := w.a.PutDerived(w.b.Context(), stamped("1", derived))
			return err
		})
		after = captures[len(captures)-1].ID
	}
}

func (w *way) tag() {
	for after := int64(0); ; {
		var articles []blotter.Article
		w.step("untagged", func() (err error) {
			articles, err = w.a.Untagged(w.b.Context(), "r", after, wayBatch)
			return err
		})
		if len(articles) == 0 {
			return
		}
		tagged := make([]Tagged, len(articles))
		for i, article := range articles {
			tagged[i] = Tagged{ID: article.ID, Revision: article.Revision, Tags: tagWord(article, "seizure", "the")}
		}
		w.step("tag", func() error { return w.a.PutTags(w.b.Context(), "r", tagged) })
		after = articles[len(articles)-1].Seq
	}
}

func (w *way) follow() {
	for seq := int64(0); ; {
		var changes []Change
		w.step("since", func() (err error) {
			changes, err = w.a.Since(w.b.Context(), seq, wayBatch)
			return err
		})
		if len(changes) == 0 {
			return
		}
		seq = changes[len(changes)-1].Seq
	}
}

// BenchmarkGzipLevel is what gzipLevel was chosen by.
func BenchmarkGzipLevel(b *testing.B) {
	texts := newProse(1)
	records := make([][]byte, 1000)
	for i := range records {
		records[i] = recordFetch("https://example.org/", texts.article(i)).Exchanges[0].Body
	}
	for _, level := range []int{1, 2, 3, 5, 6, 9} {
		b.Run(fmt.Sprint(level), func(b *testing.B) {
			w, err := gzip.NewWriterLevel(nil, level)
			if err != nil {
				b.Fatal(err)
			}
			in, out, i := 0, 0, 0
			var buf bytes.Buffer
			for b.Loop() {
				buf.Reset()
				w.Reset(&buf)
				w.Write(records[i%len(records)])
				w.Close()
				in, out, i = in+len(records[i%len(records)]), out+buf.Len(), i+1
			}
			b.ReportMetric(float64(out)/float64(in), "ratio")
		})
	}
}

// prose makes up text whose words are distributed much as in English, so that it compresses much as English does.
type prose struct {
	rand  *rand.Rand
	zipf  *rand.Zipf
	words []string
}

func newProse(seed uint64) *prose {
	p := &prose{rand: rand.New(rand.NewPCG(seed, 1))}
	syllables := strings.Fields("the of an to in re con er ing ed per tion al ent ver po li ce man ter ro dis tri or mo ra su")
	p.words = append(p.words, syllables[:5]...)
	for range 20_000 {
		w := ""
		for range 1 + p.rand.IntN(4) {
			w += syllables[p.rand.IntN(len(syllables))]
		}
		p.words = append(p.words, w)
	}
	p.zipf = rand.NewZipf(p.rand, 1.1, 4, uint64(len(p.words)-1))
	return p
}

func (p *prose) text(size int) string {
	var b strings.Builder
	for b.Len() < size {
		for range 8 + p.rand.IntN(12) {
			b.WriteString(p.words[p.zipf.Uint64()])
			b.WriteByte(' ')
		}
		b.WriteString("the end. ")
		if p.rand.IntN(4) == 0 {
			b.WriteString("\n\n")
		}
	}
	return strings.TrimSpace(b.String())
}

func (p *prose) article(i int) recordJSON {
	return recordJSON{URL: fmt.Sprintf("https://example.org/news/%d", i), Title: p.text(40), Text: p.text(3600)}
}

// recordJSON is the payload of an imported record, as far as these tests go.
type recordJSON struct{ URL, Title, Text string }

func recordFetch(url string, r recordJSON) Fetch {
	body, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return Fetch{
		Source: "import", Purpose: blotter.PurposeRecord, Item: blotter.Item{URL: url, Title: r.Title}, Started: testTime,
		Exchanges: []blotter.Exchange{{URL: url, Started: testTime, Header: blotter.Header{"Content-Type": {"application/json"}}, Body: body}},
	}
}

func deriveRecord(tb testing.TB, c blotter.Capture) Derived {
	var r recordJSON
	if err := json.Unmarshal(c.Exchange.Body, &r); err != nil {
		tb.Fatal(err)
	}
	lead, _, _ := strings.Cut(r.Text, "\n\n")
	return Derived{Capture: c.ID, Articles: []blotter.Article{{URL: r.URL, Title: r.Title, Lead: lead, Body: r.Text, Lang: "en"}}}
}

// tagWord tags an article by the first place of a word in its body.
func tagWord(a blotter.Article, tag, word string) []blotter.Tag {
	i := strings.Index(a.Body, word)
	if i < 0 {
		return nil
	}
	return []blotter.Tag{{Tag: tag, Status: blotter.Reported, Rule: tag + "-1", Evidence: []blotter.Evidence{
		{Field: "body", Start: i, End: i + len(word), Quote: word},
	}}}
}

var testTime = time.Date(2026, 4, 30, 6, 9, 0, 0, time.UTC)
