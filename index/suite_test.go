package index

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"blotter"
	"blotter/query"
)

// kinds are the indexes that every test of what an index does runs over.
var kinds = []struct {
	name string
	make func(t *testing.T) Index
}{
	{"bleve", func(t *testing.T) Index { return open(t, t.TempDir(), "archive") }},
	{"memory", func(*testing.T) Index { return NewMemory() }},
}

func parse(t testing.TB, text string) *query.Query {
	t.Helper()
	q, err := query.Parse(text)
	if err != nil {
		t.Fatalf("parse %q: %v", text, err)
	}
	return q
}

// shelf serves the texts that searches ask for, as an archive does.
type shelf map[string]blotter.Article

func (s shelf) load(_ context.Context, ids []string) ([]blotter.Article, error) {
	var found []blotter.Article
	for _, id := range ids {
		if a, ok := s[id]; ok {
			found = append(found, a)
		}
	}
	return found, nil
}

// place is where the made-up sources are.
func place(source string) (string, *time.Location) {
	switch source {
	case "norwich-police":
		return "uk", time.FixedZone("BST", 3600)
	case "harbour-watch":
		return "nz", time.FixedZone("NZST", 12*3600)
	}
	return "fr", time.UTC
}

func day(year int, month time.Month, d int) blotter.Date {
	return blotter.Date{Time: time.Date(year, month, d, 0, 0, 0, 0, time.UTC), Precision: blotter.Day}
}

// newsstand is what the suite searches.
func newsstand() []blotter.Article {
	articles := []blotter.Article{
		{
			ID: "raid", Source: "norwich-police", URL: "https://norfolk.example/news/raid", Lang: "en-GB",
			Title: "Officers seize rifles at MET depot",
			Lead:  "Detectives seized twelve rifles on Monday.",
			Body: "Detectives seized twelve rifles on Monday.\n\nThe Border Force helped. A drug-dealer was held near the depot.\n\n" +
				"Nobody was hurt. The rifles, worth £1,500, had been hidden in a café.",
			Authors: []string{"Jane Smith", "R. O'Neill"}, Published: day(2015, 6, 24), FirstSeen: time.Date(2026, 11, 1, 23, 30, 0, 0, time.UTC),
			Tags: []blotter.Tag{{Tag: "seizure", Status: blotter.Reported, Facts: []blotter.Fact{{Name: "weapons", Value: "12"}}}},
		},
		{
			ID: "plot", Source: "harbour-watch", URL: "https://harbour.example/plot?id=7", Lang: "en",
			Title:   "Terrorist plots foiled",
			Body:    "Two terror plots were foiled, the minister said.\n\nA third plotter fled. Dying embers met the force at the border.",
			Authors: []string{"Smith Jane"}, Published: blotter.Date{Time: time.Date(2015, 6, 1, 0, 0, 0, 0, time.UTC), Precision: blotter.Month},
			FirstSeen: time.Date(2026, 11, 2, 13, 0, 0, 0, time.UTC),
			Tags: []blotter.Tag{
				{Tag: "plot_foiled", Status: blotter.Hedged, Facts: []blotter.Fact{{Name: "weapons", Value: "1,000"}, {Name: "level", Value: "Severe"}}},
				{Tag: "seizure", Status: blotter.Negated},
			},
		},
		{
			ID: "fair", Source: "norwich-police", URL: "https://norfolk.example/news/fair", Lang: "fr",
			Title: "A quiet fair", Lead: "Written by nobody in particular.",
			Body:      "Women and a woman met at the fair. The woman did not die. Nothing was seized, and no seizure was planned.",
			Published: blotter.Date{Time: time.Date(2014, 12, 31, 23, 30, 0, 0, time.FixedZone("", -5*3600)), Precision: blotter.Minute},
			Tags:      []blotter.Tag{{Tag: "seizure", Status: blotter.Negated}, {Tag: "sea", Status: blotter.Reported}},
		},
		{ID: "bare", Source: "paris-desk", URL: "https://paris.example/", Title: "Plot"},
		{ID: "empty", Source: "paris-desk"},
		{
			ID: "long", Source: "paris-desk", URL: "https://paris.example/long", Title: "Numbers",
			Body:      strings.Repeat("rifle and rifles and more of the same. ", 60),
			Published: blotter.Date{Time: time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC), Precision: blotter.Year},
		},
	}
	for i := range articles {
		if articles[i].ID == "long" {
			articles[i].Tags = []blotter.Tag{{Tag: "count", Status: blotter.Aggregate, Facts: []blotter.Fact{{Name: "level", Value: "low"}}}}
		}
	}
	return articles
}

