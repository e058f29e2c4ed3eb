package query

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"blotter/internal/race"
)

func texts(tokens []Token) []string {
	out := make([]string, len(tokens))
	for i, t := range tokens {
		out[i] = t.Text
	}
	return out
}

func TestTokenize(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"... — £ !", ""},
		{"Officers SEIZED it", "officers seized it"},
		{"counter-terrorism", "counter terrorism"},
		{"drug–dealer non‑stop", "drug dealer non stop"},
		{"1,500 and 12,345,678.9", "1500 and 12345678.9"},
		{"£2.5m, €3bn, $4", "2.5m 3bn 4"},
		{"1'500 1’500", "1500 1500"},
		{"the police's and the police’s", "the police and the police"},
		{"POLICE'S", "police"},
		{"MI5's MI5’s 1990's", "mi5 mi5 1990"},
		{"the U.S.'s plan, the U.S.’s plan", "the u.s plan the u.s plan"},
		{"officers' officers’", "officers officers"},
		{"don't don’t O‘Brien", "don't don't o'brien"},
		{"it's 's s", "it s s"},
		{"a 's b", "a s b"},
		{"café CAFÉ cafe\u0301", "cafe cafe cafe"},
		{"Straße STRASSE", "strasse strasse"},
		{"ﬁre Ｆｉｒｅ", "fire fire"},
		{"½ ² ™", "1 2 2"},
		{"İstanbul", "istanbul"},
		{"co\u00adop", "coop"},
		{"U.S. U.K.", "u.s u.k"},
		{"3.30 p.m.", "3.30 p.m"},
		{"gov.uk/news foo_bar __ _x", "gov.uk news foo_bar _x"},
		{"level:severe 14:05", "level severe 14 05"},
		{"a,b 1,b a,1 1;2", "a b 1 b a 1 12"},
		{"x. y", "x y"},
		{"Łódź Ελλάδας полиция", "łodz ελλαδασ полиция"},
		{"警察 ポリス", "警 察 ポリス"},
		{"M&S 24/7", "m s 24 7"},
		{"“Quoted”…said", "quoted said"},
		{"a\x00b \xff c", "a b c"},
		{"naïve-ish é's José’s", "naive ish e jose"},
	} {
		if got := strings.Join(texts(Tokenize(c.text)), " "); got != c.want {
			t.Errorf("%q is cut into %q, want %q", c.text, got, c.want)
		}
	}
}

// TestOffsets says that each word's bytes are the word as it was written.
func TestOffsets(t *testing.T) {
	text := "Mr. O’Neill’s “café-bar” paid £1,500.\n\nMI5's ½ José’s Ｆｉｒｅ — the U.S.’s end"
	want := "Mr|O’Neill|café|bar|paid|1,500|MI5|½|½|José|Ｆｉｒｅ|the|U.S|end"
	var got []string
	for i, tok := range Tokenize(text) {
		got = append(got, text[tok.Start:tok.End])
		if tok.Pos != i {
			t.Errorf("word %d has position %d", i, tok.Pos)
		}
	}
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // sentences parted by |, paragraphs by ‖
	}{
		{"One here. Two there.", "One here.|Two there."},
		{"He left No. 10 today. She came.", "He left No. 10 today.|She came."},
		{"They asked Mr. Smith and Dr. Jones. No one spoke.", "They asked Mr. Smith and Dr. Jones.|No one spoke."},
		{"He said no. The end.", "He said no.|The end."},
		{"In the U.S. Police said so.", "In the U.S. Police said so."},
		{"At 3.30 p.m. Police came.", "At 3.30 p.m. Police came."},
		{"At 3.30pm. Police came.", "At 3.30pm.|Police came."},
		{"J. K. Smith and I. Then we left.", "J. K. Smith and I.|Then we left."},
		{"He said: “Stop!” She stopped.", "He said: “Stop!”|She stopped."},
		{"“Stop!” said she. (He stopped.) They went.", "“Stop!” said she.|(He stopped.)|They went."},
		{"Why? Because... it is. Yes… So.", "Why?|Because... it is.|Yes…|So."},
		{"It cost 2.5 million. 12 people paid.", "It cost 2.5 million.|12 people paid."},
		{"See gov.uk. Then go.", "See gov.uk.|Then go."},
		{"A headline\n\nThe text. More\nof it.\n \n\nEnd", "A headline‖The text.|More\nof it.‖End"},
		{"One\u2029two\n\n* * *\n\nthree", "One‖two‖three"},
		{"\n\n * \n\n One.\n", "One."},
		{"On Jan. 5 it was. In Jan. It was.", "On Jan. 5 it was.|In Jan.|It was."},
		{"警察。容疑者", "警察。|容疑者"},
		{"…", ""},
	} {
		tokens := Tokenize(c.text)
		d := NewDocument("", "", c.text)
		var b strings.Builder
		for i, tok := range tokens {
			switch {
			case i > 0 && tok.Sentence == tokens[i-1].Sentence:
				continue
			case i > 0 && tok.Paragraph != tokens[i-1].Paragraph:
				b.WriteString("‖")
			case i > 0:
				b.WriteString("|")
			}
			start, end := Sentence(d, FieldBody, tok.Start, tok.End)
			b.WriteString(c.text[start:end])
		}
		if b.String() != c.want {
			t.Errorf("got  %s\nwant %s", b.String(), c.want)
		}
	}
}

