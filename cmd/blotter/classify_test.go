package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"blotter"
	"blotter/classify"
	"blotter/internal/pipeline"
)

func testPack(t *testing.T) *classify.Pack {
	t.Helper()
	p, err := classify.Parse(fstest.MapFS{"gun.yaml": {Data: []byte("id: gun\ntag: gun\ntitle: Gun\nany: [gun]\n")}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Whatever a line holds, it gives one line, in its place.
func TestClassifyRefuses(t *testing.T) {
	long := func(n int) string { return `{"id":"long","text":"a gun ` + strings.Repeat("x", n) + `"}` }
	input := strings.Join([]string{
		`{"id":"a","text":"A gun."}`,
		long(pipeline.MaxText),
		long(3 * pipeline.MaxText), // longer than any line may be
		"",
		"{\"id\":\"bytes\",\"text\":\"a \xff\xfe gun\"}",
		`{"id":"edge","text":"gun ` + strings.Repeat("x ", 1<<20) + `"}`,
		"\x00\x01",
	}, "\n")
	var out bytes.Buffer
	a := &app{stdout: &out, stderr: &out, quiet: true}
	if err := a.classify(t.Context(), testPack(t), readLines("x", strings.NewReader(input))); err != nil {
		t.Fatal(err)
	}
	var got []string
	for lines := json.NewDecoder(&out); lines.More(); {
		var c classified
		if err := lines.Decode(&c); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %d %s", c.ID, len(c.Tags), c.Error))
	}
	want := []string{
		"a 1 ", "long 0 size: the text has 8.0 MiB; the limit is 8 MiB", "line 3 0 size: the line is longer than 16 MiB",
		"bytes 1 ", "edge 1 ", "line 7 0 record: not JSON: invalid character '\\x00' looking for beginning of value",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("have\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Conditions and years ask for what the record says of itself.
func TestClassifyKnowsTheRecord(t *testing.T) {
	p, err := classify.Parse(fstest.MapFS{"gun.yaml": {Data: []byte(
		"context: {years: ['in ONEAR/2 (200? OR 201?)']}\n" +
			"rules: [{id: gun, tag: gun, title: Gun, any: [gun AND source:met AND lang:en AND published:2015]}]\n")}})
	if err != nil {
		t.Fatal(err)
	}
	line := pipeline.Line{Number: 1, Text: []byte(`{"id":"a","source":"met","lang":"en","date":"2015-06-01","text":"In 2009 a gun was found."}`)}
	got := classifyLine(p, line)
	if len(got.Tags) != 1 || got.Tags[0].Status != blotter.Background {
		t.Errorf("have %+v", got)
	}
}
