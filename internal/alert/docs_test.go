package alert

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"blotter"
)

// What docs/alerts.md gives to receivers, word for word.
func verify(secret string, h http.Header, body []byte, now time.Time) bool {
	key := []byte(secret)
	if encoded, is := strings.CutPrefix(secret, "whsec_"); is {
		key, _ = base64.StdEncoding.DecodeString(encoded)
	}
	at, err := strconv.ParseInt(h.Get("Webhook-Timestamp"), 10, 64)
	if age := now.Unix() - at; err != nil || age < -300 || age > 300 {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", h.Get("Webhook-Id"), at, body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return slices.ContainsFunc(strings.Fields(h.Get("Webhook-Signature")), func(s string) bool { return hmac.Equal([]byte(s), []byte(want)) })
}

// blocks are the blocks of a language in docs/alerts.md.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		all = append(all, m[1])
	}
	return all
}

func TestVerifyOfDocs(t *testing.T) {
	ours, err := os.ReadFile("docs_test.go")
	if err != nil {
		t.Fatal(err)
	}
	inGo, inPython := blocks(t, "go"), blocks(t, "python")
	if len(inGo) != 1 || len(inPython) != 1 || !strings.Contains(string(ours), inGo[0]) {
		t.Fatalf("docs/alerts.md has another Go, %d blocks of it and %d of Python", len(inGo), len(inPython))
	}
	r := receive(t, status(200))
	for _, secret := range []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "plain words"} {
		c := blotter.Channel{Kind: "webhook", URL: blotter.Secret(r.URL), Secret: blotter.Secret(secret)}
		if _, err := Send(t.Context(), c, twoArticles()); err != nil {
			t.Fatal(err)
		}
		h, body := r.headers[len(r.headers)-1], r.bodies[len(r.bodies)-1]
		other := append(slices.Clone(body[:len(body)-1]), ' ')
		for i, test := range []struct {
			secret string
			body   []byte
			want   bool
		}{{secret, body, true}, {secret, other, false}, {secret[:len(secret)-4] + "LaLa", body, false}} {
			if got := verify(test.secret, h, test.body, time.Now()); got != test.want {
				t.Errorf("Go, %s, %d: %v", secret, i, got)
			}
			if got, ok := verifyInPython(t, inPython[0], test.secret, h, test.body); ok && got != test.want {
				t.Errorf("Python, %s, %d: %v", secret, i, got)
			}
		}
		if verify(secret, h, body, time.Now().Add(6*time.Minute)) {
			t.Error("an old message passes")
		}
	}
}

func verifyInPython(t *testing.T, script, secret string, h http.Header, body []byte) (is, ran bool) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Log("without python3 the Python is not run")
		return false, false
	}
	headers := map[string]string{}
	for name := range h {
		headers[name] = h.Get(name)
	}
	encoded, err := json.Marshal(headers)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(python, "-c", script+"\nimport sys, json\nprint(verify(sys.argv[1], json.loads(sys.argv[2]), sys.stdin.buffer.read()))", secret, string(encoded))
	c.Stdin = strings.NewReader(string(body))
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSpace(string(out)) == "True", true
}

// The messages that docs/alerts.md shows have the fields that messages have, and no others.
func TestMessagesOfDocs(t *testing.T) {
	shown := blocks(t, "json")
	if len(shown) < 2 {
		t.Fatalf("%d messages", len(shown))
	}
	for _, text := range shown {
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		var m Message
		if err := d.Decode(&m); err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if json.Unmarshal([]byte(text), &a) != nil || json.Unmarshal(again, &b) != nil || fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("docs/alerts.md has\n%v\na message would have\n%v", a, b)
		}
	}
}
