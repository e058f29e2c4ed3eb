// Package configs holds the configuration of the program: what it may do, which sources it watches, by which rules it
// tags. The default is embedded; Write puts it into a folder to be edited, Load reads it from there:
//
//	blotter.yaml     contact, data folder, limits, channels; every key explained with its default
//	sources/*.yaml   the sources, grouped by country and kind
//	rules/*.yaml     the tag rules, one file a tag; package classify reads them
//	queries/*.yaml   saved queries, one file a query; the default has none
//
// A configuration is right as a whole or not at all: Load gives every fault of every file at once, with line and
// column, and nothing starts on a configuration that has one. It reads inside the folder only, links out of it included.
//
// Due tells when a schedule asks for the next pass.
package configs

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"blotter"
	"blotter/internal/strict"
)

// Default is the embedded default configuration.
//
//go:embed blotter.yaml sources/*.yaml rules/*.yaml
var Default embed.FS

// Config is a configuration that has been read and checked.
type Config struct {
	Dir     string // where it was read from, "" for the embedded default
	Contact string // an e-mail address or a URL; must be set before a live crawl
	DataDir string // where the archive and the index lie; a relative one of the file has been joined to Dir
	Reserve int64  // bytes of the disk of DataDir that stay free
	Crawl   Crawl
	Sources []blotter.Source  // enabled or not, sorted by id; ids are unique
	Keep    map[string]Period // how long the articles of a source are kept, by its id; none: for ever
	Rules   fs.FS             // the *.yaml files of the folder rules, for classify.Parse
	Queries map[string]SavedQuery
	Daemon  Daemon
	Alarms  []string // the channels that are told when something is wrong with a source or the machine
	Digest  Digest

	Channels map[string]Channel // by name, as they are written down; the method Channel gives one to use
}

// Crawl holds the limits of a crawl.
type Crawl struct {
	Delay         time.Duration   // least time between the starts of two requests to one host
	HeaderTimeout time.Duration   // until an answer begins
	PageTimeout   time.Duration   // until an answer is complete
	MaxPage       int64           // decoded bytes of a page
	MaxFeed       int64           // decoded bytes of a feed, listing or sitemap
	MaxItems      int             // of one source in one pass
	SourceTime    time.Duration   // after which a pass begins no more items of one source
	MinInterval   time.Duration   // least time between two listings of one source, whatever its schedule says
	MaxInterval   time.Duration   // a source is not left alone for longer because it publishes seldom, only by its schedule
	Recheck       []time.Duration // ages at which the page of an article is looked at again
	Allow         []string        // "host:port" or "ip:port" that may be reached although private, without the delay
	Wayback       string          // the address of the Wayback Machine or of a mirror, for backfills, without a slash at its end
}

// settings mirrors blotter.yaml.
type settings struct {
	Contact string         `yaml:"contact"`
	Data    string         `yaml:"data"`
	Reserve strict.Size    `yaml:"reserve"`
	Daemon  daemonSettings `yaml:"daemon"`
	Crawl   struct {
		Delay         time.Duration   `yaml:"delay"`
		HeaderTimeout time.Duration   `yaml:"header_timeout"`
		PageTimeout   time.Duration   `yaml:"page_timeout"`
		MaxPage       strict.Size     `yaml:"max_page"`
		MaxFeed       strict.Size     `yaml:"max_feed"`
		MaxItems      int             `yaml:"max_items"`
		SourceTime    time.Duration   `yaml:"source_time"`
		MinInterval   time.Duration   `yaml:"min_interval"`
		MaxInterval   time.Duration   `yaml:"max_interval"`
		Recheck       []time.Duration `yaml:"recheck"`
		Allow         []string        `yaml:"allow"`
		Wayback       string          `yaml:"wayback"`
	} `yaml:"crawl"`
	Channels map[string]Channel `yaml:"channels"`
	Alarms   []string           `yaml:"alarms"`
	Digest   digest             `yaml:"digest"`
}

