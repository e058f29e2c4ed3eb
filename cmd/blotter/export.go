package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"blotter/internal/export"
	"blotter/query"
)

// exporting is what an export was asked for.
type exporting struct {
	query   *query.Query // nil for every article
	format  string
	out     string // a file, or - for standard output
	bundle  string // a file to write all of it into, for a paper
	options export.Options
}

func exportCommand(a *app) *cobra.Command {
	var x exporting
	var rows string
	var codebook bool
	cmd := &cobra.Command{
		Use:   "export [QUERY]",
		Short: "Write the articles that a query finds as rows or citations for other programs",
		Long: `Write every article that QUERY finds (all of them, without one), oldest first. Rows carry headline, link, date, tags
and evidence; the text itself only with --full-text, because most sources allow a link and a quotation, not a copy.

Formats:
` + export.Describe() + `
With --bundle everything that a paper needs goes into one zip file: rows, codebook, citations, rules, the origin of each
article, and a manifest with which 'blotter replay' puts the query again.

With --rows a row is not an article but each of its tags, pieces of evidence or facts. --codebook describes the columns.`,
		Example: `  blotter export 'tag:seizure AND published:2024' --out seizures.xlsx
  blotter export 'tag:seizure' --rows fact --columns published_date,source,fact,amount,fact_unit,fact_quote,url
  blotter export 'tag:plot_foiled' --format ris --out plots.ris
  blotter export --format jsonl --full-text > all.jsonl
  blotter export 'tag:seizure AND published:2014..2024' --bundle seizures.zip`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if cmd.Flags().Changed("output") {
				return usagef("an export has a --format (%s) and no --output", strings.Join(export.Names(), ", "))
			}
			if x.options.Rows, err = export.ParseRows(rows); err != nil {
				return usageError{err}
			}
			for _, other := range []string{"format", "out", "rows", "columns"} {
				if x.bundle != "" && cmd.Flags().Changed(other) {
					return usagef("a bundle has its own files: --bundle goes without --%s", other)
				}
			}
			if cmd.Flags().Changed("bundle") && x.bundle == "" {
				return usagef("--bundle needs the name of a file")
			}
			if codebook {
				return a.writeCodebook(x)
			}
			if !cmd.Flags().Changed("format") && x.out != "-" {
				guess := export.Guess(x.out)
				switch ext := filepath.Ext(x.out); {
				case guess != "":
					x.format = guess
				case ext == ".zip":
					return usagef("a zip file is what --bundle writes; with --out %s name a --format, if it is to be one of %s", x.out, strings.Join(export.Names(), ", "))
				case ext != "":
					return usagef("no format has files that end in %s; name a --format: %s", ext, strings.Join(export.Names(), ", "))
				}
			}
			for _, arg := range args {
				if strings.TrimSpace(arg) == "" {
					return usagef("the query is empty; leave it away to export everything")
				}
			}
			return a.export(cmd.Context(), strings.Join(args, " "), x)
		},
	}
	f := cmd.Flags()
	f.StringVar(&x.format, "format", "csv", "one of those above; without it the ending of --out says which")
	f.StringVar(&x.out, "out", "-", "file to write; - is standard output")
	f.StringVar(&rows, "rows", "article", "what a row is: "+strings.Join(export.RowKinds, ", "))
	f.StringSliceVar(&x.options.Columns, "columns", nil, "only these columns, in this order, parted by commas")
	f.BoolVar(&x.options.FullText, "full-text", false, "the text of the articles too")
	f.StringVar(&x.bundle, "bundle", "", "zip file to write rows, citations, rules, origins and a manifest into")
	f.BoolVar(&codebook, "codebook", false, "print what the columns mean, and export nothing")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(export.Names(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("rows", cobra.FixedCompletions(export.RowKinds, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// writeCodebook describes the columns, in a file when one is named.
func (a *app) writeCodebook(x exporting) error {
	if x.out == "-" {
		return usageOr(export.WriteCodebook(a.stdout, x.options))
	}
	return replaceFile(x.out, func(f *os.File) error { return usageOr(export.WriteCodebook(f, x.options)) })
}

// usageOr makes a usage error of an error.
func usageOr(err error) error {
	if err != nil {
		return usageError{err}
	}
	return nil
}

func (a *app) export(ctx context.Context, text string, x exporting) (err error) {
	if _, err := export.New(x.format, io.Discard, x.options); err != nil {
		return usageError{err}
	}
	if strings.TrimSpace(text) != "" {
		if x.query, err = a.parseQuery(text); err != nil {
			return err
		}
	}
	if x.bundle != "" {
		return a.exportBundle(ctx, text, x)
	}
	if x.out == "-" {
		if export.IsBinary(x.format) && isTerminal(a.stdout) {
			return usagef("%s is nothing for a terminal; name a file with --out", x.format)
		}
		return a.exportTo(ctx, a.stdout, x)
	}
	if info, err := os.Stat(x.out); err == nil && !info.Mode().IsRegular() {
		return a.exportThrough(ctx, x)
	}
	return a.exportFile(ctx, x)
}

// exportThrough writes into what is no ordinary file, such as a pipe or a device: it must not be replaced.
func (a *app) exportThrough(ctx context.Context, x exporting) error {
	f, err := os.OpenFile(x.out, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(a.exportTo(ctx, f, x), f.Close())
}

// exportFile writes beside the file and then renames: a broken export never stands where a whole one is expected.
func (a *app) exportFile(ctx context.Context, x exporting) error {
	return replaceFile(x.out, func(f *os.File) error { return a.exportTo(ctx, f, x) })
}

// replaceFile writes a file beside the one at path and puts it in its place when it is whole.
func replaceFile(path string, write func(f *os.File) error) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Unwrap(err))
	}
	err = errors.Join(write(f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func (a *app) exportTo(ctx context.Context, w io.Writer, x exporting) error {
	return a.read(ctx, true, func(r *reader) error {
		x.options.Source = r.Named
		buffered := bufio.NewWriterSize(w, 1<<16)
		encoder, err := export.New(x.format, buffered, x.options)
		if err != nil {
			return err
		}
		n, err := r.Each(ctx, x.query, encoder.Encode)
		if err != nil {
			return err
		}
		if err := errors.Join(encoder.Close(), buffered.Flush()); err != nil {
			return err
		}
		a.tell("%s exported\n", plural(n, "article"))
		if n == 0 && x.query != nil {
			return a.advise(ctx, r, x.query)
		}
		return nil
	})
}
