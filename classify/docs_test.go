package classify

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"blotter/internal/race"
)

// rulesBlock is a block of docs/rules.md that is a whole file of rules.
var rulesBlock = regexp.MustCompile("(?ms)^```yaml rules\n(.*?)^```$")

// The rules that the guide shows hold in the folder that it tells the reader to make: beside the default ones.
func TestDocsRules(t *testing.T) {
	race.Skip(t)
	text, err := os.ReadFile(filepath.Join("..", "docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := rulesBlock.FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 4 {
		t.Fatalf("found %d blocks of rules", len(blocks))
	}
	for i, block := range blocks {
		t.Run(fmt.Sprintf("block %d", i+1), func(t *testing.T) {
			p, err := Parse(besideDefault(t, block[1]))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range p.Test() {
				t.Errorf("%s: want a tag: %v: %s", f.Rule, f.Want, f.Text)
			}
			for _, r := range p.Lint() {
				if r.File == "rules/zz-docs.yaml" {
					t.Errorf("%s%s: %s", r.Rule, r.List, r.Message)
				}
			}
		})
	}
}

func besideDefault(t *testing.T, text string) fs.FS {
	t.Helper()
	files := fstest.MapFS{"zz-docs.yaml": {Data: []byte(text)}}
	paths, err := filepath.Glob(filepath.Join("..", "configs", "rules", "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no default rules: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = &fstest.MapFile{Data: data}
	}
	return files
}

// The guide lists every key that a file may have, and no other.
func TestDocsKeys(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, reference, _ := strings.Cut(string(text), "## All keys")
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\|").FindAllStringSubmatch(reference, -1) {
		listed = append(listed, m[1])
	}
	// An unknown key is refused with all that there are.
	_, err = Parse(rulesFS("zzzzzz: 1\n"))
	_, known, found := strings.Cut(fmt.Sprint(err), "known here: ")
	if !found {
		t.Fatalf("have %v", err)
	}
	known, _, _ = strings.Cut(known, "\n")
	for _, key := range strings.Split(known, ", ") {
		if key != "rules" && !slices.ContainsFunc(listed, func(l string) bool { return l == key || strings.HasPrefix(l, key+".") }) {
			t.Errorf("the guide does not list %s", key)
		}
	}
	for _, l := range listed {
		top, _, _ := strings.Cut(l, ".")
		if !slices.Contains(strings.Split(known, ", "), top) {
			t.Errorf("the guide lists %s, which is no key", l)
		}
	}
}
