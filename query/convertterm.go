package query

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// wildcard is one of a service: it stands for from 0 or exactly 1 to most characters.
type wildcard struct {
	width   int  // of its sign, in bytes; 0: it is none
	exactly bool // it stands for exactly one character
	most    int  // 0: any number
	note    string
	fault   string // it may not stand here
}

// How far a wildcard for a limited number of characters is written out, as a form for each number; past that at the
// end of a word it becomes any ending. Four forms can still be read.
const (
	maxWrittenOut = 3
	maxInside     = 5 // inside a word, where there is nothing else to make of it
	maxForms      = 32
	maxSigns      = 64
)

// forms spells a text with the wildcards of this language: every form it may have, of which there are several when a
// wildcard stands for a limited number of characters. lost says why it cannot be spelt.
func (r *reader) forms(text string, at int) (out []string, lost string, f *fault) {
	if strings.Count(text, "*")+strings.Count(text, "?")+strings.Count(text, "$")+strings.Count(text, "[") > maxSigns {
		return nil, fmt.Sprintf("more than %d wildcards", maxSigns), nil
	}
	spelt := [][]byte{nil}
	add := func(endings ...string) {
		var longer [][]byte
		for _, e := range endings[1:] {
			for _, s := range spelt {
				longer = append(longer, append(slices.Clone(s), e...))
			}
		}
		for i := range spelt {
			spelt[i] = append(spelt[i], endings[0]...)
		}
		spelt = append(spelt, longer...)
	}
	for i := 0; i < len(text); {
		c, n := utf8.DecodeRuneInString(text[i:])
		last := r.lastInWord(text[i:])
		w := r.dialect.wild(text[i:], last)
		if w.width == 0 {
			if strings.ContainsRune("*?!", c) {
				c = ' ' // a mark of punctuation there, which would be a wildcard here
			}
			add(string(c))
			i += n
			continue
		}
		if w.fault != "" {
			return nil, "", &fault{at + i, w.fault, ""}
		}
		switch {
		case w.exactly:
			add("?")
		case last && (w.most == 0 || w.most > maxWrittenOut):
			for j := range spelt {
				spelt[j] = append(bytes.TrimRight(spelt[j], "*"), '*')
			}
		case w.most == 0 || w.most > maxInside:
			return nil, fmt.Sprintf("%s stands for any number of characters inside a word", text[i:i+w.width]), nil
		default:
			endings := make([]string, w.most+1)
			for j := range endings {
				endings[j] = strings.Repeat("?", j)
			}
			add(endings...)
		}
		r.once(at+i, w.note)
		i += w.width
		if len(spelt) > maxForms {
			return nil, fmt.Sprintf("the wildcards stand for more than %d forms", maxForms), nil
		}
	}
	for _, s := range spelt {
		if !slices.Contains(out, string(s)) {
			out = append(out, string(s))
		}
	}
	return out, "", nil
}

// lastInWord says that no letter or number follows the wildcards that s begins with.
func (r *reader) lastInWord(s string) bool {
	for s != "" {
		w := r.dialect.wild(s, true)
		if w.width == 0 {
			break
		}
		s = s[w.width:]
	}
	c, _ := utf8.DecodeRuneInString(s)
	return s == "" || !unicode.IsLetter(c) && !unicode.IsNumber(c)
}

// spell makes a term of a text in one of the forms Inflected, Exact and Cased.
func (r *reader) spell(text string, at int, form Form) (Node, *fault) {
	forms, lost, f := r.forms(text, at)
	if f != nil {
		return nil, f
	}
	wild := len(forms) > 1 || lost != "" || strings.ContainsAny(forms[0], "*?")
	if wild && lost == "" && form == Cased {
		lost = "a wildcard where capitals count"
	}
	if len(forms) > 1 {
		form = Exact // the form without a wildcard is one of those asked for, and not its inflections
	}
	var nodes []Node
	for _, spelt := range forms {
		if lost != "" {
			break
		}
		n, f := r.words.phrase(lexeme{kind: quoted, text: spelt, at: at}, form)
		switch {
		case f != nil && wild:
			lost = f.msg
		case f != nil:
			return nil, f
		default:
			n = r.sound(n, spelt, at)
			nodes = append(nodes, n)
		}
	}
	if lost != "" {
		r.lose(at, excerpt(text)+": "+lost, leftOut)
		return nil, nil
	}
	return r.mark(disjoin(nodes), at), nil
}

// excerpt is what a message shows of a query: one line, and no character that steers a terminal.
func excerpt(s string) string {
	return clip(strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, strings.Join(strings.Fields(s), " ")))
}

