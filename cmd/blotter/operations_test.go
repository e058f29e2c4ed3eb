package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"blotter/internal/web"
)

// handbook is docs/operations.md while a test does what it says, over a made-up paper.
type handbook struct {
	*testing.T
	paths    *strings.Replacer // from those of the page to those of the test
	site     *httptest.Server
	commands int
}

// TestOperationsDocs does what docs/operations.md says, command by command, in a shell, and looks for each line of output that stands
// there. Numbers may differ. What takes root, systemd or a disk of one's own stands in blocks of another kind, and is not run.
func TestOperationsDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("NO_COLOR", "1")
	h := &handbook{T: t, site: paper(t)}
	root := t.TempDir()
	h.paths = strings.NewReplacer("/etc/blotter", filepath.Join(root, "etc"), "/mnt/backup", filepath.Join(root, "backup"),
		"/srv/blotter", filepath.Join(root, "srv"))
	t.Chdir(root)
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		output := ""
		for line := range strings.Lines(block[1]) {
			line = strings.TrimRight(line, "\n")
			if command, isCommand := strings.CutPrefix(line, "$ "); isCommand {
				h.commands++
				output = h.do(h.paths.Replace(command), strings.TrimSpace(block[1]))
			} else if !strings.Contains(masked(output), masked(h.paths.Replace(line))) {
				t.Errorf("docs/operations.md has %q; the output is\n%s", line, output)
			}
		}
	}
	if h.commands < 18 {
		t.Errorf("docs/operations.md has %d commands; the reading is broken", h.commands)
	}
}

// paper is a site with a feed of one article.
func paper(t *testing.T) *httptest.Server {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/feed.xml":
			w.Header().Set("Content-Type", "application/rss+xml")
			fmt.Fprintf(w, `<rss version="2.0"><channel><title>Paper</title><item><title>Rifles seized in raid</title>
				<link>http://%s/rifles</link><pubDate>Fri, 05 Jun 2026 10:00:00 +0100</pubDate></item></channel></rss>`, r.Host)
		case "/rifles":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, `<html><head><title>Rifles seized in raid</title></head><body><article><h1>Rifles seized in raid</h1>
				<p>Officers seized three rifles and a quantity of ammunition from a lock-up garage in the east of the town on Friday.</p>
				<p>A man of forty was questioned and has since been released while the enquiries of the force continue, it said.</p>
				<p>The weapons were sent to the laboratory of the force, where they are to be examined over the coming weeks.</p>
				</article></body></html>`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(site.Close)
	return site
}

// do runs a line of the page, and gives all that it writes.
func (h *handbook) do(line, block string) string {
	h.Helper()
	command, background := strings.CutSuffix(line, " &")
	switch words := strings.Fields(line); {
	case words[0] == "cd":
		h.Chdir(words[1])
		return ""
	case words[0] == "curl":
		return h.curl(words[len(words)-1])
	case background:
		h.daemon(command)
		return ""
	}
	out, err := exec.Command("sh", "-c", command).CombinedOutput()
	var exit *exec.ExitError
	switch {
	case strings.HasPrefix(line, "blotter doctor") && strings.Contains(string(out), "\nbad ") && errors.As(err, &exit) && exit.ExitCode() == exitFailure:
		// as the page says
	case err != nil:
		h.Fatalf("%s: %v\n%s", line, err, out)
	}
	if strings.HasPrefix(line, "blotter init") {
		h.takeSources(strings.Fields(line)[2])
	}
	return string(out)
}

