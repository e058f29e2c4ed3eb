package daemon

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"blotter/archive"
	"blotter/internal/web"
)

// figures are the names that a daemon's /metrics has, and of each the labels with their values.
type figures map[string]map[string][]string

// readFigures reads what a real daemon tells Prometheus, after it has asked sources, read, tagged and indexed, and has had
// each alarm that there is.
func readFigures(t *testing.T) figures {
	t.Helper()
	tr := newTrial(t)
	tr.start(t)
	defer tr.end(t)
	tr.eventually(t, "something is found", func() bool { return tr.finds(t, "tag:seizure") > 0 })
	for _, kind := range machineAlarms(tr.Daemon) {
		tr.raise(archive.AlarmKind(kind), "for the test")
	}
	door, err := web.ReadDoor(tr.parts().Config.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/readyz", "/api/v1/rules"} {
		get(t, door.Public+path)
	}
	var text string
	tr.eventually(t, "all stages are told of", func() bool {
		text = get(t, door.Public+"/metrics")
		return strings.Contains(text, `stage_duration_seconds_count{stage="poll"}`) && strings.Contains(text, `kind="retain"`) &&
			strings.Contains(text, "blotter_tagged_total{") && strings.Contains(text, `outcome="failed"`)
	})
	all := figures{"up": {}} // which Prometheus adds
	for _, line := range regexp.MustCompile(`(?m)^(\w+)(?:\{(.*)\})? \S+$`).FindAllStringSubmatch(text, -1) {
		if all[line[1]] == nil {
			all[line[1]] = map[string][]string{}
		}
		for _, pair := range regexp.MustCompile(`(\w+)="([^"]*)"`).FindAllStringSubmatch(line[2], -1) {
			all[line[1]][pair[1]] = append(all[line[1]][pair[1]], pair[2])
		}
	}
	for _, has := range all { // of the target that Prometheus asks
		has["job"], has["instance"] = []string{"blotter"}, []string{"127.0.0.1:7970"}
	}
	if len(all) < 30 {
		t.Fatalf("%d figures; the reading is broken:\n%s", len(all), text)
	}
	return all
}

func get(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, r.Status, err)
	}
	return string(text)
}

// TestWatched holds the dashboard and the alert rules of docs/ to the figures of a real daemon: each name and each label that they
// speak of is there, and each value that they look for.
func TestWatched(t *testing.T) {
	all := readFigures(t)
	t.Run("dashboard", func(t *testing.T) { checkDashboard(t, all) })
	t.Run("alerts", func(t *testing.T) { checkRules(t, all) })
	t.Run("checker", func(t *testing.T) { checkChecker(t, all) })
}

