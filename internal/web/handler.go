package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// operation is one thing that can be asked. GET stands for HEAD too.
type operation struct {
	method string
	path   string // {id} at its end stands for one piece of a path
	params []string
	work   work
	open   bool // also without a token
	serve  func(h *handler, w *reply, r *request) error
}

// work says among which of the requests at work at once one is counted.
type work int

const (
	light work = iota
	searching
	exporting
)

// operations are all there is to ask. A new one is a line here, a path of openapi.json and a part of docs/http.md.
var operations = []operation{
	{http.MethodGet, "/healthz", nil, light, true, value(healthz)},
	{http.MethodGet, "/readyz", nil, light, true, value(readyz)},
	{http.MethodGet, "/metrics", nil, light, false, metrics},
	{http.MethodGet, "/feed.atom", []string{"q"}, searching, false, atomFeed},
	{http.MethodGet, "/feed.json", []string{"q"}, searching, false, jsonFeed},
	{http.MethodGet, "/api/v1/openapi.json", nil, light, false, document},
	{http.MethodGet, "/api/v1/search", []string{"q", "limit", "offset", "after", "sort", "facets", "timeline", "explain"}, searching, false, value(search)},
	{http.MethodGet, "/api/v1/articles", []string{"url"}, light, false, value(article)},
	{http.MethodGet, "/api/v1/articles/{id}", nil, light, false, value(article)},
	{http.MethodGet, "/api/v1/export", []string{"q", "format", "rows", "columns", "full_text"}, exporting, false, exportArticles},
	{http.MethodGet, "/api/v1/coverage", []string{"source", "by", "from", "to"}, searching, false, value(coverage)},
	{http.MethodGet, "/api/v1/sources", nil, searching, false, value(sources)},
	{http.MethodGet, "/api/v1/rules", nil, light, false, value(rules)},
	{http.MethodGet, "/api/v1/queries", nil, light, false, value(queries)},
	{http.MethodGet, "/api/v1/stats", nil, searching, false, value(stats)},
	{http.MethodGet, "/api/v1/index/seq", nil, light, false, value(indexSeq)},
	{http.MethodPost, "/api/v1/index/search", nil, searching, false, value(indexSearch)},
}

// controlPath is above what steers the daemon, and controlTimeout what that may take: forgetting writes the database anew.
const (
	controlPath    = "/control/"
	controlTimeout = 15 * time.Minute
)

// find returns the operation that a path names. Paths are not tidied: none that is odd is one of ours.
func find(path string) (op *operation, id string, err error) {
	for i := range operations {
		op = &operations[i]
		before, isID := strings.CutSuffix(op.path, "{id}")
		if !isID && path == op.path {
			return op, "", nil
		}
		if rest, below := strings.CutPrefix(path, before); isID && below && rest != "" && !strings.Contains(rest, "/") {
			id, err := url.PathUnescape(rest)
			if err != nil || !utf8.ValidString(id) {
				return op, "", wrong("id", "%q is no part of a path", rest)
			}
			return op, id, nil
		}
	}
	return nil, "", problemf(http.StatusNotFound, kindNotFound, "nothing is answered at %s; /api/v1/openapi.json describes what is", path)
}

// handler is a Server at work.
type handler struct {
	Server
	clients           *clients
	searches, exports *slots
}

// reply notes what is answered.
type reply struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *reply) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *reply) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *reply) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// hurry gives whoever asked some time to take what is written.
func (w *reply) hurry(within time.Duration) {
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(within)) // a test's recorder has none
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	began := time.Now()
	w := &reply{ResponseWriter: rw}
	op, id, err := find(r.URL.EscapedPath())
	defer h.done(w, r, op, began)
	w.hurry(answerTimeout + writeTimeout)
	secure(w.Header())
	admitted := h.admit(w, r, op != nil && op.open)
	switch {
	case admitted != nil:
		err = admitted
	case r.Method == http.MethodOptions && w.Header().Get("Access-Control-Allow-Origin") != "":
		preflight(w)
		return
	case h.Control != nil && strings.HasPrefix(r.URL.Path, controlPath):
		w.hurry(controlTimeout)
		h.Control.ServeHTTP(w, r)
		return
	case err == nil:
		err = h.serve(w, r, op, id)
	}
	if err != nil {
		h.fail(w, r, err)
	}
}

func (h *handler) serve(w *reply, r *http.Request, op *operation, id string) error {
	allowed := []string{op.method}
	if op.method == http.MethodGet {
		allowed = append(allowed, http.MethodHead)
	}
	if !slices.Contains(allowed, r.Method) {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return problemf(http.StatusMethodNotAllowed, kindMethod, "%s takes %s", op.path, strings.Join(allowed, " and "))
	}
	form, err := parameters(r, op.params)
	if err != nil {
		return err
	}
	house := h.House()
	if house == nil && !op.open {
		return busy(kindNotReady, 5*time.Second, "the daemon is starting")
	}
	limit, turns := answerTimeout, (*slots)(nil)
	switch op.work {
	case searching:
		turns = h.searches
	case exporting:
		limit, turns = exportTimeout, h.exports
	}
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	defer cancel()
	if op.work != exporting && h.Answering != nil {
		defer h.Answering()()
	}
	release := func() {}
	if turns != nil {
		if release, err = turns.take(ctx); err != nil {
			return err
		}
		defer release()
	}
	return op.serve(h, w, &request{Request: r.WithContext(ctx), house: house, form: form, id: id, release: release})
}

// fail answers with what went wrong. A client that has gone away gets nothing, and is nobody's fault.
func (h *handler) fail(w *reply, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		w.status = 499
		return
	}
	p := *problemOf(err)
	if p.Status >= 500 && p.cause != nil {
		p.Request = rand.Text()[:8]
		h.Log.Error("http", "request", p.Request, "method", r.Method, "path", r.URL.Path, "error", p.cause)
	}
	p.write(w, r)
}

// done ends a request: a panic is answered, unless it was meant to cut the connection, and what was done is noted.
func (h *handler) done(w *reply, r *http.Request, op *operation, began time.Time) {
	failure := recover()
	if failure != nil && failure != http.ErrAbortHandler {
		h.Log.Error("panic", "method", r.Method, "path", r.URL.Path, "panic", fmt.Sprint(failure), "stack", string(debug.Stack()))
		if w.status == 0 {
			h.fail(w, r, fmt.Errorf("panic: %v", failure))
			failure = nil
		} else {
			failure = http.ErrAbortHandler
		}
	}
	path := "other"
	if op != nil {
		path = op.path
	}
	took := time.Since(began)
	h.Metrics.requestDone(path, w.status, took)
	h.Log.Debug("http", "method", r.Method, "path", path, "status", w.status, "bytes", w.bytes, "took", took, "from", r.RemoteAddr)
	if failure != nil {
		panic(failure)
	}
}

// value serves what is answered whole, as JSON.
func value(answer func(h *handler, r *request) (any, error)) func(*handler, *reply, *request) error {
	return func(h *handler, w *reply, r *request) error {
		v, err := answer(h, r)
		if err != nil {
			return err
		}
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(v); err != nil {
			return err
		}
		r.release()
		w.send("application/json", text.Bytes())
		return nil
	}
}

// send answers with something whole. It is left to net/http to leave its body away when only the head was asked for.
func (w *reply) send(contentType string, body []byte) {
	w.hurry(writeTimeout)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // whoever asked has gone away
}
