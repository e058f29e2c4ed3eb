package classify

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"blotter"
	"blotter/internal/strict"
	"blotter/query"
)

// rule is a rule, compiled.
type rule struct {
	about     Rule
	scope     scope
	first     int
	queries   []weighed
	threshold int
	unless    []*query.Query
	never     *query.Query // nil: nothing speaks against the whole article
	overrides []override
	ignore    []blotter.Status
	earns     []blotter.Status
	facts     []factRule
	examples  examples

	queryAt, unlessAt, neverAt, overrideAt int // the numbers of the first of those queries in the pack's set
}

// scope is the set of fields that a rule looks at.
type scope uint8

const (
	inTitle scope = 1 << iota
	inLead
	inBody
)

// weighed is one query of a rule and how far it goes towards the threshold.
type weighed struct {
	query  *query.Query
	weight int
}

// override is a status that a rule gives to what its query matches, whatever the context says.
type override struct {
	status blotter.Status
	query  *query.Query
}

// statuses are all of them, strongest first.
var statuses = []blotter.Status{
	blotter.Reported, blotter.Aggregate, blotter.Background, blotter.Hedged, blotter.Hypothetical, blotter.Negated,
}

// ruleFields are the conditions that a rule may set: those on what the article itself says. What the archive or another
// rule says of it may change while its text does not.
var ruleFields = []string{"source", "lang", "author", "url", "published", "words"}

// compiler turns the files of a pack into rules, gathering what is wrong with them.
type compiler struct {
	faults strict.Faults
	lists  map[string][]string
	listIn map[string]string // the file of each list
	ruleIn map[string]string // the file of each rule

	doc     *strict.Doc // the file at hand
	prefix  string      // where the rule at hand stands in it
	options query.Options
}

func (c *compiler) fault(at, format string, args ...any) {
	c.faults = append(c.faults, c.doc.Fault(strings.TrimSuffix(c.prefix+at, "."), format, args...))
}

func (c *compiler) compile(files []openFile) *Pack {
	c.options = query.Options{Lists: c.entries, Fields: ruleFields}
	for _, f := range files {
		c.doc, c.prefix = f.doc, ""
		c.take(f)
	}
	c.options.ListNames = slices.Sorted(maps.Keys(c.lists))
	for _, f := range files {
		c.doc, c.prefix = f.doc, ""
		c.checkLists(f)
	}
	p := &Pack{lists: c.lists, listIn: c.listIn}
	for _, f := range files {
		c.doc, c.prefix = f.doc, ""
		c.context(&p.context, f.content.Context)
		rules, paths := f.rules()
		for i := range rules {
			c.prefix = paths[i]
			p.rules = append(p.rules, c.rule(&rules[i], f.name))
		}
	}
	return p
}

var (
	idPattern   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	tagPattern  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	listPattern = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
)

// take adds the lists of a file to those of the pack.
func (c *compiler) take(f openFile) {
	for _, name := range slices.Sorted(maps.Keys(f.content.Lists)) {
		switch other, taken := c.listIn[name]; {
		case !listPattern.MatchString(name):
			c.fault("lists."+name, "list %q must be 1 to 63 of a-z, 0-9, _ and -, and begin with a letter", name)
		case taken:
			c.fault("lists."+name, "list %q is taken by the one in %s; lists are the whole pack's", name, other)
		default:
			c.lists[name], c.listIn[name] = f.content.Lists[name], f.name
		}
	}
}

// checkLists reads each entry of a file's lists by itself, so that a fault stands at the entry. A wrong list is emptied of
// what is wrong: the queries that use it have no fault of their own.
func (c *compiler) checkLists(f openFile) {
	for _, name := range slices.Sorted(maps.Keys(f.content.Lists)) {
		var good []string
		for i, entry := range f.content.Lists[name] {
			at := fmt.Sprintf("lists.%s[%d]", name, i)
			if err := c.checkEntry(name, entry); err != nil {
				c.fault(at, "%v", err)
				continue
			}
			good = append(good, entry)
		}
		if c.listIn[name] != f.name || len(good) == len(f.content.Lists[name]) && len(good) > 0 {
			continue
		}
		if len(f.content.Lists[name]) == 0 {
			c.fault("lists."+name, "list %q is empty", name)
		}
		c.lists[name] = append(good, "x")
	}
}

