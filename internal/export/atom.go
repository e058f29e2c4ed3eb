package export

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"blotter"
)

// atomEncoder writes a feed of RFC 4287. Its own time is that of its newest entry, so that the same articles make the same
// feed.
type atomEncoder struct {
	w io.Writer
	o Options
	// updated is that of the newest entry. It stands at the head of a feed, but is known only at its end; RFC 4287 lets the
	// elements of a feed stand in any order.
	updated time.Time
	begun   bool
}

func newAtom(w io.Writer, o Options) (Encoder, error) {
	return &atomEncoder{w: w, o: o}, o.refuse("atom")
}

type atomEntry struct {
	XMLName    xml.Name       `xml:"entry"`
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Updated    string         `xml:"updated"`
	Published  string         `xml:"published,omitempty"`
	Authors    []atomAuthor   `xml:"author"`
	Link       atomLink       `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Summary    string         `xml:"summary,omitempty"`
	Content    *atomContent   `xml:"content"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Href string `xml:"href,attr"`
}

type atomCategory struct {
	Term  string `xml:"term,attr"`
	Label string `xml:"label,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

func (e *atomEncoder) begin() error {
	if e.begun {
		return nil
	}
	e.begun = true
	head := e.o.Feed
	if head.ID == "" {
		head = Feed{Title: "Blotter", ID: "tag:blotter.invalid,2026:export"}
	}
	_, err := fmt.Fprintf(e.w, xml.Header+`<feed xmlns="http://www.w3.org/2005/Atom">`+"\n<title>%s</title>\n<id>%s</id>\n", escaped(head.Title), escaped(head.ID))
	if err == nil && head.Self != "" {
		_, err = fmt.Fprintf(e.w, "<link rel=\"self\" href=\"%s\"/>\n", escaped(head.Self))
	}
	return err
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes all
	return b.String()
}

func (e *atomEncoder) Encode(a blotter.Article) error {
	if err := e.begin(); err != nil {
		return err
	}
	c := newCitation(&a, e.o)
	entry := atomEntry{ID: a.URL, Title: c.title, Link: atomLink{a.URL}}
	updated := a.FirstSeen
	if !a.Published.IsZero() {
		if a.Published.Precision == blotter.Minute {
			entry.Published = a.Published.Time.Format(time.RFC3339)
		}
		updated = a.Published.Time
	}
	if !a.Modified.IsZero() {
		updated = a.Modified.Time
	}
	if updated.After(e.updated) {
		e.updated = updated
	}
	entry.Updated = updated.Format(time.RFC3339)
	for _, name := range a.Authors {
		entry.Authors = append(entry.Authors, atomAuthor{name})
	}
	if len(entry.Authors) == 0 { // RFC 4287, 4.2.1: a feed without an author needs one in each entry
		entry.Authors = []atomAuthor{{c.container}}
	}
	for _, t := range a.Tags {
		entry.Categories = append(entry.Categories, atomCategory{t.Tag, t.Tag + " (" + string(t.Status) + ")"})
	}
	entry.Summary = strings.ReplaceAll(evidenceText(&a), " | ", "\n")
	if e.o.FullText {
		entry.Content = &atomContent{"text", a.Body}
	}
	text, err := xml.Marshal(entry)
	if err != nil {
		return err
	}
	_, err = e.w.Write(append(text, '\n'))
	return err
}

func (e *atomEncoder) Close() error {
	if err := e.begin(); err != nil {
		return err
	}
	_, err := io.WriteString(e.w, "<updated>"+e.updated.UTC().Format(time.RFC3339)+"</updated>\n</feed>\n")
	return err
}
