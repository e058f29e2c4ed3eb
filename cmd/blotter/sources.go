package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/archive"
	"blotter/configs"
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

// sourceRow is one line of sources list.
type sourceRow struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Kind      blotter.Kind `json:"kind"`
	Country   string       `json:"country"`
	Publisher string       `json:"publisher"`
	Language  string       `json:"language"`
	TimeZone  string       `json:"time_zone"`
	Schedule  string       `json:"schedule"`
	URL       string       `json:"url"`
	Enabled   bool         `json:"enabled"`
	Why       string       `json:"why,omitempty"`
	Health    *healthRow   `json:"health,omitempty"` // absent without an archive
}

// healthRow is how a source has done.
type healthRow struct {
	WatchedSince string         `json:"watched_since,omitempty"` // absent: never asked
	LastSuccess  string         `json:"last_success,omitempty"`
	Failures     int            `json:"failures"` // in a row
	Reason       blotter.Reason `json:"reason,omitempty"`
	NextTry      string         `json:"next_try,omitempty"`      // not before
	ItemsPerDay  *float64       `json:"items_per_day,omitempty"` // absent: it was not watched for a day
	Newest       string         `json:"newest,omitempty"`        // when its newest news was published
}

func rowOf(s blotter.Source) sourceRow {
	return sourceRow{
		ID: s.ID, Name: s.Name, Kind: s.Kind, Country: s.Country, Publisher: s.Publisher, Language: s.Language, TimeZone: s.TimeZone,
		Schedule: s.Schedule, URL: s.URL, Enabled: s.Enabled, Why: s.Why,
	}
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
			rows := []sourceRow{}
			for _, s := range c.Sources {
				row := rowOf(s)
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

// healthDays is how many days back items are counted.
const healthDays = 30

// health is how the sources do, by id, or nil when there is no archive yet. One that cannot be read is named, and the list
// goes on without it: it is asked for when something is wrong.
func (a *app) health(ctx context.Context, c *configs.Config, now time.Time) (map[string]*healthRow, error) {
	if _, err := os.Stat(c.DataDir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	arc, err := archive.OpenReadOnly(c.DataDir)
	if err != nil {
		a.tell("Without their health: %v\n", err)
		return nil, nil
	}
	defer arc.Close()
	since := now.AddDate(0, 0, -healthDays)
	known, err := arc.Health(ctx, since, now)
	if err != nil {
		if ctx.Err() == nil {
			a.tell("Without their health: %v\n", err)
		}
		return nil, ctx.Err()
	}
	rows := map[string]*healthRow{}
	for _, s := range c.Sources {
		rows[s.ID] = healthOf(known[s.ID], since, now)
	}
	return rows, nil
}

func healthOf(h archive.Health, since, now time.Time) *healthRow {
	row := &healthRow{
		WatchedSince: minute(h.Watched), LastSuccess: minute(h.LastSuccess), Failures: h.Failures, Reason: h.Reason, Newest: minute(h.Newest),
	}
	if h.NextTry.After(now) {
		row.NextTry = minute(h.NextTry)
	}
	if h.Watched.After(since) {
		since = h.Watched
	}
	if days := now.Sub(since).Hours() / 24; !h.Watched.IsZero() && days >= 1 {
		rate := math.Round(10*float64(h.New)/days) / 10
		row.ItemsPerDay = &rate
	}
	return row
}

// minute writes a time as machines read it, "" for none.
func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04Z")
}

func (a *app) printSources(rows []sourceRow, withHealth bool) error {
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
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t", r.ID, r.Kind, r.Country, r.Schedule, r.state())
		if withHealth {
			fmt.Fprint(w, r.Health.columns())
		}
		fmt.Fprintln(w, plain(r.Name))
	}
	return w.Flush()
}

// state is in one word how the source is, and why.
func (r *sourceRow) state() string {
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

// columns are those of the table, each with its tab.
func (h *healthRow) columns() string {
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
