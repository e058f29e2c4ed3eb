package query

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// operators has each row of the language: what a query means, on which texts it is true and what of them it finds, and
// what of its kind is refused.
var operators = []struct {
	query string
	canon string // the canonical form, "" when it is the query itself
	title string
	body  string
	found string // the pieces that match, parted by |; "-" when the query is false, "" when it is true without a place
}{
	// word
	{"seize", "", "", "They seize, seized, seizes; seizing a seizure", "seize|seized|seizes|seizing"},
	{"Seized", "seized", "Police SEIZE it", "", "SEIZE"},
	{"seize", "", "", "a seizure", "-"},
	{"drug-dealer", "", "", "drug dealers, drug-dealer; a dealer of drugs", "drug dealers|drug-dealer"},
	{"MI5's", "mi5", "", "MI5’s man", "MI5"},
	{"café", "cafe", "", "the Café", "Café"},
	{"£1,500", "1500", "", "some £1,500 or 1500", "1,500|1500"},
	{"and", "", "", "this and that", "and"},
	{"U.S.", "u.s", "", "the U.S. said", "U.S"},

	// phrase
	{`"threat level"`, "", "", "the threat-level, the Threat Level; threat levels", "threat-level|Threat Level"},
	{`“threat level”`, `"threat level"`, "", "a threat. Level", "threat. Level"},
	{`"threat level"`, "", "a threat", "level", "-"},
	{`"counter terrorism"`, "", "", "counter-terrorism", "counter-terrorism"},
	{`"seized"`, "=seized", "", "seize seized", "seized"},
	{`"a a"`, "", "", "a a a", "a a|a a"},
	{`"the officer's gun"`, `"the officer gun"`, "", "the officer’s gun", "the officer’s gun"},

	// exact form
	{"=seized", "", "", "seize seized Seized", "seized|Seized"},
	{"=counter-terrorism", `"counter terrorism"`, "", "counter terrorism", "counter terrorism"},
	{`="threat level"`, `"threat level"`, "", "threat level", "threat level"},

	// wildcards
	{"seiz*", "", "", "seize seizure seiz sei", "seize|seizure|seiz"},
	{"wom?n", "", "", "woman women womn womaan", "woman|women"},
	{`"terror* plot*"`, "", "", "terrorist plots, terror plot, terror a plot", "terrorist plots|terror plot"},
	{"seiz!", "seiz*", "", "seizure", "seizure"},
	{"colo?r*", "", "", "coloured colours colors", "coloured|colours"},
	{"counter-terror*", "", "", "counter-terrorism", "counter-terrorism"},
	{"polic?*", "", "", "police policy polic", "police|policy"},

	// case
	{"case:MET", "", "", "MET Met met", "MET"},
	{`case:"Border Force"`, "", "", "Border Force, border force, Border-Force", "Border Force|Border-Force"},
	{"case:café", "", "", "café Café cafe", "café"},
	{"case:US", "", "", "us US", "US"},

	// fields
	{"title:x", "", "x", "x", "x"},
	{"title:x", "", "y", "x", "-"},
	{"body:(x OR y)", "", "x", "x y", "x|y"},
	{"lead:x", "", "x", "x here\n\nx there", "x"},
	{"lead:y", "", "", "x here\n\ny there", "-"},
	{"title:(a NOT b)", "title:(a AND NOT b)", "a", "b", "a"},
	{"title:(NOT b)", "", "a", "b", ""},
	{"intitle:a", "title:a", "a", "", "a"},
	{`hd="a b"`, `title:"a b"`, "a b", "", "a b"},
	{"hd=(a b)", "title:(a AND b)", "a b", "", "a|b"},

	// lists
	{"@crime", "", "", "terrorists plot a raid", "terrorists|plot a"},
	{"@crime NEAR/2 raid", "", "", "terrorists raid", "terrorists raid"},
	{"@crime", "", "", "met b, c", "b, c"},

	// at least
	{"ATLEAST/3 x", "", "", "x y x y x", "x|x|x"},
	{"ATLEAST/3 x", "", "x", "x x", "x|x|x"},
	{"ATLEAST/3 x", "", "", "x x", "-"},
	{`ATLEAST/2 "x x"`, "", "", "x x x", "-"},
	{"ATLEAST/2 (x OR y)", "", "", "x y", "x|y"},
	{"ATLEAST/2 x NEAR/1 y", "", "", "x y x", "x y|y x"},
	{"ATLEAST/2 (x NEAR/1 y)", "", "", "x y x", "-"},

	// near
	{"x NEAR/5 y", "", "", "x 1 2 3 4 y", "x 1 2 3 4 y"},
	{"x NEAR/5 y", "", "", "x 1 2 3 4 5 y", "-"},
	{"x NEAR/1 y", "", "", "y x", "y x"},
	{"x NEAR/5 x", "", "", "x", "-"},
	{"x NEAR/5 x", "", "", "x a x", "x a x"},
	{"x NEAR/9 y", "", "x", "y", "-"},
	{"(a OR b) NEAR/2 (c OR d)", "", "", "a 1 c 1 1 d 1 b", "a 1 c|d 1 b"},
	{"a NEAR/5 b NEAR/5 c", "", "", "c 1 1 1 1 a 1 a b", "c 1 1 1 1 a 1 a b"},
	{"police NEAR/5 heroin NEAR/5 seize", "", "", "police seized heroin", "police seized heroin"},
	{`"threat level" NEAR/5 level`, "=x", "", "threat level", "-"},
	{"x W/5 y", "x NEAR/5 y", "", "y x", "y x"},
	{"x /5 y", "x NEAR/5 y", "", "y x", "y x"},
	{`"x y"~5`, "=x NEAR/5 =y", "", "y 1 x", "y 1 x"},
	{"(x y)~5", "x NEAR/5 y", "", "y 1 x", "y 1 x"},
	{`"x y z"~2`, "=x NEAR/2 =y NEAR/2 =z", "", "z x 1 y", "z x 1 y"},

	// ordered near
	{"x ONEAR/5 y", "", "", "x 1 y", "x 1 y"},
	{"x ONEAR/5 y", "", "", "y 1 x", "-"},
	{"x ONEAR/1 y ONEAR/1 z", "", "", "x y z", "x y z"},
	{"x ONEAR/5 y ONEAR/5 z", "", "", "x z y", "-"},
	{"x PRE/5 y", "x ONEAR/5 y", "", "x y", "x y"},
	{"x ADJ5 y", "x ONEAR/5 y", "", "x y", "x y"},

	// not near
	{"x NOT NEAR/2 y", "", "", "x y 1 1 1 x", "x"},
	{"x NOT NEAR/2 y", "", "", "x y", "-"},
	{"x NOT NEAR/2 y", "", "y", "x", "x"},
	{`plot NOT NEAR/2 "film plot"`, "", "", "a film plot", "-"},
	{"x NOT NEAR/2 x", "", "", "x 1 1 x 1 x", "x"},
	{"x NOT W/2 y", "x NOT NEAR/2 y", "", "x", "x"},
	{"x NOT /2 y", "x NOT NEAR/2 y", "", "x", "x"},

	// same
	{"x SAME/S y", "", "", "x here. Then y.", "-"},
	{"x SAME/S y", "", "", "A x here, y there. Not.", "x here, y"},
	{"x SAME/P y", "", "", "x here. Then y.", "x here. Then y"},
	{"x SAME/P y", "", "", "x\n\ny", "-"},
	{"x NOT SAME/S y", "", "", "x y. A x. Not y.", "x"},
	{"x NOT SAME/P y", "", "", "x. And y.\n\nNo x.", "x"},
	{"x W/S y", "x SAME/S y", "", "y x", "y x"},
	{"x /s y", "x SAME/S y", "", "y x", "y x"},
	{"x W/P y", "x SAME/P y", "", "y. An x", "y. An x"},
	{"x /p y", "x SAME/P y", "", "y. An x", "y. An x"},
	{"x NOT /s y", "x NOT SAME/S y", "", "y. An x", "x"},
	{"x SAME/S y", "", "x y", "", "x y"},

	// not, and, or
	{"NOT x", "", "", "y", ""},
	{"-x", "NOT x", "", "x", "-"},
	{"NOT x", "", "x", "y", "-"},
	{"y -x", "y AND NOT x", "", "y", "y"},
	{"NOT a NEAR/1 b", "", "", "a 1 b", ""},
	{"-(a OR b)", "NOT (a OR b)", "", "c", ""},
	{"NOT NOT x", "", "", "x", ""},
	{"x AND y", "", "x", "y", "x|y"},
	{"x y", "x AND y", "", "x", "-"},
	{"x AND NOT y", "", "", "x", "x"},
	{"x BUT NOT y", "x AND NOT y", "", "x", "x"},
	{"x NOT y", "x AND NOT y", "", "x y", "-"},
	{"x OR y", "", "", "y", "y"},
	{"x OR NOT y", "", "", "z", ""},
	{"a b OR c d", "a AND b OR c AND d", "", "c d", "c|d"},
	{"a (b OR c) d", "a AND (b OR c) AND d", "", "a c d", "a|c|d"},
	{"(a)", "a", "", "a", "a"},
	{"((a) OR ((b OR c)))", "a OR b OR c", "", "c", "c"},
	{"a NEAR/2 b ONEAR/3 c", "(a NEAR/2 b) ONEAR/3 c", "", "b a c", "b a c"},
	{"a ONEAR/3 b NEAR/2 c", "a ONEAR/3 (b NEAR/2 c)", "", "a c b", "a c b"},
	{"a SAME/S b NEAR/2 c NOT NEAR/3 d", "a SAME/S ((b NEAR/2 c) NOT NEAR/3 d)", "", "a 1 1 1 1 c b", "a 1 1 1 1 c b"},
}

