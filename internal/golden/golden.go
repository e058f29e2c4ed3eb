// Package golden compares what a test got with a file that holds what it should get. With the flag -update a test
// writes the file anew, so that a change of behaviour is read as a diff of data.
package golden

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Compare reports the first line in which a text differs from the file at path. With -update it writes the text there.
func Compare(t testing.TB, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(file)
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Errorf("%s, line %d (-update writes it anew)\ngot  %s\nwant %s", path, i+1, g[i], w[i])
			return
		}
	}
	t.Errorf("%s has %d lines, got %d (-update writes it anew)\ngot\n%s", path, len(w), len(g), got)
}
