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

// readers are the sources by whose rules captures are read: as they are configured, or as they were when they last were.
//
// A capture carries a stamp of what read it: the extractor's version and the source's own reading rules. One that was read
// under another stamp is read again; so a changed selector costs the pages of its source and no others, and a source that is
// not in the configuration at hand costs nothing.
type readers map[string]blotter.Source

func (p *Pipeline) readers(ctx context.Context) (readers, error) {
	known, err := p.Archive.Sources(ctx)
	if err != nil {
		return nil, err
	}
	r := readers{}
	for _, src := range known {
		r[src.ID] = src
	}
	for _, src := range p.Config.Sources {
		r[src.ID] = src
	}
	return r, nil
}

// source returns the one with the id, also of one that has come since: then without rules.
func (r readers) source(id string) blotter.Source {
	if src, ok := r[id]; ok {
		return src
	}
	return blotter.Source{ID: id}
}

// stamps lists the stamps that are current. Each names its source, so that no capture is taken for read because of another.
func (r readers) stamps() []string {
	list := make([]string, 0, len(r))
	for _, src := range r {
		list = append(list, stamp(src))
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
