package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func inline(changes []change) string {
	var b strings.Builder
	for _, c := range changes {
		switch c.Kind {
		case removed:
			b.WriteString("[-" + c.Text + "-]")
		case added:
			b.WriteString("{+" + c.Text + "+}")
		default:
			b.WriteString(c.Text)
		}
	}
	return b.String()
}

func TestWordDiff(t *testing.T) {
	tests := []struct{ old, new, want string }{
		{"Police seized two rifles.", "Police seized three rifles.", "Police seized [-two-]{+three+} rifles."},
		{"Police seized two rifles.", "Police seized two rifles.", "Police seized two rifles."},
		{"", "Police.", "{+Police.+}"},
		{"A man, 31, was held.", "A man, 32, was charged.", "A man, [-31-]{+32+}, was [-held-]{+charged+}."},
		{"Café à Paris", "Café à Lyon", "Café à [-Paris-]{+Lyon+}"},
		{"One.", "One.\n\nTwo.", "One.{+\n\nTwo.+}"},
		{"", "", ""},
	}
	for _, test := range tests {
		if got := inline(wordDiff(test.old, test.new)); got != test.want {
			t.Errorf("%q → %q: %q, want %q", test.old, test.new, got, test.want)
		}
	}
}

// TestWordDiffRejoins: what stayed and what was removed is the old text, what stayed and what was added is the new one, with
// more different words than there are characters before the surrogates.
func TestWordDiffRejoins(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(n, vocabulary int) string {
		var b strings.Builder
		for range n {
			fmt.Fprintf(&b, "w%d%s", random.IntN(vocabulary), []string{" ", ", ", ".\n", "’"}[random.IntN(4)])
		}
		return b.String()
	}
	var many strings.Builder
	for i := range 70_000 {
		fmt.Fprintf(&many, "x%d ", i)
	}
	pairs := [][2]string{{many.String(), "new " + many.String() + "end"}, {"\xff\x00x", "x\xfe"}}
	for range 200 {
		pairs = append(pairs, [2]string{text(random.IntN(60), 12), text(random.IntN(60), 12)})
	}
	for _, p := range pairs {
		var old, now strings.Builder
		for _, c := range wordDiff(p[0], p[1]) {
			if c.Kind != added {
				old.WriteString(c.Text)
			}
			if c.Kind != removed {
				now.WriteString(c.Text)
			}
		}
		if old.String() != p[0] || now.String() != p[1] {
			t.Errorf("%.40q → %.40q does not rejoin: %.40q, %.40q", p[0], p[1], old.String(), now.String())
		}
	}
}
