package archive

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
	"modernc.org/sqlite" // the driver "sqlite" too
)

const (
	readers = 4 // connections; readers of a WAL database do not wait for the writer

	// timeLayout has a fixed width, so that times sort as text.
	timeLayout = "2006-01-02T15:04:05.000Z"
)

// openDatabase opens the database with options in the DSN, the only place from which they reach every connection.
func openDatabase(path, options string, connections int) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	file := &url.URL{Path: abs}
	db, err := sql.Open("sqlite", "file:"+file.EscapedPath()+
		"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=cache_size(-16000)&_dqs=0"+options)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if err := db.Ping(); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// advised adds to the error of a database that is damaged what helps.
func advised(err error) error {
	const damaged, noDatabase = 11, 26 // SQLITE_CORRUPT and SQLITE_NOTADB; further bits say where
	var e *sqlite.Error
	if !errors.As(err, &e) || e.Code()&0xff != damaged && e.Code()&0xff != noDatabase {
		return err
	}
	return fmt.Errorf("%w: blotter repair mends %s as far as it can be read; or put the last backup back with blotter restore", err, databaseName)
}

func writable(dir string) bool { return unix.Access(dir, unix.W_OK) == nil }

// tx is a transaction of the writer. Its statements are prepared once, on the one connection that writes, and kept.
type tx struct {
	ctx     context.Context
	a       *Archive
	changes bool // it counts changes, see sequence
}

// update runs f in a transaction, while no other writes. A context that ends before it began stops it, a later end
// does not: SQLite would have to watch the context at every statement, and the work left is milliseconds.
func (a *Archive) update(ctx context.Context, f func(*tx) error) error {
	if a.readOnly {
		return ErrReadOnly
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	return a.transact(ctx, f)
}

// Commits counts the transactions of this process so far: while it stays the same, nothing has changed, and who asked what is left
// to do need not ask again.
func (a *Archive) Commits() int64 { return a.commits.Load() }

// transact is update for who holds the mutex.
func (a *Archive) transact(ctx context.Context, f func(*tx) error) error {
	if a.writer == nil {
		return errClosed
	}
	t := &tx{ctx: context.WithoutCancel(ctx), a: a}
	if _, err := t.exec(`BEGIN IMMEDIATE`); err != nil {
		return err
	}
	err := f(t)
	states := a.known.unwritten()
	if err == nil {
		err = t.putStates(states)
	}
	if err == nil {
		_, err = t.exec(`COMMIT`)
		a.commits.Add(1)
		if t.changes {
			a.changes.Add(1) // behind the commit: who read the old number just before it reads again
		}
	}
	if err == nil {
		a.known.wrote(states)
	} else {
		clear(a.rows)
		_, _ = t.exec(`ROLLBACK`) // SQLite may have done so by itself, and then says that there is nothing to roll back
	}
	return err
}

func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if s := t.a.stmts[query]; s != nil {
		return s, nil
	}
	s, err := t.a.writer.PrepareContext(t.ctx, query)
	if err == nil {
		t.a.stmts[query] = s
	}
	return s, err
}

func (t *tx) exec(query string, args ...any) (sql.Result, error) {
	s, err := t.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(t.ctx, args...)
}

