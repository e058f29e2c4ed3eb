package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"blotter/archive"
	"blotter/configs"
)

func repairCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "repair",
		Short: "Mend what is damaged in the data folder, as far as the rest of it allows",
		Long: `Look for damage as 'blotter verify --deep' does, and mend what can be had again from what is left:

  database       what SQLite can still read of it is written anew; rows that are lost come back from the WARC files
  rows, texts    articles are read and tagged again from their captures
  WARC files     a torn tail is cut; a damaged record is named, with its place and address, and stays: only a copy has it
  index          it is removed and built anew

The database is copied first, beside itself, as blotter.sqlite.damaged-DATE; remove it when all is well. Nothing is asked of the
network. Exit code 0: the data folder is whole. Exit code 1: something is left that cannot be mended, and is printed with
what to do. Repairing again does no harm.`,
		Example: "  blotter repair\n  blotter repair -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.ownConfig()
			if err != nil {
				return err
			}
			return a.repair(cmd.Context(), c)
		},
	}
}

// repairJSON is what repair prints for machines.
type repairJSON struct {
	Data  string        `json:"data"`
	Found []findingJSON `json:"found"`          // before
	Copy  string        `json:"copy,omitempty"` // the database as it was
	Done  []mendedJSON  `json:"done"`
	Lost  []string      `json:"lost"` // what cannot be had again
	Left  []findingJSON `json:"left"` // what is wrong still
}

type mendedJSON struct {
	What string `json:"what"`
	N    int    `json:"n"`
}

func (a *app) repair(ctx context.Context, c *configs.Config) error {
	doing, stop := a.verifyProgress()
	defer stop()
	r, err := archive.Repair(ctx, c.DataDir, archive.RepairOptions{Software: "blotter " + version, Doing: doing})
	if err != nil {
		return err
	}
	j := repairJSON{Data: c.DataDir, Found: findingsJSON(r.Found), Copy: r.Copy, Done: []mendedJSON{}, Lost: append([]string{}, r.Lost...)}
	for _, m := range r.Done {
		j.Done = append(j.Done, mendedJSON{m.What, m.N})
	}
	doing("index", 0, 0)
	rebuilt, err := a.mendIndex(ctx, c, len(r.Done) > 0, &j)
	if err != nil {
		return err
	}
	stop()
	if len(r.Found) > 0 || rebuilt {
		if err := a.catchUp(ctx, c); err != nil {
			return err
		}
	}
	left, err := a.allFindings(ctx, c)
	if err != nil {
		return err
	}
	j.Left = findingsJSON(left)
	if err := a.printRepair(&j); err != nil {
		return err
	}
	if len(left) > 0 {
		return errSaid
	}
	return nil
}

// mendIndex removes the index when it is not what it should be, or when the archive was mended: changes that are lost may have
// given their numbers to others.
func (a *app) mendIndex(ctx context.Context, c *configs.Config, mended bool, j *repairJSON) (bool, error) {
	arc, err := archive.OpenReadOnly(c.DataDir)
	if err != nil {
		return false, err
	}
	findings, err := checkIndex(ctx, c, arc)
	if err := errors.Join(err, arc.Close()); err != nil {
		return false, err
	}
	bad := false
	for _, f := range findings {
		switch f.Kind {
		case foundInUse:
			return false, fmt.Errorf("%s: %s", f.What, "wait until the other process ends, or stop it, and repair again")
		case foundIndex:
			bad = true
		}
	}
	j.Found = append(j.Found, findingsJSON(findings)...)
	if !bad && !mended {
		return len(findings) > 0, nil
	}
	j.Done = append(j.Done, mendedJSON{"index was built anew", 1})
	return true, os.RemoveAll(indexDir(c))
}

// catchUp reads, tags and indexes what is to be read, tagged and indexed again.
func (a *app) catchUp(ctx context.Context, c *configs.Config) (err error) {
	p, closeAll, err := a.openPipeline(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	defer a.showProgress(p.Progress)()
	_, err = p.Update(ctx)
	return err
}

// allFindings are those of a deep check, of archive and index.
func (a *app) allFindings(ctx context.Context, c *configs.Config) (findings []archive.Finding, err error) {
	arc, err := archive.OpenReadOnly(c.DataDir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, arc.Close()) }()
	doing, stop := a.verifyProgress()
	defer stop()
	findings, err = arc.Check(ctx, archive.CheckOptions{Deep: true, Doing: doing})
	if err != nil {
		return nil, err
	}
	more, err := checkIndex(ctx, c, arc)
	return append(findings, more...), err
}

func (a *app) printRepair(j *repairJSON) error {
	if asked, err := forMachines(a, j, []*repairJSON{j}); asked || err != nil {
		return err
	}
	w := a.stdout
	if len(j.Found) == 0 {
		fmt.Fprintf(w, "nothing is wrong with %s\n", j.Data)
		return nil
	}
	for _, f := range j.Found {
		fmt.Fprintf(w, "found     %-8s %s\n", f.Kind, plain(f.What))
	}
	for _, m := range j.Done {
		fmt.Fprintf(w, "mended    %d %s\n", m.N, plain(m.What))
	}
	for _, l := range j.Lost {
		fmt.Fprintf(w, "lost      %s\n", plain(l))
	}
	for i, f := range j.Left {
		fmt.Fprintf(w, "left      %-8s %s\n", f.Kind, plain(f.What))
		if i == len(j.Left)-1 || j.Left[i+1].Kind != f.Kind {
			fmt.Fprintf(w, "          → %s\n", leftNext(f))
		}
	}
	if len(j.Left) == 0 {
		fmt.Fprintf(w, "%s is whole\n", j.Data)
	}
	if j.Copy != "" {
		fmt.Fprintf(w, "The database as it was is %s; remove it when all is well.\n", j.Copy)
	}
	return nil
}

// leftNext is what helps where a repair did not.
func leftNext(f findingJSON) string {
	switch f.Kind {
	case archive.FoundDatabase, archive.FoundRows, archive.FoundText, archive.FoundEvidence:
		return "put the last backup back: blotter restore; then blotter repair takes in what the WARC files hold beyond it"
	case archive.FoundWARC:
		return "put the file back from a backup, where it lies in the folder warc, and repair again; articles stay as they were read"
	}
	return f.Next
}
