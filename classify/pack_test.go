package classify

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"blotter"
)

// oneRule is a pack of one rule.
func oneRule(keys string) string { return "id: a\ntag: a\ntitle: A\n" + keys }

// earned gives the status of the first tag and its evidence, or "" without one.
func earned(p *Pack, a blotter.Article) string {
	tags := p.Tags(&a)
	if len(tags) == 0 {
		return ""
	}
	var quotes []string
	for _, e := range tags[0].Evidence {
		quotes = append(quotes, e.Quote)
	}
	return string(tags[0].Status) + ": " + strings.Join(quotes, " | ")
}

func TestListsAreThePacks(t *testing.T) {
	p := pack(t,
		"lists: {guns: [gun, rifle], knives: [=knife, =knives]}\n",
		"lists: {weapons: ['@guns', '@knives', sword]}\n",
		oneRule("any: ['seize NEAR/3 @weapons']\n"))
	for _, body := range []string{"They seized rifles.", "They seized a knife.", "A sword was seized."} {
		if earned(p, blotter.Article{Body: body}) == "" {
			t.Errorf("%q earned nothing", body)
		}
	}
}

func TestListFaults(t *testing.T) {
	rule := oneRule("any: ['@x']\n")
	tests := []struct {
		name  string
		files []string
		want  []string
	}{
		{"twice", []string{"lists: {x: [a]}\n", "lists: {x: [b]}\n", rule}, []string{`rules/b.yaml:1:12: list "x" is taken by the one in rules/a.yaml`}},
		{"empty", []string{"lists: {x: []}\n", rule}, []string{`rules/a.yaml:1:12: list "x" is empty`}},
		{"name", []string{"lists: {X: [a], x: [a]}\n", rule}, []string{`rules/a.yaml:1:12: list "X" must be`}},
		{"entry", []string{"lists:\n  x: [gun, a OR b]\n", rule}, []string{`rules/a.yaml:2:12: entry "a OR b": `}},
		{"unknown", []string{"lists: {x: ['@y']}\n", rule}, []string{"rules/a.yaml:1:13: unknown word list @y"}},
		{"itself", []string{"lists: {x: [a, '@y'], y: [b, '@x']}\n", rule}, []string{"rules/a.yaml:1:16: @x holds @y, and so itself"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { wantFaults(t, test.files, test.want) })
	}
}

func wantFaults(t *testing.T, files, want []string) {
	t.Helper()
	_, err := Parse(rulesFS(files...))
	if err == nil {
		t.Fatal("no fault")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(want) {
		t.Fatalf("have\n%v\nwant %d lines", err, len(want))
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("have %s\nwant %s…", lines[i], want[i])
		}
	}
}

func TestRuleFaults(t *testing.T) {
	tests := []struct{ keys, want string }{
		{"any: [x]\nthreshold: 2\n", "rules/a.yaml:5:12: a threshold needs weighted queries"},
		{"weighted: [{query: x, weight: 1}]\n", "rules/a.yaml:4:11: weighted queries need a threshold"},
		{"weighted: [{query: x, weight: 1}]\nthreshold: 2\n", "rules/a.yaml:5:12: the weights add up to 1 and never reach 2"},
		{"weighted: [{query: x, weight: 0}, {query: y, weight: 2}]\nthreshold: 2\n", "rules/a.yaml:4:31: weight 0 is not 1 or more"},
		{"any: [x]\nfirst: -1\n", "rules/a.yaml:5:8: first is the number of words"},
		{"any: [x]\nstatus: {denied: [x]}\n", `rules/a.yaml:5:18: status "denied" is none of`},
		{"any: [x]\nearns: [negated]\n", `rules/a.yaml:5:9: "negated" is no status that can earn a tag`},
		{"any: [x]\nignore: [reported]\n", `rules/a.yaml:5:10: "reported" is no status that a context gives`},
		{"any: [x]\ncontext: {triggers: [{status: negated}]}\n", "rules/a.yaml:5:22: a trigger has before, after or around"},
		{"any: [x]\ncontext: {triggers: [{status: reported, before: [x]}]}\n", `rules/a.yaml:5:31: "reported" is no status`},
		{"any: [x]\ncontext: {triggers: [{status: negated, before: [x], within: -2}]}\n", "rules/a.yaml:5:61: within is a number of words"},
	}
	for _, test := range tests {
		t.Run(test.keys, func(t *testing.T) { wantFaults(t, []string{oneRule(test.keys)}, []string{test.want}) })
	}
}

func TestSeveralRulesInAFile(t *testing.T) {
	p := pack(t, "rules:\n  - {id: b, tag: b, title: B, any: [x]}\n  - {id: a, tag: a, title: A, any: [y]}\n")
	var ids []string
	for _, r := range p.Rules() {
		ids = append(ids, r.ID)
	}
	if !reflect.DeepEqual(ids, []string{"a", "b"}) {
		t.Errorf("have %v", ids)
	}
	wantFaults(t, []string{"rules:\n  - {id: b, tag: b, title: B, any: [x]}\n  - {id: b, tag: B, title: B, any: ['(']}\n"}, []string{
		`rules/a.yaml:3:10: id "b" is taken by the rule in rules/a.yaml`, `rules/a.yaml:3:18: tag "B" must be`,
		"rules/a.yaml:3:37: query, column 1: ", "    (", "    ^",
	})
}

func TestEarning(t *testing.T) {
	weighted := oneRule("weighted: [{query: 'title:raid', weight: 2}, {query: gun, weight: 1}, {query: knife, weight: 1}]\nthreshold: 2\n")
	context := "context:\n  stops: [but]\n  years: ['=in ONEAR/1 201?']\n  triggers:\n" +
		"    - {status: negated, before: ['no', '=not'], within: 3, except: ['\"no doubt\"']}\n" +
		"    - {status: hedged, before: [may], after: [reportedly]}\n" +
		"    - {status: aggregate, around: [figures], counts: 20}\n"
	plain := oneRule("any: [seize]\n" + context)
	published := blotter.Date{Time: inJune(2020)}
	tests := []struct {
		name, rule string
		article    blotter.Article
		want       string
	}{
		{"weights that are enough", weighted, blotter.Article{Body: "A gun. A knife."}, "reported: A gun. | A knife."},
		{"weights that are not", weighted, blotter.Article{Body: "A gun. A gun."}, ""},
		{"a heavy title", weighted, blotter.Article{Title: "Raid", Body: "Nothing."}, "reported: Raid"},
		{"never", oneRule("any: [gun]\nnever: [toy]\n"), blotter.Article{Body: "A gun.\n\nA toy."}, ""},
		{"the first words", oneRule("any: [gun]\nfirst: 3\n"), blotter.Article{Body: "One two gun. Gun."}, "reported: One two gun."},
		{"the lead", oneRule("any: [gun]\nscope: [lead]\n"), blotter.Article{Title: "Gun", Body: "A gun.\n\nNo other gun."}, "reported: A gun."},
		{"denied", plain, blotter.Article{Body: "No guns were seized."}, ""},
		{"denied too far away", plain, blotter.Article{Body: "No man in the old town was seized."}, "reported: No man in the old town was seized."},
		{"denied and stopped", plain, blotter.Article{Body: "Not now, but seized later."}, "reported: Not now, but seized later."},
		{"no denial", plain, blotter.Article{Body: "No doubt police seized it."}, "reported: No doubt police seized it."},
		{"hedged before", plain, blotter.Article{Body: "They may have seized it."}, "hedged: They may have seized it."},
		{"hedged behind", plain, blotter.Article{Body: "They seized it, reportedly."}, "hedged: They seized it, reportedly."},
		{"a total", plain, blotter.Article{Body: "Figures: 300 guns seized."}, "aggregate: Figures: 300 guns seized."},
		{"no total", plain, blotter.Article{Body: "Figures of 3 saints seized."}, "reported: Figures of 3 saints seized."},
		{"past", plain, blotter.Article{Body: "They seized it in 2014.", Published: published}, "background: They seized it in 2014."},
		{"present", plain, blotter.Article{Body: "They seized it in 2019.", Published: published}, "reported: They seized it in 2019."},
		{"no date", plain, blotter.Article{Body: "They seized it in 2014."}, "reported: They seized it in 2014."},
		{"the strongest first", plain, blotter.Article{Body: "They may seize it. They seized it."}, "reported: They seized it. | They may seize it."},
		{"ignored", plain + "ignore: [negated]\n", blotter.Article{Body: "No guns were seized."}, "reported: No guns were seized."},
		{"what earns", plain + "earns: [reported]\n", blotter.Article{Body: "They may have seized it."}, ""},
		{"the rule's own word", plain + "status: {reported: [no ONEAR/3 seize]}\n", blotter.Article{Body: "No guns were seized."}, "reported: No guns were seized."},
		{"of one match only", plain + "status: {negated: [tried ONEAR/2 seize]}\n",
			blotter.Article{Body: "They tried to seize it and seized it."}, "reported: They tried to seize it and seized it."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := earned(pack(t, test.rule), test.article); got != test.want {
				t.Errorf("have %q, want %q", got, test.want)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	p := pack(t, oneRule("any: [seize]\nunless: [rebel]\ncontext: {triggers: [{status: negated, before: ['no']}]}\n"))
	found := p.Explain(&blotter.Article{Body: "Rebels seized it. No gun was seized. Police seized it."})
	want := []Finding{
		{Query: "seize", Spoiled: "rebel", Because: "Rebels"}, {Query: "seize", Status: blotter.Negated, Because: "No"}, {Query: "seize", Status: blotter.Reported},
	}
	for i, f := range found {
		got := Finding{Query: f.Query, Status: f.Status, Because: f.Because, Spoiled: f.Spoiled}
		if i >= len(want) || got != want[i] || !f.Earned || f.Evidence.Quote == "" {
			t.Errorf("have %+v", f)
		}
	}
}

// The negations that the codebook of the labelled articles names, in words of ours.
func TestDenialsEarnNothing(t *testing.T) {
	p := defaultPack(t)
	for _, body := range []string{
		"No arrests have been made.",
		"Police said that no arrests had been made by Tuesday evening.",
		"Anyone who crossed the line would be arrested, the sergeant said.",
		"A judge has issued a warrant for his arrest.",
		"A 31-year-old woman was released without charge.",
		"The minister ruled out house arrest as a policy.",
		"Her grandfather died of a cardiac arrest.",
		"Police deny that there was a plot to attack the fair.",
		"There was no plot, the chief constable said.",
		"The bomb scare was a hoax.",
		"The terror alert on board was a false alarm.",
		"Nothing was seized.",
		"No weapons were found in the house.",
		"The rebels seized control of the radio station.",
	} {
		for _, tag := range p.Tags(&blotter.Article{Body: body}) {
			t.Errorf("%q earned %s, %s", body, tag.Tag, tag.Status)
		}
	}
}

func inJune(year int) time.Time { return time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC) }
