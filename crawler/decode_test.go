package crawler

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"blotter"
	"blotter/internal/race"
)

// encode applies content codings in the order given.
func encode(t testing.TB, body []byte, codings ...string) []byte {
	t.Helper()
	for _, coding := range codings {
		var out bytes.Buffer
		var w io.WriteCloser
		var err error
		switch coding {
		case "gzip", "x-gzip":
			w = gzip.NewWriter(&out)
		case "deflate":
			w = zlib.NewWriter(&out)
		case "raw deflate":
			w, err = flate.NewWriter(&out, flate.DefaultCompression)
		case "br":
			w = brotli.NewWriter(&out)
		case "zstd":
			w, err = zstd.NewWriter(&out)
		default:
			t.Fatalf("no encoder for %q", coding)
		}
		if err == nil {
			_, err = w.Write(body)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		body = out.Bytes()
	}
	return body
}

func coded(names ...string) blotter.Header { return blotter.Header{"Content-Encoding": names} }

func TestDecode(t *testing.T) {
	text := []byte(strings.Repeat("Officers seized the parcel on Tuesday. ", 400))
	gz := encode(t, text, "gzip")
	// RFC 8878: magic number, a descriptor of nothing, a window of 64 MiB, one raw block of a letter.
	wide := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 16 << 3, 1<<3 | 1, 0, 0, 'a'}
	const limit = 1 << 20
	tests := []struct {
		name   string
		header blotter.Header
		body   []byte
		max    int64
		want   blotter.Reason // "" for text
	}{
		{"none", nil, text, limit, ""},
		{"identity", coded("identity"), text, limit, ""},
		{"gzip", coded("gzip"), gz, limit, ""},
		{"gzip in capitals", coded(" GZIP "), gz, limit, ""},
		{"x-gzip", coded("x-gzip"), gz, limit, ""},
		{"deflate", coded("deflate"), encode(t, text, "deflate"), limit, ""},
		{"deflate without zlib's header", coded("deflate"), encode(t, text, "raw deflate"), limit, ""},
		{"brotli", coded("br"), encode(t, text, "br"), limit, ""},
		{"zstd", coded("zstd"), encode(t, text, "zstd"), limit, ""},
		{"two in one line", coded("gzip, br"), encode(t, text, "gzip", "br"), limit, ""},
		{"two in two lines", coded("zstd", "gzip"), encode(t, text, "zstd", "gzip"), limit, ""},
		{"three", coded("gzip, gzip, gzip"), encode(t, gz, "gzip", "gzip"), limit, ""},
		{"four", coded("gzip, gzip, gzip, gzip"), encode(t, gz, "gzip", "gzip", "gzip"), limit, blotter.ReasonEncoding},
		{"exactly the cap", coded("gzip"), gz, int64(len(text)), ""},
		{"one over the cap", coded("gzip"), gz, int64(len(text)) - 1, blotter.ReasonSize},
		{"plain over the cap", nil, text, int64(len(text)) - 1, blotter.ReasonSize},
		{"unknown", coded("compress"), text, limit, blotter.ReasonEncoding},
		{"unknown under gzip", coded("sdch, gzip"), gz, limit, blotter.ReasonEncoding},
		{"gzip that is none", coded("gzip"), text, limit, blotter.ReasonEncoding},
		{"brotli that is none", coded("br"), text, limit, blotter.ReasonEncoding},
		{"zstd that is none", coded("zstd"), text, limit, blotter.ReasonEncoding},
		{"deflate that is none", coded("deflate"), text, limit, blotter.ReasonEncoding},
		{"gzip cut off", coded("gzip"), gz[:len(gz)-9], limit, blotter.ReasonEncoding},
		{"gzip without its checksum", coded("gzip"), gz[:len(gz)-8], limit, blotter.ReasonEncoding},
		{"brotli cut off", coded("br"), cutTail(encode(t, text, "br")), limit, blotter.ReasonEncoding},
		{"zstd cut off", coded("zstd"), cutTail(encode(t, text, "zstd")), limit, blotter.ReasonEncoding},
		{"zstd with a window wider than HTTP allows", coded("zstd"), wide, limit, blotter.ReasonEncoding},
		{"deflate of one byte", coded("deflate"), []byte{0x78}, limit, blotter.ReasonEncoding},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Decode(test.header, test.body, test.max)
			requireReason(t, err, test.want)
			switch {
			case test.want != "" && got != nil:
				t.Errorf("got %d bytes beside a failure", len(got))
			case test.want == "" && !bytes.Equal(got, text):
				t.Errorf("got %d bytes, want the text of %d", len(got), len(text))
			}
		})
	}
}

