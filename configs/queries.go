package configs

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"blotter/internal/strict"
)

// SavedQuery is a query with a name, a file queries/NAME.yaml. What it says is for package query to read.
type SavedQuery struct {
	Query string `yaml:"query"`
	About string `yaml:"about"` // what it is for

	Notify []string      `yaml:"notify"`  // the channels that are told of what it finds
	Digest string        `yaml:"digest"`  // "daily": once a day, at the hour of Config.Digest; "": at once
	MaxAge time.Duration `yaml:"max_age"` // what was published longer ago than this is no news; zero: DefaultMaxAge
}

// DefaultMaxAge is how old an article may be that people are told of.
const DefaultMaxAge = 7 * 24 * time.Hour

// faults says what is wrong with how a query notifies.
func (q *SavedQuery) faults(channels map[string]Channel, fault func(path, format string, args ...any)) {
	for i, name := range q.Notify {
		if _, there := channels[name]; !there {
			fault(fmt.Sprintf("notify[%d]", i), "there is no channel %q; channels are set in blotter.yaml", name)
		} else if slices.Contains(q.Notify[:i], name) {
			fault(fmt.Sprintf("notify[%d]", i), "channel %s stands twice", name)
		}
	}
	switch {
	case q.Digest != "" && q.Digest != "daily":
		fault("digest", "%q is no kind of digest; write daily, or leave it out", q.Digest)
	case q.Digest != "" && len(q.Notify) == 0:
		fault("digest", "a digest goes to channels; name them in notify")
	}
	if q.MaxAge < 0 {
		fault("max_age", "max_age must be more than 0")
	}
}

// savedName is what a saved query may be called: what @ takes in a query.
var savedName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// IsQueryName says whether a query can be saved under a name.
func IsQueryName(name string) bool { return savedName.MatchString(name) }

// loadQueries reads the saved queries; a folder without any is none.
func loadQueries(files fs.FS, channels map[string]Channel) (map[string]SavedQuery, strict.Faults, error) {
	names, faults, err := yamlFiles(files, "queries")
	if err != nil {
		return nil, nil, err
	}
	queries := map[string]SavedQuery{}
	for _, file := range names {
		data, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, nil, err
		}
		var q SavedQuery
		doc, more := strict.Decode(file, data, &q)
		faults = append(faults, more...)
		name := strings.TrimSuffix(path.Base(file), ".yaml")
		switch {
		case !savedName.MatchString(name):
			faults = append(faults, strict.Fault{File: file, Msg: "the name of a saved query is of small letters, digits, - and _"})
		case doc != nil && len(more) == 0 && strings.TrimSpace(q.Query) == "":
			faults = append(faults, doc.Fault("query", "there is no query"))
		case doc != nil:
			q.faults(channels, func(path, format string, args ...any) { faults = append(faults, doc.Fault(path, format, args...)) })
		}
		queries[name] = q
	}
	return queries, faults, nil
}

// QueryNames are the names of the saved queries.
func (c *Config) QueryNames() []string { return slices.Sorted(maps.Keys(c.Queries)) }

// errNoFolder says that there is nowhere to save a query.
var errNoFolder = errors.New("saved queries lie in a configuration folder, and there is none here; make one with 'blotter init', or name it with --config")

// SaveQuery writes a query into the folder of the configuration. One that is there is replaced only when that is asked for.
func (c *Config) SaveQuery(name string, q SavedQuery, replace bool) error {
	if c.Dir == "" {
		return errNoFolder
	}
	if !savedName.MatchString(name) {
		return fmt.Errorf("%q is no name for a query: small letters, digits, - and _", name)
	}
	for _, text := range []string{q.Query, q.About} {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.IsSpace(r) }) {
			return fmt.Errorf("%q holds a character that no text has; it would spoil the configuration", text)
		}
	}
	var wrong error
	q.faults(c.Channels, func(_, format string, args ...any) { wrong = errors.Join(wrong, fmt.Errorf(format, args...)) })
	if wrong != nil {
		return wrong
	}
	if _, there := c.Queries[name]; there && !replace {
		return fmt.Errorf("there is a query @%s already: %s; --replace takes its place", name, c.Queries[name].Query)
	}
	if err := os.MkdirAll(filepath.Join(c.Dir, "queries"), 0o755); err != nil {
		return err
	}
	text := "query: " + quoted(q.Query) + "\n"
	if q.About != "" {
		text += "about: " + quoted(q.About) + "\n"
	}
	if len(q.Notify) > 0 {
		text += "notify: [" + strings.Join(q.Notify, ", ") + "]\n"
	}
	if q.Digest != "" {
		text += "digest: " + q.Digest + "\n"
	}
	if q.MaxAge != 0 {
		text += "max_age: " + q.MaxAge.String() + "\n"
	}
	// Written beside and renamed: a query is there whole or not at all.
	file := c.queryFile(name)
	if err := os.WriteFile(file+".new", []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// quoted is a text on one line as YAML has it in single quotation marks.
func quoted(s string) string {
	return "'" + strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "'", "''") + "'"
}

// RenameQuery gives a saved query another name.
func (c *Config) RenameQuery(name, to string) error {
	if err := c.hasQuery(name); err != nil {
		return err
	}
	if !savedName.MatchString(to) {
		return fmt.Errorf("%q is no name for a query: small letters, digits, - and _", to)
	}
	if _, there := c.Queries[to]; there {
		return fmt.Errorf("there is a query @%s already: %s", to, c.Queries[to].Query)
	}
	return os.Rename(c.queryFile(name), c.queryFile(to))
}

// DeleteQuery deletes a saved query.
func (c *Config) DeleteQuery(name string) error {
	if err := c.hasQuery(name); err != nil {
		return err
	}
	return os.Remove(c.queryFile(name))
}

func (c *Config) hasQuery(name string) error {
	if _, there := c.Queries[name]; there {
		return nil
	}
	return fmt.Errorf("no query is saved as @%s; 'blotter query list' shows those that are", name)
}

func (c *Config) queryFile(name string) string { return filepath.Join(c.Dir, "queries", name+".yaml") }
