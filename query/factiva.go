package query

import (
	"fmt"
	"strconv"
	"strings"
)

// factiva is the language of Factiva's search form and of its older programming interfaces ("Traditional"). Its sources
// are the pages search_statement_operators, search_statement_examples, raw_search_statement_terms and range_searches of
// the Factiva Developer's Kit, and "Factiva help tips: using connectors and operators".
//
// What the service counts: "adjacency is 1-based (adj1 means direct adjacency)", and of World Cup adj5 rugby, "rugby is
// the fifth word (0-4 words between)". That is how ONEAR and NEAR count here; no number is shifted. W/n is
// "functionally identical to adj" and so keeps the order, which W/n does nowhere else.
//
// Words side by side are a phrase ("adj is the default operator"), and have the forms that are written.
//
// same, adjN, w/N, nearN and /nN/ bind tightest, then atleastN and fields, then not, and, or; each from left to right.
var factiva = dialect{
	name:    "factiva",
	service: "Factiva",
	cut:     rules{opens: "([", shuts: ")]", apart: factivaSlashed, odd: "~|^{}<>=@#:;\\%+"},
	leaf: func(r *reader, text string, at int, _ bool) (Node, *fault) {
		return r.spell(text, at, Exact)
	},
	joint:   factivaJoint,
	implied: joint{kind: opNear, n: 1, ordered: true, power: factivaProximity, name: "adj"},
	phrases: true,
	begins:  factivaBegins,
	command: factivaCommand,
	after:   factivaAfter,
	wild:    factivaWild,
}

// How tightly the operators of Factiva bind.
const (
	factivaProximity = 40
	factivaNot       = 20
	factivaAnd       = 15
	factivaOr        = 10
)

// factivaSlashed finds /N30/ and /F50/, which "can be used with no surrounding white space".
func factivaSlashed(s string) int {
	if len(s) < 4 || s[0] != '/' || !strings.ContainsRune("nNfF", rune(s[1])) {
		return 0
	}
	n := digits(s[2:])
	if n == 0 || !strings.HasPrefix(s[2+n:], "/") {
		return 0
	}
	return n + 3
}

