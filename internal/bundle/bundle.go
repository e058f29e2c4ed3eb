// Package bundle makes of the answer to a query what a paper can cite and others can check: a zip file with the rows, the
// citations, a codebook, the rules in force, where each article came from, and a manifest ([Manifest]) with which the query
// can be put again. [Compare] names what is different then, and why.
//
// [Write] streams: the articles go through once, into temporary files, so that memory does not grow with the answer. The
// same archive, query and program make the same bytes but for the time of making, which stands in the manifest alone.
// [Open] trusts nothing in a bundle before its digest is right.
package bundle

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/internal/export"
)

// Format is the version of the manifest's form.
const Format = 1

// Manifest says what a bundle holds and how to make it again.
type Manifest struct {
	Format    int      `json:"format"`
	Created   string   `json:"created"` // UTC, RFC 3339
	Program   string   `json:"program"`
	Query     Query    `json:"query"`
	Archive   Archive  `json:"archive"`
	Rules     string   `json:"rules"`     // the hash of the rule pack in force
	Extractor int      `json:"extractor"` // the version of what reads pages
	Articles  int      `json:"articles"`
	Stale     int      `json:"stale,omitempty"` // articles that other rules have tagged: the archive was not updated before
	Sources   []Source `json:"sources"`         // of the articles, and all that were asked
	Files     []File   `json:"files"`           // all others of the bundle
}

// Query is the query in its forms.
type Query struct {
	Typed     string `json:"typed"`
	Canonical string `json:"canonical"`
	Expanded  string `json:"expanded"` // with the words of the lists it names; this is what a replay asks
}

// Archive is the archive at the moment of the answer.
type Archive struct {
	ID  string `json:"id"`
	Seq int64  `json:"seq"` // the number of the last change that the answer knows
}

// Source is a source and how it was watched.
type Source struct {
	ID       string `json:"id"`
	Name     string `json:"name,omitempty"`
	URL      string `json:"url,omitempty"`
	Kind     string `json:"kind,omitempty"`
	Country  string `json:"country,omitempty"`
	Licence  string `json:"licence,omitempty"`
	Articles int    `json:"articles"` // in the bundle
	Polls    int    `json:"polls"`    // times it was asked for its list; 0 for an import
	Failed   int    `json:"failed"`   // of those
	First    string `json:"first,omitempty"`
	Last     string `json:"last,omitempty"` // days, UTC
}

// File is a file of the bundle.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Digest is what is known of one article when the bundle was made, one a line of provenance.jsonl.
type Digest struct {
	ID       string `json:"id"`
	URL      string `json:"url"`
	Revision int    `json:"revision"`
	Text     string `json:"text_sha256"`    // of title, a zero byte and body
	Details  string `json:"details_sha256"` // of source, dates, authors, summary, lead and language
	Tags     string `json:"tags_sha256"`    // of the tags with all evidence and facts
	Rules    string `json:"rules"`
	Stamp    string `json:"stamp"` // what read the capture
	Capture  int64  `json:"capture"`
	WARC     string `json:"warc"` // file and byte of the record, its id, and the SHA-256 of its payload
	Offset   int64  `json:"offset"`
	Record   string `json:"record"`
	Payload  string `json:"payload_sha256"`
}

func newDigest(p archive.Provenance) Digest {
	return Digest{p.ID, p.URL, p.Revision, p.Text, p.Details, p.Tags, p.Rules, p.Stamp, p.Capture, p.WARC, p.Offset, p.Record, p.Payload}
}

// Input is what a bundle is made of.
type Input struct {
	Manifest Manifest // but for Articles, Files and the articles of its sources
	Options  export.Options
	Rules    fs.FS         // with the *.yaml files of the rule pack
	Days     []archive.Day // on which sources were asked for their lists

	// Each hands over the articles of the answer.
	Each func(ctx context.Context, do func(blotter.Article) error) error
	// Provenance is that of articles by their ids.
	Provenance func(ctx context.Context, ids []string) ([]archive.Provenance, error)
}

// Files of a bundle.
const (
	manifestFile   = "manifest.json"
	provenanceFile = "provenance.jsonl"
	coverageFile   = "coverage.csv"
)

// table is a file of rows or citations.
type table struct {
	name, format string
	rows         export.Rows
}

var tables = []table{
	{"articles.csv", "csv", export.ByArticle},
	{"articles.parquet", "parquet", export.ByArticle},
	{"evidence.csv", "csv", export.ByEvidence},
	{"facts.csv", "csv", export.ByFact},
	{"citations.ris", "ris", export.ByArticle},
	{"citations.bib", "bibtex", export.ByArticle},
}

// options are those of one table: the text of an article stands in the rows of articles only.
func (t table) options(o export.Options) export.Options {
	o.Rows = t.rows
	o.FullText = o.FullText && t.rows == export.ByArticle
	return o
}

// writer is a bundle that is being made: files in a temporary folder, in the order of the zip file.
type writer struct {
	dir   string
	files []File
}