// TestSentenceOfSpan widens spans that are not words.
func TestSentenceOfSpan(t *testing.T) {
	body := "One here. Two there. Three."
	d := NewDocument("A title", "", body)
	for _, c := range []struct {
		start, end int
		want       string
	}{
		{0, 3, "One here."}, {4, 13, "One here. Two there."}, {0, 0, "One here."}, {9, 9, "One here."}, {10, 12, "Two there."},
		{0, len(body), body}, {len(body), len(body), "Three."},
	} {
		start, end := Sentence(d, FieldBody, c.start, c.end)
		if got := body[start:end]; got != c.want {
			t.Errorf("%d to %d: got %q, want %q", c.start, c.end, got, c.want)
		}
	}
	if start, end := Sentence(d, FieldLead, 1, 2); start != 1 || end != 2 {
		t.Errorf("a field without words: got %d, %d", start, end)
	}
}

func TestStem(t *testing.T) {
	for _, family := range []string{
		"seize seized seizes seizing", "seizure seizures", "arrest arrests arrested arresting", "police policed policing",
		"policy policies", "carry carries carried carrying", "plan plans planned planning", "plane planes", "stab stabs stabbed stabbing",
		"raid raids raided raiding", "charge charges charged charging", "conviction convictions", "convict convicts convicted convicting",
		"terror", "terrorism", "terrorist terrorists", "control controls controlled controlling", "travel travelled traveled travelling",
		"level levels levelled", "die dies died dying", "lie lies lied lying", "use uses used using", "knife knifed", "force forces forced forcing",
		"kill kills killed killing", "add adds added adding", "box boxes boxed", "gas gases", "news", "evening evenings", "even evens",
		"organise organised organises organising", "organisation organisations", "organ organs", "investigate investigated investigating",
		"investigation investigations", "investigator investigators", "detain detained detains detaining", "detention", "explode exploded exploding",
		"explosion explosions", "explosive explosives", "march marches marched", "bus buses", "agree agrees agreed agreeing",
		"proceed proceeds", "army armies", "arm arms armed arming", "disrupt disrupted", "disruption", "finance finances financed financing",
		"sky skies", "ski skis skiing", "o'brien", "1500", "mi5", "ελλαδασ",
	} {
		words := strings.Fields(family)
		for _, w := range words {
			if Stem(w) != Stem(words[0]) {
				t.Errorf("%s has the stem %s, %s has %s", words[0], Stem(words[0]), w, Stem(w))
			}
		}
	}
	for _, pair := range []string{"seize seizure", "convict conviction", "terror terrorism", "terror terrorist", "organ organise",
		"organise organisation", "police policy", "plan plane", "arm army", "even evening", "explode explosion", "univers university", "news new",
		"investigate investigation", "detain detention", "general generate", "threat threaten", "bomb bomber"} {
		a, b, _ := strings.Cut(pair, " ")
		if Stem(a) == Stem(b) {
			t.Errorf("%s and %s both have the stem %s", a, b, Stem(a))
		}
	}
}

