package configs

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestDigestNext(t *testing.T) {
	for _, test := range []struct{ zone, at, now, want string }{
		{"UTC", "07:00", "2026-04-30T06:59:59Z", "2026-04-30T07:00:00Z"},
		{"UTC", "07:00", "2026-04-30T07:00:00Z", "2026-05-01T07:00:00Z"},
		{"Europe/London", "07:00", "2026-03-28T07:00:00Z", "2026-03-29T06:00:00Z"},
		{"Europe/London", "01:30", "2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z"}, // there is none: 02:30 of summer time
		{"Europe/London", "01:30", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"},
		{"Europe/London", "01:30", "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z"}, // there are two: the first
		{"Europe/London", "01:30", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		{"Europe/London", "02:30", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z"},
		{"America/New_York", "23:59", "2026-12-31T23:00:00Z", "2027-01-01T04:59:00Z"},
		{"Pacific/Auckland", "00:00", "2026-04-30T12:00:00Z", "2026-05-01T12:00:00Z"},
	} {
		s := settings{Digest: digest{test.at, test.zone}}
		now, err := time.Parse(time.RFC3339, test.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.digest().Next(now).UTC().Format(time.RFC3339); got != test.want {
			t.Errorf("%s %s after %s: %s, want %s", test.at, test.zone, test.now, got, test.want)
		}
	}
}

// Every digest of a year is later than the one before, and there is one for each day.
func TestDigestEveryDay(t *testing.T) {
	for _, zone := range []string{"Europe/London", "America/Havana", "Australia/Lord_Howe", "Africa/Casablanca"} {
		for _, at := range []string{"00:00", "00:30", "01:30", "02:15", "07:00"} {
			d := (&settings{Digest: digest{at, zone}}).digest()
			now := time.Date(2026, 1, 1, 0, 0, 0, 0, d.Zone).Add(-time.Minute)
			days := 0
			for now.Before(time.Date(2027, 1, 1, 0, 0, 0, 0, d.Zone).Add(-time.Minute)) {
				next := d.Next(now)
				if !next.After(now) {
					t.Fatalf("%s %s: %s after %s", at, zone, next, now)
				}
				if days > 0 && (next.Sub(now) < 22*time.Hour || next.Sub(now) > 26*time.Hour) {
					t.Errorf("%s %s: %s, %s after the last", at, zone, next, next.Sub(now))
				}
				now = next
				days++
			}
			if days < 365 || days > 366 {
				t.Errorf("%s %s: %d digests in a year", at, zone, days)
			}
		}
	}
}

func TestChannel(t *testing.T) {
	t.Setenv("BLOTTER_TEST_URL", " https://hooks.example/hidden \n")
	dir := ownFolder(t, map[string]string{
		"blotter.yaml": `contact: press@example.org
channels:
  hook: {kind: webhook, url_env: BLOTTER_TEST_URL, secret_file: hook.secret, ca_file: ca.pem}
  lost: {kind: webhook, url: "https://hooks.example/hidden", secret_file: lost.secret}
  bare: {kind: slack, url_file: empty}
  odd: {kind: slack, url_file: odd}
  mail: {kind: email, server: "mail.example:465", from: a@b.example, to: [c@d.example], user: u, password: hidden}
alarms: [mail]
`, "hook.secret": "hidden\n", "ca.pem": "x", "empty": "\n", "odd": "hidden",
	})
	c := mustLoad(t, dir)
	hook, err := c.Channel("hook")
	if err != nil || string(hook.URL) != "https://hooks.example/hidden" || string(hook.Secret) != "hidden" || string(hook.CA) != "x" || hook.Name != "hook" {
		t.Errorf("%+v, %v", hook, err)
	}
	if mail, err := c.Channel("mail"); err != nil || mail.TLS != "implicit" || string(mail.Password) != "hidden" {
		t.Errorf("%+v, %v", mail, err)
	}
	for name, want := range map[string]string{"lost": "secret_file: open ", "bare": "url_file: the file is empty", "odd": "its url is not an http", "none": "no such channel"} {
		_, err := c.Channel(name)
		if err == nil || !strings.Contains(err.Error(), "channel "+name+": ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", name, err)
		}
		if errors.Is(err, ErrNoChannel) != (name == "none") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if text := fmt.Sprintf("%+v %#v %s", c, c, c.Channels); strings.Contains(text, "hidden") {
		t.Errorf("the configuration shows a secret: %s", text)
	}
	if got := strings.Join(c.ChannelNames(), " "); got != "bare hook lost mail odd" {
		t.Errorf("have %s", got)
	}
}
