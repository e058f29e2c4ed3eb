package archive

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
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
		return fmt.Errorf("%s is not a blotter archive: name another folder", databaseName)
	case v.user > steps:
		return fmt.Errorf("%s was written by a newer blotter (schema %d, this one knows %d): update blotter", databaseName, v.user, steps)
	}
	return nil
}

// migrate brings the database to the newest schema of steps, one transaction a step, and makes it when it is empty.
func migrate(ctx context.Context, db *sql.DB, steps fs.FS) error {
	names, err := fs.Glob(steps, "schema/*.sql")
	if err != nil {
		return err
	}
	v, err := readVersion(ctx, db)
	if err != nil {
		return err
	}
	if v != (version{}) {
		if err := v.known(len(names)); err != nil {
			return err
		}
	}
	for n := v.user; n < len(names); n++ {
		script, err := fs.ReadFile(steps, names[n])
		if err != nil {
			return err
		}
		if err := step(ctx, db, string(script), n+1); err != nil {
			return fmt.Errorf("%s: %w", names[n], err)
		}
	}
	return nil
}

func step(ctx context.Context, db *sql.DB, script string, number int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	marks := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, number)
	for _, s := range []string{script, marks} {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return tx.Commit()
}
