package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"blotter"
)

// records reads all WARC files of an archive, each record verified.
func records(t testing.TB, a *Archive) []Record {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(a.dir, "warc", "*.warc.gz"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d WARC files, %v", len(names), err)
	}
	var all []Record
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for r, err := range ReadWARC(f) {
			if err == nil {
				err = r.Verify()
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
		}
		f.Close()
	}
	return all
}

func types(records []Record) string {
	var s []string
	for _, r := range records {
		s = append(s, r.Type)
	}
	return strings.Join(s, " ")
}

func TestKeepOutcomes(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	const url = "https://example.org/1"
	notModified := page("s", url, "", hours(3))
	notModified.NotModified, notModified.Exchanges[0].Status = true, 304
	gone := page("s", url, "not found", hours(4))
	gone.Exchanges[0].Status, gone.Failure = 404, blotter.Fail(blotter.ReasonGone, "404")
	redirected := page("s", "https://example.org/old", "moved text", hours(5))
	hop := exchange("https://example.org/old", "", hours(5))
	hop.Status, hop.Header = 301, blotter.Header{"Location": {"/new"}}
	redirected.Exchanges = []blotter.Exchange{hop, exchange("https://example.org/new", "moved text", hours(5))}
	silent := page("s", url, "", hours(6))
	silent.Exchanges[0].Status, silent.Failure = 0, blotter.Fail(blotter.ReasonTimeout, "")
	listed := page("s", url, "one", hours(7)) // the same body, but as a list
	listed.Purpose = blotter.PurposeList
	record := recordFetch("https://example.org/rec", recordJSON{Title: "T"})

	tests := []struct {
		name    string
		fetch   Fetch
		outcome string
		capture int64
		records string // besides the metadata record, in order
	}{
		{"first", page("s", url, "one", hours(0)), OutcomeNew, 1, "response request"},
		{"same", page("s", url+"?utm_source=x", "one", hours(1)), OutcomeUnchanged, 0, "revisit request"},
		{"other", page("s", url, "two", hours(2)), OutcomeChanged, 2, "response request"},
		{"not modified", notModified, OutcomeUnchanged, 0, "revisit request"},
		{"gone", gone, OutcomeFailed, 0, "response request"},
		{"after a failure", page("s", url, "two", hours(4)), OutcomeUnchanged, 0, "revisit request"},
		{"redirect", redirected, OutcomeNew, 3, "response request response request"},
		{"no answer", silent, OutcomeFailed, 0, "request"},
		{"another purpose", listed, OutcomeNew, 4, "response request"},
		{"import", record, OutcomeNew, 5, "resource"},
		{"import again", record, OutcomeUnchanged, 0, "revisit"},
		{"refused", failed(page("s", "https://example.org/no", "", hours(5)), blotter.ReasonRobots), OutcomeFailed, 0, ""},
	}
	want := "warcinfo"
	for i, test := range tests {
		kept := keep(t, a, test.fetch)
		if kept[0].Outcome != test.outcome || kept[0].Capture != test.capture {
			t.Errorf("%s: %+v", test.name, kept[0])
		}
		if test.records != "" {
			want += " " + test.records + " metadata"
		}
		if got := types(records(t, a)); got != want {
			t.Fatalf("%s: records\n%s, want\n%s", test.name, got, want)
		}
		if n := ask[int](t, a, `SELECT count(*) FROM ledger`); n != i+1 {
			t.Errorf("%s: %d lines in the ledger", test.name, n)
		}
	}
	if got := ask[string](t, a, `SELECT url FROM captures WHERE id = 3`); got != "https://example.org/new" {
		t.Errorf("the redirected capture has URL %s", got)
	}
	if got := ask[int](t, a, `SELECT hops FROM ledger WHERE url LIKE '%/old'`); got != 2 {
		t.Errorf("%d hops in the ledger", got)
	}
	check(t, a)
	check(t, reopen(t, a))
}

