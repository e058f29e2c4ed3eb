package coding

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
)

// table is pairs of values by a table of counts, the first coder's down, the second's across.
func table(counts [][]int) (units [][2]string) {
	for i, row := range counts {
		for j, n := range row {
			for range n {
				units = append(units, [2]string{fmt.Sprint(i), fmt.Sprint(j)})
			}
		}
	}
	return units
}

// TestKappa: worked examples as they are printed.
func TestKappa(t *testing.T) {
	tests := []struct {
		source string
		counts [][]int
		want   float64
	}{
		{"Fleiss, Cohen and Everitt, Large sample standard errors of kappa and weighted kappa, 1969: 200 diagnoses",
			[][]int{{106, 10, 4}, {22, 28, 10}, {2, 12, 6}}, 0.429},
		{"Wikipedia, Cohen's kappa: 50 grant proposals", [][]int{{20, 5}, {10, 15}}, 0.40},
		{"Wikipedia, Cohen's kappa: same percentages but different numbers (1)", [][]int{{45, 15}, {25, 15}}, 0.1304},
		{"Wikipedia, Cohen's kappa: same percentages but different numbers (2)", [][]int{{25, 35}, {5, 35}}, 0.2593},
	}
	for _, test := range tests {
		got, ok := Kappa(table(test.counts))
		if !ok || math.Abs(got-test.want) > 0.0005 {
			t.Errorf("%s: %.4f, want %.4f", test.source, got, test.want)
		}
	}
	for _, units := range [][][2]string{nil, {{"yes", ""}}, {{"yes", "yes"}, {"yes", "yes"}}} {
		if got, ok := Kappa(units); ok {
			t.Errorf("%q: %v, want none", units, got)
		}
	}
}

// coders turns one string of values a coder, parted by spaces and "." for none, into units.
func coders(rows ...string) (units [][]string) {
	for _, row := range rows {
		for i, v := range strings.Fields(row) {
			if i == len(units) {
				units = append(units, nil)
			}
			units[i] = append(units[i], strings.TrimSuffix(v, "."))
		}
	}
	return units
}

// TestAlpha: Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, examples A, B and C.
func TestAlpha(t *testing.T) {
	tests := []struct {
		name  string
		units [][]string
		want  float64
	}{
		{"A: binary data, two observers, no missing data", coders("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"), 0.095},
		{"B: nominal data, two observers, no missing data", coders("a a b b d c c c e d d a", "b a b b b c c c e d d d"), 0.692},
		{"C: nominal data, any number of observers, missing data", coders(
			"1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 ."), 0.743},
	}
	for _, test := range tests {
		got, ok := Alpha(test.units)
		if !ok || math.Abs(got-test.want) > 0.0005 {
			t.Errorf("%s: %.4f, want %.3f", test.name, got, test.want)
		}
	}
	for _, units := range [][][]string{nil, coders("a .", ". a"), coders("a a", "a a")} {
		if got, ok := Alpha(units); ok {
			t.Errorf("%q: %v, want none", units, got)
		}
	}
}

func TestAgree(t *testing.T) {
	anna := []Coded{
		{ID: "1", Tags: []string{"seizure"}}, {ID: "2", Tags: []string{"seizure", "arrest"}}, {ID: "3"},
		{ID: "4", Tags: []string{"arrest"}}, {ID: "5", Uncertain: []string{"seizure"}}, {ID: "6"},
	}
	ben := []Coded{
		{ID: "2", Tags: []string{"seizure"}}, {ID: "1", Tags: []string{"seizure"}}, {ID: "3", Tags: []string{"seizure"}},
		{ID: "4", Tags: []string{"arrest"}}, {ID: "5"},
	}
	r, err := Agree([][]Coded{anna, ben})
	if err != nil || r.Articles != 5 || !reflect.DeepEqual(r.Incomplete, []string{"6"}) || len(r.Labels) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	// seizure, without 5: yes-yes 2, no-yes 1, no-no 1: 3 of 4 agree, chance (2*3 + 2*1)/16 = 0.5.
	seizure := r.Labels[1]
	if seizure.Label != "seizure" || seizure.Units != 4 || seizure.Agreed != 0.75 || seizure.Kappa.Value != 0.5 || !reflect.DeepEqual(seizure.Yes, []int{2, 3}) {
		t.Errorf("%+v", seizure)
	}
	if k := seizure.Kappa; k.Low > k.Value || k.High < k.Value || k.Low == k.High {
		t.Errorf("interval %+v", k)
	}
	want := []Dispute{{"2", "arrest", []string{"yes", "no"}}, {"3", "seizure", []string{"no", "yes"}}}
	if !reflect.DeepEqual(r.Disputes, want) {
		t.Errorf("disputes %v", r.Disputes)
	}
	// Of a label that one coder was never asked for there is nothing to compare.
	asked := []Coded{{ID: "1", Tags: []string{"seizure"}, Labels: []string{"seizure"}}, {ID: "2", Labels: []string{"seizure"}}}
	r, err = Agree([][]Coded{asked, {{ID: "1", Tags: []string{"seizure", "arrest"}}, {ID: "2", Tags: []string{"arrest"}}}})
	if err != nil || r.Labels[0].Units != 0 || r.Labels[0].Kappa != nil || r.Labels[1].Units != 2 || len(r.Disputes) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := Agree([][]Coded{anna}); err == nil {
		t.Error("one coder agrees")
	}
	if _, err := Agree([][]Coded{anna, {{ID: "9"}}}); err == nil || !strings.Contains(err.Error(), "different samples") {
		t.Errorf("error %v", err)
	}
	if _, err := Agree([][]Coded{anna, append(ben, ben[0])}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("error %v", err)
	}
}

