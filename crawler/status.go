package crawler

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"

	"blotter"
	"github.com/mmcdole/gofeed"
)

// levels are the words by which threat levels go, the gravest first: a text that names two is about the first.
var levels = []string{"critical", "imminent", "severe", "elevated", "substantial", "high", "moderate", "medium", "low"}

// readStatus lists the items of a status feed. Such an item is the news itself and its link always the same, so
// the URL gets a fragment that changes when the news does.
func (l *lister) readStatus(items []*gofeed.Item) {
	for _, it := range items {
		item := l.feedItem(it)
		link := itemLink(it)
		if strings.TrimSpace(link) == "" {
			link = l.base
		}
		l.addStatus(item, link)
	}
}

func (l *lister) addStatus(item blotter.Item, link string) {
	u, ok := l.link(link)
	if !ok {
		return
	}
	item.URL = u + "#" + statusFragment(item)
	if !l.seen[item.URL] {
		l.seen[item.URL] = true
		l.listing.Items = append(l.listing.Items, item)
	}
}

// statusFragment names a state: its day, its level and a mark of its words, as in 2026-04-30-severe-1f0a3b. Spacing,
// letter case, punctuation and the markup of the description do not change it.
func statusFragment(item blotter.Item) string {
	words := strings.FieldsFunc(strings.ToLower(item.Title+"\n"+item.Summary),
		func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	sum := sha256.Sum256([]byte(strings.Join(words, " ")))
	parts := make([]string, 0, 3)
	if !item.Published.IsZero() {
		parts = append(parts, item.Published.Time.Format(time.DateOnly))
	}
	return strings.Join(append(parts, levelOf(item.Title), hex.EncodeToString(sum[:3])), "-")
}

// levelOf gives the level that a title names, else the title's first words.
func levelOf(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	for _, level := range levels {
		for _, w := range words {
			if w == level {
				return level
			}
		}
	}
	if len(words) == 0 {
		return "status"
	}
	return bound(strings.Join(words[:min(len(words), 4)], "-"), 40)
}
