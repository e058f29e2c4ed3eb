package query

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// bare reads an operand that begins outside quotation marks: @list, =exact, field:x, a word.
func (p *parser) bare(l lexeme) (Node, *fault) {
	switch {
	case l.text[0] == '@':
		p.shift()
		return p.list(l)
	case l.text[0] == '=':
		p.trim(1)
		next := p.shift()
		if next.kind == quoted && next.glued {
			return p.phrase(next, Exact)
		}
		if next.kind != bare || !next.glued {
			return nil, &fault{l.at, "= has no word after it", "write =word for this exact form"}
		}
		return p.term(next, Exact)
	case strings.HasPrefix(l.text, "hd="):
		p.trim(len("hd="))
		return p.inField(l, FieldTitle, "hd=")
	}
	if name, _, ok := strings.Cut(l.text, ":"); ok {
		return p.prefixed(l, name)
	}
	p.shift()
	return p.term(l, Inflected)
}

// prefixed reads name:x.
func (p *parser) prefixed(l lexeme, name string) (Node, *fault) {
	rest := len(name) + 1
	switch {
	case name == FieldTitle || name == FieldLead || name == FieldBody:
		p.trim(rest)
		return p.inField(l, name, name+":")
	case name == "intitle":
		p.trim(rest)
		return p.inField(l, FieldTitle, "intitle:")
	case name == "case":
		p.trim(rest)
		return p.cased(l)
	case isMetadata(name):
		p.trim(rest)
		return p.metadata(l, name)
	case !isLetters(name):
		return nil, &fault{l.at, "a colon stands only after the name of a field", "quote it if it is text: \"" + l.text + "\""}
	}
	return nil, &fault{l.at, "unknown field " + name + ":", meant(name, fieldNames, func(s string) string { return s + ":" })}
}

func (p *parser) cased(l lexeme) (Node, *fault) {
	next := p.in[0]
	if next.kind == atEnd || !next.glued || next.kind == shut {
		return nil, &fault{l.at, "case: has nothing after it", "write case:MET or case:\"Border Force\""}
	}
	if next.kind == open {
		return nil, &fault{next.at, "case: takes a word or a phrase, not a group", "write (case:A OR case:B)"}
	}
	p.shift()
	if next.kind == quoted {
		return p.phrase(next, Cased)
	}
	return p.term(next, Cased)
}

// inField reads what a text field is asked for.
func (p *parser) inField(l lexeme, field, written string) (Node, *fault) {
	next := p.in[0]
	if next.kind == atEnd || next.kind == shut || !next.glued {
		return nil, &fault{l.at, written + " has nothing after it", "write " + written + "word without a space, or " + written + "(a OR b)"}
	}
	if next.kind == bare && next.text[0] == '-' {
		return nil, &fault{next.at, "a minus sign stands before the field", "write -" + written + next.text[1:]}
	}
	if p.field != "" {
		return nil, &fault{l.at, written + " stands inside " + p.field + ":", "close that group before it"}
	}
	if f := p.deeper(l.at); f != nil {
		return nil, f
	}
	p.field = field
	x, f := p.primary()
	p.field = ""
	p.depth--
	if f != nil {
		return nil, f
	}
	return &Field{Name: field, X: x}, nil
}

// list reads @name.
func (p *parser) list(l lexeme) (Node, *fault) {
	name := l.text[1:]
	if name == "" {
		return nil, &fault{l.at, "@ has no name after it", "write @name for the word list of that name"}
	}
	var entries []string
	ok := false
	if p.options.Lists != nil {
		entries, ok = p.options.Lists(name)
	}
	if !ok && p.options.Saved != nil {
		if text, saved := p.options.Saved(name); saved {
			return p.saved(name, text, l.at)
		}
	}
	if !ok {
		what, hint := "unknown word list @", "there are no word lists here"
		if p.options.Saved != nil {
			what = "no word list and no saved query is called @"
		}
		if known := slices.Concat(p.options.SavedNames, p.options.ListNames); len(known) > 0 {
			hint = meant(name, known, func(s string) string { return "@" + s })
		}
		return nil, &fault{l.at, what + name, hint}
	}
	if len(entries) == 0 {
		return nil, &fault{l.at, "the word list @" + name + " is empty", ""}
	}
	list := &List{Name: name}
	for i, entry := range entries {
		n, f := p.entry(entry, l.at)
		if f != nil {
			msg := fmt.Sprintf("@%s, entry %d (%s): %s", name, i+1, clip(entry), f.msg)
			return nil, &fault{l.at, msg, f.hint}
		}
		list.Entries = append(list.Entries, n)
	}
	return list, nil
}

