package blotter_test

import (
	"testing"
	"time"

	"blotter"
)

// TestParseDate has one row a shape. An empty want is a refusal; the time is given with the zone's offset, and as
// far as the precision goes.
func TestParseDate(t *testing.T) {
	london := location(t, "Europe/London")
	for _, row := range []struct{ raw, layout, want string }{
		// feeds
		{"Mon, 03 Jun 2024 14:05:00 GMT", "", "2024-06-03T14:05:00Z"},
		{"Mon, 03 Jun 2024 14:05:00 +0100", "", "2024-06-03T14:05:00+01:00"},
		{"Mon, 3 Jun 2024 14:05:00 BST", "", "2024-06-03T14:05:00+01:00"},
		{"Wed, 3 Jan 2024 14:05:00 BST", "", "2024-01-03T14:05:00+01:00"},
		{"3 Jun 2024 14:05:00 EST", "", "2024-06-03T14:05:00-05:00"},
		{"3 Jun 2024 14:05:00 EDT", "", "2024-06-03T14:05:00-04:00"},
		{"3 Jun 2024 14:05 CET", "", "2024-06-03T14:05:00+01:00"},
		{"3 Jun 2024 14:05 CEST", "", "2024-06-03T14:05:00+02:00"},
		{"3 Jun 2024 14:05 AEST", "", "2024-06-03T14:05:00+10:00"},
		{"Mon, 03 Jun 24 14:05:00 PST", "", "2024-06-03T14:05:00-08:00"},
		{"Tue, 03 Jun 97 14:05:00 GMT", "", "1997-06-03T14:05:00Z"},
		{"Fri, 03 Jun 2024 14:05:00 GMT", "", "2024-06-03T14:05:00Z"}, // the wrong weekday
		{"Mon,3 Jun 2024 14:05:00 Z", "", "2024-06-03T14:05:00Z"},
		{"Mon 3 Jun 2024 14:05", "", "2024-06-03T14:05:00+01:00"},
		{"Mon, 3 Jun 2024", "", "2024-06-03"},
		{"Mon, 03 Jun 2024 14:05:00 UTC+02:00", "", "2024-06-03T14:05:00+02:00"},
		{"Mon, 03 Jun 2024 14:05:00 +01:00", "", "2024-06-03T14:05:00+01:00"},
		{"Mon, 03 Jun 2024 14:05:00", "", "2024-06-03T14:05:00+01:00"},
		{"Wed, 03 Jan 2024 14:05:00", "", "2024-01-03T14:05:00Z"},
		{"Mon Jun  3 14:05:00 2024", "", "2024-06-03T14:05:00+01:00"},
		{"Mon Jun 03 14:05:00 EDT 2024", "", "2024-06-03T14:05:00-04:00"},
		{"Mon Jun 03 2024 14:05:00 GMT+0100 (British Summer Time)", "", "2024-06-03T14:05:00+01:00"},
		{"Mon, 03 Jun 2024 14:05:00 XQT", "", "2024-06-03"}, // a zone nobody knows: the day stands, the time does not
		{"03/Jun/2024:14:05:00 +0100", "", "2024-06-03T14:05:00+01:00"},
		{"Sun, 03 Jun 2024 23:59:60 GMT", "", "2024-06-03T23:59:59Z"},
		// RFC 3339 and its relatives
		{"2024-06-03T14:05:00Z", "", "2024-06-03T14:05:00Z"},
		{"2024-06-03T14:05:00+01:00", "", "2024-06-03T14:05:00+01:00"},
		{"2024-06-03t14:05:00.123456z", "", "2024-06-03T14:05:00Z"},
		{"2024-06-03T14:05:00.000+0100", "", "2024-06-03T14:05:00+01:00"},
		{"2024-06-03T14:05", "", "2024-06-03T14:05:00+01:00"},
		{"2024-06-03 14:05:00", "", "2024-06-03T14:05:00+01:00"},
		{"2024-06-03 14:05:00 +0000 UTC", "", ""}, // two zones
		{"2024-06-03 14:05:00 UTC", "", "2024-06-03T14:05:00Z"},
		{"2024-06-03T140500Z", "", "2024-06-03T14:05:00Z"},
		{"20240603T140500Z", "", "2024-06-03T14:05:00Z"},
		{"20240603140500", "", "2024-06-03T14:05:00+01:00"},
		{"202406031405", "", "2024-06-03T14:05:00+01:00"},
		{"2024-06-03", "", "2024-06-03"},
		{"2024-6-3", "", "2024-06-03"},
		{"2024/06/03", "", "2024-06-03"},
		{"2024-06-03+01:00", "", "2024-06-03"},
		{"2024-06-03Z", "", "2024-06-03"},
		{"20240603", "", "2024-06-03"},
		{"2024-06", "", "2024-06"},
		{"2024", "", "2024"},
		// houses
		{"Thursday, April 30, 2026 -  06:09", "", "2026-04-30T06:09:00+01:00"},
		{"Thursday, April 30, 2026 - 06:09", "", "2026-04-30T06:09:00+01:00"},
		{"Published: 14:05 23/06/2024", "", "2024-06-23T14:05:00+01:00"},
		{"14:05 03/06/2024", "15:04 02/01/2006", "2024-06-03T14:05:00+01:00"},
		{"03/06/2024", "02/01/2006", "2024-06-03"},
		{"03/06/2024", "01/02/2006", "2024-03-06"},
		{"June 2024", "January 2006", "2024-06"},
		{"2024", "2006", "2024"},
		{"3 June 2024", "", "2024-06-03"},
		{"3rd June 2024", "", "2024-06-03"},
		{"the 3rd of June, 2024", "", "2024-06-03"},
		{"Monday 3rd June 2024 at 2:05pm", "", "2024-06-03T14:05:00+01:00"},
		{"June 3, 2024", "", "2024-06-03"},
		{"June 3rd 2024", "", "2024-06-03"},
		{"Mar 30, 2024", "", "2024-03-30"}, // and no mardi
		{"June 3, 2024 at 2:05 p.m.", "", "2024-06-03T14:05:00+01:00"},
		{"June 3, 2024 12:05 a.m. ET", "", "2024-06-03T00:05:00-04:00"},
		{"January 3, 2024 12:05 p.m. PT", "", "2024-01-03T12:05:00-08:00"},
		{"Jun. 3, 2024, 2pm", "", "2024-06-03T14:00:00+01:00"},
		{"03 Jun 2024", "", "2024-06-03"},
		{"3-Jun-2024", "", "2024-06-03"},
		{"Jun-03-2024", "", "2024-06-03"},
		{"3 Sept 2024", "", "2024-09-03"},
		{"3 Jun '24", "", "2024-06-03"},
		{"2024 June 3", "", "2024-06-03"},
		{"June 2024", "", "2024-06"},
		{"Last updated on: 3 June 2024 | 2.05pm", "", "2024-06-03T14:05:00+01:00"},
		{"2.05pm on 3 June 2024", "", "2024-06-03T14:05:00+01:00"},
		{"3 June 2024 – 14.05", "", "2024-06-03T14:05:00+01:00"},
		{"3 June 2024, 1405hrs", "", "2024-06-03T14:05:00+01:00"},
		{"3 June 2024, 12 noon", "", "2024-06-03T12:00:00+01:00"},
		{"3 June 2024 14:05 PM", "", "2024-06-03T14:05:00+01:00"},
		{"3\u00a0June\u00a02024", "", "2024-06-03"},
		{"Mon 03/06/2024", "", "2024-06-03"}, // a Monday one way round only
		{"Wed 03/06/2024", "", "2024-03-06"},
		{"03/03/2024", "", "2024-03-03"},
		{"13/06/2024", "", "2024-06-13"},
		{"06/13/2024", "", "2024-06-13"},
		{"29 February 2024", "", "2024-02-29"},
		{"1 January 1970", "", "1970-01-01"},
		{"1970-01-01T00:00:00Z", "", "1970-01-01T00:00:00Z"},
		{"3 June 2199", "", "2199-06-03"}, // the future is allowed here
		// German and French
		{"3. Juni 2024", "", "2024-06-03"},
		{"Montag, 3. Juni 2024, 14:05 Uhr", "", "2024-06-03T14:05:00+01:00"},
		{"1. März 2024", "", "2024-03-01"},
		{"23.06.2024", "", "2024-06-23"},
		{"1er juin 2024", "", "2024-06-01"},
		{"Publié le lundi 3 juin 2024 à 14h05", "", "2024-06-03T14:05:00+01:00"},
		{"mar. 12 mars 2024", "", "2024-03-12"},
		{"3 décembre 2024", "", "2024-12-03"},
		// refused
		{"", "", ""},
		{"n/a", "", ""},
		{"yesterday", "", ""},
		{"2 hours ago", "", ""},
		{"3 June", "", ""},
		{"June 3 at 14:05", "", ""},
		{"14:05", "", ""},
		{"03/04/2024", "", ""},
		{"03.04.2024", "", ""},
		{"3-4-2024", "", ""},
		{"03/04/24", "", ""},
		{"31 February 2024", "", ""},
		{"2024-02-30", "", ""},
		{"29 February 2023", "", ""},
		{"31/06/2024", "", ""},
		{"2024-13-01", "", ""},
		{"2024-00-10", "", ""},
		{"32/13/2024", "", ""},
		{"0001-01-01T00:00:00Z", "", ""},
		{"Mon, 01 Jan 0001 00:00:00 +0000", "", ""},
		{"9999-12-31T23:59:59Z", "", ""},
		{"31 December 9999", "", ""},
		{"1899-12-31", "", ""},
		{"2201-01-01", "", ""},
		{"2024-06-03T25:05:00Z", "", ""},
		{"2024-06-03T14:65:00Z", "", ""},
		{"3 June 2024 14:05 AM", "", ""},
		{"3 June 2024 to 5 June 2024", "", ""},
		{"Article 3 June 2024 edition", "", ""},
		{"1717416300", "", ""},
		{"1.2.3.4", "", ""},
		{"99999999", "", ""},
		{"2024-W23-1", "", ""},
		{"0", "", ""},
		{"12", "", ""},
	} {
		d, ok := blotter.ParseDate(row.raw, row.layout, london)
		switch {
		case ok != (row.want != ""):
			t.Errorf("ParseDate(%q, %q) = %v, %v; want %q", row.raw, row.layout, d, ok, row.want)
		case d.String() != row.want:
			t.Errorf("ParseDate(%q, %q) = %s, want %s", row.raw, row.layout, d, row.want)
		case ok && d.Raw != blotter.CleanLine(row.raw):
			t.Errorf("ParseDate(%q, %q) remembers %q as what was printed", row.raw, row.layout, d.Raw)
		case !ok && !d.IsZero():
			t.Errorf("ParseDate(%q, %q) refused with a date: %v", row.raw, row.layout, d)
		}
	}
}