func cutTail(b []byte) []byte { return b[:len(b)-2] }

// An answer to a redirect often names a coding and has no body at all.
func TestDecodeEmpty(t *testing.T) {
	got, err := Decode(coded("gzip"), nil, 100)
	if err != nil || len(got) != 0 {
		t.Errorf("Decode of nothing = %d bytes, %v", len(got), err)
	}
}

func TestDecodeBomb(t *testing.T) {
	race.Skip(t)
	zeros := make([]byte, 16<<20)
	const limit = 256 << 10
	for _, codings := range [][]string{{"gzip"}, {"deflate"}, {"br"}, {"zstd"}, {"gzip", "gzip"}, {"zstd", "br"}} {
		bomb := encode(t, zeros, codings...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode(coded(strings.Join(codings, ", ")), bomb, limit)
		runtime.ReadMemStats(&after)
		requireReason(t, err, blotter.ReasonSize)
		if took := after.TotalAlloc - before.TotalAlloc; took > 12<<20 {
			t.Errorf("%v: a bomb of %d bytes took %d MiB of memory", codings, len(bomb), took>>20)
		}
	}
}

// TestDecodeLength: how long gzip says that it gets is a guess, and no reason to make room for what a short answer cannot hold.
func TestDecodeLength(t *testing.T) {
	page := bytes.Repeat([]byte("Officers seized twelve pistols. "), 10)
	packed := encode(t, page, "gzip")
	for _, says := range []uint32{0, 1, 1 << 31} {
		binary.LittleEndian.PutUint32(packed[len(packed)-4:], says)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode(coded("gzip"), packed, 8<<20)
		runtime.ReadMemStats(&after)
		requireReason(t, err, blotter.ReasonEncoding)
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
			t.Errorf("%d bytes that say they are %d took %d KiB of memory", len(packed), says, took>>10)
		}
	}
	two := append(encode(t, page, "gzip"), encode(t, page[:32], "gzip")...) // the last length is that of the last member
	if got, err := Decode(coded("gzip"), two, 8<<20); err != nil || len(got) != len(page)+32 {
		t.Errorf("two members give %d bytes, %v", len(got), err)
	}
}

// A document that was kept as it was sent is unpacked with the same care.
func TestListBomb(t *testing.T) {
	race.Skip(t)
	bomb := encode(t, make([]byte, 64<<20), "gzip")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := List(blotter.Page{Body: bomb}, blotter.Source{})
	runtime.ReadMemStats(&after)
	requireReason(t, err, blotter.ReasonSize)
	if took := after.TotalAlloc - before.TotalAlloc; took > 48<<20 {
		t.Errorf("a bomb of %d bytes took %d MiB of memory", len(bomb), took>>20)
	}
}

func FuzzDecode(f *testing.F) {
	text := []byte("Two people were charged on Friday.")
	for _, coding := range []string{"gzip", "deflate", "br", "zstd"} {
		f.Add(coding, encode(f, text, coding))
		f.Add(coding+", gzip", encode(f, text, coding, "gzip"))
	}
	f.Fuzz(func(t *testing.T, codings string, body []byte) {
		const limit = 4 << 10
		got, err := Decode(coded(codings), body, limit)
		if len(got) > limit {
			t.Fatalf("%d bytes, cap is %d", len(got), limit)
		}
		if err != nil && !hasReason(err, blotter.ReasonEncoding) && !hasReason(err, blotter.ReasonSize) {
			t.Fatalf("error %v is neither encoding nor size", err)
		}
	})
}
