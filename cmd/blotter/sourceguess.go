package main

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"blotter"
	"blotter/crawler"
)

// zones are the time zones of countries that have one, and of some others the one where most of their press sits.
var zones = map[string]string{
	"at": "Europe/Vienna", "au": "Australia/Sydney", "be": "Europe/Brussels", "bg": "Europe/Sofia", "ca": "America/Toronto",
	"ch": "Europe/Zurich", "cy": "Asia/Nicosia", "cz": "Europe/Prague", "de": "Europe/Berlin", "dk": "Europe/Copenhagen",
	"ee": "Europe/Tallinn", "es": "Europe/Madrid", "eu": "Europe/Brussels", "fi": "Europe/Helsinki", "fr": "Europe/Paris",
	"gb": "Europe/London", "gr": "Europe/Athens", "hk": "Asia/Hong_Kong", "hr": "Europe/Zagreb", "hu": "Europe/Budapest",
	"ie": "Europe/Dublin", "il": "Asia/Jerusalem", "in": "Asia/Kolkata", "is": "Atlantic/Reykjavik", "it": "Europe/Rome",
	"jp": "Asia/Tokyo", "ke": "Africa/Nairobi", "kr": "Asia/Seoul", "lt": "Europe/Vilnius", "lu": "Europe/Luxembourg",
	"lv": "Europe/Riga", "mt": "Europe/Malta", "ng": "Africa/Lagos", "nl": "Europe/Amsterdam", "no": "Europe/Oslo",
	"nz": "Pacific/Auckland", "ph": "Asia/Manila", "pk": "Asia/Karachi", "pl": "Europe/Warsaw", "pt": "Europe/Lisbon",
	"ro": "Europe/Bucharest", "rs": "Europe/Belgrade", "se": "Europe/Stockholm", "sg": "Asia/Singapore", "si": "Europe/Ljubljana",
	"sk": "Europe/Bratislava", "tr": "Europe/Istanbul", "ua": "Europe/Kyiv", "us": "America/New_York", "za": "Africa/Johannesburg",
}

// manyZones are the countries of zones for which the zone is a guess even when the country is known.
var manyZones = []string{"au", "ca", "us"}

// domainCountries are top-level domains that mean another country than their letters say, or none: those that are sold as
// words. Domains of other than two letters mean none, but for those here.
var domainCountries = map[string]string{
	"uk": "gb", "scot": "gb", "wales": "gb", "cymru": "gb", "london": "gb", "gov": "us", "mil": "us", "int": "int", "cat": "es", "berlin": "de",
	"ai": "", "cc": "", "co": "", "fm": "", "gg": "", "io": "", "la": "", "ly": "", "me": "", "nu": "", "sh": "", "su": "", "tk": "", "to": "", "tv": "",
	"vc": "", "ws": "",
}

// guess is what is not known of a source and was filled in, for the note beside it.
type guess struct{ words []string }

// note adds a field and what it was guessed from; "" is nothing at all.
func (g *guess) note(field, from string) {
	if from == "" {
		g.words = append(g.words, field+" for want of a better")
		return
	}
	g.words = append(g.words, field+" from "+from)
}

// String names the guesses, or is "".
func (g guess) String() string { return strings.Join(g.words, ", ") }

// fillIn completes a source from what is seen of its host, its page and an article: what the person who adds it has said
// is left alone.
func fillIn(src *blotter.Source, t *trial) guess {
	var g guess
	if src.Language == "" {
		from := ""
		src.Language, from = guessLanguage(t)
		g.note("language", from)
	}
	if src.Country == "" {
		from := ""
		src.Country, from = guessCountry(src.URL, src.Language)
		g.note("country", from)
	}
	if src.TimeZone == "" {
		src.TimeZone = cmp.Or(zones[src.Country], "UTC")
		from := "country " + src.Country
		if slices.Contains(manyZones, src.Country) {
			from += " (it has several)"
		}
		g.note("time zone", from)
	}
	if src.Publisher == "" {
		from := ""
		src.Publisher, from = guessPublisher(src.URL, src.Name)
		g.note("publisher", from)
	}
	if src.Schedule == "" {
		src.Schedule = scheduleFor(t.Listing)
	}
	return g
}

