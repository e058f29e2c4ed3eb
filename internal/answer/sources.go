package answer

import (
	"context"
	"math"
	"time"

	"blotter"
	"blotter/archive"
)

// Source is a configured source.
type Source struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Kind      blotter.Kind `json:"kind"`
	Country   string       `json:"country"`
	Publisher string       `json:"publisher"`
	Language  string       `json:"language"`
	TimeZone  string       `json:"time_zone"`
	Schedule  string       `json:"schedule"`
	URL       string       `json:"url"`
	Enabled   bool         `json:"enabled"`
	Why       string       `json:"why,omitempty"`
	Health    *Health      `json:"health,omitempty"` // absent without an archive
}

// Health is how a source has done.
type Health struct {
	WatchedSince string         `json:"watched_since,omitempty"` // absent: never asked
	LastSuccess  string         `json:"last_success,omitempty"`
	Failures     int            `json:"failures"` // in a row
	Reason       blotter.Reason `json:"reason,omitempty"`
	NextTry      string         `json:"next_try,omitempty"`      // not before
	ItemsPerDay  *float64       `json:"items_per_day,omitempty"` // absent: it was not watched for a day
	Newest       string         `json:"newest,omitempty"`        // when its newest news was published
}

// NewSource is a source of a configuration, without its health.
func NewSource(s blotter.Source) Source {
	return Source{
		ID: s.ID, Name: s.Name, Kind: s.Kind, Country: s.Country, Publisher: s.Publisher, Language: s.Language, TimeZone: s.TimeZone,
		Schedule: s.Schedule, URL: s.URL, Enabled: s.Enabled, Why: s.Why,
	}
}

// SourceHealth is how some sources do at a time, by id.
func SourceHealth(ctx context.Context, arc *archive.Archive, sources []blotter.Source, now time.Time) (map[string]*Health, error) {
	since := now.AddDate(0, 0, -HealthDays)
	known, err := arc.Health(ctx, since, now)
	if err != nil {
		return nil, err
	}
	health := map[string]*Health{}
	for _, s := range sources {
		health[s.ID] = NewHealth(known[s.ID], since, now)
	}
	return health, nil
}

// HealthDays is how many days back items are counted.
const HealthDays = 30

// NewHealth is the health of a source whose items were counted since a time.
func NewHealth(h archive.Health, since, now time.Time) *Health {
	row := &Health{
		WatchedSince: minute(h.Watched), LastSuccess: minute(h.LastSuccess), Failures: h.Failures, Reason: h.Reason, Newest: minute(h.Newest),
	}
	if h.NextTry.After(now) {
		row.NextTry = minute(h.NextTry)
	}
	if h.Watched.After(since) {
		since = h.Watched
	}
	if days := now.Sub(since).Hours() / 24; !h.Watched.IsZero() && days >= 1 {
		rate := math.Round(10*float64(h.New)/days) / 10
		row.ItemsPerDay = &rate
	}
	return row
}

// minute writes a time as machines read it, "" for none.
func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04Z")
}
