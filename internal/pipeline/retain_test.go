package pipeline

import (
	"strings"
	"testing"
	"time"

	"blotter/configs"
)

// What is older than its source keeps it is forgotten, and gone from the index with the next pass.
func TestRetain(t *testing.T) {
	p := newPipeline(t, nil)
	const records = `{"id":"1","url":"https://news.example/1","title":"Old","text":"Police here.","date":"2021-06-03","source":"herald"}
{"id":"2","url":"https://news.example/2","title":"New","text":"Police there.","date":"2026-01-03","source":"herald"}
{"id":"3","url":"https://news.example/3","title":"Kept","text":"Police kept it.","date":"2011-06-03","source":"tribune"}
`
	if _, err := p.Import(t.Context(), []Input{{Name: "x", Reader: strings.NewReader(records)}}); err != nil {
		t.Fatal(err)
	}
	p.Now = func() time.Time { return time.Date(2026, 4, 30, 0, 0, 0, 0, time.UTC) }
	p.Config.Keep = map[string]configs.Period{"herald": {Years: 2}}
	told := 0
	old, err := p.Retain(t.Context(), func(source string, n int) {
		if source == "herald" {
			told = n
		}
	})
	if err != nil || old.Articles != 1 || old.BySource["herald"] != 1 || told != 1 {
		t.Errorf("%+v, told %d, %v", old, told, err)
	}
	if _, err := p.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Index.Count(); err != nil || n != 2 {
		t.Errorf("the index has %d articles, %v", n, err)
	}
	if old, err := p.Retain(t.Context(), nil); err != nil || old.Articles != 0 {
		t.Errorf("again: %+v, %v", old, err)
	}
}
