package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"blotter"
	"blotter/archive"
	"blotter/configs"
	"blotter/index"
)

// An index that differs from its archive in one way is found to, and in what way.
func TestCheckIndex(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	const lines = `{"id":"1","url":"https://news.example/1","title":"Rifles seized","text":"Officers seized two rifles in Harrowby.","source":"herald"}
{"id":"2","title":"A \"quoted\" title","text":"Nichts."}
{"id":"3 \"odd\"","title":"Odd","text":"123 456"}
`
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"--data", dir, "import", "-"}, strings.NewReader(lines), io.Discard, &stderr); code != exitOK {
		t.Fatal(stderr.String())
	}
	arc, err := archive.OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer arc.Close()
	var articles []blotter.Article
	seq, err := arc.IDs(t.Context(), func(id string) error {
		a, err := arc.Article(t.Context(), id)
		articles = append(articles, a)
		return err
	})
	if err != nil || len(articles) != 3 || seq == 0 {
		t.Fatalf("%d articles at change %d, %v", len(articles), seq, err)
	}
	c := &configs.Config{DataDir: dir}
	update := func(id string, put []blotter.Article, gone []string, seq int64) {
		t.Helper()
		idx, err := index.OpenBleve(indexDir(c), id)
		if err != nil {
			t.Fatal(err)
		}
		if err := idx.Update(t.Context(), put, gone, seq); err != nil {
			t.Fatal(err)
		}
		if err := idx.Close(); err != nil {
			t.Fatal(err)
		}
	}
	first := articles[0]
	for _, a := range articles {
		if a.URL == "https://news.example/1" {
			first = a
		}
	}
	stranger, changed := first, first
	stranger.ID, stranger.URL = "0123456789abcdef", "https://news.example/x"
	changed.Title, changed.Body = "Another", "Another text."
	tests := []struct {
		name string
		put  []blotter.Article
		gone []string
		seq  int64
		want []string
	}{
		{"sound", nil, nil, seq, nil},
		{"behind", nil, nil, seq - 1, []string{"behind: followed the archive to change"}},
		{"ahead", nil, nil, seq + 1, []string{"index: put back from an older copy"}},
		{"lacking", nil, []string{first.ID}, seq, []string{"index: it says that it holds 2 articles, and the archive has 3",
			"index: it lacks 1 article of the archive, such as " + first.ID, "index: it does not find 1 of 3 articles"}},
		{"with a stranger", []blotter.Article{stranger}, nil, seq, []string{"index: it says that it holds 4", "index: it gives 1 article that"}},
		{"one for another", []blotter.Article{stranger}, []string{first.ID}, seq, []string{"index: it gives 1 article", "index: it lacks 1", "index: it does not find"}},
		{"with another text", []blotter.Article{changed}, nil, seq, []string{"index: it does not find 1 of 3 articles by address and a word of the text, such as " + first.ID}},
	}
	for _, test := range tests {
		update(arc.ID(), articles, []string{stranger.ID}, seq)
		update(arc.ID(), test.put, test.gone, test.seq)
		findings, err := checkIndex(t.Context(), c, arc)
		if err != nil || len(findings) != len(test.want) {
			t.Errorf("%s: %q, %v; want %q", test.name, findings, err, test.want)
			continue
		}
		for i, f := range findings {
			kind, what, _ := strings.Cut(test.want[i], ": ")
			if string(f.Kind) != kind || !strings.Contains(f.What, what) || !strings.Contains(f.What, indexDir(c)) {
				t.Errorf("%s: %q, want %q", test.name, f, test.want[i])
			}
		}
	}

	update("another archive", nil, nil, seq)
	findings, err := checkIndex(t.Context(), c, arc)
	if err != nil || len(findings) != 1 || findings[0].Kind != foundIndex || !strings.Contains(findings[0].What, "of another archive") {
		t.Errorf("the index of another archive: %q, %v", findings, err)
	}
	idx, err := index.OpenBleve(indexDir(c), arc.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer idx.Close()
	findings, err = checkIndex(t.Context(), c, arc)
	if err != nil || len(findings) != 1 || findings[0].Kind != foundInUse {
		t.Errorf("an index in use: %q, %v", findings, err)
	}
}

// Every kind of finding has its next step, and what is found is shown under it.
func TestWriteFindings(t *testing.T) {
	known := map[archive.FindingKind]bool{}
	for _, s := range nextSteps {
		known[s.kind] = s.next != ""
	}
	for _, kind := range []archive.FindingKind{archive.FoundDatabase, archive.FoundRows, archive.FoundText, archive.FoundEvidence, archive.FoundWARC,
		archive.FoundErasure, foundIndex, foundBehind, foundInUse} {
		if !known[kind] {
			t.Errorf("nothing is said to help against %q", kind)
		}
	}
	var b bytes.Buffer
	writeFindings(&b, verifiedJSON{Findings: []findingJSON{{"rows", "one\x1b[31m", "do"}, {"rows", "two", "do"}, {"warc", "three", "put"}}})
	const want = `rows      one[31m
          two
          → do
warc      three
          → put
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}

// A check that is stopped says so, and neither that all is well nor that anything is wrong.
func TestVerifyStopped(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if code := run(t.Context(), []string{"--data", dir, "import", "-"}, strings.NewReader(`{"id":"1","text":"A text."}`), io.Discard, io.Discard); code != exitOK {
		t.Fatal(code)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"--data", dir, "verify"}, nil, &stdout, &stderr)
	if code != exitFailure || stdout.Len() > 0 || !strings.Contains(stderr.String(), "stopped") {
		t.Errorf("exit code %d, %q, %q", code, stdout.String(), stderr.String())
	}
}