// TestSearch asks for each form of the language. The wanted ids are in alphabetical order.
func TestSearch(t *testing.T) {
	tests := []struct{ query, want string }{
		{"seize", "fair raid"},
		{"seizure", "fair"},
		{"=seized", "fair raid"},
		{"=seize", "raid"},
		{"rifle", "long raid"},
		{"=rifle", "long"},
		{"die", "fair plot"}, // dying has its own stem
		{"cafe", "raid"},
		{"1500", "raid"},
		{"nowhere", ""},
		{"plot*", "bare plot"},
		{"wom?n", "fair"},
		{"ter?*", "plot"},
		{`"border force"`, "raid"},
		{`"terror plot*"`, "plot"},
		{`"force border"`, ""},
		{"drug-dealer", "raid"},
		{"drugs-dealers", "raid"},
		{`"rifles on monday the border"`, "raid"}, // on across a paragraph
		{`"depot detectives"`, ""},                // not from title to body
		{"case:MET", "raid"},
		{"case:met", "fair plot"},
		{`case:"Border Force"`, "raid"},
		{`case:"border force"`, ""},
		{"title:plot", "bare plot"},
		{"body:plot", "plot"},
		{"lead:seize", "raid"},
		{"lead:helped", ""},
		{"lead:foiled", "plot"}, // the first paragraph, for want of a lead
		{"lead:fled", ""},
		{"lead:particular", "fair"}, // not a piece of the body
		{"particular", ""},
		{"body:particular", ""},
		{"lead:(NOT minister)", "bare empty fair long raid"},
		{"title:(rifle AND depot)", "raid"},
		{"title:(rifle AND monday)", ""},
		{"rifle NOT monday", "long"},
		{"NOT rifle", "bare empty fair plot"},
		{"NOT nowhere", "bare empty fair long plot raid"},
		{"nowhere NOT rifle", ""},
		{"(nowhere OR nowhen) NOT rifle", ""},
		{"-plot -rifle", "empty fair"},
		{"rifle OR plot", "bare long plot raid"},
		{"rifle seize", "raid"},
		{"ATLEAST/3 rifle", "long raid"},
		{"ATLEAST/4 rifle", "long"},
		{"ATLEAST/4 (rifle OR rifles OR seize)", "long raid"},
		{`ATLEAST/2 "rifle and"`, "long"},
		{"ATLEAST/2 case:MET", ""},
		{"seized NEAR/3 rifles", "raid"},
		{"rifles NEAR/2 seized", "raid"},
		{"rifles ONEAR/2 seized", ""},
		{"rifle NEAR/1 rifle", ""},
		{"(seize OR hide) NEAR/2 (twelve OR depot)", "raid"},
		{`"border force" NEAR/1 helped`, "raid"},
		{"seize NEAR/3 rifle NEAR/3 monday", "raid"},
		{"woman NOT NEAR/3 women", "fair"},
		{"woman NOT NEAR/30 met", ""},
		{"rifle NOT NEAR/2 rifle", "raid"},
		{"seize NOT NEAR/5 nowhere", "fair raid"},
		{"case:MET NEAR/2 rifles", "raid"},
		{"seize SAME/S monday", "raid"},
		{"seize SAME/S force", ""},
		{"force SAME/P dealer", "raid"},
		{"rifle NOT SAME/S monday", "long raid"},
		{"woman NOT SAME/S die", "fair"},
		{"rifle AND NOT (seize SAME/S monday)", "long"},
		{"NOT (seize SAME/S monday)", "bare empty fair long plot"},
		{"plot OR (seize SAME/S monday)", "bare plot raid"},
		{"source:norwich-police", "fair raid"},
		{"source:norwich*", "fair raid"},
		{"source:norwich", ""},
		{"source:(harbour-watch OR paris-desk)", "bare empty long plot"},
		{"country:uk", "fair raid"},
		{"country:GB", "fair raid"},
		{"country:nz", "plot"},
		{"lang:en", "plot raid"},
		{"lang:en-gb", "raid"},
		{"tag:seizure", "fair plot raid"},
		{"tag:sei*", "fair plot raid"},
		{"tag:se*", "fair plot raid"},
		{"tag:sea", "fair"},
		{"status:seizure=reported", "raid"},
		{"status:seizure=negated", "fair plot"},
		{"status:sea=negated", ""},
		{"fact:weapons>=12", "plot raid"},
		{"fact:weapons>12", "plot"},
		{"fact:weapons=1000", "plot"},
		{"fact:weapons=12", "raid"},
		{"fact:weapons=1..20", ""},
		{"fact:weapons<12", ""},
		{"NOT fact:weapons>12", "bare empty fair long raid"},
		{"level:severe", "plot"},
		{"level:s*", "plot"},
		{`author:"jane smith"`, "raid"},
		{"author:smith", "plot raid"},
		{"author:smit", ""},
		{"author:o'neill", "raid"},
		{"url:norfolk.example/news", "fair raid"},
		{"url:ID=7", "plot"},
		{"published:2015", "long plot raid"},
		{"published:2014", "fair"},
		{"published:2014-12-31", "fair"}, // in its own zone
		{"published:2015-06", "plot raid"},
		{"published:2015-06-24", "raid"},
		{"published:2015-01..2015-06", "plot raid"},
		{"published:>2015-06-01", "raid"},
		{"published:<2015", "fair"},
		{"published:<=2015-06-24", "fair raid"}, // the plot is of June, no day is known,
		{"published:2014-12-31..", "fair long plot raid"},
		{"NOT published:1900..2100", "bare empty"},
		{"fetched:2026-11-02", "raid"}, // 00:30 in its zone
		{"fetched:2026-11-03", "plot"},
		{"fetched:>=2026-11-02", "plot raid"},
		{"fetched:<2026-11-02", ""},
		{"fetched:2026-11-01", ""},
		{"words:>300", "long"},
		{"words:<1", "bare empty"},
		{"words:0", "bare empty"},
		{"words:20..40", "fair plot raid"},
		{"words:..100", "bare empty fair plot raid"},
		{"tag:seizure AND seize AND published:2015", "raid"},
	}
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			x := kind.make(t)
			stand := newsstand()
			texts := shelf{}
			for n, a := range stand { // one by one, so that there are several segments
				texts[a.ID] = a
				if err := x.Update(t.Context(), []blotter.Article{a}, nil, int64(n+1)); err != nil {
					t.Fatal(err)
				}
			}
			for _, test := range tests {
				r := Request{Query: parse(t, test.query), Limit: 100, Load: texts.load, Source: place}
				for _, r.Sort = range []Order{ByRelevance, ByDate, ByDateDown} {
					res, err := x.Search(t.Context(), r)
					want := strings.Fields(test.want)
					slices.Sort(want)
					if got := ids(res); err != nil || !slices.Equal(got, want) || res.Total != len(want) {
						t.Errorf("%s (%q): %v, total %d, %v; want %v", test.query, r.Sort, got, res.Total, err, want)
					}
				}
			}
		})
	}
}

