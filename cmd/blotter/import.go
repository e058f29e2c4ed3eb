package main

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"blotter/internal/pipeline"
)

func importCommand(a *app) *cobra.Command {
	var source string
	var columns []string
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "Take in articles from files: JSONL records, tables or WARC captures",
		Long: `Take in articles that others collected. Each file may be gzipped; - is standard input. Records are kept as captures,
like what is fetched, so importing a file twice changes nothing.

JSONL   One article a line, with the fields id, url, title, text, date, authors, source, lang; id or url, and text, are needed.
Tables  CSV with a header, parted by commas, semicolons or tabs, in UTF-8, UTF-16 or Windows-1252. --columns says which
        column is which field: ` + strings.Join(pipeline.Fields, ", ") + `. Without it common names are
        recognised, and it is said which. Rows without id and url are known by what they say. What is no field is kept.
WARC    The HTML pages are read. Of a file that 'blotter warc' or an archive has written all of its articles come back.

A line, row or record that cannot be read is said and counted, and costs no other.`,
		Example: `  blotter import articles.jsonl.gz
  blotter import --source commoncrawl CC-NEWS-*.warc.gz
  blotter import press.csv --columns 'title=Headline,text=Body,date=Published,url=Link,source=Outlet'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			c, err := a.ownConfig()
			if err != nil {
				return err
			}
			fields, err := parseColumns(columns)
			if err != nil {
				return err
			}
			var inputs []pipeline.Input
			for _, name := range args {
				in := pipeline.Input{Name: name, Reader: a.stdin, Source: source, Columns: fields}
				in.Tell = func(format string, args ...any) { a.tell(format+"\n", args...) }
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
	cmd.Flags().StringSliceVar(&columns, "columns", nil, "of a table: FIELD=COLUMN, parted by commas; \"FIELD=A, B\" for a name with a comma")
	return cmd
}

// parseColumns reads pairs such as title=Headline; nil for none.
func parseColumns(pairs []string) (map[string]string, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	columns := map[string]string{}
	for _, pair := range pairs {
		field, name, ok := strings.Cut(pair, "=")
		field = strings.TrimSpace(field)
		switch {
		case !ok || strings.TrimSpace(name) == "":
			return nil, usagef("--columns %q is no FIELD=COLUMN, such as title=Headline", pair)
		case !slices.Contains(pipeline.Fields, field):
			return nil, usagef("--columns %q: there is no field %q; there are %s", pair, field, strings.Join(pipeline.Fields, ", "))
		case columns[field] != "":
			return nil, usagef("--columns names %s twice", field)
		}
		columns[field] = name
	}
	if columns["text"] == "" {
		return nil, usagef("--columns names no column for text")
	}
	return columns, nil
}
