package archive

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/internal/race"
)

// aged is an archive of n articles, one a day, of which every third has no date, and of some pages without one.
func aged(t testing.TB, n int) *Archive {
	t.Helper()
	a := open(t, t.TempDir(), Options{MaxWARC: 50_000})
	var fetches []Fetch
	for i := range n {
		source := []string{"one", "two"}[i%2]
		url := fmt.Sprintf("https://example.org/%d", i)
		fetches = append(fetches, page(source, url, fmt.Sprintf("%s\n%s %d\nred %d", url, secret, i, i), hours(24*i)))
	}
	fetches = append(fetches, page("one", "https://example.org/none/old", "none", hours(0)), page("one", "https://example.org/none/new", "none", hours(24*n)))
	keep(t, a, fetches...)
	derive(t, a, "1", func(c blotter.Capture) Derived {
		d := readPage(c)
		for i := range d.Articles {
			if c.ID%3 != 0 { // published the day before it was fetched
				d.Articles[i].Published = blotter.Date{Time: c.Fetched.Add(-24 * time.Hour), Precision: blotter.Minute}
			}
		}
		return d
	})
	tag(t, a, "r", "red")
	return a
}

func TestForgetBefore(t *testing.T) {
	a := aged(t, 12)
	before := hours(24 * 6)
	counted, err := a.Before(t.Context(), before, []string{"one"})
	if err != nil || counted.Articles != 4 || counted.Pages != 1 || counted.Captures != 5 || counted.BySource["one"] != 4 || counted.Oldest.IsZero() {
		t.Errorf("%+v, %v", counted, err)
	}
	done := 0
	o, err := a.ForgetBefore(t.Context(), before, []string{"one"}, func(n int) { done = n })
	if err != nil || o.Articles != counted.Articles || o.Pages != counted.Pages || o.Captures != counted.Captures || o.Bytes != counted.Bytes || done != 5 {
		t.Errorf("%+v, told %d, %v", o, done, err)
	}
	check(t, a)
	shown := shownArticles(t, a)
	for i := range 12 {
		there := strings.Contains(shown, fmt.Sprintf("/%d ", i))
		// Captures are numbered from 1; the seventh was published the day before it was fetched, and so before that time.
		if gone := i%2 == 0 && i <= 6; there == gone {
			t.Errorf("article %d is there: %v", i, there)
		}
	}
	if again, err := a.ForgetBefore(t.Context(), before, []string{"one"}, nil); err != nil || again.Articles+again.Pages != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
	if _, err := a.ForgetBefore(t.Context(), hours(24*100), nil, nil); err != nil {
		t.Fatal(err)
	}
	check(t, a)
	if shown := shownArticles(t, a); shown != "" {
		t.Errorf("left:\n%s", shown)
	}
	if names := holding(t, a); names != nil {
		t.Errorf("what is forgotten stands in %q", names)
	}
}

// Ended between two batches it has forgotten some and goes on with the rest.
func TestForgetBeforeGoesOn(t *testing.T) {
	race.Skip(t)
	const n = forgetBatch + 50
	a := aged(t, n)
	ctx, cancel := context.WithCancel(t.Context())
	o, err := a.ForgetBefore(ctx, hours(24*1000), nil, func(int) { cancel() })
	if !errors.Is(err, context.Canceled) || o.Articles != forgetBatch {
		t.Errorf("%+v, %v", o, err)
	}
	check(t, a)
	o, err = a.ForgetBefore(t.Context(), hours(24*1000), nil, nil)
	if err != nil || o.Articles != n-forgetBatch || o.Pages != 2 {
		t.Errorf("%+v, %v", o, err)
	}
	check(t, a)
	if names := holding(t, a); names != nil {
		t.Errorf("what is forgotten stands in %q", names)
	}
	before, after, err := a.Compact(t.Context())
	if err != nil || after >= before {
		t.Errorf("compacted from %d to %d, %v", before, after, err)
	}
	check(t, a)
}