// ids are the sorted ids of the hits.
func ids(r Result) []string {
	got := order(r)
	slices.Sort(got)
	return got
}

func order(r Result) []string {
	got := make([]string, 0, len(r.Hits))
	for _, h := range r.Hits {
		got = append(got, h.ID)
	}
	return got
}

func TestOrderAndPages(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			x := kind.make(t)
			if err := x.Update(t.Context(), newsstand(), nil, 1); err != nil {
				t.Fatal(err)
			}
			tests := []struct {
				query         string
				sort          Order
				offset, limit int
				want          string
			}{
				{"", ByDate, 0, 10, "long fair plot raid bare empty"},
				{"", ByDateDown, 0, 10, "raid plot fair long bare empty"},
				{"", ByRelevance, 0, 10, "raid plot fair long bare empty"}, // nothing to weigh
				{"", ByDateDown, 2, 2, "fair long"},
				{"", ByDateDown, 5, 10, "empty"},
				{"", ByDateDown, 6, 10, ""},
				{"", ByDateDown, 0, 0, ""},
				{"", ByDateDown, maxWindow, maxWindow, ""},
				{"plotter", ByRelevance, 0, 1, "plot"},
			}
			for _, test := range tests {
				r := Request{Sort: test.sort, Offset: test.offset, Limit: test.limit}
				if test.query != "" {
					r.Query = parse(t, test.query)
				}
				res, err := x.Search(t.Context(), r)
				if got := strings.Join(order(res), " "); err != nil || got != test.want {
					t.Errorf("%+v: %q, %v", test, got, err)
				}
			}
		})
	}
}

