package archive

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"blotter"
)

// tag tags what is not tagged under rules, by words.
func tag(t testing.TB, a *Archive, rules string, words ...string) {
	t.Helper()
	articles, err := a.Untagged(t.Context(), rules, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var tagged []Tagged
	for _, article := range articles {
		found := Tagged{ID: article.ID, Revision: article.Revision, Seq: article.Seq}
		for _, w := range words {
			found.Tags = append(found.Tags, tagWord(article, w, w)...)
		}
		tagged = append(tagged, found)
	}
	if err := a.PutTags(t.Context(), rules, tagged); err != nil {
		t.Fatal(err)
	}
}

func TestTags(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	url := func(n int) string { return fmt.Sprintf("https://example.org/%d", n) }
	keep(t, a, page("s", url(1), url(1)+"\nOne\nred blue", hours(0)), page("s", url(2), url(2)+"\nTwo\ngreen", hours(0)))
	derive(t, a, "1", readPage)
	printTags := func() string {
		var s []string
		for n := 1; n <= 2; n++ {
			article, err := a.Article(t.Context(), url(n))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, tag := range article.Tags {
				names = append(names, tag.Tag)
			}
			s = append(s, fmt.Sprintf("%d%v", article.Seq, names))
		}
		return strings.Join(s, " ")
	}
	steps := []struct {
		name string
		do   func()
		want string // seq and tags of both
	}{
		{"first, with a seq for the one without tags too", func() { tag(t, a, "r1", "red") }, "3[red] 4[]"},
		{"other rules, same tags", func() { tag(t, a, "r2", "red", "pink") }, "3[red] 4[]"},
		{"other rules, other tags", func() { tag(t, a, "r3", "red", "blue", "green") }, "5[red blue] 6[green]"},
		{"nothing to do", func() { tag(t, a, "r3", "pink") }, "5[red blue] 6[green]"},
		{"no tag left", func() { tag(t, a, "r4", "red", "blue") }, "5[red blue] 7[]"},
		{"a changed text loses its tags", func() {
			keep(t, a, page("s", url(1), url(1)+"\nOne\nblue red", hours(1)))
			derive(t, a, "1", readPage)
		}, "8[] 7[]"},
		{"and is tagged again", func() { tag(t, a, "r4", "red", "blue") }, "9[red blue] 7[]"},
		{"other details leave the tags, but it is tagged again", func() {
			derive(t, a, "2", func(c blotter.Capture) Derived {
				d := readPage(c)
				d.Articles[0].Lang = "de"
				return d
			})
			if n := ask[int](t, a, `SELECT count(*) FROM articles WHERE rules IS NULL`); n != 2 {
				t.Errorf("%d articles to be tagged", n)
			}
			tag(t, a, "r4", "red", "blue")
		}, "12[red blue] 13[]"},
	}
	for _, step := range steps {
		step.do()
		if got := printTags(); got != step.want {
			t.Errorf("%s: %s, want %s", step.name, got, step.want)
		}
		check(t, a)
	}
	if seq, err := a.Seq(t.Context()); err != nil || seq != 13 {
		t.Errorf("seq %d, %v", seq, err)
	}
	if articles, err := a.Untagged(t.Context(), "r4", 0, 10); err != nil || len(articles) != 0 {
		t.Errorf("%d articles to be tagged, %v", len(articles), err)
	}
}

func TestTagsOfAnotherText(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	const url = "https://example.org/1"
	keep(t, a, page("s", url, url+"\nOne\nred", hours(0)))
	derive(t, a, "1", readPage)
	old, err := a.Article(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	tags := tagWord(old, "red", "red")
	keep(t, a, page("s", url, url+"\nOne\nblue", hours(1)))
	derive(t, a, "1", readPage)
	second, _ := a.Article(t.Context(), url)
	derive(t, a, "2", func(c blotter.Capture) Derived { // another text of the same revision
		d := readPage(c)
		d.Articles[0].Body += " sky"
		return d
	})
	stale := [][]Tagged{
		{{ID: old.ID, Revision: old.Revision, Tags: tags}},
		{{ID: second.ID, Revision: second.Revision, Seq: second.Seq, Tags: tags}},
		{{ID: "0123456789abcdef", Revision: 1, Tags: tags}},
	}
	for i, tagged := range stale {
		if err := a.PutTags(t.Context(), "r", tagged); err != nil {
			t.Fatal(err)
		}
		if n := ask[int](t, a, `SELECT count(*) FROM tags`); n != 0 {
			t.Errorf("stale tags %d were taken", i)
		}
		if n := ask[int](t, a, `SELECT count(*) FROM articles WHERE rules IS NULL`); n != 1 {
			t.Errorf("after stale tags %d the article counts as tagged", i)
		}
	}
}

func TestTagsComeBack(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	const url = "https://example.org/1"
	keep(t, a, page("s", url, url+"\nOne red\nTwo red, 10 kg.", hours(0)))
	derive(t, a, "1", readPage)
	article, err := a.Article(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	want := []blotter.Tag{
		{Tag: "seizure", Status: blotter.Reported, Rule: "r1", Evidence: []blotter.Evidence{
			{Field: "title", Start: 4, End: 7, Quote: "red"}, {Field: "body", Start: 0, End: 15, Quote: "Two red, 10 kg.", Status: blotter.Background}},
			Facts: []blotter.Fact{{Name: "cocaine", Value: "10", High: "12", Bound: "~", Unit: "kg",
				Period: "2024", Compared: "8", Quote: "10 kg"}}},
		{Tag: "seizure", Status: blotter.Hedged, Rule: "r2", Evidence: []blotter.Evidence{{Field: "body", Start: 4, End: 7, Quote: "red"}}},
		{Tag: "arrest", Status: blotter.Negated, Rule: "r3"},
	}
	if err := a.PutTags(t.Context(), "r", []Tagged{{ID: article.ID, Revision: 1, Tags: want}}); err != nil {
		t.Fatal(err)
	}
	article, err = a.Article(t.Context(), url)
	if err != nil || !reflect.DeepEqual(article.Tags, want) || article.Rules != "r" {
		t.Errorf("got\n%+v, %v, want\n%+v", article.Tags, err, want)
	}
	got := ask[string](t, a, `SELECT group_concat(tag || ' ' || status || ' ' || coalesce(quote, '-'), ', ') FROM (SELECT * FROM articles_tagged ORDER BY rule)`)
	if got != "seizure reported red, seizure hedged red, arrest negated -" {
		t.Error(got)
	}
	check(t, a)
}
