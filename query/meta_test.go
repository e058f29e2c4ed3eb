package query

import (
	"testing"
	"time"

	"blotter"
)

func testArticle() *blotter.Article {
	london := time.FixedZone("BST", 3600)
	return &blotter.Article{
		URL: "https://news.example.org/police/Raid?id=7", Source: "met-current", Lang: "en", Authors: []string{"Jane O’Neill Smith", "Ü. Müller"},
		Published: blotter.Date{Time: time.Date(2015, 6, 30, 0, 30, 0, 0, london), Precision: blotter.Minute},
		FirstSeen: time.Date(2026, 10, 31, 23, 30, 0, 0, time.UTC),
		Tags: []blotter.Tag{
			{Tag: "seizure", Status: blotter.Reported, Facts: []blotter.Fact{{Name: "weapons", Value: "120"}, {Name: "value", Value: "2500000.5"}}},
			{Tag: "threat_level", Status: blotter.Hedged, Facts: []blotter.Fact{{Name: "level", Value: "SEVERE"}, {Name: "direction", Value: "raised"}}},
		},
	}
}

func TestConditions(t *testing.T) {
	a := testArticle()
	m := MetaOf(a, "gb", time.FixedZone("CET", 3600))
	d := NewDocument("A title", "", "five words in the body")
	for _, c := range []struct {
		query string
		want  bool
	}{
		{"source:met-current", true}, {"source:MET-current", true}, {"source:met", false}, {"source:met*", true}, {"source:gmp", false},
		{"source:(gmp OR met-current)", true}, {"-source:gmp", true},
		{"tag:seizure", true}, {"tag:seiz*", true}, {"tag:arrest", false}, {"tag:(arrest OR seizure)", true},
		{"status:seizure=reported", true}, {"status:seizure=hedged", false}, {"status:threat_level=hedged", true}, {"status:arrest=reported", false},
		{"fact:weapons>=100", true}, {"fact:weapons>120", false}, {"fact:weapons>=120", true}, {"fact:weapons<120", false}, {"fact:weapons<=120", true},
		{"fact:weapons=120", true}, {"fact:weapons=120.0", true}, {"fact:weapons=12", false}, {"fact:value>2,500,000", true},
		{"fact:direction=raised", true}, {"fact:direction>1", false}, {"fact:drugs>0", false}, {"fact:weapons=1*", true},
		{"level:severe", true}, {"level:SEVERE", true}, {"level:substantial", false},
		{"country:uk", true}, {"country:gb", true}, {"country:GB", true}, {"country:us", false},
		{"lang:en", true}, {"lang:de", false},
		{`author:"jane o'neill"`, true}, {"author:smith", true}, {`author:"smith jane"`, false}, {"author:smit", false}, {"author:muller", true}, {"author:Jane", true},
		{`author:"smith u"`, false},
		{"url:example.org/police", true}, {"url:https://news.example.org/police/raid?id=7", true}, {"url:example.com", false},
		{"published:2015", true}, {"published:2015-06", true}, {"published:2015-06-30", true}, {"published:2015-06-29", false}, {"published:2014", false},
		{"published:2015-01..2015-06", true}, {"published:2015-06-30..2015-06-30", true}, {"published:2015-07..", false}, {"published:..2015-06", true},
		{"published:..2015-05", false}, {"published:>2015-06-29", true}, {"published:>2015-06-30", false}, {"published:>=2015-06-30", true},
		{"published:<2015-06-30", false}, {"published:<=2015-06-30", true}, {"published:<2015-07", true}, {"published:>2015-05", true}, {"published:>2015", false},
		{"published:(2014 OR 2015)", true}, {"published:=2015", true},
		{"fetched:2026-11-01", true}, {"fetched:>=2026-11-01", true}, {"fetched:2026-10", false},
		{"words:5", true}, {"words:>5", false}, {"words:>=5", true}, {"words:<5", false}, {"words:<=5", true}, {"words:3..7", true}, {"words:..4", false}, {"words:5..", true},
	} {
		q, err := Parse(c.query)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		checkPrints(t, q)
		if spans, got := q.Match(d, m); got != c.want || spans != nil {
			t.Errorf("%s: got %v %v, want %v", c.query, got, spans, c.want)
		}
		if _, got := q.Match(d, Meta{}); got && c.want && c.query[0] != '-' && c.query[:5] != "words" {
			t.Errorf("%s is true of an article without metadata", c.query)
		}
	}
}

// TestPrecision says that a date of a year alone is in that year and not known to be in any of its months.
func TestPrecision(t *testing.T) {
	for _, c := range []struct {
		precision blotter.Precision
		query     string
		want      bool
	}{
		{blotter.Year, "published:2015", true}, {blotter.Year, "published:2015-01", false}, {blotter.Year, "published:2015-01-01", false},
		{blotter.Year, "published:2014-06..2015", true}, {blotter.Year, "published:>2014", true}, {blotter.Year, "published:<=2015-06", false},
		{blotter.Month, "published:2015-02", true}, {blotter.Month, "published:2015-02-01", false}, {blotter.Month, "published:2015-02-01..2015-02-28", true},
		{blotter.Month, "published:2015", true}, {blotter.Day, "published:2015-02-01", true},
	} {
		m := Meta{Published: blotter.Date{Time: time.Date(2015, 2, 1, 0, 0, 0, 0, time.UTC), Precision: c.precision}}
		if c.precision == blotter.Year {
			m.Published.Time = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		q, err := Parse(c.query)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := q.Match(NewDocument("", "", ""), m); got != c.want {
			t.Errorf("%s of a date known to the %s: got %v", c.query, c.precision, got)
		}
	}
}
