package pipeline

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"blotter"
	"blotter/archive"
)

// importWARC keeps the HTML pages of a WARC file. Other records (requests, images, redirects, errors) hold no article.
// In the files of an archive each answer is followed by a record that says of which source it is and what that said of
// it: then status feeds and imported records are kept as well.
func (p *Pipeline) importWARC(ctx context.Context, r io.Reader, in Input, k *keeper) error {
	w := warcImport{keeper: k, in: in}
	records := 0
	for record, err := range archive.ReadWARC(r) {
		records++
		if ctx.Err() != nil { // also of a file without pages, of which nothing is kept
			return ctx.Err()
		}
		if err != nil {
			p.Log.Warn("record skipped", "file", in.Name, "reason", err)
			k.t.count(func(s *Summary) { s.Listed++; s.failed(blotter.ReasonFormat) })
			continue
		}
		if err := w.take(ctx, &record); err != nil {
			return err
		}
	}
	if err := w.keepLast(ctx); err != nil {
		return err
	}
	if w.kept == 0 {
		p.Log.Warn("no page in the file", "file", in.Name, "records", records)
	}
	return ctx.Err()
}

// warcImport keeps the answers of a WARC file. It holds the last one back until it is known whether a record about it
// follows.
type warcImport struct {
	*keeper
	in   Input
	last archive.Fetch // without exchanges: none
	id   string        // of the record of last
	kept int
}

func (w *warcImport) take(ctx context.Context, r *archive.Record) error {
	if o, ok := r.Origin(); ok && o.Of == w.id {
		return w.keepAs(ctx, o)
	}
	if r.Type != "response" && r.Type != "resource" {
		return nil
	}
	if err := w.keepLast(ctx); err != nil {
		return err
	}
	x, err := r.Exchange()
	if err != nil || r.Type == "response" && x.Status != 200 {
		return nil // no HTTP, or an answer without an article
	}
	w.id = r.ID
	w.last = archive.Fetch{
		Source: cmp.Or(w.in.Source, "import"), Purpose: blotter.PurposePage, Item: blotter.Item{URL: x.URL}, Started: x.Started,
		Exchanges: []blotter.Exchange{x},
	}
	return nil
}

// keepAs keeps the last answer as the archive had it that wrote the file.
func (w *warcImport) keepAs(ctx context.Context, o archive.Origin) error {
	f := w.last
	w.last, w.id = archive.Fetch{}, ""
	if len(f.Exchanges) == 0 || o.Purpose == blotter.PurposeList || o.Failure != "" {
		return nil
	}
	f.Source = cmp.Or(w.in.Source, sourceID(o.Source), "import")
	f.Purpose, f.Item = o.Purpose, o.Item
	f.Item.URL = cmp.Or(f.Item.URL, f.Exchanges[0].URL)
	w.kept++
	return w.keep(ctx, f)
}

// keepLast keeps the last answer if it is a page; nothing was said of it.
func (w *warcImport) keepLast(ctx context.Context) error {
	f := w.last
	w.last, w.id = archive.Fetch{}, ""
	if !slices.ContainsFunc(f.Exchanges, isPage) {
		return nil
	}
	w.kept++
	return w.keep(ctx, f)
}

// isPage says whether an answer of a site is HTML.
func isPage(x blotter.Exchange) bool {
	contentType := strings.ToLower(x.Header.Value("Content-Type"))
	return x.Method != "" && (strings.HasPrefix(contentType, "text/html") || strings.HasPrefix(contentType, "application/xhtml"))
}
