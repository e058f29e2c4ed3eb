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

	"blotter/index"
	"blotter/internal/export"
	"blotter/query"
)

// exportPage is how many articles an export takes from the index at a time: its memory does not grow with the result.
const exportPage = 500

func exportCommand(a *app) *cobra.Command {
	var format, out string
	var o export.Options
	cmd := &cobra.Command{
		Use:   "export [QUERY]",
		Short: "Write the articles that a query finds as rows for other programs",
		Long: `Write every article that QUERY finds (all of them, without one), oldest first. Rows carry headline, link, date, tags
and evidence; the text itself only with --full-text, because most sources allow a link and a quotation, not a copy.`,
		Example: `  blotter export 'tag:seizure AND published:2024' --format csv --out seizures.csv
  blotter export --format jsonl --full-text > all.jsonl`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("output") {
				return usagef("an export has a --format (%s) and no --output", strings.Join(export.Names(), ", "))
			}
			return a.export(cmd.Context(), strings.Join(args, " "), format, out, o)
		},
	}
	cmd.Flags().StringVar(&format, "format", "csv", strings.Join(export.Names(), ", "))
	cmd.Flags().StringVar(&out, "out", "-", "file to write; - is standard output")
	cmd.Flags().BoolVar(&o.FullText, "full-text", false, "the text of the articles too")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(export.Names(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) export(ctx context.Context, text, format, out string, o export.Options) (err error) {
	if _, err := export.New(format, io.Discard, o); err != nil {
		return usageError{err}
	}
	var q *query.Query
	if strings.TrimSpace(text) != "" {
		if q, err = a.parseQuery(text); err != nil {
			return err
		}
	}
	if out == "-" {
		return a.exportTo(ctx, a.stdout, q, format, o)
	}
	if info, err := os.Stat(out); err == nil && !info.Mode().IsRegular() {
		return a.exportThrough(ctx, out, q, format, o)
	}
	return a.exportFile(ctx, out, q, format, o)
}

// exportThrough writes into what is no ordinary file, such as a pipe or a device: it must not be replaced.
func (a *app) exportThrough(ctx context.Context, out string, q *query.Query, format string, o export.Options) error {
	f, err := os.OpenFile(out, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(a.exportTo(ctx, f, q, format, o), f.Close())
}

// exportFile writes beside the file and then renames: a broken export never stands where a whole one is expected.
func (a *app) exportFile(ctx context.Context, out string, q *query.Query, format string, o export.Options) error {
	if target, err := filepath.EvalSymlinks(out); err == nil {
		out = target
	}
	f, err := os.CreateTemp(filepath.Dir(out), "."+filepath.Base(out)+".*")
	if err != nil {
		return fmt.Errorf("export to %s: %w", out, errors.Unwrap(err))
	}
	err = errors.Join(a.exportTo(ctx, f, q, format, o), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), out)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func (a *app) exportTo(ctx context.Context, w io.Writer, q *query.Query, format string, o export.Options) error {
	buffered := bufio.NewWriterSize(w, 1<<16)
	encoder, err := export.New(format, buffered, o)
	if err != nil {
		return err
	}
	rows := 0
	err = a.read(ctx, true, func(r *reader) error {
		request := index.Request{Query: q, Limit: exportPage, Sort: index.ByDate}
		for {
			result, err := r.search(ctx, request)
			if err != nil {
				return err
			}
			articles, err := r.articles(ctx, result.Hits)
			if err != nil {
				return err
			}
			for _, article := range articles {
				if err := encoder.Encode(article); err != nil {
					return err
				}
			}
			rows += len(articles)
			request.Offset += len(result.Hits)
			if len(result.Hits) < exportPage {
				return nil
			}
		}
	})
	if err != nil {
		return err
	}
	if err := errors.Join(encoder.Close(), buffered.Flush()); err != nil {
		return err
	}
	a.tell("%s exported\n", plural(rows, "article"))
	return nil
}