func TestRevisitRecords(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	const url = "https://example.org/1"
	notModified := page("s", url, "", hours(2))
	notModified.NotModified, notModified.Exchanges[0].Status = true, 304
	keep(t, a, page("s", url, "one", hours(0)), page("s", url, "one", hours(1)), notModified)
	all := records(t, a)
	first := all[slices.IndexFunc(all, func(r Record) bool { return r.Type == "response" })]
	profiles := []string{"identical-payload-digest", "server-not-modified"}
	for _, r := range all {
		if r.Type != "revisit" {
			continue
		}
		if !strings.HasSuffix(r.Header.Value("Warc-Profile"), "/1.1/revisit/"+profiles[0]) {
			t.Errorf("profile %s", r.Header.Value("Warc-Profile"))
		}
		if r.Header.Value("Warc-Refers-To") != first.ID || r.Header.Value("Warc-Refers-To-Target-Uri") != url ||
			r.Header.Value("Warc-Refers-To-Date") != first.Header.Value("Warc-Date") {
			t.Errorf("refers to %v, want %v", r.Header, first.Header)
		}
		if profiles[0] == "identical-payload-digest" && r.Header.Value("Warc-Payload-Digest") != first.Header.Value("Warc-Payload-Digest") {
			t.Errorf("payload digest %s", r.Header.Value("Warc-Payload-Digest"))
		}
		x, err := r.Exchange()
		if err != nil || len(x.Body) > 0 || x.Header.Value("Content-Type") != "text/html" {
			t.Errorf("%+v, %v", x, err)
		}
		profiles = profiles[1:]
	}
	if len(profiles) != 0 {
		t.Errorf("no revisit with %s", profiles)
	}
}

// What went over the wire comes back from the file, whatever it was.
func TestRecordsComeBack(t *testing.T) {
	a := open(t, t.TempDir(), Options{Software: "blotter/test"})
	f := page("gb-police", "https://example.org/a%20b?q=1", "a\x00body\r\n\r\nWARC/1.1\r\n", hours(0))
	f.Item.Title = "A title\r\nWARC-Type: response"
	f.Item.Published = blotter.Date{Time: testTime, Precision: blotter.Day}
	x := &f.Exchanges[0]
	x.Header = blotter.Header{"Set-Cookie": {"a=1", "b=2"}, "X-Evil": {"v\r\nInjected: yes"}, "Bad Name": {"x"}, "Transfer-Encoding": {"chunked"}}
	x.Proto, x.Status, x.Remote = "HTTP/2.0", 203, "2001:db8::1"
	keep(t, a, f)

	all := records(t, a)
	if got := types(all); got != "warcinfo response request metadata" {
		t.Fatal(got)
	}
	info, response, request, metadata := all[0], all[1], all[2], all[3]
	if !bytes.Contains(info.Block, []byte("software: blotter/test\r\n")) || !strings.HasPrefix(info.Header.Value("Warc-Filename"), "blotter-") {
		t.Errorf("warcinfo %v %s", info.Header, info.Block)
	}
	got, err := response.Exchange()
	if err != nil {
		t.Fatal(err)
	}
	want := *x
	want.Elapsed, want.Request = 0, nil
	want.Header = blotter.Header{"Set-Cookie": {"a=1", "b=2"}, "X-Evil": {"v Injected: yes"}, "X-Archive-Orig-Transfer-Encoding": {"chunked"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("answer\n%+v, want\n%+v", got, want)
	}
	asked, err := request.Exchange()
	if err != nil || asked.Method != "GET" || asked.Request.Value("Host") != "example.org" ||
		asked.Request.Value("User-Agent") == "" || !bytes.HasPrefix(request.Block, []byte("GET /a%20b?q=1 HTTP/1.1\r\n")) {
		t.Errorf("request %+v %s, %v", asked, request.Block, err)
	}
	for _, r := range []Record{request, metadata} {
		if r.Header.Value("Warc-Concurrent-To") != response.ID {
			t.Errorf("%s is concurrent to %s", r.Type, r.Header.Value("Warc-Concurrent-To"))
		}
	}
	for _, line := range []string{"source: gb-police", "purpose: page", "title: A title WARC-Type: response", "published: 2026-04-30", "robots: allowed"} {
		if !bytes.Contains(metadata.Block, []byte(line+"\r\n")) {
			t.Errorf("metadata lacks %q:\n%s", line, metadata.Block)
		}
	}
	c, err := a.Capture(t.Context(), 1)
	if err != nil || string(c.Exchange.Body) != string(x.Body) || c.Exchange.Status != 203 || c.URL != x.URL || c.Source != "gb-police" {
		t.Errorf("capture %+v, %v", c, err)
	}
	if !reflect.DeepEqual(c.Item.Published, f.Item.Published) || !c.Fetched.Equal(x.Started) {
		t.Errorf("capture %+v", c)
	}
}

func TestRotate(t *testing.T) {
	a := open(t, t.TempDir(), Options{MaxWARC: 2000})
	for i := range 20 {
		keep(t, a, page("s", fmt.Sprintf("https://example.org/%d", i), fmt.Sprint("body ", i), hours(i)))
		if i == 10 {
			a = reopen(t, a)
		}
	}
	names, err := filepath.Glob(filepath.Join(a.dir, "warc", "blotter-*.warc.gz"))
	if err != nil || len(names) < 4 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for i, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		want := os.FileMode(0o400)
		if i == len(names)-1 {
			want = 0o600
		}
		if info.Mode().Perm() != want || info.Size() > 4000 {
			t.Errorf("%s: mode %o, %d bytes", name, info.Mode().Perm(), info.Size())
		}
	}
	if n := strings.Count(types(records(t, a)), "warcinfo"); n != len(names) {
		t.Errorf("%d warcinfo records in %d files", n, len(names))
	}
	captures, err := a.Underived(t.Context(), Stamps{Any: []string{"1"}}, 0, 100, nil)
	if err != nil || len(captures) != 20 || string(captures[19].Exchange.Body) != "body 19" {
		t.Errorf("%d captures, %v", len(captures), err)
	}
	check(t, a)
}

