package archive

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// applicationID marks the database file as one of ours ("BLOT"): without it SQLite takes a zero-length file, or
// another program's, for a valid database.
const applicationID = 0x424c4f54

// schemas holds the steps of the schema: 001.sql makes an archive, each further file brings one on by a version.
//
//go:embed schema/*.sql
var schemas embed.FS

// version is what a database file says of itself.
type version struct {
	application, user, tables int
}

func readVersion(ctx context.Context, db *sql.DB) (version, error) {
	var v version
	err := db.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_master)`).
		Scan(&v.application, &v.user, &v.tables)
	return v, err
}

// known says whether v is an archive that this program can work with, given how many steps it knows.
func (v version) known(steps int) error {
	switch {
	case v.application != applicationID:
		return errForeign
	case v.user > steps:
		return versionError{v.user, steps}
	}
	return nil
}

var errForeign = errors.New(databaseName + " is not a blotter archive: name another folder")

// versionError says that a database is of another schema than this program works with.
type versionError struct{ is, known int }

func (e versionError) Error() string {
	if e.is < e.known {
		return fmt.Sprintf("%s is of an older blotter (schema %d, this one writes %d): run blotter update once", databaseName, e.is, e.known)
	}
	return fmt.Sprintf("%s was written by a newer blotter (schema %d, this one knows %d): update blotter", databaseName, e.is, e.known)
}

// migrate brings the database at path to the newest schema of steps, and makes it when it is empty. All steps are one
// transaction: one that fails leaves the database as it was, for the program that wrote it. A database that holds
// anything is copied first, for those who want to go back later.
func migrate(ctx context.Context, db *sql.DB, path string, steps fs.FS) error {
	names, err := fs.Glob(steps, "schema/*.sql")
	if err != nil {
		return err
	}
	v, err := readVersion(ctx, db)
	if err != nil {
		return err
	}
	if v == (version{}) {
		return takeSteps(ctx, db, steps, names, 0)
	}
	if err := v.known(len(names)); err != nil || v.user == len(names) {
		return err
	}
	saved := savedPath(path, v.user)
	if err := replaceBySnapshot(ctx, path, saved); err != nil {
		return fmt.Errorf("copy of %s before it is brought from schema %d to %d; nothing was changed: %w", databaseName, v.user, len(names), err)
	}
	if err := takeSteps(ctx, db, steps, names, v.user); err != nil {
		return fmt.Errorf("%s could not be brought from schema %d to %d and is as it was, also for the blotter before; "+
			"a copy of it is %s: %w", databaseName, v.user, len(names), saved, err)
	}
	return removeSaved(path, saved)
}

func takeSteps(ctx context.Context, db *sql.DB, steps fs.FS, names []string, from int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, name := range names[from:] {
		script, err := fs.ReadFile(steps, name)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(script)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	marks := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(names))
	if _, err := tx.ExecContext(ctx, marks); err != nil {
		return err
	}
	return tx.Commit()
}

// savedPath is where the database is kept as it was before it was brought on from a schema.
func savedPath(path string, schema int) string { return fmt.Sprintf("%s.schema%d", path, schema) }

// removeSaved removes the copies of the database of before an upgrade, but for one to be kept.
func removeSaved(path, but string) error { return removeBeside(path, ".schema", but) }

// removeBeside removes the files whose names are that of the database and a suffix, or begin so, but for one.
func removeBeside(path, suffix, but string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := filepath.Join(filepath.Dir(path), e.Name())
		if name == but || !strings.HasPrefix(e.Name(), filepath.Base(path)+suffix) {
			continue
		}
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}
