package archive

import (
	"database/sql"
	"time"

	"blotter"
)

// dateColumns gives a date as the tables keep it: in UTC for sorting, as the source gave it, and how far and where
// from it is known.
func dateColumns(d blotter.Date) []any {
	if d.IsZero() {
		return []any{nil, nil, d.Precision, d.Raw, d.Method}
	}
	return []any{timeText(d.Time), d.Time.Format(time.RFC3339), d.Precision, d.Raw, d.Method}
}

// dateScan reads the columns local, precision, raw and method.
type dateScan struct {
	local, precision, raw, method sql.NullString
}

func (s *dateScan) fields() []any { return []any{&s.local, &s.precision, &s.raw, &s.method} }

func (s *dateScan) date() blotter.Date {
	d := blotter.Date{Raw: s.raw.String, Method: s.method.String, Precision: blotter.Precision(s.precision.String)}
	// The zero time of a text that is no time says "not given", which is all that can be said of it.
	d.Time, _ = time.ParseInLocation(time.RFC3339, s.local.String, time.UTC)
	return d
}
