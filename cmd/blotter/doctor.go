package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"blotter/archive"
	"blotter/configs"
	"blotter/internal/strict"
)

func doctorCommand(a *app) *cobra.Command {
	var online bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what would keep blotter from working well on this machine",
		Long: `Look at what blotter stands on: the configuration and its rules, who may read the data folder, the room on the disk, the
clock, the time zones of the sources, how many files may be open. With --online a few of the enabled sources are asked
as well, politely and once each: whether their names resolve, what robots.txt says, and what time it is there.

Each line says ok, warn or bad, and what to do. Nothing is changed. Exit code 1 when a line is bad.`,
		Example: "  blotter doctor\n  blotter doctor --online -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := &doctor{app: a, now: time.Now}
			d.examine(cmd.Context(), online)
			if err := a.printExamined(d.rows); err != nil {
				return err
			}
			for _, r := range d.rows {
				if r.State == stateBad {
					return errSaid
				}
			}
			return cmd.Context().Err()
		},
	}
	cmd.Flags().BoolVar(&online, "online", false, "ask a few of the enabled sources, too")
	return cmd
}

// The states of what was looked at.
const (
	stateOK   = "ok"
	stateWarn = "warn"
	stateBad  = "bad"
)

// examinedJSON is one line of doctor.
type examinedJSON struct {
	Check string `json:"check"`
	State string `json:"state"`
	What  string `json:"what"`
	Next  string `json:"next,omitempty"`
}

// doctor looks at one thing after the other.
type doctor struct {
	*app
	now  func() time.Time
	rows []examinedJSON
}

func (d *doctor) ok(check, format string, args ...any) {
	d.rows = append(d.rows, examinedJSON{check, stateOK, fmt.Sprintf(format, args...), ""})
}

func (d *doctor) warn(check, next, format string, args ...any) {
	d.rows = append(d.rows, examinedJSON{check, stateWarn, fmt.Sprintf(format, args...), next})
}

func (d *doctor) bad(check, next, format string, args ...any) {
	d.rows = append(d.rows, examinedJSON{check, stateBad, fmt.Sprintf(format, args...), next})
}

func (d *doctor) examine(ctx context.Context, online bool) {
	d.files()
	c := d.configuration()
	if c == nil {
		return
	}
	d.contact(c)
	d.zones(c)
	if _, err := os.Stat(c.DataDir); errors.Is(err, fs.ErrNotExist) {
		d.warn("data", "blotter run makes it", "%s is not there yet", c.DataDir)
	} else {
		d.permissions(c.DataDir)
		d.room(c.DataDir)
		d.archive(ctx, c.DataDir)
	}
	if online {
		d.online(ctx, c)
	}
}

// configuration reads the configuration and its rules.
func (d *doctor) configuration() *configs.Config {
	c, err := d.ownConfig()
	if err == nil {
		_, err = pack(c)
	}
	var faults strict.Faults
	switch {
	case errors.As(err, &faults):
		d.bad("config", "mend it; 'blotter sources list' and 'blotter rules lint' name every fault", "%s, the first: %v", plural(len(faults), "fault"), faults[0])
		return nil
	case err != nil:
		first, _, _ := strings.Cut(err.Error(), "\n")
		d.bad("config", "mend it; 'blotter rules lint' names every fault of the rules", "%s", first)
		return nil
	}
	enabled := 0
	for _, src := range c.Sources {
		if src.Enabled {
			enabled++
		}
	}
	from := c.Dir
	if from == "" {
		from = "the one that is built in"
	}
	if enabled == 0 {
		d.warn("config", "enable a source in sources/*.yaml", "%s: no source is enabled", from)
		return c
	}
	d.ok("config", "%s: %s enabled of %d", from, plural(enabled, "source"), len(c.Sources))
	return c
}

func (d *doctor) contact(c *configs.Config) {
	if c.Contact == "" {
		d.bad("contact", "set 'contact' in blotter.yaml to an e-mail address or a URL", "sites are not told who asks, and no live run begins")
		return
	}
	d.ok("contact", "%s", c.Contact)
}

func (d *doctor) zones(c *configs.Config) {
	zones := map[string]bool{}
	for _, src := range c.Sources {
		zones[src.TimeZone] = true
		if _, err := time.LoadLocation(src.TimeZone); err != nil {
			d.bad("zones", "install tzdata, or mend time_zone of the source", "%s: %v", src.ID, err)
			return
		}
	}
	d.ok("zones", "%s can be read", plural(len(zones), "time zone"))
}

