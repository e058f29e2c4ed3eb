package coding

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Kappa is the agreement of two coders beyond chance (Cohen, "A coefficient of agreement for nominal scales", Educational and
// Psychological Measurement 20, 1960): of each unit the value that the one gave and that the other did. Units that one of
// them left out ("") do not count. ok is false when chance alone would explain everything: both gave one value only.
func Kappa(units [][2]string) (kappa float64, ok bool) {
	first, second := map[string]int{}, map[string]int{}
	n, same := 0, 0
	for _, u := range units {
		if u[0] == "" || u[1] == "" {
			continue
		}
		n++
		first[u[0]]++
		second[u[1]]++
		if u[0] == u[1] {
			same++
		}
	}
	chance := 0
	for value, k := range first {
		chance += k * second[value]
	}
	if n == 0 || chance == n*n {
		return 0, false
	}
	return float64(n*same-chance) / float64(n*n-chance), true
}

// Alpha is Krippendorff's alpha for nominal values, of any number of coders (Krippendorff, Content Analysis, 4th ed. 2018,
// ch. 12): of each unit the values given, "" by those who left it out. ok is false when there is nothing to compare: no unit
// that two have coded, or one value only.
func Alpha(units [][]string) (alpha float64, ok bool) {
	values := map[string]float64{}
	n, differing := 0.0, 0.0
	for _, unit := range units {
		counts := map[string]float64{}
		m := 0.0
		for _, v := range unit {
			if v != "" {
				counts[v]++
				m++
			}
		}
		if m < 2 {
			continue
		}
		n += m
		pairs := m * m // ordered pairs of different values, by what is left of all
		for v, k := range counts {
			values[v] += k
			pairs -= k * k
		}
		differing += pairs / (m - 1)
	}
	expected := n * n
	for _, k := range values {
		expected -= k * k
	}
	if expected == 0 {
		return 0, false
	}
	return 1 - (n-1)*differing/expected, true
}

// Coded is what one coder says of an article. Of an uncertain label it says neither yes nor no.
type Coded struct {
	ID              string
	Tags, Uncertain []string
	Labels          []string // that the coder was asked for; of others it says nothing either. nil: all
}

// Interval is a measure with its 95 % interval.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Agreement is how well coders agree on one label.
type Agreement struct {
	Label  string    `json:"label"`
	Units  int       `json:"units"`  // articles that two coders or more said yes or no of
	Yes    []int     `json:"yes"`    // how many each coder gave the label
	Agreed float64   `json:"agreed"` // share of the units on which all agree
	Kappa  *Interval `json:"kappa"`  // mean over the pairs of coders; null: chance explains everything, or there is one unit only
	Alpha  *Interval `json:"alpha"`
}

// Dispute is a label on which coders differ.
type Dispute struct {
	ID    string   `json:"id"`
	Label string   `json:"label"`
	Said  []string `json:"said"` // yes, no, or "" for uncertain and not coded, by coder
}

// Report is what coders agree and differ on.
type Report struct {
	Articles   int         `json:"articles"` // that two coders or more have coded
	Labels     []Agreement `json:"labels"`
	Disputes   []Dispute   `json:"disputes"`
	Incomplete []string    `json:"incomplete,omitempty"` // articles that only some have coded
}

// The answers of a coder.
const (
	yes = "yes"
	no  = "no"
)

// Agree compares coders on the labels that any of them was asked for or used.
func Agree(coders [][]Coded) (Report, error) {
	if len(coders) < 2 {
		return Report{}, errors.New("it takes two coders to agree")
	}
	type unit []*Coded // by coder
	units := map[string]unit{}
	var order []string
	labels := map[string]bool{}
	for i, coded := range coders {
		for j := range coded {
			c := &coded[j]
			if units[c.ID] == nil {
				units[c.ID] = make(unit, len(coders))
				order = append(order, c.ID)
			}
			if units[c.ID][i] != nil {
				return Report{}, fmt.Errorf("coder %d has coded article %s twice", i+1, c.ID)
			}
			units[c.ID][i] = c
			for _, l := range slices.Concat(c.Tags, c.Uncertain, c.Labels) {
				labels[l] = true
			}
		}
	}
	var r Report
	var common []string
	for _, id := range order {
		n := 0
		for _, c := range units[id] {
			if c != nil {
				n++
			}
		}
		if n < len(coders) {
			r.Incomplete = append(r.Incomplete, id)
		}
		if n > 1 {
			common = append(common, id)
		}
	}
	if r.Articles = len(common); r.Articles == 0 {
		return Report{}, errors.New("no article was coded by two of them: these are files of different samples, or nothing is coded yet")
	}
	for _, label := range slices.Sorted(keys(labels)) {
		said := make([][]string, len(common))
		for i, id := range common {
			for _, c := range units[id] {
				said[i] = append(said[i], c.says(label))
			}
			if differs(said[i]) {
				r.Disputes = append(r.Disputes, Dispute{id, label, said[i]})
			}
		}
		r.Labels = append(r.Labels, agreement(label, said, len(coders)))
	}
	slices.SortStableFunc(r.Disputes, func(a, b Dispute) int { return cmp.Compare(a.ID, b.ID) })
	return r, nil
}

func keys(m map[string]bool) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (c *Coded) says(label string) string {
	switch {
	case c == nil || slices.Contains(c.Uncertain, label) || c.Labels != nil && !slices.Contains(c.Labels, label):
		return ""
	case slices.Contains(c.Tags, label):
		return yes
	}
	return no
}

func differs(said []string) bool { return slices.Contains(said, yes) && slices.Contains(said, no) }

func agreement(label string, said [][]string, coders int) Agreement {
	a := Agreement{Label: label, Yes: make([]int, coders)}
	same := 0
	for _, unit := range said {
		given := 0
		for i, v := range unit {
			if v == yes {
				a.Yes[i]++
			}
			if v != "" {
				given++
			}
		}
		if given < 2 {
			continue
		}
		a.Units++
		if !differs(unit) {
			same++
		}
	}
	if a.Units > 0 {
		a.Agreed = float64(same) / float64(a.Units)
	}
	if a.Units < 2 {
		return a // one article says nothing of chance
	}
	a.Kappa = interval(said, func(said [][]string) (float64, bool) { return meanKappa(said, coders) })
	a.Alpha = interval(said, Alpha)
	return a
}

// meanKappa is the mean of the kappas of all pairs of coders (Light, "Measures of response agreement for qualitative data",
// Psychological Bulletin 76, 1971); of two it is Cohen's.
func meanKappa(said [][]string, coders int) (float64, bool) {
	sum, pairs := 0.0, 0
	for i := range coders {
		for j := range i {
			units := make([][2]string, len(said))
			for k, unit := range said {
				units[k] = [2]string{unit[j], unit[i]}
			}
			if kappa, ok := Kappa(units); ok {
				sum, pairs = sum+kappa, pairs+1
			}
		}
	}
	if pairs == 0 {
		return 0, false
	}
	return sum / float64(pairs), true
}

// resamples is how many bootstrap samples an interval is made of.
const resamples = 2000

// interval is a measure with the percentile interval of bootstrap samples of the units (Efron and Tibshirani, An Introduction
// to the Bootstrap, 1993, ch. 13). The samples are the same each time. Samples in which the measure has no value do not
// count.
func interval(said [][]string, measure func([][]string) (float64, bool)) *Interval {
	value, ok := measure(said)
	if !ok {
		return nil
	}
	random := rand.New(rand.NewPCG(1, 2))
	sample := make([][]string, len(said))
	var values []float64
	for range resamples {
		for i := range sample {
			sample[i] = said[random.IntN(len(said))]
		}
		if v, ok := measure(sample); ok {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return &Interval{value, value, value}
	}
	slices.Sort(values)
	at := func(share float64) float64 { return values[min(int(share*float64(len(values))), len(values)-1)] }
	return &Interval{value, at(0.025), at(0.975)}
}
