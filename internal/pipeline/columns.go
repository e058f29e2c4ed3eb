package pipeline

import (
	"fmt"
	"slices"
	"strings"
)

// Fields are what a column of a table may be read as: the fields of a Record.
var Fields = []string{"id", "url", "title", "text", "lead", "date", "authors", "source", "lang"}

// knownColumns are names of columns that are read as a field without being told so; of several in one header the first of the
// list counts.
var knownColumns = map[string][]string{
	"id":      {"id", "article_id", "doc_id", "document_id", "guid", "uuid"},
	"url":     {"url", "link", "uri", "web_url", "article_url", "href", "permalink"},
	"title":   {"title", "headline", "heading", "hd"},
	"text":    {"text", "body", "content", "full_text", "fulltext", "article_text", "article_body", "article", "maintext"},
	"lead":    {"lead", "standfirst", "subtitle", "subheadline"},
	"date":    {"date", "published", "published_at", "published_date", "publish_date", "publication_date", "date_published", "pubdate", "pub_date", "datetime"},
	"authors": {"authors", "author", "byline", "creator"},
	"source":  {"source", "outlet", "publication", "newspaper", "publisher", "source_name", "media"},
	"lang":    {"lang", "language"},
}

// columns say which cell of a row is which field.
type columns struct {
	header []string
	of     map[string]int // field → place in the header
}

// findColumns finds the columns that are asked for, or without any those with known names.
func findColumns(header []string, asked map[string]string) (columns, error) {
	c := columns{header: make([]string, len(header)), of: map[string]int{}}
	for i, name := range header {
		c.header[i] = strings.TrimSpace(name)
	}
	if asked == nil {
		c.guess()
	} else if err := c.find(asked); err != nil {
		return columns{}, err
	}
	if _, ok := c.of["text"]; !ok {
		return columns{}, fmt.Errorf("no column is the text: name it as in --columns 'title=Headline,text=Body'; the header has %s", c.list())
	}
	return c, nil
}

func (c *columns) find(asked map[string]string) error {
	for _, field := range Fields {
		name, ok := asked[field]
		if !ok {
			continue
		}
		var places []int
		for i, h := range c.header {
			if strings.EqualFold(h, strings.TrimSpace(name)) {
				places = append(places, i)
			}
		}
		switch len(places) {
		case 0:
			return fmt.Errorf("there is no column %q for %s; the header has %s", name, field, c.list())
		case 1:
			c.of[field] = places[0]
		default:
			return fmt.Errorf("the column %q for %s stands %d times in the header: %s", name, field, len(places), c.list())
		}
	}
	return nil
}

func (c *columns) guess() {
	for field, names := range knownColumns {
		for _, name := range names {
			if i := slices.IndexFunc(c.header, func(h string) bool { return plainName(h) == name }); i >= 0 {
				c.of[field] = i
				break
			}
		}
	}
}

// plainName spells a column's name as knownColumns do.
func plainName(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == ' ' || r == '_' || r == '-' || r == '.' }), "_")
}

// list names the columns, for messages.
func (c *columns) list() string {
	const most = 40
	var names []string
	for i, h := range c.header {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(c.header)-most))
			break
		}
		names = append(names, fmt.Sprintf("%q", h))
	}
	return strings.Join(names, ", ")
}

// String says which field is which column, and what is not used.
func (c *columns) String() string {
	var parts []string
	for _, field := range Fields {
		if i, ok := c.of[field]; ok {
			parts = append(parts, fmt.Sprintf("%s is %q", field, c.header[i]))
		}
	}
	if n := len(c.rest()); n > 0 {
		parts = append(parts, fmt.Sprintf("kept and not read: %d", n))
	}
	return strings.Join(parts, ", ")
}

// rest are the places of the columns that are no field.
func (c *columns) rest() (places []int) {
	for i := range c.header {
		used := false
		for _, at := range c.of {
			used = used || at == i
		}
		if !used {
			places = append(places, i)
		}
	}
	return places
}

// cell is the cell of a field, without the space around it.
func (c *columns) cell(cells []string, field string) string {
	if i, ok := c.of[field]; ok {
		return strings.TrimSpace(cells[i])
	}
	return ""
}
