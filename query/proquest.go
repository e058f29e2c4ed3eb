package query

import (
	"strconv"
	"strings"
)

// proquest is the language of the ProQuest platform (not of its predecessor, where W/n and PRE/n counted otherwise and
// OR bound tighter than AND). Its sources are proquest.libguides.com/proquestplatform/tips, the articles on wildcards
// of support.proquest.com, and the platform's help on operators.
//
// What the service counts: words between. "A hyphen joining two terms is the same as PRE/0", so that neighbours are 0
// apart and NEAR/n is NEAR/n+1 here. NEAR and PRE without a number are 4; N and P without one are words.
//
// Words side by side are joined by AND. Without quotation marks they find their grammatical forms ("mouse will also
// find mice"), and British and American spellings, which they do not here; { } is a phrase that keeps the forms.
//
// PRE binds tightest, then NEAR, AND, OR, and NOT last.
var proquest = dialect{
	name:    "proquest",
	service: "ProQuest",
	cut:     rules{opens: "(", shuts: ")", braces: true, odd: "~|^}<>=@#:;\\%+"},
	leaf: func(r *reader, text string, at int, quoted bool) (Node, *fault) {
		if inner, braced := strings.CutPrefix(strings.TrimSpace(text), "{"); braced {
			return r.spell(strings.TrimSuffix(inner, "}"), at, Inflected)
		}
		if quoted {
			return r.spell(text, at, Exact)
		}
		return r.spell(text, at, Inflected)
	},
	joint:   proquestJoint,
	implied: joint{kind: opAnd, power: proquestAnd, name: "AND"},
	begins:  func(in []lexeme) bool { return in[0].kind == bare && in[1].kind == open && in[1].glued },
	command: proquestField,
	wild:    proquestWild,
}

// How tightly the operators of ProQuest bind.
const (
	proquestPre  = 50
	proquestNear = 40
	proquestLink = 35
	proquestAnd  = 30
	proquestOr   = 20
	proquestNot  = 10
)

func proquestJoint(in []lexeme) (joint, *fault) {
	l := in[0]
	if l.kind != bare || in[1].kind == open && in[1].glued && !isProquestOperator(l.text) {
		return joint{}, nil
	}
	j := joint{width: 1, name: l.text}
	name, arg, slash := strings.Cut(strings.ToLower(l.text), "/")
	switch {
	case slash && (name == "near" || name == "n" || name == "pre" || name == "p") || name == "near" || name == "pre":
		if !slash {
			arg = "4"
		}
		power := proquestNear
		if name[0] == 'p' {
			j.ordered, power = true, proquestPre
		}
		return betweenWords(l, j, arg, power, "ProQuest")
	case slash:
	case name == "and":
		j.kind, j.power = opAnd, proquestAnd
		if in[1].kind == bare && strings.EqualFold(in[1].text, "not") {
			j.not, j.power, j.width, j.name = true, proquestNot, 2, l.text+" "+in[1].text
		}
	case name == "or":
		j.kind, j.power = opOr, proquestOr
	case name == "not":
		j.kind, j.not, j.power = opAnd, true, proquestNot
	case name == "lnk":
		j.kind, j.power = opAnd, proquestLink
		j.lost, j.near = l.text+" (a descriptor with a qualifier) has no counterpart", "read as AND"
	}
	return j, nil
}

// isProquestOperator says that a parenthesis may stand directly behind a word, which is no field then.
func isProquestOperator(s string) bool {
	switch name, _, slash := strings.Cut(strings.ToLower(s), "/"); name {
	case "and", "or", "not", "near", "pre", "lnk":
		return true
	default:
		return slash
	}
}

// proquestWild reads ?, *, *n and [*n]. "A single ? matches both zero and one character"; "* replaces up to 5
// characters"; "[*n] up to the number of characters specified".
func proquestWild(s string, last bool) wildcard {
	const note = "* is up to 5 characters, or as many as its number says; here any ending"
	switch {
	case s[0] == '?':
		return wildcard{width: 1, most: 1}
	case s[0] == '[':
		n := 0
		if len(s) > 2 && s[1] == '*' {
			n = digits(s[2:])
		}
		if n == 0 || !strings.HasPrefix(s[2+n:], "]") {
			return wildcard{width: 1, fault: "[ stands only in [*5], for up to 5 characters"}
		}
		return proquestStar(n+3, s[2:2+n], note)
	case s[0] == '*' && digits(s[1:]) > 0 && !strings.ContainsFunc(s[1+digits(s[1:]):], isAlphanumeric):
		n := digits(s[1:])
		return proquestStar(n+1, s[1:1+n], note)
	case s[0] == '*' && last:
		return wildcard{width: 1, most: 5, note: note}
	case s[0] == '*':
		return wildcard{width: 1, most: 5}
	}
	return wildcard{}
}

