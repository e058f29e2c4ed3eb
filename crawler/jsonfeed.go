package crawler

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"blotter"
)

// readJSONFeed reads a JSON Feed, also one that is cut off.
func (l *lister) readJSONFeed(body []byte) error {
	text, faults := toUTF8(body, "utf-8")
	doc, more, err := repairJSON(bytes.TrimSpace(text))
	if err != nil {
		return err
	}
	l.listing.Faults = append(append(l.listing.Faults, faults...), more...)
	doc, nulls := dropNulls(doc)
	if nulls > 0 {
		l.listing.Faults = append(l.listing.Faults, fmt.Sprintf("repaired: null in a list (%d)", nulls))
	}
	var head struct {
		Version json.RawMessage    `json:"version"`
		HomeURL string             `json:"home_page_url"`
		FeedURL string             `json:"feed_url"`
		Items   *[]json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(doc, &head); err != nil || head.Items == nil {
		return blotter.Fail(blotter.ReasonFormat, "a JSON document that is no JSON Feed")
	}
	feed, err := parseFeed(doc)
	if err != nil {
		return blotter.Fail(blotter.ReasonFormat, "no JSON Feed: %v", err)
	}
	for _, base := range []string{head.FeedURL, head.HomeURL} {
		if !absolute(l.base) && absolute(base) {
			l.base = base
		}
	}
	l.listing.Title = plainLine(feed.Title)
	l.readItems(feed)
	return nil
}

// repairJSON drops control characters from strings and, when the document is cut off, what follows the last
// complete member of its outermost list. It fails for a document that is nested too deep.
func repairJSON(in []byte) (out []byte, faults []string, err error) {
	out = make([]byte, 0, len(in)+8)
	var open []byte // the brackets that are open
	complete := 0   // the end of the last complete item
	inString, escaped, controls := false, false, 0
	for _, b := range in {
		switch {
		case b < ' ' && (inString || b != '\n' && b != '\r' && b != '\t'):
			controls++
			b = ' '
		case escaped:
			escaped = false
		case inString && b == '\\':
			escaped = true
		case b == '"':
			inString = !inString
		case inString:
		case b == '{' || b == '[':
			if len(open) >= maxDepth {
				return nil, nil, deep()
			}
			open = append(open, b)
		case (b == '}' || b == ']') && len(open) > 0:
			open = open[:len(open)-1]
			if len(open) == 2 && open[0] == '{' && open[1] == '[' {
				complete = len(out) + 1
			}
		}
		out = append(out, b)
		if !inString && len(open) == 0 {
			break
		}
	}
	if controls > 0 {
		faults = append(faults, fmt.Sprintf("repaired: %s (%d)", faultControl, controls))
	}
	if len(open) > 0 || inString {
		faults = append(faults, "repaired: "+faultCut)
		if complete > 0 {
			out = append(out[:complete], "]}"...)
		}
	}
	return out, faults, nil
}

// nullMember finds what looks like a null in a list. (After a comma in an object stands a key.)
var nullMember = regexp.MustCompile(`[\[,]\s*null\s*[,\]]`)

// dropNulls takes the nulls out of lists, an item or an author that is nothing, and says how many there were. The
// parser trips over each, and the whole feed would be lost.
func dropNulls(doc []byte) (out []byte, dropped int) {
	if !nullMember.Match(doc) {
		return doc, 0
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber() // a number must be written as it was
	var root any
	if d.Decode(&root) != nil {
		return doc, 0
	}
	root = withoutNulls(root, &dropped)
	if out, err := json.Marshal(root); err == nil && dropped > 0 {
		return out, dropped
	}
	return doc, 0
}

// withoutNulls is dropNulls for a decoded value; the depth of the document is bounded already.
func withoutNulls(v any, dropped *int) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			v[key] = withoutNulls(member, dropped)
		}
	case []any:
		kept := slices.DeleteFunc(v, func(member any) bool { return member == nil })
		*dropped += len(v) - len(kept)
		for i, member := range kept {
			kept[i] = withoutNulls(member, dropped)
		}
		return kept
	}
	return v
}
