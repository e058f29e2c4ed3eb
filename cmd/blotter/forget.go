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
)

func forgetCommand(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "forget ID|URL...",
		Short: "Erase articles whose publisher or subject has the right to it",
		Long: `Erase articles: their texts and tags, and the records of their pages in the WARC files, which other records survive. Only
the addresses and the digests of the pages stay, so that they are not fetched, imported or read again. A URL that was
never fetched is kept from being fetched. Database and index are written anew, which takes a minute or so for 100,000
articles. This cannot be undone. The feeds that named an article keep their records, and copies of the data folder are
not touched.`,
		Example: "  blotter forget https://news.example/story\n  blotter forget --yes 3f2a91c0",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.ownConfig()
			if err != nil {
				return err
			}
			if !yes && !a.confirmed("Erase %s for good?", strings.Join(args, ", ")) {
				return errors.New("nothing was erased; --yes says yes without asking")
			}
			return a.forget(cmd.Context(), c, args)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (a *app) forget(ctx context.Context, c *configs.Config, names []string) (err error) {
	if err := archive.Exists(c.DataDir); err != nil {
		return err
	}
	arc, err := archive.Open(c.DataDir, archive.Options{})
	if err != nil {
		return err
	}
	all, err := arc.Forget(ctx, names...)
	if errors.Is(err, archive.ErrNotFound) {
		err = fmt.Errorf("%w; nothing was erased", err)
	}
	if err = errors.Join(err, arc.Close()); err != nil {
		return err
	}
	for _, f := range all {
		if err := a.printForgotten(f); err != nil {
			return err
		}
	}
	// The index only marks what is deleted, and drops its words some day: it is built anew.
	if err := os.RemoveAll(indexDir(c)); err != nil {
		return err
	}
	a.tell("The index is built anew.\n")
	p, closeAll, err := a.openPipeline(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	defer a.showProgress(p.Progress)()
	_, err = p.Update(ctx)
	return err
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
