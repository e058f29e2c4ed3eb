package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"blotter/archive"
	"blotter/configs"
	"blotter/index"
)

// wasteful is the share of deleted documents from which on an index is built anew.
const wasteful = 0.1

func compactCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "compact",
		Short: "Give back the room that deleted rows and documents take",
		Long: `Write the database anew without the room that deleted rows have left, and build the index anew when a tenth or more of it is
deleted or replaced. The sizes before and after are printed. It takes twice the room of the database meanwhile, and does
nothing when that is not there. WARC files keep their size: what is forgotten was overwritten in its place.`,
		Example: "  blotter compact\n  blotter compact -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.ownConfig()
			if err != nil {
				return err
			}
			return a.compact(cmd.Context(), c)
		},
	}
}

// compactJSON is what compact prints for machines.
type compactJSON struct {
	Database sizeChange `json:"database"`
	Index    sizeChange `json:"index"`
	Deleted  int        `json:"index_deleted"` // documents of the index that were deleted or replaced
	Rebuilt  bool       `json:"index_rebuilt"`
}

type sizeChange struct {
	Before int64 `json:"before"`
	After  int64 `json:"after"`
}

func (a *app) compact(ctx context.Context, c *configs.Config) error {
	if err := archive.Exists(c.DataDir); err != nil {
		return err
	}
	arc, err := archive.Open(c.DataDir, archive.Options{})
	if err != nil {
		return err
	}
	var j compactJSON
	_, stop := a.countProgress("databases written anew", 0)
	j.Database.Before, j.Database.After, err = arc.Compact(ctx)
	stop()
	if err := errors.Join(err, arc.Close()); err != nil {
		return err
	}
	j.Index.Before = folderSize(indexDir(c))
	all := 0
	if j.Deleted, all, err = indexWaste(c, arc.ID()); err != nil {
		return err
	}
	if j.Rebuilt = float64(j.Deleted) >= wasteful*float64(max(all, 1)); j.Rebuilt {
		if err := a.rebuildIndex(ctx, c); err != nil {
			return err
		}
	}
	j.Index.After = folderSize(indexDir(c))
	if asked, err := forMachines(a, j, []compactJSON{j}); asked || err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "database  %s, was %s\n", megabytes(j.Database.After), megabytes(j.Database.Before))
	index := fmt.Sprintf("as it was: %d of %d documents are deleted", j.Deleted, all)
	if j.Rebuilt {
		index = "was " + megabytes(j.Index.Before)
	}
	_, err = fmt.Fprintf(a.stdout, "index     %s, %s\n", megabytes(j.Index.After), index)
	return err
}

// indexWaste says how much of the index is deleted; all of one that cannot be used.
func indexWaste(c *configs.Config, id string) (deleted, all int, err error) {
	idx, err := index.OpenBleveReadOnly(indexDir(c), id)
	if errors.Is(err, index.ErrUnusable) {
		return 1, 1, nil
	}
	if err != nil {
		return 0, 0, err
	}
	deleted, all, err = idx.Waste()
	return deleted, all, errors.Join(err, idx.Close())
}