func factivaJoint(in []lexeme) (joint, *fault) {
	l := in[0]
	if l.kind != bare {
		return joint{}, nil
	}
	j := joint{width: 1, name: l.text}
	word := strings.ToLower(l.text)
	switch word {
	case "or":
		j.kind, j.power = opOr, factivaOr
		return j, nil
	case "and":
		j.kind, j.power = opAnd, factivaAnd
		if in[1].kind == bare && strings.EqualFold(in[1].text, "not") {
			j.not, j.power, j.width, j.name = true, factivaNot, 2, l.text+" "+in[1].text
		}
		return j, nil
	case "not":
		j.kind, j.not, j.power = opAnd, true, factivaNot
		return j, nil
	case "same":
		j.kind, j.unit, j.power = opSame, InParagraph, factivaProximity
		return j, nil
	case "%":
		j.kind, j.n, j.ordered, j.power = opNear, 2, true, factivaProximity
		j.lost, j.near = "% asks for exactly one word between", "read as ONEAR/2, one word or none"
		return j, nil
	case "near":
		return joint{}, &fault{l.at, "near needs a number", "write near5, or quote it if it is a word"}
	}
	name, number := numberedName(word)
	switch {
	case name == "adj" || name == "w/":
		j.ordered = true
		if number == "" {
			number = "1" // "1 is assumed if a number is omitted"
		}
	case name == "near" && number != "":
	case factivaSlashed(word) > 0 && word[1] == 'n':
		number = strings.Trim(word, "/n")
	default:
		return joint{}, nil
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > maxDistance {
		return joint{}, &fault{l.at, fmt.Sprintf("%s: the number must be from 1 to %d", l.text, maxDistance), ""}
	}
	j.kind, j.n, j.power = opNear, n, factivaProximity
	if name == "w/" && n > 1 {
		j.note, j.once = "w/N keeps the order of the words at Factiva, as adjN does: ONEAR here", true
	}
	return j, nil
}

// factivaAfter reads x/F50/.
func factivaAfter(r *reader, n Node, _ lexeme) (Node, *fault) {
	for r.in[0].kind == bare && factivaSlashed(r.in[0].text) > 0 && strings.ContainsRune("fF", rune(r.in[0].text[1])) {
		l := r.shift()
		first := strings.Trim(l.text, "/fF")
		r.lose(l.at, fmt.Sprintf("%s (within the first %s words) has no counterpart", l.text, first), leftOut)
	}
	return n, nil
}

// factivaWild reads $, $n, * and ?. "$N matches from 0 to N characters; if N is omitted, 9 is used"; "* is unlimited";
// "? is exactly one character".
func factivaWild(s string, last bool) wildcard {
	switch n := digits(s[1:]); {
	case s[0] == '?':
		return wildcard{width: 1, exactly: true}
	case s[0] == '*' && last:
		return wildcard{width: 1}
	case s[0] == '*':
		return wildcard{width: 1, fault: "* stands only at the end of a word"}
	case s[0] != '$' || n > 1:
		return wildcard{} // $500
	case n == 1 && (s[1] == '0' || !last):
		return wildcard{width: 2, fault: "$ and a number from 1 to 9 stand only at the end of a word"}
	case n == 1 && s[1]-'0' > maxWrittenOut:
		return wildcard{width: 2, most: int(s[1] - '0'),
			note: "$ and a number is up to so many characters; here any ending"}
	case n == 1:
		return wildcard{width: 2, most: int(s[1] - '0')}
	case !last:
		return wildcard{width: 1, fault: "$ stands only at the end of a word"}
	}
	return wildcard{width: 1, most: 9, note: "$ is up to 9 characters; here any ending"}
}

const (
	factivaCode  = "is a code of Factiva's indexing"
	factivaOther = "has no counterpart"
)

// factivaFields are the fields by their tags.
var factivaFields = map[string]serviceField{
	"hd": {in: []string{FieldTitle}},
	"hl": {in: []string{FieldTitle}, note: "hl= is headline, section and column; here the title"},
	"hlp": {in: []string{FieldTitle, FieldLead}, note: "hlp= is headline, section, column and first two paragraphs; " +
		"here title and lead, which is the standfirst or first paragraph"},
	"lp": {in: []string{FieldLead}, note: "lp= is the first two paragraphs; " +
		"here lead is the standfirst or first paragraph"},
	"td": {in: []string{FieldBody}, note: "td= is the text after the first two paragraphs; here body is all of it"},
	"by": {as: "author"}, "la": {as: "lang"},

	"rst": {lost: "is a source of Factiva, and sources have other names here (source:)"},
	"sn":  {lost: "is a source of Factiva, and sources have other names here (source:)"},
	"sc":  {lost: "is a source of Factiva, and sources have other names here (source:)"},
	"pub": {lost: "is a source of Factiva, and sources have other names here (source:)"},
	"fds": {lost: factivaCode}, "co": {lost: factivaCode}, "in": {lost: factivaCode}, "ns": {lost: factivaCode},
	"re": {lost: factivaCode}, "ric": {lost: factivaCode}, "de": {lost: factivaCode}, "ipc": {lost: factivaCode},
	"ipd": {lost: factivaCode}, "an": {lost: factivaOther}, "art": {lost: factivaOther}, "clm": {lost: factivaOther},
	"ct": {lost: factivaOther}, "cx": {lost: factivaOther}, "cr": {lost: factivaOther}, "ed": {lost: factivaOther},
	"pg": {lost: factivaOther}, "se": {lost: factivaOther}, "rf": {lost: factivaOther}, "vol": {lost: factivaOther},
}

// factivaTags are the tags for the hint of an error.
var factivaTags = []string{"hd", "hlp", "lp", "td", "by", "la", "wc", "hl", "rst", "sn", "fds", "ns", "re"}

func factivaBegins(in []lexeme) bool {
	l := in[0]
	if l.kind != bare {
		return false
	}
	text := strings.ToLower(l.text)
	tag := letters(text)
	return text == "date" || atLeastNumber(text) != "" || tag > 0 && strings.HasPrefix(text[tag:], "=") ||
		tag == 2 && text[:2] == "wc" && compares(text[2:]) > 0
}

func factivaCommand(r *reader) (Node, *fault) {
	l := r.in[0]
	text := strings.ToLower(l.text)
	tag := text[:letters(text)]
	switch number := atLeastNumber(text); {
	case number != "":
		r.shift()
		return r.atLeast(l, number, func() (Node, *fault) { return r.expression(factivaProximity) })
	case text == "date" || tag == "wc":
		if r.field != "" {
			return nil, &fault{l.at, tag + " stands inside " + r.field, "close that before it"}
		}
		r.shift()
		if tag == "wc" {
			r.once(l.at, "wc counts the words of headline and text; here those of the body")
			return r.condition("words:"+strings.TrimPrefix(text[len(tag):], "="), l.at)
		}
		return r.factivaDate(l)
	}
	field, ok := factivaFields[tag]
	if !ok {
		hint := meant(tag, factivaTags, func(s string) string { return s + "=" })
		return nil, &fault{l.at, "unknown field " + tag + "=", hint}
	}
	r.trim(len(tag) + 1)
	if next := r.in[0]; next.kind == atEnd || next.kind == shut || !next.glued {
		return nil, &fault{l.at, tag + "= has nothing after it", "write it without a space: " + tag + "=word"}
	}
	return r.inField(l, tag+"=", field, func() (Node, *fault) { return r.expression(factivaProximity) })
}

// factivaDate reads date from 20150101 to 20151231, date after, date before, and date 20150624.
func (r *reader) factivaDate(l lexeme) (Node, *fault) {
	next := r.shift()
	value := r.in[0]
	word := strings.ToLower(next.text)
	if next.kind != bare || next.text == "" {
		return nil, &fault{l.at, "date has no date after it",
			"write date from 20150101 to 20151231, or quote it if it is a word"}
	}
	switch word {
	case "from":
		from := r.shift()
		to, last := r.shift(), r.shift()
		if from.kind != bare || !strings.EqualFold(to.text, "to") || last.kind != bare {
			return nil, &fault{l.at, "a range of dates is from one to another", "write date from 20150101 to 20151231"}
		}
		if relativeDay(from.text) || relativeDay(last.text) {
			return r.relative(l)
		}
		return r.publishedBetween(from.text, last.text, from.at)
	case "after", "before":
		r.shift()
		if value.kind != bare {
			return nil, &fault{l.at, "date " + word + " has no date after it", "write date " + word + " 20150101"}
		}
		if relativeDay(value.text) {
			return r.relative(l)
		}
		r.note(l.at, "date "+word+" is read without that day itself, of which Factiva's help says nothing")
		return r.published(comparisons[word], value.text, value.at)
	}
	if relativeDay(next.text) {
		return r.relative(l)
	}
	n, f := r.published("", next.text, next.at)
	if f != nil {
		f.hint = "write date 20150624, or quote date if it is a word"
	}
	return n, f
}

// relativeDay says that a date is -7 or +7, so many days from today.
func relativeDay(s string) bool {
	return s != "" && (s[0] == '-' || s[0] == '+') && isNumber(s[1:])
}

func (r *reader) relative(l lexeme) (Node, *fault) {
	r.lose(l.at, "a date that is counted from today has no counterpart", leftOut)
	return nil, nil
}
