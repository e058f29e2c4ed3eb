package configs

import (
	"strings"
	"testing"
)

func TestDaemonFaults(t *testing.T) {
	for _, test := range []struct{ yaml, want string }{
		{"listen: ''", ""},
		{"listen: '[::1]:80'", ""},
		{"{listen: '0.0.0.0:7970', token_file: token}", ""},
		{"listen: 0.0.0.0:7970", "a token: set daemon.token_file"},
		{"listen: ':7970'", "a token: set daemon.token_file"},
		{"listen: 127.0.0.1", `"127.0.0.1" is not host:port`},
		{"tls_cert: a.pem", "tls_cert and tls_key go together"},
		{"origins: [https://a.example, 'https://b.example/x']", `origin 2, "https://b.example/x"`},
		{"verify: '0 0 31 2 *'", "never comes"},
		{"verify: ''", ""},
		{"backup: {to: /mnt/b, at: every 10s}", "more often than once a minute"},
		{"backup: {to: /mnt/b, at: ''}", "a backup needs a time"},
		{"backup: {to: /mnt/b, keep: 0}", "keep must be at least 1"},
	} {
		dir := t.TempDir()
		writeFiles(t, dir, map[string]string{"blotter.yaml": "daemon: " + flow(test.yaml) + "\n", "sources/a.yaml": oneSource("")})
		switch _, err := Load(dir); {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.yaml, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "blotter.yaml:")):
			t.Errorf("%s: error %v, want one that says %q and where", test.yaml, err, test.want)
		}
	}
}

// flow is a mapping of YAML in braces.
func flow(s string) string {
	if strings.HasPrefix(s, "{") {
		return s
	}
	return "{" + s + "}"
}
