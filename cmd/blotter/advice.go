package main

import (
	"context"
	"slices"

	"blotter/index"
	"blotter/query"
)

// advise says of a query that found nothing which part of it to loosen.
func (a *app) advise(ctx context.Context, r *reader, q *query.Query) error {
	if err := a.adviseNames(ctx, r, q); err != nil {
		return err
	}
	and, ok := q.Root().(*query.And)
	if !ok {
		return nil
	}
	count := func(parts ...query.Node) (int, error) {
		part := query.Part(&query.And{X: parts})
		if len(parts) == 1 {
			part = query.Part(parts[0])
		}
		result, err := r.Search(ctx, index.Request{Query: part})
		return result.Total, err
	}
	alone := true
	for _, part := range and.X {
		n, err := count(part)
		if err != nil {
			return err
		}
		if n == 0 {
			alone = false
			a.tell("Nothing matches %s by itself.\n", query.Part(part))
		}
	}
	if !alone {
		return nil
	}
	for i := range and.X {
		rest := slices.Delete(slices.Clone(and.X), i, i+1)
		n, err := count(rest...)
		if err != nil {
			return err
		}
		if n > 0 {
			a.tell("Without %s it finds %s.\n", query.Part(and.X[i]), plural(n, "article"))
		}
	}
	return nil
}

// adviseNames names the sources, tags and the like that a query asks for and no article has.
func (a *app) adviseNames(ctx context.Context, r *reader, q *query.Query) error {
	result, err := r.Search(ctx, index.Request{Facets: []string{"source", "tag", "country", "lang"}})
	if err != nil {
		return err
	}
	known := map[string][]string{}
	for _, f := range result.Facets {
		for _, c := range f.Values {
			known[f.Name] = append(known[f.Name], c.Value)
		}
	}
	for id := range r.Sources {
		known["source"] = append(known["source"], id)
	}
	for _, c := range conditions(q.Root()) {
		field, name := c.Field, c.Value
		if field == "status" {
			field, name = "tag", c.Name
		}
		names, listed := known[field]
		slices.Sort(names)
		if listed && !slices.Contains(names, name) && !slices.ContainsFunc([]byte(name), func(b byte) bool { return b == '*' || b == '-' && field == "lang" }) &&
			!(field == "country" && name == "uk") {
			a.tell("No article has the %s %q; %s\n", field, name, query.Meant(name, slices.Compact(names)))
		}
	}
	return nil
}

// conditions are those of an expression on metadata.
func conditions(n query.Node) (all []*query.Condition) {
	if c, ok := n.(*query.Condition); ok {
		return []*query.Condition{c}
	}
	for _, x := range query.Operands(n) {
		all = append(all, conditions(x)...)
	}
	return all
}
