package answer

import (
	"blotter/configs"
	"blotter/query"
)

// SavedQuery is a saved query.
type SavedQuery struct {
	Name  string `json:"name"`
	Query string `json:"query"`
	About string `json:"about,omitempty"`

	Notify []string `json:"notify,omitempty"` // channels
	Digest string   `json:"digest,omitempty"`
	MaxAge string   `json:"max_age,omitempty"`
}

// SavedQueries are those of a configuration, by their names.
func SavedQueries(c *configs.Config) []SavedQuery {
	all := []SavedQuery{}
	for _, name := range c.QueryNames() {
		q := c.Queries[name]
		saved := SavedQuery{Name: name, Query: q.Query, About: q.About, Notify: q.Notify, Digest: q.Digest}
		if q.MaxAge != 0 {
			saved.MaxAge = q.MaxAge.String()
		}
		all = append(all, saved)
	}
	return all
}

// Names are what a query may name: word lists, as classify.Pack.Words has them, and the saved queries of a configuration.
func Names(c *configs.Config, words query.Options) query.Options {
	words.Saved = func(name string) (string, bool) { q, ok := c.Queries[name]; return q.Query, ok }
	words.SavedNames = c.QueryNames()
	return words
}
