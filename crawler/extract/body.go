package extract

import (
	"net/url"

	"blotter"

	"codeberg.org/readeck/go-readability/v2"
	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// body is the text of an article as lines.
type body struct {
	lines  []line
	chosen bool   // by a selector of the source
	why    string // these lines and no others, for Explain
	parts  []part // what each of several readers found
}

// part is what one reader of bodies found.
type part struct {
	reader string
	lines  []line
}

// text puts the lines into paragraphs.
func (b body) text() string { return blotter.CleanText(join(b.lines)) }

// agreed is the share of a line that has to stand in the other library's text.
const agreed = 0.7

// sentence is the number of words from which a line is taken for prose, not for a label.
const sentence = 16

// findBody asks both libraries. Readability keeps the lines of a page apart and in order but takes captions, labels
// and teasers with it; trafilatura prunes those but loses paragraphs and sometimes the article. What both have is
// nearly always right.
func findBody(tree *html.Node, page []line, at *url.URL) (body, *blotter.Failure) {
	prune(tree)
	first, panic1 := byTrafilatura(tree, at)
	second, panic2 := byReadability(tree, at) // consumes the tree
	if panic1 != "" && panic2 != "" {
		return body{}, blotter.Fail(blotter.ReasonReader, "both libraries gave up: %s; %s", panic1, panic2)
	}
	b := body{parts: []part{{"trafilatura", first.lines}, {"readability", second.lines}}}
	b.lines, b.why = combine(page, first, second)
	return b, nil
}

// reading is what one library found.
type reading struct {
	body
	grams grams
	words int
}

func (r reading) gramsOfLines() grams {
	g := make(grams, gram*r.words)
	for _, l := range r.lines {
		g.add(l.text)
	}
	return g
}

func byTrafilatura(tree *html.Node, at *url.URL) (r reading, fault string) {
	defer recovered("trafilatura", &fault)
	result, err := trafilatura.ExtractDocument(tree, trafilatura.Options{
		OriginalURL:     at,
		Focus:           trafilatura.FavorRecall,
		ExcludeComments: true,
		HtmlDateMode:    trafilatura.Disabled,
	})
	if err != nil {
		return reading{}, "" // it found no text
	}
	r.lines = linesOf(result.ContentNode, true)
	r.words = countWords(result.ContentText)
	r.grams = make(grams, gram*r.words)
	r.grams.add(result.ContentText)
	return r, ""
}

func byReadability(tree *html.Node, at *url.URL) (r reading, fault string) {
	defer recovered("readability", &fault)
	parser := readability.NewParser()
	parser.DisableJSONLD = true
	article, err := parser.ParseAndMutate(tree, at)
	if err != nil {
		return reading{}, ""
	}
	r.lines = linesOf(article.Node, false)
	r.words = weight(r.lines)
	return r, ""
}

// recovered turns a panic of a library into a word about it.
func recovered(library string, fault *string) {
	if p := recover(); p != nil {
		*fault = library + " panicked"
	}
}

// combine makes one text of two, and says how.
func combine(page []line, first, second reading) (lines []line, why string) {
	shares := make([]float64, len(second.lines))
	common := 0
	for i, l := range second.lines {
		shares[i] = first.grams.share(l.text)
		if shares[i] >= agreed {
			common += l.size
		}
	}
	switch {
	case 2*common < first.words && second.words < first.words:
		return first.lines, "trafilatura alone: readability went for something small and else"
	case 2*common < second.words && 2*first.words < second.words:
		return without(second.lines, func(l line) bool { return l.bare }), "readability without captions: trafilatura lost most of it"
	}
	merged := merge(page, first, second, shares)
	if len(merged) == 0 {
		return first.lines, "trafilatura alone: the two agree on nothing"
	}
	return merged, "the lines that both have, and of the others those that are likely to be text"
}

// merge takes the lines of the second text that the first has too, and of the others those that are more likely
// to be lost by the one than wrongly kept by the other, by their kind and by whether they stand amid the rest.
func merge(page []line, first, second reading, shares []float64) []line {
	from, to := span(shares)
	if from < 0 {
		return nil
	}
	extra := onlyFirst(page, first, second)
	var out []line
	for i, l := range second.lines {
		out = append(out, extra[i]...)
		if shares[i] >= agreed || keepSecond(l, from < i && i < to) {
			out = append(out, l)
		}
	}
	return out
}

// span gives the first and the last line that is agreed upon, or -1.
func span(shares []float64) (from, to int) {
	from = -1
	for i, s := range shares {
		if s >= agreed {
			if from < 0 {
				from = i
			}
			to = i
		}
	}
	return from, to
}

// keepSecond says whether a line that only readability has is text.
func keepSecond(l line, amid bool) bool {
	if l.linked() || l.bare {
		return false
	}
	switch {
	case l.size >= sentence:
		return amid || l.tag == atom.P || l.tag == atom.Li || l.tag == atom.Pre || l.tag == atom.Blockquote
	case !amid:
		return false
	}
	return l.heading() || l.tag == atom.Pre || l.tag == atom.P ||
		l.size >= 6 && (l.tag == atom.Li || l.tag == atom.Blockquote || l.tag == atom.Td || l.tag == atom.Dd)
}

// onlyFirst finds the lines of the page that only trafilatura has, keyed by the line of the second text that they
// stand before. Those behind its last line are left out: seven of eight are teasers.
func onlyFirst(page []line, first, second reading) map[int][]line {
	places := make(map[string][]int)
	for i, l := range page {
		places[l.text] = append(places[l.text], i)
	}
	extra := make(map[int][]line)
	var grams grams // of the second text, made when first needed
	last := -1
	for i, l := range second.lines {
		place := next(places[l.text], last)
		if place < 0 {
			continue
		}
		for _, p := range page[last+1 : place] {
			if !keepFirst(p, last >= 0) || first.grams.share(p.text) < agreed {
				continue
			}
			if grams == nil {
				grams = second.gramsOfLines()
			}
			if grams.share(p.text) < agreed {
				extra[i] = append(extra[i], p)
			}
		}
		last = place
	}
	return extra
}

// next is the first of the ascending places behind last, or -1.
func next(places []int, last int) int {
	for _, p := range places {
		if p > last {
			return p
		}
	}
	return -1
}

// keepFirst says whether a line that only trafilatura has may be text.
func keepFirst(l line, amid bool) bool {
	if l.linked() || l.bare {
		return false
	}
	if l.size >= sentence {
		return l.tag == atom.P || l.tag == atom.Li
	}
	return amid && (l.heading() || l.tag == atom.Li)
}
