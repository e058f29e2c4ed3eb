package bundle

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"blotter"
	"blotter/archive"
	"blotter/internal/golden"
	"blotter/internal/others"
)

func article(n int) blotter.Article {
	url := fmt.Sprintf("https://herald.example/%d", n)
	return blotter.Article{
		ID: blotter.ArticleID(url), URL: url, Source: "herald", Title: fmt.Sprintf("Rifles seized, part %d", n), Body: "Police seized two rifles.",
		Lang: "en", Revision: 1, FirstSeen: time.Date(2026, 4, n, 9, 0, 0, 0, time.UTC), Rules: "rules-1",
		Tags: []blotter.Tag{{
			Tag: "seizure", Status: blotter.Reported, Rule: "seizure",
			Evidence: []blotter.Evidence{{Field: "body", Start: 0, End: 25, Quote: "Police seized two rifles.", Status: blotter.Reported}},
			Facts:    []blotter.Fact{{Name: "quantity", Value: "2", Unit: "firearm", Quote: "two rifles"}},
		}},
	}
}

func provenance(n int) archive.Provenance {
	a := article(n)
	return archive.Provenance{
		ID: a.ID, URL: a.URL, Revision: 1, Seq: int64(n), Text: fmt.Sprintf("text-%d", n), Details: "details", Tags: fmt.Sprintf("tags-%d", n), Rules: "rules-1",
		Capture: int64(n), Stamp: "1", WARC: "blotter-1.warc.gz", Offset: int64(1000 * n), Record: fmt.Sprintf("<urn:uuid:%d>", n), Payload: "payload",
		FirstSeen: "2026-04-01T09:00:00.000Z", LastChange: "2026-04-01T09:00:00.000Z",
	}
}

// input is a bundle of n articles.
func input(n int) Input {
	all := map[string]archive.Provenance{}
	for i := range n {
		all[article(i+1).ID] = provenance(i + 1)
	}
	day := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	return Input{
		Manifest: Manifest{
			Created: "2026-05-01T12:00:00Z", Program: "blotter 1.0", Rules: "rules-1", Extractor: 1,
			Query:   Query{"@guns AND seized", "@guns seized", "(rifle OR pistol) AND seized"},
			Archive: Archive{"ARCHIVE", 7},
			Sources: []Source{
				{ID: "herald", Name: "The Herald", URL: "https://herald.example/feed", Kind: "feed", Country: "gb", Licence: "OGL-3.0", Polls: 3, Failed: 1,
					First: "2026-04-01", Last: "2026-05-01"},
				{ID: "idle", Name: "Never asked"},
			},
		},
		Rules: fstest.MapFS{"guns.yaml": {Data: []byte("id: guns\n")}, "notes.txt": {Data: []byte("secret\n")}},
		Days: []archive.Day{
			{Source: "herald", Day: day(4, 1), Asked: 1}, {Source: "herald", Day: day(4, 2), Asked: 1, Failed: map[blotter.Reason]int{blotter.ReasonTimeout: 1}},
			{Source: "herald", Day: day(5, 1), Asked: 1},
		},
		Each: func(_ context.Context, do func(blotter.Article) error) error {
			for i := range n {
				if err := do(article(i + 1)); err != nil {
					return err
				}
			}
			return nil
		},
		Provenance: func(_ context.Context, ids []string) (found []archive.Provenance, _ error) {
			for _, id := range ids {
				if p, ok := all[id]; ok {
					found = append(found, p)
				}
			}
			return found, nil
		},
	}
}

func write(t *testing.T, in Input) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := Write(t.Context(), &b, in); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// files are the files in a bundle.
func files(t *testing.T, bundle []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(text)
	}
	return all
}

// packed is a zip file with these files.
func packed(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "b.zip")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWrite(t *testing.T) {
	bundle := write(t, input(2))
	all := files(t, bundle)
	for _, name := range []string{"manifest.json", "datapackage.json", "codebook.md", "README.md", "coverage.csv", "provenance.jsonl", "facts.csv"} {
		golden.Compare(t, filepath.Join("testdata", name), all[name])
	}
	if len(all) != 13 || all["rules/notes.txt"] != "" || all["rules/guns.yaml"] == "" {
		t.Errorf("the files are %d, with the notes %q", len(all), all["rules/notes.txt"])
	}
	if !bytes.Equal(bundle, write(t, input(2))) {
		t.Error("the same input makes another bundle")
	}
}

func TestWriteFullText(t *testing.T) {
	in := input(1)
	in.Options.FullText = true
	all := files(t, write(t, in))
	if !strings.Contains(all["articles.csv"], "Police seized two rifles.\n") || strings.Count(all["evidence.csv"], "Police seized") != 1 {
		t.Errorf("articles %q, evidence %q", all["articles.csv"], all["evidence.csv"])
	}
}

