package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"

	"blotter"
	"blotter/archive"
	"blotter/classify"
)

// The kinds of change.
const (
	same    = "same"
	added   = "added"
	removed = "removed"
)

// change is a piece of a text that two revisions have both, or one of them.
type change struct {
	Kind string `json:"kind"` // same, added or removed
	Text string `json:"text"`
}

// revisionDiff is what a revision changed.
type revisionDiff struct {
	From    int      `json:"from"`
	To      int      `json:"to"`
	Fetched string   `json:"fetched"` // the first capture with the new text
	Title   []change `json:"title"`
	Body    []change `json:"body"`

	Facts []factChange `json:"facts"` // by the rules at hand, whatever rules tagged the old text then
}

// factChange is what a tag says otherwise of a thing: the arrests were 3 and are 5.
type factChange struct {
	Tag  string   `json:"tag"`
	Fact string   `json:"fact"`
	From []string `json:"from"` // values, with bounds and units; none: it was not said
	To   []string `json:"to"`
}

// factChanges compares the facts of two texts.
func factChanges(old, now []blotter.Tag) []factChange {
	type key struct{ tag, fact string }
	values := func(tags []blotter.Tag) map[key][]string {
		all := map[key][]string{}
		for _, t := range tags {
			for _, f := range t.Facts {
				k, v := key{t.Tag, f.Name}, strings.TrimPrefix(strings.TrimPrefix(f.String(), f.Name), "=")
				if !slices.Contains(all[k], v) {
					all[k] = append(all[k], v)
				}
			}
		}
		return all
	}
	before, after := values(old), values(now)
	changes := []factChange{}
	for k, from := range before {
		if !slices.Equal(from, after[k]) {
			changes = append(changes, factChange{k.tag, k.fact, from, after[k]})
		}
	}
	for k, to := range after {
		if before[k] == nil {
			changes = append(changes, factChange{k.tag, k.fact, nil, to})
		}
	}
	slices.SortFunc(changes, func(a, b factChange) int { return cmp.Or(cmp.Compare(a.Tag, b.Tag), cmp.Compare(a.Fact, b.Fact)) })
	return changes
}

// diffTime bounds a comparison; after it the rest of the texts is taken for changed.
const diffTime = 5 * time.Second

// wordDiff compares two texts by their words and what stands between them.
func wordDiff(old, new string) []change {
	d := diffmatchpatch.New()
	d.DiffTimeout = diffTime
	words := words{numbers: map[string]rune{}}
	diffs := d.DiffMainRunes(words.number(old), words.number(new), false)
	var changes []change
	for _, one := range d.DiffCleanupSemantic(diffs) {
		kind := map[diffmatchpatch.Operation]string{
			diffmatchpatch.DiffEqual: same, diffmatchpatch.DiffInsert: added, diffmatchpatch.DiffDelete: removed,
		}[one.Type]
		changes = append(changes, change{kind, words.text(one.Text)})
	}
	return changes
}

// words gives each word a number that goes for a character, so that what compares characters compares words.
type words struct {
	numbers map[string]rune
	all     []string
}

// Characters stop being ones of UTF-8 between these.
const firstSurrogate, surrogates = 0xd800, 0x800

func (w *words) number(text string) []rune {
	var numbers []rune
	for text != "" {
		n := wordLength(text)
		number, ok := w.numbers[text[:n]]
		if !ok {
			number = rune(len(w.all) + 1)
			if number >= firstSurrogate {
				number += surrogates
			}
			w.numbers[text[:n]] = number
			w.all = append(w.all, text[:n])
		}
		numbers = append(numbers, number)
		text = text[n:]
	}
	return numbers
}

// wordLength is how many bytes a text's first word has, or what stands before one: a row of letters and figures, or one
// character that is neither.
func wordLength(text string) int {
	for i, r := range text {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) {
			continue
		}
		if i > 0 {
			return i
		}
		_, n := utf8.DecodeRuneInString(text) // a byte that is no character is one, too
		return n
	}
	return len(text)
}

func (w *words) text(numbers string) string {
	var b strings.Builder
	for _, number := range numbers {
		if number >= firstSurrogate {
			number -= surrogates
		}
		b.WriteString(w.all[number-1])
	}
	return b.String()
}

// diffs are what each revision but the first changed.
func diffs(revisions []archive.Revision, rules *classify.Pack) []revisionDiff {
	var all []revisionDiff
	for i := 1; i < len(revisions); i++ {
		old, now := revisions[i-1], revisions[i]
		all = append(all, revisionDiff{
			From: old.Number, To: now.Number, Fetched: now.First.UTC().Format(time.RFC3339),
			Title: wordDiff(old.Article.Title, now.Article.Title), Body: wordDiff(old.Article.Body, now.Article.Body),
			Facts: factChanges(rules.Tags(&old.Article), rules.Tags(&now.Article)),
		})
	}
	return all
}

// printDiff shows what was removed and added, in colour on a terminal and in [-marks-] {+of this kind+} elsewhere. Of long
// pieces that are the same only the ends are shown.
func printDiff(w io.Writer, s style, d revisionDiff) {
	fmt.Fprintf(w, "%s\n", s.bold(fmt.Sprintf("revision %d → %d  %s", d.From, d.To, d.Fetched)))
	for _, changes := range [][]change{d.Title, d.Body} {
		for i, c := range changes {
			text := visible(c.Text)
			switch c.Kind {
			case removed:
				text = s.struck(text)
			case added:
				text = s.added(text)
			default:
				text = ends(text, i > 0, i < len(changes)-1)
			}
			fmt.Fprint(w, text)
		}
		fmt.Fprint(w, "\n\n")
	}
	said := func(values []string) string {
		if len(values) == 0 {
			return "–"
		}
		return plain(strings.Join(values, ", "))
	}
	for _, f := range d.Facts {
		fmt.Fprintf(w, "%s %s  %s → %s\n", s.tag(f.Tag), f.Fact, said(f.From), said(f.To))
	}
	if len(d.Facts) > 0 {
		fmt.Fprintln(w)
	}
}

// ends shortens a text that is the same to what stands beside its changes.
func ends(text string, before, behind bool) string {
	const most = 160
	runes := []rune(text)
	switch {
	case before && behind && len(runes) > 2*most:
		return string(runes[:most]) + " … " + string(runes[len(runes)-most:])
	case before && !behind && len(runes) > most:
		return string(runes[:most]) + " …"
	case !before && behind && len(runes) > most:
		return "… " + string(runes[len(runes)-most:])
	case !before && !behind && len(runes) > most:
		return string(runes[:most]) + " …"
	}
	return text
}