// Write makes a bundle.
func Write(ctx context.Context, w io.Writer, in Input) (m Manifest, err error) {
	dir, err := os.MkdirTemp("", "blotter-bundle-")
	if err != nil {
		return Manifest{}, err
	}
	b := &writer{dir: dir}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	m = in.Manifest
	m.Format = Format
	if err := b.articles(ctx, in, &m); err != nil {
		return m, err
	}
	if err := b.describe(in, &m); err != nil {
		return m, err
	}
	m.Files = b.files
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	if err := b.add(manifestFile, func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err }); err != nil {
		return m, err
	}
	return m, b.zip(w)
}

// articles writes what has rows, one article after the other into all files.
func (b *writer) articles(ctx context.Context, in Input, m *Manifest) error {
	perSource := map[string]int{}
	var encoders []export.Encoder
	var files []*tempFile
	for _, t := range tables {
		f, err := b.create(t.name)
		if err != nil {
			return err
		}
		defer f.abort()
		e, err := export.New(t.format, f, t.options(in.Options))
		if err != nil {
			return err
		}
		encoders, files = append(encoders, e), append(files, f)
	}
	provenance, err := b.create(provenanceFile)
	if err != nil {
		return err
	}
	defer provenance.abort()
	lines := json.NewEncoder(provenance)
	lines.SetEscapeHTML(false)
	err = in.Each(ctx, func(a blotter.Article) error {
		m.Articles++
		perSource[a.Source]++
		for _, e := range encoders {
			if err := e.Encode(a); err != nil {
				return err
			}
		}
		found, err := in.Provenance(ctx, []string{a.ID})
		if err != nil {
			return err
		}
		if len(found) != 1 {
			return fmt.Errorf("article %s has left the archive meanwhile; make the bundle again", a.ID)
		}
		if found[0].Rules != m.Rules {
			m.Stale++
		}
		return lines.Encode(newDigest(found[0]))
	})
	if err != nil {
		return err
	}
	for i, e := range encoders {
		if err := errors.Join(e.Close(), files[i].close()); err != nil {
			return err
		}
	}
	m.Sources = slices.Clone(m.Sources)
	for i := range m.Sources {
		m.Sources[i].Articles = perSource[m.Sources[i].ID]
	}
	m.Sources = slices.DeleteFunc(m.Sources, func(s Source) bool { return s.Articles+s.Polls == 0 })
	return provenance.close()
}

// describe writes the files about the others.
func (b *writer) describe(in Input, m *Manifest) error {
	if err := b.add("codebook.md", func(w io.Writer) error { return writeCodebook(w, in.Options) }); err != nil {
		return err
	}
	if err := b.add(coverageFile, func(w io.Writer) error { return writeCoverage(w, in.Days) }); err != nil {
		return err
	}
	rules, err := fs.Glob(in.Rules, "*.yaml")
	if err != nil {
		return err
	}
	for _, name := range rules {
		text, err := fs.ReadFile(in.Rules, name)
		if err != nil {
			return err
		}
		if err := b.add("rules/"+name, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
			return err
		}
	}
	if err := b.add("README.md", func(w io.Writer) error { return writeReadme(w, *m) }); err != nil {
		return err
	}
	return b.add("datapackage.json", func(w io.Writer) error { return writePackage(w, in, *m, b.files) })
}

func (b *writer) add(name string, write func(io.Writer) error) error {
	f, err := b.create(name)
	if err != nil {
		return err
	}
	defer f.abort()
	if err := write(f); err != nil {
		return err
	}
	return f.close()
}

// tempFile is a file of the bundle that is being written.
type tempFile struct {
	*bufio.Writer
	of     *writer
	name   string
	file   *os.File
	digest hash.Hash
	bytes  int64
}

func (b *writer) create(name string) (*tempFile, error) {
	path := filepath.Join(b.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	f := &tempFile{of: b, name: name, file: file, digest: sha256.New()}
	f.Writer = bufio.NewWriterSize(writerFunc(f.write), 1<<16)
	return f, nil
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func (f *tempFile) write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	f.digest.Write(p[:n])
	f.bytes += int64(n)
	return n, err
}

// close ends the file and notes it.
func (f *tempFile) close() error {
	err := errors.Join(f.Flush(), f.file.Close())
	f.file = nil
	f.of.files = append(f.of.files, File{f.name, f.bytes, hex.EncodeToString(f.digest.Sum(nil))})
	return err
}

// abort closes the file if it was not.
func (f *tempFile) abort() {
	if f.file != nil {
		_ = f.file.Close()
	}
}

// zip packs the files, all with one time: that of the files would make no two bundles the same.
func (b *writer) zip(w io.Writer) error {
	z := zip.NewWriter(w)
	for _, f := range b.files {
		method := zip.Deflate
		if filepath.Ext(f.Name) == ".parquet" {
			method = zip.Store
		}
		entry, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: method, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return err
		}
		file, err := os.Open(filepath.Join(b.dir, filepath.FromSlash(f.Name)))
		if err != nil {
			return err
		}
		_, err = io.Copy(entry, file)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	return z.Close()
}