// insert runs an INSERT and returns the row's id.
func (t *tx) insert(query string, args ...any) (int64, error) {
	r, err := t.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// one reads a single row into dest; sql.ErrNoRows when there is none.
func (t *tx) one(query string, args []any, dest ...any) error {
	s, err := t.stmt(query)
	if err != nil {
		return err
	}
	return s.QueryRowContext(t.ctx, args...).Scan(dest...)
}

// QueryContext makes a tx a querier.
func (t *tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := t.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// querier is what a read needs: a transaction of the writer or a connection of the readers.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// view runs f on one state of the database, however many queries it makes. These must go through the querier that it is
// given: one that asked the pool again could wait for itself.
func (a *Archive) view(ctx context.Context, f func(querier) error) error {
	c, err := a.readers.take(ctx)
	if err != nil {
		return err
	}
	defer a.readers.put(c)
	if err := ctx.Err(); err != nil {
		return err
	}
	// A context that ends just now would make an error of a BEGIN that was done, and leave its transaction to the next reader.
	lasting := context.WithoutCancel(ctx)
	if err := c.exec(lasting, `BEGIN`); err != nil {
		return err
	}
	defer func() { _ = c.exec(lasting, `ROLLBACK`) }()
	return f(c)
}

// readerPool lends connections for reading. Each keeps its statements, since SQLite takes longer to understand most of ours
// than to answer them; their texts are those of this package, so that they are few.
type readerPool struct {
	db     *sql.DB
	free   chan *readerConn // nil: not opened yet
	once   sync.Once        // closes closed
	closed chan struct{}
}

// readerConn is a connection for reading, and its statements.
type readerConn struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func newReaderPool(db *sql.DB) *readerPool {
	p := &readerPool{db: db, free: make(chan *readerConn, readers), closed: make(chan struct{})}
	for range readers {
		p.free <- nil
	}
	return p
}

func (p *readerPool) take(ctx context.Context) (*readerConn, error) {
	select {
	case c := <-p.free:
		if c != nil {
			return c, nil
		}
		conn, err := p.db.Conn(ctx)
		if err != nil {
			p.free <- nil
			return nil, err
		}
		return &readerConn{conn, map[string]*sql.Stmt{}}, nil
	case <-p.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *readerPool) put(c *readerConn) { p.free <- c }

// close gives the connections back that nobody has, and lends no more.
func (p *readerPool) close() (err error) {
	p.once.Do(func() { close(p.closed) })
	for {
		select {
		case c := <-p.free:
			if c != nil {
				for _, s := range c.statements {
					err = errors.Join(err, s.Close())
				}
				err = errors.Join(err, c.conn.Close())
			}
		default:
			return err
		}
	}
}

func (c *readerConn) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	s := c.statements[query]
	if s != nil {
		return s, nil
	}
	s, err := c.conn.PrepareContext(ctx, query)
	if err == nil {
		c.statements[query] = s
	}
	return s, err
}

func (c *readerConn) exec(ctx context.Context, query string) error {
	s, err := c.statement(ctx, query)
	if err == nil {
		_, err = s.ExecContext(ctx)
	}
	return err
}

// QueryContext makes a readerConn a querier.
func (c *readerConn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// read runs one query on a connection of the pool.
func (a *Archive) read(ctx context.Context, query string, args []any, row func(scan func(...any) error) error) error {
	c, err := a.readers.take(ctx)
	if err != nil {
		return err
	}
	defer a.readers.put(c)
	return scan(ctx, c, query, args, row)
}

// scan calls row for each row of a query. row reads the columns through the function it is given.
func scan(ctx context.Context, q querier, query string, args []any, row func(scan func(...any) error) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// jsonList gives a list as SQL takes it: IN (SELECT value FROM json_each(?)) is one statement for any number.
func jsonList[T any](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	b, err := json.Marshal(list)
	if err != nil {
		panic(fmt.Sprintf("archive: marshal of %T: %v", list, err)) // strings and numbers only
	}
	return string(b)
}

func stringList(text string) []string {
	if text == "[]" || text == "" {
		return nil
	}
	var list []string
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return []string{text} // written by hand; nothing is lost
	}
	return list
}

func timeText(t time.Time) string { return t.UTC().Format(timeLayout) }

// timeOrNull is NULL for the zero time.
func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return timeText(t)
}

// nullTime reads a time that may be NULL.
type nullTime struct{ time.Time }

func (n *nullTime) Scan(v any) error {
	n.Time = time.Time{}
	if v == nil {
		return nil
	}
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("time column holds %T", v)
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return err
	}
	n.Time = t.UTC()
	return nil
}
