package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/archive"
	"blotter/configs"
	"blotter/internal/pipeline"
)

func runCommand(a *app) *cobra.Command {
	var all bool
	var ids []string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Make one pass: ask the sources that are due, and take what comes to the index",
		Long: `Make one pass. The sources whose schedule has come since they were last asked are listed; what is new is fetched,
kept, read, tagged and indexed. Stop it at any time with Ctrl-C: nothing kept is lost, and the next run goes on.

Exit code 3 means that the pass is done and some sources failed; the summary names them.`,
		Example: "  blotter run\n  blotter run --source met-current --source nca-rss\n  blotter run --all",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.ownConfig()
			if err != nil {
				return err
			}
			if err := hasContact(c); err != nil {
				return err
			}
			return a.pass(cmd.Context(), c, func(ctx context.Context, p *pipeline.Pipeline) (pipeline.Summary, error) {
				sources, err := chooseSources(ctx, p, all, ids)
				if err != nil {
					return pipeline.Summary{}, err
				}
				return p.Run(ctx, pipeline.Pass{Sources: sources, Command: "run"})
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "ask every enabled source, due or not")
	cmd.Flags().StringArrayVar(&ids, "source", nil, "ask this source, due or not, enabled or not (may be repeated)")
	cmd.MarkFlagsMutuallyExclusive("all", "source")
	_ = cmd.RegisterFlagCompletionFunc("source", a.completeSources)
	return cmd
}

func updateCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "update",
		Short: "Read, tag and index what the archive holds, without the network",
		Long: `Take to the index what the archive holds and the index does not: pages kept but not read yet, articles read by an
older extractor, articles tagged by other rules. Nothing is fetched. To rebuild the index, delete its folder first.`,
		Example: "  blotter update\n  rm -r data/index && blotter update",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.ownConfig()
			if err != nil {
				return err
			}
			if err := archive.Exists(c.DataDir); err != nil {
				return err
			}
			return a.pass(cmd.Context(), c, func(ctx context.Context, p *pipeline.Pipeline) (pipeline.Summary, error) {
				return p.Update(ctx)
			})
		},
	}
}

// pass opens the data folder, runs one pass with progress, and prints its summary.
func (a *app) pass(ctx context.Context, c *configs.Config, do func(context.Context, *pipeline.Pipeline) (pipeline.Summary, error)) (err error) {
	a.passing = true
	p, closeAll, err := a.openPipeline(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	stop := a.showProgress(p.Progress)
	defer context.AfterFunc(ctx, func() { a.tell("Stopping; what was begun is finished first. Again Ctrl-C ends it at once.\n") })()
	summary, err := do(ctx, p)
	stop()
	if summary.Pass == 0 {
		return err
	}
	if werr := a.printSummary(summary); werr != nil || err != nil {
		return errors.Join(err, werr)
	}
	if len(summary.SourcesFailed) > 0 {
		return errSomeFailed
	}
	return nil
}

// chooseSources are the sources of a pass: the ones named, all enabled ones, or those due.
func chooseSources(ctx context.Context, p *pipeline.Pipeline, all bool, ids []string) ([]blotter.Source, error) {
	if len(ids) == 0 && !all {
		return p.Due(ctx)
	}
	return namedSources(p.Config, ids)
}

// findSource finds a configured source by its id; the error names ids that are alike.
func findSource(c *configs.Config, id string) (blotter.Source, error) {
	var alike []string
	for _, src := range c.Sources {
		if src.ID == id {
			return src, nil
		}
		if strings.Contains(src.ID, id) || strings.Contains(id, src.ID) {
			alike = append(alike, src.ID)
		}
	}
	if len(alike) > 0 {
		return blotter.Source{}, usagef("no source has the id %q; there are %s", id, strings.Join(alike, ", "))
	}
	return blotter.Source{}, usagef("no source has the id %q; 'blotter sources list' shows them", id)
}

func (a *app) completeSources(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	c, err := a.config()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var ids []string
	for _, src := range c.Sources {
		ids = append(ids, src.ID+"\t"+src.Name)
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