func TestOperators(t *testing.T) {
	for _, c := range operators {
		q, err := ParseWith(c.query, testOptions())
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if want := c.canon; want != "=x" && q.String() != want && (want != "" || q.String() != c.query) {
			t.Errorf("%s is printed as %s, want %s", c.query, q, want)
		}
		checkPrints(t, q)
		got := "-"
		if spans, ok := q.Match(NewDocument(c.title, "", c.body), Meta{}); ok {
			var pieces []string
			for _, s := range spans {
				text := c.body
				if s.Field == FieldTitle {
					text = c.title
				}
				pieces = append(pieces, text[s.Start:s.End])
			}
			got = strings.Join(pieces, "|")
		}
		if got != c.found {
			t.Errorf("%s on %q, %q finds %q, want %q", c.query, c.title, c.body, got, c.found)
		}
	}
}

// TestOperatorRows says that each row of the language has three cases at least, one of them a refusal.
func TestOperatorRows(t *testing.T) {
	for _, op := range []string{`"`, "=", "*", "?", "case:", "title:", "lead:", "@", "ATLEAST/", " NEAR/", " ONEAR/", " NOT NEAR/", " SAME/S ",
		"SAME/P", "NOT ", "-", "AND", " OR ", "("} {
		good, bad := 0, 0
		for _, c := range operators {
			if strings.Contains(c.query, op) {
				good++
			}
		}
		for _, s := range wrong {
			if strings.Contains(s, op) {
				bad++
			}
		}
		if good < 2 || bad < 1 {
			t.Errorf("%s has %d cases and %d refusals", op, good, bad)
		}
	}
}

