package alert

import (
	"fmt"
	"strings"
	"time"

	"blotter"
)

// What a message is about.
const (
	About       = "articles" // what a saved query has found
	AboutDigest = "digest"   // the same of a day
	AboutAlarms = "alarms"   // what is wrong with sources or the machine, and what is no longer
	AboutTest   = "test"     // nothing
)

// Message is what goes out. As JSON it is what a webhook gets.
type Message struct {
	ID       string    `json:"id"` // of the delivery: the same at every try
	Kind     string    `json:"kind"`
	Created  time.Time `json:"created"`
	Query    string    `json:"query,omitempty"` // the name of the saved query
	Total    int       `json:"total"`           // how many articles or alarms it is about
	Articles []Article `json:"articles,omitempty"`
	Alarms   []Alarm   `json:"alarms,omitempty"` // of both, the first ones alone when there are many
}

// Article is what a message says of an article.
type Article struct {
	ID        string   `json:"id"`
	Title     string   `json:"title"`
	URL       string   `json:"url"`
	Source    string   `json:"source"`
	Published string   `json:"published,omitempty"` // as the article has it: a day, or a time with its zone
	FirstSeen string   `json:"first_seen"`          // RFC 3339, UTC
	Revision  int      `json:"revision"`
	Tags      []string `json:"tags,omitempty"`
	Quote     string   `json:"quote,omitempty"` // the sentence that the query found first
}

// Alarm is what a message says of an alarm.
type Alarm struct {
	Source    string `json:"source,omitempty"` // "": this machine
	Kind      string `json:"kind"`
	Detail    string `json:"detail"`
	Since     string `json:"since,omitempty"` // RFC 3339, UTC, like the next two
	Raised    string `json:"raised"`
	Recovered string `json:"recovered,omitempty"` // "": still so
}

// Subject is the message on one line.
func (m *Message) Subject() string {
	switch {
	case m.Kind == AboutTest:
		return "A test of this channel by blotter"
	case m.Kind == AboutAlarms && len(m.Alarms) == 1 && m.Total == 1:
		return blotter.CleanLine("Blotter: " + m.Alarms[0].head())
	case m.Kind == AboutAlarms:
		return fmt.Sprintf("Blotter: %d alarms raised or over", m.Total)
	case m.Kind == AboutDigest:
		return fmt.Sprintf("@%s: %s of the day", m.Query, articles(m.Total))
	case len(m.Articles) == 1 && m.Total == 1:
		return cut(blotter.CleanLine("@"+m.Query+": "+m.Articles[0].Title), 200)
	}
	return fmt.Sprintf("@%s: %s", m.Query, articles(m.Total))
}

func articles(n int) string {
	if n == 1 {
		return "1 new article"
	}
	return fmt.Sprintf("%d new articles", n)
}

// line is one thing that a message is about, for channels that show text.
type line struct {
	head, url, details, quote string
}

func (m *Message) lines() []line {
	var all []line
	for _, a := range m.Articles {
		details := strings.TrimSuffix(a.Source+", "+a.Published, ", ")
		if len(a.Tags) > 0 {
			details += " [" + strings.Join(a.Tags, ", ") + "]"
		}
		all = append(all, line{blotter.CleanLine(a.Title), a.URL, blotter.CleanLine(details), blotter.CleanLine(a.Quote)})
	}
	for _, a := range m.Alarms {
		details := "raised " + a.Raised
		if a.Recovered != "" {
			details += ", over " + a.Recovered
		}
		all = append(all, line{blotter.CleanLine(a.head()), "", details, blotter.CleanLine(a.Detail)})
	}
	if m.Kind == AboutTest {
		all = append(all, line{head: "If you can read this, alerts reach you here. Nothing has happened."})
	}
	return all
}

func (a Alarm) head() string {
	what := a.Kind
	if a.Recovered != "" {
		what = "no longer " + a.Kind
	}
	if a.Source == "" {
		return "this machine: " + what
	}
	return a.Source + ": " + what
}

// rest says how many there are that are not shown, or "".
func (m *Message) rest(shown int) string {
	n := m.Total - shown
	switch {
	case n <= 0:
		return ""
	case m.Query == "":
		return fmt.Sprintf("and %d more: blotter alarms --all", n)
	}
	return fmt.Sprintf("and %d more: blotter search @%s --sort date", n, m.Query)
}

// text writes lines by a format until the next would go beyond most bytes, and says how many are left out.
func (m *Message) text(most int, format func(line) string) string {
	var b strings.Builder
	shown := 0
	for _, l := range m.lines() {
		next := format(l)
		if b.Len()+len(next)+len(m.rest(0)) > most {
			break
		}
		b.WriteString(next)
		shown++
	}
	if shown == 0 { // one that is too long by itself
		for _, l := range m.lines()[:min(1, len(m.lines()))] {
			b.WriteString(cut(format(line{head: l.head, url: l.url}), most-len(m.rest(0))))
			shown++
		}
	}
	if m.Kind != AboutTest {
		b.WriteString(m.rest(shown))
	}
	return strings.TrimRight(b.String(), "\n")
}

// plainLine is a line as plain text.
func plainLine(l line) string {
	var b strings.Builder
	for _, part := range []string{l.head, l.details, l.quote, l.url} {
		if part != "" {
			b.WriteString(part + "\n")
		}
	}
	return b.String() + "\n"
}
