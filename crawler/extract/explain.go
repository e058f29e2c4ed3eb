package extract

import (
	"slices"

	"blotter"
)

// Explanation is what each reader of a page gave for its title, date and text, and why the article has what it has. It is for
// people who ask why a page was read as it was, and for those who write selectors.
type Explanation struct {
	Article   blotter.Article // as Read gives it; zero when the page holds none
	Title     []Finding
	Published []Finding
	Modified  []Finding
	Body      []Finding
	Dropped   []string // lines of the body that are none of the article: pointers to others, adverts, captions
}

// Finding is what one reader gave for one part of an article. What it did not find is left out.
type Finding struct {
	Reader string // where it stands: selector, h1, meta og:title, json-ld, time, visible, url, trafilatura, …
	Text   string // as far as it is text: a title, a date as printed, a body
	Date   blotter.Date
	Words  int    // of a body
	Won    bool   // the article has this
	Why    string // why it won; "" for the others
}

// choice is what won, and why.
type choice struct{ reader, why string }

const whySelector = "a selector of the source goes before everything else"

// Explain reads a page as Read does and says how it came to its article. The error is that of Read; what is known of a page
// without an article is in the Explanation all the same.
func Explain(page blotter.Page, hints Hints) (Explanation, error) {
	s, err := look(page, hints)
	if err != nil {
		return Explanation{}, err
	}
	dates := s.facts.dateReader(s.hints)
	x := Explanation{Title: s.titles(), Published: dates.allPublished(s.picked.date), Modified: dates.allModified()}
	a, found, kept, err := s.read()
	x.Article = a
	x.Body, x.Dropped = bodies(found, kept), dropped(found.lines, kept)
	if err != nil {
		for _, part := range [][]Finding{x.Title, x.Published, x.Modified, x.Body} {
			for i := range part {
				part[i].Won = false
			}
		}
	}
	return x, err
}

// titles are all titles of the page, in the order in which they are asked for.
func (s *sight) titles() []Finding {
	f := s.facts
	by := f.headlineBy
	switch {
	case s.picked.title != "":
		by = choice{"selector", whySelector}
	case f.headline != "":
	case f.linked.headline != "":
		by = choice{"json-ld", "the page shows no title"}
	default:
		by = choice{"list", "the page has no title at all"}
	}
	meta, element := f.machineTitles()
	var all []Finding
	add := func(reader, kind, text string) {
		if text == "" || len(all) >= maxFindings {
			return
		}
		won := kind == by.reader && (kind != "h1" || text == f.headline) && !slices.ContainsFunc(all, func(o Finding) bool { return o.Won })
		finding := Finding{Reader: reader, Text: text, Won: won}
		if won {
			finding.Why = by.why
		}
		all = append(all, finding)
	}
	add("selector", "selector", s.picked.title)
	for _, h := range f.heads {
		add("h1", "h1", h.text)
	}
	add("meta "+f.metaNamed(titleMetas), "meta", meta)
	add("title element", "title element", element)
	add("json-ld", "json-ld", f.linked.headline)
	add("list", "list", blotter.CleanLine(s.hints.Item.Title))
	return all
}

// maxFindings bounds what is told of one part: a page may have a thousand headlines.
const maxFindings = 20

// metaNamed is the first of the names that the page has a meta element of.
func (f *facts) metaNamed(names []string) string {
	for _, name := range names {
		if len(f.metas[name]) > 0 {
			return name
		}
	}
	return ""
}

// allPublished are all dates of publication of the page, in the order in which they are asked for.
func (d dateReader) allPublished(picked string) []Finding {
	won, why := d.published(picked)
	var all []Finding
	add := func(reader string, date blotter.Date, ok bool) {
		if ok && len(all) < maxFindings {
			all = append(all, Finding{Reader: reader, Text: blotter.CleanLine(date.Raw), Date: date})
		}
	}
	date, ok := d.find(picked, "selector")
	add("selector", date, ok)
	date, ok = d.parse(d.linked.published, "json-ld")
	add("json-ld", date, ok)
	d.metaDates(publishedMetas, add)
	shown, ok := d.timeElement()
	add("time", shown.Date, ok)
	shown, ok = d.visible()
	add("visible", shown.Date, ok)
	date, ok = d.inURL()
	add("url", date, ok)
	return withWinner(all, won, why)
}

// allModified are all dates of the last change.
func (d dateReader) allModified() []Finding {
	won := d.modified()
	var all []Finding
	add := func(reader string, date blotter.Date, ok bool) {
		if ok && len(all) < maxFindings {
			all = append(all, Finding{Reader: reader, Text: blotter.CleanLine(date.Raw), Date: date})
		}
	}
	date, ok := d.parse(d.linked.modified, "json-ld")
	add("json-ld", date, ok)
	d.metaDates(modifiedMetas, add)
	return withWinner(all, won, "the first of these that is a date")
}

// metaDates adds what meta elements of these names say.
func (d dateReader) metaDates(names []string, add func(reader string, date blotter.Date, ok bool)) {
	for _, name := range names {
		for _, v := range d.metas[name] {
			date, ok := d.parse(v, "meta")
			add("meta "+name, date, ok)
		}
	}
}

// withWinner marks the date that won, and adds it when it stands at a place that few pages have.
func withWinner(all []Finding, won blotter.Date, why string) []Finding {
	if won.IsZero() {
		return all
	}
	i := slices.IndexFunc(all, func(f Finding) bool {
		return f.Date.Method == won.Method && f.Date.Raw == won.Raw && f.Date.Time.Equal(won.Time)
	})
	if i < 0 {
		i = len(all)
		all = append(all, Finding{Reader: won.Method, Text: blotter.CleanLine(won.Raw), Date: won})
	}
	all[i].Won, all[i].Why = true, why
	return all
}

// bodies are what each reader took for the text, and what was made of it.
func bodies(b body, kept []line) []Finding {
	var all []Finding
	for _, p := range b.parts {
		if len(p.lines) > 0 {
			all = append(all, Finding{Reader: p.reader, Text: join(p.lines), Words: weight(p.lines)})
		}
	}
	switch {
	case len(kept) == 0:
	case b.chosen:
		all[0].Won, all[0].Why = true, b.why
	default:
		all = append(all, Finding{Reader: "combined", Text: join(kept), Words: weight(kept), Won: true, Why: b.why})
	}
	return all
}

// dropped are the lines that were found and not kept.
func dropped(found, kept []line) []string {
	var texts []string
	for _, l := range found {
		if len(kept) > 0 && kept[0].text == l.text {
			kept = kept[1:]
			continue
		}
		texts = append(texts, l.text)
	}
	return texts
}
