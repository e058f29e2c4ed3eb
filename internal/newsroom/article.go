package newsroom

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// article is one text of an article as its newsroom wrote it.
type article struct {
	Path      string
	Title     string
	Lead      string // a standfirst that is no part of the paragraphs
	Section   string
	Authors   []string
	Caption   string // of the picture above the text
	Published time.Time
	DayOnly   bool // the page prints no time of day
	Updated   time.Time
	Charset   string // of the page; "" means UTF-8
	Shown     int    // paragraphs before the paywall; 0 means all
	Comments  []comment
	Blocks    []block

	file    string
	edition int    // the first edition that has this text
	gone    bool   // from this edition on there is nothing
	sameAs  string // SITE/FILE of the newsroom that wrote it first
	Origin  string // its URL there
}

type comment struct{ Name, Text string }

// block is a part of an article's text.
type block struct {
	Kind  string // "text", "heading", "quote" or "list"
	Text  string
	Items []string // of a list
}

// keys sets the field that a line at the head of an article file names.
var keys = map[string]func(a *article, value string) error{
	"path":      func(a *article, v string) error { a.Path = v; return nil },
	"title":     func(a *article, v string) error { a.Title = v; return nil },
	"lead":      func(a *article, v string) error { a.Lead = v; return nil },
	"section":   func(a *article, v string) error { a.Section = v; return nil },
	"caption":   func(a *article, v string) error { a.Caption = v; return nil },
	"charset":   func(a *article, v string) error { a.Charset = v; return nil },
	"same-as":   func(a *article, v string) error { a.sameAs = v; return nil },
	"gone":      func(a *article, _ string) error { a.gone = true; return nil },
	"authors":   func(a *article, v string) error { a.Authors = strings.Split(v, "; "); return nil },
	"published": func(a *article, v string) (err error) { a.Published, a.DayOnly, err = parseTime(v); return err },
	"updated":   func(a *article, v string) (err error) { a.Updated, _, err = parseTime(v); return err },
	"shown":     func(a *article, v string) (err error) { a.Shown, err = strconv.Atoi(v); return err },
	"comment": func(a *article, v string) error {
		name, text, ok := strings.Cut(v, ": ")
		if !ok {
			return fmt.Errorf("comment %q has no name", v)
		}
		a.Comments = append(a.Comments, comment{name, text})
		return nil
	},
}

// parseTime reads "2024-06-03 14:05 BST" or a day alone. The two zones of British clocks are fixed ones here, so
// that a page reads the same on a machine without a zone database.
func parseTime(s string) (t time.Time, dayOnly bool, err error) {
	zones := map[string]*time.Location{
		"GMT": time.FixedZone("GMT", 0),
		"BST": time.FixedZone("BST", 3600),
	}
	stamp, zone := s, zones["GMT"]
	if i := strings.LastIndexByte(s, ' '); i >= 0 {
		stamp, zone = s[:i], zones[s[i+1:]]
		if zone == nil {
			return time.Time{}, false, fmt.Errorf("time %q is neither GMT nor BST", s)
		}
		t, err = time.ParseInLocation("2006-01-02 15:04", stamp, zone)
		return t, false, err
	}
	t, err = time.ParseInLocation(time.DateOnly, stamp, zone)
	return t, true, err
}

// readArticles reads the articles of a newsroom's folder: all texts, in the order of their file names.
func readArticles(fsys fs.FS, dir string) ([]*article, error) {
	files, err := fs.Glob(fsys, path.Join(dir, "*.txt"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("articles in %s: none found: %w", dir, cmp.Or(err, fs.ErrNotExist))
	}
	articles := make([]*article, len(files))
	for i, file := range files {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("article %s: %w", file, err)
		}
		if articles[i], err = parseArticle(path.Base(file), string(data)); err != nil {
			return nil, fmt.Errorf("article %s: %w", file, err)
		}
	}
	return articles, nil
}

func parseArticle(file, text string) (*article, error) {
	a := &article{file: strings.TrimSuffix(file, ".txt"), edition: 1}
	if name, edition, ok := strings.Cut(a.file, "."); ok {
		n, err := strconv.Atoi(edition)
		if err != nil {
			return nil, fmt.Errorf("edition %q: %w", edition, err)
		}
		a.file, a.edition = name, n
	}
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("not UTF-8")
	}
	head, body, _ := strings.Cut(text, "\n\n")
	for line := range strings.Lines(head) {
		key, value, ok := strings.Cut(strings.TrimRight(line, "\n"), ": ")
		set := keys[key]
		if !ok || set == nil {
			return nil, fmt.Errorf("line %q: no key of %s", line, strings.Join(slices.Sorted(maps.Keys(keys)), ", "))
		}
		if err := set(a, value); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	for part := range strings.SplitSeq(body, "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			a.Blocks = append(a.Blocks, parseBlock(part))
		}
	}
	return a, a.check()
}

func (a *article) check() error {
	switch {
	case a.gone:
		return nil
	case a.Path == "" || a.Published.IsZero():
		return fmt.Errorf("no path or no published")
	case a.sameAs == "" && (a.Title == "" || len(a.Blocks) == 0):
		return fmt.Errorf("no title or no text")
	}
	return nil
}

// parseBlock reads one paragraph. The lines of a paragraph are joined: they are broken for the writer's sake.
func parseBlock(part string) block {
	kinds := []struct{ prefix, kind string }{{"## ", "heading"}, {"> ", "quote"}}
	for _, k := range kinds {
		if rest, ok := strings.CutPrefix(part, k.prefix); ok {
			return block{Kind: k.kind, Text: join(rest)}
		}
	}
	if rest, ok := strings.CutPrefix(part, "- "); ok {
		b := block{Kind: "list"}
		for item := range strings.SplitSeq(rest, "\n- ") {
			b.Items = append(b.Items, join(item))
		}
		return b
	}
	return block{Kind: "text", Text: join(part)}
}

func join(lines string) string { return strings.Join(strings.Fields(lines), " ") }

// Visible returns the blocks that stand before the paywall.
func (a *article) Visible() []block {
	if a.Shown > 0 && a.Shown < len(a.Blocks) {
		return a.Blocks[:a.Shown]
	}
	return a.Blocks
}

// Summary returns the standfirst, or else the first paragraph.
func (a *article) Summary() string {
	if a.Lead != "" {
		return a.Lead
	}
	return a.Blocks[0].Text
}

// Changed returns when the text was last changed.
func (a *article) Changed() time.Time {
	if !a.Updated.IsZero() {
		return a.Updated
	}
	return a.Published
}
