package archive

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"blotter"
)

func TestMigrate(t *testing.T) {
	first := &fstest.MapFile{Data: []byte(`CREATE TABLE one (a TEXT) STRICT; INSERT INTO one VALUES ('kept')`)}
	second := &fstest.MapFile{Data: []byte(`ALTER TABLE one ADD COLUMN b TEXT NOT NULL DEFAULT 'new'`)}
	broken := &fstest.MapFile{Data: []byte(`CREATE TABLE two (a TEXT) STRICT; INSERT INTO nowhere VALUES (1)`)}
	db, err := openDatabase(filepath.Join(t.TempDir(), "x.sqlite"), "", 1)
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
		err := migrate(t.Context(), db, test.steps)
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

// An archive that the first version made, with an article and its tags, opens as one of this version.
func TestMigrateFirstVersion(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	const url = "https://example.org/1"
	keep(t, a, page("s", url, url+"\nOne red\nTwo red, 10 kg.", hours(0)))
	derive(t, a, "1", readPage)
	article, err := a.Article(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	tags := []blotter.Tag{{Tag: "seizure", Status: blotter.Reported, Rule: "r",
		Evidence: []blotter.Evidence{{Field: "title", Start: 4, End: 7, Quote: "red"}},
		Facts:    []blotter.Fact{{Name: "cocaine", Value: "10", Unit: "kg", Quote: "10 kg"}}}}
	if err := a.PutTags(t.Context(), "r", []Tagged{{ID: article.ID, Revision: 1, Tags: tags}}); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	asFirstVersion(t, filepath.Join(a.dir, databaseName))

	a = open(t, a.dir, a.options)
	article, err = a.Article(t.Context(), url)
	if err != nil || !reflect.DeepEqual(article.Tags, tags) {
		t.Errorf("after the migration: %+v, %v", article.Tags, err)
	}
	tags[0].Facts[0].Bound, tags[0].Facts[0].Period, tags[0].Evidence[0].Status = ">=", "2024", blotter.Background
	if err := a.PutTags(t.Context(), "r2", []Tagged{{ID: article.ID, Revision: 1, Tags: tags}}); err != nil {
		t.Fatal(err)
	}
	article, err = a.Article(t.Context(), url)
	if err != nil || !reflect.DeepEqual(article.Tags, tags) {
		t.Errorf("tagged after the migration: %+v, %v", article.Tags, err)
	}
	check(t, a)
}

// asFirstVersion replaces a database by one with the same rows that 001.sql made.
func asFirstVersion(t *testing.T, path string) {
	t.Helper()
	script, err := schemas.ReadFile("schema/001.sql")
	if err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(t.TempDir(), "old.sqlite")
	db, err := openDatabase(old, "&_pragma=foreign_keys(0)", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := migrate(t.Context(), db, fstest.MapFS{"schema/001.sql": {Data: script}}); err != nil {
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
