package web

import (
	_ "embed"
	"net/http"
	"strings"
	"time"

	"blotter"
	"blotter/classify"
	"blotter/index"
	"blotter/internal/answer"
)

// maxLimit bounds one page of a search.
const maxLimit = 1000

// state is how the daemon is.
type state struct {
	Status string `json:"status"`
}

func healthz(h *handler, _ *request) (any, error) { return h.state(h.Live) }

func readyz(h *handler, r *request) (any, error) {
	if r.house == nil {
		return nil, busy(kindNotReady, 5*time.Second, "the daemon is starting")
	}
	return h.state(h.Ready)
}

func (h *handler) state(check func() error) (any, error) {
	if check != nil {
		if err := check(); err != nil {
			return nil, busy(kindNotReady, 10*time.Second, "%v", err)
		}
	}
	return state{"ok"}, nil
}

//go:embed openapi.json
var openAPI []byte

func document(_ *handler, w *reply, _ *request) error {
	w.send("application/json", openAPI)
	return nil
}

func search(h *handler, r *request) (any, error) {
	x, err := r.searching()
	if err != nil {
		return nil, err
	}
	found, err := r.house.Reader.Find(r.Context(), x, h.Now())
	if err != nil {
		return nil, err
	}
	return found.Hits(), nil
}

// searching reads the parameters of a search.
func (r *request) searching() (x index.Request, err error) {
	if x.Query, err = r.query(); err != nil {
		return x, err
	}
	if x.Query == nil {
		return x, wrong("q", "q is missing: the query")
	}
	if x.Limit, err = r.number("limit", 20, maxLimit); err != nil {
		return x, err
	}
	if x.Offset, err = r.number("offset", 0, 10_000_000); err != nil {
		return x, err
	}
	if x.Explain, err = r.flag("explain"); err != nil {
		return x, err
	}
	if r.form.Has("sort") {
		if x.Sort, err = index.ParseOrder(r.form.Get("sort")); err != nil {
			return x, wrong("sort", "%v", err)
		}
	}
	if r.form.Has("timeline") {
		if x.Timeline, err = index.ParseInterval(r.form.Get("timeline")); err != nil {
			return x, wrong("timeline", "%v", err)
		}
	}
	x.Facets, x.After = r.list("facets"), r.form.Get("after")
	if x.Limit == 0 && len(x.Facets) == 0 && x.Timeline == "" {
		return x, wrong("limit", "limit 0 goes with facets or timeline only")
	}
	if err := x.Check(); err != nil {
		return x, problemf(http.StatusBadRequest, kindParameter, "%s", strings.TrimPrefix(err.Error(), "search: "))
	}
	return x, nil
}

func article(_ *handler, r *request) (any, error) {
	name := r.id
	if name == "" {
		if name = r.form.Get("url"); name == "" {
			return nil, wrong("url", "url is missing: the address of an article; /api/v1/articles/ID takes its id")
		}
	}
	found, _, _, err := r.house.Reader.Article(r.Context(), name)
	return found, err
}

func coverage(h *handler, r *request) (any, error) {
	x := answer.Covering{Sources: r.form["source"], By: index.Month, From: r.form.Get("from"), To: r.form.Get("to"), Now: h.Now()}
	if r.form.Has("by") {
		x.By = index.Interval(r.form.Get("by"))
	}
	rows, err := r.house.Reader.Coverage(r.Context(), x)
	if rows == nil {
		rows = []answer.Period{}
	}
	return rows, err
}

func sources(h *handler, r *request) (any, error) {
	health, err := answer.SourceHealth(r.Context(), r.house.Reader.Archive, r.house.Config.Sources, h.Now())
	if err != nil {
		return nil, err
	}
	rows := []answer.Source{}
	for _, s := range r.house.Config.Sources {
		row := answer.NewSource(s)
		row.Health = health[s.ID]
		rows = append(rows, row)
	}
	return rows, nil
}

// ruleList is the rules and the hash of their pack.
type ruleList struct {
	Hash  string          `json:"hash"`
	Rules []classify.Rule `json:"rules"`
}

func rules(_ *handler, r *request) (any, error) {
	return ruleList{r.house.Pack.Hash(), r.house.Pack.Rules()}, nil
}

func queries(_ *handler, r *request) (any, error) { return answer.SavedQueries(r.house.Config), nil }

// figures are those of the archive, and how far the index has followed it.
type figures struct {
	Articles      int                    `json:"articles"`
	Revisions     int                    `json:"revisions"`
	Tagged        int                    `json:"tagged"` // articles with a tag
	ByTag         map[string]int         `json:"by_tag"`
	Removed       int                    `json:"removed"` // articles that no capture gives any more
	Sources       int                    `json:"sources"`
	Items         int                    `json:"items"`
	Captures      int                    `json:"captures"`
	NoArticle     map[blotter.Reason]int `json:"no_article"` // captures without one, by reason
	Fetches       int                    `json:"fetches"`
	First         string                 `json:"first,omitempty"` // the oldest capture
	Last          string                 `json:"last,omitempty"`
	WARCFiles     int                    `json:"warc_files"`
	WARCBytes     int64                  `json:"warc_bytes"`
	DatabaseBytes int64                  `json:"database_bytes"`
	Seq           int64                  `json:"seq"`         // the number of the last change
	IndexedSeq    int64                  `json:"indexed_seq"` // that of the last one which the index knows
}

func stats(_ *handler, r *request) (any, error) {
	s, err := r.house.Reader.Archive.Stats(r.Context())
	if err != nil {
		return nil, err
	}
	indexed, err := r.house.Reader.Index.Seq()
	if err != nil {
		return nil, err
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	return figures{
		Articles: s.Articles, Revisions: s.Revisions, Tagged: s.Tagged, ByTag: s.ByTag, Removed: s.Removed,
		Sources: s.Sources, Items: s.Items, Captures: s.Captures, NoArticle: s.None, Fetches: s.Fetches, First: at(s.First), Last: at(s.Last),
		WARCFiles: s.WARCFiles, WARCBytes: s.WARCBytes, DatabaseBytes: s.DatabaseBytes, Seq: s.Seq, IndexedSeq: indexed,
	}, nil
}
