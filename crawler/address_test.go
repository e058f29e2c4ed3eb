package crawler

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"blotter"
)

// loopbacks are spellings of this machine, with a place for the port.
var loopbacks = []string{
	"http://127.0.0.1:%d/",
	"http://127.1:%d/",
	"http://127.0.1:%d/",
	"http://0x7f000001:%d/",
	"http://0x7f.0.0.1:%d/",
	"http://0177.0.0.1:%d/",
	"http://2130706433:%d/",
	"http://127.000.000.001:%d/",
	"http://１２７.０.０.１:%d/",
	"http://127.0.0.1.:%d/",
	"http://localhost:%d/",
	"http://LOCALHOST.:%d/",
	"http://0.0.0.0:%d/",
	"http://[::ffff:127.0.0.1]:%d/",
	"http://[::ffff:7f00:1]:%d/",
	"http://[0:0:0:0:0:ffff:127.0.0.1]:%d/",
	"http://%%31%%32%%37.0.0.1:%d/",
	"http://user:secret@127.0.0.1:%d/",
	"http:\\\\127.0.0.1:%d\\",
	"http://[::1]:%d/",
	"http://[0000::0001]:%d/",
}

// listenLoopback starts a server on all of loopback that counts the connections it gets.
func listenLoopback(t *testing.T) (port int, accepted *atomic.Int64) {
	t.Helper()
	accepted = new(atomic.Int64)
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		Handler: withoutRobots(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "inside") }),
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew { // the other changes of a connection come when they come
				accepted.Add(1)
			}
		},
	}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return l.Addr().(*net.TCPAddr).Port, accepted
}

func TestLoopbackRefused(t *testing.T) {
	port, accepted := listenLoopback(t)
	redirects := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusFound)
	})
	guarded := fetcherFor(redirects)
	open := fetcherFor(redirects)
	open.Delay = 1 // some spellings are not on the list as written
	for _, host := range []string{"127.0.0.1", "[::1]", "0.0.0.0"} {
		open.Allow = append(open.Allow, fmt.Sprintf("%s:%d", host, port))
	}
	v6 := hasIPv6()
	for _, spelling := range loopbacks {
		t.Run(spelling, func(t *testing.T) {
			if !v6 && (strings.Contains(spelling, "::1]") || strings.Contains(spelling, "::0001]")) {
				t.Skip("this machine has no IPv6")
			}
			target := fmt.Sprintf(spelling, port)
			for _, from := range []string{target, redirects.URL + "/?to=" + queryEscape(target)} {
				before := accepted.Load()
				_, err := guarded.Fetch(t.Context(), Request{URL: from})
				requireReason(t, err, blotter.ReasonAddress)
				if strings.Contains(err.Error(), "port is neither") {
					t.Errorf("%s was refused for its port alone: %v", from, err)
				}
				if accepted.Load() != before {
					t.Errorf("%s was connected to before it was refused", from)
				}
			}
			// The spelling does lead here: without the guard it is served.
			a := fetchOf(t, open, Request{URL: target}, "")
			if string(a.Page.Body) != "inside" {
				t.Errorf("%s gave %q with the guard open", target, a.Page.Body)
			}
		})
	}
}

func hasIPv6() bool {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return false
	}
	l.Close()
	return true
}

