package configs

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Period is a time as people say it: years, months or days, not hours.
type Period struct{ Years, Months, Days int }

var periodPattern = regexp.MustCompile(`^([1-9][0-9]{0,4})(y|mo|d)$`)

// parsePeriod reads 5y, 18mo or 90d. There is no m, which could be minutes.
func parsePeriod(s string) (Period, error) {
	m := periodPattern.FindStringSubmatch(s)
	if m == nil {
		return Period{}, fmt.Errorf("%q is not a time such as 5y, 18mo or 90d", s)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return Period{}, err
	}
	switch m[2] {
	case "y":
		return Period{Years: n}, nil
	case "mo":
		return Period{Months: n}, nil
	}
	return Period{Days: n}, nil
}

// Before is the time that lies the period before now, by the calendar. A month before 31 March is the last day of February, so
// that nothing is forgotten too early.
func (p Period) Before(now time.Time) time.Time {
	now = now.UTC()
	t := now.AddDate(-p.Years, -p.Months, 0)
	if t.Day() != now.Day() {
		t = t.AddDate(0, 0, -t.Day())
	}
	return t.AddDate(0, 0, -p.Days)
}

// String gives the period as it is written.
func (p Period) String() string {
	switch {
	case p.Years > 0:
		return fmt.Sprintf("%dy", p.Years)
	case p.Months > 0:
		return fmt.Sprintf("%dmo", p.Months)
	}
	return fmt.Sprintf("%dd", p.Days)
}
