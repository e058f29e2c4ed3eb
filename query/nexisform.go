package query

import (
	"slices"
	"strings"
	"unicode"
)

// allCapitals is ALLCAPS(rico): RICO and not Rico.
func allCapitals(r *reader, text string, at int, _ bool) (Node, *fault) {
	return r.spell(strings.ToUpper(text), at, Cased)
}

// noCapitals is NOCAPS(apple): apple and not Apple.
func noCapitals(r *reader, text string, at int, _ bool) (Node, *fault) {
	return r.spell(strings.ToLower(text), at, Cased)
}

// capitals is CAPS(apple): a capital anywhere, "one letter or more". Of the ways to write it so, those that occur are
// kept: as given, when it has a capital, Apple and APPLE.
func capitals(r *reader, text string, at int, _ bool) (Node, *fault) {
	ways := []string{titled(text), strings.ToUpper(text)}
	if text != strings.ToLower(text) {
		ways = append([]string{text}, ways...)
	}
	var nodes []Node
	var seen []string
	for _, way := range ways {
		n, f := r.spell(way, at, Cased)
		if f != nil || n == nil {
			return nil, f
		}
		if !slices.Contains(seen, leaf(n)) {
			seen = append(seen, leaf(n))
			nodes = append(nodes, n)
		}
	}
	r.note(at, "CAPS is a capital anywhere in the word; here only "+strings.Join(seen, " and "))
	return r.mark(disjoin(nodes), at), nil
}

// titled gives each word a capital.
func titled(s string) string {
	inside := false
	return strings.Map(func(c rune) rune {
		begins := !inside
		inside = unicode.IsLetter(c) || unicode.IsNumber(c) || c == '\'' || c == '’'
		if begins {
			return unicode.ToUpper(c)
		}
		return c
	}, s)
}

// singular is SINGULAR(job): job and not jobs.
func singular(r *reader, text string, at int, _ bool) (Node, *fault) {
	r.note(at, "SINGULAR: read as the form that is written")
	return r.spell(text, at, Exact)
}

// pluralForm is PLURAL(jobs): jobs and not job. It makes no plural of its own.
func pluralForm(r *reader, text string, at int, _ bool) (Node, *fault) {
	if !strings.HasSuffix(strings.ToLower(strings.TrimSpace(text)), "s") {
		r.lose(at, "PLURAL("+excerpt(text)+"): the plural is not written out", "read as all forms of the word")
		return r.spell(text, at, Inflected)
	}
	r.note(at, "PLURAL: read as the form that is written")
	return r.spell(text, at, Exact)
}

// nexisCompared reads DATE and LENGTH with what they are compared to: date > 2015, date(geq (2015) and leq (2016)).
func nexisCompared(r *reader, l lexeme) (Node, *fault) {
	name := strings.ToLower(l.text)
	if name == "length" {
		r.once(l.at, "LENGTH counts the words of the article; here those of its body")
	}
	if r.in[0].kind != open {
		comparison, value, at, f := r.compared()
		if f != nil {
			return nil, f
		}
		return r.comparedWith(name, comparison, value, at)
	}
	r.shift()
	var nodes []Node
	var ends [2]string // of a range: from geq, to leq
	for {
		comparison, value, at, f := r.compared()
		if f != nil {
			return nil, f
		}
		n, f := r.comparedWith(name, comparison, value, at)
		if f != nil {
			return nil, f
		}
		nodes = append(nodes, n)
		if comparison == ">=" {
			ends[0] = value
		} else if comparison == "<=" {
			ends[1] = value
		}
		next := r.shift()
		if next.kind == shut {
			break
		}
		if next.kind != bare || !strings.EqualFold(next.text, "and") {
			return nil, &fault{next.at, strings.ToUpper(name) + " is compared with one value, or with two that AND joins", ""}
		}
	}
	if name == "date" && len(nodes) == 2 && ends[0] != "" && ends[1] != "" {
		return r.publishedBetween(ends[0], ends[1], l.at)
	}
	return r.mark(conjoin(nodes), l.at), nil
}

func (r *reader) comparedWith(name, comparison, value string, at int) (Node, *fault) {
	if name == "date" {
		return r.published(comparison, value, at)
	}
	return r.condition("words:"+comparison+value, at)
}

// compared reads a comparison and its value, up to a connector, a parenthesis or the end. The value may stand in
// parentheses of its own.
func (r *reader) compared() (comparison, value string, at int, f *fault) {
	if c, ok := comparisons[strings.ToLower(r.in[0].text)]; ok && r.in[0].kind == bare {
		comparison = c
		r.shift()
	}
	inner := r.in[0].kind == open
	if inner {
		r.shift()
	}
	at = r.in[0].at
	var words []string
	for r.in[0].kind == bare || r.in[0].kind == quoted {
		if j, _ := nexisJoint(r.in); r.in[0].kind == bare && (j.kind != noOp || nexisBegins(r.in)) {
			break
		}
		words = append(words, r.shift().text)
	}
	if len(words) == 0 {
		return "", "", 0, &fault{at, "a value is missing here", "write date geq 2015 or length > 500"}
	}
	if inner {
		if l := r.shift(); l.kind != shut {
			return "", "", 0, &fault{l.at, "a parenthesis is missing here", ""}
		}
	}
	return comparison, strings.Join(words, " "), at, nil
}
