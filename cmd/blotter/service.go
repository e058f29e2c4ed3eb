package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/spf13/cobra"
)

//go:embed blotter.service.tmpl
var unitText string

var unitTemplate = template.Must(template.New("blotter.service").Funcs(template.FuncMap{"quote": unitQuote}).Parse(unitText))

// unit is what a unit file of systemd is made of.
type unit struct {
	System       bool
	Program      string
	Config, Data string
	Memory       string
}

func serviceCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: "Have systemd run the daemon",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(installServiceCommand(a))
	return cmd
}

func installServiceCommand(a *app) *cobra.Command {
	var user, system, print bool
	u := unit{}
	cmd := &cobra.Command{
		Use:   "install --user|--system",
		Short: "Write the unit file with which systemd runs the daemon",
		Long: `Write the unit file with which systemd runs the daemon: of this user, or of the machine. That of the machine runs under a user
of its own that exists while it runs, sees the system read-only, and keeps its data in /var/lib/blotter, its configuration in
/etc/blotter. Nothing is started: the commands for that are printed. An older unit file is replaced, its own changes belong
into a drop-in ('systemctl edit blotter').`,
		Example: "  blotter service install --user\n  sudo blotter service install --system\n  blotter service install --system --print",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if user == system {
				return usagef("say --user or --system")
			}
			if system && (a.configDir != "" || a.dataDir != "") {
				return usagef("the user of the machine's service can write to /var/lib/blotter alone, and reads /etc/blotter: leave --config and --data away, or take --user")
			}
			u.System = system
			return a.installService(u, print)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&user, "user", false, "for this user, who need not be logged in (loginctl enable-linger)")
	f.BoolVar(&system, "system", false, "for the machine; takes root")
	f.BoolVar(&print, "print", false, "print the unit file and write nothing")
	f.StringVar(&u.Memory, "memory", "1G", "what the daemon may use of the memory, as MemoryMax has it")
	return cmd
}

func (a *app) installService(u unit, print bool) error {
	var err error
	if u.Program, err = os.Executable(); err != nil {
		return err
	}
	if u.Program, err = filepath.EvalSymlinks(u.Program); err != nil {
		return err
	}
	file, ctl := "/etc/systemd/system/blotter.service", "systemctl"
	u.Config, u.Data = "/etc/blotter", "/var/lib/blotter"
	if !u.System {
		dir, err := os.UserConfigDir()
		if err != nil {
			return err
		}
		file, ctl = filepath.Join(dir, "systemd", "user", "blotter.service"), "systemctl --user"
		if u.Config, u.Data, err = a.serviceFolders(); err != nil {
			return err
		}
	}
	if print {
		return u.write(a.stdout)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := replaceFile(file, func(f *os.File) error { return errors.Join(f.Chmod(0o644), u.write(f)) }); err != nil {
		if errors.Is(err, os.ErrPermission) {
			return fmt.Errorf("%w: the machine's services are root's; use sudo, or --user", err)
		}
		return err
	}
	a.tell("Wrote %s\nStart it with:\n  %s daemon-reload\n  %s enable --now blotter\nLook at it with:\n  %s status blotter\n", file, ctl, ctl, ctl)
	return nil
}

// serviceFolders are the folders of the configuration at hand, as a service finds them from wherever it starts.
func (a *app) serviceFolders() (config, data string, err error) {
	c, err := a.ownConfig()
	if err != nil {
		return "", "", err
	}
	if config, err = filepath.Abs(c.Dir); err != nil {
		return "", "", err
	}
	data, err = filepath.Abs(c.DataDir)
	return config, data, err
}

func (u unit) write(w io.Writer) error { return unitTemplate.Execute(w, u) }

// unitQuote writes an argument as the lines of a unit file have it.
func unitQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$").Replace(s) + `"`
}
