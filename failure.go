package blotter

import (
	"errors"
	"fmt"
	"time"
)

// Reason says in one word what the world got wrong. The list is fixed: the ledger, the summary of a pass and the
// documentation use these words and no others.
type Reason string

// The reasons of a Failure.
const (
	ReasonDNS       Reason = "dns"       // the name does not resolve
	ReasonConnect   Reason = "connect"   // refused, reset, TLS
	ReasonTimeout   Reason = "timeout"   // no answer in time
	ReasonAddress   Reason = "address"   // leads to an address that must not be reached
	ReasonURL       Reason = "url"       // not a URL that can be fetched
	ReasonRobots    Reason = "robots"    // robots.txt says no
	ReasonBusy      Reason = "busy"      // 429 or 503: the host asked us to wait
	ReasonDenied    Reason = "denied"    // 401, 403, 451
	ReasonGone      Reason = "gone"      // 404, 410
	ReasonStatus    Reason = "status"    // another answer that is no success
	ReasonRedirect  Reason = "redirect"  // too many, or to nowhere
	ReasonEncoding  Reason = "encoding"  // a content encoding that cannot be undone
	ReasonSize      Reason = "size"      // larger than the cap
	ReasonChallenge Reason = "challenge" // a page that asks for proof of being human
	ReasonFormat    Reason = "format"    // not a feed, not a sitemap, not HTML
	ReasonLayout    Reason = "layout"    // a listing in which no item can be found
	ReasonShell     Reason = "shell"     // a page without text, or one that is filled in by a script
	ReasonIndex     Reason = "index"     // a page of links instead of an article
	ReasonDeep      Reason = "deep"      // markup nested too deep to read safely
	ReasonReader    Reason = "reader"    // an extraction library panicked or took too long
	ReasonForgotten Reason = "forgotten" // it was to be forgotten, see `blotter forget`
	ReasonRecord    Reason = "record"    // an imported record without what an article needs
)

// Failure is something that the world got wrong. It is data: it is counted and stored and costs one item, or one
// source for one pass.
type Failure struct {
	Reason Reason
	Detail string        // for people: what was seen
	Wait   time.Duration // how long the host asked us to stay away, or 0
}

// Error is the reason, and the detail where there is one.
func (f *Failure) Error() string {
	if f.Detail == "" {
		return string(f.Reason)
	}
	return string(f.Reason) + ": " + f.Detail
}

// Fail returns a Failure with a formatted detail.
func Fail(reason Reason, format string, args ...any) *Failure {
	return &Failure{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// AsFailure returns the Failure in err's chain, or nil when err is not the world's fault.
func AsFailure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return nil
}
