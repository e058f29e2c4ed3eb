package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"blotter/archive"
	"blotter/configs"
	"blotter/internal/answer"
)

func sourcesCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "sources",
		Short:   "List the configured sources, try them, find new ones",
		Example: "  blotter sources list\n  blotter sources check met-current\n  blotter sources add https://www.police.example/news",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(sourcesListCommand(a), sourcesCheckCommand(a), sourcesAddCommand(a), sourcesImportCommand(a), sourcesExportCommand(a))
	return cmd
}

func sourcesListCommand(a *app) *cobra.Command {
	var enabledOnly, failing bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the configured sources, and how they do",
		Long: `List the configured sources, and why some are disabled. Where there is an archive, it says how each does: the last
success, failures in a row with their reason, when it is asked again at the earliest, new items a day over the last 30
days (or since it is watched), and when its newest news was published. Times are UTC.`,
		Example: "  blotter sources list --enabled\n  blotter sources list --failing\n  blotter sources list --output json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			health, err := a.health(cmd.Context(), c, time.Now())
			if err != nil {
				return err
			}
			rows := []answer.Source{}
			for _, s := range c.Sources {
				row := answer.NewSource(s)
				row.Health = health[s.ID]
				if !s.Enabled && enabledOnly || failing && (row.Health == nil || row.Health.Failures == 0) {
					continue
				}
				rows = append(rows, row)
			}
			return a.printSources(rows, health != nil)
		},
	}
	cmd.Flags().BoolVar(&enabledOnly, "enabled", false, "only the enabled ones")
	cmd.Flags().BoolVar(&failing, "failing", false, "only those whose last try failed")
	return cmd
}

// health is how the sources do, by id, or nil when there is no archive yet. One that cannot be read is named, and the list
// goes on without it: it is asked for when something is wrong.
func (a *app) health(ctx context.Context, c *configs.Config, now time.Time) (map[string]*answer.Health, error) {
	if _, err := os.Stat(c.DataDir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	arc, err := archive.OpenReadOnly(c.DataDir)
	if err != nil {
		a.tell("Without their health: %v\n", err)
		return nil, nil
	}
	defer arc.Close()
	rows, err := answer.SourceHealth(ctx, arc, c.Sources, now)
	if err != nil {
		if ctx.Err() == nil {
			a.tell("Without their health: %v\n", err)
		}
		return nil, ctx.Err()
	}
	return rows, nil
}

func (a *app) printSources(rows []answer.Source, withHealth bool) error {
	if asked, err := rowsForMachines(a, rows); asked || err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	head := "ID\tKIND\tCOUNTRY\tSCHEDULE\tSTATE\t"
	if withHealth {
		head += "LAST SUCCESS\tNEXT TRY\tA DAY\tNEWEST\t"
	}
	fmt.Fprintln(w, head+"NAME")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t", r.ID, r.Kind, r.Country, r.Schedule, stateOf(r))
		if withHealth {
			fmt.Fprint(w, healthColumns(r.Health))
		}
		fmt.Fprintln(w, plain(r.Name))
	}
	return w.Flush()
}

// stateOf is in one word how the source is, and why.
func stateOf(r answer.Source) string {
	switch h := r.Health; {
	case !r.Enabled:
		return "disabled: " + shorten(plain(r.Why), 50)
	case h != nil && h.Failures == 1:
		return "failed: " + string(h.Reason)
	case h != nil && h.Failures > 1:
		return fmt.Sprintf("failed %d times: %s", h.Failures, h.Reason)
	case h != nil && h.WatchedSince == "":
		return "not asked yet"
	}
	return "enabled"
}

// healthColumns are those of the table, each with its tab.
func healthColumns(h *answer.Health) string {
	day := func(at string) string {
		if at == "" {
			return ""
		}
		return at[:len("2006-01-02")]
	}
	short := func(at string) string {
		if at == "" {
			return ""
		}
		return at[:len("2006-01-02")] + " " + at[len("2006-01-02T"):len("2006-01-02T15:04")]
	}
	rate := ""
	if h.ItemsPerDay != nil {
		rate = fmt.Sprint(*h.ItemsPerDay)
	}
	return short(h.LastSuccess) + "\t" + short(h.NextTry) + "\t" + rate + "\t" + day(h.Newest) + "\t"
}
