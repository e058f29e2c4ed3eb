// Package strict reads YAML that people write, and says everything that is wrong with it at once.
//
// Decode fills a struct whose fields carry `yaml:"name"` tags. What it does not know it refuses: unknown keys (with
// the key that was probably meant), keys that stand twice, values of another type, empty values, anchors and aliases,
// tags, a second document, text that is not UTF-8, files over 1 MiB, nesting over 32 levels. Nothing is guessed and
// nothing is silently ignored: a setting with a typo is a setting that does not work.
//
// What a value means is the caller's to check; Doc.Fault gives a finding of the caller's own the position of the value
// it is about, so that both kinds stand in one list in the order of the file.
package strict

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	maxBytes = 1 << 20
	maxDepth = 32
)

// Fault is one thing wrong in a file.
type Fault struct {
	File   string
	Line   int // from 1; 0 when the whole file is meant
	Column int // from 1, in characters; 0 when only the line is known
	Msg    string
	Shown  string // lines that show the place, such as a query with a caret under its fault, or ""
}

// Error gives the fault as compilers do: file:line:column: message, and below it, indented, what shows the place.
func (f Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	for _, n := range []int{f.Line, f.Column} {
		if n > 0 {
			b.WriteString(":" + strconv.Itoa(n))
		}
	}
	b.WriteString(": " + f.Msg)
	if f.Shown != "" {
		b.WriteString("\n    " + strings.ReplaceAll(f.Shown, "\n", "\n    "))
	}
	return b.String()
}

// Faults is everything wrong in one or more files. As an error it is one fault a line.
type Faults []Fault

// Error joins the faults, one a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Err sorts the faults by file and position and returns them as an error, or nil when there are none. (Faults in an
// error variable would not be nil even when empty.)
func (fs Faults) Err() error {
	if len(fs) == 0 {
		return nil
	}
	fs.sort()
	return fs
}

func (fs Faults) sort() {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Doc knows where each value of a decoded document stands.
type Doc struct {
	file string
	at   map[string]position // by path: "", "crawl", "crawl.delay", "sources[3].url"
}

type position struct{ line, column int }

// Fault is a finding about the value at path, such as "sources[3].url". The finding about a value that the file
// does not have gets the position of what it is missing from.
func (d *Doc) Fault(path, format string, args ...any) Fault {
	f := Fault{File: d.file, Msg: fmt.Sprintf(format, args...)}
	for {
		if p, ok := d.at[path]; ok {
			f.Line, f.Column = p.line, p.column
			return f
		}
		if path == "" {
			return f
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}

// Decode reads the one YAML document in data into the struct that into points to, which may hold defaults: a key that
// the document does not have leaves its field alone. file is the name that faults carry. All faults are returned,
// in the order of the file; with any, into is not to be used, but the Doc still is. It is nil when the file is not YAML at
// all, so that there is nothing to check further.
//
// The fields may be structs, slices, maps with string keys, pointers (nil when the key is absent), strings, booleans,
// numbers, time.Duration ("90s", "1h30m") and whatever reads itself from text by encoding.TextUnmarshaler, such as Size.
// A field without a yaml tag is not read, but the fields of an embedded struct are. Decode panics when into is anything else, which is a fault of the program.
func Decode(file string, data []byte, into any) (*Doc, Faults) {
	d := &decoder{doc: &Doc{file: file, at: map[string]position{}}}
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("strict: decode into %T, want a pointer to a struct", into))
	}
	root := d.parse(data)
	if root == nil {
		return nil, d.faults
	}
	d.value(root, target.Elem(), "", 0)
	d.faults.sort()
	return d.doc, d.faults
}

// parse gives the root of the document's tree, or nil when it has none.
func (d *decoder) parse(data []byte) *yaml.Node {
	if len(data) > maxBytes {
		d.fault(position{}, "file is %d bytes long; the limit is %d", len(data), maxBytes)
		return nil
	}
	if at, ok := invalidUTF8(data); !ok {
		d.fault(at, "text is not UTF-8")
		return nil
	}
	reader := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	switch err := reader.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1} // nothing but comments: all defaults
	case err != nil:
		d.syntax(err)
		return nil
	}
	switch err := reader.Decode(&second); {
	case err == nil:
		d.fault(position{second.Line, second.Column}, "a second document begins here; write one document a file")
	case !errors.Is(err, io.EOF):
		d.syntax(err)
	}
	return doc.Content[0]
}

var syntaxError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntax records an error of the YAML parser, which names a line in its text at best.
func (d *decoder) syntax(err error) {
	m := syntaxError.FindStringSubmatch(err.Error())
	if m == nil {
		d.fault(position{}, "not YAML: %v", err)
		return
	}
	line, _ := strconv.Atoi(m[1]) // no line: 0, the whole file
	if line > 0 && strings.HasPrefix(m[2], "did not find expected") {
		line++ // the parser, unlike the scanner, counts its lines from 0
	}
	if m[2] == "found character that cannot start any token" {
		m[2] += "; put a value that begins with @, %, ` or a tab in quotes" // all that begins so, by the YAML specification
	}
	d.fault(position{line: line}, "not YAML: %s", m[2])
}

// invalidUTF8 gives the place of the first byte that is not UTF-8.
func invalidUTF8(data []byte) (position, bool) {
	at := position{1, 1}
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && n == 1:
			return at, false
		case r == '\n':
			at = position{at.line + 1, 1}
		default:
			at.column++
		}
		data = data[n:]
	}
	return position{}, true
}
