package configs

import (
	"testing"
	"time"
)

func TestPeriod(t *testing.T) {
	now := time.Date(2028, 3, 31, 12, 0, 0, 0, time.FixedZone("", 3600))
	for text, want := range map[string]string{
		"5y": "2023-03-31", "1mo": "2028-02-29", "18mo": "2026-09-30", "90d": "2028-01-01", "1d": "2028-03-30",
		"": "", "5": "", "5m": "", "5w": "", "0y": "", "-5y": "", "5 y": "", "5Y": "", "1y6mo": "", "999999d": "",
	} {
		p, err := parsePeriod(text)
		got := ""
		if err == nil {
			got = p.Before(now).Format(time.DateOnly)
			if p.String() != text {
				t.Errorf("%q is printed as %q", text, p)
			}
		}
		if got != want {
			t.Errorf("%q: %s, %v; want %q", text, got, err, want)
		}
	}
}