func candidates(strata map[string]int) (all []Candidate) {
	for name, n := range strata {
		for i := range n {
			all = append(all, Candidate{fmt.Sprintf("%s-%d", name, i), name})
		}
	}
	return all
}

func taken(drawn []Drawn) map[string]int {
	counts := map[string]int{}
	for _, d := range drawn {
		counts[d.Stratum]++
	}
	return counts
}

// draw draws where that cannot fail.
func draw(t *testing.T, candidates []Candidate, n int, seed uint64, a Allocation) []Drawn {
	t.Helper()
	drawn, err := Draw(candidates, n, seed, a)
	if err != nil {
		t.Fatal(err)
	}
	weight := 0.0
	for _, d := range drawn {
		weight += d.Weight()
	}
	if math.Abs(weight-float64(len(candidates))) > 1e-6 {
		t.Errorf("the weights of %d of %d sum to %v", len(drawn), len(candidates), weight)
	}
	return drawn
}

func TestDraw(t *testing.T) {
	all := candidates(map[string]int{"a": 600, "b": 300, "c": 97, "d": 3})
	drawn := draw(t, all, 100, 7, Proportional)
	if got := taken(drawn); !reflect.DeepEqual(got, map[string]int{"a": 60, "b": 30, "c": 9, "d": 1}) {
		t.Errorf("proportional: %v", got)
	}
	if got := taken(draw(t, all, 100, 7, Equal)); !reflect.DeepEqual(got, map[string]int{"a": 33, "b": 32, "c": 32, "d": 3}) {
		t.Errorf("equal: %v", got)
	}
	if again := draw(t, candidates(map[string]int{"d": 3, "c": 97, "b": 300, "a": 600}), 100, 7, Proportional); !reflect.DeepEqual(again, drawn) {
		t.Error("the same seed gives another sample")
	}
	if other := draw(t, all, 100, 8, Proportional); reflect.DeepEqual(other, drawn) {
		t.Error("another seed gives the same sample")
	}
	if few := draw(t, all, 5000, 7, Proportional); len(few) != 1000 {
		t.Errorf("of all it draws %d", len(few))
	}
	if none := draw(t, nil, 10, 7, Equal); len(none) != 0 {
		t.Errorf("of none it draws %d", len(none))
	}
	for _, sizes := range []map[string]int{{"a": 1, "b": 1, "c": 1000}, {"a": 1}, {"a": 5, "b": 5, "c": 5}, {"a": 1, "b": 2, "c": 3, "d": 100, "e": 100}} {
		for n := len(sizes); n < 25; n++ {
			total := 0
			for _, size := range sizes {
				total += size
			}
			for _, a := range []Allocation{Proportional, Equal} {
				if got := len(draw(t, candidates(sizes), n, 1, a)); got != min(n, total) {
					t.Errorf("%v, %s: %d drawn, want %d", sizes, a, got, n)
				}
			}
		}
	}
	if _, err := Draw(all, 3, 7, Proportional); err == nil || !strings.Contains(err.Error(), "3 cannot be drawn from 4 strata") {
		t.Errorf("error %v", err)
	}
	// A candidate more changes the sample hardly.
	more := draw(t, append(all, Candidate{"a-new", "a"}), 100, 7, Proportional)
	before := map[string]bool{}
	for _, d := range drawn {
		before[d.ID] = true
	}
	changed := 0
	for _, d := range more {
		if !before[d.ID] {
			changed++
		}
	}
	if changed > 1 {
		t.Errorf("one candidate more changes %d", changed)
	}
}

// TestDrawIsFair: each candidate is drawn about as often as the others.
func TestDrawIsFair(t *testing.T) {
	all := candidates(map[string]int{"a": 40, "b": 10})
	const draws = 4000
	counts := map[string]float64{}
	for seed := range uint64(draws) {
		for _, d := range draw(t, all, 10, seed, Proportional) {
			counts[d.ID]++
		}
	}
	chi := 0.0
	for _, c := range all {
		expected := draws * 0.2
		chi += math.Pow(counts[c.ID]-expected, 2) / (expected * 0.8)
	}
	if chi > 85 { // 49 degrees of freedom: p = 0.001
		t.Errorf("chi square %.1f over 50 candidates", chi)
	}
}
