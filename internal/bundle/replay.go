package bundle

import (
	"archive/zip"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"blotter/archive"
)

// Bundle is one that was opened: what a replay needs of it.
type Bundle struct {
	Manifest Manifest
	Articles []Digest
	Missing  []string // files that the manifest names and that do not lie beside it; of a zip file none may
}

// What is read of a manifest, and of a line of the provenance.
const (
	maxManifest = 64 << 20
	maxLine     = 64 << 10
)

// Open reads a bundle, a zip file, or a manifest.json with the files beside it, and compares every file with its digest.
func Open(name string) (*Bundle, error) {
	b, err := open(name)
	if err != nil {
		return nil, fmt.Errorf("bundle %s: %w", name, err)
	}
	return b, nil
}

func open(name string) (*Bundle, error) {
	if filepath.Base(name) == manifestFile {
		return read(os.DirFS(filepath.Dir(name)), false)
	}
	z, err := zip.OpenReader(name)
	if errors.Is(err, zip.ErrFormat) {
		return nil, errors.New("it is no zip file, or not a whole one; name a bundle or its manifest.json")
	}
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return read(z, true)
}

func read(files fs.FS, whole bool) (*Bundle, error) {
	b := &Bundle{}
	text, err := readLimited(files, manifestFile)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &b.Manifest); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestFile, err)
	}
	if f := b.Manifest.Format; f < 1 || f > Format {
		return nil, fmt.Errorf("its manifest is of format %d, and this program knows 1 to %d; use a newer one", f, Format)
	}
	provenance := false
	for _, f := range b.Manifest.Files {
		err := verify(files, f)
		if errors.Is(err, fs.ErrNotExist) && !whole && f.Name != provenanceFile {
			b.Missing = append(b.Missing, f.Name)
			continue
		}
		if err != nil {
			return nil, err
		}
		provenance = provenance || f.Name == provenanceFile
	}
	if !provenance {
		return nil, fmt.Errorf("its manifest does not name %s", provenanceFile)
	}
	return b, b.readArticles(files)
}

func readLimited(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err == nil && len(text) > maxManifest {
		err = fmt.Errorf("%s is larger than %d MiB", name, maxManifest>>20)
	}
	return text, err
}

// verify compares a file with what the manifest says of it. No more is read than it should have.
func verify(files fs.FS, f File) error {
	if !fs.ValidPath(f.Name) {
		return fmt.Errorf("its manifest names a file %q, which is no name in a bundle", f.Name)
	}
	file, err := files.Open(f.Name)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(file, f.Bytes+1))
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	if n != f.Bytes || hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("%s is not as it was when the bundle was made: damaged, or edited", f.Name)
	}
	return nil
}

func (b *Bundle) readArticles(files fs.FS) error {
	f, err := files.Open(provenanceFile)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if n > b.Manifest.Articles {
			return fmt.Errorf("%s has more lines than the manifest has articles (%d)", provenanceFile, b.Manifest.Articles)
		}
		var d Digest
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			return fmt.Errorf("%s:%d: %w", provenanceFile, n, err)
		}
		b.Articles = append(b.Articles, d)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s:%d: %w", provenanceFile, len(b.Articles)+1, err)
	}
	return nil
}

// Difference is an article that a replay answers otherwise.
type Difference struct {
	Kind    string   `json:"kind"` // gained, lost or changed
	ID      string   `json:"id"`
	URL     string   `json:"url"`
	Reasons []string `json:"reasons"`
}

// The kinds of Difference.
const (
	Gained  = "gained"
	Lost    = "lost"
	Changed = "changed"
)

// Answer is what a query finds now, and what the archive has of the articles that were in a bundle.
type Answer struct {
	Found   []archive.Provenance
	There   []archive.Provenance // of the bundle's articles, found or not
	Removed []archive.Removal    // likewise
	Archive string               // the id of the archive that gives it
}

