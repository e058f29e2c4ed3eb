package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"blotter/archive"
	"blotter/configs"
	blotterd "blotter/internal/daemon"
	"blotter/internal/pipeline"
	"blotter/internal/web"
)

// logFormats are the values of --log.
var logFormats = []string{"text", "json"}

func daemonCommand(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "daemon",
		Short: "Ask every source on its schedule, until stopped, and answer searches over HTTP meanwhile",
		Long: `Ask every source when its time has come, and take what comes to the index, until stopped. While it runs, 'blotter search',
'show', 'export' and 'coverage' go through it by themselves; daemon.listen in blotter.yaml says where others can ask.

SIGTERM or Ctrl-C stops it within ten seconds, and nothing is lost by that, nor by a power cut. SIGHUP or 'blotter reload'
has it read the configuration anew. What was missed while it did not run is done once when it starts. When the disk is
full it waits for room. 'blotter service install' makes a service of it.

It logs to standard error: each line of a poll has the number of its pass, each line of other work that of its run.`,
		Example: "  blotter daemon\n  blotter daemon --log json 2>> blotter.log",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := a.daemonLog(format)
			if err != nil {
				return err
			}
			d := &blotterd.Daemon{Load: a.daemonParts, Log: log, Version: version, Tell: tellManager}
			hangups := make(chan os.Signal, 1)
			signal.Notify(hangups, syscall.SIGHUP)
			defer signal.Stop(hangups)
			ctx, done := context.WithCancel(cmd.Context())
			defer done()
			go func() {
				for {
					select {
					case <-hangups:
						_ = d.Reload(ctx) // which logs what is wrong
					case <-ctx.Done():
						return
					}
				}
			}()
			return d.Run(ctx)
		},
	}
	cmd.Flags().StringVar(&format, "log", "text", "how to log: text or json")
	_ = cmd.RegisterFlagCompletionFunc("log", cobra.FixedCompletions(logFormats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// daemonParts reads what a daemon works by.
func (a *app) daemonParts() (blotterd.Parts, error) {
	c, err := a.ownConfig()
	if err != nil {
		return blotterd.Parts{}, err
	}
	if err := hasContact(c); err != nil {
		return blotterd.Parts{}, err
	}
	rules, err := pack(c)
	if err != nil {
		return blotterd.Parts{}, err
	}
	if err := pipeline.CheckAlerts(c, rules); err != nil {
		return blotterd.Parts{}, err
	}
	return blotterd.Parts{Config: c, Pack: rules, Fetcher: a.fetcher(c)}, nil
}

// daemonLog writes to standard error what a daemon does.
func (a *app) daemonLog(format string) (*slog.Logger, error) {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	switch {
	case a.verbose:
		o.Level = slog.LevelDebug
	case a.quiet:
		o.Level = slog.LevelWarn
	}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(a.stderr, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(a.stderr, o)), nil
	}
	return nil, usagef("--log %q is unknown; there are text and json", format)
}

// tellManager tells systemd how the daemon does. Under another manager, or none, nobody listens.
func tellManager(state string) { _, _ = daemon.SdNotify(false, state) }

func reloadCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "reload",
		Short: "Have the running daemon read the configuration anew",
		Long: `Have the running daemon read the configuration anew: sources, rules, saved queries and limits. It takes it as a whole if all
of it is right; else every fault is printed, and the daemon works on as before.`,
		Example: "  blotter reload",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.ownConfig()
			if err != nil {
				return err
			}
			running, err := web.ReadDoor(c.DataDir)
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("no daemon has the data folder %s; 'blotter daemon' starts one, and reads the configuration then", c.DataDir)
			}
			if err != nil {
				return err
			}
			var nothing struct{}
			if err := running.Steer(cmd.Context(), "reload", nothing, &nothing); err != nil {
				return err
			}
			a.tell("The daemon (pid %d) works by the new configuration.\n", running.PID)
			return nil
		},
	}
}

// besideDaemon has the daemon that holds the archive do what only it can, and says whether there is one: held is the error of
// opening the archive.
func besideDaemon(ctx context.Context, c *configs.Config, held error, command string, arguments, answer any) (there bool, err error) {
	var locked *archive.LockedError
	if !errors.As(held, &locked) {
		return false, held
	}
	running, err := web.ReadDoor(c.DataDir)
	if err != nil || running.PID != locked.PID {
		return false, held // who holds it is no daemon
	}
	return true, running.Steer(ctx, command, arguments, answer)
}
