package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"blotter/crawler/extract"
)

func versionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of the program and of its extractor",
		Example: "  blotter version --output json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			commit := ""
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						commit = s.Value
					}
				}
			}
			if a.output != "table" {
				return a.writeJSON(map[string]any{
					"version": version, "commit": commit, "extractor": extract.Version, "go": runtime.Version(),
				})
			}
			_, err := fmt.Fprintf(a.stdout, "blotter %s, extractor %d, %s\n", version, extract.Version, runtime.Version())
			return err
		},
	}
}

func manCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the manual pages into a folder",
		Example: "  blotter man ~/.local/share/man/man1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			root.DisableAutoGenTag = true // the same pages from the same program
			header := &doc.GenManHeader{Title: "BLOTTER", Section: "1", Source: "blotter " + version}
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return err
			}
			a.tell("Wrote the manual pages into %s.\n", args[0])
			return nil
		},
	}
}
