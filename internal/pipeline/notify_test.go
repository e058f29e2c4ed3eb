package pipeline

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/classify"
	"blotter/configs"
	"blotter/internal/alert"
)

// desk is a pipeline with saved queries and channels, and a clock.
type desk struct {
	*Pipeline
	t     *testing.T
	dir   string
	clock time.Time
	pass  int64
}

// newDesk makes one of blotter.yaml's text and saved queries by name.
func newDesk(t *testing.T, settings string, queries map[string]string) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), clock: time.Date(2026, 4, 30, 6, 9, 0, 0, time.UTC)}
	d.write("blotter.yaml", settings)
	d.write("sources/a.yaml", `sources:
  - {id: herald, name: H, kind: feed, url: "https://herald.example/feed", schedule: "@hourly", time_zone: UTC, country: gb, publisher: press, language: en}
  - {id: wire, name: W, kind: feed, url: "https://wire.example/feed", schedule: "@hourly", time_zone: UTC, country: gb, publisher: press, language: en}
`)
	d.write("rules/x.yaml", oneRule("rifle, pistol"))
	for name, text := range queries {
		d.write("queries/"+name+".yaml", text)
	}
	d.open()
	return d
}

func oneRule(guns string) string {
	return "id: armed\ntag: armed\ntitle: Armed\ndescription: Arms.\nlists:\n  guns: [" + guns + "]\nany:\n  - '@guns'\n"
}

func (d *desk) write(name, text string) {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// open reads the configuration and opens the archive, as a daemon does when it starts.
func (d *desk) open() {
	d.t.Helper()
	if d.Pipeline != nil {
		d.Archive.Close()
	}
	c, err := configs.Load(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	rules, err := classify.Parse(c.Rules)
	if err != nil {
		d.t.Fatal(err)
	}
	arc, err := archive.Open(c.DataDir, archive.Options{})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { arc.Close() })
	d.Pipeline = &Pipeline{Config: c, Archive: arc, Pack: rules, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return d.clock }}
	if d.pass == 0 {
		d.pass = d.begin("run")
	}
}

func (d *desk) begin(command string) int64 {
	d.t.Helper()
	pass, err := d.Archive.BeginPass(d.t.Context(), command)
	if err != nil {
		d.t.Fatal(err)
	}
	return pass
}

// piece is an article as a source shows it now.
type piece struct {
	url, source, title, body string
	published                time.Time // zero: without a date
	purpose                  blotter.Purpose
}

