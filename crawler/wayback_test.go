package crawler

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"blotter"
)

func TestReadCDX(t *testing.T) {
	const rows = `["timestamp","original"],["20160102030405","http://a.example:80/1"],["20170102030405","http://a.example/2?x=1"]`
	const want = "2016-01-02T03:04:05Z http://a.example:80/1, 2017-01-02T03:04:05Z http://a.example/2?x=1"
	for _, row := range []struct{ name, body, want, resume, fault string }{
		{"JSON", "[" + rows + "]", want, "", ""},
		{"JSON that goes on", "[" + rows + `,[],["example%2Ca%29%2F2+20170102030405%21"]]`, want, "example,a)/2 20170102030405!", ""},
		{"text", "20160102030405 http://a.example:80/1\n20170102030405 http://a.example/2?x=1\n", want, "", ""},
		{"text that goes on", "20160102030405 http://a.example:80/1\n20170102030405 http://a.example/2?x=1\n\nexample%2Ca%29%2F2+20170102030405%21\n", want, "example,a)/2 20170102030405!", ""},
		{"nothing found", "", "", "", ""},
		{"nothing found, as JSON", "[]\n", "", "", ""},
		{"rows that are damaged", `[["timestamp","original"],["2016","http://a.example/"],["20160102030405"],["20161399030405","http://a.example/"]]`, "", "", ""},
		{"JSON cut off", "[" + rows, "", "", "no index of a web archive"},
		{"JSON of another kind", `[{"a":1}]`, "", "", "no index of a web archive"},
		{"a page of text", "<html>Internal error", "", "", `the page begins "<html>`},
		{"a wrong resume key", "[" + rows + `,[],["%zz"]]`, "", "", "resume key"},
	} {
		mementos, resume, err := ReadCDX(blotter.Page{Body: []byte(row.body)})
		if row.fault != "" {
			requireReason(t, err, blotter.ReasonFormat)
			if !strings.Contains(err.Error(), row.fault) {
				t.Errorf("%s: %v", row.name, err)
			}
			continue
		}
		var got []string
		for _, m := range mementos {
			got = append(got, m.Time.Format(time.RFC3339)+" "+m.URL)
		}
		if err != nil || strings.Join(got, ", ") != row.want || resume != row.resume {
			t.Errorf("%s: %q, resume %q, %v", row.name, got, resume, err)
		}
	}
}

func TestCDXQuery(t *testing.T) {
	q := CDXQuery{Under: "https://a.example/news/?x", From: time.Date(2015, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)), Limit: 9, Resume: "example,a)/2 2017!"}
	u, err := url.Parse(q.URL("https://archive.example"))
	if err != nil || u.Path != "/cdx/search/cdx" {
		t.Fatal(u, err)
	}
	got := u.Query()
	for name, want := range map[string]string{
		"url": "https://a.example/news/?x", "matchType": "prefix", "output": "json", "from": "20141231230000", "to": "",
		"collapse": "urlkey", "limit": "9", "showResumeKey": "true", "resumeKey": "example,a)/2 2017!",
	} {
		if got.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Get(name), want)
		}
	}
	if fmt.Sprint(got["filter"]) != "[statuscode:200 mimetype:text/html]" {
		t.Errorf("filters %q", got["filter"])
	}
}

func TestMementoAt(t *testing.T) {
	m := Memento{URL: "http://a.example:80/1?x=/web/", Time: time.Date(2016, 1, 2, 3, 4, 5, 0, time.UTC)}
	for at, want := range map[string]bool{
		m.Address("https://archive.example"):                                       true,
		m.Address("https://archive.example/web"):                                   true,
		"https://archive.example/web/20160102030405/http://a.example:80/1?x=/web/": true,
		"https://archive.example/web/2016/http://a.example/1":                      false,
		"https://archive.example/web/20161302030405id_/http://a.example/1":         false,
		"https://archive.example/":                                                 false,
	} {
		if got, ok := MementoAt(at); ok != want || ok && got != m {
			t.Errorf("%s: %+v, %v", at, got, ok)
		}
	}
}
