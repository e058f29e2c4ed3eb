package query

import (
	"fmt"
	"strings"
	"testing"
)

func savedOptions() Options {
	saved := map[string]string{
		"plots": "plot OR conspiracy", "guns": "@weapons", "raids": "title:raid tag:arrest", "both": "@plots AND @raids", "self": "a OR @other", "other": "@self",
		"wrong": "a AND (b", "weapons": "hidden",
	}
	for i := range 40 { // each holds the next one twice
		saved[fmt.Sprintf("bomb%d", i)] = fmt.Sprintf("@bomb%d @bomb%d", i+1, i+1)
	}
	saved["bomb40"] = "x y"
	return Options{
		Lists:      func(name string) ([]string, bool) { return []string{"gun", "rifle"}, name == "weapons" },
		ListNames:  []string{"weapons"},
		Saved:      func(name string) (string, bool) { q, ok := saved[name]; return q, ok },
		SavedNames: []string{"both", "guns", "plots", "raids"},
	}
}

// TestSaved: a saved query stands where an expression in parentheses could.
func TestSaved(t *testing.T) {
	tests := []struct{ query, want string }{
		{"@plots", "plot OR conspiracy"},
		{"@plots NOT toy", "(plot OR conspiracy) NOT toy"},
		{"@plots NEAR/5 bomb", "(plot OR conspiracy) NEAR/5 bomb"},
		{"x @both", "x (plot OR conspiracy) title:raid tag:arrest"},
		{"@guns seized", "@weapons seized"},
		{"@weapons", "@weapons"}, // the list goes before the saved query of its name
	}
	for _, test := range tests {
		q, err := ParseWith(test.query, savedOptions())
		if err != nil {
			t.Errorf("%s: %v", test.query, err)
			continue
		}
		want, err := ParseWith(test.want, savedOptions())
		if err != nil {
			t.Fatal(err)
		}
		if q.String() != want.String() {
			t.Errorf("%s: %s, want %s", test.query, q, want)
		}
		if again, err := ParseWith(q.String(), savedOptions()); err != nil || again.String() != q.String() {
			t.Errorf("%s: it is printed as %s, which is read as %v, %v", test.query, q, again, err)
		}
	}
}

func TestSavedErrors(t *testing.T) {
	tests := []struct{ query, err string }{
		{"x @self", "column 3: the saved query @self, column 6: the saved query @other, column 1: the saved query @self contains itself"},
		{"x OR @wrong", "column 6: the saved query @wrong, column 7: "},
		{"@raids NEAR/5 x", "column 1: "},
		{"title:@plots", "column 7: @plots is a saved query, and cannot be in title:"},
		{"@plotz", "column 1: no word list and no saved query is called @plotz; did you mean @plots?"},
		{"@bomb0", "the query has more than 10000 terms"},
	}
	for _, test := range tests {
		q, err := ParseWith(test.query, savedOptions())
		if err == nil || !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v, %v; want %q", test.query, q, err, test.err)
		}
	}
}

// TestExpanded: what stands in the place of lists finds the same without them.
func TestExpanded(t *testing.T) {
	for _, text := range []string{
		"@weapons seized", "title:@weapons", "seized NEAR/5 @weapons", "ATLEAST/2 @weapons", "NOT @weapons x", "@weapons SAME/S @weapons OR -@weapons y",
	} {
		q, err := ParseWith(text, savedOptions())
		if err != nil {
			t.Fatal(err)
		}
		expanded := q.Expanded().String()
		again, err := Parse(expanded)
		if err != nil || strings.Contains(expanded, "@") {
			t.Errorf("%s: %s, %v", text, expanded, err)
			continue
		}
		for _, body := range []string{"A rifle was seized here.", "A gun, a rifle, seized.", "x and y", "Nothing.", "Seized last year. x"} {
			d := NewDocument(body, "", body)
			_, one := q.Match(d, Meta{})
			_, other := again.Match(d, Meta{})
			if one != other {
				t.Errorf("%s and %s differ on %q", text, expanded, body)
			}
		}
	}
}
