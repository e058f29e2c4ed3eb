package blotter

import "testing"

func TestFactString(t *testing.T) {
	tests := []struct {
		fact Fact
		want string
	}{
		{Fact{Name: "level", Value: "severe", Quote: "severe"}, "level=severe"},
		{Fact{Name: "firearm", Value: "12", Bound: ">="}, "firearm>=12"},
		{Fact{Name: "cocaine", Value: "25", Unit: "kg"}, "cocaine=25kg"},
		{Fact{Name: "cash", Value: "53000", Bound: ">", Unit: "GBP"}, "cash>53000GBP"},
		{Fact{Name: "ammunition", Value: "300", Bound: "~", Unit: "round"}, "ammunition~300 round"},
		{Fact{Name: "arrests", Value: "10", High: "15", Period: "2021/22", Compared: "8"}, "arrests=10..15 (2021/22, was 8)"},
		{Fact{Name: "figure", Value: "12", Unit: "%", Period: "2017.."}, "figure=12% (2017..)"},
		{Fact{Name: "figure", Value: "12", Compared: "9"}, "figure=12 (was 9)"},
		{Fact{Name: "document"}, "document"},
	}
	for _, test := range tests {
		if got := test.fact.String(); got != test.want {
			t.Errorf("%+v: have %q, want %q", test.fact, got, test.want)
		}
	}
}

// TestZone: a source without a zone, or with one that there is not, is in UTC.
func TestZone(t *testing.T) {
	for zone, want := range map[string]string{"": "UTC", "UTC": "UTC", "Europe/London": "Europe/London", "Europe/Nowhere": "UTC"} {
		for range 2 { // it is remembered
			if got := (Source{TimeZone: zone}).Zone().String(); got != want {
				t.Errorf("%q: %s, want %s", zone, got, want)
			}
		}
	}
}
