// Package whatlanggo stands in for github.com/RadhiFadlillah/whatlanggo and tells no language.
//
// The extraction library asks it about every text, has no switch for that, and a sixth of its time goes there.
// Blotter tells languages itself, by function words, in a hundredth of the time. This module offers the names that
// go-trafilatura v1.12.2 needs to compile, and the go.mod of blotter puts it in the place of the real one.
package whatlanggo

// Lang is a language; there is only the unknown one.
type Lang int

// DetectLang returns the unknown language.
func DetectLang(string) Lang { return 0 }

// Iso6391 returns "".
func (Lang) Iso6391() string { return "" }
