package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"blotter"
)

func twoArticles() Message {
	return Message{
		ID: "01ABC", Kind: About, Query: "raids", Total: 2, Created: time.Date(2026, 4, 30, 6, 9, 0, 0, time.UTC),
		Articles: []Article{
			{ID: "0123456789abcdef", Title: "Räid <!channel> & more\r\nBcc: all@news.example", URL: "https://news.example/1?a=1&b=2", Source: "herald", Published: "2026-04-30",
				Tags: []string{"arrest"}, Quote: "Officers raided a house."},
			{ID: "1123456789abcdef", Title: "Second", URL: "https://news.example/2", Source: "wire"},
		},
	}
}

// receiver answers as told and keeps what it got.
type receiver struct {
	*httptest.Server
	bodies  [][]byte
	headers []http.Header
	paths   []string
}

func receive(t *testing.T, answer http.HandlerFunc) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.bodies, r.headers, r.paths = append(r.bodies, body), append(r.headers, q.Header), append(r.paths, q.URL.Path)
		answer(w, q)
	}))
	t.Cleanup(r.Close)
	return r
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestWebhook(t *testing.T) {
	r := receive(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "thanks\x1b[2J") })
	c := blotter.Channel{Name: "desk", Kind: "webhook", URL: blotter.Secret(r.URL + "/hook"), Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
	m := twoArticles()
	answer, err := Send(t.Context(), c, m)
	if err != nil || answer != "200 OK thanks[2J" {
		t.Fatalf("%q, %v", answer, err)
	}
	var got Message
	if err := json.Unmarshal(r.bodies[0], &got); err != nil || got.ID != m.ID || len(got.Articles) != 2 || got.Articles[0].URL != m.Articles[0].URL {
		t.Errorf("%v\n%s", err, r.bodies[0])
	}
	h := r.headers[0]
	if h.Get("Webhook-Id") != m.ID || h.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", h)
	}
	want, err := sign(string(c.Secret), m.ID, h.Get("Webhook-Timestamp"), r.bodies[0])
	if err != nil || h.Get("Webhook-Signature") != "v1,"+want {
		t.Errorf("signature %s, want v1,%s (%v)", h.Get("Webhook-Signature"), want, err)
	}
	c.Secret = "whsec_#"
	if _, err := Send(t.Context(), c, m); err == nil || err.Error() != "channel desk: its secret begins with whsec_, and what follows is not base64" {
		t.Error(err)
	}
}

// The example of the specification of Standard Webhooks.
func TestSign(t *testing.T) {
	const want = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	got, err := sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if err != nil || got != want {
		t.Errorf("have %s, %v", got, err)
	}
}

func TestNtfy(t *testing.T) {
	r := receive(t, status(200))
	c := blotter.Channel{Kind: "ntfy", URL: blotter.Secret(r.URL + "/base/my-topic"), Secret: "tk_1"}
	m := twoArticles()
	m.Articles, m.Total = m.Articles[:1], 1
	if _, err := Send(t.Context(), c, m); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(r.bodies[0], &got); err != nil {
		t.Fatal(err)
	}
	if got["topic"] != "my-topic" || got["click"] != m.Articles[0].URL || !strings.HasPrefix(got["title"].(string), "@raids: Räid") || got["sequence_id"] != m.ID ||
		!strings.Contains(got["message"].(string), "Officers raided") || r.paths[0] != "/base/" || r.headers[0].Get("Authorization") != "Bearer tk_1" {
		t.Errorf("%v %s %v", got, r.paths[0], r.headers[0])
	}
	c.Secret, c.User, c.Password = "", "me", "the-pass-word"
	if _, err := Send(t.Context(), c, m); err != nil || r.headers[1].Get("Authorization") != "Basic bWU6dGhlLXBhc3Mtd29yZA==" {
		t.Errorf("%v %v", err, r.headers[1])
	}
}

func TestSlack(t *testing.T) {
	r := receive(t, status(200))
	if _, err := Send(t.Context(), blotter.Channel{Kind: "slack", URL: blotter.Secret(r.URL)}, twoArticles()); err != nil {
		t.Fatal(err)
	}
	var got struct{ Text string }
	if err := json.Unmarshal(r.bodies[0], &got); err != nil {
		t.Fatal(err)
	}
	want := "*@raids: 2 new articles*\n" +
		"• <https://news.example/1?a=1&amp;b=2|Räid &lt;!channel&gt; &amp; more Bcc: all@news.example> – herald, 2026-04-30 [arrest]\n> Officers raided a house.\n" +
		"• <https://news.example/2|Second> – wire"
	if got.Text != want {
		t.Errorf("have %s\nwant %s", got.Text, want)
	}
}

// What is long is cut between articles, and says how many are missing.
func TestLongMessages(t *testing.T) {
	m := Message{ID: "x", Kind: About, Query: "raids", Total: 400}
	for i := range 50 {
		m.Articles = append(m.Articles, Article{Title: fmt.Sprintf("Title %d %s", i, strings.Repeat("ä", 300)), URL: "https://news.example/"})
	}
	r := receive(t, status(200))
	for _, kind := range []string{"ntfy", "slack"} {
		if _, err := Send(t.Context(), blotter.Channel{Kind: kind, URL: blotter.Secret(r.URL + "/topic")}, m); err != nil {
			t.Fatal(err)
		}
	}
	for i, field := range []string{"message", "text"} {
		var got map[string]any
		if err := json.Unmarshal(r.bodies[i], &got); err != nil {
			t.Fatal(err)
		}
		text := got[field].(string)
		if len(text) > 4096 || !strings.Contains(text, "more: blotter search @raids") {
			t.Errorf("%s has %d bytes: …%s", field, len(text), text[len(text)-80:])
		}
	}
	m.Articles, m.Total = []Article{{Title: strings.Repeat("ä", 5000)}}, 1
	if text := m.text(maxNtfy, plainLine); len(text) > maxNtfy || len(text) < 3000 {
		t.Errorf("one long title: %d bytes", len(text))
	}
}

