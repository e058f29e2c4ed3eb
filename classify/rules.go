package classify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"blotter"
	"blotter/internal/strict"
	"blotter/query"
)

// version rises whenever the same rules could give the same text other tags, evidence or facts.
const version = 2

// ruleFile mirrors a file of rules/.
type ruleFile struct {
	ID          string              `yaml:"id"`
	Tag         string              `yaml:"tag"`
	Title       string              `yaml:"title"`
	Description string              `yaml:"description"`
	Scope       []string            `yaml:"scope"` // title, body; both when left out
	Lists       map[string][]string `yaml:"lists"`
	Any         []string            `yaml:"any"`
	Unless      []string            `yaml:"unless"`
	Negation    []string            `yaml:"negation"`
	Facts       []factFile          `yaml:"facts"`
	Examples    examples            `yaml:"examples"`
}

type factFile struct {
	Name   string            `yaml:"name"`
	Values map[string]string `yaml:"values"` // value → query
	Read   string            `yaml:"read"`   // a name of factReaders
	Of     []string          `yaml:"of"`     // word lists: the classes of things that the reader looks for
}

type examples struct {
	Match   []string `yaml:"match"`
	NoMatch []string `yaml:"no_match"`
}

// rule is a rule, compiled.
type rule struct {
	about    Rule
	scope    []string
	any      *query.Query
	unless   *query.Query // nil: nothing speaks against it
	negation *query.Query // nil: nothing denies it
	facts    []factRule
	lists    map[string][]string // what @name stands for in the queries
	examples examples
}

