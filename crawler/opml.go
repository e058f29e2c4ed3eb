package crawler

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"

	"blotter"
)

// Outline is one subscription of an OPML document.
type Outline struct {
	// Source is what the document says of it. Other programs give a name, a URL and perhaps a language; what was written by
	// WriteOPML is all there.
	Source  blotter.Source
	Ours    bool             // it was written by WriteOPML
	Folders []string         // the outlines it stands in, the outermost first
	Failure *blotter.Failure // why it is no source, or nil
}

// opmlSpace is the namespace of the attributes that OPML has no names for. Programs that do not know it pass over them, as the
// specification says they may.
const opmlSpace = "urn:blotter:source"

// ReadOPML reads the subscriptions of an OPML document, repaired as a feed is, and under the same bounds: depth, number of
// elements, size. Nothing it names is fetched. What was repaired is named in faults. The error is a *blotter.Failure: format for
// what is no OPML, size and deep for what is not safe to read.
func ReadOPML(body []byte) (outlines []Outline, faults []string, err error) {
	if len(body) > maxDocument {
		return nil, nil, blotter.Fail(blotter.ReasonSize, "%d bytes, more than %d", len(body), maxDocument)
	}
	doc, root, faults, err := repairXML(body, "")
	if err != nil {
		return nil, nil, err
	}
	if root != "opml" {
		return nil, nil, blotter.Fail(blotter.ReasonFormat, "no OPML: it begins %q", beginning(body))
	}
	r := &opmlReader{}
	if err := r.read(doc); err != nil {
		return nil, nil, err
	}
	return r.outlines, faults, nil
}

// opmlReader walks over a document. Its folders are a stack of all open outlines.
type opmlReader struct {
	outlines []Outline
	folders  []string
	hidden   int // open outlines since one that is commented out, that one included
}

func (r *opmlReader) read(doc []byte) error {
	d := xml.NewDecoder(bytes.NewReader(doc))
	d.Strict = false
	for {
		token, err := d.Token()
		if err != nil {
			return nil // the document is well-formed: this is its end
		}
		switch t := token.(type) {
		case xml.StartElement:
			if strings.EqualFold(t.Name.Local, "outline") {
				if len(r.outlines) >= maxFeedItems {
					return blotter.Fail(blotter.ReasonSize, "more than %d subscriptions", maxFeedItems)
				}
				r.open(t)
			}
		case xml.EndElement:
			if strings.EqualFold(t.Name.Local, "outline") {
				r.folders = r.folders[:len(r.folders)-1]
				r.hidden = max(0, r.hidden-1)
			}
		}
	}
}

// open takes an outline: a subscription, or the folder of those in it.
func (r *opmlReader) open(e xml.StartElement) {
	said, ours := map[string]string{}, map[string]string{}
	for _, a := range e.Attr {
		switch a.Name.Space {
		case "":
			said[strings.ToLower(a.Name.Local)] = a.Value
		case opmlSpace:
			ours[a.Name.Local] = a.Value
		}
	}
	if r.hidden > 0 || strings.EqualFold(said["iscomment"], "true") {
		r.hidden++
	}
	name := firstLine(said["title"], said["text"])
	if o, ok := subscription(said, ours, name); ok && r.hidden == 0 {
		o.Folders = slices.DeleteFunc(slices.Clone(r.folders), func(f string) bool { return f == "" })
		r.outlines = append(r.outlines, o)
	}
	r.folders = append(r.folders, name)
}

func firstLine(texts ...string) string {
	for _, t := range texts {
		if line := plainLine(t); line != "" {
			return line
		}
	}
	return ""
}