func TestRefusals(t *testing.T) {
	elsewhere := receive(t, status(200))
	written := 0
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
		wait   time.Duration
		final  bool
	}{
		"error":   {status(500), "500 Internal Server Error", 0, false},
		"busy":    {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "120"); w.WriteHeader(429) }, "429 Too Many Requests", 2 * time.Minute, false},
		"gone":    {status(410), "410 Gone", 0, true},
		"no such": {func(w http.ResponseWriter, q *http.Request) { http.NotFound(w, q); fmt.Fprint(w, q.URL.Path) }, "404 Not Found 404 page not found •••", 0, false},
		"moved": {func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, elsewhere.URL+"/services/T00000000", http.StatusTemporaryRedirect)
		},
			"307 Temporary Redirect to 127.0.0.1", 0, false},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(503)
			for range 1 << 10 {
				n, err := w.Write(make([]byte, 64<<10))
				if written += n; err != nil {
					return
				}
			}
		}, "503 Service Unavailable", 0, false},
	} {
		r := receive(t, test.answer)
		_, err := Send(t.Context(), blotter.Channel{Name: "desk", Kind: "slack", URL: blotter.Secret(r.URL + "/services/T00000000")}, twoArticles())
		refusal := (*Refusal)(nil)
		if !errors.As(err, &refusal) || !strings.Contains(refusal.Answer, test.want) || refusal.Wait != test.wait || refusal.Final != test.final {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.Contains(err.Error(), "T00000000") || len(err.Error()) > 400 {
			t.Errorf("%s: the error tells the address, or too much: %v", name, err)
		}
		if r.Close(); written > 32<<20 { // what the buffers between them take is a few MiB
			t.Errorf("%d bytes of an answer were read", written)
		}
	}
	if len(elsewhere.bodies) > 0 {
		t.Error("a redirect to another host was followed")
	}
	// At the same host it is.
	r := receive(t, func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/old" {
			http.Redirect(w, q, "/new", http.StatusPermanentRedirect)
		}
	})
	if _, err := Send(t.Context(), blotter.Channel{Kind: "slack", URL: blotter.Secret(r.URL + "/old")}, twoArticles()); err != nil || len(r.bodies) != 2 || len(r.bodies[1]) == 0 {
		t.Errorf("%v, %d requests", err, len(r.bodies))
	}
}

// A receiver that is not there, or does not answer, costs its time and tells nothing of the address.
func TestNoAnswer(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	slow := receive(t, func(http.ResponseWriter, *http.Request) { <-hold })
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("no answer within a moment"))
	defer cancel()
	c := blotter.Channel{Name: "desk", Kind: "webhook", URL: blotter.Secret(slow.URL + "/secret-path"), Secret: "0123456789"}
	if _, err := Send(ctx, c, twoArticles()); err == nil || err.Error() != "channel desk: no answer within a moment" {
		t.Error(err)
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	c.URL = blotter.Secret(gone.URL + "/secret-path?token=abcdefgh")
	_, err := Send(t.Context(), c, twoArticles())
	if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "abcdefgh") || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
	c.Kind = "fax"
	if _, err := Send(t.Context(), c, twoArticles()); err == nil || !strings.Contains(err.Error(), `no kind is called "fax"`) {
		t.Error(err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 4, 30, 6, 9, 0, 0, time.UTC)
	for field, want := range map[string]time.Duration{
		"": 0, "90": 90 * time.Second, "-1": 0, "soon": 0, "Thu, 30 Apr 2026 06:10:00 GMT": time.Minute, "Thu, 30 Apr 2026 06:00:00 GMT": 0,
	} {
		if got := retryAfter(field, now); got != want {
			t.Errorf("%q: %s, want %s", field, got, want)
		}
	}
}

func TestSubjects(t *testing.T) {
	raised := Alarm{Source: "herald", Kind: "silent", Raised: "2026-04-30T06:09:00Z"}
	over := Alarm{Kind: "disk", Raised: raised.Raised, Recovered: raised.Raised}
	var got []string
	for _, m := range []Message{
		{Kind: AboutTest}, {Kind: AboutAlarms, Alarms: []Alarm{raised}, Total: 1}, {Kind: AboutAlarms, Alarms: []Alarm{over}, Total: 1},
		{Kind: AboutAlarms, Alarms: []Alarm{raised, over}, Total: 2}, {Kind: AboutDigest, Query: "raids", Total: 1},
		{Kind: About, Query: "raids", Total: 1, Articles: []Article{{Title: "A\nraid"}}}, {Kind: About, Query: "raids", Total: 60},
	} {
		got = append(got, m.Subject())
	}
	want := []string{"A test of this channel by blotter", "Blotter: herald: silent", "Blotter: this machine: no longer disk", "Blotter: 2 alarms raised or over",
		"@raids: 1 new article of the day", "@raids: A raid", "@raids: 60 new articles"}
	if !slices.Equal(got, want) {
		t.Errorf("have %q", got)
	}
}

// No address of outside chooses the text of its link.
func TestSlackLine(t *testing.T) {
	got := slackLine(line{head: "Raid | two held", url: "https://news.example/a?b=|Click"})
	if want := "• <https://news.example/a?b=%7CClick|Raid ¦ two held>\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
