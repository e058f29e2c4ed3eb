package crawler

import (
	"bytes"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"blotter"
	"golang.org/x/text/encoding/charmap"
)

// Bounds of an XML document. gofeed reads extension elements by recursion, and an overflow of the stack cannot be
// recovered from; so depth is checked before it sees a byte. The widest honest sitemap has 50,000 entries of a
// dozen elements.
const (
	maxDepth      = 64
	maxElements   = 800_000
	maxAttributes = 64
	maxPrefixes   = 64 // the parser copies the whole scope at each declaration
)

// element is an open element of a document under repair.
type element struct {
	name  string // as written
	lower string
}

// repairer rewrites an XML document into a well-formed one, byte by byte and with one look at each. What it does
// not understand becomes text.
type repairer struct {
	in       []byte
	out      bytes.Buffer
	stack    []element
	elements int
	items    int
	maxItems int
	prefixes map[string]bool
	itemAt   int // where in out the open item begins, or -1
	itemOf   int // the depth of that item
	nextEnd  int // how much of in is left at the next end of a CDATA section; -1: there is none, 0: not looked for
	counts   map[string]int
}

// The faults that a repair mends, as they are named in Listing.Faults.
const (
	faultControl   = "control character"
	faultEntity    = "undefined entity"
	faultAmpersand = "bare ampersand"
	faultLess      = "bare less-than sign"
	faultNesting   = "tags that do not match"
	faultAttribute = "broken attribute"
	faultCDATA     = "CDATA section without an end"
	faultCut       = "cut-off tail"
	faultTail      = "text behind the end"
	faultHead      = "text before the beginning"
	faultItems     = "more items than can be"
)

// itemNames are the elements that hold one entry of a feed, a sitemap or a list of alerts.
var itemNames = map[string]bool{"item": true, "entry": true, "url": true, "sitemap": true, "alert": true}

// repairXML gives a well-formed document in UTF-8 without prolog, the name of its root in lower case without its
// prefix, and what was mended. Every complete item of a document that is cut off is kept. The root is "" when the
// document has none of those that we read.
func repairXML(body []byte, contentType string) (doc []byte, root string, faults []string, err error) {
	text, faults := toUTF8(body, declaredXML(body, contentType))
	start, root := findRoot(text)
	if start < 0 {
		return nil, "", faults, nil
	}
	r := &repairer{in: text[start:], itemAt: -1, counts: map[string]int{}, prefixes: map[string]bool{}, maxItems: maxFeedItems}
	if root == "urlset" || root == "sitemapindex" {
		r.maxItems = maxItems
	}
	if behindProlog(text[:start]) != "" {
		r.counts[faultHead]++
	}
	r.out.Grow(len(r.in) + len(r.in)/16)
	if err := r.run(); err != nil {
		return nil, root, faults, err
	}
	return r.out.Bytes(), root, append(faults, r.faults()...), nil
}

func (r *repairer) faults() []string {
	var out []string
	for name, n := range r.counts {
		if n > 1 {
			name = fmt.Sprintf("%s (%d)", name, n)
		}
		out = append(out, "repaired: "+name)
	}
	slices.Sort(out)
	return out
}

func (r *repairer) run() error {
	for len(r.in) > 0 {
		open := bytes.IndexByte(r.in, '<')
		if open < 0 {
			open = len(r.in)
		}
		r.text(r.in[:open])
		r.in = r.in[open:]
		if len(r.in) == 0 {
			break
		}
		if err := r.markup(); err != nil {
			return err
		}
		if len(r.stack) == 0 {
			if len(bytes.TrimSpace(r.in)) > 0 {
				r.counts[faultTail]++
			}
			return nil
		}
	}
	r.cutOff()
	return nil
}

// cutOff closes what is open at the end of a document. An item that is not complete is taken back.
func (r *repairer) cutOff() {
	if len(r.stack) == 0 {
		return
	}
	r.counts[faultCut]++
	if r.itemAt >= 0 {
		r.out.Truncate(r.itemAt)
		r.stack = r.stack[:r.itemOf]
	}
	r.closeTo(0)
}

// closeTo closes elements until depth are open.
func (r *repairer) closeTo(depth int) {
	for len(r.stack) > depth {
		top := len(r.stack) - 1
		r.out.WriteString("</" + r.stack[top].name + ">")
		r.stack = r.stack[:top]
		if r.itemAt >= 0 && top <= r.itemOf {
			r.itemAt = -1
		}
	}
}

