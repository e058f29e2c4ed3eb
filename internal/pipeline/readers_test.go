package pipeline

import (
	"regexp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"blotter"
	"blotter/archive"
)

// TestRedesign reads a source that is redesigned in the middle by the selectors that were valid when each page was fetched. An
// earlier version that comes into the configuration costs the pages to which another version applies now, and no others.
func TestRedesign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().UTC()
		redesign := start.AddDate(0, 0, 6)
		busy := newRooms(4, start, 12)["room-003.example"]
		busy.redesigned = redesign
		w := newSimWeb(map[string]*simRoom{busy.host: busy})
		p := simPipeline(t, w)
		defer closeAll(t, p, w)
		// The time element stands in the old design only.
		p.Config.Sources[0].Selectors = blotter.Selectors{Title: "time"}
		live(t, p, start.AddDate(0, 0, 12))

		p.Config.Sources[0].Selectors = blotter.Selectors{Title: "h1"}
		p.Config.Sources[0].Earlier = []blotter.Earlier{{Until: redesign, Selectors: blotter.Selectors{Title: "time"}}}
		before, since := p.toRead(t, redesign)
		if before > 0 || since == 0 {
			t.Errorf("%d pages from before the redesign and %d since are to be read again", before, since)
		}
		if _, err := p.Update(t.Context()); err != nil {
			t.Fatal(err)
		}
		if before, since := p.toRead(t, redesign); before+since > 0 {
			t.Errorf("%d pages are still to be read", before+since)
		}
		p.readBy(t, redesign)

		// Another day: what lies between the two is read again.
		p.Config.Sources[0].Earlier = []blotter.Earlier{{Until: redesign.AddDate(0, 0, -3), Selectors: blotter.Selectors{Title: "time"}}}
		if before, since := p.toRead(t, redesign); before == 0 || since > 0 {
			t.Errorf("with an earlier day: %d from before the redesign and %d since are to be read again", before, since)
		}
		if _, err := p.Update(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.readBy(t, redesign.AddDate(0, 0, -3))

		// A source that leaves the configuration is read on as it was.
		p.Config.Sources = nil
		if before, since := p.toRead(t, redesign); before+since > 0 {
			t.Errorf("without the source %d pages are to be read again", before+since)
		}
	})
}

// toRead counts the captures that are to be read, from before a time and since.
func (p *Pipeline) toRead(t *testing.T, at time.Time) (before, since int) {
	t.Helper()
	if err := p.Archive.SyncSources(t.Context(), p.Config.Sources); err != nil {
		t.Fatal(err)
	}
	captures, err := p.Archive.Underived(t.Context(), mustReaders(t, p).stamps, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range captures {
		if c.Fetched.Before(at) {
			before++
		} else {
			since++
		}
	}
	return before, since
}

var isTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT`)

// readBy checks that each page from before a time was read by the selectors of the old design.
func (p *Pipeline) readBy(t *testing.T, at time.Time) {
	t.Helper()
	captures, err := p.Archive.Underived(t.Context(), archive.Stamps{}, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var olds []bool
	for _, c := range captures {
		revisions, err := p.Archive.Revisions(t.Context(), blotter.ArticleID(c.URL))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range revisions {
			old := isTime.MatchString(r.Article.Title)
			if olds = append(olds, old); old != r.First.Before(at) {
				t.Errorf("%s, fetched on %v, has the title %q", c.URL, r.First, r.Article.Title)
			}
		}
	}
	if !slices.Contains(olds, true) || !slices.Contains(olds, false) {
		t.Errorf("of %d readings none is by one of the two designs", len(olds))
	}
}
