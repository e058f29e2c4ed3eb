package index

import (
	"fmt"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	bleveindex "github.com/blevesearch/bleve_index_api"

	"blotter"
	"blotter/query"
)

// mappingVersion rises whenever the same article could give other fields or other terms: a change here, in
// analyzer.go, in query.Tokenize or in query.Stem. An index of another version is built anew.
const mappingVersion = "2"

// The fields of an article in the index. Texts are never stored: the archive has them. Those of valueFields are columns
// besides.
const (
	fieldTitle = query.FieldTitle
	fieldLead  = query.FieldLead // the first paragraph of the body for an article without a lead
	fieldBody  = query.FieldBody

	fieldWords     = "words"  // of the body, as wordsTerm has it
	fieldSource    = "source" // this and the following in small letters
	fieldLang      = "lang"   // "en-gb", and "en" with it
	fieldURL       = "url"
	fieldAuthor    = "author" // a name as words with a space between
	fieldTag       = "tag"
	fieldStatus    = "status"    // "seizure=reported"
	fieldFact      = "fact"      // name and value
	fieldPublished = "published" // as daysTerm has it
	fieldFetched   = "fetched"   // the day in UTC
	fieldOrder     = "order"     // see orderKey
)

// newDocument gives the article the fields it is found by.
func newDocument(a *blotter.Article) *document.Document {
	doc := document.NewDocument(a.ID)
	words := keywords(fieldWords, 0)
	lead := newTextFields(fieldLead)
	ownLead := strings.TrimSpace(a.Lead) != ""

	addText(doc, fieldTitle, a.Title, nil)
	addText(doc, fieldBody, a.Body, func(tokens []query.Token) {
		words.set(wordsTerm(len(tokens)))
		if !ownLead {
			lead.fill(a.Body, firstParagraph(tokens))
		}
	})
	if ownLead {
		addText(doc, fieldLead, a.Lead, nil)
	} else {
		lead.addTo(doc)
	}
	doc.AddField(words)

	var authors, tags, statuses, facts []string
	for _, name := range a.Authors {
		authors = append(authors, normalised(name))
	}
	for _, t := range a.Tags {
		tags = append(tags, fold(t.Tag))
		statuses = append(statuses, fold(t.Tag)+"="+fold(string(t.Status)))
		for _, f := range t.Facts {
			facts = append(facts, fold(f.Name)+factSeparator+fold(f.Value))
		}
	}
	doc.AddField(keywords(fieldSource, bleveindex.DocValues, fold(a.Source)))
	doc.AddField(keywords(fieldLang, bleveindex.DocValues, fold(a.Lang), baseLang(a.Lang)))
	doc.AddField(keywords(fieldURL, 0, fold(a.URL)))
	doc.AddField(keywords(fieldAuthor, 0, authors...))
	doc.AddField(keywords(fieldTag, 0, tags...))
	doc.AddField(keywords(fieldStatus, bleveindex.DocValues, statuses...))
	doc.AddField(keywords(fieldFact, 0, facts...))
	doc.AddField(keywords(fieldPublished, bleveindex.DocValues, daysTerm(a.Published)))
	if !a.FirstSeen.IsZero() {
		doc.AddField(keywords(fieldFetched, 0, a.FirstSeen.UTC().Format(time.DateOnly)))
	}
	doc.AddField(keywords(fieldOrder, bleveindex.DocValues, orderKey(a)))
	return doc
}

func firstParagraph(tokens []query.Token) []query.Token {
	for i := range tokens {
		if tokens[i].Paragraph != tokens[0].Paragraph {
			return tokens[:i]
		}
	}
	return tokens
}

// fold is how package query compares ids and values.
func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// baseLang is a language without its region.
func baseLang(lang string) string {
	base, _, _ := strings.Cut(fold(lang), "-")
	return base
}

// normalised is how package query compares names: their words with a space between.
func normalised(s string) string {
	var b strings.Builder
	for i, t := range query.Tokenize(s) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
	}
	return b.String()
}

// wordsTerm writes a number of words so that terms sort as numbers do.
func wordsTerm(n int) string { return fmt.Sprintf("%08d", n) }

// daysTerm is the calendar day of a date in its own zone, or the first and the last that it may mean: "2015-06-24",
// "2015-06-01/2015-06-30".
func daysTerm(d blotter.Date) string {
	var first, last time.Time
	switch {
	case d.IsZero():
		return ""
	case d.Precision == blotter.Year:
		first = time.Date(d.Time.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		last = first.AddDate(1, 0, -1)
	case d.Precision == blotter.Month:
		first = time.Date(d.Time.Year(), d.Time.Month(), 1, 0, 0, 0, 0, time.UTC)
		last = first.AddDate(0, 1, -1)
	default:
		return d.Time.Format(time.DateOnly)
	}
	return first.Format(time.DateOnly) + daysSeparator + last.Format(time.DateOnly)
}

const (
	daysSeparator = "/"
	factSeparator = "\x00" // a value may hold anything that is printed
)

const (
	orderLayout = "20060102150405" // the beginning of the order key of an article with a date
	undated     = "-"              // of one without
)

// orderKey sorts articles by the moment of their publication and then by id, so that an order by date is the same
// on every run and in every index. The moment is in UTC: two sources in two zones are told apart to the minute.
func orderKey(a *blotter.Article) string {
	moment := a.Published.Time.UTC()
	if a.Published.IsZero() || moment.Year() < 1 || moment.Year() > 9999 {
		return undated + a.ID // a year of five digits would not sort
	}
	return moment.Format(orderLayout) + a.ID
}

// idOfOrderKey is the way back.
func idOfOrderKey(key string) string {
	if id, ok := strings.CutPrefix(key, undated); ok {
		return id
	}
	return key[len(orderLayout):]
}

// compareNewestFirst compares two dated order keys: the newer moment first, and at one moment the lower id.
func compareNewestFirst(a, b string) int {
	if c := strings.Compare(b[:len(orderLayout)], a[:len(orderLayout)]); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}
