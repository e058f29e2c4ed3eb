package index

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/internal/race"
	"blotter/query"
)

// TestAgreement is the property that holds the two back ends together: on random articles and random queries, the
// index returns what query.Match accepts.
func TestAgreement(t *testing.T) {
	race.Skip(t)
	const rounds, articlesEach, queriesEach = 12, 24, 80 // 23,040 pairs, less the queries that are none
	pairs := 0
	for round := range rounds {
		random := rand.New(rand.NewPCG(uint64(round), 7))
		disk, memory := open(t, t.TempDir(), "archive"), NewMemory()
		texts := shelf{}
		for n := range articlesEach {
			a := randomArticle(random, n)
			texts[a.ID] = a
			for _, x := range []Index{disk, memory} {
				if err := x.Update(t.Context(), []blotter.Article{a}, nil, int64(n+1)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range queriesEach {
			text := randomQuery(random, 3, true)
			q, err := query.Parse(text)
			if err != nil {
				continue // such as a phrase of places that NEAR cannot take
			}
			pairs += articlesEach
			r := Request{
				Query: q, Limit: articlesEach, Sort: ordered[random.IntN(len(ordered))], Load: texts.load, Source: place,
				Facets: FacetNames, Timeline: Interval(Intervals[random.IntN(len(Intervals))]),
			}
			want, err := memory.Search(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			got, err := disk.Search(t.Context(), r)
			if err != nil || got.Total != want.Total || !slices.Equal(order(got), order(want)) {
				t.Errorf("round %d: %s\n= %s\nindex finds %v, %v\nmatcher      %v", round, text, q, order(got), err, order(want))
				for _, a := range texts {
					if slices.Contains(order(got), a.ID) != slices.Contains(order(want), a.ID) {
						t.Logf("%+v", a)
					}
				}
				return
			}
			if !reflect.DeepEqual(got.Facets, want.Facets) || !slices.Equal(got.Timeline, want.Timeline) || got.Undated != want.Undated {
				t.Fatalf("round %d: %s\nindex counts %v %v %d\nmemory       %v %v %d",
					round, text, got.Facets, got.Timeline, got.Undated, want.Facets, want.Timeline, want.Undated)
			}
			if pages := paged(t, disk, r, 1+random.IntN(5)); !slices.Equal(pages, order(want)) {
				t.Fatalf("round %d: %s by %q in pages: %v\nin one: %v", round, text, r.Sort, pages, order(want))
			}
		}
	}
	if pairs < 20_000 {
		t.Errorf("%d pairs of an article and a query compared", pairs)
	}
}

// ordered are the orders in which two kinds of index agree.
var ordered = []Order{ByDate, ByDateDown, BySource}

// paged reads a result page by page.
func paged(t *testing.T, x Index, r Request, limit int) (ids []string) {
	t.Helper()
	for r.Limit = limit; ; {
		res, err := x.Search(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, order(res)...)
		if res.Next == "" {
			return ids
		}
		r.After = res.Next
	}
}

// vocabulary is small, so that words meet. It holds forms of one stem, stems that are no beginning of their words,
// and words that normalising changes.
var vocabulary = []string{
	"seize", "seized", "Seizing", "SEIZES", "seizure", "die", "dying", "dies", "cry", "cries", "crying", "happy", "happier",
	"café", "Cafe", "MET", "met", "U.S.", "drug-dealer", "drug", "dealers", "woman", "women", "plot", "plots", "plotted",
	"officer's", "officers", "½", "1,500", "MI5’s", "the", "of", "The", "skies", "sky", "ski", "Straße", "control", "controlled",
}

func randomText(random *rand.Rand, most int) string {
	var b strings.Builder
	for range random.IntN(most + 1) {
		b.WriteString(vocabulary[random.IntN(len(vocabulary))])
		b.WriteString([]string{" ", " ", " ", " ", ", ", ". ", "\n\n", "-"}[random.IntN(8)])
	}
	return b.String()
}

func randomArticle(random *rand.Rand, n int) blotter.Article {
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	a := blotter.Article{
		ID: fmt.Sprintf("id%d", n), Source: one("norwich-police", "harbour-watch", "paris-desk"),
		URL: "https://" + one("a", "b") + ".example/" + one("News", "met") + fmt.Sprint(n), Lang: one("en", "en-GB", "fr", ""),
		Title: randomText(random, 6), Body: randomText(random, 40),
	}
	switch random.IntN(3) {
	case 0:
		a.Lead = randomText(random, 6)
	case 1:
		a.Lead, _, _ = strings.Cut(a.Body, "\n\n")
	}
	tags := random.Perm(3)
	for i := range random.IntN(3) {
		a.Authors = append(a.Authors, one("Jane Smith", "Smith Jane-Mary", "É. Dupont", "½ price"))
		a.Tags = append(a.Tags, blotter.Tag{
			Tag: []string{"seizure", "plot", "Sea"}[tags[i]], Status: blotter.Status(one("reported", "hedged", "negated")),
			Facts: []blotter.Fact{{Name: one("weapons", "level"), Value: one("12", "1,000", "severe", "12.0", "")}},
		})
	}
	zone := time.FixedZone("", (random.IntN(25)-12)*3600)
	moment := time.Date(2014+random.IntN(3), time.Month(1+random.IntN(12)), 1+random.IntN(31), random.IntN(24), random.IntN(60), 0, 0, zone)
	if random.IntN(5) > 0 {
		a.Published = blotter.Date{Time: moment, Precision: blotter.Precision(one("minute", "day", "month", "year"))}
	}
	if random.IntN(5) > 0 {
		a.FirstSeen = time.Date(2026, 11, 1+random.IntN(3), random.IntN(24), 0, 0, 0, time.UTC)
	}
	return a
}

// randomQuery makes a query of at most so many levels; one that is placed can stand in NEAR.
func randomQuery(random *rand.Rand, levels int, conditions bool) string {
	sub := func() string { return "(" + randomQuery(random, levels-1, conditions) + ")" }
	placed := func() string { return "(" + randomPlaced(random, levels-1) + ")" }
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	if levels == 0 {
		return randomWord(random)
	}
	switch random.IntN(9) {
	case 0:
		return sub() + " AND " + sub()
	case 1:
		return sub() + " OR " + sub()
	case 2:
		return "NOT " + sub()
	case 3:
		return sub() + " AND NOT " + sub()
	case 4:
		return one("title:", "lead:", "body:") + "(" + randomQuery(random, levels-1, false) + ")"
	case 5:
		if !conditions {
			return sub() + " " + sub()
		}
		return one(
			"source:norwich-police", "source:*p*", "source:pa*", "country:uk", "country:n*", "lang:en", "lang:en-gb", "lang:f*",
			"tag:sea", "tag:se*", "status:seizure=reported", "status:sea=hedged", "fact:weapons=12", "fact:weapons>=12", "fact:weapons<12.5",
			"fact:level=severe", "level:severe", "level:1*", `author:"jane smith"`, "author:mary", "author:½", "url:news", "url:a.example/met",
			"published:2015", "published:2015-02..2015-06", "published:>2015-06-15", "published:<2015-06", "published:>=2015-06", "published:..2015",
			"fetched:2026-11-02", "fetched:>2026-11-02", "fetched:<=2026-11-01", "fetched:2026-11-01..2026-11-02",
			"words:>10", "words:0", "words:..20", "words:5..15", "words:<=7")
	}
	return placed()
}

func randomPlaced(random *rand.Rand, levels int) string {
	if levels == 0 {
		return randomWord(random)
	}
	sub := func() string { return "(" + randomPlaced(random, levels-1) + ")" }
	n := 1 + random.IntN(6)
	switch random.IntN(9) {
	case 0:
		return sub() + " OR " + sub()
	case 1:
		return fmt.Sprintf("%s NEAR/%d %s", sub(), n, sub())
	case 2:
		return fmt.Sprintf("%s ONEAR/%d %s", sub(), n, sub())
	case 3:
		return fmt.Sprintf("%s NOT NEAR/%d %s", sub(), n, sub())
	case 4:
		return sub() + []string{" SAME/S ", " SAME/P ", " NOT SAME/S ", " NOT SAME/P "}[random.IntN(4)] + sub()
	case 5:
		return fmt.Sprintf("ATLEAST/%d %s", 1+random.IntN(4), sub())
	case 6:
		return []string{"title:", "lead:", "body:"}[random.IntN(3)] + randomWord(random)
	}
	return randomWord(random)
}

func randomWord(random *rand.Rand) string {
	word := func() string {
		w := vocabulary[random.IntN(len(vocabulary))]
		if cut := 3 + random.IntN(3); random.IntN(4) == 0 && len(w) > cut+1 && strings.Trim(w[:cut], "abcdefghijklmnopqrstuvwxyz") == "" {
			return w[:cut] + []string{"*", "?", "?*"}[random.IntN(3)]
		}
		return w
	}
	switch random.IntN(6) {
	case 0:
		return `"` + word() + " " + word() + `"`
	case 1:
		return `"` + word() + " " + vocabulary[random.IntN(len(vocabulary))] + `"`
	case 2:
		return "=" + vocabulary[random.IntN(len(vocabulary))]
	case 3:
		return "case:" + vocabulary[random.IntN(len(vocabulary))]
	}
	return word()
}

// TestAgreementNested is the same of NEARs and SAMEs in each other, over so few words that most queries find something, and
// holds that positions decide them without the matcher.
func TestAgreementNested(t *testing.T) {
	race.Skip(t)
	random := rand.New(rand.NewPCG(3, 9))
	disk, memory := open(t, t.TempDir(), "archive"), NewMemory()
	texts := shelf{}
	const articles = 60
	for n := range articles {
		var body strings.Builder
		for range 3 + random.IntN(25) {
			body.WriteString(string(rune('a'+random.IntN(5))) + []string{" ", " ", " ", " ", ". ", "\n\n"}[random.IntN(6)])
		}
		a := blotter.Article{ID: fmt.Sprintf("id%d", n), Title: "A b", Body: body.String()}
		texts[a.ID] = a
		for _, x := range []Index{disk, memory} {
			if err := x.Update(t.Context(), []blotter.Article{a}, nil, int64(n+1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var nested func(levels int) string
	nested = func(levels int) string {
		if levels == 0 || random.IntN(5) == 0 {
			return string(rune('a' + random.IntN(5)))
		}
		op := []string{"NEAR/2", "ONEAR/3", "SAME/S", "SAME/P", "NEAR/4", "OR"}[random.IntN(6)]
		return "(" + nested(levels-1) + " " + op + " " + nested(levels-1) + ")"
	}
	found, decided := 0, 0
	const queries = 600
	for i := range queries {
		text := nested(3)
		if i%4 == 0 {
			text = "ATLEAST/2 " + text
		}
		r := Request{Query: parse(t, text), Limit: articles, Sort: ByDate, Load: texts.load, Explain: true}
		want, err := memory.Search(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := disk.Search(t.Context(), r)
		if err != nil || !slices.Equal(order(got), order(want)) {
			t.Fatalf("%s: index finds %v, %v; matcher %v", text, order(got), err, order(want))
		}
		if want.Total > 0 && want.Total < articles {
			found++
		}
		if got.Plan[0].Open == 0 {
			decided++
		}
	}
	if found < queries/3 || decided < queries {
		t.Errorf("of %d queries %d find some articles and not all, %d are decided by positions", queries, found, decided)
	}
}

// TestManyPlaces: an article that says two words thousands of times costs the index no pair of them; the matcher decides.
func TestManyPlaces(t *testing.T) {
	x := open(t, t.TempDir(), "archive")
	texts := shelf{}
	for i, body := range []string{strings.Repeat("alpha beta ", 20_000), "alpha beta and soon gamma", "gamma"} {
		a := blotter.Article{ID: fmt.Sprintf("id%d", i), Body: body}
		texts[a.ID] = a
		if err := x.Update(t.Context(), []blotter.Article{a}, nil, int64(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		query string
		open  int
		want  []string
	}{
		{"(alpha SAME/P beta) NEAR/3 (gamma OR beta)", 1, []string{"id0", "id1"}},
		{"ATLEAST/2 (alpha NEAR/1 beta)", 1, []string{"id0"}},
		{"(alpha SAME/P beta) NEAR/3 gamma", 0, []string{"id1"}},
	} {
		res, err := x.Search(t.Context(), Request{Query: parse(t, test.query), Limit: 10, Sort: ByDate, Load: texts.load, Explain: true})
		if err != nil || !slices.Equal(order(res), test.want) || res.Plan[0].Open != test.open {
			t.Errorf("%s: %v, %v, plan %+v", test.query, order(res), err, res.Plan)
		}
	}
}
