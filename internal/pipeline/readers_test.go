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
		busy := newRooms(0, 4, start, 12)["room-003.example"]
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

// TestVanished lets a page vanish after a day, and come back weeks later: its article is marked from the second time on that the page
// is looked for in vain, is found all the while, and loses the mark.
func TestVanished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().UTC()
		day := func(n int) time.Time { return start.AddDate(0, 0, n) }
		room := &simRoom{host: "room.example", schedule: "@hourly", vanished: span{day(2), day(10)}}
		for n := range 12 {
			room.items = append(room.items, simItem{published: day(1).Add(time.Duration(n) * time.Hour)})
		}
		w := newSimWeb(map[string]*simRoom{room.host: room})
		p := simPipeline(t, w)
		defer closeAll(t, p, w)
		gone := func(until time.Time) (gone, there int) {
			t.Helper()
			live(t, p, until)
			for _, article := range p.find(t, "council") {
				switch {
				case article.Body == "":
					t.Errorf("%s has lost its text", article.URL)
				case article.Gone.IsZero():
					there++
				case article.Gone.Before(room.vanished.from):
					t.Errorf("%s is said to be gone since %v", article.URL, article.Gone)
				default:
					gone++
				}
			}
			return gone, there
		}
		if gone, there := gone(day(2)); gone != 0 || there != 12 {
			t.Errorf("before they vanish %d are gone and %d there", gone, there)
		}
		if gone, there := gone(day(3)); gone != 0 || there != 12 {
			t.Errorf("once is not enough: %d are gone and %d there", gone, there)
		}
		if gone, there := gone(day(9)); gone != 12 || there != 0 {
			t.Errorf("a week later %d are gone and %d there", gone, there)
		}
		if gone, there := gone(day(30)); gone != 0 || there != 12 {
			t.Errorf("when they are back %d are gone and %d there", gone, there)
		}
	})
}

// toRead counts the captures that are to be read, from before a time and since.
func (p *Pipeline) toRead(t *testing.T, at time.Time) (before, since int) {
	t.Helper()
	if err := p.Archive.SyncSources(t.Context(), p.Config.Sources); err != nil {
		t.Fatal(err)
	}
	captures, err := p.Archive.Underived(t.Context(), mustReaders(t, p).stamps, 0, 1000, nil)
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
	captures, err := p.Archive.Underived(t.Context(), archive.Stamps{}, 0, 1000, nil)
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
