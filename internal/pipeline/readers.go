package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/crawler/extract"
)

// readers are the sources by whose rules captures are read: as they are configured, or as they were when they last were.
//
// A capture carries a stamp of what read it: the extractor's version and the source's own reading rules. One that was read
// under another stamp is read again; so a changed selector costs the pages of its source and no others, and a source that is
// not in the configuration at hand costs nothing.
type readers struct {
	byID map[string]blotter.Source
	// stamps are the ones that are current. Each names its source, so that no capture is taken for read because of another.
	stamps archive.Stamps
}

// readers are made anew when the configuration has other sources than the last time.
func (p *Pipeline) readers(ctx context.Context) (*readers, error) {
	p.done.mu.Lock()
	defer p.done.mu.Unlock()
	if p.done.readers != nil && reflect.DeepEqual(p.done.sources, p.Config.Sources) {
		return p.done.readers, nil
	}
	known, err := p.Archive.Sources(ctx)
	if err != nil {
		return nil, err
	}
	r := &readers{byID: map[string]blotter.Source{}}
	for _, src := range append(known, p.Config.Sources...) {
		r.byID[src.ID] = src
	}
	for _, src := range r.byID {
		r.current(src)
	}
	p.done.sources, p.done.readers, p.done.capture, p.done.all = slices.Clone(p.Config.Sources), r, 0, false
	return r, nil
}

// current adds the stamps of a source to those that are current, each on the captures that are to be read under it.
func (r *readers) current(src blotter.Source) {
	if len(src.Earlier) == 0 {
		r.stamps.Any = append(r.stamps.Any, stamp(src))
		return
	}
	from := time.Time{}
	for _, was := range src.Earlier {
		r.stamps.Times = append(r.stamps.Times, archive.StampedTime{Stamp: stamp(src.At(from)), From: from, Until: was.Until})
		from = was.Until
	}
	r.stamps.Times = append(r.stamps.Times, archive.StampedTime{Stamp: stamp(src.At(from)), From: from})
}

// source returns the one with the id, also of one that has come since: then without rules.
func (r *readers) source(id string) blotter.Source {
	if src, ok := r.byID[id]; ok {
		return src
	}
	return blotter.Source{ID: id}
}

// stamp is that of a source as it was at one time, see blotter.Source.At.
func stamp(src blotter.Source) string {
	rules, err := json.Marshal([]any{src.Kind, src.Selectors, src.DateFormat, src.TimeZone, src.Language})
	if err != nil {
		panic(err) // strings and slices of strings always marshal
	}
	sum := sha256.Sum256(rules)
	return fmt.Sprintf("%d/%s/%s", extract.Version, src.ID, hex.EncodeToString(sum[:4]))
}

// done is how far the steps have come, as this process has seen it, so that a round with nothing to do costs a few look-ups. The
// archive alone knows what is left: a new process asks it about everything once.
type done struct {
	mu      sync.Mutex
	sources []blotter.Source // of the configuration that readers were made of
	readers *readers         // nil: none were made
	capture int64            // up to this one all were read by readers
	all     bool             // none was left to read
	kept    int64            // when the archive had kept so many pages
	rules   string           // the hash of the rules
	change  int64            // up to this one all articles are tagged under rules
	yields  map[string]bool  // sources whose pages watch has looked at since one of them was read
}

// captures returns up to which one all were read by r.
func (d *done) captures(r *readers) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.readers != r {
		return 0
	}
	return d.capture
}

// read notes that the captures up to one were read by r, the last ones of these sources.
func (d *done) read(r *readers, capture int64, sources []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.readers == r {
		d.capture = max(d.capture, capture)
	}
	for _, id := range sources {
		delete(d.yields, id)
	}
}

// pages says whether none is left that r has not read, when the archive has kept so many.
func (d *done) pages(r *readers, kept int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.readers == r && d.all && d.kept == kept
}

// readPages notes that r has read all of so many pages.
func (d *done) readPages(r *readers, kept int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.readers == r {
		d.all, d.kept = true, kept
	}
}

// changes returns up to which one all articles are tagged under rules.
func (d *done) changes(rules string) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rules != rules {
		return 0
	}
	return d.change
}

// tagged notes that the articles up to a change are tagged under rules.
func (d *done) tagged(rules string, change int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rules, d.change = rules, change
}

// watched notes that the yield of a source is looked at, and says whether it was since one of its pages was read.
func (d *done) watched(source string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.yields[source] {
		return true
	}
	if d.yields == nil {
		d.yields = map[string]bool{}
	}
	d.yields[source] = true
	return false
}
