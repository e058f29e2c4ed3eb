package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"blotter/archive"
	"blotter/index"
	"blotter/internal/answer"
	"blotter/query"
)

// Problem is an error as it is answered: problem details of RFC 9457, application/problem+json.
type Problem struct {
	Type   string `json:"type"` // urn:blotter:problem: and its kind
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`

	Column    int    `json:"column,omitempty"`    // of a fault in a query, in characters from 1
	Hint      string `json:"hint,omitempty"`      // what was probably meant
	Parameter string `json:"parameter,omitempty"` // the one that is wrong
	Request   string `json:"request,omitempty"`   // under which the daemon's log has it

	retry time.Duration // when to ask again
	cause error         // for the log
}

// Error gives the problem in one line.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Detail
}

// Unwrap gives what went wrong with us.
func (p *Problem) Unwrap() error { return p.cause }

const problemType = "urn:blotter:problem:"

// The kinds of problem, with their titles.
const (
	kindQuery     = "query"
	kindParameter = "parameter"
	kindBody      = "body"
	kindNotFound  = "not-found"
	kindMethod    = "method"
	kindToken     = "token"
	kindHost      = "host"
	kindOrigin    = "origin"
	kindRate      = "rate"
	kindBusy      = "busy"
	kindSlow      = "slow"
	kindNotReady  = "not-ready"
	kindInternal  = "internal"
)

var titles = map[string]string{
	kindQuery:     "the query is wrong",
	kindParameter: "a parameter is wrong",
	kindBody:      "the body is wrong",
	kindNotFound:  "there is no such thing",
	kindMethod:    "this cannot be done here",
	kindToken:     "a token is needed",
	kindHost:      "this is another host",
	kindOrigin:    "pages of this origin may not ask",
	kindRate:      "too many requests",
	kindBusy:      "too much to do",
	kindSlow:      "it took too long",
	kindNotReady:  "not ready",
	kindInternal:  "something is wrong here",
}

func problemf(status int, kind, format string, args ...any) *Problem {
	return &Problem{Type: problemType + kind, Title: titles[kind], Status: status, Detail: fmt.Sprintf(format, args...)}
}

// wrong is the problem of a parameter that cannot be taken.
func wrong(parameter, format string, args ...any) *Problem {
	p := problemf(http.StatusBadRequest, kindParameter, format, args...)
	p.Parameter = parameter
	return p
}

// busy is the problem of a request that would have been answered at another time.
func busy(kind string, retry time.Duration, format string, args ...any) *Problem {
	p := problemf(http.StatusServiceUnavailable, kind, format, args...)
	p.retry = retry
	return p
}

// problemOf says how an error is answered. What is not known to come from the request is our fault.
func problemOf(err error) *Problem {
	var p *Problem
	var syntax *query.SyntaxError
	var request *answer.RequestError
	var several *archive.AmbiguousError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &syntax):
		p = problemf(http.StatusBadRequest, kindQuery, "%s", syntax.Msg)
		p.Column, p.Hint, p.Parameter = syntax.Column, syntax.Hint, "q"
		return p
	case errors.As(err, &request) && errors.Is(err, archive.ErrNotFound):
		return problemf(http.StatusNotFound, kindNotFound, "%v", err)
	case errors.As(err, &request):
		return problemf(http.StatusBadRequest, kindParameter, "%s", strings.ReplaceAll(err.Error(), "--", ""))
	case errors.As(err, &several):
		return problemf(http.StatusBadRequest, kindParameter, "%v", several)
	case errors.Is(err, context.DeadlineExceeded):
		return busy(kindSlow, 10*time.Second, "no answer within %v; ask for less, or again when there is less to do", answerTimeout)
	case errors.Is(err, index.ErrDamaged), errors.Is(err, index.ErrClosed):
		p = busy(kindNotReady, time.Minute, "the index cannot be searched now; the daemon's log says more")
		p.cause = err
		return p
	}
	p = problemf(http.StatusInternalServerError, kindInternal, "the daemon's log says more")
	p.cause = err
	return p
}

// write answers with the problem. Headers that belong to another answer are taken back.
func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for _, name := range []string{"Content-Disposition", "Content-Length", "ETag", "Last-Modified"} {
		h.Del(name)
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.retry+time.Second-1)/time.Second)))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="blotter"`)
	}
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		_ = enc.Encode(p) // whoever asked has gone away
	}
}
