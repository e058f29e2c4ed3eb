package web

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"blotter/internal/answer"
)

// TestDocs sends each request of docs/http.md, and looks for each line of its answer that stands there. Numbers may differ.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/http.md")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t)
	s.Token = "TOKEN"
	s.Metrics = NewMetrics(Watched{House: s.House, DataDir: house(t).Config.DataDir})
	locked := start(t, s)
	s.Token = ""
	open := start(t, s)
	var hits answer.Hits
	getJSON(t, open+"/api/v1/search?q=tag:seizure&limit=1", &hits)
	sent := map[string]bool{}
	output := ""
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimSpace(line)
			if command, ok := strings.CutPrefix(line, "$ curl -s "); ok {
				base := open
				if strings.Contains(command, "TOKEN") {
					base = locked
				}
				command = strings.NewReplacer("http://127.0.0.1:7970", base, "ADDRESS", url.QueryEscape(hits.Articles[0].URL)).Replace(command)
				path, body := curl(t, command)
				output, sent[path] = maskedOf(body), true
			} else if !strings.Contains(output, maskedOf(line)) {
				t.Errorf("docs/http.md has %q; the answer is\n%.3000s", line, output)
			}
		}
	}
	for _, op := range operations {
		if !strings.Contains(string(text), "`"+op.method+" "+op.path+"`") {
			t.Errorf("docs/http.md does not have %s %s", op.method, op.path)
		}
		if !sent[op.path] && !strings.Contains(op.path, "{") {
			t.Errorf("docs/http.md has no request to %s", op.path)
		}
		for _, name := range op.params {
			if !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("docs/http.md does not have the parameter %s of %s", name, op.path)
			}
		}
	}
	for kind := range titles {
		if !strings.Contains(string(text), "`"+kind+"`") {
			t.Errorf("docs/http.md does not have the problem %s", kind)
		}
	}
}

// curl sends what a command line of curl with single quotation marks says, and returns the path and what came.
func curl(t *testing.T, line string) (path, body string) {
	t.Helper()
	args := regexp.MustCompile(`'[^']*'|\S+`).FindAllString(line, -1)
	method, data, target := http.MethodGet, "", ""
	var headers []string
	for i := 0; i < len(args); i++ {
		switch arg := strings.Trim(args[i], "'"); arg {
		case "-H":
			i++
			name, value, _ := strings.Cut(strings.Trim(args[i], "'"), ": ")
			headers = append(headers, name, value)
		case "-d":
			i++
			method, data = http.MethodPost, strings.Trim(args[i], "'")
		case "-u":
			i++
			user, password, _ := strings.Cut(strings.Trim(args[i], "'"), ":")
			r, _ := http.NewRequest(http.MethodGet, "http://x", nil)
			r.SetBasicAuth(user, password)
			headers = append(headers, "Authorization", r.Header.Get("Authorization"))
		default:
			target = arg
		}
	}
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	_, body = do(t, method, target, data, headers...)
	return u.Path, body
}

// maskedOf is a text with what may differ put aside.
func maskedOf(s string) string {
	for _, m := range []struct{ what, with string }{{`"(next|body|citation|hash)": ".*"`, `"$1": "…"`}, {`[0-9]+`, "N"}, {`[ \t]+`, " "}, {`,? ?(?m)$`, ""}} {
		s = regexp.MustCompile(m.what).ReplaceAllString(s, m.with)
	}
	return s
}
