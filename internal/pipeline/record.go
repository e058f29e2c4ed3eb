package pipeline

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"blotter"
)

// Record is an article as others hand it over: a line of a JSONL file. Field names that corpora commonly use for the
// same thing are all read; unknown ones are left alone.
type Record struct {
	ID        string `json:"id"`
	URL       string `json:"url"`
	Source    string `json:"source"`
	Title     string `json:"title"`
	Text      string `json:"text"`
	Body      string `json:"body"` // another name for text
	Lead      string `json:"lead"`
	Authors   names  `json:"authors"`
	Date      string `json:"date"`
	Published string `json:"published"` // another name for date
	Lang      string `json:"lang"`
	Fault     string `json:"blotter_fault"` // why the row of a table could not be read
}

// names is a list of names, or one name alone.
type names []string

// UnmarshalJSON implements json.Unmarshaler.
func (n *names) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*n = names{one}
		return nil
	}
	var list []string
	err := json.Unmarshal(data, &list)
	*n = list
	return err
}

// Read parses a line, and says what it lacks to be an article.
func (r *Record) Read(line []byte) error {
	err := json.Unmarshal(line, r)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field == "":
		return blotter.Fail(blotter.ReasonRecord, "a JSON %s, not an object", wrong.Value)
	case errors.As(err, &wrong):
		return blotter.Fail(blotter.ReasonRecord, "%s is a %s", wrong.Field, wrong.Value)
	case err != nil:
		return blotter.Fail(blotter.ReasonRecord, "not JSON: %v", err)
	case r.Fault != "":
		return blotter.Fail(blotter.ReasonRecord, "%s", r.Fault)
	case r.Content() == "":
		return blotter.Fail(blotter.ReasonRecord, "neither text nor body")
	}
	return nil
}

// ReadRecord makes an article of a record. Its URL is the record's own where it has one, else a name made of source
// and id, so that importing a file twice gives the same articles. The error is a *blotter.Failure that says what is
// missing.
func ReadRecord(line []byte, source string) (blotter.Article, error) {
	var r Record
	if err := r.Read(line); err != nil {
		return blotter.Article{}, err
	}
	key, err := r.key(source)
	if err != nil {
		return blotter.Article{}, err
	}
	body := blotter.CleanText(r.Content())
	if body == "" {
		return blotter.Article{}, blotter.Fail(blotter.ReasonRecord, "the text is empty")
	}
	lead := blotter.CleanText(r.Lead)
	if lead == "" {
		lead, _, _ = strings.Cut(body, "\n\n")
	}
	published, _ := blotter.ParseDate(cmp.Or(r.Published, r.Date), "", time.UTC)
	if !published.IsZero() {
		published.Method = "record"
	}
	return blotter.Article{
		URL: key, Source: source, Title: blotter.CleanLine(r.Title), Lead: lead, Body: body, Authors: r.Authors,
		Published: published, Lang: r.Lang,
	}, nil
}

// key is the URL under which the record's article is known.
func (r *Record) key(source string) (string, error) {
	if r.URL != "" {
		if u, err := blotter.CanonicalURL(r.URL); err == nil {
			return u, nil
		}
	}
	if r.ID == "" {
		return "", blotter.Fail(blotter.ReasonRecord, "neither an http url nor an id")
	}
	return "record:" + source + "/" + r.ID, nil
}

// Content is the text of the record, under whichever of its names.
func (r *Record) Content() string { return cmp.Or(r.Text, r.Body) }
