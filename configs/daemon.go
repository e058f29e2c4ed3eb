package configs

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
)

// Daemon holds what a daemon does beside asking the sources.
type Daemon struct {
	Listen          string // host:port of its HTTP; "": none
	TokenFile       string // "": no token, which is only taken on loopback
	TLSCert, TLSKey string // PEM files; "": no TLS
	Origins         []string
	Verify          string // schedule; "": never
	Backup          Backup
}

// Backup says when and to where the data folder is copied.
type Backup struct {
	To   string `yaml:"to"` // a folder; "": no backup
	At   string `yaml:"at"` // schedule
	Keep int    `yaml:"keep"`
}

// Loopback says that only this machine can reach the daemon.
func (d Daemon) Loopback() bool { return onLoopback(d.Listen) }

func onLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// daemonSettings mirrors the part daemon of blotter.yaml.
type daemonSettings struct {
	Listen    string   `yaml:"listen"`
	TokenFile string   `yaml:"token_file"`
	TLSCert   string   `yaml:"tls_cert"`
	TLSKey    string   `yaml:"tls_key"`
	Origins   []string `yaml:"origins"`
	Verify    string   `yaml:"verify"`
	Backup    Backup   `yaml:"backup"`
}

var daemonDefaults = daemonSettings{
	Listen: "127.0.0.1:7970",
	Verify: "30 3 * * 0",
	Backup: Backup{At: "15 2 * * *", Keep: 7},
}

func (s *daemonSettings) daemon() Daemon {
	return Daemon{
		Listen: s.Listen, TokenFile: s.TokenFile, TLSCert: s.TLSCert, TLSKey: s.TLSKey, Origins: slices.Clip(s.Origins),
		Verify: s.Verify, Backup: s.Backup,
	}
}

// check looks at what the values mean.
func (s *daemonSettings) check(fault func(path, format string, args ...any)) {
	if _, port, err := net.SplitHostPort(s.Listen); s.Listen != "" && (err != nil || port == "") {
		fault("daemon.listen", "%q is not host:port", s.Listen)
	} else if s.Listen != "" && !onLoopback(s.Listen) && s.TokenFile == "" {
		fault("daemon.listen", "%s can be reached from other machines, which takes a token: set daemon.token_file", s.Listen)
	}
	if (s.TLSCert == "") != (s.TLSKey == "") {
		fault("daemon", "tls_cert and tls_key go together")
	}
	for i, origin := range s.Origins {
		if u, err := url.Parse(origin); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || origin != u.Scheme+"://"+u.Host {
			fault("daemon.origins", "origin %d, %q, is not like https://desk.example", i+1, origin)
		}
	}
	for _, line := range []struct{ key, value string }{{"daemon.verify", s.Verify}, {"daemon.backup.at", s.Backup.At}} {
		if line.value == "" {
			continue
		}
		if _, _, err := parseSchedule(line.value); err != nil {
			fault(line.key, "%v", err)
		}
	}
	if s.Backup.To != "" && s.Backup.At == "" {
		fault("daemon.backup.at", "a backup needs a time")
	}
	if s.Backup.Keep < 1 {
		fault("daemon.backup.keep", "keep must be at least 1")
	}
}
