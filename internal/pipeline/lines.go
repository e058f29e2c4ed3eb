package pipeline

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"blotter"
)

// MaxText bounds a text that is tagged as it comes, outside an archive: a page or record that is longer is no
// article, and its time would be no one's to spare.
const MaxText = 8 << 20

// Line is one line of a JSONL file.
type Line struct {
	Number int
	Text   []byte // without the space around it
	Err    error  // why the line was passed over, or nil
}

// ReadLines gives the lines of a JSONL file one by one, holding one at a time; blank lines are left out but
// counted. A line that is too long is passed over and says so. The error ends the file: what was read before it is
// good.
func ReadLines(r io.Reader) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		lines := bufio.NewReaderSize(r, 1<<20)
		for n := 1; ; n++ {
			text, err := readLine(lines)
			switch {
			case errors.Is(err, io.EOF):
				return
			case errors.Is(err, errLongLine):
				err = blotter.Fail(blotter.ReasonSize, "%v", err)
			case err != nil:
				yield(Line{}, fmt.Errorf("line %d: %w", n, err))
				return
			case len(text) == 0:
				continue
			}
			if !yield(Line{Number: n, Text: text, Err: err}, nil) {
				return
			}
		}
	}
}

// Article is the record as it stands: nothing of its text is cleaned, so that offsets fit the sender's copy. The
// error is a *blotter.Failure for a text that is longer than MaxText.
func (r *Record) Article() (blotter.Article, error) {
	a := blotter.Article{
		ID: r.ID, URL: r.URL, Source: r.Source, Title: r.Title, Lead: r.Lead, Body: r.Content(), Authors: r.Authors,
		Lang: r.Lang,
	}
	if err := CheckSize(&a); err != nil {
		return blotter.Article{}, err
	}
	if printed := cmp.Or(r.Published, r.Date); strings.TrimSpace(printed) != "" {
		a.Published, _ = blotter.ParseDate(printed, "", time.UTC)
	}
	return a, nil
}

// CheckSize refuses an article whose text is longer than MaxText.
func CheckSize(a *blotter.Article) error {
	if n := len(a.Title) + len(a.Lead) + len(a.Body); n > MaxText {
		return blotter.Fail(blotter.ReasonSize, "the text has %.1f MiB; the limit is %d MiB", float64(n)/(1<<20), MaxText>>20)
	}
	return nil
}