// An error undoes the whole call, in the file too, and what comes after is kept.
func TestKeepUndone(t *testing.T) {
	for _, before := range []int{0, 1} {
		a := open(t, t.TempDir(), Options{})
		for i := range before {
			keep(t, a, page("s", fmt.Sprintf("https://example.org/before/%d", i), "x", hours(0)))
		}
		bad := page("s", "https://example.org/2", "bad", hours(1))
		bad.Pass = 99 // there is no such pass
		_, err := a.Keep(t.Context(), []Fetch{page("s", "https://example.org/1", "good", hours(1)), bad})
		wantError(t, err, "https://example.org/2")
		check(t, a)
		if n := ask[int](t, a, `SELECT count(*) FROM ledger`); n != before {
			t.Errorf("%d lines in the ledger, want %d", n, before)
		}
		keep(t, a, page("s", "https://example.org/3", "fine", hours(2)))
		if got, want := len(records(t, a)), 1+3*(before+1); got != want {
			t.Errorf("%d records, want %d", got, want)
		}
		check(t, a)
	}
}

// A file that cannot be written to is an error that names it, and nothing is half kept; later, it goes on.
func TestKeepCannotWrite(t *testing.T) {
	a := small(t, Options{})
	before := ask[int](t, a, `SELECT count(*) FROM ledger`)
	if err := a.warc.file.Close(); err != nil {
		t.Fatal(err)
	}
	f := page("s", "https://example.org/late", "x", hours(1))
	_, err := a.Keep(t.Context(), []Fetch{f})
	wantError(t, err, filepath.Base(onlyWARC(t, a)))
	if n := ask[int](t, a, `SELECT count(*) FROM ledger`); n != before {
		t.Errorf("%d lines in the ledger, want %d", n, before)
	}
	if kept := keep(t, a, f); kept[0].Outcome != OutcomeNew {
		t.Errorf("%+v", kept)
	}
	check(t, a)
}