// guessLanguage believes the text more than what the page says of itself, and that for the region only.
func guessLanguage(t *trial) (lang, from string) {
	page := cmp.Or(crawler.PageLanguage(t.ArticlePage), crawler.PageLanguage(t.Page))
	base, _, _ := strings.Cut(strings.ToLower(page), "-")
	switch text := t.Article.Lang; {
	case text != "" && text == base:
		_, region, _ := strings.Cut(page, "-")
		if region = strings.ToUpper(region); len(region) == 2 {
			return text + "-" + region, "the page"
		}
		return text, "the text"
	case text != "":
		return text, "the text"
	case base != "":
		return base, "the page"
	}
	return "en", ""
}

// guessCountry believes the domain, then the region of the language. That of en-US is the default of too many programs.
func guessCountry(rawURL, lang string) (country, from string) {
	if u, err := url.Parse(rawURL); err == nil {
		host := u.Hostname()
		domain := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
		country, special := domainCountries[domain]
		if !special && len(domain) == 2 && strings.Trim(domain, "abcdefghijklmnopqrstuvwxyz") == "" {
			country = domain
		}
		if country != "" {
			return country, "." + domain
		}
	}
	if _, region, _ := strings.Cut(lang, "-"); len(region) == 2 && region != "US" {
		return strings.ToLower(region), "the language"
	}
	return "int", ""
}

// publisherWords mark the hosts and names of publishers that are no press, in the languages of our sources.
var publisherWords = []struct {
	publisher string
	words     []string
}{
	{"police", []string{"police", "polizei", "politie", "politi.", "policia", "policja", "polizia", "polisen", "constabulary", "sheriff", "guardia", "garda"}},
	{"government", []string{".gov.", ".gov/", ".gouv.", ".gob.", ".govt.", ".mil/", ".mil.", ".int/", "europa.eu", "ministry", "ministerium", "government", "bundes"}},
}

func guessPublisher(rawURL, name string) (publisher, from string) {
	host := ""
	if u, err := url.Parse(rawURL); err == nil {
		host = "." + strings.ToLower(u.Hostname()) + "/"
	}
	for _, where := range []struct{ text, from string }{{host, "the host"}, {strings.ToLower(name), "the name"}} {
		for _, p := range publisherWords {
			for _, word := range p.words {
				if strings.Contains(where.text, word) {
					return p.publisher, where.from
				}
			}
		}
	}
	return "press", ""
}

// scheduleFor asks a source about twice in the time that lies between two of its items, from every half hour to twice a
// day, and not more often than its feed wants.
func scheduleFor(l crawler.Listing) string {
	every := time.Hour
	if gap, ok := usualGap(l.Items); ok {
		every = gap / 2
	}
	every = max(every, l.TTL)
	for _, step := range []string{"30m", "1h", "3h", "6h"} {
		if d, err := time.ParseDuration(step); err == nil && every <= d {
			return "every " + step
		}
	}
	return "every 12h"
}

// usualGap is the median of the times between two items that follow each other.
func usualGap(items []blotter.Item) (time.Duration, bool) {
	var times []time.Time
	for _, item := range items {
		if !item.Published.IsZero() {
			times = append(times, item.Published.Time)
		}
	}
	if len(times) < 3 {
		return 0, false
	}
	slices.SortFunc(times, time.Time.Compare)
	gaps := make([]time.Duration, len(times)-1)
	for i := range gaps {
		gaps[i] = times[i+1].Sub(times[i])
	}
	slices.Sort(gaps)
	// With days alone most gaps of a busy list are 0, and of a quiet one days: the mean tells those apart.
	if middle := gaps[len(gaps)/2]; middle > 0 {
		return middle, true
	}
	return times[len(times)-1].Sub(times[0]) / time.Duration(len(gaps)), true
}
