package web

import (
	"context"
	"errors"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"blotter"
	"blotter/archive"
)

// TestMetrics: the figures are there, by the names of docs/http.md, and say what is so.
func TestMetrics(t *testing.T) {
	s := newServer(t)
	s.Metrics = NewMetrics(Watched{
		House: s.House, DataDir: house(t).Config.DataDir,
		Queues: func(context.Context) (map[string]int, error) { return map[string]int{"underived": 3}, nil },
	})
	s.Metrics.FetchDone("failed", blotter.ReasonTimeout, 2)
	s.Metrics.FetchDone("new", "", 0) // none is no line
	s.Metrics.Tagged("seizure", 4)
	s.Metrics.StageDone("derive", 20*time.Millisecond)
	s.Metrics.PassDone(time.UnixMilli(1_700_000_000_500))
	base := start(t, s)
	get(t, base+"/api/v1/rules")
	get(t, base+"/nothing")
	response, text := get(t, base+"/metrics")
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%s %s", response.Status, response.Header.Get("Content-Type"))
	}
	for _, line := range []string{
		`blotter_fetches_total{outcome="failed",reason="timeout"} 2`, `blotter_tagged_total{tag="seizure"} 4`, `blotter_stage_duration_seconds_count{stage="derive"} 1`,
		`blotter_last_pass_timestamp_seconds 1.7000000005e+09`, `blotter_queue_depth{queue="underived"} 3`, `blotter_queue_depth{queue="unindexed"} 0`,
		`blotter_queue_depth{queue="alerts"} 0`, `blotter_index_lag_changes 0`, `blotter_figures_failed 0`, `blotter_alarms_open{kind="failing"} 0`,
		`blotter_http_requests_total{path="/api/v1/rules",status="200"} 1`, `blotter_http_requests_total{path="other",status="404"} 1`,
		`blotter_source_poll_lag_seconds{source="norrshire-police"}`, `blotter_articles_tagged{tag="seizure"}`, `blotter_archive_bytes{part="warc"}`,
		`blotter_disk_free_bytes `, "go_goroutines ",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s", line)
		}
	}
	if strings.Contains(text, `outcome="new"`) {
		t.Error("what never happened is there")
	}
	if problems, err := testutil.GatherAndLint(s.Metrics.registry); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	doc, err := os.ReadFile("../../docs/http.md")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (blotter_\w+)`).FindAllStringSubmatch(text, -1) {
		names[m[1]] = true
		if !strings.Contains(string(doc), "`"+m[1]) {
			t.Errorf("docs/http.md does not have %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile("`(blotter_[a-z_]+)").FindAllStringSubmatch(string(doc), -1) {
		if !names[m[1]] {
			t.Errorf("docs/http.md has %s, and it is not told", m[1])
		}
	}
}

// TestMetricsWithout: figures that cannot be read leave the others alone, and nobody needs any.
func TestMetricsWithout(t *testing.T) {
	var none *Metrics
	none.FetchDone("new", "", 1)
	none.Tagged("a", 1)
	none.StageDone("poll", 1)
	none.PassDone(time.Now())
	s := newServer(t)
	s.Metrics = NewMetrics(Watched{House: s.House, DataDir: "/nowhere/at/all",
		Queues: func(context.Context) (map[string]int, error) { return nil, errors.New("broken") }})
	_, text := get(t, start(t, s)+"/metrics")
	if !strings.Contains(text, "blotter_figures_failed 1") || !strings.Contains(text, "blotter_articles ") {
		t.Error(text)
	}
}

// TestLag: a source is late when its schedule, its rhythm and its own wish all allow it to be asked.
func TestLag(t *testing.T) {
	now := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	src := blotter.Source{Schedule: "every 30m", TimeZone: "Europe/London"}
	for _, test := range []struct {
		what  string
		state archive.SourceState
		want  time.Duration
	}{
		{"never asked", archive.SourceState{}, 0},
		{"asked lately", archive.SourceState{LastTry: ago(10 * time.Minute)}, 0},
		{"an hour ago", archive.SourceState{LastTry: ago(time.Hour)}, 30 * time.Minute},
		{"an hour ago, and it pauses for 50 minutes", archive.SourceState{LastTry: ago(100 * time.Minute), Pause: 50 * time.Minute}, 20 * time.Minute},
		{"an hour ago, and it is to be left alone", archive.SourceState{LastTry: ago(time.Hour), NextTry: now.Add(time.Hour)}, 0},
		{"two hours ago, and it was to be left alone", archive.SourceState{LastTry: ago(2 * time.Hour), NextTry: ago(5 * time.Minute)}, 5 * time.Minute},
	} {
		if got := lag(src, test.state, 15*time.Minute, now); got != test.want {
			t.Errorf("%s: %v, want %v", test.what, got, test.want)
		}
	}
}