func TestParseDateKnowsTheSourcesZone(t *testing.T) {
	for _, row := range []struct{ raw, zone, want string }{
		{"2024-06-03 14:05", "America/New_York", "2024-06-03T14:05:00-04:00"},
		{"2024-01-03 14:05", "America/New_York", "2024-01-03T14:05:00-05:00"},
		{"2024-06-03 14:05 EST", "Australia/Brisbane", "2024-06-03T14:05:00-05:00"},
		{"2024-06-03 14:05 IST", "Europe/Dublin", "2024-06-03T14:05:00+01:00"},
		{"2024-06-03 14:05 IST", "Asia/Kolkata", "2024-06-03T14:05:00+05:30"},
		{"2024-06-03 14:05 IST", "Asia/Jerusalem", "2024-06-03T14:05:00+02:00"},
		{"2024-06-03 14:05 CST", "Asia/Shanghai", "2024-06-03T14:05:00+08:00"},
		{"2024-06-03 14:05 ET", "America/New_York", "2024-06-03T14:05:00-04:00"},
		{"3 June 2024", "Australia/Sydney", "2024-06-03"},
	} {
		d, ok := blotter.ParseDate(row.raw, "", location(t, row.zone))
		if !ok || d.String() != row.want {
			t.Errorf("ParseDate(%q) in %s = %s, %v; want %s", row.raw, row.zone, d, ok, row.want)
		}
	}
	if d, ok := blotter.ParseDate("2024-06-03 14:05", "", nil); !ok || d.String() != "2024-06-03T14:05:00Z" {
		t.Errorf("without a zone: %s, %v; want UTC", d, ok)
	}
}

