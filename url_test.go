package blotter

import (
	"strings"
	"testing"
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
	for _, in := range []string{"", "/a", "news.example/a", "javascript:alert(1)", "file:///etc/passwd", "https://", "ftp://a/b", "http://a b/", "https://[::1"} {
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
