package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"blotter/internal/answer"
	"blotter/query"
)

// request is a request whose parameters were looked at.
type request struct {
	*http.Request
	house *House
	form  url.Values
	id    string // what stands in the place of {id}

	release func() // ends its turn, when what is left is to send what was found; may be called again
}

// repeated are the parameters that may be sent more than once.
var repeated = []string{"source"}

// parameters reads those of a request, and takes none that the operation does not have.
func parameters(r *http.Request, known []string) (url.Values, error) {
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, problemf(http.StatusBadRequest, kindParameter, "the parameters cannot be read: %v", err)
	}
	for name, values := range form {
		switch {
		case !slices.Contains(known, name) && len(known) == 0:
			return nil, wrong(name, "there is no parameter %q; this takes none", name)
		case !slices.Contains(known, name):
			return nil, wrong(name, "there is no parameter %q; there are %s", name, strings.Join(known, ", "))
		case len(values) > 1 && !slices.Contains(repeated, name):
			return nil, wrong(name, "%s is there %d times", name, len(values))
		}
		for _, v := range values {
			if !utf8.ValidString(v) {
				return nil, wrong(name, "%s is not valid UTF-8", name)
			}
		}
	}
	return form, nil
}

// number is a parameter from 0 to most, or what it is when it is absent.
func (r *request) number(name string, absent, most int) (int, error) {
	if !r.form.Has(name) {
		return absent, nil
	}
	n, err := strconv.Atoi(r.form.Get(name))
	if err != nil || n < 0 || n > most {
		return 0, wrong(name, "%s %q is no number from 0 to %d", name, r.form.Get(name), most)
	}
	return n, nil
}

// flag is a parameter that is true or false.
func (r *request) flag(name string) (bool, error) {
	switch v := r.form.Get(name); v {
	case "true", "1":
		return true, nil
	case "", "false", "0":
		return false, nil
	default:
		return false, wrong(name, "%s %q is neither true nor false", name, v)
	}
}

// list is a parameter whose values stand between commas.
func (r *request) list(name string) []string {
	if r.form.Get(name) == "" {
		return nil
	}
	return strings.Split(r.form.Get(name), ",")
}

// query is the parameter q, which may name saved queries and word lists; nil when there is none.
func (r *request) query() (*query.Query, error) {
	text := r.form.Get("q")
	if strings.TrimSpace(text) == "" {
		if r.form.Has("q") {
			return nil, wrong("q", "the query is empty")
		}
		return nil, nil
	}
	return query.ParseWith(text, answer.Names(r.house.Config, r.house.Pack.Words()))
}
