package strict

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

type spot struct {
	Name     string `yaml:"name"`
	URL      string `yaml:"url"`
	Enabled  *bool  `yaml:"enabled"`
	Schedule string `yaml:"schedule"`
}

type document struct {
	Contact string              `yaml:"contact"`
	Delay   time.Duration       `yaml:"delay"`
	Cap     Size                `yaml:"cap"`
	Count   int                 `yaml:"count"`
	Share   float64             `yaml:"share"`
	Recheck []time.Duration     `yaml:"recheck"`
	Lists   map[string][]string `yaml:"lists"`
	Places  []spot              `yaml:"places"`
	Inner   spot                `yaml:"inner"`
	Hidden  string
}

func TestDecode(t *testing.T) {
	const text = `
# a comment
contact: desk@example.org
delay: 1h30m
cap: 8MiB
count: -3
share: 0.5
recheck: [1h, 6h]
lists:
  weapons: [gun, "9"]
places:
  - name: 2006-01-02
    enabled: false
`
	got := document{Contact: "before", Inner: spot{Name: "kept"}}
	if _, faults := Decode("x.yaml", []byte(text), &got); len(faults) > 0 {
		t.Fatal(faults)
	}
	no := false
	want := document{
		Contact: "desk@example.org", Delay: 90 * time.Minute, Cap: 8 << 20, Count: -3, Share: 0.5,
		Recheck: []time.Duration{time.Hour, 6 * time.Hour},
		Lists:   map[string][]string{"weapons": {"gun", "9"}},
		Places:  []spot{{Name: "2006-01-02", Enabled: &no}},
		Inner:   spot{Name: "kept"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("have %+v\nwant %+v", got, want)
	}
}

func TestFaults(t *testing.T) {
	nested := "inner: " + strings.Repeat("[", 12000)
	tests := []struct{ name, text, want string }{
		{"unknown key with a near one", "inner:\n  shedule: x\n", `f.yaml:2:3: unknown key "shedule" (did you mean "schedule"?)`},
		{"unknown key in capitals", "inner: {URL: x}", `f.yaml:1:9: unknown key "URL" (did you mean "url"?)`},
		{"unknown key without a near one", "inner: {colour: x}", `f.yaml:1:9: unknown key "colour"; known here: enabled, name, schedule, url`},
		{"field without a tag", "hidden: x", `f.yaml:1:1: unknown key "hidden"; known here: cap, contact, count, delay, inner, lists, places, recheck, share`},
		{"duplicate key", "delay: 1s\ncap: 1KiB\ndelay: 2s", `f.yaml:3:1: key "delay" stands twice; first on line 1`},
		{"duplicate key of a map", "lists: {a: [], a: []}", `f.yaml:1:16: key "a" stands twice; first on line 1`},
		{"number for a text", "contact: 12", `f.yaml:1:10: want a text, have the number 12; put it in quotes if a text is meant`},
		{"truth value for a text", "contact: true", `f.yaml:1:10: want a text, have true; put it in quotes if a text is meant`},
		{"text for a number", "count: many", `f.yaml:1:8: want a whole number, have the text "many"`},
		{"fraction for a whole number", "count: 1.5", `f.yaml:1:8: want a whole number, have the number 1.5; put it in quotes if a text is meant`},
		{"infinite number", "share: .inf", `f.yaml:1:8: want a number, have the number .inf; put it in quotes if a text is meant`},
		{"word for a truth value", "inner: {enabled: yes}", `f.yaml:1:18: want true or false, have the text "yes"`},
		{"list for a record", "inner: [1]", `f.yaml:1:8: want keys with values, have a list`},
		{"record for a list", "recheck: {a: 1}", `f.yaml:1:10: want a list, have keys with values`},
		{"record for a text", "contact: {a: b}", `f.yaml:1:10: want a text, have keys with values`},
		{"duration without unit", "delay: 5", `f.yaml:1:8: want a duration such as 30s or 1h30m, have the number 5; put it in quotes if a text is meant`},
		{"size without unit", "cap: 8", `f.yaml:1:6: want a size such as 500KiB or 8MiB, have "8"`},
		{"size past the largest", "cap: 9999999999GiB", `f.yaml:1:6: want a size such as 500KiB or 8MiB, have "9999999999GiB"`},
		{"negative size", "cap: -1MiB", `f.yaml:1:6: want a size such as 500KiB or 8MiB, have "-1MiB"`},
		{"no value", "contact:\n", `f.yaml:1:9: no value; leave the key out, or write "" for an empty text`},
		{"anchor and alias", "lists:\n  a: &a [x]\n  b: [*a, *a]\n", `f.yaml:2:6: anchor &a: anchors are not supported
f.yaml:3:7: alias *a: aliases are not supported; write the value out, or in quotes if a text is meant
f.yaml:3:11: alias *a: aliases are not supported; write the value out, or in quotes if a text is meant`},
		{"merge key", "inner:\n  <<: {name: x}\n", `f.yaml:2:3: unknown key "<<"; known here: enabled, name, schedule, url`},
		{"tag", "contact: !!binary aGk=", `f.yaml:1:10: tag !!binary: tags are not supported`},
		{"key that is no word", "? [a]\n: b\n", `f.yaml:1:3: a key must be a plain word`},
		{"two documents", "delay: 1s\n---\ndelay: 2s\n", `f.yaml:2:1: a second document begins here; write one document a file`},
		{"fault before a second document", "delay: x\n---\n", `f.yaml:1:8: want a duration such as 30s or 1h30m, have the text "x"
f.yaml:2:1: a second document begins here; write one document a file`},
		{"root that is no record", "- a\n", `f.yaml:1:1: want keys with values, have a list`},
		{"bad syntax", "delay: 1s\ninner: {name: x\n", `f.yaml:2: not YAML: did not find expected ',' or '}'`},
		{"bad list", "recheck:\n  - 1h\n  b: c\n", `f.yaml:2: not YAML: did not find expected '-' indicator`},
		{"tab for indent", "inner:\n\tname: x\n", `f.yaml:2: not YAML: found character that cannot start any token; put a value that begins with @, %, ` + "` or a tab in quotes"},
		{"colon in a text", "delay: 1s\ncontact: a: b\n", `f.yaml:2: not YAML: mapping values are not allowed in this context`},
		{"too deep to parse", nested, `f.yaml: not YAML: exceeded max depth of 10000`},
		{"not UTF-8", "delay: 1s\ncontact: caf\xe9\n", `f.yaml:2:13: text is not UTF-8`},
		{"too large", "# " + strings.Repeat("x", 1<<20), `f.yaml: file is 1048578 bytes long; the limit is 1048576`},
		{"all at once, in order", "places:\n  - {nme: a, url: 3}\ncount: x\nzebra: 1\n", `f.yaml:2:6: unknown key "nme" (did you mean "name"?)
f.yaml:2:19: want a text, have the number 3; put it in quotes if a text is meant
f.yaml:3:8: want a whole number, have the text "x"
f.yaml:4:1: unknown key "zebra"; known here: cap, contact, count, delay, inner, lists, places, recheck, share`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var into document
			_, faults := Decode("f.yaml", []byte(test.text), &into)
			if got := faults.Error(); got != test.want {
				t.Errorf("have\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestDepth(t *testing.T) {
	type node struct {
		In *node `yaml:"in"`
	}
	// A type that holds itself is what could nest without end.
	_, faults := Decode("f.yaml", []byte(strings.Repeat("{in: ", 40)+"{}"+strings.Repeat("}", 40)), &node{})
	if want := "f.yaml:1:166: nested deeper than 32 levels"; faults.Error() != want {
		t.Errorf("have %q, want %q", faults.Error(), want)
	}
}

func TestEmptyIsAllDefaults(t *testing.T) {
	for _, text := range []string{"", "\n", "# only a comment\n", "{}"} {
		into := document{Contact: "default"}
		if _, faults := Decode("f.yaml", []byte(text), &into); len(faults) > 0 || into.Contact != "default" {
			t.Errorf("%q: have %v, %q", text, faults, into.Contact)
		}
	}
}

func TestNoDocument(t *testing.T) {
	for _, text := range []string{"a: [", "\xff", strings.Repeat("x", maxBytes+1)} {
		if doc, faults := Decode("f.yaml", []byte(text), &document{}); doc != nil || len(faults) != 1 {
			t.Errorf("%.10q: have %v, %v", text, doc, faults)
		}
	}
}

func TestDocFault(t *testing.T) {
	var into document
	doc, _ := Decode("f.yaml", []byte("places:\n  - name: a\n  - name: b\n    url: x\nlists: {w: [q]}\n"), &into)
	tests := []struct{ path, want string }{
		{"places[1].url", "f.yaml:4:10: bad x"},
		{"places[1].schedule", "f.yaml:3:5: bad x"}, // not there: the place it is missing from
		{"lists.w[0]", "f.yaml:5:13: bad x"},
		{"contact", "f.yaml:1:1: bad x"},
		{"nothing[7].like[2].it", "f.yaml:1:1: bad x"},
	}
	for _, test := range tests {
		if got := doc.Fault(test.path, "bad %s", "x").Error(); got != test.want {
			t.Errorf("%s: have %q, want %q", test.path, got, test.want)
		}
	}
}

func TestErr(t *testing.T) {
	if err := (Faults{}).Err(); err != nil {
		t.Errorf("no faults: %v", err)
	}
	err := Faults{{File: "b", Line: 1, Msg: "two"}, {File: "a", Line: 9, Msg: "one"}}.Err()
	var faults Faults
	if !errors.As(err, &faults) || err.Error() != "a:9: one\nb:1: two" {
		t.Errorf("have %v", err)
	}
}

// FuzzDecode: whatever stands in a file, decoding ends, and with no fault or with faults that name the file.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"a: &a [*a]", "? ? ?", "%YAML 1.1\n---\n", "- - - -", "\ufeffdelay: 1s", "inner: {<<: *x}", "\"\\u0000\": |2-\n x"} {
		f.Add([]byte(s))
	}
	if seeds, _ := filepath.Glob("../../configs/sources/*.yaml"); len(seeds) > 0 {
		if data, err := os.ReadFile(seeds[0]); err == nil {
			f.Add(data[:min(len(data), 2000)])
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, faults := Decode("f.yaml", data, &document{})
		for _, fault := range faults {
			if fault.File != "f.yaml" || fault.Msg == "" {
				t.Errorf("fault without a name or a message: %+v", fault)
			}
		}
	})
}

// The fields of an embedded struct are keys like any other, and known to the hint about an unknown one.
func TestEmbedded(t *testing.T) {
	type inner struct {
		Title string `yaml:"title"`
	}
	var got struct {
		inner
		Places []spot `yaml:"places"`
	}
	_, faults := Decode("x.yaml", []byte("title: A\nplaces: [{name: b}]\ntitel: C\n"), &got)
	if got.Title != "A" || len(got.Places) != 1 {
		t.Errorf("have %+v", got)
	}
	if want := `x.yaml:3:1: unknown key "titel" (did you mean "title"?)`; faults.Error() != want {
		t.Errorf("have %v, want %s", faults, want)
	}
}

func TestShown(t *testing.T) {
	f := Fault{File: "a.yaml", Line: 2, Column: 3, Msg: "wrong", Shown: "a (b\n  ^"}
	if want := "a.yaml:2:3: wrong\n    a (b\n      ^"; f.Error() != want {
		t.Errorf("have %q, want %q", f.Error(), want)
	}
}