// TestRelevance is about Bleve alone: the measure weighs places only.
// TestPagesThroughUpdates: a page goes on where the one before ended, whatever was written between, and a place that is none
// is an error.
func TestPagesThroughUpdates(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			x := kind.make(t)
			var all []blotter.Article
			for i := range 12 {
				all = append(all, blotter.Article{ID: fmt.Sprintf("id%02d", i), Source: "s", Body: "word", Published: day(2020, 1, 1+i)})
			}
			put := func(seq int64, articles ...blotter.Article) {
				t.Helper()
				if err := x.Update(t.Context(), articles, nil, seq); err != nil {
					t.Fatal(err)
				}
			}
			put(1, all...)
			for _, o := range []Order{ByDate, BySource, ByRelevance} {
				r := Request{Query: parse(t, "word"), Limit: 5, Sort: o, Load: shelf{}.load, Source: place}
				first, err := x.Search(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				// The last of the page and all before it are written again, so that their numbers are others.
				for i, id := range order(first) {
					for _, a := range all {
						if a.ID == id {
							put(int64(2+i), a)
						}
					}
				}
				r.After = first.Next
				second, err := x.Search(t.Context(), r)
				if err != nil || len(second.Hits) != 5 {
					t.Fatalf("%s: %v, %v", o, order(second), err)
				}
				for _, id := range order(second) {
					if slices.Contains(order(first), id) {
						t.Errorf("%s: %v and then %v", o, order(first), order(second))
					}
				}
			}
			q := parse(t, "word")
			cursor := func(doc, key string) string {
				return base64.RawURLEncoding.EncodeToString([]byte(strings.Join([]string{"date", Request{Query: q}.mark(), "", "s", doc, key}, "\x00")))
			}
			for _, after := range []string{"x", "ZGF0ZQAA", cursor("-1", "20200101000000id"), cursor("4294967295", "2020"), cursor("1", "")} {
				r := Request{Query: q, Limit: 5, Sort: ByDate, After: after, Load: shelf{}.load, Source: place}
				if _, err := x.Search(t.Context(), r); err == nil || !strings.Contains(err.Error(), "begin without it") {
					t.Errorf("%q: error %v", after, err)
				}
			}
			other := Request{Query: parse(t, "word OR other"), Limit: 5, Sort: ByDate, After: cursor("1", "20200103000000id02"), Load: shelf{}.load, Source: place}
			if _, err := x.Search(t.Context(), other); err == nil || !strings.Contains(err.Error(), "another query") {
				t.Errorf("of another query: error %v", err)
			}
			// A number that is none in this index is no more than a wrong guess.
			r := Request{Query: q, Limit: 20, Sort: ByDate, After: cursor("4294967295", "20200103000000id02"), Load: shelf{}.load, Source: place}
			if res, err := x.Search(t.Context(), r); err != nil || len(res.Hits) != 9 {
				t.Errorf("%v, %v", order(res), err)
			}
		})
	}
}

func TestRelevance(t *testing.T) {
	x := open(t, t.TempDir(), "archive")
	filler := strings.Repeat("Other matters were discussed at length that day. ", 20)
	err := x.Update(t.Context(), []blotter.Article{
		{ID: "once", Title: "Council", Body: "An arson was mentioned. " + filler},
		{ID: "often", Title: "Council", Body: strings.Repeat("Arson again. ", 5) + filler},
		{ID: "title", Title: "Arson", Body: "An arson was mentioned. " + filler},
		{ID: "common", Title: "Council", Body: filler},
	}, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ query, want string }{
		{"arson", "title often once"},
		{"arson OR council", "often title once common"},
		{"matters NOT arson", "common"},
	} {
		res, err := x.Search(t.Context(), Request{Query: parse(t, test.query), Limit: 10})
		if got := strings.Join(order(res), " "); err != nil || got != test.want {
			t.Errorf("%s: %s, %v; want %s", test.query, got, err, test.want)
		}
	}
}