// Parse reads the *.yaml files of a folder, one rule each. The error is a strict.Faults with every fault of every file:
// of the YAML, of a query (with its column), of an unknown list, an id that two rules share.
func Parse(rules fs.FS) (*Pack, error) {
	names, err := fs.Glob(rules, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	if len(names) == 0 {
		return nil, strict.Faults{{File: "rules", Msg: "no rule; put at least one into a *.yaml file here"}}
	}
	var faults strict.Faults
	p := &Pack{}
	files := map[string]string{} // by id
	sum := sha256.New()
	fmt.Fprintf(sum, "classify %d\n", version)
	for _, name := range names {
		data, err := fs.ReadFile(rules, name)
		if err != nil {
			return nil, fmt.Errorf("rules: %w", err)
		}
		c := &compiler{file: path.Join("rules", name)}
		r := c.compile(data)
		if id := r.about.ID; id != "" {
			if other, taken := files[id]; taken {
				c.fault("id", "id %q is taken by the rule in %s", id, other)
			}
			files[id] = c.file
		}
		faults = append(faults, c.faults...)
		p.rules = append(p.rules, r)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(p.rules, func(a, b *rule) int { return strings.Compare(a.about.ID, b.about.ID) })
	for _, r := range p.rules {
		r.writeTo(sum)
	}
	p.hash = hex.EncodeToString(sum.Sum(nil)[:8])
	return p, nil
}

// ruleFields are the conditions that a rule may set: those on what the article itself says. What the archive or another
// rule says of it may change while its text does not.
var ruleFields = []string{"source", "lang", "author", "url", "published", "words"}

// compiler turns one file into a rule, gathering what is wrong with it.
type compiler struct {
	file    string
	doc     *strict.Doc
	options query.Options
	faults  strict.Faults
}

func (c *compiler) fault(at, format string, args ...any) {
	c.faults = append(c.faults, c.doc.Fault(at, format, args...))
}

var (
	idPattern  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	tagPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
)

func (c *compiler) compile(data []byte) *rule {
	var f ruleFile
	if c.doc, c.faults = strict.Decode(c.file, data, &f); c.doc == nil {
		return &rule{}
	}
	c.options = query.Options{
		Lists:     func(name string) ([]string, bool) { entries, ok := f.Lists[name]; return entries, ok },
		ListNames: slices.Sorted(maps.Keys(f.Lists)),
		Fields:    ruleFields,
	}
	if !idPattern.MatchString(f.ID) {
		c.fault("id", "id %q must be 1 to 63 of a-z, 0-9 and -, and not begin with -", f.ID)
	}
	if !tagPattern.MatchString(f.Tag) {
		c.fault("tag", "tag %q must be 1 to 63 of a-z, 0-9 and _, and begin with a letter", f.Tag)
	}
	if f.Title == "" {
		c.fault("title", "the rule has no title")
	}
	if len(f.Any) == 0 {
		c.fault("any", "the rule has no query: any is empty")
	}
	r := &rule{
		about:    Rule{ID: f.ID, Tag: f.Tag, Title: f.Title, Description: strings.TrimSpace(f.Description)},
		scope:    c.scope(f.Scope),
		lists:    f.Lists,
		examples: f.Examples,
	}
	r.any, r.about.Queries = c.anyOf("any", f.Any)
	r.unless, r.about.Unless = c.anyOf("unless", f.Unless)
	r.negation, _ = c.anyOf("negation", f.Negation)
	for i, fact := range f.Facts {
		r.facts = append(r.facts, c.fact(fmt.Sprintf("facts[%d]", i), fact))
	}
	return r
}

func (c *compiler) scope(fields []string) []string {
	if len(fields) == 0 {
		return []string{query.FieldTitle, query.FieldBody}
	}
	for i, f := range fields {
		if f != query.FieldTitle && f != query.FieldBody {
			c.fault(fmt.Sprintf("scope[%d]", i), "scope %q is neither title nor body", f)
		}
	}
	return fields
}

// anyOf compiles queries into one that matches where any of them does, and gives each in its canonical form. It is
// nil when there are none, and when one has a fault.
func (c *compiler) anyOf(key string, queries []string) (*query.Query, []string) {
	var canonical []string
	for i, s := range queries {
		if q := c.query(fmt.Sprintf("%s[%d]", key, i), s); q != nil {
			canonical = append(canonical, q.String())
		}
	}
	if len(canonical) == 0 || len(canonical) < len(queries) {
		return nil, canonical
	}
	return c.query(key, "("+strings.Join(canonical, ") OR (")+")"), canonical
}

func (c *compiler) query(at, s string) *query.Query {
	q, err := query.ParseWith(s, c.options)
	if err != nil {
		c.fault(at, "%v", err)
		return nil
	}
	if _, and := q.Root().(*query.And); and && !strings.ContainsAny(s, `"():@=`) && !strings.Contains(s, "AND") {
		// YAML takes the quotation marks off a value that is nothing but a phrase.
		c.fault(at, `%s means %s; for the phrase write '"%s"'`, s, q, s)
	}
	return q
}

// writeTo writes what can change a tag, in one canonical form.
func (r *rule) writeTo(h hash.Hash) {
	fmt.Fprintf(h, "rule %s %s %q\n", r.about.ID, r.about.Tag, r.scope)
	for _, name := range slices.Sorted(maps.Keys(r.lists)) {
		fmt.Fprintf(h, "list %q %q\n", name, slices.Sorted(slices.Values(r.lists[name])))
	}
	for _, q := range []*query.Query{r.any, r.unless, r.negation} {
		if q != nil {
			fmt.Fprint(h, q.String())
		}
		fmt.Fprintln(h)
	}
	for _, f := range r.facts {
		fmt.Fprintf(h, "fact %q %q\n", f.name, f.reader)
		for _, v := range f.values {
			fmt.Fprintf(h, "%q %s\n", v.value, v.query)
		}
		for _, class := range f.of {
			fmt.Fprintf(h, "of %q\n", class.name)
		}
	}
}

// ExampleFailure is an example of a rule that the rule does not live up to.
type ExampleFailure struct {
	Rule string
	Text string
	Want bool // whether the text should have earned the tag
}

// Test runs the examples of all rules, each as the body of an article, and gives those that come out wrong.
func (p *Pack) Test() []ExampleFailure {
	var failures []ExampleFailure
	for _, r := range p.rules {
		for _, s := range r.examples.Match {
			if !r.matches(s) {
				failures = append(failures, ExampleFailure{Rule: r.about.ID, Text: s, Want: true})
			}
		}
		for _, s := range r.examples.NoMatch {
			if r.matches(s) {
				failures = append(failures, ExampleFailure{Rule: r.about.ID, Text: s})
			}
		}
	}
	return failures
}

func (r *rule) matches(body string) bool {
	_, ok := r.tag(cut(&blotter.Article{Body: body}))
	return ok
}
