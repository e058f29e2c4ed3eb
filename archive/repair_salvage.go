package archive

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"modernc.org/sqlite"
)

// salvage writes the database anew, of the rows of the damaged one that can be read.
func (r *repairer) salvage() error {
	part := r.path + partialSuffix
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	s := salvager{repairer: r}
	if err := s.write(part); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := f.Sync(); err != nil {
		return err
	}
	// The log belongs to the old database, and would be taken for one of the new.
	for _, log := range []string{"-wal", "-shm"} {
		if err := os.Remove(r.path + log); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	r.mended(s.rows, "rows of the damaged database were copied into a new one")
	return errors.Join(os.Rename(part, r.path), syncFolder(r.dir))
}

// salvager copies rows from the copy of the damaged database into a new one.
type salvager struct {
	*repairer
	from *sql.DB // nil: nothing of it can be read
	to   *sql.Conn
	rows int
}

func (s *salvager) write(path string) error {
	to, err := openDatabase(path, "", 1)
	if err != nil {
		return err
	}
	defer to.Close()
	if err := migrate(s.ctx, to, path, schemas); err != nil {
		return err
	}
	if s.to, err = to.Conn(s.ctx); err != nil {
		return err
	}
	defer s.to.Close()
	if _, err := s.to.ExecContext(s.ctx, `PRAGMA foreign_keys = 0`); err != nil {
		return err
	}
	if s.Copy == "" {
		s.lost("the database is gone: what was forgotten, raised as an alarm or read by a backfill is not known any more")
		return nil
	}
	from, err := openDatabase(s.Copy, "&_query_only=1", 1)
	if err == nil {
		defer from.Close()
		var n int
		err = from.QueryRowContext(s.ctx, `SELECT count(*) FROM sqlite_master`).Scan(&n)
	}
	if err != nil {
		s.lost("of the database nothing can be read (%v): what was forgotten, raised as an alarm or read by a backfill is not known any more", err)
		return s.ctx.Err()
	}
	s.from = from
	tables, err := s.tables()
	if err != nil {
		return err
	}
	for i, t := range tables {
		s.doing("rows of "+t.name, int64(i), int64(len(tables)))
		if err := s.table(t); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// salvaged is a table to be copied.
type salvaged struct {
	name    string
	columns []string // that both databases have
	key     []string // by which its rows are stored
}

// tables are those of the new database.
func (s *salvager) tables() ([]salvaged, error) {
	columns := func(db querier, name string) (all, key []string, err error) {
		err = scan(s.ctx, db, `SELECT name, pk FROM pragma_table_info(?) ORDER BY pk`, []any{name}, func(scan func(...any) error) error {
			var column string
			var pk int
			err := scan(&column, &pk)
			all = append(all, `"`+column+`"`)
			if pk > 0 {
				key = append(key, `"`+column+`"`)
			}
			return err
		})
		return all, key, err
	}
	var tables []salvaged
	var rowids []bool
	err := scan(s.ctx, s.to, `SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name`, nil,
		func(scan func(...any) error) error {
			var t salvaged
			var withoutRowid bool
			err := scan(&t.name, &withoutRowid)
			tables, rowids = append(tables, t), append(rowids, !withoutRowid)
			return err
		})
	if err != nil {
		return nil, err
	}
	for i := range tables {
		t := &tables[i]
		if t.columns, t.key, err = columns(s.to, t.name); err != nil {
			return nil, err
		}
		old, _, err := columns(s.from, t.name)
		if err != nil {
			return nil, err
		}
		t.columns = slices.DeleteFunc(t.columns, func(c string) bool { return !slices.Contains(old, c) })
		if rowids[i] {
			t.key = []string{"rowid"}
		}
	}
	return tables, nil
}

// table copies what can be read of a table: from its begin to the damage, behind each damage, and from its end back.
func (s *salvager) table(t salvaged) error {
	if len(t.columns) == 0 {
		s.lost("the table %s cannot be found", t.name)
		return nil
	}
	if _, err := s.to.ExecContext(s.ctx, `BEGIN`); err != nil {
		return err
	}
	damaged, err := s.copyTable(t)
	if _, cerr := s.to.ExecContext(s.ctx, `COMMIT`); err == nil {
		err = cerr
	}
	if damaged != nil {
		next := ""
		if t.name == "forgotten" {
			next = ": what was forgotten may be fetched again; forget it again"
		}
		s.lost("part of the table %s cannot be read (%v)%s", t.name, damaged, next)
	}
	return err
}

func (s *salvager) copyTable(t salvaged) (damaged, err error) {
	order := strings.Join(t.key, ", ")
	last, damaged, err := s.rowsOf(t, `ORDER BY `+order)
	if damaged == nil || err != nil {
		return damaged, err
	}
	backwards := strings.Join(t.key, " DESC, ") + " DESC"
	if t.key[0] != "rowid" {
		_, _, err = s.rowsOf(t, `ORDER BY `+backwards)
		return damaged, err
	}
	// Behind the damage, by steps that grow, and from there back to it.
	for step := int64(1); step > 0; {
		begin := last + step
		reached, again, err := s.rowsOf(t, `WHERE rowid >= ? ORDER BY rowid`, begin)
		if err != nil {
			return damaged, err
		}
		if again != nil && reached < begin { // still within
			step *= 2
			continue
		}
		if _, _, err := s.rowsOf(t, `WHERE rowid > ? AND rowid < ? ORDER BY rowid DESC`, last, begin); err != nil || again == nil {
			return damaged, err
		}
		last, step = reached, 1
	}
	_, _, err = s.rowsOf(t, `WHERE rowid > ? ORDER BY rowid DESC`, last)
	return damaged, err
}

// rowsOf copies the rows that a clause selects until one cannot be read, and returns the rowid of the last one that could.
func (s *salvager) rowsOf(t salvaged, clause string, args ...any) (last int64, damaged, err error) {
	columns := strings.Join(t.columns, ", ")
	selected := columns
	if t.key[0] == "rowid" {
		selected += ", rowid"
	}
	insert, err := s.to.PrepareContext(s.ctx, `INSERT OR IGNORE INTO `+t.name+` (`+columns+`) VALUES (?`+strings.Repeat(`, ?`, len(t.columns)-1)+`)`)
	if err != nil {
		return 0, nil, err
	}
	defer insert.Close()
	rows, damaged := s.from.QueryContext(s.ctx, `SELECT `+selected+` FROM `+t.name+` NOT INDEXED `+clause, args...)
	if damaged != nil {
		return 0, damaged, s.ctx.Err()
	}
	defer rows.Close()
	values := make([]any, len(t.columns), len(t.columns)+1)
	into := make([]any, len(values), cap(values))
	for i := range values {
		into[i] = &values[i]
	}
	if t.key[0] == "rowid" {
		into = append(into, &last)
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return last, err, s.ctx.Err()
		}
		result, err := insert.ExecContext(s.ctx, values...)
		if isConstraint(err) {
			continue // a value that damage has made of another kind
		}
		if err != nil {
			return last, nil, err
		}
		if n, err := result.RowsAffected(); err == nil {
			s.rows += int(n)
		}
	}
	return last, rows.Err(), s.ctx.Err()
}

func isConstraint(err error) bool {
	const constraint, mismatch = 19, 20
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == constraint || e.Code()&0xff == mismatch)
}