func (c *compiler) checkEntry(list, entry string) error {
	if other, ok := strings.CutPrefix(entry, "@"); ok {
		if _, known := c.lists[other]; !known {
			return fmt.Errorf("unknown word list @%s", other)
		}
		if c.reaches(other, list, len(c.lists)) {
			return fmt.Errorf("@%s holds @%s, and so itself", list, other)
		}
		return nil
	}
	one := query.Options{Lists: func(string) ([]string, bool) { return []string{entry}, true }}
	_, err := query.ParseWith("@x", one)
	var syntax *query.SyntaxError
	if errors.As(err, &syntax) {
		_, msg, _ := strings.Cut(syntax.Msg, "): ")
		return fmt.Errorf("entry %q: %s%s", entry, msg, afterSemicolon(syntax.Hint))
	}
	return err
}

func afterSemicolon(hint string) string {
	if hint == "" {
		return ""
	}
	return "; " + hint
}

// reaches says that list from holds list to, at whatever depth.
func (c *compiler) reaches(from, to string, depth int) bool {
	if from == to {
		return true
	}
	for _, entry := range c.lists[from] {
		if other, ok := strings.CutPrefix(entry, "@"); ok && depth > 0 && c.reaches(other, to, depth-1) {
			return true
		}
	}
	return false
}

