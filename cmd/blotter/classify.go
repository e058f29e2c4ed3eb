package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"

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
	return &cobra.Command{
		Use:   "classify FILE.jsonl",
		Short: "Tag the articles of a file, without an archive",
		Long: `Tag articles, one JSON object a line with id, title, text and published, by the rules of the configuration. Each line
gives {id, tags: [{tag, status, rule, evidence, facts}]}; the offsets of evidence are bytes into the field as given.
The file may be gzipped; - is standard input.`,
		Example:     "  blotter classify articles.jsonl > tags.jsonl",
		Args:        cobra.ExactArgs(1),
		Annotations: machinesOnly,
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			rules, err := pack(c)
			if err != nil {
				return err
			}
			data, err := a.readFile(args[0])
			if err != nil {
				return err
			}
			return a.classify(rules, bytes.Split(bytes.TrimSpace(data), []byte("\n")))
		},
	}
}

// classify tags lines on every processor and prints the results in the order of the lines.
func (a *app) classify(rules *classify.Pack, lines [][]byte) error {
	results := make([]classified, len(lines))
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				results[i] = classifyLine(rules, lines[i], i+1)
			}
		})
	}
	for i := range lines {
		next <- i
	}
	close(next)
	wg.Wait()
	out := bufio.NewWriter(a.stdout)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for _, r := range results {
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	return out.Flush()
}

// classifyLine tags the text exactly as given: it is not cleaned, so that offsets fit the caller's copy.
func classifyLine(rules *classify.Pack, line []byte, n int) classified {
	var r pipeline.Record
	if err := r.Read(line); err != nil {
		return classified{ID: fmt.Sprintf("line %d", n), Tags: []blotter.Tag{}, Error: err.Error()}
	}
	article := blotter.Article{Title: r.Title, Lead: r.Lead, Body: r.Content()}
	tags := rules.Tags(&article)
	if tags == nil {
		tags = []blotter.Tag{}
	}
	return classified{ID: r.ID, Tags: tags}
}
