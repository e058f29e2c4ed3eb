package extract

import (
	"bytes"
	"mime"
	"regexp"
	"strings"

	"blotter"
)

// refusePage says why the bytes are no page to read, or nil.
func refusePage(page blotter.Page) *blotter.Failure {
	if len(page.Body) > maxPage {
		return blotter.Fail(blotter.ReasonSize, "%d bytes, at most %d are read", len(page.Body), maxPage)
	}
	if kind, _, err := mime.ParseMediaType(page.ContentType); err == nil {
		switch kind {
		case "text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml", "application/octet-stream":
		default:
			return blotter.Fail(blotter.ReasonFormat, "%s", kind)
		}
	}
	head := bytes.TrimSpace(bytes.TrimPrefix(page.Body[:min(len(page.Body), 2048)], []byte("\xEF\xBB\xBF")))
	for _, magic := range []string{"%PDF-", "PK\x03\x04", "\x89PNG", "GIF8", "\xFF\xD8\xFF", "\x1F\x8B", "RIFF", "{\"", "[{"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return blotter.Fail(blotter.ReasonFormat, "begins with %q", magic)
		}
	}
	lower := strings.ToLower(string(head))
	for _, root := range []string{"<rss", "<feed", "<rdf:rdf", "<urlset", "<sitemapindex"} {
		if strings.HasPrefix(lower, root) || strings.HasPrefix(lower, "<?xml") && strings.Contains(lower, root) &&
			!strings.Contains(lower, "<html") {
			return blotter.Fail(blotter.ReasonFormat, "%s> instead of HTML", root)
		}
	}
	return nil
}

// refuseBinary says that the bytes are no text in any charset, or nil: text has next to no control characters.
func refuseBinary(markup []byte) *blotter.Failure {
	head := markup[:min(len(markup), 4096)]
	controls := 0
	for _, b := range head {
		if b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f' || b == 0x7f {
			controls++
		}
	}
	if controls*50 > len(head) {
		return blotter.Fail(blotter.ReasonFormat, "not text: %d control characters in %d bytes", controls, len(head))
	}
	return nil
}

// fewBytes is more text than a challenge page has by the definition of blotter.Challenge, which looks at every byte
// of the page and so is asked about the few pages alone that have no more than this.
const fewBytes = 3000

// refuseChallenge says that the page asks for proof of being human instead of showing something, or nil.
func refuseChallenge(page blotter.Page, lines []line) *blotter.Failure {
	bytes := 0
	for _, l := range lines {
		bytes += len(l.text)
	}
	if bytes > fewBytes {
		return nil
	}
	if service := blotter.Challenge(page); service != "" {
		return blotter.Fail(blotter.ReasonChallenge, "%s", service)
	}
	return nil
}

// The least that an article has, and what makes a list of a page.
const (
	minWords  = 12 // the shortest appeals of the police have twenty
	teasers   = 8  // linked headlines with a date, outside what is known to be beside the article
	perTeaser = 25 // words of prose for each of them
)

// refuseArticle says why what was found is no article, or nil. A page that tells machines when it was published is no
// list, however many teasers stand around it.
func refuseArticle(f *facts, b body, dated bool) *blotter.Failure {
	words := weight(b.lines)
	switch {
	case b.chosen:
		return nil
	case words < minWords:
		return blotter.Fail(blotter.ReasonShell, "%d words", words)
	case script.MatchString(b.lines[0].text) && words < 60:
		return blotter.Fail(blotter.ReasonShell, "asks for JavaScript")
	}
	if f.linked.article || dated && !f.linked.listing {
		return nil
	}
	if n, prose := f.teasers(), proseWeight(b.lines); n >= teasers && prose < perTeaser*n {
		return blotter.Fail(blotter.ReasonIndex, "%d linked headlines with a date, %d words of text", n, prose)
	}
	return nil
}

// script is what a page says that is filled in by one.
var script = regexp.MustCompile(`(?i)\b(?:enable|requires?|turn on|activate) javascript\b|\bjavascript (?:is|has been) (?:disabled|` +
	`required|not enabled)\b`)

// teasers counts the links that are headlines, and have a date within the next lines.
func (f *facts) teasers() int {
	n := 0
	for i, l := range f.lines {
		if l.beside || !l.linked() || l.links < 4 {
			continue
		}
		for _, next := range f.lines[i+1 : min(len(f.lines), i+5)] {
			if _, _, _, ok := (blotter.DateReader{}).Find(next.text); ok && next.size <= 15 {
				n++
				break
			}
			if next.linked() && next.links >= 4 {
				break // the next teaser
			}
		}
	}
	return n
}

// proseWeight is the number of words in the lines that are prose.
func proseWeight(lines []line) int {
	n := 0
	for _, l := range lines {
		if l.size >= sentence && !l.linked() {
			n += l.size
		}
	}
	return n
}
