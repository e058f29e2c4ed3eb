package answer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/internal/export"
)

// Article is one article with all that is known of it.
type Article struct {
	export.Object
	Revisions []Revision `json:"revisions"`
	Captures  []Capture  `json:"captures"`
	Citation  string     `json:"citation"`
}

// Revision is one text of an article.
type Revision struct {
	Number   int    `json:"number"`
	SHA256   string `json:"sha256"` // of title, a zero byte and body
	Title    string `json:"title"`
	Captures int    `json:"captures"` // that showed this text
	Last     string `json:"last"`     // when the last of them was fetched
}

// Capture is one line of an article's evidence.
type Capture struct {
	ID      int64  `json:"id"`
	URL     string `json:"url"`
	Fetched string `json:"fetched"`
	Status  int    `json:"status"`
	Via     string `json:"via,omitempty"` // the web archive's address, where the site itself did not answer
}

// Article is the article named as for archive.Article, as it is and with its texts one after the other. A name that is that
// of no article is a RequestError.
func (r *Reader) Article(ctx context.Context, id string) (Article, blotter.Article, []archive.Revision, error) {
	article, err := r.Archive.Article(ctx, id)
	if errors.Is(err, archive.ErrNotFound) {
		err = &RequestError{fmt.Sprintf("no article has the id or URL %q; 'blotter search' shows ids, of which the first four digits or more will do", id), err}
	}
	if err != nil {
		return Article{}, article, nil, err
	}
	out := Article{Object: export.NewObject(article, true)}
	out.Citation = export.Citation(article, export.Options{Source: r.Named})
	revisions, err := r.Archive.Revisions(ctx, article.ID)
	if err != nil {
		return Article{}, article, nil, err
	}
	for _, rev := range revisions {
		out.Revisions = append(out.Revisions, Revision{
			rev.Number, rev.SHA256, rev.Article.Title, rev.Captures, rev.Last.UTC().Format(time.RFC3339),
		})
	}
	captures, err := r.Archive.Captures(ctx, article.ID)
	if err != nil {
		return Article{}, article, nil, err
	}
	for _, c := range captures {
		out.Captures = append(out.Captures, Capture{c.ID, c.URL, c.Fetched.UTC().Format(time.RFC3339), c.Exchange.Status, c.Via})
	}
	return out, article, revisions, nil
}

// Named is the source with an id, for citations.
func (r *Reader) Named(id string) blotter.Source { return r.Sources[id] }
