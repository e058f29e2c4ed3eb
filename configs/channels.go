package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"blotter"
)

// Channel is a channel as it is written down. What is secret stands there, in a file or in the environment; the last two are
// read when a message goes out, so that commands which send none need neither, and a new secret needs no restart.
type Channel struct {
	Kind         string         `yaml:"kind"`
	URL          blotter.Secret `yaml:"url"`
	URLFile      string         `yaml:"url_file"`
	URLEnv       string         `yaml:"url_env"`
	Secret       blotter.Secret `yaml:"secret"`
	SecretFile   string         `yaml:"secret_file"`
	SecretEnv    string         `yaml:"secret_env"`
	Server       string         `yaml:"server"`
	TLS          string         `yaml:"tls"`
	From         string         `yaml:"from"`
	To           []string       `yaml:"to"`
	User         string         `yaml:"user"`
	Password     blotter.Secret `yaml:"password"`
	PasswordFile string         `yaml:"password_file"`
	PasswordEnv  string         `yaml:"password_env"`
	CAFile       string         `yaml:"ca_file"`
}

// channelKinds says of each kind which keys it must have and which it may. A secret counts under its plain name.
var channelKinds = map[string]struct{ needs, may []string }{
	"webhook": {[]string{"url", "secret"}, []string{"ca_file"}},
	"slack":   {[]string{"url"}, []string{"ca_file"}},
	"ntfy":    {[]string{"url"}, []string{"secret", "user", "password", "ca_file"}},
	"email":   {[]string{"server", "from", "to"}, []string{"tls", "user", "password", "ca_file"}},
}

// ChannelKinds are the kinds of channel.
func ChannelKinds() []string { return slices.Sorted(maps.Keys(channelKinds)) }

// digest says when daily digests go out.
type digest struct {
	At       string `yaml:"at"`
	TimeZone string `yaml:"time_zone"`
}

// Digest is the hour of daily digests.
type Digest struct {
	Hour, Minute int
	Zone         *time.Location
}

// Next is when the first digest after now goes out: once every day of its zone. Of an hour that a night of the clocks has twice
// the first counts; one that it does not have is as long after midnight as on other days.
func (d Digest) Next(now time.Time) time.Time {
	y, m, day := now.In(d.Zone).Date()
	for {
		at := time.Date(y, m, day, d.Hour, d.Minute, 0, 0, d.Zone)
		if at.In(d.Zone).Hour() != d.Hour || at.In(d.Zone).Minute() != d.Minute {
			at = time.Date(y, m, day, 0, 0, 0, 0, d.Zone).Add(time.Duration(d.Hour)*time.Hour + time.Duration(d.Minute)*time.Minute)
		}
		if early := at.Add(-time.Hour).In(d.Zone); early.Hour() == d.Hour && early.Day() == at.In(d.Zone).Day() {
			at = early
		}
		if at.After(now) {
			return at
		}
		day++
	}
}

// ErrNoChannel says that the configuration has no channel of a name.
var ErrNoChannel = errors.New("no such channel in the configuration")

// ChannelNames are the names of the channels.
func (c *Config) ChannelNames() []string { return slices.Sorted(maps.Keys(c.Channels)) }

// Channel returns a channel with its secrets, read anew.
func (c *Config) Channel(name string) (blotter.Channel, error) {
	w, ok := c.Channels[name]
	if !ok {
		return blotter.Channel{}, fmt.Errorf("channel %s: %w", name, ErrNoChannel)
	}
	made := blotter.Channel{Name: name, Kind: w.Kind, Server: w.Server, TLS: w.TLS, From: w.From, To: w.To, User: w.User}
	for _, s := range w.secrets() {
		value, err := s.read(c.Dir)
		if err != nil {
			return blotter.Channel{}, fmt.Errorf("channel %s: %w", name, err)
		}
		switch s.key {
		case "url":
			made.URL = value
		case "secret":
			made.Secret = value
		case "password":
			made.Password = value
		}
	}
	if made.URL != "" && !isHTTP(string(made.URL)) {
		return blotter.Channel{}, fmt.Errorf("channel %s: its url is not an http or https address", name)
	}
	if w.CAFile != "" {
		ca, err := readSmall(beside(c.Dir, w.CAFile))
		if err != nil {
			return blotter.Channel{}, fmt.Errorf("channel %s: ca_file: %w", name, err)
		}
		made.CA = ca
	}
	return made, nil
}

// secret is one that a channel has, in one of three places.
type secret struct {
	key, file, env string
	value          blotter.Secret
}

func (w *Channel) secrets() []secret {
	all := []secret{
		{"url", w.URLFile, w.URLEnv, w.URL}, {"secret", w.SecretFile, w.SecretEnv, w.Secret}, {"password", w.PasswordFile, w.PasswordEnv, w.Password},
	}
	return slices.DeleteFunc(all, func(s secret) bool { return s.places() == 0 })
}

func (s secret) places() (n int) {
	for _, place := range []string{string(s.value), s.file, s.env} {
		if place != "" {
			n++
		}
	}
	return n
}

func (s secret) read(dir string) (blotter.Secret, error) {
	switch {
	case s.file != "":
		text, err := readSmall(beside(dir, s.file))
		if err == nil && len(bytes.TrimSpace(text)) == 0 {
			err = errors.New("the file is empty")
		}
		if err != nil {
			return "", fmt.Errorf("%s_file: %w", s.key, err)
		}
		return blotter.Secret(bytes.TrimSpace(text)), nil
	case s.env != "":
		text := strings.TrimSpace(os.Getenv(s.env))
		if text == "" {
			return "", fmt.Errorf("%s_env: the environment has no %s", s.key, s.env)
		}
		return blotter.Secret(text), nil
	}
	return s.value, nil
}

