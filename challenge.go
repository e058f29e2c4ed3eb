package blotter

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// Challenge names the service that answered with a page asking for proof of being human, such as "cloudflare",
// instead of what was asked for, or "" when the page is none of these. Both the words of such a page and its lack
// of any other text have to be there: an article about challenge pages is an article.
func Challenge(p Page) string {
	body := p.Body
	if len(body) > maxChallenge {
		return "" // the largest seen is 60 KB; no service sends this much
	}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		if strings.Contains(strings.ToLower(string(body)), "captcha-delivery.com") {
			return "datadome"
		}
		return ""
	}
	if visibleBytes(body, little) >= little {
		return "" // most articles: their text is found at once, and the marks would be looked for in all of the page
	}
	lower := strings.ToLower(string(body))
	if !looksHTML(lower) {
		return ""
	}
	title := between(lower, "<title", "</title>")
	if _, after, ok := strings.Cut(title, ">"); ok {
		title = strings.TrimSpace(after)
	}
	found := challengeMarks.in(lower)
	for _, c := range challenges {
		if c.marks(found, title) && visibleBytes(body, c.text) < c.text {
			return c.service
		}
	}
	return ""
}

const maxChallenge = 512 << 10

// challenge describes the pages of one service.
type challenge struct {
	service string
	markup  []string // any of these in the markup: they stand on no other page of a site behind the service
	title   []string // or the title begins so
	also    string   // and, if set, this stands in the markup
	text    int      // less visible text than this, in bytes
}

// marks says whether a page with these marks and this title is one of c.
func (c challenge) marks(found map[string]bool, title string) bool {
	if c.also != "" && !found[c.also] {
		return false
	}
	return slices.ContainsFunc(c.title, func(t string) bool { return strings.HasPrefix(title, t) }) ||
		slices.ContainsFunc(c.markup, func(m string) bool { return found[m] })
}

// challengeMarks are those of all services.
var challengeMarks = func() *marks {
	m := &marks{}
	for _, c := range challenges {
		m.add(c.markup...)
		if c.also != "" {
			m.add(c.also)
		}
	}
	return m
}()

// marks finds any of many words in one walk through a text: looked up one by one, they cost more than all else that is done to
// tell whether a page is a challenge.
type marks struct {
	begun [1 << 12][]string // by the hash of their first four bytes
}

func (m *marks) add(words ...string) {
	for _, w := range words {
		begun := &m.begun[hash4(binary.LittleEndian.Uint32([]byte(w)))]
		*begun = append(*begun, w)
	}
}

// in returns the words that text contains.
func (m *marks) in(text string) map[string]bool {
	found := map[string]bool{}
	four := uint32(0)
	for i := range len(text) {
		four = four>>8 | uint32(text[i])<<24
		for _, w := range m.begun[hash4(four)] {
			if i >= 3 && strings.HasPrefix(text[i-3:], w) {
				found[w] = true
			}
		}
	}
	return found
}

// hash4 spreads four bytes over the entries of begun, by the golden ratio (Knuth, The Art of Computer Programming 3, 6.4).
func hash4(four uint32) uint32 { return four * 2654435769 >> 20 }

// little is room for the explanations and the small print of a challenge, and for no article. No text of challenges is more.
const little = 2000

