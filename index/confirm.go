package index

import (
	"context"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"

	"blotter"
)

// confirmBatch is how many texts are in memory at once while hits are confirmed: some 2 MB of articles.
const confirmBatch = 200

// confirm returns the documents of the answer that are sure and those that the matcher accepts on the text of the article.
func (e *evaluation) confirm(ctx context.Context, found answer) (*roaring.Bitmap, error) {
	if found.exact() {
		return found.maybe, nil
	}
	if e.request.Load == nil {
		return nil, fmt.Errorf("search %q: the index cannot decide this alone, and there is no archive to load texts from", e.request.Query)
	}
	right := found.sure.Clone()
	batch := make(map[string]uint32, confirmBatch)
	open := roaring.AndNot(found.maybe, found.sure)
	for it := open.Iterator(); it.HasNext(); {
		doc := it.Next()
		key, err := e.orderKey(doc)
		if err != nil {
			return nil, err
		}
		batch[idOfOrderKey(key)] = doc
		if len(batch) < confirmBatch && it.HasNext() {
			continue
		}
		if err := e.confirmBatch(ctx, batch, right); err != nil {
			return nil, err
		}
		clear(batch)
	}
	return right, nil
}

// confirmBatch loads articles and adds the documents of those that match to right.
func (e *evaluation) confirmBatch(ctx context.Context, docs map[string]uint32, right *roaring.Bitmap) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ids := make([]string, 0, len(docs))
	for id := range docs {
		ids = append(ids, id)
	}
	articles, err := e.request.load(ctx, ids)
	if err != nil {
		return fmt.Errorf("search: load texts: %w", err)
	}
	for i := range articles {
		if doc, asked := docs[articles[i].ID]; asked {
			if _, ok := e.request.matches(&articles[i]); ok {
				right.Add(doc)
			}
		}
	}
	return nil
}

// load is Load, a panic of which is its caller's and no sign of a damaged index.
func (r Request) load(ctx context.Context, ids []string) (articles []blotter.Article, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return r.Load(ctx, ids)
}