// beside is a path of the configuration, relative to its folder.
func beside(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// readSmall reads a file of a secret or of certificates, which lies outside the folder as a rule.
func readSmall(path string) ([]byte, error) {
	const most = 1 << 20
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(text) > most {
		err = &fs.PathError{Op: "read", Path: path, Err: errors.New("it is larger than 1 MiB")}
	}
	return text, err
}

// channelName is what a channel may be called.
var channelName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// checkChannels looks at what the channels, and what goes to them, mean.
func (s *settings) checkChannels(fault func(path, format string, args ...any)) {
	for _, name := range slices.Sorted(maps.Keys(s.Channels)) {
		at := "channels." + name
		if !channelName.MatchString(name) {
			fault(at, "the name of a channel is of small letters, digits, - and _")
		}
		w := s.Channels[name]
		w.check(func(key, format string, args ...any) { fault(at+"."+key, format, args...) })
		s.Channels[name] = w
	}
	for i, name := range s.Alarms {
		if _, there := s.Channels[name]; !there {
			fault(fmt.Sprintf("alarms[%d]", i), "there is no channel %q; channels are set in blotter.yaml", name)
		}
	}
	if _, err := time.Parse("15:04", s.Digest.At); err != nil {
		fault("digest.at", "%q is not a time of day such as 07:00", s.Digest.At)
	}
	if _, err := time.LoadLocation(s.Digest.TimeZone); err != nil || s.Digest.TimeZone == "Local" {
		fault("digest.time_zone", "time zone %q is not an IANA name such as Europe/London", s.Digest.TimeZone)
	}
}

// digest is that of settings without faults.
func (s *settings) digest() Digest {
	at, _ := time.Parse("15:04", s.Digest.At)
	zone, _ := time.LoadLocation(s.Digest.TimeZone)
	return Digest{at.Hour(), at.Minute(), zone}
}

func (w *Channel) check(fault func(key, format string, args ...any)) {
	kind, known := channelKinds[w.Kind]
	if !known {
		fault("kind", "kind %q is none of %s", w.Kind, strings.Join(ChannelKinds(), ", "))
		return
	}
	set := w.set()
	for _, key := range kind.needs {
		if !set[key] {
			fault("kind", "a channel of the kind %s needs %s", w.Kind, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if !slices.Contains(kind.needs, key) && !slices.Contains(kind.may, key) {
			fault(w.writtenAs(key), "a channel of the kind %s has no %s", w.Kind, key)
		}
	}
	for _, s := range w.secrets() {
		if s.places() > 1 {
			fault(w.writtenAs(s.key), "%s stands in several places; leave one of %s, %s_file and %s_env", s.key, s.key, s.key, s.key)
		}
	}
	if w.URL != "" && !isHTTP(string(w.URL)) {
		fault("url", "it is not an http or https address")
	}
	if u, err := url.Parse(string(w.URL)); w.Kind == "ntfy" && w.URL != "" && (err != nil || strings.Trim(u.Path, "/") == "") {
		fault("url", "it names no topic; write https://ntfy.sh/TOPIC")
	}
	if w.Kind == "email" {
		w.checkMail(fault)
	}
	if (w.User != "") != set["password"] {
		fault("user", "user and password go together")
	}
}

func (w *Channel) checkMail(fault func(key, format string, args ...any)) {
	_, port, ok := cutPort(w.Server)
	if w.Server != "" && (!ok || port == "") {
		fault("server", "%q is not host:port, such as mail.example.org:587", w.Server)
	}
	if w.TLS == "" {
		w.TLS = "starttls"
		if port == "465" { // RFC 8314, 3.3
			w.TLS = "implicit"
		}
	}
	if !slices.Contains([]string{"starttls", "implicit", "none"}, w.TLS) {
		fault("tls", "%q is none of starttls, implicit, none", w.TLS)
	}
	if w.TLS == "none" && w.User != "" {
		fault("tls", "a password goes to a server over TLS only")
	}
	if _, err := mail.ParseAddress(w.From); w.From != "" && err != nil {
		fault("from", "%q is not an e-mail address", w.From)
	}
	for i, to := range w.To {
		if _, err := mail.ParseAddress(to); err != nil {
			fault(fmt.Sprintf("to[%d]", i), "%q is not an e-mail address", to)
		}
	}
}

// set says which keys have a value.
func (w *Channel) set() map[string]bool {
	set := map[string]bool{
		"server": w.Server != "", "tls": w.TLS != "", "from": w.From != "", "to": len(w.To) > 0, "user": w.User != "", "ca_file": w.CAFile != "",
	}
	for _, s := range w.secrets() {
		set[s.key] = true
	}
	maps.DeleteFunc(set, func(_ string, is bool) bool { return !is })
	return set
}

// writtenAs is the key under which the value of a key stands in the file.
func (w *Channel) writtenAs(key string) string {
	for _, s := range w.secrets() {
		switch {
		case s.key != key || s.value != "":
		case s.file != "":
			return key + "_file"
		default:
			return key + "_env"
		}
	}
	return key
}

func isHTTP(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
