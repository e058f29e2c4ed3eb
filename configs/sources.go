package configs

import (
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a machine without a zone database must read the same dates

	"github.com/andybalholm/cascadia"

	"blotter"
	"blotter/internal/strict"
)

// sourceFile mirrors one file of sources/. What most of its sources share stands once, in defaults.
type sourceFile struct {
	Defaults entry   `yaml:"defaults"`
	Sources  []entry `yaml:"sources"`
}

// entry is one source as it is written down.
type entry struct {
	ID         string    `yaml:"id"`
	Name       string    `yaml:"name"`
	Kind       string    `yaml:"kind"`
	URL        string    `yaml:"url"`
	Schedule   string    `yaml:"schedule"`
	TimeZone   string    `yaml:"time_zone"`
	Country    string    `yaml:"country"`
	Publisher  string    `yaml:"publisher"`
	Language   string    `yaml:"language"`
	Licence    string    `yaml:"licence"`
	Enabled    *bool     `yaml:"enabled"` // nil is true
	Why        string    `yaml:"why"`
	Note       string    `yaml:"note"` // for the reader of the file
	Keep       string    `yaml:"keep"` // how long its articles are kept; "": for ever
	DateFormat string    `yaml:"date_format"`
	Selectors  selectors `yaml:"selectors"`
	Earlier    []earlier `yaml:"earlier"` // the oldest first
}

type selectors struct {
	Items string   `yaml:"items"`
	Title string   `yaml:"title"`
	Body  string   `yaml:"body"`
	Date  string   `yaml:"date"`
	Drop  []string `yaml:"drop"`
}

// earlier is how the pages of a source were to be read until it was redesigned.
type earlier struct {
	Until      string    `yaml:"until"` // the first day of the next design
	DateFormat string    `yaml:"date_format"`
	Selectors  selectors `yaml:"selectors"`
}

// fill gives e what it leaves to the defaults of its file. Selectors are taken whole or not at all.
func (e *entry) fill(d entry) {
	for _, f := range []struct {
		value    *string
		fallback string
	}{
		{&e.Kind, d.Kind}, {&e.Schedule, d.Schedule}, {&e.TimeZone, d.TimeZone}, {&e.Country, d.Country},
		{&e.Publisher, d.Publisher}, {&e.Language, d.Language}, {&e.Licence, d.Licence}, {&e.DateFormat, d.DateFormat},
		{&e.Keep, d.Keep},
	} {
		if *f.value == "" {
			*f.value = f.fallback
		}
	}
	if e.Selectors.empty() {
		e.Selectors = d.Selectors
	}
}

func (s selectors) empty() bool {
	return s.Items == "" && s.Title == "" && s.Body == "" && s.Date == "" && len(s.Drop) == 0
}

func (e *entry) enabled() bool { return e.Enabled == nil || *e.Enabled }

func (e *entry) source() blotter.Source {
	s := blotter.Source{
		ID: e.ID, Name: e.Name, Kind: blotter.Kind(e.Kind), URL: e.URL, Schedule: e.Schedule, TimeZone: e.TimeZone,
		Country: e.Country, Publisher: e.Publisher, Language: e.Language, Licence: e.Licence,
		Enabled: e.enabled(), Why: e.Why, DateFormat: e.DateFormat,
		Selectors: blotter.Selectors(e.Selectors),
	}
	for _, was := range e.Earlier {
		until, _ := e.day(was.Until) // check has told
		s.Earlier = append(s.Earlier, blotter.Earlier{
			Until: until, Selectors: blotter.Selectors(was.Selectors), DateFormat: was.DateFormat,
		})
	}
	return s
}

// day is when a day begins where the source is.
func (e *entry) day(date string) (time.Time, error) {
	zone, err := time.LoadLocation(e.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	t, err := time.ParseInLocation(time.DateOnly, date, zone)
	return t.UTC(), err
}

// loader gathers the sources of all files, and what is wrong with them.
type loader struct {
	allow   []string
	ids     map[string]strict.Fault // where each id was first seen
	urls    map[string]string       // the id of the enabled source at each canonical URL
	sources []blotter.Source
	keep    map[string]Period // of the sources that have one
	faults  strict.Faults
}

func loadSources(files fs.FS, allow []string) ([]blotter.Source, map[string]Period, strict.Faults, error) {
	names, faults, err := yamlFiles(files, "sources")
	if err != nil {
		return nil, nil, nil, err
	}
	l := &loader{allow: allow, ids: map[string]strict.Fault{}, urls: map[string]string{}, keep: map[string]Period{}, faults: faults}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, nil, nil, err
		}
		l.file(name, data)
	}
	if len(l.sources) == 0 && len(l.faults) == 0 {
		l.faults = strict.Faults{{File: "sources", Msg: "no source; put at least one into a *.yaml file here"}}
	}
	slices.SortFunc(l.sources, func(a, b blotter.Source) int { return strings.Compare(a.ID, b.ID) })
	return l.sources, l.keep, l.faults, nil
}

