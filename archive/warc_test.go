package archive

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"blotter"
	"blotter/internal/corpora"
	"blotter/internal/others"
)

// raw is a WARC record as other programs write it.
func raw(version, kind, block string, fields ...string) string {
	return fmt.Sprintf("WARC/%s\r\nWARC-Type: %s\r\nWARC-Target-URI: https://example.org/\r\n%sContent-Length: %d\r\n\r\n%s\r\n\r\n",
		version, kind, strings.Join(append(fields, ""), "\r\n"), len(block), block)
}

func zipped(parts ...string) string {
	var b bytes.Buffer
	for _, p := range parts {
		w := gzip.NewWriter(&b)
		io.WriteString(w, p)
		w.Close()
	}
	return b.String()
}

// read prints what ReadWARC makes of a file: type and block of each record, ! for an error.
func read(file string) (string, []error) {
	var s []string
	var errs []error
	for r, err := range ReadWARC(strings.NewReader(file)) {
		mark := ""
		if err != nil {
			mark = "!"
			errs = append(errs, err)
		}
		s = append(s, mark+r.Type+":"+string(r.Block))
	}
	return strings.Join(s, " "), errs
}

func TestReadWARC(t *testing.T) {
	one, two, three := raw("1.0", "resource", "one"), raw("1.1", "resource", "two"), raw("0.17", "resource", "three")
	const all = "resource:one resource:two resource:three"
	broken := func(s string, at int) string { return s[:at] + "\xff\xff\xff\xff" + s[at+4:] }
	z1, z2, z3 := zipped(one), zipped(two), zipped(three)
	tests := []struct{ name, file, want, err string }{
		{"plain", one + two + three, all, ""},
		{"gzip a record", z1 + z2 + z3, all, ""},
		{"several in a member", zipped(one+two) + z3, all, ""},
		{"gzip as a whole", zipped(one + two + three), all, ""},
		{"a record in several members", zipped(one[:40], one[40:]+two, three), all, ""},
		{"empty members", zipped("", one, "", two+three, ""), all, ""},
		{"line feeds only", strings.ReplaceAll(one+two+three, "\r\n", "\n"), all, ""},
		{"blank lines too many", "\r\n" + one + "\r\n\r\n" + two + three + "\r\n", all, ""},
		{"no blank lines at the end", one + two + strings.TrimRight(three, "\r\n"), all, ""},
		{"nothing", "", "", ""},
		{"empty block", raw("1.0", "warcinfo", "") + two, "warcinfo: resource:two", ""},
		{"folded field", strings.Replace(one, "resource\r\n", "\r\n resource\r\n", 1), "resource:one", ""},
		{"zeros behind a member", z1 + "\x00\x00\x00" + z2, "resource:one !: resource:two", "no gzip member at byte"},

		{"garbage before", "rubbish\nmore\n" + one + two, "!: resource:one resource:two", "13 bytes that are no record"},
		{"garbage between", one + "rubbish\r\n" + two, "!resource:one resource:two", "too small"},
		{"garbage behind a block that its digest vouches for",
			raw("1.0", "resource", "one", "WARC-Block-Digest: "+warcDigest([]byte("one"))) + "rubbish\r\n" + two, "resource:one !: resource:two", "no record"},
		{"garbage between members", z1 + "rubbish" + z2, "resource:one !: resource:two", "no gzip member at byte"},
		{"length too small", strings.Replace(one, "Length: 3", "Length: 2", 1) + two, "!resource:on resource:two", "too small"},
		{"length too large", strings.Replace(one, "Length: 3", "Length: 30", 1) + two + three, "!resource:one resource:two resource:three", "too large"},
		{"length huge", strings.Replace(one, "Length: 3", "Length: 99999999999", 1) + two, "!resource:", "more than"},
		{"length beyond the end", one + strings.Replace(two, "Length: 3", "Length: 30", 1), "resource:one !resource:two\r\n\r\n", "unexpected EOF"},
		{"length negative", strings.Replace(one, "Length: 3", "Length: -3", 1) + two, "!resource: resource:two", `content length is "-3"`},
		{"length missing", strings.Replace(one, "Content-Length: 3\r\n", "", 1) + two, "!resource: resource:two", "content length"},
		{"header cut", one[:30] + "\r\n" + two, "!: resource:two", "another record begins"},
		{"cut in the header", one + two[:20], "resource:one !:", "unexpected EOF"},
		{"cut in the block", one + two[:len(two)-6], "resource:one !resource:t", "unexpected EOF"},
		{"member damaged", z1 + broken(z2, 40) + z3, "resource:one !: resource:three", "gzip member at byte"},
		{"member damaged at its head", z1 + "\x1f\x8b\x09" + z2[3:] + z3, "resource:one !: resource:three", "no gzip member"},
		{"digest of a member wrong", z1 + z2[:len(z2)-8] + "\xff\xff\xff\xff" + z2[len(z2)-4:] + z3, "resource:one resource:two !: resource:three", "gzip member at byte"},
		{"member cut", z1 + z2[:len(z2)/2] + z3, "resource:one !: resource:three", "gzip member at byte"},
		{"last member cut", z1 + z2[:30], "resource:one !:", "unexpected EOF"},
		{"no WARC file", "<html></html>", "!:", "no record"},
		{"a record within a block", raw("1.0", "resource", two) + three, "resource:" + two + " resource:three", ""},
	}
	for _, test := range tests {
		got, errs := read(test.file)
		if got != test.want {
			t.Errorf("%s: %q, want %q, %v", test.name, got, test.want, errs)
		}
		if test.err == "" && len(errs) > 0 || test.err != "" && len(errs) != 1 {
			t.Errorf("%s: errors %v", test.name, errs)
		}
		for _, err := range errs {
			wantError(t, err, "warc", "at byte", test.err)
		}
	}
}

