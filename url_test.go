package blotter

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCanonicalURL(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"https://News.Example/A?id=1#top", "https://news.example/A?id=1"},
		{"HTTP://news.example:80", "http://news.example/"},
		{"https://news.example:443/a", "https://news.example/a"},
		{"https://news.example:8443/a", "https://news.example:8443/a"},
		{"https://user:secret@news.example/a", "https://news.example/a"},
		{"https://news.example./a", "https://news.example/a"},
		{"https://news.example/a?utm_source=rss&id=7&UTM_Medium=x&fbclid=1", "https://news.example/a?id=7"},
		{"https://news.example/a?b=2&a=1", "https://news.example/a?b=2&a=1"},
		{"https://news.example/a?", "https://news.example/a"},
		{"https://news.example/a?at_medium=RSS&at_campaign=rss", "https://news.example/a"},
		{"https://news.example/caf%C3%A9", "https://news.example/caf%C3%A9"},
		{"https://news.example/a?q=b c\xe4%20\"d", "https://news.example/a?q=b%20c%E4%20%22d"},
		{"http://[2001:DB8::1]:80/a", "http://[2001:db8::1]/a"},
		{" https://news.example/a ", "https://news.example/a"},
	} {
		got, err := CanonicalURL(c.in)
		if err != nil || got != c.want {
			t.Errorf("CanonicalURL(%q) = %q, %v; want %q", c.in, got, err, c.want)
		}
		again, err := CanonicalURL(got)
		if err != nil || again != got {
			t.Errorf("CanonicalURL(%q) = %q, %v; it is not stable", got, again, err)
		}
	}
}

func TestCanonicalURLRefuses(t *testing.T) {
	for _, in := range []string{"", "/a", "news.example/a", "javascript:alert(1)", "file:///etc/passwd", "https://", "ftp://a/b", "http://a b/", "http://.", "https://[::1"} {
		if got, err := CanonicalURL(in); err == nil {
			t.Errorf("CanonicalURL(%q) = %q; want an error", in, got)
		} else if in != "" && strings.Count(err.Error(), in) != 1 {
			t.Errorf("error %q does not name the URL once", err)
		}
	}
}

func TestArticleID(t *testing.T) {
	id := ArticleID("https://news.example/a")
	if len(id) != 16 || strings.Trim(id, "0123456789abcdef") != "" {
		t.Errorf("ArticleID = %q; want 16 hexadecimal digits", id)
	}
	if id == ArticleID("https://news.example/b") {
		t.Error("two URLs have one id")
	}
}

func FuzzCanonicalURL(f *testing.F) {
	f.Add("https://User@News.Example:443/a b?utm_source=x&q= \xe4#top")
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := CanonicalURL(raw)
		if err != nil {
			return
		}
		if again, err := CanonicalURL(got); err != nil || again != got {
			t.Errorf("CanonicalURL(%q) = %q, and of that %q, %v", raw, got, again, err)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r == utf8.RuneError }) {
			t.Errorf("CanonicalURL(%q) = %q holds what no URL may", raw, got)
		}
	})
}
