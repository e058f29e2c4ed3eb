package export

import (
	"fmt"
	"io"
	"strings"

	"blotter"
)

// risEncoder writes RIS, with lines that end in CR and LF as its first readers want.
type risEncoder struct {
	w io.Writer
	o Options
}

func newRIS(w io.Writer, o Options) (Encoder, error) { return &risEncoder{w, o}, o.refuse("ris") }

func (e *risEncoder) Encode(a blotter.Article) error {
	c := newCitation(&a, e.o)
	var b strings.Builder
	line := func(tag, value string) {
		if value = blotter.CleanLine(value); value != "" {
			b.WriteString(tag + "  - " + value + "\r\n")
		}
	}
	b.WriteString("TY  - NEWS\r\n")
	line("ID", c.key)
	line("TI", c.title)
	for _, a := range c.authors {
		if a.family != "" {
			line("AU", a.family+", "+a.given)
		} else {
			line("AU", a.literal)
		}
	}
	line("T2", c.container)
	if c.date.year > 0 {
		line("PY", fmt.Sprint(c.date.year))
		line("DA", risDate(c.date))
	}
	line("UR", c.url)
	if c.accessed.year > 0 {
		line("Y2", risDate(c.accessed))
	}
	line("LA", c.lang)
	line("N1", c.note)
	b.WriteString("ER  - \r\n\r\n")
	_, err := io.WriteString(e.w, b.String())
	return err
}

func (e *risEncoder) Close() error { return nil }

// risDate is YYYY/MM/DD/ with what is not known left out.
func risDate(d dateParts) string {
	parts := strings.Split(d.iso()+"---", "-")
	return strings.Join(parts[:3], "/") + "/"
}
