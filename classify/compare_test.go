package classify

import (
	"fmt"
	"reflect"
	"testing"

	"blotter"
)

func TestCompare(t *testing.T) {
	tag := func(name string, s blotter.Status) blotter.Tag { return blotter.Tag{Tag: name, Status: s} }
	before := []blotter.Tag{tag("a", blotter.Reported), tag("b", blotter.Hedged), tag("c", blotter.Reported), tag("d", blotter.Background), tag("d", blotter.Reported)}
	after := []blotter.Tag{tag("e", blotter.Hedged), tag("b", blotter.Reported), tag("a", blotter.Reported), tag("d", blotter.Reported)}
	changes := Compare(before, after)
	var got []string
	for _, c := range changes {
		got = append(got, fmt.Sprintf("%s %s %v %v", c.Tag, c.Kind, c.Before != nil, c.After != nil))
	}
	if want := []string{"b status true true", "c lost true false", "e gained false true"}; !reflect.DeepEqual(got, want) {
		t.Errorf("have %q, want %q", got, want)
	}
	var s Shifts
	s.Add(before, after, changes)
	s.Add(nil, nil, nil)
	want := []Shift{{"a", 1, 1, 0, 0, 0}, {"b", 1, 1, 0, 0, 1}, {"c", 1, 0, 0, 1, 0}, {"d", 1, 1, 0, 0, 0}, {"e", 0, 1, 1, 0, 0}, {Tag: "seizure"}}
	if list := s.List(pack(t, seizureRule)); !reflect.DeepEqual(list, want) {
		t.Errorf("have %+v", list)
	}
}