// publish takes pieces to the archive, a millisecond after one another.
func (d *desk) publish(pieces ...piece) {
	d.t.Helper()
	ctx := d.t.Context()
	fetches, derived := make([]archive.Fetch, len(pieces)), make([]archive.Derived, len(pieces))
	for i, p := range pieces {
		source, at := cmp.Or(p.source, "herald"), d.clock.Add(time.Duration(i)*time.Millisecond)
		fetches[i] = archive.Fetch{
			Source: source, Purpose: cmp.Or(p.purpose, blotter.PurposePage), Item: blotter.Item{URL: p.url}, Started: at, Pass: d.pass,
			Exchanges: []blotter.Exchange{{URL: p.url, Method: "GET", Started: at, Status: 200, Proto: "HTTP/1.1", Body: []byte(p.title + p.body)}},
		}
		a := blotter.Article{URL: p.url, Source: source, Title: p.title, Body: p.body, Lang: "en"}
		if !p.published.IsZero() {
			a.Published = blotter.Date{Time: p.published, Precision: blotter.Minute}
		}
		derived[i] = archive.Derived{Stamp: "x", Articles: []blotter.Article{a}}
	}
	kept, err := d.Archive.Keep(ctx, fetches)
	if err != nil {
		d.t.Fatal(err)
	}
	for i := range kept {
		derived[i].Capture = kept[i].Capture
	}
	if _, err := d.Archive.PutDerived(ctx, derived); err != nil {
		d.t.Fatal(err)
	}
	var ids []string
	for _, p := range pieces {
		ids = append(ids, blotter.ArticleID(p.url))
	}
	articles, err := d.Archive.Articles(ctx, ids)
	if err != nil {
		d.t.Fatal(err)
	}
	var tagged []archive.Tagged
	for i := range articles {
		tagged = append(tagged, archive.Tagged{ID: articles[i].ID, Revision: articles[i].Revision, Tags: d.Pack.Tags(&articles[i])})
	}
	if err := d.Archive.PutTags(ctx, d.Pack.Hash(), tagged); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) notify() Notified {
	d.t.Helper()
	n, err := d.Notify(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// outbox are the messages, the oldest first, as "channel kind query total: title, title".
func (d *desk) outbox() []string {
	d.t.Helper()
	due, err := d.Archive.DueDeliveries(d.t.Context(), d.clock.Add(1000*time.Hour), 1000)
	if err != nil {
		d.t.Fatal(err)
	}
	slices.SortStableFunc(due, func(a, b archive.Delivery) int { return a.Created.Compare(b.Created) })
	var all []string
	for _, x := range due {
		m, err := messageOf(x)
		if err != nil {
			d.t.Fatal(err)
		}
		var titles []string
		for _, a := range m.Articles {
			titles = append(titles, a.Title)
		}
		for _, a := range m.Alarms {
			titles = append(titles, strings.TrimSpace(a.Source+" "+a.Kind+" "+a.Recovered))
		}
		all = append(all, fmt.Sprintf("%s %s %s %d: %s", x.Channel, x.Kind, x.Query, x.Total, strings.Join(titles, ", ")))
	}
	return all
}

func (d *desk) wantOutbox(want ...string) {
	d.t.Helper()
	if got := d.outbox(); !slices.Equal(got, want) {
		d.t.Errorf("the outbox holds\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const twoChannels = `channels:
  one: {kind: ntfy, url: "http://127.0.0.1:1/topic"}
  two: {kind: ntfy, url: "http://127.0.0.1:1/topic"}
alarms: [two]
digest: {at: "01:30", time_zone: Europe/London}
`

func page(n int, title string) piece {
	return piece{url: fmt.Sprintf("https://herald.example/%d", n), title: title, body: "Officers said so on Friday."}
}

func TestNotify(t *testing.T) {
	d := newDesk(t, twoChannels, map[string]string{
		"raids": "query: raid*\nnotify: [one, two]\n", "arms": "query: '@guns'\nnotify: [two]\n", "silent": "query: raid*\n",
	})
	// What is there before a query is watched is no news, nor is it when it changes later.
	d.publish(page(1, "An old raid"))
	d.notify()
	d.wantOutbox()
	d.clock = d.clock.Add(time.Hour)
	d.publish(page(1, "An old raid, with more"))
	d.notify()
	d.wantOutbox()

	d.publish(page(2, "A raid"), page(3, "A swim"), page(4, "A raid for a rifle"))
	if n := d.notify(); n != (Notified{Articles: 3}) {
		t.Errorf("%+v", n)
	}
	want := []string{"two articles arms 1: A raid for a rifle", "one articles raids 2: A raid, A raid for a rifle", "two articles raids 2: A raid, A raid for a rifle"}
	got := d.outbox()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("have %q", got)
	}

	// Nothing twice: not in the next round, not after a restart, not for a revision.
	d.open()
	d.clock = d.clock.Add(time.Hour)
	d.publish(page(2, "A raid, and more"))
	if n := d.notify(); n != (Notified{}) {
		t.Errorf("%+v", n)
	}
	// A revision that a query finds for the first time is news.
	d.publish(page(3, "A swim and a raid"))
	if n := d.notify(); n != (Notified{Articles: 1}) {
		t.Errorf("%+v", n)
	}
}

func TestNotifyWhatIsNews(t *testing.T) {
	d := newDesk(t, twoChannels, map[string]string{"raids": "query: raid*\nnotify: [one]\nmax_age: 48h\n"})
	d.notify()
	d.clock = d.clock.Add(time.Minute)
	old, fresh := d.clock.Add(-49*time.Hour), d.clock.Add(-47*time.Hour)
	d.publish(
		piece{url: "https://herald.example/1", title: "A raid long ago", body: "x", published: old},
		piece{url: "https://herald.example/2", title: "A raid lately", body: "x", published: fresh},
		piece{url: "https://herald.example/3", title: "A raid, imported", body: "x", published: fresh, purpose: blotter.PurposeRecord},
	)
	for _, command := range []string{"backfill", "import"} {
		d.pass = d.begin(command)
		d.publish(piece{url: "https://herald.example/" + command, title: "A raid by " + command, body: "x", published: fresh})
	}
	d.notify()
	d.wantOutbox("one articles raids 1: A raid lately")
}

// More than fifty are one message that names the first ones.
func TestNotifyMany(t *testing.T) {
	d := newDesk(t, twoChannels, map[string]string{"raids": "query: raid*\nnotify: [one]\n"})
	d.notify()
	d.clock = d.clock.Add(time.Minute)
	var many []piece
	for i := range 60 {
		many = append(many, page(i, fmt.Sprintf("Raid %d", i)))
	}
	d.publish(many...)
	d.notify()
	due, err := d.Archive.DueDeliveries(t.Context(), d.clock, 10)
	if err != nil || len(due) != 1 || due[0].Total != 60 || len(due[0].Entries) != 50 {
		t.Fatalf("%d messages, %v: %+v", len(due), err, due)
	}
	var first alert.Article
	if err := json.Unmarshal(due[0].Entries[0], &first); err != nil || first.Title != "Raid 0" || first.Source != "herald" || first.URL != "https://herald.example/0" {
		t.Errorf("%v, %+v", err, first)
	}
}

// A query that means something else begins with the present, whether its text or a list that it names has changed; one that only
// notifies others goes on.
func TestNotifyChangedQuery(t *testing.T) {
	d := newDesk(t, twoChannels, map[string]string{"arms": "query: '@guns'\nnotify: [one]\n"})
	d.notify()
	d.clock = d.clock.Add(time.Minute)
	d.publish(page(1, "A knife"), page(2, "A crossbow"))
	d.notify()

	d.write("queries/arms.yaml", "query: '@guns OR knife'\nnotify: [one]\n")
	d.open()
	d.clock = d.clock.Add(time.Minute)
	d.notify()
	d.wantOutbox()
	d.write("rules/x.yaml", oneRule("rifle, pistol, crossbow"))
	d.open()
	d.clock = d.clock.Add(time.Minute)
	d.notify()
	d.wantOutbox()

	d.clock = d.clock.Add(time.Minute)
	d.publish(page(3, "Another crossbow"))
	d.write("queries/arms.yaml", "query: '@guns OR knife'\nabout: x\nnotify: [two]\n")
	d.open()
	d.notify()
	d.wantOutbox("two articles arms 1: Another crossbow")

	// One that cannot be read keeps its place, and the others go on.
	d.write("queries/raids.yaml", "query: raid*\nnotify: [one]\n")
	d.open()
	d.notify()
	d.write("queries/arms.yaml", "query: '@guns OR ('\nnotify: [two]\n")
	d.open()
	d.clock = d.clock.Add(time.Minute)
	d.publish(page(4, "A pistol in a raid"))
	if err := CheckAlerts(d.Config, d.Pack); err == nil || !strings.Contains(err.Error(), "saved query arms: ") {
		t.Error(err)
	}
	if n, err := d.Notify(t.Context()); err == nil || !strings.Contains(err.Error(), "saved query arms: ") || n.Articles != 1 {
		t.Errorf("%+v, %v", n, err)
	}
	d.write("queries/arms.yaml", "query: '@guns OR knife'\nnotify: [two]\n")
	d.open()
	if n := d.notify(); n.Articles != 1 {
		t.Errorf("%+v", n)
	}
}

// A digest gathers a day, over the nights of the clocks too.
func TestDigest(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		begin time.Time
		due   []string // of what is published every six hours, in UTC
		total int
	}{
		"spring": {time.Date(2026, 3, 28, 1, 0, 0, 0, london), []string{"03-28 01:30", "03-29 01:30", "03-30 00:30"}, 8}, // 01:30 is 02:30 that night
		"autumn": {time.Date(2026, 10, 24, 1, 0, 0, 0, london), []string{"10-24 00:30", "10-25 00:30", "10-26 01:30"}, 9},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, twoChannels, map[string]string{"raids": "query: raid*\nnotify: [one]\ndigest: daily\n"})
			d.clock = test.begin.UTC().Add(-time.Second)
			d.notify()
			d.clock = test.begin.UTC()
			var got []string
			total := 0
			for hour := 0; hour < 52; hour += 3 {
				if hour%6 == 0 {
					d.publish(page(hour, fmt.Sprintf("Raid %d", hour)))
				}
				d.notify()
				d.clock = d.clock.Add(151 * time.Minute)
				due, err := d.Archive.DueDeliveries(t.Context(), d.clock, 10)
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range due {
					got = append(got, x.Due.Format("01-02 15:04"))
					total += x.Total
					if err := d.Archive.Delivered(t.Context(), x.ID, d.clock); err != nil {
						t.Fatal(err)
					}
				}
				d.clock = d.clock.Add(29 * time.Minute)
			}
			if !slices.Equal(got, test.due) || total != test.total {
				t.Errorf("digests at %q with %d articles, want %q with %d", got, total, test.due, test.total)
			}
		})
	}
}

func TestNotifyAlarms(t *testing.T) {
	ctx := t.Context()
	d := newDesk(t, twoChannels, nil)
	if err := d.Archive.SyncSources(ctx, d.Config.Sources); err != nil {
		t.Fatal(err)
	}
	silent := archive.Alarm{Source: "herald", Kind: archive.AlarmSilent, Since: d.clock, Detail: "nothing"}
	set := func(current ...archive.Alarm) {
		t.Helper()
		if _, _, err := d.Archive.SetAlarms(ctx, []string{"herald", "wire"}, d.clock, current); err != nil {
			t.Fatal(err)
		}
	}
	set(silent)
	for range 2 {
		if _, err := d.Archive.RaiseAlarm(ctx, "disk", "2 GiB are left of 40", d.clock); err != nil {
			t.Fatal(err)
		}
	}
	if n := d.notify(); n.Alarms != 2 {
		t.Errorf("%+v", n)
	}
	d.clock = d.clock.Add(time.Minute)
	set(silent)
	if n := d.notify(); n.Alarms != 0 {
		t.Errorf("told again: %+v", n)
	}
	set()
	if closed, err := d.Archive.CloseAlarm(ctx, "disk", d.clock); !closed || err != nil {
		t.Errorf("%v, %v", closed, err)
	}
	d.notify()
	at := d.clock.Format(time.RFC3339)
	d.wantOutbox("two alarms  2: herald silent, disk", "two alarms  2: herald silent "+at+", disk "+at)
	if all, err := d.Archive.Alarms(ctx, true); err != nil || len(all) != 2 || all[0].Source != "" || all[0].Kind != "disk" || all[0].Recovered.IsZero() {
		t.Errorf("%v %+v", err, all)
	}

	// Channels that are named later are not told of the past.
	d.write("blotter.yaml", strings.Replace(twoChannels, "alarms: [two]", "alarms: []", 1))
	d.open()
	d.clock = d.clock.Add(time.Minute)
	set(silent)
	d.notify()
	d.write("blotter.yaml", twoChannels)
	d.open()
	if n := d.notify(); n.Alarms != 0 {
		t.Errorf("%+v", n)
	}
}

// What is forgotten does not go out.
func TestNotifyForgotten(t *testing.T) {
	d := newDesk(t, twoChannels, map[string]string{"raids": "query: raid*\nnotify: [one]\n"})
	d.notify()
	d.clock = d.clock.Add(time.Minute)
	d.publish(page(1, "A raid"), page(2, "Another raid"))
	d.notify()
	if _, err := d.Archive.Forget(t.Context(), "https://herald.example/1"); err != nil {
		t.Fatal(err)
	}
	d.wantOutbox("one articles raids 1: Another raid")
	if _, err := d.Archive.Forget(t.Context(), "https://herald.example/2"); err != nil {
		t.Fatal(err)
	}
	d.wantOutbox()
	d.Archive.Close()
	for _, name := range []string{"blotter.sqlite", "blotter.sqlite-wal"} {
		text, err := os.ReadFile(filepath.Join(d.Config.DataDir, name))
		if err != nil && name == "blotter.sqlite" || bytes.Contains(text, []byte("Another raid")) {
			t.Errorf("%s tells of what is forgotten, or %v", name, err)
		}
	}
}