func queryEscape(s string) string {
	return strings.NewReplacer("%", "%25", "&", "%26", "+", "%2B", "#", "%23", " ", "%20", `\`, "%5C").Replace(s)
}

func TestForbidden(t *testing.T) {
	refused := []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
		"127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255",
		"192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7",
		"203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
		"::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
		"64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:2::1",
		"2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:c0a8:101::", "3fff::1", "5f00::1", "fc00::1",
		"fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "ff0e::1",
	}
	for _, a := range refused {
		if forbidden(netip.MustParseAddr(a)) == "" {
			t.Errorf("%s may be reached", a)
		}
	}
	reached := []string{
		"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
		"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255",
		"198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
		"2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450::1",
	}
	for _, a := range reached {
		if what := forbidden(netip.MustParseAddr(a)); what != "" {
			t.Errorf("%s is refused as %s", a, what)
		}
	}
}

// The addresses below are named and never connected to: the guard stands before the connect.
func TestFetchRefusesAddresses(t *testing.T) {
	for _, u := range []string{
		"http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://192.168.1.1/", "https://172.16.3.4/",
		"http://100.64.0.1/", "http://[::ffff:a9fe:a9fe]/", "http://2852039166/", "http://0/",
	} {
		a := fetchOf(t, fetcherFor(), Request{URL: u}, blotter.ReasonAddress)
		if a.Robots != "unreachable" || len(a.Exchanges) != 0 {
			t.Errorf("%s: robots %q, %d exchanges", u, a.Robots, len(a.Exchanges))
		}
	}
}

func TestPortRefused(t *testing.T) {
	f := &Fetcher{Allow: []string{"127.0.0.1:8080"}}
	f.start()
	for address, want := range map[string]blotter.Reason{
		"8.8.8.8:80": "", "8.8.8.8:443": "", "8.8.8.8:6379": blotter.ReasonAddress, "[2606:4700::1]:22": blotter.ReasonAddress,
		"127.0.0.1:8080": "", "127.0.0.1:8081": blotter.ReasonAddress, "127.0.0.1:80": blotter.ReasonAddress,
	} {
		t.Run(address, func(t *testing.T) { requireReason(t, f.guard(address, address), want) })
	}
}

// A proxy would be the only address that the guard sees, so the environment names none.
func TestNoProxy(t *testing.T) {
	f := fetcherFor()
	f.start()
	if f.transport.base.Proxy != nil {
		t.Error("requests go through a proxy, where no address is guarded")
	}
}

// TestNameLeadsInside answers questions for names as a hostile DNS server would.
func TestNameLeadsInside(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "inside") })
	port := server.Listener.Addr().(*net.TCPAddr).Port
	records := map[string]netip.Addr{
		"metadata.example.": netip.MustParseAddr("169.254.169.254"),
		"loopback.example.": netip.MustParseAddr("127.0.0.1"),
		"private.example.":  netip.MustParseAddr("192.168.7.7"),
	}
	answering := func(f *Fetcher) *Fetcher {
		f.Delay = 1
		f.resolver = &net.Resolver{PreferGo: true, Dial: nameServer(records)}
		return f
	}
	for name := range records {
		fetchOf(t, answering(fetcherFor()), Request{URL: "http://" + name}, blotter.ReasonAddress)
	}
	fetchOf(t, answering(fetcherFor()), Request{URL: "http://nowhere.example/"}, blotter.ReasonDNS)

	// The allow-list names an address, by whatever name it is reached, or a name.
	u := fmt.Sprintf("http://loopback.example:%d/", port)
	fetchOf(t, answering(fetcherFor()), Request{URL: u}, blotter.ReasonAddress)
	fetchOf(t, answering(fetcherFor(server)), Request{URL: u}, "")
	byName := fetcherFor()
	byName.Allow = []string{fmt.Sprintf("Loopback.example:%d", port)}
	fetchOf(t, answering(byName), Request{URL: u}, "")
}

func TestParseURL(t *testing.T) {
	long := "http://example.org/" + strings.Repeat("a", maxURL)
	tests := []struct{ base, ref, want string }{
		{"", "http://Example.ORG", "http://example.org/"},
		{"", " https://example.org:443/a#b ", "https://example.org/a"},
		{"", "http://me:pw@example.org/x", "http://example.org/x"},
		{"", "http://example.org./x", "http://example.org/x"},
		{"", "https://bücher.example/über?q=ü", "https://xn--bcher-kva.example/%C3%BCber?q=%C3%BC"},
		{"", "http://0x7f.1/", "http://127.0.0.1/"},
		{"https://example.org/a/b", "../c?d", "https://example.org/c?d"},
		{"https://example.org/a/b", "//other.example/c", "https://other.example/c"},
		{"", "ftp://example.org/", ""},
		{"", "javascript:alert(1)", ""},
		{"", "file:///etc/passwd", ""},
		{"", "example.org", ""},
		{"", "", ""},
		{"", "http:///", ""},
		{"", "http://./", ""},
		{"", "http://example.org../", ""},
		{"", "http://exa mple.org/", ""},
		{"", "http://example.org:99999/", ""},
		{"", long, ""},
		{"https://example.org/", strings.Repeat("é", maxURL/3), ""},
	}
	for _, test := range tests {
		u, err := parseURL(test.base, test.ref)
		if test.want == "" {
			if !hasReason(err, blotter.ReasonURL) {
				t.Errorf("%.60q: got %v, %v; want a failure of url", test.ref, u, err)
			}
			continue
		}
		if err != nil || u.String() != test.want {
			t.Errorf("%q on %q = %v, %v; want %s", test.ref, test.base, u, err, test.want)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"http://example.org/a?b#c", "//[::1%25lo]:80/", "http://a|b/%zz", "HTTP:\\\\１２７.1\\..\\x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := parseURL("https://example.org/base/", s)
		if err != nil {
			if !hasReason(err, blotter.ReasonURL) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		again, err := parseURL("", u.String())
		if err != nil || again.String() != u.String() {
			t.Fatalf("%q becomes %s, which becomes %v, %v", s, u, again, err)
		}
		if u.User != nil || u.Fragment != "" || u.Hostname() == "" || strings.HasSuffix(u.Hostname(), ".") {
			t.Fatalf("%q becomes %#v", s, u)
		}
	})
}