// sound makes sure that a term is read as it is printed. A phrase of inflected words is printed as a compound, which a
// few words, such as those that hold a mark, are no part of: then it is a quoted one.
func (r *reader) sound(n Node, text string, at int) Node {
	printed := leaf(n)
	if q, err := Parse(printed); err == nil && q.String() == printed {
		return n
	}
	if exact, f := r.words.phrase(lexeme{kind: quoted, text: text, at: at}, Exact); f == nil {
		r.note(at, excerpt(text)+": quoted, so that its words have these forms only")
		return exact
	}
	return n
}

// serviceField is a field of a service as this language has it.
type serviceField struct {
	in   []string // title, lead or body; of several, one is enough
	as   string   // or a condition: author, lang
	note string   // what changes
	lost string   // or what it is, when there is nothing like it here
}

// inField reads what a field is asked for and puts it there.
func (r *reader) inField(l lexeme, written string, field serviceField, read func() (Node, *fault)) (Node, *fault) {
	if r.field != "" {
		return nil, &fault{l.at, written + " stands inside " + r.field, "close that before it"}
	}
	r.field = written
	defer func() { r.field = "" }()
	if field.lost != "" {
		r.quiet++
		_, f := r.with(func(*reader, string, int, bool) (Node, *fault) { return nil, nil }, read)
		r.quiet--
		r.lose(l.at, excerpt(r.src[l.at:r.in[0].at])+" "+field.lost, leftOut)
		return nil, f
	}
	r.once(l.at, field.note)
	if field.as != "" {
		return r.with(conditionLeaf(field.as), read)
	}
	n, f := read()
	if f != nil || n == nil {
		return nil, f
	}
	return r.spread(n, field.in, l.at), nil
}

// spread puts an expression into fields. With two, each of its terms may stand in either, as in the group of fields
// that it comes from; so the fields go down to what has places.
func (r *reader) spread(n Node, fields []string, at int) Node {
	if len(fields) == 1 {
		return r.mark(&Field{Name: fields[0], X: n}, at)
	}
	switch n := n.(type) {
	case *And:
		return r.mark(&And{r.spreadAll(n.X, fields, at)}, at)
	case *Or:
		if placeless(n) != nil {
			return r.mark(disjoin(r.spreadAll(n.X, fields, at)), at)
		}
	case *Not:
		return r.mark(&Not{r.spread(n.X, fields, at)}, at)
	case *AtLeast:
		return r.mark(&AtLeast{N: n.N, X: r.spread(n.X, fields, at)}, at)
	}
	var nodes []Node
	for _, name := range fields {
		nodes = append(nodes, r.mark(&Field{Name: name, X: n}, at))
	}
	return r.mark(&Or{nodes}, at)
}

func (r *reader) spreadAll(nodes []Node, fields []string, at int) []Node {
	out := make([]Node, len(nodes))
	for i, n := range nodes {
		out[i] = r.spread(n, fields, at)
	}
	return out
}

// conditionLeaf makes conditions on metadata of terms.
func conditionLeaf(field string) leafFunc {
	return func(r *reader, text string, at int, _ bool) (Node, *fault) {
		text = strings.Trim(strings.TrimSpace(text), "{}")
		if field == "lang" {
			code, ok := languages[strings.ToLower(text)]
			if !ok && len(text) == 2 && isLetters(text) {
				code, ok = strings.ToLower(text), true
			}
			if !ok {
				return nil, &fault{at, fmt.Sprintf("unknown language %q", excerpt(text)), "write its code of two letters, such as en"}
			}
			text = code
		}
		if strings.ContainsAny(text, "*?!$") {
			r.lose(at, excerpt(text)+": a wildcard in "+field+":", leftOut)
			return nil, nil
		}
		return r.condition(field+`:"`+text+`"`, at)
	}
}

// condition makes a condition by the parser of this language, which knows what is wrong with it.
func (r *reader) condition(text string, at int) (Node, *fault) {
	q, err := Parse(text)
	if err != nil {
		msg := err.Error()
		if e, ok := err.(*SyntaxError); ok {
			msg = e.Msg
		}
		return nil, &fault{at, msg, ""}
	}
	return r.mark(q.root, at), nil
}

// languages are the codes of the names that services write.
var languages = map[string]string{
	"arabic": "ar", "bulgarian": "bg", "catalan": "ca", "chinese": "zh", "croatian": "hr", "czech": "cs", "danish": "da",
	"dutch": "nl", "english": "en", "eng": "en", "finnish": "fi", "french": "fr", "german": "de", "greek": "el",
	"hebrew": "he", "hungarian": "hu", "indonesian": "id", "italian": "it", "japanese": "ja", "korean": "ko",
	"norwegian": "no", "persian": "fa", "polish": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru",
	"serbian": "sr", "slovak": "sk", "slovenian": "sl", "spanish": "es", "swedish": "sv", "thai": "th", "turkish": "tr",
	"ukrainian": "uk", "vietnamese": "vi", "welsh": "cy",
}
