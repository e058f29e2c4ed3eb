package blotter

import (
	"cmp"
	"strings"
	"sync"
	"time"
)

// Kind says how a source is listed.
type Kind string

// The kinds of source.
const (
	KindFeed    Kind = "feed"    // RSS, Atom, RDF or JSON Feed
	KindListing Kind = "listing" // an HTML page of links to articles
	KindSitemap Kind = "sitemap" // a sitemap, a news sitemap or an index of them
	KindStatus  Kind = "status"  // a feed whose items are the news themselves, such as a threat level
)

// Source is a place that publishes news, as the configuration describes it.
type Source struct {
	ID        string // ^[a-z0-9][a-z0-9-]{0,62}$, unique
	Name      string
	Kind      Kind
	URL       string
	Schedule  string // a cron line of five fields, "@hourly" or "@every 30m"
	TimeZone  string // IANA name: the zone of dates that name none
	Country   string // ISO 3166-1 alpha-2 in lower case, or "eu", "int"
	Publisher string // police, government, press, trade, analysis, aggregator
	Language  string // BCP 47: what the source writes in, whatever its feed claims
	Licence   string // a note on what may be done with the texts
	Enabled   bool
	Why       string // why it is disabled
	Selectors Selectors
	// DateFormat is a reference-time layout of package time for the dates of the source, or "".
	DateFormat string
	// Earlier are the ways in which its pages were to be read before redesigns, the oldest first.
	Earlier []Earlier
}

// Earlier is how the pages of a source were to be read until it was redesigned.
type Earlier struct {
	Until      time.Time // pages fetched from then on are read otherwise
	Selectors  Selectors
	DateFormat string
}

// At returns the source as its pages of a time are read: by the rules of the design that it had.
func (s Source) At(t time.Time) Source {
	for _, e := range s.Earlier {
		if t.Before(e.Until) {
			s.Selectors, s.DateFormat = e.Selectors, e.DateFormat
			break
		}
	}
	s.Earlier = nil
	return s
}

// zones are those that were loaded: each time costs the reading of a file.
var zones sync.Map // of names to *time.Location

// Zone is the time zone of the source. It is UTC when none is named, or none that there is: the configuration has checked that.
func (s Source) Zone() *time.Location {
	if zone, ok := zones.Load(s.TimeZone); ok {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return time.UTC
	}
	zones.Store(s.TimeZone, zone)
	return zone
}

// Selectors are CSS selectors for a source whose pages need them. Each is optional; what is not selected is
// found without.
type Selectors struct {
	Items string // on a listing page: the elements that each hold one item
	Title string // on an article page
	Body  string
	Date  string
	Drop  []string // elements of an article page that are not part of the article
}

// Item is one entry of a listed source.
type Item struct {
	URL       string // absolute, http or https, without credentials and fragment (a status item keeps its fragment)
	Title     string
	Summary   string
	Authors   []string
	Published Date
}

// Header holds the header fields of a request or an answer under their canonical names, as net/http has them.
type Header map[string][]string

