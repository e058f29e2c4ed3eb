package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"blotter/configs"
)

func initCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write the default configuration into a folder, to be edited",
		Long: `Write the default configuration into DIR (this folder, if none is named): blotter.yaml, sources/*.yaml and
rules/*.yaml. Nothing that is there already is overwritten.

Before the first live run set 'contact' in blotter.yaml: sites want to know who asks.`,
		Example: "  blotter init\n  blotter init ~/blotter",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			if err := configs.Write(dir); err != nil {
				return err
			}
			if full, err := filepath.Abs(dir); err == nil {
				dir = full // "." would read as a part of the sentence
			}
			a.tell("Wrote blotter.yaml, sources/ and rules/ into %s.\nNext: set 'contact' in blotter.yaml, then 'blotter run'.\n", dir)
			return nil
		},
	}
}

// tell writes a message for people to standard error, unless --quiet.
func (a *app) tell(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.stderr, format, args...)
	}
}
