package strict

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

type decoder struct {
	doc    *Doc
	faults Faults
}

func (d *decoder) fault(at position, format string, args ...any) {
	d.faults = append(d.faults, Fault{File: d.doc.file, Line: at.line, Column: at.column, Msg: fmt.Sprintf(format, args...)})
}

func place(n *yaml.Node) position { return position{n.Line, n.Column} }

// value decodes one node into v, which stands at path.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string, depth int) {
	d.doc.at[path] = place(n)
	if !d.plain(n, depth) {
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch {
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		d.fault(place(n), `no value; leave the key out, or write "" for an empty text`)
	case textual(v) || v.Type() == durationType:
		d.scalar(n, v)
	case v.Kind() == reflect.Struct:
		d.record(n, v, path, depth)
	case v.Kind() == reflect.Map:
		d.table(n, v, path, depth)
	case v.Kind() == reflect.Slice:
		d.list(n, v, path, depth)
	default:
		d.scalar(n, v)
	}
}

// plain refuses what YAML offers beyond records, lists and scalars. An alias is never followed: nine of them can
// stand for a thousand million values.
func (d *decoder) plain(n *yaml.Node, depth int) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		d.fault(place(n), "alias *%s: aliases are not supported; write the value out, or in quotes if a text is meant", n.Value)
	case n.Anchor != "":
		d.fault(place(n), "anchor &%s: anchors are not supported", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		d.fault(place(n), "tag %s: tags are not supported", n.Tag)
	case depth > maxDepth:
		d.fault(place(n), "nested deeper than %d levels", maxDepth)
	default:
		return true
	}
	return false
}

// pairs calls each for the keys of a mapping, refusing what is no mapping, no plain key, or stands twice.
func (d *decoder) pairs(n *yaml.Node, each func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.mismatch(n, "keys with values")
		return
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			d.fault(place(key), "a key must be a plain word")
			continue
		}
		if !d.plain(key, 0) {
			continue
		}
		if line, twice := lines[key.Value]; twice {
			d.fault(place(key), "key %q stands twice; first on line %d", key.Value, line)
			continue
		}
		lines[key.Value] = key.Line
		each(key, n.Content[i+1])
	}
}

func (d *decoder) record(n *yaml.Node, v reflect.Value, path string, depth int) {
	d.pairs(n, func(key, value *yaml.Node) {
		field, known := fieldNamed(v, key.Value)
		if !field.IsValid() {
			d.fault(place(key), "unknown key %q%s", key.Value, suggest(key.Value, known))
			return
		}
		d.value(value, field, join(path, key.Value), depth+1)
	})
}

// fieldNamed finds the field of a struct that a key names; without one it gives the names there are.
func fieldNamed(v reflect.Value, key string) (reflect.Value, []string) {
	var names []string
	for i := range v.NumField() {
		if v.Type().Field(i).Anonymous {
			inner, known := fieldNamed(v.Field(i), key)
			if inner.IsValid() {
				return inner, nil
			}
			names = append(names, known...)
			continue
		}
		name := v.Type().Field(i).Tag.Get("yaml")
		switch name {
		case "":
		case key:
			return v.Field(i), nil
		default:
			names = append(names, name)
		}
	}
	return reflect.Value{}, names
}

func (d *decoder) table(n *yaml.Node, v reflect.Value, path string, depth int) {
	v.Set(reflect.MakeMap(v.Type()))
	d.pairs(n, func(key, value *yaml.Node) {
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(value, element, join(path, key.Value), depth+1)
		v.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), element)
	})
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string, depth int) {
	if n.Kind != yaml.SequenceNode {
		d.mismatch(n, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, element := range n.Content {
		d.value(element, v.Index(i), path+"["+strconv.Itoa(i)+"]", depth+1)
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

var durationType = reflect.TypeFor[time.Duration]()

func textual(v reflect.Value) bool {
	_, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
	return ok
}

// scalar decodes a single value. A text may not look like a number or a truth value: `id: 007` is a mistake more
// often than not, and quotes settle it. A date is taken as its text.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.ScalarNode {
		d.mismatch(n, wanted(v))
		return
	}
	tag := n.ShortTag()
	ok := true
	switch {
	case v.Type() == durationType:
		duration, err := time.ParseDuration(n.Value)
		ok = err == nil
		v.SetInt(int64(duration))
	case textual(v):
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.Value)); err != nil {
			d.fault(place(n), "%v", err)
		}
	case v.Kind() == reflect.String:
		ok = tag == "!!str" || tag == "!!timestamp"
		v.SetString(n.Value)
	case v.Kind() == reflect.Bool:
		ok = n.Value == "true" || n.Value == "false"
		v.SetBool(n.Value == "true")
	case v.CanInt():
		i, err := strconv.ParseInt(n.Value, 10, v.Type().Bits())
		ok = err == nil && tag == "!!int"
		v.SetInt(i)
	case v.CanFloat():
		f, err := strconv.ParseFloat(n.Value, v.Type().Bits())
		ok = err == nil && (tag == "!!int" || tag == "!!float") && !math.IsNaN(f) && !math.IsInf(f, 0)
		v.SetFloat(f)
	default:
		panic("strict: no rule to decode a " + v.Type().String())
	}
	if !ok {
		d.mismatch(n, wanted(v))
	}
}

func (d *decoder) mismatch(n *yaml.Node, want string) {
	d.fault(place(n), "want %s, have %s", want, seen(n))
}

// wanted names what a field takes, in words of the file and not of Go.
func wanted(v reflect.Value) string {
	switch {
	case v.Type() == durationType:
		return "a duration such as 30s or 1h30m"
	case textual(v), v.Kind() == reflect.String:
		return "a text"
	case v.Kind() == reflect.Bool:
		return "true or false"
	case v.CanInt():
		return "a whole number"
	default:
		return "a number"
	}
}

// seen names what stands in the file instead.
func seen(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys with values"
	case yaml.SequenceNode:
		return "a list"
	}
	text := n.Value
	if r := []rune(text); len(r) > 40 {
		text = string(r[:40]) + "…"
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return "the number " + text + "; put it in quotes if a text is meant"
	case "!!bool":
		return text + "; put it in quotes if a text is meant"
	}
	return "the text " + strconv.Quote(text)
}

// Size is a number of bytes. It is read from a whole number with a unit: "512B", "500KiB", "8MiB", "2GiB".
type Size int64

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	units := []struct {
		name  string
		bytes int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}}
	for _, u := range units {
		digits, ok := strings.CutSuffix(string(text), u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 63)
		if err != nil || int64(n) > math.MaxInt64/u.bytes {
			break
		}
		*s = Size(int64(n) * u.bytes)
		return nil
	}
	return fmt.Errorf("want a size such as 500KiB or 8MiB, have %q", text)
}

// suggest ends the message about an unknown key: with the known key that is nearest, else with all of them.
func suggest(key string, known []string) string {
	best, least := "", max(2, len(key)/3)+1
	for _, name := range known {
		if n := edits(strings.ToLower(key), name); n < least {
			best, least = name, n
		}
	}
	switch {
	case best != "" && least < len(best):
		return fmt.Sprintf(" (did you mean %q?)", best)
	case len(known) == 0:
		return ""
	}
	slices.Sort(known)
	return "; known here: " + strings.Join(known, ", ")
}

// edits counts the letters to insert, drop, change or swap with the next to get from a to b.
func edits(a, b string) int {
	if len(a) > 64 {
		return len(a) // no name is that long, and the table below grows with it
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		for j := range rows[i] {
			if i == 0 || j == 0 {
				rows[i][j] = i + j
				continue
			}
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
