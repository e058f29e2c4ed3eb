package web

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"blotter/index"
	"blotter/internal/answer"
	"blotter/query"
)

// dial reaches the index of a server over HTTP, and gives a reader that searches by it.
func dial(t *testing.T, s *Server) *answer.Reader {
	t.Helper()
	h := s.House()
	remote, err := Dial(t.Context(), Door{PID: 1, URL: start(t, s), Token: s.Token}, h.Reader.Archive.ID())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { remote.Close() })
	reader := *h.Reader
	reader.Index = remote
	return &reader
}

// TestRemoteIndex: over HTTP the index answers as it does here, to the last digit: hits, scores, cursors, plans and counts, of
// queries with word lists and of those without.
func TestRemoteIndex(t *testing.T) {
	s := newServer(t)
	s.Token = "secret"
	here := house(t).Reader
	there := dial(t, s)
	options := answer.Names(house(t).Config, house(t).Pack.Words())
	for _, text := range []string{
		"", "seized", "@weapons seized", "title:@weapons OR @drugs", "(firearm* OR rifle) NEAR/8 seized NOT toy", "@guns", `"on suspicion of" SAME/S arrest*`,
		"tag:seizure published:2021..2024", "ATLEAST/2 @police", "case:Marlbeck", "NOT @weapons tag:arrest", "=seized drug-dealer", "country:uk source:n*", "nothingatall",
		`@appeal_police NEAR/12 @appeal_contact`,
	} {
		var q *query.Query
		if text != "" {
			var err error
			if q, err = query.ParseWith(text, options); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
		for _, r := range []index.Request{
			{Query: q, Limit: 7}, {Query: q, Limit: 3, Sort: index.ByDateDown, Explain: true}, {Query: q, Limit: 3, Sort: index.BySource, Offset: 2},
			{Query: q, Facets: index.FacetNames, Timeline: index.Month}, {Query: q, Limit: 1000, Sort: index.ByDate},
		} {
			same(t, text, here, there, r)
		}
	}
	for _, ask := range []func(index.Index) (any, error){
		func(x index.Index) (any, error) { return x.Seq() }, func(x index.Index) (any, error) { return x.Count() },
	} {
		want, err := ask(here.Index)
		if got, errThere := ask(there.Index); got != want || err != nil || errThere != nil {
			t.Errorf("%v over HTTP, %v here; %v, %v", got, want, errThere, err)
		}
	}
	if err := there.Index.Update(t.Context(), nil, nil, 1); err == nil {
		t.Error("it can be changed over HTTP")
	}
}

// same compares a search and the page behind it.
func same(t *testing.T, text string, here, there *answer.Reader, r index.Request) {
	t.Helper()
	for range 2 {
		want, err := here.Search(t.Context(), r)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := there.Search(t.Context(), r)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s, %+v:\nhere  %+v\nthere %+v", text, r, want, got)
		}
		if want.Next == "" {
			return
		}
		r.After, r.Offset = want.Next, 0
	}
}

// TestRemoteErrors: what the index refuses is refused in its words, and what is cancelled ends as such.
func TestRemoteErrors(t *testing.T) {
	there := dial(t, newServer(t))
	if _, err := there.Search(t.Context(), index.Request{After: "x"}); err == nil || !strings.Contains(err.Error(), "begin without it") {
		t.Errorf("a wrong cursor: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := there.Search(ctx, index.Request{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestDial: a daemon that cannot be asked is named with what to do.
func TestDial(t *testing.T) {
	s := newServer(t)
	s.Token = "secret"
	base, id := start(t, s), house(t).Reader.Archive.ID()
	gone := httptest.NewServer(http.NotFoundHandler())
	odd := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(odd.Close)
	gone.Close()
	elsewhere := httptest.NewServer(http.RedirectHandler(base+"/api/v1/index/seq", http.StatusTemporaryRedirect))
	t.Cleanup(elsewhere.Close)
	for _, test := range []struct {
		what string
		door Door
		id   string
		want string
	}{
		{"nobody there", Door{PID: 7, URL: gone.URL, Token: "secret"}, id, "(pid 7) that has the index open does not answer at " + gone.URL + ": "},
		{"another program", Door{PID: 7, URL: odd.URL, Token: "secret"}, id, "it answered 404 Not Found"},
		{"one that leads away", Door{PID: 7, URL: elsewhere.URL, Token: "secret"}, id, "it answered 307"},
		{"a wrong token", Door{PID: 7, URL: base, Token: "wrong"}, id, "send the daemon's token"},
		{"another archive", Door{PID: 7, URL: base, Token: "secret"}, "other", "from another archive"},
	} {
		_, err := Dial(t.Context(), test.door, test.id)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", test.what, err)
		}
	}
}

// TestDoor: a door is for the eyes of its owner, and taken away by who has left it.
func TestDoor(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadDoor(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without one: %v", err)
	}
	ours := Door{PID: 1, URL: "http://127.0.0.1:7970", Token: "secret"}
	for range 2 { // one of a daemon that was killed is replaced
		if err := ours.Leave(dir); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "daemon.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	if got, err := ReadDoor(dir); got != ours || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if err := (Door{PID: 2}).Remove(dir); err != nil {
		t.Error(err)
	}
	if _, err := ReadDoor(dir); err != nil {
		t.Errorf("another daemon took it away: %v", err)
	}
	if err := ours.Remove(dir); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, text := range []string{"", "{", `{"url": "nowhere"}`, `{}`} {
		if err := os.WriteFile(filepath.Join(dir, "daemon.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadDoor(dir); err == nil || !strings.Contains(err.Error(), "daemon.json") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
