// Package newsroom serves made-up newsrooms on loopback, for the tests and for `blotter demo`.
//
// Start serves all of them, each under an address of its own, because to a crawler a newsroom is a host. Sources
// names them as a configuration would; Addrs goes into the list of addresses that may be reached although they
// are loopback. The newsrooms have two editions: SetEdition(2) corrects one article, withdraws one, adds one and
// raises the threat level. Truth says what a crawl of either edition must find. Bulk serves as many invented
// articles as a load test wants.
//
// # How a newsroom is written
//
// A newsroom is a folder in testdata/sites and an entry in the table of sites.go. The folder holds templates
// (html/template for .html, text/template for the rest, with the fields of view) and a folder of articles. An
// article is a text file: lines of "key: value", a blank line, then paragraphs parted by blank lines. A paragraph
// that begins with "## " is a heading, with "> " a quotation, and one whose lines all begin with "- " a list. The
// keys are those of the table in article.go. The file NAME.txt holds an article from the first edition on;
// NAME.2.txt replaces it from the second on, or is new then; a file with the key "gone" takes it away.
//
// The same request gets the same bytes in every run, but for the port in links. The newsrooms do no harm that a
// test has not asked for: they answer fast, and what is ill about them stands in their templates.
package newsroom

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"blotter"
)

// Newsrooms is a set of sites that are being served. It is safe for concurrent use.
type Newsrooms struct {
	hosts   []*host
	edition atomic.Int64

	mu       sync.Mutex
	requests []Request
}

// Request is one request that a newsroom was asked.
type Request struct {
	Site            string // the newsroom's folder, or the name of a bulk site
	Host            string // ip:port, as in Addrs
	Path            string // with the query
	Time            time.Time
	UserAgent       string
	IfNoneMatch     string
	IfModifiedSince string
	Status          int // what was answered
}

// host is one newsroom and the server that shows it.
type host struct {
	name     string
	addr     string
	sources  []blotter.Source // URL is a path
	content  content
	header   http.Header // sent with every answer
	noETag   bool
	listener net.Listener
	server   *http.Server
}

// content is what a host shows: the room of a folder, or a bulk site.
type content interface {
	// answer renders what stands at a path in an edition; query is without "?".
	answer(path, query string, edition int) (answer, error)
}

// answer is a rendered page.
type answer struct {
	status   int // 0 means 200
	mime     string
	body     []byte
	modified time.Time // zero: no Last-Modified
}

// Start serves every newsroom of testdata. It returns when all of them listen; the caller closes them.
func Start() (*Newsrooms, error) {
	n := newNewsrooms()
	rooms := make([]*room, len(sites))
	bases := map[string]string{}
	for i, s := range sites {
		rooms[i] = &room{site: s, bases: bases}
		h := &host{name: s.name, sources: s.sources, header: s.header, noETag: s.noETag, content: rooms[i]}
		if err := n.listen(h); err != nil {
			n.Close()
			return nil, err
		}
		bases[s.name] = h.base()
	}
	if err := loadRooms(rooms); err != nil {
		n.Close()
		return nil, err
	}
	n.serve()
	return n, nil
}

func newNewsrooms() *Newsrooms {
	n := &Newsrooms{}
	n.edition.Store(1)
	return n
}

// listen gives h an address. Links between newsrooms need all the addresses, so that nothing is answered before
// serve is called; until then connections wait in the listener's queue.
func (n *Newsrooms) listen(h *host) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("newsroom %s: %w", h.name, err)
	}
	h.addr, h.listener = l.Addr().String(), l
	h.server = &http.Server{Handler: n.handler(h), ReadHeaderTimeout: 10 * time.Second}
	n.hosts = append(n.hosts, h)
	return nil
}

func (n *Newsrooms) serve() {
	for _, h := range n.hosts {
		go h.server.Serve(h.listener)
	}
}

func (h *host) base() string { return "http://" + h.addr }

// Sources returns the sources as a configuration would name them, sorted by id, the ill ones included.
func (n *Newsrooms) Sources() []blotter.Source {
	var all []blotter.Source
	for _, h := range n.hosts {
		for _, s := range h.sources {
			s.URL = h.base() + s.URL
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b blotter.Source) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Addrs returns the address, ip:port, of each newsroom.
func (n *Newsrooms) Addrs() []string {
	addrs := make([]string, len(n.hosts))
	for i, h := range n.hosts {
		addrs[i] = h.addr
	}
	return addrs
}

// URL returns the address of a path at the newsroom whose folder is site, or "" when there is no such newsroom.
func (n *Newsrooms) URL(site, path string) string {
	for _, h := range n.hosts {
		if h.name == site {
			return h.base() + path
		}
	}
	return ""
}

// SetEdition chooses what is shown from now on: 1 is the morning of the demo's day, 2 its evening.
func (n *Newsrooms) SetEdition(i int) { n.edition.Store(int64(i)) }

// Requests returns the requests so far, in the order in which they came. One that is not answered yet has the status 200.
func (n *Newsrooms) Requests() []Request {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.requests)
}

// Close stops all servers and cuts what is still being answered.
func (n *Newsrooms) Close() error {
	var errs []error
	for _, h := range n.hosts {
		errs = append(errs, h.server.Close())
		// The server closes the listener too once it serves; a second Close of it is no error worth telling.
		h.listener.Close()
	}
	return errors.Join(errs...)
}
