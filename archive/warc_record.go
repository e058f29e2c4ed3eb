package archive

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"blotter"
)

// Exchange takes the exchange from a record: from a response or revisit the answer, its transfer encoding undone, from
// a request what was asked, from a resource its block as the body. A revisit has no body, and a response
// counts as asked for by GET. Other records, and answers of other protocols, are an error.
func (r Record) Exchange() (blotter.Exchange, error) {
	x := blotter.Exchange{URL: r.URL, Started: r.Date, Remote: r.Header.Value("Warc-Ip-Address")}
	switch r.Type {
	case "resource", "conversion":
		x.Body = r.Block
		if r.ContentType != "" {
			x.Header = blotter.Header{"Content-Type": {r.ContentType}}
		}
		return x, nil
	case "request", "response", "revisit":
	default:
		return x, fmt.Errorf("a record of type %q holds no exchange", r.Type)
	}
	if r.Type == "revisit" && len(r.Block) == 0 {
		x.Method = "GET"
		return x, nil
	}
	first, header, body := splitHead(r.Block)
	part := strings.Fields(first)
	if r.Type == "request" {
		if len(part) < 3 || !strings.HasPrefix(part[len(part)-1], "HTTP/") {
			return x, errors.New("the block is no HTTP request")
		}
		x.Method, x.Proto, x.Request = part[0], r.proto(part[len(part)-1]), header
		return x, nil
	}
	if len(part) < 2 || !strings.HasPrefix(part[0], "HTTP/") {
		return x, errors.New("the block is no HTTP answer")
	}
	status, err := strconv.Atoi(part[1])
	if err != nil || status < 100 || status > 999 {
		return x, fmt.Errorf("the status of the answer is %q", part[1])
	}
	x.Method, x.Proto, x.Status, x.Header, x.Body = "GET", r.proto(part[0]), status, header, body
	if strings.EqualFold(header.Value("Transfer-Encoding"), "chunked") {
		x.Body = unchunk(body)
	}
	return x, nil
}

// proto is the version of HTTP that was spoken: a WARC record shows later ones as HTTP/1.1.
func (r *Record) proto(line string) string {
	for _, p := range r.Header["Warc-Protocol"] {
		switch p {
		case "h2":
			return "HTTP/2.0"
		case "h3":
			return "HTTP/3.0"
		}
	}
	return line
}

// splitHead parts an HTTP message into its first line, its header and its body.
func splitHead(b []byte) (first string, h blotter.Header, body []byte) {
	line := func() string {
		l, rest, _ := bytes.Cut(b, []byte("\n"))
		b = rest
		return string(bytes.TrimSuffix(l, []byte("\r")))
	}
	first = line()
	h = make(blotter.Header, 16)
	last := ""
	for len(b) > 0 {
		l := line()
		if l == "" {
			break
		}
		last = addField(h, l, last)
	}
	return first, h, b
}

// unchunk undoes the chunked transfer encoding. Some writers undo it and leave the header as it was: a body that
// does not begin with a chunk is taken as it stands, and so is what follows a chunk that breaks off.
func unchunk(b []byte) []byte {
	var out []byte
	rest := b
	for {
		line, after, ok := bytes.Cut(rest, []byte("\n"))
		digits, _, _ := bytes.Cut(line, []byte(";"))
		size, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 31)
		if !ok || err != nil || size > uint64(len(after)) {
			if out == nil {
				return b
			}
			return append(out, rest...)
		}
		if size == 0 {
			return out
		}
		out = append(out, after[:size]...)
		rest = bytes.TrimPrefix(bytes.TrimPrefix(after[size:], []byte("\r")), []byte("\n"))
		if len(rest) == 0 {
			return out
		}
	}
}

// Verify compares the block and the payload with the digests that the record gives of them, where it does and the
// algorithm is known. The payload of a revisit stands in another record.
func (r Record) Verify() error {
	if r.Type == "revisit" {
		return nil
	}
	if err := verify(r.Header.Value("Warc-Block-Digest"), r.Block); err != nil {
		return fmt.Errorf("warc record at byte %d: block: %w", r.Offset, err)
	}
	payload := [][]byte{r.Block}
	if strings.HasPrefix(r.ContentType, "application/http") {
		_, _, body := splitHead(r.Block)
		payload = [][]byte{body, unchunk(body)} // writers differ
	}
	var err error
	for _, b := range payload {
		if err = verify(r.Header.Value("Warc-Payload-Digest"), b); err == nil {
			return nil
		}
	}
	return fmt.Errorf("warc record at byte %d: payload: %w", r.Offset, err)
}

// vouched says that the block matches a digest that the record gives of it.
func (r *Record) vouched() bool {
	given := r.Header.Value("Warc-Block-Digest")
	return digestSum(given, nil) != nil && verify(given, r.Block) == nil
}

// verify compares b with a digest such as sha1:AB…, in base 32, base 64 or hexadecimal digits.
func verify(digest string, b []byte) error {
	sum := digestSum(digest, b)
	if sum == nil {
		return nil // none is given, or of a kind that is not known
	}
	_, want, _ := strings.Cut(digest, ":")
	want = strings.TrimRight(want, "=")
	switch want {
	case base64.RawStdEncoding.EncodeToString(sum), base64.RawURLEncoding.EncodeToString(sum):
		return nil
	}
	if strings.EqualFold(want, hex.EncodeToString(sum)) ||
		strings.EqualFold(want, base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum)) {
		return nil
	}
	return fmt.Errorf("does not match its digest %s", digest)
}

// digestSum is the sum of b by the algorithm that a digest names, nil for one that is not known.
func digestSum(digest string, b []byte) []byte {
	algorithm, _, _ := strings.Cut(digest, ":")
	switch strings.ToLower(algorithm) {
	case "sha1":
		sum := sha1.Sum(b)
		return sum[:]
	case "sha256":
		sum := sha256.Sum256(b)
		return sum[:]
	case "sha512":
		sum := sha512.Sum512(b)
		return sum[:]
	case "md5":
		sum := md5.Sum(b)
		return sum[:]
	}
	return nil
}
