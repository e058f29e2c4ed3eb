package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/classify"
	"blotter/internal/pipeline"
)

// classified is one line of classify.
type classified struct {
	ID    string        `json:"id"`
	Tags  []blotter.Tag `json:"tags"`
	Error string        `json:"error,omitempty"`
}

func classifyCommand(a *app) *cobra.Command {
	var rules string
	cmd := &cobra.Command{
		Use:   "classify FILE.jsonl",
		Short: "Tag the articles of a file, without an archive",
		Long: `Tag articles, one JSON object a line with id, title, text and published, by the rules of the
configuration or of --rules. Each line gives {id, tags: [{tag, status, rule, evidence, facts}]}; the offsets
of evidence are bytes into the field as given. A line that is no article, or whose text is longer than 8 MiB,
gives an error and stops nothing. The file may be gzipped and of any length; - is standard input.`,
		Example: `  blotter classify articles.jsonl > tags.jsonl
  zcat articles.jsonl.gz | blotter classify --rules my-rules -`,
		Args:        cobra.ExactArgs(1),
		Annotations: machinesOnly,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.goodPack(rules)
			if err != nil {
				return err
			}
			in, err := a.openFile(args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			return a.classify(cmd.Context(), p.Pack, readLines(args[0], in))
		},
	}
	cmd.Flags().StringVar(&rules, "rules", "", "folder of the rules (default: those of the configuration)")
	return cmd
}

// classify tags lines as they come and prints the results in their order.
func (a *app) classify(ctx context.Context, rules *classify.Pack, lines iter.Seq2[pipeline.Line, error]) error {
	tagged, stop := a.countProgress("articles tagged", 0)
	defer stop()
	out := bufio.NewWriterSize(a.stdout, 1<<16)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	work := func(line pipeline.Line) classified { return classifyLine(rules, line) }
	err := inOrder(ctx, lines, work, func(c classified) error {
		tagged.Add(1)
		return enc.Encode(c)
	})
	if flush := out.Flush(); err == nil {
		err = flush
	}
	return err
}

// classifyLine tags the text exactly as given: it is not cleaned, so that offsets fit the caller's copy.
func classifyLine(rules *classify.Pack, line pipeline.Line) classified {
	out := classified{ID: fmt.Sprintf("line %d", line.Number), Tags: []blotter.Tag{}}
	id, article, err := readLineArticle(line)
	if id != "" {
		out.ID = id
	}
	if err != nil {
		out.Error = err.Error()
		return out
	}
	out.ID = article.ID
	if tags := rules.Tags(&article); tags != nil {
		out.Tags = tags
	}
	return out
}

// readLineArticle reads the article of a line as it stands. The id is that of a line which can be read so far, be
// it too long to be tagged.
func readLineArticle(line pipeline.Line) (id string, article blotter.Article, err error) {
	if line.Err != nil {
		return "", blotter.Article{}, line.Err
	}
	var r pipeline.Record
	if err := r.Read(line.Text); err != nil {
		return "", blotter.Article{}, err
	}
	article, err = r.Article()
	return r.ID, article, err
}