func TestReadWARCEnds(t *testing.T) {
	n := 0
	for range ReadWARC(strings.NewReader(raw("1.0", "resource", "one") + raw("1.0", "resource", "two"))) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d records after a break", n)
	}
	disk := errors.New("the disk is gone")
	for _, file := range []string{raw("1.0", "resource", "one"), zipped(raw("1.0", "resource", "one"))} {
		var errs []error
		for _, err := range ReadWARC(io.MultiReader(strings.NewReader(file), iotest.ErrReader(disk))) {
			if err != nil {
				errs = append(errs, err)
			}
		}
		if len(errs) != 1 || !errors.Is(errs[0], disk) {
			t.Errorf("errors %v", errs)
		}
	}
}

func TestExchange(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
	const chunked = head + "Transfer-Encoding: chunked\r\n\r\n"
	tests := []struct{ name, kind, block, want string }{
		{"response", "response", head + "\r\nbody", "GET 200 body"},
		{"line feeds", "response", strings.ReplaceAll(head, "\r", "") + "\nbody", "GET 200 body"},
		{"no reason", "response", "HTTP/1.1 404\r\n\r\nbody", "GET 404 body"},
		{"no body", "response", "HTTP/1.0 204 No Content\r\n\r\n", "GET 204 "},
		{"head only", "response", "HTTP/1.0 204 No Content", "GET 204 "},
		{"chunked", "response", chunked + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", "GET 200 abcde"},
		{"chunked, no end", "response", chunked + "3\r\nabc\r\n", "GET 200 abc"},
		{"chunked in the header only", "response", chunked + "<html>", "GET 200 <html>"},
		{"chunked in the header only, like a number", "response", chunked + "feed\nme", "GET 200 feed\nme"},
		{"chunk too long", "response", chunked + "3\r\nabc\r\nff\r\nde", "GET 200 abcff\r\nde"},
		{"chunk size absurd", "response", chunked + "ffffffffffffffffff\r\nde", "GET 200 ffffffffffffffffff\r\nde"},
		{"revisit", "revisit", head + "\r\n", "GET 200 "},
		{"empty revisit", "revisit", "", "GET 0 "},
		{"resource", "resource", "body", " 0 body"},
		{"request", "request", "POST /a HTTP/1.1\r\nHost: example.org\r\n\r\nx=1", "POST 0 "},
		{"odd request", "request", "hello", "error"},
		{"odd response", "response", "hello", "error"},
		{"odd status", "response", "HTTP/1.1 OK", "error"},
		{"metadata", "metadata", "via: x", "error"},
	}
	for _, test := range tests {
		for r, err := range ReadWARC(strings.NewReader(raw("1.0", test.kind, test.block))) {
			if err != nil {
				t.Fatal(err)
			}
			x, err := r.Exchange()
			got := fmt.Sprintf("%s %d %s", x.Method, x.Status, x.Body)
			if err != nil {
				got = "error"
			}
			if got != test.want || x.URL != "https://example.org/" {
				t.Errorf("%s: %q of %s, %v, want %q", test.name, got, x.URL, err, test.want)
			}
		}
	}
}

func TestVerify(t *testing.T) {
	tests := []struct {
		digest string
		ok     bool
	}{
		{"sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5", true},
		{"sha1:a9993e364706816aba3e25717850c26c9cd0d89d", true},
		{"SHA1:qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", true},
		{"sha1:qZk-NkcGgWq6PiVxeFDCbJzQ2J0", true},
		{"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", true},
		{"md5:900150983cd24fb0d6963f7d28e17f72", true},
		{"crc32:352441c2", true}, // not known: nothing to compare
		{"", true},
		{"sha1:", false},
		{"sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE6", false},
		{"md5:a9993e364706816aba3e25717850c26c9cd0d89d", false},
	}
	for _, test := range tests {
		r := Record{Type: "resource", Header: blotter.Header{"Warc-Block-Digest": {test.digest}}, Block: []byte("abc")}
		if err := r.Verify(); (err == nil) != test.ok {
			t.Errorf("%q: %v", test.digest, err)
		}
	}
}

// Other writers' files. The counts are those of the lines that begin a record in the decompressed files, taken by
// hand with python's zlib and grep.
func TestCorpus(t *testing.T) {
	tests := map[string]struct {
		records int
		err     string // one of them is damaged
	}{
		"iipc/20130729-heritrix-original.warc.gz":                                       {1, ""},
		"iipc/20130729-heritrix-revisit-with-http-headers.warc.gz":                      {1, ""},
		"iipc/20141124-heritrix-server-not-modified.warc.gz":                            {1, ""},
		"iipc/20141129-heritrix-original.warc.gz":                                       {1, ""},
		"iipc/20141129-heritrix-revisit-with-http-headers-and-new-warc-headers.warc.gz": {1, ""},
		"iipc/hello-world.warc":                                                         {6, ""},
		"iipc/hello-world.warc.gz":                                                      {6, ""},
		"warcio/example-bad-non-chunked.warc.gz":                                        {6, ""}, // several records in one member
		"warcio/example-bad.warc.gz.bad":                                                {6, ""}, // the same, with line feeds only
		"warcio/example-digest.warc":                                                    {4, ""},
		"warcio/example-iana.org-chunked.warc":                                          {3, ""},
		"warcio/example-resource.warc.gz":                                               {3, ""},
		"warcio/example-space-in-target-uri.warc.gz":                                    {2, ""},
		"warcio/example-trunc.warc":                                                     {4, "too small"},
		"warcio/example-wget-bad-target-uri.warc.gz":                                    {6, ""},
		"warcio/example-wrong-chunks.warc.gz":                                           {2, ""}, // a record in several members
		"warcio/example.warc":                                                           {6, ""},
		"warcio/example.warc.gz":                                                        {6, ""},
		"warcio/post-test.warc.gz":                                                      {6, ""},
	}
	dir := corpora.Path(t, "warc")
	names, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(names) != len(tests) {
		t.Errorf("%d files, %v, want %d", len(names), err, len(tests))
	}
	for name, test := range tests {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		n := 0
		for r, err := range ReadWARC(f) {
			n++
			if err != nil && (test.err == "" || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("%s: %v", name, err)
			}
			if r.Type == "" || r.Type != "warcinfo" && r.URL == "" || r.Date.IsZero() || strings.ContainsAny(r.URL, "<>") {
				t.Errorf("%s: record %d is %s of %q, %v", name, n, r.Type, r.URL, r.Date)
			}
			if _, err := r.Exchange(); err != nil && r.Type != "warcinfo" && r.Type != "metadata" {
				t.Errorf("%s: record %d: %v", name, n, err)
			}
		}
		f.Close()
		if n != test.records {
			t.Errorf("%s: %d records, want %d", name, n, test.records)
		}
	}
}

// What warcio makes of other writers' files, ReadWARC makes of them: the same records in the same order. Three of them warcio
// gives up, at several records in one member or a record in several: of these its records are the first of ours.
func TestCorpusAsWarcio(t *testing.T) {
	dir, warcio := corpora.Path(t, "warc"), others.Program(t, "warcio")
	names, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%q, %v", names, err)
	}
	givenUp := 0
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var ours strings.Builder
		for r := range ReadWARC(bytes.NewReader(file)) {
			id := ""
			if r.ID != "" {
				id = fmt.Sprintf(", \"warc-record-id\": %q", r.ID)
			}
			fmt.Fprintf(&ours, "{\"warc-type\": %q%s}\n", r.Type, id)
		}
		theirs, err := exec.Command(warcio, "index", "-f", "warc-type,warc-record-id", name).Output()
		if len(theirs) == 0 || !strings.HasPrefix(ours.String(), string(theirs)) {
			t.Errorf("%s: warcio reads\n%s(%v), and we\n%s", name, theirs, err, ours.String())
		}
		if len(theirs) != ours.Len() {
			givenUp++
		}
	}
	if givenUp > 3 {
		t.Errorf("warcio gives %d files up", givenUp)
	}
}

