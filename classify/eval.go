package classify

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"blotter"
)

// Judged is a text with the tags that a person says it should have.
type Judged struct {
	ID, Title string
	Tags      []string
	Uncertain []string // tags of which the person was not sure: neither right nor wrong here
	Labels    []string // that the person was asked for; of others the text says nothing. nil: all
	Weight    float64  // how many texts it stands for; zero: one
}

// unjudged says that the text says nothing of a tag, and whether the person was asked for it.
func (j *Judged) unjudged(name string) (unjudged, asked bool) {
	asked = j.Labels == nil || slices.Contains(j.Labels, name)
	return !asked || slices.Contains(j.Uncertain, name), asked
}

// Evaluation measures rules against judged texts. The zero value is ready for use; it keeps what was right and
// wrong of each text, and no text.
type Evaluation struct {
	docs []judgedCells
}

// judgedCells is what is wanted and given of one text, as names.
type judgedCells struct {
	Judged
	given map[string]*blotter.Tag // with their evidence only where they are not wanted
}

// Add takes in one text with the tags that the rules give it.
func (e *Evaluation) Add(j Judged, given []blotter.Tag) {
	d := judgedCells{Judged: j, given: map[string]*blotter.Tag{}}
	d.Weight = cmp.Or(j.Weight, 1)
	for name, tag := range strongestByName(given) {
		if slices.Contains(j.Tags, name) {
			tag = nil
		} else {
			first := slices.Clone(tag.Evidence[:min(1, len(tag.Evidence))])
			tag = &blotter.Tag{Tag: tag.Tag, Status: tag.Status, Rule: tag.Rule, Evidence: first}
		}
		d.given[name] = tag
	}
	e.docs = append(e.docs, d)
}

