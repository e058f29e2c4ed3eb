package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"blotter"
	"blotter/index"
	"blotter/internal/export"
)

// feedLength is how many articles a feed has. Readers ask often enough to miss none, and old news is what a search is for.
const feedLength = 50

// feed is what a feed tells of.
type feed struct {
	export.Feed
	articles []blotter.Article // the newest first
	changed  time.Time         // when the last of them was first seen, or said of itself that it was changed
}

// feed finds the newest articles of the query, or of all there are. Without a query the feed is one of everything.
func (h *handler) feed(r *request) (feed, error) {
	q, err := r.query()
	if err != nil {
		return feed{}, err
	}
	request := index.Request{Query: q, Limit: feedLength, Sort: index.ByDateDown}
	result, err := r.house.Reader.Search(r.Context(), request)
	if err != nil {
		return feed{}, err
	}
	var f feed
	if f.articles, err = r.house.Reader.Articles(r.Context(), result.Hits); err != nil {
		return feed{}, err
	}
	now := h.Now()
	for _, a := range f.articles {
		for _, at := range []time.Time{a.FirstSeen, a.Modified.Time} {
			if at.After(f.changed) && !at.After(now) {
				f.changed = at
			}
		}
	}
	f.Feed = headOf(r)
	return f, nil
}

// headOf names a feed by what was asked for, so that another spelling of the same query is another feed, and the same one is
// for ever the same.
func headOf(r *request) export.Feed {
	text := strings.TrimSpace(r.form.Get("q"))
	title := "Blotter"
	if text != "" {
		title += ": " + blotter.CleanLine(text)
	}
	sum := sha256.Sum256([]byte(r.house.Reader.Archive.ID() + "\x00" + text))
	self := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path}
	if r.TLS != nil {
		self.Scheme = "https"
	}
	if text != "" {
		self.RawQuery = url.Values{"q": {text}}.Encode()
	}
	return export.Feed{Title: title, ID: "urn:blotter:feed:" + hex.EncodeToString(sum[:16]), Self: self.String()}
}

// serve answers with a feed, or with 304 to a reader that has it.
func (f feed) serve(w *reply, r *request, contentType string, body []byte) {
	r.release()
	w.hurry(writeTimeout)
	sum := sha256.Sum256(body)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "private, no-cache")
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sum[:16]))
	http.ServeContent(w, r.Request, "", f.changed, bytes.NewReader(body))
}

func atomFeed(h *handler, w *reply, r *request) error {
	f, err := h.feed(r)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	encoder, err := export.New("atom", &body, export.Options{Feed: f.Feed, Source: r.house.Reader.Named})
	if err != nil {
		return err
	}
	for _, a := range f.articles {
		if err := encoder.Encode(a); err != nil {
			return err
		}
	}
	if err := encoder.Close(); err != nil {
		return err
	}
	f.serve(w, r, "application/atom+xml; charset=utf-8", body.Bytes())
	return nil
}

// jsonFeedObject is a JSON Feed of version 1.1.
type jsonFeedObject struct {
	Version string         `json:"version"`
	Title   string         `json:"title"`
	FeedURL string         `json:"feed_url"`
	Items   []jsonFeedItem `json:"items"`
}

type jsonFeedItem struct {
	ID        string           `json:"id"`
	URL       string           `json:"url"`
	Title     string           `json:"title"`
	Text      string           `json:"content_text"` // the sentences that earned tags, each with its tag
	Published string           `json:"date_published,omitempty"`
	Modified  string           `json:"date_modified,omitempty"`
	Authors   []jsonFeedAuthor `json:"authors"`
	Tags      []string         `json:"tags,omitempty"`
	Language  string           `json:"language,omitempty"`
}

type jsonFeedAuthor struct {
	Name string `json:"name"`
}

func jsonFeed(h *handler, w *reply, r *request) error {
	f, err := h.feed(r)
	if err != nil {
		return err
	}
	out := jsonFeedObject{Version: "https://jsonfeed.org/version/1.1", Title: f.Title, FeedURL: f.Self, Items: []jsonFeedItem{}}
	for _, a := range f.articles {
		out.Items = append(out.Items, newJSONFeedItem(a, r.house.Reader.Named(a.Source)))
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return err
	}
	f.serve(w, r, "application/feed+json; charset=utf-8", body.Bytes())
	return nil
}

func newJSONFeedItem(a blotter.Article, source blotter.Source) jsonFeedItem {
	item := jsonFeedItem{ID: a.URL, URL: a.URL, Title: blotter.CleanLine(a.Title), Language: a.Lang}
	if a.Published.Precision == blotter.Minute {
		item.Published = a.Published.Time.Format(time.RFC3339)
	}
	if !a.Modified.IsZero() {
		item.Modified = a.Modified.Time.Format(time.RFC3339)
	}
	for _, name := range a.Authors {
		item.Authors = append(item.Authors, jsonFeedAuthor{blotter.CleanLine(name)})
	}
	if len(item.Authors) == 0 {
		item.Authors = []jsonFeedAuthor{{cmp.Or(source.Name, a.Source)}}
	}
	var said []string
	for _, t := range a.Tags {
		item.Tags = append(item.Tags, t.Tag)
		for _, e := range t.Evidence {
			said = append(said, t.Tag+": "+blotter.CleanLine(e.Quote))
		}
	}
	item.Text = strings.Join(said, "\n")
	return item
}
