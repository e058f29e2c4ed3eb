package query

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"blotter/internal/race"
)

// FuzzParse says that any text is a query that prints and reads itself back, or an error that points into it.
func FuzzParse(f *testing.F) {
	for _, c := range operators {
		f.Add(c.query)
	}
	for _, s := range wrong {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := ParseWith(s, testOptions())
		if err == nil {
			checkPrints(t, q)
			q.Explain()
			return
		}
		var e *SyntaxError
		if !errors.As(err, &e) || e.Column < 1 || e.Column > utf8.RuneCountInString(s)+1 || e.Msg == "" {
			t.Fatalf("%q: %#v", s, err)
		}
		e.Caret()
	})
}

// FuzzMatch says that the matcher agrees with the reference on any short query and text, and returns places of the text.
func FuzzMatch(f *testing.F) {
	for _, c := range operators {
		f.Add(c.query, c.title, "", c.body)
	}
	f.Add("lead:x NEAR/3 y", "x", "x y", "x y\n\nz")
	f.Fuzz(func(t *testing.T, s, title, lead, body string) {
		q, err := ParseWith(s, testOptions())
		if err != nil || len(title)+len(body) > 2000 || len(s) > 300 {
			return
		}
		d := NewDocument(title, lead, body)
		spans, ok := q.Match(d, Meta{})
		for _, p := range spans {
			text := map[string]string{FieldTitle: title, FieldBody: body, FieldLead: lead}[p.Field]
			if p.Start < 0 || p.End <= p.Start || p.End > len(text) || !ok {
				t.Fatalf("%s on %q %q %q: %v %v", q, title, lead, body, spans, ok)
			}
			if start, end := Sentence(d, p.Field, p.Start, p.End); start > p.Start || end < p.End {
				t.Fatalf("%s on %q: %v lies outside its sentence, %d to %d", q, body, p, start, end)
			}
		}
		if lead != "" || len(spans) > 200 {
			return
		}
		want, wantOK := newReference(title, "", body, 0, Meta{}).matches(q.Root())
		slices.SortFunc(want, order)
		slices.SortFunc(spans, order)
		if ok != wantOK || !slices.Equal(slices.Compact(spans), slices.Compact(want)) {
			t.Fatalf("%s on %q, %q\ngot  %v %v\nwant %v %v", q, title, body, ok, spans, wantOK, want)
		}
	})
}

// FuzzAgreement draws queries and texts as the property test does.
func FuzzAgreement(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		r := randomly{rand.New(rand.NewPCG(a, b))}
		agree(t, r)
	})
}

// TestBounded asks hostile queries of hostile texts. The bounds are ten times and more what they take.
func TestBounded(t *testing.T) {
	race.Skip(t)
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, c := range hostile() {
		q, err := ParseWith(c.query, c.options)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		d := NewDocument("", "", c.body)
		began := time.Now()
		q.Match(d, Meta{})
		if took := time.Since(began); took > c.most {
			t.Errorf("%s took %v, more than %v", c.name, took, c.most)
		} else {
			t.Logf("%-28s %v", c.name, took)
		}
	}
}
