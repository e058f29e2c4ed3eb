package index

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"blotter/query"
)

// condition answers a condition on metadata. Most are a term, or all terms of a field that are right.
func (e *evaluation) condition(ctx context.Context, c *query.Condition) (answer, error) {
	switch c.Field {
	case "source":
		return e.values(ctx, fieldSource, "", c.Value)
	case "lang":
		return e.values(ctx, fieldLang, "", c.Value)
	case "tag":
		return e.values(ctx, fieldTag, "", c.Value)
	case "status":
		return e.values(ctx, fieldStatus, "", c.Name+"="+c.Value)
	case "level":
		return e.values(ctx, fieldFact, "level"+factSeparator, c.Value)
	case "fact":
		return e.fact(ctx, c)
	case "country":
		return e.matching(ctx, fieldSource, "", func(source string) bool { return equal(c.Value, e.request.country(source)) })
	case "url":
		return e.matching(ctx, fieldURL, "", func(url string) bool { return strings.Contains(url, c.Value) })
	case "author":
		want := " " + normalised(c.Value) + " "
		return e.matching(ctx, fieldAuthor, "", func(name string) bool { return strings.Contains(" "+name+" ", want) })
	case "words":
		return e.matching(ctx, fieldWords, "", func(words string) bool { return compares(c, words) })
	case "published":
		return e.published(ctx, c)
	case "fetched":
		return e.fetched(ctx, c)
	}
	all, err := e.documents()
	return atMost(all), err // a condition newer than this package: the matcher knows
}

// equal says whether a value meets what a condition asks for; a * at its end is any ending.
func equal(want, value string) bool {
	if begin, ok := strings.CutSuffix(want, "*"); ok {
		return strings.HasPrefix(value, begin)
	}
	return value != "" && value == want
}

// values answers with the documents that have a term that is prefix and what is wanted.
func (e *evaluation) values(ctx context.Context, field, prefix, want string) (answer, error) {
	if begin, ok := strings.CutSuffix(want, "*"); ok {
		return e.matching(ctx, field, prefix+begin, func(string) bool { return true })
	}
	docs, err := e.with(ctx, []term{{field, prefix + want}})
	return exactly(docs), err
}

// matching answers with the documents that have a term which begins with prefix and which keep accepts.
func (e *evaluation) matching(ctx context.Context, field, prefix string, keep func(string) bool) (answer, error) {
	terms, err := e.beginning(ctx, field, prefix, keep)
	if err != nil {
		return answer{}, err
	}
	docs, err := e.with(ctx, terms)
	return exactly(docs), err
}

// fact leaves the comparison of numbers to the matcher. Few articles have a fact of one name.
func (e *evaluation) fact(ctx context.Context, c *query.Condition) (answer, error) {
	named, err := e.matching(ctx, fieldFact, c.Name+factSeparator, func(string) bool { return true })
	if err != nil || c.Op != "=" {
		return atMost(named.maybe), err
	}
	same, err := e.values(ctx, fieldFact, c.Name+factSeparator, c.Value)
	return answer{sure: same.sure, maybe: named.maybe}, err
}

// compares says whether a number of words meets a condition. The parser has made sure that its numbers are numbers.
func compares(c *query.Condition, words string) bool {
	n, _ := strconv.ParseFloat(words, 64)
	low, high := c.Value, c.Value
	if c.Op == ".." {
		low, high, _ = strings.Cut(c.Value, "..")
	}
	switch c.Op {
	case ">":
		return n > number(low, 0)
	case "<":
		return n < number(high, 0)
	case ">=":
		return n >= number(low, 0)
	case "<=":
		return n <= number(high, 0)
	}
	return n >= number(low, math.Inf(-1)) && n <= number(high, math.Inf(1))
}

func number(s string, absent float64) float64 {
	n, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64)
	if err != nil {
		return absent
	}
	return n
}

// published answers with the documents all of whose days lie in the range.
func (e *evaluation) published(ctx context.Context, c *query.Condition) (answer, error) {
	terms, err := e.between(ctx, fieldPublished, c.First, c.Last)
	if err != nil {
		return answer{}, err
	}
	var right []term
	for _, t := range terms {
		first, last, ok := strings.Cut(t.text, daysSeparator)
		if !ok {
			last = first
		}
		if c.Last == "" || last <= c.Last {
			right = append(right, t)
		}
	}
	docs, err := e.with(ctx, right)
	return exactly(docs), err
}

// fetched compares days in UTC. Where the day of a source's own zone may be another, the matcher decides.
func (e *evaluation) fetched(ctx context.Context, c *query.Condition) (answer, error) {
	margin := 0
	if e.request.Source != nil {
		margin = 1
	}
	maybe, err := e.fetchedBetween(ctx, shift(c.First, -margin), shift(c.Last, margin))
	if err != nil || margin == 0 {
		return maybe, err
	}
	sure, err := e.fetchedBetween(ctx, shift(c.First, margin), shift(c.Last, -margin))
	return answer{sure: sure.sure, maybe: maybe.maybe}, err
}

func (e *evaluation) fetchedBetween(ctx context.Context, first, last string) (answer, error) {
	terms, err := e.between(ctx, fieldFetched, first, last)
	if err != nil {
		return answer{}, err
	}
	docs, err := e.with(ctx, terms)
	return exactly(docs), err
}

// shift moves a day, which may be "" for no bound.
func shift(day string, by int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, by).Format(time.DateOnly)
}
