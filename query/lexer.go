package query

import (
	"strconv"
	"strings"
)

// The kinds of lexeme.
type kind uint8

const (
	atEnd  kind = iota
	open        // (
	shut        // )
	quoted      // what stands between quotation marks
	bare        // anything else, up to a space, parenthesis or quotation mark
)

// lexeme is a piece of a query.
type lexeme struct {
	kind  kind
	text  string
	at    int  // bytes into the query
	glued bool // nothing stands between it and the piece before
}

// pieces is how this language parts a query; those of other services are in their dialects.
var pieces = rules{opens: "(", shuts: ")"}

// lex parts a query into its pieces. The last one is atEnd.
func lex(s string) ([]lexeme, *fault) { return pieces.cutUp(s) }

// isQuote says that r opens and closes a phrase: curly marks come with text pasted from a word processor.
func isQuote(r rune) bool { return r == '"' || r == '“' || r == '”' || r == '„' || r == '‟' }

// fault is a syntax error on the way: at is in bytes.
type fault struct {
	at        int
	msg, hint string
}

// The operators.
type opKind uint8

const (
	noOp opKind = iota
	opAnd
	opOr
	opNot
	opBut
	opNear
	opSame
	opAtLeast
)

// operator is a keyword and its argument.
type operator struct {
	kind    opKind
	n       int
	ordered bool
	unit    Unit
}

// Limits of a query.
const (
	maxBytes    = 64 << 10
	maxLevels   = 200
	maxTerms    = 10_000
	maxDistance = 10_000 // of a NEAR, and of the places an ATLEAST counts
)

// proximity are the names that take a number or a unit after a slash.
var proximity = map[string]operator{
	"NEAR": {kind: opNear}, "W": {kind: opNear}, "": {kind: opNear},
	"ONEAR": {kind: opNear, ordered: true}, "PRE": {kind: opNear, ordered: true},
	"SAME": {kind: opSame}, "ATLEAST": {kind: opAtLeast},
}

// foreign are words that other dialects have for operators, with what to write here.
var foreign = map[string]string{
	"NEAR": "NEAR/5", "ONEAR": "ONEAR/5", "SAME": "SAME/S or SAME/P", "ATLEAST": "ATLEAST/3", "ADJ": "ADJ1 or ONEAR/1",
	"WITHIN": "NEAR/5", "XOR": "(a OR b) AND NOT (a AND b)", "ANDNOT": "AND NOT", "NOTNEAR": "NOT NEAR/5",
	"&": "AND", "&&": "AND", "|": "OR", "||": "OR", "+": "AND", "!": "NOT",
	"w/s": "W/S or SAME/S", "w/p": "W/P or SAME/P", "same/s": "SAME/S", "same/p": "SAME/P",
	"W/SENT": "SAME/S", "W/PARA": "SAME/P", "/S": "/s", "/P": "/p",
}

// readOperator reads a piece as an operator. It is noOp for what is none, and a fault for what looks like one and
// is not.
func readOperator(l lexeme) (operator, *fault) {
	if l.kind != bare {
		return operator{}, nil
	}
	switch s := l.text; s {
	case "AND":
		return operator{kind: opAnd}, nil
	case "OR":
		return operator{kind: opOr}, nil
	case "NOT":
		return operator{kind: opNot}, nil
	case "BUT":
		return operator{kind: opBut}, nil
	case "/s", "W/S", "SAME/S":
		return operator{kind: opSame, unit: InSentence}, nil
	case "/p", "W/P", "SAME/P":
		return operator{kind: opSame, unit: InParagraph}, nil
	default:
		if hint, ok := foreign[s]; ok {
			return operator{}, &fault{l.at, "unknown operator " + s, "write " + hint}
		}
		if digits, ok := strings.CutPrefix(s, "ADJ"); ok && isNumber(digits) {
			return numbered(l, operator{kind: opNear, ordered: true}, digits)
		}
		return readSlash(l)
	}
}

// readSlash reads NAME/5, and the forms of it that are wrong: NAME5, name/5, NAEM/5, NAME/x.
func readSlash(l lexeme) (operator, *fault) {
	name, arg, slash := strings.Cut(l.text, "/")
	if !slash {
		letters := strings.TrimRight(l.text, "0123456789")
		if op, ok := proximity[letters]; ok && letters != l.text && op.kind != opSame && len(letters) > 2 {
			return operator{}, &fault{l.at, "unknown operator " + l.text, "write " + letters + "/" + l.text[len(letters):]}
		}
		return operator{}, nil
	}
	op, known := proximity[name]
	switch {
	case known && op.kind == opSame:
		return operator{}, &fault{l.at, "unknown operator " + l.text, "write SAME/S for one sentence, SAME/P for one paragraph"}
	case known && isNumber(arg):
		return numbered(l, op, arg)
	case known && name != "":
		return operator{}, &fault{l.at, l.text + " needs a number after the slash", "write " + name + "/5"}
	case known:
		return operator{}, &fault{l.at, "unknown operator " + l.text, "write /5 for a number of words, /s for one sentence, /p for one paragraph"}
	}
	upper := strings.ToUpper(name)
	if op, ok := proximity[upper]; ok && (isNumber(arg) || op.kind == opSame) {
		return operator{}, &fault{l.at, "unknown operator " + l.text, "operators are in capitals: " + upper + "/" + strings.ToUpper(arg)}
	}
	if name == upper && isLetters(name) && (isNumber(arg) || len(arg) == 1) {
		return operator{}, &fault{l.at, "unknown operator " + l.text, nearestOperator(name, arg)}
	}
	return operator{}, nil
}

func nearestOperator(name, arg string) string {
	best, least := "", 3
	for _, known := range []string{"NEAR", "ONEAR", "SAME", "ATLEAST", "PRE"} {
		if d := distance(name, known); d < least {
			best, least = known, d
		}
	}
	if best == "" {
		return "there are NEAR/5, ONEAR/5, SAME/S, SAME/P and ATLEAST/3; quote it if it is text"
	}
	return "did you mean " + best + "/" + arg + "?"
}

// numbered gives op its number.
func numbered(l lexeme, op operator, digits string) (operator, *fault) {
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > maxDistance {
		return operator{}, &fault{l.at, l.text + ": the number must be from 1 to " + strconv.Itoa(maxDistance), ""}
	}
	op.n = n
	return op, nil
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func isLetters(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < 'A' || r > 'Z' && r < 'a' || r > 'z' })
}
