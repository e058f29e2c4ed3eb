package classify

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"blotter"
)

func given(names ...string) []blotter.Tag {
	var tags []blotter.Tag
	for _, n := range names {
		tags = append(tags, blotter.Tag{Tag: n, Status: blotter.Reported, Rule: n, Evidence: []blotter.Evidence{{Quote: "for " + n}, {Quote: "more"}}})
	}
	return tags
}

func near(t *testing.T, what string, have, want float64) {
	t.Helper()
	if math.Abs(have-want) > 5e-4 {
		t.Errorf("%s: have %.4f, want %.4f", what, have, want)
	}
}

// The figures were worked out by hand.
func TestEvaluation(t *testing.T) {
	var e Evaluation
	list := func(s string) []string { return strings.Fields(s) }
	for i, d := range []struct{ wanted, uncertain, given string }{
		{"a", "", "a"},      // right
		{"a b", "", "a"},    // a right, b missed
		{"a", "", "b"},      // a missed, b instead
		{"", "", "a"},       // a wrong
		{"", "a", "a"},      // not counted
		{"a", "a b", "b"},   // not counted
		{"b", "", "b"},      // right
		{"", "", "c"},       // c is not scored
		{"a", "", "a a"},    // right, once
		{"b c", "", "a"},    // b missed, a instead
		{"", "", ""},        // nothing
		{"c", "b", "c a"},   // a wrong
		{"a b", "", "a b"},  // both right
		{"a", "", "a"},      // right
		{"", "", "b"},       // b wrong
		{"d", "d", "never"}, // a label that is used, if unsurely
	} {
		e.Add(Judged{ID: fmt.Sprint(i), Title: "T", Tags: list(d.wanted), Uncertain: list(d.uncertain)}, given(list(d.given)...))
	}
	if got := e.Labels(); !reflect.DeepEqual(got, []string{"a", "b", "c", "d"}) {
		t.Errorf("labels %q", got)
	}
	r := e.Report([]string{"b", "a", "a"})
	if len(r.Tags) != 2 || r.Texts != 16 || r.Uncertain != 4 {
		t.Fatalf("have %+v", r)
	}
	a, b := r.Tags[0], r.Tags[1]
	if a.Right != 5 || a.Wrong != 3 || a.Missed != 1 || a.Support != 6 || b.Right != 2 || b.Wrong != 2 || b.Missed != 2 {
		t.Errorf("have %+v, %+v", a, b)
	}
	near(t, "P(a)", a.Precision.Value, 5.0/8)
	near(t, "R(a)", a.Recall.Value, 5.0/6)
	near(t, "F1(a)", a.F1.Value, 10.0/14)
	near(t, "F1(b)", b.F1.Value, 0.5)
	near(t, "low of F1(b)", b.F1.Low, 2*0.0968/1.0968) // of two of six: 0.0968 to 0.7000
	near(t, "high of F1(b)", b.F1.High, 2*0.7000/1.7000)
	near(t, "macro F1", r.Macro.F1.Value, (10.0/14+0.5)/2)
	near(t, "micro P", r.Micro.Precision.Value, 7.0/12)
	near(t, "micro R", r.Micro.Recall.Value, 7.0/10)
	near(t, "micro F1", r.Micro.F1.Value, 14.0/22)
	var pairs []string
	for _, c := range r.Confusions {
		pairs = append(pairs, fmt.Sprintf("%s/%s %d", c.Wanted, c.Given, c.Texts))
	}
	if want := []string{"/a 2", "/b 1", "a/b 1", "b/ 1", "b/a 1"}; !reflect.DeepEqual(pairs, want) {
		t.Errorf("have %q, want %q", pairs, want)
	}
	var wrong []string
	for _, m := range r.Mistakes {
		line := m.Tag + m.ID
		if m.Given != nil {
			line += m.Given.Evidence[0].Quote
		}
		wrong = append(wrong, line)
	}
	if want := []string{"a2", "a3for a", "a9for a", "a11for a", "b1", "b2for b", "b9", "b14for b"}; !reflect.DeepEqual(wrong, want) {
		t.Errorf("have %q, want %q", wrong, want)
	}
	for _, s := range append([]Score{r.Macro, r.Micro}, r.Tags...) {
		for _, x := range []Estimate{s.Precision, s.Recall, s.F1} {
			if !(0 <= x.Low && x.Low < x.Value && x.Value < x.High && x.High <= 1) {
				t.Errorf("%s: %+v", s.Tag, x)
			}
		}
	}
	if again := e.Report([]string{"a", "b"}); !reflect.DeepEqual(again, r) {
		t.Error("the same labels give other figures")
	}
}