func (l *loader) file(name string, data []byte) {
	var f sourceFile
	doc, faults := strict.Decode(name, data, &f)
	l.faults = append(l.faults, faults...)
	if doc == nil {
		return
	}
	for _, key := range f.Defaults.own() {
		l.faults = append(l.faults, doc.Fault("defaults."+key, "%s is a source's own and has no default", key))
	}
	for i := range f.Sources {
		e := &f.Sources[i]
		e.fill(f.Defaults)
		l.check(doc, fmt.Sprintf("sources[%d]", i), e)
		l.sources = append(l.sources, e.source())
	}
}

// own lists the keys of a defaults block that make sense for a single source only.
func (e *entry) own() []string {
	var keys []string
	for _, k := range []struct {
		key string
		set bool
	}{
		{"id", e.ID != ""}, {"name", e.Name != ""}, {"url", e.URL != ""}, {"enabled", e.Enabled != nil}, {"why", e.Why != ""},
		{"note", e.Note != ""}, {"earlier", len(e.Earlier) > 0},
	} {
		if k.set {
			keys = append(keys, k.key)
		}
	}
	return keys
}

var (
	idPattern       = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	countryPattern  = regexp.MustCompile(`^([a-z]{2}|int)$`)
	languagePattern = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

	kinds      = []string{"feed", "listing", "sitemap", "status"}
	publishers = []string{"police", "government", "press", "trade", "analysis", "aggregator"}
)

// missing lists the keys that every source must have and this one lacks.
func (e *entry) missing() []string {
	var keys []string
	for _, k := range []struct{ name, value string }{
		{"name", e.Name}, {"kind", e.Kind}, {"schedule", e.Schedule}, {"time_zone", e.TimeZone}, {"country", e.Country},
		{"publisher", e.Publisher}, {"language", e.Language},
	} {
		if k.value == "" {
			keys = append(keys, k.name)
		}
	}
	return keys
}

// check looks at what the values of a source mean. A value that the strict decoder has refused already is empty here
// and gets no second fault of another kind for it, except that it is missing.
func (l *loader) check(doc *strict.Doc, at string, e *entry) {
	fault := func(key, format string, args ...any) {
		l.faults = append(l.faults, doc.Fault(at+"."+key, format, args...))
	}
	l.checkID(doc, at+".id", e.ID)
	for _, key := range e.missing() {
		fault(key, "source %s has no %s", e.ID, key)
	}
	if e.Kind != "" && !slices.Contains(kinds, e.Kind) {
		fault("kind", "kind %q is none of %s", e.Kind, strings.Join(kinds, ", "))
	}
	if e.Publisher != "" && !slices.Contains(publishers, e.Publisher) {
		fault("publisher", "publisher %q is none of %s", e.Publisher, strings.Join(publishers, ", "))
	}
	if e.Country != "" && !countryPattern.MatchString(e.Country) {
		fault("country", "country %q is not two lower-case letters such as gb, eu, or int", e.Country)
	}
	if e.Language != "" && !languagePattern.MatchString(e.Language) {
		fault("language", "language %q is not a language tag such as en or en-GB", e.Language)
	}
	if _, _, err := parseSchedule(e.Schedule); err != nil && e.Schedule != "" {
		fault("schedule", "%v", err)
	}
	if _, err := time.LoadLocation(e.TimeZone); err != nil || e.TimeZone == "Local" {
		fault("time_zone", "time zone %q is not an IANA name such as Europe/London", e.TimeZone)
	}
	if e.Keep != "" {
		keep, err := parsePeriod(e.Keep)
		if err != nil {
			fault("keep", "%v", err)
		}
		l.keep[e.ID] = keep
	}
	if msg := dateFormatFault(e.DateFormat); msg != "" {
		fault("date_format", "%s", msg)
	}
	switch {
	case !e.enabled() && e.Why == "":
		fault("why", "source %s is disabled without saying why", e.ID)
	case e.enabled() && e.Why != "":
		fault("why", "source %s is enabled; why is for disabled ones, use note", e.ID)
	}
	l.checkURL(fault, e)
	e.Selectors.check(fault, "selectors")
	e.checkEarlier(fault)
}