// entries gives what @name stands for, with the entries of the lists that it holds in their place.
func (c *compiler) entries(name string) ([]string, bool) {
	list, ok := c.lists[name]
	var all []string
	for _, entry := range list {
		if other, nested := strings.CutPrefix(entry, "@"); nested && !c.reaches(other, name, len(c.lists)) {
			inner, _ := c.entries(other)
			all = append(all, inner...)
		} else if !nested {
			all = append(all, entry)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), ok
}

func (c *compiler) rule(f *ruleFile, file string) *rule {
	if !idPattern.MatchString(f.ID) {
		c.fault("id", "id %q must be 1 to 63 of a-z, 0-9 and -, and not begin with -", f.ID)
	} else if other, taken := c.ruleIn[f.ID]; taken {
		c.fault("id", "id %q is taken by the rule in %s", f.ID, other)
	} else {
		c.ruleIn[f.ID] = file
	}
	if !tagPattern.MatchString(f.Tag) {
		c.fault("tag", "tag %q must be 1 to 63 of a-z, 0-9 and _, and begin with a letter", f.Tag)
	}
	if f.Title == "" {
		c.fault("title", "the rule has no title")
	}
	r := &rule{
		about: Rule{
			ID: f.ID, Tag: f.Tag, Title: f.Title, Description: strings.TrimSpace(f.Description), References: f.References,
			File: file, Match: len(f.Examples.Match), NoMatch: len(f.Examples.NoMatch),
		},
		scope: c.scope(f.Scope), first: f.First, threshold: max(1, f.Threshold), examples: f.Examples,
	}
	if f.First < 0 {
		c.fault("first", "first is the number of words to look at, and %d is less than none", f.First)
	}
	c.earning(r, f)
	for i, s := range f.Unless {
		if q := c.query(fmt.Sprintf("unless[%d]", i), s); q != nil {
			r.unless, r.about.Unless = append(r.unless, q), append(r.about.Unless, q.String())
		}
	}
	r.never = c.oneOf("never", f.Never)
	c.status(r, f)
	r.earns = c.earns(f.Earns)
	for i, fact := range f.Facts {
		r.facts = append(r.facts, c.fact(fmt.Sprintf("facts[%d]", i), fact))
	}
	return r
}

func (c *compiler) scope(fields []string) scope {
	var s scope
	for i, f := range fields {
		switch f {
		case query.FieldTitle:
			s |= inTitle
		case query.FieldLead:
			s |= inLead
		case query.FieldBody:
			s |= inBody
		default:
			c.fault(fmt.Sprintf("scope[%d]", i), "scope %q is none of title, lead, body", f)
		}
	}
	if s == 0 {
		return inTitle | inBody
	}
	return s
}

// earning compiles the queries that earn the tag.
func (c *compiler) earning(r *rule, f *ruleFile) {
	if len(f.Any)+len(f.Weighted) == 0 {
		c.fault("any", "the rule has no query: any and weighted are empty")
	}
	add := func(at, s string, weight int) {
		if q := c.query(at, s); q != nil {
			r.queries = append(r.queries, weighed{q, weight})
			r.about.Queries = append(r.about.Queries, q.String())
		}
	}
	for i, s := range f.Any {
		add(fmt.Sprintf("any[%d]", i), s, r.threshold)
	}
	sum := 0
	for i, w := range f.Weighted {
		at := fmt.Sprintf("weighted[%d]", i)
		if w.Weight < 1 {
			c.fault(at+".weight", "weight %d is not 1 or more", w.Weight)
		}
		sum += w.Weight
		add(at+".query", w.Query, w.Weight)
	}
	switch {
	case f.Threshold < 0:
		c.fault("threshold", "threshold %d is not 1 or more", f.Threshold)
	case len(f.Weighted) == 0 && f.Threshold != 0:
		c.fault("threshold", "a threshold needs weighted queries; each query under any is enough by itself")
	case len(f.Weighted) > 0 && f.Threshold == 0:
		c.fault("weighted", "weighted queries need a threshold")
	case len(f.Weighted) > 0 && sum < f.Threshold:
		c.fault("threshold", "the weights add up to %d and never reach %d", sum, f.Threshold)
	}
}

// status compiles what a rule says of the status of its evidence.
func (c *compiler) status(r *rule, f *ruleFile) {
	for _, name := range slices.Sorted(maps.Keys(f.Status)) {
		if !slices.Contains(statuses, blotter.Status(name)) {
			c.fault("status."+name, "status %q is none of %s", name, statusNames())
		}
	}
	// An exception to the others first, then the weakest: what is denied is not also hedged.
	order := append([]blotter.Status{blotter.Reported}, statuses[1:]...)
	slices.Reverse(order[1:])
	for _, s := range order {
		for i, text := range f.Status[string(s)] {
			if q := c.query(fmt.Sprintf("status.%s[%d]", s, i), text); q != nil {
				r.overrides = append(r.overrides, override{s, q})
			}
		}
	}
	for i, name := range f.Ignore {
		if s := blotter.Status(name); slices.Contains(statuses, s) && s != blotter.Reported {
			r.ignore = append(r.ignore, s)
		} else {
			c.fault(fmt.Sprintf("ignore[%d]", i), "%q is no status that a context gives; there are %s", name, statusNames())
		}
	}
}

// earns reads which statuses earn the tag.
func (c *compiler) earns(names []string) []blotter.Status {
	can := statuses[:rank(blotter.Hedged)+1]
	if len(names) == 0 {
		return can
	}
	var earns []blotter.Status
	for i, name := range names {
		if s := blotter.Status(name); slices.Contains(can, s) {
			earns = append(earns, s)
		} else {
			c.fault(fmt.Sprintf("earns[%d]", i), "%q is no status that can earn a tag; there are reported, aggregate, background, hedged", name)
		}
	}
	return earns
}

func statusNames() string {
	var names []string
	for _, s := range statuses {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// oneOf compiles queries into one that matches where any of them does. It is nil when there are none, and when one
// has a fault.
func (c *compiler) oneOf(key string, queries []string) *query.Query {
	var canonical []string
	for i, s := range queries {
		if q := c.query(fmt.Sprintf("%s[%d]", key, i), s); q != nil {
			canonical = append(canonical, q.String())
		}
	}
	if len(canonical) == 0 || len(canonical) < len(queries) {
		return nil
	}
	return c.query(key, "("+strings.Join(canonical, ") OR (")+")")
}

func (c *compiler) query(at, s string) *query.Query {
	q, err := query.ParseWith(s, c.options)
	var syntax *query.SyntaxError
	switch {
	case errors.As(err, &syntax):
		c.fault(at, "query, column %d: %s%s", syntax.Column, syntax.Msg, afterSemicolon(syntax.Hint))
		c.faults[len(c.faults)-1].Shown = syntax.Caret()
		return nil
	case err != nil:
		c.fault(at, "%v", err)
		return nil
	}
	if _, and := q.Root().(*query.And); and && !strings.ContainsAny(s, `"():@=`) && !strings.Contains(s, "AND") {
		// YAML takes the quotation marks off a value that is nothing but a phrase.
		c.fault(at, `%s means %s; for the phrase write '"%s"'`, s, q, s)
	}
	return q
}
