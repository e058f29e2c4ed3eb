package query

import (
	"strconv"
	"strings"
)

// nexis is the language of Nexis, Nexis Uni and Lexis+ ("terms and connectors"). Its sources are the help pages
// connectorpriority, connectorsquick and connectors_quickref of help.lexisnexis.com, the glossary of
// support.lexis-nexis.com (GS_Connectors) and the tips of lexisnexis.com/infopro.
//
// What the service counts: "doctor w/5 malpractice finds doctor within five or fewer words of malpractice", and near/1
// and pre/1 join neighbours in its examples, so that W/n is NEAR/n here and no number is shifted. It does not count
// noise words (the, of, and): "when searching for apply w/3 bail you may find more than three words between". Here
// every word counts, so that W/n finds less; which is said, because nobody can say by how much.
//
// Words side by side are a phrase, in any of their inflections ("dog bite finds dog bites, dog biting and dog bitten");
// what stands in quotation marks has the forms written.
//
// OR binds tightest, then the numbered connectors, "from the smallest to the largest" number and from left to right
// among equals, then W/S, W/P, AND, and AND NOT last. (The help of Lexis Library, for the United Kingdom, says that all
// connectors are read from left to right today. That is another service.)
var nexis = dialect{
	name:    "nexis",
	service: "Nexis",
	cut:     rules{opens: "(", shuts: ")", apart: compares, odd: "~|^{}[]<>=#@;\\%"},
	leaf: func(r *reader, text string, at int, quoted bool) (Node, *fault) {
		if quoted {
			return r.spell(text, at, Exact)
		}
		return r.spell(text, at, Inflected)
	},
	joint:   nexisJoint,
	phrases: true,
	begins:  nexisBegins,
	command: nexisCommand,
	wild:    nexisWild,
}

// How tightly the connectors of Nexis bind.
const (
	nexisOr        = 1000
	nexisNumbered  = 900 // less the number, which is 255 at most
	nexisSentence  = 90
	nexisParagraph = 80
	nexisSegment   = 70
	nexisAnd       = 20
	nexisAndNot    = 10
)

const noiseNote = "Nexis leaves out noise words such as the and of when it counts; here every word counts, " +
	"so give a number more room if too little is found"

// compares finds > >= < <= and =, which need no space around them.
func compares(s string) int {
	switch {
	case strings.HasPrefix(s, ">=") || strings.HasPrefix(s, "<="):
		return 2
	case s != "" && strings.ContainsRune("<>=", rune(s[0])):
		return 1
	}
	return 0
}

func nexisJoint(in []lexeme) (joint, *fault) {
	if in[0].kind != bare {
		return joint{}, nil
	}
	l := in[0]
	switch word := strings.ToLower(l.text); word {
	case "or":
		return joint{kind: opOr, power: nexisOr, width: 1, name: l.text}, nil
	case "and", "but", "&":
		if in[1].kind == bare && strings.EqualFold(in[1].text, "not") {
			return joint{kind: opAnd, not: true, power: nexisAndNot, width: 2, name: l.text + " " + in[1].text}, nil
		}
		if word == "but" {
			return joint{}, nil
		}
		return joint{kind: opAnd, power: nexisAnd, width: 1, name: l.text}, nil
	case "andnot", "butnot":
		return joint{kind: opAnd, not: true, power: nexisAndNot, width: 1, name: l.text}, nil
	case "not":
		if in[1].kind == bare {
			j, f := nexisProximity(in[1])
			if f != nil || j.kind != noOp {
				return nexisNot(l, j), f
			}
		}
		return joint{kind: opAnd, not: true, power: nexisAndNot, width: 1, name: l.text}, nil
	}
	return nexisProximity(l)
}

// nexisNot is NOT W/n and its like. "The first word is required to appear; the second may also appear, however not
// within n words of the first": an x that has no y near it, as NOT NEAR here.
func nexisNot(l lexeme, j joint) joint {
	j.name = l.text + " " + j.name
	j.not, j.width = true, 2
	switch {
	case j.ordered:
		j.ordered = false
		j.lost, j.near = j.name+" asks for an order", "read as NOT NEAR/"+strconv.Itoa(j.n)
	case j.kind == opAnd:
		j.lost, j.near = j.name+" (an x in a segment without a y) has no counterpart", "read as AND NOT"
	}
	return j
}

// nexisProximity reads w/5, /5, near/5, pre/5, onear/5, +5, and the same with s, p and seg.
func nexisProximity(l lexeme) (joint, *fault) {
	name, arg, ok := strings.Cut(strings.ToLower(l.text), "/")
	if !ok {
		if name, arg, ok = "pre", strings.TrimPrefix(name, "+"), strings.HasPrefix(name, "+"); !ok {
			return joint{}, nil
		}
	}
	j := joint{width: 1, name: l.text}
	switch name {
	case "w", "near", "":
	case "pre", "onear":
		j.ordered = true
	default:
		return joint{}, nil
	}
	switch arg {
	case "s", "sent":
		j.kind, j.unit, j.power = opSame, InSentence, nexisSentence
	case "p", "para":
		j.kind, j.unit, j.power = opSame, InParagraph, nexisParagraph
	case "seg":
		j.kind, j.power = opAnd, nexisSegment
		j.lost, j.near = l.text+" (both in one segment) has no counterpart", "read as AND"
		return j, nil
	default:
		n, err := strconv.Atoi(arg)
		if !isNumber(arg) {
			return joint{}, &fault{l.at, "unknown operator " + l.text, "write W/5, W/S, W/P or W/SEG"}
		}
		if err != nil || n < 1 || n > 255 {
			return joint{}, &fault{l.at, l.text + ": the number must be from 1 to 255", ""}
		}
		j.kind, j.n, j.power, j.note, j.once = opNear, n, nexisNumbered-n, noiseNote, true
	}
	if j.kind == opSame && j.ordered {
		j.lost, j.near = l.text+" asks for an order and not for a number", "in any order"
	}
	return j, nil
}

