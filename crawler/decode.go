package crawler

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"blotter"
)

const (
	// maxCodings bounds how many content codings may lie over each other. One is usual, two is a misconfigured proxy.
	maxCodings = 3
	// zstdWindow is the largest window that the zstd coding of HTTP may use (RFC 9659).
	zstdWindow = 8 << 20
)

// Decode undoes the Content-Encoding that h names, gzip, deflate, br or zstd, up to three over each other, and
// returns body itself when there is none. The result of each step may have max bytes at most. It fails with
// ReasonSize over that, and with ReasonEncoding for an unknown coding and for data that is damaged or cut off: there
// is no half result.
func Decode(h blotter.Header, body []byte, max int64) ([]byte, error) {
	data, err := decode(h, body, max)
	if err != nil {
		return nil, err
	}
	return data, nil
}

// decode is Decode, except that it returns the first max bytes beside a failure of ReasonSize.
func decode(h blotter.Header, body []byte, max int64) ([]byte, error) {
	codings := contentCodings(h)
	if len(codings) > maxCodings {
		return nil, blotter.Fail(blotter.ReasonEncoding, "%d content codings over each other", len(codings))
	}
	// The codings stand in the order in which they were applied.
	for i := len(codings) - 1; i >= 0 && len(body) > 0; i-- {
		var err error
		if body, err = inflate(codings[i], body, max); err != nil {
			return body, err
		}
	}
	if int64(len(body)) > max {
		return body[:max], tooLarge(max)
	}
	return body, nil
}

// contentCodings lists the codings that h names in lower case, without identity.
func contentCodings(h blotter.Header) []string {
	var codings []string
	for _, line := range h["Content-Encoding"] {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.ToLower(strings.TrimSpace(name))
			if name != "" && name != "identity" {
				codings = append(codings, name)
			}
		}
	}
	return codings
}

// inflate undoes one coding, as far as max bytes.
func inflate(coding string, body []byte, max int64) ([]byte, error) {
	r, err := decoder(coding, bytes.NewReader(body))
	if err != nil {
		return nil, undecodable(coding, err)
	}
	defer r.Close()
	var out bytes.Buffer
	out.Grow(int(min(guess(coding, body), max)) + bytes.MinRead)
	n, err := out.ReadFrom(io.LimitReader(r, max+1))
	switch {
	case n > max:
		return out.Bytes()[:max], tooLarge(max)
	case err != nil:
		return nil, undecodable(coding, err)
	}
	return out.Bytes(), nil
}

// guess is how long the text may be: a guess that is right saves copying the page while the buffer grows. Markup packs about
// five to one. The last four bytes of gzip say it (RFC 1952), and are believed as far as markup may pack.
func guess(coding string, body []byte) int64 {
	n := int64(len(body))
	if end := len(body) - 4; strings.HasSuffix(coding, "gzip") && end > 0 {
		return min(int64(binary.LittleEndian.Uint32(body[end:])), 20*n)
	}
	return 5 * n
}

var errUnknownCoding = errors.New("unknown content coding")

func decoder(coding string, r *bytes.Reader) (io.ReadCloser, error) {
	switch coding {
	case "gzip", "x-gzip":
		z := unzippers.Get().(*unzipper)
		return z, z.Reset(r)
	case "deflate":
		return inflater(r)
	case "br":
		return io.NopCloser(brotli.NewReader(r)), nil
	case "zstd":
		// One at a time, or the decoder starts goroutines of its own.
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return nil, errUnknownCoding
}

// unzippers are decoders of gzip, whose tables and window are as large as many a page.
var unzippers = sync.Pool{New: func() any { return new(unzipper) }}

// unzipper is one that goes back when it is closed.
type unzipper struct{ gzip.Reader }

func (z *unzipper) Close() error {
	err := z.Reader.Close()
	unzippers.Put(z)
	return err
}

// inflater reads deflate, which is zlib by the standard (RFC 9110) and without zlib's header from many servers.
func inflater(r io.Reader) (io.ReadCloser, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(2)
	if err != nil {
		return nil, err
	}
	// RFC 1950: method 8 in the low bits, and the two bytes together a multiple of 31.
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}

func undecodable(coding string, err error) error {
	if errors.Is(err, errUnknownCoding) {
		return blotter.Fail(blotter.ReasonEncoding, "unknown content coding %q", coding)
	}
	return blotter.Fail(blotter.ReasonEncoding, "%s: %v", coding, err)
}

func tooLarge(max int64) error {
	return blotter.Fail(blotter.ReasonSize, "more than %s", byteCount(max))
}

// byteCount writes n as people read it.
func byteCount(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
