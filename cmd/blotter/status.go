package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/archive"
	"blotter/configs"
	"blotter/index"
	"blotter/internal/web"
)

// leastSpare is how much room a disk is to have.
const leastSpare = 1 << 30

// worstShown is how many sources, alarms and polls status names.
const worstShown = 5

func statusCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say on one screen how the data folder, its sources and the daemon are",
		Long: `Say how things are: who writes to the data folder, how the sources do and which do worst, what the last pass gave, what is due
next, what waits to be read, tagged and indexed, how the daemon's jobs ended, what is open, and how much room is left. It
reads only, also beside a running daemon, and asks nothing of the network.

Exit code 1 when something needs a human, which is then listed: an open alarm, a job that failed or was cut off, a daemon
that ended without saying so, a disk that is nearly full. Exit code 0 else.`,
		Example: "  blotter status\n  blotter status -o json | jq .problems",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.ownConfig()
			if err != nil {
				return err
			}
			return a.status(cmd.Context(), c, time.Now())
		},
	}
}

// statusJSON is what status prints for machines.
type statusJSON struct {
	Data     string         `json:"data"`
	Writer   *writerJSON    `json:"writer"` // null: nobody writes
	Daemon   *daemonJSON    `json:"daemon"` // null: none is running
	Articles int            `json:"articles"`
	Captures int            `json:"captures"`
	Sources  map[string]int `json:"sources"` // by health: ok, failing, silent, never asked, disabled
	Worst    []worstJSON    `json:"worst"`
	Pass     *passJSON      `json:"last_pass"`
	Due      int            `json:"due"`  // sources that are due now
	Next     []nextJSON     `json:"next"` // and those after
	Waiting  waitingJSON    `json:"waiting"`
	Jobs     []jobJSON      `json:"jobs"`
	Alarms   []alarmJSON    `json:"alarms"`
	Bytes    sizesJSON      `json:"bytes"`
	Problems []problemJSON  `json:"problems"`
}

type writerJSON struct {
	PID     int    `json:"pid,omitempty"`
	Command string `json:"command"`
}

