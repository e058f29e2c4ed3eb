package classify

import (
	"crypto/sha256"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"blotter"
	"blotter/internal/corpora"
	"blotter/internal/race"
	"blotter/query"
)

// clauseOf cuts a sentence as a rule's fact has it cut; every class of f is looked for.
func clauseOf(f *factRule, text string) *clause {
	d := query.NewDocument("", "", text)
	c := newClause(text)
	c.match = extent{0, len(text)}
	var things []named
	for _, class := range f.of {
		spans, _ := class.query.Match(d, query.Meta{})
		for _, span := range spans {
			things = append(things, named{class.name, extent{span.Start, span.End}})
		}
	}
	c.name(things)
	return c
}

// seizureFacts is the rule that the program ships for quantities.
func seizureFacts(t testing.TB) *factRule {
	t.Helper()
	for _, r := range defaultPack(t).rules {
		for i := range r.facts {
			if r.facts[i].reader == "quantities" {
				return &r.facts[i]
			}
		}
	}
	t.Fatal("no rule reads quantities")
	return nil
}

// goldArticle is a labelled article.
type goldArticle struct {
	ID, Title, Text string
	Tags, Uncertain []string
	Evidence        map[string][]string
	Facts           goldFacts
}

type goldFacts struct {
	Seizure []struct{ Quantity, Object, Value string }
	Threat  []struct{ Level, Direction string } `json:"threat_level"`
	Arrest  struct{ Number string }
}

// shown says whether an article belongs to the half that was looked at while the readers were written.
func (a *goldArticle) shown() bool { return sha256.Sum256([]byte(a.ID))[0]%2 == 0 }

func goldArticles(t *testing.T) []goldArticle {
	t.Helper()
	file, err := os.Open(corpora.Path(t, "gold", "dev.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []goldArticle
	for lines := json.NewDecoder(file); lines.More(); {
		var a goldArticle
		if err := lines.Decode(&a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// halves counts what came out right, in the half looked at and in the other.
type halves struct{ right, all [2]int }

func (n *halves) add(a *goldArticle, ok bool) {
	half := 1
	if a.shown() {
		half = 0
	}
	n.all[half]++
	if ok {
		n.right[half]++
	}
}

func (n *halves) report(t *testing.T, what string, floor float64) {
	t.Helper()
	share := float64(n.right[0]+n.right[1]) / float64(n.all[0]+n.all[1])
	t.Logf("%-22s looked at %d/%d, other half %d/%d, all %.2f", what, n.right[0], n.all[0], n.right[1], n.all[1], share)
	if share < floor {
		t.Errorf("%s: %.2f is under %.2f", what, share, floor)
	}
}

// logMiss shows a miss of the half that may be looked at.
func logMiss(t *testing.T, a *goldArticle, want any, got []blotter.Fact) {
	if a.shown() {
		t.Logf("%s: want %+v, have %v", a.ID, want, got)
	}
}

// factsOf are the facts of a tag that the article is given.
func factsOf(p *Pack, a *goldArticle, name string) []blotter.Fact {
	for _, tag := range p.Tags(&blotter.Article{Title: a.Title, Body: a.Text}) {
		if tag.Tag == name {
			return tag.Facts
		}
	}
	return nil
}

// TestGoldFacts measures facts on whole articles, so that what a rule misses counts too.
func TestGoldFacts(t *testing.T) {
	race.Skip(t)
	articles := goldArticles(t)
	t.Run("arrest", func(t *testing.T) { goldArrests(t, articles) })
	t.Run("seizure", func(t *testing.T) { goldSeizures(t, articles) })
	t.Run("threat level", func(t *testing.T) { goldLevels(t, articles) })
}

func goldArrests(t *testing.T, articles []goldArticle) {
	p := defaultPack(t)
	var n halves
	for i := range articles {
		a := &articles[i]
		if a.Facts.Arrest.Number == "" {
			continue
		}
		got := factsOf(p, a, "arrest")
		ok := arrestRight(a.Facts.Arrest.Number, got)
		if !ok {
			logMiss(t, a, a.Facts.Arrest.Number, got)
		}
		n.add(a, ok)
	}
	n.report(t, "arrest number", 0.8)
}

// arrestRight compares what was read with a label such as "two; about 20" or "two women and nine men": any of its
// numbers and their sum are right.
func arrestRight(label string, got []blotter.Fact) bool {
	c := newClause(strings.ReplaceAll(label, ";", ","))
	want := map[string]bool{}
	sum := 0.0
	for i := 0; i < len(c.words); i++ {
		if a, ok := c.amountAt(i); ok {
			want[a.value()] = true
			sum += a.low
			i = a.last
		}
	}
	want[decimal(sum, "")] = true
	for _, f := range got {
		if want[f.Value] {
			return true
		}
	}
	return false
}

func goldSeizures(t *testing.T, articles []goldArticle) {
	p, rule := defaultPack(t), seizureFacts(t)
	var n halves
	for i := range articles {
		a := &articles[i]
		if len(a.Facts.Seizure) == 0 {
			continue
		}
		got := factsOf(p, a, "seizure")
		for _, item := range a.Facts.Seizure {
			ok := seizureRight(rule, item.Quantity, item.Object, got)
			if !ok {
				logMiss(t, a, item, got)
			}
			n.add(a, ok)
		}
	}
	n.report(t, "seizure items", 0.7)
}

// seizureRight says whether a class that the object names was read, and its quantity if one is stated.
func seizureRight(rule *factRule, quantity, object string, got []blotter.Fact) bool {
	classes := map[string]bool{}
	for _, th := range clauseOf(rule, object).things {
		classes[th.class] = true
	}
	var want string
	c := clauseOf(rule, quantity+" of "+object)
	for i := range c.words {
		if a, ok := c.amountAt(i); ok && !a.indefinite {
			want = a.value()
			break
		}
	}
	for _, f := range got {
		if classes[f.Name] && (want == "" || f.Value == want) {
			return true
		}
	}
	return false
}

func goldLevels(t *testing.T, articles []goldArticle) {
	p := defaultPack(t)
	var n halves
	for i := range articles {
		a := &articles[i]
		if len(a.Facts.Threat) == 0 {
			continue
		}
		got := factsOf(p, a, "threat_level")
		ok := true
		for _, want := range a.Facts.Threat {
			direction := directions[want.Direction]
			another := direction == "" && len(a.Facts.Threat) > 1 // whose direction was read
			ok = ok && levelRight(want.Level, got) && (another || has(got, "direction", direction))
		}
		if !ok {
			logMiss(t, a, a.Facts.Threat, got)
		}
		n.add(a, ok)
	}
	n.report(t, "threat level", 8.0/9)
}

// directions are the labels of a change; of the others nothing may be read.
var directions = map[string]string{"raised": "raised", "raising": "raised", "declared": "raised", "put on": "raised",
	"placed on": "raised", "remains": "unchanged"}

// levelRight says whether the label names a level that was read.
func levelRight(label string, got []blotter.Fact) bool {
	label = strings.NewReplacer("highest", "maximum").Replace(strings.ToLower(label))
	return label == "" || slices.ContainsFunc(got, func(f blotter.Fact) bool {
		return f.Name == "level" && strings.Contains(label, f.Value)
	})
}

// has says whether a fact with the value was read; "": whether none of that name was.
func has(got []blotter.Fact, name, value string) bool {
	named := slices.ContainsFunc(got, func(f blotter.Fact) bool { return f.Name == name })
	return value == "" && !named ||
		slices.ContainsFunc(got, func(f blotter.Fact) bool { return f.Name == name && f.Value == value })
}