// markup reads what begins with a less-than sign.
func (r *repairer) markup() error {
	switch in := r.in; {
	case bytes.HasPrefix(in, []byte("<![CDATA[")):
		r.cdata()
	case bytes.HasPrefix(in, []byte("<!--")):
		r.skipTo("-->")
	case bytes.HasPrefix(in, []byte("<?")):
		r.skipTo("?>")
	case bytes.HasPrefix(in, []byte("<!")):
		r.skipTo(">")
	case len(in) > 2 && in[1] == '/' && nameStart(in[2]):
		r.endTag()
	case len(in) > 1 && nameStart(in[1]):
		return r.startTag()
	default:
		r.counts[faultLess]++
		r.out.WriteString("&lt;")
		r.in = in[1:]
	}
	return nil
}

func (r *repairer) skipTo(mark string) {
	i := bytes.Index(r.in, []byte(mark))
	if i < 0 {
		r.in = nil
		return
	}
	r.in = r.in[i+len(mark):]
}

// cdata copies a CDATA section. One without an end would swallow the items that follow: it is ended where its
// element ends.
func (r *repairer) cdata() {
	const open, end = "<![CDATA[", "]]>"
	in := r.in[len(open):]
	stop := r.cdataEnd(in, end)
	reach := in
	if stop >= 0 {
		reach = in[:stop]
		next := bytes.Index(reach, []byte(open))
		if next < 0 {
			r.copyCDATA(reach)
			r.in = in[stop+len(end):]
			return
		}
		reach = in[:next]
	}
	early := -1
	if len(r.stack) > 0 {
		early = bytes.Index(reach, []byte("</"+r.stack[len(r.stack)-1].name+">"))
	}
	switch {
	case early >= 0:
		r.counts[faultCDATA]++
		r.copyCDATA(in[:early])
		r.in = in[early:]
	case stop >= 0: // the text only speaks of CDATA
		r.copyCDATA(in[:stop])
		r.in = in[stop+len(end):]
	default:
		r.in = nil
	}
}

// cdataEnd finds the end of a CDATA section. Where it lies, or that there is none, is remembered, or a document of
// nothing but beginnings would be searched once for each.
func (r *repairer) cdataEnd(in []byte, end string) int {
	if r.nextEnd != 0 && len(in) >= r.nextEnd {
		if r.nextEnd < 0 {
			return -1
		}
		return len(in) - r.nextEnd
	}
	stop := bytes.Index(in, []byte(end))
	r.nextEnd = -1
	if stop >= 0 {
		r.nextEnd = len(in) - stop
	}
	return stop
}

func (r *repairer) copyCDATA(text []byte) {
	r.out.WriteString("<![CDATA[")
	start := r.out.Len()
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		switch {
		case !validRune(c):
			r.counts[faultControl]++
		case c == '>' && bytes.HasSuffix(r.out.Bytes()[start:], []byte("]]")): // what stood between them is gone
			r.out.WriteString("]]><![CDATA[>")
		default:
			r.out.Write(text[:n])
		}
		text = text[n:]
	}
	r.out.WriteString("]]>")
}

// text copies character data: control characters go, entities become what they mean, a bare ampersand is escaped.
func (r *repairer) text(text []byte) {
	for len(text) > 0 {
		i := 0
		for i < len(text) && text[i] != '&' && text[i] != '"' && text[i] != '<' && text[i] != '>' && (text[i] >= ' ' &&
			text[i] < utf8.RuneSelf || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
			i++
		}
		r.out.Write(text[:i])
		text = text[i:]
		if len(text) == 0 {
			return
		}
		switch text[0] {
		case '&':
			text = text[r.entity(text):]
			continue
		case '"':
			r.out.WriteString("&quot;")
			text = text[1:]
			continue
		case '<':
			r.out.WriteString("&lt;")
			text = text[1:]
			continue
		case '>':
			r.out.WriteString("&gt;")
			text = text[1:]
			continue
		}
		c, n := utf8.DecodeRune(text)
		if validRune(c) {
			r.out.Write(text[:n])
		} else {
			r.counts[faultControl]++
		}
		text = text[n:]
	}
}

// entity writes what the reference at the beginning of text means and says how long it is.
func (r *repairer) entity(text []byte) int {
	end := bytes.IndexByte(text[:min(len(text), 40)], ';')
	if end < 2 || !referenceName(text[1:end]) {
		r.counts[faultAmpersand]++
		r.out.WriteString("&amp;")
		return 1
	}
	name := string(text[1:end])
	switch name {
	case "amp", "lt", "gt", "quot", "apos":
		r.out.WriteString("&" + name + ";")
		return end + 1
	}
	if name[0] == '#' {
		r.character(name[1:])
		return end + 1
	}
	meaning := html.UnescapeString("&" + name + ";")
	if strings.HasSuffix(meaning, ";") {
		r.counts[faultEntity]++
		r.out.WriteString("&amp;" + name + ";")
		return end + 1
	}
	r.counts[faultEntity]++ // XML knows five names, and HTML's are not among them
	r.out.WriteString(html.EscapeString(meaning))
	return end + 1
}

