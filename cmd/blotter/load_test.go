package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"blotter"
	"blotter/internal/newsroom"
	"blotter/internal/web"
)

// thought is how long a reader looks at an answer, on average, before the next question.
const thought = time.Second

// questions are the questions of readers: rare and frequent words, phrases, distances, tags, facets, a timeline.
var questions = []url.Values{
	{"q": {"pistol"}},
	{"q": {"police AND seized"}},
	{"q": {`"a man of"`}},
	{"q": {"seized NEAR/8 (pistol OR rifle OR cocaine)"}},
	{"q": {"tag:arrest NOT drug*"}, "sort": {"-date"}},
	{"q": {"tag:seizure"}, "facets": {"tag,source,month"}, "limit": {"5"}},
	{"q": {"arrest*"}, "timeline": {"month"}, "limit": {"0"}},
	{"q": {"(charged SAME/S court) AND source:bulk-1"}, "limit": {"50"}},
}

// TestLoad has readers search a daemon for as long as it takes in what newsrooms publish: no search fails, none is slow, and memory
// and files do not grow. BLOTTER_LOAD is how long, with 50 readers and 20,000 articles; see make load.
func TestLoad(t *testing.T) {
	lasts, err := time.ParseDuration(cmp.Or(os.Getenv("BLOTTER_LOAD"), "8s"))
	if err != nil {
		t.Fatal(err)
	}
	readers, articles := 10, 400
	if lasts > time.Minute {
		readers, articles = 50, 20_000
	}
	rooms, err := newsroom.Bulk{Articles: articles, Hosts: 20, Kind: blotter.KindSitemap, Seed: 4}.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer rooms.Close()
	dir := t.TempDir()
	writeConfig(t, dir, rooms)
	config := filepath.Join(dir, "blotter.yaml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, append(text, "daemon: {listen: ''}\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	l := &load{t: t, door: web.Door{}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: readers}}}
	cmd := l.start(dir)
	l.run(cmd, readers, lasts)
	if n := l.articles(); n < articles && lasts > time.Minute {
		t.Errorf("%d of %d articles were taken in", n, articles)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	l.report(lasts)
}

// load is a daemon with readers.
type load struct {
	t      *testing.T
	door   web.Door
	client *http.Client

	mu     sync.Mutex
	took   []time.Duration
	faults []string
	uses   []processUse
}

// processUse is what a process has of the machine.
type processUse struct {
	memory int64 // resident, bytes
	files  int
}

func (l *load) start(dir string) *exec.Cmd {
	l.t.Helper()
	cmd := blotterCommand(l.t, "--config", dir, "--quiet", "daemon")
	cmd.Stderr = &bytes.Buffer{}
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = cmd.Process.Kill() })
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		var err error
		if l.door, err = web.ReadDoor(filepath.Join(dir, "data")); err == nil {
			return cmd
		}
		if time.Now().After(end) {
			l.t.Fatalf("the daemon does not start: %v\n%s", err, cmd.Stderr)
		}
	}
}

// run has the readers ask for so long, and looks at what the daemon uses meanwhile.
func (l *load) run(cmd *exec.Cmd, readers int, lasts time.Duration) {
	ctx, stop := context.WithTimeout(l.t.Context(), lasts)
	defer stop()
	var all sync.WaitGroup
	for i := range readers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 9))
			for ctx.Err() == nil {
				l.ask(ctx, questions[random.IntN(len(questions))])
				select {
				case <-ctx.Done():
				case <-time.After(time.Duration(random.Int64N(int64(2 * thought)))):
				}
			}
		})
	}
	for ctx.Err() == nil {
		if use, err := usedBy(cmd.Process.Pid); err == nil {
			l.uses = append(l.uses, use)
		}
		select {
		case <-ctx.Done():
		case <-time.After(lasts / 60):
		}
	}
	all.Wait()
}

func (l *load) ask(ctx context.Context, question url.Values) {
	began := time.Now()
	body, err := l.get(ctx, "/api/v1/search?"+question.Encode())
	if ctx.Err() != nil {
		return // the time is up
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = append(l.took, time.Since(began))
	if err != nil || !json.Valid(body) {
		l.faults = append(l.faults, fmt.Sprintf("%s: %v: %.200s", question.Encode(), err, body))
	}
}

func (l *load) get(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.door.URL+path, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+l.door.Token)
	response, err := l.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %s", response.Status)
	}
	return body, err
}

// articles is how many the daemon can find.
func (l *load) articles() int {
	var found struct{ Total int }
	body, err := l.get(context.Background(), "/api/v1/search?q=source:bulk*&limit=0&facets=source")
	if err == nil {
		err = json.Unmarshal(body, &found)
	}
	if err != nil {
		l.t.Errorf("%v: %s", err, body)
	}
	return found.Total
}

// usedBy reads what Linux says of a process.
func usedBy(pid int) (processUse, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return processUse{}, err
	}
	var u processUse
	lines := bufio.NewScanner(bytes.NewReader(status))
	for lines.Scan() {
		if kb, ok := strings.CutPrefix(lines.Text(), "RssAnon:"); ok { // what is mapped from files the system takes back when it likes
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(kb, "kB")), 10, 64)
			if err != nil {
				return u, err
			}
			u.memory = n << 10
		}
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	u.files = len(files)
	return u, err
}

// report prints the figures and holds them to what is promised. A short run warms up for most of its time: only its failures count.
func (l *load) report(lasts time.Duration) {
	slices.Sort(l.took)
	if len(l.took) == 0 || len(l.uses) < 4 {
		l.t.Fatalf("%d searches, %d looks at the daemon", len(l.took), len(l.uses))
	}
	at := func(share float64) time.Duration { return l.took[int(share*float64(len(l.took)-1))] }
	half := l.uses[len(l.uses)/2:]
	most := slices.MaxFunc(l.uses, func(a, b processUse) int { return cmp.Compare(a.memory, b.memory) })
	early, late := mean(half[:len(half)/2]), mean(half[len(half)/2:])
	l.t.Logf("%d searches: p50 %v, p99 %v, the slowest %v; memory %d MB at most, %d and %d MB in the last two quarters; files %d and %d",
		len(l.took), at(.5), at(.99), at(1), most.memory>>20, early.memory>>20, late.memory>>20, early.files, late.files)
	for _, fault := range l.faults[:min(5, len(l.faults))] {
		l.t.Error(fault)
	}
	if len(l.faults) > 0 {
		l.t.Errorf("%d searches failed", len(l.faults))
	}
	if lasts <= time.Minute {
		return
	}
	if at(.99) > 250*time.Millisecond {
		l.t.Errorf("p99 is %v, more than 250 ms", at(.99))
	}
	if most.memory > 800<<20 || late.memory > early.memory+early.memory/10 || late.files > early.files+16 {
		l.t.Error("memory or files are too many, or grow")
	}
}

func mean(uses []processUse) processUse {
	var sum processUse
	for _, u := range uses {
		sum.memory, sum.files = sum.memory+u.memory, sum.files+u.files
	}
	return processUse{sum.memory / int64(len(uses)), sum.files / len(uses)}
}
