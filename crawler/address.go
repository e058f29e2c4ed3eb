package crawler

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	whatwg "github.com/nlnwa/whatwg-url/url"

	"blotter"
)

// maxURL bounds the length of a URL that is fetched. Matching a hostile robots.txt costs its size times the length
// of the URL; links of newsrooms are a few hundred bytes long.
const maxURL = 4096

// urlParser reads URLs as browsers do, with the same options as colly, which parses what it is given once more and
// must come to the same end. A host in another script becomes ASCII, and 127.1, 0x7f000001 and 2130706433 become
// 127.0.0.1.
var urlParser = whatwg.NewParser(whatwg.WithPercentEncodeSinglePercentSign())

// parseURL gives the URL that ref means on the page base ("" when ref is absolute) in the one form in which it is
// checked, sent and recorded: http or https, no credentials, no fragment, no default port, the host in lower-case
// ASCII without a dot at its end.
func parseURL(base, ref string) (*url.URL, error) {
	if len(ref) > maxURL {
		return nil, blotter.Fail(blotter.ReasonURL, "%d bytes long, more than %d", len(ref), maxURL)
	}
	var parsed *whatwg.Url
	var err error
	if base == "" {
		parsed, err = urlParser.Parse(ref)
	} else {
		parsed, err = urlParser.ParseRef(base, ref)
	}
	if err != nil {
		return nil, blotter.Fail(blotter.ReasonURL, "%q: %v", ref, err)
	}
	u, err := url.Parse(parsed.Href(true))
	if err != nil {
		return nil, blotter.Fail(blotter.ReasonURL, "%q cannot be read as a URL", ref)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, blotter.Fail(blotter.ReasonURL, "%q: scheme is not http or https", ref)
	}
	u.User = nil
	host := strings.TrimSuffix(u.Hostname(), ".")
	if host == "" || strings.HasSuffix(host, ".") {
		return nil, blotter.Fail(blotter.ReasonURL, "%q: no host", ref)
	}
	u.Host = strings.Replace(u.Host, u.Hostname(), host, 1)
	if len(u.String()) > maxURL {
		return nil, blotter.Fail(blotter.ReasonURL, "more than %d bytes long when written out", maxURL)
	}
	return u, nil
}

// hostPort gives the host and port of u as a dialer gets them and as the allow-list names them.
func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	if u.Scheme == "https" {
		return u.Host + ":443"
	}
	return u.Host + ":80"
}

// block is a range of addresses that no newsroom stands in.
type block struct {
	prefix netip.Prefix
	what   string
}

// blocks4 are the IPv4 ranges that must not be reached: the special-purpose registry of IANA (RFC 6890) and one
// address of a cloud provider that lies outside it.
var blocks4 = []block{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private"},
	{netip.MustParsePrefix("100.64.0.0/10"), "carrier-grade NAT"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local or cloud metadata"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private"},
	{netip.MustParsePrefix("192.0.0.0/24"), "protocol assignments"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation"},
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 relay"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved or broadcast"},
	{netip.MustParsePrefix("168.63.129.16/32"), "cloud metadata"}, // the virtual host address of Azure
}

// blocks6 are the exceptions within global6.
var blocks6 = []block{
	{netip.MustParsePrefix("2001::/23"), "protocol assignments"}, // Teredo, benchmarking, ORCHID
	{netip.MustParsePrefix("2001:db8::/32"), "documentation"},
	{netip.MustParsePrefix("3fff::/20"), "documentation"},
}

var (
	// global6 is all of IPv6 that has been given out to the public. Everything else is refused unseen: loopback,
	// fc00::/7, fe80::/10, fec0::/10, multicast, and the deprecated forms that carry an IPv4 address.
	global6   = netip.MustParsePrefix("2000::/3")
	sixToFour = netip.MustParsePrefix("2002::/16")    // RFC 3056: the IPv4 address is in bytes 2 to 5
	nat64     = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: the IPv4 address is at the end
)

// forbidden says which kind of address a is when it must not be reached, or "".
func forbidden(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return within(a, blocks4)
	}
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return forbidden(netip.AddrFrom4([4]byte(b[12:16])))
	case sixToFour.Contains(a):
		return forbidden(netip.AddrFrom4([4]byte(b[2:6])))
	case !global6.Contains(a):
		return "not a public IPv6 address"
	}
	return within(a, blocks6)
}

func within(a netip.Addr, blocks []block) string {
	for _, b := range blocks {
		if b.prefix.Contains(a) {
			return b.what
		}
	}
	return ""
}

// guard says whether a connection to address, "ip:port", may be made for what was asked, "host:port".
func (f *Fetcher) guard(asked, address string) error {
	if f.allowed[asked] || f.allowed[address] {
		return nil
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("crawler: address %q: %w", address, err)
	}
	if what := forbidden(to.Addr()); what != "" {
		return blotter.Fail(blotter.ReasonAddress, "%s is %s", to.Addr(), what)
	}
	// What else listens on a public host is no newsroom, and may take an HTTP request for a command.
	if to.Port() != 80 && to.Port() != 443 {
		return blotter.Fail(blotter.ReasonAddress, "%s: port is neither 80 nor 443", to)
	}
	return nil
}

// lastly asks the tests' own guard, which keeps them on loopback when they find the other one broken.
func (f *Fetcher) lastly(address string) error {
	if f.onConnect == nil {
		return nil
	}
	return f.onConnect(address)
}