// saved reads a saved query in the place of its name.
func (p *parser) saved(name, text string, at int) (Node, *fault) {
	if slices.Contains(p.options.within, name) {
		return nil, &fault{at, "the saved query @" + name + " contains itself", ""}
	}
	if p.field != "" {
		return nil, &fault{at, "@" + name + " is a saved query, and cannot be in " + p.field + ":", "name the field in the saved query"}
	}
	o := p.options
	o.within = append(slices.Clone(o.within), name)
	n, f := parse(text, o)
	if f != nil {
		return nil, &fault{at, fmt.Sprintf("the saved query @%s, column %d: %s", name, utf8.RuneCountInString(text[:f.at])+1, f.msg), f.hint}
	}
	_, terms := size(n)
	if p.terms += terms; p.terms > maxTerms {
		return nil, &fault{at, fmt.Sprintf("the query has more than %d terms", maxTerms), ""}
	}
	return n, nil
}

// clip shortens what an error quotes.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}

// entry reads one entry of a word list.
func (p *parser) entry(s string, at int) (Node, *fault) {
	lexemes, f := lex(s)
	if f != nil {
		return nil, f
	}
	inner := &parser{src: s, in: lexemes, at: p.at, terms: p.terms}
	var n Node
	plain := len(lexemes) > 2
	for _, l := range lexemes[:len(lexemes)-1] {
		op, f := readOperator(l)
		if f != nil {
			return nil, f
		}
		if op.kind != noOp || l.kind == open || l.kind == shut {
			return nil, &fault{at, "an entry is a word or a phrase", "write a rule for " + l.text}
		}
		plain = plain && l.kind == bare
	}
	if plain {
		n, f = inner.phrase(lexeme{kind: quoted, text: s}, Exact)
	} else {
		if n, f = inner.primary(); f == nil && inner.in[0].kind != atEnd {
			f = &fault{at, "an entry is one word or one phrase", ""}
		}
	}
	p.terms = inner.terms
	if f != nil {
		return nil, f
	}
	switch n.(type) {
	case *Word, *Phrase:
		return n, nil
	}
	return nil, &fault{at, "an entry is a word or a phrase", ""}
}

// The letters that stand for wildcards while a word is cut: letters that nothing changes and no newsroom uses.
const (
	anyEnding    = '\U00010300' // OLD ITALIC LETTER A
	anyCharacter = '\U00010301' // OLD ITALIC LETTER BE
)

// minPrefix is how many characters stand before a wildcard at least: fewer would be half the dictionary.
const minPrefix = 3

// phrase reads what stands between quotation marks.
func (p *parser) phrase(l lexeme, form Form) (Node, *fault) {
	words, f := p.words(l, form)
	if f != nil {
		return nil, f
	}
	if len(words) == 0 {
		return nil, &fault{l.at, "the phrase holds no word", ""}
	}
	return one(words), nil
}

// term reads one word, which may be a compound.
func (p *parser) term(l lexeme, form Form) (Node, *fault) {
	if i := strings.IndexFunc(l.text, misplaced); i >= 0 {
		r, _ := utf8.DecodeRuneInString(l.text[i:])
		return nil, &fault{l.at + i, fmt.Sprintf("%q has no meaning here", r), misplacedHint(r)}
	}
	first, _ := utf8.DecodeRuneInString(l.text)
	if unicode.Is(unicode.Pd, first) {
		return nil, &fault{l.at, fmt.Sprintf("%q is not a minus sign", first), "write -" + l.text[utf8.RuneLen(first):] + " to exclude it"}
	}
	if end := l.text[len(l.text)-1]; end == ',' {
		return nil, &fault{l.at + len(l.text) - 1, "',' has no meaning here", "write AND or OR, or nothing, which is AND"}
	}
	words, f := p.words(l, form)
	if f != nil {
		return nil, f
	}
	if len(words) == 0 {
		return nil, &fault{l.at, l.text + " holds no word", ""}
	}
	return one(words), nil
}

// one makes a word of one word and a phrase of several.
func one(words []*Word) Node {
	if len(words) == 1 {
		return words[0]
	}
	return &Phrase{words}
}

