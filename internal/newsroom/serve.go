package newsroom

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"strings"
	"time"
)

// handler answers for h and keeps a note of each request, with its status before anybody can have seen the answer.
func (n *Newsrooms) handler(h *host) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		at := len(n.requests)
		n.requests = append(n.requests, Request{
			Site: h.name, Host: h.addr, Path: r.URL.RequestURI(), Time: time.Now(),
			UserAgent: r.UserAgent(), Status: http.StatusOK,
			IfNoneMatch: r.Header.Get("If-None-Match"), IfModifiedSince: r.Header.Get("If-Modified-Since"),
		})
		n.mu.Unlock()
		h.reply(&noting{w, n, at}, r, int(n.edition.Load()))
	})
}

// noting notes the status of a request before it is sent.
type noting struct {
	http.ResponseWriter
	n  *Newsrooms
	at int // in n.requests
}

func (w *noting) WriteHeader(status int) {
	w.n.mu.Lock()
	w.n.requests[w.at].Status = status
	w.n.mu.Unlock()
	w.ResponseWriter.WriteHeader(status)
}

// reply sends what h shows: compressed when the client takes gzip, 304 when the client has it already.
func (h *host) reply(w http.ResponseWriter, r *http.Request, edition int) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	a, err := h.content.answer(r.URL.Path, r.URL.RawQuery, edition)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	maps.Copy(header, h.header)
	header.Set("Content-Type", a.mime)
	header.Set("Vary", "Accept-Encoding")
	tag := etag(a.body)
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && len(a.body) > 0 {
		header.Set("Content-Encoding", "gzip")
		a.body = compress(a.body)
		tag += "-gzip" // another representation, so another tag
	}
	if a.status != 0 && a.status != http.StatusOK {
		w.WriteHeader(a.status)
		if r.Method == http.MethodGet {
			w.Write(a.body)
		}
		return
	}
	if !h.noETag {
		header.Set("Etag", `"`+tag+`"`)
	}
	http.ServeContent(w, r, "", a.modified, bytes.NewReader(a.body))
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(body) // neither fails: the buffer grows
	z.Close()
	return b.Bytes()
}
