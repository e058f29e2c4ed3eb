package crawler

import (
	"bytes"
	"fmt"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"

	"blotter"
)

// toUTF8 gives the text of a document, and what had to be done against its own word to get it. The bytes speak
// first: text that is valid UTF-8 is UTF-8 whatever was declared, for that does not happen by chance.
func toUTF8(body []byte, declared string) (text []byte, faults []string) {
	if decoded, name := fromWide(body); decoded != nil {
		if declared != "" && !strings.HasPrefix(declared, "utf-16") && !strings.HasPrefix(declared, "utf-32") {
			faults = append(faults, fmt.Sprintf("charset: declared %s, is %s", declared, name))
		}
		return decoded, faults
	}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	encoding, name := charset.Lookup(declared)
	if strings.HasPrefix(name, "utf-16") {
		encoding, name = nil, "" // it would have been wide
	}
	sevenBit := strings.HasPrefix(name, "iso-2022")
	good, bad := blotter.CountUTF8(body)
	switch {
	case bad == 0 && !sevenBit:
		if good > 0 && name != "" && name != "utf-8" {
			faults = append(faults, fmt.Sprintf("charset: declared %s, is utf-8", declared))
		}
		return body, faults
	case encoding != nil && name != "utf-8" && name != "replacement" && good < 4*bad || sevenBit:
		if decoded, _, err := transform.Bytes(encoding.NewDecoder(), body); err == nil {
			return decoded, faults
		}
	}
	return patchUTF8(body, good), append(faults, fmt.Sprintf("charset: %d bytes that are not utf-8", bad))
}

// fromWide decodes UTF-16 and UTF-32, which show themselves by a byte order mark or by every other byte being
// zero. It gives nil for anything else.
func fromWide(body []byte) (decoded []byte, name string) {
	has := func(prefix ...byte) bool { return bytes.HasPrefix(body, prefix) }
	var t transform.Transformer
	switch {
	case has(0, 0, 0xfe, 0xff), has(0, 0, 0, '<'):
		t, name = utf32.UTF32(utf32.BigEndian, utf32.UseBOM).NewDecoder(), "utf-32"
		if !has(0, 0, 0xfe, 0xff) {
			t = utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM).NewDecoder()
		}
	case has(0xff, 0xfe, 0, 0), has('<', 0, 0, 0):
		t, name = utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM).NewDecoder(), "utf-32"
	case has(0xfe, 0xff), has(0, '<', 0), has(0, '{', 0):
		t, name = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder(), "utf-16"
	case has(0xff, 0xfe), has('<', 0), has('{', 0):
		t, name = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder(), "utf-16"
	default:
		return nil, ""
	}
	decoded, _, err := transform.Bytes(t, body)
	if err != nil && len(decoded) == 0 {
		return nil, ""
	}
	return bytes.TrimPrefix(decoded, []byte("\ufeff")), name
}

// patchUTF8 keeps what is UTF-8 and reads a stray byte as Windows-1252, which is what such bytes nearly always
// are (a quotation mark pasted from a word processor, a page that never was UTF-8). A character torn in two
// becomes U+FFFD.
func patchUTF8(body []byte, good int) []byte {
	out := make([]byte, 0, len(body)+len(body)/8)
	for i := 0; i < len(body); {
		r, n := utf8.DecodeRune(body[i:])
		if r != utf8.RuneError || n != 1 {
			out = append(out, body[i:i+n]...)
			i += n
			continue
		}
		torn := 1
		for good > 0 && body[i] >= 0xc2 && torn < 4 && i+torn < len(body) && body[i+torn]&0xc0 == 0x80 {
			torn++
		}
		if torn > 1 {
			out = utf8.AppendRune(out, utf8.RuneError)
		} else {
			out = utf8.AppendRune(out, charmap.Windows1252.DecodeByte(body[i]))
		}
		i += torn
	}
	return out
}

var xmlEncoding = regexp.MustCompile(`(?i)^[^<]{0,512}<\?xml[^>]{0,256}?encoding\s*=\s*["']?([\w.:-]+)`)

// declaredXML gives the encoding that an XML document claims in its prolog, else the one of the header.
func declaredXML(body []byte, contentType string) string {
	if m := xmlEncoding.FindSubmatch(body[:min(len(body), 1024)]); m != nil {
		return strings.ToLower(string(m[1]))
	}
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		return strings.ToLower(params["charset"])
	}
	return ""
}
