package index

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/document"
	bleveindex "github.com/blevesearch/bleve_index_api"

	"blotter/query"
)

// A text field holds the words as they stand, normalised, each with its positions; exact words, phrases and
// wildcards look there. There is no second field with a stem for every word, which would cost a third of the room
// and of the time: a plain word is looked up as all the words of the dictionary that share its stem, and those lie
// together there, because a stem is the beginning of its words but for the last letter (happy, happier: happi).
// The few words of which that is not true (dying: die) stand a second time in a field of their own, under the stem.
const stemSuffix = ".stem"

// Words with a capital behind their first letter, such as abbreviations, stand a second time as written. Those that only
// begin with one are ten times as many, and few queries ask for them.
const caseSuffix = ".case"

// isLoud says that a word as written is among those.
func isLoud(written string) bool {
	_, first := utf8.DecodeRuneInString(written)
	return strings.ContainsFunc(written[first:], unicode.IsUpper)
}

// Where the sentences and paragraphs of a text begin are the places of two terms in a field beside it.
const (
	unitSuffix     = ".unit"
	sentenceStarts = "s"
	paragraphs     = "p"
)

func unitTerm(u query.Unit) string {
	if u == query.InParagraph {
		return paragraphs
	}
	return sentenceStarts
}

// stemPrefix is how a word must begin to be found in the dictionary by its stem. A short stem is taken whole: without
// its last letter it would begin too many words that are not its own.
func stemPrefix(stem string) string {
	if len(stem) <= 3 {
		return stem
	}
	_, last := utf8.DecodeLastRuneInString(stem)
	return stem[:len(stem)-last]
}

// field is one field of one article, cut into terms. It stands in for Bleve's own text field and its chain of
// analysis, which allocates every token and every position apart. Both back ends see the same words at the same
// positions, because both ask query.Tokenize.
type field struct {
	name    string
	options bleveindex.FieldIndexingOptions
	length  int // see lengthByte
	freqs   bleveindex.TokenFrequencies

	text string                     // what Analyze cuts
	then func(tokens []query.Token) // what Analyze does with the words besides, or nil
}

var _ document.Field = (*field)(nil)

const withPositions = bleveindex.IndexField | bleveindex.IncludeTermVectors

// textFields are the fields of one text.
type textFields struct{ words, stems, written, units *field }

func newTextFields(name string) textFields {
	f := func(suffix string) *field { return &field{name: name + suffix, options: withPositions} }
	return textFields{f(""), f(stemSuffix), f(caseSuffix), f(unitSuffix)}
}

func (t textFields) addTo(doc *document.Document) {
	doc.AddField(t.words).AddField(t.stems).AddField(t.written).AddField(t.units)
}

// addText adds the fields of a text to the document. Bleve analyses a document's fields one after another, so that the
// others are there before it comes to them; then may fill fields that are added later.
func addText(doc *document.Document, name, text string, then func(tokens []query.Token)) {
	t := newTextFields(name)
	t.words.text = text
	t.words.then = func(tokens []query.Token) {
		t.fill(text, tokens)
		if then != nil {
			then(tokens)
		}
	}
	t.addTo(doc)
}

// keywords is a field of whole values: an id, a tag, a day.
func keywords(name string, options bleveindex.FieldIndexingOptions, values ...string) *field {
	f := &field{name: name, options: options | bleveindex.IndexField | bleveindex.SkipFreqNorm}
	f.set(values...)
	return f
}

func (f *field) set(values ...string) {
	f.freqs = make(bleveindex.TokenFrequencies, len(values))
	for _, v := range values {
		if v != "" {
			f.freqs[v] = &bleveindex.TokenFreq{}
		}
	}
}

// Analyze is called by Bleve, on goroutines of its own for several documents at once.
func (f *field) Analyze() {
	if f.then != nil {
		f.then(query.Tokenize(f.text))
		f.text, f.then = "", nil
	}
}

