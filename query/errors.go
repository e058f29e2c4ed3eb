package query

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SyntaxError says what is wrong with a query.
type SyntaxError struct {
	Query  string
	Column int    // of the fault, in characters, from 1
	Msg    string // what is wrong
	Hint   string // what was probably meant or what to write instead, or ""
}

// Error gives the fault in one line.
func (e *SyntaxError) Error() string {
	s := fmt.Sprintf("query, column %d: %s", e.Column, e.Msg)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// What a picture of a query shows of it at most, in characters, and how much of that before the fault.
const (
	pictureWidth  = 72
	pictureBefore = 40
)

// Caret draws the query with a caret under the fault, in two lines without a line break at the end. Of a long query
// it shows what stands around the fault; line breaks and control characters show as spaces.
func (e *SyntaxError) Caret() string {
	runes := []rune(e.Query)
	at := min(max(e.Column-1, 0), len(runes))
	from, to := 0, len(runes)
	var before, after string
	if at > pictureBefore && len(runes) > pictureWidth {
		from, before = at-pictureBefore, "… "
	}
	if to-from > pictureWidth {
		to, after = from+pictureWidth, " …"
	}
	shown := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, string(runes[from:to]))
	indent := at - from + utf8.RuneCountInString(before)
	return before + shown + after + "\n" + strings.Repeat(" ", indent) + "^"
}

// Meant says which of the known names somebody may have meant, or which there are.
func Meant(written string, known []string) string {
	return meant(written, known, func(name string) string { return name })
}

// meant offers the known name that is nearest to what was written, or says which there are.
func meant(written string, known []string, decorate func(string) string) string {
	best, least := "", 3
	for _, k := range known {
		if d := distance(strings.ToLower(written), k); d < least && d < len(k) {
			best, least = k, d
		}
	}
	if best != "" {
		return "did you mean " + decorate(best) + "?"
	}
	if len(known) == 0 {
		return ""
	}
	const most = 12
	list := known
	if len(list) > most {
		list = list[:most]
	}
	names := make([]string, len(list))
	for i, k := range list {
		names[i] = decorate(k)
	}
	s := "there are " + strings.Join(names, ", ")
	if len(known) == 1 {
		s = "there is only " + names[0]
	}
	if len(known) > most {
		s += fmt.Sprintf(" and %d more", len(known)-most)
	}
	return s
}

// distance counts the letters to insert, delete, replace or swap with their neighbour to make b of a.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	var rows [3][65]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		now, last, older := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], older[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
