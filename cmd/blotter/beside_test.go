package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"blotter/archive"
	"blotter/classify"
	"blotter/configs"
	"blotter/index"
	"blotter/internal/answer"
	"blotter/internal/web"
)

// ran is what a command printed, and its exit code.
type ran struct {
	code      int
	out, errs string
}

func runs(t *testing.T, args ...string) ran {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(""), &out, &errs)
	return ran{code, out.String(), errs.String()}
}

// besides is a configuration folder with imported articles.
func besides(t *testing.T, articles int) string {
	t.Helper()
	dir := t.TempDir()
	conf := filepath.Join(dir, "conf")
	if got := runs(t, "init", conf); got.code != exitOK {
		t.Fatal(got)
	}
	var records strings.Builder
	for i := range articles {
		fmt.Fprintf(&records, `{"id":"%d","url":"https://news.example/%d","title":"Rifles seized in raid %d","text":"Officers seized %d rifles and a pistol. Two men were arrested on Friday.","date":"20%02d-%02d-03","source":"%s"}`+"\n",
			i, i, i, i+2, 10+i%12, 1+i%12, []string{"herald", "wire"}[i%2])
	}
	file := filepath.Join(dir, "records.jsonl")
	if err := os.WriteFile(file, []byte(records.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := runs(t, "--config", conf, "import", file); got.code != exitOK {
		t.Fatal(got)
	}
	if got := runs(t, "--config", conf, "query", "save", "guns", "@weapons AND tag:seizure"); got.code != exitOK {
		t.Fatal(got)
	}
	return conf
}

// daemonAt answers as a daemon does, with archive and index open, and leaves its door in the data folder.
func daemonAt(t *testing.T, conf string) web.Door {
	t.Helper()
	c, err := configs.Load(conf)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := classify.Parse(c.Rules)
	if err != nil {
		t.Fatal(err)
	}
	arc, err := archive.Open(c.DataDir, archive.Options{Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	idx, err := index.OpenBleve(indexDir(c), arc.ID())
	if err != nil {
		t.Fatal(err)
	}
	reader, err := answer.NewReader(t.Context(), arc, idx)
	if err != nil {
		t.Fatal(err)
	}
	house := &web.House{Config: c, Pack: rules, Reader: reader}
	server := &web.Server{House: func() *web.House { return house }, Token: "secret", Loopback: true}
	s := httptest.NewServer(server.Handler())
	t.Cleanup(func() { s.Close(); reader.Close() })
	door := web.Door{PID: os.Getpid(), URL: s.URL, Token: "secret"}
	if err := door.Leave(c.DataDir); err != nil {
		t.Fatal(err)
	}
	return door
}

// TestBesideDaemon: commands beside a running daemon print what they print without one, to the byte.
func TestBesideDaemon(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	conf := besides(t, 510) // more than a page of hits
	bundle := filepath.Join(t.TempDir(), "guns.zip")
	if got := runs(t, "--config", conf, "export", "@guns", "--bundle", bundle); got.code != exitOK {
		t.Fatal(got)
	}
	var page struct{ Next string }
	for _, sort := range []string{"relevance", "-date"} {
		got := runs(t, "--config", conf, "search", "@weapons seized", "--sort", sort, "-n", "7", "-o", "json")
		if err := json.Unmarshal([]byte(got.out), &page); err != nil || page.Next == "" {
			t.Fatal(got, err)
		}
	}
	commands := [][]string{
		{"search", "@weapons seized"},
		{"search", "@weapons seized", "--sort", "-date", "-n", "7", "--after", page.Next},
		{"search", "@guns", "--explain", "--facets", "tag,source,month", "--timeline", "year", "-n", "3"},
		{"search", "seized NEAR/3 rifle*", "-o", "json", "--explain"},
		{"search", "title:raid AND published:2014", "-o", "csv", "--sort", "date"},
		{"search", "rifle AND unicorn"}, {"search", "source:heralt"}, {"search", "a AND (b"}, {"search", "seized", "--after", "x"},
		{"export", "@guns"}, {"export", "--format", "jsonl", "--full-text"}, {"export", "published:2015", "--rows", "evidence"},
		{"sample", "tag:seizure", "-n", "20", "--by", "year,source"},
		{"show", "https://news.example/7"}, {"show", "https://news.example/7", "-o", "json"}, {"show", "ffff0000"},
		{"coverage"}, {"coverage", "--source", "herald", "-o", "json"},
		{"replay", bundle},
	}
	alone := make([]ran, len(commands))
	for i, args := range commands {
		alone[i] = runs(t, append([]string{"--config", conf}, args...)...)
		if broken := strings.Contains(alone[i].errs, "another query"); broken || args[0] == "export" && alone[i].code != exitOK {
			t.Errorf("%v: %+v", args, alone[i])
		}
	}
	daemonAt(t, conf)
	for i, args := range commands {
		if got := runs(t, append([]string{"--config", conf}, args...)...); got != alone[i] {
			t.Errorf("%v beside a daemon: code %d, want %d\n%.2000s\n%s\nwithout one:\n%.2000s\n%s", args, got.code, alone[i].code, got.out, got.errs, alone[i].out, alone[i].errs)
		}
	}
	// What is seen is noted by the command itself.
	if got := runs(t, "--config", conf, "search", "@guns", "--new", "-n", "5"); got.code != exitOK || !strings.Contains(got.errs, "Look again for the other") {
		t.Error(got)
	}
	if got := runs(t, "--config", conf, "query", "seen", "guns"); got.code != exitOK {
		t.Error(got)
	}
	if got := runs(t, "--config", conf, "search", "@guns", "--new"); got.code != exitOK || !strings.Contains(got.errs, "0 articles") {
		t.Error(got)
	}
}

// TestBesideSilentDaemon: when the index is in use and nobody answers, the cause and the next step are said.
func TestBesideSilentDaemon(t *testing.T) {
	conf := besides(t, 10)
	door := daemonAt(t, conf)
	data := filepath.Join(conf, "data")
	for _, test := range []struct {
		what string
		door web.Door
		want string
	}{
		{"nobody answers", web.Door{PID: door.PID, URL: "http://127.0.0.1:1"}, "does not answer at http://127.0.0.1:1: "},
		{"another token", web.Door{PID: door.PID, URL: door.URL, Token: "other"}, "send the daemon's token"},
		{"left by another process that was killed", web.Door{PID: door.PID + 1, URL: "http://127.0.0.1:1"}, "try again when it has ended"},
	} {
		if err := test.door.Leave(data); err != nil {
			t.Fatal(err)
		}
		if got := runs(t, "--config", conf, "search", "seized"); got.code != exitFailure || !strings.Contains(got.errs, test.want) || got.out != "" {
			t.Errorf("%s: %+v", test.what, got)
		}
	}
	if got := runs(t, "--config", conf, "show", "https://news.example/7"); got.code != exitOK {
		t.Errorf("show needs no index: %+v", got)
	}
	if err := os.Remove(filepath.Join(data, "daemon.json")); err != nil {
		t.Fatal(err)
	}
	if got := runs(t, "--config", conf, "search", "seized"); got.code != exitFailure || !strings.Contains(got.errs, "in use by another process") {
		t.Errorf("no daemon: %+v", got)
	}
}
