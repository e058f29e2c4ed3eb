package query

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// need is a set of terms one of which occurs in every article of which an expression is true. cost is how many of a
// thousand articles have one of them, or so.
type need struct {
	terms []int32
	cost  int
}

// maxNeeds is how many needs of an expression are kept: the cheapest.
const maxNeeds = 3

// needs finds for each node the sets of words it cannot do without, the rarest first.
func (p *program) needs() [][]need {
	cost := make([]int, len(p.terms))
	for i, t := range p.terms {
		cost[i] = commonness(t.Word)
	}
	of := make([][]need, len(p.nodes))
	for i := range p.nodes { // operands come before what they are operands of
		n := &p.nodes[i]
		operands := p.operands[n.lo:n.hi]
		switch n.op {
		case codeWords:
			sum := 0
			for _, t := range operands {
				sum += cost[t]
			}
			of[i] = []need{{operands, sum}}
		case codePhrase:
			for j, t := range operands {
				of[i] = append(of[i], need{operands[j : j+1], cost[t]})
			}
			of[i] = cheapest(of[i])
		case codeAtLeast:
			of[i] = of[operands[0]]
		case codeAnd, codeNear, codeSame:
			if n.not() {
				operands = operands[:1]
			}
			for _, x := range operands {
				of[i] = append(of[i], of[x]...)
			}
			of[i] = cheapest(of[i])
		case codeOr:
			of[i] = summed(of, operands)
		}
	}
	return of
}

func cheapest(all []need) []need {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b need) int { return a.cost - b.cost })
	all = slices.CompactFunc(all, func(a, b need) bool { return slices.Equal(a.terms, b.terms) })
	return slices.Clip(all[:min(len(all), maxNeeds)])
}

// summed needs one of what its operands need, as far as each needs something.
func summed(of [][]need, operands []int32) []need {
	var all need
	for _, x := range operands {
		if len(of[x]) == 0 {
			return nil
		}
		all.terms = append(all.terms, of[x][0].terms...)
		all.cost += of[x][0].cost
	}
	all.terms = distinct(all.terms)
	return []need{all}
}

// commonness guesses how many of a thousand articles of the news have a word. It only has to tell rare from common.
func commonness(w *Word) int {
	if w.Form == Pattern {
		few := utf8.RuneCountInString(w.Key) - minPrefix
		return 300>>min(few, 5) + 5
	}
	in := commonWords[w.Key]
	switch n := utf8.RuneCountInString(w.Key); {
	case in > 0:
	case n <= 2:
		in = 60
	case n >= 10:
		in = 8
	default:
		in = 50 - 4*n
	}
	if w.Form == Inflected {
		in += in / 2
	}
	return in
}

// commonWords are the words that most articles have in a corpus of 12,000 of eleven years, the commonest first, and
// their stems where those differ.
var commonWords = func() map[string]int {
	const list = "the and a to of in on for s is with that from this it at but as be by has have are was out we an more you " +
		"new they will not their who been than said which also up our he one how week all year about right can t there work or " +
		"part when today were after need had i his media find so use time over continue people less free per using important " +
		"into would if what plans two personal just other press last starting now some first access read plus release " +
		"features individual join no fund being gain background while exclusive like years them its get only do she back where " +
		"could before because these well her many make most made around government through ends then told us may pm am very " +
		"three any off down way during take old even see day my since should world national still such going public another " +
		"between long him much go party next under good know home here both want high say did life according support help place " +
		"me come four show left own country city against put end think set found times best number working million look however " +
		"same really five month mr too school called every research top used seen already health got better second having money " +
		"news former why each police family social education man without night future great group later based across few able " +
		"minister state never little following away until big six past children street international full house again must " +
		"real taken further early things president given young change face information asked went team earlier community " +
		"something post local saying business system start march came different far lot close won open recent keep due become " +
		"labour student once comes ever doing despite members shows done always several act head case area least staff move hard " +
		"provide live current point report ago side known announced within policy others statement believe currently might " +
		"enough call revealed person half law though thousands reported level along means key pay development coming among behind"
	common := map[string]int{}
	rank := 0
	for w := range strings.FieldsSeq(list) {
		rank++
		in := 100 + 14000/(rank+12)
		common[w] = max(common[w], in)
		common[Stem(w)] = max(common[Stem(w)], in)
	}
	return common
}()
