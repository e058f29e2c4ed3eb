package newsroom

import (
	"slices"
	"strings"
	"testing"
)

func TestParseArticleFaults(t *testing.T) {
	const good = "path: /a\ntitle: A: b\npublished: 2024-06-03 14:05 BST\n\nText.\n"
	a, err := parseArticle("a.2.txt", good)
	if err != nil || a.Title != "A: b" || a.edition != 2 || a.Published.Format("15:04 MST") != "14:05 BST" {
		t.Fatalf("%+v, %v", a, err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"title: ", "tittle: ", "no key of"},
		{"BST", "CET", "neither GMT nor BST"},
		{"2024-06-03", "2024-06-31", "day out of range"},
		{"path: /a\n", "", "no path"},
		{"Text.", "", "no text"},
		{"Text.", "\xff", "not UTF-8"},
	} {
		_, err := parseArticle("a.txt", strings.Replace(good, c.old, c.new, 1))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: %v, want %q", c.new, c.old, err, c.want)
		}
	}
}

func TestBlocks(t *testing.T) {
	for text, want := range map[string]block{
		"one\ntwo":        {Kind: "text", Text: "one two"},
		"## Head":         {Kind: "heading", Text: "Head"},
		"> said\nso":      {Kind: "quote", Text: "said so"},
		"- a\n  b\n- c":   {Kind: "list", Items: []string{"a b", "c"}},
		"-5 is no bullet": {Kind: "text", Text: "-5 is no bullet"},
	} {
		if got := parseBlock(text); got.Kind != want.Kind || got.Text != want.Text || !slices.Equal(got.Items, want.Items) {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}
