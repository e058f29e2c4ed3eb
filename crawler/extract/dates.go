package extract

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"blotter"
)

// dateReader reads the dates of one page.
type dateReader struct {
	*facts
	read blotter.DateReader
}

func (f *facts) dateReader(h Hints) dateReader {
	order := h.Order
	if order == blotter.AnyOrder {
		order = orderOf(f.lang)
	}
	return dateReader{f, blotter.DateReader{Layout: h.DateFormat, Zone: h.Location, Order: order}}
}

// orderOf takes the order of day and month from a language tag with a region, and from the languages that know only
// one. Plain English tells nothing.
func orderOf(lang string) blotter.DayOrder {
	code, region, _ := strings.Cut(strings.ReplaceAll(lang, "_", "-"), "-")
	switch {
	case region != "":
		return blotter.DayOrderIn(region)
	case code != "" && !strings.EqualFold(code, "en"):
		return blotter.DayFirst
	}
	return blotter.AnyOrder
}

// publishedMetas and modifiedMetas are the names of meta elements, the surest first.
var (
	publishedMetas = []string{
		"article:published_time", "article:published", "og:article:published_time", "og:published_time",
		"datepublished", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime",
		"citation_publication_date", "dcterms.issued", "dc.date.issued", "dc.issued", "dcterms.created",
		"dc.date.created", "dcterms.date", "dc.date", "dc:date", "pubdate", "publish-date", "publish_date",
		"publication_date", "publicationdate", "published", "article.published", "article_date_original",
		"displaydate", "ptime", "date.release", "datecreated", "rnews:datepublished", "article:post_date",
		"govuk:first-published-at", "date",
	}
	modifiedMetas = []string{
		"article:modified_time", "og:updated_time", "datemodified", "article:modified", "dcterms.modified",
		"dc.date.modified", "last-modified", "lastmod", "govuk:public-updated-at", "revised",
	}
)

// published gives the date of publication by the first method that has one, and says why it was that. There is no guess behind
// the last.
func (d dateReader) published(picked string) (date blotter.Date, why string) {
	if date, ok := d.find(picked, "selector"); ok {
		return date, whySelector
	}
	told, isTold := d.told()
	shown, isShown := d.shown()
	switch {
	case isTold && isShown && d.corrects(shown, told):
		return shown.Date, "readers are shown an earlier day as that of publication, and machines that of the last change under its name"
	case isTold:
		return told, "what the page tells machines goes before what it shows"
	case isShown:
		return shown.Date, "the page tells machines no date that can be believed"
	}
	if date, ok := d.inURL(); ok {
		return date, "the page has no date, and its URL has"
	}
	return blotter.Date{}, "no reader has a date"
}

