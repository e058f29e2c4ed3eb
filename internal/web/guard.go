package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// secure sets the headers of every answer. None of them is a page: nothing in them is to be run, framed or guessed at.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// admit says why a request is not answered, or nil. The limit comes before the token, so that none is found by trying.
func (h *handler) admit(w http.ResponseWriter, r *http.Request, open bool) error {
	if wait := h.clients.wait(r.RemoteAddr); wait > 0 {
		p := problemf(http.StatusTooManyRequests, kindRate, "this address asks more often than is answered; wait as Retry-After says")
		p.retry = wait
		return p
	}
	known := h.knows(r)
	if h.Loopback && !known && !ownHost(r) {
		return problemf(http.StatusMisdirectedRequest, kindHost,
			"%q is no name of this machine's own; ask for localhost or 127.0.0.1 with the port, or send a token", r.Host)
	}
	if err := h.origin(w, r); err != nil {
		return err
	}
	if h.Token != "" && !known && !open && r.Method != http.MethodOptions {
		return problemf(http.StatusUnauthorized, kindToken, "send the daemon's token as Authorization: Bearer TOKEN")
	}
	return nil
}

// knows says whether a request carries the token: as a bearer's or, for feed readers, as the password of any user.
// Digests are compared, which takes the same time whatever is sent.
func (h *handler) knows(r *http.Request) bool {
	if h.Token == "" {
		return false
	}
	sent, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		if _, sent, bearer = r.BasicAuth(); !bearer {
			return false
		}
	}
	have, want := sha256.Sum256([]byte(sent)), sha256.Sum256([]byte(h.Token))
	return subtle.ConstantTimeCompare(have[:], want[:]) == 1
}

// ownHost says whether a request was meant for this machine. A page of outside can have a name of its own resolve to loopback
// (DNS rebinding), and then reads what is answered; it cannot send another Host.
func ownHost(r *http.Request) bool {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = strings.Trim(r.Host, "[]"), "80"
	}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		if _, own, err := net.SplitHostPort(local.String()); err == nil && port != own {
			return false
		}
	}
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, strings.ToLower(host))
}

// origin answers the question of a browser whether a page may ask, and refuses those that may not: such an answer would not
// reach the page, but the asking costs.
func (h *handler) origin(w http.ResponseWriter, r *http.Request) error {
	origin := r.Header.Get("Origin")
	w.Header().Add("Vary", "Origin")
	if origin != "" && slices.Contains(h.Origins, origin) {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		return nil
	}
	site, mode := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Fetch-Mode")
	if origin != "" || (site == "cross-site" || site == "same-site") && mode != "navigate" {
		return problemf(http.StatusForbidden, kindOrigin, "the configuration names the origins whose pages may ask, and %q is none of them", origin)
	}
	return nil
}

// preflight answers a browser that asks before it asks.
func preflight(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, HEAD")
	h.Set("Access-Control-Allow-Headers", "Authorization, If-None-Match")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// How often an address may ask, in the long run and at once. On this machine it is only a stop for what runs wild.
const (
	ownRate, ownBurst         = 2000, 4000
	outsideRate, outsideBurst = 20, 80
	maxClients                = 10_000
	clientMemory              = 10 * time.Minute // after which an address has its burst again anyway
)

// clients are the addresses that asked lately.
type clients struct {
	rate  rate.Limit
	burst int

	mu     sync.Mutex
	known  map[netip.Prefix]*client
	others *client // shared by all that there is no room for
}

type client struct {
	limiter *rate.Limiter
	last    time.Time
}

func newClients(loopback bool) *clients {
	c := &clients{rate: outsideRate, burst: outsideBurst, known: map[netip.Prefix]*client{}}
	if loopback {
		c.rate, c.burst = ownRate, ownBurst
	}
	c.others = &client{limiter: rate.NewLimiter(c.rate, c.burst)}
	return c
}

// wait counts a request of an address in, and says how long it has to wait if it is one too many.
func (c *clients) wait(remote string) time.Duration {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	reservation := c.of(network(remote), now).limiter.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

func (c *clients) of(network netip.Prefix, now time.Time) *client {
	found := c.known[network]
	if found == nil && len(c.known) >= maxClients {
		for k, old := range c.known {
			if now.Sub(old.last) > clientMemory {
				delete(c.known, k)
			}
		}
		if len(c.known) >= maxClients {
			return c.others
		}
	}
	if found == nil {
		found = &client{limiter: rate.NewLimiter(c.rate, c.burst)}
		c.known[network] = found
	}
	found.last = now
	return found
}

// network is an address, or of IPv6 the network of 64 bits that one customer has.
func network(remote string) netip.Prefix {
	addr, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	ip, bits := addr.Addr().Unmap().WithZone(""), 32
	if ip.Is6() {
		bits = 64
	}
	prefix, _ := ip.Prefix(bits)
	return prefix
}