func TestKeepRefuses(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	good := page("s", "https://example.org/1", "x", hours(0))
	for name, f := range map[string]func(*Fetch){
		"no URL":     func(f *Fetch) { f.Item.URL = "" },
		"no source":  func(f *Fetch) { f.Source = "" },
		"no purpose": func(f *Fetch) { f.Purpose = "other" },
		"no answer":  func(f *Fetch) { f.Exchanges = nil },
	} {
		bad := good
		f(&bad)
		if _, err := a.Keep(t.Context(), []Fetch{good, bad}); err == nil {
			t.Errorf("%s: kept", name)
		}
	}
	if kept, err := a.Keep(t.Context(), nil); err != nil || len(kept) != 0 {
		t.Errorf("nothing: %v, %v", kept, err)
	}
	if n := ask[int](t, a, `SELECT count(*) FROM ledger`); n != 0 {
		t.Errorf("%d lines in the ledger", n)
	}
}

func TestKeepAtOnce(t *testing.T) {
	a := open(t, t.TempDir(), Options{MaxWARC: 20_000})
	const callers, calls = 8, 20
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for i := range calls {
				url := fmt.Sprintf("https://example.org/%d/%d", c, i)
				kept, err := a.Keep(t.Context(), []Fetch{page("s", url, url, hours(i)), page("s", "https://example.org/all", "the same", hours(i))})
				if err != nil || kept[0].Outcome != OutcomeNew {
					t.Errorf("%s: %v, %v", url, kept, err)
					return
				}
				got, err := a.Capture(t.Context(), kept[0].Capture)
				if err != nil || string(got.Exchange.Body) != url {
					t.Errorf("%s: %q, %v", url, got.Exchange.Body, err)
				}
			}
		})
	}
	all.Wait()
	if n := ask[int](t, a, `SELECT count(*) FROM captures`); n != callers*calls+1 {
		t.Errorf("%d captures", n)
	}
	check(t, a)
}

func TestPasses(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	pass, err := a.BeginPass(t.Context(), "blotter run")
	if err != nil {
		t.Fatal(err)
	}
	f := page("s", "https://example.org/1", "x", hours(0))
	f.Pass = pass
	keep(t, a, f)
	if err := a.EndPass(t.Context(), pass, map[string]int{"fetched": 1}); err != nil {
		t.Fatal(err)
	}
	got := ask[string](t, a, `SELECT p.command || ' ' || p.counts || ' ' || (p.ended >= p.started) FROM passes p JOIN ledger l ON l.pass = p.id`)
	if got != `blotter run {"fetched":1} 1` {
		t.Error(got)
	}
	if err := a.EndPass(t.Context(), pass, func() {}); err == nil {
		t.Error("counts that are no JSON were taken")
	}
}

