package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"blotter"
	"blotter/crawler/extract"
)

// stamps say, for each source, under what its captures are to be read: the extractor's version and the source's own
// reading rules. A capture that was read under another stamp is read again; so a changed selector costs the pages
// of its source and no others.
type stamps map[string]string

// stamps computes the present stamps of the configured sources and of all that the archive knows.
func (p *Pipeline) stamps(ctx context.Context) (stamps, error) {
	known, err := p.Archive.Sources(ctx)
	if err != nil {
		return nil, err
	}
	s := stamps{}
	for _, src := range known {
		s[src.ID] = stamp(blotter.Source{ID: src.ID}) // no longer configured: read without hints
	}
	for _, src := range p.Config.Sources {
		s[src.ID] = stamp(src)
	}
	return s, nil
}

// of returns the stamp of a source, also of one that has come since.
func (s stamps) of(source string) string {
	if stamp, ok := s[source]; ok {
		return stamp
	}
	return stamp(blotter.Source{ID: source})
}

// current lists the stamps. Each names its source, so that no capture is taken for read because of another source.
func (s stamps) current() []string {
	list := make([]string, 0, len(s))
	for _, stamp := range s {
		list = append(list, stamp)
	}
	return list
}

func stamp(src blotter.Source) string {
	rules, err := json.Marshal([]any{src.Kind, src.Selectors, src.DateFormat, src.TimeZone, src.Language})
	if err != nil {
		panic(err) // strings and slices of strings always marshal
	}
	sum := sha256.Sum256(rules)
	return fmt.Sprintf("%d/%s/%s", extract.Version, src.ID, hex.EncodeToString(sum[:4]))
}
