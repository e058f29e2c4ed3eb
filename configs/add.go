package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"blotter"
	"blotter/internal/strict"
)

// addedFile is where sources are written that a command adds.
const addedFile = "sources/added.yaml"

const addedHead = `# Sources that blotter added: 'blotter sources add' and 'blotter sources import' write here, at the end. It may be edited
# like any other file of this folder; what was guessed stands in note or why.

`

// Addition is a source to be added to a configuration.
type Addition struct {
	Source blotter.Source
	Note   string // for the reader of the file
}

// Reading returns the source that reads a URL already, an enabled one before one that is not. Whether the scheme is http or
// https and whether the path ends with a slash makes no other place.
func (c *Config) Reading(rawURL string) (blotter.Source, bool) {
	place := placeOf(rawURL)
	var found []blotter.Source
	for _, src := range c.Sources {
		if place != "" && placeOf(src.URL) == place {
			found = append(found, src)
		}
	}
	if len(found) == 0 {
		return blotter.Source{}, false
	}
	at := max(0, slices.IndexFunc(found, func(s blotter.Source) bool { return s.Enabled }))
	return found[at], true
}

func placeOf(rawURL string) string {
	canonical, err := blotter.CanonicalURL(rawURL)
	if err != nil {
		return ""
	}
	_, place, _ := strings.Cut(canonical, "://")
	return strings.TrimRight(place, "/")
}

// pathWords say of a path how it is listed, not what it lists.
var pathWords = map[string]bool{
	"feed": true, "feeds": true, "rss": true, "rss2": true, "atom": true, "xml": true, "rdf": true, "index": true, "html": true, "htm": true,
	"php": true, "aspx": true, "asp": true, "json": true, "sitemap": true, "sitemaps": true,
}

// hostWords are labels of a host that tell nothing of whose it is; the top-level domain is dropped too.
var hostWords = map[string]bool{"www": true, "feeds": true, "feed": true, "rss": true, "co": true, "com": true, "org": true}

// NewID makes an id for a source at a URL from its host and path that no source of the configuration has, nor taken names.
func (c *Config) NewID(rawURL string, taken func(id string) bool) string {
	id := idOf(rawURL)
	free := func(id string) bool {
		return !taken(id) && !slices.ContainsFunc(c.Sources, func(s blotter.Source) bool { return s.ID == id })
	}
	if free(id) {
		return id
	}
	for n := 2; ; n++ {
		end := "-" + strconv.Itoa(n)
		if numbered := strings.TrimRight(id[:min(len(id), 63-len(end))], "-") + end; free(numbered) {
			return numbered
		}
	}
}

func idOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "source"
	}
	host := strings.Split(strings.ToLower(u.Hostname()), ".")
	if last := host[len(host)-1]; len(host) > 1 && strings.Trim(last, "0123456789") != "" {
		host = host[:len(host)-1]
	}
	words := slices.DeleteFunc(idWords(strings.Join(host, " ")), func(w string) bool { return len(host) > 1 && hostWords[w] })
	words = append(words, slices.DeleteFunc(idWords(u.Path), func(w string) bool { return pathWords[w] })...)
	id := strings.Join(words, "-")
	id = strings.Trim(id[:min(len(id), 63)], "-")
	if id == "" {
		return "source"
	}
	return id
}

// idWords are the runs of letters and digits that an id may have.
func idWords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}

// CheckAddition says what would be wrong with a source if it stood in the configuration, or nil.
func (c *Config) CheckAddition(a Addition) error {
	l := &loader{allow: c.Crawl.Allow, ids: map[string]strict.Fault{}, urls: map[string]string{}}
	l.file(addedFile, []byte("sources:\n"+a.yaml("  ")))
	if len(l.faults) == 0 {
		return nil
	}
	var said []string
	for _, f := range l.faults {
		said = append(said, f.Msg)
	}
	return errors.New(strings.Join(said, "; "))
}

// ErrNoFolder says that the configuration is the built-in one, which nothing can be added to.
var ErrNoFolder = errors.New("sources are added to a configuration folder, and there is none here; make one with 'blotter init', or name it with --config")

// Add writes sources at the end of sources/added.yaml and leaves what stands there as it is, comments included. Nothing is
// written unless the whole configuration loads with it.
func (c *Config) Add(additions []Addition) error {
	if c.Dir == "" {
		return ErrNoFolder
	}
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		return fmt.Errorf("configuration %s: %w", c.Dir, reason(err))
	}
	defer root.Close()
	if err := root.Mkdir("sources", 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// Made only when it is not there: who adds at the same time must not overwrite what the other has written.
	next, mode := addedFile+".new", fs.FileMode(0o644)
	if info, err := root.Stat(addedFile); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := root.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there: another blotter is adding sources, or was killed while it did; if none is running, remove the file",
			filepath.Join(c.Dir, next))
	}
	if err != nil {
		return err
	}
	text, err := appended(root.FS(), additions)
	if err == nil {
		_, err = f.Write(text)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = root.Rename(next, addedFile)
	}
	if err != nil {
		return errors.Join(err, root.Remove(next))
	}
	return nil
}