// subscription reads an outline by its attributes: those of OPML and those of ours. It is false for a folder.
func subscription(said, ours map[string]string, name string) (Outline, bool) {
	at := strings.TrimSpace(said["xmlurl"])
	o := Outline{Ours: ours["id"] != "", Source: blotter.Source{Name: name, Kind: blotter.KindFeed, Language: strings.TrimSpace(said["language"]), Enabled: true}}
	switch kind := strings.ToLower(said["type"]); {
	case o.Ours:
		for _, f := range sourceFields(&o.Source) {
			*f.value = ours[f.name]
		}
		o.Source.Name = blotter.CleanLine(said["text"]) // no markup to take out of it
		o.Source.Kind, o.Source.Enabled = blotter.Kind(ours["kind"]), ours["enabled"] != "false"
		if drop := ours["drop"]; drop != "" {
			o.Source.Selectors.Drop = strings.Split(drop, "\n")
		}
		if at == "" {
			at = strings.TrimSpace(said["url"])
		}
	case at == "" && kind == "include":
		at = said["url"]
		o.Failure = blotter.Fail(blotter.ReasonFormat, "it includes another document, which is not fetched")
	case at == "" && kind == "link" && said["url"] != "":
		at = said["url"]
		o.Failure = blotter.Fail(blotter.ReasonFormat, "a link to a page, and no feed")
	case at == "":
		return Outline{}, false
	}
	o.Source.URL = blotter.CleanLine(at)
	if u, err := parseURL("", at); err == nil {
		o.Source.URL = u.String()
	} else if o.Failure == nil {
		o.Failure = blotter.AsFailure(err)
	}
	if o.Source.Name == "" {
		o.Source.Name = bound(o.Source.URL, 200)
	}
	return o, true
}

// sourceField is a text of a source that an outline of ours has an attribute for.
type sourceField struct {
	name  string
	value *string
}

// sourceFields are those of a source that are texts; kind, enabled and drop are not.
func sourceFields(s *blotter.Source) []sourceField {
	return []sourceField{
		{"id", &s.ID}, {"schedule", &s.Schedule}, {"time_zone", &s.TimeZone}, {"country", &s.Country}, {"publisher", &s.Publisher},
		{"language", &s.Language}, {"licence", &s.Licence}, {"why", &s.Why}, {"date_format", &s.DateFormat}, {"items", &s.Selectors.Items},
		{"title", &s.Selectors.Title}, {"body", &s.Selectors.Body}, {"date", &s.Selectors.Date},
	}
}

// WriteOPML writes sources as an OPML 2.0 document, in a folder for each country. Feeds are subscriptions that any reader
// takes; pages and sitemaps, which no reader could, are links. The rest of what a source is stands in attributes of a
// namespace, so that ReadOPML gives the same sources back.
func WriteOPML(w io.Writer, title string, sources []blotter.Source) error {
	b := &opmlWriter{w: bufio.NewWriter(w)}
	b.text(xml.Header + "<opml version=\"2.0\" xmlns:blotter=\"" + opmlSpace + "\">\n<head><title>")
	b.escaped(title)
	b.text("</title></head>\n<body>\n")
	sources = slices.Clone(sources)
	slices.SortStableFunc(sources, func(a, b blotter.Source) int { return strings.Compare(a.Country, b.Country) })
	for i, src := range sources {
		if i == 0 || src.Country != sources[i-1].Country {
			if i > 0 {
				b.text("</outline>\n")
			}
			b.text("<outline")
			b.attribute("text", src.Country)
			b.text(">\n")
		}
		b.source(src)
	}
	if len(sources) > 0 {
		b.text("</outline>\n")
	}
	b.text("</body>\n</opml>\n")
	return b.w.Flush()
}

// opmlWriter leaves errors to Flush, which gives the first.
type opmlWriter struct{ w *bufio.Writer }

func (b *opmlWriter) text(s string) { b.w.WriteString(s) }

func (b *opmlWriter) escaped(s string) { _ = xml.EscapeText(b.w, []byte(s)) }

func (b *opmlWriter) attribute(name, value string) {
	if value == "" {
		return
	}
	b.text(" " + name + `="`)
	b.escaped(value)
	b.text(`"`)
}

func (b *opmlWriter) source(s blotter.Source) {
	kind, address := "rss", "xmlUrl"
	if s.Kind == blotter.KindListing || s.Kind == blotter.KindSitemap {
		kind, address = "link", "url"
	}
	b.text("<outline")
	b.attribute("type", kind)
	b.attribute("text", s.Name)
	b.attribute("title", s.Name)
	b.attribute(address, s.URL)
	b.attribute("language", strings.ToLower(s.Language))
	b.attribute("blotter:kind", string(s.Kind))
	if !s.Enabled {
		b.attribute("blotter:enabled", "false")
	}
	for _, f := range sourceFields(&s) {
		b.attribute("blotter:"+f.name, *f.value)
	}
	b.attribute("blotter:drop", strings.Join(s.Selectors.Drop, "\n"))
	b.text("/>\n")
}
