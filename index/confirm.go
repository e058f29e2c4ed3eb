package index

import (
	"context"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// confirmBatch is how many texts are in memory at once while hits are confirmed: some 2 MB of articles.
const confirmBatch = 200

// confirm keeps the rows that are sure and those that the matcher accepts on the text of the article, in their order.
func confirm(ctx context.Context, r Request, rows []row, sure *roaring.Bitmap) ([]row, error) {
	var open []row
	for _, row := range rows {
		if !sure.Contains(row.doc) {
			open = append(open, row)
		}
	}
	if len(open) == 0 {
		return rows, nil
	}
	right := sure.Clone()
	for batch := range slices.Chunk(open, confirmBatch) {
		if err := confirmed(ctx, r, batch, right); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(rows, func(row row) bool { return !right.Contains(row.doc) }), nil
}

// confirmed loads the articles of the rows and adds those that match to right.
func confirmed(ctx context.Context, r Request, rows []row, right *roaring.Bitmap) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.Load == nil {
		return fmt.Errorf("search %q: the index cannot decide this alone, and there is no archive to load texts from", r.Query)
	}
	ids := make([]string, len(rows))
	docs := make(map[string]uint32, len(rows))
	for i, row := range rows {
		ids[i] = idOfOrderKey(row.order)
		docs[ids[i]] = row.doc
	}
	articles, err := r.Load(ctx, ids)
	if err != nil {
		return fmt.Errorf("search: load texts: %w", err)
	}
	for i := range articles {
		doc, asked := docs[articles[i].ID]
		if !asked {
			continue
		}
		if _, ok := r.matches(&articles[i]); ok {
			right.Add(doc)
		}
	}
	return nil
}
