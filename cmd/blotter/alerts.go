package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"blotter/archive"
	"blotter/configs"
	"blotter/internal/alert"
	"blotter/internal/daemon"
)

func alertsCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "alerts",
		Short: "See the messages that go out, test a channel, send again",
		Long: `An alert is a message that goes out: to the channels of blotter.yaml that a saved query names, when it finds something
new, and to those under 'alarms', when something is wrong. (What is wrong is an alarm; 'blotter alarms' lists those.) A
daemon sends them. docs/alerts.md has the kinds of channel, and what is guaranteed.`,
		Example: "  blotter alerts test desk\n  blotter query save raids 'title:raid*' --notify desk\n  blotter alerts list --dead",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(listAlertsCommand(a), testAlertCommand(a), retryAlertsCommand(a))
	return cmd
}

func listAlertsCommand(a *app) *cobra.Command {
	var dead, all bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the messages that wait, that were given up, or all of the last month",
		Long: `List the messages that are still to go out, with what kept them from it. --dead lists those that were given up: three
days after their first try, or because their receiver said that no other would help. --all adds those that were delivered;
they are kept for 30 days.`,
		Example: "  blotter alerts list\n  blotter alerts list --dead\n  blotter alerts list --all -o jsonl",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.read(cmd.Context(), false, func(r *reader) error {
				which := archive.Waiting
				switch {
				case all:
					which = archive.AllDeliveries
				case dead:
					which = archive.Dead
				}
				deliveries, err := r.Archive.Deliveries(cmd.Context(), which)
				if err != nil {
					return err
				}
				return a.printAlerts(deliveries)
			})
		},
	}
	cmd.Flags().BoolVar(&dead, "dead", false, "those that were given up")
	cmd.Flags().BoolVar(&all, "all", false, "the waiting, the dead and the delivered")
	cmd.MarkFlagsMutuallyExclusive("dead", "all")
	return cmd
}

// alertJSON is a message for machines.
type alertJSON struct {
	ID        string `json:"id"`
	Channel   string `json:"channel"`
	Kind      string `json:"kind"` // articles, digest, alarms
	Query     string `json:"query,omitempty"`
	Total     int    `json:"total"` // of articles or alarms
	State     string `json:"state"` // waiting, delivered, dead
	Created   string `json:"created"`
	Due       string `json:"due,omitempty"` // of one that waits
	Attempts  int    `json:"attempts"`      // that failed
	Error     string `json:"error,omitempty"`
	Delivered string `json:"delivered,omitempty"`
	Dead      string `json:"dead,omitempty"`
}

func alertRow(d archive.Delivery) alertJSON {
	text := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	row := alertJSON{
		ID: d.ID, Channel: d.Channel, Kind: d.Kind, Query: d.Query, Total: d.Total, State: "waiting", Created: text(d.Created), Due: text(d.Due),
		Attempts: d.Attempts, Error: d.Error, Delivered: text(d.Delivered), Dead: text(d.Dead),
	}
	switch {
	case row.Delivered != "":
		row.State, row.Due = "delivered", ""
	case row.Dead != "":
		row.State, row.Due = "dead", ""
	}
	return row
}

