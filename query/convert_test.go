package query

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"blotter/internal/golden"
	"blotter/internal/race"
)

// conversions are queries of a service, one a line of a file, with two that no line can hold. What becomes of each is a
// golden file; of those that cannot be kept, with --force too.
func conversions(t testing.TB, from string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/convert-" + from + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	return append(strings.Split(strings.TrimSpace(string(data)), "\n"), "", "  ")
}

func TestConvert(t *testing.T) {
	for _, from := range Dialects() {
		queries := conversions(t, from)
		if len(queries) < 25 {
			t.Errorf("%s: only %d queries", from, len(queries))
		}
		var b strings.Builder
		for _, s := range queries {
			fmt.Fprintf(&b, "%s\n", s)
			lost := convertInto(t, &b, from, s, false)
			if lost {
				b.WriteString(" --force\n")
				convertInto(t, &b, from, s, true)
			}
			b.WriteByte('\n')
		}
		golden.Compare(t, "testdata/convert-"+from+".golden", b.String())
	}
	if _, err := Convert("altavista", "x", false); err == nil {
		t.Error("a service that is not known is accepted")
	}
}

// TestConvertMeans tries conversions on texts: that a number is shifted is seen in what it finds.
func TestConvertMeans(t *testing.T) {
	for _, c := range []struct {
		from, query, text string
		want              bool
	}{
		{"nexis", "police w/2 raid", "police in raid", true},
		{"nexis", "police w/1 raid", "police in raid", false},
		{"nexis", "rico not w/2 puerto", "Puerto Rico", false},
		{"nexis", "rico not w/2 puerto", "Puerto Rico saw the act they call RICO used", true},
		{"nexis", "dog bite", "two dogs biting", true},
		{"nexis", `"dog bite"`, "two dogs biting", false},
		{"nexis", "hlead(fire and barn)", "barn fire", true},
		{"factiva", "president w/2 bush", "President George Bush", true},
		{"factiva", "president w/2 bush", "Bush, the president", false},
		{"factiva", "president near2 bush", "Bush, the president", true},
		{"factiva", "bank", "banks", false},
		{"factiva", "bank$3", "banking", true},
		{"factiva", "bank$3", "bankruptcy", false},
		{"factiva", "interest (rate or rates)", "interest rates", true},
		{"meltwater", "apple NEAR/0 watch", "watch apple", true},
		{"meltwater", "apple NEAR/0 watch", "apple big watch", false},
		{"meltwater", "apple NEAR watch", "apple one two three four watch", true},
		{"meltwater", "apple NEAR watch", "apple one two three four five watch", false},
		{"proquest", "nursing PRE/0 education", "nursing education", true},
		{"proquest", "nursing PRE/0 education", "education nursing", false},
		{"proquest", "nursing N/1 education", "nursing in education", true},
		{"proquest", "nursing N/1 education", "nursing in higher education", false},
		{"proquest", "cat?", "the cat", true},
		{"proquest", "mouse", "two mice", Stem("mice") == Stem("mouse")},
	} {
		conversion, err := Convert(c.from, c.query, false)
		if err != nil {
			t.Errorf("%s %s: %v", c.from, c.query, err)
			continue
		}
		if _, ok := conversion.Query.Match(NewDocument("", c.text, c.text), Meta{}); ok != c.want {
			t.Errorf("%s %s, here %s, on %q: %v", c.from, c.query, conversion.Query, c.text, ok)
		}
	}
}

// TestConvertDocs converts what the tables of docs/query-convert.md have in their first column, where it is one whole
// query, and finds what they have in the second.
func TestConvertDocs(t *testing.T) {
	data, err := os.ReadFile("../docs/query-convert.md")
	if err != nil {
		t.Fatal(err)
	}
	from, checked := "", map[string]int{}
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "## ") {
			_, from, _ = strings.Cut(line, "--from ")
			from, _, _ = strings.Cut(from, "`")
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if from == "" || len(cells) != 3 {
			continue
		}
		theirs, ours := strings.Split(cells[0], "`"), strings.Split(cells[1], "`")
		if len(theirs) != 3 || strings.Contains(theirs[1], "…") {
			continue
		}
		c, err := Convert(from, theirs[1], false)
		var loss *LossError
		switch {
		case strings.Contains(cells[1], "cannot be kept"):
			if errors.As(err, &loss) {
				checked[from]++
			} else if err == nil {
				t.Errorf("%s %s is kept, as %s", from, theirs[1], c.Query)
			}
		case len(ours) == 3 && err == nil && !strings.Contains(ours[1], "…"):
			if got := c.Query.String(); got != ours[1] {
				t.Errorf("%s %s: %s, and not %s", from, theirs[1], got, ours[1])
			}
			if said := strings.Contains(cells[2], ": note"); said != (len(c.Notes) > 0) {
				t.Errorf("%s %s: %d notes", from, theirs[1], len(c.Notes))
			}
			checked[from]++
		case errors.As(err, &loss):
			t.Errorf("%s %s: %v", from, theirs[1], err)
		}
	}
	for _, from := range Dialects() {
		if checked[from] < 8 {
			t.Errorf("%s: only %d rows could be checked", from, checked[from])
		}
	}
}

