package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestResearchDocs does what docs/research.md says, command by command, and looks for each line of output that stands there.
// Ids and numbers may differ, since the newsrooms listen on another port each time.
func TestResearchDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/research.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("NO_COLOR", "1")
	t.Chdir(t.TempDir())
	var output string
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimRight(line, "\n")
			command, isCommand := strings.CutPrefix(line, "$ ")
			switch {
			case strings.HasPrefix(command, "cd "):
				t.Chdir(strings.TrimPrefix(command, "cd "))
			case isCommand:
				commands++
				output = runLine(t, command)
			case line != "…" && line != "" && !strings.Contains(masked(output), masked(line)):
				t.Errorf("docs/research.md has %q; the output is\n%s", line, output)
			}
		}
	}
	if commands < 12 {
		t.Errorf("docs/research.md has %d commands; the reading is broken", commands)
	}
}

// masked is a text with what may differ put aside.
func masked(s string) string {
	for _, m := range []struct{ what, with string }{
		{`\b[0-9a-f]{16}\b.*`, "ID"}, {`[0-9]+([.,][0-9]+)*`, "N"}, {`█+`, ""}, {` +`, " "}, {`(?m) $`, ""},
	} {
		s = regexp.MustCompile(m.what).ReplaceAllString(s, m.with)
	}
	return s
}

// runLine runs a line of a shell with single quotation marks, and gives all that it writes.
func runLine(t *testing.T, line string) string {
	t.Helper()
	args := regexp.MustCompile(`'[^']*'|\S+`).FindAllString(line, -1)
	for i := range args {
		args[i] = strings.Trim(args[i], "'")
	}
	if args[0] != "blotter" {
		t.Fatalf("%q is no command of ours", line)
	}
	in := ""
	if args[1] == "code" {
		in = keysOf(t, args[2], args[4])
	}
	var out bytes.Buffer
	if code := run(t.Context(), args[1:], strings.NewReader(in), &out, &out); code != exitOK {
		t.Fatalf("%s: exit code %d\n%s", line, code, out.String())
	}
	return out.String()
}

// keysOf are what a coder presses who takes an article for a seizure when the rules do: anna. Ben is stricter with students.
func keysOf(t *testing.T, sample, coder string) string {
	t.Helper()
	lines, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	var tagged bytes.Buffer
	if code := run(t.Context(), []string{"search", "tag:seizure", "-o", "jsonl"}, nil, &tagged, &bytes.Buffer{}); code != exitOK {
		t.Fatal(code)
	}
	var keys strings.Builder
	n := 0
	for line := range strings.Lines(string(lines)) {
		var c codingLine
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(tagged.String(), c.ID) {
			if n++; n > 1 || coder == "anna" { // they differ on the first
				keys.WriteString("1")
			}
		}
		keys.WriteString("\n")
	}
	return keys.String()
}

// TestDocsNameFlags holds what docs/ and the README say against the commands: each command is one, and each of its flags.
func TestDocsNameFlags(t *testing.T) {
	a := &app{}
	root := a.root()
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range regexp.MustCompile("(?m)^(?:\\$ )?(?:sudo )?blotter [^#\n]*|`blotter [a-z][^`]*`").FindAllString(string(text), -1) {
			line = strings.Trim(line, "`")
			words := strings.Fields(regexp.MustCompile(`'[^']*'|"[^"]*"`).ReplaceAllString(strings.TrimPrefix(strings.TrimPrefix(line, "$ "), "sudo "), "x"))
			cmd, _, err := root.Find(words[1:])
			if err != nil || cmd == root && len(words) > 1 && words[1] != "help" && !strings.HasPrefix(words[1], "-") {
				t.Errorf("%s: %s is no command: %v", file, line, err)
				continue
			}
			for _, w := range words {
				name, isLong := strings.CutPrefix(w, "--")
				name, _, _ = strings.Cut(name, "=")
				if isLong && name != "" && cmd.Flags().Lookup(name) == nil && cmd.InheritedFlags().Lookup(name) == nil {
					t.Errorf("%s: %s: there is no --%s", file, line, name)
				}
			}
		}
	}
}

// TestHardeningDocs holds docs/hardening.md to the tests that it names: each is there, in the package that it is said to be in.
func TestHardeningDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/hardening.md")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for row := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(row, "|\n"), " | ")
		if !strings.HasPrefix(row, "|") || len(cells) != 3 || strings.HasPrefix(row, "| what") {
			continue
		}
		for part := range strings.SplitSeq(cells[2], ";") {
			pkg, tests, ok := strings.Cut(strings.TrimSpace(part), ": ")
			if !ok {
				t.Errorf("no package in %q", part)
				continue
			}
			source := testSource(t, strings.Trim(pkg, "`"))
			for test := range strings.SplitSeq(tests, ", ") {
				named++
				if !strings.Contains(source, "\nfunc "+strings.TrimSpace(test)+"(") {
					t.Errorf("%s has no %s", pkg, test)
				}
			}
		}
	}
	if named < 100 {
		t.Errorf("docs/hardening.md names %d tests; the reading is broken", named)
	}
}

// testSource is the text of a package's tests.
func testSource(t *testing.T, pkg string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", strings.TrimPrefix(pkg, "blotter"), "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files of tests, %v", pkg, len(files), err)
	}
	var b strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}
