package daemon

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"blotter/configs"
)

// machineAlarms are the kinds of alarm of the machine: that of a full disk, and one of each job.
func machineAlarms(d *Daemon) []string {
	kinds := []string{string(alarmDisk)}
	for _, j := range d.byClock() {
		kinds = append(kinds, j.name)
	}
	return kinds
}

// part is the part of docs/operations.md under a heading.
func part(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "\n"+heading+"\n")
	if !ok {
		t.Fatalf("docs/operations.md has no %q", heading)
	}
	level := strings.Repeat("#", strings.Count(strings.Fields(heading)[0], "#"))
	if end := regexp.MustCompile(`(?m)^#{1,` + string(rune('0'+len(level))) + `} `).FindStringIndex(rest); end != nil {
		rest = rest[:end[0]]
	}
	return rest
}

// firstCells are the names in the first column of the tables in a text.
func firstCells(text string) (names []string) {
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return names
}

// TestAlarmDocs: the table of alarms has each kind that there is, and no other.
func TestAlarmDocs(t *testing.T) {
	want := machineAlarms(&Daemon{})
	source, err := os.ReadFile("../../archive/alarms.go")
	if err != nil {
		t.Fatal(err)
	}
	ofSources := regexp.MustCompile(`AlarmKind = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	if len(ofSources) < 4 {
		t.Fatalf("archive/alarms.go has %d kinds; the reading is broken", len(ofSources))
	}
	for _, m := range ofSources {
		want = append(want, m[1])
	}
	slices.Sort(want)
	if got := firstCells(part(t, "## Alarms")); !slices.Equal(got, want) {
		t.Errorf("docs/operations.md has the alarms %v; there are %v", got, want)
	}
	failures, err := os.ReadFile("../../failure.go")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `failing`.*").FindString(part(t, "## Alarms"))
	for _, m := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(row, -1)[1:] {
		if !strings.Contains(string(failures), `Reason = "`+m[1]+`"`) {
			t.Errorf("docs/operations.md has the reason %s, and no failure has it", m[1])
		}
	}
}

// TestLogDocs: each line that the daemon logs is explained.
func TestLogDocs(t *testing.T) {
	said := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?i)\blog\.(?:Info|Warn|Error)\("([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
			said[m[1]] = true
		}
	}
	if len(said) < 15 {
		t.Fatalf("%d lines are logged; the reading is broken", len(said))
	}
	text := part(t, "## The log")
	for line := range said {
		if !strings.Contains(text, "`"+line+"`") {
			t.Errorf("docs/operations.md does not explain the line %q", line)
		}
	}
}

// TestReloadDocs: what takes a restart is named.
func TestReloadDocs(t *testing.T) {
	source, err := os.ReadFile("reload.go")
	if err != nil {
		t.Fatal(err)
	}
	text := part(t, "## Change the configuration")
	keys := regexp.MustCompile(`\{"([a-z_.]+)", (?:was|fmt)`).FindAllStringSubmatch(string(source), -1)
	if len(keys) < 5 {
		t.Fatalf("%d keys; the reading is broken", len(keys))
	}
	for _, key := range keys {
		if !strings.Contains(text, "`"+key[1]+"`") {
			t.Errorf("docs/operations.md does not say that %s takes a restart", key[1])
		}
	}
}

// TestConfigDocs: what docs/operations.md shows of blotter.yaml is right.
func TestConfigDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n# (blotter.yaml.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 2 {
		t.Fatalf("%d pieces of blotter.yaml; the reading is broken", len(blocks))
	}
	for _, block := range blocks {
		dir := t.TempDir()
		if err := errors.Join(configs.Write(dir), os.WriteFile(filepath.Join(dir, "blotter.yaml"), []byte("# "+block[1]), 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, err := configs.Load(dir); err != nil {
			t.Errorf("%v\n%s", err, block[1])
		}
	}
}