// defaults are the values of the keys that blotter.yaml leaves out; a test holds the embedded file to them.
func defaults() settings {
	var s settings
	s.Data = "data"
	s.Reserve = 500 << 20
	s.Daemon = daemonDefaults
	s.Crawl.Delay = 5 * time.Second
	s.Crawl.HeaderTimeout = 10 * time.Second
	s.Crawl.PageTimeout = 30 * time.Second
	s.Crawl.MaxPage = 8 << 20
	s.Crawl.MaxFeed = 5 << 20
	s.Crawl.MaxItems = 200
	s.Crawl.SourceTime = time.Hour
	s.Crawl.MinInterval = 15 * time.Minute
	s.Crawl.MaxInterval = 24 * time.Hour
	s.Crawl.Wayback = "https://web.archive.org"
	s.Channels, s.Alarms = map[string]Channel{}, []string{}
	s.Digest = digest{At: "07:00", TimeZone: "UTC"}
	s.Crawl.Recheck = []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}
	return s
}

// Load reads and checks the configuration in dir, or the embedded default when dir is "". The error is a
// strict.Faults with every fault of every file, unless dir cannot be read at all.
//
// The rules are not read here but by classify.Parse, from Config.Rules.
func Load(dir string) (*Config, error) {
	var files fs.FS = Default
	if dir != "" {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, fmt.Errorf("configuration %s: %w", dir, reason(err))
		}
		files = root.FS() // keeps the root open for Config.Rules; it closes when both are collected
	}
	c, err := load(files)
	if err != nil {
		var faults strict.Faults
		if errors.As(err, &faults) {
			return nil, faults.Err()
		}
		return nil, fmt.Errorf("configuration %s: %w", dir, err)
	}
	c.Dir = dir
	for _, path := range []*string{&c.DataDir, &c.Daemon.TokenFile, &c.Daemon.TLSCert, &c.Daemon.TLSKey, &c.Daemon.Backup.To} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
	return c, nil
}

// reason strips what the caller names already from the error of a file operation.
func reason(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("no such folder; write a configuration into it with: blotter init DIR")
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

func load(files fs.FS) (*Config, error) {
	data, err := fs.ReadFile(files, "blotter.yaml")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("it has no blotter.yaml; write a configuration with: blotter init DIR")
	}
	if err != nil {
		return nil, err
	}
	set := defaults()
	doc, faults := strict.Decode("blotter.yaml", data, &set)
	if doc != nil {
		faults = append(faults, set.check(doc)...)
	}

	sources, keep, sourceFaults, err := loadSources(files, set.Crawl.Allow)
	if err != nil {
		return nil, err
	}
	_, ruleFaults, err := yamlFiles(files, "rules")
	if err != nil {
		return nil, err
	}
	queries, queryFaults, err := loadQueries(files, set.Channels)
	if err != nil {
		return nil, err
	}
	if faults = slices.Concat(faults, sourceFaults, ruleFaults, queryFaults); len(faults) > 0 {
		return nil, faults.Err()
	}
	rules, err := fs.Sub(files, "rules")
	if err != nil {
		return nil, err
	}
	return &Config{
		Contact: set.Contact,
		DataDir: filepath.FromSlash(set.Data),
		Reserve: int64(set.Reserve),
		Daemon:  set.Daemon.daemon(),
		Crawl: Crawl{
			Delay: set.Crawl.Delay, HeaderTimeout: set.Crawl.HeaderTimeout, PageTimeout: set.Crawl.PageTimeout,
			MaxPage: int64(set.Crawl.MaxPage), MaxFeed: int64(set.Crawl.MaxFeed), MaxItems: set.Crawl.MaxItems,
			SourceTime:  set.Crawl.SourceTime,
			MinInterval: set.Crawl.MinInterval, MaxInterval: set.Crawl.MaxInterval, Recheck: set.Crawl.Recheck, Allow: set.Crawl.Allow,
			Wayback: strings.TrimRight(set.Crawl.Wayback, "/"),
		},
		Sources: sources,
		Keep:    keep,
		Rules:   rules,
		Queries: queries,
		Alarms:  set.Alarms,
		Digest:  set.digest(),

		Channels: set.Channels,
	}, nil
}

