package main

import (
	"fmt"
	"io"
	"strings"

	"blotter"
	"blotter/index"
	"blotter/internal/answer"
	"blotter/internal/export"
	"blotter/query"
)

func (a *app) printFound(w io.Writer, x searching, f answer.Found) error {
	switch a.output {
	case "json":
		return writeJSONTo(w, true, f.Hits())
	case "jsonl":
		for i := range f.Articles {
			if err := writeJSONTo(w, false, f.Hit(i)); err != nil {
				return err
			}
		}
		return nil
	case "csv":
		encoder, err := export.New("csv", w, export.Options{Columns: x.fields})
		if err != nil {
			return err
		}
		for _, article := range f.Articles {
			if err := encoder.Encode(article); err != nil {
				return err
			}
		}
		return encoder.Close()
	}
	s := styleFor(a.stdout)
	if x.Explain {
		printPlan(w, s, f)
	}
	for _, article := range f.Articles {
		printHit(w, s, f.Reader, f.Request.Query, article)
	}
	for _, facet := range f.Facets {
		printFacet(w, s, facet, f.Total)
	}
	if x.Timeline != "" {
		printTimeline(w, s, f, columns(a.stdout))
	}
	shown := ""
	if len(f.Articles) < f.Total && x.Limit > 0 {
		shown = fmt.Sprintf(", %d shown", len(f.Articles))
	}
	a.tell("%s%s\n", plural(f.Total, "article"), shown)
	if f.Next != "" {
		a.tell("The next page: --after %s\n", f.Next)
	}
	return nil
}

// printHit prints an article with the sentences that earned its tags, and one that matched if none of those did.
func printHit(w io.Writer, s style, r *answer.Reader, q *query.Query, article blotter.Article) {
	date := article.Published.String()
	if len(date) > len("2006-01-02") {
		date = date[:len("2006-01-02")]
	}
	if date == "" {
		date = "no date   "
	}
	fmt.Fprintf(w, "%s  %s  %s\n", date, s.bold(plain(article.Title)), s.faint(article.Source+" "+article.ID))
	d, spans := r.Matched(q, article)
	m := marker{s, &article, spans, 0}
	for _, tag := range article.Tags {
		m.printTag(w, tag)
	}
	for _, span := range spans {
		if m.shown > 0 {
			break
		}
		if span.Field != query.FieldTitle {
			start, end := query.Sentence(d, span.Field, span.Start, span.End)
			fmt.Fprintf(w, "            “%s”\n", m.quote(span.Field, start, end))
		}
	}
	fmt.Fprintf(w, "            %s\n\n", s.faint(plain(article.URL)))
}

// marker quotes an article with the places that matched marked.
type marker struct {
	style
	article *blotter.Article
	spans   []query.Span
	shown   int // matches in quotes so far
}

// Matches stand between these characters until a quote is cut to its length. No text that is shown has them: they are for
// private use, and plain drops them.
const openMark, closeMark = "\ue000", "\ue001"

// quote is a piece of a field on one line, around its first match when it is long.
func (m *marker) quote(field string, start, end int) string {
	const most = 220
	text := answer.TextOf(m.article, field)
	var b strings.Builder
	at := start
	for _, span := range m.spans {
		if span.Field != field || span.Start < at || span.End > end {
			continue
		}
		if b.Len() == 0 && span.Start-start > most/2 {
			at = start + strings.LastIndexAny(text[start:span.Start-most/4], " \n") + 1
			b.WriteString("…")
		}
		b.WriteString(flat(text[at:span.Start]) + openMark + flat(text[span.Start:span.End]) + closeMark)
		at = span.End
		m.shown++
	}
	b.WriteString(flat(text[at:end]))
	line := shorten(strings.TrimSpace(b.String()), most)
	if strings.Count(line, openMark) > strings.Count(line, closeMark) {
		line += closeMark
	}
	before, after := "«", "»"
	if m.on {
		before, after = "\x1b[1;33m", "\x1b[0m"
	}
	return strings.NewReplacer(openMark, before, closeMark, after).Replace(line)
}

