package pipeline

import (
	"context"
	"maps"
	"slices"

	"blotter/archive"
)

// Retain forgets what is older than the configuration keeps it, source by source, and returns what it was. The index follows with the
// next pass. It is done bit by bit, beside a crawl too; ended, the next call goes on. doing is told the source and how
// many articles and pages of it are forgotten, and may be nil.
func (p *Pipeline) Retain(ctx context.Context, doing func(source string, done int)) (archive.Old, error) {
	all := archive.Old{BySource: map[string]int{}}
	now := p.now()
	for _, source := range slices.Sorted(maps.Keys(p.Config.Keep)) {
		old, err := p.Archive.ForgetBefore(ctx, p.Config.Keep[source].Before(now), []string{source}, func(done int) {
			if doing != nil {
				doing(source, done)
			}
		})
		all.Articles += old.Articles
		all.Pages += old.Pages
		all.Captures += old.Captures
		all.Bytes += old.Bytes
		maps.Copy(all.BySource, old.BySource)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}
