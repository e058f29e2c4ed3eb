// Package coding is for people who label articles by hand: it draws the articles ([Draw]) and measures how well coders agree
// ([Agree], [Kappa], [Alpha]). It is pure: values in, values out.
package coding

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
)

// Candidate is an article that may be drawn.
type Candidate struct {
	ID      string
	Stratum string // of what it is drawn to stand for
}

// Drawn is an article that was.
type Drawn struct {
	Candidate
	Of    int // candidates of its stratum
	Taken int // drawn from them
}

// Weight is how many candidates a drawn one stands for.
func (d Drawn) Weight() float64 { return float64(d.Of) / float64(d.Taken) }

// Allocation says how many articles each stratum gives.
type Allocation string

// The allocations.
const (
	Proportional Allocation = "proportional" // as large a share of each, but one at least; by largest remainder
	Equal        Allocation = "equal"        // the same number from each, as far as it has so many
)

// Allocations are all of them.
var Allocations = []string{string(Proportional), string(Equal)}

// Draw draws n candidates, or all of fewer. Each has a place in an order that only the seed and its id decide (that of the
// SHA-256 of both), and each stratum gives those that come first: the same candidates and seed give the same sample,
// whoever draws it, and a candidate more changes it hardly. What was drawn stands in that order too, so that no coder
// sees the strata one after the other. It is an error when there are more strata than n: some would stand for nothing, and the
// weights of the others not for all.
func Draw(candidates []Candidate, n int, seed uint64, a Allocation) ([]Drawn, error) {
	type placed struct {
		Candidate
		place [sha256.Size]byte
	}
	strata := map[string][]placed{}
	for _, c := range candidates {
		strata[c.Stratum] = append(strata[c.Stratum], placed{c, sha256.Sum256(fmt.Appendf(nil, "%d %s", seed, c.ID))})
	}
	names := make([]string, 0, len(strata))
	sizes := make([]int, 0, len(strata))
	for name := range strata {
		names = append(names, name)
	}
	if len(names) > n {
		return nil, fmt.Errorf("%d cannot be drawn from %d strata, one from each at least: draw more, or make fewer strata", n, len(names))
	}
	slices.Sort(names)
	for _, name := range names {
		sizes = append(sizes, len(strata[name]))
	}
	shares := proportional(sizes, n)
	if a == Equal {
		shares = equal(sizes, n)
	}
	first := func(a, b placed) int { return bytes.Compare(a.place[:], b.place[:]) }
	var all []placed
	taken := map[string]int{}
	for i, name := range names {
		in := strata[name]
		slices.SortFunc(in, first)
		all = append(all, in[:shares[i]]...)
		taken[name] = shares[i]
	}
	slices.SortFunc(all, first)
	drawn := make([]Drawn, len(all))
	for i, p := range all {
		drawn[i] = Drawn{p.Candidate, len(strata[p.Stratum]), taken[p.Stratum]}
	}
	return drawn, nil
}

// proportional shares n out by size, one to each at least, and what rounding leaves to those that lost most by it.
func proportional(sizes []int, n int) []int {
	total := 0
	for _, size := range sizes {
		total += size
	}
	n = min(n, total)
	shares := make([]int, len(sizes))
	order := make([]int, len(sizes))
	left := n
	for i, size := range sizes {
		order[i] = i
		shares[i] = max(n*size/max(total, 1), 1)
		left -= shares[i]
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(n*sizes[j]%total, n*sizes[i]%total) })
	for _, i := range order {
		if left > 0 && shares[i] < sizes[i] {
			shares[i]++
			left--
		}
	}
	for ; left < 0; left++ { // the ones have taken too much
		shares[slices.Index(shares, slices.Max(shares))]--
	}
	return shares
}

// equal gives each the same, and what small ones cannot take to the others.
func equal(sizes []int, n int) []int {
	shares := make([]int, len(sizes))
	for progress := true; progress && n > 0; {
		progress = false
		for i, size := range sizes {
			if n > 0 && shares[i] < size {
				shares[i]++
				n--
				progress = true
			}
		}
	}
	return shares
}
