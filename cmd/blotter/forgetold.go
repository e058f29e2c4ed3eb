package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"blotter/archive"
	"blotter/configs"
)

// oldJSON is what forget --before prints for machines, and before it asks.
type oldJSON struct {
	Before   string         `json:"before"`
	Articles int            `json:"articles"`
	Pages    int            `json:"pages"` // that gave no article
	Captures int            `json:"captures"`
	Bytes    int64          `json:"bytes"` // of their records
	Sources  map[string]int `json:"sources"`
}

// forgetOld forgets what was published before a day.
func (a *app) forgetOld(ctx context.Context, c *configs.Config, day string, sources []string, yes bool) (err error) {
	before, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return usagef("--before %q is no day such as 2020-01-01", day)
	}
	if err := archive.Exists(c.DataDir); err != nil {
		return err
	}
	arc, err := archive.Open(c.DataDir, archive.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, arc.Close()) }()
	if err := knownSources(ctx, arc, sources); err != nil {
		return err
	}
	old, err := arc.Before(ctx, before, sources)
	if err != nil {
		return err
	}
	if old.Articles+old.Pages > 0 && !yes {
		a.tellOld(old, before)
		if !a.confirmed("Erase them for good?") {
			return errors.New("nothing was erased; --yes says yes without asking")
		}
	}
	count, stop := a.countProgress("forgotten", old.Articles+old.Pages)
	done, err := arc.ForgetBefore(ctx, before, sources, func(n int) { count.Store(int64(n)) })
	stop()
	if err != nil {
		return err
	}
	if err := a.printOld(done, day); err != nil || done.Articles == 0 {
		return err
	}
	if err := arc.Close(); err != nil {
		return err
	}
	return a.rebuildIndex(ctx, c)
}

// knownSources refuses a source that the archive does not have: it would erase nothing, and look as if there were nothing.
func knownSources(ctx context.Context, arc *archive.Archive, ids []string) error {
	known, err := arc.SourceStates(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, ok := known[id]; !ok {
			return usagef("the archive has no source %q", id)
		}
	}
	return nil
}

// tellOld says what is about to be forgotten.
func (a *app) tellOld(old archive.Old, before time.Time) {
	fmt.Fprintf(a.stderr, "%s from before %s and %s without an article: %s, %s. The oldest article is of %s.\n", plural(old.Articles, "article"),
		before.Format(time.DateOnly), plural(old.Pages, "page"), plural(old.Captures, "capture"), megabytes(old.Bytes), old.Oldest.Format(time.DateOnly))
	for _, source := range slices.Sorted(maps.Keys(old.BySource)) {
		fmt.Fprintf(a.stderr, "  %s: %s\n", source, plural(old.BySource[source], "article"))
	}
}

func (a *app) printOld(old archive.Old, day string) error {
	j := oldJSON{day, old.Articles, old.Pages, old.Captures, old.Bytes, old.BySource}
	if asked, err := forMachines(a, j, []oldJSON{j}); asked || err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "forgotten  %s from before %s and %s without an article: %s, %d bytes\n", plural(old.Articles, "article"), day,
		plural(old.Pages, "page"), plural(old.Captures, "capture"), old.Bytes)
	return err
}
