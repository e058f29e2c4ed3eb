package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// style writes for people: in colour on a terminal, unless NO_COLOR is set (no-color.org), plain elsewhere.
type style struct{ on bool }

func styleFor(w io.Writer) style {
	return style{on: isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func (s style) paint(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s style) bold(text string) string  { return s.paint("1", text) }
func (s style) faint(text string) string { return s.paint("2", text) }
func (s style) tag(text string) string   { return s.paint("36", text) }
func (s style) mark(text string) string  { return s.paint("33", text) }
func (s style) bad(text string) string   { return s.paint("31", text) }

// struck and added mark what a text lost and gained: in colour, or as wdiff does.
func (s style) struck(text string) string { return s.between("31;9", "[-", text, "-]") }
func (s style) added(text string) string  { return s.between("32", "{+", text, "+}") }

func (s style) between(code, left, text, right string) string {
	if !s.on {
		return left + text + right
	}
	return s.paint(code, text)
}

// visible drops from text of outside whatever steers a terminal instead of being shown. Text is cleaned when it is
// read; an archive may hold what an older program let through.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, text)
}

// plain is visible text on one line.
func plain(text string) string { return strings.Join(strings.Fields(visible(text)), " ") }

// shorten cuts text to at most n characters, at a word's end where there is one.
func shorten(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	cut := string(runes[:n-1])
	if at := strings.LastIndexByte(cut, ' '); at > len(cut)/2 {
		cut = cut[:at]
	}
	return cut + "…"
}

// output remembers the first error of writing, so that a full disk behind a redirect does not pass as success.
type output struct {
	io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// terminal is the file behind a writer, if that is a terminal.
func terminal(w io.Writer) (*os.File, bool) {
	if o, ok := w.(*output); ok {
		w = o.Writer
	}
	f, ok := w.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

func isTerminal(w io.Writer) bool {
	_, ok := terminal(w)
	return ok
}

// confirmed asks a yes-or-no question on a terminal. Without one the answer is no.
func (a *app) confirmed(format string, args ...any) bool {
	if f, ok := a.stdin.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return false
	}
	fmt.Fprintf(a.stderr, format+" [y/N] ", args...)
	answer, _ := bufio.NewReader(a.stdin).ReadString('\n')
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y")
}

// columns is how many characters fit into a line of a terminal.
func columns(w io.Writer) int {
	if f, ok := terminal(w); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 80
}

// screenLines is how many lines a terminal shows.
func screenLines(f *os.File) int {
	if _, n, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
		return n
	}
	return 24
}

// forMachines writes what --output json or jsonl asks for: the whole as one value, or its rows line by line. It says whether it
// was asked for either; else people are to read it.
func forMachines[T any](a *app, whole any, rows []T) (asked bool, err error) {
	switch a.output {
	case "json":
		return true, a.writeJSON(whole)
	case "jsonl":
		for _, r := range rows {
			if err := a.writeJSON(r); err != nil {
				return true, err
			}
		}
		return true, nil
	}
	return false, nil
}

// rowsForMachines is forMachines for what is a list as a whole, too; none is an empty list.
func rowsForMachines[T any](a *app, rows []T) (asked bool, err error) {
	if rows == nil {
		rows = []T{}
	}
	return forMachines(a, rows, rows)
}

// writeJSON writes one value for machines: indented for json, on one line for jsonl.
func (a *app) writeJSON(v any) error { return writeJSONTo(a.stdout, a.output == "json", v) }

func writeJSONTo(w io.Writer, indent bool, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if indent {
		enc.SetIndent("", "  ")
	}
	return enc.Encode(v)
}