// files looks at how many files this process may have open: the index alone may take hundreds.
func (d *doctor) files() {
	const few, tooFew = 1024, 256
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		d.warn("files", "look at ulimit -n", "how many may be open cannot be asked: %v", err)
		return
	}
	next := "raise it: ulimit -n 4096, or LimitNOFILE=4096 in the unit"
	switch n := limit.Cur; {
	case n < tooFew:
		d.bad("files", next, "%d may be open at once", n)
	case n < few:
		d.warn("files", next, "%d may be open at once", n)
	default:
		d.ok("files", "%d may be open at once", n)
	}
}

// permissions looks at who may read the data folder, and whether we may write to it.
func (d *doctor) permissions(dir string) {
	open, first := 0, ""
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone while we looked
		}
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 && e.Type()&fs.ModeSymlink == 0 {
			if open++; first == "" {
				first = path
			}
		}
		return nil
	})
	probe, werr := os.CreateTemp(dir, ".doctor")
	if werr == nil {
		werr = errors.Join(probe.Close(), os.Remove(probe.Name()))
	}
	switch {
	case err != nil:
		d.bad("access", "make the data folder the user's who runs blotter: chown -R USER "+dir, "%v", err)
	case werr != nil:
		d.bad("access", "make the data folder the user's who runs blotter: chown -R USER "+dir, "%v", werr)
	case open > 0:
		d.warn("access", "chmod -R go= "+dir, "others may read %s, such as %s", plural(open, "file or folder"), first)
	default:
		d.ok("access", "nobody else reads %s", dir)
	}
}

func (d *doctor) room(dir string) {
	const tooLittle, tooFew = 500 << 20, 1000
	bytes, files, err := archive.FreeSpace(dir)
	switch {
	case err != nil:
		d.bad("disk", "see that the disk is mounted", "%v", err)
	case bytes < tooLittle:
		d.bad("disk", "make room; nothing is fetched any more when it is full", "%s left", megabytes(bytes))
	case bytes < 4*leastSpare:
		d.warn("disk", "make room soon", "%s left", megabytes(bytes))
	case files > 0 && files < tooFew: // 0: a file system without a limit
		d.bad("disk", "remove files", "room for %d more files", files)
	default:
		d.ok("disk", "%s left", megabytes(bytes))
	}
}

// archive looks whether this program can read the archive, and at its clock.
func (d *doctor) archive(ctx context.Context, dir string) {
	if err := archive.Exists(dir); err != nil {
		d.warn("archive", "blotter run makes one", "%v", err)
		return
	}
	arc, err := archive.OpenReadOnly(dir)
	if err != nil {
		d.bad("archive", "see what it says", "%v", err)
		return
	}
	defer arc.Close()
	s, err := arc.Status(ctx)
	if err != nil {
		d.bad("archive", "blotter verify", "%v", err)
		return
	}
	d.ok("archive", "%s; 'blotter verify' looks further", plural(s.Articles, "article"))
	// A second of grace: times are kept to the millisecond, and files are carried from machine to machine.
	switch now := d.now(); {
	case s.Last.After(now.Add(time.Second)):
		d.bad("clock", "set the clock, and see that it is kept: timedatectl set-ntp true",
			"it shows %s, and something was fetched at %s already", rfc3339(now), rfc3339(s.Last))
	default:
		d.ok("clock", "%s, behind all that was fetched", rfc3339(now))
	}
}

func (a *app) printExamined(rows []examinedJSON) error {
	if asked, err := rowsForMachines(a, rows); asked || err != nil {
		return err
	}
	style := styleFor(a.stdout)
	for _, r := range rows {
		state := fmt.Sprintf("%-4s", r.State)
		switch r.State {
		case stateWarn:
			state = style.mark(state)
		case stateBad:
			state = style.bad(state)
		}
		fmt.Fprintf(a.stdout, "%s  %-8s %s\n", state, r.Check, plain(r.What))
		if r.Next != "" {
			fmt.Fprintf(a.stdout, "               → %s\n", r.Next)
		}
	}
	_, err := fmt.Fprintf(a.stdout, "blotter %s, %s on %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