// TestWarcio lets another program verify our files.
func TestWarcio(t *testing.T) {
	python := others.Python(t, "warcio")
	a := small(t, Options{MaxWARC: 1500})
	f := page("s", "https://example.org/1", "", hours(7))
	f.NotModified, f.Exchanges[0].Status, f.Exchanges[0].Proto = true, 304, "HTTP/2.0"
	noise := make([]byte, 200_000) // as what is compressed looks, and more than a block of DEFLATE
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	packed := page("s", "https://example.org/2", string(noise), hours(8))
	packed.Exchanges[0].Header = blotter.Header{"Content-Encoding": {"br"}}
	keep(t, a, f, packed, page("s", "https://example.org/10", "https://example.org/10\nT\nred", hours(8)))
	names, err := filepath.Glob(filepath.Join(a.dir, "warc", "*"))
	if err != nil || len(names) < 2 {
		t.Fatalf("%q, %v", names, err)
	}
	out, err := exec.Command(python, append([]string{"-m", "warcio.cli", "check", "-v"}, names...)...).CombinedOutput()
	if err != nil || strings.Contains(string(out), "failed") {
		t.Errorf("warcio check: %v\n%s", err, out)
	}
	if n := strings.Count(string(out), "digest pass"); n < 10 {
		t.Errorf("warcio verified %d records:\n%s", n, out)
	}
	const list = `
import sys
from warcio.archiveiterator import ArchiveIterator
for name in sys.argv[1:]:
    for r in ArchiveIterator(open(name, 'rb')):
        print(r.rec_type, r.rec_headers.get_header('WARC-Record-ID'), len(r.raw_stream.read()))`
	out, err = exec.Command(python, append([]string{"-c", list}, names...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var want strings.Builder
	for _, r := range records(t, a) {
		x, _ := r.Exchange()
		size := len(x.Body)
		if r.Type == "warcinfo" || r.Type == "metadata" {
			size = len(r.Block)
		}
		fmt.Fprintln(&want, r.Type, r.ID, size)
	}
	if string(out) != want.String() {
		t.Errorf("warcio reads\n%s, want\n%s", out, want.String())
	}
}

func FuzzReadWARC(f *testing.F) {
	one, two := raw("1.0", "resource", "one"), raw("1.1", "response", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
	for _, seed := range []string{one + two, zipped(one, two), zipped(one + two), zipped(one) + "x" + zipped(two), strings.Replace(one, "Length: 3", "Length: 30", 1) + two} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		n, total := 0, 0
		for r, err := range ReadWARC(bytes.NewReader(file)) {
			n++
			total += len(r.Block)
			if n > len(file)+2 {
				t.Fatalf("%d records or errors in %d bytes", n, len(file))
			}
			if err == nil && r.Version == "" {
				t.Fatalf("a record without a version: %+v", r)
			}
			r.Exchange()
			r.Origin()
			r.Verify()
		}
	})
}
