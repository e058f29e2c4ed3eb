package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"blotter/archive"
	"blotter/classify"
	"blotter/configs"
	"blotter/crawler"
	"blotter/index"
	"blotter/internal/answer"
	"blotter/internal/pipeline"
)

// config reads the configuration of --config, of this folder, or the built-in one.
func (a *app) config() (*configs.Config, error) {
	dir := a.configDir
	if dir == "" {
		if _, err := os.Stat("blotter.yaml"); err == nil {
			dir = "."
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	c, err := configs.Load(dir)
	if err != nil {
		return nil, err
	}
	if a.dataDir != "" {
		c.DataDir = a.dataDir
	}
	return c, nil
}

// ownConfig is config for commands that need a folder of their own and not the built-in default.
func (a *app) ownConfig() (*configs.Config, error) {
	c, err := a.config()
	if err != nil {
		return nil, err
	}
	if c.Dir == "" && a.dataDir == "" {
		return nil, errors.New("no blotter.yaml in this folder; make one with 'blotter init', or name its folder with --config")
	}
	return c, nil
}

// hasContact refuses to ask sites for anything without saying who asks.
func hasContact(c *configs.Config) error {
	if c.Contact == "" {
		return fmt.Errorf("blotter.yaml in %s names no contact; sites want to know who asks: set 'contact' to an e-mail address or a URL", c.Dir)
	}
	return nil
}

// ownRules is ownConfig with its rules, whose examples are not run.
func (a *app) ownRules() (*configs.Config, *classify.Pack, error) {
	c, err := a.ownConfig()
	if err != nil {
		return nil, nil, err
	}
	rules, err := classify.Parse(c.Rules)
	return c, rules, err
}

// pack reads the rules of a configuration, which hold their own examples.
func pack(c *configs.Config) (*classify.Pack, error) {
	p, err := parseRules(c.Rules, configuredRules(c))
	if err != nil {
		return nil, err
	}
	return p.Pack, keeps(p.Pack)
}

func indexDir(c *configs.Config) string { return filepath.Join(c.DataDir, "index") }

// openPipeline opens the data folder for writing. The caller closes what it gets.
func (a *app) openPipeline(c *configs.Config) (*pipeline.Pipeline, func() error, error) {
	rules, err := pack(c)
	if err != nil {
		return nil, nil, err
	}
	arc, err := archive.Open(c.DataDir, archive.Options{Software: "blotter " + version, Reserve: cmp.Or(c.Reserve, -1)})
	if err != nil {
		return nil, nil, err
	}
	idx, err := index.OpenBleve(indexDir(c), arc.ID())
	if err != nil {
		return nil, nil, errors.Join(err, arc.Close())
	}
	p := &pipeline.Pipeline{
		Config: c, Archive: arc, Index: idx, Pack: rules, Fetcher: a.fetcher(c), Log: a.log(), Progress: &pipeline.Progress{},
	}
	return p, func() error { return errors.Join(idx.Close(), arc.Close()) }, nil
}

// reader is the data folder opened for reading.
type reader struct{ *answer.Reader }

// read opens the data folder of the configuration for reading, and closes it when do has returned. With an index it
// says when that is behind the archive.
func (a *app) read(ctx context.Context, withIndex bool, do func(*reader) error) (err error) {
	c, err := a.ownConfig()
	if err != nil {
		return err
	}
	open := noIndex
	if withIndex {
		open = openIndex
	}
	r, err := openReader(ctx, c, open)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if withIndex {
		if err := a.warnBehind(ctx, r); err != nil {
			return err
		}
	}
	return do(r)
}

// openReader opens the data folder for reading, with the index that open gives. Without one nothing is searched, only shown.
func openReader(ctx context.Context, c *configs.Config, open indexOpener) (*reader, error) {
	arc, err := archive.OpenReadOnly(c.DataDir)
	if err != nil {
		return nil, err
	}
	idx, err := open(ctx, c, arc)
	if err != nil {
		return nil, errors.Join(err, arc.Close())
	}
	r, err := answer.NewReader(ctx, arc, idx)
	if err != nil && idx != nil {
		err = errors.Join(err, idx.Close())
	}
	if err != nil {
		return nil, errors.Join(err, arc.Close())
	}
	return &reader{r}, nil
}

// fetcher is set up as the configuration says.
func (a *app) fetcher(c *configs.Config) *crawler.Fetcher {
	return &crawler.Fetcher{
		Agent:         fmt.Sprintf("Blotter/%s (+%s)", version, c.Contact),
		Delay:         c.Crawl.Delay,
		HeaderTimeout: c.Crawl.HeaderTimeout,
		Timeout:       c.Crawl.PageTimeout,
		MaxPage:       int64(c.Crawl.MaxPage),
		MaxFeed:       int64(c.Crawl.MaxFeed),
		Allow:         c.Crawl.Allow,
	}
}

// log writes warnings to standard error, and everything with --verbose.
func (a *app) log() *slog.Logger {
	level := slog.LevelWarn
	if a.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
}