func TestLead(t *testing.T) {
	for _, c := range []struct{ lead, body, found string }{
		{"", "x one\n\nx two", "body 0 1"},
		{"x two", "x one\n\nx two", "body 7 8"},
		{" x two\n", "x\n\nx two\n\nx", "body 3 4"},
		{"x", "x y\n\nx", "body 5 6"},
		{"x one\n\nx two", "x one\n\nx two\n\nx three", "body 0 1 body 7 8"},
		{"x elsewhere", "x one", "lead 0 1"},
		{"x o", "x one", "lead 0 1"},
		{"", "", "-"},
		{"y", "x", "-"},
	} {
		q, _ := Parse("lead:x")
		got := "-"
		if spans, ok := q.Match(NewDocument("x", c.lead, c.body), Meta{}); ok {
			got = strings.Trim(strings.NewReplacer("{", "", "}", "").Replace(fmt.Sprint(spans)), "[]")
		}
		if got != c.found {
			t.Errorf("lead %q of %q: got %s, want %s", c.lead, c.body, got, c.found)
		}
	}
	q, _ := Parse("elsewhere")
	if _, ok := q.Match(NewDocument("", "x elsewhere", "x"), Meta{}); ok {
		t.Error("a query without a field looked in a lead that is not in the body")
	}
}

