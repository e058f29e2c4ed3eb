package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/archive"
	"blotter/classify"
)

// archivePage is how many articles are read from the archive at a time.
const archivePage = 200

func rulesDiffCommand(a *app) *cobra.Command {
	var articles string
	var limit int
	cmd := &cobra.Command{
		Use:   "diff [OLD] NEW",
		Short: "Show what other rules would change in the tags of the archive",
		Long: `Put every article of the archive, or of --articles, to two packs of rules and show what
differs: the tags that an article gains, loses or has with another status, with the sentence that earned each,
and a table of the tags. OLD and NEW are folders of rules or configuration folders; without OLD, the rules of
the configuration at hand are. Nothing is changed: that is for the next 'blotter run' or 'blotter update'
under the new rules.

Its memory does not grow with the archive; with --output json and --limit 0 it grows with what differs, with
jsonl not.`,
		Example: `  blotter rules diff my-rules
  blotter rules diff . ~/blotter-next --limit 3
  blotter rules diff --articles sample.jsonl.gz --output jsonl old-rules new-rules`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return usagef("--limit goes from 0")
			}
			before := ""
			if len(args) == 2 {
				before = args[0]
			}
			d, err := a.newDiff(before, args[len(args)-1], limit)
			if err != nil {
				return err
			}
			return a.eachArticle(cmd.Context(), articles, d.run)
		},
	}
	cmd.Flags().StringVar(&articles, "articles", "", "JSON lines of articles to compare over, instead of the archive")
	cmd.Flags().IntVarP(&limit, "limit", "n", 5, "how many articles to show of each tag and kind of change; 0 for all")
	return cmd
}

// corpus is articles to put rules to, and how many they are where that is known.
type corpus struct {
	articles iter.Seq2[blotter.Article, error]
	total    int
	skipped  *int // lines of a file that are no article
}

// eachArticle opens a file of articles, or for "" the archive, for as long as do runs.
func (a *app) eachArticle(ctx context.Context, file string, do func(context.Context, corpus) error) error {
	if file == "" {
		return a.read(ctx, false, func(r *reader) error {
			stats, err := r.Archive.Stats(ctx)
			if err != nil {
				return err
			}
			return do(ctx, corpus{archived(ctx, r.Archive), stats.Articles, new(int)})
		})
	}
	in, err := a.openFile(file)
	if err != nil {
		return err
	}
	defer in.Close()
	skipped := 0
	return do(ctx, corpus{a.recorded(file, in, &skipped), 0, &skipped})
}

// archived gives the articles of an archive page by page, in the order of their last change.
func archived(ctx context.Context, arc *archive.Archive) iter.Seq2[blotter.Article, error] {
	return func(yield func(blotter.Article, error) bool) {
		for seq := int64(0); ; {
			changes, err := arc.Since(ctx, seq, archivePage)
			if err != nil {
				yield(blotter.Article{}, err)
				return
			}
			for _, c := range changes {
				seq = c.Seq
				if c.Article != nil && !yield(*c.Article, nil) {
					return
				}
			}
			if len(changes) == 0 {
				return
			}
		}
	}
}

// recorded gives the articles of JSON lines. A line that is none is said on standard error, and counted.
func (a *app) recorded(name string, in io.Reader, skipped *int) iter.Seq2[blotter.Article, error] {
	return func(yield func(blotter.Article, error) bool) {
		for line, err := range readLines(name, in) {
			if err != nil {
				yield(blotter.Article{}, err)
				return
			}
			_, article, err := readLineArticle(line)
			if err != nil {
				*skipped++
				if *skipped <= 10 {
					a.tell("%s: line %d: %v\n", name, line.Number, err)
				}
				continue
			}
			if !yield(article, nil) {
				return
			}
		}
	}
}

// diff compares two packs.
type diff struct {
	app      *app
	old, new *rulePack
	limit    int
	articles int
	changed  int // articles
	shifts   classify.Shifts
	shown    map[shownKey]int
	kept     []articleChange // for json, which is printed at the end
}

type shownKey struct {
	tag  string
	kind classify.ChangeKind
}

// articleChange is one line of rules diff as JSON lines.
type articleChange struct {
	ID    string `json:"id"`
	URL   string `json:"url,omitempty"`
	Title string `json:"title"`
	classify.Change
}

