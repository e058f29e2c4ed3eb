package archive

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"blotter"
	"blotter/internal/race"
)

func TestMigrate(t *testing.T) {
	first := &fstest.MapFile{Data: []byte(`CREATE TABLE one (a TEXT) STRICT; INSERT INTO one VALUES ('kept')`)}
	second := &fstest.MapFile{Data: []byte(`ALTER TABLE one ADD COLUMN b TEXT NOT NULL DEFAULT 'new'`)}
	broken := &fstest.MapFile{Data: []byte(`CREATE TABLE two (a TEXT) STRICT; INSERT INTO nowhere VALUES (1)`)}
	path := filepath.Join(t.TempDir(), "x.sqlite")
	db, err := openDatabase(path, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tests := []struct {
		steps   fstest.MapFS
		version int
		err     string
	}{
		{fstest.MapFS{"schema/001.sql": first}, 1, ""},
		{fstest.MapFS{"schema/001.sql": first}, 1, ""},
		{fstest.MapFS{"schema/001.sql": first, "schema/002.sql": broken}, 1, "schema/002.sql"},
		{fstest.MapFS{"schema/001.sql": first, "schema/002.sql": second}, 2, ""},
		{fstest.MapFS{"schema/001.sql": first}, 2, "newer blotter (schema 2, this one knows 1)"},
	}
	for i, test := range tests {
		err := migrate(t.Context(), db, path, test.steps)
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Fatalf("step %d: error %v, want %q", i, err, test.err)
		}
		v, err := readVersion(t.Context(), db)
		if err != nil || v.user != test.version || v.tables != 1 || v.application != applicationID {
			t.Fatalf("step %d: %+v, %v", i, v, err)
		}
	}
	var a, b string
	if err := db.QueryRow(`SELECT a, b FROM one`).Scan(&a, &b); err != nil || a != "kept" || b != "new" {
		t.Errorf("%q %q %v", a, b, err)
	}
}

// A person who opens the database finds what each table and column is for.
func TestSchemaIsDocumented(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	n := 0
	err := scan(t.Context(), a.reader, `SELECT name, sql FROM sqlite_master WHERE type = 'table'`, nil, func(scan func(...any) error) error {
		var name, sql string
		if err := scan(&name, &sql); err != nil {
			return err
		}
		n++
		if !strings.Contains(sql, "STRICT") || !strings.Contains(sql, "--") {
			t.Errorf("table %s is not STRICT or not documented", name)
		}
		return nil
	})
	if err != nil || n < 14 {
		t.Errorf("%d tables, %v", n, err)
	}
}

