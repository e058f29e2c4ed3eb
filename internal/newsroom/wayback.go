package newsroom

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stampLayout is the layout of times in the addresses and the index of the Wayback Machine.
const stampLayout = "20060102150405"

// StartWayback serves a Wayback Machine that has captured the newsroom of a Bulk, which is gone: site is where it
// stood, such as http://gone.example. Each article was captured twice, a day after it was published and a year later.
func (b Bulk) StartWayback(site string) (*Newsrooms, error) {
	templates := map[string]executer{}
	if err := b.parse(templates); err != nil {
		return nil, err
	}
	w := &wayback{bulkSite: bulkSite{title: "Bulk newsroom", base: site, seed: b.Seed, count: b.Articles, templates: templates}}
	w.index()
	n := newNewsrooms()
	if err := n.listen(&host{name: "wayback", content: w}); err != nil {
		n.Close()
		return nil, err
	}
	n.serve()
	return n, nil
}

// wayback is what the Wayback Machine shows of a site.
type wayback struct {
	bulkSite
	rows []cdxRow // by urlkey, then by time
}

// cdxRow is a row of the index.
type cdxRow struct {
	urlkey, timestamp, original, mimetype, statuscode, digest, length string
}

func (r *cdxRow) field(name string) string {
	return map[string]string{"urlkey": r.urlkey, "timestamp": r.timestamp, "original": r.original, "mimetype": r.mimetype,
		"statuscode": r.statuscode, "digest": r.digest, "length": r.length}[name]
}

// index makes the rows: the articles, and what else an archive has of a site.
func (w *wayback) index() {
	add := func(name string, t time.Time, mimetype, status, digest string) {
		u, _ := url.Parse(w.base) // of a test
		labels := strings.Split(u.Hostname(), ".")
		slices.Reverse(labels)
		original := u.Scheme + "://" + u.Host
		if u.Port() == "" && t.Year() < 2019 {
			original += ":80" // as captures of some years have it
		}
		w.rows = append(w.rows, cdxRow{strings.Join(labels, ",") + ")" + name, t.UTC().Format(stampLayout), original + name, mimetype, status, digest, "1415"})
	}
	for i := range w.count {
		name, t := fmt.Sprintf("/news/%d", i), inventedTime(i).AddDate(0, 0, 1)
		digest := strconv.Itoa(i)
		add(name, t, "text/html", "200", digest)
		add(name, t.AddDate(1, 0, 0), "text/html", "200", digest)
	}
	for y := 2015; y < 2026; y++ {
		t := time.Date(y, 6, 1, 0, 0, 0, 0, time.UTC)
		add("/", t, "text/html", "200", "front"+strconv.Itoa(y))
		add("/logo.png", t, "image/png", "200", "logo")
		add("/news/old", t, "text/html", "404", "none")
	}
	slices.SortFunc(w.rows, func(a, b cdxRow) int {
		return cmp.Or(cmp.Compare(a.urlkey, b.urlkey), cmp.Compare(a.timestamp, b.timestamp))
	})
}

func (w *wayback) answer(name, query string, edition int) (answer, error) {
	switch {
	case name == "/robots.txt":
		return answer{mime: mimes[".txt"], body: []byte("User-agent: *\nAllow: /\n")}, nil
	case name == "/cdx/search/cdx":
		return w.search(query)
	case strings.HasPrefix(name, "/web/"):
		if query != "" {
			name += "?" + query
		}
		stamp, original, _ := strings.Cut(strings.TrimPrefix(name, "/web/"), "id_/")
		for _, r := range w.rows {
			if r.timestamp == stamp && r.original == original && r.statuscode == "200" {
				u, err := url.Parse(original)
				if err != nil {
					return answer{}, err
				}
				return w.bulkSite.answer(u.Path, u.RawQuery, edition)
			}
		}
	}
	return answer{status: 404, mime: mimes[".html"], body: []byte("<html><title>Not in archive</title>")}, nil
}

// search answers a question to the index as the CDX server does.
func (w *wayback) search(query string) (answer, error) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return answer{status: 400, mime: mimes[".txt"]}, nil
	}
	rows := w.matching(q)
	fields := strings.Split(cmp.Or(q.Get("fl"), "urlkey,timestamp,original,mimetype,statuscode,digest,length"), ",")
	var out [][]string
	if q.Get("output") == "json" {
		out = append(out, fields)
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	for i, r := range rows {
		if limit > 0 && i == limit {
			if q.Get("showResumeKey") == "true" {
				last := rows[i-1]
				out = append(out, []string{}, []string{url.QueryEscape(last.urlkey + " " + last.timestamp + "!")})
			}
			break
		}
		row := make([]string, len(fields))
		for j, f := range fields {
			row[j] = r.field(f)
		}
		out = append(out, row)
	}
	if q.Get("output") == "json" {
		body, err := json.Marshal(out)
		return answer{mime: "application/json", body: body}, err
	}
	var text strings.Builder
	for _, row := range out {
		text.WriteString(strings.Join(row, " ") + "\n")
	}
	return answer{mime: mimes[".txt"], body: []byte(text.String())}, nil
}

// matching is scope, bounds, filters and collapsing, in this order.
func (w *wayback) matching(q url.Values) []cdxRow {
	var rows []cdxRow
	resume := strings.TrimSuffix(q.Get("resumeKey"), "!")
	for _, r := range w.rows {
		if !w.inScope(&r, q) || q.Get("from") != "" && r.timestamp < q.Get("from") || q.Get("to") != "" && r.timestamp > q.Get("to") {
			continue
		}
		if resume != "" && r.urlkey+" "+r.timestamp <= resume {
			continue
		}
		if !passes(&r, q["filter"]) {
			continue
		}
		if by := q.Get("collapse"); by != "" && len(rows) > 0 && rows[len(rows)-1].field(by) == r.field(by) {
			continue
		}
		rows = append(rows, r)
	}
	return rows
}

func (w *wayback) inScope(r *cdxRow, q url.Values) bool {
	bare := func(s string) string {
		if _, rest, ok := strings.Cut(s, "://"); ok {
			s = rest
		}
		return strings.Replace(s, ":80/", "/", 1)
	}
	asked, own := bare(q.Get("url")), bare(r.original)
	if rest, ok := strings.CutSuffix(asked, "*"); ok || q.Get("matchType") == "prefix" {
		return strings.HasPrefix(own, rest)
	}
	return own == asked
}

func passes(r *cdxRow, filters []string) bool {
	for _, f := range filters {
		f, not := strings.CutPrefix(f, "!")
		name, pattern, _ := strings.Cut(f, ":")
		is, err := regexp.MatchString("^(?:"+pattern+")$", r.field(name))
		if err != nil || is == not {
			return false
		}
	}
	return true
}