// diffResult is what rules diff prints as JSON.
type diffResult struct {
	Old      string           `json:"old"` // the hash of the pack
	New      string           `json:"new"`
	Articles int              `json:"articles"`
	Changed  int              `json:"changed"`
	Skipped  int              `json:"skipped"`
	Tags     []classify.Shift `json:"tags"`
	Changes  []articleChange  `json:"changes"`
}

func (a *app) newDiff(before, after string, limit int) (*diff, error) {
	d := &diff{app: a, limit: limit, shown: map[shownKey]int{}, kept: []articleChange{}}
	var err error
	if d.old, err = a.rulePack(before); err != nil {
		return nil, err
	}
	if d.new, err = a.rulePack(after); err != nil {
		return nil, err
	}
	for _, p := range []*rulePack{d.old, d.new} {
		if n := len(p.Test()); n > 0 {
			a.tell("%s: %s wrong; see 'blotter rules test %s'\n", p.dir, plural(n, "example"), p.dir)
		}
	}
	if d.old.Hash() == d.new.Hash() {
		a.tell("The two packs mean the same (hash %s).\n", d.old.Hash())
	}
	return d, nil
}

// compared is an article under both packs.
type compared struct {
	article       blotter.Article
	before, after []blotter.Tag
}

func (d *diff) run(ctx context.Context, c corpus) error {
	count, stop := d.app.countProgress("articles compared", c.total)
	defer stop()
	err := inOrder(ctx, c.articles, func(article blotter.Article) compared {
		return compared{article, d.old.Tags(&article), d.new.Tags(&article)}
	}, func(c compared) error {
		count.Add(1)
		return d.take(c)
	})
	stop()
	if err != nil {
		return err
	}
	return d.finish(*c.skipped)
}

// take counts an article and shows what differs, until enough of the kind is shown.
func (d *diff) take(c compared) error {
	changes := classify.Compare(c.before, c.after)
	d.articles++
	d.shifts.Add(c.before, c.after, changes)
	if len(changes) > 0 {
		d.changed++
	}
	for _, change := range changes {
		key := shownKey{change.Tag, change.Kind}
		if d.shown[key]++; d.limit > 0 && d.shown[key] > d.limit {
			continue
		}
		out := articleChange{c.article.ID, c.article.URL, c.article.Title, change}
		switch d.app.output {
		case "json":
			d.kept = append(d.kept, out)
		case "jsonl":
			if err := d.app.writeJSON(out); err != nil {
				return err
			}
		default:
			printChange(d.app.stdout, styleFor(d.app.stdout), out)
		}
	}
	return nil
}

func printChange(w io.Writer, s style, c articleChange) {
	what := string(c.Kind) + " " + c.Tag
	if c.Kind == classify.Restated {
		what = fmt.Sprintf("%s, %s before, %s now", c.Tag, c.Before.Status, c.After.Status)
	}
	fmt.Fprintf(w, "%s  %s  %s\n", s.tag(what), s.bold(plain(c.Title)), s.faint(c.ID))
	for _, side := range []struct {
		sign string
		tag  *blotter.Tag
	}{{"-", c.Before}, {"+", c.After}} {
		if side.tag != nil {
			fmt.Fprintf(w, "  %s %s “%s”\n", side.sign, side.tag.Status, shorten(plain(side.tag.Evidence[0].Quote), 220))
		}
	}
}

// finish prints the table, or for json everything.
func (d *diff) finish(skipped int) error {
	tags := d.shifts.List(d.old.Pack, d.new.Pack)
	w := d.app.stdout
	switch d.app.output {
	case "json":
		return d.app.writeJSON(diffResult{d.old.Hash(), d.new.Hash(), d.articles, d.changed, skipped, tags, d.kept})
	case "jsonl":
		if d.app.quiet {
			return nil
		}
		w = d.app.stderr // the lines are of one kind, for machines
	}
	if d.changed > 0 && d.app.output == "table" {
		fmt.Fprintln(w)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "before\tafter\tgained\tlost\tother status\t  TAG")
	for _, t := range tags {
		fmt.Fprintf(table, "%d\t%d\t%d\t%d\t%d\t  %s\n", t.Before, t.After, t.Gained, t.Lost, t.Status, t.Tag)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%s, %d with other tags; pack %s before, %s after\n",
		plural(d.articles, "article"), d.changed, d.old.Hash(), d.new.Hash())
	if skipped > 0 {
		fmt.Fprintf(w, "%s no article\n", plural(skipped, "line"))
	}
	return nil
}
