package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"blotter/archive"
	"blotter/configs"
	"blotter/internal/daemon"
)

func forgetCommand(a *app) *cobra.Command {
	var yes bool
	var before string
	var sources []string
	cmd := &cobra.Command{
		Use:   "forget ID|URL... | --before DATE",
		Short: "Erase articles whose publisher or subject has the right to it, or that are too old",
		Long: `Erase articles: their texts and tags, and the records of their pages in the WARC files, which other records survive. Only
the addresses and the digests of the pages stay, so that they are not fetched, imported or read again. A URL that was
never fetched is kept from being fetched. Database and index are written anew, which takes a minute or so for 100,000
articles. This cannot be undone. The feeds that named an article keep their records, and copies of the data folder are
not touched.

With --before, all articles published before a day are erased, or first seen before it when nobody says when they were
published, and pages that gave no article and were fetched before it; of some sources with --source. It says first
how many. Ended, it goes on when it is called again. 'keep' of a source in the configuration does the same every night.`,
		Example: "  blotter forget https://news.example/story\n  blotter forget --yes 3f2a91c0\n  blotter forget --before 2020-01-01 --source herald",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.ownConfig()
			if err != nil {
				return err
			}
			switch {
			case before != "" && len(args) > 0:
				return usagef("name articles, or a day with --before, and not both")
			case before != "":
				return a.forgetOld(cmd.Context(), c, before, sources, yes)
			case len(sources) > 0:
				return usagef("--source goes with --before; name articles, or a day")
			case len(args) == 0:
				return usagef("name articles, or a day with --before")
			}
			if !yes && !a.confirmed("Erase %s for good?", strings.Join(args, ", ")) {
				return errors.New("nothing was erased; --yes says yes without asking")
			}
			return a.forget(cmd.Context(), c, args)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().StringVar(&before, "before", "", "erase what was published before this day, such as 2020-01-01")
	cmd.Flags().StringSliceVar(&sources, "source", nil, "with --before: of these sources only")
	_ = cmd.RegisterFlagCompletionFunc("source", a.completeSources)
	return cmd
}

func (a *app) forget(ctx context.Context, c *configs.Config, names []string) error {
	if err := archive.Exists(c.DataDir); err != nil {
		return err
	}
	all, byDaemon, err := forget(ctx, c, names)
	if err != nil {
		return err
	}
	for _, f := range all {
		if err := a.printForgotten(f); err != nil {
			return err
		}
	}
	if byDaemon {
		a.tell("The daemon builds its index anew.\n")
		return nil
	}
	return a.rebuildIndex(ctx, c)
}

// forget erases articles, or has the daemon erase them if there is one.
func forget(ctx context.Context, c *configs.Config, names []string) (all []archive.Forgotten, byDaemon bool, err error) {
	arc, err := archive.Open(c.DataDir, archive.Options{})
	if err != nil {
		x := daemon.Forget{Names: names}
		byDaemon, err = besideDaemon(ctx, c, err, "forget", x, &x)
		return x.Forgotten, byDaemon, err
	}
	all, err = arc.Forget(ctx, names...)
	if errors.Is(err, archive.ErrNotFound) {
		err = fmt.Errorf("%w; nothing was erased", err)
	}
	return all, false, errors.Join(err, arc.Close())
}

// rebuildIndex builds the index anew: it only marks what is deleted, and drops its words some day.
func (a *app) rebuildIndex(ctx context.Context, c *configs.Config) (err error) {
	if err := os.RemoveAll(indexDir(c)); err != nil {
		return err
	}
	a.tell("The index is built anew.\n")
	return a.catchUp(ctx, c)
}

// forgottenJSON is one line of what forget prints for machines.
type forgottenJSON struct {
	ID       string `json:"id,omitempty"`
	URL      string `json:"url"`
	Title    string `json:"title,omitempty"`
	Captures int    `json:"captures"` // erased
	Bytes    int64  `json:"bytes"`    // of their records
	Shared   int    `json:"shared"`   // captures that hold other articles too, and stay
}

func (a *app) printForgotten(f archive.Forgotten) error {
	if a.output != "table" {
		return writeJSONTo(a.stdout, false, forgottenJSON(f))
	}
	_, err := fmt.Fprintf(a.stdout, "forgotten  %s: %s, %d bytes\n", plain(f.URL), plural(f.Captures, "capture"), f.Bytes)
	if f.Shared > 0 {
		_, err = fmt.Fprintf(a.stdout, "           %s other articles too, and stay\n", plural(f.Shared, "record")+" hold")
	}
	return err
}
