package newsroom

import (
	"bytes"
	"encoding/xml"
	"fmt"
	htmltemplate "html/template"
	"io"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"

	"golang.org/x/net/html/charset"

	"blotter/testdata"
)

// room is one newsroom of testdata: a site of the table with its articles and templates.
type room struct {
	site
	bases     map[string]string // by the site's name, http://ip:port
	articles  []*article
	templates map[string]executer // by file name
}

// executer is what html/template and text/template have in common.
type executer interface {
	Execute(w io.Writer, data any) error
}

// loadRooms reads the files of the rooms, and then what one newsroom has taken word for word from another.
func loadRooms(rooms []*room) error {
	written := map[string]*article{} // by SITE/FILE
	for _, r := range rooms {
		if err := r.load(); err != nil {
			return fmt.Errorf("newsroom %s: %w", r.name, err)
		}
		for _, a := range r.articles {
			written[r.name+"/"+a.file] = a
		}
	}
	for _, r := range rooms {
		for _, a := range r.articles {
			if a.sameAs == "" {
				continue
			}
			from := written[a.sameAs]
			if from == nil {
				return fmt.Errorf("newsroom %s: article %s: there is no %s to take over", r.name, a.file, a.sameAs)
			}
			a.Title, a.Lead, a.Authors, a.Blocks = from.Title, from.Lead, from.Authors, from.Blocks
			owner, _, _ := strings.Cut(a.sameAs, "/")
			a.Origin = r.bases[owner] + from.Path
		}
	}
	return nil
}

func (r *room) load() error {
	dir := path.Join("sites", r.name)
	var err error
	if r.articles, err = readArticles(testdata.Sites, path.Join(dir, "articles")); err != nil {
		return err
	}
	r.templates = map[string]executer{}
	files := []string{r.articlePage, "notfound.html"}
	for _, p := range r.pages {
		files = append(files, p.file)
	}
	for _, file := range files {
		if r.templates[file], err = parseTemplate(testdata.Sites, dir, file); err != nil {
			return err
		}
	}
	return nil
}

// parseTemplate reads a template of a newsroom's folder, or of the folder above it, where stands what all share.
func parseTemplate(fsys fs.FS, dir, file string) (executer, error) {
	name := path.Join(dir, file)
	if _, err := fs.Stat(fsys, name); err != nil {
		name = path.Join(path.Dir(dir), file)
	}
	if path.Ext(file) == ".html" {
		return htmltemplate.New(path.Base(name)).ParseFS(fsys, name, "sites/block.html")
	}
	funcs := texttemplate.FuncMap{"xml": escapeXML, "odd": oddDate}
	return texttemplate.New(path.Base(name)).Funcs(funcs).ParseFS(fsys, name)
}

func escapeXML(s string) (string, error) {
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(s))
	return b.String(), err
}

// oddDate prints t as a careless feed might, in a form that depends on t alone. All the forms name the same minute;
// the last leaves the zone to be guessed, and it is the newsroom's own.
func oddDate(t time.Time) string {
	layouts := []string{
		"Mon, 02 Jan 2006 15:04:05 -0700",
		"Mon, 2 Jan 2006 15:04:05 MST",
		"02 Jan 2006 15:04 -0700",
		"Mon, 02 Jan 06 15:04:05 MST",
		"2006-01-02T15:04:05-07:00",
		"Mon, 02 Jan 2006 15:04",
	}
	return t.Format(layouts[t.YearDay()%len(layouts)])
}

// view is what a template is given.
type view struct {
	Name     string // the newsroom's
	Base     string // http://ip:port
	URL      string // of this page
	Article  *article
	Articles []*article // newest first; on a listing those of this page
	Related  []*article // up to four others
	Page     int
	Pages    int
	Newest   time.Time // when anything was last changed
}

