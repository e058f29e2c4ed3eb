package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"blotter/archive"
)

// Forget is what the command forget asks for, and what comes of it.
type Forget struct {
	Names     []string
	Forgotten []archive.Forgotten
}

// Retry is what the command retry asks for, and how many messages it found.
type Retry struct {
	ID      string // "": all of them
	Which   archive.Which
	Retried int
}

// errRebuild ends the work so that it begins anew with a new index.
var errRebuild = errors.New("the index is to be built anew")

// control answers the commands that steer the daemon, or that change what only it may.
func (d *Daemon) control() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /control/reload", command(func(ctx context.Context, _ *struct{}) error { return d.Reload(ctx) }))
	mux.Handle("POST /control/retry", command(func(ctx context.Context, x *Retry) (err error) {
		x.Retried, err = d.archive.RetryDeliveries(ctx, x.ID, x.Which, time.Now())
		return err
	}))
	mux.Handle("POST /control/forget", command(func(ctx context.Context, x *Forget) (err error) {
		if x.Forgotten, err = d.archive.Forget(ctx, x.Names...); err == nil {
			d.begin <- errRebuild
		}
		return err
	}))
	return mux
}

// command is a command as a handler: its arguments come as JSON and go back with what was filled in. An error goes back in words.
func command[T any](do func(ctx context.Context, arguments *T) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var x T
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&x)
		if err == nil {
			err = do(r.Context(), &x)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(x)
	})
}

// beginAnew waits for a reason to.
func (d *Daemon) beginAnew(ctx context.Context) error {
	select {
	case why := <-d.begin:
		return why
	case <-ctx.Done():
		return nil
	}
}

// removeIndex removes the index of a data folder: it only marks what is forgotten, and drops its words some day. The archive has
// all that it takes to build it again.
func removeIndex(dataDir string) error { return os.RemoveAll(filepath.Join(dataDir, "index")) }
