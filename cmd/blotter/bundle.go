package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/classify"
	"blotter/configs"
	"blotter/crawler/extract"
	"blotter/internal/bundle"
	"blotter/query"
)

// exportBundle writes the articles of a query and all that is needed to cite and repeat it.
func (a *app) exportBundle(ctx context.Context, text string, x exporting) error {
	if x.query != nil {
		if _, err := replayedQuery(bundledQuery(text, x.query)); err != nil {
			return fmt.Errorf("written out, the query could not be put again: %w", err)
		}
	}
	c, rules, err := a.ownRules()
	if err != nil {
		return err
	}
	return a.read(ctx, true, func(r *reader) error {
		in, err := r.bundleInput(ctx, c, rules)
		if err != nil {
			return err
		}
		in.Manifest.Query = bundledQuery(text, x.query)
		in.Options = x.options
		in.Options.Source = r.Named
		in.Each = func(ctx context.Context, do func(blotter.Article) error) error {
			_, err := r.Each(ctx, x.query, do)
			return err
		}
		var m bundle.Manifest
		digest := sha256.New()
		write := func(w io.Writer) (err error) {
			m, err = bundle.Write(ctx, io.MultiWriter(w, digest), in)
			return err
		}
		switch {
		case x.bundle != "-":
			err = replaceFile(x.bundle, func(f *os.File) error { return write(f) })
		case isTerminal(a.stdout):
			return usagef("a bundle is nothing for a terminal; name a file")
		default:
			err = write(a.stdout)
		}
		if err != nil {
			return err
		}
		if m.Stale > 0 {
			a.tell("%s were tagged by other rules than those at hand; run 'blotter update' and make the bundle again\n", plural(m.Stale, "article"))
		}
		a.tell("%s in %s, sha256 %x\n", plural(m.Articles, "article"), x.bundle, digest.Sum(nil))
		return nil
	})
}

// bundledQuery is a query as a manifest has it; nil asks for everything.
func bundledQuery(text string, q *query.Query) bundle.Query {
	if q == nil {
		return bundle.Query{}
	}
	return bundle.Query{Typed: text, Canonical: q.String(), Expanded: q.Expanded().String()}
}

// bundleInput is what a bundle says of the archive, its sources and its rules.
func (r *reader) bundleInput(ctx context.Context, c *configs.Config, rules *classify.Pack) (bundle.Input, error) {
	days, err := r.Archive.Days(ctx, time.Time{}, time.Now())
	if err != nil {
		return bundle.Input{}, err
	}
	seq, err := r.Index.Seq() // of the answer: what the archive has beyond it is not in there
	if err != nil {
		return bundle.Input{}, err
	}
	known, err := r.Archive.Sources(ctx)
	if err != nil {
		return bundle.Input{}, err
	}
	return bundle.Input{
		Manifest: bundle.Manifest{
			Created: time.Now().UTC().Format(time.RFC3339), Program: "blotter " + version,
			Archive: bundle.Archive{ID: r.Archive.ID(), Seq: seq}, Rules: rules.Hash(), Extractor: extract.Version,
			Sources: bundledSources(known, days),
		},
		Rules: c.Rules, Days: days, Provenance: r.Archive.Provenance,
	}, nil
}

// bundledSources are the sources, and how often each was asked.
func bundledSources(known []blotter.Source, days []archive.Day) []bundle.Source {
	sources := make([]bundle.Source, len(known))
	place := map[string]*bundle.Source{}
	for i, s := range known {
		sources[i] = bundle.Source{ID: s.ID, Name: s.Name, URL: s.URL, Kind: string(s.Kind), Country: s.Country, Licence: s.Licence}
		place[s.ID] = &sources[i]
	}
	for _, d := range days {
		s, day := place[d.Source], d.Day.Format(time.DateOnly)
		if s == nil {
			continue
		}
		if s.Polls == 0 {
			s.First = day
		}
		s.Polls, s.Failed, s.Last = s.Polls+d.Asked, s.Failed+d.Failures(), day
	}
	return sources
}