func (a *app) printAlerts(deliveries []archive.Delivery) error {
	var rows []alertJSON
	for _, d := range deliveries {
		rows = append(rows, alertRow(d))
	}
	if asked, err := rowsForMachines(a, rows); asked || err != nil {
		return err
	}
	if len(rows) == 0 {
		a.tell("No alerts.\n")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tCREATED\tCHANNEL\tABOUT\tSTATE\tERROR")
	for i, row := range rows {
		about := plural(row.Total, "alarm")
		if row.Query != "" {
			about = "@" + row.Query + ": " + plural(row.Total, "article")
		}
		state := row.State
		switch {
		case row.State == "waiting" && row.Attempts > 0:
			state = fmt.Sprintf("failed %d×, again %s", row.Attempts, deliveries[i].Due.UTC().Format("01-02 15:04"))
		case row.State == "waiting" && row.Kind == alert.AboutDigest:
			state = "digest of " + deliveries[i].Due.UTC().Format("01-02 15:04")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", row.ID[:min(10, len(row.ID))], deliveries[i].Created.UTC().Format("2006-01-02 15:04"), row.Channel,
			about, state, shorten(plain(row.Error), 80))
	}
	return w.Flush()
}

func testAlertCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "test CHANNEL",
		Short:             "Send one message to a channel now, and say what the receiver answered",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeChannels,
		Example:           "  blotter alerts test desk",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.ownConfig()
			if err != nil {
				return err
			}
			if names := c.ChannelNames(); !slices.Contains(names, args[0]) {
				if len(names) == 0 {
					return usagef("no channel is called %q; blotter.yaml has none yet, under channels", args[0])
				}
				return usagef("no channel is called %q; there are %s", args[0], strings.Join(names, ", "))
			}
			channel, err := c.Channel(args[0])
			if err != nil {
				return err
			}
			m := alert.Message{ID: rand.Text(), Kind: alert.AboutTest, Created: time.Now().UTC()}
			answer, err := alert.Send(cmd.Context(), channel, m)
			if err != nil {
				return err
			}
			if asked, err := forMachines(a, testedJSON{args[0], m.ID, answer}, []testedJSON{{args[0], m.ID, answer}}); asked || err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s took the message %s: %s\n", args[0], m.ID, plain(answer))
			return err
		},
	}
}

func (a *app) completeChannels(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	c, err := a.config()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return c.ChannelNames(), cobra.ShellCompDirectiveNoFileComp
}

// testedJSON is what a test says for machines.
type testedJSON struct {
	Channel string `json:"channel"`
	ID      string `json:"id"`
	Answer  string `json:"answer"`
}

func retryAlertsCommand(a *app) *cobra.Command {
	var dead bool
	cmd := &cobra.Command{
		Use:   "retry [ID]",
		Short: "Let messages that failed go out now, or again",
		Long: `Let messages go out in the daemon's next round, without waiting for their next try: all that have failed, the one with an
id as 'blotter alerts list' shows it, or with --dead all that were given up. They keep their ids, so that a receiver can tell
what it has already.`,
		Example: "  blotter alerts retry\n  blotter alerts retry 7QK3ZP\n  blotter alerts retry --dead",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id := strings.Join(args, "")
			if dead && id != "" {
				return usagef("--dead is all that were given up; leave the id away, or --dead")
			}
			return a.retryAlerts(cmd.Context(), id, dead)
		},
	}
	cmd.Flags().BoolVar(&dead, "dead", false, "those that were given up")
	return cmd
}

func (a *app) retryAlerts(ctx context.Context, id string, dead bool) (err error) {
	c, err := a.ownConfig()
	if err != nil {
		return err
	}
	if err := archive.Exists(c.DataDir); err != nil {
		return err
	}
	which := archive.Waiting
	if dead {
		which = archive.Dead
	}
	n, err := retryDeliveries(ctx, c, id, which)
	if err != nil {
		return err
	}
	if asked, err := forMachines(a, retriedJSON{n}, []retriedJSON{{n}}); asked || err != nil {
		return err
	}
	a.tell("%s to go out; a daemon sends them when it runs\n", plural(n, "alert"))
	return nil
}

// retryDeliveries has messages go out, by the daemon if there is one.
func retryDeliveries(ctx context.Context, c *configs.Config, id string, which archive.Which) (n int, err error) {
	arc, err := archive.Open(c.DataDir, archive.Options{Software: "blotter " + version})
	if err != nil {
		retry := daemon.Retry{ID: id, Which: which}
		_, err = besideDaemon(ctx, c, err, "retry", retry, &retry)
		return retry.Retried, err
	}
	defer func() { err = errors.Join(err, arc.Close()) }()
	return arc.RetryDeliveries(ctx, id, which, time.Now())
}

// retriedJSON is what a retry says for machines.
type retriedJSON struct {
	Retried int `json:"retried"`
}