// answer renders the page at a path: a fixed one of the table, else an article, else "not found".
func (r *room) answer(name, query string, edition int) (answer, error) {
	articles := r.inEdition(edition)
	v := view{Name: r.title, Base: r.bases[r.name], URL: r.bases[r.name] + name, Articles: articles, Page: 1, Pages: 1}
	for _, a := range articles {
		if a.Changed().After(v.Newest) {
			v.Newest = a.Changed()
		}
	}
	for _, p := range r.pages {
		if p.path == name {
			v.turn(query, p.size)
			a, err := r.render(p.file, v, "")
			a.status, a.modified = p.status, v.Newest
			if p.mime != "" {
				a.mime = p.mime
			}
			return a, err
		}
	}
	for i, a := range articles {
		if a.Path == name {
			v.Article, v.Related = a, neighbours(articles, i)
			page, err := r.render(r.articlePage, v, a.Charset)
			page.modified = a.Changed()
			return page, err
		}
	}
	a, err := r.render("notfound.html", v, "")
	a.status = 404
	return a, err
}

// inEdition returns the articles that stand in an edition, newest first.
func (r *room) inEdition(edition int) []*article {
	current := map[string]*article{}
	for _, a := range r.articles {
		if old := current[a.file]; a.edition <= edition && (old == nil || old.edition < a.edition) {
			current[a.file] = a
		}
	}
	var articles []*article
	for _, a := range r.articles {
		if current[a.file] == a && !a.gone {
			articles = append(articles, a)
		}
	}
	slices.SortStableFunc(articles, func(a, b *article) int { return b.Published.Compare(a.Published) })
	return articles
}

// neighbours returns up to four articles other than the i-th, those that follow it first.
func neighbours(articles []*article, i int) []*article {
	rest := slices.Concat(articles[i+1:], articles[:i])
	return rest[:min(4, len(rest))]
}

// turn cuts the view's articles to the page that the query asks for.
func (v *view) turn(query string, size int) {
	if size == 0 {
		return
	}
	v.Pages = max(1, (len(v.Articles)+size-1)/size)
	values, _ := url.ParseQuery(query) // what does not parse asks for nothing
	if n, err := strconv.Atoi(values.Get("page")); err == nil {
		v.Page = min(max(n, 1), v.Pages)
	}
	from := (v.Page - 1) * size
	v.Articles = v.Articles[from:min(from+size, len(v.Articles))]
}

// Previous is the number of the page before, or 0.
func (v view) Previous() int { return v.Page - 1 }

// Next is the number of the page after, or 0.
func (v view) Next() int {
	if v.Page == v.Pages {
		return 0
	}
	return v.Page + 1
}

// NewsArticle is the article as schema.org has it, for JSON-LD.
func (v view) NewsArticle() map[string]any {
	authors := []map[string]string{}
	for _, name := range v.Article.Authors {
		authors = append(authors, map[string]string{"@type": "Person", "name": name})
	}
	publisher := map[string]string{"@type": "NewsMediaOrganization", "name": v.Name, "url": v.Base + "/"}
	return map[string]any{
		"@context":            "https://schema.org",
		"@type":               "NewsArticle",
		"headline":            v.Article.Title,
		"description":         v.Article.Summary(),
		"datePublished":       v.Article.Published.Format(time.RFC3339),
		"dateModified":        v.Article.Changed().Format(time.RFC3339),
		"author":              authors,
		"publisher":           publisher,
		"mainEntityOfPage":    v.URL,
		"articleSection":      v.Article.Section,
		"isAccessibleForFree": v.Article.Shown == 0,
	}
}

// render executes a template; an encoding other than UTF-8 is left for the page's own meta element to tell.
func (r *room) render(file string, v view, encoding string) (answer, error) {
	var b bytes.Buffer
	if err := r.templates[file].Execute(&b, v); err != nil {
		return answer{}, fmt.Errorf("newsroom %s: %w", r.name, err)
	}
	if encoding == "" {
		return answer{mime: mimes[path.Ext(file)], body: b.Bytes()}, nil
	}
	enc, _ := charset.Lookup(encoding)
	if enc == nil {
		return answer{}, fmt.Errorf("newsroom %s: charset %q is not known", r.name, encoding)
	}
	body, err := enc.NewEncoder().Bytes(b.Bytes())
	if err != nil {
		return answer{}, fmt.Errorf("newsroom %s: %s in %s: %w", r.name, v.Article.file, encoding, err)
	}
	return answer{mime: "text/html", body: body}, nil
}
