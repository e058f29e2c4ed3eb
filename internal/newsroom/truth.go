package newsroom

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"blotter"
	"blotter/testdata"
)

// Truth is what a crawl must find at one place of the newsrooms: an article, or the reason why there is none.
type Truth struct {
	Site      string // the newsroom's folder
	Source    string // the id of the source that lists it
	Path      string // canonical; Newsrooms.URL makes an address of it
	Editions  []int  // those in which this holds; a corrected article has a Truth for each text
	Title     string
	Published string // as blotter.Date prints it
	Precision blotter.Precision
	Authors   []string
	First     string   // the first sentence of the text
	Last      string   // the last sentence of the text
	Tags      []string // of the ten tags, those that a careful reader gives
	Uncertain []string // tags on which careful readers may differ
	NearMiss  []string `json:"near_miss"` // tags that it has not, though it has words that go with them
	Facts     Facts
	Backfill  bool // listed on a further page only

	// Fails holds the reasons of which one is right when there is no article: of an item, or of a source itself.
	Fails []blotter.Reason
}

// Facts are the principal figures of an article, as printed.
type Facts struct {
	Seizure     []Seizure
	ThreatLevel []Level `json:"threat_level"`
	Arrest      struct{ Number string }
}

// Seizure is one thing that was seized. Quantity and Value are empty when the text does not give them.
type Seizure struct{ Quantity, Object, Value string }

// Level is a threat level. Direction is raised, lowered, unchanged or empty.
type Level struct{ Level, Direction string }

// ReadTruth returns what a crawl must find in an edition, in the order of the file.
func ReadTruth(edition int) ([]Truth, error) {
	const file = "sites/truth.jsonl"
	data, err := testdata.Sites.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("truth: %w", err)
	}
	var all []Truth
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		var t Truth
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&t); err != nil {
			return nil, fmt.Errorf("truth: %s:%d: %w", file, number, err)
		}
		if slices.Contains(t.Editions, edition) {
			all = append(all, t)
		}
	}
	return all, nil
}
