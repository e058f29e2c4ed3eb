package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"blotter/internal/pipeline"
)

func importCommand(a *app) *cobra.Command {
	var source string
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "Take in articles from files: JSONL records or WARC captures",
		Long: `Take in articles that others collected. A file is JSONL, one article a line with the fields id, url, title, text,
date, authors, source, lang (id or url, and text, are needed), or WARC, of which the HTML pages are read. Either may
be gzipped; - is standard input. Records are kept as captures, like what is fetched, so importing a file twice
changes nothing.`,
		Example: "  blotter import articles.jsonl.gz\n  blotter import --source commoncrawl CC-NEWS-*.warc.gz",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			c, err := a.ownConfig()
			if err != nil {
				return err
			}
			var inputs []pipeline.Input
			for _, name := range args {
				in := pipeline.Input{Name: name, Reader: a.stdin, Source: source}
				if name != "-" {
					f, err := os.Open(name)
					if err != nil {
						return err
					}
					defer f.Close()
					in.Reader = f
				}
				inputs = append(inputs, in)
			}
			return a.pass(cmd.Context(), c, func(ctx context.Context, p *pipeline.Pipeline) (pipeline.Summary, error) {
				return p.Import(ctx, inputs)
			})
		},
	}
	cmd.Flags().StringVar(&source, "source", "", "id under which the articles are filed (default: the source each record names, else import)")
	return cmd
}
