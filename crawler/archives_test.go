package crawler

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"blotter"
)

// TestArchives tells the lists of years and months from what only looks like them.
func TestArchives(t *testing.T) {
	const self = "https://press.example/news/"
	for _, row := range []struct {
		links, want string // parted by spaces; a link is a reference, with its text behind a bar
	}{
		{"/2019/|2019 /2019/03/|March /news/archive/2019-03.html|x /2019/march|x", "/2019/ /2019/03/ /news/archive/2019-03.html /2019/march"},
		{"?year=2019&month=3|x ?m=201903|x ?date=2019-03|x", "/news/?year=2019&month=3 /news/?m=201903 /news/?date=2019-03"},
		{"https://other.example/2019/|2019 /2019/03/05/|x /2019/03/a-raid|x /news/32019|x /20190305|x", ""},
		{"?page=2019|x ?year=2019&page=2|x ?id=2019|x /plan-2050-and-after|x", ""},
		{"/2019/#top|2019 /2019/|2019", "/2019/"},
	} {
		var b strings.Builder
		b.WriteString("<html><body><main><ul>")
		for i := range 4 {
			fmt.Fprintf(&b, `<li><h2><a href="/news/%d">Officers seized %d rifles in a raid</a></h2></li>`, 2017+i, i+2)
		}
		b.WriteString("</ul></main><aside>")
		for _, link := range strings.Fields(row.links) {
			ref, text, _ := strings.Cut(link, "|")
			fmt.Fprintf(&b, `<a href="%s">%s</a> `, ref, text)
		}
		b.WriteString("</aside></body></html>")
		l, err := List(blotter.Page{URL: self, Body: []byte(b.String())}, blotter.Source{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range l.Archives {
			got = append(got, strings.TrimPrefix(a, "https://press.example"))
		}
		if strings.Join(got, " ") != row.want || len(l.Items) != 4 {
			t.Errorf("%s:\n got %q and %d items\nwant %q and 4", row.links, got, len(l.Items), row.want)
		}
	}
}

func TestArchivesOfADropDown(t *testing.T) {
	const page = `<html><body><main><h2><a href="/a-raid">Officers seized rifles in a raid</a></h2><h2><a href="/b-raid">Officers seized pistols in a raid</a></h2></main>
<select><option value="">Select month</option><option value="/2020/01/">January 2020</option></select></body></html>`
	l, err := List(blotter.Page{URL: "https://press.example/", Body: []byte(page)}, blotter.Source{})
	if err != nil || !slices.Equal(l.Archives, []string{"https://press.example/2020/01/"}) {
		t.Errorf("%q, %v", l.Archives, err)
	}
}
