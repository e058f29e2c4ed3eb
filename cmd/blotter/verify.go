package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"blotter/archive"
	"blotter/configs"
)

// The findings of an index, beside those of an archive.
const (
	foundIndex  archive.FindingKind = "index"  // it does not hold what the archive does
	foundBehind archive.FindingKind = "behind" // it has not followed the archive to the end
	foundInUse  archive.FindingKind = "in use" // another process writes to it
)

const repairDatabase = "blotter repair, which copies the database first; or put the last backup back: blotter restore"

// nextSteps say what helps against each kind of finding, in the order in which they are shown.
var nextSteps = []struct {
	kind archive.FindingKind
	next string
}{
	{archive.FoundDatabase, repairDatabase},
	{archive.FoundRows, repairDatabase},
	{archive.FoundText, repairDatabase},
	{archive.FoundEvidence, repairDatabase},
	{archive.FoundWARC, "put the file back from a copy; without one blotter repair mends what it can, and articles stay as they were read"},
	{archive.FoundErasure, "blotter update"},
	{foundIndex, "delete the folder index in the data folder, then: blotter update"},
	{foundBehind, "blotter update"},
	{foundInUse, "wait until the other process ends, or stop it, and verify again"},
}

func verifyCommand(a *app) *cobra.Command {
	var deep bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that nothing in the data folder is damaged, missing or contradictory",
		Long: `Check the data folder: the database by SQLite's own measure, its rows against each other, every text against its digest,
every quote against the text it stands in, the WARC files by their size, and the index against the archive. With --deep
every record of the WARC files is read and compared with its digests. Nothing is changed.

What is wrong is printed with what helps against it, and the exit code is then 1.`,
		Example: "  blotter verify\n  blotter verify --deep -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.ownConfig()
			if err != nil {
				return err
			}
			return a.verify(cmd.Context(), c, deep)
		},
	}
	cmd.Flags().BoolVar(&deep, "deep", false, "read every record of the WARC files too, which takes minutes for some gigabytes")
	return cmd
}

// findingJSON is a finding as verify prints it for machines.
type findingJSON struct {
	Kind archive.FindingKind `json:"kind"`
	What string              `json:"what"`
	Next string              `json:"next"`
}

// verifiedJSON is what verify prints for machines.
type verifiedJSON struct {
	Data      string        `json:"data"`
	Deep      bool          `json:"deep"`
	Articles  int           `json:"articles"`
	Captures  int           `json:"captures"`
	WARCFiles int           `json:"warc_files"`
	WARCBytes int64         `json:"warc_bytes"`
	Findings  []findingJSON `json:"findings"`
}

func (a *app) verify(ctx context.Context, c *configs.Config, deep bool) (err error) {
	arc, err := archive.OpenReadOnly(c.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, arc.Close()) }()
	doing, stop := a.verifyProgress()
	defer stop()
	findings, err := arc.Check(ctx, archive.CheckOptions{Deep: deep, Doing: doing})
	if err == nil {
		var more []archive.Finding
		doing("index", 0, 0)
		more, err = checkIndex(ctx, c, arc)
		findings = append(findings, more...)
	}
	stop()
	if errors.Is(err, context.Canceled) {
		return errStopped
	}
	if err != nil {
		return err
	}
	if err := a.printFindings(ctx, c, arc, deep, findings); err != nil {
		return err
	}
	if len(findings) > 0 {
		return errSaid
	}
	return nil
}

// verifyProgress reports what is looked at, and how far the reading of the WARC files is.
func (a *app) verifyProgress() (doing func(what string, done, total int64), stop func()) {
	return a.doingProgress(func(what string, done, total int64) string {
		line := "checking the " + what
		if total > 0 {
			line += fmt.Sprintf(", %d of %d MB", done/1e6, total/1e6)
		}
		return line
	})
}

// findingsJSON puts findings in the order of nextSteps, with these.
func findingsJSON(findings []archive.Finding) []findingJSON {
	list := []findingJSON{}
	for _, s := range nextSteps {
		for _, f := range findings {
			if f.Kind == s.kind {
				list = append(list, findingJSON{f.Kind, f.What, s.next})
			}
		}
	}
	return list
}

func (a *app) printFindings(ctx context.Context, c *configs.Config, arc *archive.Archive, deep bool, findings []archive.Finding) error {
	v := verifiedJSON{Data: c.DataDir, Deep: deep, Findings: findingsJSON(findings)}
	if a.output == "jsonl" {
		for _, f := range v.Findings {
			if err := a.writeJSON(f); err != nil {
				return err
			}
		}
		return nil
	}
	// Of a damaged database the figures may not be had; the findings are worth more.
	stats, err := arc.Stats(ctx)
	if err != nil && len(findings) == 0 {
		return err
	}
	v.Articles, v.Captures, v.WARCFiles, v.WARCBytes = stats.Articles, stats.Captures, stats.WARCFiles, stats.WARCBytes
	if a.output == "json" {
		return a.writeJSON(v)
	}
	writeFindings(a.stdout, v)
	return nil
}

// writeFindings shows findings of one kind together, and below them what helps.
func writeFindings(w io.Writer, v verifiedJSON) {
	if len(v.Findings) == 0 {
		read := "of which the sizes were looked at; --deep reads them"
		if v.Deep {
			read = "of which every record was read"
		}
		fmt.Fprintf(w, "nothing is wrong with %s: %s, %s, %s (%s)\n", v.Data, plural(v.Articles, "article"),
			plural(v.Captures, "capture"), plural(v.WARCFiles, "WARC file"), read)
		return
	}
	for i, f := range v.Findings {
		kind := string(f.Kind)
		if i > 0 && v.Findings[i-1].Kind == f.Kind {
			kind = ""
		}
		fmt.Fprintf(w, "%-9s %s\n", kind, plain(f.What))
		if i == len(v.Findings)-1 || v.Findings[i+1].Kind != f.Kind {
			fmt.Fprintf(w, "          → %s\n", f.Next)
		}
	}
}
