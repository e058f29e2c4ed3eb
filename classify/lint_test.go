package classify

import (
	"strings"
	"testing"
)

// goodRule has nothing to remark on.
const goodRule = `
id: gun
tag: gun
title: Gun
description: Guns that are taken. Not toys.
lists: {guns: [gun, rifle, "stun gun"]}
any: [seize NEAR/5 @guns]
unless: [toy]
examples:
  match: [They seized a gun., A rifle was seized., Seized guns.]
  no_match: [A gun., They seized a toy gun., They seized it.]
`

func TestLint(t *testing.T) {
	change := func(from, to string) []string {
		if !strings.Contains(goodRule, from) {
			t.Fatalf("the rule has no %q", from)
		}
		return []string{strings.Replace(goodRule, from, to, 1)}
	}
	tests := []struct {
		name  string
		files []string
		want  []string // in each remark; none more
	}{
		{"nothing", []string{goodRule}, nil},
		{"unused list", []string{goodRule, "lists: {others: [x], inner: [y]}\n"},
			[]string{"rules/b.yaml inner: no query uses the list @inner", "rules/b.yaml others: no query uses the list @others"}},
		{"list used by a list", []string{strings.Replace(goodRule, "[gun, rifle", `["@more", gun, rifle`, 1), "lists: {more: [pistol]}\n"}, nil},
		{"list used by the context", []string{goodRule, "lists: {no: [never]}\ncontext: {triggers: [{status: negated, before: ['@no']}]}\n"}, nil},
		{"inflection", change("gun, rifle", "gun, guns, rifle"), []string{"a.yaml guns: guns finds nothing that gun does not find"}},
		{"exact and cased", change("gun, rifle", "=guns, 'case:GUN', gun, rifle"),
			[]string{"=guns finds nothing that gun does", "case:GUN finds nothing that gun does"}},
		{"wildcard", change("gun, rifle", "rifle, rifleman, gun, rifle*, rifles*"),
			[]string{"rifleman finds nothing that rifle* does", "rifles* finds nothing that rifle* does"}}, // rifle is rifling too
		{"stem shorter than the wildcard", change("gun, rifle", "gun, rifle, rifles*"), nil},
		{"phrases", change(`"stun gun"`, `"stun gun", "stun gun*", "gun shop"`), []string{`"stun gun" finds nothing that "stun gun*" does`}},
		{"twice", change("gun, rifle", "gun, rifle, gun"), []string{"gun stands twice"}},
		{"broad", change("gun, rifle", "gun*, rifle"), []string{"gun* stands for every word that begins with gun"}},
		{"sides of an OR", change("@guns]", "@guns, (gun OR guns) NEAR/9 seize]"),
			[]string{"[(gun OR guns) NEAR/9 seize]: guns finds nothing that gun does"}},
		{"no description", change("description: Guns that are taken. Not toys.\n", ""), []string{"no description"}},
		{"few examples", change(", They seized it.", ""), []string{"2 of its examples must not match; give 3"}},
		{"no examples", []string{goodRule[:strings.Index(goodRule, "examples:")]}, []string{"it has no examples"}},
		{"dead query", change("@guns]", "@guns, confiscate]"), []string{"no example under match is found by [confiscate]"}},
		{"idle unless", change("[toy]", "[toy, water]"), []string{"no example under no_match is spoiled by unless [water]"}},
		{"idle never", change("unless:", "never: [film, game]\nunless:"), []string{"spoiled by never [film OR game]"}},
		{"idle status", change("unless:", "status: {hedged: [seize NEAR/5 perhaps]}\nunless:"), []string{"no example gets the status hedged by [seize NEAR/5 perhaps]"}},
		{"ignored and given", change("unless:", "ignore: [negated]\nstatus: {negated: [seize NEAR/9 toy]}\nunless:"),
			[]string{"negated stands under ignore and under status"}},
		{"only NOT", change("@guns]", "@guns, NOT toy]"), []string{"[NOT toy] has no word to find"}},
		{"OR NOT", change("seize NEAR/5 @guns]", "(seize NEAR/5 @guns) OR NOT toy]"), []string{"has a side of an OR without a word to find"}},
		{"AND NOT is fine", change("seize NEAR/5 @guns]", "(seize NEAR/5 @guns) AND NOT opera]"), nil},
		{"small letters", change("@guns]", "@guns, '\"a gun\" or rifle']"), []string{`"or" is a word here; the operator is OR`, "no example under match"}},
		{"same tag", []string{goodRule, strings.Replace(strings.Replace(goodRule, "id: gun", "id: gun2", 1), `lists: {guns: [gun, rifle, "stun gun"]}`, "", 1)},
			[]string{"b.yaml gun2: it gives the tag gun, as rule gun does"}},
		{"query twice", change("@guns]", "@guns, (seize) NEAR/5 @guns]"), []string{"[seize NEAR/5 @guns] stands twice"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, r := range pack(t, test.files...).Lint() {
				got = append(got, r.File+" "+r.Rule+r.List+": "+r.Message)
			}
			if len(got) != len(test.want) {
				t.Fatalf("have\n%s\nwant %d", strings.Join(got, "\n"), len(test.want))
			}
			for i, want := range test.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("have %s\nwant %s", got[i], want)
				}
			}
		})
	}
}
