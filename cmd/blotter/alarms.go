package main

import (
	"cmp"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"blotter/archive"
)

func alarmsCommand(a *app) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "alarms",
		Short: "List what is wrong with sources and the machine, as runs have found it",
		Long: `List the alarms that are open. A run raises one when a source cannot be listed for a day (failing), lists nothing new for
far longer than ever before (silent), or when its pages give no article (unread) or no date (undated) any more. It is said
once, in the summary of that run and with --quiet too, and once more when it is over. A daemon raises some about the machine
too, such as one whose disk fills up, and tells the channels under 'alarms' in blotter.yaml of them all.`,
		Example: "  blotter alarms\n  blotter alarms --all --output jsonl",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.read(cmd.Context(), false, func(r *reader) error {
				alarms, err := r.Archive.Alarms(cmd.Context(), all)
				if err != nil {
					return err
				}
				return a.printAlarms(alarms)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "those that are over too")
	return cmd
}

// alarmJSON is an alarm for machines.
type alarmJSON struct {
	Source    string            `json:"source,omitempty"` // "": this machine
	Kind      archive.AlarmKind `json:"kind"`
	Since     string            `json:"since,omitempty"` // when it began, as far as is known
	Detail    string            `json:"detail"`
	Raised    string            `json:"raised"`
	Recovered string            `json:"recovered,omitempty"`
}

func (a *app) printAlarms(alarms []archive.Alarm) error {
	text := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	var rows []alarmJSON
	for _, x := range alarms {
		rows = append(rows, alarmJSON{x.Source, x.Kind, text(x.Since), x.Detail, text(x.Raised), text(x.Recovered)})
	}
	if asked, err := rowsForMachines(a, rows); asked || err != nil {
		return err
	}
	if len(rows) == 0 {
		a.tell("No alarms.\n")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RAISED\tSOURCE\tALARM\tRECOVERED\tDETAIL")
	for _, x := range alarms {
		over := "–"
		if !x.Recovered.IsZero() {
			over = x.Recovered.UTC().Format(time.DateOnly)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", x.Raised.UTC().Format(time.DateOnly), cmp.Or(x.Source, "(this machine)"), x.Kind, over, plain(x.Detail))
	}
	return w.Flush()
}