// challenges are tried in order; the last is for pages that name no service. Scripts that services also put into
// ordinary pages (Cloudflare's jsd/main.js, Imperva's _Incapsula_Resource, Turnstile) are no mark.
var challenges = []challenge{
	{service: "cloudflare", text: little,
		markup: []string{"_cf_chl_opt", "cf-browser-verification", "cf_chl_prog", "id=\"cf-challenge", "id=\"challenge-form\"", "cf-error-details", "cf-please-wait"}},
	{service: "cloudflare", text: little, also: "cloudflare", title: []string{"just a moment", "attention required!", "access denied | "}},
	{service: "aws-waf", text: little, markup: []string{"window.gokuprops", "awswafcookiedomainlist", "awswafintegration.forcerefreshtoken", "awswafcaptcha.rendercaptcha"}},
	{service: "imperva", text: little, markup: []string{"incapsula incident id", "id=\"main-iframe\"", "pardon our interruption"}},
	{service: "datadome", text: little, markup: []string{"captcha-delivery.com"}},
	{service: "akamai", text: little, markup: []string{"sec-if-cpt-container", "/_sec/cp_challenge", "/_sec/verify?", "bm-verify=", "errors.edgesuite.net"}},
	{service: "human", text: little, markup: []string{"id=\"px-captcha\"", "id='px-captcha'", "window._pxblock", "captcha.px-cdn.net"}},
	{service: "sucuri", text: little, markup: []string{"sucuri_cloudproxy_js", "sucuri website firewall - access denied"}},
	{service: "ddos-guard", text: little, markup: []string{"/.well-known/ddos-guard/js-challenge"}, title: []string{"ddos-guard"}},
	{service: "anubis", text: little, markup: []string{"/.within.website/x/cmd/anubis", "id=\"anubis_challenge\""}, title: []string{"making sure you're not a bot", "making sure you&#39;re not a bot"}},
	{service: "vercel", text: little, markup: []string{"/.well-known/vercel/security/"}, title: []string{"vercel security checkpoint"}},
	{service: "kasada", text: little, markup: []string{"window.kpsdk", "ips.js?kp_uidz"}},
	{service: "azure-waf", text: little, markup: []string{"afd_azwaf_jsclearance", "azure waf js challenge", "afdverify-azwaf"}, title: []string{"azure waf"}},
	{service: "f5", text: little, markup: []string{"window[\"bobcmn\"]", "/tspd/08", "the requested url was rejected. please consult with your administrator"}},
	{service: "radware", text: little, markup: []string{"validate.perfdrive.com", "captcha.perfdrive.com"}},
	{service: "siteground", text: little, markup: []string{"/.well-known/sgcaptcha/"}},
	{service: "wordfence", text: little, markup: []string{"generated by wordfence at"}},
	{service: "captcha", text: little, title: []string{
		"just a moment", "one moment, please", "please wait", "checking your browser", "robot check", "bot verification", "human verification",
		"security check", "security verification", "are you a robot", "are you human", "verify you are human", "verifying you are human",
		"verify your identity", "captcha", "please verify", "attention required", "ddos protection", "client challenge",
	}, also: "<script"},
	{service: "captcha", text: little / 2, markup: []string{
		"verify you are human", "verify that you are human", "verify that you're not a robot", "verify you are not a robot", "confirm you are human",
		"prove you are human", "prove that you are human", "checking your browser before", "unusual traffic from your", "complete the security check",
		"confirm that you are not a robot", "to continue, please enable javascript and cookies",
	}},
}

// looksHTML says whether a document in lower case is HTML rather than a feed that quotes some.
func looksHTML(lower string) bool {
	head := lower[:min(len(lower), 2048)]
	for _, feed := range []string{"<rss", "<feed", "<rdf:rdf", "<urlset", "<sitemapindex"} {
		if strings.Contains(head, feed) {
			return false
		}
	}
	for _, mark := range []string{"<!doctype html", "<html", "<head", "<body", "<script", "<title", "<iframe", "<meta"} {
		if strings.Contains(head, mark) {
			return true
		}
	}
	return false
}

func between(s, from, to string) string {
	_, rest, ok := strings.Cut(s, from)
	if !ok {
		return ""
	}
	rest, _, _ = strings.Cut(rest, to)
	return rest
}

// visibleBytes counts the text of an HTML page that a reader sees, without its space; it stops at enough.
func visibleBytes(body []byte, enough int) int {
	n := 0
	for len(body) > 0 && n < enough {
		open := bytes.IndexByte(body, '<')
		if open < 0 {
			open = len(body)
		}
		for _, b := range body[:open] {
			if b > ' ' {
				n++
			}
		}
		body = behindTag(body[open:])
	}
	return n
}

// behindTag gives what follows the tag that body begins with; the whole element, for those that show nothing.
func behindTag(body []byte) []byte {
	if bytes.HasPrefix(body, []byte("<!--")) {
		return behind(body, "-->")
	}
	if len(body) < 2 || strings.IndexByte("SNTsnt", body[1]) < 0 {
		return behind(body, ">") // most tags: as none of these begins
	}
	for _, name := range []string{"script", "style", "svg", "noscript", "title", "template"} {
		n := len(name) + 1
		if len(body) > n && bytes.EqualFold(body[1:n], []byte(name)) && (body[n] == '>' || body[n] <= ' ') {
			end := "</" + name
			for i := n; ; {
				j := bytes.Index(body[i:], []byte("</"))
				if j < 0 {
					return nil
				}
				i += j
				if len(body) >= i+len(end) && bytes.EqualFold(body[i:i+len(end)], []byte(end)) {
					return behind(body[i:], ">")
				}
				i += 2
			}
		}
	}
	return behind(body, ">")
}

func behind(body []byte, mark string) []byte {
	_, rest, _ := bytes.Cut(body, []byte(mark))
	return rest
}
