package classify

import (
	"strings"

	"blotter"
)

const (
	maxOffences = 3 // of a sentence
	maxWords    = 8 // of an offence
)

// offences reads for what someone was arrested or charged: the words behind "on suspicion of", "charged with".
func offences(c *clause, name string, facts []blotter.Fact) []blotter.Fact {
	found := 0
	for i := 0; i < len(c.words) && found < maxOffences; i++ {
		n := c.accused(i)
		if n == 0 {
			continue
		}
		first, last := c.offence(i + n)
		if last < first {
			continue
		}
		quote := c.quote(first, last)
		value := strings.ToLower(strings.Join(strings.Fields(quote), " "))
		facts = append(facts, blotter.Fact{Name: name, Value: value, Quote: quote})
		found++
		i = last
	}
	return facts
}

// accused gives the number of words, from i on, that an offence follows, or 0.
func (c *clause) accused(i int) int {
	next := c.at(i + 1)
	switch c.at(i) {
	case "suspicion", "convicted", "accused", "guilty", "suspected", "acquitted":
		if next == "of" || c.at(i) == "guilty" && next == "to" {
			return 2
		}
	case "pleaded", "pleads":
		if next == "guilty" && c.at(i+2) == "to" {
			return 3
		}
	case "charged", "charging":
		if next == "with" {
			return 2
		}
	case "charge", "charges", "count", "counts":
		if next == "of" {
			return 2
		}
	case "admitted", "denies", "denied":
		return 0 // said of much else
	case "arrested", "detained", "wanted", "indicted", "sentenced", "jailed", "imprisoned", "tried", "prosecuted",
		"arrest", "held", "arrests", "remanded":
		for j := i + 1; j < len(c.words) && j <= i+8 && c.before(j) < hard; j++ {
			after := c.at(j + 1)
			if c.at(j) == "for" && !c.is(j+1, numeral|article) && !digits(after) && after != "life" && after != "at" {
				return j - i + 1
			}
			if c.is(j, trigger|person|persons) || c.accused(j) > 0 {
				return 0
			}
		}
	case "over", "for":
		switch c.at(i + 2) {
		case "murder", "manslaughter", "killing", "attempted":
			if next == "the" {
				return 2
			}
		}
	}
	return 0
}

// offence gives the words of an offence that begins at i, to the end of the clause.
func (c *clause) offence(i int) (first, last int) {
	switch c.at(i) {
	case "any", "anything", "wrongdoing", "doing", "no":
		return i, i - 1
	}
	for c.before(i) < paren && c.before(i+1) != hyphen && (c.is(i, determiner|article|adverb) || c.at(i) == "alleged") {
		i++
	}
	if c.is(i, numeral) || digits(c.at(i)) { // "three counts of"
		for j := i + 1; j < i+4; j++ {
			if c.at(j) == "counts" || c.at(j) == "offences" || c.at(j) == "charges" || c.at(j) == "count" {
				if c.at(j+1) != "of" {
					return i, i - 1
				}
				i = j + 2
			}
		}
	}
	last = i - 1
	for j := i; j < len(c.words) && j < i+maxWords; j++ {
		if j > i && c.before(j) > quotation || c.before(j) >= paren {
			break
		}
		if c.ends(j) {
			break
		}
		last = j
	}
	for last > i && c.is(last, stop|determiner|article|preposition) {
		last--
	}
	return i, last
}

// ends says that the word at i begins what is no longer the offence: when, where, by whom.
func (c *clause) ends(i int) bool {
	switch c.at(i) {
	case "after", "when", "who", "which", "that", "while", "but", "following", "as", "at", "before", "during", "since", "where",
		"because", "is", "was", "were", "are", "has", "have", "had", "will", "he", "she", "they", "said", "says",
		"yesterday", "today", "near", "until":
		return true
	case "in", "on", "from", "by":
		return i+1 < len(c.words) && (c.at(i) == "on" || c.at(i) == "by" || c.capitalised(i+1) && !c.capital ||
			digits(c.at(i+1)) || c.is(i+1, month|common|numeral))
	case "and":
		return c.is(i+1, auxOne|auxMany|auxAny|trigger|pronoun|adverb) || c.at(i+1) == "will" || c.at(i+1) == "later"
	}
	return false
}
