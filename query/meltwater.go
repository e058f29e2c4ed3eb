package query

import (
	"fmt"
	"strconv"
	"strings"
)

// meltwater is the advanced (Boolean) search of Meltwater's Explore and Monitor. Its sources are "How to master Boolean
// search 1/3 to 3/3" and "Explore search performance and best practices" of help.meltwater.com, and for the order of
// operators "The Boolean touch" of meltwater.com/blog.
//
// What the service counts: "Apple NEAR/10 watch: with no more than 10 words between each other", and NEAR alone "no
// more than 4 words between". Words between are one less than positions apart, so that NEAR/n is NEAR/n+1 here.
//
// A word has the form that is written ("remove wildcards, write out: shop OR shops OR shopped").
//
// NEAR binds tightest, then "NOT > AND > OR". Capitals are "no longer required" for operators. What two words side by
// side are without quotation marks is documented nowhere, and so an error.
var meltwater = dialect{
	name:    "meltwater",
	service: "Meltwater",
	cut:     rules{opens: "(", shuts: ")", apart: meltwaterSuffix, odd: "|^~{}[]<>=@#;\\%+"},
	leaf: func(r *reader, text string, at int, _ bool) (Node, *fault) {
		return r.spell(text, at, Exact)
	},
	joint:     meltwaterJoint,
	prefixNot: meltwaterNot,
	begins:    func(in []lexeme) bool { return in[0].kind == bare && strings.Contains(in[0].text, ":") },
	command:   meltwaterField,
	after:     meltwaterAfter,
	wild: func(s string, _ bool) wildcard {
		switch s[0] {
		case '*':
			return wildcard{width: 1}
		case '?':
			return wildcard{width: 1, exactly: true}
		}
		return wildcard{}
	},
}

// How tightly the operators of Meltwater bind.
const (
	meltwaterNear = 40
	meltwaterNot  = 30
	meltwaterAnd  = 20
	meltwaterOr   = 10
)

// meltwaterSuffix finds ^9 and ~5, which stand behind a word, a phrase or a group.
func meltwaterSuffix(s string) int {
	if s != "" && (s[0] == '^' || s[0] == '~') {
		if n := digits(s[1:]); n > 0 {
			return n + 1
		}
	}
	return 0
}

func meltwaterJoint(in []lexeme) (joint, *fault) {
	l := in[0]
	if l.kind != bare {
		return joint{}, nil
	}
	j := joint{width: 1, name: l.text}
	name, arg, slash := strings.Cut(strings.ToLower(l.text), "/")
	switch {
	case name == "near" || name == "onear":
		j.ordered = name == "onear"
		if !slash {
			arg = "4"
		}
		return betweenWords(l, j, arg, meltwaterNear, "Meltwater")
	case slash:
	case name == "and":
		j.kind, j.power = opAnd, meltwaterAnd
	case name == "or":
		j.kind, j.power = opOr, meltwaterOr
	case name == "not":
		j.kind, j.not, j.power = opAnd, true, meltwaterNot
	}
	return j, nil
}

// betweenWords makes a NEAR of an operator that counts the words between: of neighbours 0, which are 1 apart here.
func betweenWords(l lexeme, j joint, number string, power int, service string) (joint, *fault) {
	n, err := strconv.Atoi(number)
	if err != nil || !isNumber(number) || n >= maxDistance {
		return joint{}, &fault{l.at, fmt.Sprintf("%s: the number must be from 0 to %d", l.text, maxDistance-1), ""}
	}
	j.kind, j.n, j.power = opNear, n+1, power
	here := "NEAR"
	if j.ordered {
		here = "ONEAR"
	}
	j.note = fmt.Sprintf("%s is %s/%d: %s counts the words between, here neighbours are 1 apart",
		l.text, here, j.n, service)
	return j, nil
}

// meltwaterFields are what stands before a colon.
var meltwaterFields = map[string]serviceField{
	"title": {in: []string{FieldTitle}},
	"ingress": {in: []string{FieldLead}, note: "ingress: is Meltwater's summary, most often the first sentences; " +
		"here lead is the standfirst or first paragraph"},
	"body":   {in: []string{FieldBody}},
	"author": {as: "author"}, "language": {as: "lang"}, "lang": {as: "lang"},
	"source":        {lost: "is a source of Meltwater, and sources have other names here (source:)"},
	"sourcename":    {lost: "is a source of Meltwater, and sources have other names here (source:)"},
	"sourcecountry": {lost: "is the country of a source by Meltwater's names, which country: here does not know"},
	"country":       {lost: "is a country by Meltwater's names, which country: here does not know"},
}

// meltwaterNames are the fields for the hint of an error.
var meltwaterNames = []string{"title", "ingress", "body", "author", "language", "source", "country"}

func meltwaterField(r *reader) (Node, *fault) {
	l := r.in[0]
	name, _, _ := strings.Cut(l.text, ":")
	field, ok := meltwaterFields[strings.ToLower(name)]
	if !ok {
		return nil, &fault{l.at, "unknown field " + excerpt(name) + ":",
			meant(name, meltwaterNames, func(s string) string { return s + ":" }) + "; quote it if it is text"}
	}
	r.trim(len(name) + 1)
	if next := r.in[0]; next.kind == atEnd || next.kind == shut || !next.glued {
		return nil, &fault{l.at, name + ": has nothing after it", "write it without a space: " + name + ":word"}
	}
	return r.inField(l, name+":", field, r.operand)
}

// meltwaterAfter reads ^9, by which hits are sorted, and the ~5 of a phrase.
func meltwaterAfter(r *reader, n Node, before lexeme) (Node, *fault) {
	for r.in[0].kind == bare && r.in[0].glued && meltwaterSuffix(r.in[0].text) > 0 {
		l := r.shift()
		if l.text[0] == '^' {
			r.note(l.at, l.text+" only puts some sentences first, and is left out")
			continue
		}
		var f *fault
		if n, f = r.loosen(n, l, before); f != nil {
			return nil, f
		}
	}
	return n, nil
}

// loosen makes a chain of NEAR of "a b"~5. The number is, as in the search engines that have it, of places that words
// may move, which is words between for two of them in order.
func (r *reader) loosen(n Node, l, before lexeme) (Node, *fault) {
	if n == nil {
		return nil, nil
	}
	p, ok := n.(*Phrase)
	number, err := strconv.Atoi(l.text[1:])
	if before.kind != quoted || !ok {
		return nil, &fault{l.at, l.text + " stands only behind a phrase", "write \"a b\"" + l.text}
	}
	if err != nil || number >= maxDistance {
		return nil, &fault{l.at, l.text + ": the number is too large", ""}
	}
	var x Node = p.Words[0]
	for _, w := range p.Words[1:] {
		var f *fault
		if x, f = r.deepen(&Near{X: x, Y: w, N: number + 1}, before.at); f != nil {
			return nil, f
		}
	}
	r.note(l.at, fmt.Sprintf("%s is the number of places by which words may move; read as NEAR/%d from word to word",
		l.text, number+1))
	return x, nil
}
