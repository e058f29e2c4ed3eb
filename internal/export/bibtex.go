package export

import (
	"io"
	"strings"

	"blotter"
)

// bibtexEncoder writes entries of biblatex, in UTF-8.
type bibtexEncoder struct {
	w io.Writer
	o Options
}

func newBibTeX(w io.Writer, o Options) (Encoder, error) {
	return &bibtexEncoder{w, o}, o.refuse("bibtex")
}

func (e *bibtexEncoder) Encode(a blotter.Article) error {
	c := newCitation(&a, e.o)
	var b strings.Builder
	b.WriteString("@online{" + c.key)
	field := func(name, value string) {
		if value != "" {
			b.WriteString(",\n  " + name + " = {" + value + "}")
		}
	}
	var authors []string
	for _, a := range c.authors {
		if a.family != "" {
			authors = append(authors, bibtexText(a.family)+", "+bibtexText(a.given))
		} else {
			authors = append(authors, braced(a.literal))
		}
	}
	field("author", strings.Join(authors, " and "))
	field("title", braced(c.title))
	field("organization", braced(c.container))
	field("date", c.date.iso())
	field("url", bibtexURL(c.url))
	field("urldate", c.accessed.iso())
	field("langid", langID[c.lang])
	field("note", bibtexText(c.note))
	b.WriteString("\n}\n\n")
	_, err := io.WriteString(e.w, b.String())
	return err
}

func (e *bibtexEncoder) Close() error { return nil }

// langID are the names of languages in babel, where they are not to be guessed.
var langID = map[string]string{"en": "english", "fr": "french", "de": "german", "nl": "dutch", "es": "spanish", "it": "italian"}

var bibtexEscapes = strings.NewReplacer(
	`\`, `\textbackslash{}`, "{", `\{`, "}", `\}`, "$", `\$`, "&", `\&`, "#", `\#`, "_", `\_`, "%", `\%`,
	"~", `\textasciitilde{}`, "^", `\textasciicircum{}`,
)

func bibtexText(s string) string { return bibtexEscapes.Replace(blotter.CleanLine(s)) }

// braced is a text whose capitals are kept and which is not taken apart.
func braced(s string) string {
	if s == "" {
		return ""
	}
	return "{" + bibtexText(s) + "}"
}

// bibtexURL is a URL as biblatex takes it verbatim: only brackets, which would end the field, are escaped as URLs do.
func bibtexURL(s string) string {
	return strings.NewReplacer("{", "%7B", "}", "%7D", `\`, "%5C").Replace(s)
}