func TestUpdate(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			x := kind.make(t)
			wantState(t, x, 0, 0)
			a, b := blotter.Article{ID: "a", Title: "Early fog"}, blotter.Article{ID: "b", Title: "Late frost"}
			update := func(seq int64, gone []string, put ...blotter.Article) {
				t.Helper()
				if err := x.Update(t.Context(), put, gone, seq); err != nil {
					t.Fatal(err)
				}
			}
			finds := func(text, want string) {
				t.Helper()
				res, err := x.Search(t.Context(), Request{Query: parse(t, text), Limit: 10})
				if got := strings.Join(ids(res), " "); err != nil || got != want {
					t.Errorf("%s finds %q, %v; want %q", text, got, err, want)
				}
			}
			update(2, nil, a, b)
			wantState(t, x, 2, 2)
			finds("fog", "a")
			a.Title = "Early mist"
			update(3, []string{"unknown"}, a)
			wantState(t, x, 3, 2)
			finds("fog", "")
			finds("mist", "a")
			update(4, []string{"a"})
			wantState(t, x, 4, 1)
			finds("mist", "")
			finds("NOT mist", "b")
			update(9, nil)
			wantState(t, x, 9, 1)
			update(10, []string{"b"}, b) // gone first, then put
			wantState(t, x, 10, 1)

			if err := x.Update(t.Context(), []blotter.Article{{Title: "nameless"}}, nil, 11); err == nil {
				t.Error("an article without an id was taken")
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			if err := x.Update(ended, []blotter.Article{a}, nil, 12); !errors.Is(err, context.Canceled) {
				t.Errorf("Update after the end of ctx: %v", err)
			}
			wantState(t, x, 10, 1)
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			x := kind.make(t)
			if err := x.Update(t.Context(), newsstand(), nil, 1); err != nil {
				t.Fatal(err)
			}
			for want, r := range map[string]Request{
				"offset -1 is negative":  {Offset: -1},
				"limit -1 is negative":   {Limit: -1},
				"past the 10000000":      {Limit: maxWindow + 1},
				"unknown order \"size\"": {Sort: "size"},
			} {
				if _, err := x.Search(t.Context(), r); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%+v: %v, want %q", r, err, want)
				}
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := x.Search(ended, Request{Query: parse(t, "seize SAME/S monday"), Load: shelf{}.load}); !errors.Is(err, context.Canceled) {
				t.Errorf("Search after the end of ctx: %v", err)
			}
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			_, errSeq := x.Seq()
			_, errCount := x.Count()
			_, errSearch := x.Search(t.Context(), Request{})
			errUpdate := x.Update(t.Context(), nil, nil, 2)
			for _, err := range []error{errSeq, errCount, errSearch, errUpdate} {
				if !errors.Is(err, ErrClosed) {
					t.Errorf("after Close: %v, want ErrClosed", err)
				}
			}
			if err := x.Close(); err != nil {
				t.Errorf("second Close: %v", err)
			}
		})
	}
}

// TestLoad is about what is loaded, and when it cannot be.
func TestLoad(t *testing.T) {
	x := open(t, t.TempDir(), "archive")
	var articles []blotter.Article
	texts := shelf{}
	for n := range 3*confirmBatch + 7 {
		a := blotter.Article{ID: fmt.Sprint(n), Body: "Fog at dawn. Frost at dusk."}
		if n%3 == 0 {
			a.Body = "Fog and frost at dawn."
		}
		articles = append(articles, a)
		texts[a.ID] = a
	}
	if err := x.Update(t.Context(), articles, nil, 1); err != nil {
		t.Fatal(err)
	}
	most, loaded := 0, 0
	load := func(ctx context.Context, ids []string) ([]blotter.Article, error) {
		most = max(most, len(ids))
		loaded += len(ids)
		return texts.load(ctx, ids)
	}
	for _, test := range []struct {
		query         string
		total, loaded int
	}{
		{"fog SAME/S case:frost", confirmBatch + 3, 3*confirmBatch + 7},
		{`fog frost "at dawn" NEAR/9 fog`, 3*confirmBatch + 7, 0},
		{"fog NEAR/2 frost", confirmBatch + 3, 0},
		{"dusk OR (fog SAME/S case:frost)", 3*confirmBatch + 7, confirmBatch + 3}, // those with dusk are sure
		{"fog NOT SAME/S hail", 3*confirmBatch + 7, 0},
	} {
		most, loaded = 0, 0
		res, err := x.Search(t.Context(), Request{Query: parse(t, test.query), Limit: 5, Load: load})
		if err != nil || res.Total != test.total || len(res.Hits) != 5 || loaded != test.loaded || most > confirmBatch {
			t.Errorf("%s: total %d, %d hits, %d loaded, %d at most at once, %v; want total %d, %d loaded",
				test.query, res.Total, len(res.Hits), loaded, most, err, test.total, test.loaded)
		}
	}

	q := parse(t, "fog SAME/S case:frost")
	if _, err := x.Search(t.Context(), Request{Query: q}); err == nil || !strings.Contains(err.Error(), "fog SAME/S case:frost") {
		t.Errorf("without Load: %v", err)
	}
	broken := errors.New("no shelf")
	_, err := x.Search(t.Context(), Request{Query: q, Load: func(context.Context, []string) ([]blotter.Article, error) { return nil, broken }})
	if !errors.Is(err, broken) {
		t.Errorf("with a Load that fails: %v", err)
	}
	delete(texts, "0")
	if res, err := x.Search(t.Context(), Request{Query: q, Load: load}); err != nil || res.Total != confirmBatch+2 {
		t.Errorf("with an article gone from the archive: %d, %v", res.Total, err)
	}
}