func proquestStar(width int, number, note string) wildcard {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > 20 {
		return wildcard{width: width, fault: "* stands for 1 to 20 characters"}
	}
	if n <= maxWrittenOut {
		note = ""
	}
	return wildcard{width: width, most: n, note: note}
}

const (
	proquestIndex  = "is an index term of ProQuest"
	proquestSource = "names a publication, and sources have other names here (source:)"
)

// proquestFields are the search fields of news by their codes.
var proquestFields = map[string]serviceField{
	"ti": {in: []string{FieldTitle}}, "title": {in: []string{FieldTitle}},
	"ab": {in: []string{FieldLead}, note: "AB is the abstract; here lead is the standfirst or first paragraph"},
	"ft": {in: []string{FieldBody}}, "tx": {in: []string{FieldBody}},
	"au": {as: "author"}, "author": {as: "author"}, "la": {as: "lang"},

	"pub": {lost: proquestSource}, "pubid": {lost: proquestSource}, "publication": {lost: proquestSource},
	"su": {lost: proquestIndex}, "subject": {lost: proquestIndex}, "mainsubject": {lost: proquestIndex},
	"mesh": {lost: proquestIndex}, "de": {lost: proquestIndex}, "org": {lost: proquestIndex},
	"if": {lost: proquestIndex}, "per": {lost: proquestIndex}, "loc": {lost: proquestIndex},
	"co": {lost: proquestIndex}, "naics": {lost: proquestIndex},
	"dtype": {lost: "has no counterpart"}, "rtype": {lost: "has no counterpart"}, "stype": {lost: "has no counterpart"},
	"at": {lost: "has no counterpart"}, "sec": {lost: "has no counterpart"}, "pg": {lost: "has no counterpart"},
	"noft": {lost: "(anywhere but in the full text) has no counterpart"}, "diskw": {lost: "has no counterpart"},
}

// proquestCodes are the fields for the hint of an error.
var proquestCodes = []string{"ti", "ab", "ft", "tx", "au", "la", "pd", "yr", "pub", "su", "loc", "org"}

func proquestField(r *reader) (Node, *fault) {
	l := r.shift()
	name, suffix, exact := strings.Cut(strings.ToLower(l.text), ".")
	if exact && suffix != "exact" && suffix != "x" {
		return nil, &fault{l.at, "unknown field " + l.text, "a field has .EXACT or nothing behind it"}
	}
	if name == "pd" || name == "yr" {
		if r.field != "" {
			return nil, &fault{l.at, l.text + " stands inside " + r.field, "close that before it"}
		}
		return r.proquestDate(l)
	}
	var all serviceField
	for code := range strings.SplitSeq(name, ",") {
		field, ok := proquestFields[code]
		if !ok {
			return nil, &fault{l.at, "unknown field or operator " + l.text, meant(code, proquestCodes, strings.ToUpper)}
		}
		if all.as != "" || field.as != "" && len(all.in) > 0 {
			return nil, &fault{l.at, l.text + ": these fields cannot be asked together here", "write (AU(x) OR TI(x))"}
		}
		all.in = append(all.in, field.in...)
		all.as = field.as
		if field.note != "" {
			all.note = field.note
		}
		if field.lost != "" {
			all.lost = field.lost
		}
	}
	if exact && all.lost == "" {
		r.lose(l.at, strings.ToUpper(l.text)+" asks for the whole of the field", "read as words in it")
	}
	return r.inField(l, strings.ToUpper(l.text), all, r.group)
}

// proquestDate reads PD(20150101-20151231), YR(2015), YR(>=2015).
func (r *reader) proquestDate(l lexeme) (Node, *fault) {
	r.shift()
	at := r.in[0].at
	var text string
	for r.in[0].kind == bare || r.in[0].kind == quoted {
		text += r.shift().text
	}
	if next := r.shift(); next.kind != shut || text == "" {
		return nil, &fault{l.at, l.text + " needs a date", "write YR(2015) or PD(20150101-20151231)"}
	}
	op, value := comparison(text)
	if op == "=" {
		op = ""
	}
	if from, to, ok := strings.Cut(value, "-"); ok && isNumber(from) && len(from) == len(to) && op == "" {
		return r.publishedBetween(from, to, at)
	}
	return r.published(op, value, at)
}
