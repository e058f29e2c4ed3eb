package query

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"blotter/internal/golden"
)

// wrong are queries that are refused, at least one for each row of the language. What each gets is a golden file.
var wrong = []string{
	"", "   ", "...", "£",
	"()", "( )", "(a", "a)", "((a)", "a (b", `"a b`, "“a b", `""`, `"..."`, `a"b"`, `"a"b`, "seize(x)", "(a)b", "XOR(a)",
	"AND", "a AND", "AND b", "a OR", "OR b", "a AND OR b", "a OR OR b", "(a OR) b", "NOT", "a NOT", "-", "- a", "a - b", "–a", "−a", "a BUT b", "BUT",
	"se*", "*", "s?ize", "*ism", "a se* b", `"te* plot"`, "org*ation", "seize**", "se!", "se!ze", "?", "counter-*", "counter-te*",
	"=", "= a", "=(a OR b)", "=seiz*", "=wom?n", "case:", "case: MET", "case:(A OR B)", "case:ME*", `case:""`,
	"titel:x", "foo:x", "Title:x", "TITLE:x", "14:05", "http://x.y", "title:", "title: x", "title:()", "title:-x", "title:AND", "title:(body:x)",
	"title:(source:met)", "lead:title:x", "intitle:", "hd=", "hd= x",
	"@", "@weapons", "@crme", "@broken", "@empty", "@wild", "@nested", "@group",
	"ATLEAST/3", "ATLEAST/0 x", "ATLEAST/x y", "ATLEAST3 x", "ATLEAST x", "ATLEAST5(x)", "ATLEAST/2 (a b)", "ATLEAST/2 NOT a", "ATLEAST/2 source:met", "a ATLEAST/2",
	"a NEAR b", "a NEAR5 b", "a NEAR/ b", "a NEAR/x b", "a NEAR/0 b", "a NEAR/10001 b", "a near/5 b", "a w/5 b", "a NEER/5 b", "a NEAR/5", "NEAR/5 a",
	"a NEAR/5 AND b", "a NEAR/5 NOT b", "a NEAR/5 (NOT b)", "a NEAR/5 (b OR NOT c)", "(a b) NEAR/5 c", "a NEAR/5 source:met", "a NEAR/5 (b OR tag:c)",
	"a NEAR/5 title:(b c)", "a WITHIN/5 b", "a ~5 b", "a~5", `"a"~5`, `"a b"~`, `"a b"~x`, `"a b"~0`, "(a OR b)~5", `"a b" ~5`, "(a -b)~5",
	"a ONEAR b", "a ONAER/3 b", "a PRE5 b", "a ADJ b", "a ONEAR/5 NOT b", "a NOT ONEAR/5 b", "NOT NEAR/5 b", "a NOT NEAR/5", "a NOT NEAR b", "a NOT NEER/5 b",
	"a NOT NEAR/5 (b AND c)",
	"a SAME b", "a SAME/X b", "a SAME/5 b", "a SAEM/S b", "a /x b", "a /S b", "a w/s b", "a SAME/S", "/s a", "a SAME/S (NOT b)", "a SAME/P source:met", "lead:(a", "a - b?", "a NOT SAME/S (b c)",
	"a, b", "a; b", "a|b", "a | b", "a || b", "a & b", "a + b", "+a", "a^2", "{a}", "[a]", "a ANDNOT b", "#tag", "~a", "a\\b", "<a>",
	"source:", "source: met", "source:()", "source:(a b)", "source:(a OR", "source:(a OR )", "source:(a OR (b))", "source:*", "source:m*t", "source:>=3", "sorce:met",
	"title:source:met", "tag:", `tag:""`, "status:reported", "status:seizure", "status:seizure=", "status:seizure=reportd", "status:seizure=foo",
	"fact:weapons", "fact:weapons>", "fact:weapons>x", "fact:>5", `fact:a="b c"`, "level:", "level:>3", "country:", "lang:>en", `author:"..."`,
	"published:", "published:soon", "published:2015-13", "published:2015-02-30", "published:2015-6", "published:15", "published:2016..2015", "published:..",
	"published:2015..x", "published:>", "published:2015-06-24T10:00", "fetched:>=yesterday", "fetched:2026-11-31", "words:many", "words:>", "words:5..3", "words:..", "words:-3",
	"\xff", strings.Repeat("word ", 30) + "NEER/5 x " + strings.Repeat("word ", 30), "a\nAND\n\t(b\nNEER/3 c)", "日本 NEER/5 本",
}

var wrongLists = map[string][]string{
	"crime": {"plot"}, "broken": {"gun", "se*"}, "empty": {}, "wild": {"gun", "a OR b"}, "nested": {"@crime"}, "group": {"(a)"},
}

func TestErrors(t *testing.T) {
	o := Options{
		Lists:     func(name string) ([]string, bool) { l, ok := wrongLists[name]; return l, ok },
		ListNames: []string{"broken", "crime", "empty", "group", "nested", "wild"},
	}
	var b strings.Builder
	for _, s := range wrong {
		q, err := ParseWith(s, o)
		var e *SyntaxError
		if !errors.As(err, &e) {
			t.Errorf("%q is read as %v", s, q)
			continue
		}
		if e.Query != s || e.Column < 1 || strings.Contains(err.Error(), "\n") || strings.Count(e.Caret(), "\n") != 1 {
			t.Errorf("%q: %+v", s, e)
		}
		fmt.Fprintf(&b, "%s\n%s\n\n", e.Caret(), err)
	}
	golden.Compare(t, "testdata/errors.golden", b.String())
}

func TestExplain(t *testing.T) {
	var b strings.Builder
	for _, s := range []string{
		"seize", `title:(seiz* OR "threat level") AND NOT @crime`,
		`ATLEAST/2 (a NEAR/5 b) ONEAR/1 =c SAME/P case:"Border Force" NOT SAME/S d NOT NEAR/3 counter-terror*`,
		`source:met published:2015-01..2015-06 fetched:>=2026-11-01 published:<2015 published:2015-06-24 words:>300 author:"Jane Smith" url:x.y`,
		"(a OR b) c -d", "@long",
	} {
		o := testOptions()
		o.Lists = func(name string) ([]string, bool) {
			if name == "long" {
				return strings.Fields(strings.Repeat("x ", 30)), true
			}
			return testLists[name], true
		}
		q, err := ParseWith(s, o)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n%s\n", q, q.Explain())
	}
	golden.Compare(t, "testdata/explain.golden", b.String())
}

// Reading a query takes memory by its length: of each, the largest that is allowed.
func TestMemoryOfParsing(t *testing.T) {
	for _, part := range []string{"-ab ", "=ab ", "title:ab ", "case:Ab ", `="a b" `} {
		q := strings.Repeat(part, min(maxBytes/len(part), maxTerms/2))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Parse(q); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
			t.Errorf("%s…: %d MB for %d KB", part, took>>20, len(q)>>10)
		}
	}
}

func TestFieldsOption(t *testing.T) {
	o := Options{Fields: []string{"source", "lang"}}
	if _, err := ParseWith("source:met lang:en", o); err != nil {
		t.Error(err)
	}
	if _, err := ParseWith("tag:seizure", o); err == nil {
		t.Error("a field that is not allowed is accepted")
	}
}