// convertInto writes what becomes of a query, and says whether some of it cannot be kept.
func convertInto(t *testing.T, b *strings.Builder, from, s string, force bool) bool {
	c, err := Convert(from, s, force)
	checkConversion(t, from, s, c, err)
	var syntax *SyntaxError
	var loss *LossError
	switch {
	case err == nil:
		fmt.Fprintf(b, "  = %s\n", c.Query)
		for _, n := range c.Notes {
			fmt.Fprintf(b, "  %d: %s\n", n.Column, n.Message)
		}
	case errors.As(err, &syntax):
		fmt.Fprintf(b, "  ERROR %d: %s", syntax.Column, syntax.Msg)
		if syntax.Hint != "" {
			fmt.Fprintf(b, " (%s)", syntax.Hint)
		}
		b.WriteByte('\n')
	case errors.As(err, &loss):
		for _, n := range loss.Losses {
			fmt.Fprintf(b, "  LOST %d: %s\n", n.Column, n.Message)
		}
		return !force
	}
	return false
}

// checkConversion says that a conversion is a query that prints and reads itself, or an error that points into it.
func checkConversion(t *testing.T, from, s string, c *Conversion, err error) {
	t.Helper()
	within := func(column int) bool { return column >= 1 && column <= utf8.RuneCountInString(s)+1 }
	var syntax *SyntaxError
	var loss *LossError
	switch {
	case err == nil:
		checkPrints(t, c.Query)
		for _, n := range c.Notes {
			if !within(n.Column) || n.Message == "" {
				t.Errorf("%s %q: note %+v", from, s, n)
			}
		}
	case errors.As(err, &syntax):
		if !within(syntax.Column) || syntax.Msg == "" || syntax.Query != s {
			t.Errorf("%s %q: %+v", from, s, syntax)
		}
	case errors.As(err, &loss):
		if len(loss.Losses) == 0 || loss.Query != s {
			t.Errorf("%s %q: a loss of nothing", from, s)
		}
		for _, n := range loss.Losses {
			if !within(n.Column) || n.Message == "" {
				t.Errorf("%s %q: loss %+v", from, s, n)
			}
		}
	default:
		t.Errorf("%s %q: %v", from, s, err)
	}
}

// FuzzConvert says that any text is a query that prints and reads itself, or an error that points into it.
func FuzzConvert(f *testing.F) {
	for i, from := range Dialects() {
		for _, s := range conversions(f, from) {
			f.Add(uint8(i), s)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, s string) {
		from := dialects[int(which)%len(dialects)].name
		for _, force := range []bool{false, true} {
			c, err := Convert(from, s, force)
			checkConversion(t, from, s, c, err)
		}
	})
}

// TestConvertBounded converts the largest and the deepest queries. None takes long or overflows the stack: the bound is
// thirty times and more what they take.
func TestConvertBounded(t *testing.T) {
	race.Skip(t)
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, part := range []string{
		"(", "a1 w/5 ", "a1 and ", "a1 not ", "not ", "word ", "word* ", "*", "?", "$1 ", "[*3]", "hd=", "ti(", "title:",
		"a1 w/9 b1 w/8 ", "\"a b\" ", "atleast5(", "a1 or b1 w/3 c1 and ", "a1?? ", "caps(", "date > 2015 and ", "su(",
		"{a b} ", "NOT a1 OR ", "x/F50/", "a1^9", "\"a b\"~5 OR ", "(a1 or b1) near5 ", "a1 near5 (b1 or ",
	} {
		s := strings.Repeat(part, maxBytes/len(part))
		for _, d := range dialects {
			for _, end := range []string{"", "a1"} {
				if len(s)+len(end) > maxBytes {
					continue
				}
				began := time.Now()
				c, err := Convert(d.name, s+end, true)
				checkConversion(t, d.name, s+end, c, err)
				if took := time.Since(began); took > time.Minute {
					t.Errorf("%s, %q: %v", d.name, part, took)
				} else if took > time.Second {
					t.Logf("%s, %q: %v", d.name, part, took)
				}
			}
		}
	}
	for _, d := range dialects {
		for s, want := range map[string]string{
			"a1" + strings.Repeat(" ", maxBytes):                       "longer than 64 KiB",
			strings.Repeat("(", 300) + "a1" + strings.Repeat(")", 300): "more than 200 levels deep",
		} {
			if _, err := Convert(d.name, s, false); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s, %.3q…: %v, want %q", d.name, s, err, want)
			}
		}
	}
}