// nexisWild reads ! and * and ?. The asterisk is one letter within a word ("wom*n"; Lexis+ warns that it reads several
// there); at the end it has been one letter on nexis.com and is any ending on Nexis Uni and Lexis+ ("child* finds
// child, children, childless"). What finds more is kept.
func nexisWild(s string, last bool) wildcard {
	switch {
	case s[0] == '!' && !last:
		return wildcard{width: 1, fault: "! stands for any ending, so only at the end of a word"}
	case s[0] == '!':
		return wildcard{width: 1}
	case s[0] == '*' && last:
		return wildcard{width: 1, note: "* at the end is read as any ending, as Nexis Uni and Lexis+ do; " +
			"nexis.com took it for one letter or none: if that was meant, write out the forms with OR"}
	case s[0] == '*':
		return wildcard{width: 1, exactly: true,
			note: "* within a word is read as one character; Lexis+ takes it for one or more"}
	case s[0] == '?':
		return wildcard{width: 1, exactly: true}
	}
	return wildcard{}
}

// nexisSegments are the segments ("document sections") of news.
var nexisSegments = map[string]serviceField{
	"headline": {in: []string{FieldTitle}},
	"title":    {in: []string{FieldTitle}},
	"hlead": {in: []string{FieldTitle, FieldLead}, note: "HLEAD is headline, highlight and lead; " +
		"here title and lead, which is the standfirst or first paragraph"},
	"lead": {in: []string{FieldLead}, note: "LEAD is the first sentences or paragraphs; " +
		"here lead is the standfirst or first paragraph"},
	"body":     {in: []string{FieldBody}},
	"text":     {in: []string{FieldBody}},
	"byline":   {as: "author"},
	"author":   {as: "author"},
	"language": {as: "lang"},

	"publication": {lost: "names a publication, and sources have other names here (source:)"},
	"pub":         {lost: "names a publication, and sources have other names here (source:)"},
	"source":      {lost: "names a publication, and sources have other names here (source:)"},
	"subject":     {lost: "is an index term of Nexis"}, "term": {lost: "is an index term of Nexis"},
	"terms": {lost: "is an index term of Nexis"}, "industry": {lost: "is an index term of Nexis"},
	"company": {lost: "is an index term of Nexis"}, "organization": {lost: "is an index term of Nexis"},
	"person": {lost: "is an index term of Nexis"}, "ticker": {lost: "is an index term of Nexis"},
	"geographic": {lost: "is an index term of Nexis"}, "city": {lost: "is an index term of Nexis"},
	"state": {lost: "is an index term of Nexis"}, "country": {lost: "is an index term of Nexis"},
	"dateline": {lost: "has no counterpart"}, "section": {lost: "has no counterpart"},
	"series": {lost: "has no counterpart"}, "graphic": {lost: "has no counterpart"},
	"highlight": {lost: "has no counterpart"}, "correction": {lost: "has no counterpart"},
	"publication-type": {lost: "has no counterpart"}, "load-date": {lost: "is when Nexis took the article in"},
}

// nexisForms are the commands about the forms of words.
var nexisForms = map[string]leafFunc{
	"caps": capitals, "allcaps": allCapitals, "nocaps": noCapitals, "singular": singular, "plural": pluralForm,
}

func nexisBegins(in []lexeme) bool {
	if in[0].kind != bare {
		return false
	}
	name := strings.ToLower(in[0].text)
	if next := in[1]; next.kind == open {
		_, segment := nexisSegments[name]
		named := segment || nexisForms[name] != nil || atLeastNumber(name) != "" || name == "date" || name == "length"
		return named || next.glued && letters(name) == len(name) // the command is not known, and its error says so
	}
	if name == "date" || name == "length" {
		_, comparison := comparisons[strings.ToLower(in[1].text)]
		return in[1].kind == bare && comparison
	}
	return false
}

// atLeastNumber is the 5 of atleast5.
func atLeastNumber(name string) string {
	if rest, ok := strings.CutPrefix(name, "atleast"); ok && isNumber(rest) {
		return rest
	}
	return ""
}

func nexisCommand(r *reader) (Node, *fault) {
	l := r.shift()
	name := strings.ToLower(l.text)
	if segment, ok := nexisSegments[name]; ok {
		return r.inField(l, strings.ToUpper(name), segment, r.group)
	}
	if leaf := nexisForms[name]; leaf != nil {
		return r.with(leaf, r.group)
	}
	if number := atLeastNumber(name); number != "" {
		return r.atLeast(l, number, r.group)
	}
	if name == "date" || name == "length" {
		if r.field != "" {
			return nil, &fault{l.at, strings.ToUpper(name) + " stands inside " + r.field, "close that before it"}
		}
		return nexisCompared(r, l)
	}
	return nil, &fault{l.at, "unknown segment or command " + l.text, meant(name, nexisNames(), strings.ToUpper)}
}

// nexisNames are the segments and commands for the hint of an error, the commonest first.
func nexisNames() []string {
	return []string{
		"headline", "hlead", "lead", "body", "byline", "date", "length", "language", "atleast5", "allcaps", "caps",
		"nocaps", "singular", "plural", "publication", "company", "subject", "section",
	}
}
