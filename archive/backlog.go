package archive

import (
	"context"
	"fmt"
)

// Backlog is how much the steps behind the crawl have left to do.
type Backlog struct {
	Underived int // captures: see Underived
	Untagged  int // articles: see Untagged
}

// Backlog counts what Underived and Untagged would return.
func (a *Archive) Backlog(ctx context.Context, current Stamps, rules string) (Backlog, error) {
	var b Backlog
	err := a.read(ctx, `SELECT
			(SELECT count(*) FROM captures INDEXED BY captures_stamp WHERE purpose <> 'list' AND forgotten IS NULL
				AND (stamp IS NULL OR stamp NOT IN (SELECT value FROM json_each(?)) AND NOT EXISTS (SELECT 1 FROM json_each(?)
					WHERE value ->> 0 = stamp AND value ->> 1 <= fetched AND fetched < value ->> 2))),
			(SELECT count(*) FROM articles INDEXED BY articles_rules WHERE rules IS NOT ?)`,
		[]any{jsonList(current.Any), current.json(), rules},
		func(scan func(...any) error) error { return scan(&b.Underived, &b.Untagged) })
	if err != nil {
		return Backlog{}, fmt.Errorf("archive %s: backlog: %w", a.dir, err)
	}
	return b, nil
}
