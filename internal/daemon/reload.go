package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"blotter/configs"
)

// Reload reads the configuration anew and works by it from now on, if it is right as a whole; else the error has all its faults,
// and everything stays as it was. What a running daemon stands on cannot change: its data folder, and where it listens.
func (d *Daemon) Reload(ctx context.Context) error {
	d.loading.Lock()
	defer d.loading.Unlock()
	old := d.current.Load()
	if old == nil {
		return errors.New("the daemon has not begun its work: it reads the configuration when it is started")
	}
	d.tell("RELOADING=1")
	defer d.tell("READY=1")
	parts, err := d.Load()
	if err == nil {
		err = unchanged(old.Config, parts.Config)
	}
	if err == nil {
		parts.Fetcher.Succeed(old.Fetcher)
		err = d.use(ctx, parts)
	}
	if err != nil {
		d.Log.Error("the configuration was not reloaded, and the one before holds on", "error", err)
		return err
	}
	old.Fetcher.Close()
	d.Log.Info("the configuration was reloaded", "sources", len(parts.Config.Sources), "queries", len(parts.Config.Queries))
	return nil
}

// unchanged refuses a configuration that a running daemon cannot change to.
func unchanged(was, is *configs.Config) error {
	for _, x := range []struct{ key, was, is string }{
		{"data", was.DataDir, is.DataDir},
		{"reserve", fmt.Sprint(was.Reserve), fmt.Sprint(is.Reserve)},
		{"daemon.listen", was.Daemon.Listen, is.Daemon.Listen},
		{"daemon.token_file", was.Daemon.TokenFile, is.Daemon.TokenFile},
		{"daemon.tls_cert", was.Daemon.TLSCert, is.Daemon.TLSCert},
		{"daemon.tls_key", was.Daemon.TLSKey, is.Daemon.TLSKey},
		{"daemon.origins", strings.Join(was.Daemon.Origins, " "), strings.Join(is.Daemon.Origins, " ")},
	} {
		if x.was != x.is {
			return fmt.Errorf("%s was %q and is %q now, which takes a restart of the daemon", x.key, x.was, x.is)
		}
	}
	return nil
}
