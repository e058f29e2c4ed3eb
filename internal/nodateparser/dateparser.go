// Package dateparser stands in for github.com/markusmobius/go-dateparser and reads no date.
//
// The extraction library links the date parser through go-htmldate, and the real one builds the tables of some two
// hundred languages in package variables: 170 ms and 80 MB at every start of every program that links it. Blotter
// reads dates itself and switches that search off, so nothing of the real package would ever run. This module
// offers the names that go-htmldate v1.9.1 needs to compile, and the go.mod of blotter puts it in the place of the
// real one.
package dateparser

import (
	"errors"
	"time"
)

// ErrNone is what every Parse returns.
var ErrNone = errors.New("dateparser: this build reads no dates")

// ParserType names a way of reading a date.
type ParserType uint8

// The parser types that go-htmldate asks for.
const (
	CustomFormat ParserType = iota
	AbsoluteTime
)

// PreferredDateSource says which date an incomplete one means.
type PreferredDateSource uint8

// Past is the choice that go-htmldate makes.
const Past PreferredDateSource = iota

// Configuration holds what go-htmldate sets.
type Configuration struct {
	PreferredDateSource PreferredDateSource
	StrictParsing       bool
}

// Date is the result of a Parse.
type Date struct {
	Time time.Time
}

// Parser reads no date.
type Parser struct {
	ParserTypes []ParserType
}

// Parse returns the zero Date and ErrNone.
func (p *Parser) Parse(*Configuration, string, ...string) (Date, error) {
	return Date{}, ErrNone
}