// misplaced says that r, outside quotation marks, looks like an operator and is none.
func misplaced(r rune) bool {
	return strings.ContainsRune("~|^+;{}[]<>=@#%\\:−", r) || unicode.IsControl(r)
}

func misplacedHint(r rune) string {
	switch r {
	case '~':
		return "write \"a b\"~5 or a NEAR/5 b"
	case '|':
		return "write OR"
	case '+':
		return "write AND"
	case ';':
		return "write OR"
	case '−':
		return "write - to exclude a word"
	}
	return "quote it if it is text"
}

// words cuts l into words of the form, or of Pattern where a wildcard stands.
func (p *parser) words(l lexeme, form Form) ([]*Word, *fault) {
	if i := strings.IndexAny(l.text, string(anyEnding)+string(anyCharacter)); i >= 0 {
		return nil, &fault{l.at, "this letter cannot be searched for", ""}
	}
	text, f := p.marked(l, form)
	if f != nil {
		return nil, f
	}
	tokens := stable(text)
	if form == Cased {
		tokens = Tokenize(text)
	}
	var words []*Word
	for _, t := range tokens {
		w := &Word{Form: form, Text: t.Text, Key: t.Text}
		wild := strings.IndexAny(t.Text, string(anyEnding)+string(anyCharacter))
		switch {
		case wild >= 0:
			if utf8.RuneCountInString(t.Text[:wild]) < minPrefix {
				return nil, &fault{l.at, fmt.Sprintf("fewer than %d characters stand before the first wildcard", minPrefix),
					"write more of the word, or its forms with OR"}
			}
			if i := strings.IndexRune(t.Text, anyEnding); i >= 0 && i+utf8.RuneLen(anyEnding) < len(t.Text) {
				return nil, &fault{l.at, "* stands for any ending, so only at the end of a word", "write ? for one character within a word"}
			}
			w.Form, w.Key = Pattern, t.Text[:wild]
			w.Text = strings.NewReplacer(string(anyEnding), "*", string(anyCharacter), "?").Replace(t.Text)
		case form == Inflected:
			w.Key = Stem(t.Text)
		case form == Cased:
			w.Text = Written(text[t.Start:t.End])
		}
		words = append(words, w)
	}
	if p.terms += len(words); p.terms > maxTerms {
		return nil, &fault{l.at, fmt.Sprintf("the query has more than %d terms", maxTerms), ""}
	}
	return words, nil
}

// stable cuts a text into words. What the words say is cut again until that changes nothing more, so that a query
// printed and read again is the same: the possessive of "’s’s" and the like take two rounds.
func stable(text string) []Token {
	tokens := Tokenize(text)
	for range 3 {
		again := make([]string, len(tokens))
		for i, t := range tokens {
			again[i] = t.Text
		}
		next := Tokenize(strings.Join(again, " "))
		same := len(next) == len(tokens)
		for i := 0; same && i < len(next); i++ {
			same = next[i].Text == tokens[i].Text
		}
		if same {
			break
		}
		tokens = next
	}
	return tokens
}

// marked is the text of l with letters for its wildcards.
func (p *parser) marked(l lexeme, form Form) (string, *fault) {
	if !strings.ContainsAny(l.text, "*?!") {
		return l.text, nil
	}
	var b strings.Builder
	before := rune(' ')
	for i, r := range l.text {
		next, _ := utf8.DecodeRuneInString(l.text[i+utf8.RuneLen(r):])
		switch {
		case r != '*' && r != '?' && r != '!':
			b.WriteRune(r)
			if !unicode.IsMark(r) { // one belongs to the letter before it
				before = r
			}
			continue
		case form == Cased:
			return "", &fault{l.at + i, "case: takes no wildcard", "write out the forms with OR"}
		case form == Exact && l.kind == bare:
			return "", &fault{l.at + i, "= asks for this exact form and takes no wildcard", "leave the = out"}
		case r == '!' && isAlphanumeric(next):
			return "", &fault{l.at + i, "! stands for any ending, so only at the end of a word", ""}
		case !isAlphanumeric(before):
			return "", &fault{l.at + i, fmt.Sprintf("fewer than %d characters stand before the first wildcard", minPrefix),
				"write more of the word, or its forms with OR"}
		case r == '?':
			r = anyCharacter
		default:
			r = anyEnding
		}
		b.WriteRune(r)
		before = r
	}
	return b.String(), nil
}