// told is what the page tells machines: JSON-LD, then meta elements. The front page of a site has a date of its own
// there, which is not that of the news on it; so have the pages of a site's menu that describe themselves as no
// article and in WordPress's way give the time they were changed, but not published.
func (d dateReader) told() (blotter.Date, bool) {
	if d.at.Host != "" && strings.Trim(d.at.Path, "/") == "" && d.at.RawQuery == "" {
		return blotter.Date{}, false
	}
	if d.linked.article || d.first("article:modified_time") == "" || d.first(publishedMetas...) != "" {
		if date, ok := d.parse(d.linked.published, "json-ld"); ok {
			return date, true
		}
	}
	for _, name := range publishedMetas {
		for _, v := range d.metas[name] {
			if date, ok := d.parse(v, "meta"); ok {
				return date, true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.metas)) {
		if strings.Contains(name, "publi") && containsAny(name, "date", "time") {
			if date, ok := d.parse(d.first(name), "meta"); ok {
				return date, true
			}
		}
	}
	return blotter.Date{}, false
}

// shownDate is a date that a reader sees.
type shownDate struct {
	blotter.Date
	sure bool // it is said to be the publication's
}

// shown is the date that a reader sees at the headline.
func (d dateReader) shown() (shownDate, bool) {
	if date, ok := d.timeElement(); ok {
		return date, true
	}
	return d.visible()
}

// corrects says that a reader is shown the day of publication while machines are told that of the last change under
// its name.
func (d dateReader) corrects(shown shownDate, told blotter.Date) bool {
	modified := d.modified()
	return shown.sure && !modified.IsZero() && day(modified) == day(told) && day(shown.Date) < day(told)
}

func day(d blotter.Date) string { return d.Time.Format(time.DateOnly) }

func (d dateReader) modified() blotter.Date {
	if date, ok := d.parse(d.linked.modified, "json-ld"); ok {
		return date
	}
	for _, name := range modifiedMetas {
		if date, ok := d.parse(d.first(name), "meta"); ok {
			return date
		}
	}
	for _, m := range d.times {
		if m.near && isUpdate(namesOf(m)+" "+d.before(m)) {
			if date, ok := d.ofElement(m); ok {
				return date
			}
		}
	}
	if d.headlineAt < 0 {
		return blotter.Date{}
	}
	from := max(0, d.headlineAt-4)
	for i := range d.lines[from:min(len(d.lines), from+reach+4)] {
		if l := d.lines[from+i]; l.size <= 12 && d.updated(from+i) {
			if date, _, _, ok := d.read.Find(l.text); ok {
				date.Method = "visible"
				return date
			}
		}
	}
	return blotter.Date{}
}

// parse reads a text that is a date.
func (d dateReader) parse(raw, method string) (blotter.Date, bool) {
	if raw == "" {
		return blotter.Date{}, false
	}
	date, ok := d.read.Parse(raw)
	date.Method = method
	return date, ok
}

// longestDate bounds what is searched for a date.
const longestDate = 500

// find reads a text that holds a date.
func (d dateReader) find(raw, method string) (blotter.Date, bool) {
	if date, ok := d.parse(raw, method); ok {
		return date, true
	}
	if len(raw) > longestDate {
		return blotter.Date{}, false
	}
	date, _, _, ok := d.read.Find(raw)
	date.Method = method
	return date, ok
}

// reach is how many lines from the headline a date or byline may stand.
const reach = 12

// timeElement takes the time element that says it is the publication's, else the first near the headline, else the
// only one.
func (d dateReader) timeElement() (shownDate, bool) {
	var near, all []mark
	for _, m := range d.times {
		if !m.near || isUpdate(namesOf(m)+" "+d.before(m)) {
			continue
		}
		if containsAny(namesOf(m), "datepublished", "pubdate", "published", "entry-date", "post-date", "article-date") ||
			lineLabel.MatchString(strings.TrimSpace(d.before(m))) {
			if date, ok := d.ofElement(m); ok {
				return shownDate{date, true}, true
			}
		}
		if d.nearHeadline(m.line, reach) {
			near = append(near, m)
		}
		all = append(all, m)
	}
	if len(near) == 0 && len(all) == 1 {
		near = all
	}
	for _, m := range near {
		if date, ok := d.ofElement(m); ok {
			return shownDate{date, false}, true
		}
	}
	return shownDate{}, false
}

// ofElement reads the attribute for machines, else the text.
func (d dateReader) ofElement(m mark) (blotter.Date, bool) {
	for _, key := range []string{"datetime", "content", "title"} {
		if date, ok := d.parse(attr(m.node, key), "time"); ok {
			return date, true
		}
	}
	return d.find(m.text, "time")
}

// namesOf is what the attributes call the element.
func namesOf(m mark) string {
	return strings.ToLower(attr(m.node, "class") + " " + attr(m.node, "itemprop") + " " + attr(m.node, "id") + " " + pubdate(m))
}

func pubdate(m mark) string {
	for _, a := range m.node.Attr {
		if a.Key == "pubdate" {
			return "pubdate"
		}
	}
	return ""
}

// before is the text that stands before the element on its line, or the label on the line before, where the word
// "updated" is.
func (d dateReader) before(m mark) string {
	if m.line >= len(d.lines) {
		return ""
	}
	before, _, ok := strings.Cut(d.lines[m.line].text, m.text)
	if !ok || len(before) > 60 {
		return ""
	}
	if before == "" && m.line > 0 && d.lines[m.line-1].size <= 4 {
		before = d.lines[m.line-1].text
	}
	return strings.ToLower(before)
}

var update = regexp.MustCompile(`updat|modif|revis|edited|reviewed|aktualisiert|mis à jour|last changed`)

func isUpdate(s string) bool { return update.MatchString(s) }

// label begins a line that says when the article was published; lineLabel is such a label alone.
var (
	label = regexp.MustCompile(`(?i)^(?:first |date )?(?:published|posted|issued|released|date|publication date|publish date|` +
		`release date)\b`)
	lineLabel = regexp.MustCompile(`(?i)^(?:first |date |originally )?(?:published|posted|issued|released|publication date|publish date|` +
		`release date|date of (?:publication|release))(?: on)?\s*:?$`)
)

// crowd is how many lines with a date around a headline make a list of events of them.
const crowd = 3

// visible looks for a date in the short lines around the headline, and behind a label such as "Published" that has
// a line of its own.
func (d dateReader) visible() (shownDate, bool) {
	if d.headlineAt < 0 {
		return shownDate{}, false
	}
	from := max(0, d.headlineAt-4)
	var found shownDate
	dated := 0
	for i, l := range d.lines[from:] {
		labelled := from+i > 0 && lineLabel.MatchString(d.lines[from+i-1].text)
		if l.size > 20 || i >= reach+4 && !labelled || d.updated(from+i) {
			continue
		}
		date, start, end, ok := d.read.Find(l.text)
		if !ok || len(l.text)-(end-start) > 80 {
			continue
		}
		date.Method = "visible"
		if labelled || label.MatchString(l.text) {
			return shownDate{date, true}, true
		}
		if dated++; found.IsZero() {
			found.Date = date
		}
	}
	return found, !found.IsZero() && dated < crowd
}

// updated says that the line, or a label before it, speaks of the last change.
func (d dateReader) updated(i int) bool {
	if isUpdate(strings.ToLower(d.lines[i].text)) {
		return true
	}
	return i > 0 && d.lines[i-1].size <= 4 && isUpdate(strings.ToLower(d.lines[i-1].text)) && !label.MatchString(d.lines[i].text)
}

// urlDate is a day in the path of a URL.
var urlDate = regexp.MustCompile(`[/_-]((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2])[/_-]?(0[1-9]|[12]\d|3[01])(?:[/_.-]|$)`)

func (d dateReader) inURL() (blotter.Date, bool) {
	m := urlDate.FindStringSubmatch(d.at.Path)
	if m == nil {
		return blotter.Date{}, false
	}
	year, _ := strconv.Atoi(m[1])
	month, _ := strconv.Atoi(m[2])
	day, _ := strconv.Atoi(m[3])
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, d.read.Zone)
	if t.Day() != day {
		return blotter.Date{}, false // 31 June
	}
	return blotter.Date{Time: t, Raw: strings.Trim(m[0], "/_.-"), Method: "url", Precision: blotter.Day}, true
}

// findHeadline gives the line of the headline, or -1.
func (f *facts) findHeadline() int {
	title := fold(f.headline)
	for _, h := range f.heads {
		if fold(h.text) == title {
			return h.line
		}
	}
	for i, l := range f.lines {
		if l.size > 2 && fold(l.text) == title {
			return i
		}
	}
	if len(f.heads) > 0 {
		return f.heads[0].line
	}
	return -1
}

func (f *facts) nearHeadline(line, reach int) bool {
	at := f.headlineAt
	return at >= 0 && line >= at-reach/2 && line <= at+reach
}
