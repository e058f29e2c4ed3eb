package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"blotter/configs"
	"blotter/index"
	"blotter/internal/newsroom"
	"blotter/internal/pipeline"
)

// demoMark stands in a data folder that a demo made, and may therefore remove.
const demoMark = "made-by-blotter-demo"

// dayInDemo lies between the two editions; after it the pages of the first are looked at again.
const dayInDemo = time.Second

// demoSearches are shown at the end of the demo.
var demoSearches = []struct{ says, query string }{
	{"Foiled plots, and not the plots of drug gangs:", "tag:plot_foiled"},
	{"Firearms seized, by proximity:", "tag:seizure AND (firearm* OR rifle OR pistol OR handgun) NEAR/12 (seize OR recover OR find)"},
	{"The threat level, raised or lowered:", "tag:threat_level"},
}

func demoCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Crawl made-up newsrooms on this machine, and search what was found",
		Long: `Serve made-up newsrooms on loopback, crawl them twice (a morning and an evening edition), and search what was found.
The data folder (demo-data, or --data) is made anew each time and stays, to be searched further.`,
		Example: "  blotter demo\n  blotter --data demo-data search 'arrest* NEAR/6 airport'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.dataDir == "" {
				a.dataDir = "demo-data"
			}
			return a.demo(cmd.Context())
		},
	}
}

func (a *app) demo(ctx context.Context) error {
	if err := freshDemo(a.dataDir); err != nil {
		return err
	}
	rooms, err := newsroom.Start()
	if err != nil {
		return err
	}
	defer rooms.Close()
	c, err := demoConfig(a.dataDir, rooms)
	if err != nil {
		return err
	}
	for i, name := range []string{"Morning edition", "Evening edition"} {
		if i > 0 {
			time.Sleep(dayInDemo)
		}
		rooms.SetEdition(i + 1)
		a.tell("%s: crawling %d made-up newsrooms\n", name, len(c.Sources))
		err := a.pass(ctx, c, func(ctx context.Context, p *pipeline.Pipeline) (pipeline.Summary, error) {
			return p.Run(ctx, pipeline.Pass{Sources: c.Sources, Command: "demo"})
		})
		if err != nil && !errors.Is(err, errSomeFailed) { // some newsrooms are ill, on purpose
			return err
		}
		a.tell("\n")
	}
	for _, s := range demoSearches {
		a.tell("%s\n$ blotter --data %s search '%s'\n\n", s.says, a.dataDir, s.query)
		if err := a.search(ctx, s.query, searching{Request: index.Request{Limit: 3, Sort: index.ByDateDown}, noPager: true}); err != nil {
			return err
		}
		a.tell("\n")
	}
	return nil
}

// freshDemo makes an empty data folder, removing the one of an earlier demo and nothing else.
func freshDemo(dir string) error {
	mark := filepath.Join(dir, demoMark)
	_, err := os.Stat(mark)
	switch {
	case err == nil:
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	default:
		if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
			return fmt.Errorf("%s is not empty and was not made by a demo; name another folder with --data", dir)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(mark, nil, 0o600)
}

// demoConfig is the default configuration with the newsrooms as its sources.
func demoConfig(dir string, rooms *newsroom.Newsrooms) (*configs.Config, error) {
	c, err := configs.Load("")
	if err != nil {
		return nil, err
	}
	c.Contact, c.DataDir, c.Sources = "demo@blotter.example", dir, rooms.Sources()
	c.Crawl.Allow = rooms.Addrs()
	c.Crawl.Recheck = []time.Duration{dayInDemo}
	return c, nil
}
