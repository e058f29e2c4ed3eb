package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/classify"
	"blotter/configs"
	"blotter/internal/alert"
	"blotter/query"
)

// notifyBatch is how many changes are looked at at once; what a query finds among them goes out as one message.
const notifyBatch = 1000

// maxQuote is how many characters of a sentence a message shows.
const maxQuote = 300

// Notified counts what a round of Notify wrote to the outbox.
type Notified struct {
	Articles int // told of, once a query
	Copies   int // passed over as copies of articles that were told of
	Alarms   int // raised or over
}

// Notify follows the archive for the saved queries that notify, as follow does for the index, and writes what is news to the
// outbox, with what there is of alarms. It sends nothing: Deliver does.
//
// It is called in rounds, one at a time, in the process that has the archive open for writing. It keeps no state and may be
// stopped anywhere: what was not written is found again in the next round. A saved query that cannot be read is an error,
// which names it; the others are followed all the same.
func (p *Pipeline) Notify(ctx context.Context) (Notified, error) {
	var n Notified
	watched, wrong := readWatched(p.Config, p.Pack)
	meanings := map[string]string{}
	for _, w := range watched {
		meanings[w.name] = w.meaning
	}
	if wrong == nil { // else the one that cannot be read would be taken for gone, and begin anew
		if _, err := p.Archive.Watch(ctx, meanings, p.now()); err != nil {
			return n, err
		}
	}
	for more := len(watched) > 0; more; {
		// What is followed is read anew each time: the batch before has moved it on.
		watches, err := p.Archive.Watches(ctx)
		if err != nil {
			return n, err
		}
		watches = slices.DeleteFunc(watches, func(w archive.Watch) bool {
			return !slices.ContainsFunc(watched, func(x watchedQuery) bool { return x.name == w.Query })
		})
		if more, err = p.notifyBatch(ctx, watched, watches, &n); err != nil {
			return n, err
		}
	}
	alarms, err := p.Archive.TellAlarms(ctx, p.Config.Alarms, alarmEntry, p.now())
	n.Alarms = alarms
	return n, errors.Join(err, wrong)
}

// watchedQuery is a saved query that notifies, read.
type watchedQuery struct {
	name, meaning string
	saved         configs.SavedQuery
	query         *query.Query
}

// CheckAlerts says which of the saved queries that notify cannot be read. A daemon takes no configuration over that has one.
func CheckAlerts(c *configs.Config, pack *classify.Pack) error {
	_, err := readWatched(c, pack)
	return err
}

// readWatched reads the saved queries that notify. The error names every one that cannot be read.
func readWatched(c *configs.Config, pack *classify.Pack) ([]watchedQuery, error) {
	words := pack.Words()
	words.Saved = func(name string) (string, bool) { q, ok := c.Queries[name]; return q.Query, ok }
	words.SavedNames = c.QueryNames()
	var all []watchedQuery
	var wrong error
	for _, name := range c.QueryNames() {
		saved := c.Queries[name]
		if len(saved.Notify) == 0 {
			continue
		}
		q, err := query.ParseWith("@"+name, words)
		if err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("saved query %s: %w", name, err))
			continue
		}
		sum := sha256.Sum256([]byte(q.Expanded().String()))
		all = append(all, watchedQuery{name, hex.EncodeToString(sum[:16]), saved, q})
	}
	return all, wrong
}

// notifyBatch looks at the next changes that some query has not been followed to, and says whether there may be more.
func (p *Pipeline) notifyBatch(ctx context.Context, watched []watchedQuery, watches []archive.Watch, n *Notified) (more bool, err error) {
	if len(watches) == 0 {
		return false, nil
	}
	from := watches[0].Seq
	for _, w := range watches {
		from = min(from, w.Seq)
	}
	changes, err := p.Archive.Since(ctx, from, notifyBatch)
	if err != nil || len(changes) == 0 {
		return false, err
	}
	r := notifier{p: p, now: p.now(), followed: map[string]archive.Watch{}, routes: map[string]archive.Route{}}
	for _, w := range watches {
		r.followed[w.Query] = w
	}
	if err := r.match(ctx, watched, changes); err != nil {
		return false, err
	}
	alerts, err := r.news(ctx, watched)
	if err != nil {
		return false, err
	}
	told, copies, err := p.Archive.Follow(ctx, watches, changes[len(changes)-1].Seq, alerts, r.routes, r.now)
	n.Articles += told
	n.Copies += copies
	return len(changes) == notifyBatch, err
}

// notifier is one batch of Notify.
type notifier struct {
	p        *Pipeline
	now      time.Time
	followed map[string]archive.Watch // by query
	routes   map[string]archive.Route
	hits     map[string][]hit // by query
	ids      []string         // of all hits
}

// hit is an article that a query finds.
type hit struct {
	article *blotter.Article
	quote   string
}

