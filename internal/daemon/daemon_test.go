package daemon

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"blotter/archive"
	"blotter/classify"
	"blotter/configs"
	"blotter/crawler"
	"blotter/index"
	"blotter/internal/newsroom"
	"blotter/internal/web"
	"blotter/query"
)

// trial is a daemon over made-up newsrooms.
type trial struct {
	*Daemon
	config  func() (*configs.Config, error) // what Load reads; may be changed between reloads
	timeout time.Duration                   // of a fetch; zero: that of the Fetcher
	mu      sync.Mutex
	log     bytes.Buffer
	states  []string
	stop    context.CancelFunc
	ended   chan struct{}
	result  error // of Run, when it has ended
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	rooms, err := newsroom.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rooms.Close() })
	data := t.TempDir()
	tr := &trial{config: func() (*configs.Config, error) {
		c, err := configs.Load("")
		if err != nil {
			return nil, err
		}
		c.DataDir, c.Daemon.Listen = data, "127.0.0.1:0"
		c.Sources, c.Crawl.Allow = rooms.Sources(), rooms.Addrs()
		return c, nil
	}}
	tr.Daemon = &Daemon{
		Version: "test",
		Load:    tr.load,
		Log:     slog.New(slog.NewTextHandler(tr, nil)),
		Tell: func(state string) {
			tr.mu.Lock()
			defer tr.mu.Unlock()
			tr.states = append(tr.states, state)
		},
	}
	return tr
}

func (tr *trial) load() (Parts, error) {
	c, err := tr.config()
	if err != nil {
		return Parts{}, err
	}
	rules, err := classify.Parse(c.Rules)
	return Parts{c, rules, &crawler.Fetcher{Agent: "Blotter/test (+test@blotter.example)", Allow: c.Crawl.Allow}}, err
}

// Write takes the log.
func (tr *trial) Write(p []byte) (int, error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.log.Write(p)
}

func (tr *trial) logged() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.log.String()
}

func (tr *trial) told(state string) bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, s := range tr.states {
		if strings.Contains(s, state) {
			return true
		}
	}
	return false
}

// start runs the daemon until the test ends, and waits until it is at work.
func (tr *trial) start(t *testing.T) {
	t.Helper()
	tr.states = nil
	ctx, stop := context.WithCancel(t.Context())
	tr.stop, tr.ended = stop, make(chan struct{})
	go func() {
		defer close(tr.ended)
		tr.result = tr.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			t.Log(tr.logged())
		}
	})
	tr.eventually(t, "the daemon is ready", func() bool { return tr.told("READY=1") })
}

// end stops the daemon, which must take no longer than it promises.
func (tr *trial) end(t *testing.T) {
	t.Helper()
	tr.stop()
	select {
	case <-tr.ended:
		if tr.result != nil {
			t.Errorf("the daemon ended with %v", tr.result)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the daemon did not end within ten seconds")
	}
}

// eventually waits for what a running daemon is bound to do.
func (tr *trial) eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); {
		select {
		case <-tr.ended:
			t.Fatalf("the daemon ended (%v) before this: %s", tr.result, what)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(end) {
			t.Fatalf("not in a minute: %s", what)
		}
	}
}

func (tr *trial) finds(t *testing.T, text string) int {
	t.Helper()
	q, err := query.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	result, err := tr.index.Search(t.Context(), index.Request{Query: q, Load: tr.archive.Articles})
	if err != nil {
		t.Fatal(err)
	}
	return result.Total
}