// full is an archive with rows in every table, and something in every column that a schema has added. What is forgotten is
// part of it when the schema that it is for knows of that.
func full(t *testing.T, schema int) *Archive {
	t.Helper()
	a := open(t, t.TempDir(), Options{})
	const url = "https://example.org/1"
	source := blotter.Source{ID: "s", Name: "Harrowby Herald", Kind: blotter.KindFeed, URL: "https://example.org/feed", Schedule: "@hourly",
		TimeZone: "Europe/London", Country: "gb", Publisher: "press", Language: "en", Enabled: true, Selectors: blotter.Selectors{Body: "main"}}
	if err := a.SyncSources(t.Context(), []blotter.Source{source}); err != nil {
		t.Fatal(err)
	}
	pass, err := a.BeginPass(t.Context(), "run")
	if err != nil {
		t.Fatal(err)
	}
	items := []blotter.Item{{URL: url, Title: "One red", Authors: []string{"A. Writer"}, Published: blotter.Date{Time: hours(0)}}, {URL: url + "9"}}
	if _, err := a.List(t.Context(), "s", items, hours(0), []time.Duration{time.Hour}); err != nil {
		t.Fatal(err)
	}
	first := page("s", url, url+"\nOne red\nTwo red, 10 kg.", hours(0))
	first.Pass = pass
	list := page("s", source.URL, "<rss/>", hours(0))
	list.Purpose = blotter.PurposeList
	keep(t, a, list, first, page("s", url, url+"\nOne red\nThree red, 12 kg.", hours(2)), page("s", url+"2", "none", hours(1)),
		page("s", url+"3", url+"3\nGone red\nFour red.", hours(3)), failed(page("s", url+"4", "", hours(4)), blotter.ReasonTimeout))
	derive(t, a, "1", readPage)
	tagEach(t, a)
	if schema >= 3 {
		forget(t, a, url+"3")
	}
	for _, statement := range []string{
		`INSERT INTO backfills (source, way, "from", "to", under, begun) VALUES ('s', 'pages', '2024-01-01', '', '', '2026-04-30T06:09:00.000Z')`,
		`INSERT INTO frontier (backfill, url, step) VALUES (1, 'https://example.org/page/2', 'next')`,
		`INSERT INTO found (backfill, key, item, added) VALUES (1, 'https://example.org/1', 1, 0)`,
		`INSERT INTO alarms (source, kind, since, detail, raised) VALUES ('s', 'silent', '2026-04-30T06:09:00.000Z', 'x', '2026-04-30T06:09:00.000Z')`,
		`INSERT INTO runs (job, started, ended) VALUES ('verify', '2026-04-30T06:09:00.000Z', '2026-04-30T06:10:00.000Z')`,
	} {
		if _, err := a.writer.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.EndPass(t.Context(), pass, map[string]int{"new": 2}); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return a
}

// tagEach tags every article of full with evidence and a fact.
func tagEach(t *testing.T, a *Archive) {
	t.Helper()
	articles, err := a.Untagged(t.Context(), "r", 0, 10)
	if err != nil || len(articles) == 0 {
		t.Fatal(err)
	}
	for _, x := range articles {
		tags := []blotter.Tag{{Tag: "seizure", Status: blotter.Reported, Rule: "r",
			Evidence: []blotter.Evidence{{Field: "title", Start: len(x.Title) - 3, End: len(x.Title), Quote: "red"}},
			Facts:    []blotter.Fact{{Name: "cocaine", Value: "10", Unit: "kg", Quote: "10 kg"}}}}
		if err := a.PutTags(t.Context(), "r", []Tagged{{ID: x.ID, Revision: x.Revision, Seq: x.Seq, Tags: tags}}); err != nil {
			t.Fatal(err)
		}
	}
}

// An archive of each schema that was ever released opens as one of this version, with all that it held, and with the
// database of before beside it.
func TestMigrateFromEach(t *testing.T) {
	race.Skip(t)
	for schema := 1; schema < len(schemaFiles(t)); schema++ {
		t.Run(fmt.Sprint("schema ", schema), func(t *testing.T) {
			a := full(t, schema)
			path := filepath.Join(a.dir, databaseName)
			asVersion(t, path, schema)
			then := dump(t, path)
			older := savedPath(path, 0) // of an upgrade before
			if err := os.WriteFile(older, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenReadOnly(a.dir); err == nil || !strings.Contains(err.Error(), "run blotter update once") {
				t.Errorf("for reading: %v", err)
			}
			a = open(t, a.dir, Options{})
			check(t, a)
			saved := savedPath(path, schema)
			if exists(older) || !reflect.DeepEqual(dump(t, saved), then) {
				t.Errorf("the copy is not what was before, or an older one stays")
			}
			now := dump(t, path)
			for table, rows := range then {
				for column, values := range rows {
					if !reflect.DeepEqual(values, now[table][column]) {
						t.Errorf("%s.%s was %q and is %q", table, column, values, now[table][column])
					}
				}
			}
			// It goes on: fetched, read, tagged, forgotten.
			keep(t, a, page("s", "https://example.org/5", "https://example.org/5\nT red\nred", hours(9)))
			derive(t, a, "2", readPage)
			tagEach(t, a)
			forget(t, a, "https://example.org/1")
			check(t, a)
			if exists(saved) {
				t.Error("what is forgotten stands in the copy of before")
			}
		})
	}
}

func schemaFiles(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(schemas, "schema/*.sql")
	if err != nil || len(names) < 6 {
		t.Fatal(names, err)
	}
	return names
}

// dump is what a database holds: tables, their columns, and the values of these in the order of the rows.
func dump(t *testing.T, path string) map[string]map[string][]string {
	t.Helper()
	db, err := openDatabase(path, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := map[string]map[string][]string{}
	err = scan(t.Context(), db, `SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'`, nil,
		func(scan func(...any) error) error {
			var table, column string
			err := scan(&table, &column)
			if all[table] == nil {
				all[table] = map[string][]string{}
			}
			all[table][column] = []string{}
			return err
		})
	if err != nil {
		t.Fatal(err)
	}
	for table, columns := range all {
		for column := range columns {
			err := scan(t.Context(), db, `SELECT quote("`+column+`") FROM "`+table+`" ORDER BY 1`, nil, func(scan func(...any) error) error {
				var value string
				err := scan(&value)
				columns[column] = append(columns[column], value)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return all
}

// One that fails changes nothing, and says where the copy is.
func TestMigrateFails(t *testing.T) {
	a := full(t, 1)
	path := filepath.Join(a.dir, databaseName)
	asVersion(t, path, 1)
	then := dump(t, path)
	steps := fstest.MapFS{"schema/003.sql": {Data: []byte(`CREATE TABLE x (a TEXT) STRICT; INSERT INTO nowhere VALUES (1)`)}}
	for _, name := range schemaFiles(t)[:2] {
		text, err := schemas.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		steps[name] = &fstest.MapFile{Data: text}
	}
	db, err := openDatabase(path, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	wantError(t, migrate(t.Context(), db, path, steps), "from schema 1 to 3", "is as it was", savedPath(path, 1), "schema/003.sql")
	if !reflect.DeepEqual(dump(t, path), then) || !reflect.DeepEqual(dump(t, savedPath(path, 1)), then) {
		t.Error("the database is another, or its copy is")
	}
	if err := os.Remove(savedPath(path, 1)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(savedPath(path, 1), 0o700); err != nil { // as if there were no room for it
		t.Fatal(err)
	}
	wantError(t, migrate(t.Context(), db, path, steps), "nothing was changed")
	if !reflect.DeepEqual(dump(t, path), then) {
		t.Error("without a copy the database was changed")
	}
}

// asVersion replaces a database by one of an earlier schema with the same rows, as far as that has columns for them.
func asVersion(t *testing.T, path string, schema int) {
	t.Helper()
	steps := fstest.MapFS{}
	for _, name := range schemaFiles(t)[:schema] {
		text, err := schemas.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		steps[name] = &fstest.MapFile{Data: text}
	}
	old := filepath.Join(t.TempDir(), "old.sqlite")
	db, err := openDatabase(old, "&_pragma=foreign_keys(0)", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := migrate(t.Context(), db, old, steps); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`PRAGMA foreign_keys = 0; ATTACH ? AS new`, path); err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	err = scan(t.Context(), db, `SELECT m.name, (SELECT group_concat('"' || name || '"', ', ') FROM pragma_table_info(m.name))
		FROM main.sqlite_master m WHERE m.type = 'table'`, nil, func(scan func(...any) error) error {
		var table, columns string
		err := scan(&table, &columns)
		rows[table] = columns
		return err
	})
	if err != nil || len(rows) < 14 {
		t.Fatalf("%d tables, %v", len(rows), err)
	}
	for table, columns := range rows {
		if _, err := db.Exec("INSERT INTO main." + table + " (" + columns + ") SELECT " + columns + " FROM new." + table); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(old, path); err != nil {
		t.Fatal(err)
	}
}

// TestChecks: the words that a column takes are checked, and SQLite builds no table of them for every row.
func TestChecks(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	keep(t, a, page("s", "https://example.org/1", "x", hours(0)))
	for _, test := range []struct{ table, column string }{{"ledger", "outcome"}, {"captures", "purpose"}} {
		var columns []string
		err := scan(t.Context(), a.reader, `SELECT name FROM pragma_table_info(?)`, []any{test.table}, func(scan func(...any) error) error {
			var name string
			err := scan(&name)
			columns = append(columns, name)
			return err
		})
		if err != nil || !slices.Contains(columns, test.column) {
			t.Fatal(columns, err)
		}
		list := strings.Join(columns, ", ")
		insert := fmt.Sprintf(`INSERT INTO %s (%s) VALUES (?%s)`, test.table, list, strings.Repeat(", ?", len(columns)-1))
		steps := 0
		err = scan(t.Context(), a.reader, `EXPLAIN `+insert, make([]any, len(columns)), func(scan func(...any) error) error {
			var addr, p1, p2, p3, p5, p4, comment any
			var opcode string
			err := scan(&addr, &opcode, &p1, &p2, &p3, &p4, &p5, &comment)
			if steps++; opcode == "OpenEphemeral" {
				t.Errorf("%s: a table is built for every row", test.table)
			}
			return err
		})
		if err != nil || steps == 0 {
			t.Errorf("%s: %d steps, %v", test.table, steps, err)
		}
		_, err = a.writer.ExecContext(t.Context(), fmt.Sprintf(`UPDATE %s SET %s = 'else'`, test.table, test.column))
		if err == nil || !strings.Contains(err.Error(), "CHECK constraint failed") {
			t.Errorf("%s.%s took a word of its own: %v", test.table, test.column, err)
		}
	}
}
