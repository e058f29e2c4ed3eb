package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/archive"
)

// askedOn is an archive with sources that were asked on days of June 2026: each day gives reasons of failure, "ok" for a list
// without anything new, or "new".
func askedOn(t *testing.T, asked map[string]map[int]string) string {
	t.Helper()
	dir := t.TempDir()
	arc, err := archive.Open(dir, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer arc.Close()
	sources := []blotter.Source{{ID: "never", Kind: blotter.KindFeed, Enabled: true}, {ID: "off", Kind: blotter.KindFeed, Why: "x"}}
	for id := range asked {
		sources = append(sources, blotter.Source{ID: id, Kind: blotter.KindFeed, Enabled: true})
	}
	if err := arc.SyncSources(t.Context(), sources); err != nil {
		t.Fatal(err)
	}
	for id, days := range asked {
		for n := range 31 {
			for i, what := range strings.Fields(days[n]) {
				at := time.Date(2026, 6, n, 9, i, 0, 0, time.UTC)
				askOnce(t, arc, id, at, what)
			}
		}
	}
	return dir
}

func askOnce(t *testing.T, arc *archive.Archive, id string, at time.Time, what string) {
	t.Helper()
	url := "https://" + id + ".example/feed"
	f := archive.Fetch{Source: id, Purpose: blotter.PurposeList, Item: blotter.Item{URL: url}, Started: at, Robots: "allowed"}
	var items []blotter.Item
	switch what {
	case "new":
		items = append(items, blotter.Item{URL: "https://" + id + ".example/" + at.Format("0102-1504")})
		fallthrough
	case "ok":
		f.Exchanges = []blotter.Exchange{{URL: url, Method: "GET", Started: at, Status: 200, Proto: "HTTP/1.1", Body: []byte(at.String())}}
		items = append(items, blotter.Item{URL: "https://" + id + ".example/always"})
	default:
		f.Failure = blotter.Fail(blotter.Reason(what), "on purpose")
	}
	if _, err := arc.Keep(t.Context(), []archive.Fetch{f}); err != nil {
		t.Fatal(err)
	}
	if _, err := arc.List(t.Context(), id, items, at, nil); err != nil {
		t.Fatal(err)
	}
}

// blotterOut runs a command and gives what it prints.
func blotterOut(t *testing.T, code int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if got := run(t.Context(), args, strings.NewReader(""), &out, &errs); got != code {
		t.Fatalf("%v: exit code %d, want %d\n%s%s", args, got, code, out.String(), errs.String())
	}
	return out.String() + errs.String()
}

func TestCoverageCommand(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	dir := askedOn(t, map[string]map[int]string{
		"herald": {1: "new", 2: "ok ok", 3: "timeout ok", 4: "timeout timeout challenge", 8: "new new", 30: "ok"},
		"walled": {1: "challenge", 2: "robots denied", 3: "layout challenge format", 4: "busy", 5: "layout"},
	})
	for _, test := range []struct {
		what string
		args string
		want string
	}{
		{"by month", "--from 2026-06 --to 2026-06 -o csv", `
source,period,state,polls,failed,items,new,days_news,days_silent,days_blocked,days_layout,days_failed,days_not_polled,reasons
herald,2026-06-01,not polled,11,4,10,4,2,3,0,0,1,24,"timeout 3, challenge 1"
never,2026-06-01,not polled,0,0,0,0,0,0,0,0,0,30,
walled,2026-06-01,not polled,8,8,0,0,0,0,2,2,1,25,"challenge 2, layout 2, busy 1, denied 1, format 1, robots 1"
`},
		{"by week, cut at both ends", "--from 2026-06-02 --to 2026-06-08 --by week -o csv --source herald", `
source,period,state,polls,failed,items,new,days_news,days_silent,days_blocked,days_layout,days_failed,days_not_polled,reasons
herald,2026-06-01,not polled,7,4,3,0,0,2,0,0,1,3,"timeout 3, challenge 1"
herald,2026-06-08,news,2,0,4,2,1,0,0,0,0,0,
`},
		{"by day", "--from 2026-06-01 --to 2026-06-05 --by day --source walled", `
SOURCE  PERIOD      STATE    POLLS  FAILED  ITEMS  NEW  REASONS
walled  2026-06-01  blocked  1      1       0      0    challenge 1
walled  2026-06-02  blocked  2      2       0      0    denied 1, robots 1
walled  2026-06-03  layout   3      3       0      0    challenge 1, format 1, layout 1
walled  2026-06-04  failed   1      1       0      0    busy 1
walled  2026-06-05  layout   1      1       0      0    layout 1
`},
		{"disabled, but asked for", "--from 2026-06-01 --to 2026-06-02 -o jsonl --source off", `
{"source":"off","period":"2026-06-01","state":"not polled","polls":0,"failed":0,"items":0,"new":0,"days":{"not polled":2}}
`},
	} {
		got := blotterOut(t, exitOK, append([]string{"--data", dir, "coverage"}, strings.Fields(test.args)...)...)
		if got != strings.TrimPrefix(test.want, "\n") {
			t.Errorf("%s: have\n%swant%s", test.what, got, test.want)
		}
	}
	// Without --from it begins with the first poll, a month's first day left as it is; the states add up to its days.
	if got := blotterOut(t, exitOK, "--data", dir, "coverage", "--to", "2026-06-03", "-o", "jsonl", "--source", "herald"); !strings.Contains(got, `"days":{"news":1,"silent":2}`) {
		t.Errorf("from the first poll: %s", got)
	}
	for args, want := range map[string]string{
		"--by year": "there are day, week, month", "--from June": "no day such as", "--from 2026-02-31": "no day such as",
		"--from 2026-06 --to 2026-05": "lies before", "--source nosuch": `no source "nosuch"`, "--from 1900": "20 years", "-o xml": "unknown",
	} {
		if got := blotterOut(t, exitUsage, append([]string{"--data", dir, "coverage"}, strings.Fields(args)...)...); !strings.Contains(got, want) {
			t.Errorf("%s: %s", args, got)
		}
	}
	empty := askedOn(t, nil)
	if got := blotterOut(t, exitOK, "--data", empty, "coverage", "-o", "json"); !strings.Contains(got, "[]\n") || !strings.Contains(got, "blotter run") {
		t.Errorf("of nothing: %s", got)
	}
	if got := blotterOut(t, exitFailure, "--data", t.TempDir(), "coverage"); !strings.Contains(got, "no archive here yet") {
		t.Errorf("without an archive: %s", got)
	}
}