// The values are those of Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17,
// 1998, table I, method 3.
func TestWilson(t *testing.T) {
	for _, x := range []struct {
		k, n      int
		low, high float64
	}{{0, 0, 0, 1}, {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}, {29, 29, 0.8830, 1}} {
		low, high := wilson(count{x.k, float64(x.k), float64(x.k)}, count{x.n, float64(x.n), float64(x.n)})
		near(t, fmt.Sprintf("low of %d/%d", x.k, x.n), low, x.low)
		near(t, fmt.Sprintf("high of %d/%d", x.k, x.n), high, x.high)
	}
}

// TestWeights: a text that stands for many counts as many, and an interval is that of the texts that tell as much.
func TestWeights(t *testing.T) {
	var e, plain, twice Evaluation
	for i := range 40 {
		tags, weight := []string{"a"}, 1.0
		if i%4 == 0 {
			tags, weight = nil, 3 // wrongly given, and each for three
		}
		e.Add(Judged{Tags: tags, Weight: weight}, given("a"))
		plain.Add(Judged{Tags: tags}, given("a"))
		twice.Add(Judged{Tags: tags, Weight: 2}, given("a"))
	}
	r, p := e.Report([]string{"a"}), plain.Report([]string{"a"})
	near(t, "weighted precision", r.Tags[0].Precision.Value, 0.5) // 30 right, 10 times 3 wrong
	near(t, "plain precision", p.Tags[0].Precision.Value, 0.75)
	low, high := wilson(count{15, 15, 15}, count{30, 30, 30}) // 60² / (30 + 10·9) = 30
	near(t, "low", r.Tags[0].Precision.Low, low)
	near(t, "high", r.Tags[0].Precision.High, high)
	if !r.Weighted || p.Weighted || r.Tags[0].Right != 30 || r.Tags[0].Wrong != 10 {
		t.Errorf("%+v", r)
	}
	if again := twice.Report([]string{"a"}); !reflect.DeepEqual(again, p) {
		t.Errorf("weights that are all the same change %+v to %+v", p, again)
	}
}

// TestUnasked: of a tag that the person was not asked for a text says nothing.
func TestUnasked(t *testing.T) {
	var e Evaluation
	e.Add(Judged{Tags: []string{"a"}, Labels: []string{"a"}}, given("a", "b"))
	e.Add(Judged{Tags: []string{"b"}, Labels: []string{"a", "b"}}, given("b"))
	r := e.Report([]string{"a", "b"})
	if s := r.Tags[1]; s.Right != 1 || s.Wrong != 0 || r.Unasked != 1 || !reflect.DeepEqual(e.Labels(), []string{"a", "b"}) {
		t.Errorf("%+v, %q", r, e.Labels())
	}
}

// With the same text again and again there is nothing to vary.
func TestBootstrapOfOneText(t *testing.T) {
	var e Evaluation
	for range 50 {
		e.Add(Judged{Tags: []string{"a", "b"}}, given("a", "c"))
	}
	r := e.Report([]string{"a", "b", "c"})
	if r.Micro.F1 != (Estimate{0.5, 0.5, 0.5}) || r.Macro.Recall.Low != r.Macro.Recall.High {
		t.Errorf("have %+v, %+v", r.Micro.F1, r.Macro.Recall)
	}
	if low := r.Tags[0].F1.Low; low < 0.95 || low == 1 || r.Tags[1].F1.Low != 0 {
		t.Errorf("have %+v", r.Tags)
	}
}

// The bootstrap interval of a share agrees with the normal one where that is good: many texts, a middling share.
func TestBootstrapAgrees(t *testing.T) {
	var e Evaluation
	for i := range 1000 {
		tags := given("a")
		if i%5 < 2 {
			tags = nil
		}
		e.Add(Judged{Tags: []string{"a"}}, tags)
	}
	r := e.Report([]string{"a"})
	half := 1.96 * math.Sqrt(0.6*0.4/1000)
	if x := r.Micro.Recall; math.Abs(x.Low-(0.6-half)) > 0.005 || math.Abs(x.High-(0.6+half)) > 0.005 {
		t.Errorf("have %+v, want %.3f to %.3f", x, 0.6-half, 0.6+half)
	}
}

func TestEvaluationOfNothing(t *testing.T) {
	var e Evaluation
	r := e.Report([]string{"a"})
	if r.Tags[0].F1 != (Estimate{0, 0, 1}) || len(r.Mistakes) > 0 || !slices.Equal(e.Labels(), nil) {
		t.Errorf("have %+v", r)
	}
	e.Report(nil)
}