// Value returns the first value of the field, whose name must be in canonical form, or "".
func (h Header) Value(name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Exchange is one request and its answer. A redirect is an exchange of its own.
type Exchange struct {
	URL     string // what was asked
	Method  string
	Started time.Time // UTC
	Elapsed time.Duration
	Remote  string // the address that answered, without a port
	Request Header
	Status  int
	Proto   string // "HTTP/1.1"
	Header  Header
	Body    []byte // as received, a transfer encoding undone, a content encoding not
}

// Purpose says what a capture is for, and so how it is read.
type Purpose string

// The purposes of a capture.
const (
	PurposeList   Purpose = "list"   // a feed, listing page or sitemap: evidence, holds no article itself
	PurposePage   Purpose = "page"   // the page of one article
	PurposeStatus Purpose = "status" // a status feed: each item is an article
	PurposeRecord Purpose = "record" // an imported record: a JSON object with the fields of an article
)

// Capture is an exchange that the archive has kept. It never changes.
type Capture struct {
	ID       int64
	Source   string
	Purpose  Purpose
	Item     Item      // what the source said of the page; zero for a list
	URL      string    // what answered in the end, after redirects
	Via      string    // the address at which a web archive showed the page, "" when the site itself did
	Fetched  time.Time // when it was asked for; with Via, when the archive captured it
	Exchange Exchange  // the last of the exchanges
}

// Page is the decoded body of an answer, with what is known of it.
type Page struct {
	URL         string
	ContentType string // the header field as received, or ""
	Body        []byte // the content encoding undone, in the page's own charset
	Fetched     time.Time
}

// Article is what was read from a capture.
type Article struct {
	ID        string // see ArticleID
	URL       string // canonical
	Source    string
	Title     string
	Lead      string   // standfirst or first paragraph
	Body      string   // all of it, the lead included; paragraphs are parted by a blank line
	Authors   []string // as printed
	Summary   string   // what the source said of the article, not part of the text
	Published Date
	Modified  Date
	FirstSeen time.Time // when we first fetched it; never stands in for Published
	Gone      time.Time // when its page was first found gone, after which it was so again; zero: it is there, as far as we know
	Lang      string    // of the text, ISO 639-1, or ""
	Revision  int       // 1 for the first text, higher with each changed one
	Capture   int64     // the capture that this revision was read from
	Tags      []Tag
	Rules     string // the hash of the rule pack that gave the tags, or "" when none has looked at the text yet
	Seq       int64  // the number of the article's last change in the archive
}

// Status says what a text does with the thing it names.
type Status string

// The statuses, strongest first. A tag stands on its strongest evidence.
const (
	Reported     Status = "reported"
	Aggregate    Status = "aggregate"
	Background   Status = "background"
	Hedged       Status = "hedged"
	Hypothetical Status = "hypothetical"
	Negated      Status = "negated"
)

// Tag is what a rule found in an article.
type Tag struct {
	Tag      string     `json:"tag"`
	Status   Status     `json:"status"`
	Rule     string     `json:"rule"`
	Evidence []Evidence `json:"evidence"`
	Facts    []Fact     `json:"facts,omitempty"`
}

// Evidence is the sentence that earned a tag.
type Evidence struct {
	Field string `json:"field"` // "title" or "body"
	Start int    `json:"start"` // bytes into the field
	End   int    `json:"end"`
	Quote string `json:"quote"` // the field's text from Start to End
	// Status is what the sentence does with the thing it names; "": as the tag.
	Status Status `json:"status,omitempty"`
}

// Fact is a figure or a named value read from an evidence sentence. What the text does not say is "".
type Fact struct {
	Name     string `json:"name"`               // level, direction, arrests, cocaine, cash, …
	Value    string `json:"value"`              // a plain decimal number, or a name; "" of a thing whose amount is not stated
	High     string `json:"high,omitempty"`     // the end of a range
	Bound    string `json:"bound,omitempty"`    // ">", ">=", "<", "<=", "~" (about); "": the value itself
	Unit     string `json:"unit,omitempty"`     // GBP, USD, …, kg, l, %, or what is counted when Name does not say it
	Period   string `json:"period,omitempty"`   // that the figure is for: 2021/22, 2024, 2024-03, 2024Q1, 2017..
	Compared string `json:"compared,omitempty"` // the earlier figure it is compared with
	Quote    string `json:"quote,omitempty"`    // the exact words it was read from
}

// String gives the fact on one line: "firearm>=12", "cocaine=25kg", "cash>53000GBP", "arrests=10..15 (2021/22, was 8)".
func (f Fact) String() string {
	var b strings.Builder
	b.WriteString(f.Name)
	if f.Value != "" {
		b.WriteString(cmp.Or(f.Bound, "="))
		b.WriteString(f.Value)
		if f.High != "" {
			b.WriteString("..")
			b.WriteString(f.High)
		}
		if len(f.Unit) > len("GBP") { // a word: "300 round"; a measure or currency stands close
			b.WriteByte(' ')
		}
		b.WriteString(f.Unit)
	}
	was := ""
	if f.Compared != "" {
		was = "was " + f.Compared
	}
	switch {
	case f.Period != "" && was != "":
		b.WriteString(" (" + f.Period + ", " + was + ")")
	case f.Period+was != "":
		b.WriteString(" (" + f.Period + was + ")")
	}
	return b.String()
}