// check looks at the selectors that stand under a key.
func (s selectors) check(fault func(key, format string, args ...any), at string) {
	for _, s := range s.all() {
		if _, err := cascadia.ParseGroup(s.css); err != nil {
			fault(at+"."+s.key, "selector %q: %v", s.css, err)
		}
	}
}

func (e *entry) checkEarlier(fault func(key, format string, args ...any)) {
	var last time.Time
	for i, was := range e.Earlier {
		at := fmt.Sprintf("earlier[%d]", i)
		until, err := e.day(was.Until)
		switch {
		case was.Until == "":
			fault(at, "no until: the first day on which pages are no longer read so, such as 2024-03-01")
		case err != nil:
			fault(at+".until", "until %q is not a day such as 2024-03-01", was.Until)
		case !until.After(last):
			fault(at+".until", "until %s is not after the one before it; the oldest design stands first", was.Until)
		}
		last = until
		if msg := dateFormatFault(was.DateFormat); msg != "" {
			fault(at+".date_format", "%s", msg)
		}
		if was.Selectors.Items != "" {
			fault(at+".selectors.items", "items is for lists, and a list is read when it is fetched; it has no earlier form")
		}
		was.Selectors.check(fault, at+".selectors")
	}
}

func (l *loader) checkID(doc *strict.Doc, at, id string) {
	if !idPattern.MatchString(id) {
		l.faults = append(l.faults, doc.Fault(at, "id %q must be 1 to 63 of a-z, 0-9 and -, and not begin with -", id))
		return
	}
	if first, taken := l.ids[id]; taken {
		l.faults = append(l.faults, doc.Fault(at, "id %q is taken by the source at %s:%d", id, first.File, first.Line))
		return
	}
	l.ids[id] = doc.Fault(at, "first")
}

func (l *loader) checkURL(fault func(key, format string, args ...any), e *entry) {
	canonical, err := blotter.CanonicalURL(e.URL)
	if err != nil {
		fault("url", "%v", err)
		return
	}
	u, err := url.Parse(e.URL)
	if err != nil || u.User != nil || u.Fragment != "" {
		fault("url", "url %q: credentials and fragments are not sent; leave them out", e.URL)
		return
	}
	if !e.enabled() {
		return
	}
	if other, taken := l.urls[canonical]; taken {
		fault("url", "source %s reads the same URL; disable one of the two", other)
	}
	l.urls[canonical] = e.ID
	if isPrivate(u.Hostname()) && !slices.Contains(l.allow, u.Host) {
		fault("url", "host %s is not public; to read it, name %s in crawl.allow of blotter.yaml", u.Hostname(), withPort(u))
	}
}

// isPrivate finds the hosts that are seen to be private without asking DNS; the fetcher guards the addresses.
func isPrivate(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsUnspecified()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || !strings.Contains(host, ".")
}

func withPort(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Host
	case u.Scheme == "https":
		return u.Host + ":443"
	default:
		return u.Host + ":80"
	}
}

type selector struct{ key, css string }

// all gives the selectors that are set, each under its key.
func (s selectors) all() []selector {
	set := []selector{{"items", s.Items}, {"title", s.Title}, {"body", s.Body}, {"date", s.Date}}
	for i, css := range s.Drop {
		set = append(set, selector{fmt.Sprintf("drop[%d]", i), css})
	}
	return slices.DeleteFunc(set, func(s selector) bool { return s.css == "" })
}

// dateFormatFault says what keeps layout from being a layout of package time for dates, or "".
func dateFormatFault(layout string) string {
	if layout == "" {
		return ""
	}
	probe := time.Date(2031, 10, 23, 17, 48, 59, 0, time.UTC)
	for _, other := range []time.Time{probe.AddDate(1, 0, 0), probe.AddDate(0, 1, 0), probe.AddDate(0, 0, 1)} {
		if probe.Format(layout) == other.Format(layout) {
			return fmt.Sprintf("date format %q does not name year, month and day; write how 2 January 2006 would be printed", layout)
		}
	}
	if read, err := time.Parse(layout, probe.Format(layout)); err != nil || read.YearDay() != probe.YearDay() {
		return fmt.Sprintf("date format %q cannot be read back", layout)
	}
	return ""
}