// match puts the changed articles to the queries, all at once.
func (r *notifier) match(ctx context.Context, watched []watchedQuery, changes []archive.Change) error {
	sources, err := r.p.readers(ctx)
	if err != nil {
		return err
	}
	queries := make([]*query.Query, len(watched))
	for i, w := range watched {
		queries[i] = w.query
	}
	set := query.NewSet(queries)
	r.hits = map[string][]hit{}
	for _, c := range changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		// After a change of rules all of the archive comes by, and nearly all of it is old.
		if !slices.ContainsFunc(watched, func(w watchedQuery) bool { return r.fresh(w, c) }) {
			continue
		}
		src := sources.source(c.Article.Source)
		d := query.NewDocument(c.Article.Title, c.Article.Lead, c.Article.Body)
		asked := set.Ask(d, query.MetaOf(c.Article, src.Country, src.Zone()))
		for i, w := range watched {
			if !r.fresh(w, c) {
				continue
			}
			if spans, found := asked.Match(i); found {
				r.hits[w.name] = append(r.hits[w.name], hit{c.Article, quote(d, c.Article, spans)})
				r.ids = append(r.ids, c.ID)
			}
		}
		asked.Close()
		d.Close()
	}
	return nil
}

// fresh says whether an article may be news for a query: it was first seen since the query is watched, and is not older than
// the query wants. One without a date is as old as our knowledge of it.
func (r *notifier) fresh(w watchedQuery, c archive.Change) bool {
	watch, followed := r.followed[w.name]
	if !followed || c.Article == nil || c.Seq <= watch.Seq || !c.Article.FirstSeen.After(watch.Since) {
		return false
	}
	published := c.Article.FirstSeen
	if !c.Article.Published.IsZero() {
		published = c.Article.Published.Time
	}
	return r.now.Sub(published) <= cmp.Or(w.saved.MaxAge, configs.DefaultMaxAge)
}

// news leaves of the hits what was crawled and not told of before, and finds the copies among them.
func (r *notifier) news(ctx context.Context, watched []watchedQuery) ([]archive.Alert, error) {
	if len(r.ids) == 0 {
		return nil, nil
	}
	crawled, err := r.p.Archive.Crawled(ctx, r.ids)
	if err != nil {
		return nil, err
	}
	var alerts []archive.Alert
	for _, w := range watched {
		hits := r.hits[w.name]
		if len(hits) == 0 {
			continue
		}
		// The one that was there first is the original of its copies.
		slices.SortStableFunc(hits, func(x, y hit) int { return x.article.FirstSeen.Compare(y.article.FirstSeen) })
		told, err := r.p.Archive.Told(ctx, w.name, r.ids)
		if err != nil {
			return nil, err
		}
		among, err := r.p.Archive.Sketches(ctx, w.name)
		if err != nil {
			return nil, err
		}
		for _, h := range hits {
			if told[h.article.ID] || !crawled[h.article.ID] {
				continue
			}
			a := archive.Alert{Query: w.name, Article: h.article.ID, Sketch: sketch(h.article.Body), Entry: articleEntry(h)}
			a.CopyOf = copyOf(among, h.article.Source, a.Sketch)
			if a.CopyOf == "" {
				among = append(among, archive.Sketch{Article: a.Article, Source: h.article.Source, Sketch: a.Sketch})
			}
			alerts = append(alerts, a)
		}
		route := archive.Route{Channels: w.saved.Notify}
		if w.saved.Digest != "" {
			route.Due = r.p.Config.Digest.Next(r.now)
		}
		r.routes[w.name] = route
	}
	return alerts, nil
}

// quote is the sentence in which a query found its first words, of the body if it found any there: the title is shown anyway.
func quote(d *query.Document, a *blotter.Article, spans []query.Span) string {
	for _, s := range spans {
		if s.Field != query.FieldBody {
			continue
		}
		start, end := query.Sentence(d, s.Field, s.Start, s.End)
		text := []rune(blotter.CleanLine(a.Body[start:end]))
		if len(text) > maxQuote {
			text = append(text[:maxQuote-1], '…')
		}
		return string(text)
	}
	return ""
}

func articleEntry(h hit) json.RawMessage {
	a := h.article
	entry := alert.Article{
		ID: a.ID, Title: a.Title, URL: a.URL, Source: a.Source, Published: a.Published.String(), FirstSeen: a.FirstSeen.UTC().Format(time.RFC3339),
		Revision: a.Revision, Quote: h.quote,
	}
	for _, t := range a.Tags {
		entry.Tags = append(entry.Tags, t.Tag)
	}
	return entryOf(entry)
}

func alarmEntry(a archive.Alarm) json.RawMessage {
	text := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	return entryOf(alert.Alarm{
		Source: a.Source, Kind: string(a.Kind), Detail: a.Detail, Since: text(a.Since), Raised: text(a.Raised), Recovered: text(a.Recovered),
	})
}

func entryOf(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return b
}
