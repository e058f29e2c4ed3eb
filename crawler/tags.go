package crawler

import (
	"bytes"
	"strings"

	"blotter"
)

// startTag reads a start tag and writes it with its attributes quoted. A tag that is cut off ends the document.
func (r *repairer) startTag() error {
	n := 1 + nameLength(r.in[1:])
	name := string(r.in[1:n])
	attributes, rest, closed, ok := readAttributes(r.in[n:])
	if !ok {
		r.in = nil
		return nil
	}
	r.in = rest
	r.elements++
	if r.elements > maxElements {
		return blotter.Fail(blotter.ReasonSize, "more than %d elements", maxElements)
	}
	lower := strings.ToLower(name)
	r.makeRoom(lower)
	if len(r.stack) >= maxDepth {
		return deep()
	}
	if itemNames[lower] && r.itemAt < 0 {
		if r.items++; r.items > r.maxItems {
			r.counts[faultItems]++
			r.in = nil
			return nil
		}
		r.itemAt, r.itemOf = r.out.Len(), len(r.stack)
	}
	r.out.WriteString("<" + name)
	r.attributes(attributes)
	if closed || voidElements[lower] && len(r.stack) > 2 && !r.feedElement(lower) {
		r.out.WriteString("/>")
		if r.itemAt >= 0 && len(r.stack) == r.itemOf {
			r.itemAt = -1
		}
		return nil
	}
	r.out.WriteByte('>')
	r.stack = append(r.stack, element{name: name, lower: lower})
	return nil
}

// voidElements of HTML that authors leave open in a description they did not escape. "link" and "source" are
// elements of feeds and not among them.
var voidElements = map[string]bool{"br": true, "img": true, "hr": true, "input": true, "wbr": true, "col": true,
	"embed": true, "param": true}

func (r *repairer) feedElement(lower string) bool {
	return strings.Contains(lower, ":")
}

// makeRoom closes what a new element cannot stand in: an item in an item, a paragraph in a paragraph.
func (r *repairer) makeRoom(lower string) {
	switch {
	case itemNames[lower] && r.itemAt >= 0 && r.stack[r.itemOf].lower == lower:
		r.counts[faultNesting]++
		r.closeTo(r.itemOf)
	case leafNames[lower] && len(r.stack) > 1 && leafNames[r.stack[len(r.stack)-1].lower] && holderNames[r.stack[len(r.stack)-2].lower]:
		r.counts[faultNesting]++
		r.closeTo(len(r.stack) - 1)
	case (lower == "p" || lower == "li") && len(r.stack) > 0 && r.stack[len(r.stack)-1].lower == lower:
		r.counts[faultNesting]++
		r.closeTo(len(r.stack) - 1)
	}
}

// leafNames are the parts of an item that hold text only, holderNames what they stand in. Where one begins inside
// another, the end tag of that one is missing or misspelt.
var (
	leafNames = map[string]bool{"title": true, "link": true, "guid": true, "pubdate": true, "description": true,
		"summary": true, "published": true,
		"updated": true, "id": true, "category": true, "comments": true, "dc:date": true, "dc:creator": true,
		"content:encoded": true, "loc": true, "lastmod": true}
	holderNames = map[string]bool{"item": true, "entry": true, "channel": true, "feed": true, "url": true}
)

// endTag closes the element it names and all that is still open inside it. One that closes nothing is dropped.
func (r *repairer) endTag() {
	n := 2 + nameLength(r.in[2:])
	lower := strings.ToLower(string(r.in[2:n]))
	end := bytes.IndexByte(r.in, '>')
	if end < 0 {
		r.in = nil
		return
	}
	r.in = r.in[end+1:]
	for i := len(r.stack) - 1; i >= 0; i-- {
		if r.stack[i].lower == lower {
			if i < len(r.stack)-1 {
				r.counts[faultNesting]++
			}
			r.closeTo(i)
			return
		}
	}
	r.counts[faultNesting]++
}

type attribute struct {
	name   string
	value  []byte
	broken bool
}

// readAttributes reads the rest of a start tag. closed says that it ends with "/>", ok that it ends at all.
func readAttributes(in []byte) (out []attribute, rest []byte, closed, ok bool) {
	for {
		in = bytes.TrimLeft(in, " \t\r\n")
		switch {
		case len(in) == 0:
			return nil, nil, false, false
		case in[0] == '>':
			return out, in[1:], false, true
		case in[0] == '/' && len(in) > 1 && in[1] == '>':
			return out, in[2:], true, true
		case in[0] == '<': // the tag was never closed
			return out, in, false, true
		}
		n := nameLength(in)
		if n == 0 || !nameStart(in[0]) {
			in = in[max(n, 1):]
			continue
		}
		a := attribute{name: string(in[:n])}
		in = bytes.TrimLeft(in[n:], " \t\r\n")
		if len(in) > 0 && in[0] == '=' {
			a.value, in, a.broken = attributeValue(bytes.TrimLeft(in[1:], " \t\r\n"))
		} else {
			a.broken = true
		}
		if len(out) < maxAttributes {
			out = append(out, a)
		}
	}
}

func attributeValue(in []byte) (value, rest []byte, broken bool) {
	if len(in) > 0 && (in[0] == '"' || in[0] == '\'') {
		if end := bytes.IndexByte(in[1:], in[0]); end >= 0 {
			return in[1 : 1+end], in[end+2:], false
		}
		return nil, nil, true
	}
	end := bytes.IndexAny(in, " \t\r\n>")
	if end < 0 {
		return nil, nil, true
	}
	return in[:end], in[end:], true
}

func (r *repairer) attributes(list []attribute) {
	seen := make(map[string]bool, len(list))
	for _, a := range list {
		if prefix, ok := strings.CutPrefix(a.name, "xmlns:"); ok && !r.prefixes[prefix] {
			if len(r.prefixes) >= maxPrefixes {
				continue
			}
			r.prefixes[prefix] = true
		}
		if a.broken || seen[a.name] {
			r.counts[faultAttribute]++
		}
		if seen[a.name] {
			continue
		}
		seen[a.name] = true
		r.out.WriteString(" " + a.name + `="`)
		r.text(a.value)
		r.out.WriteByte('"')
	}
}
