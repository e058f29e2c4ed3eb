package archive

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base32"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"blotter"
)

// The profiles of a revisit record, as WARC/1.1 names them.
const (
	profileSame        = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
	profileNotModified = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
)

// The content types of records.
const (
	typeFields   = "application/warc-fields"
	typeRequest  = "application/http; msgtype=request"
	typeResponse = "application/http; msgtype=response"
)

// warcRecord is a record to be written.
type warcRecord struct {
	kind   string
	id     string
	date   time.Time
	target string
	fields [][2]string // further fields, empty ones are left out
	media  string      // Content-Type
	block  []byte
	packed bool // most of block is compressed already
}

// warcTime is the layout of WARC-Date: WARC/1.1 allows fractions, and an archive of one host needs them for order.
const warcTime = timeLayout

func (r *warcRecord) write(w io.Writer) error {
	b := make([]byte, 0, 1024)
	b = append(b, "WARC/1.1\r\n"...)
	field := func(name, value string) {
		if value != "" {
			b = append(append(append(append(b, name...), ": "...), value...), "\r\n"...)
		}
	}
	field("WARC-Type", r.kind)
	field("WARC-Record-ID", r.id)
	field("WARC-Date", r.date.UTC().Format(warcTime))
	field("WARC-Target-URI", fieldValue(r.target))
	for _, f := range r.fields {
		field(f[0], fieldValue(f[1]))
	}
	field("WARC-Block-Digest", warcDigest(r.block))
	field("Content-Type", r.media)
	field("Content-Length", strconv.Itoa(len(r.block)))
	b = append(b, "\r\n"...)
	for _, part := range [][]byte{b, r.block, []byte("\r\n\r\n")} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// warcDigest is a digest as the WARC tools expect it. They agree on SHA-1 in base 32: warcio and pywb verify it,
// and it is the column of every CDX index. That SHA-1 can be forged is no matter here, since the database keeps a
// SHA-256 of each payload.
func warcDigest(b []byte) string {
	sum := sha1.Sum(b)
	return "sha1:" + base32.StdEncoding.EncodeToString(sum[:])
}

// newRecordID returns a random record id, a UUID of version 4.
func newRecordID() string {
	var u [16]byte
	rand.Read(u[:])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return fmt.Sprintf("<urn:uuid:%x-%x-%x-%x-%x>", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// warcinfo is the record that begins a file; about says more of what it holds.
func warcinfo(name, software, archive string, now time.Time, about ...[2]string) *warcRecord {
	return &warcRecord{
		kind: "warcinfo", id: newRecordID(), date: now, media: typeFields,
		fields: [][2]string{{"WARC-Filename", name}},
		block: warcFields(append([][2]string{
			{"software", software},
			{"format", "WARC File Format 1.1"},
			{"conformsTo", "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"},
			{"isPartOf", archive},
		}, about...)),
	}
}

// warcFields is a block of type application/warc-fields.
func warcFields(fields [][2]string) []byte {
	var b []byte
	for _, f := range fields {
		if f[1] != "" {
			b = fmt.Appendf(b, "%s: %s\r\n", f[0], fieldValue(f[1]))
		}
	}
	return b
}

// fieldValue keeps a value on its line.
func fieldValue(s string) string {
	if !strings.ContainsAny(s, "\r\n\x00") {
		return s
	}
	return blotter.CleanLine(s)
}

// earlier is a capture that a new answer repeats.
type earlier struct {
	record, url, date string
}

func (e earlier) fields(profile string) [][2]string {
	return [][2]string{
		{"WARC-Profile", profile}, {"WARC-Refers-To", e.record},
		{"WARC-Refers-To-Target-URI", e.url}, {"WARC-Refers-To-Date", e.date},
	}
}

// answerRecord is the record of the answer in x: a resource when nothing was asked, else a response.
func answerRecord(x *blotter.Exchange) *warcRecord {
	r := &warcRecord{
		kind: "response", id: newRecordID(), date: x.Started, target: x.URL, media: typeResponse,
		fields: [][2]string{
			{"WARC-IP-Address", x.Remote}, {"WARC-Protocol", warcProtocol(x.Proto)},
			{"WARC-Payload-Digest", warcDigest(x.Body)},
		},
	}
	if x.Method == "" {
		r.kind, r.media, r.block = "resource", x.Header.Value("Content-Type"), x.Body
		if r.media == "" {
			r.media = "application/octet-stream"
		}
		r.media = fieldValue(r.media)
		return r
	}
	r.block, r.packed = append(answerHead(x), x.Body...), x.Header.Value("Content-Encoding") != ""
	return r
}

// revisitRecord is the record of an answer that repeats an earlier one: its head, without the payload.
func revisitRecord(x *blotter.Exchange, profile, payload string, e earlier) *warcRecord {
	r := &warcRecord{
		kind: "revisit", id: newRecordID(), date: x.Started, target: x.URL,
		fields: [][2]string{
			{"WARC-IP-Address", x.Remote}, {"WARC-Protocol", warcProtocol(x.Proto)},
			{"WARC-Payload-Digest", payload},
		},
	}
	r.fields = append(r.fields, e.fields(profile)...)
	if x.Method != "" {
		r.media, r.block = typeResponse, answerHead(x)
	}
	return r
}

// requestRecord is the record of what was asked, tied to the record of the answer when there was one.
func requestRecord(x *blotter.Exchange, answer string) *warcRecord {
	return &warcRecord{
		kind: "request", id: newRecordID(), date: x.Started, target: x.URL, media: typeRequest, block: requestHead(x),
		fields: [][2]string{{"WARC-IP-Address", x.Remote}, {"WARC-Concurrent-To", answer}},
	}
}

// metadataRecord says why a fetch was made and what its source said of it. Record.Origin reads it.
func metadataRecord(f *Fetch, answer string) *warcRecord {
	last := f.Exchanges[len(f.Exchanges)-1]
	fields := [][2]string{
		{"source", f.Source}, {"purpose", string(f.Purpose)}, {"robots", f.Robots},
		{"title", f.Item.Title}, {"summary", f.Item.Summary},
		{"published", f.Item.Published.String()}, {"published-raw", f.Item.Published.Raw}, {"published-method", f.Item.Published.Method},
	}
	for _, author := range f.Item.Authors {
		fields = append(fields, [2]string{"author", author})
	}
	if f.Item.URL != last.URL {
		fields = append(fields, [2]string{"via", f.Item.URL}) // of Heritrix: what led here
	}
	if !f.Captured.IsZero() { // of RFC 7089: what the archive's answer is a picture of
		fields = append(fields, [2]string{"memento-datetime", f.Captured.UTC().Format(time.RFC3339)})
	}
	if f.Failure != nil {
		fields = append(fields, [2]string{"failure", f.Failure.Error()})
	}
	return &warcRecord{
		kind: "metadata", id: newRecordID(), date: last.Started, target: last.URL, media: typeFields,
		fields: [][2]string{{"WARC-Concurrent-To", answer}}, block: warcFields(fields),
	}
}

// answerHead writes status line and header of an answer. The body in the archive has no transfer encoding any more,
// so the header must not claim one: it is kept under the name that other tools use for that.
func answerHead(x *blotter.Exchange) []byte {
	b := make([]byte, 0, 512+len(x.Body))
	b = append(b, wireProto(x.Proto)...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(x.Status), 10)
	b = append(append(append(b, ' '), http.StatusText(x.Status)...), "\r\n"...)
	for _, name := range slices.Sorted(maps.Keys(x.Header)) {
		as := name
		if name == "Transfer-Encoding" {
			as = "X-Archive-Orig-Transfer-Encoding"
		}
		b = appendField(b, as, x.Header[name])
	}
	return append(b, "\r\n"...)
}

func requestHead(x *blotter.Exchange) []byte {
	target, host := x.URL, ""
	if u, err := url.Parse(x.URL); err == nil {
		target, host = u.RequestURI(), u.Host
	}
	var b []byte
	b = fmt.Appendf(b, "%s %s %s\r\n", fieldValue(x.Method), fieldValue(target), wireProto(x.Proto))
	if x.Request.Value("Host") == "" {
		b = appendField(b, "Host", []string{host})
	}
	for _, name := range slices.Sorted(maps.Keys(x.Request)) {
		b = appendField(b, name, x.Request[name])
	}
	return append(b, "\r\n"...)
}

// appendField writes a header field. One whose name would break the syntax is left out: it cannot have come over
// the wire.
func appendField(b []byte, name string, values []string) []byte {
	if name == "" || strings.ContainsAny(name, " \t\r\n:\x00") {
		return b
	}
	for _, v := range values {
		b = append(append(append(append(b, name...), ": "...), fieldValue(v)...), "\r\n"...)
	}
	return b
}

// wireProto is the version in a status line. Later ones have no status line, and readers know only these two; the
// field WARC-Protocol says what it was.
func wireProto(proto string) string {
	if proto == "HTTP/1.0" {
		return proto
	}
	return "HTTP/1.1"
}

func warcProtocol(proto string) string {
	switch {
	case strings.HasPrefix(proto, "HTTP/2"):
		return "h2"
	case strings.HasPrefix(proto, "HTTP/3"):
		return "h3"
	}
	return ""
}