// appended is the text of sources/added.yaml with sources at its end.
func appended(files fs.FS, additions []Addition) ([]byte, error) {
	old, err := fs.ReadFile(files, addedFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var before sourceFile
	strict.Decode(addedFile, old, &before) // its faults are found below, with those of all
	text := bytes.TrimRight(old, "\n")
	switch {
	case len(bytes.TrimSpace(old)) == 0:
		text = []byte(addedHead + "sources:")
	case len(before.Sources) == 0:
		text = append(text, "\nsources:"...)
	}
	indent := itemIndent(old)
	for _, a := range additions {
		text = append(text, "\n\n"...)
		text = append(text, strings.TrimRight(a.yaml(indent), "\n")...)
	}
	text = append(text, '\n')
	return text, checkAppended(files, text, len(before.Sources), additions)
}

// itemIndent is what stands before the dash of the entries of a file.
func itemIndent(text []byte) string {
	indent := "  "
	for line := range bytes.Lines(text) {
		if rest := bytes.TrimLeft(line, " "); bytes.HasPrefix(rest, []byte("- id:")) {
			indent = string(line[:len(line)-len(rest)])
		}
	}
	return indent
}

// checkAppended loads the configuration as it would be: a file whose end is no place for a source, such as one that ends with
// its defaults, gives other sources than it should, or none.
func checkAppended(files fs.FS, text []byte, before int, additions []Addition) error {
	by := addedFile + " has no place for a source at its end; put its list of sources last, one a line with its keys below, or move the file away"
	var after sourceFile
	if doc, _ := strict.Decode(addedFile, text, &after); doc == nil || len(after.Sources) != before+len(additions) {
		return errors.New(by)
	}
	for i, a := range additions {
		if got := after.Sources[before+i]; got.ID != a.Source.ID || got.URL != a.Source.URL {
			return fmt.Errorf("source %s: its id or its URL %q would be read as another", a.Source.ID, a.Source.URL)
		}
	}
	if _, err := load(overlay{files, text}); err != nil {
		var faults strict.Faults
		if errors.As(err, &faults) {
			return faults.Err()
		}
		return err
	}
	return nil
}

// overlay is a configuration with another text of sources/added.yaml.
type overlay struct {
	fs.FS
	added []byte
}

// ReadFile makes overlay a fs.ReadFileFS.
func (o overlay) ReadFile(name string) ([]byte, error) {
	if name == addedFile {
		return o.added, nil
	}
	return fs.ReadFile(o.FS, name)
}

// ReadDir makes overlay a fs.ReadDirFS. The file that is being written is listed as nobody's, the one that it will be as
// there.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, name)
	there := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return name+"/"+e.Name() == addedFile })
	if name != "sources" || there {
		return entries, err
	}
	return append(entries, addedEntry{}), nil
}

// addedEntry stands for sources/added.yaml before it is there.
type addedEntry struct{ fs.FileInfo }

func (addedEntry) Name() string               { return "added.yaml" }
func (addedEntry) IsDir() bool                { return false }
func (addedEntry) Type() fs.FileMode          { return 0 }
func (addedEntry) Info() (fs.FileInfo, error) { return nil, fs.ErrNotExist }

// String is the addition as it stands in a file.
func (a Addition) String() string { return a.yaml("  ") }

// yaml writes an addition as an entry of a list.
func (a Addition) yaml(indent string) string {
	s := a.Source
	var lines []string
	line := func(key, value string) {
		if value != "" {
			lines = append(lines, key+": "+scalar(value))
		}
	}
	line("id", s.ID)
	line("name", s.Name)
	line("kind", string(s.Kind))
	line("url", s.URL)
	line("schedule", s.Schedule)
	line("time_zone", s.TimeZone)
	line("country", s.Country)
	line("language", s.Language)
	line("publisher", s.Publisher)
	line("licence", s.Licence)
	line("date_format", s.DateFormat)
	if sel := selectors(s.Selectors); !sel.empty() {
		lines = append(lines, "selectors:")
		line("  items", sel.Items)
		line("  title", sel.Title)
		line("  body", sel.Body)
		line("  date", sel.Date)
		if len(sel.Drop) > 0 {
			drop := make([]string, len(sel.Drop))
			for i, css := range sel.Drop {
				drop[i] = quoted(css)
			}
			lines = append(lines, "  drop: ["+strings.Join(drop, ", ")+"]")
		}
	}
	if !s.Enabled {
		lines = append(lines, "enabled: false")
		line("why", s.Why)
	}
	line("note", a.Note)
	return indent + "- " + strings.Join(lines, "\n"+indent+"  ") + "\n"
}

// plainScalar is a value that means the same to YAML with and without quotation marks.
var plainScalar = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_/-]*$|^https?://[A-Za-z0-9./_~-]+$`)

// scalar writes a value on one line as people would.
func scalar(value string) string {
	value = blotter.CleanLine(value)
	switch strings.ToLower(value) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return quoted(value)
	}
	if plainScalar.MatchString(value) {
		return value
	}
	return quoted(value)
}