// check looks at what the values of blotter.yaml mean.
func (s *settings) check(doc *strict.Doc) strict.Faults {
	var faults strict.Faults
	fault := func(path, format string, args ...any) {
		faults = append(faults, doc.Fault(path, format, args...))
	}
	if s.Contact != "" && !isContact(s.Contact) {
		fault("contact", "%q is neither an e-mail address nor an http or https URL", s.Contact)
	}
	if s.Data == "" {
		fault("data", "data folder is empty")
	}
	s.Daemon.check(fault)
	c := &s.Crawl
	for _, d := range []struct {
		key   string
		value time.Duration
	}{
		{"delay", c.Delay}, {"header_timeout", c.HeaderTimeout}, {"page_timeout", c.PageTimeout}, {"min_interval", c.MinInterval},
		{"source_time", c.SourceTime},
	} {
		if d.value <= 0 {
			fault("crawl."+d.key, "%s must be more than 0", d.key)
		}
	}
	if c.MaxInterval < c.MinInterval {
		fault("crawl.max_interval", "max_interval is %v, less than min_interval, which is %v", c.MaxInterval, c.MinInterval)
	}
	if c.MaxPage <= 0 || c.MaxFeed <= 0 {
		fault("crawl", "max_page and max_feed must be more than 0")
	}
	if c.MaxItems <= 0 {
		fault("crawl.max_items", "max_items must be more than 0")
	}
	if u, err := url.Parse(c.Wayback); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil {
		fault("crawl.wayback", "%q is not the http or https address of a web archive", c.Wayback)
	}
	for i, age := range c.Recheck {
		if age <= 0 || i > 0 && age <= c.Recheck[i-1] {
			fault(fmt.Sprintf("crawl.recheck[%d]", i), "recheck must rise from one age to the next")
		}
	}
	for i, place := range c.Allow {
		if _, port, ok := cutPort(place); !ok || port == "" {
			fault(fmt.Sprintf("crawl.allow[%d]", i), "%q is not host:port", place)
		}
	}
	s.checkChannels(fault)
	return faults
}

func isContact(s string) bool {
	if strings.ContainsAny(s, " \t\r\n()<>") {
		return false // it goes into the User-Agent field, in parentheses
	}
	if u, err := url.Parse(s); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		return u.Host != ""
	}
	name, host, ok := strings.Cut(s, "@")
	return ok && name != "" && strings.Contains(host, ".")
}

// cutPort takes "host:port" apart; a host of IPv6 stands in brackets.
func cutPort(place string) (host, port string, ok bool) {
	if a, err := netip.ParseAddrPort(place); err == nil {
		return a.Addr().String(), fmt.Sprint(a.Port()), true
	}
	host, port, ok = strings.Cut(place, ":")
	u := url.URL{Host: place}
	return host, port, ok && host != "" && u.Port() == port && u.Hostname() == host
}

// Write puts the default configuration into dir, which it makes when there is none. It overwrites nothing: a folder
// that holds anything is refused.
func Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("write configuration: %s is not empty (it holds %s); name a new folder", dir, entries[0].Name())
	}
	return os.CopyFS(dir, Default)
}

// yamlFiles lists the *.yaml files of a folder. A file that was meant to be one is a fault, not a file without effect.
func yamlFiles(files fs.FS, folder string) ([]string, strict.Faults, error) {
	entries, err := fs.ReadDir(files, folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	var names []string
	var faults strict.Faults
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		switch path.Ext(name) {
		case ".yaml":
			names = append(names, name)
		case ".yml", ".json":
			faults = append(faults, strict.Fault{File: name, Msg: "is not read; files here are named *.yaml"})
		}
	}
	slices.Sort(names)
	return names, faults, nil
}

// Files lists the files of the configuration in dir that Load reads: by the name they have there, with slashes, the path of each.
func Files(dir string) (map[string]string, error) {
	files := map[string]string{}
	for _, pattern := range []string{"blotter.yaml", "sources/*.yaml", "rules/*.yaml", "queries/*.yaml"} {
		names, err := fs.Glob(os.DirFS(dir), pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			files[name] = filepath.Join(dir, filepath.FromSlash(name))
		}
	}
	return files, nil
}