// flat is visible text in which every run of white space is one space, those at its ends too.
func flat(text string) string {
	var b strings.Builder
	space := false
	for _, r := range visible(text) {
		if r == '\n' || r == ' ' {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}

func (m *marker) printTag(w io.Writer, tag blotter.Tag) {
	fmt.Fprintf(w, "            %s\n", tagLine(m.style, tag))
	for i, e := range tag.Evidence {
		if i == 2 {
			fmt.Fprintf(w, "              %s\n", m.faint(fmt.Sprintf("and %d more", len(tag.Evidence)-i)))
			break
		}
		fmt.Fprintf(w, "              “%s”\n", m.quote(e.Field, e.Start, e.End))
	}
}

// tagLine is a tag with its status and facts.
func tagLine(s style, tag blotter.Tag) string {
	var facts []string
	for _, f := range tag.Facts {
		facts = append(facts, plain(f.String()))
	}
	line := s.tag(tag.Tag) + " " + string(tag.Status)
	if len(facts) > 0 {
		line += " " + s.mark("["+strings.Join(facts, ", ")+"]")
	}
	return line
}

// printTag prints a tag and the first of its evidence.
func printTag(w io.Writer, s style, tag blotter.Tag) {
	fmt.Fprintf(w, "            %s\n", tagLine(s, tag))
	for i, e := range tag.Evidence {
		if i == 2 {
			fmt.Fprintf(w, "              %s\n", s.faint(fmt.Sprintf("and %d more", len(tag.Evidence)-i)))
			break
		}
		fmt.Fprintf(w, "              “%s”\n", shorten(plain(e.Quote), 220))
	}
}

// printFacet prints the most frequent values.
func printFacet(w io.Writer, s style, f index.Facet, total int) {
	const most = 20
	fmt.Fprintf(w, "%s\n", s.bold("by "+f.Name))
	for i, c := range f.Values {
		if i == most {
			fmt.Fprintf(w, "  %s\n", s.faint(fmt.Sprintf("and %d more; --output json has all", len(f.Values)-most)))
			break
		}
		fmt.Fprintf(w, "  %7d  %5.1f %%  %s\n", c.N, percent(c.N, total), plain(c.Value))
	}
	if f.Missing > 0 {
		fmt.Fprintf(w, "  %7d  %5.1f %%  %s\n", f.Missing, percent(f.Missing, total), s.faint("(none)"))
	}
	fmt.Fprintln(w)
}

func percent(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }

// printTimeline prints the counts with a bar, and their share of all articles of the time.
func printTimeline(w io.Writer, s style, f answer.Found, width int) {
	most := 1
	for _, b := range f.Timeline {
		most = max(most, b.N)
	}
	room := min(max(width-48, 10), 60)
	fmt.Fprintf(w, "%s\n", s.bold("by time: hits, their share of all articles of the time"))
	unknown := func(i int) bool { return f.Timeline[i].All == 0 && f.Polls[f.Timeline[i].Start] == 0 }
	for i := 0; i < len(f.Timeline); i++ {
		b := f.Timeline[i]
		switch {
		case unknown(i):
			from := i
			for i+1 < len(f.Timeline) && unknown(i+1) {
				i++
			}
			and := ""
			if i > from {
				and = fmt.Sprintf(", nor in the %d after it", i-from)
			}
			fmt.Fprintf(w, "  %s  %s\n", b.Start, s.faint("no data: no source was asked"+and))
		case b.All == 0:
			fmt.Fprintf(w, "  %s  %7d  %s\n", b.Start, 0, s.faint("no news"))
		default:
			bar := strings.Repeat("█", (b.N*room+most-1)/most)
			fmt.Fprintf(w, "  %s  %7d  %5.1f %% of %-7d %s\n", b.Start, b.N, percent(b.N, b.All), b.All, s.mark(bar))
		}
	}
	if f.Undated > 0 {
		fmt.Fprintf(w, "  %-10s  %7d\n", "no date", f.Undated)
	}
	fmt.Fprintln(w)
}

// printPlan prints how the query was understood, and what the index knew of each part.
func printPlan(w io.Writer, s style, f answer.Found) {
	fmt.Fprintf(w, "%s\n\n%s\n%s\n", f.Request.Query, f.Request.Query.Explain(), s.bold("articles that match surely, and those to read"))
	for _, step := range f.Plan {
		in := ""
		if step.Field != "" {
			in = " in " + step.Field
		}
		fmt.Fprintf(w, "  %8d %8d  %s%s%s\n", step.Sure, step.Open, strings.Repeat("  ", step.Depth), shorten(plain(step.Query), 100), s.faint(in))
	}
	fmt.Fprintln(w)
}