// takeSources puts the paper in the place of all sources of outside: nothing here is to reach them.
func (h *handbook) takeSources(dir string) {
	h.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "sources", "*.yaml"))
	if err != nil || len(files) == 0 {
		h.Fatalf("%d files of sources, %v", len(files), err)
	}
	for _, file := range files {
		err = errors.Join(err, os.Remove(file))
	}
	source := fmt.Sprintf("sources:\n  - {id: paper, name: Paper, kind: feed, url: '%s/feed.xml', schedule: '@hourly', country: gb, "+
		"publisher: press, time_zone: Europe/London, language: en-GB}\n", h.site.URL)
	config, err2 := os.ReadFile(filepath.Join(dir, "blotter.yaml"))
	config = []byte(strings.NewReplacer("allow: []", "allow: ['"+h.site.Listener.Addr().String()+"']",
		"listen: 127.0.0.1:7970", "listen: 127.0.0.1:0").Replace(string(config)))
	err = errors.Join(err, err2, os.WriteFile(filepath.Join(dir, "blotter.yaml"), config, 0o600),
		os.WriteFile(filepath.Join(dir, "sources", "paper.yaml"), []byte(source), 0o600))
	if err != nil {
		h.Fatal(err)
	}
}

// daemon starts a daemon until the test ends, and waits until it has found the paper's article and checked the archive.
func (h *handbook) daemon(command string) {
	h.Helper()
	cmd := exec.Command("sh", "-c", "exec "+command)
	if err := cmd.Start(); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
			h.Error(err)
		}
	})
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		found, _ := exec.Command("blotter", "search", "tag:seizure").Output()
		status, _ := exec.Command("blotter", "status").Output()
		if strings.Contains(string(found), "Rifles") && regexp.MustCompile(`verify: .*, ok`).Match(status) {
			return
		}
	}
	h.Fatal("the daemon has found nothing in a minute")
}

// curl asks the daemon of the test in the place of the one of the page.
func (h *handbook) curl(address string) string {
	h.Helper()
	door, err := web.ReadDoor("data")
	if err != nil {
		h.Fatal(err)
	}
	r, err := http.Get(strings.Replace(address, "http://127.0.0.1:7970", door.Public, 1))
	if err != nil {
		h.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		h.Fatal(err)
	}
	return string(text)
}

// TestExitCodeDocs holds the table of exit codes to the code: each code is there, and each command that ends with one that is its own.
func TestExitCodeDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## Exit codes\n")
	root := (&app{}).root()
	named := map[string][]string{} // code to commands
	for _, row := range regexp.MustCompile(`(?m)^\| (\d) \| (.*?) \|`).FindAllStringSubmatch(table, -1) {
		named[row[1]] = append(named[row[1]], "")
		for _, m := range regexp.MustCompile("`([a-z ]+)`").FindAllStringSubmatch(row[2], -1) {
			named[row[1]] = append(named[row[1]], m[1])
			if cmd, _, err := root.Find(strings.Fields(m[1])); err != nil || cmd.CommandPath() != "blotter "+m[1] {
				t.Errorf("code %s is said to be of %s, which is no command", row[1], m[1])
			}
		}
	}
	for _, code := range []int{exitOK, exitFailure, exitUsage, exitSources, exitDiffers} {
		if named[fmt.Sprint(code)] == nil || !strings.Contains(rootHelp, fmt.Sprintf(" %d ", code)) {
			t.Errorf("docs/operations.md or the help does not have the code %d", code)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if file == "root.go" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		for name, code := range map[string]int{"errSaid": exitFailure, "errSomeFailed": exitSources, "errDifferent": exitDiffers} {
			if !regexp.MustCompile(`return [^\n]*\b` + name + `\b`).Match(source) {
				continue
			}
			found++
			command := strings.TrimSuffix(file, ".go")
			if command == "sourcesopml" {
				command = "sourcesimport" // the export has no such code
			}
			if !slices.ContainsFunc(named[fmt.Sprint(code)], func(s string) bool { return strings.ReplaceAll(s, " ", "") == command }) {
				t.Errorf("%s ends with code %d, and docs/operations.md does not say so", command, code)
			}
		}
	}
	if found < 9 {
		t.Errorf("%d ends with a code of their own; the reading is broken", found)
	}
}