// checkDashboard looks at each query of the dashboard, and at the legend that is made of its labels.
func checkDashboard(t *testing.T, all figures) {
	var board struct {
		Title      string
		Templating struct {
			List []struct{ Name, Type, Query string }
		}
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	readWhole(t, "../../docs/grafana-dashboard.json", func(text []byte) error { return json.Unmarshal(text, &board) })
	told, ids := map[string]bool{}, map[int]bool{}
	for _, p := range board.Panels {
		if len(p.Targets) == 0 || ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("%s has no query, the id of another, or no room", p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			expr := strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*").Replace(target.Expr)
			out := all.check(t, p.Title, expr, told)
			for _, m := range regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`).FindAllStringSubmatch(target.LegendFormat, -1) {
				if !slices.Contains(out, m[1]) {
					t.Errorf("%s: the legend %s, of %s, which has %v", p.Title, target.LegendFormat, expr, out)
				}
			}
			if !strings.Contains(target.Expr, "$instance") {
				t.Errorf("%s: %s is not of the daemon that was chosen", p.Title, target.Expr)
			}
		}
	}
	for _, v := range board.Templating.List {
		m := regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`).FindStringSubmatch(v.Query)
		if v.Type == "query" && (m == nil || all[m[1]][m[2]] == nil) {
			t.Errorf("the variable %s is %s, which no figure has", v.Name, v.Query)
		}
	}
	for name := range all {
		if strings.HasPrefix(name, "blotter_") && name != "blotter_figures_failed" && !told[plainName(name)] {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

// checkRules looks at each alert, and at what it says of its labels.
func checkRules(t *testing.T, all figures) {
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	readWhole(t, "../../docs/prometheus-alerts.yaml", func(text []byte) error {
		d := yaml.NewDecoder(bytes.NewReader(text))
		d.KnownFields(true)
		return d.Decode(&rules)
	})
	doc, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			n++
			out := all.check(t, r.Alert, r.Expr, map[string]bool{})
			for _, m := range regexp.MustCompile(`\$labels\.(\w+)`).FindAllStringSubmatch(r.Annotations["summary"], -1) {
				if !slices.Contains(out, m[1]) {
					t.Errorf("%s speaks of %s, and has %v", r.Alert, m[1], out)
				}
			}
			if _, err := time.ParseDuration(r.For); r.For != "" && err != nil || r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
				t.Errorf("%s has no severity or no summary, or its time is wrong: %v", r.Alert, err)
			}
			if !strings.Contains(string(doc), "| `"+r.Alert+"` |") {
				t.Errorf("docs/operations.md does not say what to do about %s", r.Alert)
			}
		}
	}
	if n < 8 {
		t.Errorf("%d rules; the reading is broken", n)
	}
}

// checkChecker: what is wrong is found.
func checkChecker(t *testing.T, all figures) {
	for _, expr := range []string{
		"blotter_sources", `blotter_articles{tag="a"}`, `blotter_fetches_total{outcome="fine"}`, `blotter_alarms_open{kind=~"disk|dusk"}`,
		"sum by (reason) (blotter_queue_depth)", "sum by (le) (rate(blotter_stage_duration_seconds_sum[5m]))", "sum(", "rate(blotter_articles)",
		"blotter_articles / on (source) blotter_disk_free_bytes",
	} {
		if _, faults := all.faults(expr, map[string]bool{}); len(faults) == 0 {
			t.Errorf("nothing is found wrong in %s", expr)
		}
	}
}

func readWhole(t *testing.T, file string, parse func([]byte) error) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = parse(text)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// check returns the labels that the answer to a query has, and notes of which figures it tells.
func (all figures) check(t *testing.T, what, query string, told map[string]bool) []string {
	t.Helper()
	out, faults := all.faults(query, told)
	for _, fault := range faults {
		t.Errorf("%s: %s: %s", what, query, fault)
	}
	return out
}

// faults are what is wrong in a query: it is none, or speaks of what no daemon tells.
func (all figures) faults(query string, told map[string]bool) (out, faults []string) {
	expr, err := parser.ParseExpr(query)
	if err != nil {
		return nil, []string{err.Error()}
	}
	c := &checked{figures: all, told: told}
	return c.labels(expr), c.faults
}

// checked is a query that is looked at.
type checked struct {
	figures
	told   map[string]bool
	faults []string
}

// labels are those that the answer to an expression has.
func (c *checked) labels(expr parser.Expr) []string {
	switch e := expr.(type) {
	case *parser.VectorSelector:
		return c.selector(e)
	case *parser.MatrixSelector:
		return c.labels(e.VectorSelector)
	case *parser.ParenExpr:
		return c.labels(e.Expr)
	case *parser.AggregateExpr:
		out := c.labels(e.Expr)
		c.among(e.Grouping, out)
		if e.Op == parser.TOPK || e.Op == parser.BOTTOMK {
			return out
		}
		if e.Without {
			c.faults = append(c.faults, "say by, which this test understands")
		}
		return e.Grouping
	case *parser.BinaryExpr:
		left, right := c.labels(e.LHS), c.labels(e.RHS)
		if m := e.VectorMatching; m != nil {
			c.among(m.MatchingLabels, left)
			c.among(m.MatchingLabels, right)
		}
		if left == nil {
			return right // a number is on the left
		}
		return left
	case *parser.Call:
		var out []string
		for _, arg := range e.Args {
			out = append(out, c.labels(arg)...)
		}
		if e.Func.Name == "histogram_quantile" {
			c.among([]string{"le"}, out)
		}
		return out
	case *parser.NumberLiteral, *parser.StringLiteral:
	default:
		c.faults = append(c.faults, "this test does not understand "+e.String())
	}
	return nil
}

// plainName is that of a histogram, for each of the names that it is told under.
func plainName(name string) string {
	return regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
}

// selector looks at a figure, and at which of its values are looked for.
func (c *checked) selector(e *parser.VectorSelector) (out []string) {
	has, known := c.figures[e.Name]
	if !known {
		c.faults = append(c.faults, "there is no figure "+e.Name)
		return nil
	}
	c.told[plainName(e.Name)] = true
	for label := range has {
		out = append(out, label)
	}
	for _, m := range e.LabelMatchers {
		if m.Name == labels.MetricName {
			continue
		}
		c.among([]string{m.Name}, out)
		for value := range strings.SplitSeq(m.Value, "|") {
			isWord := regexp.MustCompile(`^[\w-]+$`).MatchString(value)
			if (m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp && isWord) && !slices.Contains(has[m.Name], value) {
				c.faults = append(c.faults, "no "+m.Name+" of "+e.Name+" is "+value)
			}
		}
	}
	return out
}

// among notes labels that are not there.
func (c *checked) among(names, there []string) {
	for _, name := range names {
		if !slices.Contains(there, name) {
			c.faults = append(c.faults, "there is no label "+name)
		}
	}
}