// fill makes the terms of a text, and those of the fields beside it.
func (t textFields) fill(text string, tokens []query.Token) {
	t.words.freqs = frequencies(tokens)
	for _, f := range []*field{t.words, t.stems, t.written, t.units} {
		f.length = lengthByte(len(tokens))
	}
	for word := range t.words.freqs {
		if stem := query.Stem(word); !strings.HasPrefix(word, stemPrefix(stem)) {
			if t.stems.freqs == nil {
				t.stems.freqs = make(bleveindex.TokenFrequencies)
			}
			t.stems.freqs[stem] = together(t.stems.freqs[stem], t.words.freqs[word])
		}
	}
	var written, starts []query.Token
	for _, token := range tokens {
		if as := query.Written(text[token.Start:token.End]); isLoud(as) {
			written = append(written, query.Token{Text: as, Pos: token.Pos})
		}
	}
	t.written.freqs = frequencies(written)
	for i := 1; i < len(tokens); i++ {
		if tokens[i].Sentence != tokens[i-1].Sentence {
			starts = append(starts, query.Token{Text: sentenceStarts, Pos: tokens[i].Pos})
		}
		if tokens[i].Paragraph != tokens[i-1].Paragraph {
			starts = append(starts, query.Token{Text: paragraphs, Pos: tokens[i].Pos})
		}
	}
	t.units.freqs = frequencies(starts)
}

// together joins the places of two words, a of which may be nil, into those of one term.
func together(a, b *bleveindex.TokenFreq) *bleveindex.TokenFreq {
	if a == nil {
		return b
	}
	places := slices.Concat(placesOf(a), placesOf(b))
	slices.Sort(places)
	tokens := make([]query.Token, len(places))
	for i, place := range places {
		tokens[i].Pos = place - 1
	}
	return frequencies(tokens)[""]
}

func placesOf(f *bleveindex.TokenFreq) []int {
	at := f.Locations[0]
	return appendPlaces(nil, at.Position, at.ArrayPositions)
}

// appendPlaces reads what frequencies has written: the first place and the steps.
func appendPlaces(to []int, place int, steps []uint64) []int {
	to = append(to, place)
	for _, step := range steps {
		place += int(step)
		to = append(to, place)
	}
	return to
}

// frequencies gathers the tokens by their text. A term has one location in Bleve's sense, whatever the number of
// its places: the first place is its position, and the steps from each place to the next are its array positions.
// Bleve writes five numbers a location and holds 120 bytes for each while it builds a segment; this way the index
// takes half the room and the time.
func frequencies(tokens []query.Token) bleveindex.TokenFrequencies {
	// What Bleve wants apart is allocated together: many terms at once, and the steps of all.
	type entry struct {
		freq     bleveindex.TokenFreq
		location bleveindex.TokenLocation
		pointer  [1]*bleveindex.TokenLocation
	}
	var free []entry
	freqs := make(bleveindex.TokenFrequencies, len(tokens)/2+1)
	of := make([]*bleveindex.TokenFreq, len(tokens))
	for i := range tokens {
		f := freqs[tokens[i].Text]
		if f == nil {
			if len(free) == 0 {
				free = make([]entry, len(tokens)/4+1)
			}
			e := &free[0]
			free = free[1:]
			e.pointer[0] = &e.location
			e.freq.Locations = e.pointer[:]
			f = &e.freq
			freqs[tokens[i].Text] = f
		}
		f.SetFrequency(f.Frequency() + 1)
		of[i] = f
	}
	steps := make([]uint64, len(tokens)-len(freqs))
	for i, f := range of {
		place := tokens[i].Pos + 1 // Bleve takes position 0 for none
		at := f.Locations[0]
		if at.Position == 0 {
			n := f.Frequency() - 1
			at.Position, at.ArrayPositions, steps = place, steps[:0:n], steps[n:]
		} else {
			at.ArrayPositions = append(at.ArrayPositions, uint64(place-at.End))
		}
		at.End = place
	}
	for _, f := range freqs {
		f.Locations[0].End = 0 // one byte on disk instead of two
	}
	return freqs
}

// lengthByte squeezes the length of a text into what Bleve writes as one byte; see weight.
func lengthByte(words int) int {
	return min(127, 1+int(math.Sqrt(float64(words))))
}

func (f *field) Name() string                                          { return f.name }
func (f *field) Options() bleveindex.FieldIndexingOptions              { return f.options }
func (f *field) AnalyzedLength() int                                   { return f.length }
func (f *field) AnalyzedTokenFrequencies() bleveindex.TokenFrequencies { return f.freqs }
func (f *field) ArrayPositions() []uint64                              { return nil }
func (f *field) Value() []byte                                         { return nil }
func (f *field) EncodedFieldType() byte                                { return 't' }
func (f *field) NumPlainTextBytes() uint64                             { return uint64(len(f.text)) }
func (f *field) Size() int                                             { return len(f.text) }
