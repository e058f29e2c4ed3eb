package classify

import (
	"cmp"
	"maps"
	"slices"

	"blotter"
)

// Change is what becomes of a tag of one article under other rules.
type Change struct {
	Tag    string       `json:"tag"`
	Kind   ChangeKind   `json:"change"`
	Before *blotter.Tag `json:"before"` // nil: gained
	After  *blotter.Tag `json:"after"`  // nil: lost
}

// ChangeKind says how a tag changes.
type ChangeKind string

// The kinds of change. Other evidence for the same status is none.
const (
	Gained   ChangeKind = "gained"
	Lost     ChangeKind = "lost"
	Restated ChangeKind = "status"
)

// Compare gives the tags that an article gains, loses or has with another status, by name. Where several rules give
// one tag, the strongest stands for it.
func Compare(before, after []blotter.Tag) []Change {
	old, now := strongestByName(before), strongestByName(after)
	var changes []Change
	for name, b := range old {
		switch a := now[name]; {
		case a == nil:
			changes = append(changes, Change{name, Lost, b, nil})
		case a.Status != b.Status:
			changes = append(changes, Change{name, Restated, b, a})
		}
	}
	for name, a := range now {
		if old[name] == nil {
			changes = append(changes, Change{name, Gained, nil, a})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.Tag, b.Tag) })
	return changes
}

func strongestByName(tags []blotter.Tag) map[string]*blotter.Tag {
	byName := map[string]*blotter.Tag{}
	for i := range tags {
		t := &tags[i]
		if other := byName[t.Tag]; other == nil || rank(t.Status) < rank(other.Status) {
			byName[t.Tag] = t
		}
	}
	return byName
}

// Shift counts what other rules make of a tag over many articles.
type Shift struct {
	Tag    string `json:"tag"`
	Before int    `json:"before"` // articles with the tag
	After  int    `json:"after"`
	Gained int    `json:"gained"`
	Lost   int    `json:"lost"`
	Status int    `json:"status"` // that keep it, with another status
}

// Shifts counts the changes of many articles by tag. The zero value is ready for use.
type Shifts struct{ byTag map[string]*Shift }

// Add counts one article.
func (s *Shifts) Add(before, after []blotter.Tag, changes []Change) {
	for name := range strongestByName(before) {
		s.of(name).Before++
	}
	for name := range strongestByName(after) {
		s.of(name).After++
	}
	for _, c := range changes {
		switch shift := s.of(c.Tag); c.Kind {
		case Gained:
			shift.Gained++
		case Lost:
			shift.Lost++
		case Restated:
			shift.Status++
		}
	}
}

func (s *Shifts) of(tag string) *Shift {
	if s.byTag == nil {
		s.byTag = map[string]*Shift{}
	}
	if s.byTag[tag] == nil {
		s.byTag[tag] = &Shift{Tag: tag}
	}
	return s.byTag[tag]
}

// List gives the counts by tag, with those of tags that a pack gives and no article has.
func (s *Shifts) List(packs ...*Pack) []Shift {
	for _, p := range packs {
		for _, r := range p.rules {
			s.of(r.about.Tag)
		}
	}
	list := []Shift{}
	for _, name := range slices.Sorted(maps.Keys(s.byTag)) {
		list = append(list, *s.byTag[name])
	}
	return list
}
