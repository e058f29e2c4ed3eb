package extract

import (
	"encoding/json"
	"slices"
	"strings"

	"blotter"

	"golang.org/x/net/html"
)

// linkedData is what the JSON-LD of a page says of its article.
type linkedData struct {
	headline            string
	published, modified string
	authors             []string // persons
	houses              []string // organisations named as authors
	article             bool     // the page says that it is one
	listing             bool     // the page says that it is a list of others
}

// object is a JSON object.
type object = map[string]any

// others are keys that lead to what is not the page's own article.
var others = map[string]bool{
	"itemlistelement": true, "haspart": true, "relatedlink": true, "comment": true, "review": true, "mentions": true,
	"citation": true, "isrelatedto": true, "video": true, "image": true, "publisher": true, "about": true,
	"isbasedon": true, "subjectof": true, "potentialaction": true, "ispartof": true, "offers": true, "suggestedanswer": true,
}

// graph holds the objects of all scripts of a page.
type graph struct {
	pages []object          // objects with a type, in order
	ids   map[string]object // by @id, for references
}

// readLinkedData picks the object that describes the article: of several the one whose headline the page shows,
// since some pages describe their teasers too.
func readLinkedData(scripts []string, headline string) linkedData {
	g := graph{ids: make(map[string]object)}
	for _, s := range scripts {
		for _, v := range decodeJSON(s) {
			g.collect(v, 0)
		}
	}
	var d linkedData
	var articles, pages []object
	for _, o := range g.pages {
		switch kind := kindOf(o); kind {
		case "article":
			articles = append(articles, o)
		case "page":
			pages = append(pages, o)
		case "list":
			d.listing = true
		}
	}
	d.article = len(articles) > 0
	best := slices.IndexFunc(articles, func(o object) bool {
		h := fold(text(o, "headline", "name"))
		return h != "" && headline != "" && (strings.Contains(fold(headline), h) || strings.Contains(h, fold(headline)))
	})
	if best > 0 {
		articles[0], articles[best] = articles[best], articles[0]
	}
	for i, o := range slices.Concat(articles, pages) {
		if i > 0 && i < len(articles) && best >= 0 {
			continue // another article
		}
		g.fill(&d, o, i < len(articles))
	}
	return d
}

// fill takes from o what d does not have yet.
func (g graph) fill(d *linkedData, o object, article bool) {
	if d.headline == "" && article {
		d.headline = blotter.CleanLine(html.UnescapeString(text(o, "headline", "name")))
	}
	if d.published == "" {
		d.published = text(o, "datePublished")
		if d.published == "" && article {
			d.published = text(o, "dateCreated", "uploadDate")
		}
	}
	if d.modified == "" {
		d.modified = text(o, "dateModified")
	}
	if len(d.authors) == 0 && len(d.houses) == 0 {
		for _, key := range []string{"author", "creator", "contributor"} {
			g.people(d, o[key], 0)
			if len(d.authors)+len(d.houses) > 0 {
				break
			}
		}
	}
}

// people reads an author in any of the shapes seen: a name, names in one string, an object, a reference, a list.
func (g graph) people(d *linkedData, v any, depth int) {
	if depth > 4 {
		return
	}
	switch v := v.(type) {
	case string:
		if o, ok := g.ids[v]; ok {
			g.people(d, o, depth+1)
			return
		}
		d.authors = append(d.authors, v)
	case []any:
		for _, e := range v[:min(len(v), 20)] {
			g.people(d, e, depth+1)
		}
	case object:
		names, ok := v["name"]
		if !ok {
			if o, ok := g.ids[text(v, "@id")]; ok && o["name"] != nil {
				g.people(d, o, depth+1)
			}
			return
		}
		into := &d.authors
		if containsAny(strings.ToLower(types(v)), "organization", "corporation", "brand") {
			into = &d.houses
		}
		if list, ok := names.([]any); ok {
			for _, e := range list[:min(len(list), 20)] {
				if s, ok := e.(string); ok {
					*into = append(*into, s)
				}
			}
		} else if s, ok := names.(string); ok {
			*into = append(*into, s)
		}
	}
}

// collect gathers the typed objects of a value.
func (g *graph) collect(v any, depth int) {
	if depth > 12 || len(g.pages) > 500 {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			g.collect(e, depth+1)
		}
	case object:
		if id := text(v, "@id"); id != "" && len(v) > 1 {
			g.ids[id] = v
		}
		if types(v) != "" {
			g.pages = append(g.pages, v)
		}
		for _, key := range sortedKeys(v) {
			if !others[strings.ToLower(key)] {
				g.collect(v[key], depth+1)
			}
		}
	}
}

func sortedKeys(o object) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// types joins the object's types.
func types(o object) string {
	switch t := o["@type"].(type) {
	case string:
		return t
	case []any:
		var all []string
		for _, e := range t {
			if s, ok := e.(string); ok {
				all = append(all, s)
			}
		}
		return strings.Join(all, " ")
	}
	return ""
}

// kindOf sorts the types of schema.org into article, page, list and "".
func kindOf(o object) string {
	t := strings.ToLower(types(o))
	switch {
	case containsAny(t, "article", "blogposting", "report", "socialmediaposting", "specialannouncement", "recipe", "howto", "newsarticle"):
		return "article"
	case containsAny(t, "collectionpage", "searchresultspage"):
		return "list"
	case containsAny(t, "webpage", "creativework", "medicalwebpage", "faqpage", "qapage"):
		return "page"
	}
	return ""
}

// text is the first of the keys that holds a string.
func text(o object, keys ...string) string {
	for _, k := range keys {
		switch v := o[k].(type) {
		case string:
			if v = strings.TrimSpace(v); v != "" {
				return v
			}
		case []any:
			if len(v) > 0 {
				if s, ok := v[0].(string); ok && s != "" {
					return s
				}
			}
		}
	}
	return ""
}

// decodeJSON reads the values of a script and repairs what many sites get wrong: comment or CDATA wrappers, raw
// line breaks within strings, entities, a semicolon at the end.
func decodeJSON(script string) []any {
	script = strings.TrimSpace(script)
	for _, wrap := range []string{"<!--", "-->", "//<![CDATA[", "/*<![CDATA[*/", "<![CDATA[", "//]]>", "/*]]>*/", "]]>"} {
		script = strings.TrimSuffix(strings.TrimPrefix(script, wrap), wrap)
	}
	script = strings.TrimRight(strings.TrimSpace(script), ";")
	if v, ok := unmarshal(script); ok {
		return v
	}
	script = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, script)
	if v, ok := unmarshal(script); ok {
		return v
	}
	v, _ := unmarshal(html.UnescapeString(script))
	return v
}

// unmarshal reads values one behind the other, which is what two scripts pasted together are.
func unmarshal(script string) (values []any, ok bool) {
	decoder := json.NewDecoder(strings.NewReader(script))
	for decoder.More() {
		var v any
		if err := decoder.Decode(&v); err != nil {
			return values, len(values) > 0
		}
		values = append(values, v)
	}
	return values, len(values) > 0
}
