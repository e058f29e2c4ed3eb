package classify

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"go.yaml.in/yaml/v3"

	"blotter"
)

// statusSentence is a sentence of testdata/status and what it does with the event that its tag names.
type statusSentence struct {
	Tag    string
	Status blotter.Status
	Half   string // a: the triggers were written with it in sight; b and c were measured before they were looked at
	Text   string
}

func statusSentences(t testing.TB) []statusSentence {
	t.Helper()
	var all []statusSentence
	for _, name := range []string{"sentences.yaml", "blind.yaml"} {
		var some []statusSentence
		if err := yaml.Unmarshal(readFile(t, "testdata", "status", name), &some); err != nil {
			t.Fatal(err)
		}
		all = append(all, some...)
	}
	if len(all) < 300 {
		t.Fatalf("%d sentences are too few", len(all))
	}
	return all
}

func readFile(t testing.TB, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// contextPack is the context of the default pack with rules that match no more than event words.
func contextPack(t testing.TB) *Pack {
	t.Helper()
	p, err := Parse(fstest.MapFS{
		"context.yaml": {Data: readFile(t, "..", "configs", "rules", "context.yaml")},
		"rules.yaml":   {Data: readFile(t, "testdata", "status", "rules.yaml")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// statusOf is the strongest status of what the rules for a tag find.
func statusOf(p *Pack, tag, text string) (blotter.Status, string) {
	published := blotter.Date{Time: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC), Precision: blotter.Day}
	best, because := blotter.Status(""), ""
	for _, f := range p.Explain(&blotter.Article{Body: text, Published: published}) {
		if f.Tag == tag && f.Spoiled == "" && (best == "" || rank(f.Status) < rank(best)) {
			best, because = f.Status, f.Because
		}
	}
	return best, because
}

func TestStatus(t *testing.T) {
	p := contextPack(t)
	right, all := map[string]int{}, map[string]int{}
	for _, s := range statusSentences(t) {
		got, because := statusOf(p, s.Tag, s.Text)
		for _, group := range []string{"", "half " + s.Half, string(s.Status), string(s.Status) + " " + s.Half} {
			all[group]++
			if got == s.Status {
				right[group]++
			}
		}
		if got != s.Status && s.Half == os.Getenv("STATUS_SHOW") {
			t.Logf("%s is %q by %q, want %s: %s", s.Tag, got, because, s.Status, s.Text)
		}
	}
	share := float64(right[""]) / float64(all[""])
	for group, n := range all {
		t.Logf("%-16s %d of %d", group, right[group], n)
	}
	if share < 0.92 {
		t.Errorf("%.3f of the sentences have their status, want .92", share)
	}
}
