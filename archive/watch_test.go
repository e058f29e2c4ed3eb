package archive

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"blotter"
)

// tagged makes articles with these names, each a line of seq, and returns their ids.
func tagged(t *testing.T, a *Archive, names ...string) (ids []string) {
	t.Helper()
	for i, name := range names {
		url := "https://example.org/" + name
		keep(t, a, page("s", url, url+"\n"+name, hours(i)))
		ids = append(ids, blotter.ArticleID(url))
	}
	derive(t, a, "1", readPage)
	tag(t, a, "r")
	return ids
}

func watch(t *testing.T, a *Archive, meanings map[string]string, now time.Time) []Watch {
	t.Helper()
	w, err := a.Watch(t.Context(), meanings, now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := a.Watches(t.Context())
	if err != nil || !reflect.DeepEqual(again, w) {
		t.Errorf("watches %+v (%v), then %+v", w, err, again)
	}
	return w
}

func TestWatch(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	tagged(t, a, "one", "two")
	seq, err := a.Seq(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first := watch(t, a, map[string]string{"x": "1", "y": "1"}, hours(1))
	want := []Watch{{"x", "1", hours(1), seq}, {"y", "1", hours(1), seq}}
	if !reflect.DeepEqual(first, want) {
		t.Errorf("have %+v, want %+v", first, want)
	}
	tagged(t, a, "three")
	if seq, err = a.Seq(t.Context()); err != nil || seq == first[0].Seq {
		t.Fatalf("seq %d, %v", seq, err)
	}
	want = []Watch{{"x", "2", hours(2), seq}, {"y", "1", hours(1), first[0].Seq}, {"z", "1", hours(2), seq}}
	if got := watch(t, a, map[string]string{"x": "2", "y": "1", "z": "1"}, hours(2)); !reflect.DeepEqual(got, want) {
		t.Errorf("have %+v, want %+v", got, want)
	}
	a = reopen(t, a)
	if got := watch(t, a, map[string]string{"y": "1"}, hours(3)); !reflect.DeepEqual(got, want[1:2]) {
		t.Errorf("have %+v, want %+v", got, want[1:2])
	}
	// The clock was ahead, and is right again: what comes now is no older than the watch.
	want[1].Since = hours(0)
	if got := watch(t, a, map[string]string{"y": "1"}, hours(0)); !reflect.DeepEqual(got, want[1:2]) {
		t.Errorf("have %+v, want %+v", got, want[1:2])
	}
}

// Whoever has read how far a query was followed, and comes after another, writes nothing; nor does one whose query has changed.
func TestFollowOnce(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	watches := watch(t, a, map[string]string{"x": "1", "y": "1"}, hours(0))
	ids := tagged(t, a, "one", "two")
	seq, err := a.Seq(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	routes := map[string]Route{"x": {Channels: []string{"c", "d"}}, "y": {Channels: []string{"c"}}}
	alerts := []Alert{{Query: "x", Article: ids[0], Entry: json.RawMessage(`{}`)}, {Query: "y", Article: ids[0], Entry: json.RawMessage(`{}`)},
		{Query: "x", Article: ids[1], CopyOf: ids[0]}, {Query: "x", Article: "0123456789abcdef", Entry: json.RawMessage(`{}`)}}
	changed := slices.Clone(watches)
	changed[1].Meaning = "0"
	for i, want := range []int{1, 0} { // of x the article and its copy; one that is gone is nothing
		told, copies, err := a.Follow(t.Context(), changed, seq, alerts, routes, hours(3))
		if err != nil || told != want || copies != want {
			t.Errorf("%d. time: %d and %d, %v", i+1, told, copies, err)
		}
	}
	if n, _, err := a.Follow(t.Context(), watches[1:], seq, alerts, routes, hours(3)); err != nil || n != 1 {
		t.Errorf("y: %d, %v", n, err)
	}
	told, err := a.Told(t.Context(), "x", append(ids, "0123456789abcdef"))
	if err != nil || !reflect.DeepEqual(told, map[string]bool{ids[0]: true, ids[1]: true}) {
		t.Errorf("%v, %v", told, err)
	}
	// A query that was deleted and saved again begins anew, for who read how far the old one was too.
	watch(t, a, nil, hours(4))
	watch(t, a, map[string]string{"x": "1"}, hours(5))
	if n, _, err := a.Follow(t.Context(), watches[:1], seq, alerts, routes, hours(6)); err != nil || n != 0 {
		t.Errorf("a new query of the old name: %d, %v", n, err)
	}
	all, err := a.Deliveries(t.Context(), Waiting)
	if err != nil || len(all) != 3 {
		t.Errorf("%+v, %v", all, err)
	}
	check(t, a)
}

// Following and the outbox are one: when the one fails, the other has not happened.
func TestFollowWhole(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	watches := watch(t, a, map[string]string{"x": "1"}, hours(0))
	ids := tagged(t, a, "one", "two")
	if _, err := a.writer.ExecContext(t.Context(), `CREATE TEMP TRIGGER full BEFORE INSERT ON outbox_entries WHEN NEW.n = 2
		BEGIN SELECT raise(ABORT, 'the disk is full'); END`); err != nil {
		t.Fatal(err)
	}
	alerts := []Alert{{Query: "x", Article: ids[0], Entry: json.RawMessage(`{}`)}, {Query: "x", Article: ids[1], Entry: json.RawMessage(`{}`)}}
	_, _, err := a.Follow(t.Context(), watches, 99, alerts, map[string]Route{"x": {Channels: []string{"c"}}}, hours(3))
	wantError(t, err, "the disk is full")
	if n := ask[int](t, a, `SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM alerted) + (SELECT count(*) FROM watches WHERE seq = 99)`); n != 0 {
		t.Errorf("%d rows of a transaction that failed", n)
	}
}

// A digest gathers until it is tried, and not a moment longer.
func TestDigestGathers(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	ids := tagged(t, a, "one", "two", "three")
	due := hours(24)
	for i, id := range ids {
		watches := watch(t, a, map[string]string{"x": "1"}, hours(0))
		_, _, err := a.Follow(t.Context(), watches, watches[0].Seq+1, []Alert{{Query: "x", Article: id, Entry: json.RawMessage(fmt.Sprint(i))}},
			map[string]Route{"x": {Channels: []string{"c"}, Due: due}}, hours(i))
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 { // the clock has gone back since
			if all, err := a.DueDeliveries(t.Context(), due, 10); err != nil || len(all) != 1 || all[0].Total != 2 || len(all[0].Entries) != 2 {
				t.Errorf("%+v, %v", all, err)
			}
		}
	}
	all, err := a.DueDeliveries(t.Context(), due, 10)
	if err != nil || len(all) != 2 || all[0].Total != 2 || all[1].Total != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := a.DueDeliveries(t.Context(), due.Add(-time.Second), 10); err != nil || len(all) != 0 {
		t.Errorf("before it is due: %+v, %v", all, err)
	}
}

// However many messages a receiver cannot take, the others have their turn.
func TestDueDeliveries(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	for i := range 4 {
		if _, err := a.RaiseAlarm(t.Context(), AlarmKind(fmt.Sprint(i)), "x", hours(i)); err != nil {
			t.Fatal(err)
		}
		entry := func(Alarm) json.RawMessage { return json.RawMessage(`{}`) }
		if n, err := a.TellAlarms(t.Context(), []string{"c", "d"}, entry, hours(i)); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	due := func() (created []time.Time) {
		t.Helper()
		all, err := a.DueDeliveries(t.Context(), hours(4), 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			if d.Channel != "c" {
				continue
			}
			created = append(created, d.Created)
			if _, err := a.Undelivered(t.Context(), d.ID, Undelivered{Error: "x", Next: hours(4), Long: time.Hour, Often: 9}, hours(4)); err != nil {
				t.Fatal(err)
			}
		}
		return created
	}
	for i, want := range [][]time.Time{{hours(0), hours(1)}, {hours(2), hours(3)}, {hours(0), hours(1)}} {
		if got := due(); !slices.Equal(got, want) {
			t.Errorf("%d. round: %v, want %v", i+1, got, want)
		}
	}
}

func TestMachineAlarms(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	for i, want := range []bool{true, false} {
		if raised, err := a.RaiseAlarm(t.Context(), "disk", "2 GiB left", hours(i)); raised != want || err != nil {
			t.Errorf("raise: %v, %v", raised, err)
		}
	}
	// Those of sources are another matter.
	if _, recovered, err := a.SetAlarms(t.Context(), []string{""}, hours(2), nil); len(recovered) > 0 || err != nil {
		t.Errorf("%v, %v", recovered, err)
	}
	open, err := a.Alarms(t.Context(), false)
	if want := []Alarm{{Kind: "disk", Since: hours(0), Detail: "2 GiB left", Raised: hours(0)}}; err != nil || !reflect.DeepEqual(open, want) {
		t.Errorf("%+v, %v", open, err)
	}
	for _, want := range []bool{true, false} {
		if closed, err := a.CloseAlarm(t.Context(), "disk", hours(3)); closed != want || err != nil {
			t.Errorf("close: %v, %v", closed, err)
		}
	}
	if raised, err := a.RaiseAlarm(t.Context(), "disk", "1 GiB left", hours(4)); !raised || err != nil {
		t.Errorf("raise again: %v, %v", raised, err)
	}
}

// The alarms of an archive that is brought on stay, and nobody is told of what was before.
func TestMigrateAlarms(t *testing.T) {
	before := fstest.MapFS{}
	names, err := filepath.Glob("schema/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.Compare(name, "schema/008.sql") < 0 {
			script, err := schemas.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			before[name] = &fstest.MapFile{Data: script}
		}
	}
	dir := t.TempDir()
	db, err := openDatabase(filepath.Join(dir, databaseName), "", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := migrate(t.Context(), db, filepath.Join(dir, databaseName), before); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO sources (id) VALUES ('s');
		INSERT INTO alarms (source, kind, since, detail, raised, recovered) VALUES ('s', 'silent', ?1, 'x', ?1, ?1), ('s', 'failing', ?1, 'y', ?1, NULL)`,
		timeText(hours(0))); err != nil {
		t.Fatal(err)
	}
	db.Close()
	a := open(t, dir, Options{})
	n, err := a.TellAlarms(t.Context(), []string{"c"}, func(Alarm) json.RawMessage { return json.RawMessage(`{}`) }, hours(1))
	if n != 0 || err != nil {
		t.Errorf("told of %d, %v", n, err)
	}
	_, recovered, err := a.SetAlarms(t.Context(), []string{"s"}, hours(1), nil)
	if err != nil || len(recovered) != 1 || recovered[0].Kind != AlarmFailing {
		t.Errorf("%+v, %v", recovered, err)
	}
	if n, err := a.TellAlarms(t.Context(), []string{"c"}, func(Alarm) json.RawMessage { return json.RawMessage(`{}`) }, hours(1)); n != 1 || err != nil {
		t.Errorf("told of %d, %v", n, err)
	}
	check(t, a)
}
