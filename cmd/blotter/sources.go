package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"blotter"
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
}

func rowOf(s blotter.Source) sourceRow {
	return sourceRow{s.ID, s.Name, s.Kind, s.Country, s.Publisher, s.Language, s.TimeZone, s.Schedule, s.URL, s.Enabled, s.Why}
}

func sourcesListCommand(a *app) *cobra.Command {
	var enabledOnly bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the configured sources, and why some are disabled",
		Example: "  blotter sources list --enabled\n  blotter sources list --output json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			rows := []sourceRow{}
			for _, s := range c.Sources {
				if s.Enabled || !enabledOnly {
					rows = append(rows, rowOf(s))
				}
			}
			return a.printSources(rows)
		},
	}
	cmd.Flags().BoolVar(&enabledOnly, "enabled", false, "only the enabled ones")
	return cmd
}

func (a *app) printSources(rows []sourceRow) error {
	switch a.output {
	case "json":
		return a.writeJSON(rows)
	case "jsonl":
		for _, r := range rows {
			if err := a.writeJSON(r); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tKIND\tCOUNTRY\tSCHEDULE\tSTATE\tNAME")
	for _, r := range rows {
		state := "enabled"
		if !r.Enabled {
			state = "disabled: " + shorten(plain(r.Why), 50)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Kind, r.Country, r.Schedule, state, plain(r.Name))
	}
	return w.Flush()
}
