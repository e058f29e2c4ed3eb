package export

import (
	"fmt"
	"io"
	"strings"

	"blotter"
)

// markdownEncoder writes a list to read: each article with its link, and its tags with their evidence.
type markdownEncoder struct {
	w io.Writer
	o Options
}

func newMarkdown(w io.Writer, o Options) (Encoder, error) {
	return &markdownEncoder{w, o}, o.refuse("markdown")
}

func (e *markdownEncoder) Encode(a blotter.Article) error {
	c := newCitation(&a, e.o)
	var b strings.Builder
	title := c.title
	if title == "" {
		title = "(no headline)"
	}
	fmt.Fprintf(&b, "## [%s](<%s>)\n\n", markdownText(title), strings.NewReplacer("<", "%3C", ">", "%3E").Replace(c.url))
	when := c.date.iso()
	if when == "" {
		when = "no date"
	}
	fmt.Fprintf(&b, "%s, %s · `%s`\n\n", markdownText(c.container), when, a.ID)
	for _, t := range a.Tags {
		fmt.Fprintf(&b, "- **%s** (%s)", markdownText(t.Tag), t.Status)
		if facts := factsOf(&t, ""); facts != "" {
			b.WriteString(": " + markdownText(facts))
		}
		b.WriteByte('\n')
		for _, ev := range t.Evidence {
			b.WriteString("  > " + markdownText(blotter.CleanLine(ev.Quote)) + "\n\n")
		}
	}
	if e.o.FullText {
		for p := range strings.SplitSeq(a.Body, "\n\n") {
			b.WriteString(markdownText(blotter.CleanLine(p)) + "\n\n")
		}
	}
	if len(a.Tags) == 0 {
		b.WriteByte('\n')
	}
	_, err := io.WriteString(e.w, b.String())
	return err
}

func (e *markdownEncoder) Close() error { return nil }

// markdownText escapes what CommonMark would take for a mark.
func markdownText(s string) string {
	var b strings.Builder
	for i, r := range s {
		if strings.ContainsRune("\\`*_{}[]<>|#~", r) || i == 0 && strings.ContainsRune("+-.!", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
