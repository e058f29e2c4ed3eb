package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"blotter/archive"
)

// alertsSite is a configuration with a webhook at url, and an archive with three messages: one that waits, one that failed and one
// that was given up.
func alertsSite(t *testing.T, url string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	source := `sources:
  - {id: one, name: One, kind: feed, url: "https://one.example/feed", schedule: "@hourly", time_zone: UTC, country: gb, publisher: press, language: en}
`
	for name, text := range map[string]string{
		"blotter.yaml": fmt.Sprintf("channels:\n  desk: {kind: webhook, url: \"%s/hidden-hook\", secret: hidden-secret}\n", url), "sources.yaml": source,
	} {
		if name == "sources.yaml" {
			name = "sources/a.yaml"
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	arc, err := archive.Open(filepath.Join(dir, "data"), archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer arc.Close()
	ctx, now := t.Context(), time.Date(2026, 4, 30, 6, 9, 0, 0, time.UTC)
	for i, channel := range []string{"desk", "phone", "mail"} {
		if _, err := arc.RaiseAlarm(ctx, archive.AlarmKind(fmt.Sprint("disk", i)), "x", now); err != nil {
			t.Fatal(err)
		}
		if _, err := arc.TellAlarms(ctx, []string{channel}, func(archive.Alarm) json.RawMessage { return json.RawMessage(`{}`) }, now.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
		all, err := arc.Deliveries(ctx, archive.Waiting)
		if err != nil {
			t.Fatal(err)
		}
		if channel != "desk" {
			u := archive.Undelivered{Error: "channel " + channel + ": 502 Bad Gateway", Next: now.Add(time.Hour), Channel: now.Add(time.Hour), Final: channel == "mail", Long: time.Hour}
			if _, err := arc.Undelivered(ctx, all[0].ID, u, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// command runs a command on a configuration and returns what it writes.
func command(t *testing.T, code int, dir string, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if got := run(t.Context(), append([]string{"--config", dir}, args...), strings.NewReader(""), &out, &errs); got != code {
		t.Errorf("%v: exit code %d, want %d: %s", args, got, code, errs.String())
	}
	if text := out.String() + errs.String(); strings.Contains(text, "hidden") {
		t.Errorf("%v shows a secret: %s", args, text)
	}
	return out.String(), errs.String()
}

func TestAlertsCommands(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "got it at %s", r.URL.Path) }))
	defer s.Close()
	dir := alertsSite(t, s.URL)

	if out, _ := command(t, exitOK, dir, "alerts", "test", "desk"); !strings.HasPrefix(out, "desk took the message ") || !strings.HasSuffix(out, ": 200 OK got it at •••\n") {
		t.Errorf("test: %q", out)
	}
	var tested testedJSON
	out, _ := command(t, exitOK, dir, "alerts", "test", "desk", "-o", "json")
	if err := json.Unmarshal([]byte(out), &tested); err != nil || tested.Channel != "desk" || len(tested.ID) != 26 {
		t.Errorf("test: %v, %s", err, out)
	}

	out, _ = command(t, exitOK, dir, "alerts", "list")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], "phone    1 alarm  failed 1×, again 04-30 07:09  channel phone: 502 Bad Gateway") ||
		!strings.Contains(lines[2], "2026-04-30 06:09  desk     1 alarm  waiting") {
		t.Errorf("list:\n%s", out)
	}
	var dead []alertJSON
	out, _ = command(t, exitOK, dir, "alerts", "list", "--dead", "-o", "json")
	if err := json.Unmarshal([]byte(out), &dead); err != nil || len(dead) != 1 || dead[0].State != "dead" || dead[0].Channel != "mail" || dead[0].Attempts != 1 {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, _ = command(t, exitOK, dir, "alerts", "list", "--all", "-o", "jsonl"); strings.Count(out, "\n") != 3 {
		t.Errorf("all:\n%s", out)
	}

	// While another writes, it says who.
	arc, err := archive.Open(filepath.Join(dir, "data"), archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, errs := command(t, exitFailure, dir, "alerts", "retry"); !strings.Contains(errs, fmt.Sprintf("in use by %s", filepath.Base(os.Args[0]))) {
		t.Errorf("retry: %s", errs)
	}
	command(t, exitOK, dir, "alerts", "list")
	arc.Close()

	for _, test := range []struct {
		args []string
		want string
	}{{nil, "1 alert to go out"}, {[]string{"--dead"}, "1 alert to go out"}, {[]string{strings.ToLower(dead[0].ID[:12])}, "1 alert to go out"}, {[]string{"--dead"}, "0 alerts to go out"}} {
		if _, errs := command(t, exitOK, dir, append([]string{"alerts", "retry"}, test.args...)...); !strings.HasPrefix(errs, test.want) {
			t.Errorf("retry %v: %s", test.args, errs)
		}
	}
	if out, _ = command(t, exitOK, dir, "alerts", "list"); strings.Count(out, "waiting") != 3 {
		t.Errorf("list:\n%s", out)
	}
}