// Compare says what is different between a bundle and an answer of now. Differences are named in the order of the bundle,
// and then in that of the answer.
func Compare(b *Bundle, answer Answer) []Difference {
	differences := []Difference{}
	now := map[string]bool{}
	for _, p := range answer.Found {
		now[p.ID] = true
	}
	present := map[string]archive.Provenance{}
	for _, p := range answer.There {
		present[p.ID] = p
	}
	removed := map[string]archive.Removal{}
	for _, r := range answer.Removed {
		removed[r.ID] = r
	}
	before := map[string]bool{}
	for _, d := range b.Articles {
		before[d.ID] = true
		p, ok := present[d.ID]
		switch {
		case !ok:
			differences = append(differences, Difference{Lost, d.ID, d.URL, []string{whyGone(removed[d.ID])}})
		case !now[d.ID]:
			reasons := changes(d, p)
			if len(reasons) == 0 {
				reasons = []string{"nothing of it has changed: the program or the sources' data decide otherwise"}
			}
			differences = append(differences, Difference{Lost, d.ID, d.URL, reasons})
		default:
			if reasons := changes(d, p); len(reasons) > 0 {
				differences = append(differences, Difference{Changed, d.ID, d.URL, reasons})
			}
		}
	}
	for _, p := range answer.Found {
		if !before[p.ID] {
			differences = append(differences, Difference{Gained, p.ID, p.URL, []string{whyGained(b.Manifest, answer.Archive, p)}})
		}
	}
	return differences
}

// changes are what is different of an article, and why. An article that was only tagged again, with the same outcome, has
// not changed.
func changes(d Digest, p archive.Provenance) []string {
	var reasons []string
	if d.Text != p.Text {
		switch {
		case p.Capture == d.Capture && p.Stamp != d.Stamp:
			reasons = append(reasons, "its page was read again by another extractor, or other reading rules, with another text")
		case p.Revision != d.Revision:
			reasons = append(reasons, fmt.Sprintf("its text changed: revision %d is now %d, fetched %s", d.Revision, p.Revision, minute(p.LastChange)))
		default:
			reasons = append(reasons, "its text is another: "+minute(p.LastChange))
		}
	}
	if d.Details != p.Details && d.Text == p.Text {
		switch {
		case p.Stamp != d.Stamp:
			reasons = append(reasons, "its date or other details were read otherwise, by another extractor or other reading rules")
		default:
			reasons = append(reasons, "its date, source or other details are others")
		}
	}
	if d.Tags != p.Tags {
		switch {
		case d.Rules != p.Rules && d.Text != p.Text:
			reasons = append(reasons, fmt.Sprintf("its tags are others with that text, or under the rules %s (were %s)", p.Rules, d.Rules))
		case d.Rules != p.Rules:
			reasons = append(reasons, fmt.Sprintf("its tags are others under the rules %s (were %s)", p.Rules, d.Rules))
		default:
			reasons = append(reasons, "its tags are others with its text")
		}
	}
	return reasons
}

// whyGone says why an article is not there; the zero value is one that never was.
func whyGone(r archive.Removal) string {
	switch {
	case r.Forgotten:
		return "it was forgotten, " + minute(r.Removed)
	case r.ID != "":
		return "none of its captures gives an article any more, since " + minute(r.Removed)
	}
	return "this archive never had it"
}

// whyGained says why an article is in an answer that was not in the bundle's.
func whyGained(m Manifest, from string, p archive.Provenance) string {
	switch {
	case m.Archive.ID != from:
		return "this is another archive than that of the bundle"
	case m.Archive.Seq >= p.Seq:
		return "nothing of it has changed: the program or the sources' data decide otherwise"
	case p.FirstSeen > created(m):
		return "it was first fetched since, " + minute(p.FirstSeen)
	case p.LastChange > created(m):
		return fmt.Sprintf("its text changed: revision %d, fetched %s", p.Revision, minute(p.LastChange))
	case p.Rules != m.Rules:
		return fmt.Sprintf("it was tagged under the rules %s (were %s)", p.Rules, m.Rules)
	}
	return "it was read or tagged again since"
}

// created is the time of a manifest as the archive writes times.
func created(m Manifest) string { return strings.TrimSuffix(m.Created, "Z") + ".000Z" }

// minute cuts a time of the archive to what people want of it.
func minute(t string) string {
	if len(t) < len("2006-01-02T15:04") {
		return t
	}
	return strings.Replace(t[:len("2006-01-02T15:04")], "T", " ", 1) + " UTC"
}
