package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"blotter"
	"blotter/archive"
	"blotter/configs"
	"blotter/index"
	"blotter/query"
)

// sampled is how many articles are looked up in the index by their address and a word of their text.
const sampled = 50

// checkIndex holds the index against the archive: that it is this archive's, has followed it to the end, holds the same
// articles, and finds them.
func checkIndex(ctx context.Context, c *configs.Config, arc *archive.Archive) (findings []archive.Finding, err error) {
	r, err := openReader(ctx, c, ownIndex)
	var inUse *index.InUseError
	switch {
	case errors.As(err, &inUse):
		return []archive.Finding{{Kind: foundInUse, What: inUse.Error()}}, nil
	case errors.Is(err, index.ErrUnusable):
		return []archive.Finding{{Kind: foundIndex, What: indexDir(c) + ": it is missing, damaged, of another archive or of an older version"}}, nil
	case err != nil:
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	v := indexCheck{reader: r}
	err = v.check(ctx)
	if errors.Is(err, index.ErrDamaged) {
		v.found(foundIndex, "%v", err)
		err = nil
	}
	for i := range v.findings {
		v.findings[i].What = indexDir(c) + ": " + v.findings[i].What
	}
	return v.findings, err
}

// indexCheck compares one index with its archive.
type indexCheck struct {
	*reader
	findings []archive.Finding
}

func (v *indexCheck) found(kind archive.FindingKind, format string, args ...any) {
	v.findings = append(v.findings, archive.Finding{Kind: kind, What: fmt.Sprintf(format, args...)})
}

func (v *indexCheck) check(ctx context.Context) error {
	indexed, err := v.Index.Seq()
	if err != nil {
		return err
	}
	var ids []string
	seq, err := v.Archive.IDs(ctx, func(id string) error {
		ids = append(ids, id)
		return nil
	})
	if err != nil {
		return err
	}
	switch {
	case indexed < seq:
		v.found(foundBehind, "it has followed the archive to change %d, and the last is %d", indexed, seq)
		return nil // what it lacks says nothing
	case indexed > seq:
		v.found(foundIndex, "it has followed the archive to change %d, and the last is %d: the database was put back from an older copy", indexed, seq)
		return nil
	}
	if err := v.count(len(ids)); err != nil {
		return err
	}
	if err := v.compare(ctx, ids); err != nil {
		return err
	}
	return v.sample(ctx, ids)
}

func (v *indexCheck) count(want int) error {
	n, err := v.Index.Count()
	if err == nil && n != want {
		v.found(foundIndex, "it says that it holds %s, and the archive has %d", plural(n, "article"), want)
	}
	return err
}

// compare holds the ids of all articles against those that the index gives when it is asked for everything.
func (v *indexCheck) compare(ctx context.Context, ids []string) error {
	want := make(map[string]bool, len(ids))
	for _, id := range ids {
		want[id] = true
	}
	extra := 0
	err := v.Pages(ctx, nil, func(hits []index.Hit) error {
		for _, h := range hits {
			if !want[h.ID] {
				extra++
			}
			delete(want, h.ID)
		}
		return nil
	})
	if extra > 0 {
		v.found(foundIndex, "it gives %s that the archive does not have, or gives some twice", plural(extra, "article"))
	}
	if len(want) > 0 {
		v.found(foundIndex, "it lacks %s of the archive, such as %s", plural(len(want), "article"), anyKey(want))
	}
	return err
}

func anyKey(m map[string]bool) string {
	for k := range m {
		return k
	}
	return ""
}

// sample looks some articles up, spread over all of them.
func (v *indexCheck) sample(ctx context.Context, ids []string) error {
	var some []string
	for i := 0; i < len(ids); i += max(1, len(ids)/sampled) {
		some = append(some, ids[i])
	}
	articles, err := v.Archive.Articles(ctx, some)
	if err != nil {
		return err
	}
	var missed []string
	for i := range articles {
		q, ok := queryFor(&articles[i])
		if !ok {
			continue
		}
		result, err := v.Search(ctx, index.Request{Query: q, Limit: maxLimit})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(result.Hits, func(h index.Hit) bool { return h.ID == articles[i].ID }) && result.Next == "" {
			missed = append(missed, articles[i].ID)
		}
	}
	if len(missed) > 0 {
		v.found(foundIndex, "it does not find %d of %s by address and a word of the text, such as %s", len(missed), plural(len(articles), "article"), missed[0])
	}
	return nil
}

// queryFor is a query that must find an article: its address, and the longest plain word of its text.
func queryFor(a *blotter.Article) (*query.Query, bool) {
	word := ""
	for f := range strings.FieldsSeq(a.Body) {
		if len(f) > len(word) && len(f) <= 20 && strings.Trim(f, "abcdefghijklmnopqrstuvwxyz") == "" {
			word = f
		}
	}
	text := "url:" + strconv.Quote(a.URL)
	if word != "" {
		text += " AND " + strconv.Quote(word)
	}
	q, err := query.Parse(text)
	return q, err == nil && !strings.ContainsAny(a.URL, `"\`)
}
