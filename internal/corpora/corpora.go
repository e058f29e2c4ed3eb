// Package corpora finds the real articles, feeds, pages and WARC files that tests measure against.
//
// They are other people's work and so no part of the repository. They lie beside the checkout, in the folder
// shared/corpora next to the one that holds go.mod. A test that asks for what is not there is skipped with a reason.
package corpora

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Path returns the place of a file or folder of the corpora, or skips the test when it is absent.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root := dir
	for !there(t, filepath.Join(root, "go.mod")) {
		if root == filepath.Dir(root) {
			t.Fatalf("corpora: no go.mod in %s or above it", dir)
		}
		root = filepath.Dir(root)
	}
	path := filepath.Join(append([]string{filepath.Dir(root), "shared", "corpora"}, elem...)...)
	if !there(t, path) {
		t.Skipf("the corpus is not beside the checkout: %s", path)
	}
	return path
}

func there(t testing.TB, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

// Text is an article of the bulk corpus.
type Text struct{ Title, Text string }

// Bulk returns the first articles of the bulk corpus, at most so many, or skips the test when it is absent.
func Bulk(t testing.TB, most int) []Text {
	t.Helper()
	f, err := os.Open(Path(t, "bulk", "articles.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var texts []Text
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() && len(texts) < most {
		var a Text
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, a)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return texts
}