func TestDateReaderOrder(t *testing.T) {
	for _, row := range []struct {
		raw   string
		order blotter.DayOrder
		want  string
	}{
		{"Published: 14:05 03/06/2024", blotter.DayFirst, "2024-06-03T14:05:00Z"},
		{"03/06/2024", blotter.MonthFirst, "2024-03-06"},
		{"03/06/24", blotter.DayFirst, "2024-06-03"},
		{"03.06.24", blotter.DayFirst, "2024-06-03"},
		{"23/06/2024", blotter.MonthFirst, "2024-06-23"},
		{"06/23/2024", blotter.DayFirst, "2024-06-23"},
		{"03/06/2024", blotter.AnyOrder, ""},
		{"03/06/2024", blotter.DayOrderIn("US"), "2024-03-06"},
		{"03/06/2024", blotter.DayOrderIn("gb"), "2024-06-03"},
		{"03/06/2024", blotter.DayOrderIn(""), "2024-06-03"},
	} {
		d, ok := blotter.DateReader{Order: row.order}.Parse(row.raw)
		if ok != (row.want != "") || d.String() != row.want {
			t.Errorf("%q in order %d = %s, %v; want %q", row.raw, row.order, d, ok, row.want)
		}
	}
}

func TestDateReaderFind(t *testing.T) {
	for _, row := range []struct{ text, found, want string }{
		{"Two charged after raid – 3 June 2024 – Leeds", "3 June 2024", "2024-06-03"},
		{"News | 03/06/2024 | Leeds", "03/06/2024", "2024-06-03"},
		{"Published: 14:05 03/06/2024 by the press office", "14:05 03/06/2024", "2024-06-03T14:05:00Z"},
		{"On Monday, June 3, 2024, officers searched a house", "Monday, June 3, 2024", "2024-06-03"},
		{"Posted on 3rd June 2024 at 2.05pm.", "3rd June 2024 at 2.05pm.", "2024-06-03T14:05:00Z"},
		{"Version 1.2.2024.5 of 2024-06-03", "2024-06-03", "2024-06-03"},
		{"(3 Jun 2024)", "3 Jun 2024", "2024-06-03"},
		{"In June 2024 and in 2023 there were 3 of them", "", ""},
		{"Ref 20240603 and call 0800 789 321", "", ""},
		{"Budget 2023/24 and 1/2 of it", "", ""},
		{"no digits", "", ""},
		{"31 February 2024, then 1 March 2024", "1 March 2024", "2024-03-01"},
	} {
		d, start, end, ok := blotter.DateReader{Order: blotter.DayFirst}.Find(row.text)
		if ok != (row.want != "") || d.String() != row.want || row.text[start:end] != row.found {
			t.Errorf("Find(%q) = %s at %q, %v; want %s at %q", row.text, d, row.text[start:end], ok, row.want, row.found)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"Mon, 03 Jun 2024 14:05:00 GMT", "Thursday, April 30, 2026 -  06:09", "14:05 03/06/2024", "20240603140500", "2024-06-03T14:05:00.5+01:00 (x", "3.6.24 2p.m. ET"} {
		f.Add(s)
	}
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, order := range []blotter.DayOrder{blotter.AnyOrder, blotter.DayFirst, blotter.MonthFirst} {
			r := blotter.DateReader{Zone: zone, Order: order}
			if d, ok := r.Parse(raw); ok {
				if y := d.Time.Year(); y < 1900 || y > 2200 {
					t.Errorf("Parse(%q) gave the year %d", raw, y)
				}
				if d.Precision == "" || d.Raw == "" {
					t.Errorf("Parse(%q) = %+v: incomplete", raw, d)
				}
				// what is printed is read again as the same
				again, ok := r.Parse(d.String())
				if !ok || again.String() != d.String() {
					t.Errorf("Parse(%q) = %s, which reads as %s, %v", raw, d, again, ok)
				}
			} else if !d.IsZero() {
				t.Errorf("Parse(%q) refused with a date", raw)
			}
			if _, start, end, ok := r.Find(raw); ok && (start < 0 || end <= start || end > len(raw)) {
				t.Errorf("Find(%q) is out of bounds: %d, %d", raw, start, end)
			}
		}
	})
}

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
