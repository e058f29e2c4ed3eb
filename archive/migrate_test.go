package archive

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
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
