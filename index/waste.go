package index

import (
	"fmt"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// Waste says how many documents the index holds that are deleted or replaced and still take room, of how many in all. Bleve drops
// them when it merges their segments some day; an index that is built anew has none.
func (b *Bleve) Waste() (deleted, all int, err error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.store == nil {
		return 0, 0, b.unusable
	}
	defer recoverDamage(&err)()
	reader, err := b.store.Reader()
	if err != nil {
		return 0, 0, fmt.Errorf("index %s: %w", b.dir, err)
	}
	defer reader.Close()
	snapshot, ok := reader.(*scorch.IndexSnapshot)
	if !ok {
		return 0, 0, fmt.Errorf("index %s: a snapshot is a %T", b.dir, reader)
	}
	for _, s := range snapshot.Segments() {
		if gone := s.Deleted(); gone != nil {
			deleted += int(gone.GetCardinality())
			all += int(gone.GetCardinality())
		}
		all += int(s.Count())
	}
	return deleted, all, nil
}