func TestSources(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	ctx := t.Context()
	one := blotter.Source{ID: "one", Name: "One", Kind: blotter.KindFeed, URL: "https://example.org/feed", Enabled: true}
	two := blotter.Source{ID: "two", Kind: blotter.KindStatus, Why: "not sure"}
	sync := func(sources ...blotter.Source) {
		t.Helper()
		if err := a.SyncSources(ctx, sources); err != nil {
			t.Fatal(err)
		}
	}
	keep(t, a, page("imported", "https://example.org/1", "x", hours(0)))
	sync(one, two)
	if s, err := a.SourceState(ctx, "one"); err != nil || s != (SourceState{}) {
		t.Errorf("%+v, %v", s, err)
	}
	want := SourceState{LastTry: hours(2), LastSuccess: hours(1), Failures: 3, Reason: blotter.ReasonBusy, NextTry: hours(5),
		ETag: `"e"`, LastModified: "yesterday", Digest: "d", Items: 20}
	if err := a.SetSourceState(ctx, "one", want); err != nil {
		t.Fatal(err)
	}
	one.Name = "Uno"
	sync(one)
	if s, err := a.SourceState(ctx, "one"); err != nil || s != want {
		t.Errorf("after a sync %+v, %v", s, err)
	}
	all := `SELECT group_concat(id || ' ' || name || ' ' || enabled || ' ' || (gone IS NOT NULL), ', ') FROM (SELECT * FROM sources ORDER BY id)`
	if got := ask[string](t, a, all); got != "imported  0 0, one Uno 1 0, two  0 1" {
		t.Error(got)
	}
	sync(one, two)
	if got := ask[string](t, a, all); got != "imported  0 0, one Uno 1 0, two  0 0" {
		t.Error(got)
	}
	if s, err := a.SourceState(ctx, "never heard of"); err != nil || s != (SourceState{}) {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestSourceStateAhead: the state of a source is written by the next transaction that is committed, whatever it is for, or by Close.
func TestSourceStateAhead(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	a := open(t, dir, Options{})
	sync := func(url string) error {
		return a.SyncSources(ctx, []blotter.Source{{ID: "one", Kind: blotter.KindFeed, URL: url, Enabled: true}})
	}
	if err := sync("https://example.org/feed"); err != nil {
		t.Fatal(err)
	}
	set := func(items int) {
		t.Helper()
		if err := a.SetSourceState(ctx, "one", SourceState{LastTry: hours(items), Items: items}); err != nil {
			t.Fatal(err)
		}
	}
	is := func(what string, known, written int) {
		t.Helper()
		s, err := a.SourceState(ctx, "one")
		if got := ask[int](t, a, `SELECT items FROM sources WHERE id = 'one'`); err != nil || s.Items != known || got != written {
			t.Errorf("%s: %+v, %v, and %d in the database; want %d and %d", what, s, err, got, known, written)
		}
	}
	set(1)
	is("set", 1, 0)
	failed := errors.New("failed")
	if err := a.update(ctx, func(*tx) error { return failed }); !errors.Is(err, failed) {
		t.Fatal(err)
	}
	is("after a transaction that failed", 1, 0)
	set(2)
	if err := a.update(ctx, func(*tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	is("after one that went well", 2, 2)
	set(3)
	a.known.wrote(map[string]SourceState{"one": {LastTry: hours(2), Items: 2}}) // it was set while the one before was written
	is("set while another is written", 3, 2)
	keep(t, a, page("two", "https://example.org/1", "x", hours(0)))
	is("after one for something else", 3, 3)
	set(5)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.SetSourceState(ctx, "one", SourceState{}); !errors.Is(err, errClosed) {
		t.Errorf("a closed archive took a state: %v", err)
	}
	a = open(t, dir, Options{})
	is("closed and opened again", 5, 5)

	// The sources are written, and then the state is not: the transaction fails, and nothing of it holds.
	set(6)
	if _, err := a.writer.ExecContext(ctx, `CREATE TRIGGER no_states BEFORE UPDATE OF items ON sources BEGIN SELECT RAISE(ABORT, 'no states'); END`); err != nil {
		t.Fatal(err)
	}
	if err := sync("https://example.org/other"); err == nil || !strings.Contains(err.Error(), "state of source one") {
		t.Errorf("a state that could not be written: %v", err)
	}
	if _, err := a.writer.ExecContext(ctx, `DROP TRIGGER no_states`); err != nil {
		t.Fatal(err)
	}
	if err := sync("https://example.org/other"); err != nil {
		t.Error(err)
	}
	if got := ask[string](t, a, `SELECT url FROM sources WHERE id = 'one'`); got != "https://example.org/other" {
		t.Errorf("after a failure the sources are %s", got)
	}
	is("after the failure", 6, 6)
}

// TestKnownList: what a page of a source lists that is as it was counts beside what its other pages list.
func TestKnownList(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	poll := page("s", "https://example.org/sitemap.xml", "list", hours(0))
	poll.Purpose, poll.Known = blotter.PurposeList, 5
	keep(t, a, poll)
	items := []blotter.Item{{URL: "https://example.org/1"}, {URL: "https://example.org/2"}}
	if _, err := a.List(t.Context(), "s", items, hours(0), nil); err != nil {
		t.Fatal(err)
	}
	days, err := a.Days(t.Context(), hours(0), hours(0))
	if err != nil || len(days) != 1 || days[0].Items != 7 || days[0].New != 2 {
		t.Errorf("%+v, %v; want 7 listed, 2 of them new", days, err)
	}
}

func TestCoverage(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	poll := page("s", "https://example.org/feed", "list", hours(0))
	poll.Purpose = blotter.PurposeList
	keep(t, a, poll)
	items := []blotter.Item{{URL: "https://example.org/1"}, {URL: "https://example.org/2"}}
	if _, err := a.List(t.Context(), "s", items, hours(0), nil); err != nil {
		t.Fatal(err)
	}
	keep(t, a, page("s", items[0].URL, "x", hours(1)), failed(page("s", items[1].URL, "", hours(1)), blotter.ReasonGone),
		failed(page("s", items[1].URL, "", hours(2)), blotter.ReasonTimeout), failed(page("s", items[1].URL, "", hours(3)), blotter.ReasonTimeout),
		failed(poll, blotter.ReasonBusy))
	got := ask[string](t, a, `SELECT source || ' ' || day || ' ' || polls || ' ' || failed || ' (' || reasons || ') ' || items || ' ' || new FROM coverage`)
	if want := "s 2026-04-30 2 4 (timeout 2, busy 1, gone 1) 2 2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		reason   blotter.Reason
		failures int
		asked    time.Duration
		want     time.Duration
	}{
		{blotter.ReasonTimeout, 1, 0, 15 * time.Minute},
		{blotter.ReasonTimeout, 3, 0, time.Hour},
		{blotter.ReasonBusy, 1, 3 * time.Hour, 3 * time.Hour},
		{blotter.ReasonBusy, 1, time.Second, time.Hour},
		{blotter.ReasonGone, 1, 0, 24 * time.Hour},
		{blotter.ReasonGone, 100, 0, maxWait},
		{blotter.ReasonBusy, 1, 1e6 * time.Hour, maxWait},
	}
	for _, test := range tests {
		got := retryAfter(&blotter.Failure{Reason: test.reason, Wait: test.asked}, test.failures)
		if got != test.want {
			t.Errorf("%s, failure %d, asked for %v: %v, want %v", test.reason, test.failures, test.asked, got, test.want)
		}
	}
}

// TestPatience: a call waits for others as long as all of its fetches may, and no longer than until one of these keeps it, or its
// context ends. It is kept in any case.
func TestPatience(t *testing.T) {
	const long = time.Hour
	fetch := func(n int, patience time.Duration) Fetch {
		f := page("s", fmt.Sprintf("https://example.org/%d", n), "text", hours(n))
		f.Patience = patience
		return f
	}
	t.Run("alone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for _, test := range []struct{ first, second, want time.Duration }{
				{0, 0, 0}, {long, 0, 0}, {long, long / 2, long / 2},
			} {
				began := time.Now()
				(&queue{}).add([]Fetch{fetch(1, test.first), fetch(2, test.second)}).wait(t.Context())
				if waited := time.Since(began); waited != test.want {
					t.Errorf("%+v: waited %v", test, waited)
				}
			}
		})
	})
	a := open(t, t.TempDir(), Options{})
	keep := func(ctx context.Context, f Fetch) {
		t.Helper()
		if kept, err := a.Keep(ctx, []Fetch{f}); err != nil || kept[0].Capture == 0 {
			t.Errorf("%s: %+v, %v", f.Item.URL, kept, err)
		}
	}
	waits := func() {
		for waiting := 0; waiting == 0; runtime.Gosched() {
			a.queue.mu.Lock()
			waiting = len(a.queue.calls)
			a.queue.mu.Unlock()
		}
	}
	var patient sync.WaitGroup
	patient.Go(func() { keep(t.Context(), fetch(1, long)) })
	waits()
	keep(t.Context(), fetch(2, 0)) // and the first with it
	patient.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	patient.Go(func() { keep(ctx, fetch(3, long)) })
	waits()
	cancel()
	patient.Wait()
}