// Labels are the tags that the person was asked for or used, sure or not.
func (e *Evaluation) Labels() []string {
	set := map[string]bool{}
	for i := range e.docs {
		for _, name := range slices.Concat(e.docs[i].Tags, e.docs[i].Uncertain, e.docs[i].Labels) {
			set[name] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// Estimate is a share with its 95 % interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Score is how well a tag is given: P is the share of the given that are wanted, R of the wanted that are given, F1
// the harmonic mean of both. A share of nothing is 0.
type Score struct {
	Tag       string   `json:"tag"`
	Support   int      `json:"support"` // texts that should have it
	Right     int      `json:"right"`   // wanted and given
	Wrong     int      `json:"wrong"`   // given and not wanted
	Missed    int      `json:"missed"`  // wanted and not given
	Precision Estimate `json:"precision"`
	Recall    Estimate `json:"recall"`
	F1        Estimate `json:"f1"`
}

// Confusion counts the texts in which one tag was missed and another given instead. Wanted is "" where nothing was
// missed, Given where nothing was given wrongly.
type Confusion struct {
	Wanted string `json:"wanted"`
	Given  string `json:"given"`
	Texts  int    `json:"texts"`
}

// Mistake is a tag that a text should have and has not, or has and should not.
type Mistake struct {
	ID     string       `json:"id"`
	Title  string       `json:"title"`
	Tag    string       `json:"tag"`
	Missed bool         `json:"missed"`
	Given  *blotter.Tag `json:"given,omitempty"` // with the first sentence that earned it, when it was not missed
}

// Report is the outcome of an evaluation.
type Report struct {
	Texts      int         `json:"texts"`
	Uncertain  int         `json:"uncertain"`          // cells left out
	Unasked    int         `json:"unasked,omitempty"`  // cells left out because the person was not asked for them
	Weighted   bool        `json:"weighted,omitempty"` // the texts stand for different numbers of others, and the shares heed it
	Tags       []Score     `json:"tags"`
	Macro      Score       `json:"macro"` // the mean of the tags
	Micro      Score       `json:"micro"` // all cells together
	Confusions []Confusion `json:"confusions"`
	Mistakes   []Mistake   `json:"mistakes"`
}

// tally counts the cells of one tag, or of all.
type tally struct{ right, wrong, missed count }

// count is a number of cells, with the sums of their weights and of the squares of these.
type count struct {
	n               int
	weight, squares float64
}

func one(weight float64) count { return count{1, weight, weight * weight} }

func (c count) plus(o count) count {
	return count{c.n + o.n, c.weight + o.weight, c.squares + o.squares}
}

func (t tally) plus(o tally) tally {
	return tally{t.right.plus(o.right), t.wrong.plus(o.wrong), t.missed.plus(o.missed)}
}

func (t tally) precision() float64 { return share(t.right.weight, t.right.weight+t.wrong.weight) }
func (t tally) recall() float64    { return share(t.right.weight, t.right.weight+t.missed.weight) }
func (t tally) f1() float64 {
	return share(2*t.right.weight, 2*t.right.weight+t.wrong.weight+t.missed.weight)
}
func (t tally) empty() bool { return t == tally{} }

func share(part, of float64) float64 {
	if of == 0 {
		return 0
	}
	return part / of
}

// Report scores the tags named, each text once for each of them but for the uncertain cells.
//
// The intervals of a tag's precision and recall are Wilson's score intervals (Wilson, "Probable inference, the law
// of succession, and statistical inference", JASA 22, 1927; Brown, Cai and DasGupta, "Interval estimation for a
// binomial proportion", Statistical Science 16, 2001, recommend them for few cases). That of its F1 is Wilson's
// too: of the texts that are wanted or given, the share F* that is right is a proportion, and F1 = 2F*/(1+F*) rises
// with it (the Wilson indirect method of Lam, Gopal and Qian, "Confidence intervals for the F1 score: a comparison
// of four methods", arXiv:2309.14621, 2023). A bootstrap would say of five texts out of five that F1 is between 1
// and 1.
//
// Texts that stand for different numbers of others weigh so; the intervals are those of as many texts of one weight as tell as
// much (Kish, Survey Sampling, 1965, 11.7: the square of the sum of the weights over the sum of their squares).
//
// A mean over tags of the same texts is no proportion of independent cases: the intervals of macro and micro are
// percentiles of 2,000 bootstrap samples of texts (Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
// chapter 13), drawn from a fixed seed, so that the same labels give the same figures.
func (e *Evaluation) Report(tags []string) Report {
	tags = slices.Compact(slices.Sorted(slices.Values(tags)))
	r := Report{Texts: len(e.docs), Confusions: []Confusion{}, Mistakes: []Mistake{}}
	cells := make([][]cell, len(e.docs)) // of each text, those that are not rightly left alone
	totals := make([]tally, len(tags))
	pairs := map[Confusion]int{}
	for i := range e.docs {
		d := &e.docs[i]
		r.Weighted = r.Weighted || d.Weight != e.docs[0].Weight
		cells[i] = d.cells(tags)
		for _, c := range cells[i] {
			totals[c.tag] = totals[c.tag].plus(c.tally)
		}
		for _, name := range tags {
			switch unjudged, asked := d.unjudged(name); {
			case !asked:
				r.Unasked++
			case unjudged:
				r.Uncertain++
			}
		}
		r.Mistakes = append(r.Mistakes, d.mistakes(tags, cells[i], pairs)...)
	}
	for pair, n := range pairs {
		pair.Texts = n
		r.Confusions = append(r.Confusions, pair)
	}
	slices.SortFunc(r.Confusions, func(a, b Confusion) int {
		return cmp.Or(cmp.Compare(b.Texts, a.Texts), cmp.Compare(a.Wanted, b.Wanted), cmp.Compare(a.Given, b.Given))
	})
	slices.SortStableFunc(r.Mistakes, func(a, b Mistake) int { return cmp.Compare(a.Tag, b.Tag) })
	r.score(tags, totals, cells)
	return r
}

// cell is what became of one tag in one text, unless it was rightly not given.
type cell struct {
	tag int // index of the tags scored
	tally
}

func (d *judgedCells) cells(tags []string) []cell {
	var all []cell
	for i, name := range tags {
		if unjudged, _ := d.unjudged(name); unjudged {
			continue
		}
		_, given := d.given[name]
		switch wanted := slices.Contains(d.Tags, name); {
		case wanted && given:
			all = append(all, cell{i, tally{right: one(d.Weight)}})
		case given:
			all = append(all, cell{i, tally{wrong: one(d.Weight)}})
		case wanted:
			all = append(all, cell{i, tally{missed: one(d.Weight)}})
		}
	}
	return all
}

// mistakes gives what is wrong of a text, and counts its pairs of missed and wrongly given.
func (d *judgedCells) mistakes(tags []string, cells []cell, pairs map[Confusion]int) []Mistake {
	var all []Mistake
	var missed, wrong []string
	for _, c := range cells {
		name := tags[c.tag]
		switch {
		case c.missed.n > 0:
			missed = append(missed, name)
			all = append(all, Mistake{ID: d.ID, Title: d.Title, Tag: name, Missed: true})
		case c.wrong.n > 0:
			wrong = append(wrong, name)
			all = append(all, Mistake{ID: d.ID, Title: d.Title, Tag: name, Given: d.given[name]})
		}
	}
	switch {
	case len(all) == 0:
		return nil
	case len(missed) == 0:
		missed = []string{""}
	case len(wrong) == 0:
		wrong = []string{""}
	}
	for _, m := range missed {
		for _, w := range wrong {
			pairs[Confusion{Wanted: m, Given: w}]++
		}
	}
	return all
}

// score fills in the scores with their intervals.
func (r *Report) score(tags []string, totals []tally, cells [][]cell) {
	samples := resample(len(tags), cells)
	macro := Score{Tag: "macro"}
	var all tally
	for i, name := range tags {
		s := newScore(name, totals[i])
		t := totals[i]
		s.Precision.Low, s.Precision.High = wilson(t.right, t.right.plus(t.wrong))
		s.Recall.Low, s.Recall.High = wilson(t.right, t.right.plus(t.missed))
		low, high := wilson(t.right, t.right.plus(t.wrong).plus(t.missed))
		s.F1.Low, s.F1.High = 2*low/(1+low), 2*high/(1+high)
		r.Tags = append(r.Tags, s)
		n := float64(len(tags))
		macro.Precision.Value += s.Precision.Value / n
		macro.Recall.Value += s.Recall.Value / n
		macro.F1.Value += s.F1.Value / n
		all = all.plus(totals[i])
	}
	micro := newScore("micro", all)
	macro.Support, macro.Right, macro.Wrong, macro.Missed = micro.Support, micro.Right, micro.Wrong, micro.Missed
	for _, m := range []struct {
		of    func(tally) float64
		macro *Estimate
		micro *Estimate
	}{
		{tally.precision, &macro.Precision, &micro.Precision}, {tally.recall, &macro.Recall, &micro.Recall},
		{tally.f1, &macro.F1, &micro.F1},
	} {
		m.macro.Low, m.macro.High = interval(samples, func(t []tally) (float64, bool) { return mean(t, m.of) })
		m.micro.Low, m.micro.High = interval(samples, func(t []tally) (float64, bool) {
			var sum tally
			for _, one := range t {
				sum = sum.plus(one)
			}
			return m.of(sum), !sum.empty()
		})
	}
	r.Macro, r.Micro = macro, micro
}

func newScore(tag string, t tally) Score {
	return Score{
		Tag: tag, Support: t.right.n + t.missed.n, Right: t.right.n, Wrong: t.wrong.n, Missed: t.missed.n,
		Precision: Estimate{Value: t.precision()}, Recall: Estimate{Value: t.recall()}, F1: Estimate{Value: t.f1()},
	}
}

// mean is that of the tags which a sample has anything of: a rare tag that is not drawn is not a tag done badly.
func mean(tallies []tally, of func(tally) float64) (float64, bool) {
	sum, n := 0.0, 0
	for _, t := range tallies {
		if !t.empty() {
			sum += of(t)
			n++
		}
	}
	return sum / float64(max(n, 1)), n > 0
}

const draws = 2000

// resample draws as many texts as there are, with replacement, again and again, and counts the cells of each tag.
func resample(tags int, cells [][]cell) [][]tally {
	random := rand.New(rand.NewPCG(1927, 1993))
	samples := make([][]tally, draws)
	for i := range samples {
		samples[i] = make([]tally, tags)
		for range cells {
			for _, c := range cells[random.IntN(len(cells))] {
				samples[i][c.tag] = samples[i][c.tag].plus(c.tally)
			}
		}
	}
	return samples
}

// interval gives the 2.5th and the 97.5th percentile of a figure over the samples that have it.
func interval(samples [][]tally, figure func([]tally) (float64, bool)) (low, high float64) {
	var values []float64
	for _, s := range samples {
		if v, ok := figure(s); ok {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return 0, 1 // nothing is known
	}
	slices.Sort(values)
	at := func(p float64) float64 { return values[int(math.Round(p*float64(len(values)-1)))] }
	return at(0.025), at(0.975)
}

// wilson is the 95 % score interval of some cases of all.
func wilson(some, all count) (low, high float64) {
	if all.n == 0 {
		return 0, 1
	}
	const z = 1.959963984540054 // the 97.5th percentile of the normal distribution
	p, m := some.weight/all.weight, all.weight*all.weight/all.squares
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, centre-half), min(1, centre+half)
}
