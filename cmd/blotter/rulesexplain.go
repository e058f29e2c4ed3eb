package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/archive"
	"blotter/classify"
	"blotter/internal/pipeline"
)

// explainOptions say which article is meant and how much to say of it.
type explainOptions struct {
	rules string // the place of the pack
	rule  string // only this one
	id    string // of the article, in a file that has several
}

func rulesExplainCommand(a *app) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "explain URL|ID|FILE",
		Short: "Show what each rule finds in an article, and why it counts or not",
		Long: `Show what each rule finds in one article: the text with every match in colour (between [[ and
]] where there is none), and below it, by rule, each match with its query, its status and the words that gave
it that status, or what spoiled it.

The article is one of the archive, by its id, the beginning of one, or its URL; or a file: an HTML page, a
.txt, or JSON lines as 'blotter classify' reads them, where --id names one of several. - is standard input. A
name that is a file is read as one.`,
		Example: `  blotter rules explain 3f2a91c0
  blotter rules explain --rule seizure page.html
  echo 'Police did not seize the gun.' | blotter rules explain --rules my-rules -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.rulePack(o.rules)
			if err != nil {
				return err
			}
			if o.rule != "" && !slices.ContainsFunc(p.Rules(), func(r classify.Rule) bool { return r.ID == o.rule }) {
				return usagef("no rule has the id %q; 'blotter rules list' shows them", o.rule)
			}
			article, err := a.explained(cmd.Context(), args[0], o.id)
			if err != nil {
				return err
			}
			return a.printExplained(explain(p.Pack, &article, o.rule))
		},
	}
	cmd.Flags().StringVar(&o.rules, "rules", "", "folder of the rules (default: those of the configuration)")
	cmd.Flags().StringVar(&o.rule, "rule", "", "only what this rule finds")
	cmd.Flags().StringVar(&o.id, "id", "", "the article of this id, in a file of several")
	_ = cmd.RegisterFlagCompletionFunc("rule", a.completeRules(&o.rules))
	return cmd
}

// explained finds the article that is meant: one of a file, or one of the archive.
func (a *app) explained(ctx context.Context, name, id string) (article blotter.Article, err error) {
	info, statErr := os.Stat(name)
	if name == "-" || statErr == nil && !info.IsDir() {
		if article, err = a.fileArticle(name, id); err == nil {
			err = pipeline.CheckSize(&article)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return article, err
	}
	err = a.read(ctx, false, func(r *reader) error {
		article, err = r.Archive.Article(ctx, name)
		if errors.Is(err, archive.ErrNotFound) {
			return fmt.Errorf("%q is neither a file nor the id or URL of an article; 'blotter search' shows ids, "+
				"of which the first four digits or more will do", name)
		}
		return err
	})
	return article, err
}

// fileArticle reads the article of a file by what the file holds: a page, records, or plain text.
func (a *app) fileArticle(name, id string) (blotter.Article, error) {
	data, err := a.readFile(name)
	if err != nil {
		return blotter.Article{}, err
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	ext := strings.ToLower(filepath.Ext(strings.TrimSuffix(name, ".gz")))
	begin := bytes.TrimSpace(data)
	switch {
	case ext == ".txt":
	case ext == ".html", ext == ".htm", bytes.HasPrefix(begin, []byte("<")):
		return pipeline.ReadPage(blotter.Page{Body: data, Fetched: time.Now()}, blotter.Source{}, blotter.Item{})
	case ext == ".json", ext == ".jsonl", bytes.HasPrefix(begin, []byte("{")):
		return recordOf(data, id)
	}
	text := blotter.CleanText(string(data))
	if text == "" {
		return blotter.Article{}, errors.New("no text")
	}
	return blotter.Article{Body: text}, nil
}

// recordOf finds the record with an id among JSON lines; without an id there must be one alone.
func recordOf(data []byte, id string) (blotter.Article, error) {
	var found []blotter.Article
	for line, err := range pipeline.ReadLines(bytes.NewReader(data)) {
		if err != nil {
			return blotter.Article{}, err
		}
		this, article, err := readLineArticle(line)
		if id != "" && this != id {
			continue
		}
		if err != nil {
			return blotter.Article{}, fmt.Errorf("line %d: %w", line.Number, err)
		}
		if found = append(found, article); len(found) > 1 && id == "" {
			return blotter.Article{}, errors.New("several articles; name one with --id")
		}
	}
	if len(found) == 0 {
		return blotter.Article{}, fmt.Errorf("no article with the id %q", id)
	}
	return found[0], nil
}

// explanation is what rules explain prints as JSON.
type explanation struct {
	ID       string             `json:"id,omitempty"`
	URL      string             `json:"url,omitempty"`
	Title    string             `json:"title"`
	Pack     string             `json:"pack"`
	Tags     []blotter.Tag      `json:"tags"`
	Findings []classify.Finding `json:"findings"`
	Near     []nearMiss         `json:"near,omitempty"` // of the one rule that was asked for

	article *blotter.Article
	rules   []classify.Rule
}

type nearMiss struct {
	Rule string `json:"rule"`
	classify.Miss
}

// explainedFinding is one line of rules explain as JSON lines.
type explainedFinding struct {
	ID    string `json:"id,omitempty"`
	Title string `json:"title"`
	classify.Finding
}

// explain puts an article to the rules, or to one of them.
func explain(p *classify.Pack, article *blotter.Article, rule string) explanation {
	e := explanation{
		ID: article.ID, URL: article.URL, Title: article.Title, Pack: p.Hash(), Tags: []blotter.Tag{},
		Findings: []classify.Finding{}, article: article,
	}
	for _, r := range p.Rules() {
		if rule == "" || r.ID == rule {
			e.rules = append(e.rules, r)
		}
	}
	for _, t := range p.Tags(article) {
		if rule == "" || t.Rule == rule {
			e.Tags = append(e.Tags, t)
		}
	}
	for _, f := range p.Explain(article) {
		if rule == "" || f.Rule == rule {
			e.Findings = append(e.Findings, f)
		}
	}
	if rule != "" && len(e.Tags) == 0 {
		for _, m := range p.Nearest(rule, article) {
			e.Near = append(e.Near, nearMiss{rule, m})
		}
	}
	return e
}

func (a *app) printExplained(e explanation) error {
	switch a.output {
	case "json":
		return a.writeJSON(e)
	case "jsonl":
		for _, f := range e.Findings {
			if err := a.writeJSON(explainedFinding{e.ID, e.Title, f}); err != nil {
				return err
			}
		}
		return nil
	}
	s := styleFor(a.stdout)
	e.printText(a.stdout, s)
	var silent []string
	for _, r := range e.rules {
		if found := e.findings(r.ID); len(found) > 0 {
			e.printRule(a.stdout, s, r, found)
		} else {
			silent = append(silent, r.ID)
		}
	}
	if len(silent) > 0 {
		fmt.Fprintf(a.stdout, "%s %s\n", s.bold("no match:"), strings.Join(silent, ", "))
	}
	for _, m := range e.Near {
		printMiss(a.stdout, s, "  ", m.Miss)
	}
	return nil
}

func (e *explanation) findings(rule string) []classify.Finding {
	var found []classify.Finding
	for _, f := range e.Findings {
		if f.Rule == rule {
			found = append(found, f)
		}
	}
	return found
}

func (e *explanation) tag(rule string) *blotter.Tag {
	for i := range e.Tags {
		if e.Tags[i].Rule == rule {
			return &e.Tags[i]
		}
	}
	return nil
}

func (e *explanation) printText(w io.Writer, s style) {
	if e.Title != "" {
		fmt.Fprintf(w, "%s\n", e.highlighted(s, "title", e.article.Title))
	}
	about := strings.TrimSpace(plain(e.ID + " " + e.URL))
	if about != "" {
		fmt.Fprintf(w, "%s\n", s.faint(about))
	}
	if e.Title != "" || about != "" {
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s\n\n", e.highlighted(s, "body", e.article.Body))
}

// highlighted is a field with the matches marked: those that count in one colour, the others in another. What
// overlaps is marked once.
func (e *explanation) highlighted(s style, field, text string) string {
	type piece struct {
		start, end int
		counts     bool
	}
	var pieces []piece
	for _, f := range e.Findings {
		if f.Evidence.Field == field && f.End <= len(text) {
			pieces = append(pieces, piece{f.Start, f.End, f.Earned && goesFor(f)})
		}
	}
	slices.SortFunc(pieces, func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	var b strings.Builder
	at := 0
	for i := 0; i < len(pieces); {
		p := pieces[i]
		for i++; i < len(pieces) && pieces[i].start < p.end; i++ {
			p.end, p.counts = max(p.end, pieces[i].end), p.counts || pieces[i].counts
		}
		b.WriteString(visible(text[at:p.start]))
		words := visible(text[p.start:p.end])
		switch {
		case !s.on:
			b.WriteString("[[" + words + "]]")
		case p.counts:
			b.WriteString(s.mark(words))
		default:
			b.WriteString(s.bad(words))
		}
		at = p.end
	}
	b.WriteString(visible(text[at:]))
	return b.String()
}

// goesFor says that a match goes towards its tag.
func goesFor(f classify.Finding) bool {
	return f.Spoiled == "" && f.Status != blotter.Hypothetical && f.Status != blotter.Negated
}

func (e *explanation) printRule(w io.Writer, s style, r classify.Rule, found []classify.Finding) {
	tag := e.tag(r.ID)
	if tag == nil {
		fmt.Fprintf(w, "%s not earned\n", s.bold(r.ID+":"))
	} else {
		fmt.Fprintf(w, "%s earned %s, %s\n", s.bold(r.ID+":"), s.tag(r.Tag), tag.Status)
	}
	for _, g := range bySentence(found) {
		fmt.Fprintf(w, "  %s: “%s”\n", verdictOn(g[0]), shorten(plain(g[0].Evidence.Quote), 220))
		for _, f := range g {
			fmt.Fprintf(w, "    by %s: “%s”\n", shorten(f.Query, 200), shorten(plain(e.words(f)), 120))
		}
	}
	if tag != nil {
		for _, fact := range tag.Facts {
			value := strings.TrimSpace(plain(fact.Name + "=" + fact.Value + " " + fact.Unit))
			fmt.Fprintf(w, "  fact %s, from “%s”\n", value, plain(fact.Quote))
		}
	}
}

// bySentence puts together the findings that say the same of one sentence, one a query: the places of a query
// within a sentence are many where it names many words.
func bySentence(found []classify.Finding) [][]classify.Finding {
	type key struct {
		field, verdict string
		start          int
	}
	at := map[key]int{}
	var groups [][]classify.Finding
	for _, f := range found {
		k := key{f.Evidence.Field, verdictOn(f), f.Evidence.Start}
		i, known := at[k]
		if !known {
			i = len(groups)
			at[k] = i
			groups = append(groups, nil)
		}
		if !slices.ContainsFunc(groups[i], func(o classify.Finding) bool { return o.Query == f.Query }) {
			groups[i] = append(groups[i], f)
		}
	}
	return groups
}

// words are those of a match.
func (e *explanation) words(f classify.Finding) string {
	text := e.article.Body
	if f.Evidence.Field == "title" {
		text = e.article.Title
	}
	return text[f.Start:f.End]
}
