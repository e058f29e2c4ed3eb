package pipeline

import (
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"blotter"
)

// Summary is what a pass did. Every listed item is counted under exactly one of the outcomes, see Balanced.
type Summary struct {
	Pass    int64         `json:"pass"`
	Elapsed time.Duration `json:"elapsed_ns"`

	SourcesAsked  int                       `json:"sources_asked"`
	SourcesOK     int                       `json:"sources_ok"`
	SourcesFailed map[string]blotter.Reason `json:"sources_failed"`      // by source id
	SourcesLeft   int                       `json:"sources_left"`        // not reached before the pass was ended
	Alarms        []string                  `json:"alarms,omitempty"`    // raised in this pass, see archive.Alarm
	Recovered     []string                  `json:"recovered,omitempty"` // over since this pass

	Listed int `json:"listed"` // items that the sources listed
	Again  int `json:"again"`  // items no longer listed that were due for a second look

	Known     int                    `json:"known"`     // nothing to do
	Repeated  int                    `json:"repeated"`  // listed twice by one source
	Waiting   int                    `json:"waiting"`   // failed before; not to be tried again yet
	New       int                    `json:"new"`       // fetched for the first time
	Changed   int                    `json:"changed"`   // fetched again, with another content
	Unchanged int                    `json:"unchanged"` // asked again, and the same as before
	Refused   int                    `json:"refused"`   // not asked for: robots.txt, the address or the URL
	Failed    int                    `json:"failed"`    // asked for in vain
	Left      int                    `json:"left"`      // put off: over the limit of a pass, or the pass was ended
	Outside   int                    `json:"outside"`   // of a backfill: outside its dates, or the part of the site that it reads
	Reasons   map[blotter.Reason]int `json:"reasons"`   // why items were refused or failed

	Articles   int                    `json:"articles"`    // read for the first time
	Revised    int                    `json:"revised"`     // read again, with another text
	Removed    int                    `json:"removed"`     // gone, because their captures now give no article
	NoArticle  map[blotter.Reason]int `json:"no_article"`  // captures that hold none, by reason
	TaggedWith map[string]int         `json:"tagged_with"` // articles tagged in this pass, by tag
	Indexed    int                    `json:"indexed"`

	Backfills []BackfillSummary `json:"backfills,omitempty"` // one a way, in the order in which they were gone
}

// Balanced says that the numbers add up: what was listed or due again is what became of it.
func (s *Summary) Balanced() bool {
	return s.Listed+s.Again == s.Known+s.Repeated+s.Waiting+s.New+s.Changed+s.Unchanged+s.Refused+s.Failed+s.Left+s.Outside
}

// noteworthy is the summary without what is nought in it: a daemon's polls are many, and most find nothing.
func (s *Summary) noteworthy() map[string]any {
	fields := map[string]any{}
	text, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		panic(err) // numbers, strings, and lists and maps of them
	}
	maps.DeleteFunc(fields, func(_ string, v any) bool {
		m, isMap := v.(map[string]any)
		return v == nil || v == 0.0 || isMap && len(m) == 0
	})
	return fields
}

// Progress counts what a pass has done so far. Anyone may read it at any time.
type Progress struct {
	SourcesTotal atomic.Int64
	SourcesDone  atomic.Int64
	Pages        atomic.Int64 // fetched or imported
	Articles     atomic.Int64 // read
	Indexed      atomic.Int64

	Lists   atomic.Int64 // of a backfill: read in this pass
	Wanted  atomic.Int64 // of a backfill: pages to fetch in this pass, as far as is known
	Fetched atomic.Int64 // of a backfill: of these, done or failed
	Since   atomic.Int64 // when the first of them was asked for, in nanoseconds since 1970; 0: not yet
}

// tally is the summary in the making, shared by the workers of a pass.
type tally struct {
	mu       sync.Mutex
	s        Summary
	started  time.Time
	progress *Progress
	log      *slog.Logger // with the number of the pass
	readers  *readers     // nil until derive asks for them
}

func (p *Pipeline) newTally(pass int64) *tally {
	progress := p.Progress
	if progress == nil {
		progress = &Progress{}
	}
	return &tally{started: time.Now(), progress: progress, log: p.Log.With("pass", pass), s: Summary{
		Pass:          pass,
		SourcesFailed: map[string]blotter.Reason{},
		Reasons:       map[blotter.Reason]int{},
		NoArticle:     map[blotter.Reason]int{},
		TaggedWith:    map[string]int{},
	}}
}

// count changes the summary under the lock.
func (t *tally) count(change func(s *Summary)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.s)
}

func (t *tally) summary() Summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.s
	s.Elapsed = time.Since(t.started)
	s.SourcesFailed, s.Reasons = maps.Clone(s.SourcesFailed), maps.Clone(s.Reasons)
	s.Alarms, s.Recovered = slices.Clone(s.Alarms), slices.Clone(s.Recovered)
	s.NoArticle, s.TaggedWith = maps.Clone(s.NoArticle), maps.Clone(s.TaggedWith)
	return s
}

// refusals are the reasons for which nothing was asked for at all.
var refusals = []blotter.Reason{blotter.ReasonRobots, blotter.ReasonAddress, blotter.ReasonURL}

// failed counts an item that could not be had.
func (s *Summary) failed(reason blotter.Reason) {
	s.Reasons[reason]++
	if slices.Contains(refusals, reason) {
		s.Refused++
	} else {
		s.Failed++
	}
}
