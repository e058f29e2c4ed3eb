package classify

import (
	"strings"
	"testing"

	"blotter"
)

func TestNearest(t *testing.T) {
	p := pack(t, `
lists: {things: [gun, "stun gun"]}
rules:
  - {id: a, tag: a, title: A, any: [(seize OR =taken) NEAR/4 @things, '"border force" AND case:MET']}
  - {id: b, tag: b, title: B, scope: [title], any: [gun]}
  - {id: c, tag: c, title: C, first: 3, any: [gun NOT NEAR/2 toy]}
  - {id: d, tag: d, title: D, threshold: 3, weighted: [{query: tank, weight: 2}, {query: army, weight: 2}]}
`)
	tests := []struct{ rule, title, body, want string }{
		{"a", "", "They seized it. A gun was there.", "the match runs on into the next sentence: seized it. A gun"},
		{"a", "", "A gun was there.", "there is no (seize OR =taken)"},
		{"a", "", "It was seized on a long and rainy afternoon, the gun.", "its words are all there, and not where the query asks for them"},
		{"a", "", "The Border Force met them.", "there is no case:MET"},
		{"a", "", "It rained.", "there is no (seize OR =taken) and no @things"},
		{"b", "", "A gun.", "the match stands in the body, where the rule does not look: gun"},
		{"c", "", "It was then that a gun fell.", "the match stands in the body, where the rule does not look (it looks at the first 3 words): gun"},
		{"d", "", "A tank, and another tank.", "the queries that matched weigh 2 together, and the threshold is 3"},
		{"d", "", "A tank of the army.", ""},
		{"nosuch", "", "A gun.", ""},
	}
	for _, test := range tests {
		got := p.Nearest(test.rule, &blotter.Article{Title: test.title, Body: test.body})
		line := ""
		if len(got) > 0 {
			line = got[0].Why
			if got[0].Quote != "" {
				line += ": " + got[0].Quote
			}
		}
		if line != test.want || len(got) > maxMisses {
			t.Errorf("%s: %q: have %q, want %q", test.rule, test.body, line, test.want)
		}
	}
}

func TestNearestIsShort(t *testing.T) {
	p := pack(t, "id: a\ntag: a\ntitle: A\nany: [one SAME/P two]\n")
	body := "One. " + strings.Repeat("Öl und Salz. ", 500) + "Two."
	if got := p.Nearest("a", &blotter.Article{Body: body}); len(got) != 1 || len(got[0].Quote) > 2*maxQuote {
		t.Errorf("have %+v", got)
	}
}