// A daemon asks its sources, and what they publish is soon found. Stopped and started again it goes on.
func TestDaemon(t *testing.T) {
	tr := newTrial(t)
	before := goleak.IgnoreCurrent()
	tr.start(t)
	tr.eventually(t, "something is found", func() bool { return tr.finds(t, "tag:seizure") > 0 })
	if _, err := archive.Open(tr.parts().Config.DataDir, archive.Options{}); err == nil {
		t.Error("a second owner was let in")
	}
	tr.eventually(t, "the state is told", func() bool { return tr.told("WATCHDOG=1") && tr.told("watching") })
	data := tr.parts().Config.DataDir
	tr.end(t)
	// What another test has left of a server may still be ending, and connections that the newsrooms keep are theirs.
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("net/http.(*conn).serve"))
	if !tr.told("STOPPING=1") {
		t.Error("the manager is not told that it stops")
	}
	if _, err := web.ReadDoor(data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the word that a stopped daemon has left: %v", err)
	}

	arc, err := archive.OpenReadOnly(data)
	if err != nil {
		t.Fatal(err)
	}
	defer arc.Close()
	runs, err := arc.LastRuns(t.Context())
	if err != nil || runs["verify"].Ended.IsZero() || runs["verify"].Error != "" {
		t.Errorf("the runs are %+v, %v", runs, err)
	}
	findings, err := arc.Check(t.Context(), archive.CheckOptions{Deep: true})
	if err != nil || len(findings) > 0 {
		t.Errorf("%v, %v", findings, err)
	}
}

func steer(t *testing.T, running web.Door) error {
	var nothing struct{}
	return running.Steer(t.Context(), "reload", nothing, &nothing)
}

// A reload takes a right configuration as a whole, and of a wrong one nothing.
func TestReload(t *testing.T) {
	tr := newTrial(t)
	tr.start(t)
	good := tr.config
	running, err := web.ReadDoor(tr.parts().Config.DataDir)
	if err != nil {
		t.Fatal(err)
	}

	tr.config = func() (*configs.Config, error) { return nil, errors.New("sources/a.yaml:3:1: unknown key") }
	if err := steer(t, running); err == nil || err.Error() != "sources/a.yaml:3:1: unknown key" {
		t.Errorf("a wrong configuration: %v", err)
	}
	tr.config = func() (*configs.Config, error) {
		c, err := good()
		c.Daemon.Listen = "127.0.0.1:1"
		return c, err
	}
	if err := steer(t, running); err == nil || !strings.Contains(err.Error(), "takes a restart") {
		t.Errorf("another address: %v", err)
	}
	before := tr.parts()
	tr.config = func() (*configs.Config, error) {
		c, err := good()
		c.Sources = c.Sources[:1]
		return c, err
	}
	if err := steer(t, running); err != nil {
		t.Errorf("a right configuration: %v", err)
	}
	if after := tr.parts(); len(after.Config.Sources) != 1 || after.Fetcher == before.Fetcher {
		t.Errorf("after the reload there are %d sources", len(after.Config.Sources))
	}

	running.Token = "guessed"
	if err := steer(t, running); err == nil || len(tr.parts().Config.Sources) != 1 {
		t.Errorf("without the token: %v", err)
	}
	tr.end(t)
}

// A reload that is asked for while the daemon starts waits until it has begun, and one before that is refused.
func TestReloadAtStart(t *testing.T) {
	tr := newTrial(t)
	if err := tr.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "has not begun") {
		t.Errorf("before the start: %v", err)
	}
	c, err := tr.config()
	if err != nil {
		t.Fatal(err)
	}
	// Who just reads the index holds up the start.
	arc, err := archive.Open(c.DataDir, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	id := arc.ID()
	if err := arc.Close(); err != nil {
		t.Fatal(err)
	}
	reading, err := index.OpenBleve(filepath.Join(c.DataDir, "index"), id)
	if err != nil {
		t.Fatal(err)
	}
	lock := filepath.Join(c.DataDir, "lock")
	if err := os.Truncate(lock, 0); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended, asked := make(chan error, 1), make(chan error, 1)
	go func() { ended <- tr.Run(ctx) }()
	tr.eventually(t, "the data folder is the daemon's", func() bool {
		said, err := os.ReadFile(lock)
		return err == nil && len(said) > 0
	})
	go func() { asked <- tr.Reload(ctx) }()
	select {
	case err := <-asked:
		t.Fatalf("while it starts: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := reading.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-asked; err != nil {
		t.Errorf("when it has begun: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
