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

	"blotter/archive"
	"blotter/index"
	"blotter/internal/answer"
	"blotter/query"
)

// copying is what a WARC copy was asked for.
type copying struct {
	text   string       // the query as typed
	query  *query.Query // nil for every article
	out    string       // a file, or - for standard output
	newest bool
}

// copiedJSON is what a copy says of itself for machines.
type copiedJSON struct {
	Out      string `json:"out"`
	Captures int    `json:"captures"`
	Looks    int    `json:"looks"` // that found a capture unchanged
	Records  int    `json:"records"`
	Bytes    int64  `json:"bytes"`
}

func warcCommand(a *app) *cobra.Command {
	var x copying
	var revisions string
	kinds := []string{"all", "newest"}
	cmd := &cobra.Command{
		Use:   "warc [QUERY]",
		Short: "Copy the pages of the articles that a query finds into a WARC file",
		Long: `Copy the captures of every article that QUERY finds (of all of them, without one) into one WARC/1.1 file for other tools:
the answers as they came over the wire, with redirects, requests, what the source said of them, and the later looks that
found a page unchanged, in the order in which they were fetched. The records are copied byte for byte, after their
digests were compared. 'blotter import' takes such a file in, and gives the same articles.

A feed of status reports is copied whole, with the items that QUERY does not find. The pages are other people's work:
most sources allow to keep a copy, not to publish one.`,
		Example: `  blotter warc 'tag:seizure AND published:2024' --out seizures.warc.gz
  blotter warc source:herald --revisions newest > herald.warc.gz
  blotter warc --out all.warc.gz`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case revisions != "all" && revisions != "newest":
				return usagef("--revisions %q is unknown; there are %s", revisions, strings.Join(kinds, ", "))
			case x.out == "-" && isTerminal(a.stdout):
				return usagef("a WARC file is nothing for a terminal; name a file with --out")
			case x.out == "-" && cmd.Flags().Changed("output"):
				return usagef("the WARC file itself goes to standard output; --output goes with --out FILE")
			}
			x.newest, x.text = revisions == "newest", strings.TrimSpace(strings.Join(args, " "))
			return a.copyWARC(cmd.Context(), x)
		},
	}
	f := cmd.Flags()
	f.StringVar(&x.out, "out", "-", "file to write, such as found.warc.gz; - is standard output")
	f.StringVar(&revisions, "revisions", "all", "all: every capture of the articles; newest: those that show the text as it now stands")
	_ = cmd.RegisterFlagCompletionFunc("revisions", cobra.FixedCompletions(kinds, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) copyWARC(ctx context.Context, x copying) (err error) {
	if x.text != "" {
		if x.query, err = a.parseQuery(x.text); err != nil {
			return err
		}
	}
	var copied archive.Copied
	switch info, statErr := os.Stat(x.out); {
	case x.out == "-":
		copied, err = a.copyTo(ctx, a.stdout, x)
	case statErr == nil && !info.Mode().IsRegular():
		copied, err = a.copyThrough(ctx, x)
	default:
		err = replaceFile(x.out, func(f *os.File) (err error) {
			copied, err = a.copyTo(ctx, f, x)
			return err
		})
	}
	if errors.Is(err, context.Canceled) {
		return errStopped
	}
	if err != nil {
		return err
	}
	if x.out != "-" && a.output != "table" {
		return a.writeJSON(copiedJSON{x.out, copied.Captures, copied.Looks, copied.Records, copied.Bytes})
	}
	a.tell("%s and %s that found one unchanged: %s, %d bytes\n", plural(copied.Captures, "capture"),
		plural(copied.Looks, "look"), plural(copied.Records, "record"), copied.Bytes)
	return nil
}

// copyThrough writes into what is no ordinary file, such as a pipe.
func (a *app) copyThrough(ctx context.Context, x copying) (archive.Copied, error) {
	f, err := os.OpenFile(x.out, os.O_WRONLY, 0)
	if err != nil {
		return archive.Copied{}, err
	}
	copied, err := a.copyTo(ctx, f, x)
	return copied, errors.Join(err, f.Close())
}

func (a *app) copyTo(ctx context.Context, w io.Writer, x copying) (copied archive.Copied, err error) {
	err = a.read(ctx, x.query != nil, func(r *reader) error {
		selected, err := r.selectCaptures(ctx, x)
		if err != nil {
			return err
		}
		o := archive.CopyOptions{Software: "blotter " + version, About: x.about()}
		if x.out != "-" {
			o.Name = filepath.Base(x.out)
		}
		count, stop := a.countProgress("captures", selected.Len())
		defer stop()
		o.Done = count
		buffered := bufio.NewWriterSize(w, 1<<20)
		copied, err = r.Archive.Copy(ctx, buffered, selected, o)
		return errors.Join(err, buffered.Flush())
	})
	return copied, err
}

// selectCaptures are those of the articles that the query finds.
func (r *reader) selectCaptures(ctx context.Context, x copying) (*archive.Selection, error) {
	var s archive.Selection
	if x.query == nil {
		return &s, r.Archive.SelectAll(ctx, &s, x.newest)
	}
	return &s, r.Pages(ctx, x.query, func(hits []index.Hit) error {
		return r.Archive.Select(ctx, &s, answer.IDs(hits), x.newest)
	})
}

// about says in the file what is in it.
func (x *copying) about() string {
	what := "captures of all articles"
	if x.query != nil {
		what = fmt.Sprintf("captures of the articles that this query finds: %s", x.query)
	}
	if x.newest {
		what += " (of their newest revisions)"
	}
	return what
}