// FuzzTokenize says that words lie in order within the text, that a Document has the same, that the fast path for ASCII cuts as the tables do, and
// that sentences tile the words.
func FuzzTokenize(f *testing.F) {
	for _, s := range []string{"Mr. O’Neill’s café £1,500.\n\nNo. 10", "a.b'c,d;e_f:1,2.3'4", "½ ㎏ MI5's U.S.’s s's's", "\u0301a \u200d \xff", "צה\"ל"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tokens := Tokenize(text)
		for i, tok := range tokens {
			if tok.Start < 0 || tok.End <= tok.Start || tok.End > len(text) || tok.Text == "" || tok.Pos != i || !utf8.ValidString(tok.Text) {
				t.Fatalf("%q: word %d is %+v", text, i, tok)
			}
			if i == 0 {
				continue
			}
			last := tokens[i-1]
			if tok.Start < last.End && (tok.Start != last.Start || tok.End != last.End) {
				t.Fatalf("%q: %+v overlaps %+v", text, tok, last)
			}
			if d := tok.Sentence - last.Sentence; d < 0 || d > 1 || tok.Paragraph < last.Paragraph || tok.Paragraph > last.Paragraph && d == 0 {
				t.Fatalf("%q: %+v follows %+v", text, tok, last)
			}
		}
		d := NewDocument("", "", text)
		if len(d.tokens) != len(tokens) {
			t.Fatalf("%q: a document has %d words, Tokenize finds %d", text, len(d.tokens), len(tokens))
		}
		for i, tok := range tokens {
			w := d.tokens[i]
			if d.words.text(w.word) != tok.Text || int(w.start) != tok.Start || int(w.end) != tok.End || int(w.sentence) != tok.Sentence {
				t.Fatalf("%q: word %d is %+v, in a document %q %+v", text, i, tok, d.words.text(w.word), w)
			}
			if start, end := Sentence(d, FieldBody, tok.Start, tok.End); start > tok.Start || end < tok.End {
				t.Fatalf("%q: %+v lies outside its sentence, %d to %d", text, tok, start, end)
			}
		}
		if !utf8.ValidString(text) { // the tables do not go on behind a broken byte
			return
		}
		if got, want := texts(tokens), byTables(text); !slices.Equal(got, want) {
			t.Fatalf("%q is cut into %q, by the tables %q", text, got, want)
		}
	})
}

// byTables cuts a text without the fast path.
func byTables(text string) []string {
	var s scanner
	s.reset(text)
	s.pos = len(text)
	s.queue = s.fold.cut(nil, text, 0)
	var out []string
	for s.next() {
		out = append(out, string(s.bytes()))
	}
	return out
}

// TestDocumentCutsAsTokenize holds the two loops that cut words together, at every place in the 64 bytes they look at.
func TestDocumentCutsAsTokenize(t *testing.T) {
	race.Skip(t)
	r := randomly{rand.New(rand.NewPCG(7, 8))}
	words := 0
	for range 20_000 {
		var text strings.Builder
		for range 40 {
			text.WriteString(r.of("a", "the", "Seizing", "police’s", "officer's", "MI5's", "1,500", "2024", "3.30", "U.S.", "counter-terrorism",
				"internationalisation", "café", "_", "don't", "x"))
			text.WriteString(r.of(" ", " ", " ", ", ", ". ", "-", " — ", " £", ".\n\n", "\n\n", "\n", "'", "’ ", " (", ") ", "", ".' ", ",\" "))
		}
		body := text.String()
		d := NewDocument("", "", body)
		tokens := Tokenize(body)
		if len(tokens) != len(d.tokens) {
			t.Fatalf("%q: the Document has %d words, Tokenize %d", body, len(d.tokens), len(tokens))
		}
		for i, want := range tokens {
			got := d.tokens[i]
			if d.words.text(got.word) != want.Text || int(got.start) != want.Start || int(got.end) != want.End || int(got.sentence) != want.Sentence {
				t.Fatalf("%q: word %d of the Document is %q at %d to %d of sentence %d; Tokenize has %+v",
					body, i, d.words.text(got.word), got.start, got.end, got.sentence, want)
			}
		}
		words += len(tokens)
		d.Close()
	}
	if words < 100_000 {
		t.Errorf("%d words compared", words)
	}
}
