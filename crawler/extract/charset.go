package extract

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"

	"blotter"
)

// prescan is how far a meta element may stand from the top to name the charset: HTML asks for 1 KB, pages do as
// they like.
const prescan = 64 << 10

// detectBytes is how much the byte statistics look at: more changes nothing and costs time.
const detectBytes = 32 << 10

// toUTF8 returns the body in UTF-8. A byte order mark speaks first, since nothing writes one by chance. Bytes that
// are valid UTF-8 with a character beyond ASCII in them are UTF-8 whatever the header says: no text of another
// charset passes for it by accident, and headers are wrong more often than that. Then header, meta, and statistics.
func toUTF8(body []byte, contentType string) []byte {
	if e := marked(body); e != nil {
		return decode(e, body)
	}
	if valid(body) {
		return body
	}
	for _, label := range []string{headerCharset(contentType), metaCharset(body)} {
		if e, name := charset.Lookup(label); e != nil && name != "utf-8" && !isWide(name) {
			return decode(e, body)
		}
	}
	if mostlyUTF8(body) {
		return bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	if e := unmarkedUTF16(body); e != nil {
		return decode(e, body)
	}
	return decode(detect(body), body)
}

// valid says that the body is UTF-8, and not one of the seven-bit charsets that would pass for it.
func valid(body []byte) bool {
	return utf8.Valid(body) && !bytes.Contains(body, []byte("\x1b$")) && bytes.IndexByte(body, 0) < 0
}

// marked returns the encoding of the byte order mark.
func marked(body []byte) encoding.Encoding {
	switch {
	case bytes.HasPrefix(body, []byte("\xEF\xBB\xBF")):
		return unicode.UTF8BOM
	case bytes.HasPrefix(body, []byte("\xFE\xFF")):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case bytes.HasPrefix(body, []byte("\xFF\xFE")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	}
	return nil
}

// isWide says that the charset cannot be that of bytes in which a meta element can be read.
func isWide(name string) bool { return strings.HasPrefix(name, "utf-16") || name == "replacement" }

// unmarkedUTF16 tells UTF-16 without a mark by its zero bytes: markup is ASCII, so every other byte is zero.
func unmarkedUTF16(body []byte) encoding.Encoding {
	head := body[:min(len(body), 512)]
	if len(head) < 8 || bytes.Count(head, []byte{0}) < len(head)/3 {
		return nil
	}
	order := unicode.LittleEndian
	if head[0] == 0 {
		order = unicode.BigEndian
	}
	return unicode.UTF16(order, unicode.IgnoreBOM)
}

func headerCharset(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return params["charset"]
}

// metaCharset returns the value behind the first "charset=" of the page, in <meta charset> and in
// <meta http-equiv> alike.
func metaCharset(body []byte) string {
	head := bytes.ToLower(body[:min(len(body), prescan)])
	for {
		_, rest, ok := bytes.Cut(head, []byte("<meta"))
		if !ok {
			return ""
		}
		tag, _, _ := bytes.Cut(rest, []byte(">"))
		if _, value, ok := bytes.Cut(tag, []byte("charset")); ok {
			value = bytes.TrimLeft(value, " \t\r\n=\"'")
			if end := bytes.IndexAny(value, " \t\r\n\"';/"); end >= 0 {
				value = value[:end]
			}
			return string(value)
		}
		head = rest
	}
}

// mostlyUTF8 says that the body is UTF-8 with a few damaged bytes: a cut sequence, a quotation pasted from
// elsewhere. Such a page has many more whole sequences than broken ones.
func mostlyUTF8(body []byte) bool {
	whole, broken := blotter.CountUTF8(body)
	return whole > 4*broken
}

// detect guesses from the statistics of the bytes, and takes windows-1252, of which ISO 8859-1 is a part, when they
// say nothing.
func detect(body []byte) encoding.Encoding {
	if r, err := chardet.NewHtmlDetector().DetectBest(body[:min(len(body), detectBytes)]); err == nil {
		if e, name := charset.Lookup(r.Charset); e != nil && name != "utf-8" && !isWide(name) {
			return e
		}
	}
	e, _ := charset.Lookup("windows-1252")
	return e
}

// decode never fails: what the encoding has no character for becomes U+FFFD.
func decode(e encoding.Encoding, body []byte) []byte {
	out, err := e.NewDecoder().Bytes(body)
	if err != nil || !utf8.Valid(out) {
		return bytes.ToValidUTF8(out, []byte("\uFFFD"))
	}
	return out
}
