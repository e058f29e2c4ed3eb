package classify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"blotter/internal/strict"
	"blotter/query"
)

// version rises whenever the same rules could give the same text other tags, evidence or facts.
const version = 3

// packFile mirrors a file of rules/: one rule at its top, or several under rules; lists and context are the whole
// pack's, whichever file they stand in.
type packFile struct {
	ruleFile
	Rules   []ruleFile          `yaml:"rules"`
	Lists   map[string][]string `yaml:"lists"`
	Context contextFile         `yaml:"context"`
}

// ruleFile mirrors a rule.
type ruleFile struct {
	ID          string              `yaml:"id"`
	Tag         string              `yaml:"tag"`
	Title       string              `yaml:"title"`
	Description string              `yaml:"description"`
	References  []string            `yaml:"references"`
	Scope       []string            `yaml:"scope"` // title, lead, body; title and body when left out
	First       int                 `yaml:"first"` // words of the body to look at; 0 for all
	Any         []string            `yaml:"any"`
	Weighted    []weightedFile      `yaml:"weighted"`
	Threshold   int                 `yaml:"threshold"`
	Unless      []string            `yaml:"unless"`
	Never       []string            `yaml:"never"`
	Status      map[string][]string `yaml:"status"` // status → queries
	Ignore      []string            `yaml:"ignore"` // statuses that the context cannot give
	Earns       []string            `yaml:"earns"`  // statuses that earn the tag; all but hypothetical and negated when left out
	Facts       []factFile          `yaml:"facts"`
	Examples    examples            `yaml:"examples"`
}

type weightedFile struct {
	Query  string `yaml:"query"`
	Weight int    `yaml:"weight"`
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

// Parse reads the *.yaml files of a folder. The error is a strict.Faults with every fault of every file: of the YAML,
// of a query (with its column and a caret), of an unknown list, an id that two rules share. Nothing is made of half a pack.
func Parse(rules fs.FS) (*Pack, error) {
	names, err := fs.Glob(rules, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	c := &compiler{lists: map[string][]string{}, listIn: map[string]string{}, ruleIn: map[string]string{}}
	var files []openFile
	for _, name := range names {
		data, err := fs.ReadFile(rules, name)
		if err != nil {
			return nil, fmt.Errorf("rules: %w", err)
		}
		f := openFile{name: path.Join("rules", name)}
		var faults strict.Faults
		f.doc, faults = strict.Decode(f.name, data, &f.content)
		c.faults = append(c.faults, faults...)
		if f.doc != nil {
			files = append(files, f)
		}
	}
	p := c.compile(files)
	if len(p.rules) == 0 && len(c.faults) == 0 {
		c.faults = strict.Faults{{File: "rules", Msg: "no rule; put at least one into a *.yaml file here"}}
	}
	if err := c.faults.Err(); err != nil {
		return nil, err
	}
	p.finish()
	return p, nil
}

// openFile is a file of the pack that is YAML.
type openFile struct {
	name    string
	doc     *strict.Doc
	content packFile
}

// rules gives the rules of a file and the path of each in it.
func (f *openFile) rules() ([]ruleFile, []string) {
	var rules []ruleFile
	var paths []string
	c := &f.content
	alone := len(c.Rules) == 0 && len(c.Lists) == 0 && c.Context.empty() // what else should the file be for
	if c.ID != "" || c.Tag != "" || c.Title != "" || len(c.Any) > 0 || len(c.Weighted) > 0 || alone {
		rules, paths = append(rules, c.ruleFile), append(paths, "")
	}
	for i, r := range c.Rules {
		rules, paths = append(rules, r), append(paths, fmt.Sprintf("rules[%d].", i))
	}
	return rules, paths
}

// finish sorts the rules, names them by their hash and makes the one matcher of all their queries.
func (p *Pack) finish() {
	slices.SortFunc(p.rules, func(a, b *rule) int { return strings.Compare(a.about.ID, b.about.ID) })
	sum := sha256.New()
	fmt.Fprintf(sum, "classify %d\n", version)
	for _, name := range slices.Sorted(maps.Keys(p.lists)) {
		fmt.Fprintf(sum, "list %q %q\n", name, slices.Sorted(slices.Values(p.lists[name])))
	}
	for _, t := range p.context.triggers {
		fmt.Fprintf(sum, "context %q %d %d %d %s %s\n", t.status, t.side, t.within, t.counts, canonical(t.query), canonical(t.except))
	}
	fmt.Fprintf(sum, "stops %s past %s\n", canonical(p.context.stops), canonical(p.context.years))
	for _, r := range p.rules {
		r.writeTo(sum)
	}
	p.hash = hex.EncodeToString(sum.Sum(nil)[:8])
	p.number()
}

func canonical(q *query.Query) string {
	if q == nil {
		return ""
	}
	return q.String()
}

// writeTo writes what can change a tag, in one canonical form.
func (r *rule) writeTo(h hash.Hash) {
	fmt.Fprintf(h, "rule %s %s %v %d %d %q %q\n", r.about.ID, r.about.Tag, r.scope, r.first, r.threshold, r.ignore, r.earns)
	for _, c := range r.queries {
		fmt.Fprintf(h, "%d %s\n", c.weight, c.query)
	}
	for _, c := range r.unless {
		fmt.Fprintf(h, "unless %s\n", c)
	}
	fmt.Fprintf(h, "never %s\n", canonical(r.never))
	for _, o := range r.overrides {
		fmt.Fprintf(h, "status %s %s\n", o.status, o.query)
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
