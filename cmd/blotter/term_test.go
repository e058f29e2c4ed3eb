package main

import "testing"

// TestVisible: what steers a terminal does not reach it, from whatever archive it comes.
func TestVisible(t *testing.T) {
	for _, c := range []struct{ name, in, visible, plain string }{
		{"text", "Zoë’s 5 £\nnext", "Zoë’s 5 £\nnext", "Zoë’s 5 £ next"},
		{"escape", "a\x1b[31mb\x1b]0;title\x07c", "a[31mb]0;titlec", "a[31mb]0;titlec"},
		{"escape in one byte", "a\u009b31mb", "a31mb", "a31mb"},
		{"NUL, backspace and return", "a\x00b\x08c\rd", "abcd", "abcd"},
		{"bidi override and isolate", "a\u202eb\u2066c\u200fd", "abcd", "abcd"},
		{"zero width", "a\u200bb\ufeffc\u00add", "abcd", "abcd"},
		{"line and paragraph separator", "a\u2028b\u2029c", "abc", "abc"},
		{"private use", "a\ue000b", "ab", "ab"},
		{"spaces", "a \u00a0\n b", "a \u00a0\n b", "a b"},
	} {
		if got := visible(c.in); got != c.visible {
			t.Errorf("%s: visible(%q) = %q, want %q", c.name, c.in, got, c.visible)
		}
		if got := plain(c.in); got != c.plain {
			t.Errorf("%s: plain(%q) = %q, want %q", c.name, c.in, got, c.plain)
		}
	}
}