// TestWriteStale counts the articles that other rules have tagged, and ends when an article leaves meanwhile.
func TestWriteStale(t *testing.T) {
	in := input(2)
	in.Manifest.Rules = "rules-2"
	if m, err := Write(t.Context(), io.Discard, in); err != nil || m.Stale != 2 {
		t.Errorf("%d stale, %v", m.Stale, err)
	}
	in.Provenance = func(context.Context, []string) ([]archive.Provenance, error) { return nil, nil }
	if _, err := Write(t.Context(), io.Discard, in); err == nil || !strings.Contains(err.Error(), "has left the archive") {
		t.Errorf("error %v", err)
	}
}

func TestOpen(t *testing.T) {
	whole := files(t, write(t, input(2)))
	b, err := Open(packed(t, whole))
	if err != nil || len(b.Articles) != 2 || b.Manifest.Query.Expanded != "(rifle OR pistol) AND seized" || b.Articles[1].Offset != 2000 {
		t.Fatalf("%+v, %v", b, err)
	}
	// Beside a manifest some files may be missing, but not the one that a replay needs.
	dir := t.TempDir()
	for _, name := range []string{manifestFile, provenanceFile, "articles.csv"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(whole[name]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err = Open(filepath.Join(dir, manifestFile))
	if err != nil || len(b.Articles) != 2 || len(b.Missing) != 10 {
		t.Errorf("missing %q, %v", b.Missing, err)
	}
	if err := os.Remove(filepath.Join(dir, provenanceFile)); err != nil {
		t.Fatal(err)
	}
	if _, err = Open(filepath.Join(dir, manifestFile)); err == nil || !strings.Contains(err.Error(), provenanceFile) {
		t.Errorf("error %v", err)
	}
}

// TestOpenDamaged: what is not as it was is never taken for good.
func TestOpenDamaged(t *testing.T) {
	whole := files(t, write(t, input(2)))
	manifest := func(change func(m *Manifest)) func(map[string]string) {
		return func(all map[string]string) {
			var m Manifest
			if err := json.Unmarshal([]byte(all[manifestFile]), &m); err != nil {
				t.Fatal(err)
			}
			change(&m)
			text, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			all[manifestFile] = string(text)
		}
	}
	tests := []struct {
		name   string
		change func(map[string]string)
		err    string
	}{
		{"edited", func(all map[string]string) { all["articles.csv"] += "x" }, "articles.csv is not as it was"},
		{"shortened", func(all map[string]string) { all["facts.csv"] = all["facts.csv"][1:] }, "facts.csv is not as it was"},
		{"without a file", func(all map[string]string) { delete(all, "rules/guns.yaml") }, "rules/guns.yaml"},
		{"without a manifest", func(all map[string]string) { delete(all, manifestFile) }, "manifest.json"},
		{"no JSON", func(all map[string]string) { all[manifestFile] = "{" }, "manifest.json: unexpected end"},
		{"newer", manifest(func(m *Manifest) { m.Format = 2 }), "of format 2, and this program knows 1 to 1; use a newer one"},
		{"climbing out", manifest(func(m *Manifest) { m.Files[0].Name = "../../etc/passwd" }), "which is no name in a bundle"},
		{"negative", manifest(func(m *Manifest) { m.Files[0].Bytes = -5 }), "is not as it was"},
		{"without origins", manifest(func(m *Manifest) { m.Files = m.Files[:3] }), "does not name provenance.jsonl"},
	}
	for _, test := range tests {
		all := maps.Clone(whole)
		test.change(all)
		if _, err := Open(packed(t, all)); err == nil || !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.err)
		}
	}
	hostile := map[string]string{
		"long":  strings.Repeat(" ", 1<<20),
		"lines": strings.Repeat("{}\n", 100),
	}
	for name, text := range hostile {
		all := maps.Clone(whole)
		all[provenanceFile] = text
		manifest(func(m *Manifest) {
			for i := range m.Files {
				if m.Files[i].Name == provenanceFile {
					m.Files[i].Bytes, m.Files[i].SHA256 = int64(len(text)), fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
				}
			}
		})(all)
		if _, err := Open(packed(t, all)); err == nil || !strings.Contains(err.Error(), provenanceFile) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	short := write(t, input(2))
	path := filepath.Join(t.TempDir(), "short.zip")
	if err := os.WriteFile(path, short[:len(short)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "not a whole one") {
		t.Errorf("error %v", err)
	}
}

func TestCompare(t *testing.T) {
	in := input(3)
	path := packed(t, files(t, write(t, in)))
	b, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	all := []archive.Provenance{provenance(1), provenance(2), provenance(3)}
	changed := func(n int, change func(p *archive.Provenance)) []archive.Provenance {
		p := provenance(n)
		change(&p)
		now := append([]archive.Provenance{}, all...)
		return append(append(now[:n-1:n-1], p), now[n:]...)
	}
	both := func(now []archive.Provenance) Answer { return Answer{Found: now, There: now} }
	fresh := provenance(4)
	fresh.Seq = 9
	gained := func(change func(p *archive.Provenance)) Answer {
		p := fresh
		change(&p)
		return Answer{Found: append(all[:3:3], p), There: all}
	}
	tests := []struct {
		name   string
		answer Answer
		want   string
	}{
		{"the same", both(all), ""},
		{"retagged alike", both(changed(1, func(p *archive.Provenance) { p.Rules = "rules-2"; p.Seq = 9 })), ""},
		{"corrected", both(changed(2, func(p *archive.Provenance) { p.Text, p.Revision, p.LastChange = "x", 2, "2026-06-01T10:11:12.000Z" })),
			"changed 2: its text changed: revision 1 is now 2, fetched 2026-06-01 10:11 UTC"},
		{"extractor", both(changed(2, func(p *archive.Provenance) { p.Text, p.Stamp = "x", "2" })),
			"changed 2: its page was read again by another extractor, or other reading rules, with another text"},
		{"date", both(changed(2, func(p *archive.Provenance) { p.Details, p.Stamp = "x", "2" })),
			"changed 2: its date or other details were read otherwise, by another extractor or other reading rules"},
		{"source", both(changed(2, func(p *archive.Provenance) { p.Details = "x" })), "changed 2: its date, source or other details are others"},
		{"rules", both(changed(3, func(p *archive.Provenance) { p.Tags, p.Rules = "x", "rules-2" })),
			"changed 3: its tags are others under the rules rules-2 (were rules-1)"},
		{"text and tags", both(changed(3, func(p *archive.Provenance) { p.Text, p.Revision, p.Tags = "y", 2, "x" })),
			"changed 3: its text changed: revision 1 is now 2, fetched 2026-04-01 09:00 UTC; its tags are others with its text"},
		{"forgotten", Answer{Found: all[1:], There: all[1:], Removed: []archive.Removal{{ID: article(1).ID, Removed: "2026-06-01T10:11:12.000Z", Forgotten: true}}},
			"lost 1: it was forgotten, 2026-06-01 10:11 UTC"},
		{"removed", Answer{Found: all[1:], There: all[1:], Removed: []archive.Removal{{ID: article(1).ID, Removed: "2026-06-01T10:11:12.000Z"}}},
			"lost 1: none of its captures gives an article any more, since 2026-06-01 10:11 UTC"},
		{"elsewhere", Answer{Found: all[1:], There: all[1:]}, "lost 1: this archive never had it"},
		{"not found", Answer{Found: all[1:], There: all}, "lost 1: nothing of it has changed: the program or the sources' data decide otherwise"},
		{"not found any more", Answer{Found: all[1:], There: changed(1, func(p *archive.Provenance) { p.Tags, p.Rules = "", "rules-2" })},
			"lost 1: its tags are others under the rules rules-2 (were rules-1)"},
		{"fetched", gained(func(p *archive.Provenance) { p.FirstSeen = "2026-06-01T10:11:12.000Z" }),
			"gained 4: it was first fetched since, 2026-06-01 10:11 UTC"},
		{"corrected into it", gained(func(p *archive.Provenance) { p.LastChange, p.Revision = "2026-06-01T10:11:12.000Z", 2 }),
			"gained 4: its text changed: revision 2, fetched 2026-06-01 10:11 UTC"},
		{"tagged into it", gained(func(p *archive.Provenance) { p.Rules = "rules-2" }),
			"gained 4: it was tagged under the rules rules-2 (were rules-1)"},
		{"read into it", gained(func(p *archive.Provenance) {}), "gained 4: it was read or tagged again since"},
		{"was there", gained(func(p *archive.Provenance) { p.Seq = 3 }), "gained 4: nothing of it has changed: the program or the sources' data decide otherwise"},
	}
	if got := Compare(b, Answer{Found: append(all[:3:3], fresh), There: all, Archive: "OTHER"}); len(got) != 1 || !strings.Contains(got[0].Reasons[0], "another archive") {
		t.Errorf("in another archive: %v", got)
	}
	for _, test := range tests {
		var got []string
		test.answer.Archive = "ARCHIVE"
		for _, d := range Compare(b, test.answer) {
			got = append(got, d.Kind+" "+filepath.Base(d.URL)+": "+strings.Join(d.Reasons, "; "))
		}
		if strings.Join(got, "\n") != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestFrictionlessValidates has the validator of the specification's makers read a bundle.
func TestFrictionlessValidates(t *testing.T) {
	path := others.Program(t, "frictionless")
	dir := t.TempDir()
	for name, text := range files(t, write(t, input(3))) {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(path, "validate", "--json", "datapackage.json")
	cmd.Dir = dir
	out, err := cmd.Output()
	var report struct {
		Valid bool
		Tasks []struct{ Valid bool }
	}
	if jerr := json.Unmarshal(out, &report); jerr != nil || !report.Valid || len(report.Tasks) != 11 {
		t.Errorf("%v, %v: %d tasks\n%s", err, jerr, len(report.Tasks), out)
	}
}
