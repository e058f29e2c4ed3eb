package blotter

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// trackers are query parameters that say where a reader came from and never what is shown.
var trackers = map[string]bool{
	"fbclid": true, "gclid": true, "dclid": true, "msclkid": true, "yclid": true, "igshid": true, "mc_cid": true,
	"mc_eid": true, "cmpid": true, "ocid": true, "ns_mchannel": true, "ns_source": true, "ns_campaign": true,
	"ns_linkname": true, "ns_fee": true, "ito": true, "smid": true, "_ga": true, "wt.mc_id": true,
}

// trackerPrefixes begin the names of whole families of such parameters.
var trackerPrefixes = []string{"utm_", "at_", "pk_", "mtm_", "hsa_"}

// CanonicalURL gives the one spelling of an http or https URL under which an article is known: scheme and host in
// lower case, no default port, no credentials, no fragment, no tracking parameters. The order of the other
// parameters is kept. It fails for a URL of another scheme and for one without a host.
func CanonicalURL(raw string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		var e *url.Error
		if errors.As(err, &e) {
			err = e.Err // the URL itself is named once, below
		}
		return "", fmt.Errorf("url %q: %w", raw, err)
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("url %q: scheme is not http or https", raw)
	}
	if u.Host = canonicalHost(u); u.Hostname() == "" {
		return "", fmt.Errorf("url %q: no host", raw)
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = withoutTrackers(u.RawQuery)
	u.ForceQuery = false
	return u.String(), nil
}

func canonicalHost(u *url.URL) string {
	host := strings.TrimRight(strings.ToLower(u.Hostname()), ".")
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	port := u.Port()
	if port == "" || u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		return host
	}
	return host + ":" + port
}

func withoutTrackers(query string) string {
	if query == "" {
		return ""
	}
	kept := make([]string, 0, 4)
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if pair != "" && !isTracker(name) {
			kept = append(kept, pair)
		}
	}
	return escapeQuery(strings.Join(kept, "&"))
}

// escapeQuery writes what must not stand in a query as percent escapes, byte by byte, as browsers do; the rest of the
// query, with the escapes it has, stays as it is.
func escapeQuery(query string) string {
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isTracker(name string) bool {
	name = strings.ToLower(name)
	if trackers[name] {
		return true
	}
	for _, p := range trackerPrefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// ArticleID is the short name of the article at a canonical URL: 16 hexadecimal digits of the URL's SHA-256.
func ArticleID(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return hex.EncodeToString(sum[:8])
}
