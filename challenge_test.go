package blotter_test

import (
	"strings"
	"testing"

	"blotter"
)

func TestChallenge(t *testing.T) {
	const head = "<!DOCTYPE html><html><head><title>"
	article := strings.Repeat("<p>Officers searched a house in the valley and found what they had been told would be there, a court has heard.</p>", 40)
	for _, row := range []struct{ name, body, want string }{
		{"cloudflare, managed", head + `Just a moment...</title></head><body><noscript>Enable JavaScript</noscript><script>window._cf_chl_opt={cType:'managed'}</script></body></html>`, "cloudflare"},
		{"cloudflare, block", head + `Attention Required! | Cloudflare</title></head><body><h1>Sorry, you have been blocked</h1></body></html>`, "cloudflare"},
		{"aws, challenge", head + `</title><script>window.gokuProps={"key":"x"};</script><script src="https://x.token.awswaf.com/x/challenge.js"></script></head><body></body></html>`, "aws-waf"},
		{"imperva, frame", `<html style="height:100%"><head><META NAME="ROBOTS" CONTENT="NOINDEX"></head><body><iframe id="main-iframe" src="/_Incapsula_Resource?x=1">Request unsuccessful. Incapsula incident ID: 1-2</iframe></body></html>`, "imperva"},
		{"datadome", `<html><head><title>h.example</title></head><body><p id="cmsg">Please enable JS and disable any ad blocker</p><script>var dd={'rt':'c'}</script><script src="https://ct.captcha-delivery.com/c.js"></script></body></html>`, "datadome"},
		{"datadome, JSON", `{"url":"https://geo.captcha-delivery.com/captcha/?x"}`, "datadome"},
		{"akamai", head + `Access Denied</title></head><body><h1>Access Denied</h1>Reference #18.1 https://errors.edgesuite.net/18.1</body></html>`, "akamai"},
		{"human", head + `Access to this page has been denied</title></head><body><div id="px-captcha"></div></body></html>`, "human"},
		{"sucuri", `<html><title>You are being redirected...</title><script>var s={};sucuri_cloudproxy_js='';</script></html>`, "sucuri"},
		{"anubis", head + `Making sure you&#39;re not a bot!</title></head><body><script id="anubis_challenge" type="application/json">{}</script></body></html>`, "anubis"},
		{"vercel", head + `Vercel Security Checkpoint</title></head><body></body></html>`, "vercel"},
		{"f5", `<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your administrator.<br>Your support ID is: 1</body></html>`, "f5"},
		{"no name, title", head + `Robot check</title><script>x()</script></head><body><p>Type the characters you see.</p></body></html>`, "captcha"},
		{"no name, words", head + `Norland</title></head><body><p>To go on, please verify you are human.</p></body></html>`, "captcha"},
		{"an article behind cloudflare", head + `Two charged</title></head><body>` + article + `<script>window.__CF$cv$params={}</script><script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script></body></html>`, ""},
		{"an article on challenges", head + `Just a moment: how sites check you</title></head><body>` + article + `<pre>window._cf_chl_opt</pre><p>Verify you are human.</p></body></html>`, ""},
		{"an article with imperva's script", head + `Two charged</title></head><body>` + article + `<script src="/_Incapsula_Resource?SWJIYLWA=1"></script></body></html>`, ""},
		{"a form with turnstile", head + `Contact us</title></head><body><p>Write to us</p><div class="cf-turnstile"></div><script src="https://challenges.cloudflare.com/turnstile/v0/api.js"></script></body></html>`, ""},
		{"a short article", head + `Just a moment with the chief constable</title></head><body><p>She takes office on Monday.</p></body></html>`, ""},
		{"a short page", head + `Not found</title></head><body><p>There is no such page.</p></body></html>`, ""},
		{"a feed that quotes one", `<?xml version="1.0"?><rss><channel><item><description>&lt;html&gt;window._cf_chl_opt <![CDATA[<html>window._cf_chl_opt]]></description></item></channel></rss>`, ""},
		{"JSON", `{"items":[]}`, ""},
		{"nothing", ``, ""},
	} {
		if got := blotter.Challenge(blotter.Page{Body: []byte(row.body)}); got != row.want {
			t.Errorf("%s: Challenge = %q, want %q", row.name, got, row.want)
		}
	}
}