// daemonJSON is what a daemon says of itself; its token is nobody's business here.
type daemonJSON struct {
	PID     int       `json:"pid"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	URL     string    `json:"url,omitempty"` // where it answers others
}

type worstJSON struct {
	Source   string         `json:"source"`
	Failures int            `json:"failures"` // in a row
	Reason   blotter.Reason `json:"reason"`
	Success  string         `json:"last_success,omitempty"`
}

type passJSON struct {
	Command string          `json:"command"`
	Started string          `json:"started"`
	Ended   string          `json:"ended,omitempty"`
	Counts  json.RawMessage `json:"counts,omitempty"`
}

type nextJSON struct {
	Source string `json:"source"`
	At     string `json:"at"`
}

// waitingJSON is what the steps have before them.
type waitingJSON struct {
	Captures int    `json:"captures"`        // to be read
	Articles int    `json:"articles"`        // to be tagged
	Changes  *int64 `json:"changes"`         // to be indexed; null: not known
	Index    string `json:"index,omitempty"` // why that is not known
}

type jobJSON struct {
	Job     string `json:"job"`
	Started string `json:"started"`
	Ended   string `json:"ended,omitempty"`
	Error   string `json:"error,omitempty"`
}

type sizesJSON struct {
	Database int64 `json:"database"`
	WARC     int64 `json:"warc"`
	Index    int64 `json:"index"`
	Free     int64 `json:"free"`
}

type problemJSON struct {
	What string `json:"what"`
	Next string `json:"next"`
}

func (s *statusJSON) problem(next, format string, args ...any) {
	s.Problems = append(s.Problems, problemJSON{fmt.Sprintf(format, args...), next})
}

func (a *app) status(ctx context.Context, c *configs.Config, now time.Time) (err error) {
	arc, err := archive.OpenReadOnly(c.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, arc.Close()) }()
	s, err := gatherStatus(ctx, c, arc, now)
	if err != nil {
		return err
	}
	asked, err := forMachines(a, s, []*statusJSON{s})
	if err != nil {
		return err
	}
	if !asked {
		writeStatus(a.stdout, s, now)
	}
	if len(s.Problems) > 0 {
		return errSaid
	}
	return nil
}

func gatherStatus(ctx context.Context, c *configs.Config, arc *archive.Archive, now time.Time) (*statusJSON, error) {
	s := &statusJSON{Data: c.DataDir, Worst: []worstJSON{}, Next: []nextJSON{}, Jobs: []jobJSON{}, Alarms: []alarmJSON{}, Problems: []problemJSON{},
		Sources: map[string]int{"ok": 0, "failing": 0, "silent": 0, "never asked": 0, "disabled": 0}}
	st, err := arc.Status(ctx)
	if err != nil {
		return nil, err
	}
	s.Articles, s.Captures = st.Articles, st.Captures
	s.Waiting = waitingJSON{Captures: st.Unread, Articles: st.Untagged}
	s.Bytes = sizesJSON{Database: st.Database, WARC: st.WARCBytes, Index: folderSize(indexDir(c))}
	if err := s.writers(c); err != nil {
		return nil, err
	}
	s.pass(&st.Pass)
	if err := s.alarms(ctx, arc); err != nil {
		return nil, err
	}
	if err := s.sources(ctx, c, arc, now); err != nil {
		return nil, err
	}
	if err := s.jobs(ctx, arc); err != nil {
		return nil, err
	}
	s.index(c, arc.ID(), st.Seq)
	return s, s.room(c)
}

// writers says who holds the data folder, and whether it is a daemon.
func (s *statusJSON) writers(c *configs.Config) error {
	held, err := archive.Holder(c.DataDir)
	if err != nil {
		return err
	}
	if held != nil {
		s.Writer = &writerJSON{held.PID, held.Command}
	}
	d, err := web.ReadDoor(c.DataDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		s.problem("start the daemon again; it writes the file anew", "%v", err)
	case held == nil || held.PID != d.PID:
		s.problem("look at its log, and start it again: blotter daemon", "the daemon (pid %d, of %s) has ended without saying so", d.PID, rfc3339(d.Started))
	default:
		s.Daemon = &daemonJSON{d.PID, d.Version, d.Started, d.Public}
	}
	return nil
}

func (s *statusJSON) pass(p *archive.LastPass) {
	if p.ID == 0 {
		return
	}
	s.Pass = &passJSON{Command: p.Command, Started: rfc3339(p.Started), Ended: rfc3339(p.Ended), Counts: p.Counts}
	if p.Ended.IsZero() && s.Writer == nil {
		s.problem("blotter update takes what it fetched to the index", "the last pass (%s, of %s) was cut off", p.Command, rfc3339(p.Started))
	}
}

func (s *statusJSON) alarms(ctx context.Context, arc *archive.Archive) error {
	alarms, err := arc.Alarms(ctx, false)
	for _, x := range alarms {
		s.Alarms = append(s.Alarms, alarmJSON{x.Source, x.Kind, rfc3339(x.Since), x.Detail, rfc3339(x.Raised), ""})
	}
	if len(alarms) > 0 {
		s.problem("blotter alarms lists them, blotter coverage shows what is missing since", "%s open", plural(len(alarms), "alarm")+" "+isAre(len(alarms)))
	}
	return err
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// sources tells the sources by their health, and when they are asked next.
func (s *statusJSON) sources(ctx context.Context, c *configs.Config, arc *archive.Archive, now time.Time) error {
	states, err := arc.SourceStates(ctx)
	if err != nil {
		return err
	}
	configured := c.Sources
	if c.Dir == "" { // only --data was named: those that the archive knows
		if configured, err = arc.Sources(ctx); err != nil {
			return err
		}
	}
	type poll struct {
		source string
		at     time.Time
	}
	var polls []poll
	for _, src := range configured {
		state := states[src.ID]
		silent := slices.ContainsFunc(s.Alarms, func(x alarmJSON) bool { return x.Source == src.ID && x.Kind == archive.AlarmSilent })
		if src.Schedule == "" {
			continue // of an import
		}
		switch {
		case !src.Enabled:
			s.Sources["disabled"]++
			continue
		case state.LastTry.IsZero():
			s.Sources["never asked"]++
		case state.Failures > 0:
			s.Sources["failing"]++
			s.Worst = append(s.Worst, worstJSON{src.ID, state.Failures, state.Reason, rfc3339(state.LastSuccess)})
		case silent:
			s.Sources["silent"]++
		default:
			s.Sources["ok"]++
		}
		at := nextPoll(src, state, c.Crawl.MinInterval, now)
		if !at.After(now) {
			s.Due++
		} else {
			polls = append(polls, poll{src.ID, at})
		}
	}
	slices.SortFunc(s.Worst, func(x, y worstJSON) int {
		return cmp.Or(cmp.Compare(y.Failures, x.Failures), cmp.Compare(x.Source, y.Source))
	})
	slices.SortFunc(polls, func(x, y poll) int { return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.source, y.source)) })
	s.Worst = s.Worst[:min(len(s.Worst), worstShown)]
	for _, p := range polls[:min(len(polls), worstShown)] {
		s.Next = append(s.Next, nextJSON{p.source, rfc3339(p.at)})
	}
	return nil
}

// nextPoll is when a source is asked next: at a time of its schedule, and neither before its pause nor before its host allows.
func nextPoll(src blotter.Source, state archive.SourceState, least time.Duration, now time.Time) time.Time {
	last := state.LastTry
	earliest := state.NextTry
	if !last.IsZero() {
		if at := last.Add(max(least, state.Pause)); at.After(earliest) {
			earliest = at
		}
		last = last.Add(state.Pause)
	}
	at := now
	if last.After(now) { // the pause is not over: the times of the schedule within it do not count
		at = last
	}
	due, next := configs.Due(src.Schedule, src.Zone(), last, at)
	if due {
		next = at
	}
	if earliest.After(next) {
		return earliest
	}
	return next
}

func (s *statusJSON) jobs(ctx context.Context, arc *archive.Archive) error {
	runs, err := arc.LastRuns(ctx)
	for _, r := range runs {
		s.Jobs = append(s.Jobs, jobJSON{r.Job, rfc3339(r.Started), rfc3339(r.Ended), r.Error})
		switch {
		case r.Error != "":
			s.problem("mend what it says; the daemon tries again at its time", "the last %s failed: %s", r.Job, r.Error)
		case r.Ended.IsZero() && s.Daemon == nil:
			s.problem("the daemon catches up with it when it is started", "the last %s, of %s, was cut off", r.Job, rfc3339(r.Started))
		}
	}
	slices.SortFunc(s.Jobs, func(x, y jobJSON) int { return cmp.Compare(x.Job, y.Job) })
	return err
}

// index says how far the index has followed. While another process writes to it that is not to be had.
func (s *statusJSON) index(c *configs.Config, id string, seq int64) {
	idx, err := index.OpenBleveReadOnly(indexDir(c), id)
	var inUse *index.InUseError
	switch {
	case errors.As(err, &inUse):
		s.Waiting.Index = "in use"
		return
	case errors.Is(err, index.ErrUnusable):
		s.Waiting.Index = "missing or damaged"
		if s.Writer == nil && seq > 0 {
			s.problem("blotter update builds it", "the index is missing or damaged")
		}
		return
	case err != nil:
		s.Waiting.Index = err.Error()
		return
	}
	defer idx.Close()
	at, err := idx.Seq()
	if err != nil {
		s.Waiting.Index = err.Error()
		return
	}
	behind := seq - at
	s.Waiting.Changes = &behind
}

func (s *statusJSON) room(c *configs.Config) (err error) {
	var files int64
	s.Bytes.Free, files, err = archive.FreeSpace(c.DataDir)
	if err == nil && s.Bytes.Free < leastSpare {
		s.problem("make room, or compact: blotter compact", "the disk has %s left", megabytes(s.Bytes.Free))
	}
	if err == nil && files > 0 && files < 1000 {
		s.problem("remove files from the disk", "the disk has room for %d more files", files)
	}
	return err
}

// folderSize is what the files of a folder take, as far as they can be seen while others write and remove them.
func folderSize(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil
	})
	return n
}

// rfc3339 is a time for machines, "" when there is none.
func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
