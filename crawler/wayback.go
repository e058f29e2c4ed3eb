package crawler

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"blotter"
)

// Memento is what a web archive kept of a page.
type Memento struct {
	URL  string    // of the page itself
	Time time.Time // when the archive captured it
}

// mementoTime is the layout of times in the addresses and in the index of the Wayback Machine, UTC.
const mementoTime = "20060102150405"

// CDXQuery is a question to the index of the Wayback Machine.
type CDXQuery struct {
	Under    string    // what the addresses begin with: a URL
	From, To time.Time // of captures; zero: no bound
	Limit    int       // rows of one answer
	Resume   string    // where the answer before ended
}

// URL asks base, the address of a Wayback Machine, for HTML pages that were answered with 200: the first capture of
// each address between the two times.
func (q CDXQuery) URL(base string) string {
	values := url.Values{
		"url": {q.Under}, "matchType": {"prefix"}, "output": {"json"}, "fl": {"timestamp,original"},
		"filter": {"statuscode:200", "mimetype:text/html"}, "collapse": {"urlkey"},
		"limit": {strconv.Itoa(q.Limit)}, "showResumeKey": {"true"},
	}
	for name, t := range map[string]time.Time{"from": q.From, "to": q.To} {
		if !t.IsZero() {
			values.Set(name, t.UTC().Format(mementoTime))
		}
	}
	if q.Resume != "" {
		values.Set("resumeKey", q.Resume)
	}
	return base + "/cdx/search/cdx?" + values.Encode()
}

// ReadCDX reads an answer of the index, JSON or lines of text, whose rows begin with the fields timestamp and
// original. resume is where the next answer goes on, "" at the end. Rows that cannot be read are left out. The error
// is a *blotter.Failure: format.
func ReadCDX(page blotter.Page) (mementos []Memento, resume string, err error) {
	rows, err := cdxRows(page.Body)
	if err != nil {
		return nil, "", err
	}
	for i, row := range rows {
		if len(row) == 1 && i > 0 && len(rows[i-1]) == 0 { // a row of its own behind an empty one
			if resume, err = url.QueryUnescape(row[0]); err != nil {
				return nil, "", blotter.Fail(blotter.ReasonFormat, "the resume key of an index is %q", row[0])
			}
		}
		if len(row) < 2 {
			continue
		}
		t, err := time.Parse(mementoTime, row[0])
		if err != nil {
			continue // the names of the fields, or damage
		}
		mementos = append(mementos, Memento{URL: row[1], Time: t})
	}
	return mementos, resume, nil
}

// cdxRows parts an answer into rows and fields.
func cdxRows(body []byte) ([][]string, error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, nil // nothing was found
	}
	var rows [][]string
	if body[0] == '[' {
		if err := json.Unmarshal(body, &rows); err != nil {
			return nil, blotter.Fail(blotter.ReasonFormat, "no index of a web archive: %v", err)
		}
		return rows, nil
	}
	if body[0] < '0' || body[0] > '9' {
		return nil, blotter.Fail(blotter.ReasonFormat, "no index of a web archive: the page begins %q", beginning(body))
	}
	for line := range strings.Lines(string(body)) {
		rows = append(rows, strings.Fields(line))
	}
	return rows, nil
}

// Address is where base, a Wayback Machine, shows the page as it was received, without its own frame and links.
func (m Memento) Address(base string) string {
	return base + "/web/" + m.Time.UTC().Format(mementoTime) + "id_/" + m.URL
}

// mementoAddress is an address of a page, whatever the letters behind the time ask for: id_ is the page as received.
var mementoAddress = regexp.MustCompile(`/web/(\d{14})(?:[a-z]{2}_)?/(https?:.+)$`)

// MementoAt reads the address of a page of the Wayback Machine, which is another than was asked for when it
// redirects to the capture that it has. It returns false for what is no such address.
func MementoAt(address string) (Memento, bool) {
	m := mementoAddress.FindStringSubmatch(address)
	if m == nil {
		return Memento{}, false
	}
	t, err := time.Parse(mementoTime, m[1])
	return Memento{URL: m[2], Time: t}, err == nil
}