// TestLeadIsBody says that lead and body are one text to NEAR.
func TestLeadIsBody(t *testing.T) {
	q, _ := Parse("lead:x NEAR/3 body:y")
	if _, ok := q.Match(NewDocument("", "", "One x\n\ny two"), Meta{}); !ok {
		t.Error("a place of the lead is not near one of the body")
	}
}

func TestLimits(t *testing.T) {
	word := func(n int) string { return strings.Repeat("a ", n) }
	for name, c := range map[string]struct{ good, bad string }{
		"bytes":  {strings.Repeat("x", 60<<10), strings.Repeat("x", 64<<10+1)},
		"groups": {strings.Repeat("(", 190) + "x" + strings.Repeat(")", 190), strings.Repeat("(", 50_000)},
		"closed": {strings.Repeat("(", 190) + "x" + strings.Repeat(")", 190), strings.Repeat("(", 300) + "x" + strings.Repeat(")", 300)},
		"nots":   {strings.Repeat("NOT ", 190) + "x", strings.Repeat("NOT ", 300) + "x"},
		"minus":  {strings.Repeat("-", 190) + "x", strings.Repeat("-", 60_000) + "x"},
		"chain":  {strings.Repeat("x NEAR/1 ", 190) + "x", strings.Repeat("x NEAR/1 ", 300) + "x"},
		"counts": {strings.Repeat("ATLEAST/1 ", 190) + "x", strings.Repeat("ATLEAST/1 ", 300) + "x"},
		"terms":  {word(10_000), word(10_001)},
		"fields": {strings.Repeat("tag:a ", 10_000), strings.Repeat("tag:a ", 10_001)},
		"phrase": {`"` + word(10_000) + `"`, `"` + word(10_001) + `"`},
		"list":   {"@long", "@long x"},
		"far":    {"x NEAR/10000 y", "x NEAR/10001 y"},
		"huge":   {"ATLEAST/1 x", "ATLEAST/99999999999999999999 x"},
	} {
		o := Options{Lists: func(string) ([]string, bool) { return slices.Repeat([]string{"x"}, 10_000), true }}
		if _, err := ParseWith(c.good, o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_, err := ParseWith(c.bad, o)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s: past the limit is no syntax error: %v", name, err)
		}
	}
}

// TestConcurrentMatch is for the race detector: a document and a query are shared, and stems are made on first use.
func TestConcurrentMatch(t *testing.T) {
	d := NewDocument("Police seize heroin", "", "Officers seized 12 kg of heroin. It was hidden.")
	q, err := Parse(`seizing NEAR/5 heroin AND polic* AND case:Officers`)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if spans, ok := q.Match(d, Meta{}); !ok || len(spans) != 4 {
				t.Errorf("got %v %v", spans, ok)
			}
		})
	}
	all.Wait()
}