// character writes a numeric reference. Numbers from 128 to 159 are meant as Windows-1252.
func (r *repairer) character(number string) {
	base := 10
	if number[0] == 'x' || number[0] == 'X' {
		number, base = number[1:], 16
	}
	n, err := strconv.ParseUint(number, base, 32)
	c := rune(n)
	if err == nil && c >= 128 && c < 160 {
		c = charmap.Windows1252.DecodeByte(byte(c))
	}
	if err != nil || n > utf8.MaxRune || !validRune(c) {
		r.counts[faultControl]++
		return
	}
	fmt.Fprintf(&r.out, "&#%d;", c)
}

func referenceName(name []byte) bool {
	if name[0] == '#' {
		name = name[1:]
	}
	for _, b := range name {
		if !('a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9') {
			return false
		}
	}
	return len(name) > 0
}

// validRune says whether XML 1.0 allows the character.
func validRune(c rune) bool {
	return c == '\t' || c == '\n' || c == '\r' || c >= ' ' && c <= 0xd7ff && c != 0x7f || c >= 0xe000 && c <= 0xfffd ||
		c >= 0x10000 && c <= utf8.MaxRune
}

func nameStart(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b == '_'
}

func nameByte(b byte) bool {
	return nameStart(b) || '0' <= b && b <= '9' || b == '-' || b == '.' || b == ':'
}

func nameLength(in []byte) int {
	n := 0
	for n < len(in) && nameByte(in[n]) {
		n++
	}
	return n
}

// behindProlog gives what stands before the root besides white space, declarations and comments.
func behindProlog(head []byte) string {
	for {
		head = bytes.TrimSpace(head)
		mark := ">"
		switch {
		case bytes.HasPrefix(head, []byte("<!--")):
			mark = "-->"
		case bytes.HasPrefix(head, []byte("<?")):
			mark = "?>"
		case bytes.HasPrefix(head, []byte("<!")):
			if i := bytes.IndexByte(head, '['); i >= 0 && i < bytes.IndexByte(head, '>') {
				mark = "]>"
			}
		default:
			return string(head)
		}
		i := bytes.Index(head, []byte(mark))
		if i < 0 {
			return string(head)
		}
		head = head[i+len(mark):]
	}
}

// rootNames are the roots that we read.
var rootNames = map[string]bool{"rss": true, "feed": true, "rdf": true, "urlset": true, "sitemapindex": true, "alerts": true, "opml": true}

// maxHead is how much may stand before the root: warnings of a broken server are long, but not longer.
const maxHead = 64 << 10

// findRoot gives the offset and the local name, in lower case, of the first element that is the root of a feed, a
// sitemap or a list of alerts. Text and the tags of a server's warnings may stand before it; a page of HTML that
// has a feed inside is a page of HTML.
func findRoot(text []byte) (at int, name string) {
	for i := 0; i < min(len(text), maxHead); {
		open := bytes.IndexByte(text[i:], '<')
		if open < 0 || i+open > maxHead {
			return -1, ""
		}
		i += open
		rest := text[i:]
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			end := bytes.Index(rest, []byte("-->"))
			if end < 0 {
				return -1, ""
			}
			i += end
		case len(rest) > 1 && nameStart(rest[1]):
			name := strings.ToLower(string(rest[1 : 1+nameLength(rest[1:])]))
			_, local, prefixed := strings.Cut(name, ":")
			if !prefixed {
				local = name
			}
			if rootNames[local] {
				return i, local
			}
			if !warningTags[name] {
				return -1, ""
			}
		}
		i++
	}
	return -1, ""
}

// warningTags are the elements in which servers print warnings before the document they were asked for.
var warningTags = map[string]bool{"br": true, "b": true, "i": true, "p": true, "pre": true, "font": true, "div": true,
	"span": true, "table": true,
	"tr": true, "td": true, "th": true, "a": true, "strong": true, "em": true, "code": true, "hr": true, "u": true, "tbody": true}

// deep is the failure of a document that must not be parsed.
func deep() error {
	return blotter.Fail(blotter.ReasonDeep, "more than %d elements inside each other", maxDepth)
}
