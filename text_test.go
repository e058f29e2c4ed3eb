package blotter

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"space runs", "a \t b\u00a0 c", "a b c"},
		{"paragraphs", "a\n\n\n  b\n c", "a\n\nb\nc"},
		{"edges", "\n\n a \n", "a"},
		{"line endings", "a\r\n\r\nb", "a\n\nb"},
		{"unicode separators", "a\u2029\u2029b\u2028c", "a\n\nb\nc"},
		{"NUL and escape", "a\x00b\x1b[31mc", "ab[31mc"},
		{"all controls", "a\x01\x07\x08\x1b\x7f\u0080\u009bb", "ab"},
		{"bidi embedding and override", "a\u202ab\u202bc\u202cd\u202de\u202ef", "abcdef"},
		{"bidi isolates", "a\u2066b\u2067c\u2068d\u2069e", "abcde"},
		{"bidi marks", "a\u200eb\u200fc\u061cd", "abcd"},
		{"zero width", "a\u200bb\ufeffc\u00add\u2060e", "abcde"},
		{"joiners kept", "a\u200db\u200cc", "a\u200db\u200cc"},
		{"bad bytes", "a\xffb", "a\ufffdb"},
		{"empty", "", ""},
	} {
		if got := CleanText(c.in); got != c.want {
			t.Errorf("%s: CleanText(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestCleanLine(t *testing.T) {
	if got := CleanLine("a\n\nb\nc"); got != "a b c" {
		t.Errorf("CleanLine = %q", got)
	}
}

func TestCountUTF8(t *testing.T) {
	if whole, broken := CountUTF8([]byte("caf\xc3\xa9 \xe2\x82\xac5 \xe9t\xe9 \xef\xbf\xbd")); whole != 3 || broken != 2 {
		t.Errorf("%d whole and %d broken, want 3 and 2", whole, broken)
	}
}

func FuzzCleanText(f *testing.F) {
	f.Add("a\x00\n\n\u202eb")
	f.Fuzz(func(t *testing.T, s string) {
		got := CleanText(s)
		if !utf8.ValidString(got) || strings.Contains(got, "\n\n\n") || CleanText(got) != got {
			t.Errorf("CleanText(%q) = %q is not clean", s, got)
		}
	})
}
